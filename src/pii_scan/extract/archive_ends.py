"""Whether an archive that another program reads is whole: a program may take an early end for the end.

Walks the headers only (RAR 5: the format's own technical note; RAR 4: `technote.txt` of RAR 2.9; [MS-CAB]; `ar(5)`;
`cpio(5)`). Every step goes forward.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import size_of

_RAR5, _RAR4 = b"Rar!\x1a\x07\x01\x00", b"Rar!\x1a\x07\x00"
_MAX_BLOCKS = 10_000_000
_TAIL_BYTES = 64 << 10
_VOLUME = DocumentError("unsupported", "the archive goes on in another file")
_CUT = DocumentError("truncated", "the end mark is missing")
_MORE = DocumentError("corrupt", "the archive does not end where its headers say")


def fault(media_type: str, content: BinaryIO) -> DocumentError | None:
    """What is wrong with the end of an archive, or None. Leaves the content at offset 0."""
    check = _CHECKS.get(media_type)
    try:
        return check(content, size_of(content)) if check is not None else None
    finally:
        content.seek(0)


def _rar(content: BinaryIO, size: int) -> DocumentError | None:
    head = content.read(8)
    if head == _RAR5:
        return _rar5(content, size)
    return _rar4(content, size) if head.startswith(_RAR4) else _CUT


def _rar5(content: BinaryIO, size: int) -> DocumentError | None:
    at = len(_RAR5)
    for _ in range(_MAX_BLOCKS):
        content.seek(at)
        head = content.read(64)
        place = 4  # after the checksum
        values = []
        for _ in range(5):
            value, place = _variable(head, place)
            if value < 0:
                break
            values.append(value)
            if len(values) == 1:
                begin = place
        if len(values) < 3:
            return _CUT
        length, kind, flags = values[:3]
        if kind == 4:
            return None  # its headers are encrypted, as the program will say
        if kind == 5:
            return _VOLUME if len(values) > 3 and values[3] & 1 else None
        extra = bool(flags & 1)
        data = values[3 + extra] if flags & 2 and len(values) > 3 + extra else 0
        at += begin + length + data
        if at >= size:
            return _CUT
    return _CUT


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and the place after it; -1 where it is none."""
    value = 0
    for place in range(at, min(at + 10, len(data))):
        value |= (data[place] & 0x7F) << 7 * (place - at)
        if not data[place] & 0x80:
            return value, place + 1
    return -1, at


def _rar4(content: BinaryIO, size: int) -> DocumentError | None:
    at = len(_RAR4)
    for _ in range(_MAX_BLOCKS):
        content.seek(at)
        head = content.read(11)
        if len(head) < 7:
            return _CUT
        _, kind, flags, length = struct.unpack_from("<HBHH", head)
        if kind == 0x7B:
            return _VOLUME if flags & 1 else None
        if kind == 0x73 and flags & 0x80:
            return None  # its headers are encrypted, as the program will say
        if length < 7:
            return _MORE
        data = struct.unpack_from("<I", head, 7)[0] if flags & 0x8000 and len(head) == 11 else 0
        if kind == 0x74 and flags & 0x100:  # a large file: the high half stands behind
            content.seek(at + 32)
            data += int.from_bytes(content.read(4), "little") << 32
        at += length + data
    return _CUT


def _cabinet(content: BinaryIO, size: int) -> DocumentError | None:
    head = content.read(36)
    if len(head) < 36 or size < struct.unpack_from("<I", head, 8)[0]:
        return DocumentError("truncated", "the archive is shorter than it says")
    return _VOLUME if struct.unpack_from("<H", head, 30)[0] & 3 else None


def _ar(content: BinaryIO, size: int) -> DocumentError | None:
    at = 8
    for _ in range(_MAX_BLOCKS):
        if at >= size:
            return None if at <= size + 1 else _CUT  # the last may lack its padding
        content.seek(at)
        head = content.read(60)
        if len(head) < 60:
            return _CUT
        digits = head[48:58].strip()
        if head[58:] != b"`\n" or not digits.isdigit():
            return _MORE
        at += 60 + int(digits)
        at += at & 1
    return _CUT


def _cpio(content: BinaryIO, size: int) -> DocumentError | None:
    content.seek(max(size - _TAIL_BYTES, 0), io.SEEK_SET)
    return None if b"TRAILER!!!\0" in content.read(_TAIL_BYTES) else _CUT


_CHECKS: dict[str, Callable[[BinaryIO, int], DocumentError | None]] = {
    "application/vnd.rar": _rar, "application/vnd.ms-cab-compressed": _cabinet, "application/x-archive": _ar,
    "application/x-cpio": _cpio,
}  # fmt: skip
