"""What all kinds of databases share: what is asked of them, what they list, how a lost connection is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pii_scan.model import DatabaseTable, ProblemCode
from pii_scan.sources.sql.names import TableName

APPLICATION = "pii-scan"
CHUNK_BYTES = 4 << 20
"""What is fetched at a time, about."""
LOCK_SECONDS = 5
"""A table that is locked for longer is a problem of its own, and holds up nothing."""
CONNECT_SECONDS = 10
_PAUSES = (0.2, 0.5, 1.0, 2.0)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may ask of a scan of databases."""

    sample: int = 0
    """Rows to read of each table that has more; 0: all."""
    max_value_bytes: int = 8 << 20
    """Larger values are fetched one by one, a piece at a time."""
    patience_seconds: float = 45.0
    """How long a query may take, and how long a server that is gone is waited for: less than a worker may be silent."""
    snapshot: str = ""
    """What the supervisor's connection shares with those of the workers; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A table or view, before it is opened."""

    name: TableName
    size_bytes: int | None = None
    """Of storage on the server; None where it has none of its own, or none is known."""
    refused: tuple[ProblemCode, str] | None = None
    """Why it cannot be read, where that is known beforehand."""


class Database(Protocol):
    """One database, by one connection that is made when it is needed."""

    def hold(self) -> str:
        """In the supervisor: a snapshot that workers can share, held until `close`; empty where there is none.

        Raises TargetError when the database cannot be opened at all.
        """
        ...

    def listing(self) -> list[Listed]:
        """All tables and views but the system's own. Raises ConnectionLost or DocumentError."""
        ...

    def table(self, name: TableName) -> AbstractContextManager[DatabaseTable]:
        """Opens one. Raises DocumentError."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...


class ConnectionLost(Exception):
    """The server is not there, or is not any more. Holds no message: drivers quote what they were given."""


class Retrying:
    """Waits for a server that is gone. One that did not come back once is asked only once from then on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._gone = False

    def __call__(self, attempt: Callable[[], T]) -> T:
        """What `attempt` gives, tried again until it does. Raises ConnectionLost when the time is over."""
        deadline = time.monotonic() + (0 if self._gone else self._seconds)
        for pause in _pauses():
            try:
                result = attempt()
            except ConnectionLost:
                if time.monotonic() + pause > deadline:
                    self._gone = True
                    raise
                time.sleep(pause)
            else:
                self._gone = False
                return result
        raise AssertionError


def _pauses() -> Iterator[float]:
    yield from _PAUSES
    while True:
        yield _PAUSES[-1]


class FetchSize:
    """Rows to fetch at a time, so that a batch has about `CHUNK_BYTES`."""

    def __init__(self, most: int = 1 << 15) -> None:
        self.rows = 16
        self._most = most

    def took(self, rows: int, size: int) -> None:
        """The last batch."""
        if rows:
            fitting = int(CHUNK_BYTES * rows / max(size, 1))
            self.rows = max(1, min(fitting, self.rows * 8, self._most))
