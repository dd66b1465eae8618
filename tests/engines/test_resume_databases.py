"""Scans of databases that are resumed: whole tables stay, and no row is missed that moved meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interrupting import GROUP_ITEMS, interrupted, small_pieces, tables
from scanning import rows, statuses
from sql_servers import PostgreSQLDatabase, postgresql_database

from pii_scan.config import Config
from pii_scan.engines.scan import SITTINGS, scan
from pii_scan.findings.store import Run

ROWS = 4000
SMALL = GROUP_ITEMS
"""Tables that make a group of their own, before the large one."""
ONE = Config(jobs=1)


@pytest.fixture(scope="module", autouse=True)
def pieces() -> Iterator[None]:
    with small_pieces():
        yield


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQLDatabase]:
    with postgresql_database() as made:
        yield made


def made_file(file: Path) -> str:
    with sqlite3.connect(file) as made:
        for number in range(SMALL):
            made.execute(f"CREATE TABLE a{number} (epost TEXT)")
            made.execute(f"INSERT INTO a{number} VALUES ('a{number}@example.no')")
        made.execute("CREATE TABLE stor (id INTEGER PRIMARY KEY, epost TEXT, fyll TEXT)")
        made.executemany(
            "INSERT INTO stor VALUES (?, ?, ?)",
            [(n, f"p{n}@example.no" if n % 3 == 0 else "ord", "x" * 60) for n in range(ROWS)],
        )
    made.close()
    return f"sqlite:///{file}"


def resumed(target: str, out: Path) -> tuple[Run, int]:
    """The run, and how many tables and slices were read."""
    told: list[Any] = []
    run = scan([target], out=out, resume=True, report=told.append)
    assert SITTINGS in run.manifest["notes"]
    return run, sum(one.finished is not None for one in told)


def test_slices_of_a_database_file_that_has_not_changed_stay(tmp_path: Path) -> None:
    target = made_file(tmp_path / "a.db")
    told: list[Any] = []
    whole = scan([target], out=tmp_path / "whole", config=ONE, report=told.append)
    units = sum(one.finished is not None for one in told)
    interrupted([target], tmp_path / "run", SMALL + 4, config=ONE)
    run, read = resumed(target, tmp_path / "run")
    assert tables(run) == tables(whole) and units > SMALL + 5
    assert 1 <= read <= units - SMALL - 2


def test_a_table_of_a_file_that_changed_half_way_is_read_anew(tmp_path: Path) -> None:
    target = made_file(tmp_path / "a.db")
    interrupted([target], tmp_path / "run", SMALL + 4, config=ONE)
    with sqlite3.connect(tmp_path / "a.db") as made:  # a row moves to where the scan has been
        made.execute("DELETE FROM stor WHERE id = 3")
        made.execute(f"UPDATE stor SET id = 3, epost = 'flyttet@example.no' WHERE id = {ROWS - 1}")
    made.close()
    run, _ = resumed(target, tmp_path / "run")
    assert tables(run) == tables(scan([target], out=tmp_path / "whole"))
    assert statuses(run)["stor"] == "read"


def test_a_table_on_a_server_that_was_half_read_is_read_anew_and_whole_ones_stay(
    postgresql: PostgreSQLDatabase, tmp_path: Path
) -> None:
    postgresql.run(
        *(f"CREATE TABLE a{number} AS SELECT text 'a{number}@example.no' AS epost" for number in range(SMALL)),
        "CREATE TABLE stor (id int, epost text, fyll text)",
        f"INSERT INTO stor SELECT n, 'p' || n || '@example.no', repeat('x', 60) FROM generate_series(1, {ROWS}) n",
        "ANALYZE",
    )  # fmt: skip
    told: list[Any] = []
    interrupted([postgresql.url], tmp_path / "run", SMALL + 4, config=ONE)
    postgresql.run("DELETE FROM stor WHERE id < 500", "VACUUM stor")
    postgresql.run(f"UPDATE stor SET epost = 'flyttet@example.no' WHERE id > {ROWS - 20}")  # into blocks that were read
    run, read = resumed(postgresql.url, tmp_path / "run")
    whole = scan([postgresql.url], out=tmp_path / "whole", report=told.append)
    assert tables(run) == tables(whole)
    assert read == sum(one.finished is not None for one in told) - SMALL
    assert len(rows(run.index())) == ROWS - 499 + SMALL
