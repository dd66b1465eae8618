"""MariaDB and MySQL: tables read by ranges of their primary key, those without one from first to last."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DatabaseTable, LargeValue, Need, ProblemCode, Sampled, Slice, TableColumn, TableRows
from pii_scan.sources.sql import mysql_ranges as ranges
from pii_scan.sources.sql.mysql_columns import WHOLE, Column, column_of, quoted, ranged
from pii_scan.sources.sql.mysql_session import Session
from pii_scan.sources.sql.names import TableName
from pii_scan.sources.sql.tables import CHUNK_BYTES, ConnectionLost, Listed, Options, Retrying
from pii_scan.sources.sql.url import DatabaseUrl

_TABLES = """
SELECT table_schema, table_name, table_type, COALESCE(data_length, 0), COALESCE(table_rows, 0),
       COALESCE(avg_row_length, 0), COALESCE(table_comment, '')
FROM information_schema.tables
WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
  AND table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
"""
_COLUMNS = """
SELECT column_name, data_type, column_type, column_comment, privileges, COALESCE(numeric_scale, 0),
       COALESCE(character_set_name, '')
FROM information_schema.columns WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position
"""
_KEY = """
SELECT column_name, sub_part FROM information_schema.statistics
WHERE table_schema = %s AND table_name = %s AND index_name = 'PRIMARY' ORDER BY seq_in_index
"""
_CHECKS = """
SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = %s AND table_name = %s
"""
_JSON_CHECK = re.compile(r"json_valid\(`((?:[^`]|``)*)`\)", re.IGNORECASE)
_UNSEEN = (ProblemCode.PERMISSION, "the user's rights do not cover all of it; tables without any are not shown")
_PIECE = 1 << 20
_MOST_ROWS = 1 << 15
_ATTEMPTS = 3
"""To get any row at all from a server that answers other questions."""
_SPREAD = 64
"""Places in a table from which rows of a sample are taken."""

Piece = TableRows | LargeValue | tuple[ProblemCode, str]


@dataclass(frozen=True, slots=True)
class _Table:
    name: TableName
    is_view: bool
    size: int
    rows: int
    row_bytes: int
    comment: str
    columns: tuple[Column, ...]
    key: tuple[int, ...]
    number: str
    """The only column of the key, where that is a whole number; else empty."""
    ranged: ranges.Column | None
    """The first column of any other key, where tables can be cut by it."""
    unreadable: int

    @property
    def relation(self) -> str:
        return f"{quoted(self.name.schema)}.{quoted(self.name.name)}"


class MySQL:
    """One server, or one database of it."""

    def __init__(self, url: DatabaseUrl, options: Options) -> None:
        self._session = Session(url, options)
        self._database = url.database
        self._options = options
        self._retrying = Retrying(options.patience_seconds)

    def hold(self) -> str:
        """Nothing: these servers share no snapshot. Raises TargetError where there is no server to be had."""
        try:
            self._session.rows("SELECT 1")
        except ConnectionLost:
            raise TargetError(
                "the MySQL or MariaDB server does not answer", "see that host and port are right"
            ) from None
        except DocumentError as error:
            raise TargetError(f"the MySQL or MariaDB database cannot be opened: {error.detail}") from None
        return ""

    def listing(self) -> list[Listed]:
        """As `Database.listing`. The server shows no table to which the user has no right: that is said."""
        condition, values = (" AND table_schema = %s", (self._database,)) if self._database else ("", ())
        rows = self._session.rows(_TABLES + condition, values)
        whole = self._session.may_read(self._database)
        self._session.close()
        found = [] if whole else [Listed(TableName(self._database or "*", "*"), None, _UNSEEN)]
        found += [
            Listed(TableName(schema, name), None if kind == "VIEW" else int(size))
            for schema, name, kind, size, *_ in rows
        ]
        return sorted(found, key=lambda table: [piece.encode("utf-8", "replace") for piece in table.name])

    @contextmanager
    def table(self, name: TableName) -> Iterator[DatabaseTable]:
        """As `Database.table`."""
        try:
            found = self._retrying(lambda: self._describe(name))
            yield MySQLTable(self._session, found, self._options, self._retrying)
        except ConnectionLost:
            raise DocumentError("vanished", "the server is gone, and did not come back") from None
        finally:
            self._session.close()

    def close(self) -> None:
        """As `Database.close`."""
        self._session.close()

    def _describe(self, name: TableName) -> _Table:
        session = self._session
        found = session.rows(f"{_TABLES} AND table_schema = %s AND table_name = %s", tuple(name))
        if not found:
            raise DocumentError("vanished", "it is no longer there")
        _, _, kind, size, rows, row_bytes, comment = found[0]
        checked: set[str] = set()
        try:
            clauses = session.rows(_CHECKS, tuple(name)) if session.is_mariadb else []
        except DocumentError:
            clauses = []
        for (clause,) in clauses:
            checked.update(column.replace("``", "`") for column in _JSON_CHECK.findall(clause))
        described = session.rows(_COLUMNS, tuple(name))
        if not described:  # a view of something that is gone
            raise DocumentError("corrupt", "the server fails to describe it")
        columns = [row for row in described if "select" in str(row[4]).lower()]
        names = [row[0] for row in columns]
        parts = session.rows(_KEY, tuple(name))
        key = [row[0] for row in parts]
        known = tuple(names.index(column) for column in key) if set(key) <= set(names) else ()
        single = len(known) == 1 and columns[known[0]][1] in WHOLE
        by_range = ranged(columns[known[0]]) if known and not single and parts[0][1] is None else None
        limit = self._options.max_value_bytes
        is_view = kind == "VIEW"
        return _Table(
            name, is_view, int(size), int(rows), int(row_bytes), "" if is_view else comment,
            tuple(column_of(row, row[0] in checked, limit) for row in columns), known, key[0] if single else "",
            by_range, len(described) - len(columns),
        )  # fmt: skip


class MySQLTable:
    """One open table or view."""

    def __init__(self, session: Session, table: _Table, options: Options, retrying: Retrying) -> None:
        self._session = session
        self._table = table
        self._options = options
        self._retrying = retrying
        self._row = 1
        self._large: list[tuple[int, tuple[Any, ...]]] = []
        self._unwanted: set[int] = set()
        self.columns: Sequence[TableColumn] = [column.seen for column in table.columns]
        self.key: Sequence[int] = table.key
        self.remarks: Sequence[tuple[str, str]] = [
            *([("comment of the table", table.comment)] if table.comment else ()),
            *((f"comment of column {column.name}", column.comment) for column in self.columns if column.comment),
        ]
        self.sampled: Sampled | None = None
        self._later = False
        self._within: Sequence[str | None] = (None, None)
        """The range of `_Table.ranged`, as SQL, that is read: from the first, and before the second."""

    def spare(self, needs: Mapping[int, Need]) -> None:
        """As `DatabaseTable.spare`."""
        self._unwanted = {number for number, need in needs.items() if need is Need.NOTHING}

    def plan(self, slice_bytes: int) -> list[Slice]:
        """Slices of even ranges of the key, or of the first column of a key that is no number."""
        table = self._table
        if table.size <= 2 * slice_bytes or self._asked():
            return []
        if table.ranged is not None:
            return self._ranges(table.ranged, -(-table.size // slice_bytes))
        if not table.number:
            return []
        bounds = self._bounds()
        if bounds is None:
            return []
        low, high = bounds
        count = min(-(-table.size // slice_bytes), high - low + 1)
        cuts = [low + (high - low + 1) * number // count for number in range(count + 1)]
        sizes = [table.size * number // count for number in range(count + 1)]
        return [
            Slice(start, end, first - low + 1, "", json.dumps({"keys": [first, until]}))
            for start, end, first, until in zip(sizes[:-1], sizes[1:], cuts[:-1], cuts[1:], strict=True)
        ] if count > 1 else []  # fmt: skip

    def _ranges(self, column: ranges.Column, count: int) -> list[Slice]:
        table = self._table

        def ask(sql: str) -> list[tuple[Any, ...]]:
            return self._retrying(lambda: self._session.rows(sql))

        cuts = ranges.Ranges(ask, table.relation, column, is_mariadb=self._session.is_mariadb).cuts(count)
        ends = [None, *(sql for sql, _ in cuts), None]
        sizes = [0, *(min(int(table.size * share), table.size) for _, share in cuts), table.size]
        apart = max(10 ** len(str(20 * table.rows)), 10**7)  # more than the server can be wrong about the rows
        return [
            Slice(sizes[at], sizes[at + 1], at * apart + 1, "", json.dumps({"range": ends[at : at + 2]}))
            for at in range(len(ends) - 1)
        ] if cuts else []  # fmt: skip

    def read(self, part: Slice | None) -> Iterator[Piece]:
        """The rows in the order of the key, or as the server gives them. Raises DocumentError."""
        table = self._table
        if table.unreadable and (part is None or part.start == 0):
            yield ProblemCode.PERMISSION, f"no right to read {table.unreadable} of its columns"
        if not table.columns:
            return
        if self._asked():
            yield from self._sample()
        else:
            layout = {} if part is None else json.loads(part.layout)
            self._row = 1 if part is None else part.first_row
            self._within = layout.get("range", (None, None))
            low, high = layout.get("keys", (None, None))
            yield from self._range(low, high, 0)
        yield from self._large_values()
        if self._later:
            yield ProblemCode.CHANGED, "the connection was lost: some rows are read as they were later in the scan"

    def _asked(self) -> bool:
        return self._options.sample > 0

    def _bounds(self) -> tuple[int, int] | None:
        name = quoted(self._table.number)
        found = self._retrying(
            lambda: self._session.rows(f"SELECT MIN({name}), MAX({name}) FROM {self._table.relation}")
        )
        return None if not found or found[0][0] is None else (int(found[0][0]), int(found[0][1]))

    def _select(self, conditions: list[str], most: int) -> str:
        asked = [
            f"CAST(NULL AS {'CHAR' if column.arrow == pa.large_string() else 'SIGNED'}) AS c{number}"
            if number in self._unwanted
            else f"IF({column.large}, NULL, {column.expression}) AS c{number}" if column.large
            else f"{column.expression} AS c{number}"
            for number, column in enumerate(self._table.columns)
        ]  # fmt: skip
        large = [f"COALESCE({column.large}, 0)" for column in self._table.columns if column.large]
        asked += [f"({' OR '.join(large)}) AS large"] if large else []
        sql = f"SELECT {', '.join(asked)} FROM {self._table.relation}"
        sql += " FORCE INDEX (PRIMARY)" if any(self._within) else ""
        sql += f" WHERE {' AND '.join(conditions)}" if conditions else ""
        sql += f" ORDER BY {quoted(self._table.number)}" if self._table.number else ""
        return f"{sql} LIMIT {most}" if most else sql

    def _range(self, low: int | None, high: int | None, most: int) -> Iterator[Piece]:
        """Rows whose key lies in [low, high), the first `most` of them if that is not 0; goes on after the last where
        the connection is lost.
        """
        name, done, after, strict, idle = quoted(self._table.number or "-"), 0, low, False, 0
        while True:
            conditions = [] if after is None else [f"{name} {'>' if strict else '>='} {after}"]
            conditions += [] if high is None else [f"{name} < {high}"]
            conditions += self._conditions()
            before = done
            try:
                for batch in self._batches(self._select(conditions, most - done if most else 0), bool(most)):
                    done += batch.num_rows
                    if self._table.number:
                        after, strict = int(batch.column(self.key[0])[-1].as_py()), True
                    yield from self._rows(batch)
                return
            except ConnectionLost:
                if done and not self._table.number:
                    raise DocumentError("truncated", f"the connection was lost after {done} rows") from None
                idle = 0 if done > before else idle + 1
                if idle > _ATTEMPTS:
                    raise
                self._session.fast = self._session.fast and not idle
                self._retrying(lambda: self._session.rows("SELECT 1"))
                self._later = True

    def _conditions(self) -> list[str]:
        column, (first, end) = self._table.ranged, self._within
        pairs = ((">=", first), ("<", end)) if column is not None else ()
        return [f"{column.name} {sign} {key}" for sign, key in pairs if column is not None and key is not None]

    def _batches(self, sql: str, small: bool) -> Iterator[pa.RecordBatch]:
        """The answer as Arrow, by the driver that suits it."""
        table = self._table
        rows = max(min(CHUNK_BYTES // max(table.row_bytes, 1), _MOST_ROWS), 16)
        types = [*(column.arrow for column in table.columns), pa.int64()]
        wide = any(column.large for column in table.columns) and (rows < 256 or not table.row_bytes)
        if self._session.fast and not small and not wide and not table.is_view:
            yield from self._session.batches(sql, rows)
            return
        for some in self._session.stream(sql, (), min(rows, 1000), patient=not table.is_view):
            columns = list(zip(*some, strict=True))
            arrays = [_array(values, kind) for values, kind in zip(columns, types, strict=False)]
            yield pa.RecordBatch.from_arrays(arrays, [f"c{number}" for number in range(len(arrays))])

    def _rows(self, batch: pa.RecordBatch) -> Iterator[Piece]:
        width = len(self._table.columns)
        yield TableRows(batch.select(range(width)), self._row)
        if batch.num_columns > width:
            for offset, is_large in enumerate(batch.column(width).to_pylist()):
                if is_large:
                    key = tuple(batch.column(index)[offset].as_py() for index in self.key)
                    self._large.append((self._row + offset, key))
        self._row += batch.num_rows

    def _large_values(self) -> Iterator[Piece]:
        """What was left out of the batches, after them, so that there is never more than one connection."""
        if self._large and not self.key:
            limit = self._options.max_value_bytes
            yield ProblemCode.LIMIT, f"{len(self._large)} rows without a key have values of more than {limit} bytes"
            return
        names = [quoted(self._table.columns[index].seen.name) for index in self.key]
        where = f"FROM {self._table.relation} WHERE {' AND '.join(f'{name} = %s' for name in names)}"
        for row, key in self._large:
            for number, column in enumerate(self._table.columns):
                if column.large and self._asked_for(f"SELECT COALESCE({column.large}, 0) {where}", key):
                    is_text = column.arrow != pa.large_binary()
                    yield LargeValue(row, number, self._pieces(column, where, key), is_text)

    def _asked_for(self, sql: str, key: tuple[Any, ...]) -> Any:
        found = self._retrying(lambda: self._session.rows(sql, key))
        return found[0][0] if found else None

    def _pieces(self, column: Column, where: str, key: tuple[Any, ...]) -> Iterator[bytes]:
        start = 1
        while piece := self._asked_for(f"SELECT SUBSTRING({column.expression}, {start}, {_PIECE}) {where}", key):
            yield piece.encode("utf-8", "replace") if isinstance(piece, str) else bytes(piece)
            start += _PIECE

    def _sample(self) -> Iterator[Piece]:
        """Rows from places spread over the key, or the first where the key is no number."""
        table, wanted = self._table, self._options.sample
        bounds = self._bounds() if table.number else None
        if table.is_view or bounds is None:
            yield from self._range(None, None, wanted)
            read = self._row - 1
            self.sampled = (
                Sampled(read, max(table.rows, read) if table.rows else None, False) if read >= wanted else None
            )
            return
        low, high = bounds
        if table.rows <= wanted and high - low < 2 * wanted:
            yield from self._range(None, None, 0)
            return
        width = max((high - low + 1) // _SPREAD, 1)
        chosen = random.Random(table.name.path)
        for number in range(_SPREAD):
            first = low + number * width
            until = high + 1 if number == _SPREAD - 1 else first + width
            if first <= high:
                yield from self._range(first + chosen.randrange(max(width // 2, 1)), until, -(-wanted // _SPREAD))
        self.sampled = Sampled(self._row - 1, max(table.rows, self._row - 1), True)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_large_string(kind):
        values = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]
    elif pa.types.is_large_binary(kind):
        values = [v.encode() if isinstance(v, str) else v for v in values]
    return pa.array(values, kind)
