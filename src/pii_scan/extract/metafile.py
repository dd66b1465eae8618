"""Texts and bitmaps in Windows metafiles: EMF with EMF+ ([MS-EMF], [MS-EMFPLUS]) and WMF ([MS-WMF]).

Pieces of text on one baseline make a line. Bitmaps are members, for whatever reads pictures. Text that was drawn as
outlines cannot be told from other lines; text given as numbers of glyphs is a Problem.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import BinaryIO

from pii_scan.extract import code_pages
from pii_scan.extract.limits import MemberNames, Spool
from pii_scan.extract.office_art import Picture
from pii_scan.extract.office_pictures import Pictures
from pii_scan.extract.office_text import TextLines
from pii_scan.model import ChunkBatch, Document, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_MAX_RECORD = 64 << 20
_SMALL_PIXELS = 32
_MAX_OBJECTS = 1 << 16
_GLYPHS = 0x10
_GAP = 0.3
"""Of a character: a wider gap between two pieces of a line is a blank."""

# EMF
_TEXT_A, _TEXT_W, _SMALL_TEXT, _COMMENT, _EMF_END = 83, 84, 108, 70, 14
_BITMAPS = {76: 84, 77: 84, 78: 84, 80: 48, 81: 48, 114: 84, 116: 84}
"""Records with a bitmap, and where they say where it is."""
_PLUS, _PLUS_STRING = b"EMF+", 0x401C
_FILES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"))

# WMF
_PLACEABLE = b"\xd7\xcd\xc6\x9a"
_TEXT_OUT, _EXT_TEXT_OUT, _SELECT, _DELETE, _FONT, _WMF_END = 0x0521, 0x0A32, 0x012D, 0x01F0, 0x02FB, 0x0000
_CREATE = frozenset({0x02FA, 0x02FB, 0x02FC, 0x00F7, 0x06FF, 0x01F9, 0x0142})
_WMF_BITMAPS = {0x0F43: 22, 0x0B41: 20, 0x0940: 16, 0x0D33: 18}


class _Drawing:
    """What one metafile says, as it is gathered."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self._ref = document.ref
        self._lines = TextLines("", limits)
        self._pictures = Pictures(document.ref, MemberNames(), limits)
        self._limits = limits
        self._baseline: int | None = None
        self._end = 0.0
        self.glyphs = 0
        self.damaged = False

    def text(self, text: str, x: int, y: int, widths: list[int]) -> None:
        """A piece of text at a place. `widths`: of its characters, empty where they are not known."""
        text = text.replace("\0", " ")
        width = sum(widths) / len(widths) if widths else 0.0
        if self._baseline == y and x >= self._end - width:
            if not width or x - self._end > _GAP * width:
                text = " " + text
        elif self._baseline is not None:
            self._lines.write("\n")
        self._lines.write(text)
        self._baseline, self._end = y, x + float(sum(widths))

    def bitmap(self, head: bytes, bits: bytes) -> Iterator[Piece]:
        """A bitmap, unless it is tiny."""
        if len(head) < 16 or not bits:
            return
        if int.from_bytes(head[:4], "little") >= 40:
            width, height = struct.unpack_from("<ii", head, 4)
        else:
            width, height = struct.unpack_from("<HH", head, 4)
        if min(abs(width), abs(height)) < _SMALL_PIXELS:
            return
        store = Spool(self._limits.spool_bytes)
        store.write(head)
        store.write(bits)
        with store.finish() as content:
            yield from self._pictures.member(Picture(content, 0, store.size, "dib"))

    def file(self, content: BinaryIO, start: int, data: bytes) -> Iterator[Piece]:
        """A picture file within data that lie at an offset of the metafile."""
        for magic, kind in _FILES:
            at = data.find(magic)
            if at >= 0:
                yield from self._pictures.member(Picture(content, start + at, len(data) - at, kind))

    def ready(self) -> Iterator[Piece]:
        """Lines that are full."""
        yield from self._lines.ready()

    def finish(self) -> Iterator[Piece]:
        """What is left, and what is to be said."""
        yield from self._lines.rest()
        if self.glyphs:
            detail = f"{self.glyphs} texts of the picture are numbers of glyphs, which were not read"
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)
        if self.damaged:
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode.TRUNCATED, "the picture ends within a record")


def extract_emf(document: Document, limits: Limits) -> Iterator[Piece]:
    """Texts and bitmaps of an EMF file; texts last."""
    content = document.content
    drawing = _Drawing(document, limits)
    at = 0
    while True:
        content.seek(at)
        head = content.read(8)
        kind, size = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
        if len(head) < 8 or size < 8 or size > _MAX_RECORD:
            drawing.damaged = True
            break
        data = head + content.read(size - 8)
        if len(data) < size:
            drawing.damaged = True
        try:
            yield from _emf_record(drawing, content, kind, at, data)
        except (struct.error, IndexError):
            drawing.damaged = True
        yield from drawing.ready()
        if kind == _EMF_END or drawing.damaged:
            break
        at += size
    yield from drawing.finish()


def _emf_record(drawing: _Drawing, content: BinaryIO, kind: int, at: int, data: bytes) -> Iterator[Piece]:
    if kind in (_TEXT_A, _TEXT_W):
        x, y, count, place, options = struct.unpack_from("<iiIII", data, 36)
        (offset,) = struct.unpack_from("<I", data, 72)
        if options & _GLYPHS:
            drawing.glyphs += count > 0
            return
        raw = data[place : place + count * (2 if kind == _TEXT_W else 1)]
        widths = data[offset : offset + 4 * count] if offset else b""
        drawing.text(
            raw[: len(raw) & ~1].decode("utf-16-le", "replace") if kind == _TEXT_W else raw.decode("cp1252", "replace"),
            x, y, [n for (n,) in struct.iter_unpack("<i", widths[: len(widths) & ~3])],
        )  # fmt: skip
    elif kind == _SMALL_TEXT:
        x, y, count, options = struct.unpack_from("<iiII", data, 8)
        place = 36 if options & 0x100 else 52
        narrow = bool(options & 0x200)
        raw = data[place : place + count * (1 if narrow else 2)]
        drawing.text(raw.decode("cp1252" if narrow else "utf-16-le", "replace"), x, y, [])
    elif kind == _COMMENT and data[12:16] == _PLUS:
        _plus_records(drawing, data[16:])
        yield from drawing.file(content, at, data)
    elif kind in _BITMAPS:
        where, size, bits, bits_size = struct.unpack_from("<IIII", data, _BITMAPS[kind])
        yield from drawing.bitmap(data[where : where + size], data[bits : bits + bits_size])


def _plus_records(drawing: _Drawing, data: bytes) -> None:
    """The texts of EMF+ records ([MS-EMFPLUS] 2.3.4.14)."""
    at = 0
    while at + 12 <= len(data):
        kind, _, size, _ = struct.unpack_from("<HHII", data, at)
        if kind == _PLUS_STRING and at + 40 <= len(data):
            count, x, y = struct.unpack_from("<Iff", data, at + 20)
            raw = data[at + 40 : at + 40 + 2 * count]
            drawing.text(raw[: len(raw) & ~1].decode("utf-16-le", "replace"), _whole(x), _whole(y), [])
        at += max(size, 12)


def _whole(number: float) -> int:
    return int(number) if abs(number) < 1e9 else 0


def extract_wmf(document: Document, limits: Limits) -> Iterator[Piece]:
    """Texts and bitmaps of a WMF file; texts last."""
    content = document.content
    drawing = _Drawing(document, limits)
    fonts = _Objects()
    at = 22 if content.read(4) == _PLACEABLE else 0
    content.seek(at)
    at += 2 * int.from_bytes(content.read(4)[2:], "little")
    while True:
        content.seek(at)
        head = content.read(6)
        size, kind = 2 * int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
        if len(head) < 6 or size < 6 or size > _MAX_RECORD:
            drawing.damaged = kind != _WMF_END or len(head) < 6
            break
        data = head + content.read(size - 6)
        drawing.damaged = len(data) < size
        try:
            yield from _wmf_record(drawing, fonts, kind, data)
        except (struct.error, IndexError):
            drawing.damaged = True
        yield from drawing.ready()
        if kind == _WMF_END or drawing.damaged:
            break
        at += size
    yield from drawing.finish()


class _Objects:
    """The table of objects of a WMF file, for the encodings of its fonts ([MS-WMF] 3.1.4.1)."""

    def __init__(self) -> None:
        self._codecs: dict[int, str] = {}
        self._free: list[int] = []
        self.codec = "cp1252"

    def take(self, kind: int, data: bytes) -> None:
        """A record that makes, chooses or drops an object."""
        if kind in _CREATE:
            number = heappop(self._free) if self._free else len(self._codecs)  # the lowest that is free
            if number >= _MAX_OBJECTS:
                return
            charset = data[6 + 13] if kind == _FONT and len(data) > 19 else -1
            self._codecs[number] = code_pages.charset_codec(charset) or "cp1252" if kind == _FONT else ""
            return
        number = int.from_bytes(data[6:8], "little")
        if kind == _SELECT:
            self.codec = self._codecs.get(number) or self.codec
        elif self._codecs.pop(number, None) is not None:
            heappush(self._free, number)


def _wmf_record(drawing: _Drawing, fonts: _Objects, kind: int, data: bytes) -> Iterator[Piece]:
    if kind in _CREATE or kind in (_SELECT, _DELETE):
        fonts.take(kind, data)
    elif kind == _TEXT_OUT:
        (count,) = struct.unpack_from("<H", data, 6)
        y, x = struct.unpack_from("<hh", data, 8 + count + (count & 1))
        drawing.text(data[8 : 8 + count].decode(fonts.codec, "replace"), x, y, [])
    elif kind == _EXT_TEXT_OUT:
        y, x, count, options = struct.unpack_from("<hhHH", data, 6)
        place = 22 if options & 0x06 else 14
        if options & _GLYPHS:
            drawing.glyphs += count > 0
            return
        widths = data[place + count + (count & 1) :][: 2 * count]
        drawing.text(
            data[place : place + count].decode(fonts.codec, "replace"),
            x, y, [n for (n,) in struct.iter_unpack("<h", widths[: len(widths) & ~1])],
        )  # fmt: skip
    elif kind in _WMF_BITMAPS:
        dib = data[6 + _WMF_BITMAPS[kind] :]
        header = min(int.from_bytes(dib[:4], "little"), len(dib))
        yield from drawing.bitmap(dib[: max(header, 16)], dib[max(header, 16) :])
