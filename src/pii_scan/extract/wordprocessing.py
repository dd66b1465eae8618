"""DOCX, DOCM, DOTX and DOTM: text of the body and of every part beside it (WordprocessingML, ECMA-376 part 1, 17).

Locations: a line of a part, where each paragraph, each line break in one and each table row begins a line; the body is
the part without a name. Properties and links are parts with a name. Pictures are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.extract.limits import Budget
from pii_scan.extract.office import Package
from pii_scan.extract.office_parts import Item, hyperlinks, leftovers, paragraphs, pictures, properties
from pii_scan.model import ChunkBatch, Document, Limits, LineOrigin, Problem, ProblemCode, Stage

_PARTS = (
    ("header", r"word/header\d*\.xml"),
    ("footer", r"word/footer\d*\.xml"),
    ("footnotes", r"word/footnotes\.xml"),
    ("endnotes", r"word/endnotes\.xml"),
    ("comments", r"word/comments\.xml"),
)


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """Texts first, then embedded documents. Raises DocumentError when the package cannot be read."""
    package = Package(document, limits, budget)
    main = package.main_part("word/document.xml")
    has_text = False
    for item in paragraphs(package, main, ""):
        has_text = has_text or (isinstance(item, ChunkBatch) and isinstance(item.origin, LineOrigin))
        yield item
    for kind, pattern in _PARTS:
        for number, name in enumerate(package.of_kind(kind, pattern), 1):
            if name not in package.done:
                yield from paragraphs(package, name, kind if number == 1 else f"{kind} {number}")
    yield from properties(package)
    yield from hyperlinks(package, {})
    count = pictures(package)
    if count and not has_text:
        detail = f"document without text: {count} pictures were not read"
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)
    yield from leftovers(package)
