"""SQLite and DuckDB by URL, and the way of all other databases (SQLAlchemy), tried on SQLite and MariaDB."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from sql_servers import Row, mariadb_database, scanned

from pii_scan.errors import TargetError
from pii_scan.model import Limits, TableRows
from pii_scan.sources.sql.generic import Generic
from pii_scan.sources.sql.tables import Options
from pii_scan.sources.sql.url import DatabaseUrl

PEOPLE = [(i, f"bruker{i}@example.no", f"vare {i % 7}") for i in range(1, 20_001)]


def sqlite_file(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE kunder (id INTEGER PRIMARY KEY, epost TEXT, merknad TEXT)")
        connection.executemany("INSERT INTO kunder VALUES (?, ?, ?)", PEOPLE)
        connection.execute("CREATE VIEW sett AS SELECT epost FROM kunder WHERE id <= 10")
        connection.execute("CREATE VIEW feiler AS SELECT epost FROM borte")
        connection.execute('CREATE TABLE "a.b ""c" (k TEXT PRIMARY KEY, rowid TEXT, v) WITHOUT ROWID')
        connection.execute("""INSERT INTO "a.b ""c" VALUES ('x', 'y', 'uten@example.no')""")
        connection.execute("CREATE TABLE tom (a)")
        connection.execute("CREATE TABLE stor (id INTEGER PRIMARY KEY, a TEXT, b BLOB)")
        connection.execute("INSERT INTO stor VALUES (1, ?, ?)", ("ord " * 700_000 + "stor@example.no", b"\0"))
    connection.close()
    return f"sqlite:///{path}"


def duckdb_file(path: Path) -> str:
    with duckdb.connect(os.fspath(path)) as connection:
        connection.execute(
            "CREATE TABLE kunder AS SELECT i AS id, 'bruker' || i || '@example.no' AS epost, 'vare ' || i % 7 AS m "
            "FROM range(1, 20001) t(i)"
        )
        connection.execute("CREATE VIEW sett AS SELECT epost FROM kunder WHERE id <= 10")
        connection.execute("CREATE TABLE tom (a INTEGER)")
        connection.execute('CREATE SCHEMA "a.b"')
        connection.execute("""CREATE TABLE "a.b"."c" AS SELECT 'uten@example.no' AS v""")
        connection.execute("CREATE TABLE stor AS SELECT 1 AS id, repeat('ord ', 700000) || 'stor@example.no' AS a")
    return f"duckdb:///{path}"


@pytest.mark.parametrize(("made", "prefix"), [(sqlite_file, ""), (duckdb_file, "main.")])
def test_tables_and_views_of_a_file_are_read_by_url(made: Callable[[Path], str], prefix: str, tmp_path: Path) -> None:
    url = made(tmp_path / "fil")
    before = (tmp_path / "fil").read_bytes()
    limits = Limits(max_value_bytes=1 << 20)
    whole, parted = scanned(url, limits=limits), scanned(url, slice_bytes=100_000, limits=limits)
    assert parted.units[f"{prefix}kunder"] > 3 and whole.units[f"{prefix}kunder"] == 1
    for run in (whole, parted):
        assert {row["document"] for row in run.rows("problems")} <= {"feiler"}
        assert run.count("EMAIL_ADDRESS", f"{prefix}kunder") == 20_000
        assert run.count("EMAIL_ADDRESS", f"{prefix}sett") == 10
        assert run.count("EMAIL_ADDRESS", f"{prefix}stor") == 1
        assert run.count("EMAIL_ADDRESS") == 20_012
    assert sorted(row["row"] for row in parted.rows("index", f"{prefix}kunder")) == list(range(1, 20_001))
    assert (tmp_path / "fil").read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["fil"]


@pytest.mark.parametrize(("made", "prefix"), [(sqlite_file, ""), (duckdb_file, "main.")])
def test_a_sample_of_a_file(made: Callable[[Path], str], prefix: str, tmp_path: Path) -> None:
    run = scanned(made(tmp_path / "fil"), sample=640)
    samples: dict[str, Row] = {row["document"]: row for row in run.rows("samples")}
    assert samples.keys() == {f"{prefix}kunder"}
    sample = samples[f"{prefix}kunder"]
    assert sample["sampled"] == run.count("EMAIL_ADDRESS", f"{prefix}kunder") == 640
    assert sample["total"] == 20_000 and sample["random"]


def test_every_type_of_duckdb_is_read(tmp_path: Path) -> None:
    with duckdb.connect(os.fspath(tmp_path / "fil")) as connection:
        connection.execute("CREATE TYPE stemning AS ENUM ('enum@example.no')")
        connection.execute(
            """CREATE TABLE typer AS SELECT 1 AS id, true AS c_bool, 170141183460469231731687303715884105727 AS c_huge,
            1.5::DECIMAL(18,3) AS c_decimal, 'inf'::DOUBLE AS c_double, 'text@example.no' AS c_text,
            'blob@example.no'::BLOB AS c_blob, 'infinity'::DATE AS c_date, now() AS c_zoned,
            INTERVAL 1 DAY AS c_interval, uuid() AS c_uuid, 'enum@example.no'::stemning AS c_enum,
            ['list@example.no'] AS c_list, [[1]] AS c_nested,
            {'epost': 'struct@example.no'} AS c_struct, MAP {'k': 'map@example.no'} AS c_map,
            '{"a": {"epost": "json@example.no"}}'::JSON AS c_json, '101'::BIT AS c_bit,
            union_value(a := 'union@example.no') AS c_union, '12:00'::TIME AS c_time"""
        )
    run = scanned(f"duckdb:///{tmp_path / 'fil'}")
    assert not run.problems()
    headers = {header for header, entity in run.found() if entity == "EMAIL_ADDRESS"}
    assert headers == {
        "c_text", "c_blob", "c_enum", "c_list", "c_struct.epost", "c_map.value", "c_json.a.epost", "c_union"
    }  # fmt: skip


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_a_file_that_is_no_database_is_an_error_with_a_way_out(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "fil").write_bytes(b"not a database at all, and long enough to be looked at" * 100)
    for path in (tmp_path / "fil", tmp_path / "borte"):
        with pytest.raises(TargetError) as failure:
            scanned(f"{scheme}:///{path}")
        assert failure.value.hint


def generic_rows(url: str, schema: str = "") -> dict[str, int]:
    """Rows by table of one schema, as SQLAlchemy gives them."""
    database = Generic(DatabaseUrl("mssql", "", "", "", url), Options())
    database.hold()
    counts = {}
    for listed in database.listing():
        if listed.name.schema != schema:
            continue
        with database.table(listed.name) as table:
            pieces = list(table.read(None))
        assert all(isinstance(piece, TableRows) for piece in pieces)
        counts[listed.name.path] = sum(p.batch.num_rows for p in pieces if isinstance(p, TableRows))
    database.close()
    return counts


def test_other_databases_are_read_by_sqlalchemy(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "fil") as connection:
        connection.execute("CREATE TABLE kunder (id INTEGER PRIMARY KEY, epost TEXT, blanding)")
        connection.executemany("INSERT INTO kunder VALUES (?, ?, ?)", [(1, "a", b"x"), (2, None, 1.5), (3, "ø", "t")])
        connection.execute("CREATE VIEW sett AS SELECT epost FROM kunder")
    connection.close()
    assert generic_rows(f"sqlite:///{tmp_path / 'fil'}") == {"kunder": 3, "sett": 3}
    with mariadb_database() as database:
        database.run(
            "CREATE TABLE kunder AS SELECT seq AS id, CURRENT_TIMESTAMP AS tid, 1.5 AS tall, 'x' AS t "
            "FROM seq_1_to_5000"
        )
        url = database.url.replace("mysql://", "mysql+pymysql://")
        assert generic_rows(url, database.name) == {f"{database.name}.kunder": 5000}
