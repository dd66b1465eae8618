"""Tables too large for one unit, on the servers of this machine: all workers read, and every planted value is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sql_servers import MariaDBDatabase, PostgreSQLDatabase, mariadb_database, postgresql_database

import pii_scan
from pii_scan.config import Config
from pii_scan.engines.group import Group
from pii_scan.engines.local import LocalEngine
from pii_scan.engines.scan import scan
from pii_scan.engines.worker_process import Worker

ROWS = 5_000_000
BLOCKS = 64
"""Units of PostgreSQL hold a multiple of so many blocks: 32 MiB are 4096 of 8 KiB."""
ROWS_OF_MARIADB = 500_000


@pytest.fixture
def postgresql() -> Iterator[PostgreSQLDatabase]:
    with postgresql_database() as made:
        yield made


@pytest.fixture
def mariadb() -> Iterator[MariaDBDatabase]:
    with mariadb_database() as made:
        yield made


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many workers have a slice of a table to read, each time that one is given one."""
    counts: list[int] = []
    give = LocalEngine._give

    def given(engine: LocalEngine, worker: Worker, group: Group) -> None:
        give(engine, worker, group)
        if not group.plan:
            counts.append(sum(one.group is not None and not one.group.plan for one in engine._workers))

    monkeypatch.setattr(LocalEngine, "_give", given)
    return counts


def fingerprints(run: pii_scan.Run) -> list[str]:
    """Of all occurrences, whatever table and type."""
    assert not [row for table in run.problems() for row in table.to_pylist()]
    return [value for table in run.index() for value in table["fingerprint"].to_pylist()]


def test_what_is_planted_in_five_million_rows_is_found_once_by_two_workers(
    postgresql: PostgreSQLDatabase, tmp_path: Path, busy: list[int]
) -> None:
    made = (
        "CREATE TABLE stor AS SELECT i, CASE WHEN {planted} THEN 'bruker' ELSE 'vare__' END || "
        "to_char(i, 'FM0000000') || CASE WHEN {planted} THEN '@example.no' ELSE ' er p__ vei' END AS t "
        "FROM generate_series(1, {rows}) i"
    )  # rows of one width, so that it is known which are the first and the last of a block
    postgresql.run(made.format(planted="false", rows=10_000))
    ((a_block,),) = postgresql.run("SELECT count(*)::int4 FROM stor WHERE ctid < '(1,0)'")
    planted = f"(i IN (1, {ROWS}) OR i % {a_block * BLOCKS} < 2)"
    postgresql.run("DROP TABLE stor", made.format(planted=planted, rows=ROWS))
    expected = len({1, ROWS, *(at for i in range(0, ROWS, a_block * BLOCKS) for at in (i, i + 1) if 0 < at <= ROWS)})
    run = scan([postgresql.url], config=Config(jobs=2), out=tmp_path / "run")
    found = fingerprints(run)
    assert len(found) == len(set(found)) == expected > 1000
    assert len(busy) > 2 and max(busy) == 2


@pytest.mark.parametrize("key", [("INT", "seq"), ("CHAR(36) CHARACTER SET ascii", "UUID()")], ids=["number", "uuid"])
def test_what_is_planted_in_a_large_table_of_mariadb_is_found_once_by_two_workers(
    mariadb: MariaDBDatabase, tmp_path: Path, key: tuple[str, str], busy: list[int]
) -> None:
    planted = f"(seq IN (1, {ROWS_OF_MARIADB}) OR seq % 1000 < 2)"
    mariadb.run(
        f"CREATE TABLE stor (id {key[0]} PRIMARY KEY, t VARCHAR(200)) AS SELECT {key[1]} AS id, "
        f"IF({planted}, CONCAT('bruker', seq, '@example.no'), REPEAT('vare ', 36)) AS t "
        f"FROM {mariadb.name}.seq_1_to_{ROWS_OF_MARIADB}",
        "ANALYZE TABLE stor",
    )
    run = scan([mariadb.url], config=Config(jobs=2), out=tmp_path / "run")
    found = fingerprints(run)
    assert len(found) == len(set(found)) == 2 * (ROWS_OF_MARIADB // 1000)
    assert len(busy) > 2 and max(busy) == 2
