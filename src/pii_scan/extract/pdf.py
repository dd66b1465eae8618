"""PDF: text of the pages, and of the form fields, annotations, links, bookmarks, properties and attachments beside it.

Reads with pdfium (ISO 32000). A page that shows a picture and little or no text goes through OCR, else it becomes part
of a Problem. Locations: the page; what lies beside the page text is a part with a name.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import Budget
from pii_scan.extract.ocr import Recognition
from pii_scan.extract.office_text import PartError, PartTexts, TextLines, batch_chars, batch_of, cut
from pii_scan.extract.pdf_file import damaged_streams, has_end, packet_text, xmp_texts
from pii_scan.extract.pdf_objects import PdfObjects
from pii_scan.extract.pdf_pictures import PagePictures, recognised
from pii_scan.model import ChunkBatch, Document, Limits, PageOrigin, Problem, ProblemCode, Stage

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

Item = ChunkBatch | Document | Problem

_BATCH_PAGES = 256
_FEW_CHARS = 50
"""A page with fewer characters than this that is mostly a picture counts as a picture: a scan with a stamp."""
_MANY_PATHS = 100
"""A page without text that has so many shapes may be text drawn as outlines."""
_MAX_BOOKMARK_DEPTH = 32


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """Texts first, then attachments. Raises DocumentError (`encrypted`, `corrupt`) when the file cannot be opened."""
    import pypdfium2

    try:
        pdf = _open(document)
        try:
            for item in _Reading(document, limits, budget or Budget(limits), pdf).run():
                if budget is not None and isinstance(item, Document):
                    budget.take_bytes(item.ref.size_bytes or 0)
                yield item
        finally:
            pdf.close()
    except pypdfium2.PdfiumError:
        raise DocumentError("corrupt", "not a readable PDF") from None


def _open(document: Document) -> PdfDocument:
    import pypdfium2
    import pypdfium2.raw as pdfium

    document.content.seek(0)
    try:
        pdf = pypdfium2.PdfDocument(document.content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise DocumentError("encrypted", "the document is encrypted with a password") from None
        raise DocumentError("corrupt", "not a readable PDF") from None
    if len(pdf) == 0:
        pdf.close()
        raise DocumentError("corrupt", "no page was found in the PDF")
    return pdf


class _Reading:
    """One pass over one open PDF."""

    def __init__(self, document: Document, limits: Limits, budget: Budget, pdf: PdfDocument) -> None:
        import pypdfium2.raw as pdfium

        self._ref = document.ref
        self._content = document.content
        self._limits = limits
        self._pdf = pdf
        self._parts = PartTexts(limits)
        self._texts: list[str] = []
        self._chars = 0
        self._first_page = 1
        self._pictures = 0
        self._broken = 0
        self._blank = 0
        self._filled = 0
        self._formless = False
        self._encrypted = pdfium.FPDF_GetSecurityHandlerRevision(pdf) >= 0
        self._pages_with_files: list[int] = []
        self._recognition = Recognition(limits, budget)
        self._beside_text = PagePictures(limits, budget)
        self._recognised: list[ChunkBatch] = []

    def run(self) -> Iterator[Item]:
        from pii_scan.extract.pdf_annotations import attached_files

        pages = min(len(self._pdf), self._limits.max_pages)
        self._init_forms()
        for number in range(1, pages + 1):
            yield from self._page(number)
            yield from self._pages_ready()
            yield from self._recognised
            self._recognised.clear()
            yield from self._parts.ready()
        yield from self._pages_ready(last=True)
        self._properties()
        self._bookmarks()
        self._scripts()
        objects = PdfObjects(self._content)
        self._xmp(objects)
        yield from self._parts.rest()
        yield from self._forms()
        yield from self._problems(pages, objects)
        yield from attached_files(self._pdf, self._ref, self._limits, self._pages_with_files)

    def _init_forms(self) -> None:
        """Form fields are asked through a form environment; it must be there before the first page."""
        import pypdfium2

        try:
            self._pdf.init_forms()
        except pypdfium2.PdfiumError:
            self._formless = True

    def _page(self, number: int) -> Iterator[ChunkBatch]:
        """Takes the page; yields the texts of pictures beside its text one by one, as each takes its time."""
        import pypdfium2

        from pii_scan.extract.pdf_annotations import read_annotations

        text = ""
        try:
            page = self._pdf[number - 1]
            try:
                text = _page_text(page)
                letters = len(text) - text.count(" ") - text.count("\n")
                annotations = read_annotations(self._pdf, page, number, self._parts)
                if annotations.files:
                    self._pages_with_files.append(number)
                if letters < _FEW_CHARS and _is_picture(page, letters):
                    self._pictures += 1
                    self._recognised += recognised(page, number, self._recognition)
                elif letters or annotations.number > 0:
                    self._filled += 1
                    yield from self._beside_text.read(page, number, letters)
                elif next(page.get_objects(), None) is None:
                    self._blank += 1
            finally:
                page.close()
        except pypdfium2.PdfiumError:
            self._broken += 1
        self._texts.append(text)
        self._chars += len(text)

    def _pages_ready(self, last: bool = False) -> Iterator[ChunkBatch]:
        """The pages gathered so far, if they are enough; pages without text keep their place in the batch."""
        if not self._texts or not (
            last or self._chars >= batch_chars(self._limits) or len(self._texts) >= _BATCH_PAGES
        ):
            return
        if max(map(len, self._texts)) > self._limits.max_value_bytes // 4:
            for at, text in enumerate(self._texts):
                for piece in cut(text, self._limits):
                    yield batch_of([piece], PageOrigin(self._first_page + at))
        elif self._chars:
            yield batch_of(self._texts, PageOrigin(self._first_page))
        self._first_page += len(self._texts)
        self._texts, self._chars = [], 0

    def _properties(self) -> None:
        for key, value in self._pdf.get_metadata_dict(skip_empty=True).items():
            self._parts.add(f"properties: {key}", value)

    def _bookmarks(self) -> None:
        for bookmark in self._pdf.get_toc(max_depth=_MAX_BOOKMARK_DEPTH):
            self._parts.add("bookmarks", bookmark.get_title())

    def _scripts(self) -> None:
        from pii_scan.extract.pdf_annotations import document_scripts

        for text in document_scripts(self._pdf):
            self._parts.add("scripts", text)

    def _xmp(self, objects: PdfObjects) -> None:
        for text in [*xmp_texts(self._content), *map(packet_text, objects.packets)]:
            self._parts.add("properties: XMP", text)

    def _forms(self) -> Iterator[Item]:
        """The data of an XFA form (XFA 3.3), as XML text."""
        from pii_scan.extract.office_paragraphs import Paragraphs

        for name, data in _xfa_packets(self._pdf, self._limits):
            lines = TextLines("form data", self._limits)
            reader = Paragraphs(self._limits, lines, all_text=True)
            try:
                reader.read_all(io.BytesIO(data))
            except PartError:
                if name in ("datasets", "template"):
                    detail = "the data of a form cannot be read"
                    yield Problem(self._ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)
            yield from lines.rest()

    def _problems(self, pages: int, objects: PdfObjects) -> Iterator[Problem]:
        import pypdfium2.raw as pdfium

        found: list[tuple[ProblemCode, str]] = []
        if len(self._pdf) > pages:
            found.append((ProblemCode.LIMIT, f"more than {pages} pages: {len(self._pdf) - pages} were not read"))
        if self._broken:
            found.append((ProblemCode.CORRUPT, f"pages that cannot be read: {self._broken} of {pages}"))
        sound = bool(pdfium.FPDF_DocumentHasValidCrossReferenceTable(self._pdf))
        lost = _lost_pages(self._pdf, objects, sound)
        if lost:
            found.append((ProblemCode.CORRUPT, f"pages that are in the file but not in its order: {lost}"))
        if self._blank and self._filled and not sound:
            found.append((ProblemCode.CORRUPT, f"blank pages in a damaged file: {self._blank} of {pages}"))
        if self._formless:
            found.append((ProblemCode.CORRUPT, "the form fields cannot be read"))
        found += [*self._recognition.left_out("pages"), *self._beside_text.left_out()]
        if not (self._filled or self._pictures or self._broken):
            found.append((ProblemCode.CORRUPT, f"no page shows anything that can be read: {pages} pages"))
        damaged = 0 if self._encrypted else damaged_streams(self._content)
        if damaged:
            found.append((ProblemCode.CORRUPT, f"damaged streams: {damaged}; what they hold may be missing"))
        if not has_end(self._content):
            found.append((ProblemCode.TRUNCATED, "the end of the PDF is missing"))
        for code, detail in found:
            yield Problem(self._ref, Stage.EXTRACT, code, detail)


def _lost_pages(pdf: PdfDocument, objects: PdfObjects, sound: bool) -> int:
    """Pages that the file holds and pdfium does not show. Pages that a later change took out are not counted, nor
    those of a PDF that is attached.
    """
    import pypdfium2.raw as pdfium

    if pdfium.FPDFDoc_GetAttachmentCount(pdf) > 0:
        return 0
    held = objects.listed if sound and objects.revisions > 1 else max(objects.listed, objects.found)
    return max(held - len(pdf), 0)


def _page_text(page: PdfPage) -> str:
    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        text: str = textpage.get_text_range() if count > 0 else ""
    finally:
        textpage.close()
    # U+FFFE and U+0002 stand for a hyphen at the end of a line, which pdfium joins with the next
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-").replace("\x02", "-").replace("\0", " ")


def _is_picture(page: PdfPage, letters: int) -> bool:
    """Whether a page with so few letters shows pictures, or outlines that may be letters."""
    import pypdfium2.raw as pdfium

    width, height = page.get_size()
    paths = 0
    for shape in page.get_objects(max_depth=4):
        if shape.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            if not letters:
                return True
            left, bottom, right, top = shape.get_bounds()
            if (right - left) * (top - bottom) >= 0.5 * width * height:
                return True
        elif shape.type == pdfium.FPDF_PAGEOBJ_PATH:
            paths += 1
            if not letters and paths >= _MANY_PATHS:
                return True
    return False


def _xfa_packets(pdf: PdfDocument, limits: Limits) -> Iterator[tuple[str, bytes]]:
    import pypdfium2.raw as pdfium

    for at in range(max(pdfium.FPDF_GetXFAPacketCount(pdf), 0)):
        size = pdfium.FPDF_GetXFAPacketName(pdf, at, None, 0)
        name = ctypes.create_string_buffer(max(size, 1))
        pdfium.FPDF_GetXFAPacketName(pdf, at, name, size)
        length = ctypes.c_ulong()
        pdfium.FPDF_GetXFAPacketContent(pdf, at, None, 0, length)
        if length.value > limits.max_member_bytes:
            raise DocumentError("limit", f"a form expands to more than {limits.max_member_bytes} bytes")
        data = ctypes.create_string_buffer(max(length.value, 1))
        if length.value and pdfium.FPDF_GetXFAPacketContent(pdf, at, data, length.value, length):
            yield name.value.decode("latin-1"), data.raw[: length.value]
