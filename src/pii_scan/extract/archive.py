"""Tar archives: their members as documents.

Nothing is written under a member's own name, and no link is followed. ZIP is in `zip_archive`.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import (
    PIECE,
    BoundedReader,
    Budget,
    MemberNames,
    Readable,
    Window,
    size_of,
    spool_until_failure,
)
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

BLOCK = 512
TAR_RECORD_BYTES = 8 << 20
"""Largest extended header (long name, pax record) that a tar archive may hold."""

TAR_FAULTS = (tarfile.TarError, OSError, ValueError, OverflowError, EOFError, IndexError, KeyError)


def problem(ref: DocumentRef, error: DocumentError) -> Problem:
    """A DocumentError as a Problem of `ref`."""
    return Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)


def member_document(
    ref: DocumentRef, stream: Readable, limits: Limits, budget: Budget
) -> Iterator[ChunkBatch | Document | Problem]:
    """One member as a Document; where its end cannot be read, what stands before it, and the Problem."""
    yield from spooled_document(ref, *spool_until_failure(stream, limits, budget), ref)


def spooled_document(
    ref: DocumentRef, content: BinaryIO, failure: DocumentError | None, at_fault: DocumentRef
) -> Iterator[Document | Problem]:
    """Spooled content as a Document, unless nothing came before the `failure`, which is a Problem of `at_fault`."""
    with content:
        if failure is not None:
            yield problem(at_fault, failure)
            if not size_of(content):
                return
        yield Document(ref, content)


def extract_tar(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The members of a tar archive (POSIX.1-2017 pax, ustar, GNU, v7), damaged stretches passed over and reported.

    Links, folders and devices hold no data of their own and are skipped.
    """
    budget = budget or Budget(limits)
    ref, content = document.ref, document.content
    size = size_of(content)
    window = Window(content, 0, size, max_read=TAR_RECORD_BYTES)
    names, count, skipped, expected = MemberNames(), 0, 0, 0
    archive: tarfile.TarFile | None = None
    failure: DocumentError | None = None
    try:
        # ignore_zeros: go on after a bad header or an end mark; what was passed over is accounted for here
        archive = tarfile.open(fileobj=window, mode="r:", ignore_zeros=True, errors="surrogateescape")
        while (info := archive.next()) is not None:
            skipped += _nonzero_bytes(content, expected, info.offset)
            expected = info.offset_data + _stored_size(info)
            cast(Any, archive).members.clear()  # one entry for each member would stay in memory otherwise
            if info.size < 0 or cast(Any, archive).offset < info.offset_data:  # it would lead back, for ever
                cast(Any, archive).offset = info.offset_data
                skipped, expected = skipped + BLOCK, info.offset_data
                continue
            if count >= limits.max_members or budget.exhausted:
                failure = DocumentError("limit", f"the members after the first {count} are left out")
                break
            if not holds_data(info):
                continue
            count += 1
            member_ref = ref.member(names.unique(info.name), info.size, float(info.mtime))
            source: Readable | None = Window(content, info.offset_data, info.size)
            stored = info.size
            if info.issparse():
                source, stored = archive.extractfile(info), _sparse_bytes(info)
            bounded = BoundedReader(TarMember(source, info.size), limits, budget, stored)
            yield from member_document(member_ref, bounded, limits, budget)
    except TAR_FAULTS:
        failure = DocumentError("corrupt", "the archive is damaged")
    except DocumentError as error:
        failure = error
    if failure is None:
        failure = _check_end(content, expected, size, skipped)
    if failure is not None:
        raise failure


def holds_data(info: tarfile.TarInfo) -> bool:
    """The member is a file: no folder, link or device."""
    return info.isreg() or not (info.islnk() or info.issym() or info.isdev() or info.isdir())


def _stored_size(info: tarfile.TarInfo) -> int:
    """Bytes of the member's data in the archive, up to the next block."""
    if not holds_data(info):
        return 0
    size = info.size
    if info.issparse():
        size = _sparse_bytes(info)
    return -(-size // BLOCK) * BLOCK


def _sparse_bytes(info: tarfile.TarInfo) -> int:
    """Bytes that a sparse member holds, its holes left out."""
    return sum(int(length) for _, length in cast(Any, info.sparse) or ())


class TarMember:
    """The data of one member; an early end is `truncated`."""

    __slots__ = ("_left", "_source")

    def __init__(self, source: Readable | None, size: int) -> None:
        self._source = source or io.BytesIO()
        self._left = size

    def read(self, size: int = PIECE, /) -> bytes:
        """At most `size` bytes. Raises DocumentError (`truncated`)."""
        if self._left <= 0:
            return b""
        try:
            data = self._source.read(min(size, self._left))
        except TAR_FAULTS:
            data = b""
        if not data:
            raise DocumentError("truncated", "the archive ends within this member")
        self._left -= len(data)
        return data


def _nonzero_bytes(content: BinaryIO, start: int, end: int) -> int:
    """Bytes in a stretch between members, unless it is all zeros."""
    content.seek(start)
    left = end - start
    while left > 0:
        data = content.read(min(left, PIECE))
        if not data:
            break
        if data.strip(b"\0"):
            return end - start
        left -= len(data)
    return 0


def _check_end(content: BinaryIO, end: int, size: int, skipped: int) -> DocumentError | None:
    """What is wrong with the end of an archive: POSIX.1 asks for two blocks of zeros after the last member."""
    rest = _nonzero_bytes(content, end, size)
    if skipped or rest:
        return DocumentError("corrupt", f"{skipped + rest} bytes of the archive are damaged or unknown")
    if size - end < BLOCK:
        return DocumentError("truncated", "the end mark is missing")
    return None
