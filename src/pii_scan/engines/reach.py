"""Whether a target could be scanned: it is there, and may be listed. Reads no content."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from pii_scan.config import Config
from pii_scan.engines.targets import described_as
from pii_scan.errors import TargetError
from pii_scan.model import Problem
from pii_scan.protocols import Source
from pii_scan.sources import opened

MAX_ENTRIES = 10_000
"""Of a folder, at its top, whose rights are looked at."""


class State(StrEnum):
    """How a target is found."""

    OK = "ok"
    PARTLY = "partly"
    """Something in it may not be read."""
    AWAY = "away"
    """It cannot be opened, or not be listed."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One target. `what` holds no path and no credentials."""

    target: str
    state: State
    what: str


def reach(target: str, config: Config) -> Reached:
    """A target as the configuration names it. Raises TargetError where it is of no kind that can be scanned here."""
    described = described_as(target, config)
    described["target"] = target
    if described["kind"] == "files":
        return Reached(target, *_files(described["path"]))
    try:
        with opened(described, config.limits) as source:
            found = _tables(source) if described["kind"] == "sql" else _listed(source)
    except TargetError as error:
        return Reached(target, State.AWAY, str(error))
    return Reached(target, *found)


def _files(path: str) -> tuple[State, str]:
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            readable = os.access(path, os.R_OK)
            return (State.OK, "a file that may be read") if readable else (State.AWAY, "the file may not be read")
        if not os.access(path, os.R_OK | os.X_OK):
            return State.AWAY, "the folder may not be listed"
        entries = refused = 0
        with os.scandir(path) as listing:
            for entry in islice(listing, MAX_ENTRIES):
                entries += 1
                if not entry.is_symlink():
                    needed = os.R_OK | os.X_OK if entry.is_dir(follow_symlinks=False) else os.R_OK
                    refused += not os.access(entry.path, needed)
    except (OSError, ValueError) as error:
        gone = isinstance(error, FileNotFoundError | NotADirectoryError)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no valid path"
        return State.AWAY, "there is no such file or folder" if gone else f"it cannot be opened: {reason}"
    seen = f"{'at least ' if entries == MAX_ENTRIES else ''}{entries} entries at its top"
    return (State.PARTLY, f"{seen}, {refused} may not be read") if refused else (State.OK, seen)


def _tables(source: Source) -> tuple[State, str]:
    tables = refused = 0
    for found in source.list_documents():
        if failed := _failed(found):
            return State.AWAY, failed
        tables += 1
        refused += isinstance(found, Problem)
    seen = f"{tables} tables and views"
    return (State.PARTLY, f"{seen}, {refused} may not be read") if refused else (State.OK, seen)


def _listed(source: Source) -> tuple[State, str]:
    """Of what may hold millions of objects, the first."""
    first: Iterator[object] = islice(source.list_documents(), 1)
    for found in first:
        if failed := _failed(found):
            return State.AWAY, failed
        return State.OK, "can be listed"
    return State.OK, "can be listed; nothing is in it"


def _failed(found: object) -> str:
    """Why the target as a whole cannot be listed; empty where it can."""
    return found.detail if isinstance(found, Problem) and found.ref.path == "." else ""
