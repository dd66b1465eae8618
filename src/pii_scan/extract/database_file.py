"""SQLite databases: the rows of every table, and the schema as parts. Runs nothing that the file brings along.

Views, virtual tables and virtual generated columns only repeat what ordinary tables hold: their definitions are given,
their content is not computed. The write-ahead log of a local file is read with it; alone it gives loose text.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract import loose
from pii_scan.extract.database_rows import Table, TableReader, quoted
from pii_scan.extract.limits import PIECE, size_of
from pii_scan.model import ChunkBatch, Document, Limits, PartOrigin, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_MAX_SAID = 50
_SIDE_FILES = ("-wal", "-journal")
_SHADOWED = re.compile(r"using\s+[\"'\[`]?(fts[345]|rtree|rtree_i32|geopoly)\b", re.IGNORECASE)
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA}
_PRAGMAS = "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON", "cache_size=-8192"


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """The cells of a SQLite database (sqlite.org/fileformat2.html); `sheet` is the table, rows count from 1 in the
    order of the table. Raises DocumentError (`corrupt`, `limit`).
    """
    with contextlib.ExitStack() as held:
        connection, said = _open(document, limits, held)
        held.callback(connection.close)
        yield from said
        yield from _Database(document, connection, limits).read()


def extract_log(document: Document, limits: Limits) -> Iterator[Piece]:
    """Loose text of a write-ahead log or a rollback journal: copies of pages, which only their database can order."""
    yield from loose.pieces(document)
    detail = "the pages of a database log are read for loose text only; numbers in them are not"
    yield Problem(document.ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)


def extract_index(document: Document, limits: Limits) -> Iterator[Piece]:
    """Nothing: the index of a write-ahead log (`-shm`) holds page numbers and locks."""
    yield from ()


def _open(document: Document, limits: Limits, held: contextlib.ExitStack) -> tuple[sqlite3.Connection, list[Problem]]:
    """A connection that can write nowhere but to private copies, and what is to be said about it."""
    said: list[Problem] = []
    size = size_of(document.content)
    side = _side_files(document.local_path)
    if side:
        try:
            return sqlite3.connect(_copied(document, side, held), isolation_level=None), said
        except OSError:
            detail = "the log beside the database could not be copied; what is only there is not read"
            said.append(Problem(document.ref, Stage.EXTRACT, ProblemCode.LIMIT, detail))
    path = _path_of(document)
    if path is None and size > limits.spool_bytes:
        try:
            path = _copied(document, [], held)
        except OSError:
            raise DocumentError("limit", "no room left for a temporary copy of the database") from None
    if path is not None:
        uri = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, isolation_level=None), said
    document.content.seek(0)
    data = bytearray(document.content.read())
    data[18:20] = b"\1\1"  # a database in memory cannot be in WAL mode
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(bytes(data))
    return connection, said


def _side_files(path: str | None) -> list[str]:
    """The names after which a local database has a log with something in it (sqlite.org/tempfiles.html)."""
    found = []
    for suffix in _SIDE_FILES if path else ():
        with contextlib.suppress(OSError):
            if os.path.getsize(f"{path}{suffix}") > 0 and not os.path.islink(f"{path}{suffix}"):
                found.append(suffix)
    return found


def _path_of(document: Document) -> str | None:
    """The path of a local file, if what lies there is still the file that was opened."""
    path = document.local_path
    if path is None:
        return None
    try:
        same = os.path.samestat(os.stat(path), os.fstat(document.content.fileno()))
    except (OSError, ValueError, AttributeError):
        return None
    return path if same else None


def _copied(document: Document, side: list[str], held: contextlib.ExitStack) -> str:
    """Copies the database and the logs beside it to a folder that goes when `held` is closed. Raises OSError."""
    folder = held.enter_context(tempfile.TemporaryDirectory(prefix="pii-scan-", ignore_cleanup_errors=True))
    path = os.path.join(folder, "copy.db")
    document.content.seek(0)
    with open(path, "wb") as copy:
        while data := document.content.read(PIECE):
            copy.write(data)
    for suffix in side:
        with open(f"{document.local_path}{suffix}", "rb") as source, open(path + suffix, "wb") as copy:
            while data := source.read(PIECE):
                copy.write(data)
    return path


class _Database:
    """One open database."""

    def __init__(self, document: Document, connection: sqlite3.Connection, limits: Limits) -> None:
        self._document = document
        self._connection = connection
        self._limits = limits
        self._size = size_of(document.content)
        self._since = time.monotonic()
        self._problems = 0
        self._lenient = False
        """The schema holds entries that make no sense."""

    def read(self) -> Iterator[Piece]:
        """Everything. Raises DocumentError when not even the schema can be read."""
        connection = self._connection
        connection.set_progress_handler(self._overdue, 10_000)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(self._limits.max_value_bytes, 1 << 16))
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            try:
                schema = self._schema()
            except sqlite3.Error:
                connection.execute("PRAGMA writable_schema=ON")  # what makes no sense is then passed over
                schema = self._schema()
                self._lenient = True
        except sqlite3.Error as error:
            yield from loose.pieces(self._document)
            raise DocumentError(*_meaning(error, "the database cannot be opened and is read for loose text")) from None
        connection.set_authorizer(_authorize)
        if self._lenient:
            yield from self._problem(
                ProblemCode.CORRUPT, "the file is damaged or cut short: what of it is sound is read"
            )
        number = 0
        for kind, name, sql in schema:
            if sql:
                text = pa.array([sql.encode("utf-8", "replace").decode().replace("\0", " ")], pa.large_string())
                yield ChunkBatch(text, PartOrigin((f"schema of {name}",)))
            if kind != "table":
                continue
            number += 1
            if re.match(r"\s*create\s+virtual\b", sql, re.IGNORECASE):
                if not _SHADOWED.search(sql):
                    yield from self._problem(ProblemCode.UNSUPPORTED, f"table {number} is a virtual one")
                continue
            yield from self._table(number, name)
        if self._problems > _MAX_SAID:
            detail = f"{self._problems - _MAX_SAID} more tables could not be read in whole"
            yield Problem(self._document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)

    def _schema(self) -> list[tuple[str, str, str]]:
        """Kind, name and definition of everything in the schema, in its order."""
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        rows = self._connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        return [(str(kind), str(name), str(sql or "")) for kind, name, sql in rows]

    def _table(self, number: int, name: str) -> Iterator[Piece]:
        try:
            table = self._described(number, name)
            if not table.columns:
                return
            reader = TableReader(self._connection, table, self._document.ref, self._limits, self._size)
            for piece in reader.pieces():
                yield piece
                self._since = time.monotonic()
        except sqlite3.Error as error:
            self._since = time.monotonic()
            yield from self._problem(*_meaning(error, f"table {number}: rows of it cannot be read"))

    def _described(self, number: int, name: str) -> Table:
        connection = self._connection
        columns = connection.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
        names = [column[1] for column in columns if column[6] in (0, 3)]  # 2: computed when asked for
        taken = {column[1].lower() for column in columns}
        for key in ("rowid", "_rowid_", "oid"):
            if key in taken:
                continue
            try:
                connection.execute(f"SELECT {key} FROM {quoted(name)} LIMIT 0")
            except sqlite3.Error:
                break  # WITHOUT ROWID
            return Table(number, name, tuple(names), key)
        return Table(number, name, tuple(names))

    def _problem(self, code: ProblemCode | str, detail: str) -> Iterator[Problem]:
        self._problems += 1
        if self._problems <= _MAX_SAID:
            yield Problem(self._document.ref, Stage.EXTRACT, ProblemCode(code), detail)

    def _overdue(self) -> int:
        """Ends a query that has given nothing for half the time that a worker may be silent."""
        return int(time.monotonic() - self._since > self._limits.stall_seconds / 2)


def _authorize(action: int, first: str | None, second: str | None, schema: str | None, trigger: str | None) -> int:
    """Reading tables, and nothing else: no functions, no attached files, no views (which act in their own name)."""
    allowed = action in _ALLOWED and trigger is None
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _meaning(error: sqlite3.Error, detail: str) -> tuple[str, str]:
    """Code and detail for a failure; its message is read, never shown."""
    said = str(error)
    code = "timeout" if said == "interrupted" else "limit" if "too big" in said else "corrupt"
    return code, detail
