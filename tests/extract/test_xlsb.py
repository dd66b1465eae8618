"""XLSB: every cell is read by column whatever record it stands in, and all that is said beside the cells."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from ooxml import SYNTHETIC, Yielded, mutants, package, relationships
from ooxml import read as yielded

from pii_scan.extract import xlsb
from pii_scan.model import Limits

Read = Callable[..., Any]
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.bin" '
    'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
)


def record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(data)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def cell(kind: int, column: int, data: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + data)


def row(number: int) -> bytes:
    return record(0, struct.pack("<I", number - 1) + bytes(13))


def bundle(name: str, relation: str, hidden: int = 0) -> bytes:
    return record(156, struct.pack("<II", hidden, 1) + wide(relation) + wide(name))


def book(sheet: bytes, strings: bytes = b"", styles: bytes = b"", more: dict[str, str | bytes] | None = None) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "xl/workbook.bin": record(153, bytes(12)) + bundle("Ark1", "rId1", 2) + (more or {}).pop("names", b""),  # type: ignore[operator]
        "xl/_rels/workbook.bin.rels": relationships(("rId1", "worksheet", "worksheets/sheet1.bin")),
        "xl/worksheets/sheet1.bin": sheet,
        "xl/sharedStrings.bin": strings,
        "xl/styles.bin": styles,
    }
    return package({**parts, **(more or {})}, "xl/workbook.bin")


def opened(*arguments: Any) -> Yielded:
    return yielded(xlsb.extract, book(*arguments))


def shared(*texts: str) -> bytes:
    return b"".join(record(19, b"\0" + wide(text)) for text in texts)


def test_every_kind_of_cell_is_read_at_its_place(read: Read) -> None:
    sheet = (
        row(1)
        + cell(7, 0, struct.pack("<I", 1))
        + cell(6, 1, wide("Kari Blåbær"))
        + cell(5, 2, struct.pack("<d", float(SYNTHETIC)))
        + cell(2, 3, struct.pack("<I", (68050017 << 2) | 2))
        + row(1048576)
        + cell(8, 16383, wide("ytterst") + bytes(6))
        + cell(62, 5, b"\0" + wide("rik"))
        + cell(4, 6, b"\1")
        + cell(3, 7, b"\x2a")
        + cell(2, 8, struct.pack("<I", struct.unpack("<Q", struct.pack("<d", 1250.0))[0] >> 32 | 1))
        + record(17, struct.pack("<I", 0) + wide("ved siden"))
    )
    data = book(sheet, shared("ubrukt", "delt"))
    found = read(data)
    assert found.done["x"].media_type.endswith("binary.macroenabled.12") and not found.problems
    cells = yielded(xlsb.extract, data)
    top = [cells.cells(column).get(1) for column in range(1, 5)]
    assert top == ["delt", "Kari Blåbær", SYNTHETIC, "68050017"]
    low = [cells.cells(column).get(1048576) for column in (16384, 6, 7, 8, 9, 10)]
    assert low == ["ytterst", "rik", "TRUE", "#N/A", "12.5", "ved siden"]
    assert cells.parts["unused strings"] == "ubrukt\n" and cells.parts["sheet names"] == "Ark1\n"


def test_dates_and_masks_are_shown() -> None:
    styles = (
        record(44, struct.pack("<H", 164) + wide("000000 00000"))
        + record(617)
        + record(47, struct.pack("<HH", 0, 14) + bytes(12))
        + record(47, struct.pack("<HH", 0, 164) + bytes(12))
        + record(618)
    )
    sheet = row(2) + cell(5, 0, struct.pack("<d", 32874), 0) + cell(5, 1, struct.pack("<d", 1010112345), 1)
    found = opened(sheet, b"", styles)
    assert found.cells(1) == {2: "1990-01-01"} and found.cells(2) == {2: "010101 12345"}


def test_headers_name_their_columns() -> None:
    sheet = row(1) + cell(7, 0, bytes(4)) + row(2) + cell(6, 0, wide("kari@example.no"))
    assert opened(sheet, shared("epost")).cells(1, "epost") == {2: "kari@example.no"}


def test_everything_beside_the_cells_is_read() -> None:
    headings = record(479, bytes(2) + wide("&CTopp Ola") + struct.pack("<I", 0xFFFFFFFF) * 5)
    formula = cell(9, 0, struct.pack("<d", 1) + bytes(2) + b"\x20\0\0\0\x17\x0a\0" + "Per Skjult".encode("utf-16-le"))
    comments = (
        record(632, wide("Siv Merk"))
        + record(635, struct.pack("<IIIII", 0, 4, 4, 1, 1) + bytes(16))
        + record(637, b"\0" + wide("ring 68 05 00 11"))
    )
    names = record(39, bytes(9) + wide("Ansvarlig") + b"\x17\x05\0" + "Eva L".encode("utf-16-le"))
    found = opened(
        row(1) + formula + headings + record(494, bytes(16) + wide("") + wide("") + wide("tips Anne") + wide("")),
        b"",
        b"",
        {
            "names": names,
            "xl/comments1.bin": comments,
            "xl/worksheets/_rels/sheet1.bin.rels": relationships(
                ("rId1", "comments", "../comments1.bin"), ("rId2", "hyperlink", "mailto:x@example.no")
            ),
            "xl/pivotCache/pivotCacheRecords1.bin": record(24, wide("Gammel Verdi")),
            "xl/embeddings/oleObject1.bin": b"objekt",
            "docProps/core.xml": "<a><creator>Eva Lager</creator></a>",
        },
    )
    parts = found.parts
    assert parts["Ark1: header and footer"] == "Topp Ola\n" and parts["Ark1: formula A1"] == "Per Skjult\n"
    assert parts["Ark1: comments B5"] == "Siv Merk\nring 68 05 00 11\n" and "tips Anne" in parts["Ark1: settings"]
    assert parts["pivot cache"] == "Gammel Verdi\n" and "Eva L" in parts["defined names"]
    assert "mailto:x@example.no" in found.text and parts["properties: creator"] == "Eva Lager\n"
    assert found.documents == {"xl/embeddings/oleObject1.bin": b"objekt"} and not found.problems


def test_missing_strings_cut_records_and_absurd_places_become_problems(read: Read) -> None:
    whole = row(1) + cell(6, 0, wide(SYNTHETIC))
    for bad in (
        cell(7, 1, struct.pack("<I", 77)),
        cell(6, 1, struct.pack("<I", 1 << 30)),
        cell(6, 1 << 30, wide("x")),
        record(0, struct.pack("<I", 1 << 31)),
        b"\x06\xff\xff\xff\x7f",
        b"\x06\x7fabc",
    ):
        found = read(book(whole + bad))
        assert SYNTHETIC in found.all_text and found.problems


def test_unlisted_sheet_is_read() -> None:
    found = opened(row(1), b"", b"", {"xl/worksheets/sheet9.bin": row(3) + cell(6, 0, wide(SYNTHETIC))})
    assert found.cells(1, sheet="unlisted sheet 1") == {3: SYNTHETIC}


def test_large_sheet_comes_in_pieces() -> None:
    sheet = b"".join(row(n) + cell(6, 0, wide("x" * 400)) for n in range(1, 5001))
    found = yielded(xlsb.extract, book(sheet), Limits())
    assert len(found.cells(1)) == 5000 and len(found.batches) > 1


def test_mutants_of_records_never_raise_and_never_vanish(read: Read) -> None:
    sheet = row(1) + cell(7, 0, bytes(4)) + cell(5, 1, struct.pack("<d", 32874)) + cell(6, 2, wide("Kari"))
    for data in (book(each, shared(SYNTHETIC)) for each in mutants(sheet)):
        found = read(data)
        assert found.problems or found.texts or found.done["x"].touched
