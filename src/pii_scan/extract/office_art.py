"""Texts and pictures in the drawings of binary Office files ([MS-ODRAW]): WordArt, alternative texts, links, blips.

Walks records only; `office_pictures` makes members of the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from pii_scan.errors import DocumentError
from pii_scan.extract.mapi_values import strings_in

PROPERTY_TABLES = (0xF00B, 0xF121, 0xF122)
"""Records that hold the properties of a shape."""
_TEXTS = frozenset({0x00C0, 0x0105, 0x0381, 0x038D})
"""WordArt, name of a picture's file, alternative text, tool tip ([MS-ODRAW] 2.3.22.2, 2.3.23.5, 2.3.2)."""
_LINK = 0x0382
_COMPLEX = 0x8000
_FIRST, _LAST = 0xF000, 0xF200
_STORE_ENTRY, _STORE_ENTRY_BYTES = 0xF007, 36
_BLIPS = {0xF01A: "emf", 0xF01B: "wmf", 0xF01C: "pict", 0xF01D: "jpg", 0xF01E: "png", 0xF01F: "dib", 0xF029: "tif",
          0xF02A: "jpg"}  # fmt: skip
_METAFILES = ("emf", "wmf", "pict")
_UID_BYTES, _METAFILE_BYTES = 16, 34
_NOWHERE = 0xFFFFFFFF
_MAX_TABLE = 1 << 20
_MAX_MISSES = 4096
_PICF_BYTES = 0x44
_SHAPES, _OLD_METAFILE = (0x64, 0x66), 8
_MAX_FIELD = 1 << 16
_BLOCK = 1 << 16


class Picture(NamedTuple):
    """A picture: where its bytes are, and in which format."""

    content: BinaryIO
    start: int
    size: int
    kind: str
    """`emf`, `wmf`, `pict`, `jpg`, `png`, `tif`, or `dib`: a bitmap without the head of its file."""
    packed: bool = False
    """The bytes are compressed as by zlib."""


def drawing_items(content: BinaryIO, at: int, end: int, delayed: BinaryIO | None = None) -> Iterator[str | Picture]:
    """The texts and pictures of the records between two offsets. Containers are entered.

    `delayed`: the stream in which a list of pictures says that they are. Raises DocumentError (`corrupt`) where there
    are no records.
    """
    misses = 0
    while at + 8 <= end:
        content.seek(at)
        head = content.read(8)
        if len(head) < 8:
            return
        version, kind = int.from_bytes(head[:2], "little"), int.from_bytes(head[2:4], "little")
        size = int.from_bytes(head[4:], "little")
        if not _FIRST <= kind < _LAST:
            at += 1  # the byte before each drawing of a Word document, or damage
            misses += 1
            if misses > _MAX_MISSES:
                raise DocumentError("corrupt", "the drawings of the document are damaged")
            continue
        at += 8
        if kind in PROPERTY_TABLES and size <= _MAX_TABLE:
            yield from property_texts(content.read(min(size, end - at)), version >> 4)
        elif kind in _BLIPS:
            yield _blip(content, kind, version >> 4, at, min(size, end - at))
        elif kind == _STORE_ENTRY:
            entry = content.read(_STORE_ENTRY_BYTES)
            place = int.from_bytes(entry[28:32], "little")
            inside = size > _STORE_ENTRY_BYTES + int.from_bytes(entry[33:34], "little")
            if not inside and delayed is not None and place != _NOWHERE:
                yield from _one(delayed, place)
            at += _STORE_ENTRY_BYTES + int.from_bytes(entry[33:34], "little")
            continue
        if version & 0xF != 0xF:
            at += size


def _one(content: BinaryIO, at: int) -> Iterator[Picture]:
    """The picture whose record begins at an offset."""
    content.seek(at)
    head = content.read(8)
    version, kind = int.from_bytes(head[:2], "little"), int.from_bytes(head[2:4], "little")
    if kind in _BLIPS:
        yield _blip(content, kind, version >> 4, at + 8, int.from_bytes(head[4:], "little"))


def _blip(content: BinaryIO, kind: int, instance: int, at: int, size: int) -> Picture:
    """A picture record ([MS-ODRAW] 2.2.23 to 2.2.31): one or two digests and a head stand before the bytes."""
    skip = _UID_BYTES * (1 + (instance & 1))
    name = _BLIPS[kind]
    if name not in _METAFILES:
        return Picture(content, at + skip + 1, max(size - skip - 1, 0), name)
    content.seek(at + skip)
    head = content.read(_METAFILE_BYTES)
    skip += _METAFILE_BYTES
    return Picture(content, at + skip, max(size - skip, 0), name, packed=head[32:33] == b"\0")


def property_texts(data: bytes, count: int) -> Iterator[str]:
    """The texts in a property table ([MS-ODRAW] 2.2.9)."""
    at = 6 * count
    for number in range(min(count, len(data) // 6)):
        entry = data[6 * number : 6 * number + 6]
        kind, size = int.from_bytes(entry[:2], "little"), int.from_bytes(entry[2:], "little")
        if not kind & _COMPLEX:
            continue
        value = data[at : at + size]
        at += size
        if kind & 0x3FFF in _TEXTS:
            text = value[: len(value) & ~1].decode("utf-16-le", "replace").rstrip("\0")
            if text.strip():
                yield text.replace("\0", " ")
        elif kind & 0x3FFF == _LINK:
            yield from strings_in(value)


def data_items(content: BinaryIO, size: int) -> Iterator[str | Picture]:
    """What the `Data` stream of a Word document holds: inline drawings, and form fields ([MS-DOC] 2.9.190)."""
    at = 0
    while at + _PICF_BYTES <= size:
        content.seek(at)
        head = content.read(8)
        length, header = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:6], "little")
        if header != _PICF_BYTES or length < _PICF_BYTES:
            at += 1 + _next_header(content.read(_BLOCK))
            continue
        end = min(at + length, size)
        kind = int.from_bytes(head[6:8], "little")
        if kind in _SHAPES:
            yield from drawing_items(content, at + _PICF_BYTES, end)
        elif kind == _OLD_METAFILE:
            yield Picture(content, at + _PICF_BYTES, end - at - _PICF_BYTES, "wmf")
        elif not kind and length <= _MAX_FIELD:
            content.seek(at + _PICF_BYTES)
            yield from strings_in(content.read(end - at - _PICF_BYTES))
        at = end


def _next_header(data: bytes) -> int:
    """How far on the next header of a picture may begin, of data that begin 8 bytes behind the last place."""
    found = data.find(_PICF_BYTES.to_bytes(2, "little"))
    return found + 3 if found >= 0 else len(data)
