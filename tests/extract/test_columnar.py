from __future__ import annotations

import datetime as dt
import decimal
import io
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from data_files import SECRET, assert_survive, cells, column, parts
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import orc, parquet

from pii_scan.extract import columnar, split
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, DocumentRef, Limits

FORMATS = ["parquet", "orc", "arrow", "arrows"]
MONTH = 30 * 86400
DAY = dt.datetime(1980, 8, 1, tzinfo=dt.UTC)


def written(table: pa.Table, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    if form == "parquet":
        parquet.write_table(table, out, **options)
    elif form == "orc":
        orc.write_table(table, out, **options)
    else:
        with (pa.ipc.new_file if form == "arrow" else pa.ipc.new_stream)(out, table.schema) as writer:
            writer.write_table(table, **options)
    return out.getvalue()


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.text("abåæ😀\n\t", max_size=9) | st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_every_cell_comes_out_at_its_row(read: Any, form: str, rows: list[tuple[str | None, int]]) -> None:
    table = pa.table({"navn": pa.array([row[0] for row in rows], pa.string()),
                      "tall": pa.array([row[1] for row in rows], pa.int64())})  # fmt: skip
    result = read(written(table, form))
    assert result.problems == [] and result.done["x"].touched
    assert column(result, "navn") == {i: row[0] for i, row in enumerate(rows, 1) if row[0]}
    assert column(result, "tall") == {i: str(row[1]) for i, row in enumerate(rows, 1)}


@pytest.mark.parametrize("form", FORMATS)
def test_nested_columns_are_named_by_their_path(read: Any, form: str) -> None:
    table = pa.table(
        {
            "kunde": [{"navn": "Kari", "epost": ["a@example.no", "b@example.no"]}, None, {"navn": None, "epost": []}],
            "barn": pa.array([[{"navn": "Ola"}, {"navn": "Per"}], None, [{"navn": "Ada"}]]),
            "felt": pa.array([[("nøkkel", 1)], None, [("a", 2), ("b", 3)]], pa.map_(pa.string(), pa.int32())),
            "etter": ["x", "y", "z"],
        }
    )
    found = cells(read(written(table, form)))
    assert found == {
        ("", 1, "kunde.navn"): ["Kari"], ("", 1, "kunde.epost"): ["a@example.no", "b@example.no"],
        ("", 1, "barn.navn"): ["Ola", "Per"], ("", 3, "barn.navn"): ["Ada"],
        ("", 1, "felt.key"): ["nøkkel"], ("", 3, "felt.key"): ["a", "b"],
        ("", 1, "felt.value"): ["1"], ("", 3, "felt.value"): ["2", "3"],
        ("", 1, "etter"): ["x"], ("", 2, "etter"): ["y"], ("", 3, "etter"): ["z"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (pa.array([11837533335.0, None, 1.5]), ["11837533335", None, "1.5"]),
        (pa.array([59.913, np.nan], pa.float32()), ["59.913", None]),
        (pa.array([1e300, -(2.0**62)]), ["1e+300", "-4611686018427387904"]),
        (pa.array([decimal.Decimal("11837533335")], pa.decimal128(20, 0)), ["11837533335"]),
        (pa.array([decimal.Decimal("-0.05")]), ["-0.05"]),
        (pa.array([dt.date(1980, 8, 1), None]), ["1980-08-01", None]),
        (pa.array([DAY, None], pa.timestamp("ns")), ["1980-08-01", None]),
        (pa.array([DAY + dt.timedelta(hours=12.5)], pa.timestamp("us", "Europe/Oslo")), ["1980-08-01 12:30:00"]),
        (pa.array([253402300800 * 10**3], pa.int64()).cast(pa.timestamp("ms")), ["10000-01-01"]),
        (pa.array([2**62], pa.int64()).cast(pa.timestamp("ns")), ["2116-02-20 23:53:38.427387904"]),
        (pa.array([dt.time(8, 30)]), ["08:30:00.000000"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array(["ja", "nei", "ja"]).dictionary_encode(), ["ja", "nei", "ja"]),
        (pa.array([uuid.UUID(int=0x1A).bytes], pa.binary(16)), [f"{0x1A:032x}"]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_values_are_written_as_a_person_would(read: Any, array: pa.Array, wanted: list[str | None]) -> None:
    table = pa.table({"v": array})
    for form in ("parquet", "arrow"):
        found = column(read(written(table, form)), "v")
        assert found == {i: text for i, text in enumerate(wanted, 1) if text is not None}


@pytest.mark.parametrize("form", FORMATS)
def test_binary_cells_are_text_or_documents_of_their_own(read: Any, form: str) -> None:
    inner = zipped("brev.txt", f"til {SECRET}".encode())
    mail = b"From: ola@example.no\r\nTo: kari@example.no\r\nSubject: x\r\n\r\n" + b"hei\r\n" * 200
    values = ["blåbær".encode(), inner, mail, "på norsk".encode("cp1252"), "Kåre".encode("utf-16-le"), b"\x00\xff" * 8]
    result = read(written(pa.table({"fil": pa.array(values, pa.binary())}), form))
    assert column(result, "fil") == {1: "blåbær", 4: "på norsk", 5: "Kåre", 6: "00ff" * 8}
    assert f"til {SECRET}" in result.text("x!rows/2/fil!brev.txt")
    assert result.done["x!rows/3/fil"].media_type == "message/rfc822"
    assert result.problems == []


def test_unknown_binary_values_are_said_once_a_column_and_searched_for_text(read: Any) -> None:
    blob = bytes(range(1, 32)) * 9 + SECRET.encode() + bytes(range(1, 32)) * 9
    result = read(written(pa.table({"a": ["x"] * 3, "b": pa.array([blob] * 3)}), "parquet"))
    assert set(column(result, "b").values()) == {SECRET}
    assert result.codes == [("x", "unsupported")] and "column 2: 3 binary values" in result.problems[0].detail


@pytest.mark.parametrize("form", FORMATS)
def test_metadata_of_others_is_text_and_that_of_libraries_is_not(read: Any, form: str) -> None:
    schema = pa.schema([pa.field("a", pa.string(), metadata={"kontakt": "ola@example.no"})])
    table = pa.table({"a": ["x"]}, schema=schema.with_metadata({"eier": "kari@example.no", "pandas": "{}"}))
    found = parts(read(written(table, form)))
    if form != "orc":  # which keeps none of its own
        assert found == {"metadata: eier": "kari@example.no", "metadata of a: kontakt": "ola@example.no"}


def test_text_that_is_not_utf8_is_repaired(read: Any) -> None:
    raw = pa.array([b"K\xe5re", b"Bod\xc3\xb8", b"a\x00b"], pa.binary())
    table = pa.table({"n": pa.Array.from_buffers(pa.string(), 3, raw.buffers())})
    assert column(read(written(table, "parquet")), "n") == {1: "Kåre", 2: "Bodø", 3: "a b"}


def test_a_very_long_value_is_text_of_its_own(read: Any) -> None:
    value = "x " * 5000 + SECRET
    result = read(written(pa.table({"n": ["a", value, "b"]}), "parquet"), limits=Limits(max_value_bytes=4096))
    assert column(result, "n") == {1: "a", 3: "b"}
    assert SECRET in result.all_text
    assert {e.batch.origin.part for e in result.batches if not isinstance(e.batch.origin, ColumnOrigin)} == {"n, row 2"}


@pytest.mark.parametrize("form", FORMATS)
def test_rows_are_counted_through_row_groups_and_batches(read: Any, form: str) -> None:
    count = 5000
    table = pa.table({"e": [f"k{i}@example.no" for i in range(count)], "i": list(range(count))})
    options = {"row_group_size": 700} if form == "parquet" else {} if form == "orc" else {"max_chunksize": 700}
    found = column(read(written(table, form, **options)), "e")
    assert found == {i + 1: f"k{i}@example.no" for i in range(count)}


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "brotli", "lz4"])
def test_parquet_is_read_in_every_compression(read: Any, compression: str) -> None:
    data = written(pa.table({"e": [SECRET] * 100}), "parquet", compression=compression)
    assert set(column(read(data), "e").values()) == {SECRET}


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_is_cut_says_so(read: Any, form: str) -> None:
    data = written(pa.table({"e": [f"{i}{SECRET}" for i in range(3000)]}), form)
    result = read(data[: len(data) * 2 // 3])
    assert {code for _, code in result.codes} <= {"truncated", "corrupt"} and result.problems


def test_a_damaged_column_chunk_costs_itself_alone(read: Any) -> None:
    table = pa.table({"a": [f"{i}@example.no" for i in range(400)], "b": [f"b{i}" for i in range(400)]})
    data = bytearray(written(table, "parquet", row_group_size=200, compression="gzip", use_dictionary=False))
    start = parquet.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0).data_page_offset
    data[start + 40 : start + 60] = bytes(20)
    result = read(bytes(data))
    assert set(column(result, "a")) == set(range(201, 401)) and len(column(result, "b")) == 400
    assert result.codes == [("x", "corrupt")] and "column 1: 1 row groups" in result.problems[0].detail


@pytest.mark.parametrize("footer", [True, False])
def test_encrypted_parquet_is_said_to_be(read: Any, footer: bool) -> None:
    encryption = pytest.importorskip("pyarrow.parquet.encryption")

    class Kms(encryption.KmsClient):  # type: ignore[misc,name-defined]
        def wrap_key(self, key: bytes, master: str) -> bytes:
            return key

        def unwrap_key(self, key: bytes, master: str) -> bytes:
            return key

    factory = encryption.CryptoFactory(lambda config: Kms())
    configuration = encryption.EncryptionConfiguration(
        footer_key="k", column_keys={"k": ["b"]}, plaintext_footer=not footer, double_wrapping=False
    )
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), configuration)
    table = pa.table({"a": ["kari@example.no"], "b": ["ola@example.no"]})
    result = read(written(table, "parquet", encryption_properties=properties))
    assert [code for _, code in result.codes] == ["encrypted"]
    assert column(result, "a") == ({} if footer else {1: "kari@example.no"}) and "ola@" not in result.all_text


def test_a_file_that_claims_to_expand_as_no_data_do_is_refused(read: Any) -> None:
    data = written(pa.table({"a": ["x" * 1000 + str(i % 2) for i in range(40_000)]}), "parquet", compression="zstd",
                   use_dictionary=False)  # fmt: skip
    result = read(data, limits=Limits(max_ratio=20, ratio_from_bytes=1 << 20))
    assert result.codes == [("x", "limit")] and not column(result, "a")


def test_a_dictionary_that_repeats_itself_is_bounded_by_the_budget(read: Any) -> None:
    array = pa.DictionaryArray.from_arrays(pa.array(np.zeros(200_000, np.int32)), pa.array(["y" * 100_000]))
    table = pa.table({"a": array})
    for form in ("parquet", "arrow"):
        data = written(table, form)
        assert len(data) < 2_000_000
        result = read(data, limits=Limits(max_total_bytes=50_000_000))
        assert result.codes == [("x", "limit")]
        assert sum(e.batch.texts.nbytes for e in result.batches) < 60_000_000
        assert max(e.batch.texts.nbytes for e in result.batches) < 3_000_000


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3000), st.integers(50, 700), st.integers(2000, 20_000))
def test_slices_of_parquet_hold_the_cells_of_the_whole(rows: int, group: int, slice_bytes: int) -> None:
    table = pa.table({"i": list(range(rows)), "e": [f"navn{i}@example.no" for i in range(rows)]})
    data = written(table.replace_schema_metadata({"eier": "x"}), "parquet", row_group_size=group, compression="none")

    def found(part: Any = None) -> list[tuple[int, int, str]]:
        document = Document(DocumentRef("t", "x"), io.BytesIO(data), slice=part)
        out = []
        for piece in columnar.extract(document, Limits()):
            assert isinstance(piece, ChunkBatch)
            origin = piece.origin
            if isinstance(origin, ColumnOrigin):
                assert origin.rows is None
                out += [(origin.column, origin.first_row + i, t) for i, t in enumerate(piece.texts.to_pylist())]
            else:
                out.append((0, 0, "metadata"))
        return out

    document = Document(DocumentRef("t", "x"), io.BytesIO(data), "application/vnd.apache.parquet")
    slices = split.plan(document, Limits(), slice_bytes)
    if slices:
        assert slices[0].start == 0 and slices[-1].end == len(data)
        assert all(a.end == b.start < b.end for a, b in zip(slices, slices[1:], strict=False))
        assert sorted(cell for part in slices for cell in found(part)) == sorted(found())


def test_a_parquet_file_within_an_archive_is_read(read: Any) -> None:
    result = read(zipped("inne.parquet", written(pa.table({"e": [SECRET]}), "parquet")))
    assert column(result, "e", document="x!inne.parquet") == {1: SECRET}


def _table() -> pa.Table:
    count = 60
    return pa.table(
        {
            "navn": [f"Kari {i} {SECRET}" for i in range(count)],
            "nr": pa.array([None if i % 3 else float(i) for i in range(count)]),
            "dag": pa.array([i * MONTH * 10**9 for i in range(count)], pa.int64()).cast(pa.timestamp("ns")),
            "liste": [[{"a": "x", "b": i}] * (i % 4) for i in range(count)],
            "fil": pa.array([b"PK\x03\x04" + bytes(90) if i % 7 == 0 else b"abc" for i in range(count)]),
            "ord": pa.array(["ja", "nei"] * (count // 2)).dictionary_encode(),
        }
    )


@pytest.mark.parametrize("form", ["parquet", "arrow", "arrows"])
def test_no_mutant_raises_hangs_or_vanishes(read: Callable[..., Any], form: str) -> None:
    data = written(_table(), form, **({"row_group_size": 25} if form == "parquet" else {}))
    assert_survive(read, data, spared=4)


def test_no_mutant_of_orc_raises_hangs_or_vanishes(tmp_path: Path) -> None:
    """In processes of their own: the ORC library dies of one in some hundreds. A worker's death is a problem too."""
    data = written(_table().drop(["ord"]), "orc")
    alive = 0
    for first in range(0, 200, 40):
        (tmp_path / "orc").write_bytes(data)
        script = (
            "import sys; sys.path[:0] = sys.argv[1].split('|')\n"
            "from data_files import mutants; from pii_scan.extract import dispatch; from pii_scan.model import *\n"
            "import io, itertools\n"
            "data = open(sys.argv[2], 'rb').read()\n"
            "for mutant in itertools.islice(mutants(data, 200, spared=4), int(sys.argv[3]), int(sys.argv[3]) + 40):\n"
            "    document = Document(DocumentRef('t', 'x'), io.BytesIO(mutant))\n"
            "    pieces = list(dispatch.extract(document, Limits()))\n"
            "    assert len(pieces) > 1 or pieces[0].touched\n"
            "    assert not any(isinstance(p, Problem) and 'Error while' in p.detail for p in pieces)\n"
        )
        paths = "|".join(path for path in sys.path if path)
        command = [sys.executable, "-c", script, paths, str(tmp_path / "orc"), str(first)]
        done = subprocess.run(command, capture_output=True, timeout=200, check=False)
        assert done.returncode <= 0, done.stderr.decode()[-500:]
        alive += done.returncode == 0
    assert alive >= 4


@pytest.mark.parametrize("opened", [pa.ipc.new_stream, pa.ipc.new_file])
def test_a_name_of_a_column_that_is_no_utf8_is_told(read: Any, opened: Any) -> None:
    """Found by benchmarks/fuzz.py."""
    sink = io.BytesIO()
    table = pa.table({"fornavn": ["Kari"]})
    with opened(sink, table.schema) as writer:
        writer.write_table(table)
    result = read(sink.getvalue().replace(b"fornavn", b"forn\x80vn"), "a.arrow")
    assert result.codes == [("a.arrow", "corrupt")] and "schema" in result.problems[0].detail


def test_a_name_of_a_column_of_orc_that_is_no_utf8_is_told(read: Any) -> None:
    """Found by benchmarks/fuzz.py."""
    data = written(pa.table({"fornavn": ["Kari"]}), "orc", compression="uncompressed")
    assert data.count(b"fornavn") == 1
    result = read(data.replace(b"fornavn", b"forn\xa3vn"), "a.orc")
    assert result.codes == [("a.orc", "corrupt")] and "footer" in result.problems[0].detail
