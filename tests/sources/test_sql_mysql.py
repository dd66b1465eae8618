"""MariaDB, on the server of this machine: each test has a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sql_servers import MARIADB, MariaDBDatabase, mariadb_database, scanned
from synthetic import nationals

from pii_scan.errors import TargetError
from pii_scan.model import Limits


@pytest.fixture
def database() -> Iterator[MariaDBDatabase]:
    with mariadb_database() as made:
        yield made


PEOPLE = """CREATE TABLE {name} (id INT PRIMARY KEY, epost VARCHAR(100), merknad TEXT) AS
            SELECT seq AS id, CONCAT('bruker', seq, '@example.no') AS epost, CONCAT('vare ', seq % 7) AS merknad
            FROM seq_1_to_{rows}"""

TYPES = """CREATE TABLE typer (
  id INT PRIMARY KEY, c_bool BOOLEAN, c_unsigned BIGINT UNSIGNED, c_decimal DECIMAL(65,30), c_scaled DECIMAL(12,2),
  c_float FLOAT, c_double DOUBLE, c_bit BIT(9), c_date DATE, c_datetime DATETIME(6), c_timestamp TIMESTAMP NULL,
  c_time TIME, c_year YEAR, c_char CHAR(20), c_varchar VARCHAR(60), c_latin VARCHAR(60) CHARACTER SET latin1,
  c_tinytext TINYTEXT, c_text TEXT, c_mediumtext MEDIUMTEXT, c_longtext LONGTEXT, c_binary BINARY(16),
  c_varbinary VARBINARY(60), c_tinyblob TINYBLOB, c_blob BLOB, c_mediumblob MEDIUMBLOB, c_longblob LONGBLOB,
  c_enum ENUM('enum@example.no', 'b'), c_set SET('set@example.no', 'y'), c_json JSON, c_point POINT,
  c_geometry GEOMETRY, c_inet4 INET4, c_inet6 INET6, c_uuid UUID, c_virtual VARCHAR(80) AS (CONCAT('x', c_varchar)))"""
VALUES = """INSERT INTO typer (id, c_bool, c_unsigned, c_decimal, c_scaled, c_float, c_double, c_bit, c_date,
  c_datetime,
  c_timestamp, c_time, c_year, c_char, c_varchar, c_latin, c_tinytext, c_text, c_mediumtext, c_longtext, c_binary,
  c_varbinary, c_tinyblob, c_blob, c_mediumblob, c_longblob, c_enum, c_set, c_json, c_point, c_geometry, c_inet4,
  c_inet6, c_uuid) VALUES (1, TRUE, 18446744073709551615, 1.5, 12.5, 1.5, 1e300, b'101', '0000-00-00',
  '9999-12-31 23:59:59.9', NULL, '-838:59:59', 1901, 'char@example.no', 'varchar@example.no', 'blåbær@example.no',
  'tinytext@example.no', 'text@example.no', 'mediumtext@example.no', 'longtext@example.no', x'00ff', 'vb@example.no',
  'tb@example.no', 'blob@example.no', 'mb@example.no', 'lb@example.no', 'enum@example.no', 'set@example.no',
  '{"a": {"mobil": "68050001"}}', POINT(1, 2), ST_GeomFromText('LINESTRING(0 0, 1 1)'), '192.168.7.9', '::1', UUID())"""


@pytest.mark.parametrize("options", ["", "?charset=utf8mb4"])
def test_every_type_of_the_server_is_read_by_either_driver(database: MariaDBDatabase, options: str) -> None:
    database.run("SET sql_mode = ''", TYPES, VALUES, "INSERT INTO typer (id) VALUES (2)")
    run = scanned(database.url + options)
    assert not run.problems()
    found = run.found(f"{database.name}.typer")
    for column in (
        "char varchar latin tinytext text mediumtext longtext varbinary tinyblob blob mediumblob longblob enum set "
        "virtual"
    ).split():
        assert (f"c_{column}", "EMAIL_ADDRESS") in found, column
    assert ("c_json.a.mobil", "PHONE_NUMBER") in found
    assert ("c_inet4", "IP_ADDRESS") in found


def test_tables_with_odd_names_are_read(database: MariaDBDatabase) -> None:
    odd = ['a"b', "a;drop table x", "sélect ø", "select", "a.b", "A B", "a!b", "a`b", "it's", "%s", "100%", "{0}"]
    for name in odd:
        quoted = "`" + name.replace("`", "``") + "`"
        database.run(
            PEOPLE.format(name=quoted, rows=3),
            f"ALTER TABLE {quoted} RENAME COLUMN epost TO {quoted}",
        )  # fmt: skip
    run = scanned(database.url)
    assert not run.problems()
    assert len(run.documents()) == len(odd)
    assert run.count("EMAIL_ADDRESS") == 3 * len(odd)
    assert {header for header, _ in run.found()} == set(odd)


def test_units_of_a_large_table_give_what_the_whole_gives(database: MariaDBDatabase) -> None:
    database.run(
        PEOPLE.format(name="kunder", rows=20_000), "DELETE FROM kunder WHERE id % 5 = 0", "ANALYZE TABLE kunder"
    )
    whole, parted = scanned(database.url), scanned(database.url, slice_bytes=200_000)
    name = f"{database.name}.kunder"
    assert whole.units == {name: 1} and parted.units[name] > 4
    prints = [sorted(row["fingerprint"] for row in run.rows("index")) for run in (whole, parted)]
    assert prints[0] == prints[1] and len(set(prints[0])) == 16_000
    rows = [row["row"] for row in parted.rows("index")]
    assert len(set(rows)) == len(rows) and rows == sorted(rows)


def test_views_that_fail_partitions_and_tables_without_rows(database: MariaDBDatabase) -> None:
    database.run(
        "CREATE TABLE tom (a INT)", "CREATE TABLE bare_null (a TEXT)", PEOPLE.format(name="kunder", rows=10),
        "INSERT INTO bare_null SELECT NULL FROM seq_1_to_99",
        "CREATE TABLE borte (a INT)", "CREATE VIEW feiler AS SELECT a FROM borte",
        "DROP TABLE borte", "CREATE VIEW hel AS SELECT epost FROM kunder",
        "CREATE TABLE delt (id INT, epost TEXT) PARTITION BY HASH (id) PARTITIONS 4",
        "INSERT INTO delt SELECT id, epost FROM kunder", "CREATE SEQUENCE teller",
    )  # fmt: skip
    run = scanned(database.url)
    status = {row["document"].partition(".")[2]: row["status"] for row in run.rows("documents")}
    assert status == {
        "tom": "read", "bare_null": "read", "kunder": "read", "hel": "read", "delt": "read", "feiler": "unread"
    }  # fmt: skip
    assert [run.count("EMAIL_ADDRESS", f"{database.name}.{name}") for name in ("kunder", "hel", "delt")] == [10, 10, 10]


def test_comments_and_keys_and_large_values(database: MariaDBDatabase) -> None:
    values = ", ".join(f"({at}, '{number}', NULL)" for at, number in enumerate(nationals(4), 2))
    database.run(
        "CREATE TABLE sak (id INT PRIMARY KEY, k17 TEXT COMMENT 'Fødselsnummer', dok LONGTEXT) COMMENT 't@example.no'",
        f"INSERT INTO sak VALUES {values}",
        "INSERT INTO sak VALUES (1, NULL, CONCAT(REPEAT('ord ', 700000), 'stor@example.no'))",
    )  # fmt: skip
    run = scanned(database.url, limits=Limits(max_value_bytes=1 << 20))
    assert not run.problems()
    found = [row for row in run.rows("findings") if row["header"] == "k17"]
    assert {row["part"] for row in found} == {"id=2", "id=3", "id=4", "id=5"} and min(r["score"] for r in found) >= 0.9
    assert run.count("EMAIL_ADDRESS") == 2


def test_no_right_to_a_column_is_said(database: MariaDBDatabase) -> None:
    user = f"u{database.name[-8:]}"
    database.run(
        PEOPLE.format(name="kunder", rows=3), f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY 'hemmelig-ord'",
        f"GRANT SELECT (id, epost), UPDATE (merknad) ON {database.name}.kunder TO {user}@'127.0.0.1'",
    )  # fmt: skip
    try:
        run = scanned(database.url.replace("root@", f"{user}:hemmelig-ord@"))
        unseen = ("permission", "the user's rights do not cover all of it; tables without any are not shown")
        assert run.problems(f"{database.name}.*") == [unseen]
        assert run.problems(f"{database.name}.kunder") == [("permission", "no right to read 1 of its columns")]
        assert run.count("EMAIL_ADDRESS") == 3
        database.run(f"GRANT SELECT ON {database.name}.* TO {user}@'127.0.0.1'")
        assert not scanned(database.url.replace("root@", f"{user}:hemmelig-ord@")).problems()
    finally:
        database.run(f"DROP USER {user}@'127.0.0.1'")


def test_a_sample_is_spread_over_the_key(database: MariaDBDatabase) -> None:
    database.run(PEOPLE.format(name="kunder", rows=20_000), "ANALYZE TABLE kunder")
    run = scanned(database.url, sample=640)
    (sample,) = run.rows("samples")
    assert sample["sampled"] == run.count("EMAIL_ADDRESS") == 640
    assert sample["random"] and 15_000 < sample["total"] < 25_000


def test_no_server_and_a_wrong_password_are_errors_that_quote_nothing() -> None:
    for url in (MARIADB.replace("3306", "1"), MARIADB.replace("root@", "kari:hemmelig@")):
        with pytest.raises(TargetError) as failure:
            scanned(f"{url}/test")
        assert "hemmelig" not in str(failure.value) and "kari" not in str(failure.value)


@pytest.mark.parametrize("options", ["", "?charset=utf8mb4"])
def test_a_connection_that_is_ended_is_made_again_and_no_row_is_lost_or_read_twice(
    database: MariaDBDatabase, options: str
) -> None:
    from pii_scan.model import TableRows
    from pii_scan.sources import describe, open_source

    database.run(PEOPLE.format(name="kunder", rows=400_000))
    worker = open_source(describe(database.url + options), Limits())
    (ref,) = worker.list_documents()
    seen: list[int] = []
    ended, said = 0, []
    with worker.open(ref) as document:  # type: ignore[arg-type]
        assert document.table is not None
        for piece in document.table.read(None):
            if not isinstance(piece, TableRows):
                said.append(piece)
                continue
            if not seen:
                own = f"SELECT id FROM information_schema.processlist WHERE db = '{database.name}'"
                for (number,) in database.run(own, database=""):
                    database.run(f"KILL CONNECTION {number}", database="")
                    ended += 1
            seen += piece.batch.column(0).to_pylist()
    assert ended and sorted(seen) == list(range(1, 400_001))
    assert [piece[0] for piece in said] == ["changed"]  # type: ignore[index]
