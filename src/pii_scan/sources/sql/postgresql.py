"""PostgreSQL: tables read by ranges of blocks, everything else through a cursor. Takes no lock but ACCESS SHARE."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import pyarrow as pa

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DatabaseTable, LargeValue, Need, ProblemCode, Sampled, Slice, TableColumn, TableRows
from pii_scan.sources.sql import postgresql_catalog as catalog
from pii_scan.sources.sql.names import TableName, literal
from pii_scan.sources.sql.postgresql_large import NAME, LargeObjects
from pii_scan.sources.sql.postgresql_session import Session
from pii_scan.sources.sql.tables import CHUNK_BYTES, ConnectionLost, FetchSize, Listed, Options, Retrying
from pii_scan.sources.sql.url import DatabaseUrl

ROWS_A_BLOCK = 291
"""No block of 8 KiB holds more rows (MaxHeapTuplesPerPage), so that numbers of rows in later blocks are higher."""
_MOST_BLOCKS = 1 << 14
_WIDE_BYTES = 1 << 20
"""Tables with more storage behind each block are read some rows at a time."""
_PIECE = 1 << 20
_DEFAULT_ROWS = 60
"""Rows of a block, where the server has counted none yet."""

Piece = TableRows | LargeValue | tuple[ProblemCode, str]


class PostgreSQL:
    """One database. The connection is made when it is needed, and ends its transaction with each table."""

    def __init__(self, url: DatabaseUrl, options: Options) -> None:
        self._session = Session(url, options)
        self._options = options
        self._retrying = Retrying(options.patience_seconds)

    def hold(self) -> str:
        """As `Database.hold`."""
        try:
            return self._session.snapshot()
        except ConnectionLost:
            raise TargetError(
                "the PostgreSQL server does not answer, or does not take the user and password",
                "see that host, port, PGPASSWORD or ~/.pgpass and the TLS options are right",
            ) from None
        except DocumentError as error:
            raise TargetError(f"the PostgreSQL database cannot be opened: {error.detail}") from None

    def listing(self) -> list[Listed]:
        """As `Database.listing`."""
        return catalog.listing(self._session)

    @contextmanager
    def table(self, name: TableName) -> Iterator[DatabaseTable]:
        """As `Database.table`."""
        try:
            if name == NAME:
                yield LargeObjects(self._session, self._options, self._retrying)
                return
            found = self._retrying(lambda: catalog.describe(self._session, name, self._options.max_value_bytes))
            yield PostgreSQLTable(self._session, found, self._options, self._retrying)
        except ConnectionLost:
            raise DocumentError("vanished", "the server is gone, and did not come back") from None
        finally:
            self._session.end()

    def close(self) -> None:
        """As `Database.close`."""
        self._session.close()


class PostgreSQLTable:
    """One open table or view."""

    def __init__(self, session: Session, table: catalog.Table, options: Options, retrying: Retrying) -> None:
        self._session = session
        self._table = table
        self._options = options
        self._retrying = retrying
        self._row = 1
        self._later = False
        self._needs: Mapping[int, Need] = {}
        self.columns: Sequence[TableColumn] = [column.seen for column in table.columns]
        self.key: Sequence[int] = catalog.key_of(table.columns)
        self.remarks: Sequence[tuple[str, str]] = [
            *([("comment of the table", table.comment)] if table.comment else ()),
            *((f"comment of column {column.name}", column.comment) for column in self.columns if column.comment),
        ]
        self.sampled: Sampled | None = None

    def spare(self, needs: Mapping[int, Need]) -> None:
        """As `DatabaseTable.spare`."""
        self._needs = needs

    def plan(self, slice_bytes: int) -> list[Slice]:
        """Slices of whole blocks."""
        table = self._table
        blocks = max(int(slice_bytes * table.blocks // max(table.size, 1)), 1)
        if not table.heap or table.blocks <= 2 * blocks or self._asked():
            return []
        starts = list(range(0, table.blocks, blocks))
        return [
            Slice(
                start * table.size // table.blocks, end * table.size // table.blocks, start * ROWS_A_BLOCK + 1, "",
                json.dumps({"blocks": [start, end]}),
            )
            for start, end in zip(starts, [*starts[1:], table.blocks], strict=True)
        ]  # fmt: skip

    def read(self, part: Slice | None) -> Iterator[Piece]:
        """The rows in the order of storage. Raises DocumentError."""
        table = self._table
        if part is None or part.start == 0:
            yield from self._said()
        if not table.columns:
            return
        if self._asked():
            yield from self._sample()
        elif not table.heap:
            yield from self._cursor(self._select(""))
        else:
            first, end = (0, table.blocks) if part is None else json.loads(part.layout)["blocks"]
            self._row = 1 if part is None else part.first_row
            yield from self._blocks(first, end)
        if self._later or self._session.later:
            yield ProblemCode.CHANGED, "the connection was lost: some rows are read as they were later in the scan"

    def _said(self) -> Iterator[Piece]:
        if self._table.unreadable:
            detail = f"no right to read {self._table.unreadable} of its columns"
            yield ProblemCode.PERMISSION, detail
        if self._table.filtered:
            yield ProblemCode.PERMISSION, "row security may hide rows from the user of the scan"

    def _asked(self) -> bool:
        """Whether only a sample of this table is asked for."""
        few = self._table.heap and 0 <= self._table.rows <= self._options.sample
        return self._options.sample > 0 and not few

    def _select(self, condition: str, source: str = "") -> str:
        columns = self._table.columns
        asked = [
            f"CASE WHEN NOT coalesce({column.large}, false) THEN {column.expression} END AS c{number}"
            if column.large else f"{self._wanted(number, column)} AS c{number}"
            for number, column in enumerate(columns)
        ]  # fmt: skip
        large = [f"({column.large})" for column in columns if column.large]
        if large:
            place = "ctid::pg_catalog.text" if self._table.heap else "''::pg_catalog.text"
            asked.append(f"CASE WHEN {' OR '.join(large)} THEN {place} END AS large")
        return f"SELECT {', '.join(asked)} FROM {source or self._table.relation} {condition}"

    def _wanted(self, number: int, column: catalog.Column) -> str:
        need = self._needs.get(number, Need.CELLS)
        if need is Need.NOTHING:
            return "NULL::pg_catalog.bool"
        return column.day if need is Need.DAYS and column.day else column.expression

    def _blocks(self, first: int, end: int) -> Iterator[Piece]:
        table = self._table
        stored = max(table.size // max(table.blocks, 1), 1)
        step = max(min(CHUNK_BYTES // stored, _MOST_BLOCKS), 1)
        while first < end:
            until = min(first + step, end)
            sql = self._select(f"WHERE ctid >= '({first},0)' AND ctid < '({until},0)'")
            if stored > _WIDE_BYTES:
                yield from self._cursor(sql, resumed=True)
            else:
                found = self._fetched(sql)
                yield from self._pieces(found)
                size = found.nbytes
                step = max(step // 2, 1) if size > 4 * CHUNK_BYTES else step
                step = min(step * 2, _MOST_BLOCKS) if size < CHUNK_BYTES // 2 else step
            first = until

    def _fetched(self, sql: str) -> pa.Table:
        """The whole answer, asked for again where the connection is lost."""
        lost = self._session.later
        found = self._retrying(lambda: self._session.query(sql))
        self._later = self._later or self._session.later != lost
        return found

    def _cursor(self, sql: str, most: int = 0, resumed: bool = False) -> Iterator[Piece]:
        """The answer some rows at a time. `resumed`: asked again, the rows come in the same order."""
        size, done = FetchSize(), 0
        while True:
            try:
                if not self._session.has_cursor:
                    self._retrying(partial(self._session.open_cursor, sql, done))
                found = self._session.fetch(min(size.rows, most - done) if most else size.rows)
            except ConnectionLost:
                if done and not resumed:
                    raise DocumentError("truncated", f"the connection was lost after {done} rows") from None
                self._later = True
                continue
            done += found.num_rows
            yield from self._pieces(found)
            size.took(found.num_rows, found.nbytes)
            if not found.num_rows or done == most:
                break
        self._session.close_cursor()

    def _pieces(self, found: pa.Table) -> Iterator[Piece]:
        width = len(self._table.columns)
        for batch in found.to_batches():
            if batch.num_rows:
                rows = batch.select(range(width))
                yield TableRows(rows, self._row)
                if batch.num_columns > width:
                    yield from self._large(batch.column(width), self._row)
                self._row += batch.num_rows

    def _large(self, places: pa.Array, first_row: int) -> Iterator[Piece]:
        """The large values of some rows. `places`: where the rows lie that have any."""
        if places.null_count == len(places):
            return
        left_out = 0
        for offset, place in enumerate(places.to_pylist()):
            if place == "":
                left_out += 1
            elif place is not None:
                for number, column in enumerate(self._table.columns):
                    if column.large:
                        yield from self._large_value(number, column, place, first_row + offset)
        if left_out:
            limit = self._options.max_value_bytes
            yield ProblemCode.LIMIT, f"{left_out} rows have values of more than {limit} bytes, which are not read"

    def _large_value(self, number: int, column: catalog.Column, place: str, row: int) -> Iterator[Piece]:
        where = f"FROM {self._table.relation} WHERE ctid = {literal(place)}"
        found = self._fetched(f"SELECT coalesce({column.large}, false) {where}")
        if found.num_rows and found.column(0)[0].as_py():
            yield LargeValue(row, number, self._read_large(column, where), column.is_text)

    def _read_large(self, column: catalog.Column, where: str) -> Iterator[bytes]:
        start = 1
        while True:
            asked = column.pieces.format(start=start, length=_PIECE)
            found = self._fetched(f"SELECT {asked} {where}")
            piece = found.column(0)[0].as_py() if found.num_rows else None
            if not piece:
                return
            yield piece.encode("utf-8", "replace") if isinstance(piece, str) else piece
            start += _PIECE

    def _sample(self) -> Iterator[Piece]:
        """About as many rows as asked for: of random blocks, or the first where there are no blocks."""
        table, wanted = self._table, self._options.sample
        before = self._row
        if not table.heap or table.kind not in ("r", "m"):
            yield from self._cursor(self._select(""), wanted)
            read = self._row - before
            total = int(table.rows) if table.rows > 0 else None
            self.sampled = Sampled(read, total, False) if read >= wanted else None
            return
        total = int(table.rows) if table.rows >= 0 else table.blocks * _DEFAULT_ROWS
        percent = 100 * wanted / max(total, 1)
        if percent >= 100:
            yield from self._blocks(0, table.blocks)
            return
        source = f"{table.relation} TABLESAMPLE SYSTEM ({percent:.9f}) REPEATABLE (1)"
        yield from self._cursor(self._select("", source))
        read = self._row - before
        self.sampled = Sampled(read, max(total if table.rows >= 0 else int(read * 100 / percent), read), True)
