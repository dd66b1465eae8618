"""How a scan behaves on a server: nothing is written, nothing is locked, little is held, no secret is shown."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scanning import pii_scan as run_command
from sql_servers import PostgreSQLDatabase, postgresql_database, scanned

import pii_scan
from pii_scan.config import Config
from pii_scan.findings.store import load_run

PEOPLE = """CREATE TABLE {name} AS SELECT i AS id, 'bruker' || i || '@example.no' AS epost FROM
            generate_series(1, {rows}) i"""
SECRET, PERSON = "hemmelig-ord-7", "kari_leser"


@pytest.fixture
def database() -> Iterator[PostgreSQLDatabase]:
    with postgresql_database() as made:
        yield made


@pytest.fixture
def reader(database: PostgreSQLDatabase) -> Iterator[str]:
    """The URL of a user who may log in, and has no right to any table yet."""
    role = f"{PERSON}_{database.name[-8:]}"
    database.run(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'")
    try:
        yield database.url.replace("postgres@", f"{role}:{SECRET}@")
    finally:
        database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def role_of(url: str) -> str:
    return url.split("//")[1].split(":")[0]


class Watcher:
    """Looks at the server's locks and sessions while something runs."""

    def __init__(self, database: PostgreSQLDatabase) -> None:
        self._database = database
        self._over = threading.Event()
        self.locks: set[str] = set()
        self.names: set[str] = set()
        self.sessions = 0
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        from adbc_driver_postgresql import dbapi

        sessions = f"SELECT pid, application_name FROM pg_stat_activity WHERE datname = '{self._database.name}'"
        with dbapi.connect(f"{self._database.server}/postgres", autocommit=True) as connection:
            while not self._over.is_set():
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT mode FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                        f"WHERE d.datname = '{self._database.name}' AND locktype IN ('relation', 'tuple', 'page')"
                    )
                    self.locks.update(row[0] for row in cursor.fetchall())
                    cursor.execute(sessions)
                    found = cursor.fetchall()
                    self.sessions = max(self.sessions, len(found))
                    self.names.update(name for _, name in found)
                time.sleep(0.01)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def written(database: PostgreSQLDatabase) -> list[tuple[Any, ...]]:
    """What the server counts of writing in a database."""
    time.sleep(0.5)
    return database.run(
        "SELECT sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del), sum(n_mod_since_analyze) FROM pg_stat_user_tables"
    ) + database.run(
        "SELECT tup_inserted, tup_updated, tup_deleted, temp_files, deadlocks FROM pg_stat_database "
        f"WHERE datname = '{database.name}'"
    )


def test_nothing_is_written_and_no_lock_above_access_share_is_taken(
    database: PostgreSQLDatabase, tmp_path: Path
) -> None:
    database.run(*[PEOPLE.format(name=f"t{i}", rows=20_000) for i in range(6)], "VACUUM ANALYZE")
    database.run("CREATE VIEW sett AS SELECT epost FROM t0", "CREATE TABLE dok (a bytea)")
    before = written(database)
    with Watcher(database) as watcher:
        run = pii_scan.scan([database.url], config=Config(jobs=2), out=tmp_path / "run")
    assert written(database) == before
    assert watcher.locks == {"AccessShareLock"}
    assert watcher.names <= {"pii-scan", "", "ADBC"} and "pii-scan" in watcher.names
    assert 2 <= watcher.sessions <= 3, "one for each worker, and the scan's own"
    assert sum(table.num_rows for table in run.index()) == 140_000


def test_no_more_connections_than_asked_for(database: PostgreSQLDatabase, tmp_path: Path) -> None:
    database.run(*[PEOPLE.format(name=f"t{i}", rows=5_000) for i in range(4)])
    with Watcher(database) as watcher:
        pii_scan.scan([database.url], config=Config(jobs=4, max_db_connections=1), out=tmp_path / "run")
    assert watcher.sessions == 1


def test_all_tables_are_seen_as_they_were_when_the_scan_began(database: PostgreSQLDatabase) -> None:
    from pii_scan.model import Limits
    from pii_scan.sources import describe, open_source, opened

    database.run(PEOPLE.format(name="kunder", rows=10))
    description = describe(database.url)
    with opened(description, Limits()):
        database.run("INSERT INTO kunder SELECT i, 'ny@example.no' FROM generate_series(1, 5) i")
        worker = open_source(description, Limits())
        (ref,) = worker.list_documents()
        with worker.open(ref) as document:
            assert document.table is not None
            rows = sum(piece.batch.num_rows for piece in document.table.read(None))  # type: ignore[union-attr]
        worker.close()  # type: ignore[attr-defined]
    assert rows == 10


def test_what_the_user_may_not_read_is_said(database: PostgreSQLDatabase, reader: str) -> None:
    role = role_of(reader)
    database.run(
        *[PEOPLE.format(name=name, rows=3) for name in ("apen", "stengt", "delvis", "filtrert")],
        "CREATE SCHEMA lukket", PEOPLE.format(name="lukket.skjult", rows=3),
        f"GRANT SELECT ON apen, filtrert, lukket.skjult TO {role}", f"GRANT SELECT (epost) ON delvis TO {role}",
        "ALTER TABLE filtrert ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY noen ON filtrert FOR SELECT TO {role} USING (id < 3)",
        "CREATE TABLE hel (id int, epost text) PARTITION BY LIST (id)",
        "CREATE TABLE hel_1 PARTITION OF hel DEFAULT", "INSERT INTO hel VALUES (1, 'a@example.no')",
        f"GRANT SELECT ON hel TO {role}",
    )  # fmt: skip
    run = scanned(reader)
    assert {(row["document"], row["code"]) for row in run.rows("problems")} == {
        ("lukket.skjult", "permission"), ("public.stengt", "permission"), ("public.delvis", "permission"),
        ("public.filtrert", "permission"),
    }  # fmt: skip
    assert run.problems("public.delvis") == [("permission", "no right to read 1 of its columns")]
    counts = {name: run.count("EMAIL_ADDRESS", f"public.{name}") for name in ("apen", "delvis", "filtrert", "hel")}
    assert counts == {"apen": 3, "delvis": 3, "filtrert": 2, "hel": 1}


def test_tables_that_are_dropped_emptied_or_locked_after_the_listing_are_problems(
    database: PostgreSQLDatabase,
) -> None:
    from adbc_driver_postgresql import dbapi
    from sql_servers import pipeline

    from pii_scan.model import DocumentRef, Limits, WorkUnit
    from pii_scan.sources import describe, open_source, opened

    database.run(*[PEOPLE.format(name=name, rows=3) for name in ("droppet", "hel", "last", "tomt")])
    limits = Limits(stall_seconds=30)
    description = describe(database.url)
    with opened(description, limits) as source:
        refs = [ref for ref in source.list_documents() if isinstance(ref, DocumentRef)]
        database.run("DROP TABLE droppet", "TRUNCATE tomt")
        with dbapi.connect(database.url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE last IN ACCESS EXCLUSIVE MODE")
            worker = open_source(description, limits)
            run = pipeline(limits)
            run._sources[description["target"]] = worker  # type: ignore[index]
            problems = {
                row["document"]: row["code"]
                for ref in refs
                for part in run.run(WorkUnit(ref), lambda: None)
                for row in (part["problems"].to_pylist() if "problems" in part else [])
            }
            worker.close()  # type: ignore[attr-defined]
    assert problems == {"public.droppet": "vanished", "public.tomt": "changed", "public.last": "timeout"}


@pytest.mark.parametrize("way", ["url", "environment", "pgpass", "config"])
def test_credentials_are_taken_from_where_they_lie_and_shown_nowhere(
    database: PostgreSQLDatabase, reader: str, tmp_path: Path, way: str
) -> None:
    role = role_of(reader)
    database.run(PEOPLE.format(name="kunder", rows=3), f"GRANT SELECT ON kunder TO {role}")
    bare = reader.replace(f":{SECRET}", "")
    variables, arguments = {"PGPASSFILE": os.devnull}, [bare]
    if way == "url":
        arguments = [f"{reader}?sslmode=prefer"]
    elif way == "environment":
        variables["PGPASSWORD"] = SECRET
    elif way == "pgpass":
        (tmp_path / "pgpass").write_text(f"*:*:*:{role}:{SECRET}\n")
        (tmp_path / "pgpass").chmod(0o600)
        variables["PGPASSFILE"] = os.fspath(tmp_path / "pgpass")
    else:
        (tmp_path / "c.yaml").write_text(f"targets:\n  kunderegister: {reader.replace(SECRET, '${ORDET}')}\n")
        variables["ORDET"] = SECRET
        arguments = ["kunderegister", "--config", os.fspath(tmp_path / "c.yaml")]
    done = run_command("scan", *arguments, "--out", tmp_path / "run", "--verbose", env={**os.environ, **variables})
    assert done.returncode == 0, done.stderr
    run = load_run(tmp_path / "run")
    assert sum(table.num_rows for table in run.index()) == 3
    shown = done.stdout + done.stderr + b"".join(p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file())
    for secret in (SECRET, role):
        assert secret.encode() not in shown
    called = "kunderegister" if way == "config" else f"postgresql://127.0.0.1/{database.name}"
    assert run.manifest["targets"] == [called]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://{PERSON}:{SECRET}@127.0.0.1:1/test", f"postgresql:/{PERSON}:{SECRET}@127.0.0.1/test",
        f"postgresql://{PERSON}:{SECRET}@127.0.0.1:x/test", f"postgresql://{PERSON}:{SECRET}@127.0.0.1",
        f"mysql://{PERSON}:{SECRET}@127.0.0.1:1/test", f"mongodb://{PERSON}:{SECRET}@127.0.0.1/test",
        f"postgresql://{PERSON}:{SECRET}@[::1/test", f"sqlite://{PERSON}:{SECRET}@x", f"duckdb:///{SECRET}/nei.db",
    ],
)  # fmt: skip
def test_an_error_about_a_url_quotes_nothing_of_it(url: str, tmp_path: Path) -> None:
    done = run_command("scan", url, "--out", tmp_path / "run", "--verbose")
    assert done.returncode == 2
    assert SECRET.encode() not in done.stdout + done.stderr and PERSON.encode() not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / "run").exists() or not any((tmp_path / "run").iterdir())


def test_a_sample_says_how_much_of_each_table_it_is(database: PostgreSQLDatabase, tmp_path: Path) -> None:
    database.run(
        PEOPLE.format(name="stor", rows=50_000), PEOPLE.format(name="liten", rows=100), "VACUUM ANALYZE",
        "CREATE VIEW sett AS SELECT epost FROM stor",
    )  # fmt: skip
    run = pii_scan.scan([database.url], config=Config(sample=2_000), out=tmp_path / "run")
    samples = {sample["document"]: sample for sample in run.manifest["samples"]}
    assert samples.keys() == {"public.stor", "public.sett"}
    stor, sett = samples["public.stor"], samples["public.sett"]
    assert 500 < stor["sampled"] < 5_000 and 45_000 < stor["total"] < 55_000 and stor["random"]
    assert sett["sampled"] == 2_000 and sett["total"] is None and not sett["random"]
    assert not any(table.num_rows for table in run.problems())


def test_a_server_that_is_killed_and_started_again_is_read_to_the_end(tmp_path: Path) -> None:
    from postgresql_cluster import cluster

    with cluster() as server:
        with contextlib.ExitStack() as held:
            database = held.enter_context(postgresql_database(server.url))
            database.run(*[PEOPLE.format(name=f"t{i}", rows=30_000) for i in range(6)], "CHECKPOINT")
            killed = []

            def kill_once(progress: Any) -> None:
                if progress.finished is not None and not killed:
                    killed.append(progress)
                    threading.Thread(target=server.kill_and_start).start()

            run = pii_scan.scan([database.url], config=Config(jobs=2), out=tmp_path / "run", report=kill_once)
            server.wait()
            found = {
                f"public.t{i}": sum(
                    sum(1 for row in table["document"].to_pylist() if row == f"public.t{i}") for table in run.index()
                )
                for i in range(6)
            }
    assert killed
    problems = [row for table in run.problems() for row in table.to_pylist()]
    assert {row["code"] for row in problems} <= {"changed"} and problems
    assert found == {f"public.t{i}": 30_000 for i in range(6)}


def test_a_server_that_is_gone_for_good_is_a_problem_of_every_table_that_was_left() -> None:
    from postgresql_cluster import cluster
    from sql_servers import pipeline

    from pii_scan.model import DocumentRef, Limits, WorkUnit
    from pii_scan.sources import describe, open_source, opened

    limits = Limits(stall_seconds=4)
    with cluster() as server:
        database = PostgreSQLDatabase(server.url)
        database.run(f"CREATE DATABASE {database.name}", database="postgres")
        database.run(*[PEOPLE.format(name=f"t{i}", rows=3) for i in range(4)])
        description = describe(database.url)
        with opened(description, limits) as source:
            refs = [ref for ref in source.list_documents() if isinstance(ref, DocumentRef)]
            worker = open_source(description, limits)
            run = pipeline(limits)
            run._sources[description["target"]] = worker  # type: ignore[index]
            problems = {}
            for number, ref in enumerate(refs):
                if number == 2:
                    server.stop()
                for part in run.run(WorkUnit(ref), lambda: None):
                    rows = part["problems"].to_pylist() if "problems" in part else []
                    problems.update({row["document"]: row["code"] for row in rows})
            worker.close()  # type: ignore[attr-defined]
    assert problems == {"public.t2": "vanished", "public.t3": "vanished"}


def test_a_connection_that_is_ended_is_made_again_and_no_row_is_lost_or_read_twice(
    database: PostgreSQLDatabase,
) -> None:
    from pii_scan.model import Limits, TableRows
    from pii_scan.sources import describe, open_source, opened

    database.run(PEOPLE.format(name="kunder", rows=300_000))
    description = describe(database.url)
    end = (
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}' "
        "AND application_name = 'pii-scan' ORDER BY backend_start DESC LIMIT 1"
    )  # the worker's; the scan's own goes on to hold the snapshot
    with opened(description, Limits()) as source:
        worker = open_source(description, Limits())
        (ref,) = source.list_documents()
        seen: list[int] = []
        ended = 0
        with worker.open(ref) as document:  # type: ignore[arg-type]
            assert document.table is not None
            for piece in document.table.read(None):
                assert isinstance(piece, TableRows), piece
                if not seen:
                    ended = len(database.run(end, database="postgres"))
                seen += piece.batch.column(0).to_pylist()
        worker.close()  # type: ignore[attr-defined]
    assert ended and sorted(seen) == list(range(1, 300_001))
