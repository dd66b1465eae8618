"""Planted values and the ledger of where each of them lies.

Text is written with marks around every planted value; the ledger takes the marks out and notes the place. So the truth
cannot drift from the files. Nothing here writes a file or invents a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"  # private use: they occur in no text, and JSON and XML keep them
_MARK = re.compile(f"{_OPEN}([A-Z_]+)([?]?){_MIDDLE}([^{_CLOSE}]*){_CLOSE}")

TRUTH_COLUMNS = (
    "document",
    "kind",
    "line",
    "column_number",
    "header",
    "sheet",
    "page",
    "part",
    "row",
    "entity_type",
    "value",
    "synthetic",
    "optional",
)
"""Columns of the truth, in order. `optional`: the rules let a scanner leave this one out."""


class Numeric(str):
    """A cell that a spreadsheet stores as a number, so that leading zeros are lost."""

    __slots__ = ()


Cell = str | int | float
Table = list[list[Cell]]


def mark(entity_type: str, value: str, *, optional: bool = False) -> str:
    """The value with its mark.

    >>> plain(mark("EMAIL_ADDRESS", "a@example.no"))
    'a@example.no'
    """
    return f"{_OPEN}{entity_type}{'?' if optional else ''}{_MIDDLE}{value}{_CLOSE}"


def plain(text: str) -> str:
    """The text without marks."""
    return _MARK.sub(lambda found: found[3], text)


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted value, and where it starts in the plain text."""

    entity_type: str
    value: str
    offset: int
    """Code points before the value."""
    optional: bool


def planted(text: str) -> list[Planted]:
    """Every marked value of a text, in order.

    >>> [(p.value, p.offset) for p in planted("tlf. " + mark("PHONE_NUMBER", "68 05 12 34"))]
    [('68 05 12 34', 5)]
    """
    found, removed = [], 0
    for match in _MARK.finditer(text):
        found.append(Planted(match[1], match[3], match.start() - removed, match[2] == "?"))
        removed += len(match[0]) - len(match[3])
    return found


@dataclass(slots=True)
class Ledger:
    """Collects the truth: one row for every occurrence of a planted value."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def text(self, document: str, marked: str, *, part: str = "", columns: bool = True) -> str:
        """Notes the values of a text by line and code point, and returns the plain text.

        `columns=False` leaves the column out, where it depends on how a reader joins table cells.
        """
        clean = plain(marked)
        for value in planted(marked):
            line_start = clean.rfind("\n", 0, value.offset) + 1
            place: dict[str, object] = {"line": clean.count("\n", 0, value.offset) + 1, "part": part}
            if columns:
                place["column_number"] = value.offset - line_start + 1
            self._add(document, "text", value, place)
        return clean

    def table(self, document: str, rows: Table, *, sheet: str = "", first: int = 1) -> Table:
        """Notes the values of a table whose first row is the header, and returns the plain rows.

        `first`: number of the header row; 0 where the names of the columns are no row, as in databases.
        """
        header = [plain(str(cell)) for cell in rows[0]]
        clean: Table = []
        for number, row in enumerate(rows, start=first):
            for position, cell in enumerate(row, start=1):
                if isinstance(cell, str):
                    place = {"row": number, "column_number": position, "header": header[position - 1], "sheet": sheet}
                    for value in planted(cell):
                        self._add(document, "cell", value, place)
            clean.append([_plain_cell(cell) for cell in row])
        return clean

    def page(self, document: str, number: int, marked: str) -> str:
        """Notes the values of a page or slide, and returns the plain text."""
        for value in planted(marked):
            self._add(document, "page", value, {"page": number})
        return plain(marked)

    def part(self, document: str, name: str, marked: str) -> str:
        """Notes the values of a header, a property or slide notes, and returns the plain text."""
        for value in planted(marked):
            self._add(document, "part", value, {"part": name})
        return plain(marked)

    def _add(self, document: str, kind: str, value: Planted, place: dict[str, object]) -> None:
        row: dict[str, object] = dict.fromkeys(TRUTH_COLUMNS, "")
        row.update(place)
        row.update(document=document, kind=kind, entity_type=value.entity_type, value=value.value)
        row.update(synthetic=is_test_series(value.entity_type, value.value), optional=value.optional)
        self.rows.append(row)


def is_test_series(entity_type: str, value: str) -> bool:
    """Whether a value is of a series kept for tests.

    Skatteetaten's persons (month + 80), organisation numbers of Test-Norge (first digit 2 or 3), Nkom's telephone
    numbers for film and television (68 05 00 00 to 68 05 99 99), the payment providers' published cards.

    >>> is_test_series("NO_FODSELSNUMMER", "158880 10030"), is_test_series("PHONE_NUMBER", "+47 68 05 12 34")
    (True, True)
    """
    digits = "".join(char for char in value if char.isdigit())
    if entity_type in {"NO_FODSELSNUMMER", "NO_D_NUMMER"}:
        return int(digits[2:4]) > 80
    if entity_type == "NO_ORGANISASJONSNUMMER":
        return digits[0] in "23"
    if entity_type == "PHONE_NUMBER":
        return digits[-8:].startswith("6805")
    return entity_type == "CREDIT_CARD"


def lines(texts: Sequence[str]) -> str:
    """Joins lines, each ended."""
    return "".join(f"{text}\n" for text in texts)


def _plain_cell(cell: Cell) -> Cell:
    if isinstance(cell, Numeric):
        return Numeric(plain(cell))
    return plain(cell) if isinstance(cell, str) else cell
