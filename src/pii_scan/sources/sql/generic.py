"""Any other database, by SQLAlchemy: tables and views as it reflects them, rows by a cursor on the server.

Microsoft SQL Server and Oracle go this way. No server of these two was at hand: the way is tested on others. There is
one unit for each table, and a lost connection ends it.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DatabaseTable, Need, ProblemCode, Sampled, Slice, TableColumn, TableRows
from pii_scan.sources.sql.names import TableName
from pii_scan.sources.sql.tables import FetchSize, Listed, Options
from pii_scan.sources.sql.type_words import DULL
from pii_scan.sources.sql.url import DatabaseUrl
from pii_scan.sources.sql.values import batch

_SYSTEM = frozenset(
    "information_schema sys guest db_owner db_accessadmin db_securityadmin db_ddladmin db_backupoperator db_datareader "
    "db_datawriter db_denydatareader db_denydatawriter mysql performance_schema pg_catalog system xdb ctxsys mdsys "
    "outln dbsnmp wmsys olapsys ordsys ordplugins orddata si_informtn_schema audsys gsmadmin_internal lbacsys dvsys "
    "appqossys ojvmsys dvf anonymous".split()
)
_BEGINNINGS = {
    "mssql": ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET LOCK_TIMEOUT 5000", "SET DEADLOCK_PRIORITY LOW"),
    "oracle": ("SET TRANSACTION READ ONLY",),
    "mysql": ("SET SESSION TRANSACTION READ ONLY",),
    "postgresql": ("SET TRANSACTION READ ONLY",),
}
"""What each connection begins with, by SQLAlchemy's name of the dialect. SQL Server has no read-only transaction."""
_SCHEMES = {"mssql": "mssql+pymssql", "oracle": "oracle+oracledb"}

Piece = TableRows | tuple[ProblemCode, str]


class Generic:
    """One database."""

    def __init__(self, url: DatabaseUrl, options: Options) -> None:
        scheme, _, rest = url.text.partition(":")
        self._text = f"{_SCHEMES.get(scheme.lower(), scheme)}:{rest}"
        self._options = options
        self._engine: Any = None

    def hold(self) -> str:
        """Nothing. Raises TargetError where the database cannot be opened."""
        import sqlalchemy

        try:
            with self._connected() as connection:
                connection.execute(sqlalchemy.select(sqlalchemy.literal(1)))
        except (sqlalchemy.exc.SQLAlchemyError, DocumentError, ImportError, ValueError):
            raise TargetError(
                "the database cannot be opened", "see that host, port, user, password and driver are right"
            ) from None
        return ""

    def listing(self) -> list[Listed]:
        """As `Database.listing`."""
        import sqlalchemy

        try:
            with self._connected() as connection:
                inspector = sqlalchemy.inspect(connection)
                return [Listed(TableName(schema, name)) for schema, name in _names(inspector)]
        except sqlalchemy.exc.SQLAlchemyError:
            raise DocumentError("vanished", "the tables cannot be listed") from None

    @contextmanager
    def table(self, name: TableName) -> Iterator[DatabaseTable]:
        """As `Database.table`."""
        import sqlalchemy

        try:
            with self._connected() as connection:
                yield GenericTable(connection, name, self._options)
        except sqlalchemy.exc.NoSuchTableError:
            raise DocumentError("vanished", "it is no longer there") from None
        except sqlalchemy.exc.SQLAlchemyError:
            raise DocumentError("corrupt", "the server fails to describe it") from None

    def close(self) -> None:
        """As `Database.close`."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        import sqlalchemy

        if self._engine is None:
            self._engine = sqlalchemy.create_engine(
                self._text, poolclass=sqlalchemy.pool.NullPool, hide_parameters=True, echo=False
            )
        with self._engine.connect() as connection:
            for statement in _BEGINNINGS.get(connection.dialect.name, ()):
                connection.exec_driver_sql(statement)
            yield connection
            connection.rollback()


def _names(inspector: Any) -> list[tuple[str, str]]:
    """Schema and name of every table and view, in order; the schema is empty where the database has but one."""
    found: set[tuple[str, str]] = set()
    schemas = [name for name in inspector.get_schema_names() if name.lower() not in _SYSTEM]
    single = inspector.dialect.name == "sqlite"
    for schema in schemas:
        names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        with contextlib.suppress(NotImplementedError):
            names += inspector.get_materialized_view_names(schema)
        found.update(("" if single else schema, name) for name in names)
    return sorted(found)


class GenericTable:
    """One open table or view."""

    def __init__(self, connection: Any, name: TableName, options: Options) -> None:
        import sqlalchemy

        self._connection = connection
        self._options = options
        metadata = sqlalchemy.MetaData()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)  # of types it does not know
            self._table = sqlalchemy.Table(
                name.name, metadata, schema=name.schema or None, autoload_with=connection, resolve_fks=False
            )
        self.columns: Sequence[TableColumn] = [
            TableColumn(
                column.name, column.comment or "", type(column.type).__name__.upper() in ("JSON", "JSONB"),
                type(column.type).__name__.lower() in DULL,
            )
            for column in self._table.columns
        ]  # fmt: skip
        self.key: Sequence[int] = [index for index, column in enumerate(self._table.columns) if column.primary_key]
        self.remarks: Sequence[tuple[str, str]] = [
            *([("comment of the table", self._table.comment)] if self._table.comment else ()),
            *((f"comment of column {column.name}", column.comment) for column in self.columns if column.comment),
        ]
        self.sampled: Sampled | None = None

    def spare(self, needs: Mapping[int, Need]) -> None:
        """Nothing: all is fetched."""

    def plan(self, slice_bytes: int) -> list[Slice]:
        """[]: it is read whole."""
        return []

    def read(self, part: Slice | None) -> Iterator[Piece]:
        """The rows as the database gives them. Raises DocumentError."""
        import sqlalchemy

        if not self.columns:
            return
        # The values as the driver gives them: what SQLAlchemy makes of a type may fail on a single value
        raw = [sqlalchemy.type_coerce(column, sqlalchemy.types.NullType()) for column in self._table.columns]
        query = sqlalchemy.select(*raw)
        if self._options.sample:
            query = query.limit(self._options.sample)
        size, row = FetchSize(1 << 13), 1
        try:
            streaming = self._connection.execution_options(stream_results=True, max_row_buffer=1000)
            result = streaming.execute(query)
            while rows := result.fetchmany(size.rows):
                found = batch([tuple(values) for values in rows])
                yield TableRows(found, row)
                row += found.num_rows
                size.took(found.num_rows, found.nbytes)
        except (sqlalchemy.exc.SQLAlchemyError, OSError, ValueError, OverflowError):
            if row > 1:
                raise DocumentError("truncated", f"the server fails to give more than {row - 1} rows") from None
            raise DocumentError("corrupt", "the server fails to read it") from None
        if self._options.sample and row > self._options.sample:
            self.sampled = Sampled(row - 1, None, False)
