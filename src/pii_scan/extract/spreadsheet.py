"""XLSX, XLSM, XLTX and XLTM: cells column by column, and the text of every part beside the sheets.

Reads SpreadsheetML (ECMA-376 part 1, 18). Hidden sheets count. Cells show the values stored with formulas; nothing is
computed. Locations: sheet, row and column of a cell; comments, links, pivot caches, names and the like are parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pii_scan.errors import DocumentError
from pii_scan.extract.cell_formats import Format, Styles, number_text
from pii_scan.extract.limits import Budget
from pii_scan.extract.office import Package
from pii_scan.extract.office_parts import Item, as_part, hyperlinks, leftovers, part_problem, properties, read_part
from pii_scan.extract.office_text import PartError, PartTexts, Reader, TextLines
from pii_scan.extract.sheet_cells import SharedStrings, SheetReader, unescape
from pii_scan.extract.sheet_columns import SheetColumns, Strings
from pii_scan.model import Document, Limits, Problem, ProblemCode, Stage

_SHEET_KINDS = ("worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet", "macrosheet")


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """Texts first, then embedded documents. Raises DocumentError when the package cannot be read."""
    package = Package(document, limits, budget)
    main = package.main_part("xl/workbook.xml")
    workbook = _Workbook(limits, PartTexts(limits))
    yield from read_part(package, main, workbook, workbook.texts)
    sheets, problems = _sheets(package, main, workbook)
    yield from problems
    strings, problems = _strings(package, limits)
    yield from problems
    formats, problems = _formats(package, limits, workbook.date1904)
    yield from problems
    labels: dict[str, str] = {}
    persons = _persons(package)
    for sheet in sheets:
        labels[sheet.part.lower()] = sheet.name
        yield from _cells(package, sheet, strings, formats)
        yield from _beside(package, sheet, persons)
    yield from _unused(strings, limits)
    yield from _pivots(package, limits)
    yield from properties(package)
    yield from hyperlinks(package, labels)
    for item in leftovers(package, _labels(package)):
        yield as_part(item)


class _Workbook(Reader):
    """workbook.xml: the sheets, the date system, the defined names."""

    def __init__(self, limits: Limits, texts: PartTexts) -> None:
        super().__init__(limits)
        self.texts = texts
        self.sheets: list[tuple[str, str]] = []
        self.date1904 = False
        self._pieces: list[str] = []
        self._name = ""

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        self._pieces.clear()
        if tag == "sheet":
            name = unescape(attrs.get("name", ""))
            self.sheets += [(name, value) for key, value in attrs.items() if key.endswith(":id")][:1]
            self.texts.add("sheet names", name)
        elif tag == "workbookPr":
            self.date1904 = attrs.get("date1904", "").lower() in ("1", "true", "on")
        elif tag == "definedName":
            self._name = attrs.get("name", "")
            self.texts.add("defined names", attrs.get("comment", ""))
        elif tag == "fileSharing":
            self.texts.add("workbook", attrs.get("userName", ""))
        elif tag == "customWorkbookView":
            self.texts.add("workbook", attrs.get("name", ""))

    def _chars(self, data: str) -> None:
        self._pieces.append(data)

    def _close(self, tag: str) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if tag == "definedName":
            self.texts.add("defined names", f"{self._name}: {text}")
        else:
            self.texts.add("workbook", text)


def _sheets(package: Package, main: str, workbook: _Workbook) -> tuple[list[_Sheet], list[Problem]]:
    """The sheets in the order of the tabs; parts that are in no list come last, under a number."""
    problems: list[Problem] = []
    targets: dict[str, str] = {}
    try:
        targets = {link.id: link.target for link in package.relationships(main)}
    except PartError as error:
        problems.append(part_problem(package, error))
    found = [_Sheet(name, targets[one]) for name, one in workbook.sheets if one in targets]
    missing = len(workbook.sheets) - len(found)
    if missing:
        detail = f"sheets without a part: {missing}"
        problems.append(Problem(package.document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail))
    listed = {sheet.part.lower() for sheet in found}
    number = 0
    for kind in _SHEET_KINDS:
        for name in package.of_kind(kind, rf"xl/{kind}s/[^/]*\.xml"):
            if name.lower() not in listed:
                number += 1
                listed.add(name.lower())
                found.append(_Sheet(f"unlisted sheet {number}", name))
    return found, problems


def _strings(package: Package, limits: Limits) -> tuple[Strings, list[Problem]]:
    reader = SharedStrings(limits)
    problems = _read_part(package, reader, "sharedStrings")
    reader.strings.finish()
    return reader.strings, problems


def _formats(package: Package, limits: Limits, date1904: bool) -> tuple[dict[str, Format], list[Problem]]:
    reader = Styles(limits)
    problems = _read_part(package, reader, "styles")
    return reader.formats(date1904), problems


def _read_part(package: Package, reader: Reader, kind: str) -> list[Problem]:
    """Has `reader` read the workbook's one part of a kind, where there is one."""
    problems: list[Problem] = []
    for name in package.of_kind(kind, rf"xl/{kind}\.xml")[:1]:
        try:
            reader.read_all(package.open(name))
        except PartError as error:
            problems.append(part_problem(package, error))
    return problems


def _cells(package: Package, sheet: _Sheet, strings: Strings, formats: dict[str, Format]) -> Iterator[Item]:
    if sheet.part in package.done:
        return
    columns = SheetColumns(sheet.name, strings, package.limits)
    texts = PartTexts(package.limits)
    reader = SheetReader(package.limits, sheet.name, columns, texts, formats)
    try:
        for _ in reader.read(package.open(sheet.part)):
            yield from columns.ready()
            yield from texts.ready()
    except PartError as error:
        yield part_problem(package, error)
    except DocumentError:
        yield from columns.rest()
        yield from texts.rest()
        raise
    yield from columns.rest()
    yield from texts.rest()
    if columns.dangling:
        detail = f"cells whose shared string is missing: {columns.dangling}"
        yield Problem(package.document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)


class _Comments(Reader):
    """Comments of a sheet, old and threaded: each a part of its own, the author first."""

    def __init__(self, limits: Limits, texts: PartTexts, sheet: str, persons: dict[str, str]) -> None:
        super().__init__(limits)
        self._texts = texts
        self._sheet = sheet
        self._persons = persons
        self._authors: list[str] = []
        self._pieces: list[str] = []
        self._place = self._author = ""

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag in ("comment", "threadedComment"):
            number = attrs.get("authorId", "")
            known = number.isdecimal() and int(number) < len(self._authors)
            self._author = self._authors[int(number)] if known else self._persons.get(attrs.get("personId", ""), "")
            self._place = attrs.get("ref", "")[:12]
            self._pieces.clear()
        elif tag == "author":
            self._pieces.clear()

    def _chars(self, data: str) -> None:
        self._pieces.append(data)

    def _close(self, tag: str) -> None:
        if tag not in ("comment", "threadedComment", "author"):
            return
        text = unescape("".join(self._pieces)).strip()
        self._pieces.clear()
        if tag == "author":
            self._authors.append(text)
            self._texts.add(f"{self._sheet}: comment authors", text)
        else:
            whole = f"{self._author}\n{text}" if self._author else text
            self._texts.add(f"{self._sheet}: comments {self._place}", whole)


class _Persons(Reader):
    """Who wrote threaded comments, by a GUID."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.by_id: dict[str, str] = {}

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "person":
            self.by_id[attrs.get("id", "")] = attrs.get("displayName", "")


def _persons(package: Package) -> dict[str, str]:
    """Names of those who wrote threaded comments; the part itself is left to `leftovers`."""
    reader = _Persons(package.limits)
    for name in package.of_kind("person", r"xl/persons/[^/]*\.xml"):
        try:
            reader.read_all(package.open(name))
        except PartError:
            pass  # reported by `leftovers`
        package.done.discard(name)
    return reader.by_id


def _beside(package: Package, sheet: _Sheet, persons: dict[str, str]) -> Iterator[Item]:
    """The comments of one sheet. Its drawings and tables are left to `leftovers`."""
    try:
        links = package.relationships(sheet.part)
    except PartError:
        return  # `hyperlinks` reads the same part again and reports it
    for link in links:
        if link.kind in ("comments", "threadedComment") and package.has(link.target):
            texts = PartTexts(package.limits)
            yield from read_part(package, link.target, _Comments(package.limits, texts, sheet.name, persons), texts)


def _labels(package: Package) -> dict[str, str]:
    """Names for the parts that `leftovers` reads, so that a location says where to look."""
    words = {
        "table": "table",
        "connections": "connections",
        "externallink": "external link",
        "querytable": "query",
        "slicer": "slicer",
        "threadedcomment": "comments",
        "comments": "comments",
    }
    found = {}
    for name in package.names:
        lower = name.lower()
        word = next((word for key, word in words.items() if f"/{key}" in lower), None)
        if word:
            found[lower] = word
    return found


class _Pivot(Reader):
    """Values that a pivot table keeps of its source, which may be gone: a line for each field and each record."""

    def __init__(self, limits: Limits, lines: TextLines) -> None:
        super().__init__(limits)
        self._lines = lines
        self._values: list[str] = []

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag in ("s", "d", "n", "e") and "v" in attrs:
            value = attrs["v"]
            self._values.append(number_text(value) if tag == "n" else unescape(value))
            if len(self._values) >= 1024:
                self._flush()
        elif tag == "cacheField":
            self._values.append(unescape(attrs.get("name", "")))
        elif tag == "pivotCacheDefinition":
            self._values.append(attrs.get("refreshedBy", ""))

    def _close(self, tag: str) -> None:
        if tag in ("r", "cacheField", "pivotCacheDefinition", "pivotCacheRecords"):
            self._flush()

    def _flush(self) -> None:
        if self._values:
            self._lines.add("\t".join(self._values))
            self._values.clear()


def _pivots(package: Package, limits: Limits) -> Iterator[Item]:
    definitions = package.of_kind("pivotCacheDefinition", r"xl/pivotCache/pivotCacheDefinition\d*\.xml")
    records = package.of_kind("pivotCacheRecords", r"xl/pivotCache/pivotCacheRecords\d*\.xml")
    for name in [*definitions, *records]:
        lines = TextLines("pivot cache", limits)
        for item in read_part(package, name, _Pivot(limits, lines), lines):
            yield as_part(item)


def _unused(strings: Strings, limits: Limits) -> Iterator[Item]:
    """Shared strings that no cell shows any more."""
    texts = PartTexts(limits)
    for text in strings.unused():
        texts.add("unused strings", text)
        yield from texts.ready()
    yield from texts.rest()
