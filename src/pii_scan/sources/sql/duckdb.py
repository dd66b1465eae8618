"""DuckDB: opened read-only, with no way out of the file: no extension, no other file, no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DatabaseTable, TableColumn
from pii_scan.sources.sql.embedded import Column, EmbeddedTable, Table
from pii_scan.sources.sql.names import TableName, identifier, literal
from pii_scan.sources.sql.tables import Listed, Options
from pii_scan.sources.sql.type_words import DULL, MEANINGS
from pii_scan.sources.sql.url import DatabaseUrl

_CONFIG = {
    "enable_external_access": "false", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
    "allow_community_extensions": "false", "threads": "1", "memory_limit": "512MB", "preserve_insertion_order": "true",
}  # fmt: skip
_NATIVE = frozenset(
    "BOOLEAN TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE VARCHAR BLOB".split()
)
_BATCH_ROWS = 8192
_ROW_VALUE_BYTES = 16


class DuckDB:
    """One database file."""

    def __init__(self, url: DatabaseUrl, options: Options) -> None:
        self._path = url.database
        self._options = options
        self._connection: Any = None

    def hold(self) -> str:
        """Nothing. Raises TargetError where the database cannot be opened."""
        if not Path(self._path).is_file():
            raise TargetError("the DuckDB file does not exist", "duckdb:///relative/path or duckdb:////absolute/path")
        try:
            self._rows("SELECT 1")
        except DocumentError:
            hint = "a process that writes may hold it; this version of DuckDB may be older than the file"
            raise TargetError("the DuckDB file cannot be opened read-only", hint) from None
        return ""

    def listing(self) -> list[Listed]:
        """As `Database.listing`."""
        tables = self._rows(
            "SELECT schema_name, table_name, estimated_size * column_count FROM duckdb_tables() WHERE NOT internal "
            "AND database_name = current_database()"
        )
        views = self._rows(
            "SELECT schema_name, view_name, NULL FROM duckdb_views() WHERE NOT internal "
            "AND database_name = current_database()"
        )
        return sorted(
            (Listed(TableName(s, n), None if v is None else int(v) * _ROW_VALUE_BYTES) for s, n, v in tables + views),
            key=lambda table: [piece.encode() for piece in table.name],
        )

    @contextmanager
    def table(self, name: TableName) -> Iterator[DatabaseTable]:
        """As `Database.table`."""
        yield EmbeddedTable(self, self._described(name), self._options)

    def close(self) -> None:
        """As `Database.close`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """As `embedded.Reader.batches`."""
        import duckdb

        try:
            relation = self._opened().sql(sql)
            read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader  # before DuckDB 1.5
            yield from read(_BATCH_ROWS)
        except (duckdb.Error, pa.ArrowException) as error:
            raise _meaning(error) from None

    def value(self, sql: str, values: Sequence[Any]) -> Any:
        """As `embedded.Reader.value`."""
        rows = self._rows(sql, values)
        return rows[0][0] if rows else None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        import duckdb

        try:
            return list(self._opened().execute(sql, list(values)).fetchall())
        except duckdb.Error as error:
            raise _meaning(error) from None

    def _opened(self) -> Any:
        import duckdb

        if self._connection is None:
            self._connection = duckdb.connect(self._path, read_only=True, config=dict(_CONFIG))
        return self._connection

    def _described(self, name: TableName) -> Table:
        where = f"schema_name = {literal(name.schema)} AND table_name = {literal(name.name)}"
        columns = self._rows(
            f"SELECT column_name, data_type, coalesce(comment, '') FROM duckdb_columns() WHERE {where} "
            "AND database_name = current_database() ORDER BY column_index"
        )
        if not columns:
            raise DocumentError("vanished", "it is no longer there")
        tables = self._rows(f"SELECT estimated_size, coalesce(comment, '') FROM duckdb_tables() WHERE {where}")
        relation = f"{identifier(name.schema)}.{identifier(name.name)}"
        names = [str(row[0]) for row in columns]
        keys = self._rows(
            f"SELECT constraint_column_names FROM duckdb_constraints() WHERE {where} "
            "AND constraint_type = 'PRIMARY KEY'"
        )
        key = tuple(names.index(column) for column in keys[0][0]) if keys else ()
        rows = int(tables[0][0]) if tables else None
        bounds = None
        if tables and "rowid" not in {own.lower() for own in names}:
            found = self._rows(f"SELECT min(rowid), max(rowid) FROM {relation}")[0]
            bounds = None if found[0] is None else (int(found[0]), int(found[1]))
        remarks = [(f"comment of column {own}", said) for own, _, said in columns if said]
        remarks = [("comment of the table", tables[0][1]), *remarks] if tables and tables[0][1] else remarks
        return Table(
            relation, tuple(_column(row, self._options.max_value_bytes) for row in columns), key,
            "rowid" if bounds else "", bounds, rows, (rows or 0) * len(columns) * _ROW_VALUE_BYTES, tuple(remarks),
        )  # fmt: skip


def _column(row: tuple[Any, ...], limit: int) -> Column:
    name, kind, comment = str(row[0]), str(row[1]).upper(), str(row[2])
    own = identifier(name)
    element = kind.removesuffix("[]")
    if kind in _NATIVE or kind.startswith(("STRUCT", "MAP")) or (element != kind and element in _NATIVE):
        expression = own
    else:
        expression = f"CAST({own} AS VARCHAR{'[]' if element != kind else ''})"
    large = {"VARCHAR": f"strlen({own}) > {limit}", "JSON": f"strlen({own}) > {limit}"}.get(kind, "")
    large = f"octet_length({own}) > {limit}" if kind == "BLOB" else large
    piece = f"array_slice({own}, ?, -1)[1:?]" if kind == "BLOB" else f"substring(CAST({own} AS VARCHAR), ?, ?)"
    words = "; ".join(word for word in (comment, MEANINGS.get(element.lower(), "")) if word)
    base = element.partition("(")[0].lower()
    dull = base in DULL or base.startswith("timestamp") or (base == "decimal" and not element.endswith(",0)"))
    seen = TableColumn(name, words, element == "JSON", dull)
    return Column(seen, expression, large, piece)


def _meaning(error: Exception) -> DocumentError:
    kind = type(error).__name__
    if kind == "CatalogException":
        return DocumentError("vanished", "it is no longer there")
    if kind == "OutOfMemoryException":
        return DocumentError("memory", "the database has not the memory to answer")
    return DocumentError("corrupt", "the database fails to read it")
