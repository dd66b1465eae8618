"""Copies of the course portal's database: a dump of MySQL and a SQLite file. Accounts lie beside password hashes."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from pathlib import Path

from estate_course import bcrypt
from estate_marks import Table, lines, mark, plain
from estate_people import Person
from estate_writer import Estate

_DUMP = "database/kursportal-2026-03-08.sql"
_FILE = "database/kursportal-lokal.sqlite"
_COLUMNS = ("id", "navn", "epost", "telefon", "passord_hash", "opprettet")


def write_database_files(estate: Estate) -> None:
    """Everything below database/."""
    _dump(estate)
    _file(estate)


def _rows(estate: Estate, people: list[Person], purpose: str) -> Table:
    rng = estate.rng(purpose)
    rows: Table = [[*_COLUMNS]]
    for number, p in enumerate(people, start=1):
        created = dt.date(2015, 2, 1) + dt.timedelta(days=rng.randint(0, 1500))
        secret = mark("PASSWORD_HASH", bcrypt(rng))
        rows.append([number, p.name(), p.email(), p.phone("plain"), secret, created.isoformat()])
    return rows


def _dump(estate: Estate) -> None:
    rows = _rows(estate, estate.participants[100:112], _DUMP)
    written = [
        "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)",
        "--",
        "-- Host: localhost    Database: kursportal",
        "DROP TABLE IF EXISTS `bruker`;",
        "CREATE TABLE `bruker` (",
        *(f"  `{name}` varchar(100) DEFAULT NULL," for name in _COLUMNS[1:]),
        "  `id` int NOT NULL,",
        "  PRIMARY KEY (`id`)",
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;",
        f"INSERT INTO `bruker` ({', '.join(f'`{name}`' for name in _COLUMNS)}) VALUES",
    ]
    values = ["(" + ",".join([str(row[0]), *(f"'{cell}'" for cell in row[1:])]) + ")" for row in rows[1:]]
    written += [f"{value}{',' if i < len(values) - 1 else ';'}" for i, value in enumerate(values)]
    estate.ledger.table(_DUMP, rows, sheet="bruker", first=0)
    estate.put(_DUMP, plain(lines(written)).encode())


def _file(estate: Estate) -> None:
    """SQLite writes to a file only, so it is made aside and read back."""
    rows = estate.ledger.table(_FILE, _rows(estate, estate.participants[112:124], _FILE), sheet="bruker", first=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.sqlite"
        base = sqlite3.connect(path)
        base.execute(f"CREATE TABLE bruker (id INTEGER PRIMARY KEY, {', '.join(f'{n} TEXT' for n in _COLUMNS[1:])})")
        base.executemany(f"INSERT INTO bruker VALUES ({','.join('?' * len(_COLUMNS))})", rows[1:])
        base.commit()
        base.close()
        estate.put(_FILE, path.read_bytes())
