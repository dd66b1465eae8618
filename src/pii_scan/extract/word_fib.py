"""Where the texts of a binary Word document are: its file information block and tables ([MS-DOC] 2.5, 2.8, 2.9).

Covers Word 97 to 2003 and, with the layout that they had before, Word 6 and 95. Gives places and names, no text.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pii_scan.errors import DocumentError

MAX_TABLE_BYTES = 64 << 20
"""Most that is read of one table."""
_SUBDOCUMENTS = ("", "footnotes", "header", "", "comments", "endnotes", "text boxes", "text boxes of headers")
_UNUSED_SUBDOCUMENT = 3
_PLCF_HDD, _PAPX_TABLE, _CLX = 11, 13, 33
_BOOKMARKS, _ASSOCIATED, _COMMENT_OWNERS, _REVISION_AUTHORS, _VARIABLES, _SAVED_BY = 21, 32, 36, 51, 60, 71
_COMPRESSED = 0x40000000
_BEFORE_WORD_6 = (0xA59B, 0xA59C, 0xA5DB)
_OLD_PAIRS, _OLD_COUNTS = 88, 52


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Text that lies in one piece in the main stream: characters `first` to `end` of the document."""

    first: int
    end: int
    offset: int
    wide: bool


class Fib:
    """A file information block. Raises DocumentError (`encrypted`, `corrupt`, `truncated`) where it is of no use."""

    def __init__(self, main: BinaryIO, offset: int = 0) -> None:
        main.seek(offset)
        data = main.read(2048)
        if len(data) < 34 + 64:
            raise DocumentError("truncated", "the main stream of the document is cut")
        self.ident, self.version, _, self.language, self.glossary = struct.unpack_from("<HHHHH", data)
        (flags,) = struct.unpack_from("<H", data, 10)
        if flags & 0x0100:
            raise DocumentError("encrypted", "the document has a password")
        self.complex = bool(flags & 0x0004)
        self.wide = bool(flags & 0x1000)
        self.table_number = flags >> 9 & 1
        self.mac = struct.unpack_from("<H", data, 20)[0] == 256
        self.text_start, self.text_end = struct.unpack_from("<II", data, 24)
        self.old = self.version < 0x69 or self.ident != 0xA5EC
        """Word 6 or 95: 8-bit text, tables in the main stream, no list of their places."""
        if self.old:
            self._old_places(data)
        else:
            self._places(data)

    def _places(self, data: bytes) -> None:
        try:
            at = 34 + 2 * struct.unpack_from("<H", data, 32)[0]
            words = struct.unpack_from("<H", data, at)[0]
            self.counts = list(struct.unpack_from("<8I", data, at + 2 + 12))
            at += 2 + 4 * words
            pairs = min(struct.unpack_from("<H", data, at)[0], (len(data) - at - 2) // 8)
            flat = struct.unpack_from(f"<{2 * pairs}I", data, at + 2)
        except struct.error:
            raise DocumentError("corrupt", "the header of the document is damaged") from None
        self.pairs = list(zip(flat[::2], flat[1::2], strict=True))

    def _old_places(self, data: bytes) -> None:
        self.complex &= self.ident not in _BEFORE_WORD_6
        size = 0 if self.ident in _BEFORE_WORD_6 else (min(len(data), 682) - _OLD_PAIRS) // 8
        flat = struct.unpack_from(f"<{2 * max(size, 0)}I", data, _OLD_PAIRS)
        self.pairs = list(zip(flat[::2], flat[1::2], strict=True))
        self.counts = list(struct.unpack_from("<8I", data, _OLD_COUNTS)) if len(data) >= 84 else []

    def table(self, stream: BinaryIO, number: int) -> bytes:
        """One of the tables; empty where there is none. Raises DocumentError (`truncated`)."""
        if number >= len(self.pairs):
            return b""
        offset, size = self.pairs[number]
        if not size:
            return b""
        stream.seek(offset)
        data = stream.read(min(size, MAX_TABLE_BYTES))
        if len(data) < size:
            raise DocumentError("truncated", "a table of the document is cut")
        return data

    def stories(self, table: BinaryIO) -> Iterator[tuple[str, int]]:
        """The texts of the document in their order: the part, and characters. Headers come one by one."""
        for number, (part, count) in enumerate(zip(_SUBDOCUMENTS, self.counts, strict=False)):
            if not count:
                continue
            if part != "header":
                yield part if number != _UNUSED_SUBDOCUMENT else "other text", count
                continue
            try:
                places = plc(self.table(table, _PLCF_HDD), 0)[0]
            except DocumentError:
                places = []
            at = 0
            for story, end in enumerate(places[1:]):
                if at < end <= count:
                    yield _heading(story), end - at
                    at = end
            if at < count:
                yield "header", count - at

    def text_pieces(self, table: BinaryIO) -> list[TextPiece]:
        """The pieces that the text is made of ([MS-DOC] 2.9.38, 2.9.177). Raises DocumentError."""
        data = self.table(table, _CLX) if self.complex or not self.old else b""
        at = 0
        while data[at : at + 1] == b"\x01":
            at += 3 + int.from_bytes(data[at + 1 : at + 3], "little")
        if data[at : at + 1] != b"\x02":
            if self.old and not self.complex:
                return [TextPiece(0, max(self.text_end - self.text_start, 0), self.text_start, self.wide)]
            raise DocumentError("corrupt", "the piece table of the document is damaged")
        size = int.from_bytes(data[at + 1 : at + 5], "little")
        places, entries = plc(data[at + 5 : at + 5 + size], 8)
        found = []
        for first, end, entry in zip(places, places[1:], entries, strict=False):
            place = int.from_bytes(entry[2:6], "little")
            narrow = self.old and not self.wide or bool(place & _COMPRESSED)
            if not self.old and place & _COMPRESSED:
                place = (place & ~_COMPRESSED) // 2
            if first < end:
                found.append(TextPiece(first, end, place, not narrow))
        return found

    def row_ends(self, main: BinaryIO, table: BinaryIO) -> set[int]:
        """Offsets in the main stream behind the marks that end a table row ([MS-DOC] 2.8.6, 2.9.174, 2.6.2)."""
        if self.old:
            return set()
        found: set[int] = set()
        try:
            _, pages = plc(self.table(table, _PAPX_TABLE), 4)
        except DocumentError:
            return found
        for page in pages:
            main.seek((int.from_bytes(page, "little") & 0x3FFFFF) * 512)
            data = main.read(512)
            if len(data) < 512 or 4 + 17 * data[511] > 511:
                continue
            count = data[511]
            ends = struct.unpack_from(f"<{count}I", data, 4)
            for number, end in enumerate(ends):
                at = 2 * data[4 * (count + 1) + 13 * number]
                length = 2 * data[at] - 1 if data[at] else 2 * data[(at + 1) & 511] + 1
                if at and _ROW_END in data[at : at + 1 + length]:
                    found.add(end)
        return found

    # names

    def names(self, table: BinaryIO) -> Iterator[tuple[str, str]]:
        """Parts and texts that tables hold: authors, bookmarks, variables. Raises DocumentError at the first damage."""
        if self.old:
            return
        for name in _counted_strings(self.table(table, _COMMENT_OWNERS)):
            yield "comments: names", name
        for part, number in (("authors of changes", _REVISION_AUTHORS), ("bookmarks", _BOOKMARKS),
                             ("properties: other", _ASSOCIATED), ("saved by", _SAVED_BY)):  # fmt: skip
            for name, _ in sttb(self.table(table, number)):
                yield part, name
        data = self.table(table, _VARIABLES)
        names = list(sttb(data))
        end = names[-1][1] if names else len(data)
        for (name, _), value in zip(names, _counted_strings(data[end:]), strict=False):
            yield "document variables", f"{name}: {value}"


_ROW_END = b"\x17\x24\x01"  # sprmPFTtp


def _heading(story: int) -> str:
    """What a story of the header document is: six separators of notes, then six for each section."""
    if story < 6:
        return "footnotes"
    return "footer" if (story - 6) % 6 in (2, 3, 5) else "header"


def plc(data: bytes, entry_bytes: int) -> tuple[list[int], list[bytes]]:
    """Places, and the entries between them, one fewer ([MS-DOC] 2.2.2)."""
    count = max(len(data) - 4, 0) // (4 + entry_bytes)
    if not count:
        return [], []
    places = list(struct.unpack_from(f"<{count + 1}I", data))
    start = 4 * (count + 1)
    return places, [data[start + entry_bytes * i : start + entry_bytes * (i + 1)] for i in range(count)]


def sttb(data: bytes) -> Iterator[tuple[str, int]]:
    """The strings of a string table, each with the offset behind it ([MS-DOC] 2.2.4)."""
    if len(data) < 6:
        return
    wide = data[:2] == b"\xff\xff"
    at = 2 if wide else 0
    count, extra = struct.unpack_from("<HH", data, at)
    at += 4
    unit = 2 if wide else 1
    for _ in range(count):
        size = int.from_bytes(data[at : at + unit], "little") * unit
        at += unit
        text = data[at : at + size]
        if len(text) < size:
            return
        at += size + extra
        yield text.decode("utf-16-le" if wide else "cp1252", "replace"), at


def _counted_strings(data: bytes) -> Iterator[str]:
    """UTF-16 strings, each behind its length ([MS-DOC] 2.9.351)."""
    at = 0
    while at + 2 <= len(data):
        size = 2 * int.from_bytes(data[at : at + 2], "little")
        yield data[at + 2 : at + 2 + size].decode("utf-16-le", "replace")
        at += 2 + size
