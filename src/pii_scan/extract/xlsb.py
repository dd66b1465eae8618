"""XLSB: cells of binary workbooks column by column, and the text of every part beside the sheets ([MS-XLSB]).

Hidden sheets count. Cells show the values stored with formulas. Records that are neither cells nor known to hold text
are looked through for texts. Locations: sheet, row and column of a cell; comments, names and the like are parts.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract.cell_formats import Format, cell_format, heading_text, number_text
from pii_scan.extract.limits import Budget
from pii_scan.extract.office import Package, natural_key
from pii_scan.extract.office_parts import Item, as_part, hyperlinks, leftovers, part_kind, part_problem, properties
from pii_scan.extract.office_text import PartError, PartTexts
from pii_scan.extract.sheet_cells import letters_of
from pii_scan.extract.sheet_columns import SheetColumns, Strings
from pii_scan.extract.xlsb_records import records, rich, rk, runs, wide
from pii_scan.model import Document, Limits, Problem, ProblemCode, Stage

_ROW, _SHEET, _WORKBOOK, _NAME, _STRING, _FORMAT, _STYLE = 0, 156, 153, 39, 19, 44, 47
_STYLES_BEGIN, _STYLES_END = 617, 618
_AUTHOR, _COMMENT, _COMMENT_TEXT, _HEADINGS = 632, 635, 637, 479
_SHORT = {13: 2, 14: 3, 15: 4, 16: 5, 17: 6, 18: 7}
"""Cells that stand right of the one before, as the kind that names its column."""
_BLANKS = (1, 12)
_FORMULAS = (8, 9, 10, 11)
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_OBJECTS = re.compile(r"/(embeddings|activeX|ctrlProps|media)/|vbaProject\.bin$|vbaData\.xml$", re.IGNORECASE)
_TEXTLESS = re.compile(r"/(printerSettings|theme)/|binaryIndex\d*\.bin$|calcChain\.bin$|theme\d*\.xml$", re.IGNORECASE)
_STYLE_PART = re.compile(r"xl/styles\.bin", re.IGNORECASE)
_TICKS = 1 << 16
Take = Callable[[int, bytes], None]
Full = Callable[[], Iterable[Item]]
_ROWS, _COLUMNS = 1 << 20, 1 << 14


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """Texts first, then embedded documents. Raises DocumentError when the package cannot be read."""
    package = Package(document, limits, budget)
    main = package.main_part("xl/workbook.bin")
    book = _Workbook(package)
    yield from book.read(main)
    labels: dict[str, str] = {}
    for name, part in book.sheets(main):
        labels[part.lower()] = name
        yield from _Cells(package, name, book).read(part)
        yield from _comments(package, name, part)
    texts = PartTexts(limits)
    for text in book.strings.unused():
        texts.add("unused strings", text)
        yield from texts.ready()
    yield from texts.rest()
    for part in sorted(set(package.names) - package.done, key=natural_key):
        if _TEXTLESS.search("/" + part) or _STYLE_PART.fullmatch(part):
            package.done.add(part)
        elif part.lower().endswith(".bin") and not _OBJECTS.search("/" + part):
            yield from _loose_part(package, part, _label(part))
    yield from properties(package)
    yield from hyperlinks(package, labels)
    for item in leftovers(package):
        yield as_part(item)


def _walk(package: Package, part: str, take: Take, texts: PartTexts, full: Full = tuple) -> Iterator[Item]:
    """Gives each record of a part to `take`; records that do not hold together are counted, damage is a Problem."""
    damaged = 0
    try:
        for kind, data in records(package.open(part)):
            try:
                take(kind, data)
            except (struct.error, IndexError):
                damaged += 1
            yield from texts.ready()
            yield from full()
    except PartError as error:
        yield part_problem(package, error)
    except DocumentError:
        yield from texts.rest()
        raise
    yield from texts.rest()
    if damaged:
        detail = f"records that cannot be read: {damaged}"
        yield Problem(package.document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)


class _Workbook:
    """The sheets, the shared strings and the formats of numbers."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._texts = PartTexts(package.limits)
        self._named: list[tuple[str, str]] = []
        self._date1904 = False
        self._codes: dict[str, str] = {}
        self._styles: list[str] = []
        self._in_styles = False
        self.strings = Strings(package.limits)
        self.formats: dict[int, Format] = {}

    def read(self, main: str) -> Iterator[Item]:
        """Reads the workbook, its strings and its styles."""
        yield from _walk(self._package, main, self._workbook, self._texts)
        for part in self._of("sharedstrings.bin"):
            yield from _walk(self._package, part, self._string, self._texts)
        self.strings.finish()
        for part in self._of("styles.bin"):
            yield from _walk(self._package, part, self._style, self._texts)
        for at, number in enumerate(self._styles):
            shown = cell_format(number, self._codes, self._date1904)
            if shown is not None:
                self.formats[at] = shown

    def _of(self, end: str) -> list[str]:
        return [name for name in self._package.names if name.lower().endswith("/" + end)][:1]

    def sheets(self, main: str) -> list[tuple[str, str]]:
        """Names and parts of the sheets; parts that are in no list come last, under a number."""
        try:
            targets = {link.id: link.target for link in self._package.relationships(main)}
        except PartError:
            targets = {}  # `hyperlinks` reads the same part again and reports it
        found = [(name, targets[one]) for one, name in self._named if self._package.has(targets.get(one, ""))]
        listed = {part.lower() for _, part in found}
        pattern = re.compile(r"xl/(work|chart|dialog|macro)sheets/[^/]*\.bin", re.IGNORECASE)
        others = [name for name in self._package.names if pattern.fullmatch(name) and name.lower() not in listed]
        others = sorted((name for name in others if not _TEXTLESS.search("/" + name)), key=natural_key)
        return found + [(f"unlisted sheet {number}", part) for number, part in enumerate(others, 1)]

    def _workbook(self, kind: int, data: bytes) -> None:
        if kind == _SHEET:
            relation, end = wide(data, 8)
            name = wide(data, end)[0]
            self._named.append((relation, name))
            self._texts.add("sheet names", name)
        elif kind == _WORKBOOK:
            self._date1904 = bool(data[0] & 1)
        elif kind == _NAME:
            name, end = wide(data, 9)
            self._texts.add("defined names", "\n".join([name, *runs(data[end:])]))
        else:
            for text in runs(data):
                self._texts.add("workbook", text)

    def _string(self, kind: int, data: bytes) -> None:
        if kind == _STRING:
            try:
                self.strings.extend([rich(data, 0)])
            except (struct.error, IndexError):
                self.strings.extend([" ".join(runs(data))])  # the numbers of those that follow stay right
                raise

    def _style(self, kind: int, data: bytes) -> None:
        if kind == _FORMAT:
            self._codes[str(struct.unpack_from("<H", data)[0])] = wide(data, 2)[0]
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            self._in_styles = kind == _STYLES_BEGIN
        elif kind == _STYLE and self._in_styles:
            self._styles.append(str(struct.unpack_from("<H", data, 2)[0]))


class _Cells:
    """The cells of one sheet into columns; all else that it says into parts."""

    def __init__(self, package: Package, sheet: str, book: _Workbook) -> None:
        self._package = package
        self._sheet = sheet
        self._formats = book.formats
        self._texts = PartTexts(package.limits)
        self._columns = SheetColumns(sheet, book.strings, package.limits)
        self._row, self._column, self._number = 0, -1, 0
        self._literals: set[str] = set()

    def read(self, part: str) -> Iterator[Item]:
        """Reads the sheet."""
        if part in self._package.done:
            return
        try:
            yield from _walk(self._package, part, self._take, self._texts, self._full)
        except DocumentError:
            yield from self._columns.rest()
            raise
        yield from self._columns.rest()
        if self._columns.dangling:
            detail = f"cells whose shared string is missing: {self._columns.dangling}"
            yield Problem(self._package.document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)

    def _full(self) -> Iterator[Item]:
        self._number += 1
        if self._number % _TICKS == 0:
            yield from self._columns.ready()

    def _take(self, kind: int, data: bytes) -> None:
        if kind == _ROW:
            self._row, self._column = struct.unpack_from("<I", data)[0] + 1, -1
            if self._row > _ROWS:
                raise struct.error("a row that no sheet has")
        elif kind in _SHORT:
            self._column += 1
            self._cell(_SHORT[kind], struct.unpack_from("<I", data)[0] & 0xFFFFFF, data, 4)
        elif 1 <= kind <= 11 or kind == 62:
            self._column, style = struct.unpack_from("<II", data)
            if self._column >= _COLUMNS:
                raise struct.error("a column that no sheet has")
            self._cell(kind, style & 0xFFFFFF, data, 8)
        elif kind in _BLANKS:
            self._column += 1
        elif kind == _HEADINGS:
            at = 2
            for _ in range(6):
                text, at = wide(data, at)
                self._texts.add(f"{self._sheet}: header and footer", heading_text(text))
        else:
            for text in runs(data):
                self._texts.add(f"{self._sheet}: settings", text)

    def _cell(self, kind: int, style: int, data: bytes, at: int) -> None:
        row, letters = str(self._row), letters_of(self._column + 1)
        column, end = self._columns[letters], at
        if kind == 7:
            column.add_shared(row, str(struct.unpack_from("<I", data, at)[0]))
        elif kind in (6, 8):
            text, end = wide(data, at)
            column.add_text(row, text)
        elif kind == 62:
            column.add_text(row, rich(data, at))
        elif kind in (2, 5, 9):
            value = rk(data, at) if kind == 2 else repr(struct.unpack_from("<d", data, at)[0])
            column.add_number(row, self._formats.get(style, number_text)(number_text(value)))
            end = at + 8
        elif kind in (4, 10):
            column.add_number(row, "TRUE" if data[at] else "FALSE")
            end = at + 1
        elif kind in (3, 11):
            column.add_number(row, _ERRORS.get(data[at], "#ERROR!"))
            end = at + 1
        if kind in _FORMULAS:
            literals = "\n".join(runs(data[end:]))
            if literals and literals not in self._literals and len(self._literals) < _TICKS:
                self._literals.add(literals)
                self._texts.add(f"{self._sheet}: formula {letters}{row}", literals)


def _comments(package: Package, sheet: str, part: str) -> Iterator[Item]:
    """The comments of a sheet, with their cells and their authors."""
    try:
        links = package.relationships(part)
    except PartError:
        return  # `hyperlinks` reads the same part again and reports it
    for link in links:
        if link.kind == "comments" and package.has(link.target) and link.target not in package.done:
            texts = PartTexts(package.limits)
            yield from _walk(package, link.target, _Comments(texts, sheet).take, texts)


class _Comments:
    def __init__(self, texts: PartTexts, sheet: str) -> None:
        self._texts = texts
        self._sheet = sheet
        self._authors: list[str] = []
        self._author = self._place = ""

    def take(self, kind: int, data: bytes) -> None:
        if kind == _AUTHOR:
            self._authors.append(wide(data, 0)[0])
            self._texts.add(f"{self._sheet}: comment authors", self._authors[-1])
        elif kind == _COMMENT:
            author, row, _, column = struct.unpack_from("<IIII", data)
            self._author = self._authors[author] if author < len(self._authors) else ""
            self._place = f"{letters_of(min(column, _COLUMNS) + 1)}{row + 1}"
        elif kind == _COMMENT_TEXT:
            text = rich(data, 0)
            whole = f"{self._author}\n{text}" if self._author else text
            self._texts.add(f"{self._sheet}: comments {self._place}", whole)


def _loose_part(package: Package, part: str, label: str) -> Iterator[Item]:
    """The texts in the records of a part of any other kind: tables, pivot caches, connections, links to other books."""
    texts = PartTexts(package.limits)

    def take(kind: int, data: bytes) -> None:
        for text in runs(data):
            texts.add(label, text)

    yield from _walk(package, part, take, texts)


def _label(part: str) -> str:
    words = {"table": "table", "pivotcache": "pivot cache", "connection": "connections",
             "externallink": "external link", "querytable": "query", "comments": "comments",
             "worksheets": "sheet"}  # fmt: skip
    lower = part.lower()
    return next((word for key, word in words.items() if key in lower), part_kind(part))
