"""Width and height of the pictures in an image file, from its headers alone. Decodes nothing.

PNG (ISO/IEC 15948), JPEG (ITU-T T.81), TIFF 6.0 and BigTIFF, BMP, GIF89a, WebP (RFC 9649).
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import size_of

MAX_PICTURES = 1 << 16
"""Pictures of one file that are counted at most."""
_MAX_SEGMENTS = 1 << 16
_MAX_FIELDS = 1 << 12
_WIDTH, _HEIGHT = 256, 257
_SOF = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_ENDS = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9", "image/gif": b"\x3b"}
_TAIL_BYTES = 64 << 10
_DAMAGED = "not a readable picture"


class Size(NamedTuple):
    """Of one picture, in pixels."""

    width: int
    height: int


def picture_sizes(content: BinaryIO, media_type: str) -> list[Size]:
    """The sizes of the pictures in a file, in its order: the pages of a TIFF, the frames of a GIF, else one.

    Raises DocumentError (`corrupt`) where the headers give none.
    """
    size_of(content)
    try:
        found = _READERS[media_type](content)
    except (struct.error, IndexError):
        raise DocumentError("corrupt", _DAMAGED) from None
    if not found or not all(size.width > 0 and size.height > 0 for size in found):
        raise DocumentError("corrupt", _DAMAGED)
    return found


def has_end(content: BinaryIO, media_type: str) -> bool:
    """Whether the mark at the end of the file is there, where its format has one; more may follow it."""
    size = size_of(content)
    head = content.read(8)
    if media_type == "image/webp":
        return int.from_bytes(head[4:8], "little") + 8 <= size + 1
    content.seek(max(size - _TAIL_BYTES, 0))
    return _ENDS.get(media_type, b"") in content.read()


def _png(content: BinaryIO) -> list[Size]:
    return [Size(*struct.unpack(">II", content.read(24)[16:24]))]


def _bmp(content: BinaryIO) -> list[Size]:
    head = content.read(26)
    if head[14] == 12:
        return [Size(*struct.unpack_from("<HH", head, 18))]
    width, height = struct.unpack_from("<ii", head, 18)
    return [Size(width, abs(height))]  # below 0: its rows come from the top


def _jpeg(content: BinaryIO) -> list[Size]:
    at = 2
    for _ in range(_MAX_SEGMENTS):
        content.seek(at)
        head = content.read(9)
        if head[0] != 0xFF:
            break
        if head[1] == 0xFF:  # filling
            at += 1
        elif head[1] in _SOF:
            height, width = struct.unpack_from(">HH", head, 5)
            return [Size(width, height)]
        elif head[1] == 0x01 or 0xD0 <= head[1] <= 0xD8:
            at += 2
        else:
            at += 2 + max(struct.unpack_from(">H", head, 2)[0], 2)
    return []


def _webp(content: BinaryIO) -> list[Size]:
    head = content.read(30)
    kind = head[12:16]
    if kind == b"VP8X":
        return [Size(*(1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27)))]
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", head, 21)[0]
        return [Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)]
    if kind == b"VP8 ":
        return [Size(*(side & 0x3FFF for side in struct.unpack_from("<HH", head, 26)))]
    return []


def _gif(content: BinaryIO) -> list[Size]:
    """The whole screen for every frame; a frame that breaks off ends the list."""
    head = content.read(13)
    screen = Size(*struct.unpack_from("<HH", head, 6))
    _skip_colours(content, head[10])
    found: list[Size] = []
    while len(found) < MAX_PICTURES and (mark := content.read(1)):
        if mark == b"\x2c":
            frame = content.read(9)
            if len(frame) < 9:
                break
            _skip_colours(content, frame[8])
            content.read(1)
            found.append(screen)
        elif mark == b"\x21":
            content.read(1)
        else:
            break
        while (block := content.read(1)) and block[0]:
            content.read(block[0])
    return found or [screen]


def _skip_colours(content: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        content.read(3 << (flags & 7) + 1)


def _tiff(content: BinaryIO) -> list[Size]:
    """One size for each directory of the chain; a chain that returns to a directory ends there."""
    head = content.read(16)
    order = "<" if head[:2] == b"II" else ">"
    large = struct.unpack_from(f"{order}H", head, 2)[0] == 43
    place, count_field, entry = ("Q", "Q", 20) if large else ("I", "H", 12)
    at = struct.unpack_from(order + place, head, 8 if large else 4)[0]
    end = size_of(content)
    seen: set[int] = set()
    found: list[Size] = []
    while 0 < at < end and at not in seen and len(found) < MAX_PICTURES:
        seen.add(at)
        content.seek(at)
        width = struct.calcsize(order + count_field)
        count = struct.unpack(order + count_field, content.read(width))[0]
        if count > _MAX_FIELDS:
            break
        fields = content.read(count * entry)
        found.append(Size(_field(fields, entry, order, _WIDTH), _field(fields, entry, order, _HEIGHT)))
        following = content.read(struct.calcsize(place))
        if len(following) < struct.calcsize(place):
            break
        at = struct.unpack(order + place, following)[0]
    return found


def _field(fields: bytes, entry: int, order: str, wanted: int) -> int:
    """The value of a field of one number; 0 where there is none."""
    for at in range(0, len(fields) - entry + 1, entry):
        tag, kind = struct.unpack_from(f"{order}HH", fields, at)
        if tag == wanted:
            form = {3: "H", 4: "I", 16: "Q"}.get(kind)
            value = at + entry - (8 if entry == 20 else 4)
            return int(struct.unpack_from(order + form, fields, value)[0]) if form else 0
    return 0


_READERS = {
    "image/png": _png, "image/jpeg": _jpeg, "image/tiff": _tiff, "image/bmp": _bmp, "image/webp": _webp,
    "image/gif": _gif,
}  # fmt: skip
TYPES = frozenset(_READERS)
"""Media types whose sizes can be told."""
