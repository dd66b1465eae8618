"""XLSX: every cell is read as a person sees it, by column, whatever the file says about its own size."""

from __future__ import annotations

import datetime
import io
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from ooxml import OFFICE, SYNTHETIC, S, Yielded, package, read, relationships
from openpyxl.comments import Comment

from pii_scan.extract.cell_formats import date_text, format_of, masked_text, number_text
from pii_scan.extract.spreadsheet import extract
from pii_scan.model import ColumnOrigin, Limits, ProblemCode

BOOK = "xl/workbook.xml"
SHEET = "xl/worksheets/sheet1.xml"


def book(rows: str, after: str = "", properties: str = "", parts: dict[str, str | bytes] | None = None) -> bytes:
    sheets = '<sheets><sheet name="Ark1" r:id="rId1"/></sheets>'
    whole: dict[str, str | bytes] = {
        BOOK: f'<workbook {S} xmlns:r="{OFFICE}">{properties}{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": relationships(("rId1", "worksheet", "worksheets/sheet1.xml")),
        SHEET: f"<worksheet {S}><sheetData>{rows}</sheetData>{after}</worksheet>",
    }
    return package({**whole, **(parts or {})}, BOOK)


def strings(*texts: str) -> dict[str, str | bytes]:
    return {"xl/sharedStrings.xml": f"<sst {S}>{''.join(f'<si><t>{t}</t></si>' for t in texts)}</sst>"}


def saved(workbook: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def number(row: int, value: str) -> str:
    return f'<row r="{row}"><c r="A{row}"><v>{value}</v></c></row>'


def styled(code: str) -> str:
    formats = f'<numFmts><numFmt numFmtId="164" formatCode="{code}"/></numFmts>'
    return f'<styleSheet {S}>{formats}<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>'


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("15888010030", SYNTHETIC),
        ("1.588801003E10", SYNTHETIC),
        ("15888010030.0", SYNTHETIC),
        ("1.5888010030000002E10", SYNTHETIC),
        ("0.1", "0.1"),
        ("-3.5", "-3.5"),
        ("1E-7", "1e-07"),
        ("NaN", "NaN"),
        ("not a number", "not a number"),
    ],
)
def test_numbers_read_as_identifiers(stored: str, shown: str) -> None:
    assert read(extract, book(number(1, stored))).cells(1) == {1: shown}
    assert number_text(stored) == shown


@pytest.mark.parametrize(
    ("serial", "date1904", "iso"),
    [
        ("1", False, "1900-01-01"),
        ("61", False, "1900-03-01"),
        ("32874", False, "1990-01-01"),
        ("31412", True, "1990-01-01"),
    ],
)
def test_dates_of_both_systems(serial: str, date1904: bool, iso: str) -> None:
    rows = f'<row r="1"><c r="A1" s="1"><v>{serial}</v></c></row>'
    properties = '<workbookPr date1904="1"/>' if date1904 else ""
    found = read(extract, book(rows, properties=properties, parts={"xl/styles.xml": styled("dd/mm/yyyy")}))
    assert found.cells(1) == {1: iso}


def test_times_and_odd_serials() -> None:
    assert date_text("0.5", "h", False) == "12:00:00"
    assert date_text("32874.75", "d h", False) == "1990-01-01T18:00:00"
    assert date_text("99999999999", "d", False) == "99999999999"
    assert date_text("x", "d", False) == "x"


def test_lost_zeros_of_a_number_come_back_with_its_mask() -> None:
    rows = '<row r="1"><c r="A1" s="1"><v>1818005095</v></c></row>'
    found = read(extract, book(rows, parts={"xl/styles.xml": styled("00000000000")}))
    assert found.cells(1) == {1: "01818005095"}
    assert masked_text("1818005095", "000000 00000") == "018180 05095"
    assert masked_text("123456", "0000") == "123456"


@pytest.mark.parametrize("code", ["General", "0", "0.00", "#,##0", '0.0"h"', "0.00E+00", "[h]:mm", "@", "0%"])
def test_formats_that_are_no_dates(code: str) -> None:
    assert format_of(code) == ("", "")


def test_cells_of_every_type() -> None:
    row = (
        '<c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>inni &amp; ut</t></is></c>'
        '<c r="C1" t="str"><f>A1</f><v>formel</v></c><c r="D1" t="b"><v>1</v></c><c r="E1" t="e"><v>#N/A</v></c>'
        '<c r="F1" t="d"><v>1990-01-01</v></c><c r="G1" t="inlineStr"><is><r><t>ri</t></r><r><t>k</t></r></is></c>'
    )
    found = read(extract, book(f'<row r="1">{row}</row>', parts=strings("delt_x0041_ &lt;a&gt;")))
    values = [found.cells(n).get(1) for n in range(1, 8)]
    assert values == ["deltA <a>", "inni & ut", "formel", "TRUE", "#N/A", "1990-01-01", "rik"]


@pytest.mark.parametrize("noise", ["", "<!-- rot -->", "<?pi?>"])
def test_both_ways_of_reading_give_the_same(noise: str) -> None:
    chance = random.Random(1)
    rows = []
    for n in range(1, 3000):
        cells = f'<c r="A{n}" t="s"><v>{chance.randrange(3)}</v></c><c r="C{n}"><v>{chance.randrange(10**11)}</v></c>'
        cells += f'<c r="B{n}" t="inlineStr"><is><t>nr {n} &#229;</t></is></c>' if n % 3 else f'<c r="B{n}"/>'
        rows.append(f'<row r="{n}">{cells}{noise}</row>\n')
    plain = read(extract, book("".join(rows).replace(noise, ""), parts=strings("a", "b", "c")))
    other = read(extract, book("".join(rows), parts=strings("a", "b", "c")))
    for column in (1, 2, 3):
        assert plain.cells(column) == other.cells(column) != {}
    assert plain.cells(2)[1] == "nr 1 å"


def test_cells_without_references_are_counted() -> None:
    found = read(extract, book("<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>"))
    assert found.cells(1) == {1: "1"} and found.cells(2) == {1: "2", 2: "3"}


def test_prefixed_and_strict_sheets_are_read() -> None:
    strict = 'xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"'
    row = '<x:row r="4"><x:c r="B4"><x:v>15888010030</x:v></x:c></x:row>'
    sheet = f"<x:worksheet {strict}><x:sheetData>{row}</x:sheetData></x:worksheet>"
    found = read(extract, book("", parts={SHEET: sheet}))
    assert found.cells(2) == {4: SYNTHETIC}


def test_utf16_parts_are_read() -> None:
    sheet = f'<worksheet {S}><sheetData><row r="1"><c r="A1" t="str"><v>blåbær</v></c></row></sheetData></worksheet>'
    found = read(extract, book("", parts={SHEET: ('<?xml version="1.0" encoding="UTF-16"?>' + sheet).encode("utf-16")}))
    assert found.cells(1) == {1: "blåbær"}


def test_cell_in_the_last_corner_costs_nothing() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>15888010030</v></c></row>'
    found = read(extract, book(rows))
    assert found.cells(16384) == {1048576: SYNTHETIC}
    assert sum(len(batch.texts) for batch in found.batches) < 10


def test_headers_name_their_columns_and_are_read_themselves() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Navn", "Fnr", "Født"])
    sheet.append(["Kari", SYNTHETIC, datetime.date(1990, 1, 1)])
    found = read(extract, saved(workbook))
    assert found.cells(2, header="") == {1: "Fnr"} and found.cells(2, header="Fnr") == {2: SYNTHETIC}
    assert found.cells(3, header="Født") == {2: "1990-01-01"}


def test_headers_below_a_title_are_found() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Ansatte"])
    sheet.append([])
    sheet.append(["Navn", "Fnr"])
    sheet.append(["Kari", SYNTHETIC])
    found = read(extract, saved(workbook))
    assert found.cells(2, header="Fnr") == {4: SYNTHETIC} and found.cells(1, header="") == {1: "Ansatte", 3: "Navn"}


@pytest.mark.parametrize("first", [["Kari", SYNTHETIC], ["kari@example.no", "Navn"], ["Navn", 5]])
def test_data_in_the_first_row_is_no_header(first: list[object]) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(first)
    sheet.append(["Ola", "x"])
    found = read(extract, saved(workbook))
    assert {b.origin.header for b in found.batches if isinstance(b.origin, ColumnOrigin)} == {""}


def test_hidden_and_unlisted_sheets_are_read() -> None:
    workbook = openpyxl.Workbook()
    workbook.create_sheet("Skjult").append([SYNTHETIC])
    workbook["Skjult"].sheet_state = "veryHidden"
    assert read(extract, saved(workbook)).cells(1, sheet="Skjult") == {1: SYNTHETIC}
    other = f"<worksheet {S}><sheetData>{number(1, '7')}</sheetData></worksheet>"
    found = read(extract, book(number(1, "5"), parts={"xl/worksheets/sheet9.xml": other}))
    assert found.cells(1, sheet="unlisted sheet 1") == {1: "7"}


def beside() -> Yielded:
    comment = '<threadedComment ref="C3" personId="{1}"><text>tråd</text></threadedComment>'
    connection = '<connection name="db"><dbPr connection="UID=kari"/></connection>'
    pivot = (
        f'<pivotCacheDefinition {S} refreshedBy="Siv Frisk"><cacheFields><cacheField name="Fnr"><sharedItems>'
        '<s v="15888010030"/><n v="1.588801003E10"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>'
    )
    person = '<person id="{1}" displayName="Ola Person" userId="o@example.no"/>'
    parts: dict[str, str | bytes] = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            ("rId1", "threadedComment", "../threadedComments/threadedComment1.xml"),
            ("rId2", "hyperlink", "mailto:lenke@example.no"),
        ),
        "xl/threadedComments/threadedComment1.xml": f"<ThreadedComments>{comment}</ThreadedComments>",
        "xl/persons/person.xml": f"<personList>{person}</personList>",
        "xl/pivotCache/pivotCacheDefinition1.xml": pivot,
        "xl/pivotCache/pivotCacheRecords1.xml": f'<pivotCacheRecords {S}><r><s v="post"/></r></pivotCacheRecords>',
        "xl/tables/table1.xml": f'<table {S} name="T"><tableColumn name="Kolonne"/></table>',
        "xl/connections.xml": f"<connections {S}>{connection}</connections>",
        "xl/externalLinks/externalLink1.xml": f"<externalLink {S}><cell><v>ekstern verdi</v></cell></externalLink>",
        "xl/drawings/drawing1.xml": '<xdr xmlns:a="a"><a:p><a:r><a:t>i en tegning</a:t></a:r></a:p></xdr>',
        "xl/embeddings/oleObject1.bin": b"OLE",
        "xl/vbaProject.bin": b"VBA",
        "docProps/core.xml": "<coreProperties><creator>Eva Lager</creator></coreProperties>",
        **strings("brukt", "slettet 68 05 00 44"),
    }
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>IF(A1="kari@example.no",1,0)</f><v>0</v></c></row>'
    after = (
        "<headerFooter><oddHeader>&amp;LTopptekst</oddHeader></headerFooter>"
        '<dataValidations><dataValidation prompt="Skriv fnr"><formula1>"Ja,Kanskje"</formula1></dataValidation>'
        '</dataValidations><autoFilter><filter val="filtrert"/></autoFilter>'
        '<hyperlinks><hyperlink ref="A2" display="vis" tooltip="tips"/></hyperlinks>'
    )
    names = '<definedNames><definedName name="Sjef">"Per Sjef"</definedName></definedNames>'
    return read(extract, book(rows, after, names, parts))


def test_everything_beside_the_cells_is_read() -> None:
    found = beside()
    assert not found.problems and found.error is None
    parts = found.parts
    assert parts["sheet names"] == "Ark1\n"
    assert "Per Sjef" in parts["defined names"]
    assert parts["Ark1: formula B1"] == "kari@example.no\n"
    assert "Topptekst" in parts["Ark1: header and footer"]
    assert {"Skriv fnr", '"Ja,Kanskje"', "filtrert"} <= set(parts["Ark1: settings"].split("\n"))
    assert parts["Ark1: hyperlinks A2"] == "vis\ntips\n" and parts["Ark1: hyperlinks"] == "mailto:lenke@example.no\n"
    assert parts["Ark1: comments C3"] == "Ola Person\ntråd\n"
    assert "Ola Person" in parts["people: names"] and "o@example.no" in parts["people: names"]
    assert (
        parts["pivot cache"].split("\n")[:2] == [f"Fnr\t{SYNTHETIC}\t{SYNTHETIC}", "Siv Frisk"]
        or "Siv Frisk" in found.text
    )
    assert f"{SYNTHETIC}\t{SYNTHETIC}" in parts["pivot cache"] and "post" in parts["pivot cache"]
    assert "Siv Frisk" in parts["pivot cache"]
    assert "Kolonne" in found.text and "UID=kari" in parts["connections"] and "ekstern verdi" in parts["external link"]
    assert "i en tegning" in parts["drawing"] and parts["properties: creator"] == "Eva Lager\n"
    assert parts["unused strings"] == "slettet 68 05 00 44\n"
    assert found.documents == {"xl/embeddings/oleObject1.bin": b"OLE", "xl/vbaProject.bin": b"VBA"}


def test_comments_of_openpyxl_name_cell_and_author() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["A5"] = "x"
    sheet["A5"].comment = Comment(f"merk {SYNTHETIC}", "Per Notat")
    assert read(extract, saved(workbook)).parts["Sheet: comments A5"] == f"Per Notat\nmerk {SYNTHETIC}\n"


def test_missing_strings_and_sheets_become_problems() -> None:
    found = read(extract, book('<row r="1"><c r="A1" t="s"><v>99</v></c><c r="B1" t="s"><v>x</v></c></row>'))
    assert [(q.code, q.detail) for q in found.problems] == [
        (ProblemCode.CORRUPT, "cells whose shared string is missing: 2")
    ]
    found = read(extract, book("", parts={"xl/_rels/workbook.xml.rels": relationships()}))
    assert [q.detail for q in found.problems] == ["sheets without a part: 1"]


def test_broken_sheet_keeps_what_came_before() -> None:
    found = read(extract, book(number(1, "15888010030") + '<row r="2"><c r="A2"><v>1</c>'))
    assert found.cells(1) == {1: SYNTHETIC} and [q.code for q in found.problems] == [ProblemCode.CORRUPT]


def test_long_shared_string_in_many_cells_is_a_limit() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 2001))
    found = read(extract, book(rows, parts=strings("x" * 30_000)), Limits(max_member_bytes=10 << 20))
    assert found.error is not None and found.error.code == "limit"
    found = read(extract, book(rows, parts=strings("x" * 30_000)))
    assert found.error is None and max(b.texts.nbytes for b in found.batches) < 2 << 20
    assert len(found.cells(1)) == 2000


def test_overlong_cell_is_cut_and_keeps_its_row() -> None:
    data = book("<row r='3'><c r='A3' t='s'><v>0</v></c></row>", parts=strings("ord " * 9000 + SYNTHETIC))
    found = read(extract, data, Limits(max_value_bytes=1 << 14))
    assert SYNTHETIC in found.text
    assert {
        n for b in found.batches if isinstance(b.origin, ColumnOrigin) for n in np.asarray(b.origin.rows).tolist()
    } == {3}


_MEASURE = """
import resource, sys
sys.path[:0] = sys.argv[3:]
from pii_scan.extract.spreadsheet import extract
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits
def run(path):
    with open(path, "rb") as file:
        items = extract(Document(DocumentRef("t", "x"), file), Limits())
        return sum(len(item.texts) for item in items if isinstance(item, ChunkBatch))
run(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert run(sys.argv[2]) > 490_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is in KiB on Linux only")
def test_memory_is_flat_on_a_large_sheet(tmp_path: Path) -> None:
    cells = "".join(f'<c r="{a}%d" t="s"><v>1</v></c><c r="{b}%d"><v>%d</v></c>' for a, b in ("AB", "CD", "EF"))
    for name, count in (("small", 100), ("large", 84_000)):
        rows = "".join(f'<row r="{n}">{cells % ((n,) * 9)}</row>' for n in range(1, count))
        (tmp_path / name).write_bytes(book(rows, parts=strings("a", "tekst i cellen")))
    command = [sys.executable, "-c", _MEASURE, str(tmp_path / "small"), str(tmp_path / "large")]
    done = subprocess.run([*command, *filter(None, sys.path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < 64 << 10
