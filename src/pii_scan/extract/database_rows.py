"""Rows of one SQLite table as cells by column: in batches, tolerant of bad text, past damaged pages.

Opens no database. Row numbers count the rows read, in the order of the table; a rowid can be somebody's number and is
never shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import length_hint
from typing import Any

import numpy as np
import pyarrow as pa

from pii_scan.extract import charset
from pii_scan.extract.arrow_text import PIECE_BYTES, plain
from pii_scan.extract.cell_batches import CELL_TYPES, Cells, Column, Piece
from pii_scan.extract.limits import PIECE, Spool
from pii_scan.extract.media_type import identify
from pii_scan.extract.text import read_head, text_batches
from pii_scan.model import Document, DocumentRef, Limits

_BATCH_ROWS = 8192
_CHUNK_ROWS = 32
_MAX_JUMPS = 64
_MAX_ROWID = 2**63 - 1
_TOO_BIG = "too big"


@dataclass(frozen=True, slots=True)
class Table:
    """One table as the schema has it."""

    number: int
    """1-based, in the order of the schema."""
    name: str
    columns: tuple[str, ...]
    key: str = ""
    """A name for the rowid; empty where the table has none."""


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class TableReader:
    """Reads one table."""

    def __init__(
        self, connection: sqlite3.Connection, table: Table, ref: DocumentRef, limits: Limits, max_rows: int
    ) -> None:
        """`max_rows`: more than the file can hold."""
        self._connection = connection
        self._table = table
        self._ref = ref
        self._limits = limits
        self._max_rows = max_rows
        self._cells = Cells(ref, limits)
        self._columns = [Column(i, name, table.name) for i, name in enumerate(table.columns, 1)]
        self._row = 1
        self._last = -_MAX_ROWID - 1
        """The rowid of the last row read."""
        self._errors: list[sqlite3.Error] = []
        self._oversized: list[tuple[int, int]] = []
        """Rowid and row number of rows that are read a value at a time."""

    def pieces(self) -> Iterator[Piece]:
        """All cells of the table. Raises sqlite3.Error, the first there was, when all that can be read was read."""
        self._connection.text_factory = str
        ended = yield from self._forward()
        step = 0
        while not ended and self._table.key and step < 63 and len(self._errors) < _MAX_JUMPS:
            before, row = self._last, self._row
            self._last = min(self._last + (1 << step), _MAX_ROWID)  # further each time, until a sound page comes
            ended = yield from self._forward()
            step = 0 if self._row > row else step + 1
            self._last = max(self._last, before) if self._row > row else before
        for rowid, number in self._oversized:
            yield from self._large(rowid, number)
        yield from self._cells.problems()
        if self._errors:
            raise self._errors[0]

    def _query(self) -> str:
        names = [quoted(name) for name in self._table.columns]
        name = quoted(self._table.name)
        if not self._table.key:
            return f"SELECT {', '.join(names)} FROM {name} LIMIT -1 OFFSET {self._row - 1}"
        key = self._table.key
        return f"SELECT {', '.join([key, *names])} FROM {name} WHERE {key} > {self._last} ORDER BY {key}"

    def _forward(self) -> Generator[Piece, None, bool]:
        """Rows after the last one; returns whether the end of the table was reached. Rows with a value that is too
        large are put by.
        """
        while self._last < _MAX_ROWID:
            failure: sqlite3.Error | None = None
            chunk: list[Sequence[Any]] = []
            size = 0
            try:
                for row in self._connection.execute(self._query()):
                    chunk.append(row)
                    if len(chunk) % _CHUNK_ROWS:
                        continue
                    size += sum(map(length_hint, chain.from_iterable(chunk[-_CHUNK_ROWS:])))  # 0 for numbers
                    if size >= PIECE_BYTES or len(chunk) >= _BATCH_ROWS:
                        yield from self._batch(chunk)
                        chunk, size = [], 0
            except sqlite3.Error as error:
                failure = error
            try:
                yield from self._batch(chunk)
            except sqlite3.Error as error:
                failure = error
            if failure is None:
                return True
            if not self._mended(str(failure)):
                self._errors.append(failure)
                return False
        return True

    def _mended(self, said: str) -> bool:
        """Whether reading can go on at once after a failure that is one of a single value."""
        if said.startswith("Could not decode") and self._connection.text_factory is str:
            self._connection.text_factory = _repaired
            return True
        if _TOO_BIG in said and self._table.key:
            following = self._next_rowid()
            if following is not None and following > self._last:
                self._oversized.append((following, self._row))
                self._last, self._row = following, self._row + 1
                return True
        return False

    def _next_rowid(self) -> int | None:
        key, name = self._table.key, quoted(self._table.name)
        query = f"SELECT {key} FROM {name} WHERE {key} > {self._last} ORDER BY {key} LIMIT 1"
        try:
            found = self._connection.execute(query).fetchone()
        except sqlite3.Error:
            return None
        return None if found is None else int(found[0])

    def _batch(self, rows: list[Sequence[Any]]) -> Iterator[Piece]:
        """The columns of some rows. Raises sqlite3.DatabaseError where a damaged tree gives rows again and again."""
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        if self._table.key:
            rowids = columns.pop(0)
            if any(after <= before for before, after in zip((self._last, *rowids), rowids, strict=False)):
                raise sqlite3.DatabaseError("rows out of order")
            self._last = int(rowids[-1])
        numbers = np.arange(self._row, self._row + len(rows), dtype=np.int64)
        self._row += len(rows)
        if self._row > self._max_rows:
            raise sqlite3.DatabaseError("more rows than there is room for")
        for column, values in zip(self._columns, columns, strict=True):
            yield from column_pieces(self._cells, column, values, numbers)

    def _large(self, rowid: int, number: int) -> Iterator[Piece]:
        """The values of a row of which one is too large to be held."""
        name, key = quoted(self._table.name), self._table.key
        for column in self._columns:
            query = f"SELECT {quoted(column.header)} FROM {name} WHERE {key} = ?"
            try:
                row = self._connection.execute(query, (rowid,)).fetchone()
            except sqlite3.Error as error:
                if _TOO_BIG not in str(error):
                    raise
                yield from self._streamed(column, rowid, number)
                continue
            if row is not None:
                yield from column_pieces(self._cells, column, row, np.array([number], np.int64))

    def _streamed(self, column: Column, rowid: int, number: int) -> Iterator[Piece]:
        """A value that is read a piece at a time."""
        store = Spool(self._limits.spool_bytes)
        try:
            with self._connection.blobopen(column.sheet, column.header, rowid, readonly=True) as blob:
                while data := blob.read(PIECE):
                    store.write(data)
        except BaseException:
            store.close()
            raise
        content = store.finish()
        path = f"{column.sheet}/rows/{number}/{column.header}"
        ref = self._ref.member(path, store.size)
        if identify(Document(ref, content)) not in CELL_TYPES:
            yield Document(ref, content)
            return
        head = read_head(content)
        with content:
            part = f"{column.sheet}, {column.header}, row {number}"
            yield from text_batches(content, charset.detect(head), part=part, limits=self._limits)


def _repaired(raw: bytes) -> str:
    return charset.to_utf8(raw, "utf-8").decode()


def column_pieces(cells: Cells, column: Column, values: Sequence[Any], rows: Any) -> Iterator[Piece]:
    """The cells of a column of values of any storage class: None, int, float, str, bytes."""
    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return
    if bytes in kinds:
        binary = [value if type(value) is bytes else None for value in values]
        yield from cells.values(column, binary, rows)
        kinds.remove(bytes)
        values = [None if type(value) is bytes else value for value in values]
    if len(kinds) > 1:
        values = [value if value is None or type(value) is str else number_text(value) for value in values]
        kinds = {str}
    for kind in kinds:
        typed = pa.large_string() if kind is str else pa.float64() if kind is float else pa.int64()
        for start, array in plain(pa.array(values, typed)):
            yield from cells.array(column, array, rows[start : start + len(array)])


def number_text(value: float) -> str:
    """A number as `arrow_text.plain` writes it.

    >>> number_text(11837533335.0), number_text(1.5), number_text(7)
    ('11837533335', '1.5', '7')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2.0**63:
        return str(int(value))
    return str(value)
