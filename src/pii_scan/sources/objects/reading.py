"""An object in a store as a file that can be read anywhere: by ranges, no more of it than is asked for, ahead of the
reader where that goes straight on, and never in two states.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from pii_scan.errors import DocumentError
from pii_scan.sources.objects.store import Failure, as_document_error

BLOCK_BYTES = 256 << 10
"""What is fetched for a read at some place."""
WHOLE_BYTES = 1 << 20
"""An object up to this size is fetched at once: the way to the store takes longer than the bytes."""
RUN_BYTES = 4 << 20
"""The most that is fetched at a time of what is read from one end to the other."""
KEPT_BYTES = 16 << 20
"""What has been fetched is kept up to this, the latest."""

Fetch = Callable[[int, int], bytes]
"""Start and end to bytes, all of them. Raises Failure."""


class RangedContent(io.RawIOBase):
    """The content of one object. Once a read fails for good every later one does, with the same error: what a parser
    made of the first must not hide it.
    """

    def __init__(self, fetch: Fetch, size: int, ahead: Executor, parallel: int, until: Callable[[], int]) -> None:
        """`ahead`: where reads ahead of the reader are done, at most `parallel` of them at a time, and none from
        `until` on.
        """
        super().__init__()
        self._fetch = fetch
        self._until = until
        self._size = size
        self._ahead = ahead
        self._parallel = parallel
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._coming: OrderedDict[int, tuple[int, Future[bytes]]] = OrderedDict()
        """By the first block: the block after the last, and the bytes."""
        self._next = 0
        """The block after the last that was fetched."""
        self._run = 1
        """Blocks to fetch, should the reader go straight on."""
        self.failed: DocumentError | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The next byte to read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As io.IOBase; asks the store for nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("negative position")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """As io.RawIOBase. Raises DocumentError."""
        if self.failed is not None:
            raise self.failed
        target = memoryview(buffer).cast("B")
        wanted = min(len(target), max(self._size - self._at, 0))
        if not wanted:
            return 0
        try:
            block = self._block(self._at // BLOCK_BYTES, wanted)
        except Failure as failure:
            self._drop()
            self.failed = as_document_error(failure)
            raise self.failed from None
        within = self._at % BLOCK_BYTES
        count = min(wanted, len(block) - within)
        target[:count] = block[within : within + count]
        self._at += count
        return count

    def _block(self, number: int, wanted: int) -> bytes:
        """One block, fetched if need be, with what is sure or likely to be read next."""
        if number not in self._blocks and not self._take_coming(number):
            first, until = self._span(number, wanted)
            self._keep(first, until, self._fetch(first * BLOCK_BYTES, min(until * BLOCK_BYTES, self._size)))
            self._next = until
        self._blocks.move_to_end(number)
        if self._run * BLOCK_BYTES >= RUN_BYTES:
            self._read_ahead()
        return self._blocks[number]

    def _span(self, number: int, wanted: int) -> tuple[int, int]:
        """The blocks to fetch where `number` is not there."""
        last = -(-self._size // BLOCK_BYTES)
        if self._size <= WHOLE_BYTES:
            return 0, last
        if number == self._next and number:
            self._run = min(self._run * 2, RUN_BYTES // BLOCK_BYTES)
        else:
            self._run = 1
            self._drop()
        asked = -(-(self._at + wanted) // BLOCK_BYTES) - number
        likely = max(-(-self._until() // BLOCK_BYTES) - number, 1)
        until = number + min(max(min(self._run, likely), asked), RUN_BYTES // BLOCK_BYTES)
        while until > number + 1 and until - 1 in self._blocks:  # no need to fetch it again
            until -= 1
        return number, min(until, last)

    def _take_coming(self, number: int) -> bool:
        for first, (until, future) in self._coming.items():
            if first <= number < until:
                del self._coming[first]
                self._keep(first, until, future.result())
                return True
        return False

    def _read_ahead(self) -> None:
        """Keeps as many reads under way as may be."""
        last = -(-min(self._until(), self._size) // BLOCK_BYTES)
        while len(self._coming) < self._parallel and self._next < last:
            first, until = self._next, min(self._next + self._run, last)
            start, end = first * BLOCK_BYTES, min(until * BLOCK_BYTES, self._size)
            self._coming[first] = until, self._ahead.submit(self._fetch, start, end)
            self._next = until

    def _keep(self, first: int, until: int, data: bytes) -> None:
        for number in range(first, until):
            at = (number - first) * BLOCK_BYTES
            self._blocks[number] = data[at : at + BLOCK_BYTES]
            self._blocks.move_to_end(number)
        while len(self._blocks) * BLOCK_BYTES > KEPT_BYTES:
            self._blocks.popitem(last=False)

    def _drop(self) -> None:
        """Gives up what is on its way: the reader has gone elsewhere."""
        for _, future in self._coming.values():
            future.cancel()
        self._coming.clear()

    def close(self) -> None:
        """Lets go of all that was fetched, and waits for what is on its way: it holds the object open."""
        for _, future in self._coming.values():
            if not future.cancel():
                future.exception()
        self._coming.clear()
        self._blocks.clear()
        super().close()
