"""Avro object container files: block by block, each value in the column of its path. Codecs: deflate, bzip2, xz,
Snappy, Zstandard.

A damaged block costs itself; the next one is found by its sync marker.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract import decompress
from pii_scan.extract.avro_records import Damaged, Records, read_long
from pii_scan.extract.cell_batches import Cells, Piece
from pii_scan.extract.columnar import FAULTS, Damage, metadata_parts
from pii_scan.extract.limits import PIECE, BoundedReader, Budget, Readable, Window, size_of
from pii_scan.model import Document, Limits

MAX_BLOCK_BYTES = 256 << 20
"""Largest block, stored or expanded, that is held."""
_HEADER_BYTES = 16 << 20
_SYNC_BYTES = 16
_FLUSH_BYTES = 1 << 20


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The cells of an Avro file (Avro specification 1.11, "Object Container Files"); row 1 is the first record.

    Raises DocumentError: `corrupt`, `truncated`, `unsupported`, `limit`.
    """
    yield from _File(document, limits, budget or Budget(limits)).read()


class _File:
    """One container file."""

    def __init__(self, document: Document, limits: Limits, budget: Budget) -> None:
        self._size = size_of(document.content)
        self._content = cast(BinaryIO, Window(document.content, 0, self._size))
        self._limits = limits
        self._budget = budget
        self._cells = Cells(document.ref, limits)
        self._damage = Damage(document)

    def read(self) -> Iterator[Piece]:
        metadata, sync = self._header()
        yield from metadata_parts(iter([("metadata", {k: v for k, v in metadata.items() if k != b"avro.codec"})]))
        codec = metadata.get(b"avro.codec", b"null").decode("latin-1")
        if codec not in _CODECS:
            raise DocumentError("unsupported", "the blocks are compressed in a way that is not read")
        records = Records(metadata.get(b"avro.schema", b""))
        held = 0
        failure: DocumentError | None = None
        while failure is None:
            try:
                block = self._block(sync)
                if block is None:
                    break
                count, data = block
                before = records.row
                held += self._take(records, codec, count, data)
                records.row = before + max(count, 0)
            except DocumentError as error:
                failure = error
            if held >= _FLUSH_BYTES:
                yield from records.pieces(self._cells)
                held = 0
        yield from records.pieces(self._cells)
        yield from self._cells.problems()
        yield from self._damage.problems()
        if failure is not None:
            raise failure

    def _header(self) -> tuple[dict[bytes, bytes], bytes]:
        """The file's metadata, and the marker that ends each block."""
        self._content.seek(4)
        data = self._content.read(_HEADER_BYTES)
        metadata: dict[bytes, bytes] = {}
        try:
            at = 0
            while True:
                count, at = read_long(data, at)
                if count == 0:
                    break
                if count < 0:
                    _, at = read_long(data, at)
                for _ in range(min(abs(count), len(data))):
                    key, at = _bytes(data, at)
                    metadata[key], at = _bytes(data, at)
        except (Damaged, IndexError):
            code = "truncated" if len(data) < _HEADER_BYTES else "limit"
            raise DocumentError(code, "the header of the file has no end") from None
        if at + _SYNC_BYTES > len(data):
            raise DocumentError("truncated", "the header of the file has no end")
        self._content.seek(4 + at + _SYNC_BYTES)
        return metadata, data[at : at + _SYNC_BYTES]

    def _block(self, sync: bytes) -> tuple[int, bytes] | None:
        """Count and stored bytes of the next block; None at the end. Damaged stretches are passed over and counted.

        Of a block that the file ends within, what is there.
        """
        while True:
            start = self._content.tell()
            head = self._content.read(20)
            if not head:
                return None
            try:
                count, at = read_long(head, 0)
                size, at = read_long(head, at)
                if count < 0 or size < 0:
                    raise Damaged
            except (Damaged, IndexError):
                if len(head) < 20:
                    raise DocumentError("truncated", "the file ends within a block") from None
                self._resync(start + 1, sync)
                continue
            if size > MAX_BLOCK_BYTES and start + at + size <= self._size:
                self._damage.take(DocumentError("limit", f"are larger than {MAX_BLOCK_BYTES} bytes"), 0, "blocks")
                self._resync(start + at + size, sync)
                continue
            self._content.seek(start + at)
            data = self._content.read(min(size, self._size) + _SYNC_BYTES)
            if data[size:] == sync:
                return count, data[:size]
            if not self._resync(start + 1, sync) and start + at + size + _SYNC_BYTES > self._size:
                return count, data[:size]

    def _resync(self, start: int, sync: bytes) -> bool:
        """Moves behind the next marker, or to the end where there is none; counts one damaged block."""
        self._damage.take(Damaged(), 0, "blocks")
        self._content.seek(start)
        held = b""
        while piece := self._content.read(PIECE):
            held += piece
            found = held.find(sync)
            if found >= 0:
                self._content.seek(self._content.tell() - len(held) + found + _SYNC_BYTES)
                return True
            held = held[-_SYNC_BYTES + 1 :]
        return False

    def _take(self, records: Records, codec: str, count: int, data: bytes) -> int:
        """Reads the records of a block, and gives its expanded size."""
        try:
            expanded, failure = self._expanded(codec, data)
            try:
                records.block(expanded, count)
            finally:
                if failure is not None:  # which is why the records ended early
                    raise failure
            return len(expanded)
        except RecursionError:
            self._damage.take(DocumentError("limit", "hold values nested too deep"), 0, "blocks")
        except DocumentError as error:
            if self._budget.exhausted:
                raise
            self._damage.take(error, 0, "blocks:")
        except (*FAULTS, MemoryError) as error:
            self._damage.take(error, 0, "blocks")
        return _FLUSH_BYTES

    def _expanded(self, codec: str, data: bytes) -> tuple[bytes, Exception | None]:
        """The bytes of a block, and why there are not more of them. Raises DocumentError (`limit`)."""
        open_stream = _CODECS[codec]
        if open_stream is None:
            self._budget.take_bytes(len(data))
            return data, None
        parts: list[bytes] = []
        try:
            reader = BoundedReader(open_stream(data), self._limits, self._budget, len(data))
            while piece := reader.read(PIECE):
                parts.append(piece)
                if reader.size > MAX_BLOCK_BYTES:
                    raise DocumentError("limit", f"expand to more than {MAX_BLOCK_BYTES} bytes")
        except (*FAULTS, DocumentError) as error:
            return b"".join(parts), error
        return b"".join(parts), None


def _bytes(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = read_long(data, at)
    if size < 0 or at + size > len(data):
        raise Damaged
    return data[at : at + size], at + size


def _snappy(data: bytes) -> Readable:
    """Raw Snappy, whose expanded size stands first, followed by four bytes of CRC-32."""
    size, shift = 0, 0
    for byte in data[:5]:
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if size > 64 * len(data):  # the longest copy is of 64 bytes and takes three
        raise Damaged
    return io.BytesIO(pa.Codec("snappy").decompress(data[:-4], size, asbytes=True))


def _zstandard(data: bytes) -> Readable:
    return cast(Readable, pa.CompressedInputStream(pa.BufferReader(data), "zstd"))


def _stream(make: Any) -> Any:
    return lambda data: decompress.DecompressedStream(io.BytesIO(data), make)


_CODECS: dict[str, Any] = {
    "null": None, "deflate": _stream(decompress.inflater), "bzip2": _stream(decompress.bunzipper),
    "xz": _stream(decompress.unxzer), "snappy": _snappy, "zstandard": _zstandard,
}  # fmt: skip
