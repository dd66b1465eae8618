"""What stores of objects share: keys in one long list, in the order of their bytes, where folders are only prefixes."""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from fsspec import asyn

from pii_scan.errors import TargetError
from pii_scan.sources.objects.store import (
    CONNECT_SECONDS,
    REQUEST_SECONDS,
    Entry,
    Failure,
    Meaning,
    Opened,
    as_target_error,
    refuse,
)
from pii_scan.sources.objects.url import ObjectUrl

PAGE_KEYS = 1000
CHANGED = "the object was replaced while it was scanned"
GONE = "the object is no longer there"
REFUSED = "no permission to read the object"
SILENT = "the store did not answer, or broke off"
BUSY = "the store is busy or out of order"
NO_CREDENTIALS = "there are no credentials for the store"


class FlatStore(abc.ABC):
    """A bucket or container, below a prefix."""

    parallel = 4
    holder = "bucket"
    """What the kind calls what holds its objects."""
    rights = ""
    """What it takes to read it."""

    def __init__(self, url: ObjectUrl, is_file: bool) -> None:
        """`is_file`: the URL names one object."""
        self._url = url
        self._is_file = is_file

    @abc.abstractmethod
    def listed(self, prefix: str, most: int, mark: str) -> tuple[list[Entry], str]:
        """Some entries, at most so many, whose keys begin with `prefix`; their paths are whole keys. Raises Failure."""

    @abc.abstractmethod
    def ranged(self, key: str, start: int, end: int, version: str) -> bytes:
        """Bytes of an object in the state `version`. Raises Failure: `changed` where it is in another by now."""

    def check(self) -> bool:
        """As `Store.check`."""
        url = self._url
        try:
            if url.path and not url.is_folder:
                self._is_file = any(entry.path == url.path for entry in self.listed(url.path, 1, "")[0])
            folder = self.listed(f"{url.path}/" if url.path else "", 1, "")[0]
        except Failure as failure:
            if failure.meaning is Meaning.VANISHED:
                hint = "see its name, and the account, region or endpoint"
                raise TargetError(f"there is no {self.holder} {url.bucket!r}", hint) from None
            if failure.meaning is Meaning.PERMISSION and failure.detail != NO_CREDENTIALS:
                raise as_target_error(failure, url.label, self.rights) from None
            if failure.meaning is Meaning.PERMISSION:
                raise TargetError(f"{NO_CREDENTIALS} of {url.label!r}", "see docs/remote.md") from None
            raise
        if self._is_file and folder:
            hint = "end it with a slash to name the folder"
            raise TargetError(f"{url.label!r} is both an object and a folder", hint)
        if url.path and not self._is_file and not folder:
            raise TargetError(f"nothing lies at {url.label!r}")
        return self._is_file

    def page(self, folder: str, mark: str) -> tuple[list[Entry], str]:
        """As `Store.page`."""
        path = self._url.path
        if self._is_file:
            found = [entry for entry in self.listed(path, 1, "")[0] if entry.path == path]
            return [replace(entry, path=path.rpartition("/")[2]) for entry in found], ""
        prefix = f"{path}/" if path else ""
        found, mark = self.listed(prefix, PAGE_KEYS, mark)
        # what a console makes to show an empty folder is no document
        kept = (entry for entry in found if not entry.path.endswith("/") or entry.size_bytes)
        return [replace(entry, path=entry.path[len(prefix) :]) for entry in kept], mark

    def open(self, entry: Entry) -> Opened:
        """As `Store.open`; nothing is asked of the store yet."""
        path = self._url.path
        return _Object(self, path if self._is_file else f"{path}/{entry.path}" if path else entry.path, entry.version)

    def mend(self) -> None:  # noqa: B027  most stores hold nothing that could be broken
        """Nothing: each request finds a connection of its own."""

    def close(self) -> None:  # noqa: B027  likewise
        """Nothing, where the library closes what it opened."""


class _Object:
    """One object, by what the store calls its state."""

    def __init__(self, store: FlatStore, key: str, version: str) -> None:
        self._store = store
        self._key = key
        self._version = version

    def read(self, start: int, end: int) -> bytes:
        """As `Opened.read`."""
        data = self._store.ranged(self._key, start, end, self._version)
        if len(data) != end - start:
            refuse(Meaning.PASSING, "the store gave less than was asked for")
        return data

    def now(self) -> tuple[int, tuple[int, int] | None] | None:
        """None: every read has made sure of it."""
        return None

    def close(self) -> None:
        """Nothing is held."""


def within_time(loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What `work` gives, on the loop of fsspec. Raises what it raises, TimeoutError where it takes too long."""

    async def once() -> Any:
        async with asyncio.timeout(CONNECT_SECONDS + REQUEST_SECONDS):
            return await work()

    return asyn.sync(loop, once)


def moments(seconds: float) -> tuple[int, int]:
    """`Entry.changed_ns` of a store that knows one time of change, to the millisecond."""
    moment = int(seconds * 1000) * 1_000_000
    return moment, moment
