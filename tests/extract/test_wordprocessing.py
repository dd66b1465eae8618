"""DOCX: every part is read, and a number is found however Word cut it up."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from ooxml import OFFICE, SYNTHETIC, W, Yielded, package, read, relationships

from pii_scan.extract.wordprocessing import extract
from pii_scan.model import Limits, ProblemCode

MAIN = "word/document.xml"


def body(xml: str, **parts: str | bytes) -> bytes:
    document = f'<w:document {W} xmlns:mc="m" xmlns:r="{OFFICE}"><w:body>{xml}</w:body></w:document>'
    return package({MAIN: document, **parts}, MAIN)


def p(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def lines(found: Yielded) -> list[str]:
    return found.parts.get("", "").split("\n")


def test_runs_of_one_paragraph_are_joined() -> None:
    assert lines(read(extract, body(p("1588", "8010", "030"))))[0] == SYNTHETIC


def test_line_is_the_number_of_the_paragraph() -> None:
    found = read(extract, body(p("en") + p() + p("tre")))
    assert lines(found)[2] == "tre"


def test_tabs_breaks_and_hyphens_are_kept_and_tab_stops_are_not() -> None:
    runs = "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t>"
    found = read(extract, body(runs + "<w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/><w:t>e</w:t></w:r></w:p>"))
    assert lines(found)[:2] == ["a\tb", "c-de"]


def test_table_rows_are_lines_with_tabs_between_cells() -> None:
    row = f"<w:tr><w:tc>{p('Kari')}</w:tc><w:tc>{p(SYNTHETIC)}</w:tc></w:tr>"
    assert lines(read(extract, body(f"<w:tbl>{row}{row}</w:tbl>")))[:2] == [f"Kari\t{SYNTHETIC}"] * 2


def test_tracked_changes_are_read_both_ways_and_apart() -> None:
    changed = (
        '<w:p><w:r><w:t>fnr </w:t></w:r><w:del w:author="Per Slett"><w:r><w:delText>15888010030</w:delText></w:r>'
        "</w:del>"
        '<w:ins w:author="Anne Sett"><w:r><w:t>15888010111</w:t></w:r></w:ins></w:p>'
    )
    found = read(extract, body(changed))
    assert lines(found)[0] == "fnr 15888010111\tfnr 15888010030"
    assert "Per Slett" in found.parts["names"] and "Anne Sett" in found.parts["names"]


def test_number_with_an_inserted_digit_is_whole() -> None:
    changed = "<w:p><w:r><w:t>158880</w:t></w:r><w:ins><w:r><w:t>1</w:t></w:r></w:ins><w:r><w:t>0030</w:t></w:r></w:p>"
    assert lines(read(extract, body(changed)))[0] == SYNTHETIC


def test_field_instructions_are_read() -> None:
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r>'
        '<w:instrText>HYPERLINK "mailto:kari@exa</w:instrText></w:r>'
        '<w:r><w:instrText>mple.no"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        "<w:r><w:t>skriv</w:t></w:r></w:p>"
    )
    assert '"mailto:kari@example.no" skriv' in read(extract, body(field)).text


def test_text_box_with_a_fallback_is_read_once() -> None:
    box = f"<w:txbxContent>{p('boks ' + SYNTHETIC)}</w:txbxContent>"
    alternate = (
        f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    )
    found = read(extract, body(f"<w:p><w:r><w:t>foran </w:t>{alternate}<w:t>etter</w:t></w:r></w:p>"))
    assert found.text.count(SYNTHETIC) == 1
    assert "foran etter" in found.text


def test_fallback_that_says_something_else_is_read_too() -> None:
    alternate = (
        "<mc:AlternateContent><mc:Choice><w:t>en</w:t></mc:Choice><mc:Fallback><w:t>hemmelig</w:t></mc:Fallback>"
        "</mc:AlternateContent>"
    )
    found = read(extract, body(f"<w:p><w:r>{alternate}</w:r></w:p>"))
    assert "hemmelig" in found.text and "en" in found.text


def test_every_part_beside_the_body_is_read() -> None:
    parts: dict[str, str | bytes] = {
        "word/header1.xml": f"<w:hdr {W}>{p('i topp')}</w:hdr>",
        "word/footer1.xml": f"<w:ftr {W}>{p('i bunn')}</w:ftr>",
        "word/footnotes.xml": f"<w:footnotes {W}><w:footnote>{p('fotnote')}</w:footnote></w:footnotes>",
        "word/endnotes.xml": f"<w:endnotes {W}><w:endnote>{p('sluttnote')}</w:endnote></w:endnotes>",
        "word/comments.xml": f'<w:comments {W}><w:comment w:author="Siv Merk">{p("merknad")}</w:comment></w:comments>',
        "word/people.xml": '<people><person author="Ola Delt"><presenceInfo userId="o@example.no"/></person></people>',
        "customXml/item1.xml": f"<sak><fnr>{SYNTHETIC}</fnr></sak>",
        "docProps/core.xml": '<c:coreProperties xmlns:c="c" xmlns:d="d"><d:creator>Kari Laget</d:creator>'
        "</c:coreProperties>",
        "docProps/custom.xml": '<Properties><property name="Saksbehandler"><v:lpwstr xmlns:v="v">Eva Sak</v:lpwstr>'
        "</property></Properties>",
        "word/_rels/document.xml.rels": relationships(("rId9", "hyperlink", "mailto:lenke%40example.no")),
        "word/embeddings/sheet.xlsx": b"PK-embedded",
        "word/afchunk.html": b"<p>innsatt</p>",
        "word/other.xml": "<ukjent>ukjent tekst</ukjent>",
    }
    found = read(extract, body(p("kropp"), **parts))
    assert found.error is None and not found.problems
    assert found.parts["header"] == "i topp\n" and found.parts["footer"] == "i bunn\n"
    assert "fotnote" in found.parts["footnotes"] and "sluttnote" in found.parts["endnotes"]
    assert "merknad" in found.parts["comments"] and "Siv Merk" in found.parts["comments: names"]
    assert "Ola Delt" in found.parts["people: names"] and "o@example.no" in found.text
    assert SYNTHETIC in found.parts["custom XML"]
    assert found.parts["properties: creator"] == "Kari Laget\n"
    assert found.parts["properties: custom"] == "Saksbehandler: Eva Sak\n"
    assert found.parts["hyperlinks"] == "mailto:lenke@example.no\n"
    assert found.documents == {"word/afchunk.html": b"<p>innsatt</p>", "word/embeddings/sheet.xlsx": b"PK-embedded"}
    assert "ukjent tekst" in found.parts["other part"]


def test_alternative_text_of_pictures_is_read() -> None:
    picture = (
        '<w:p><w:r><w:drawing><wp:docPr xmlns:wp="wp" id="1" descr="Bilde av Kari Fagernes"/></w:drawing></w:r></w:p>'
    )
    assert "Bilde av Kari Fagernes" in read(extract, body(picture)).text


def test_strict_namespaces_are_read() -> None:
    strict = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    data = package(
        {"doc/main.xml": f"<w:document {strict}><w:body>{p(SYNTHETIC)}</w:body></w:document>"}, "doc/main.xml"
    )
    assert lines(read(extract, data))[0] == SYNTHETIC


def test_file_of_python_docx() -> None:
    document = docx.Document()
    document.add_paragraph(f"Fnr {SYNTHETIC}")
    document.core_properties.author = "Kari Nordhaug"
    out = io.BytesIO()
    document.save(out)
    found = read(extract, out.getvalue())
    assert SYNTHETIC in found.parts[""] and "Kari Nordhaug" in found.text and not found.problems


def test_pictures_and_films_are_documents_and_fonts_are_none() -> None:
    parts = {"word/media/image1.png": "a", "word/media/image2.emf": "b", "word/media/media1.mp4": "c"}
    found = read(extract, body(p("x"), **parts, **{"word/fonts/font1.odttf": "d", "docProps/thumbnail.jpeg": "e"}))
    assert found.documents == {name: data.encode() for name, data in parts.items()} and not found.problems


def test_what_was_typed_into_variables_forms_and_controls_is_read() -> None:
    control = '<w:p><w:sdt><w:sdtPr><w:alias w:val="Fullmektig Eva"/></w:sdtPr><w:sdtContent><w:r><w:t>x</w:t></w:r>'
    field = '<w:ffData><w:textInput><w:default w:val="Ola Utfylt"/></w:textInput></w:ffData>'
    settings = (
        f'<w:settings {W}><w:docVars><w:docVar w:name="fnr" w:val="{SYNTHETIC}"/></w:docVars><w:mailMerge>'
        '<w:query w:val="SELECT * FROM kari"/></w:mailMerge></w:settings>'
    )
    found = read(extract, body(f"{control}</w:sdtContent></w:sdt></w:p>{field}", **{"word/settings.xml": settings}))
    assert lines(found)[0] == "x" and "Fullmektig Eva" in found.parts["names"] and "Ola Utfylt" in found.text
    assert SYNTHETIC in found.parts["settings"] and "SELECT * FROM kari" in found.parts["settings"]


def test_broken_part_becomes_a_problem_and_the_others_are_read() -> None:
    found = read(extract, body(p("hel"), **{"word/header1.xml": f"<w:hdr {W}>{p('før feilen')}<w:p>", "a.bin": "1"}))
    assert "før feilen" in found.text and "hel" in found.text
    assert [q.code for q in found.problems] == [ProblemCode.CORRUPT] and "a.bin" in found.documents


def test_wrong_checksum_becomes_a_problem_and_the_text_is_kept() -> None:
    out = io.BytesIO(body(p(SYNTHETIC)))
    with zipfile.ZipFile(out) as archive:
        info = archive.getinfo(MAIN)
    data = bytearray(out.getvalue())
    place = data.rfind(info.CRC.to_bytes(4, "little"))
    data[place : place + 4] = bytes(4)
    found = read(extract, bytes(data))
    assert SYNTHETIC in found.text
    assert [(q.code, q.detail) for q in found.problems] == [(ProblemCode.CORRUPT, "the checksum of a part is wrong")]


def test_entities_are_refused() -> None:
    bomb = (
        f'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document {W}><w:p><w:t>&b;</w:t></w:p></w:document>'
    )
    found = read(extract, package({MAIN: bomb}, MAIN))
    assert [q.code for q in found.problems] == [ProblemCode.UNSUPPORTED]


def test_deep_nesting_is_a_limit() -> None:
    found = read(extract, body("<w:p>" * 400 + "</w:p>" * 400))
    assert found.error is not None and found.error.code == "limit"


def test_bomb_in_a_part_is_a_limit_and_what_came_before_is_kept() -> None:
    limits = Limits(max_ratio=20, ratio_from_bytes=1 << 20)
    found = read(extract, body(p(SYNTHETIC) + p("0" * 1000) * 5000), limits)
    assert found.error is not None and found.error.code == "limit"
    assert SYNTHETIC in found.text


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"PK\x03\x04 and no end", "truncated"), (b"nothing at all", "corrupt"), (b"", "corrupt")],
)
def test_no_package_is_an_error(data: bytes, code: str) -> None:
    error = read(extract, data).error
    assert error is not None and error.code == code


def test_encrypted_package_is_told_apart() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)
    error = read(extract, ole).error
    assert error is not None and error.code == "encrypted"


def test_overlong_paragraph_is_cut_with_an_overlap() -> None:
    limits = Limits(max_value_bytes=1 << 16)
    words = " ".join(f"ord{n}" for n in range(20_000)) + " " + SYNTHETIC
    found = read(extract, body(p(words)), limits)
    assert SYNTHETIC in found.text
    assert max(len(t.as_py().encode()) for b in found.batches for t in b.texts) <= 1 << 16
