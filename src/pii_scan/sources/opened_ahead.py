"""Files opened some before their turn, where that takes long: across a network each costs a few ways there and back, on
a disk that turns some milliseconds, and meanwhile nothing would be looked at.

On a local disk that is warm a file is opened in less time than a thread takes to be told of it: there nothing is opened
ahead.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Generic, TypeVar

SLOW_SECONDS = 0.0005
"""Mean time of opening from which on files are opened ahead."""
PARALLEL = 8
"""Files that are opened, or being opened, ahead of their turn."""
_SMOOTHED = 16
"""Files over which the mean is taken, about."""

File = TypeVar("File")


class OpenedAhead(Generic[File]):
    """The files of one source for one worker; not to be shared by threads."""

    def __init__(self, open_file: Callable[[File], BinaryIO]) -> None:
        """`open_file` opens a file and may raise; it is called in several threads at a time."""
        self._open = open_file
        self._next: deque[File] = deque()
        self._coming: dict[File, Future[tuple[BinaryIO, float]]] = {}
        self._mean = 0.0
        self._pool: ThreadPoolExecutor | None = None

    def expect(self, files: Iterable[File]) -> None:
        """Which files come next, in this order. Those that were opened and never taken are closed."""
        for coming in self._coming.values():
            coming.cancel()
            coming.add_done_callback(_close)
        self._coming.clear()
        self._next = deque(files)

    def take(self, file: File) -> BinaryIO:
        """The open file, which the caller closes. Raises what opening it raises."""
        coming = self._coming.pop(file, None)
        if coming is None:
            if self._next and self._next[0] == file:
                self._next.popleft()
            opened, seconds = self._timed(file)
        else:
            self._send()
            opened, seconds = coming.result()
        self._mean += (seconds - self._mean) / _SMOOTHED
        self._send()
        return opened

    def _timed(self, file: File) -> tuple[BinaryIO, float]:
        begin = time.perf_counter()
        opened = self._open(file)
        return opened, time.perf_counter() - begin

    def _started(self, file: File) -> tuple[BinaryIO, float]:
        """Opened, and read as far as the first buffer goes."""
        opened, seconds = self._timed(file)
        if isinstance(opened, io.BufferedReader):
            with contextlib.suppress(OSError):  # whoever reads it will hear of it
                opened.peek()
        return opened, seconds

    def _send(self) -> None:
        """Has as many opened as may be, while it takes long."""
        if self._mean < SLOW_SECONDS:
            return
        while self._next and len(self._coming) < PARALLEL:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(PARALLEL, "pii-scan-ahead")
            file = self._next.popleft()
            self._coming[file] = self._pool.submit(self._started, file)


def _close(coming: Future[tuple[BinaryIO, float]]) -> None:
    if not coming.cancelled() and coming.exception() is None:
        coming.result()[0].close()
