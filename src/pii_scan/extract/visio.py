"""VSDX, VSDM and VSTX: text of drawing pages, shape data, links and every part beside the pages ([MS-VSDX]).

Locations: the page in the order of the file; masters, comments, data and properties are parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_scan.extract.limits import Budget
from pii_scan.extract.office import Package, natural_key
from pii_scan.extract.office_parts import Item, as_part, hyperlinks, leftovers, properties, read_part
from pii_scan.extract.office_text import PartError, Reader, TextLines
from pii_scan.model import ChunkBatch, Document, Limits, LineOrigin, PageOrigin

_PAGE = re.compile(r"visio/pages/page\d*\.xml", re.IGNORECASE)
_MASTER = re.compile(r"visio/masters/master\d*\.xml", re.IGNORECASE)
_ROWS = re.compile(r"visio/data/recordset\d+\.xml", re.IGNORECASE)
_LISTS = re.compile(r"visio/(pages/pages|masters/masters|comments|solutions/.*)\.xml", re.IGNORECASE)
_SECTIONS = frozenset({"Property", "User", "Hyperlink"})
_CELLS = frozenset("Value Label Prompt Address SubAddress Description ExtraInfo Comment".split())
_NAMED = frozenset("Name Initials Title Description Caption RowID Manager".split())


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """Texts first, then embedded documents. Raises DocumentError when the package cannot be read."""
    package = Package(document, limits, budget)
    main = package.main_part("visio/document.xml")
    pages = _pages(package, main)
    for number, name in enumerate(pages, 1):
        for item in _shapes(package, name, "", rows=False):
            if isinstance(item, ChunkBatch) and isinstance(item.origin, LineOrigin):
                item = ChunkBatch(item.texts, PageOrigin(number))
            yield item
    for name in sorted(set(package.names) - package.done, key=natural_key):
        for pattern, label in ((_MASTER, "master"), (_ROWS, "data"), (_LISTS, "names and comments")):
            if pattern.fullmatch(name):
                for item in _shapes(package, name, label, rows=pattern is _ROWS):
                    yield as_part(item)
                break
    yield from properties(package)
    yield from hyperlinks(package, {name.lower(): f"page {number}" for number, name in enumerate(pages, 1)})
    for item in leftovers(package):
        yield as_part(item)


def _pages(package: Package, main: str) -> list[str]:
    """The drawing pages in the order of the list of pages; those that are in no list come last."""
    listed: list[str] = []
    try:
        for link in package.relationships(main):
            if link.kind == "pages" and not link.external:
                reader = _PageList(package.limits)
                targets = {one.id: one.target for one in package.relationships(link.target)}
                reader.read_all(package.open(link.target))
                package.done.discard(link.target)
                listed += [targets[one] for one in reader.ids if package.has(targets.get(one, ""))]
    except PartError:
        pass  # read again as a part of its own, and reported there
    others = sorted((name for name in package.names if _PAGE.fullmatch(name)), key=natural_key)
    known = {name.lower() for name in listed}
    return list(dict.fromkeys([*listed, *(name for name in others if name.lower() not in known)]))


class _PageList(Reader):
    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.ids: list[str] = []

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "Rel":
            self.ids += [value for key, value in attrs.items() if key.endswith(":id")]


class _Shapes(Reader):
    """Texts of shapes, a line each; the values of their data and links, a line each; with `rows` every attribute."""

    def __init__(self, limits: Limits, lines: TextLines, rows: bool) -> None:
        super().__init__(limits)
        self._lines = lines
        self._rows = rows
        self._pieces: list[str] = []
        self._sections: list[str] = []

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "Section":
            self._sections.append(attrs.get("N", ""))
        elif tag == "Cell" and self._sections and self._sections[-1] in _SECTIONS and attrs.get("N") in _CELLS:
            self._line(attrs.get("V", ""))
        if self._rows:
            self._line("\t".join(value for value in attrs.values() if value.strip()))
        elif tag != "Shape" and tag != "Cell":
            for key, value in attrs.items():
                if key in _NAMED:
                    self._line(value)

    def _chars(self, data: str) -> None:
        if self.stack[-1] != "Cell":
            self._pieces.append(data)

    def _close(self, tag: str) -> None:
        if tag == "Section" and self._sections:
            self._sections.pop()
        if "Text" not in self.stack:
            text = "".join(self._pieces)
            self._pieces.clear()
            self._line(text)

    def _line(self, text: str) -> None:
        if text and not text.isspace():
            self._lines.add(text.strip())


def _shapes(package: Package, name: str, label: str, rows: bool) -> Iterator[Item]:
    lines = TextLines(label, package.limits)
    yield from read_part(package, name, _Shapes(package.limits, lines, rows), lines)
