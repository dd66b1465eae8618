"""The footer of a Parquet file, as far as it says how its column chunks are stored.

Read here, and not asked of pyarrow, which ends the process over a column whose metadata are encrypted or odd.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from pii_scan.errors import DocumentError

MAX_FOOTER_BYTES = 256 << 20
_MAX_DEPTH = 32
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
BYTE_ARRAY = 6
_DICTIONARIES = {2, 8}
"""PLAIN_DICTIONARY and RLE_DICTIONARY."""


@dataclass(slots=True)
class Chunk:
    """A column chunk: one column of one row group (parquet.thrift, `ColumnChunk`)."""

    kind: int = -1
    """Physical type."""
    dictionary: bool = False
    values: int = 0
    expanded_bytes: int = 0
    stored_bytes: int = 0
    encrypted: bool = False


@dataclass(slots=True)
class RowGroup:
    """A row group (parquet.thrift, `RowGroup`)."""

    rows: int = 0
    chunks: list[Chunk] = field(default_factory=list)


def read_footer(content: BinaryIO, size: int) -> list[RowGroup]:
    """The row groups of a file of `size` bytes. Raises DocumentError: `truncated`, `encrypted`, `corrupt`, `limit`."""
    content.seek(max(size - 8, 0))
    tail = content.read(8)
    if tail[4:] == b"PARE":
        raise DocumentError("encrypted", "the file is encrypted")
    if tail[4:] != b"PAR1" or size < 12:
        raise DocumentError("truncated", "the file ends before its footer does")
    (length,) = struct.unpack_from("<I", tail)
    if length > size - 12:
        raise DocumentError("corrupt", "the footer of the file cannot be read")
    if length > MAX_FOOTER_BYTES:
        raise DocumentError("limit", f"the footer of the file is larger than {MAX_FOOTER_BYTES} bytes")
    content.seek(size - 8 - length)
    try:
        return _Compact(content.read(length)).file_metadata()
    except (IndexError, struct.error):
        raise DocumentError("corrupt", "the footer of the file cannot be read") from None


class _Compact:
    """Thrift's compact protocol (thrift-compact-protocol.md), read field by field; raises IndexError at a bad place."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _varint(self) -> int:
        data, value, shift = self._data, 0, 0
        while True:
            byte = data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise IndexError

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _field(self, last: int) -> tuple[int, int]:
        """Number and type of the next field of a struct; type 0 at its end."""
        byte = self._data[self._at]
        self._at += 1
        if byte == _STOP:
            return last, _STOP
        return (last + (byte >> 4) if byte >> 4 else self._integer()), byte & 15

    def _elements(self) -> tuple[int, int]:
        """Number and type of the elements of a list."""
        byte = self._data[self._at]
        self._at += 1
        count = byte >> 4 if byte >> 4 != 15 else self._varint()
        if count > len(self._data) - self._at:
            raise IndexError
        return count, byte & 15

    def _skip(self, kind: int, depth: int = 0) -> None:
        if depth > _MAX_DEPTH:
            raise IndexError
        if kind in (_TRUE, _FALSE):
            return
        if kind == _BYTE:
            self._at += 1
        elif kind in _INTEGERS:
            self._varint()
        elif kind == _DOUBLE:
            self._at += 8
        elif kind == _BINARY:
            length = self._varint()
            self._at += length
        elif kind in (_LIST, _SET):
            count, inner = self._elements()
            for _ in range(count):
                self._skip(_BYTE if inner in (_TRUE, _FALSE) else inner, depth + 1)
        elif kind == _MAP:
            self._skip_map(depth)
        elif kind == _STRUCT:
            number, inner = self._field(0)
            while inner != _STOP:
                self._skip(inner, depth + 1)
                number, inner = self._field(number)
        else:
            raise IndexError

    def _skip_map(self, depth: int) -> None:
        count = self._varint()
        if count > len(self._data) - self._at:
            raise IndexError
        kinds = self._data[self._at] if count else 0
        self._at += bool(count)
        for _ in range(count):
            for inner in (kinds >> 4, kinds & 15):
                self._skip(_BYTE if inner in (_TRUE, _FALSE) else inner, depth + 1)

    def file_metadata(self) -> list[RowGroup]:
        """The row groups of `FileMetaData`."""
        groups: list[RowGroup] = []
        number, kind = self._field(0)
        while kind != _STOP:
            if number == 4 and kind == _LIST:
                count, inner = self._elements()
                groups = [self._row_group() for _ in range(count)] if inner == _STRUCT else []
            else:
                self._skip(kind)
            number, kind = self._field(number)
        return groups

    def _row_group(self) -> RowGroup:
        group = RowGroup()
        number, kind = self._field(0)
        while kind != _STOP:
            if number == 1 and kind == _LIST:
                count, inner = self._elements()
                if inner != _STRUCT:
                    raise IndexError
                group.chunks = [self._chunk() for _ in range(count)]
            elif number == 3 and kind in _INTEGERS:
                group.rows = max(self._integer(), 0)
            else:
                self._skip(kind)
            number, kind = self._field(number)
        return group

    def _chunk(self) -> Chunk:
        chunk = Chunk()
        number, kind = self._field(0)
        while kind != _STOP:
            if number == 3 and kind == _STRUCT:
                self._column_metadata(chunk)
            else:
                chunk.encrypted |= number == 8
                self._skip(kind)
            number, kind = self._field(number)
        return chunk

    def _column_metadata(self, chunk: Chunk) -> None:
        number, kind = self._field(0)
        while kind != _STOP:
            if number == 2 and kind == _LIST:
                count, _ = self._elements()
                chunk.dictionary = bool({self._integer() for _ in range(count)} & _DICTIONARIES)
            elif number in (1, 5, 6, 7) and kind in _INTEGERS:
                value = self._integer()
                if number == 1:
                    chunk.kind = value
                elif number == 5:
                    chunk.values = value
                elif number == 6:
                    chunk.expanded_bytes = max(value, 0)
                else:
                    chunk.stored_bytes = max(value, 0)
            else:
                self._skip(kind)
            number, kind = self._field(number)
