"""A scan of a PostgreSQL database against the driver's own reading of the same rows as Arrow, and its memory.

    python benchmarks/databases.py --rows 2000000 --rounds 3
    python benchmarks/databases.py --memory 100000 1000000 10000000

The two sides run in turn; the scan is the whole command, start of the workers included. The share is of rows a second.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator

from measuring import Spread, surroundings, table, timed
from memory import measure

TABLES = {
    "orders": """
CREATE TABLE orders AS SELECT i::int AS id, i % 90000 AS vare, (ARRAY['ny', 'sendt', 'betalt', 'retur'])[1 + i % 4]
  AS status, (i % 977 * 1.25)::numeric(12,2) AS belop, 1 + i % 9 AS antall, timestamptz '2024-01-01' + i * interval
  '3 seconds' AS tid, (i % 3 = 0) AS levert, 'lager ' || i % 40 AS sted, random() AS vekt,
  CASE WHEN i % 10000 = 0 THEN 'bruker' || i || '@example.no' END AS epost FROM generate_series(1, {rows}) i""",
    "notes": """
CREATE TABLE notes AS SELECT i::int AS id, timestamptz '2024-01-01' + i * interval '3 seconds' AS tid,
  'Merknad om bestilling ' || i || ', levert ved lager ' || i % 40 ||
  CASE WHEN i % 10000 = 0 THEN ' av bruker' || i || '@example.no' ELSE '' END AS merknad
  FROM generate_series(1, {rows}) i""",
}
"""Orders: a table as most are, of numbers, moments and few words; notes: free text, the worst there is."""


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    print(*surroundings(), sep="\n")
    print(f"server: {_one(options.server, 'postgres', 'SELECT version()')}")
    if options.memory:
        return _memory(options)
    rows = []
    for name in options.tables:
        with _database(options.server, name, options.rows) as url:
            shares, cpu, size = [], [], int(_one_of(url, f"SELECT pg_table_size('{name}')"))
            for _ in range(options.rounds):
                driver = timed(lambda: _read(url, name))  # noqa: B023
                scan = timed(lambda: _scan(url, options.jobs))  # noqa: B023
                shares.append(100 * driver.wall_seconds / scan.wall_seconds)
                cpu.append(options.rows / scan.cpu_seconds)
            rate = options.rows / (driver.wall_seconds * 100 / shares[-1])
            rows.append([
                name, f"{options.rows:,}", f"{size >> 20} MiB", f"{options.rows / driver.wall_seconds:,.0f}",
                f"{rate:,.0f}", str(Spread.of(shares)), str(Spread.of(cpu)),
            ])  # fmt: skip
    header = ["table", "rows", "size", "driver rows/s", "scan rows/s", "share %", "rows per CPU second of the scan"]
    print(table(header, rows, markdown=options.markdown))
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="postgresql://postgres@127.0.0.1:5432", help="where databases may be made")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tables", nargs="+", choices=sorted(TABLES), default=sorted(TABLES))
    parser.add_argument("--memory", nargs="+", type=int, metavar="ROWS", help="peak memory for tables of so many rows")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args(arguments)


def _memory(options: argparse.Namespace) -> int:
    lines = []
    for count in options.memory:
        name = options.tables[0]
        with _database(options.server, name, count) as url, tempfile.TemporaryDirectory() as folder:
            peak = measure(_command(url, f"{folder}/run", options.jobs))
            lines.append([name, f"{count:,}", f"{peak.tree_bytes >> 20}", f"{peak.at_once_bytes >> 20}"])
    print(table(["table", "rows", "sum of peaks MiB", "at one moment MiB"], lines, markdown=options.markdown))
    return 0


@contextlib.contextmanager
def _database(server: str, name: str, rows: int) -> Iterator[str]:
    """A database with one table, dropped afterwards."""
    own = f"pii_scan_benchmark_{secrets.token_hex(4)}"
    _do(server, "postgres", f"CREATE DATABASE {own} TEMPLATE template0")
    try:
        _do(server, own, TABLES[name].format(rows=rows))
        _do(server, own, f"ALTER TABLE {name} ADD PRIMARY KEY (id)")
        _do(server, own, f"VACUUM ANALYZE {name}")
        yield f"{server}/{own}"
    finally:
        _do(server, "postgres", f"DROP DATABASE {own} WITH (FORCE)")


def _do(server: str, database: str, sql: str) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(f"{server}/{database}", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        cursor.execute(sql)


def _one(server: str, database: str, sql: str) -> str:
    return _one_of(f"{server}/{database}", sql)


def _one_of(url: str, sql: str) -> str:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


def _read(url: str, name: str) -> None:
    """The driver at its best: one COPY of the whole table, batch by batch, nothing done with it."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name}")
        for _ in cursor.fetch_record_batch():
            pass


def _scan(url: str, jobs: int) -> None:
    import subprocess

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(_command(url, f"{folder}/run", jobs), check=True, stdout=subprocess.DEVNULL)


def _command(url: str, run: str, jobs: int) -> list[str]:
    return [sys.executable, "-m", "pii_scan", "scan", url, "--out", run, "--jobs", str(jobs), "--quiet"]


if __name__ == "__main__":
    sys.exit(main())
