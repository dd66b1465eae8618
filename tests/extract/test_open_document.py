"""OpenDocument: every place where text may stand is read, and each cell keeps its row and column."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from ooxml import SYNTHETIC, Yielded
from ooxml import read as yielded

from pii_scan.extract import open_document
from pii_scan.model import ColumnOrigin, Limits, PageOrigin

Read = Callable[..., Any]
SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in [
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style"),
        ("meta", "meta"), ("presentation", "presentation"), ("manifest", "manifest"), ("form", "form"),
    ]
) + ' xmlns:dc="dc" xmlns:xlink="xlink" xmlns:svg="svg"'  # fmt: skip
ODF = "application/vnd.oasis.opendocument."


def part(root: str, inner: str) -> str:
    return f'<?xml version="1.0"?><office:{root} {SPACES}>{inner}</office:{root}>'


def packed(kind: str, body: str, styles: str = "", meta: str = "", **parts: str | bytes) -> bytes:
    whole: dict[str, str | bytes] = {
        "mimetype": ODF + kind,
        "content.xml": part("document-content", f"<office:body>{body}</office:body>"),
        "styles.xml": part("document-styles", styles),
        "meta.xml": part("document-meta", f"<office:meta>{meta}</office:meta>"),
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            archive.writestr(name, data)
    return out.getvalue()


def text(inner: str) -> str:
    return f"<office:text>{inner}</office:text>"


def p(inner: str) -> str:
    return f"<text:p>{inner}</text:p>"


def odt(inner: str, **parts: str | bytes) -> Yielded:
    return yielded(open_document.extract, packed("text", text(inner), **parts))


CHANGED = (
    '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>Per Slett'
    f"</dc:creator></office:change-info>{p('slettet ' + SYNTHETIC)}</text:deletion></text:changed-region>"
    "</text:tracked-changes>"
)
COMMENT = "<office:annotation><dc:creator>Siv Merk</dc:creator><dc:date>2026-01-02</dc:date><text:p>ring 68 05 00 11</text:p></office:annotation>"  # noqa: E501


def test_runs_of_a_paragraph_are_joined_and_paragraphs_are_lines() -> None:
    found = odt(p("en") + p("<text:span>1588</text:span><text:span>8010</text:span>030") + p("a<text:s text:c='3'/>b"))
    assert found.parts[""].split("\n")[:3] == ["en", SYNTHETIC, "a   b"]


def test_everything_beside_the_text_is_read_with_its_place() -> None:
    note = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>fotnote</text:p></text:note-body></text:note>"  # noqa: E501
    link = '<text:a xlink:href="mailto:kari@example.no">skriv</text:a>'
    field = '<text:user-field-decl office:string-value="68 05 00 12" text:name="tlf"/>'
    styles = (
        f"<office:master-styles><style:master-page><style:header>{p('topp Kari')}</style:header>"
        f"<style:footer>{p('bunn Ola')}</style:footer></style:master-page></office:master-styles>"
    )
    meta = '<dc:creator>Eva Lager</dc:creator><meta:user-defined meta:name="sak">12 Kari</meta:user-defined>'
    body = CHANGED + p(f"foer{note}{COMMENT} etter {link}") + field
    parts = odt(body, styles=styles, meta=meta).parts
    assert parts[""].split("\n")[0].split() == ["foer", "1", "etter", "skriv"]
    assert SYNTHETIC in parts["tracked changes"] and "Per Slett" in parts["tracked changes"]
    assert parts["comments"].split() == "Siv Merk 2026-01-02 ring 68 05 00 11".split()
    assert parts["footnotes"] == "fotnote\n" and parts["header"] == "topp Kari\n" and parts["footer"] == "bunn Ola\n"
    assert parts["hyperlinks"] == "mailto:kari@example.no\n" and parts["fields"] == "68 05 00 12\n"
    assert parts["properties: creator"] == "Eva Lager\n" and parts["properties: user-defined"] == "sak: 12 Kari\n"


def test_table_rows_of_a_text_are_lines() -> None:
    cells = f"<table:table-cell>{p('Kari')}</table:table-cell><table:table-cell>{p(SYNTHETIC)}</table:table-cell>"
    found = odt(f"<table:table><table:table-row>{cells}</table:table-row></table:table>{p('etter')}")
    assert found.parts[""].split("\n")[:2] == [f"Kari\t{SYNTHETIC}", "etter"]


def sheet(rows: str, name: str = "Ark1") -> str:
    return f'<office:spreadsheet><table:table table:name="{name}">{rows}</table:table></office:spreadsheet>'


def cell(inner: str = "", kind: str = "string", attrs: str = "") -> str:
    return f'<table:table-cell office:value-type="{kind}" {attrs}>{p(inner) if inner else ""}</table:table-cell>'


def ods(rows: str) -> Yielded:
    return yielded(open_document.extract, packed("spreadsheet", sheet(rows)))


def test_cells_are_columns_with_their_rows_and_headers() -> None:
    top = f"<table:table-row>{cell('navn')}{cell('epost')}</table:table-row>"
    gap = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
    low = f"<table:table-row>{cell('Kari')}{cell('kari@example.no')}</table:table-row>"
    found = ods(top + gap + low)
    assert found.cells(2, "epost", "Ark1") == {5: "kari@example.no"} and found.cells(1, "navn") == {5: "Kari"}


def test_repeated_rows_and_columns_cost_nothing_and_move_the_place() -> None:
    wide = '<table:table-cell table:number-columns-repeated="16383"/>'
    far = cell(SYNTHETIC, attrs='table:number-columns-repeated="900000000"')
    rows = (
        '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
        f"<table:table-row>{wide}{far}</table:table-row>"
    )
    assert ods(rows).cells(16384) == {1048575: SYNTHETIC}


def test_numbers_are_whole_and_dates_are_dates() -> None:
    row = (
        cell("1,59E+010", "float", 'office:value="15888010030"')
        + cell("01010112345", "float", 'office:value="1010112345"')
        + cell("01.02.90", "date", 'office:date-value="1990-02-01"')
        + cell("01.02.90", "date", 'office:date-value="1990-02-01T00:00:00"')
        + cell("", "string", 'office:string-value="Ola"')
    )
    found = ods(f"<table:table-row>{row}</table:table-row>")
    shown = [found.cells(column)[1] for column in range(1, 6)]
    assert shown == [SYNTHETIC, "01010112345", "1990-02-01", "1990-02-01", "Ola"]


def test_comments_names_and_literals_of_a_sheet_are_parts() -> None:
    formula = cell("x", "string", 'table:formula="of:=IF([.A1];&quot;Per Skjult&quot;;1)"')
    noted = f'<table:table-cell office:value-type="string">{COMMENT}{p("verdi")}</table:table-cell>'
    found = ods(f"<table:table-row>{formula}{noted}</table:table-row>")
    assert found.cells(2) == {1: "verdi"} and "ring 68 05 00 11" in found.parts["Ark1: comments B1"]
    assert found.parts["Ark1: formula A1"] == "Per Skjult\n" and found.parts["sheet names"] == "Ark1\n"


def test_slides_are_pages_and_notes_are_parts() -> None:
    def slide(words: str, notes: str) -> str:
        box = f"<draw:frame><draw:text-box>{p(words)}</draw:text-box></draw:frame>"
        return f"<draw:page>{box}<presentation:notes>{p(notes)}</presentation:notes></draw:page>"

    body = f"<office:presentation>{slide('en', 'notat 1')}{slide(SYNTHETIC, 'notat 2')}</office:presentation>"
    found = yielded(open_document.extract, packed("presentation", body))
    pages = {b.origin.first_page: b.texts[0].as_py() for b in found.batches if isinstance(b.origin, PageOrigin)}
    assert pages == {1: "en\n", 2: f"{SYNTHETIC}\n"} and found.parts["slide 2: notes"] == "notat 2\n"


def test_embedded_documents_and_pictures_are_read() -> None:
    inner = part(
        "document-content",
        f"<office:body>{sheet('<table:table-row>' + cell('dypt') + '</table:table-row>', 'X')}</office:body>",
    )  # noqa: E501
    parts: dict[str, str | bytes] = {"Object 1/content.xml": inner, "Pictures/a.png": b"bilde", "Object 2": b"ole"}
    found = odt(p("x"), **parts)
    assert found.cells(1, sheet="object 1: X") == {1: "dypt"}
    assert found.documents == {"Pictures/a.png": b"bilde", "Object 2": b"ole"}


def test_flat_files_are_told_apart_and_read(read: Read) -> None:
    picture = base64.b64encode(b"kari@example.no i et vedlegg").decode()
    image = f"<draw:image><office:binary-data>{picture[:11]}\n {picture[11:]}</office:binary-data></draw:image>"
    meta = "<office:meta><dc:creator>Eva Lager</dc:creator></office:meta>"
    data = part("document", f"{meta}<office:body>{text(p('Hei ' + SYNTHETIC))}{image}</office:body>").encode()
    found = read(data)
    assert found.done["x"].media_type == ODF + "flat" and not found.problems
    assert SYNTHETIC in found.text("x") and "Eva Lager" in found.text("x")
    assert "kari@example.no" in found.text("x!file 1")


def test_flat_sheets_keep_their_cells(read: Read) -> None:
    rows = f"<table:table-row>{cell('a')}{cell(SYNTHETIC)}</table:table-row>"
    found = read(part("document", f"<office:body>{sheet(rows)}</office:body>").encode(), "x.fods")
    origin = next(item.batch.origin for item in found.batches if SYNTHETIC in item.batch.texts.to_pylist())
    assert isinstance(origin, ColumnOrigin) and origin.column == 2 and origin.first_row == 1


def test_encrypted_documents_are_told_apart(read: Read) -> None:
    entry = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
    manifest = f"<manifest:manifest {SPACES}>{entry}</manifest:manifest>"
    found = read(packed("text", text(p("x")), **{"META-INF/manifest.xml": manifest}))
    assert found.codes == [("x", "encrypted")] and not found.done["x"].touched


@pytest.mark.parametrize("kind", ["text", "spreadsheet", "presentation", "graphics", "chart"])
def test_every_kind_has_a_reader(read: Read, kind: str) -> None:
    found = read(packed(kind, text(p(SYNTHETIC))))
    assert SYNTHETIC in found.all_text and not found.problems


def test_damaged_part_keeps_what_came_before(read: Read) -> None:
    content = part("document-content", f"<office:body>{text(p(SYNTHETIC) + p('b'))}</office:body>")
    found = read(packed("text", "", **{"content.xml": content[:-60]}))
    assert SYNTHETIC in found.all_text and ("x", "corrupt") in found.codes


def test_entities_and_deep_nesting_end_in_a_problem(read: Read) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa">]>' + part("document-content", "&a;").partition("?>")[2]
    assert read(packed("text", "", **{"content.xml": bomb})).codes == [("x", "unsupported")]
    deep = text("<text:span>" * 300 + "</text:span>" * 300)
    assert ("x", "limit") in read(packed("text", deep)).codes


def test_a_part_that_names_a_dtd_is_read(read: Read) -> None:
    """So do the macro libraries that OpenOffice and LibreOffice write."""
    doctype = '<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">'
    module = f'<?xml version="1.0"?>{doctype}<script:module xmlns:script="urn:x">REM {SYNTHETIC}</script:module>'
    found = read(packed("text", text(p("a")), **{"Basic/Standard/Module1.xml": module}))
    assert SYNTHETIC in found.all_text and not found.problems


def test_overlong_paragraph_is_cut_with_an_overlap() -> None:
    words = f"{'x ' * 5000}{SYNTHETIC} {'y ' * 5000}"
    found = yielded(open_document.extract, packed("text", text(p(words))), Limits(max_value_bytes=16 << 10))
    assert SYNTHETIC in found.text
