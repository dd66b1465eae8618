"""XLS: every cell at its row and column, shared strings however they are cut, and every text beside the cells."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from extract.biff_made import (
    Sheet,
    bof,
    cell,
    formula,
    hyperlink,
    label,
    narrow,
    number,
    record,
    shared,
    shared_strings,
    string,
    style,
    text_object,
    workbook,
)
from extract.found import cells, headers, none_goes_astray, parts
from extract.metafile_made import blip, emf, emf_text, store
from extract.ole_made import compound, packed, properties, vba
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract.excel_links import hyperlink_texts
from pii_scan.extract.excel_records import Records, SharedStrings
from pii_scan.model import Limits

SAMPLES = Path(__file__).parent / "samples"
HEADER = ["Navn", "E-post", "Født"]
DATE_STYLE, MASK_STYLE = 1, 2
GLOBALS = [
    record(0x42, struct.pack("<H", 1200)),
    record(0x5C, string("Siste Bruker").ljust(112, b" ")),
    record(0x41E, struct.pack("<H", 164) + string('000000" "00000')),
    style(0), style(14), style(164),
    shared_strings([*HEADER, "Åse", "åse@example.no", "日本 Привет", "ubrukt@example.no"]),
]  # fmt: skip


def xls(stream: bytes, **more: Any) -> bytes:
    return compound({"Workbook": stream, **more})


PEOPLE = Sheet(
    "Kunder",
    [
        *(shared(0, column, column) for column in range(3)),
        shared(1, 0, 3), shared(1, 1, 4), number(1, 2, 32874.0, DATE_STYLE),
        label(2, 0, "Bjørn"), label(2, 1, "bjørn@example.no"),
        cell(0x27E, 2, 2, struct.pack("<I", 40000 << 2 | 2), DATE_STYLE),
        record(0xBD, struct.pack("<HH", 3, 3) + struct.pack("<HI", 0, 42 << 2 | 2) + struct.pack("<HI", 0, 0x3FF80000)
               + struct.pack("<H", 4)),
        number(4, 3, 15888010030.0), number(4, 4, 1010112345.0, MASK_STYLE),
        formula(5, 0, "tekst@example.no", b"\x17\x10\x00formel@example.no"[:2] + b"\x00" + b"formel@example.no"[:16]),
        formula(5, 1, 12.5), formula(5, 2, True), formula(5, 3, b"\x2a"), formula(5, 4, ""),
        cell(0x205, 6, 0, b"\x00\x00"),
        cell(0xD6, 7, 0, string("rik@example.no") + bytes(2)),
    ],
)  # fmt: skip


def test_every_cell_is_at_its_place(read: Any) -> None:
    result = read(xls(workbook([PEOPLE], GLOBALS)), "a.xls")
    found = {(row, column): text for (_, row, column), text in cells(result, "a.xls").items()}
    assert found == {
        (1, 1): "Navn", (1, 2): "E-post", (1, 3): "Født", (2, 1): "Åse", (2, 2): "åse@example.no",
        (2, 3): "1990-01-01", (3, 1): "Bjørn", (3, 2): "bjørn@example.no", (3, 3): "2009-07-06",
        (4, 4): "42", (4, 5): "1.5", (5, 4): "15888010030", (5, 5): "010101 12345",
        (6, 1): "tekst@example.no", (6, 2): "12.5", (6, 3): "TRUE", (6, 4): "#N/A", (7, 1): "FALSE",
        (8, 1): "rik@example.no",
    }  # fmt: skip
    assert headers(result)["Kunder", 2] == {"", "E-post"} and result.problems == []


def test_dates_are_shown_in_the_system_of_the_workbook(read: Any) -> None:
    sheet = Sheet("Ark", [number(0, 0, 31412.0, DATE_STYLE), number(1, 0, 0.5, DATE_STYLE)])
    result = read(xls(workbook([sheet], [record(0x22, struct.pack("<H", 1)), style(0), style(22)])), "a.xls")
    assert cells(result, "a.xls")["Ark", 1, 1] == "1990-01-01T00:00:00"


BESIDE = Sheet(
    "Skjult",
    [
        label(0, 0, "Hei"),
        record(0x14, string("&LHode hode@example.no")), record(0x15, string("&CBunn bunn@example.no")),
        text_object(7, 0x19, "Merknad merk@example.no"), text_object(8, 0x06, "Boks boks@example.no 日本"),
        record(0x1C, struct.pack("<HHHH", 2, 1, 0, 7) + string("Kommentator Åse") + b"\0"),
        hyperlink(1, 0, "mailto:lenke@example.no", "Skriv til oss"),
        record(0x1BE, struct.pack("<I", 3) + string("Tittel", 2) + string("Feil") + string("Velg valg@example.no")
               + string("x") + struct.pack("<HH", 12, 0) + b"\x17\x09\x00en@ex.no," + struct.pack("<HH", 0, 0)),
        record(0xEC, struct.pack("<HHI", 0x0013, 0xF00B, 6 + 34) + struct.pack("<HI", 0x8381, 34)
               + "alt@example.no".encode("utf-16-le").ljust(34, b"\0")),
    ],
    hidden=True,
)  # fmt: skip
CHART = Sheet("Diagram", [record(0x100D, b"\0\0" + string("Tittel diagram@example.no", 1))], kind=0x20)
BOOK = workbook(
    [PEOPLE, BESIDE, CHART],
    [
        *GLOBALS,
        record(
            0x18,
            struct.pack("<HBBHHH4B", 0, 0, 6, 20, 0, 0, 0, 0, 0, 0) + b"\0Kontor" + b"\x17\x11\x00navn@example.no..",
        ),
        record(0x1AE, struct.pack("<H", 1) + string("C:\\Users\\kari\\annen.xls") + string("Ark")),
        record(0x5A, struct.pack("<BBH", 0, 0, 4) + b"\x02" + string("ekstern@example.no")),
    ],
)
WHOLE = {
    **properties("Forfatter Åse", "Firma AS", {"Kunde": "egenskap@example.no"}),
    "MBD00112233": {"\x01Ole10Native": packed("liste.csv", b"a;b\nx;objekt@example.no\n")},
    "MBD00112244": {"Workbook": workbook([Sheet("Indre", [label(0, 0, "indre@example.no")])])},
    "_SX_DB_CUR": {"0001": record(0xCD, string("pivot@example.no")) + record(0xCD, string("日本"))},
    "_VBA_PROJECT_CUR": vba("' makro@example.no\r\n"),
    "Revision Log": record(0x194, string("Endret Av Noen")) + record(0x0A),
}


def test_everything_beside_the_cells_is_a_part(read: Any) -> None:
    result = read(xls(BOOK, **WHOLE), "a.xls")
    found = parts(result, "a.xls")
    for part, value in {
        "sheet names": "Skjult", "Skjult: header and footer": "hode@example.no",
        "Skjult: text boxes": "boks@example.no 日本",
        "Skjult: comments B3": "Kommentator Åse\nMerknad merk@example.no", "Skjult: settings": "valg@example.no",
        "Skjult: hyperlinks A2": "mailto:lenke@example.no", "Skjult: drawings": "alt@example.no",
        "Diagram: chart": "diagram@example.no", "defined names": "Kontor", "external link": "ekstern@example.no",
        "workbook": "Siste Bruker", "unused strings": "ubrukt@example.no", "Kunder: formula A6": "formel@example.n",
        "pivot cache": "pivot@example.no", "macros": "makro@example.no", "changes": "Endret Av Noen",
        "properties: creator": "Forfatter Åse", "properties: custom": "egenskap@example.no",
    }.items():  # fmt: skip
        assert value in found[part], part
    assert "bunn@example.no" in found["Skjult: header and footer"] and "Skriv til oss" in found["Skjult: hyperlinks A2"]
    assert "日本" in found["pivot cache"] and "日本 Привет" in found["unused strings"]
    assert "kari" in found["external link"] and "navn@example.no" in found["defined names"]
    assert "en@ex.no" in found["Skjult: settings"] and result.problems == []


def test_embedded_objects_are_members(read: Any) -> None:
    result = read(xls(BOOK, **WHOLE), "a.xls")
    assert "objekt@example.no" in result.text("a.xls!liste.csv")
    assert cells(result, "a.xls!object MBD00112244") == {("Indre", 1, 1): "indre@example.no"}


def test_pictures_are_members(read: Any) -> None:
    group = record(
        0xEB, store(blip("png", b"bilde@example.no tekst" * 1000), blip("emf", emf([emf_text("emf@example.no", 0, 0)])))
    )
    result = read(xls(workbook([Sheet("Ark", [label(0, 0, "x")])], [group])), "a.xls")
    assert result.text("a.xls!picture 1.png").count("bilde@example.no") == 1000
    assert "emf@example.no" in result.text("a.xls!picture 2.emf") and result.problems == []


# shared strings


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60), max_size=30),
    st.integers(12, 200),
    st.booleans(),
)
def test_shared_strings_come_back_however_they_are_cut(texts: list[str], at_most: int, rich: bool) -> None:
    records = Records(io.BytesIO(shared_strings(texts, at_most, rich)))
    first = records.next()
    assert first is not None and list(SharedStrings(first[2], records)) == texts


def test_strings_that_end_too_early_are_told(read: Any) -> None:
    cut = struct.pack("<HHII", 0xFC, 8 + 12, 3, 3) + string("ja@example.x")[:12]
    result = read(xls(workbook([Sheet("Ark", [label(0, 0, "a@example.no"), shared(1, 0, 2)])], [cut])), "a.xls")
    assert [code for _, code in result.codes] == ["truncated", "corrupt"]
    assert "a@example.no" in result.all_text


def test_memory_is_bounded_by_pieces(read: Any) -> None:
    rows = [label(row, column, f"navn{row}@example.no") for row in range(8_000) for column in range(4)]
    data = xls(workbook([Sheet("Stor", rows)]))
    tracemalloc.start()
    result = read(data, "a.xls")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    found = cells(result, "a.xls")
    assert len(found) == 32_000 and found["Stor", 8_000, 4] == "navn7999@example.no"
    assert peak < 12 * len(data)


# other versions


def test_a_workbook_of_biff_5_in_another_code_page(read: Any) -> None:
    sheet = Sheet(
        "Ark",
        [
            cell(0x204, 0, 0, narrow("Привет a@example.no", encoding="cp1251")),
            record(0x1C, struct.pack("<HHH", 0, 1, 20) + b"merk@example.no")
            + record(0x1C, struct.pack("<HHH", 0xFFFF, 0, 5) + b"og mer"),
        ],
    )
    stream = workbook([sheet], [record(0x42, struct.pack("<H", 1251))], version=0x0500)
    for data, name in ((compound({"Book": stream}), "a.xls"), (stream, "b.xls")):
        result = read(data, name)
        assert cells(result, name) == {("Ark", 1, 1): "Привет a@example.no"}
        assert parts(result, name)["Ark: comments B1"] == "merk@example.no\nog mer"


def old_sheet(version: int) -> bytes:
    kinds = {2: (0x0009, 0x04, 0x03), 3: (0x0209, 0x204, 0x203), 4: (0x0409, 0x204, 0x203)}[version]
    begin = record(kinds[0], struct.pack("<HH", 2, 0x10) + bytes(2 if version > 2 else 0))
    text = narrow("Åse a@example.no", 1 if version == 2 else 2)
    place = struct.pack("<HH", 1, 2) + bytes(3 if version == 2 else 2)
    formats = record(0x1E, narrow("General", 1)) + record(0x1E, narrow("dd.mm.yyyy", 1))
    if version == 4:
        formats = record(0x41E, bytes(2) + narrow("General", 1)) + record(0x41E, bytes(2) + narrow("dd.mm.yyyy", 1))
    styles = {
        2: record(0x43, bytes(4)) + record(0x43, b"\0\0\x01\0"),
        3: record(0x243, bytes(12)) + record(0x243, b"\0\x01" + bytes(10)),
        4: record(0x443, bytes(12)) + record(0x443, b"\0\x01" + bytes(10)),
    }[version]
    dated = struct.pack("<HH", 2, 2) + (b"\x01\0\0" if version == 2 else b"\x01\0") + struct.pack("<d", 32874.0)
    return begin + formats + styles + record(kinds[1], place + text) + record(kinds[2], dated) + record(0x0A)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_sheet_that_is_a_file_of_its_own(read: Any, version: int) -> None:
    result = read(old_sheet(version), "a.xls")
    found = {place[1:]: text for place, text in cells(result, "a.xls").items()}
    assert found == {(2, 3): "Åse a@example.no", (3, 3): "1990-01-01"} and result.problems == []


# damage


def test_a_cut_workbook_is_told(read: Any) -> None:
    stream = workbook([PEOPLE], GLOBALS)
    result = read(xls(stream[:-40]), "a.xls")
    assert ("a.xls", "truncated") in result.codes and "åse@example.no" in result.all_text


def test_records_that_do_not_fit_are_counted(read: Any) -> None:
    sheet = Sheet("Ark", [label(0, 0, "a@example.no"), record(0x203, b"\0\0"), record(0x27E, b"\1")])
    result = read(xls(workbook([sheet])), "a.xls")
    assert [problem.detail for problem in result.problems] == ["damaged records of the workbook: 2"]
    assert "a@example.no" in result.all_text


def test_a_stream_that_holds_no_workbook_is_corrupt(read: Any) -> None:
    result = read(xls(bytes(400)), "a.xls")
    assert ("a.xls", "corrupt") in result.codes and not result.done["a.xls"].touched


def test_sheets_that_expand_too_far_are_a_limit(read: Any) -> None:
    stream = workbook([Sheet("Ark", [shared(row, 0, 0) for row in range(2000)])], [shared_strings(["x" * 30_000])])
    result = read(xls(stream), "a.xls", Limits(max_member_bytes=1 << 20))
    assert ("a.xls", "limit") in result.codes


def test_links_that_cannot_be_parsed_give_their_runs() -> None:
    assert list(hyperlink_texts(bytes(30) + b"C:\\brev\\kari.doc")) == ["C:\\brev\\kari.doc"]


def test_no_mutant_of_bare_or_old_files_goes_astray(read: Any) -> None:
    none_goes_astray(read, workbook([PEOPLE, BESIDE], GLOBALS), "b.xls", 200)
    none_goes_astray(read, old_sheet(2), "c.xls", 100)


def test_the_first_substream_tells_the_version(read: Any) -> None:
    sheet = Sheet("Ark", [cell(0x204, 0, 0, narrow("Åse a@example.no"))])
    stream = bytearray(workbook([sheet], version=0x0500))
    at = stream.rindex(bof(0x10, 0x0500)[:8])
    struct.pack_into("<H", stream, at + 4, 0x0600)  # some programs say 8 of sheets of 5
    assert cells(read(xls(bytes(stream)), "a.xls"), "a.xls")["Ark", 1, 1] == "Åse a@example.no"


# files of other programs

EXPECTED = {
    ("Kunder", 1, 1): "Navn", ("Kunder", 1, 2): "E-post", ("Kunder", 1, 3): "Født", ("Kunder", 1, 4): "Sum",
    ("Kunder", 2, 1): "Åse Ødegård", ("Kunder", 2, 2): "aase@example.no", ("Kunder", 2, 3): "1990-01-01",
    ("Kunder", 2, 4): "12.5", ("Kunder", 3, 1): "日本 Привет", ("Kunder", 3, 2): "bjorn@example.no",
    ("Kunder", 3, 3): "2009-07-06", ("Kunder", 3, 4): "25", ("Kunder", 4, 2): "formel@example.no",
    ("Skjult", 40, 7): "skjult@example.no",
}  # fmt: skip


def test_a_workbook_of_libreoffice_is_read(read: Any) -> None:
    result = read((SAMPLES / "kunder.xls").read_bytes(), "kunder.xls")
    found, beside = cells(result, "kunder.xls"), parts(result, "kunder.xls")
    assert {place: found.get(place) for place in EXPECTED} == EXPECTED and len(found) == len(EXPECTED)
    assert beside["Kunder: comments A2"] == "Kommentator\nmerknad@example.no"
    assert "topptekst@example.no" in beside["Kunder: header and footer"]
    assert "mailto:lenke@example.no" in beside["Kunder: hyperlinks B2"]
    assert beside["properties: creator"] == "Forfatter Åse"
    assert beside["properties: custom"] == "Kunde: egenskap@example.no" and result.problems == []


def test_what_openpyxl_wrote_comes_back_by_way_of_libreoffice(read: Any, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice is not installed")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    wanted = {}
    for row in range(1, 300):
        for column in range(1, 8):
            value: Any = f"celle {row} æøå {column}" if column % 2 else row * column / 4
            sheet.cell(row, column, value)
            wanted[sheet.title, row, column] = value
    book.save(tmp_path / "a.xlsx")
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profil').as_uri()}", "--headless", "--convert-to", "xls",
         "--outdir", tmp_path, tmp_path / "a.xlsx"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    found = cells(read((tmp_path / "a.xls").read_bytes(), "a.xls"), "a.xls")
    assert set(found) == set(wanted)
    assert all(text == wanted[place] or float(text) == wanted[place] for place, text in found.items())
