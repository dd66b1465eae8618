"""One connection to PostgreSQL by ADBC: read-only, in the scan's snapshot, with every answer whole or not at all.

No error of the driver passes: its messages quote statements, values and connection strings.
"""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlencode, urlunsplit

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.sources.sql.names import literal
from pii_scan.sources.sql.tables import APPLICATION, CHUNK_BYTES, CONNECT_SECONDS, LOCK_SECONDS, ConnectionLost, Options
from pii_scan.sources.sql.url import DatabaseUrl

_BY_STATE = {
    "42501": ("permission", "no right to read it"),
    "42P01": ("vanished", "it is no longer there"),
    "3F000": ("vanished", "its schema is no longer there"),
    "42703": ("changed", "its columns are other than they were"),
    "55P03": ("timeout", f"it was locked for more than {LOCK_SECONDS} seconds"),
    "72000": ("changed", "the snapshot of the scan is too old"),
}
_BY_CLASS = {
    "08": ("vanished", "the other server, on which it lies, does not answer"),
    "53": ("limit", "the server has not the means to answer"),
    "54": ("limit", "the server cannot hold so large a row"),
    "XX": ("corrupt", "the server finds its data damaged"),
    "0A": ("unsupported", "the server cannot read it"),
}
_LOST = ("57P01", "57P02", "57P03", "57P05", "25P03")
"""Classes and states of connections that have ended (PostgreSQL, appendix A)."""
_SETTINGS = (
    "client_encoding = 'UTF8'", "DateStyle = 'ISO, YMD'", "TimeZone = 'UTC'", "IntervalStyle = 'iso_8601'",
    "standard_conforming_strings = on", "default_transaction_read_only = on", "synchronize_seqscans = off",
    "max_parallel_workers_per_gather = 0", "jit = off", "idle_in_transaction_session_timeout = 0",
)  # fmt: skip


class Session:
    """A connection that is made when it is needed, and made again when it is lost."""

    def __init__(self, url: DatabaseUrl, options: Options) -> None:
        self._url = url
        self._options = options
        self._connection: Any = None
        self._in_transaction = False
        self.version = 0
        self.has_cursor = False
        self.later = False
        """The transaction sees the database as it was later than the scan began."""

    def query(self, sql: str, *, by_copy: bool = True) -> pa.Table:
        """The whole answer. `by_copy`: faster, but for SELECT only. Raises DocumentError and ConnectionLost."""
        if not self._in_transaction:
            self._begin()
        return self._do(sql, by_copy)

    def open_cursor(self, sql: str, skipped: int = 0) -> None:
        """Asks for rows to be fetched; those that were fetched before can be skipped. One at a time."""
        if not self._in_transaction:
            self._begin()
        self._do(f"DECLARE pii_scan NO SCROLL CURSOR FOR {sql}", False)
        if skipped:
            self._do(f"MOVE FORWARD {skipped} FROM pii_scan", False)
        self.has_cursor = True

    def fetch(self, rows: int) -> pa.Table:
        """The next rows of the cursor; none at its end."""
        return self._do(f"FETCH FORWARD {rows} FROM pii_scan", False)

    def close_cursor(self) -> None:
        """Gives the cursor back."""
        if self.has_cursor:
            self.has_cursor = False
            self._do("CLOSE pii_scan", False)

    def snapshot(self) -> str:
        """The name by which others can see what this transaction sees; empty where the server does not share it."""
        try:
            return str(self.query("SELECT pg_export_snapshot()")[0][0].as_py())
        except DocumentError:  # a standby
            self.end()
            return ""

    def end(self) -> None:
        """Ends the transaction, and with it every lock."""
        self.has_cursor = False
        if self._in_transaction:
            self._in_transaction = False
            with contextlib.suppress(DocumentError, ConnectionLost):
                self._do("ROLLBACK", False)

    def close(self) -> None:
        """Ends the connection."""
        connection, self._connection, self._in_transaction = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(*_errors()):
                connection.close()

    def _begin(self) -> None:
        if self._connection is None:
            self._connect()
        self._do("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", False)
        self._in_transaction, self.later = True, False
        if self._options.snapshot:
            try:
                self._do(f"SET TRANSACTION SNAPSHOT {literal(self._options.snapshot)}", False)
            except DocumentError:  # who held it is gone
                self._do("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", False)
                self._in_transaction, self.later = True, True

    def _connect(self) -> None:
        """Raises ConnectionLost, or DocumentError (`permission`) where the server refuses."""
        from adbc_driver_postgresql import dbapi

        try:
            self._connection = dbapi.connect(self._uri(), autocommit=True)
        except _errors() as error:
            state = str(getattr(error, "sqlstate", None) or "")
            if state[:2] in ("28", "3D") or state == "42501":
                raise DocumentError("permission", "the server lets the user not in") from None
            raise ConnectionLost from None
        milliseconds = int(self._options.patience_seconds * 1000)
        settings = (*_SETTINGS, f"statement_timeout = {milliseconds}", f"lock_timeout = {LOCK_SECONDS * 1000}")
        for setting in settings:
            with contextlib.suppress(DocumentError):  # older servers lack some
                self._do(f"SET {setting}", False)
        self.version = int(self._do("SELECT current_setting('server_version_num')", True)[0][0].as_py())

    def _uri(self) -> str:
        """For libpq, which takes from it all that it knows: TLS, target_session_attrs, a service."""
        split = self._url.parts()
        given = self._url.options()
        more = {"fallback_application_name": APPLICATION, "connect_timeout": str(CONNECT_SECONDS)}
        extra = urlencode({key: value for key, value in more.items() if key not in given})
        query = "&".join(piece for piece in (split.query, extra) if piece)
        return urlunsplit(("postgresql", split.netloc, split.path, query, ""))

    def _do(self, sql: str, by_copy: bool) -> pa.Table:
        try:
            cursor = self._connection.cursor()
            try:
                cursor.adbc_statement.set_options(**{
                    "adbc.postgresql.use_copy": "true" if by_copy else "false",
                    "adbc.postgresql.batch_size_hint_bytes": str(CHUNK_BYTES),
                })  # fmt: skip
                cursor.execute(sql)
                return cursor.fetch_arrow_table() if cursor.description is not None else None
            finally:
                cursor.close()
        except (*_errors(), pa.ArrowException) as error:
            failure = self._meaning(getattr(error, "sqlstate", None) or "", str(error))
        raise failure

    def _meaning(self, state: str, said: str) -> Exception:
        """What a failure is. Leaves the connection ready for another transaction, or without one where it is lost."""
        self._in_transaction = self.has_cursor = False
        if state.startswith(_LOST) or not self._usable():  # 08 with a server that answers is of a foreign table
            self.close()
            return ConnectionLost()
        if state == "57014":
            seconds = round(self._options.patience_seconds)
            return DocumentError("timeout", f"the server did not answer within {seconds} seconds")
        known = _BY_STATE.get(state) or _BY_CLASS.get(state[:2])
        if known is None and "row-level security" in said:
            known = _BY_STATE["42501"]
        return DocumentError(*known) if known else DocumentError("corrupt", f"the server fails to read it ({state})")

    def _usable(self) -> bool:
        """Rolls back; whether there is a server to say that it did."""
        try:
            cursor = self._connection.cursor()
            try:
                cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
                cursor.execute("ROLLBACK")
            finally:
                cursor.close()
        except _errors():
            return False
        return True


def _errors() -> tuple[type[Exception], ...]:
    """What the driver raises; it is loaded when it is needed."""
    from adbc_driver_manager import Error

    failure: type[Exception] = Error
    return failure, OSError
