"""Databases of their own on the servers of this machine, and scans of them in one process."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from scanning import KEY

from pii_scan.findings.schema import TABLES
from pii_scan.model import DocumentRef, Limits, Problem, WorkUnit
from pii_scan.pipeline import Pipeline
from pii_scan.protocols import Source
from pii_scan.settings import Settings
from pii_scan.sources import describe, open_source, opened

POSTGRESQL = os.environ.get("PII_SCAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432")
MARIADB = os.environ.get("PII_SCAN_TEST_MARIADB", "mysql://root@127.0.0.1:3306")

Row = dict[str, Any]


def missing(server: str) -> None:
    """Ends a test that needs a server that is not there."""
    if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
        pytest.fail(f"{server} is not there, and PII_SCAN_REQUIRE_SERVICES is set")
    pytest.skip(f"no {server} on this machine")


class PostgreSQLDatabase:
    """A database that is dropped afterwards."""

    def __init__(self, url: str = POSTGRESQL) -> None:
        self.server = url
        self.name = f"pii_scan_{secrets.token_hex(4)}"
        self.url = f"{url}/{self.name}"

    def run(self, *statements: str, database: str = "") -> list[tuple[Any, ...]]:
        """Runs statements; gives the rows of the last."""
        from adbc_driver_postgresql import dbapi

        rows: list[tuple[Any, ...]] = []
        with dbapi.connect(f"{self.server}/{database or self.name}", autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
                    cursor.execute(statement)
                    rows = cursor.fetchall() if cursor.description is not None else []
        return rows


@contextlib.contextmanager
def postgresql_database(url: str = POSTGRESQL) -> Iterator[PostgreSQLDatabase]:
    """A new database, or the end of the test where there is no server."""
    from adbc_driver_manager import Error

    database = PostgreSQLDatabase(url)
    try:
        database.run(f"CREATE DATABASE {database.name} TEMPLATE template0 ENCODING 'UTF8'", database="postgres")
    except Error:
        missing("PostgreSQL")
    try:
        yield database
    finally:
        database.run(f"DROP DATABASE {database.name} WITH (FORCE)", database="postgres")


class MariaDBDatabase:
    """A database that is dropped afterwards."""

    def __init__(self) -> None:
        self.name = f"pii_scan_{secrets.token_hex(4)}"
        self.url = f"{MARIADB}/{self.name}"

    def run(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Runs statements; gives the rows of the last."""
        import pymysql

        from pii_scan.sources.sql.url import parse

        split = parse(self.url).parts()
        connection = pymysql.connect(
            host=split.hostname, port=split.port or 3306, user=split.username, password=split.password or "",
            database=self.name if database is None else database or None, autocommit=True, charset="utf8mb4",
        )  # fmt: skip
        rows: list[tuple[Any, ...]] = []
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows


@contextlib.contextmanager
def mariadb_database() -> Iterator[MariaDBDatabase]:
    """A new database, or the end of the test where there is no server."""
    import pymysql

    database = MariaDBDatabase()
    try:
        database.run(f"CREATE DATABASE {database.name} CHARACTER SET utf8mb4", database="")
    except pymysql.MySQLError:
        missing("MariaDB")
    try:
        yield database
    finally:
        database.run(f"DROP DATABASE {database.name}", database="")


class Scanned:
    """The rows of a scan."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {name: [] for name in (*TABLES, "samples")}
        self.units: dict[str, int] = {}
        """Work units by document."""

    def found(self, document: str = "") -> set[tuple[str | None, str]]:
        """(header, entity type) of every finding."""
        return {(row["header"], row["entity_type"]) for row in self.rows("findings", document)}

    def rows(self, table: str, document: str = "") -> list[Row]:
        """The rows of a table, of one document or all."""
        return [row for row in self.tables[table] if document in ("", row["document"])]

    def count(self, entity_type: str, document: str = "") -> int:
        """Occurrences of an entity type."""
        return sum(row["count"] for row in self.rows("findings", document) if row["entity_type"] == entity_type)

    def problems(self, document: str = "") -> list[tuple[str, str]]:
        """(code, detail) of every problem."""
        return [(row["code"], row["detail"]) for row in self.rows("problems", document)]

    def documents(self) -> list[str]:
        """The documents met, in order, those that were read in units once."""
        return list(dict.fromkeys(row["document"] for row in self.tables["documents"]))


_sources: dict[str, Source] = {}


@lru_cache(maxsize=4)
def pipeline(limits: Limits) -> Pipeline:
    """One for all tests: making it takes seconds."""
    return Pipeline(Settings(KEY, "2026-11-30", (), (), 0.4, limits), _sources)


def scanned(
    url: str, *, slice_bytes: int = 0, limits: Limits | None = None, sample: int = 0, **chosen: list[str]
) -> Scanned:
    """Scans a database in this process, tables in slices of `slice_bytes` where that is given."""
    limits = limits or Limits()
    description = describe(url, sample=sample, **chosen)
    result = Scanned()
    with opened(description, limits) as source:
        work = list(source.list_documents())
        worker = open_source(description, limits)
        _sources[str(description["target"])] = worker
        run = pipeline(limits)
        run.expect([item if isinstance(item, Problem) else WorkUnit(item) for item in work])
        with contextlib.closing(worker) if hasattr(worker, "close") else contextlib.nullcontext():
            for item in work:
                _take(run, item, slice_bytes, result)
    return result


def _take(run: Pipeline, item: DocumentRef | Problem, slice_bytes: int, result: Scanned) -> None:
    if isinstance(item, Problem):
        parts = [run.record(item)]
    else:
        cut = run.plan(WorkUnit(item), slice_bytes, lambda: None) if slice_bytes else []
        units = [WorkUnit(item, part) for part in cut] or [WorkUnit(item)]
        result.units[item.path] = len(units)
        parts = [part for unit in units for part in run.run(unit, lambda: None)]
    for part in parts:
        for name, table in part.items():
            result.tables[name] += table.to_pylist()
