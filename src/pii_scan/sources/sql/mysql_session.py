"""Connections to MariaDB and MySQL: PyMySQL for what is small or odd, ConnectorX for the rows of ordinary tables.

Each connection reads in a read-only transaction with a snapshot of its own: these servers share none. No error of a
driver passes: its messages quote values and statements.
"""

from __future__ import annotations

import contextlib
import os
import re
import ssl
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.sources.sql.tables import APPLICATION, CONNECT_SECONDS, LOCK_SECONDS, ConnectionLost, Options
from pii_scan.sources.sql.url import DatabaseUrl

_GRANT = re.compile(r"GRANT (.+?) ON (\*\.\*|`(?:[^`]|``)*`\.\*) TO ")
_READING = {"SELECT", "ALL PRIVILEGES"}
_READ_SECONDS = 900
"""How long the rows of one unit may take, to the last."""
_MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
"""Of `ssl_mode`, as the servers' own clients have them (MySQL 8.0 reference, command options for TLS)."""
_BY_NUMBER = {
    1044: ("permission", "no right to use its schema"), 1045: ("permission", "the server lets the user not in"),
    1142: ("permission", "no right to read it"), 1143: ("permission", "no right to read one of its columns"),
    1227: ("permission", "no right to read it"), 1370: ("permission", "no right to run what it calls"),
    1146: ("vanished", "it is no longer there"), 1049: ("vanished", "its schema is no longer there"),
    1051: ("vanished", "it is no longer there"), 1054: ("changed", "its columns are other than they were"),
    1412: ("changed", "it was changed after the scan began"),
    1205: ("timeout", f"it was locked for more than {LOCK_SECONDS} seconds"),
    1969: ("timeout", "the server did not answer in time"), 3024: ("timeout", "the server did not answer in time"),
    1040: ("limit", "the server takes no more connections"), 1203: ("limit", "the user has too many connections"),
    1038: ("limit", "the server has not the means to answer"),
}  # fmt: skip
"""Numbers of errors (MariaDB Knowledge Base, error codes; MySQL 8.0 reference, server error messages)."""
_LOST = {1053, 1077, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 2002, 2003, 2006, 2013, 2014, 2055, 4031}
_SETTINGS = (
    "SET SESSION TRANSACTION READ ONLY", f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}",
    f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}", "SET SESSION time_zone = '+00:00'",
    "SET SESSION sql_mode = ''", f"SET SESSION net_write_timeout = {_READ_SECONDS}",
)  # fmt: skip
_BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


class Session:
    """What one worker asks of the server. One connection at a time, and none between two tables."""

    def __init__(self, url: DatabaseUrl, options: Options) -> None:
        self._url = url
        self._options = options
        self._connection: Any = None
        self.is_mariadb = True
        self.fast = not url.options()
        """ConnectorX understands no options of the URL, TLS among them."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The whole answer. Raises DocumentError and ConnectionLost."""
        return [row for some in self.stream(sql, values) for row in some]

    def stream(
        self, sql: str, values: Sequence[Any] = (), size: int = 1000, *, patient: bool = False
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """The answer, `size` rows at a time. `patient`: the whole of it may take long. Raises as `rows`."""
        import pymysql

        failure: Exception
        cursor: Any = None
        ended = False
        try:
            if self._connection is None:
                self._connect()
            cursor = self._connection.cursor()
            cursor.execute(self._limit(_READ_SECONDS if patient else int(self._options.patience_seconds)))
            cursor.execute(sql, values or None)
            while some := cursor.fetchmany(size):
                yield some
            cursor.close()
            ended = True
            return
        except (pymysql.MySQLError, OSError) as error:
            failure = self._meaning(error)
        finally:
            if not ended:
                self._abandon(cursor)
        raise failure

    def may_read(self, database: str) -> bool:
        """Whether the user has SELECT on all of a database, or on all of the server where that is empty."""
        for (grant,) in self.rows("SHOW GRANTS"):
            found = _GRANT.match(str(grant))
            if found is None or not _READING & {right.strip() for right in found[1].split(",")}:
                continue
            if found[2] == "*.*" or (database and _fits(found[2], database)):
                return True
        return False

    def _abandon(self, cursor: Any) -> None:
        """Drops an answer that was not read to its end, without reading it to its end as PyMySQL would."""
        result = getattr(cursor, "_result", None)
        if result is not None:
            result.unbuffered_active = False
            cursor._result = None
        self.close()

    def batches(self, sql: str, rows: int) -> Iterator[pa.RecordBatch]:
        """The answer as Arrow, `rows` at a time, by a connection of its own, fast. Raises as `rows`."""
        import connectorx

        self.close()
        failure: Exception
        try:
            reader = connectorx.read_sql(
                self._uri(), sql, return_type="arrow_stream", batch_size=rows,
                pre_execution_query=[*_SETTINGS, _BEGIN],
            )  # fmt: skip
            yield from reader
            return
        except (RuntimeError, pa.ArrowException, OSError) as error:
            failure = self._meaning(error)
        except BaseException as error:  # what it raises where Rust panics is no Exception
            if type(error).__name__ != "PanicException":
                raise
            failure = ConnectionLost()
        raise failure

    def close(self) -> None:
        """Ends the connection, and with it the transaction."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection._force_close()  # an answer that was not read to its end is not waited for

    def _connect(self) -> None:
        import pymysql
        import pymysql.cursors

        split, options = self._url.parts(), self._url.options()
        mode, context = _tls(options)
        self._connection = pymysql.connect(
            host=split.hostname or "localhost", port=split.port or 3306, user=unquote(split.username or "") or None,
            password=self._password(), database=self._url.database or None, charset="utf8mb4",
            unix_socket=options.get("unix_socket"), connect_timeout=CONNECT_SECONDS, autocommit=True,
            read_timeout=self._options.patience_seconds, cursorclass=pymysql.cursors.SSCursor,
            program_name=APPLICATION, ssl=context, ssl_disabled=mode == "DISABLED",
        )  # fmt: skip
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            self.is_mariadb = "mariadb" in str(cursor.fetchall()[0][0]).lower()
            for setting in (*_SETTINGS, _BEGIN):
                cursor.execute(setting)

    def _limit(self, seconds: int) -> str:
        name, value = ("max_statement_time", seconds) if self.is_mariadb else ("max_execution_time", seconds * 1000)
        return f"SET SESSION {name} = {value}"

    def _password(self) -> str:
        return unquote(self._url.parts().password or "") or os.environ.get("MYSQL_PWD", "")

    def _uri(self) -> str:
        """For ConnectorX."""
        split = self._url.parts()
        password = f":{quote(self._password(), safe='')}" if self._password() else ""
        user = quote(unquote(split.username or ""), safe="")
        host = f"[{split.hostname}]" if ":" in (split.hostname or "") else split.hostname or "localhost"
        return f"mysql://{user}{password}@{host}:{split.port or 3306}/{quote(self._url.database, safe='')}"

    def _meaning(self, error: BaseException) -> Exception:
        """What a failure is. There is no connection afterwards."""
        self.close()
        arguments = getattr(error, "args", ()) or ("",)
        number = arguments[0] if isinstance(arguments[0], int) else _number_in(str(arguments[0]))
        if number in _LOST or (number == 0 and isinstance(error, OSError)) or not isinstance(number, int):
            return ConnectionLost()
        if number in _BY_NUMBER:
            return DocumentError(*_BY_NUMBER[number])
        return DocumentError("corrupt", f"the server fails to read it ({number})")


def _fits(pattern: str, database: str) -> bool:
    """Whether a database is one of those that a grant names: `%` and `_` stand for any, unless escaped."""
    name = pattern[1:-3].replace("``", "`")
    pieces = re.findall(r"\\.|.", name, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.fullmatch("".join(wild.get(p) or re.escape(p[-1]) for p in pieces), database, re.DOTALL) is not None


def _tls(options: dict[str, str]) -> tuple[str, ssl.SSLContext | None]:
    """Mode, and how to speak TLS where that is required. Raises DocumentError where options cannot be kept."""
    given = {key.lower().replace("-", "_"): value for key, value in options.items()}
    known = {"ssl", "ssl_ca", "ssl_capath", "ssl_cert", "ssl_cipher", "ssl_key", "ssl_mode"}
    plain = "VERIFY_IDENTITY" if {"ssl_ca", "ssl_capath"} & set(given) else "PREFERRED"
    if plain == "PREFERRED" and (given.get("ssl", "").lower() in ("true", "1") or {"ssl_cert", "ssl_key"} & set(given)):
        plain = "REQUIRED"
    mode = given.get("ssl_mode", plain).upper()
    if mode not in _MODES or any(key.startswith("ssl") and key not in known for key in given):
        raise DocumentError("unsupported", f"an option for TLS is not known; ssl_mode is one of {', '.join(_MODES)}")
    if mode in ("DISABLED", "PREFERRED"):
        return mode, None
    try:
        context = ssl.create_default_context(cafile=given.get("ssl_ca"), capath=given.get("ssl_capath"))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = mode == "VERIFY_IDENTITY"
        context.verify_mode = ssl.CERT_NONE if mode == "REQUIRED" else ssl.CERT_REQUIRED
        if "ssl_cert" in given:
            context.load_cert_chain(given["ssl_cert"], given.get("ssl_key"))
        if "ssl_cipher" in given:
            context.set_ciphers(given["ssl_cipher"])
    except (OSError, ValueError):
        raise DocumentError("unsupported", "a file or cipher for TLS cannot be used") from None
    return mode, context


def _number_in(said: str) -> int | None:
    """The number in what ConnectorX says of an error of the server: `ERROR 1146 (42S02): ...`."""
    _, found, rest = said.partition("ERROR ")
    digits = rest.split(" ", 1)[0]
    return int(digits) if found and digits.isdigit() else None
