from __future__ import annotations

import csv
import io
import random
import shutil
import struct
import subprocess
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from access_writer import (
    BINARY,
    BOOL,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    GUID,
    INT,
    LONG,
    MEMO,
    MONEY,
    NUMERIC,
    OLE,
    TEXT,
    AccessWriter,
)  # fmt: skip
from data_files import SECRET, assert_survive, cells, column
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.model import Limits

VERSIONS = {"jet3": {"jet3": True}, "jet4": {}, "ace": {"name": b"Standard ACE DB", "version": 2}}
letters = st.text("abcæøåÆ ,;'\"", min_size=1, max_size=30)


@pytest.fixture(params=list(VERSIONS))
def writer(request: pytest.FixtureRequest) -> AccessWriter:
    return AccessWriter(**VERSIONS[request.param])  # type: ignore[arg-type]


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), letters | st.none(), letters | st.none()), max_size=60)
)
def test_every_cell_comes_out_with_table_column_and_row(read: Any, version: str, rows: list[Any]) -> None:
    made = AccessWriter(**VERSIONS[version])  # type: ignore[arg-type]
    made.table("Kunder på tur", (("Nr", LONG), ("Navn", TEXT), ("E-post", TEXT)), rows)
    result = read(made.finish(), "a.mdb")
    assert result.problems == [] and result.done["a.mdb"].media_type == "application/x-msaccess"
    for name, at in (("Nr", 0), ("Navn", 1), ("E-post", 2)):
        wanted = {i: str(row[at]) for i, row in enumerate(rows, 1) if row[at] is not None}
        assert column(result, name, "Kunder på tur") == wanted


def test_every_kind_of_value_is_written_as_a_person_would(read: Any, writer: AccessWriter) -> None:
    kinds = {"b": BOOL, "y": BYTE, "i": INT, "m": MONEY, "f": FLOAT, "d": DOUBLE, "t": DATE, "g": GUID, "n": NUMERIC}
    columns = (*kinds.items(), ("x", BINARY))
    numeric = b"\x80" + struct.pack("<4I", 0, 0, 0, 1234567)
    row = (True, 7, -3, 123450, 0.25, 11837533335.0, 29434.5, bytes(range(16)), numeric, b"\xff\x00\x01")
    writer.table("alt", columns, [row, (False, *[None] * 9)])
    found = {name: text for (_, r, name), [text] in cells(read(writer.finish())).items() if r == 1 and _ == "alt"}
    assert found == {
        "b": "true", "y": "7", "i": "-3", "m": "12.3450", "f": "0.25", "d": "11837533335", "t": "1980-08-01 12:00:00",
        "g": "03020100-0504-0706-0809-0a0b0c0d0e0f", "n": "-12345.67", "x": "ff0001",
    }  # fmt: skip


def test_long_texts_are_read_wherever_they_lie(read: Any, writer: AccessWriter) -> None:
    texts = ["kort@example.no", "m" * 900 + " midt@example.no", "langt " * 4000 + SECRET]
    rows = [(writer.inline(writer.text(texts[0])),), *((writer.long_value(writer.text(t)),) for t in texts[1:])]
    writer.table("notater", (("tekst", MEMO),), rows)
    data = writer.finish()
    assert column(read(data), "tekst", "notater") == dict(enumerate(texts, 1))
    result = read(data, limits=Limits(max_value_bytes=20_000))
    assert set(column(result, "tekst", "notater")) == {1, 2} and SECRET in result.all_text


def test_compressed_text_is_unpacked(read: Any) -> None:
    made = AccessWriter()
    made.table("t", (("a", TEXT),), [(b"\xff\xfeKari N\xf8rdmann",), (b"\xff\xfea\0\x53\x01\0b",)])
    assert column(read(made.finish()), "a", "t") == {1: "Kari Nørdmann", 2: "aœb"}


def test_rows_that_have_moved_are_read_once(read: Any, writer: AccessWriter) -> None:
    writer.table("t", (("a", TEXT),), [(f"k{i}@example.no",) for i in range(9)], moved=True)
    assert column(read(writer.finish()), "a", "t") == {i + 1: f"k{i}@example.no" for i in range(9)}


def test_files_in_fields_are_documents_of_their_own(read: Any, writer: AccessWriter) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("brev.txt", SECRET)
    head = struct.pack("<II", 20, 1) + "zip\0".encode("utf-16-le") + b"\0" * 4
    attached = struct.pack("<II", 1, 0) + zlib.compress(head + out.getvalue())
    packed = b"\2\0" + b"brev.zip\0C:\\brev.zip\0" + struct.pack("<HH", 0, 3) + struct.pack("<I", 4) + b"x.z\0"
    packed += struct.pack("<I", len(out.getvalue())) + out.getvalue()
    ole = (
        struct.pack("<II", 0x501, 2)
        + struct.pack("<I", 8)
        + b"Package\0"
        + bytes(8)
        + struct.pack("<I", len(packed))
        + packed
    )
    rows = [(writer.long_value(attached),), (writer.long_value(out.getvalue()),),
            (writer.long_value(b"\x15\x1c\x14\0" + bytes(16) + ole),)]  # fmt: skip
    writer.table("vedlegg", (("fil", OLE),), rows)
    result = read(writer.finish(), "a.mdb")
    assert result.text("a.mdb!vedlegg/rows/1/fil!brev.txt") == SECRET
    assert result.text("a.mdb!vedlegg/rows/2/fil!brev.txt") == SECRET
    assert result.text("a.mdb!brev.zip!brev.txt") == SECRET


def test_an_encoded_database_is_read_and_an_encrypted_one_is_said_to_be(read: Any) -> None:
    for made in (AccessWriter(key=0x12345678), AccessWriter(jet3=True, key=99)):
        made.table("t", (("a", TEXT),), [(SECRET,)])
        assert column(read(made.finish()), "a", "t") == {1: SECRET}
    made = AccessWriter(key=0x12345678, name=b"Standard ACE DB", version=3)
    made.table("t", (("a", TEXT),), [(SECRET,)])
    data = bytearray(made.finish())
    data[4096:] = random.Random(1).randbytes(len(data) - 4096)
    assert read(bytes(data)).codes == [("x", "encrypted")]


def test_damage_costs_its_rows_and_is_said(read: Any, writer: AccessWriter) -> None:
    writer.table("t", (("a", TEXT),), [(f"k{i}@example.no",) for i in range(300)])
    page = writer.table("u", (("b", TEXT),), [(SECRET,)])
    writer.table("v", (("c", TEXT),), [("v@example.no",)])
    data = bytearray(writer.finish())
    data[page * writer.page_bytes : page * writer.page_bytes + 200] = b"\x07" * 200
    at = next(
        n
        for n in range(3, 99)
        if b"k0@" in data[n * writer.page_bytes : (n + 1) * writer.page_bytes].replace(b"\0", b"")
    )
    start = at * writer.page_bytes + (10 if writer.jet3 else 14)
    data[start : start + 2] = b"\x02\x00"
    result = read(bytes(data))
    assert len(column(result, "a", "t")) >= 298 and column(result, "c", "v") == {1: "v@example.no"}
    assert {code for _, code in result.codes} == {"corrupt"} and len(result.codes) == 2


@pytest.mark.parametrize("size", [20, 1000, 5000, 9000])
def test_a_file_that_is_cut_says_so(read: Any, size: int) -> None:
    made = AccessWriter()
    made.table("t", (("a", TEXT),), [(SECRET,)])
    result = read(made.finish()[:size])
    assert result.problems and {code for _, code in result.codes} <= {"truncated", "corrupt"}


def test_a_chain_that_bites_its_tail_ends(read: Any) -> None:
    made = AccessWriter()
    made.table("t", (("a", MEMO),), [(made.long_value(b"x" * 30_000),)])
    pages = [bytearray(page) for page in made.pages]
    for number, page in enumerate(pages):
        if page[4:8] == b"LVAL":
            start = struct.unpack_from("<H", page, 14)[0]
            struct.pack_into("<I", page, start, number << 8)
    made.pages = [bytes(page) for page in pages]
    started = time.monotonic()
    result = read(made.finish())
    assert time.monotonic() - started < 10 and [code for _, code in result.codes] == ["corrupt"]


@pytest.mark.skipif(shutil.which("mdb-export") is None, reason="mdbtools is not installed")
@pytest.mark.parametrize("version", ["jet3", "jet4"])
def test_mdbtools_reads_the_same_cells(read: Any, tmp_path: Path, version: str) -> None:
    made = AccessWriter(**VERSIONS[version])  # type: ignore[arg-type]
    rows = [(i, f"Kåre {i}", i / 4, made.inline(made.text(f"notat {i} " * (i % 30)))) for i in range(1, 200)]
    columns = (("Nr", LONG), ("Navn", TEXT), ("Tall", DOUBLE), ("Notat", MEMO))
    made.table("kunder", columns, rows)
    path = tmp_path / "a.mdb"
    path.write_bytes(made.finish())
    done = subprocess.run(["mdb-export", str(path), "kunder"], capture_output=True, check=True)
    theirs = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    result = read(path.read_bytes())
    for name, _ in columns:
        ours = column(result, name, "kunder")
        assert {i: text.strip() for i, text in ours.items() if text.strip()} == {
            i: row[name].strip() for i, row in enumerate(theirs, 1) if row[name].strip()
        }


def test_no_mutant_raises_hangs_or_vanishes(read: Any, writer: AccessWriter) -> None:
    short = writer.inline(writer.text("kort"))
    rows = [(i, f"k{i}@example.no", short, writer.long_value(b"y" * (3000 if i % 9 else 9000))) for i in range(60)]
    writer.table("t", (("a", LONG), ("b", TEXT), ("c", MEMO), ("d", OLE)), rows)
    writer.table("u", (("a", BOOL), ("n", NUMERIC), ("e", TEXT)), [(True, None, "x@example.no")] * 40)
    assert_survive(read, writer.finish(), spared=24)
