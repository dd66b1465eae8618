"""PDF: pages, and everything that hangs on them; what pdfium leaves out silently must not look clean."""

from __future__ import annotations

import pytest
from ooxml import SYNTHETIC, Yielded, mutants, read
from pdf_files import FONT, LOCKED, LOCKED_EMPTY, assemble, document, show_text, stream

from pii_scan.extract.pdf import extract
from pii_scan.model import Limits, PageOrigin, ProblemCode

IMAGE = stream(
    bytes(64), "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8"
)
PICTURE = b"q 600 0 0 800 0 0 cm /Im1 Do Q"
WITH_IMAGE = FONT.replace("/Resources <<", "/Resources << /XObject << /Im1 100 0 R >>")


def pages(found: Yielded) -> dict[int, str]:
    return {
        batch.origin.first_page + n: text.as_py()
        for batch in found.batches
        if isinstance(batch.origin, PageOrigin)
        for n, text in enumerate(batch.texts)
    }


def test_pages_are_read_with_their_numbers() -> None:
    found = read(extract, document([show_text("en æøå"), show_text("to", SYNTHETIC), show_text("tre")]))
    assert pages(found) == {1: "en æøå", 2: f"to\n{SYNTHETIC}", 3: "tre"}
    assert not found.problems and found.error is None


def test_batches_of_many_pages_keep_their_numbers() -> None:
    found = read(extract, document([show_text(f"side {n}") for n in range(1, 601)]))
    assert len(found.batches) > 1 and pages(found) == {n: f"side {n}" for n in range(1, 601)}


def test_form_fields_are_read() -> None:
    widget = "<< /Type /Annot /Subtype /Widget /Rect [0 0 99 20] "
    extra = {
        100: f"{widget} /FT /Tx /T (fnr) /TU (Fodselsnummer) /V ({SYNTHETIC}) >>".encode(),
        101: f"{widget} /Parent 102 0 R >>".encode(),
        102: b"<< /FT /Tx /T (eier) /V (Kari Arvet) /Kids [101 0 R] >>",
        103: f"{widget} /FT /Ch /T (valg) /V (Ola Valgt) /Opt [(Ola Valgt) (Per Annen)] >>".encode(),
    }
    form = "/AcroForm << /Fields [100 0 R 102 0 R 103 0 R] >>"
    found = read(extract, document([show_text("skjema")], extra, "/Annots [100 0 R 101 0 R 103 0 R]", form))
    lines = found.parts["page 1: form field"].split("\n")
    assert f"Fodselsnummer: {SYNTHETIC}" in lines and "eier: Kari Arvet" in lines and "valg: Ola Valgt" in lines
    assert "Per Annen" in found.parts["page 1: form choice"]


def test_annotations_and_links_are_read() -> None:
    extra = {
        100: b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /T (Siv Merk) /Contents (ring 68 05 00 17) >>",
        101: b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (mailto:kari%40example.no) >> >>",
    }
    found = read(extract, document([show_text("x")], extra, "/Annots [100 0 R 101 0 R]"))
    assert found.parts["page 1: annotation"] == "Siv Merk\nring 68 05 00 17\n"
    assert found.parts["page 1: link"] == "mailto:kari@example.no\n"


def test_properties_and_bookmarks_are_read() -> None:
    extra = {
        100: b"<< /Author (Eva Lager) /Title (Sak 12) >>",
        101: b"<< /Type /Outlines /First 102 0 R /Last 102 0 R /Count 1 >>",
        102: b"<< /Title (Kapittel om Ola) /Parent 101 0 R >>",
        103: stream(b"<x:xmpmeta><dc:creator>Anne Meta</dc:creator></x:xmpmeta>", "/Type /Metadata /Subtype /XML"),
    }
    data = document([show_text("x")], extra, catalog="/Outlines 101 0 R /Metadata 103 0 R", trailer="/Info 100 0 R")
    found = read(extract, data)
    assert found.parts["properties: Author"] == "Eva Lager\n" and found.parts["bookmarks"] == "Kapittel om Ola\n"
    assert "Anne Meta" in found.parts["properties: XMP"]


def test_attachments_are_documents() -> None:
    file = "<< /Type /Filespec /F (%s) /EF << /F %d 0 R >> >>"
    extra = {
        100: stream(b"i dokumentet", "/Type /EmbeddedFile"),
        101: stream(b"paa siden", "/Type /EmbeddedFile"),
        102: f"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS {file % ('b.txt', 101)} >>".encode(),
    }
    catalog = f"/Names << /EmbeddedFiles << /Names [(a.txt) {file % ('a.txt', 100)}] >> >>"
    found = read(extract, document([show_text("x")], extra, "/Annots [102 0 R]", catalog))
    assert found.documents == {"a.txt": b"i dokumentet", "b.txt": b"paa siden"}


def test_xfa_data_are_read() -> None:
    xml = f"<xfa:datasets><xfa:data><fnr>{SYNTHETIC}</fnr></xfa:data></xfa:datasets>".encode()
    form = "/AcroForm << /Fields [] /XFA [(datasets) 100 0 R] >>"
    found = read(extract, document([show_text("x")], {100: stream(xml)}, catalog=form))
    assert SYNTHETIC in found.parts["form data"]


def test_scanned_pages_become_one_problem() -> None:
    found = read(extract, document([show_text("tekst"), PICTURE, PICTURE], {100: IMAGE}, resources=WITH_IMAGE))
    assert [(q.code, q.detail) for q in found.problems] == [
        (ProblemCode.UNSUPPORTED, "page without a text layer: 2 of 3 pages")
    ]


def test_scan_with_a_stamp_is_still_a_scan() -> None:
    found = read(extract, document([PICTURE + show_text("Side 1 av 1")], {100: IMAGE}, resources=WITH_IMAGE))
    assert pages(found) == {1: "Side 1 av 1"} and [q.code for q in found.problems] == [ProblemCode.UNSUPPORTED]


def test_small_picture_beside_text_is_no_problem() -> None:
    logo = b"q 60 0 0 60 0 0 cm /Im1 Do Q"
    found = read(extract, document([logo + show_text("Brev til Kari")], {100: IMAGE}, resources=WITH_IMAGE))
    assert not found.problems


def test_text_drawn_as_outlines_becomes_a_problem() -> None:
    found = read(extract, document([b"0 0 m 9 9 l S " * 200]))
    assert [q.code for q in found.problems] == [ProblemCode.UNSUPPORTED]


def test_document_that_shows_nothing_does_not_look_clean() -> None:
    found = read(extract, document([b"", b""]))
    assert [(q.code, q.detail) for q in found.problems] == [
        (ProblemCode.CORRUPT, "no page shows anything that can be read: 2 pages")
    ]


def test_password_is_told_apart() -> None:
    error = read(extract, LOCKED).error
    assert error is not None and error.code == "encrypted"


def test_empty_password_is_tried() -> None:
    found = read(extract, LOCKED_EMPTY)
    assert SYNTHETIC in pages(found)[1] and found.documents["liste.txt"] == f"vedlegg {SYNTHETIC}".encode()


def test_pages_above_the_limit_become_a_problem() -> None:
    found = read(extract, document([show_text("x")] * 5), Limits(max_pages=3))
    assert len(pages(found)) == 3
    assert [(q.code, q.detail) for q in found.problems] == [(ProblemCode.LIMIT, "more than 3 pages: 2 were not read")]


def test_cut_file_does_not_look_whole() -> None:
    data = document([show_text(f"side {n}") for n in range(20)])
    found = read(extract, data[: len(data) - 300])
    assert found.error or ProblemCode.TRUNCATED in [q.code for q in found.problems]


@pytest.mark.parametrize("data", [b"", b"not a PDF", b"%PDF-1.7\nrubbish", assemble({1: b"<< /Type /Catalog >>"}, "")])
def test_what_is_no_pdf_is_corrupt(data: bytes) -> None:
    error = read(extract, data).error
    assert error is not None and error.code == "corrupt"


def test_damaged_stream_does_not_look_clean() -> None:
    data = bytearray(document([show_text("a", SYNTHETIC), show_text("b")]))
    data[data.find(b"stream\n") + 20] ^= 255
    found = read(extract, bytes(data))
    assert pages(found)[2] == "b"
    assert [q.detail for q in found.problems] == ["damaged streams: 1; what they hold may be missing"]


def test_mutants_never_raise_anything_else() -> None:
    extra = {100: b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (ring) >>"}
    for data in mutants(document([show_text("a", SYNTHETIC), show_text("b")], extra, "/Annots [100 0 R]")):
        read(extract, data)
