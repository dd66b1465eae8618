"""Excel workbooks before Office Open XML (XLS, XLT): BIFF 2 to 8 ([MS-XLS]), in a compound file or on their own.

Locations as for XLSX: sheet, row and column of a cell; comments, links, names, headers and the like are parts. Hidden
sheets count. Workbooks that are encrypted with the password that Excel itself uses are read. Pictures are members.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import code_pages, excel_encryption, excel_formulas, office_art, ole_storage
from pii_scan.extract.cell_formats import Format, cell_format, number_text
from pii_scan.extract.compound_file import MAGIC, Entry, StorageContent, storage_of
from pii_scan.extract.excel_records import Records, SharedStrings, Text
from pii_scan.extract.excel_sheet import SheetRecords
from pii_scan.extract.limits import MemberNames, Spool, size_of
from pii_scan.extract.office_pictures import Pictures
from pii_scan.extract.office_text import PartTexts
from pii_scan.extract.ole_properties import properties
from pii_scan.extract.sheet_columns import SheetColumns, Strings
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_WORKBOOKS = ("Workbook", "Book")
_PIVOTS, _PIVOT_STRING = "_SX_DB_CUR", 0x00CD
_SHARED = ("Revision Log", "User Names")
_OBJECTS = ("MBD", "LNK")
_BEGIN = {0x0009: 2, 0x0209: 3, 0x0409: 4, 0x0809: 8}
_END = 0x000A
_GLOBALS, _CHART = 0x0005, 0x0020
_CELLS_ROUND = 1 << 15
_MISFIT = (struct.error, IndexError, ValueError, OverflowError)


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Cells and texts, properties, then embedded objects. Raises DocumentError when the workbook cannot be read."""
    ref, content = document.ref, document.content
    if not isinstance(content, StorageContent) and content.read(8) != MAGIC:
        content.seek(0)
        yield from _Workbook(ref, MemberNames(), limits).read(content)
        return
    root = storage_of(document)
    failure = None
    names = MemberNames()
    workbook = _Workbook(ref, names, limits)
    try:
        stream = next((stream for name in _WORKBOOKS if (stream := root.stream(name)) is not None), None)
        if stream is None:
            raise DocumentError("corrupt", "the file has no workbook")
        with stream:
            yield from workbook.read(stream)
        yield from _record_streams(root, workbook.text, limits)
    except DocumentError as error:
        if error.code == "encrypted":
            yield Problem(ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, error.detail)
            return
        failure = error
    yield from properties(ref, root, limits)
    storages = [entry for entry in root if not entry.is_stream and entry.name.upper().startswith(_OBJECTS)]
    yield from ole_storage.objects(ref, iter(storages), names, limits)
    done = frozenset({*_WORKBOOKS, _PIVOTS, *_SHARED, *(entry.name for entry in storages)})
    yield from ole_storage.contents(ref, root, names, limits, done)
    yield from root.file.problems(ref)
    if failure is not None:
        raise failure


class _Workbook:
    """One workbook on its way through its records."""

    def __init__(self, ref: DocumentRef, names: MemberNames, limits: Limits) -> None:
        self._ref = ref
        self._limits = limits
        self.text = Text()
        self._texts = PartTexts(limits)
        self._strings = Strings(limits)
        self._ready = False
        """All shared strings are known."""
        self._names: dict[int, str] = {}
        """Sheets by the offset of their first record."""
        self._codes: dict[str, str] = {}
        self._styles: list[int] = []
        self._shown: dict[int, Format] = {}
        self._date1904 = False
        self._sheet: SheetRecords | None = None
        self._sheet_name = ""
        self._columns: SheetColumns | None = None
        self._drawings = Spool(limits.spool_bytes)
        self._store = Spool(limits.spool_bytes)
        """The pictures that the drawings of all sheets show."""
        self._pictures = Pictures(ref, names, limits)
        self._old_pictures = 0
        self._open: list[int] = []
        """Kinds of the substreams that are open."""
        self._sheets = self._damaged = self._dangling = 0
        self._bundled = ""
        self._versioned = False

    def read(self, stream: BinaryIO) -> Iterator[Piece]:
        """All cells and texts. Raises DocumentError."""
        records = Records(stream)
        try:
            yield from self._records(records)
        except DocumentError:
            yield from self._finish()
            raise
        yield from self._finish()
        if not self._sheets:
            raise DocumentError("corrupt", "the workbook has no sheets")
        if records.cut:
            yield self._problem(ProblemCode.TRUNCATED, "the workbook ends within a record")
        elif self._open:
            yield self._problem(ProblemCode.TRUNCATED, "the end of the workbook is missing")

    def _problem(self, code: ProblemCode, detail: str) -> Problem:
        return Problem(self._ref, Stage.EXTRACT, code, detail)

    def _records(self, records: Records) -> Iterator[Piece]:
        cells = 0
        while (record := records.next()) is not None:
            kind, place, data = record
            if kind in _BEGIN:
                yield from self._begin(kind, place, data)
            elif kind == _END:
                yield from self._end()
            elif kind == 0x002F:
                records.decrypt = excel_encryption.decryptor(data, self.text.version)
            else:
                try:
                    self._take(kind, data, records)
                except _MISFIT:
                    self._damaged += 1
                except DocumentError as error:
                    if error.code != "truncated":
                        raise
                    yield self._problem(ProblemCode.TRUNCATED, error.detail)
            if self._sheet is not None and self._columns is not None and self._sheet.cells - cells >= _CELLS_ROUND:
                yield from self._columns.ready()
                cells = self._sheet.cells
            elif self._sheet is None:
                cells = 0
            yield from self._texts.ready()

    def _take(self, kind: int, data: bytes, records: Records) -> None:
        action = _GLOBAL.get(kind)
        if action is not None:
            action(self, data, records)
        elif self._sheet is not None:
            self._sheet.take(kind, data, records)

    # substreams

    def _begin(self, kind: int, place: int, data: bytes) -> Iterator[Piece]:
        """A substream begins ([MS-XLS] 2.4.21)."""
        version, sort = int.from_bytes(data[:2], "little"), int.from_bytes(data[2:4], "little")
        self._open.append(sort)
        if self._sheet is not None and len(self._open) > 1 and place not in self._names:
            self._sheet.in_chart = sort == _CHART
            return
        yield from self._close_sheet()
        if sort == _GLOBALS or not self._versioned:  # some programs give sheets the wrong version
            self.text.version = (8 if version >= 0x0600 else 5) if kind == 0x0809 else _BEGIN[kind]
            self._versioned = True
        if sort == _GLOBALS or (sort == 0x0100 and kind == 0x0409):
            return
        if not self._ready:
            self._strings.finish()
            self._ready = True
        self._sheets += 1
        unlisted = f"{'unlisted ' if self._names else ''}sheet {self._sheets}"
        name = self._names.get(place) or self._bundled or unlisted
        self._bundled = ""
        self._columns = SheetColumns(name, self._strings, self._limits)
        self._sheet = SheetRecords(name, self._columns, self._texts, self.text, self._show, self._drawings)
        self._sheet.in_chart = sort == _CHART
        self._sheet_name = name

    def _end(self) -> Iterator[Piece]:
        if self._open:
            self._open.pop()
        if self._sheet is not None and self._open and self._open[-1] not in (_GLOBALS, 0x0100):
            self._sheet.in_chart = self._open[-1] == _CHART
        else:
            yield from self._close_sheet()

    def _close_sheet(self) -> Iterator[Piece]:
        """Gives out what is left of a sheet, and the texts of its drawings."""
        sheet, columns = self._sheet, self._columns
        self._sheet = self._columns = None
        if sheet is None or columns is None:
            return
        sheet.finish()
        yield from columns.rest()
        self._dangling += columns.dangling
        drawings, self._drawings = self._drawings, Spool(self._limits.spool_bytes)
        with drawings.finish() as content:
            yield from self._drawn(content, f"{self._sheet_name}: drawings")
        yield from self._texts.rest()

    def _drawn(self, content: BinaryIO, part: str) -> Iterator[Piece]:
        """The texts and pictures of drawing records."""
        try:
            for item in office_art.drawing_items(content, 0, size_of(content)):
                if isinstance(item, str):
                    self._texts.add(part, item)
                    yield from self._texts.ready()
                else:
                    yield from self._pictures.member(item)
        except DocumentError as error:
            yield self._problem(ProblemCode(error.code), error.detail)

    def _finish(self) -> Iterator[Piece]:
        yield from self._close_sheet()
        if not self._ready:
            self._strings.finish()
        for text in self._strings.unused():
            self._texts.add("unused strings", text)
            yield from self._texts.ready()
        with self._store.finish() as content:
            yield from self._drawn(content, "drawings")
        yield from self._texts.rest()
        self._drawings.close()
        if self._old_pictures:
            yield self._problem(ProblemCode.UNSUPPORTED, f"{self._old_pictures} pictures were not read")
        if self._dangling:
            detail = f"cells whose shared string is missing: {self._dangling}"
            yield self._problem(ProblemCode.CORRUPT, detail)
        if self._damaged:
            yield self._problem(ProblemCode.CORRUPT, f"damaged records of the workbook: {self._damaged}")

    def _show(self, style: int) -> Format:
        """How a number looks in a cell of a style."""
        shown = self._shown.get(style)
        if shown is None:
            number = str(self._styles[style]) if style < len(self._styles) else "0"
            shown = self._shown[style] = cell_format(number, self._codes, self._date1904) or number_text
        return shown

    # globals

    def _picture_store(self, data: bytes, records: Records) -> None:
        self._store.write(data)
        while (more := records.continued()) is not None:
            self._store.write(more)

    def _old_picture(self, data: bytes, records: Records) -> None:
        self._old_pictures += 1

    def _code_page(self, data: bytes, records: Records) -> None:
        self.text.encoding = code_pages.codec(int.from_bytes(data[:2], "little")) or "cp1252"

    def _date_system(self, data: bytes, records: Records) -> None:
        self._date1904 = data[:1] == b"\x01"

    def _sheet_list(self, data: bytes, records: Records) -> None:
        name, _ = self.text.read(data, 6, 1)
        self._names[int.from_bytes(data[:4], "little")] = name
        self._texts.add("sheet names", name)

    def _bundle(self, data: bytes, records: Records) -> None:
        self._bundled, _ = self.text.read(data, 4, 1)
        self._texts.add("sheet names", self._bundled)

    def _shared_strings(self, data: bytes, records: Records) -> None:
        if self._ready:
            raise ValueError("shared strings behind the sheets")
        batch: list[str] = []
        try:
            for string in SharedStrings(data, records):
                batch.append(string)
                if len(batch) >= 1024:
                    self._strings.extend(batch)
                    batch = []
        finally:
            self._strings.extend(batch)

    def _number_format(self, data: bytes, records: Records) -> None:
        version = self.text.version
        if version >= 5:
            code, _ = self.text.read(data, 2, 2 if version >= 8 else 1)
            self._codes[str(int.from_bytes(data[:2], "little"))] = code
        else:
            code, _ = self.text.read(data, 2 if version == 4 else 0, 1)
            self._codes[str(len(self._codes))] = code

    def _style(self, data: bytes, records: Records) -> None:
        version = self.text.version
        if version >= 5:
            self._styles.append(int.from_bytes(data[2:4], "little"))
        else:
            self._styles.append(data[2] & 0x3F if version == 2 else data[1])

    def _defined_name(self, data: bytes, records: Records) -> None:
        if self.text.version >= 5:
            count, size = data[3], int.from_bytes(data[4:6], "little")
            name, at = self.text.chars(data, 14, count)
            tokens = data[at : at + size]
            rest = data[at + size :]
            values = list(excel_formulas.literals(tokens, self.text, rest))
            self._texts.add("defined names", ": ".join([name, *values]))
            found = self.text.runs(rest)
        else:
            found = self.text.runs(data)
        for text in found:
            self._texts.add("defined names", text)

    def _user(self, data: bytes, records: Records) -> None:
        if self.text.version >= 8:
            self._texts.add("workbook", self.text.read(data, 0)[0].strip())
        else:
            for text in self.text.runs(data[1:]):
                self._texts.add("workbook", text.strip())

    def _other_workbook(self, data: bytes, records: Records) -> None:
        """The path of another workbook and its sheets ([MS-XLS] 2.4.271)."""
        count, size = struct.unpack_from("<HH", data)
        if not 0 < size < 0x100 or self.text.version < 8:
            self._texts_of(data, records)
            return
        path, at = self.text.chars(data, 4, size)
        found = ["".join(char if char.isprintable() else " " for char in path)]
        while count > 0 and at < len(data):
            name, at = self.text.read(data, at)
            found.append(name)
            count -= 1
        self._texts.add("external link", "\n".join(found))

    def _other_cells(self, data: bytes, records: Records) -> None:
        """Values kept of another workbook ([MS-XLS] 2.4.63)."""
        at, count = 4, data[0] - data[1] + 1
        for _ in range(count):
            if data[at] == 2:
                value, at = self.text.read(data, at + 1)
                self._texts.add("external link", value)
            else:
                at += 9

    def _texts_of(self, data: bytes, records: Records) -> None:
        for text in self.text.runs(data):
            self._texts.add("workbook", text)


_GLOBAL = {
    0x0042: _Workbook._code_page,
    0x0022: _Workbook._date_system,
    0x0085: _Workbook._sheet_list,
    0x008F: _Workbook._bundle,
    0x00FC: _Workbook._shared_strings,
    **dict.fromkeys((0x041E, 0x001E), _Workbook._number_format),
    **dict.fromkeys((0x00E0, 0x0043, 0x0243, 0x0443), _Workbook._style),
    **dict.fromkeys((0x0018, 0x0218), _Workbook._defined_name),
    0x00EB: _Workbook._picture_store,
    **dict.fromkeys((0x007F, 0x00E9), _Workbook._old_picture),
    0x005C: _Workbook._user,
    0x01AE: _Workbook._other_workbook,
    0x005A: _Workbook._other_cells,
    **dict.fromkeys((0x005B, 0x0017), _Workbook._texts_of),
}


def _record_streams(root: Entry, text: Text, limits: Limits) -> Iterator[Piece]:
    """What pivot tables keep of their sources, who shared the workbook, and what they changed ([MS-XLS] 2.1.7)."""
    pivots = root.find(_PIVOTS)
    found = [("pivot cache", entry) for entry in pivots or () if entry.is_stream]
    found += [("changes", entry) for entry in root if entry.is_stream and entry.name in _SHARED]
    texts = PartTexts(limits)
    for part, entry in found:
        with entry.open() as stream:
            records = Records(stream)
            while (record := records.next()) is not None and record[0]:
                kind, _, data = record
                for value in [text.read(data, 0)[0]] if kind == _PIVOT_STRING else text.runs(data):
                    texts.add(part, value)
                yield from texts.ready()
    yield from texts.rest()
