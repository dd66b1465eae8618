"""Tables of databases that are files, SQLite and DuckDB: read by ranges of the row id, from this process alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from pii_scan.model import LargeValue, Need, ProblemCode, Sampled, Slice, TableColumn, TableRows
from pii_scan.sources.sql.tables import Options

_PIECE = 1 << 20
_SPREAD = 64

Piece = TableRows | LargeValue | tuple[ProblemCode, str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and how it is asked for."""

    seen: TableColumn
    expression: str
    large: str
    """SQL: whether the value is too large for a batch; empty where it never is."""
    piece: str
    """SQL that gives one piece of a large value, with `?` for where it begins (from 1) and how long it is."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table as its schema has it."""

    relation: str
    columns: tuple[Column, ...]
    key: tuple[int, ...]
    row_id: str
    """What SQL calls the number of a row; empty where there is none."""
    bounds: tuple[int, int] | None
    """The lowest and the highest of these numbers; None where there is no row, or no number."""
    rows: int | None
    """An estimate."""
    size: int
    """Bytes, an estimate."""
    remarks: tuple[tuple[str, str], ...]


class Reader(Protocol):
    """A connection."""

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The answer. Raises DocumentError."""
        ...

    def value(self, sql: str, values: Sequence[Any]) -> Any:
        """The first value of the answer, None without any. Raises DocumentError."""
        ...


class EmbeddedTable:
    """One open table or view."""

    def __init__(self, reader: Reader, table: Table, options: Options) -> None:
        self._reader = reader
        self._table = table
        self._options = options
        self._row = 1
        self._large: list[tuple[int, int]] = []
        self._unwanted: set[int] = set()
        self.columns: Sequence[TableColumn] = [column.seen for column in table.columns]
        self.key: Sequence[int] = table.key
        self.remarks: Sequence[tuple[str, str]] = table.remarks
        self.sampled: Sampled | None = None

    def spare(self, needs: Mapping[int, Need]) -> None:
        """As `DatabaseTable.spare`."""
        self._unwanted = {number for number, need in needs.items() if need is Need.NOTHING}

    def plan(self, slice_bytes: int) -> list[Slice]:
        """Slices of even ranges of the row id."""
        table = self._table
        if table.bounds is None or table.size <= 2 * slice_bytes or self._options.sample:
            return []
        low, high = table.bounds
        count = min(-(-table.size // slice_bytes), high - low + 1)
        cuts = [low + (high - low + 1) * number // count for number in range(count + 1)]
        sizes = [table.size * number // count for number in range(count + 1)]
        return [
            Slice(start, end, first - low + 1, "", json.dumps({"keys": [first, until]}))
            for start, end, first, until in zip(sizes[:-1], sizes[1:], cuts[:-1], cuts[1:], strict=True)
        ] if count > 1 else []  # fmt: skip

    def read(self, part: Slice | None) -> Iterator[Piece]:
        """The rows in the order of the row id, or as the database gives them. Raises DocumentError."""
        if not self._table.columns:
            return
        if self._options.sample:
            yield from self._sample()
        elif part is None:
            yield from self._range("", 0)
        else:
            first, until = json.loads(part.layout)["keys"]
            self._row = part.first_row
            yield from self._range(self._between(first, until), 0)
        yield from self._large_values()

    def _between(self, first: int, until: int) -> str:
        name = self._table.row_id
        return f"WHERE {name} >= {first} AND {name} < {until}"

    def _range(self, condition: str, most: int) -> Iterator[Piece]:
        table = self._table
        asked = [
            "NULL"
            if number in self._unwanted
            else f"CASE WHEN {column.large} THEN NULL ELSE {column.expression} END"
            if column.large
            else column.expression
            for number, column in enumerate(table.columns)
        ]
        large = [f"({column.large})" for column in table.columns if column.large]
        if large:
            asked.append(f"CASE WHEN {' OR '.join(large)} THEN {table.row_id or '-1'} END")
        order = f"ORDER BY {table.row_id}" if table.row_id else ""
        limit = f"LIMIT {most}" if most else ""
        width = len(table.columns)
        for batch in self._reader.batches(
            f"SELECT {', '.join(asked)} FROM {table.relation} {condition} {order} {limit}"
        ):
            if not batch.num_rows:
                continue
            yield TableRows(batch.select(range(width)), self._row)
            if large:
                numbers = batch.column(width).to_pylist()
                self._large += [(self._row + i, int(number)) for i, number in enumerate(numbers) if number is not None]
            self._row += batch.num_rows

    def _large_values(self) -> Iterator[Piece]:
        table = self._table
        if self._large and not table.row_id:
            limit = self._options.max_value_bytes
            yield ProblemCode.LIMIT, f"{len(self._large)} rows without a number have values of more than {limit} bytes"
            return
        where = f"FROM {table.relation} WHERE {table.row_id} = ?"
        for row, number in self._large:
            for index, column in enumerate(table.columns):
                if column.large and self._reader.value(f"SELECT {column.large} {where}", (number,)):
                    first = self._reader.value(f"SELECT {column.piece} {where}", (1, 1, number))
                    yield LargeValue(row, index, self._pieces(column, where, number), isinstance(first, str))

    def _pieces(self, column: Column, where: str, number: int) -> Iterator[bytes]:
        start = 1
        while piece := self._reader.value(f"SELECT {column.piece} {where}", (start, _PIECE, number)):
            yield piece.encode("utf-8", "replace") if isinstance(piece, str) else bytes(piece)
            start += _PIECE

    def _sample(self) -> Iterator[Piece]:
        """Rows from places spread over the table, or the first where its rows have no numbers."""
        table, wanted = self._table, self._options.sample
        if table.bounds is None:
            yield from self._range("", wanted)
            read = self._row - 1
            self.sampled = Sampled(read, table.rows, False) if read >= wanted else None
            return
        low, high = table.bounds
        if high - low < wanted:
            yield from self._range("", 0)
            return
        width = -(-(high - low + 1) // _SPREAD)
        for first in range(low, high + 1, width):
            yield from self._range(self._between(first, first + width), -(-wanted // _SPREAD))
        self.sampled = Sampled(self._row - 1, max(table.rows or 0, self._row - 1), True)
