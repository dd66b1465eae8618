from __future__ import annotations

import datetime as dt
import decimal
import io
import json
import zlib
from typing import Any

import pyarrow as pa
import pytest
from data_files import SECRET, assert_survive, cells, column, parts
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract.avro_records import Records, read_long
from pii_scan.model import Limits

SYNC = bytes(range(16))


def varint(value: int) -> bytes:
    value = (value << 1) ^ (value >> 63)
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return varint(len(raw)) + raw


def container(schema: Any, blocks: list[tuple[int, bytes]], codec: str = "null", **metadata: str) -> bytes:
    fields = {"avro.schema": json.dumps(schema), "avro.codec": codec, **metadata}
    head = b"Obj\x01" + varint(len(fields)) + b"".join(text(k) + text(v) for k, v in fields.items()) + b"\0" + SYNC
    return head + b"".join(varint(count) + text(data) + SYNC for count, data in blocks)


PERSON = {
    "type": "record", "name": "Person", "namespace": "no.eksempel", "fields": [
        {"name": "navn", "type": ["null", "string"]},
        {"name": "epost", "type": {"type": "array", "items": "string"}},
        {"name": "adresse", "type": {"type": "record", "name": "Adresse", "fields": [
            {"name": "gate", "type": "string"}, {"name": "nr", "type": "int"}]}},
        {"name": "hytte", "type": ["null", "Adresse"]},
        {"name": "felt", "type": {"type": "map", "values": "long"}},
        {"name": "født", "type": {"type": "int", "logicalType": "date"}},
        {"name": "sett", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "beløp", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "valg", "type": {"type": "enum", "name": "Valg", "symbols": ["JA", "NEI"]}},
        {"name": "fil", "type": "bytes"},
        {"name": "tall", "type": "double"},
        {"name": "ok", "type": "boolean"},
        {"name": "barn", "type": ["null", "Person"]},
    ],
}  # fmt: skip


def person(number: int, child: Any = None) -> dict[str, Any]:
    return {
        "navn": f"Kari {number}" if number % 2 else None, "epost": [f"k{number}@example.no"] * (number % 3),
        "adresse": {"gate": "Storgata", "nr": number}, "hytte": None if number % 2 else {"gate": "Li", "nr": -number},
        "felt": {"z": number * 10**12}, "født": dt.date(1980, 8, 1 + number), "tall": 11837533335.0, "ok": True,
        "sett": dt.datetime(2020, 1, 1, number, tzinfo=dt.UTC), "beløp": decimal.Decimal("-12.34"), "valg": "NEI",
        "fil": b"tekst", "barn": child,
    }  # fmt: skip


def write(records: list[Any], codec: str = "null", **options: Any) -> bytes:
    fastavro = pytest.importorskip("fastavro")
    out = io.BytesIO()
    fastavro.writer(out, PERSON, records, codec=codec, **options)
    return out.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_every_value_comes_out_in_the_column_of_its_path(read: Any, codec: str) -> None:
    result = read(write([person(1, person(4)), person(2)], codec, metadata={"eier": SECRET}))
    assert result.problems == [] and parts(result)["metadata: eier"] == SECRET
    found = {(row, header): texts for (_, row, header), texts in cells(result).items()}
    assert found == {
        (1, "navn"): ["Kari 1"], (1, "epost"): ["k1@example.no", "k4@example.no"], (2, "epost"): ["k2@example.no"] * 2,
        (1, "adresse.gate"): ["Storgata", "Storgata"], (2, "adresse.gate"): ["Storgata"],
        (1, "adresse.nr"): ["1", "4"], (2, "adresse.nr"): ["2"],
        (1, "hytte.gate"): ["Li"], (2, "hytte.gate"): ["Li"], (1, "hytte.nr"): ["-4"], (2, "hytte.nr"): ["-2"],
        (1, "felt.key"): ["z", "z"], (2, "felt.key"): ["z"],
        (1, "felt.value"): ["1000000000000", "4000000000000"], (2, "felt.value"): ["2000000000000"],
        (1, "født"): ["1980-08-02", "1980-08-05"], (2, "født"): ["1980-08-03"],
        (1, "sett"): ["2020-01-01 01:00:00", "2020-01-01 04:00:00"], (2, "sett"): ["2020-01-01 02:00:00"],
        (1, "beløp"): ["-12.34", "-12.34"], (2, "beløp"): ["-12.34"],
        (1, "valg"): ["NEI", "NEI"], (2, "valg"): ["NEI"], (1, "fil"): ["tekst", "tekst"], (2, "fil"): ["tekst"],
        (1, "tall"): ["11837533335", "11837533335"], (2, "tall"): ["11837533335"],
        (1, "ok"): ["true", "true"], (2, "ok"): ["true"],
    }  # fmt: skip


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("codec", ["snappy", "zstandard", "deflate"])
def test_every_codec_is_read(read: Any, codec: str) -> None:
    plain = b"".join(text(f"k{i}@example.no") for i in range(500))
    packed = {
        "snappy": lambda: pa.Codec("snappy").compress(plain, asbytes=True) + b"crc!",
        "zstandard": lambda: pa.Codec("zstd").compress(plain, asbytes=True),
        "deflate": lambda: deflated(plain),
    }[codec]()
    result = read(container("string", [(500, packed)], codec))
    assert result.problems == []
    assert column(result, "1") == {i + 1: f"k{i}@example.no" for i in range(500)}


def test_an_unknown_codec_is_said_to_be(read: Any) -> None:
    assert read(container("string", [(1, text(SECRET))], "egen")).codes == [("x", "unsupported")]


@given(st.integers(-(2**63), 2**63 - 1))
def test_varints_go_both_ways(value: int) -> None:
    assert read_long(varint(value) + b"\xff", 0) == (value, len(varint(value)))


def test_a_damaged_block_costs_itself_alone(read: Any) -> None:
    block = b"".join(text(f"k{i}@example.no") for i in range(10))
    bad = b"\xff" * 40
    data = container("string", [(10, block), (10, bad), (10, block)])
    result = read(data)
    assert set(column(result, "1")) == {*range(1, 11), *range(21, 31)}
    assert result.codes == [("x", "corrupt")] and "1 blocks" in result.problems[0].detail


def test_blocks_are_found_again_after_a_lost_one(read: Any) -> None:
    block = b"".join(text(f"k{i}@example.no") for i in range(10))
    data = bytearray(container("string", [(10, block)] * 3))
    second = data.index(SYNC, data.index(SYNC) + 16) + 16
    data[second : second + 3] = b"\xff\xff\xff"
    result = read(bytes(data))
    assert len(column(result, "1")) == 20 and "corrupt" in [code for _, code in result.codes]


def test_a_file_that_is_cut_gives_what_is_there(read: Any) -> None:
    data = container("string", [(100, b"".join(text(f"k{i}@example.no") for i in range(100)))])
    result = read(data[:-700])
    assert {1: "k0@example.no", 40: "k39@example.no"}.items() <= column(result, "1").items()
    assert {code for _, code in result.codes} <= {"corrupt", "truncated"} and result.problems


@pytest.mark.parametrize(
    ("schema", "count", "data"),
    [
        ({"type": "array", "items": "null"}, 1, varint(2**60) + b"\0"),
        ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}, 1, varint(2**60) + b"\0"),
        ({"type": "array", "items": "long"}, 1, varint(2**60) + b"\2\0"),
        ("string", 1, varint(2**60) + b"abc"),
        ("null", 2**60, b""),
        ("long", 2**60, b"\2"),
    ],
)
def test_absurd_counts_cost_nothing(read: Any, schema: Any, count: int, data: bytes) -> None:
    result = read(container(schema, [(count, data)]))
    assert len(result.batches) < 3


def test_values_nested_without_end_are_a_problem(read: Any) -> None:
    tree = {
        "type": "record",
        "name": "T",
        "fields": [{"name": "v", "type": "string"}, {"name": "n", "type": ["null", "T"]}],
    }
    deep = b"".join(text("k@example.no") + b"\2" for _ in range(100_000)) + text("a") + b"\0"
    result = read(container(tree, [(1, deep), (1, text(SECRET) + b"\0")]))
    assert result.codes == [("x", "limit")] and SECRET in result.all_text
    wide = "string"
    for i in range(40):
        wide = {"type": "record", "name": f"R{i}", "fields": [{"name": n, "type": wide if n == "a" else f"R{i - 1}" if i
                                                               else "string"} for n in "ab"]}  # type: ignore[assignment]  # fmt: skip
    assert read(container(wide, [])).codes == [("x", "limit")]


@pytest.mark.parametrize("schema", ["{", '"ukjent"', '{"type": "record"}', '{"type": "array", "items": {"type": 3}}'])
def test_what_is_no_schema_is_a_problem(read: Any, schema: str) -> None:
    data = container("string", [(1, text("x"))])
    start, end = data.index(b'"string"'), data.index(b'"string"') + 8
    data = data[: start - 1] + text(schema) + data[end:]
    assert [code for _, code in read(data).codes] == ["corrupt"]


def test_a_bomb_is_bounded(read: Any) -> None:
    packed = deflated(text(b"x" * 200_000_000))
    result = read(container("string", [(1, packed)], "deflate"), limits=Limits(max_member_bytes=10_000_000))
    assert [code for _, code in result.codes] == ["limit"]
    huge = pa.Codec("snappy").compress(b"x" * 1000, asbytes=True)[2:]
    result = read(container("string", [(1, b"\xff\xff\xff\xff\x0f" + huge)], "snappy"))
    assert [code for _, code in result.codes] == ["corrupt"]


def test_names_are_found_in_the_namespace_around_them() -> None:
    inner = {"type": "record", "name": "Indre", "fields": [{"name": "x", "type": "string"}]}
    fields = [{"name": name, "type": kind} for name, kind in (("p", inner), ("q", "Indre"), ("r", "a.b.Indre"))]
    outer = {"type": "record", "name": "a.b.Ytre", "fields": fields}
    records = Records(json.dumps(outer))
    records.block(text("1") + text("2") + text("3"), 1)
    assert records.row == 2


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.lists(st.text(max_size=5) | st.none(), max_size=4), max_size=20))
def test_lists_of_optional_texts_go_both_ways(read: Any, rows: list[list[str | None]]) -> None:
    schema = {"type": "array", "items": ["null", "string"]}
    body = b"".join(
        (varint(len(row)) + b"".join(b"\0" if v is None else b"\2" + text(v) for v in row) if row else b"") + b"\0"
        for row in rows
    )
    found = cells(read(container(schema, [(len(rows), body)])))
    wanted = {i: [v.replace("\0", " ") for v in row if v] for i, row in enumerate(rows, 1)}
    assert {row: texts for (_, row, _), texts in found.items()} == {i: v for i, v in wanted.items() if v}


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_no_mutant_raises_hangs_or_vanishes(read: Any, codec: str) -> None:
    data = write([person(i % 20, person(3)) for i in range(120)], codec, sync_interval=900)
    assert_survive(read, data, spared=4)
