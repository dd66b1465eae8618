"""Property values as bytes, and what they stand for: [MS-OXCDATA] 2.11.1. Shared by PST, MSG and TNEF.

Also the text that hides in binary values: one-off entry ids, and runs of characters.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pii_scan.extract import charset, code_pages
from pii_scan.extract.mapi_object import Value

INT16, INT32, FLOAT, DOUBLE, CURRENCY, APPTIME = 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007
ERROR, BOOLEAN, OBJECT, INT64, STRING8, STRING, TIME, GUID = (
    0x000A,
    0x000B,
    0x000D,
    0x0014,
    0x001E,
    0x001F,
    0x0040,
    0x0048,
)
SERVER_ID, RESTRICTION, ACTIONS, BINARY, MULTIPLE = 0x00FB, 0x00FD, 0x00FE, 0x0102, 0x1000

FIXED_BYTES = {INT16: 2, INT32: 4, FLOAT: 4, DOUBLE: 8, CURRENCY: 8, APPTIME: 8, ERROR: 4, BOOLEAN: 1, INT64: 8,
               TIME: 8, GUID: 16}  # fmt: skip
"""Bytes of the types of fixed size; the others are as long as their container says."""

_NOT_WINDOWS = ("cp865", "cp850", "mac-roman")
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_OLE_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)


def codec(code_page: object) -> str | None:
    """The codec of a Windows code page number, or None where there is none.

    >>> codec(1252), codec(28591), codec(65001), codec(0), codec("x")
    ('cp1252', 'cp1252', 'utf-8', None, None)
    """
    if not isinstance(code_page, int) or not 0 < code_page < 1 << 16:
        return None
    return code_pages.codec(code_page)


_LANGUAGES = {
    0x01: 1256, 0x02: 1251, 0x04: 936, 0x05: 1250, 0x08: 1253, 0x0D: 1255, 0x0E: 1250, 0x11: 932, 0x12: 949, 0x15: 1250,
    0x18: 1250, 0x19: 1251, 0x1A: 1250, 0x1B: 1250, 0x1C: 1250, 0x1E: 874, 0x1F: 1254, 0x20: 1256, 0x22: 1251,
    0x23: 1251, 0x24: 1250, 0x25: 1257, 0x26: 1257, 0x27: 1257, 0x29: 1256, 0x2A: 1258, 0x2F: 1251,
}  # fmt: skip
_TRADITIONAL_CHINESE = (0x0404, 0x0C04, 0x1404)


def locale_codec(locale: object) -> str | None:
    """The codec of the Windows code page of a locale ([MS-LCID]): of 8-bit strings where no code page is told.

    >>> locale_codec(0x0414), locale_codec(0x0411), locale_codec(0)
    ('cp1252', 'cp932', None)
    """
    if not isinstance(locale, int) or locale <= 0:
        return None
    return code_pages.codec(950 if locale in _TRADITIONAL_CHINESE else _LANGUAGES.get(locale & 0x3FF, 1252))


def decode_text(data: bytes, encoding: str | None) -> str:
    """An 8-bit string: in `encoding` where its bytes can be that, else by what they look like. Ends at no NUL.

    Outlook writes them in Windows code pages, never in those of DOS or the Macintosh.

    >>> decode_text("Bjørn".encode("cp1252"), "cp1252"), decode_text("Bjørn".encode(), None)
    ('Bjørn', 'Bjørn')
    """
    if encoding:
        try:
            return data.decode(encoding)
        except UnicodeError:
            pass
    found = charset.detect(data + b" ")  # a blank: the data end here, in no cut character
    return data.decode("cp1252" if found in _NOT_WINDOWS else found, "replace")


def decode_wide(data: bytes) -> str:
    """A PtypString: UTF-16, little-endian."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace")


def decode(kind: int, data: bytes, encoding: str | None = None) -> Value | None:
    """A single value of property type `kind`; None where there is no value of that type in `data`.

    `encoding`: of 8-bit strings. NUL at the end of strings is cut off. Types that are not known come as bytes.
    """
    if kind in (STRING, STRING8):
        return (decode_wide(data) if kind == STRING else decode_text(data, encoding)).rstrip("\0")
    size = FIXED_BYTES.get(kind)
    if size is None:
        return data
    return _fixed(kind, data[:size]) if len(data) >= size else None


def _fixed(kind: int, data: bytes) -> Value | None:
    if kind in (INT16, INT32, INT64, ERROR):
        return int.from_bytes(data, "little", signed=True)
    if kind == BOOLEAN:
        return data != b"\0"
    if kind == TIME:
        return file_time(int.from_bytes(data, "little"))
    if kind == GUID:
        return UUID(bytes_le=data)
    if kind == CURRENCY:
        return int.from_bytes(data, "little", signed=True) / 10_000
    number: float = struct.unpack("<f" if kind == FLOAT else "<d", data)[0]
    if kind != APPTIME:
        return number
    try:
        return _OLE_EPOCH + timedelta(days=number)
    except (OverflowError, ValueError):
        return None


def file_time(ticks: int) -> datetime | None:
    """A FILETIME (100 ns since 1601, UTC), or None where it is no date that a calendar has.

    >>> file_time(129_000_000_000_000_000).isoformat()
    '2009-10-14T13:20:00+00:00'
    """
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return None


def decode_multiple(kind: int, data: bytes, encoding: str | None = None) -> Value | None:
    """A multi-valued property as it is stored in a PST: [MS-PST] 2.3.3.4. `kind`: the type with or without 0x1000."""
    kind &= ~MULTIPLE
    size = FIXED_BYTES.get(kind)
    if size is not None:
        values = [_fixed(kind, data[at : at + size]) for at in range(0, len(data) - size + 1, size)]
        if kind in (TIME, GUID, APPTIME):
            return [str(value) for value in values if value is not None]
        return [value for value in values if isinstance(value, int)] if kind in (INT16, INT32, INT64) else (
            [float(value) for value in values if isinstance(value, int | float)]
        )  # fmt: skip
    parts = list(_offset_list(data))
    if kind in (STRING, STRING8):
        return [str(decode(kind, part, encoding)) for part in parts]
    return parts


def _offset_list(data: bytes) -> Iterator[bytes]:
    """A count, that many offsets, and the values they point to."""
    if len(data) < 4:
        return
    count = min(int.from_bytes(data[:4], "little"), (len(data) - 4) // 4)
    offsets = [*struct.unpack_from(f"<{count}I", data, 4), len(data)]
    covered = 0
    for start, end in zip(offsets, offsets[1:], strict=False):
        if 4 <= start <= end <= len(data) and covered + end - start <= len(data):
            covered += end - start
            yield data[start:end]


_ONE_OFF = bytes.fromhex("812b1fa4bea310199d6e00dd010f5402")
_ASCII_RUN = re.compile(rb"[\x20-\x7e\t]{6,}")
_WIDE_RUN = re.compile(rb"(?:[\x20-\x7e\xa0-\xff\t]\0){5,}")
_WORTH = re.compile(r"[^\W_]{3}")


def strings_in(data: bytes) -> list[str]:
    r"""The texts within a binary value, each once: the value if it is text, one-off entry ids
    ([MS-OXCDATA] 2.2.5.1: name, address type, address), and runs of Latin characters of 8 or 16 bits.

    >>> strings_in(b"\x01\x02SMTP:KARI@EXAMPLE.NO\0")
    ['SMTP:KARI@EXAMPLE.NO']
    """
    whole = _as_text(data)
    if whole is not None:
        return [whole] if _WORTH.search(whole) else []
    found: dict[str, None] = {}
    taken = []
    at = data.find(_ONE_OFF)
    while at >= 0:
        end = at + 20
        for text, after in _one_off(data, at + 16):
            found[text], end = None, after
        taken.append((at, end))
        at = data.find(_ONE_OFF, max(end, at + 16))
    rest = bytearray(data)
    for start, end in taken:
        rest[start:end] = bytes(end - start)
    wide = [(match.start(), match.end()) for match in _WIDE_RUN.finditer(rest)]
    for start, end in wide:
        found[rest[start:end].decode("utf-16-le").strip()] = None
        rest[start:end] = bytes(end - start)
    for match in _ASCII_RUN.finditer(rest):
        found[match[0].decode("ascii").strip()] = None
    return [text for text in found if _WORTH.search(text)]


def _as_text(data: bytes) -> str | None:
    body = data.rstrip(b"\0")
    if b"\0" in body[:64] and (len(body) < 4 or body[1] or body[3]):
        return None
    try:
        text = body.decode("utf-8") if b"\0" not in body else (body + b"\0" * (len(body) & 1)).decode("utf-16-le")
    except UnicodeDecodeError:
        return None
    latin = all(char.isprintable() or char in "\t\r\n" for char in text)
    return text if latin and (text.isascii() or b"\0" not in body or max(text) < "\u0300") else None


def _one_off(data: bytes, at: int) -> Iterator[tuple[str, int]]:
    """The three strings of a one-off entry id after its provider UID, each with the offset behind it."""
    if len(data) < at + 4:
        return
    wide = data[at + 3] & 0x80
    at += 4
    for _ in range(3):
        if wide:
            end = at
            while data[end : end + 2] not in (b"\0\0", b"") and end + 2 <= len(data):
                end += 2
            text = decode_wide(data[at:end])
            at = end + 2
        else:
            end = data.find(b"\0", at)
            end = len(data) if end < 0 else end
            text = decode_text(data[at:end], None)
            at = end + 1
        yield text, min(at, len(data))
