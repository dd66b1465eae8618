"""Decompresses one stream (deflate, gzip, bzip2, xz, Zstandard, LZ4), giving up what stands before a fault.

Sets no limits of its own beyond the memory of xz; wrap it in `limits.BoundedReader`.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import PIECE, Readable

XZ_MEMORY_BYTES = 256 << 20
"""Largest dictionary that an xz or lzma stream may ask for."""

FAULTS = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error)


class Decoder(Protocol):
    """What zlib, bz2 and lzma decompressors have in common."""

    @property
    def eof(self) -> bool:
        """The stream has come to its proper end."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Input after that end."""
        ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
        """More input in, at most `max_length` bytes out."""
        ...


class _Deflate:
    """zlib with the interface of bz2 and lzma: unread input is kept inside, and a copy can be taken."""

    def __init__(self, wbits: int, inner: Any = None, pending: bytes = b"") -> None:
        self._inner = inner if inner is not None else zlib.decompressobj(wbits)
        self._wbits = wbits
        self._pending = pending

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inner.unused_data)

    @property
    def needs_input(self) -> bool:
        return not self._pending and not self.eof

    def decompress(self, data: bytes, max_length: int = PIECE, /) -> bytes:
        data = self._pending + data
        before = self._inner.copy()
        try:
            out = bytes(self._inner.decompress(data, max_length))
        except zlib.error:
            return self._up_to_fault(before, data)
        self._pending = bytes(self._inner.unconsumed_tail)
        return out

    def _up_to_fault(self, inner: Any, data: bytes) -> bytes:
        """Byte by byte, what comes out before the fault; raises zlib.error when nothing does."""
        out = bytearray()
        for at in range(len(data)):
            try:
                out += inner.decompress(data[at : at + 1])
            except zlib.error:
                if not out:
                    raise
                break
        self._inner = _Broken()
        return bytes(out)


class _Broken:
    """Stands in for a decompressor that has met a fault."""

    eof = False
    unused_data = unconsumed_tail = b""

    def copy(self) -> _Broken:
        return self

    def decompress(self, data: bytes, size: int = 0) -> bytes:
        raise zlib.error("corrupt")


def inflater() -> Decoder:
    """Raw deflate, as ZIP stores it."""
    return _Deflate(-15)


def unzlib() -> Decoder:
    """Deflate between the head and the checksum of zlib (RFC 1950)."""
    return _Deflate(15)


def gunzipper() -> Decoder:
    """One gzip member, its header and CRC included (RFC 1952)."""
    return _Deflate(31)


def unxzer() -> Decoder:
    """Either xz or the older lzma format."""
    return lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)


def bunzipper() -> Decoder:
    """One bzip2 stream."""
    return bz2.BZ2Decompressor()


class DecompressedStream:
    """Reads a compressed stream: one member, or many in a row (`magic` names how each begins).

    Raises DocumentError: `truncated` where the input ends too early, `corrupt` where it is no such stream or goes on
    with something else (RFC 1952 section 2.2 allows many gzip members; zeros after the last are padding).
    """

    __slots__ = ("_decoder", "_fault", "_magic", "_make", "_source", "_spare", "read_bytes")

    def __init__(self, source: Readable, make: Callable[[], Decoder], magic: bytes = b"") -> None:
        self._source = source
        self._make = make
        self._magic = magic
        self._decoder = make()
        self._spare = b""
        self._fault: DocumentError | None = None
        self.read_bytes = 0
        """Compressed bytes taken from the source so far."""

    @property
    def ended(self) -> bool:
        """The stream has come to its proper end."""
        return self._decoder.eof

    @property
    def unused(self) -> bytes:
        """Bytes taken from the source that lie after the end of the stream."""
        return self._decoder.unused_data

    def read(self, size: int = PIECE, /) -> bytes:
        """At least one byte unless the stream has ended; at most about `size`."""
        while self._fault is None:
            try:
                if self._decoder.eof and not self._next_member():
                    break
                data = self._feed(size)
            except FAULTS as error:
                if isinstance(error, lzma.LZMAError) and "emory" in str(error):
                    self._fault = DocumentError("limit", f"asks for more than {XZ_MEMORY_BYTES} bytes of memory")
                else:
                    self._fault = DocumentError("corrupt", "damaged compressed data")
                break
            if data:
                return data
        if self._fault is not None:
            raise self._fault
        return b""

    def _feed(self, size: int) -> bytes:
        if not getattr(self._decoder, "needs_input", True):
            return self._decoder.decompress(b"", size)
        piece, self._spare = self._spare, b""
        if not piece:
            piece = self._source.read(PIECE)
            self.read_bytes += len(piece)
            if not piece:
                self._fault = DocumentError("truncated", "the compressed data end too early")
                return b""
        return self._decoder.decompress(piece, size)

    def _next_member(self) -> bool:
        """Starts on the member that follows, if one does."""
        if not self._magic:
            return False
        rest = self._decoder.unused_data or self._take()
        while rest and not rest.strip(b"\0"):  # padding
            rest = self._take()
        rest = rest.lstrip(b"\0")
        if not rest:
            self._magic = b""
            return False
        if len(rest) < len(self._magic):
            rest += self._take()
        if not rest.startswith(self._magic):
            self._fault = DocumentError("corrupt", "other data follow the compressed data")
            return False
        self._decoder = self._make()
        self._spare = rest
        return True

    def _take(self) -> bytes:
        piece = self._source.read(PIECE)
        self.read_bytes += len(piece)
        return piece


class FrameStream:
    """Reads frames of Zstandard (RFC 8878) or LZ4, one or many in a row, by the decoders in pyarrow.

    A frame that asks for a window of more than 128 MiB is `limit`, other faults as with `DecompressedStream`.
    """

    __slots__ = ("_fault", "_source", "_stream")

    def __init__(self, source: Readable, codec: str) -> None:
        self._fault: DocumentError | None = None
        if not pa.Codec.is_available(codec):
            self._fault = DocumentError("unsupported", f"install a pyarrow with {codec} to read this format")
            return
        self._source = _Counted(source)
        self._stream = pa.CompressedInputStream(pa.PythonFile(self._source, "r"), codec)

    @property
    def read_bytes(self) -> int:
        """Compressed bytes taken from the source so far."""
        return self._source.count if self._fault is None else 0

    def read(self, size: int = PIECE, /) -> bytes:
        """At least one byte unless the stream has ended; at most `size`."""
        if self._fault is not None:
            raise self._fault
        try:
            return bytes(self._stream.read(min(size, PIECE)))
        except (OSError, pa.ArrowInvalid) as error:
            self._fault = _frame_fault(str(error))
            raise self._fault from None


def _frame_fault(said: str) -> DocumentError:
    if "runcated" in said:
        return DocumentError("truncated", "the compressed data end too early")
    if "too much memory" in said:
        return DocumentError("limit", "asks for more than 134217728 bytes of memory")
    return DocumentError("corrupt", "damaged compressed data")


class _Counted:
    """A source as pyarrow asks for one; it stays open when pyarrow is done with it."""

    closed = False

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.count = 0

    def read(self, size: int = PIECE, /) -> bytes:
        data = self._source.read(size)
        self.count += len(data)
        return data

    def close(self) -> None:
        pass
