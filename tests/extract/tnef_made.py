"""Writes TNEF streams for tests ([MS-OXTNEF]): attributes, lists of properties, attachments."""

from __future__ import annotations

import struct
from typing import Any
from uuid import UUID

from extract.msg_made import BINARY, BOOLEAN, FIXED, INT32, MULTIPLE, OBJECT, STRING, Property

MESSAGE_ITEM = bytes.fromhex("0703020000000000c000000000000046")
STORAGE_ITEM = bytes.fromhex("0b00000000000000c000000000000046")
Named = tuple[UUID, int | str, int, Any]

__all__ = ["BINARY", "BOOLEAN", "INT32", "MULTIPLE", "OBJECT", "STRING", "attribute", "properties", "rows", "tnef"]


def attribute(number: int, data: bytes, level: int = 1, kind: int = 6) -> bytes:
    """One attribute with its checksum."""
    return struct.pack("<BHHI", level, number, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _value(kind: int, value: Any, encoding: str) -> bytes:
    if kind in FIXED:
        raw = struct.pack(FIXED[kind], value)
        return raw[:4] if kind in (INT32, BOOLEAN) else raw
    if not isinstance(value, bytes):
        value = str(value).encode("utf-16-le" if kind == STRING else encoding)
    return struct.pack("<I", len(value)) + value + bytes(-len(value) % 4)


def properties(values: list[Property], named: list[Named] = [], encoding: str = "cp1252") -> bytes:  # noqa: B006
    """A list of properties ([MS-OXTNEF] 2.1.3.4)."""
    out = struct.pack("<I", len(values) + len(named))
    rows = [(number, kind, value, b"") for number, kind, value in values]
    for place, (name_set, name, kind, value) in enumerate(named):
        head = name_set.bytes_le + struct.pack("<I", isinstance(name, str))
        if isinstance(name, str):
            raw = (name + "\0").encode("utf-16-le")
            head += struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)
        else:
            head += struct.pack("<I", name)
        rows.append((0x8000 + place, kind, value, head))
    for number, kind, value, head in rows:
        out += struct.pack("<HH", kind, number) + head
        single = kind & ~MULTIPLE
        if single not in FIXED or kind & MULTIPLE:
            several = value if kind & MULTIPLE else [value]
            out += struct.pack("<I", len(several)) + b"".join(_value(single, one, encoding) for one in several)
        else:
            out += _value(kind, value, encoding)
    return out


def rows(*lists: bytes) -> bytes:
    """A recipient table."""
    return struct.pack("<I", len(lists)) + b"".join(lists)


def tnef(*attributes: bytes) -> bytes:
    """A TNEF stream."""
    version = attribute(0x9006, struct.pack("<I", 0x10000), kind=8)
    return struct.pack("<IH", 0x223E9F78, 1) + version + b"".join(attributes)
