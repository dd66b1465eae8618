"""What all kinds of stores share: what is asked of them, what they list, how a failure is understood and outlived."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn, Protocol, TypeVar

from pii_scan.errors import DocumentError, TargetError

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 20.0
"""A request that has brought nothing by then is made again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 8.0
MOST_TRIES = 8

T = TypeVar("T")


class Kind(Enum):
    """What a name in a store is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a store, as it was listed."""

    path: str
    """From the target, `/`-separated."""
    kind: Kind = Kind.FILE
    size_bytes: int = 0
    changed_ns: tuple[int, int] | None = None
    """As `DocumentRef.changed_ns`."""
    version: str = ""
    """As `DocumentRef.version`."""
    refused: str = ""
    """Why it is not to be read, where the listing says so."""


class Meaning(Enum):
    """What a failure of a store comes to: a code of `ProblemCode`, or that it may pass."""

    PERMISSION = "permission"
    VANISHED = "vanished"
    CHANGED = "changed"
    UNSUPPORTED = "unsupported"
    CORRUPT = "corrupt"
    LIMIT = "limit"
    PASSING = "timeout"
    """A connection that was lost, a server that is busy or silent: worth another try."""


class Failure(Exception):
    """A failure, understood. `detail` is a fixed phrase."""

    def __init__(self, meaning: Meaning, detail: str) -> None:
        super().__init__(detail)
        self.meaning = meaning
        self.detail = detail


class Opened(Protocol):
    """One object or file, opened in the state in which it was listed."""

    def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (exclusive), all of them. Raises Failure."""
        ...

    def now(self) -> tuple[int, tuple[int, int] | None] | None:
        """Size and `changed_ns` as they are now; None where every read has made sure of it. Raises Failure."""
        ...

    def close(self) -> None:
        """Lets go of it. Raises nothing."""
        ...


class Store(Protocol):
    """One target in a store, by connections that are made when they are needed."""

    parallel: int
    """How many reads may be under way at a time."""

    def check(self) -> bool:
        """Whether the target is one file, not a folder. Raises Failure, or TargetError where more can be said."""
        ...

    def page(self, folder: str, mark: str) -> tuple[list[Entry], str]:
        """What lies in a folder, in any order, and the mark by which to ask for more; empty where that was all. A store
        without folders gives all there is for the folder `""`, in pages in the order of the names. Raises Failure.
        """
        ...

    def open(self, entry: Entry) -> Opened:
        """Raises Failure."""
        ...

    def mend(self) -> None:
        """After a passing failure: lets go of connections that may be broken. Raises nothing."""
        ...

    def close(self) -> None:
        """Ends all connections. Raises nothing."""
        ...


def persist(call: Callable[[], T], store: Store, seconds: float) -> T:
    """What `call` gives; a failure that may pass is outlived, for so many seconds at most. Raises Failure."""
    until = time.monotonic() + seconds
    pause, tries = FIRST_PAUSE, 1
    while True:
        try:
            return call()
        except Failure as failure:
            if failure.meaning is not Meaning.PASSING:
                raise
            rest = until - time.monotonic()
            if tries >= MOST_TRIES or pause >= rest:
                raise Failure(Meaning.PASSING, f"{failure.detail}, {tries} times") from None
        time.sleep(pause * random.uniform(0.5, 1.0))  # many workers meet a busy server at once
        pause, tries = min(pause * 2, LONGEST_PAUSE), tries + 1
        store.mend()


def as_document_error(failure: Failure) -> DocumentError:
    """For the one document that it is about."""
    return DocumentError(failure.meaning.value, failure.detail)


def as_target_error(failure: Failure, label: str, hint: str = "") -> TargetError:
    """For the target as a whole."""
    said = {Meaning.VANISHED: "does not exist", Meaning.PERMISSION: "cannot be opened: no permission"}
    return TargetError(f"the target {label!r} {said.get(failure.meaning, f'cannot be read: {failure.detail}')}", hint)


def refuse(meaning: Meaning, detail: str) -> NoReturn:
    """Raises Failure, without what led to it: messages of libraries may hold names and addresses."""
    raise Failure(meaning, detail) from None


def silence(*names: str) -> None:
    """Libraries that write to standard error by themselves: what they say could hold names, and is said here."""
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
