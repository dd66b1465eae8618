"""What hangs on the pages of a PDF: notes, links, form fields; and the files attached to it.

Asks pdfium's annotation interface (fpdf_annot.h); pypdfium2 has no helpers for it. Draws nothing, runs no action.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import MemberNames
from pii_scan.extract.office_text import PartTexts
from pii_scan.model import Document, DocumentRef, Limits, Problem, ProblemCode, Stage

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_TEXTS = (b"T", b"Subj", b"Contents", b"RC")
_MAX_OPTIONS = 10_000


class Annotations(NamedTuple):
    """What a page has beside its text."""

    number: int
    files: bool
    """Some file hangs on the page."""


def read_annotations(pdf: PdfDocument, page: PdfPage, number: int, parts: PartTexts) -> Annotations:
    """Adds the texts of a page's annotations and form fields to `parts`."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPage_GetAnnotCount(page)
    files = False
    for at in range(count):
        annotation = pdfium.FPDFPage_GetAnnot(page, at)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            files = files or kind == pdfium.FPDF_ANNOT_FILEATTACHMENT
            for key in (b"Contents",) if kind == pdfium.FPDF_ANNOT_WIDGET else _TEXTS:
                text = _wide(pdfium.FPDFAnnot_GetStringValue, annotation, key)
                parts.add(f"page {number}: annotation", text)
            _read_link(pdf, annotation, number, parts)
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                _read_field(pdf, annotation, number, parts)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return Annotations(count, files)


def _read_link(pdf: PdfDocument, annotation: Any, number: int, parts: PartTexts) -> None:
    import pypdfium2.raw as pdfium

    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if not action:
        return
    uri = _narrow(pdfium.FPDFAction_GetURIPath, pdf, action)
    file = _narrow(pdfium.FPDFAction_GetFilePath, action)
    for target in (uri, file):
        parts.add(f"page {number}: link", unquote(target, errors="replace"))


def _read_field(pdf: PdfDocument, annotation: Any, number: int, parts: PartTexts) -> None:
    """Name, description, value and choices of the field a widget shows; without a form environment, its own value."""
    import pypdfium2.raw as pdfium

    form = pdf.formenv
    if not form:
        value = _wide(pdfium.FPDFAnnot_GetStringValue, annotation, b"V")
        parts.add(f"page {number}: form field", value)
        return
    getters = (
        pdfium.FPDFAnnot_GetFormFieldName,
        pdfium.FPDFAnnot_GetFormFieldAlternateName,
        pdfium.FPDFAnnot_GetFormFieldValue,
    )
    name, label, value = (_wide(getter, form, annotation) for getter in getters)
    known = ": ".join(text for text in (label or name, value) if text)
    parts.add(f"page {number}: form field", known)
    for at in range(min(pdfium.FPDFAnnot_GetOptionCount(form, annotation), _MAX_OPTIONS)):
        option = _wide(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, at)
        parts.add(f"page {number}: form choice", option)


def document_scripts(pdf: PdfDocument) -> Iterator[str]:
    """Names and texts of the scripts that the document as a whole carries. None is run."""
    import pypdfium2.raw as pdfium

    for at in range(min(pdfium.FPDFDoc_GetJavaScriptActionCount(pdf), _MAX_OPTIONS)):
        script = pdfium.FPDFDoc_GetJavaScriptAction(pdf, at)
        if script:
            yield _wide(pdfium.FPDFJavaScriptAction_GetName, script)
            yield _wide(pdfium.FPDFJavaScriptAction_GetScript, script)
            pdfium.FPDFDoc_CloseJavaScriptAction(script)


def attached_files(
    pdf: PdfDocument, ref: DocumentRef, limits: Limits, pages: Iterable[int]
) -> Iterator[Document | Problem]:
    """The files embedded in the document, and those that hang on one of `pages` (1-based)."""
    import pypdfium2.raw as pdfium

    names = MemberNames()
    count = pdfium.FPDFDoc_GetAttachmentCount(pdf)
    if count > limits.max_members:
        yield Problem(ref, Stage.EXTRACT, ProblemCode.LIMIT, f"attachments after the first {limits.max_members}")
    for at in range(min(count, limits.max_members)):
        yield from _attached(pdfium.FPDFDoc_GetAttachment(pdf, at), ref, limits, names)
    for number in pages:
        page = pdfium.FPDF_LoadPage(pdf, number - 1)
        if not page:
            continue  # counted when the page was read
        try:
            for at in range(pdfium.FPDFPage_GetAnnotCount(page)):
                annotation = pdfium.FPDFPage_GetAnnot(page, at)
                if annotation:
                    yield from _on_page(annotation, ref, limits, names)
        finally:
            pdfium.FPDF_ClosePage(page)


def _on_page(annotation: Any, ref: DocumentRef, limits: Limits, names: MemberNames) -> Iterator[Document | Problem]:
    import pypdfium2.raw as pdfium

    try:
        if pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FILEATTACHMENT:
            yield from _attached(pdfium.FPDFAnnot_GetFileAttachment(annotation), ref, limits, names)
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)


def _attached(attachment: Any, ref: DocumentRef, limits: Limits, names: MemberNames) -> Iterator[Document | Problem]:
    import pypdfium2.raw as pdfium

    length = ctypes.c_ulong()
    if not attachment or not pdfium.FPDFAttachment_GetFile(attachment, None, 0, length):
        yield Problem(ref, Stage.EXTRACT, ProblemCode.CORRUPT, "an attached file cannot be read")
        return
    size = length.value
    if size > limits.max_member_bytes:
        raise DocumentError("limit", f"an attached file expands to more than {limits.max_member_bytes} bytes")
    data = (ctypes.c_char * max(size, 1))()
    if size and not pdfium.FPDFAttachment_GetFile(attachment, data, size, length):
        yield Problem(ref, Stage.EXTRACT, ProblemCode.CORRUPT, "an attached file cannot be read")
        return
    name = _wide(pdfium.FPDFAttachment_GetName, attachment)
    with io.BytesIO(bytes(memoryview(data)[:size])) as content:
        yield Document(ref.member(names.unique(name or "attachment"), size), content)


def _wide(get: Callable[..., int], *arguments: Any) -> str:
    """A UTF-16 text from a function that first tells its size in bytes, the final zero included."""
    import pypdfium2.raw as pdfium

    size = get(*arguments, None, 0)
    if size <= 2:
        return ""
    buffer = (pdfium.FPDF_WCHAR * (size // 2 + 1))()
    get(*arguments, buffer, size)
    return bytes(buffer).decode("utf-16-le", "ignore").partition("\0")[0]


def _narrow(get: Callable[..., int], *arguments: Any) -> str:
    size = get(*arguments, None, 0)
    if size <= 1:
        return ""
    buffer = ctypes.create_string_buffer(size)
    get(*arguments, buffer, size)
    return buffer.value.decode("utf-8", "replace")
