"""Compound files: every stream comes out whole, and of a damaged file what can be read, with a word about the rest."""

from __future__ import annotations

import io
import random
import struct
import time
from typing import Any

import pytest
from extract.found import mutants
from extract.ole_made import END, compound

from pii_scan.errors import DocumentError
from pii_scan.extract.compound_file import CompoundFile, Entry
from pii_scan.extract.signatures import ole_type

CHANCE = random.Random(4)
SMALL, LARGE = CHANCE.randbytes(700), CHANCE.randbytes(70_000)
TREE = {
    "tom": b"",
    "liten": SMALL,
    "stor": LARGE,
    "Lager": {"inne": b"innhold", "Dypere": {"bunn": LARGE[:5000], "æøå": b"norsk"}},
    **{f"strøm {number}": bytes([number]) * number * 40 for number in range(30)},
}


def read_all(storage: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in storage:
        if entry.is_stream:
            with entry.open() as stream:
                found[entry.name] = stream.read()
        else:
            found[entry.name] = read_all(entry)
    return found


@pytest.mark.parametrize("version", [3, 4])
def test_every_stream_comes_out_whole(version: int) -> None:
    file = CompoundFile(io.BytesIO(compound(TREE, version)))
    assert read_all(file.root) == TREE
    assert file.faults == []


def test_names_are_found_whatever_their_case() -> None:
    root = CompoundFile(io.BytesIO(compound(TREE))).root
    stream = root.stream("LAGER", "dypere", "ÆØÅ")
    assert stream is not None and stream.read() == b"norsk"
    assert root.stream("Lager") is None and root.stream("Lager", "finnes ikke") is None


def test_streams_are_files() -> None:
    root = CompoundFile(io.BytesIO(compound(TREE))).root
    first, second = root.stream("stor"), root.stream("liten")
    assert first is not None and second is not None
    first.seek(60_000)
    assert second.read(10) == SMALL[:10]
    assert first.read(100) == LARGE[60_000:60_100] and first.tell() == 60_100
    first.seek(-5, io.SEEK_END)
    assert first.read(50) == LARGE[-5:] and first.read() == b""
    second.seek(5000)
    assert second.read() == b""


def test_tables_beyond_the_header_are_followed() -> None:
    large = bytes(8 << 20)
    file = CompoundFile(io.BytesIO(compound({"kjempe": large[:-3] + b"end"})))
    stream = file.root.stream("kjempe")
    assert stream is not None
    stream.seek(-3, io.SEEK_END)
    assert stream.read() == b"end" and file.faults == []


def test_an_independent_reader_sees_the_same() -> None:
    olefile = pytest.importorskip("olefile")
    for version in (3, 4):
        theirs = olefile.OleFileIO(compound(TREE, version))
        assert theirs.openstream(["Lager", "Dypere", "bunn"]).read() == LARGE[:5000]
        assert theirs.openstream(["liten"]).read() == SMALL


def spoiled_link(data: bytes, sector: int, link: int) -> bytes:
    """The file with another number in its table for one sector; the table is the last sector."""
    out = bytearray(data)
    struct.pack_into("<I", out, len(data) - 512 + 4 * sector, link)
    return bytes(out)


@pytest.mark.parametrize(
    ("link", "code"), [(0x00700000, "truncated"), (0xFFFFFFFF, "corrupt"), (0xFFFFFFFD, "corrupt")]
)
def test_a_broken_link_costs_no_text(link: int, code: str) -> None:
    data = compound({"stor": LARGE[:20_000]})
    file = CompoundFile(io.BytesIO(spoiled_link(data, 7, link)))
    stream = file.root.stream("stor")
    assert stream is not None and stream.read() == LARGE[:20_000]
    assert [fault.code for fault in file.faults] == [code]


def test_a_chain_in_a_circle_ends_and_is_told() -> None:
    data = compound({"stor": LARGE[:40_000], "annen": LARGE[:10_000]})
    file = CompoundFile(io.BytesIO(spoiled_link(data, 12, 3)))
    names = {entry.name: entry.open().read() for entry in file.root}
    assert names["annen"] == LARGE[:10_000]
    assert [fault.code for fault in file.faults][:1] == ["corrupt"]


def test_a_stream_that_claims_more_than_there_is_gives_what_there_is() -> None:
    data = bytearray(compound({"stor": LARGE[:20_000]}))
    at = data.index("stor".encode("utf-16-le")) + 120
    struct.pack_into("<I", data, at, 0x7FFFFFFF)
    began = time.monotonic()
    file = CompoundFile(io.BytesIO(bytes(data)))
    stream = file.root.stream("stor")
    assert stream is not None and stream.read().startswith(LARGE[:20_000])
    assert "truncated" in {fault.code for fault in file.faults}
    assert time.monotonic() - began < 5


def test_a_file_cut_behind_its_directory_gives_what_is_left() -> None:
    data = compound({"første": LARGE[:30_000]})
    directory = data.index("Root Entry".encode("utf-16-le"))
    front = data[:512] + data[directory : directory + 512] + data[512:directory] + data[-512:]
    header = bytearray(front)
    sectors = (directory - 512) // 512
    struct.pack_into("<I", header, 48, 0)
    struct.pack_into("<I", header, 76, sectors + 1)
    at = header.index("første".encode("utf-16-le")) + 116
    struct.pack_into("<I", header, at, 1)
    table = [END, *range(2, sectors + 1), END, 0xFFFFFFFD]
    struct.pack_into(f"<{len(table)}I", header, len(header) - 512, *table)
    whole = CompoundFile(io.BytesIO(bytes(header)))
    assert read_all(whole.root)["første"] == LARGE[:30_000] and whole.faults == []
    cut = CompoundFile(io.BytesIO(bytes(header[: 1024 + 10_000])))
    assert read_all(cut.root)["første"] == LARGE[:10_000]
    assert "truncated" in {fault.code for fault in cut.faults}


def test_entries_that_no_storage_holds_are_found_at_the_root() -> None:
    data = bytearray(compound({f"strøm {n}": bytes([65 + n]) * 50 for n in range(7)}))
    at = data.index("strøm 3".encode("utf-16-le")) + 68  # the middle of the tree: both sides are lost with it
    struct.pack_into("<II", data, at, 0xFFFFFFFF, 0xFFFFFFFF)
    file = CompoundFile(io.BytesIO(bytes(data)))
    assert len(read_all(file.root)) == 7
    assert [fault.code for fault in file.faults] == ["corrupt"]


def test_a_lost_directory_is_looked_for() -> None:
    data = bytearray(compound(TREE))
    struct.pack_into("<I", data, 48, 0x00FFFFFF)
    file = CompoundFile(io.BytesIO(bytes(data)))
    assert file.root.find("liten") is not None and file.faults
    data[:] = data.replace("Root Entry".encode("utf-16-le"), bytes(20))
    with pytest.raises(DocumentError, match="no directory"):
        CompoundFile(io.BytesIO(bytes(data)))


def test_a_tree_in_a_circle_ends() -> None:
    data = bytearray(compound({"a": b"1", "b": b"2", "c": b"3"}))
    at = data.index("a\0\0".encode("utf-16-le")) + 68
    struct.pack_into("<II", data, at, 2, 2)
    assert len(list(CompoundFile(io.BytesIO(bytes(data))).root)) == 3


@pytest.mark.parametrize("size", [0, 8, 100, 511])
def test_a_header_that_is_cut_is_told(size: int) -> None:
    with pytest.raises(DocumentError, match="truncated"):
        CompoundFile(io.BytesIO(compound(TREE)[:size]))


def test_no_mutant_hangs_or_raises_anything_else() -> None:
    data = compound(TREE)
    for number, mutant in enumerate(mutants(data, 400)):
        began = time.monotonic()
        try:
            read_all(CompoundFile(io.BytesIO(mutant)).root)
        except DocumentError:
            pass
        assert time.monotonic() - began < 5, number


def test_a_type_is_told_by_the_root_alone() -> None:
    inner = {"WordDocument": b"x", "1Table": b"y"}
    assert ole_type(io.BytesIO(compound({"Workbook": b"x", "MBD00112233": inner}))) == "application/vnd.ms-excel"
    assert ole_type(io.BytesIO(compound({"ObjectPool": {"_1": {"Workbook": b""}}, **inner}))) == "application/msword"
