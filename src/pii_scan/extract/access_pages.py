"""Pages of Access databases (Jet 3, Jet 4, ACE): where tables and rows lie, and the columns of a table.

From the description of the format in mdbtools' HACKING.md. Decodes no values; trusts no offset.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import charset

_DATA, _TABLE = 1, 2
_HEADER_KEY = bytes.fromhex("c7da396b")
_LONG_VALUES = b"LVAL"
_BLOCK_BYTES = 1 << 20
_MAX_TABLE_PAGES = 256
_MAX_COLUMNS = 1024
_DELETED, _MOVED = 0x8000, 0x4000
_OFFSET = 0x1FFF


def rc4(key: bytes, data: bytes) -> bytes:
    """RC4, with which Jet hides its header and the pages of an encoded database."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(len(data)), 0, 0
    for at, byte in enumerate(data):
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out[at] = byte ^ state[(state[i] + state[j]) & 255]
    return bytes(out)


@dataclass(frozen=True, slots=True)
class AccessColumn:
    """One column as the table definition has it."""

    name: str
    kind: int
    number: int
    """Its bit in the null mask of a row."""
    variable: int
    """Its place in the offset table of a row; -1 for a fixed column."""
    offset: int
    """Of a fixed column, after the column count of a row."""
    size: int
    scale: int


@dataclass(frozen=True, slots=True)
class Row:
    """Where the parts of one row lie in its page."""

    page: bytes
    start: int
    fixed: int
    """Where fixed columns begin."""
    nulls: int
    """Where the null mask begins."""
    columns: int
    offsets: tuple[int, ...]
    """Of variable columns from the start of the row, and of their end."""

    def present(self, column: AccessColumn) -> bool:
        """Whether the column's bit is set: it is not null; for a truth value: it is true."""
        if column.number >= self.columns:
            return False
        return bool(self.page[self.nulls + column.number // 8] >> column.number % 8 & 1)

    def value(self, column: AccessColumn) -> bytes:
        """The stored bytes of a column that is present; empty where the row is older than the column."""
        if column.variable < 0:
            at = self.fixed + column.offset
            return self.page[at : at + column.size] if at + column.size <= self.nulls else b""
        if column.variable + 1 >= len(self.offsets):
            return b""
        first, last = self.offsets[column.variable], self.offsets[column.variable + 1]
        return self.page[self.start + first : min(self.start + last, self.nulls)] if first < last else b""


class Pages:
    """The pages of one database."""

    def __init__(self, content: BinaryIO, size: int) -> None:
        """Raises DocumentError: `truncated`, `encrypted`."""
        self._content = content
        self._size = size
        header = self._read(0, 4096)
        if len(header) < 2048:
            raise DocumentError("truncated", "the file ends within its first page")
        self.jet3 = header[0x14] == 0
        self.page_bytes = 2048 if self.jet3 else 4096
        plain = rc4(_HEADER_KEY, header[0x18 : 0x18 + (126 if self.jet3 else 128)])
        self._key = struct.unpack_from("<I", plain, 0x3E - 0x18)[0]
        (page_code,) = struct.unpack_from("<H", plain, 0x3C - 0x18)
        self.encoding = (charset.known(f"cp{page_code}") if page_code else None) or "cp1252"
        if self._key and self.page(2)[:1] != b"\x02":
            raise DocumentError("encrypted", "the database has a password and is encrypted")
        self._rows_at = 8 if self.jet3 else 12
        self.owned: dict[int, array[int]] = {}
        """The data pages of each table, by the page of its definition."""

    def _read(self, start: int, size: int) -> bytes:
        self._content.seek(start)
        return self._content.read(size)

    def page(self, number: int) -> bytes:
        """One page, decoded; shorter than a page past the end of the file."""
        data = self._read(number * self.page_bytes, self.page_bytes)
        if self._key and number:
            return rc4(struct.pack("<I", self._key ^ number), data)
        return data

    def find_rows(self) -> None:
        """Goes through the file once and fills `owned`."""
        per_block = _BLOCK_BYTES // self.page_bytes
        for first in range(0, -(-self._size // self.page_bytes), per_block):
            block = b"" if self._key else self._read(first * self.page_bytes, _BLOCK_BYTES)
            for number in range(first, min(first + per_block, -(-self._size // self.page_bytes))):
                at = (number - first) * self.page_bytes
                head = self.page(number)[:8] if self._key else block[at : at + 8]
                if head[:2] == b"\x01\x01" and head[4:8] != _LONG_VALUES and len(head) == 8:
                    (owner,) = struct.unpack_from("<I", head, 4)
                    self.owned.setdefault(owner, array("I")).append(number)

    def bounds(self, page: bytes) -> Iterator[tuple[int, int, int]]:
        """Start, end and flags of each row of a data page."""
        if len(page) < self.page_bytes:
            return
        (count,) = struct.unpack_from("<H", page, self._rows_at)
        table = self._rows_at + 2
        end = self.page_bytes
        for i in range(min(count, (self.page_bytes - table) // 2)):
            (entry,) = struct.unpack_from("<H", page, table + 2 * i)
            start = entry & _OFFSET
            yield start, end, entry & (_DELETED | _MOVED)
            end = start

    def rows(self, number: int) -> Iterator[Row | None]:
        """The rows of a data page that are not deleted; None for one that cannot be taken apart.

        A row that has grown lies on another page, where it is marked as deleted, and leaves a pointer.
        """
        page = self.page(number)
        for start, end, flags in self.bounds(page):
            if flags & _DELETED:
                continue
            if flags & _MOVED:
                yield self._moved(page, start)
            else:
                yield self._row(page, start, end)

    def _moved(self, page: bytes, start: int) -> Row | None:
        if start + 4 > len(page):
            return None
        (pointer,) = struct.unpack_from("<I", page, start)
        page = self.page(pointer >> 8)
        bounds = list(self.bounds(page)) if page[:1] == bytes([_DATA]) else []
        if pointer & 255 >= len(bounds):
            return None
        return self._row(page, *bounds[pointer & 255][:2])

    def _row(self, page: bytes, start: int, end: int) -> Row | None:
        if not self._rows_at < start < end:
            return None
        try:
            return self._row3(page, start, end) if self.jet3 else self._row4(page, start, end)
        except (IndexError, struct.error):
            return None

    def _row4(self, page: bytes, start: int, end: int) -> Row | None:
        (columns,) = struct.unpack_from("<H", page, start)
        nulls = end - (columns + 7) // 8
        if nulls < start + 2:
            return None
        (variable,) = struct.unpack_from("<H", page, nulls - 2)
        first = nulls - 4 - 2 * variable
        if variable > columns or first < start:
            return Row(page, start, start + 2, nulls, columns, ())  # a table without variable columns
        offsets = struct.unpack_from(f"<{variable + 1}H", page, first)[::-1]
        return Row(page, start, start + 2, nulls, columns, offsets)

    def _row3(self, page: bytes, start: int, end: int) -> Row | None:
        columns = page[start]
        nulls = end - (columns + 7) // 8
        if nulls < start + 1:
            return None
        variable = page[nulls - 1]
        jumps = (end - start - 1) // 256
        last = nulls - jumps - 2
        if variable > columns or last - variable < start:
            return Row(page, start, start + 1, nulls, columns, ())
        if (last - start - variable) // 256 < jumps:
            jumps -= 1
        offsets, used = [], 0
        for i in range(variable + 1):
            while used < jumps and page[nulls - 2 - used] == i:
                used += 1
            offsets.append(page[last - i] + 256 * used)
        return Row(page, start, start + 1, nulls, columns, tuple(offsets))

    def columns(self, number: int) -> list[AccessColumn]:
        """The columns of the table whose definition begins at a page; [] where none does.

        Raises IndexError, struct.error or UnicodeError for one that makes no sense.
        """
        first = self.page(number)
        if first[:1] != bytes([_TABLE]):
            return []
        parts, last, seen = [first], first, {number}
        while len(parts) < _MAX_TABLE_PAGES:
            (following,) = struct.unpack_from("<I", last, 4)
            last = b"" if following in seen else self.page(following)
            if not following or last[:1] != bytes([_TABLE]):
                break
            seen.add(following)
            parts.append(last[8:])
        return self._listed(b"".join(parts))

    def _listed(self, data: bytes) -> list[AccessColumn]:
        (count,) = struct.unpack_from("<H", data, 25 if self.jet3 else 45)
        (indexes,) = struct.unpack_from("<I", data, 31 if self.jet3 else 51)
        if count > _MAX_COLUMNS or indexes > _MAX_COLUMNS:
            raise IndexError
        at = 43 + 8 * indexes if self.jet3 else 63 + 12 * indexes
        entry = 18 if self.jet3 else 25
        names = at + entry * count
        columns = []
        for _ in range(count):
            if self.jet3:
                (length,) = struct.unpack_from("<B", data, names)
                name = data[names + 1 : names + 1 + length].decode(self.encoding, "replace")
                kind, number, variable = struct.unpack_from("<BHH", data, at)
                flags, offset, size = struct.unpack_from("<BHH", data, at + 13)
                scale = data[at + 10]
            else:
                (length,) = struct.unpack_from("<H", data, names)
                name = data[names + 2 : names + 2 + length].decode("utf-16-le", "replace")
                kind, number, variable = struct.unpack_from("<B4xHH", data, at)
                scale, flags = data[at + 12], data[at + 15]
                offset, size = struct.unpack_from("<HH", data, at + 21)
            columns.append(AccessColumn(name, kind, number, -1 if flags & 1 else variable, offset, size, scale))
            names += length + (1 if self.jet3 else 2)
            at += entry
        return sorted(columns, key=lambda column: column.number)

    def long_value(self, pointer: int, chained: bool, size: int) -> Iterator[bytes]:
        """The stretches of a long value that lies on pages of its own; ends early where they do."""
        seen: set[int] = set()
        while pointer and pointer not in seen and size > 0:
            seen.add(pointer)
            bounds = list(self.bounds(page := self.page(pointer >> 8)))
            if pointer & 255 >= len(bounds):
                return
            start, end, _ = bounds[pointer & 255]
            piece = page[start:end][:size] if not chained else page[start + 4 : end][:size]
            if chained:
                (pointer,) = struct.unpack_from("<I", page, min(start, self.page_bytes - 4))
            size -= len(piece)
            yield piece
            if not chained:
                return
