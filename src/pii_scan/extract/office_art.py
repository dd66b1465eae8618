"""Texts in the drawings of binary Office files ([MS-ODRAW]): WordArt, alternative texts, names of files, links.

Walks records only; pictures are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract.mapi_values import strings_in

PROPERTY_TABLES = (0xF00B, 0xF121, 0xF122)
"""Records that hold the properties of a shape."""
_TEXTS = frozenset({0x00C0, 0x0105, 0x0381, 0x038D})
"""WordArt, name of a picture's file, alternative text, tool tip ([MS-ODRAW] 2.3.22.2, 2.3.23.5, 2.3.2)."""
_LINK = 0x0382
_COMPLEX = 0x8000
_FIRST, _LAST = 0xF000, 0xF200
_MAX_TABLE = 1 << 20
_MAX_MISSES = 4096
_PICF_BYTES = 0x44
_SHAPES = (0x64, 0x66)
_MAX_FIELD = 1 << 16
_BLOCK = 1 << 16


def drawing_texts(content: BinaryIO, at: int, end: int) -> Iterator[str]:
    """The texts of the records between two offsets. Containers are entered, nothing else is held than one table.

    Raises DocumentError (`corrupt`) where there are no records.
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
        if version & 0xF != 0xF:
            at += size


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


def picture_texts(content: BinaryIO, size: int) -> Iterator[str]:
    """The texts in the `Data` stream of a Word document: of inline drawings, and of form fields ([MS-DOC] 2.9.190)."""
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
            yield from drawing_texts(content, at + _PICF_BYTES, end)
        elif not kind and length <= _MAX_FIELD:
            content.seek(at + _PICF_BYTES)
            yield from strings_in(content.read(end - at - _PICF_BYTES))
        at = end


def _next_header(data: bytes) -> int:
    """How far on the next header of a picture may begin, of data that begin 8 bytes behind the last place."""
    found = data.find(_PICF_BYTES.to_bytes(2, "little"))
    return found + 3 if found >= 0 else len(data)
