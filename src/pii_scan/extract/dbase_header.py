"""Headers of dBase tables (DBF: dBase II-compatible III and later, FoxPro, Visual FoxPro): fields and code page.

From dBase's own description of the table file and Microsoft's of Visual FoxPro's ("Table File Structure"). There is no
signature: all that the header says must fit together. Reads no records.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_VERSIONS = frozenset(bytes.fromhex("02030405303132436383878b8c8ecbe5f5fb"))
_HEAD_BYTES = _FIELD_BYTES = 32
_LONG_HEAD, _LONG_FIELD = 68, 48
"""dBase 7: names of 31 letters."""
_END = 0x0D
_MAX_FIELDS = 2048
_CODE_PAGES = {
    0x01: 437, 0x02: 850, 0x03: 1252, 0x08: 865, 0x09: 437, 0x0A: 850, 0x0B: 437, 0x0D: 437, 0x0E: 850, 0x0F: 437,
    0x10: 850, 0x11: 437, 0x12: 850, 0x13: 932, 0x14: 850, 0x15: 437, 0x16: 850, 0x17: 865, 0x18: 437, 0x19: 437,
    0x1A: 850, 0x1B: 437, 0x1C: 863, 0x1D: 850, 0x1F: 852, 0x22: 852, 0x23: 852, 0x24: 860, 0x25: 850, 0x26: 866,
    0x37: 850, 0x40: 852, 0x4D: 936, 0x4E: 949, 0x4F: 950, 0x50: 874, 0x57: 1252, 0x58: 1252, 0x59: 1252, 0x64: 852,
    0x65: 866, 0x66: 865, 0x67: 861, 0x6A: 737, 0x6B: 857, 0x78: 950, 0x79: 949, 0x7A: 936, 0x7B: 932, 0x7C: 874,
    0x7D: 1255, 0x7E: 1256, 0xC8: 1250, 0xC9: 1251, 0xCA: 1254, 0xCB: 1253, 0xCC: 1257,
}  # fmt: skip
"""Windows code page by language driver: the byte at offset 29."""


@dataclass(frozen=True, slots=True)
class DbaseField:
    """One column."""

    name: bytes
    kind: str
    """One letter: C text, N and F numbers as text, D date, L yes or no, I, B, O, Y, T and @ binary, M, G, P memos."""
    at: int
    """Offset in the record."""
    size: int


@dataclass(frozen=True, slots=True)
class DbaseHeader:
    """What stands before the records."""

    fields: tuple[DbaseField, ...]
    records: int
    start: int
    """Offset of the first record."""
    record_bytes: int
    code_page: int | None
    fox: bool
    """Visual FoxPro: `B` is a double."""
    big: bool
    """dBase 7: binary numbers are big-endian, their sign bit turned, so that they sort as bytes."""


def dbase_header(head: bytes) -> DbaseHeader | None:
    """The header, or None where the bytes are no table. `head`: the first 64 KiB."""
    if len(head) < _HEAD_BYTES + 1 or head[0] not in _VERSIONS:
        return None
    version, _, month, day, records, start, record_bytes = struct.unpack_from("<BBBBIHH", head)
    if month > 12 or day > 31 or record_bytes < 2:
        return None
    long = version & 7 == 4
    at, step = (_LONG_HEAD, _LONG_FIELD) if long else (_HEAD_BYTES, _FIELD_BYTES)
    fields: list[DbaseField] = []
    place = 1
    while at + step <= len(head) and head[at] != _END and len(fields) < _MAX_FIELDS:
        name = head[at : at + (32 if long else 11)].partition(b"\0")[0]
        kind, size = (head[at + 32], head[at + 33]) if long else (head[at + 11], head[at + 16])
        if not name or min(name) < 0x20 or not chr(kind).isascii() or not (chr(kind).isalpha() or kind in b"0@+"):
            return None
        if kind == 0x43 and not long:  # Clipper and FoxPro: the decimals are the high byte of a long text
            size |= head[at + 17] << 8
        fields.append(DbaseField(name, chr(kind), place, size))
        place += size
        at += step
    if not fields or at >= len(head) or head[at] != _END or place != record_bytes or start <= at:
        return None
    return DbaseHeader(
        tuple(fields), records, start, record_bytes, _CODE_PAGES.get(head[29]), version in (0x30, 0x31, 0x32), long
    )
