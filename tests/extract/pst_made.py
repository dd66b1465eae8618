"""Outlook items as tests want them in a mailbox, and their values as they are stored; `pst_writer` writes them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

INT16, INT32, BOOLEAN, OBJECT, INT64, STRING8, STRING, TIME, BINARY = 2, 3, 11, 13, 20, 0x1E, 0x1F, 0x40, 0x102
MV_STRING, MV_BINARY = 0x101F, 0x1102
PUBLIC_STRINGS = "00020329-0000-0000-C000-000000000046"
ADDRESS = "00062004-0000-0000-C000-000000000046"
STORE, NAME_MAP, ROOT, SUBTREE = 0x21, 0x61, 0x122, 0x8022

Props = dict[int, tuple[int, Any]]


@dataclass
class MadeAttachment:
    name: str
    content: bytes = b""
    embedded: MadeItem | None = None
    props: Props = field(default_factory=dict)
    method: int | None = None
    ole: bool = False
    """The data are an object (a subnode named by a property), not a value."""


@dataclass
class MadeItem:
    """An item to be written. Keys of `named`: property set and number or name."""

    props: Props = field(default_factory=dict)
    named: dict[tuple[str, int | str], tuple[int, Any]] = field(default_factory=dict)
    recipients: list[Props] = field(default_factory=list)
    attachments: list[MadeAttachment] = field(default_factory=list)


def message(subject: str, body: str = "", **more: Any) -> MadeItem:
    props: Props = {0x1A: (STRING, "IPM.Note"), 0x37: (STRING, subject), 0x1000: (STRING, body), 0x0E07: (INT32, 1)}
    return MadeItem({**props, **more.pop("props", {})}, **more)


def recipient(name: str, address: str, kind: int = 1) -> Props:
    return {0x0C15: (INT32, kind), 0x3001: (STRING, name), 0x3003: (STRING, address), 0x39FE: (STRING, address)}


def encoded(kind: int, value: Any) -> bytes:
    """A value as it is stored."""
    if kind == STRING:
        return str(value).encode("utf-16-le")
    if kind == STRING8:
        return value if isinstance(value, bytes) else str(value).encode("cp1252")
    if kind == TIME:
        return int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000).to_bytes(8, "little")
    if kind == INT64:
        return int(value).to_bytes(8, "little", signed=True)
    if kind == OBJECT:
        return struct.pack("<II", *value)
    if kind in (MV_STRING, MV_BINARY):
        parts = [encoded(kind & 0xFFF, part) for part in value]
        offsets = [4 + 4 * len(parts)]
        for part in parts:
            offsets.append(offsets[-1] + len(part))
        return struct.pack(f"<I{len(parts)}I", len(parts), *offsets[:-1]) + b"".join(parts)
    return bytes(value)
