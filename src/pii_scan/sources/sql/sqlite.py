"""SQLite by URL: opened read-only, no extension, nothing but reading allowed. A file found on a share goes another way.

A database in WAL mode is read as SQLite reads it, which wants its `-shm` file; where that cannot be had, scan the file.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DatabaseTable, TableColumn
from pii_scan.sources.sql.embedded import Column, EmbeddedTable, Table
from pii_scan.sources.sql.names import TableName, identifier
from pii_scan.sources.sql.tables import FetchSize, Listed, Options
from pii_scan.sources.sql.type_words import DULL
from pii_scan.sources.sql.url import DatabaseUrl
from pii_scan.sources.sql.values import batch

_PRAGMAS = "query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"
_SHADOW = ("sqlite_",)


class SQLite:
    """One database file."""

    def __init__(self, url: DatabaseUrl, options: Options) -> None:
        self._path = url.database
        self._options = options
        self._connection: sqlite3.Connection | None = None
        self._since = time.monotonic()

    def hold(self) -> str:
        """Nothing. Raises TargetError where there is no such database."""
        if not Path(self._path).is_file():
            raise TargetError("the SQLite file does not exist", "sqlite:///relative/path or sqlite:////absolute/path")
        try:
            self._opened().execute("SELECT count(*) FROM sqlite_master").fetchone()
        except (sqlite3.Error, DocumentError):
            raise TargetError("the SQLite file cannot be opened read-only", "scan the file: give its path") from None
        return ""

    def listing(self) -> list[Listed]:
        """As `Database.listing`."""
        rows = self._rows("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')")
        names = sorted(str(name) for name, _ in rows if not str(name).startswith(_SHADOW))
        return [Listed(TableName("", name), self._size(name)[1] or None) for name in names]

    @contextmanager
    def table(self, name: TableName) -> Iterator[DatabaseTable]:
        """As `Database.table`."""
        yield EmbeddedTable(self, self._described(name.name), self._options)

    def close(self) -> None:
        """As `Database.close`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """As `embedded.Reader.batches`."""
        size = FetchSize(1 << 13)
        try:
            cursor = self._opened().execute(sql)
            while rows := cursor.fetchmany(size.rows):
                found = batch(rows)
                size.took(found.num_rows, found.nbytes)
                yield found
                self._since = time.monotonic()
        except sqlite3.Error as error:
            raise _meaning(error) from None

    def value(self, sql: str, values: Sequence[Any]) -> Any:
        """As `embedded.Reader.value`."""
        rows = self._rows(sql, values)
        return rows[0][0] if rows else None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self._since = time.monotonic()
        try:
            return self._opened().execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise _meaning(error) from None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            uri = f"{Path(self._path).absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None)
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.set_progress_handler(self._overdue, 10_000)
            self._connection = connection
        return self._connection

    def _overdue(self) -> int:
        return int(time.monotonic() - self._since > self._options.patience_seconds)

    def _size(self, name: str) -> tuple[tuple[int, int] | None, int]:
        """The lowest and highest row id, and an estimate of the bytes, by the first rows."""
        relation = identifier(name)
        with contextlib.suppress(DocumentError):
            low, high = self._rows(f"SELECT min(rowid), max(rowid) FROM {relation}")[0]
            if low is None or not isinstance(low, int):
                return None, 0
            first = self._rows(f"SELECT * FROM {relation} LIMIT 20")
            stored = sum(len(value) if isinstance(value, str | bytes) else 8 for row in first for value in row)
            return (low, high), stored * (high - low + 1) // max(len(first), 1)
        return None, 0

    def _described(self, name: str) -> Table:
        relation = identifier(name)
        info = [row for row in self._rows(f"PRAGMA table_xinfo({relation})") if row[6] != 1]
        if not info:
            raise DocumentError("vanished", "it is no longer there")
        limit = self._options.max_value_bytes
        columns = []
        for row in info:
            own, kind = str(row[1]), str(row[2] or "").lower()
            column = identifier(own)
            seen = TableColumn(own, "", kind in ("json", "jsonb"), kind in DULL)
            columns.append(Column(seen, column, f"length({column}) > {limit}", f"substr({column}, ?, ?)"))
        keyed = sorted((row[5], index) for index, row in enumerate(info) if row[5])
        bounds, size = self._size(name)
        taken = {str(row[1]).lower() for row in info}
        row_id = next((own for own in ("rowid", "_rowid_", "oid") if own not in taken), "") if bounds else ""
        rows = bounds[1] - bounds[0] + 1 if bounds else None
        return Table(
            relation, tuple(columns), tuple(index for _, index in keyed), row_id, bounds if row_id else None, rows,
            size, (),
        )  # fmt: skip


def _meaning(error: sqlite3.Error) -> DocumentError:
    said = str(error)
    if "no such table" in said:
        return DocumentError("vanished", "it is no longer there")
    if said == "interrupted" or "locked" in said:
        return DocumentError("timeout", "the database did not answer in time")
    return DocumentError("corrupt", "the database fails to read it")
