"""Which work of a run is done: `state.sqlite`, the one file of a run folder that changes. Whoever writes a run has it
locked, and the lock goes with the process.

Holds keyed hashes of where documents lie, and numbers: no name, no value. SQLite in WAL mode, each commit synced.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pii_scan.errors import RunError, UsageError
from pii_scan.findings.schema import TABLES

STATE = "state.sqlite"
STATE_FILES = frozenset({STATE, f"{STATE}-wal", f"{STATE}-shm", f"{STATE}-journal"})
_VERSION = 1
_PART = re.compile(r"\d{8,}(-\d{5,})?")
_ROWS = ", ".join(f'"{name}"' for name in TABLES)
_SCHEMA = f"""
CREATE TABLE parts (part TEXT PRIMARY KEY, more TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE units (
    part TEXT NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL, state INTEGER NOT NULL,
    plan INTEGER NOT NULL, slices INTEGER NOT NULL, settled INTEGER NOT NULL,
    {", ".join(f'"{name}" INTEGER NOT NULL' for name in TABLES)},
    PRIMARY KEY (part, number)
) WITHOUT ROWID;
CREATE INDEX units_by_place ON units (place);
CREATE TABLE temporary (folder TEXT NOT NULL);
"""
_HOLDS = {("table", "parts"), ("table", "units"), ("table", "temporary"), ("index", "units_by_place")}


class Unit(NamedTuple):
    """One document, slice or problem of a part: what it was, and how many rows of the part are its own."""

    place: int
    """Keyed hash of target and path."""
    state: int
    """Keyed hash of what the source says by which a change would be seen."""
    plan: int = 0
    """Keyed hash of all slices, where the document was split."""
    slices: int = 0
    """How many they are; 0: it was read whole."""
    settled: bool = False
    """It was read wholly, and a later change would show in `state`."""
    rows: tuple[int, ...] = (0,) * len(TABLES)
    """In the order of `TABLES`."""


class Found(NamedTuple):
    """Where a unit is kept."""

    part: str
    number: int
    unit: Unit


class Done(NamedTuple):
    """A part with its units, and what it has to say to the manifest, as JSON can hold it."""

    part: str
    units: Sequence[Unit]
    more: Mapping[str, Any]


class RunState:
    """An open `state.sqlite`. Raises RunError when it cannot be written, or is damaged."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def locked(cls, folder: Path, new: bool = False) -> RunState:
        """Opens the state of a run that is to be written; makes it where that is `new`. Raises UsageError where another
        process has it.
        """
        state = cls(sqlite3.connect(folder / STATE, timeout=0, isolation_level=None))
        try:
            for pragma in ("trusted_schema=OFF", "locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
                state._connection.execute(f"PRAGMA {pragma}")
            state._connection.execute("BEGIN EXCLUSIVE")
            if new and state._version() == 0:
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    state._connection.execute(statement)
                state._connection.execute(f"PRAGMA user_version={_VERSION}")
            state._check_version()
            state._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            state.abandon()
            if "locked" in str(error):
                raise UsageError("another pii-scan is at work in this run folder", "wait for it to end") from None
            raise _failed(error) from None
        except sqlite3.Error as error:
            state.abandon()
            raise _failed(error) from None
        except BaseException:
            state.abandon()
            raise
        return state

    @classmethod
    def reading(cls, folder: Path) -> RunState:
        """Opens the state of a finished run, that is not changed any more. Raises RunError."""
        if not (folder / STATE).is_file():
            raise RunError(f"{STATE} of the run is missing")
        try:
            uri = f"{(folder / STATE).absolute().as_uri()}?mode=ro&immutable=1"
            state = cls(sqlite3.connect(uri, uri=True, isolation_level=None))
            for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON"):
                state._connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise _failed(error) from None
        try:
            state._check_version()
            state.check()
        except BaseException:
            state.abandon()
            raise
        return state

    def check(self) -> None:
        """Raises RunError where the file is damaged, or holds what no run puts there, such as a trigger."""
        said = self._rows("PRAGMA quick_check(1)")
        if said != [("ok",)] or set(self._rows("SELECT type, name FROM sqlite_master")) != _HOLDS:
            raise _failed(sqlite3.DatabaseError())
        if any(not _PART.fullmatch(part) for part in self.parts()):
            raise _failed(sqlite3.DatabaseError())

    def parts(self) -> list[str]:
        """The parts that are done, in their order."""
        return [str(part) for (part,) in self._rows("SELECT part FROM parts ORDER BY part")]

    def more(self) -> Iterator[Mapping[str, Any]]:
        """What each part has to say to the manifest, in the order of the parts."""
        for (said,) in self._rows("SELECT more FROM parts ORDER BY part"):
            yield json.loads(said)

    def units(self, part: str) -> list[Unit]:
        """The units of a part, in their order; none where it is not done."""
        return [found.unit for found in self._found("part = ? ORDER BY number", part)]

    def at(self, place: int) -> list[Found]:
        """All that is done of the document at a place, in the order of the parts."""
        return self._found("place = ? ORDER BY part, number", place)

    def row_counts(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """(part, rows in each of `TABLES`) of all parts."""
        sums = ", ".join(f'coalesce(sum("{name}"), 0)' for name in TABLES)
        for part, *counts in self._rows(f"SELECT part, {sums} FROM units GROUP BY part ORDER BY part"):
            yield str(part), tuple(counts)

    def add(self, parts: Sequence[Done], gone: Iterable[str] = ()) -> None:
        """The parts are in place, and those in `gone` count no more; all or nothing."""
        with self._changing():
            for part in gone:
                self._connection.execute("DELETE FROM parts WHERE part = ?", (part,))
                self._connection.execute("DELETE FROM units WHERE part = ?", (part,))
            for done in parts:
                self._connection.execute("INSERT INTO parts VALUES (?, ?)", (done.part, json.dumps(done.more)))
                self._connection.executemany(
                    f"INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?{', ?' * len(TABLES)})",
                    [(done.part, number, *unit[:5], *unit.rows) for number, unit in enumerate(done.units)],
                )

    def temporary(self) -> list[str]:
        """The temporary folders of those who wrote this run before."""
        return [str(folder) for (folder,) in self._rows("SELECT folder FROM temporary")]

    def set_temporary(self, folder: str) -> None:
        """The folder that whoever comes next may delete."""
        with self._changing():
            self._connection.execute("DELETE FROM temporary")
            self._connection.executemany("INSERT INTO temporary VALUES (?)", [(folder,)] if folder else [])

    def settle(self) -> None:
        """All that is done stands in the one file, without the log that SQLite keeps beside it."""
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """One file remains, which anyone may read; what a full disk leaves undone, the next opening does."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA journal_mode=DELETE")
        self.abandon()

    def abandon(self) -> None:
        """Gives the lock back and changes nothing."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _version(self) -> int:
        return int(self._rows("PRAGMA user_version")[0][0])

    def _check_version(self) -> None:
        version = self._version()
        if version == 0:  # a folder has a manifest only after the state is there
            raise _failed(sqlite3.DatabaseError())
        if version != _VERSION:
            raise RunError(f"{STATE} of the run was made by another version", "scan again, into another folder")

    def _found(self, condition: str, value: str | int) -> list[Found]:
        rows = self._rows(
            f"SELECT part, number, place, state, plan, slices, settled, {_ROWS} FROM units WHERE {condition}", value
        )
        return [
            Found(part, number, Unit(place, state, plan, slices, bool(settled), tuple(rest)))
            for part, number, place, state, plan, slices, settled, *rest in rows
        ]

    def _rows(self, sql: str, *values: str | int) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _failed(error) from None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise _failed(error) from None


def _failed(error: sqlite3.Error) -> RunError:
    """What to say of a failure; SQLite's own words could quote a path."""
    if isinstance(error, sqlite3.OperationalError):
        return unwritable(error, full="full" in str(error))
    return RunError(f"{STATE} of the run is damaged", "scan again, into another folder")


def unwritable(error: Exception, full: bool) -> RunError:
    """What to say where a run folder cannot be written; what is done by then stays done."""
    if full:
        return RunError("no space is left for the run folder", "make room; `scan --resume --out RUN` then goes on")
    name = type(error).__name__
    return RunError(f"the run folder cannot be written: {name}", "`scan --resume --out RUN` goes on when it can")
