"""Files that are compressed as a whole (gzip, bzip2, xz, Zstandard, LZ4): what they hold as a document."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Iterator
from typing import BinaryIO

from pii_scan.extract import decompress
from pii_scan.extract.archive import problem, spooled_document
from pii_scan.extract.limits import BoundedReader, Budget, spool_until_failure
from pii_scan.extract.spooled_aside import SpooledAside, first_bytes, is_read_in_order
from pii_scan.model import ChunkBatch, Document, Limits, Problem

_BUFFER = 1 << 18
_Stream = decompress.DecompressedStream | decompress.FrameStream
_STRIPPED = {".gz": "", ".tgz": ".tar", ".bz2": "", ".tbz2": ".tar", ".tbz": ".tar", ".xz": "", ".txz": ".tar",
             ".lzma": "", ".gzip": "", ".svgz": ".svg", ".zst": "", ".tzst": ".tar", ".zstd": "",
             ".lz4": ""}  # fmt: skip


def _extract_stream(
    document: Document, limits: Limits, budget: Budget, stream: _Stream
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
    yield from spooled_document(ref, content, failure, document.ref)


def _reader(opened: Callable[[BinaryIO], _Stream]) -> Callable[..., Iterator[ChunkBatch | Document | Problem]]:
    """An extractor (see `dispatch.Extract`) of the one member of a file that is decompressed so."""

    def extract(
        document: Document, limits: Limits, budget: Budget | None = None
    ) -> Iterator[ChunkBatch | Document | Problem]:
        yield from _extract_stream(document, limits, budget or Budget(limits), opened(document.content))

    return extract


extract_gzip = _reader(lambda content: decompress.DecompressedStream(content, decompress.gunzipper, b"\x1f\x8b"))
"""RFC 1952; its parts are read through as one."""
extract_bzip2 = _reader(lambda content: decompress.DecompressedStream(content, decompress.bunzipper, b"BZh"))
extract_xz = _reader(lambda content: decompress.DecompressedStream(content, decompress.unxzer, b"\xfd7zXZ"))
"""Also the older lzma format."""
extract_zstd = _reader(lambda content: decompress.FrameStream(content, "zstd"))
"""RFC 8878."""
extract_lz4 = _reader(lambda content: decompress.FrameStream(content, "lz4"))


def stripped_name(path: str) -> str:
    """The name of what a compressed file holds.

    >>> stripped_name("logs/a.TAR.gz"), stripped_name("b.tgz"), stripped_name("c")
    ('a.TAR', 'b.tar', 'content')
    """
    stem, suffix = posixpath.splitext(posixpath.basename(path))
    replacement = _STRIPPED.get(suffix.lower())
    return stem + replacement if replacement is not None and stem else "content"
