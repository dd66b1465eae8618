"""PDF: pages, and everything that hangs on them; what pdfium leaves out silently must not look clean."""

from __future__ import annotations

import io
import os

import pytest
from ooxml import SYNTHETIC, Yielded, read
from pdf_files import FONT, LOCKED, LOCKED_EMPTY, assemble, document, show_text, stream

from pii_scan.extract import ocr, pdf_pictures
from pii_scan.extract.pdf import extract
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, PageOrigin, ProblemCode

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


@pytest.fixture
def no_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: None)


@pytest.mark.usefixtures("no_tesseract")
def test_scanned_pages_without_tesseract_become_one_problem() -> None:
    found = read(extract, document([show_text("tekst"), PICTURE, PICTURE], {100: IMAGE}, resources=WITH_IMAGE))
    assert [(q.code, q.detail) for q in found.problems] == [
        (ProblemCode.UNSUPPORTED, "needs_ocr: install tesseract with nor and eng to read pages: 2")
    ]


@pytest.mark.usefixtures("no_tesseract")
def test_scan_with_a_stamp_is_still_a_scan() -> None:
    found = read(extract, document([PICTURE + show_text("Side 1 av 1")], {100: IMAGE}, resources=WITH_IMAGE))
    assert pages(found) == {1: "Side 1 av 1"} and [q.code for q in found.problems] == [ProblemCode.UNSUPPORTED]


def scan(*lines: str) -> dict[int, bytes]:
    """A picture of a page with these lines, as object 100."""
    import pypdfium2

    drawn = pypdfium2.PdfDocument(document([show_text(*lines)]))[0].render(scale=200 / 72, grayscale=True).to_numpy()
    size = f"/Width {drawn.shape[1]} /Height {drawn.shape[0]} /ColorSpace /DeviceGray /BitsPerComponent 8"
    data = drawn.reshape(drawn.shape[0], -1)[:, : drawn.shape[1]].tobytes()
    return {100: stream(data, f"/Type /XObject /Subtype /Image {size}", compress=True)}


def needed() -> None:
    if ocr.installed() is None:
        if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
            pytest.fail("tesseract is missing, and PII_SCAN_REQUIRE_SERVICES is set")
        pytest.skip("tesseract is not installed")


def test_scanned_pages_are_recognised_with_their_numbers() -> None:
    needed()
    found = read(extract, document([show_text("en"), PICTURE], scan("Pasient Kari Nordby"), resources=WITH_IMAGE))
    texts = {
        batch.origin.first_page: batch.texts[0].as_py()
        for batch in found.batches
        if isinstance(batch.origin, PageOrigin) and len(batch.texts) == 1
    }
    assert texts == {2: "Pasient Kari Nordby"} and not found.problems


BESIDE = b"q 300 0 0 400 100 100 cm /Im1 Do Q"
"""A picture on a quarter of the page."""


def test_a_picture_beside_text_is_read_once_with_its_page() -> None:
    needed()
    text = show_text("Vedlagt er kopi av pass og annen legitimasjon for ny medarbeider i avdelingen")
    found = read(extract, document([text + BESIDE, text + BESIDE], scan("Pasient Kari Nordby"), resources=WITH_IMAGE))
    read_from = [
        (batch.origin.first_page, batch.texts[0].as_py())
        for batch in found.batches
        if isinstance(batch.origin, PageOrigin) and len(batch.texts) == 1
    ]
    assert read_from == [(1, "Pasient Kari Nordby")] and not found.problems


@pytest.mark.usefixtures("no_tesseract")
def test_a_picture_beside_text_is_a_problem_without_tesseract() -> None:
    text = show_text("Vedlagt er kopi av pass og annen legitimasjon for ny medarbeider i avdelingen")
    found = read(extract, document([text + BESIDE], scan("Pasient Kari"), resources=WITH_IMAGE))
    assert [q.detail for q in found.problems] == ["needs_ocr: install tesseract with nor and eng to read pictures: 1"]


def test_every_picture_of_a_page_is_handed_on_before_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that says nothing for a minute is ended, and a page may hold many pictures."""
    asked: list[int] = []

    def slow(self: ocr.Recognition, picture: object, size: object, page: object = None, dots: int = 0) -> str:
        asked.append(1)
        return f"bilde {len(asked)}"

    monkeypatch.setattr(ocr, "installed", lambda: ocr.Tesseract("x", ("nor",), False))
    monkeypatch.setattr(ocr.Recognition, "read", slow)
    text = show_text("Vedlagt er kopi av pass og annen legitimasjon for ny medarbeider i avdelingen")
    both = BESIDE + BESIDE.replace(b"/Im1", b"/Im2")
    two = WITH_IMAGE.replace("/Im1", "/Im2 101 0 R /Im1")
    data = document([text + both], {**scan("Pasient Kari"), 101: scan("Pasient Ola")[100]}, resources=two)
    seen = []
    for batch in extract(Document(DocumentRef("t", "x.pdf"), io.BytesIO(data)), Limits()):
        if isinstance(batch, ChunkBatch) and batch.texts[0].as_py().startswith("bilde"):
            seen.append(len(asked))
    assert seen == [1, 2]


def test_pictures_beyond_the_bound_of_a_page_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_pictures, "MAX_PICTURES", 0)
    text = show_text("Vedlagt er kopi av pass og annen legitimasjon for ny medarbeider i avdelingen")
    found = read(extract, document([text + BESIDE], scan("Pasient Kari"), resources=WITH_IMAGE))
    assert [q.code for q in found.problems] == [ProblemCode.LIMIT]


@pytest.mark.usefixtures("no_tesseract")
def test_a_scan_under_its_text_is_read() -> None:
    long = show_text(*["Dette er teksten som en skanner har lagt over bildet av siden, linje for linje"] * 6)
    found = read(extract, document([PICTURE + long], scan("Pasient Kari"), resources=WITH_IMAGE))
    assert not found.problems


def test_small_picture_beside_text_is_no_problem() -> None:
    logo = b"q 60 0 0 60 0 0 cm /Im1 Do Q"
    found = read(extract, document([logo + show_text("Brev til Kari")], {100: IMAGE}, resources=WITH_IMAGE))
    assert not found.problems


@pytest.mark.usefixtures("no_tesseract")
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


def test_page_that_the_tree_has_lost_does_not_look_read() -> None:
    data = document([show_text("a"), show_text("b"), show_text(SYNTHETIC)])
    kids = data.replace(b"12 0 R 14 0 R] /Count 3", b"12 0 R] /Count 2       ")
    less = data.replace(b"/Count 3", b"/Count 2")
    for changed in (kids, less):
        assert changed != data
        found = read(extract, changed)
        assert SYNTHETIC in found.text or [q.code for q in found.problems] == [ProblemCode.CORRUPT]


def test_pages_in_object_streams_are_counted() -> None:
    page = b"<< /Type /Page /Parent 2 0 R >>"
    packed = b"70 0 71 %d " % len(page)
    objects = stream(packed + page + page, f"/Type /ObjStm /N 2 /First {len(packed)}", compress=True)
    found = read(extract, document([show_text("a")], {100: objects}))
    assert [q.detail for q in found.problems] == ["pages that are in the file but not in its order: 2"]


def test_page_that_a_later_change_took_out_is_no_problem() -> None:
    data = document([show_text("a"), show_text("b")])
    change = b"2 0 obj\n<< /Type /Pages /Kids [10 0 R] /Count 1 >>\nendobj\n"
    at = len(data)
    old = data[data.rindex(b"startxref") + 10 :].split()[0].decode()
    table = f"xref\n2 1\n{at:010d} 00000 n \ntrailer << /Size 14 /Root 1 0 R /Prev {old} >>\n"
    found = read(extract, data + change + f"{table}startxref\n{at + len(change)}\n%%EOF\n".encode())
    assert pages(found) == {1: "a"} and not found.problems


def test_compressed_properties_and_scripts_are_read() -> None:
    packet = b"<x:xmpmeta><dc:creator>Anne Meta</dc:creator></x:xmpmeta>"
    extra = {
        100: stream(packet, "/Type /Metadata /Subtype /XML", compress=True),
        101: b"<< /S /JavaScript /JS (app.alert\\('ring 68 05 00 18'\\)) >>",
    }
    catalog = "/Metadata 100 0 R /Names << /JavaScript << /Names [(start) 101 0 R] >> >>"
    found = read(extract, document([show_text("x")], extra, catalog=catalog))
    assert "Anne Meta" in found.parts["properties: XMP"] and "68 05 00 18" in found.parts["scripts"]


def test_lost_cross_references_lose_no_page() -> None:
    data = document([show_text("a"), show_text(SYNTHETIC)])
    found = read(extract, data.replace(b"xref\n0 ", b"xxxx\n9 "))
    assert SYNTHETIC in found.text
