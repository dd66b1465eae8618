"""A large stream that is still being decompressed, by a thread, while what came of it so far is read.

A reader that asks for bytes which are not there yet, or for the end, waits.
"""

from __future__ import annotations

import io
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import media_type
from pii_scan.extract.limits import PIECE, BoundedReader, cannot_write
from pii_scan.model import Document, DocumentRef

_READ_IN_ORDER = frozenset({"text/plain", "text/csv", "application/json", "application/x-ndjson"})
"""Media types that are read from begin to end and hold no members, whose limits would be counted at the same time."""


class SpooledAside(io.RawIOBase):
    """The content of a stream as a file; closing it ends the thread and deletes what was written."""

    def __init__(self, stream: BoundedReader, start: bytes) -> None:
        """`start`: what was read of the stream already. Raises DocumentError (`limit`) when the disk is full."""
        super().__init__()
        self._stream = stream
        self._file = cast(BinaryIO, tempfile.TemporaryFile(buffering=0, prefix="pii-scan-"))
        self._turn = threading.Condition()
        self._size = self._at = 0
        self._is_done = self._is_dropped = False
        try:
            self._append(start)
        except OSError as error:
            self._file.close()
            raise cannot_write(error) from None
        self._pool = ThreadPoolExecutor(1, "pii-scan-spool")
        self._filled = self._pool.submit(self._fill)

    def failure(self) -> DocumentError | None:
        """Why the stream ended before its end, if it did; waits until it ends. Raises what else ended it."""
        return self._filled.result()

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves to a place, which may lie past the end; the end is waited for where it is asked for."""
        if whence == io.SEEK_END:
            with self._turn:
                self._turn.wait_for(lambda: self._is_done)
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readinto(self, buffer: object, /) -> int:
        """At least one byte, which is waited for, unless the stream has ended."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        with self._turn:
            self._turn.wait_for(lambda: self._is_done or self._size > self._at)
            wanted = max(min(len(view), self._size - self._at), 0)
            self._file.seek(self._at)
            count = cast(io.RawIOBase, self._file).readinto(view[:wanted]) if wanted else 0
            self._at += count or 0
            return count or 0

    def close(self) -> None:
        """Ends the thread and deletes what was written."""
        if not self.closed:
            self._is_dropped = True
            self._pool.shutdown()
            self._file.close()
        super().close()

    def _append(self, data: bytes) -> None:
        with self._turn:
            self._file.seek(self._size)
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
            self._size += len(data)
            self._turn.notify_all()

    def _fill(self) -> DocumentError | None:
        try:
            while not self._is_dropped and (data := self._stream.read(PIECE)):
                self._append(data)
        except DocumentError as error:
            return error
        except OSError as error:
            return cannot_write(error)
        finally:
            with self._turn:
                self._is_done = True
                self._turn.notify_all()
        return None


def first_bytes(stream: BoundedReader, least: int) -> tuple[bytes, bool, DocumentError | None]:
    """(at least so many bytes of a stream, or all; whether there may be more; why it ended before its end)."""
    start = bytearray()
    try:
        while len(start) < least:
            if not (data := stream.read(PIECE)):
                return bytes(start), False, None
            start += data
    except DocumentError as error:
        return bytes(start), False, error
    return bytes(start), True, None


def is_read_in_order(start: bytes, name: str) -> bool:
    """Whether a document that begins so can be read while it grows. `name`: of its file."""
    return media_type.identify(Document(DocumentRef("", name), io.BytesIO(start))) in _READ_IN_ORDER
