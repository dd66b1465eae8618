"""Bounds on what a document may expand to, and the bounded ways to hold what comes out of a container.

Knows nothing of formats. A limit that bites is a DocumentError (`limit`), never a silent cut.
"""

from __future__ import annotations

import errno
import io
import tempfile
from collections.abc import Callable
from typing import BinaryIO, Protocol, cast

from pii_scan.errors import DocumentError
from pii_scan.model import Limits

PIECE = 1 << 16
"""Bytes read at a time."""
_PICTURE_CHARS = 8 << 20


class Budget:
    """What all members below one top-level document have used so far. Mutable; one for each top-level document."""

    __slots__ = ("_picture_chars", "_pictures", "expanded_bytes", "limits", "members", "ocr_seconds")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.members = 0
        self.expanded_bytes = 0
        self.ocr_seconds = 0.0
        """Time that the reading of pictures has taken."""
        self._pictures: dict[bytes, tuple[tuple[int, str], ...]] = {}
        self._picture_chars = 0

    def picture_texts(self, digest: bytes) -> tuple[tuple[int, str], ...] | None:
        """The pages and texts of a picture with this hash that was read before."""
        return self._pictures.get(digest)

    def keep_picture(self, digest: bytes, pages: tuple[tuple[int, str], ...]) -> None:
        """Keeps what a picture says, so that it is recognised once however often it stands below one file."""
        self._picture_chars += sum(len(text) for _, text in pages) + 100
        if self._picture_chars <= _PICTURE_CHARS:
            self._pictures[digest] = pages

    @property
    def exhausted(self) -> bool:
        """No further member may be read."""
        limits = self.limits
        return self.members >= limits.max_total_members or self.expanded_bytes >= limits.max_total_bytes

    def take_member(self) -> None:
        """Counts one member. Raises DocumentError (`limit`)."""
        if self.members >= self.limits.max_total_members:
            raise DocumentError("limit", f"more than {self.limits.max_total_members} members below one file")
        self.members += 1

    def take_bytes(self, count: int) -> None:
        """Counts expanded bytes. Raises DocumentError (`limit`)."""
        self.expanded_bytes += count
        if self.expanded_bytes > self.limits.max_total_bytes:
            raise self.too_many_bytes()

    def too_many_bytes(self) -> DocumentError:
        """What is to be said when the bytes are used up."""
        return DocumentError("limit", f"members of one file expand to more than {self.limits.max_total_bytes} bytes")


class Readable(Protocol):
    """All that `BoundedReader` and `spool` ask of a stream."""

    def read(self, size: int = ..., /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class BoundedReader:
    """Reads a member while it stays within the limits; what was handed out before stays good.

    `stored_bytes` says how many stored (compressed) bytes the member has used so far, or in all; without it no ratio
    applies.
    """

    __slots__ = ("_budget", "_failure", "_limits", "_stored", "_stream", "size")

    def __init__(
        self, stream: Readable, limits: Limits, budget: Budget, stored_bytes: Callable[[], int] | int | None = None
    ) -> None:
        self._stream = stream
        self._limits = limits
        self._budget = budget
        self._stored = stored_bytes
        self._failure: DocumentError | None = None
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, or all of them. Raises DocumentError (`limit`) once the member has passed a limit."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if self._failure is not None:
            raise self._failure
        member_room = self._limits.max_member_bytes - self.size
        room = min(member_room, max(self._limits.max_total_bytes - self._budget.expanded_bytes, 0))
        data = self._stream.read(min(size, PIECE, room + 1))
        if len(data) > room:
            data = data[:room]
            too_large = DocumentError("limit", f"expands to more than {self._limits.max_member_bytes} bytes")
            self._failure = too_large if room == member_room else self._budget.too_many_bytes()
            if not data:
                raise self._failure
        self.size += len(data)
        self._budget.expanded_bytes += len(data)
        self._check_ratio()
        return data

    def _check_ratio(self) -> None:
        """Lets the next read fail when the member has expanded too much."""
        if self._stored is None or self.size <= self._limits.ratio_from_bytes:
            return
        stored = self._stored if isinstance(self._stored, int) else self._stored()
        if self.size > self._limits.max_ratio * max(stored, 1):
            self._failure = DocumentError("limit", f"expands more than {self._limits.max_ratio} times")


class Spool:
    """Takes bytes in, gives them back as a seekable file: in memory while small, else an unnamed temporary file."""

    __slots__ = ("_file", "_limit", "_rolled", "size")

    def __init__(self, spool_bytes: int) -> None:
        self._file: BinaryIO = io.BytesIO()
        self._limit = spool_bytes
        self._rolled = False
        self.size = 0

    def write(self, data: bytes) -> None:
        """Adds bytes. Raises DocumentError (`limit`) when the disk is full."""
        self.size += len(data)
        try:
            if not self._rolled and self.size > self._limit:
                self._roll()
            self._file.write(data)
        except OSError as error:
            self.close()
            raise cannot_write(error) from None

    def _roll(self) -> None:
        memory = cast(io.BytesIO, self._file)
        self._file = cast(BinaryIO, tempfile.TemporaryFile(buffering=PIECE, prefix="pii-scan-"))
        self._rolled = True
        self._file.write(memory.getbuffer())

    def finish(self) -> BinaryIO:
        """The file, at offset 0. Closing it deletes it."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Drops what was taken in."""
        self._file.close()

    @property
    def closed(self) -> bool:
        """The content was dropped."""
        return self._file.closed


def cannot_write(error: OSError) -> DocumentError:
    """Why a temporary file cannot be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return DocumentError(
        "limit", "no room left for temporary files" if full else "the temporary file cannot be written"
    )


def spool(stream: Readable, limits: Limits, budget: Budget | None = None) -> BinaryIO:
    """The whole stream as one seekable file. Raises DocumentError (`limit`); nothing is left behind then."""
    content, failure = spool_until_failure(stream, limits, budget)
    if failure is not None:
        content.close()
        raise failure
    return content


def spool_until_failure(
    stream: Readable, limits: Limits, budget: Budget | None = None, start: bytes = b""
) -> tuple[BinaryIO, DocumentError | None]:
    """As much of the stream as can be had, and why it ended before its end, if it did. `start`: what was read of it.

    A stream that is not a BoundedReader is bounded here, without a ratio. Only DocumentError is caught.
    """
    if not isinstance(stream, BoundedReader):
        stream = BoundedReader(stream, limits, budget or Budget(limits))
    store = Spool(limits.spool_bytes)
    failure: DocumentError | None = None
    try:
        store.write(start)
        while data := stream.read(PIECE):
            store.write(data)
    except DocumentError as error:
        failure = error
    except BaseException:
        store.close()
        raise
    if store.closed:
        return io.BytesIO(), failure
    return store.finish(), failure


class Window(io.RawIOBase):
    """A part of a seekable file as a file of its own; never reads past its end, whatever is asked for."""

    def __init__(self, content: BinaryIO, start: int, size: int, max_read: int | None = None) -> None:
        super().__init__()
        self._content = content
        self._start = start
        self._size = max(size, 0)
        self._at = 0
        self._max_read = max_read

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves to a place, which may lie past the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes. Raises DocumentError (`limit`) when a parser asks for more than `max_read` at once."""
        left = max(self._size - self._at, 0)
        size = left if size is None or size < 0 else min(size, left)
        if self._max_read is not None and size > self._max_read:
            raise DocumentError("limit", f"one record is larger than {self._max_read} bytes")
        self._content.seek(self._start + self._at)
        data = self._content.read(size)
        self._at += len(data)
        return data

    def readall(self) -> bytes:
        """What is left."""
        return self.read()

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """As `io.RawIOBase.readinto`."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class MemberNames:
    """Gives each member of one container a name of its own, so that two places never look like one.

    >>> names = MemberNames()
    >>> names.unique("a.txt"), names.unique("a.txt"), names.unique("a.txt")
    ('a.txt', 'a.txt (2)', 'a.txt (3)')
    """

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """The name, or the name with a number where it was given before."""
        count = self._seen.get(name, 0) + 1
        self._seen[name] = count
        if count == 1:
            return name
        candidate = f"{name} ({count})"
        while candidate in self._seen:
            count += 1
            candidate = f"{name} ({count})"
        self._seen[name] = count
        self._seen[candidate] = 1
        return candidate


def size_of(content: BinaryIO) -> int:
    """Bytes in a seekable file; leaves it at offset 0."""
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    return size
