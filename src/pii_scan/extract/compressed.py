"""Files that are compressed as a whole (gzip, bzip2, xz, Zstandard, LZ4): what they hold as a document."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.extract import decompress
from pii_scan.extract.archive import problem
from pii_scan.extract.limits import BoundedReader, Budget, size_of, spool_until_failure
from pii_scan.extract.spooled_aside import SpooledAside, first_bytes, is_read_in_order
from pii_scan.model import ChunkBatch, Document, Limits, Problem

_BUFFER = 1 << 18
_STRIPPED = {".gz": "", ".tgz": ".tar", ".bz2": "", ".tbz2": ".tar", ".tbz": ".tar", ".xz": "", ".txz": ".tar",
             ".lzma": "", ".gzip": "", ".svgz": ".svg", ".zst": "", ".tzst": ".tar", ".zstd": "",
             ".lz4": ""}  # fmt: skip


def _extract_stream(
    document: Document, limits: Limits, budget: Budget, stream: decompress.DecompressedStream | decompress.FrameStream
) -> Iterator[ChunkBatch | Document | Problem]:
    ref = document.ref.member(stripped_name(document.ref.path))
    bounded = BoundedReader(stream, limits, budget, lambda: stream.read_bytes)
    start, has_more, failure = first_bytes(bounded, limits.spool_bytes)
    if has_more and is_read_in_order(start, ref.path):
        aside = SpooledAside(bounded, start)
        with io.BufferedReader(aside, _BUFFER) as growing:
            yield Document(ref, growing)
        if (failure := aside.failure()) is not None:
            yield problem(document.ref, failure)
        return
    content: BinaryIO = io.BytesIO(start)
    if has_more:
        content, failure = spool_until_failure(bounded, limits, budget, start)
    with content:
        if failure is not None:
            yield problem(document.ref, failure)
            if not size_of(content):
                return
        yield Document(ref, content)


def extract_gzip(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The one member of a gzip file (RFC 1952); its parts are read through as one."""
    stream = decompress.DecompressedStream(document.content, decompress.gunzipper, b"\x1f\x8b")
    yield from _extract_stream(document, limits, budget or Budget(limits), stream)


def extract_bzip2(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The one member of a bzip2 file."""
    stream = decompress.DecompressedStream(document.content, decompress.bunzipper, b"BZh")
    yield from _extract_stream(document, limits, budget or Budget(limits), stream)


def extract_xz(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The one member of an xz or lzma file."""
    stream = decompress.DecompressedStream(document.content, decompress.unxzer, b"\xfd7zXZ")
    yield from _extract_stream(document, limits, budget or Budget(limits), stream)


def extract_zstd(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The one member of a Zstandard file (RFC 8878)."""
    stream = decompress.FrameStream(document.content, "zstd")
    yield from _extract_stream(document, limits, budget or Budget(limits), stream)


def extract_lz4(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The one member of an LZ4 file, in frames."""
    stream = decompress.FrameStream(document.content, "lz4")
    yield from _extract_stream(document, limits, budget or Budget(limits), stream)


def stripped_name(path: str) -> str:
    """The name of what a compressed file holds.

    >>> stripped_name("logs/a.TAR.gz"), stripped_name("b.tgz"), stripped_name("c")
    ('a.TAR', 'b.tar', 'content')
    """
    stem, suffix = posixpath.splitext(posixpath.basename(path))
    replacement = _STRIPPED.get(suffix.lower())
    return stem + replacement if replacement is not None and stem else "content"
