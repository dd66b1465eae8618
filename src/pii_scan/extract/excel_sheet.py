"""One sheet of a binary workbook, record by record: cells by column, and the texts beside them ([MS-XLS] 2.4).

Cells show stored values, those of formulas too. A date is shown by the number format of its cell.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from pii_scan.extract import excel_formulas
from pii_scan.extract.cell_formats import Format, heading_text, number_text
from pii_scan.extract.excel_links import hyperlink_texts
from pii_scan.extract.excel_records import Records, Text, decoded, joined
from pii_scan.extract.limits import Spool
from pii_scan.extract.office_text import PartTexts
from pii_scan.extract.sheet_cells import letters_of
from pii_scan.extract.sheet_columns import SheetColumns

_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_NOTE_OBJECT = 0x19
_NOTE_CHARS = 16 << 20
"""Texts of notes that are held until their places are known; more go out without a place."""
_LETTERS = [letters_of(number) for number in range(1, 257)]
_MAX_PLAIN = 1e15
_MAX_LITERALS = 1 << 14
_OLD_KINDS = frozenset({0x0002, 0x0003, 0x0004, 0x0005, 0x0007})
"""Records laid out as in BIFF 2, which charts ([MS-OGRAPH]) use to this day."""

_RUN_RECORDS = frozenset({
    0x0023, 0x0050, 0x0051, 0x0052, 0x009E, 0x00AF, 0x00B1, 0x00B2, 0x00CD, 0x00DC, 0x0100, 0x01A9, 0x01AD,
    0x0223, 0x0803, 0x0804, 0x0805, 0x0864, 0x0872, 0x0878, 0x087F, 0x0801, 0x088B,
})  # fmt: skip
"""Records of which every text is read: names and values of other workbooks, queries, filters, scenarios, validation,
pivot tables, tables, views."""


class SheetRecords:
    """Takes the records of one sheet and puts what they say into columns and texts."""

    def __init__(
        self,
        name: str,
        columns: SheetColumns,
        texts: PartTexts,
        text: Text,
        show: Callable[[int], Format],
        drawings: Spool,
    ) -> None:
        """`show`: how numbers of a cell style look. `drawings` takes the drawing records."""
        self._name = name
        self._columns = columns
        self._texts = texts
        self._text = text
        self._show = show
        self._drawings = drawings
        self.cells = 0
        self._formula: tuple[int, int] | None = None
        """The cell of a formula whose text follows."""
        self._literals: set[str] = set()
        self._object = (0, 0)
        self._notes: dict[int, str] = {}
        self._note_chars = 0
        self._note_place = ""
        self._note_left = 0
        self.in_chart = False

    def take(self, kind: int, data: bytes, records: Records) -> None:
        """Reads one record; takes those that go on with it. What does not fit in a record is left out."""
        action = _CELLS.get(kind)
        if action is not None:
            if self.in_chart:
                self._chart_value(kind, data)
            else:
                action(self, kind, data)
        elif kind in _BESIDE:
            _BESIDE[kind](self, data, records)
        elif kind in _RUN_RECORDS:
            for text in self._text.runs(data):
                self._add("settings", text)

    def finish(self) -> None:
        """The sheet ended."""
        for text in self._notes.values():
            self._add("comments", text)
        self._notes.clear()

    def _add(self, label: str, text: str) -> None:
        self._texts.add(f"{self._name}: {label}", text)

    # cells

    def _place(self, data: bytes) -> tuple[int, int, int]:
        """Row, column and style of a cell record."""
        row, column, style = struct.unpack_from("<HHH", data)
        return row, column, style if self._text.version > 2 else data[4] & 0x3F

    def _number(self, row: int, column: int, style: int, value: float) -> None:
        show = self._show(style)
        plain = show is number_text and value.is_integer() and abs(value) < _MAX_PLAIN
        shown = str(int(value)) if plain else show(repr(value))
        self._columns[_LETTERS[column & 0xFF]].add_number(str(row + 1), shown)
        self.cells += 1

    def _other(self, row: int, column: int, value: str, *, text: bool = True) -> None:
        target = self._columns[_LETTERS[column & 0xFF]]
        (target.add_text if text else target.add_number)(str(row + 1), value)
        self.cells += 1

    def _shared(self, kind: int, data: bytes) -> None:
        row, column, _, index = struct.unpack_from("<HHHI", data)
        self._columns[_LETTERS[column & 0xFF]].add_shared(str(row + 1), str(index))
        self.cells += 1

    def _label(self, kind: int, data: bytes) -> None:
        row, column, _ = self._place(data)
        value, _ = self._text.read(data, 7, 1) if kind in _OLD_KINDS else self._text.read(data, 6)
        if value:
            self._other(row, column, value)

    def _real(self, kind: int, data: bytes) -> None:
        row, column, style = self._place(data)
        (value,) = struct.unpack_from("<d", data, 7 if kind in _OLD_KINDS else 6)
        self._number(row, column, style, value)

    def _integer(self, kind: int, data: bytes) -> None:
        row, column, style = self._place(data)
        self._number(row, column, style, float(struct.unpack_from("<H", data, 7)[0]))

    def _rk(self, kind: int, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHI", data)
        self._number(row, column, style, rk_value(value))

    def _multiple_rk(self, kind: int, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        for number, (style, value) in enumerate(struct.iter_unpack("<HI", data[4 : 4 + (len(data) - 6) // 6 * 6])):
            self._number(row, column + number, style, rk_value(value))

    def _truth(self, kind: int, data: bytes) -> None:
        row, column, _ = self._place(data)
        at = 7 if kind in _OLD_KINDS else 6
        self._truth_value(row, column, data[at], bool(data[at + 1]))

    def _truth_value(self, row: int, column: int, value: int, is_error: bool) -> None:
        shown = _ERRORS.get(value, "#?") if is_error else "TRUE" if value else "FALSE"
        self._other(row, column, shown, text=False)

    def _formula_cell(self, kind: int, data: bytes) -> None:
        row, column, style = self._place(data)
        at = 7 if self._text.version == 2 else 6
        result = data[at : at + 8]
        if result[6:8] != b"\xff\xff":
            self._number(row, column, style, struct.unpack("<d", result)[0])
        elif result[0] == 0:
            self._formula = (row, column)
        elif result[0] in (1, 2):
            self._truth_value(row, column, result[2], result[0] == 2)
        if self._text.version >= 5:
            size = int.from_bytes(data[20:22], "little")
            self._formula_texts(f"formula {_LETTERS[column & 0xFF]}{row + 1}", data[22 : 22 + size], data[22 + size :])

    def _formula_texts(self, label: str, tokens: bytes, extra: bytes) -> None:
        """Keeps what a formula says in quotes, once a sheet."""
        found = [text for text in excel_formulas.literals(tokens, self._text, extra) if text and not text.isspace()]
        joined = "\n".join(found)
        if joined and joined not in self._literals:
            if len(self._literals) >= _MAX_LITERALS:
                self._literals.clear()
            self._literals.add(joined)
            self._add(label, joined)

    def _shared_formula(self, kind: int, data: bytes) -> None:
        start = 10 if kind == 0x04BC else 14
        size = int.from_bytes(data[start - 2 : start], "little")
        self._formula_texts("formulas", data[start : start + size], data[start + size :])

    def _result(self, kind: int, data: bytes) -> None:
        if self._formula is None:
            return
        (row, column), self._formula = self._formula, None
        value, _ = self._text.read(data, 0, 1 if kind in _OLD_KINDS else 2)
        if value:
            self._other(row, column, value)

    # charts

    def _chart_value(self, kind: int, data: bytes) -> None:
        """Texts that a chart keeps of its source, which may be gone."""
        if kind == 0x0204:
            self._add("chart", self._text.read(data, 6)[0])

    def _chart_text(self, data: bytes, records: Records) -> None:
        self._add("chart", self._text.read(data, 2, 1)[0])

    # beside the cells

    def _heading(self, data: bytes, records: Records) -> None:
        if data:
            text = self._text.read(data, 0, 2 if self._text.version >= 8 else 1)[0]
            self._add("header and footer", heading_text(text))

    def _more_headings(self, data: bytes, records: Records) -> None:
        for text in self._text.runs(data[28:]):
            self._add("header and footer", heading_text(text))

    def _link(self, data: bytes, records: Records) -> None:
        row, _, column = struct.unpack_from("<HHH", data)
        for text in hyperlink_texts(data[8:]):
            self._add(f"hyperlinks {_LETTERS[column & 0xFF]}{row + 1}", text)

    def _link_tip(self, data: bytes, records: Records) -> None:
        self._add("hyperlinks", data[10:].decode("utf-16-le", "replace").rstrip("\0"))

    def _object_record(self, data: bytes, records: Records) -> None:
        if self._text.version >= 8:
            kind, number = struct.unpack_from("<HH", data, 4)
            self._object = (kind, number)
        else:
            for text in self._text.runs(data[34:]):
                self._add("text boxes", text)
        self._more_drawing(records)

    def _text_object(self, data: bytes, records: Records) -> None:
        count = int.from_bytes(data[10:12], "little")
        out: list[str] = []
        while count > 0 and (more := records.continued()) is not None:
            if not more:
                continue
            raw = more[1 : 1 + count * (1 + (more[0] & 1))]
            if not raw:
                break
            out.append(decoded(raw, more[0]))
            count -= len(raw) // (1 + (more[0] & 1))
        if out:
            records.continued()  # formatting
        self._more_drawing(records)
        whole = joined(out)
        kind, number = self._object
        if kind == _NOTE_OBJECT and self._note_chars < _NOTE_CHARS:
            self._notes[number] = whole
            self._note_chars += len(whole)
        else:
            self._add("comments" if kind == _NOTE_OBJECT else "text boxes", whole)

    def _note(self, data: bytes, records: Records) -> None:
        row, column, size, number = struct.unpack_from("<HHHH", data.ljust(8, b"\0"))
        if self._text.version >= 8:
            author, _ = self._text.read(data, 8)
            text = self._notes.pop(number, "")
            place = f"{_LETTERS[column & 0xFF]}{row + 1}"
            self._add(f"comments {place}", f"{author}\n{text}" if author else text)
            return
        if row != 0xFFFF or not self._note_place:
            self._note_place = f"{_LETTERS[column & 0xFF]}{row + 1}"
        self._add(f"comments {self._note_place}", data[6:].decode(self._text.encoding, "replace"))

    def _validation(self, data: bytes, records: Records) -> None:
        """Prompts and lists of a data validation ([MS-XLS] 2.4.125)."""
        at = 4
        for _ in range(4):
            text, at = self._text.read(data, at)
            self._add("settings", text)
        for _ in range(2):
            size = int.from_bytes(data[at : at + 2], "little")
            self._formula_texts("settings", data[at + 4 : at + 4 + size], b"")
            at += 4 + size

    def _conditional_format(self, data: bytes, records: Records) -> None:
        """The formulas at the end of a conditional format ([MS-XLS] 2.4.56)."""
        first, second = struct.unpack_from("<HH", data, 2)
        at = max(len(data) - first - second, 0)
        self._formula_texts("settings", data[at : at + first], b"")
        self._formula_texts("settings", data[at + first :], b"")

    def _drawing(self, data: bytes, records: Records) -> None:
        self._drawings.write(data)
        self._more_drawing(records)

    def _more_drawing(self, records: Records) -> None:
        """Drawing records go on behind objects and texts too."""
        while (more := records.continued()) is not None:
            self._drawings.write(more)


def rk_value(value: int) -> float:
    """A number in 30 bits ([MS-XLS] 2.5.217).

    >>> rk_value(0x3FF00000), rk_value(100 << 2 | 2), rk_value(0xFFFFFFFE), rk_value(12345 << 2 | 3)
    (1.0, 100.0, -1.0, 123.45)
    """
    if value & 2:
        number = float((value >> 2) - (1 << 30 if value & 0x80000000 else 0))
    else:
        number = struct.unpack("<d", bytes(4) + struct.pack("<I", value & 0xFFFFFFFC))[0]
    return number / 100 if value & 1 else number


_CELLS: dict[int, Callable[[SheetRecords, int, bytes], None]] = {
    0x00FD: SheetRecords._shared,
    **dict.fromkeys((0x0204, 0x0004, 0x00D6), SheetRecords._label),
    **dict.fromkeys((0x0203, 0x0003), SheetRecords._real),
    0x0002: SheetRecords._integer,
    0x027E: SheetRecords._rk,
    0x00BD: SheetRecords._multiple_rk,
    **dict.fromkeys((0x0205, 0x0005), SheetRecords._truth),
    **dict.fromkeys((0x0006, 0x0206, 0x0406), SheetRecords._formula_cell),
    **dict.fromkeys((0x0207, 0x0007), SheetRecords._result),
    **dict.fromkeys((0x04BC, 0x0221), SheetRecords._shared_formula),
}
_BESIDE: dict[int, Callable[[SheetRecords, bytes, Records], None]] = {
    **dict.fromkeys((0x0014, 0x0015), SheetRecords._heading),
    0x089C: SheetRecords._more_headings,
    0x01B8: SheetRecords._link,
    0x0800: SheetRecords._link_tip,
    0x005D: SheetRecords._object_record,
    0x01B6: SheetRecords._text_object,
    0x001C: SheetRecords._note,
    0x00EC: SheetRecords._drawing,
    0x01BE: SheetRecords._validation,
    0x01B1: SheetRecords._conditional_format,
    0x100D: SheetRecords._chart_text,
}
