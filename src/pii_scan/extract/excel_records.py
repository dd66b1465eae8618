"""Records of binary Excel workbooks (BIFF 2 to 8, [MS-XLS] 2.1.4), and the strings in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError

CONTINUE = 0x003C
_WIDE, _PHONETIC, _RICH = 0x01, 0x04, 0x08
_WIDE_RUN = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\0){3,}")
_NARROW_RUN = re.compile(rb"[\x20-\x7e\xa0-\xff]{4,}")
_WORTH = re.compile(r"[^\W_]{3}")

Decrypt = Callable[[int, int, bytes], bytes]
"""Offset of the data in the stream, kind of record, data."""


class Records:
    """The records of a stream one after the other."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0
        self._head: tuple[int, int, int] | None = None
        self.cut = False
        """The stream ended within a record."""
        self.decrypt: Decrypt | None = None
        """Makes the data of the records that follow readable."""

    def next(self) -> tuple[int, int, bytes] | None:
        """Kind, offset and data of the next record; None at the end."""
        head = self._peek()
        if head is None:
            return None
        self._head = None
        kind, place, size = head
        data = self._stream.read(size)
        self.cut |= len(data) < size
        if self.decrypt is not None:
            data = self.decrypt(place + 4, kind, data)
        return kind, place, data

    def continued(self) -> bytes | None:
        """The data of the next record where that goes on with the last one; else None."""
        head = self._peek()
        if head is None or head[0] != CONTINUE:
            return None
        record = self.next()
        return record[2] if record is not None else None

    def _peek(self) -> tuple[int, int, int] | None:
        if self._head is None:
            data = self._stream.read(4)
            if len(data) < 4:
                return None
            size = int.from_bytes(data[2:], "little")
            self._head = (int.from_bytes(data[:2], "little"), self._at, size)
            self._at += 4 + size
        return self._head


class Text:
    """Reads the strings of records, which differ by version."""

    def __init__(self) -> None:
        self.version = 8
        self.encoding = "cp1252"
        """Of 8-bit strings before BIFF 8."""

    def read(self, data: bytes, at: int, count_bytes: int = 2) -> tuple[str, int]:
        """A string behind its length, and where it ends: [MS-XLS] 2.5.294, 2.5.293, 2.5.240. Cut where data end."""
        count = int.from_bytes(data[at : at + count_bytes], "little")
        at += count_bytes
        return self.chars(data, at, count)

    def chars(self, data: bytes, at: int, count: int) -> tuple[str, int]:
        """A string of a known number of characters; in BIFF 8 behind a byte of flags."""
        if self.version < 8:
            return data[at : at + count].decode(self.encoding, "replace").replace("\0", ""), at + count
        flags = data[at] if at < len(data) else 0
        at += 1
        extra = 0
        if flags & _RICH:
            extra += 4 * int.from_bytes(data[at : at + 2], "little")
            at += 2
        if flags & _PHONETIC:
            extra += int.from_bytes(data[at : at + 4], "little")
            at += 4
        size = count * (1 + (flags & _WIDE))
        return decoded(data[at : at + size], flags), at + size + extra

    def runs(self, data: bytes) -> list[str]:
        """Runs of characters in a record of which only the texts matter."""
        found: list[str] = []
        if self.version >= 8:
            rest = bytearray(data)
            for match in _WIDE_RUN.finditer(data):
                found.append(match[0].decode("utf-16-le"))
                rest[match.start() : match.end()] = bytes(len(match[0]))
            found += [match[0].decode("latin-1") for match in _NARROW_RUN.finditer(rest)]
        else:
            found += [match[0].decode(self.encoding, "replace") for match in _NARROW_RUN.finditer(data)]
        return [text for text in found if _WORTH.search(text)]


def decoded(data: bytes, flags: int) -> str:
    """Characters of BIFF 8: of one byte, or of two. Half a character of two units stays as it is."""
    if flags & _WIDE:
        return data[: len(data) & ~1].decode("utf-16-le", "surrogatepass").replace("\0", "")
    return data.decode("latin-1").replace("\0", "")


def joined(pieces: list[str]) -> str:
    """A text that was cut between records, maybe within a character of two units."""
    text = "".join(pieces)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if len(pieces) > 1 else text


class SharedStrings:
    """The strings of an SST record and the records that go on with it ([MS-XLS] 2.4.265, 2.5.293)."""

    def __init__(self, data: bytes, records: Records) -> None:
        self._records = records
        self._data = data
        self._at = 8
        self._left = int.from_bytes(data[4:8], "little")

    def __iter__(self) -> Iterator[str]:
        """Raises DocumentError (`truncated`) where the record is shorter than it says."""
        while self._left > 0:
            self._left -= 1
            yield self._string()

    def _next(self) -> None:
        data = self._records.continued()
        if data is None:
            raise DocumentError("truncated", "the shared strings of the workbook end too early")
        self._data, self._at = data, 0

    def _bytes(self, size: int) -> bytes:
        if self._at + size <= len(self._data):
            self._at += size
            return self._data[self._at - size : self._at]
        out = self._data[self._at :]
        while len(out) < size:
            self._next()
            self._at = min(size - len(out), len(self._data))
            out += self._data[: self._at]
        return out

    def _string(self) -> str:
        if self._at >= len(self._data):
            self._next()
        head = self._bytes(3)
        count, flags = int.from_bytes(head[:2], "little"), head[2]
        extra = 4 * int.from_bytes(self._bytes(2), "little") if flags & _RICH else 0
        extra += int.from_bytes(self._bytes(4), "little") if flags & _PHONETIC else 0
        out: list[str] = []
        while count > 0:
            if self._at >= len(self._data):
                self._next()
                flags = self._data[0] if self._data else 0  # the rest of the characters may be of another width
                self._at = 1
            width = 1 + (flags & _WIDE)
            fitting = min(count, (len(self._data) - self._at) // width)
            if not fitting:
                self._at = len(self._data)
                continue
            out.append(decoded(self._bytes(fitting * width), flags))
            count -= fitting
        self._skip(extra)
        return joined(out)

    def _skip(self, size: int) -> None:
        """Passes over formatting; where it is longer than all that is there, that is the end."""
        while size > len(self._data) - self._at:
            size -= len(self._data) - self._at
            self._next()
        self._at += size
