"""Tables of dBase: every kind of field, deleted records and code pages are read; damage is said."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from extract.found import cells, headers, mutants

FIELDS = (("NAVN", "C", 20), ("FNR", "C", 11), ("FODT", "D", 8), ("BELOP", "N", 10), ("MEMO", "M", 10))
RECORDS = [
    (" ", "Kåre Eksempel", "15888010030", "19800801", "      1.50", "         1"),
    ("*", "Slettet Østby", "", "", "", ""),
]


def field(name: str, kind: str, size: int) -> bytes:
    return struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), size & 0xFF, size >> 8)


def table(
    rows: list[tuple[str | bytes, ...]], fields: Any = FIELDS, encoding: str = "cp1252", *, version: int = 3,
    driver: int = 3, count: int | None = None,
) -> bytes:  # fmt: skip
    width = 1 + sum(size for _, _, size in fields)
    start = 32 + 32 * len(fields) + 1
    head = struct.pack(
        "<BBBBIHH17xB2x", version, 124, 8, 1, len(rows) if count is None else count, start, width, driver
    )
    body = b""
    for mark, *values in rows:
        body += mark.encode() if isinstance(mark, str) else mark
        for value, (_, _, size) in zip(values, fields, strict=True):
            body += (value.encode(encoding) if isinstance(value, str) else value).ljust(size)
    return head + b"".join(field(*entry) for entry in fields) + b"\r" + body + b"\x1a"


def test_cells_have_their_records_and_columns(read: Any) -> None:
    result = read(table(RECORDS), "kunder.dbf")
    assert cells(result, "kunder.dbf") == {
        ("", 1, 1): "Kåre Eksempel", ("", 1, 2): "15888010030", ("", 1, 3): "1980-08-01", ("", 1, 4): "1.50",
        ("", 2, 1): "Slettet Østby",
    }  # fmt: skip
    assert headers(result)["", 1] == {"NAVN"} and not result.problems


@pytest.mark.parametrize(("driver", "encoding"), [(0x03, "cp1252"), (0x66, "cp865"), (0x65, "cp866"), (0x02, "cp850")])
def test_the_code_page_is_that_of_the_language_driver(read: Any, driver: int, encoding: str) -> None:
    name = "Привет" if encoding == "cp866" else "Kåre Aasen"
    data = table([(" ", name, "", "", "", "")], encoding=encoding, driver=driver)
    assert cells(read(data, "x"), "x")["", 1, 1] == name


def test_binary_fields_of_foxpro_are_read(read: Any) -> None:
    fields = (("ID", "I", 4), ("D", "B", 8), ("PRIS", "Y", 8), ("TID", "T", 8))
    row = (
        " ",
        struct.pack("<i", 68050011),
        struct.pack("<d", 2.5),
        struct.pack("<q", 15000),
        struct.pack("<II", 2444453, 0),
    )
    found = cells(read(table([row], fields, version=0x30), "x.dbf"), "x.dbf")
    assert [found["", 1, n] for n in range(1, 5)] == ["68050011", "2.5", "1.5", "1980-08-01"]


def test_a_table_that_ends_early_is_said(read: Any) -> None:
    result = read(table(RECORDS, count=7), "x.dbf")
    assert ("x.dbf", "truncated") in result.codes and cells(result, "x.dbf")["", 1, 1] == "Kåre Eksempel"


def test_many_records_keep_their_numbers(read: Any) -> None:
    rows = [(" ", f"person{n}@example.no") for n in range(40_000)]
    found = cells(read(table(rows, (("EPOST", "C", 30),)), "x.dbf"), "x.dbf")
    assert found["", 40_000, 1] == "person39999@example.no" and len(found) == 40_000


def test_mutants_end_and_never_vanish(read: Any) -> None:
    for data in mutants(table(RECORDS)):
        result = read(data, "x.dbf")
        assert result.problems or result.texts


@pytest.mark.parametrize("text", ["\x03 Hei på deg, dette er tekst og ingen tabell.\r\n" * 9, "0" * 200])
def test_other_bytes_are_no_table(read: Any, text: str) -> None:
    assert read(text.encode(), "x.txt").done["x.txt"].media_type != "application/x-dbf"
