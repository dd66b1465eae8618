"""Columns of types that identify no one are fetched only where a header, a comment or the rest of the table asks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sql_servers import Row, Scanned, mariadb_database, postgresql_database, scanned
from synthetic import nationals

from pii_scan.model import Need
from pii_scan.pipeline import Pipeline

NUMBERS = nationals(40)
"""Their first six digits are a day, a month of the series of test persons, and a year."""


def born(number: str) -> str:
    return f"19{number[4:6]}-{int(number[2:4]) - 80:02}-{number[:2]}"


def rows(moments: list[str]) -> str:
    """SQL of the rows: the key, a moment of each kind, a day, a truth value, a small number and an amount."""
    one = "({i}, '{day}', '{moment}', '{moment}', {truth}, {small}, {small}.50, 'kunde{i}@example.no', '{rest}')"
    return ", ".join(
        one.format(
            i=i, day=born(number), moment=moments[i % len(moments)], truth=("TRUE", "FALSE")[i % 2], small=i % 50,
            rest=number[6:],
        )
        for i, number in enumerate(NUMBERS)
    )  # fmt: skip


COLUMNS = "id INTEGER PRIMARY KEY, {day} DATE, {moment} TIMESTAMP, levert_ TIMESTAMP, vist BOOLEAN, antall SMALLINT, " \
          "belop DECIMAL(12, 2), epost VARCHAR(50), {rest} VARCHAR(50)"  # fmt: skip
HEADERS = {
    "nothing asks": {"day": "a", "moment": "b", "rest": "c"},
    "the age of the rows": {"day": "a", "moment": "opprettet", "rest": "c"},
    "a date of birth": {"day": "fodselsdato", "moment": "b", "rest": "c"},
    "half of a number": {"day": "a", "moment": "b", "rest": "personnummer"},
}
MOMENTS = ["2023-05-06 10:11:12", "2024-01-31 23:59:59", "2019-12-01 00:00:00"]
FURTHEST = [*MOMENTS, "infinity", "-infinity", "0044-03-15 12:00:00 BC", "294276-12-31 23:59:59"]


def made(url: str, run: Any, moments: list[str]) -> str:
    for number, (_, names) in enumerate(HEADERS.items()):
        run(f"CREATE TABLE t{number} ({COLUMNS.format(**names)})", f"INSERT INTO t{number} VALUES {rows(moments)}")
    return url


@contextlib.contextmanager
def postgresql(_: Path) -> Iterator[str]:
    with postgresql_database() as database:
        made(database.url, database.run, FURTHEST)
        database.run("CREATE TABLE sagt (k17 date, k18 timestamptz, v inet)", "INSERT INTO sagt VALUES ('1990-01-02')")
        database.run("COMMENT ON COLUMN sagt.k17 IS 'Fødselsdato'")
        yield database.url


@contextlib.contextmanager
def mariadb(_: Path) -> Iterator[str]:
    with mariadb_database() as database:
        yield made(database.url, database.run, MOMENTS)


@contextlib.contextmanager
def duckdb_file(folder: Path) -> Iterator[str]:
    path = os.fspath(folder / "fil.duckdb")
    with duckdb.connect(path) as connection:
        made(path, lambda *statements: [connection.execute(one) for one in statements], MOMENTS)
    yield f"duckdb:///{path}"


def kept(run: Scanned) -> dict[str, list[Row]]:
    """The rows of every table, apart from what counts time."""
    return {name: sorted(found, key=repr) for name, found in run.tables.items() if name != "times"}


@pytest.mark.parametrize("database", [postgresql, mariadb, duckdb_file])
def test_leaving_columns_out_changes_nothing_that_is_found(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database(tmp_path) as url:
        short = scanned(url)
        monkeypatch.setattr(Pipeline, "_needs", lambda self, columns: [Need.CELLS] * len(columns))
        whole = scanned(url)
    assert not whole.problems()
    assert kept(short) == kept(whole)
    tables = {row["document"].rpartition(".")[2]: row["document"] for row in short.rows("documents")}
    assert ("fodselsdato", "DATE_OF_BIRTH") in short.found(tables["t2"])
    assert ("personnummer", "NO_FODSELSNUMMER") in short.found(tables["t3"])
    assert {row["basis"] for row in short.rows("dates") if row["document"] == tables["t1"]} == {"data"}


@pytest.mark.parametrize("kind", ["postgresql", "duckdb"])
def test_a_column_that_no_one_wants_is_not_even_computed(kind: str, tmp_path: Path) -> None:
    view = "CREATE VIEW sett AS SELECT 'kari@example.no' AS epost, CAST(CAST({} AS VARCHAR(9)) AS SMALLINT) AS {}"
    with contextlib.ExitStack() as held:
        if kind == "postgresql":
            database = held.enter_context(postgresql_database())
            run, url = database.run, database.url
        else:
            path = os.fspath(tmp_path / "fil.duckdb")
            connection = held.enter_context(duckdb.connect(path))
            run, url = (lambda *statements: [connection.execute(one) for one in statements]), f"duckdb:///{path}"
        run("CREATE TABLE feil AS SELECT 'x' AS a", view.format("(SELECT max(a) FROM feil)", "antall"))
        run(view.replace("sett", "spurt").format("(SELECT max(a) FROM feil)", "postnummer"))
        if kind == "duckdb":
            connection.close()
        found = scanned(url)
    status = {row["document"].rpartition(".")[2]: row["status"] for row in found.rows("documents")}
    assert status == {"feil": "read", "sett": "read", "spurt": "unread"}
