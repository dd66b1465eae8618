"""Cells of a sheet as columns: reads `sheetData` in pieces, never allocates by the dimension that a file declares.

Rows that are written as every common program writes them are cut by one regular expression that must cover the piece
without a gap; any other piece goes through expat. The parser sees a well-formed document either way.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from operator import itemgetter

from pii_scan.extract.cell_formats import Format, heading_text, number_text
from pii_scan.extract.limits import Readable
from pii_scan.extract.office_text import PartError, PartTexts, Reader
from pii_scan.extract.sheet_columns import Column, SheetColumns, Strings, column_number
from pii_scan.model import Limits

_PIECE = 1 << 20
_PATIENCE = 3
"""Pieces in a row that the expression did not cover, before only expat is used."""
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_LITERAL = re.compile(r'"((?:[^"]|"")+)"')
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,9})$")

_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]{1,6})"| t="([A-Za-z]{1,9})"| [cv]m="[0-9]+"){0,4}(?:/>|>'
    r"(?:<f(?:[^<>]*/>|[^<>]*>([^<]*)</f>))?"
    r'(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    r"|(?:</row>|<row [^<>]*>|\s)+|([\s\S]+)"
)
_STRING = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>(?:\s+)?|(<si><t ?/></si>|<si ?/>)|([\s\S]+)')


def unescape(text: str) -> str:
    r"""Decodes `_xHHHH_` (ST_Xstring, ECMA-376 part 1, 22.9.2.19).

    >>> unescape("a_x000A_b_x0031_")
    'a\nb1'
    """
    return _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), text) if "_x" in text else text


class _Tiled(Reader):
    """A reader that lets `_take` read the plain pieces of a part, and expat the rest."""

    opener = b""
    """Bytes at which the plain pieces begin; `skip` of them go to expat first."""
    skip = 0
    closer = b""
    inside: tuple[str, ...] = ()
    """The open elements where plain pieces may stand."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._pending = b""
        self._misses = 0
        self._tiling = False

    def _take(self, text: str) -> bool:
        """Reads a piece, or leaves it wholly to expat and says so."""
        raise NotImplementedError

    def read(self, stream: Readable) -> Iterator[None]:
        started = False
        fault: PartError | None = None
        while fault is None:
            try:
                data = stream.read(_PIECE)
            except PartError as error:  # what came before it is good
                data, fault = b"", error
            self._pending += data
            if not started:
                started = self._begin_tiling()
            if not data:
                break
            if self._tiling and len(self._pending) < _PIECE:
                continue
            self._pieces()
            yield
        self._pieces()
        yield
        if fault is not None:
            raise fault
        self.feed(self._pending, last=True)
        self._pending = b""
        yield

    def _begin_tiling(self) -> bool:
        """Feeds what stands before the plain pieces; true once that is settled."""
        at = self._pending.find(self.opener)
        if at < 0:
            keep = len(self.opener)
            self.feed(self._pending[:-keep])
            self._pending = self._pending[-keep:]
            return False
        self.feed(self._pending[: at + self.skip])
        self._pending = self._pending[at + self.skip :]
        self._tiling = tuple(self.stack) == self.inside and self.encoding in ("utf-8", "us-ascii")
        return True

    def _pieces(self) -> None:
        if not self._tiling:
            keep = len(self.opener)
            self.feed(self._pending[:-keep])
            self._pending = self._pending[-keep:]
            return
        end = self._pending.rfind(self.closer)
        if end < 0:
            self._tiling = len(self._pending) < 4 * _PIECE
            return
        end += len(self.closer)
        piece, self._pending = self._pending[:end], self._pending[end:]
        try:
            taken = self._take(piece.decode("utf-8"))
        except UnicodeDecodeError:
            taken = False
        if taken:
            self._misses = 0
            return
        self.feed(piece)
        self._misses += 1
        self._tiling = self._misses < _PATIENCE and tuple(self.stack) == self.inside


class SharedStrings(_Tiled):
    """sharedStrings.xml as one Arrow array."""

    opener, closer, inside = b"<si>", b"</si>", ("sst",)

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.strings = Strings(limits)
        self._parts: list[str] = []

    def _take(self, text: str) -> bool:
        found = _STRING.findall(text)
        if any(map(itemgetter(2), found)):
            return False
        values = [value for value, _, _ in found]
        if "&" in text:
            values = [html.unescape(value) if "&" in value else value for value in values]
        if "_x" in text:
            values = [unescape(value) for value in values]
        self.strings.extend(values)
        return True

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "rPh":
            self._parts.append(" ")  # how a name is pronounced: read, apart from the name

    def _chars(self, data: str) -> None:
        if self.stack[-1] == "t":
            self._parts.append(data)

    def _close(self, tag: str) -> None:
        if tag == "si":
            self.strings.extend([unescape("".join(self._parts))])
            self._parts.clear()


_OUTSIDE = {  # attributes of a sheet's settings that hold text
    "hyperlink": ("location", "display", "tooltip"),
    "dataValidation": ("prompt", "promptTitle", "error", "errorTitle"),
    "filter": ("val",),
    "customFilter": ("val",),
    "inputCells": ("val",),
    "scenario": ("name", "user", "comment"),
    "protectedRange": ("name",),
    "cfRule": ("text",),
    "webPublishItem": ("title", "destinationFile"),
    "oleObject": ("link",),
}
_HEADINGS = frozenset({"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"})


class SheetReader(_Tiled):
    """One worksheet: cells into `columns`; formulas with literals, headings and settings into `texts`."""

    opener, skip, closer = b"<sheetData>", 11, b"</row>"
    inside = ("worksheet", "sheetData")

    def __init__(
        self, limits: Limits, sheet: str, columns: SheetColumns, texts: PartTexts, formats: dict[str, Format]
    ) -> None:
        super().__init__(limits)
        self._sheet = sheet
        self._columns = columns
        self._texts = texts
        self._formats = formats
        self._literals: set[str] = set()
        self._row = 0
        self._place: tuple[str, int] = ("A", 0)
        self._style = self._kind = ""
        self._value: list[str] = []
        self._formula: list[str] = []
        self._loose: list[str] = []

    def _take(self, text: str) -> bool:
        found = _CELL.findall(text)
        if any(map(itemgetter(7), found)):
            return False
        references, escapes = "&" in text, "_x" in text
        columns, formats = self._columns, self._formats
        for (
            letters,
            row,
            style,
            kind,
            formula,
            value,
            inline,
            _,
        ) in found:  # a million times: no calls that can be spared
            if formula and ('"' in formula or "&" in formula):
                self._add_formula(letters, row, html.unescape(formula))
            if value:
                column = columns[letters]
                if kind == "s":
                    column.shared_rows.append(row)
                    column.indexes.append(value)
                    continue
                if not kind or kind == "n":
                    column.number_rows.append(row)
                    column.numbers.append(formats.get(style, number_text)(value))
                    continue
            elif inline:
                value = inline
            else:
                continue
            if references and "&" in value:
                value = html.unescape(value)
            if escapes:
                value = unescape(value)
            if kind == "inlineStr":
                column = columns[letters]
                column.text_rows.append(row)
                column.texts.append(value)
            else:
                _add_text(columns[letters], row, value, kind)
        if found:
            self._row = max(self._row, int(next((t[1] for t in reversed(found) if t[1]), "0")))
        return True

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "c":
            self._begin_cell(attrs)
        elif tag == "row":
            self._row = _row_number(attrs.get("r", ""), self._row + 1)
            self._place = ("", 0)
        elif tag in _OUTSIDE and self.stack[1:2] != ["sheetData"]:
            place = attrs.get("ref", "")
            label = f"hyperlinks {place}" if tag == "hyperlink" and _REFERENCE.match(place) else "settings"
            for name in _OUTSIDE[tag]:
                self._texts.add(f"{self._sheet}: {label}", attrs.get(name, ""))

    def _begin_cell(self, attrs: dict[str, str]) -> None:
        match = _REFERENCE.match(attrs.get("r", ""))
        if match:
            self._place = (match.group(1).upper(), int(match.group(2)))
        else:
            self._place = (letters_of(column_number(self._place[0]) + 1), self._row)
        self._style, self._kind = attrs.get("s", ""), attrs.get("t", "n")
        self._value.clear()
        self._formula.clear()

    def _chars(self, data: str) -> None:
        tag = self.stack[-1]
        if self.stack[1:2] == ["sheetData"]:
            if tag == "f":
                self._formula.append(data)
            elif tag in ("v", "t"):
                self._value.append(data)
            elif not data.isspace():
                self._loose.append(data)
        else:
            self._loose.append(data)

    def _close(self, tag: str) -> None:
        if tag == "c":
            self._end_cell()
        elif tag == "rPh":
            self._value.append(" ")
        elif self._loose:
            text = unescape("".join(self._loose))
            self._loose.clear()
            if tag in _HEADINGS:
                self._texts.add(f"{self._sheet}: header and footer", heading_text(text))
            elif not text.isspace() and not text.strip().isdigit():
                self._texts.add(f"{self._sheet}: settings", text)

    def _end_cell(self) -> None:
        letters, row = self._place
        value = "".join(self._value)
        if self._formula:
            self._add_formula(letters, str(row), "".join(self._formula))
        if not value:
            return
        column = self._columns[letters]
        if self._kind == "s":
            column.add_shared(str(row), value)
        elif self._kind == "n":
            column.add_number(str(row), self._formats.get(self._style, number_text)(value))
        else:
            _add_text(column, str(row), unescape(value), self._kind)

    def _add_formula(self, letters: str, row: str, formula: str) -> None:
        """Keeps what a formula says in quotes, once a sheet."""
        literals = "\n".join(literal for literal in _LITERAL.findall(formula) if not literal.isspace())
        if literals and literals not in self._literals:
            if len(self._literals) >= 1 << 14:
                self._literals.clear()
            self._literals.add(literals)
            self._texts.add(f"{self._sheet}: formula {letters}{row}", literals)


def _add_text(column: Column, row: str, value: str, kind: str) -> None:
    if kind == "b":
        column.add_number(row, {"0": "FALSE", "1": "TRUE"}.get(value, value))
    elif kind in ("d", "e"):  # an ISO date of a strict file, an error
        column.add_number(row, value)
    else:
        column.add_text(row, value)


def _row_number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else default


def letters_of(number: int) -> str:
    """The letters of a 1-based column.

    >>> letters_of(16384)
    'XFD'
    """
    letters = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
