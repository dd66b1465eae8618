"""Tables of MariaDB whose key is no number are cut into ranges, and each of their rows lies in one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sql_servers import MariaDBDatabase, mariadb_database

from pii_scan.model import Limits, TableRows
from pii_scan.sources import describe, open_source

ROWS = 12_000
SIZE = 150_000


@pytest.fixture
def database() -> Iterator[MariaDBDatabase]:
    with mariadb_database() as made:
        yield made


def numbers(database: MariaDBDatabase, slice_bytes: int = SIZE) -> list[list[int]]:
    """The column `n` of each slice of the only table, and that their rows are numbered upwards."""
    worker = open_source(describe(database.url), Limits())
    (ref,) = worker.list_documents()
    found, last = [], 0
    with worker.open(ref) as document:  # type: ignore[arg-type]
        assert document.table is not None
        at = [column.name for column in document.table.columns].index("n")
        for part in document.table.plan(slice_bytes) or [None]:
            found.append([])
            for piece in document.table.read(part):
                assert isinstance(piece, TableRows), piece
                assert piece.first_row > last
                last = piece.first_row + piece.batch.num_rows - 1
                found[-1] += piece.batch.column(at).to_pylist()
    return found


KEYS = {
    "uuid as text": ("k CHAR(36) CHARACTER SET ascii", "UUID()"),
    "uuid": ("k UUID", "UUID()"),
    "random bytes": ("k BINARY(16)", "UNHEX(MD5(seq))"),
    "bytes of many lengths": ("k VARBINARY(40)", "CONCAT(REPEAT(x'00', seq % 7), UNHEX(SHA1(seq)))"),
    "numbered text": ("k VARCHAR(40)", "CONCAT('KUNDE-', LPAD(seq, 8, '0'))"),
    "addresses": ("k VARCHAR(80)", "CONCAT(ELT(seq % 4 + 1, 'kari', 'Ola', 'ågot', 'Ærlend'), seq, '@example.no')"),
    "danish order": ("k VARCHAR(80) COLLATE utf8mb4_danish_ci", "CONCAT(CHAR(65 + seq % 60), 'Å', 'aa', seq)"),
    "latin1": ("k VARCHAR(80) CHARACTER SET latin1", "CONCAT(x'E5E6F8', LPAD(CONV(seq, 10, 36), 6, '0'))"),
    "utf16": ("k VARCHAR(80) CHARACTER SET utf16", "CONCAT('østre ', HEX(seq * 7919))"),
    "greek, no spaces": ("k VARCHAR(80) COLLATE utf8mb4_bin", "CONCAT('Ωμέγα 💬 ', seq, '\\'\\\\%s ')"),
    "moments": ("k DATETIME(6)", "'2020-02-29' + INTERVAL seq * 37 SECOND"),
    "days and zero": ("k DATE", "IF(seq = 1, '0000-00-00', '1000-01-01' + INTERVAL seq DAY)"),
    "decimals": ("k DECIMAL(30,10)", "(CAST(seq AS SIGNED) - 6000) * 123456789012.5"),
}  # fmt: skip


@pytest.mark.parametrize("case", KEYS)
def test_each_row_is_read_once_and_in_ranges_of_like_size(database: MariaDBDatabase, case: str) -> None:
    declared, value = KEYS[case]
    database.run(
        "SET sql_mode = ''", f"CREATE TABLE t ({declared} PRIMARY KEY, n INT, fyll VARCHAR(200))",
        f"INSERT INTO t SELECT {value}, seq, REPEAT('ord ', 25) FROM seq_1_to_{ROWS}", "ANALYZE TABLE t",
    )  # fmt: skip
    found = numbers(database)
    assert sorted(n for part in found for n in part) == list(range(1, ROWS + 1))
    assert len(found) > 4 and all(found) and max(map(len, found)) < ROWS / 3


KEYS_OF_TWO = {
    "few values": ("a VARCHAR(20)", "ELT(seq % 3 + 1, 'nord', 'sør', 'vest')", 2),
    "alike to the server": ("a VARCHAR(20)", "ELT(seq % 4 + 1, 'å', 'Å', 'a ', 'A')", 1),
    "whole number": ("a INT", "CAST(seq DIV 10 AS SIGNED) - 600", 5),
    "largest numbers": ("a BIGINT UNSIGNED", "18446744073709551615 - seq DIV 10", 5),
    "one value": ("a INT", "7", 1),
}


@pytest.mark.parametrize("case", KEYS_OF_TWO)
def test_rows_with_the_same_first_column_of_the_key_stay_together(database: MariaDBDatabase, case: str) -> None:
    declared, value, least = KEYS_OF_TWO[case]
    database.run(
        f"CREATE TABLE t ({declared}, n INT, fyll VARCHAR(200), PRIMARY KEY (a, n))",
        f"INSERT INTO t SELECT {value}, seq, REPEAT('ord ', 25) FROM seq_1_to_{ROWS}", "ANALYZE TABLE t",
    )  # fmt: skip
    found = numbers(database)
    assert sorted(n for part in found for n in part) == list(range(1, ROWS + 1))
    assert len(found) >= least and all(found)


@pytest.mark.parametrize(
    "key", ["", ", PRIMARY KEY (k(10))", ", UNIQUE (k)", ", KEY (n)"], ids=["none", "prefix", "unique", "no key of it"]
)
def test_tables_without_a_whole_primary_key_are_one_unit(database: MariaDBDatabase, key: str) -> None:
    database.run(
        f"CREATE TABLE t (k VARCHAR(40), n INT{key})",
        "INSERT INTO t SELECT CONCAT(MD5(seq), REPEAT('x', 8)), seq FROM seq_1_to_9000",
    )
    found = numbers(database, 10_000)
    assert len(found) == 1 and sorted(found[0]) == list(range(1, 9001))
