"""A database as a source: its tables and views are the documents, `schema.table` their paths.

The supervisor holds a snapshot while it lists; each worker reads by a connection of its own, in that snapshot.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from pii_scan.errors import DocumentError
from pii_scan.globs import Patterns
from pii_scan.model import (
    TABLE_MEDIA_TYPE,
    DatabaseTable,
    Document,
    DocumentRef,
    LargeValue,
    Limits,
    Need,
    Problem,
    ProblemCode,
    Sampled,
    Slice,
    Stage,
    TableRows,
)
from pii_scan.sources.sql.names import table_name
from pii_scan.sources.sql.tables import ConnectionLost, Database, Options
from pii_scan.sources.sql.url import parse

_PATIENCE = 0.75
"""Of the time that a worker may be silent."""
_READERS = {
    "postgresql": "postgresql:PostgreSQL", "mysql": "mysql:MySQL", "sqlite": "sqlite:SQLite", "duckdb": "duckdb:DuckDB",
    "mssql": "generic:Generic", "oracle": "generic:Generic",
}  # fmt: skip


class SqlSource:
    """One database as `sources.describe` described it."""

    def __init__(self, description: Mapping[str, Any], limits: Limits) -> None:
        self.target = str(description["target"])
        self._include = Patterns(description["include"])
        self._exclude = Patterns(description["exclude"])
        self._lonely = description.get("connections") == 1
        url = parse(description["url"])
        options = Options(
            description["sample"], limits.max_value_bytes, limits.stall_seconds * _PATIENCE, description["shared"]
        )
        module, _, name = _READERS[url.kind].partition(":")
        reader = getattr(importlib.import_module(f"pii_scan.sources.sql.{module}"), name)
        self._database = cast(Database, reader(url, options))

    def hold(self) -> str:
        """As `Database.hold`, in the supervisor."""
        return self._database.hold()

    def list_documents(self) -> Iterator[DocumentRef | Problem]:
        """Every table and view, in the order of their names. Those without a right to read are problems."""
        try:
            listed = self._database.listing()
        except (ConnectionLost, DocumentError):
            detail = "the tables of the database cannot be listed"
            yield Problem(DocumentRef(self.target, "."), Stage.SOURCE, ProblemCode.VANISHED, detail)
            return
        finally:
            if self._lonely:
                self._database.close()
        for table in listed:
            names = (table.name.path, table.name.name)
            if any(self._exclude.fit(name) for name in names):
                continue
            if self._include and not any(self._include.fit(name) for name in names):
                continue
            ref = DocumentRef(self.target, table.name.path, None, table.size_bytes)
            yield ref if table.refused is None else Problem(ref, Stage.SOURCE, *table.refused)

    @contextmanager
    def open(self, ref: DocumentRef) -> Iterator[Document]:
        """One table. Raises DocumentError: `permission`, `vanished`, `changed`, `timeout`."""
        try:
            name = table_name(ref.path)
        except ValueError:
            raise DocumentError("vanished", "it is no longer there") from None
        with self._database.table(name) as table:
            yield Document(ref, io.BytesIO(), TABLE_MEDIA_TYPE, table=_Guarded(table))

    def close(self) -> None:
        """Ends the connection."""
        self._database.close()


class _Guarded:
    """A table whose server may go away for good while it is read."""

    def __init__(self, table: DatabaseTable) -> None:
        self._table = table
        self.columns = table.columns
        self.key = table.key
        self.remarks = table.remarks

    @property
    def sampled(self) -> Sampled | None:
        return self._table.sampled

    @sampled.setter
    def sampled(self, _: Sampled | None) -> None:
        raise AttributeError

    def spare(self, needs: Mapping[int, Need]) -> None:
        self._table.spare(needs)

    def plan(self, slice_bytes: int) -> list[Slice]:
        return self._table.plan(slice_bytes)

    def read(self, part: Slice | None) -> Iterator[TableRows | LargeValue | tuple[ProblemCode, str]]:
        """As `DatabaseTable.read`."""
        rows = 0
        try:
            for piece in self._table.read(part):
                rows += piece.batch.num_rows if isinstance(piece, TableRows) else 0
                yield piece
        except ConnectionLost:
            code = "truncated" if rows else "vanished"
            raise DocumentError(code, f"the server is gone, and did not come back; {rows} rows were read") from None
