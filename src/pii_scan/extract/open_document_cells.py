"""Cells of OpenDocument spreadsheets: what each shows and where it stands (ISO/IEC 26300-1, 9.1 and 19.385).

Numbers come whole, dates as ISO dates. Repeated rows and columns move the place and are not expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_scan.extract.cell_formats import number_text
from pii_scan.extract.sheet_cells import letters_of
from pii_scan.extract.sheet_columns import SheetColumns, Strings
from pii_scan.model import Limits

_LITERAL = re.compile(r'"((?:[^"]|"")+)"')
_MAX_PLACE = 1 << 40
_MAX_LITERALS = 1 << 14


class Cell:
    """One cell while it is read."""

    __slots__ = ("formula", "kind", "repeated", "texts", "value")

    def __init__(self, attrs: dict[str, str]) -> None:
        own = {key.rpartition(":")[2]: value for key, value in attrs.items()}
        self.kind = own.get("value-type", "")
        named = {"date": "date-value", "time": "time-value", "boolean": "boolean-value", "string": "string-value"}
        self.value = own.get(named.get(self.kind, "value"), "")
        self.formula = own.get("formula", "")
        self.repeated = _count(own.get("number-columns-repeated", ""))
        self.texts: list[str] = []

    def shown(self) -> tuple[str, bool]:
        """The text of the cell, and whether it is a text rather than a number or a date."""
        text = "\n".join(self.texts)
        if self.kind == "date" and self.value:
            return self.value.removesuffix("T00:00:00"), False
        if self.kind in ("float", "percentage", "currency") and self.value:
            plain = number_text(self.value)
            digits = re.sub(r"[ .()+/-]", "", text)
            masked = plain.isdigit() and digits.isdigit() and digits.startswith("0") and int(digits) == int(plain)
            return (text if masked else plain), False
        if self.kind in ("time", "boolean"):
            return text or self.value, False
        return text if text.strip() else self.value, True


class Sheet:
    """The cells of one sheet, by column."""

    def __init__(self, name: str, limits: Limits) -> None:
        strings = Strings(limits)
        strings.finish()
        self.name = name
        self.columns = SheetColumns(name, strings, limits)
        self._row = self._column = 1
        self._rows_repeated = 1
        self._literals: set[str] = set()

    def place(self) -> str:
        """The place of the cell that is being read, as `B3`."""
        return f"{letters_of(self._column)}{self._row}"

    def begin_row(self, repeated: str) -> None:
        """A row that stands for `repeated` equal ones."""
        self._column = 1
        self._rows_repeated = _count(repeated)

    def end_row(self) -> None:
        """The next row follows."""
        self._row = min(self._row + self._rows_repeated, _MAX_PLACE)

    def end_cell(self, cell: Cell) -> Iterator[tuple[str, str]]:
        """Takes a cell; gives what its formula says in quotes, with the name of its part."""
        text, is_text = cell.shown()
        if text:
            column = self.columns[letters_of(self._column)]
            (column.add_text if is_text else column.add_number)(str(self._row), text)
        if '"' in cell.formula:
            literals = "\n".join(found for found in _LITERAL.findall(cell.formula) if not found.isspace())
            if literals and literals not in self._literals:
                if len(self._literals) < _MAX_LITERALS:
                    self._literals.add(literals)
                yield f"{self.name}: formula {self.place()}", literals
        self._column = min(self._column + cell.repeated, _MAX_PLACE)


def _count(text: str) -> int:
    """How often a row or column is repeated."""
    return max(int(text), 1) if text.isdecimal() and len(text) < 10 else 1
