"""Sizes, times and row numbers that a document says of its parts, and that no file has: the run stays one that can be
read, and what is in the document is found.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import pytest
from extract.test_spreadsheet import book
from scanning import codes, found, pii_scan, statuses

from pii_scan.findings.store import Run, load_run

TEXT = b"kari@example.no"


def binary(number: int) -> bytes:
    """A number as GNU tar writes what octal digits cannot hold: twelve bytes, two's complement."""
    return (number & ((1 << 96) - 1) | (0x80 << 88 if number >= 0 else 0)).to_bytes(12, "big")


def header(name: bytes, size: bytes = b"00000000017\0", time: bytes = b"00000000000\0", kind: bytes = b"0") -> bytes:
    fields = bytearray(512)
    fields[: len(name)] = name
    fields[100:124] = b"0000644\0" + b"0000000\0" * 2
    fields[124:148] = size + time
    fields[148:157] = b" " * 8 + kind
    fields[257:265] = b"ustar  \0"
    fields[148:156] = b"%06o\0 " % sum(fields)
    return bytes(fields)


def tar(**fields: bytes) -> bytes:
    return header(b"a.txt", **fields) + TEXT.ljust(512, b"\0") + bytes(1024)


def pax(record: bytes) -> bytes:
    return header(b"pax", b"%011o\0" % len(record), kind=b"x") + record.ljust(512, b"\0") + tar()


def sparse(size: int) -> bytes:
    """A sparse member (GNU tar, type S) whose stored data have this size, between two sound members."""
    return tar()[:1024] + header(b"b.txt", size=binary(size), kind=b"S") + TEXT.ljust(512, b"\0") + tar()


def zip64(size: int) -> bytes:
    """A ZIP whose directory says `size` of its only member (APPNOTE 4.5.3)."""
    name, packed, crc = b"a.txt", zlib.compress(TEXT)[2:-4], zlib.crc32(TEXT)
    about = struct.pack("<HHHHHII", 45, 0, 8, 0, 0x21, crc, len(packed))
    local = b"PK\3\4" + about + struct.pack("<IHH", len(TEXT), len(name), 0) + name + packed
    extra = struct.pack("<HHQ", 1, 8, size)
    rest = struct.pack("<IHHHHHII", 0xFFFFFFFF, len(name), len(extra), 0, 0, 0, 0, 0)
    central = b"PK\1\2" + struct.pack("<H", 45) + about + rest + name + extra
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


NUMBERS = (-1, -50, -1024, -(1 << 63), 1 << 53, 1 << 63, 1 << 64, (1 << 80) - 1)
SIZES = {
    **{f"size {number}.tar": tar(size=binary(number)) for number in NUMBERS},
    **{f"sparse {number}.tar": sparse(number) for number in NUMBERS},
    **{f"pax {number}.tar": pax(b"%d size=%d\n" % (len(str(number)) + 9, number)) for number in NUMBERS},
    **{f"size {number}.zip": zip64(number) for number in ((1 << 53) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)},
}
YEAR_1, YEAR_9999 = -62135596800, 253402214400
TIMES = {
    f"time {number}.tar": tar(time=binary(number))
    for number in (*NUMBERS, YEAR_1, YEAR_1 + 90_000, YEAR_9999, YEAR_9999 + 86_399, YEAR_9999 + 86_400)
}
BOOKS = {
    f"row {number}.xlsx": book(f'<row r="{number}"><c r="A{number}" t="str"><v>{TEXT.decode()}</v></c></row>')
    for number in (-5, 0, 1 << 32, 1 << 53, (1 << 63) + 1)
}


@dataclass
class Read:
    run: Run
    code: int
    said: bytes


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    base = tmp_path_factory.mktemp("numbers")
    (base / "in").mkdir()
    for name, data in {**SIZES, **TIMES, **BOOKS}.items():
        (base / "in" / name).write_bytes(data)
    done = pii_scan("scan", base / "in", "--out", base / "run", "--jobs", "1")
    return Read(load_run(base / "run"), done.returncode, done.stderr)


def test_the_run_can_be_read_and_no_worker_ended(read: Read) -> None:
    """Once a negative size made a whole run one that no report was made of, and a large one ended the worker."""
    assert (read.code, read.said) == (3, b"")
    assert not {code for _, code in codes(read.run)} & {"crash", "timeout", "memory"}


def test_each_is_accounted_for(read: Read) -> None:
    every = statuses(read.run)
    assert {name for name in every if "!" not in name} == {*SIZES, *TIMES, *BOOKS}
    hit = {name.partition("!")[0] for name, _ in found(read.run)}
    assert {name for name in (*TIMES, *BOOKS) if every[name] == "read"} == {*TIMES, *BOOKS}
    assert {*TIMES, *BOOKS, *(name for name in SIZES if name.endswith(".zip"))} <= hit
    said = {name.partition("!")[0] for name, _ in codes(read.run)}
    assert {name for name in SIZES if name not in hit} <= said
