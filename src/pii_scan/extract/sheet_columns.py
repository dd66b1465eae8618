"""Gathers the cells of a sheet by column, and gives them out as column batches with the numbers of their rows.

Sheets are sparse: a column costs what its filled cells cost. Shared strings stay in one Arrow array and are copied
column by column. Knows no XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.office_text import batch_of, cut
from pii_scan.model import ChunkBatch, ColumnOrigin, Limits

MAX_STRINGS_BYTES = 256 << 20
_BATCH_BYTES = 1 << 20
_COLUMN_CELLS = 1 << 15
_SHEET_CELLS = 1 << 16
_ROUNDS = 16
"""Pieces of a sheet (1 MiB of XML each) before all columns are given out."""
_DIGITS = re.compile(r"[0-9]{5}|@")
_HEADER_CHARS = 100

Ints = npt.NDArray[np.int64]


class Strings:
    """The shared strings of a workbook, and which of them some cell uses."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._chunks: list[pa.LargeStringArray] = []
        self._pending: list[str] = []
        self._pending_chars = 0
        self._bytes = 0
        self.array = pa.array([], pa.large_string())
        self.lengths: Ints = np.zeros(0, np.int64)
        self.used: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def extend(self, values: list[str]) -> None:
        """More strings, in order. Raises DocumentError (`limit`)."""
        self._pending += values
        self._pending_chars += sum(map(len, values))
        if len(self._pending) > 1 << 16 or self._pending_chars > 1 << 20:
            self._pack()

    def _pack(self) -> None:
        if self._pending:
            chunk = batch_of(self._pending, ColumnOrigin(1)).texts
            self._chunks.append(chunk)
            self._bytes += chunk.nbytes
        self._pending, self._pending_chars = [], 0
        if self._bytes > MAX_STRINGS_BYTES:
            raise DocumentError("limit", f"more than {MAX_STRINGS_BYTES} bytes of shared strings")

    def finish(self) -> None:
        """Makes `array`; to be called after the last string."""
        self._pack()
        if self._chunks:
            self.array = pa.concat_arrays(self._chunks)
            self._chunks = []
        self.lengths = _lengths(self.array)
        self.used = np.zeros(len(self.array), np.bool_)

    def unused(self) -> Iterator[str]:
        """Strings that no cell refers to: what was deleted may still be there."""
        for at in np.flatnonzero(~self.used).tolist():
            yield self.array[at].as_py()


class Column:
    """Cells of one column that were not given out yet; row numbers and indexes still as digits."""

    __slots__ = ("indexes", "number", "number_rows", "numbers", "shared_rows", "text_rows", "texts")

    def __init__(self, number: int) -> None:
        self.number = number
        self.clear()

    def clear(self) -> None:
        """Forgets the cells."""
        self.shared_rows: list[str] = []
        self.indexes: list[str] = []
        self.text_rows: list[str] = []
        self.texts: list[str] = []
        self.number_rows: list[str] = []
        self.numbers: list[str] = []

    def __len__(self) -> int:
        return len(self.indexes) + len(self.texts) + len(self.numbers)

    def add_shared(self, row: str, index: str) -> None:
        """A cell that holds a shared string."""
        self.shared_rows.append(row)
        self.indexes.append(index)

    def add_text(self, row: str, text: str) -> None:
        """A cell that holds a text of its own."""
        self.text_rows.append(row)
        self.texts.append(text)

    def add_number(self, row: str, text: str) -> None:
        """A cell that holds a number, a date, a truth value or an error, as it is shown."""
        self.number_rows.append(row)
        self.numbers.append(text)

    def top_rows(self) -> set[int]:
        """The first rows that have a cell here, two of them among others."""
        return {int(row) for rows in (self.shared_rows, self.text_rows, self.number_rows) for row in rows[:2]}


class SheetColumns(dict[str, Column]):
    """The columns of one sheet by their letters."""

    def __init__(self, sheet: str, strings: Strings, limits: Limits) -> None:
        super().__init__()
        self.dangling = 0
        """Cells that refer to a shared string that is not there."""
        self._sheet = sheet
        self._strings = strings
        self._limits = limits
        self._rounds = 0
        self._bytes = 0
        self._header_row = -1
        self._headers: dict[str, str] = {}

    def __missing__(self, letters: str) -> Column:
        column = self[letters] = Column(column_number(letters))
        return column

    def ready(self) -> Iterator[ChunkBatch]:
        """Columns that are full; all columns where the sheet holds much."""
        self._rounds += 1
        if self._rounds >= _ROUNDS or sum(map(len, self.values())) >= _SHEET_CELLS:
            yield from self.rest()
            return
        for letters, column in self.items():
            if len(column) >= _COLUMN_CELLS:
                yield from self._batches(letters, column)

    def rest(self) -> Iterator[ChunkBatch]:
        """What is left of every column."""
        self._rounds = 0
        for letters, column in self.items():
            if len(column):
                yield from self._batches(letters, column)

    def _batches(self, letters: str, column: Column) -> Iterator[ChunkBatch]:
        if self._header_row < 0:
            self._find_header()
        rows, index, plain = self._arrays(column)
        column.clear()
        if not len(rows):
            return
        order = np.argsort(rows, kind="stable")
        ends = np.cumsum(np.concatenate([self._strings.lengths[index], _lengths(plain)])[order])
        self._bytes += int(ends[-1])
        if self._bytes > self._limits.max_member_bytes:
            raise DocumentError("limit", f"a sheet expands to more than {self._limits.max_member_bytes} bytes")
        cuts = np.searchsorted(ends, np.arange(_BATCH_BYTES, int(ends[-1]), _BATCH_BYTES), side="left") + 1
        first_data = np.searchsorted(rows[order], self._header_row, side="right")
        bounds = np.unique(np.concatenate([[0, first_data, len(order)], cuts]))
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            chosen = order[start:end]
            header = self._headers.get(letters, "") if start >= first_data else ""
            yield self._batch(column.number, header, rows[chosen], self._texts(chosen, index, plain))

    def _arrays(self, column: Column) -> tuple[Ints, Ints, pa.LargeStringArray]:
        """Rows of all cells, those with shared strings first; the indexes of those; the texts of the others."""
        index = _integers(column.indexes)
        shared_rows = _integers(column.shared_rows)
        known = (index >= 0) & (index < len(self._strings.array))
        if not known.all():
            self.dangling += int(np.count_nonzero(~known))
            index, shared_rows = index[known], shared_rows[known]
        self._strings.used[index] = True
        plain_rows = _integers(column.text_rows + column.number_rows)
        plain = batch_of(column.texts + column.numbers, ColumnOrigin(1)).texts
        return np.concatenate([shared_rows, plain_rows]), index, plain

    def _texts(self, chosen: Ints, index: Ints, plain: pa.LargeStringArray) -> pa.LargeStringArray:
        """The cells at the positions `chosen` of shared and plain cells laid end to end."""
        shared = chosen < len(index)
        if shared.all():
            return self._strings.array.take(pa.array(index[chosen]))
        if not shared.any():
            return plain.take(pa.array(chosen - len(index)))
        parts = [
            self._strings.array.take(pa.array(index[chosen[shared]])),
            plain.take(pa.array(chosen[~shared] - len(index))),
        ]
        place = np.argsort(np.concatenate([np.flatnonzero(shared), np.flatnonzero(~shared)]))
        return pa.concat_arrays(parts).take(pa.array(place))

    def _batch(self, number: int, header: str, rows: Ints, texts: pa.LargeStringArray) -> ChunkBatch:
        if int(_lengths(texts).max()) > self._limits.max_value_bytes:
            pieces = [cut(text, self._limits) for text in texts.to_pylist()]
            rows = np.repeat(rows, [len(each) for each in pieces])
            texts = pa.array([piece for each in pieces for piece in each], pa.large_string())
        headers = tuple(self._headers.values())
        return ChunkBatch(texts, ColumnOrigin(number, header, self._sheet, int(rows[0]), rows, headers))

    def _find_header(self) -> None:
        """Takes the first row that is not empty as header if it looks like one; below a title in one cell, the next."""
        rows = sorted(set().union(*(column.top_rows() for column in self.values())))[:2]
        self._header_row = 0
        headers = self._headers_in(rows[0])
        if len(headers) == 1 and len(rows) > 1:
            below = self._headers_in(rows[1])
            if len(below) > 1:
                self._header_row, self._headers = rows[1], below
                return
        if headers:
            self._header_row, self._headers = rows[0], headers

    def _headers_in(self, row: int) -> dict[str, str]:
        """The texts of one of the top rows; none unless all its cells look like headers."""
        found = {}
        for letters, column in self.items():
            if row in map(int, column.number_rows[:2]):
                return {}
            texts = [t for r, t in zip(column.text_rows[:2], column.texts, strict=False) if int(r) == row]
            for at, index in zip(column.shared_rows[:2], _integers(column.indexes[:2]).tolist(), strict=False):
                if int(at) == row and 0 <= index < len(self._strings.array):
                    texts.append(self._strings.array[index].as_py())
            for text in texts:
                if len(text) > _HEADER_CHARS or _DIGITS.search(text):
                    return {}
                found[letters] = " ".join(text.split())
        return found


def _lengths(texts: pa.LargeStringArray) -> Ints:
    """UTF-8 bytes of each text."""
    if not len(texts):
        return np.zeros(0, np.int64)
    offsets = np.frombuffer(texts.buffers()[1], np.int64)
    return np.diff(offsets[texts.offset : texts.offset + len(texts) + 1])


def _integers(digits: list[str]) -> Ints:
    """The numbers; -1 for what is none."""
    try:
        return np.array(list(map(int, digits)), np.int64)
    except (ValueError, OverflowError):
        return np.array([int(d) if d.isdecimal() and len(d) < 18 else -1 for d in digits], np.int64)


def column_number(letters: str) -> int:
    """The 1-based number of a column; 0 for no letters.

    >>> column_number("A"), column_number("XFD"), column_number("")
    (1, 16384, 0)
    """
    number = 0
    for char in letters:
        number = number * 26 + ord(char) - 64
    return number
