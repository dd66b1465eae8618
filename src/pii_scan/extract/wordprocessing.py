"""DOCX, DOCM, DOTX and DOTM: text of the body and of every part beside it (WordprocessingML, ECMA-376 part 1, 17).

Locations: a line of a part, where each paragraph, each line break in one and each table row begins a line; the body is
the part without a name. Properties and links are parts with a name. Pictures and embedded files are members.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.extract.limits import Budget
from pii_scan.extract.office import Package
from pii_scan.extract.office_parts import Item, hyperlinks, leftovers, paragraphs, properties
from pii_scan.model import Document, Limits

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
    yield from paragraphs(package, main, "")
    for kind, pattern in _PARTS:
        for number, name in enumerate(package.of_kind(kind, pattern), 1):
            if name not in package.done:
                yield from paragraphs(package, name, kind if number == 1 else f"{kind} {number}")
    yield from properties(package)
    yield from hyperlinks(package, {})
    yield from leftovers(package)
