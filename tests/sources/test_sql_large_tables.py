"""Tables too large for one unit, on the servers of this machine: cut, every planted value found once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sql_servers import MariaDBDatabase, PostgreSQLDatabase, mariadb_database, postgresql_database

import pii_scan
from pii_scan.config import Config
from pii_scan.engines.group import Progress
from pii_scan.engines.scan import scan

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


class Slices:
    """Hears of the progress of a scan; which slices of tables were read."""

    def __init__(self) -> None:
        self.done: set[tuple[int, int]] = set()

    def __call__(self, progress: Progress) -> None:
        part = progress.finished.slice if progress.finished is not None else None
        if part is not None:
            self.done.add((part.start, part.end))


def fingerprints(run: pii_scan.Run) -> list[str]:
    """Of all occurrences, whatever table and type."""
    assert not [row for table in run.problems() for row in table.to_pylist()]
    return [value for table in run.index() for value in table["fingerprint"].to_pylist()]


def test_what_is_planted_in_five_million_rows_is_found_once_in_its_slices(
    postgresql: PostgreSQLDatabase, tmp_path: Path
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
    slices = Slices()
    run = scan([postgresql.url], config=Config(jobs=2), out=tmp_path / "run", report=slices)
    found = fingerprints(run)
    assert len(found) == len(set(found)) == expected > 1000
    assert len(slices.done) > 2


@pytest.mark.parametrize("key", [("INT", "seq"), ("CHAR(36) CHARACTER SET ascii", "UUID()")], ids=["number", "uuid"])
def test_what_is_planted_in_a_large_table_of_mariadb_is_found_once_in_its_slices(
    mariadb: MariaDBDatabase, tmp_path: Path, key: tuple[str, str]
) -> None:
    planted = f"(seq IN (1, {ROWS_OF_MARIADB}) OR seq % 1000 < 2)"
    mariadb.run(
        f"CREATE TABLE stor (id {key[0]} PRIMARY KEY, t VARCHAR(200)) AS SELECT {key[1]} AS id, "
        f"IF({planted}, CONCAT('bruker', seq, '@example.no'), REPEAT('vare ', 36)) AS t "
        f"FROM {mariadb.name}.seq_1_to_{ROWS_OF_MARIADB}",
        "ANALYZE TABLE stor",
    )
    slices = Slices()
    run = scan([mariadb.url], config=Config(jobs=2), out=tmp_path / "run", report=slices)
    found = fingerprints(run)
    assert len(found) == len(set(found)) == 2 * (ROWS_OF_MARIADB // 1000)
    assert len(slices.done) > 2
