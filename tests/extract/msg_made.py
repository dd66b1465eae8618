"""Writes Outlook message files for tests ([MS-OXMSG]): a compound file of properties, recipients and attachments."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from extract.ole_made import Tree, compound

INT32, BOOLEAN, OBJECT, STRING8, STRING, TIME, BINARY = 0x0003, 0x000B, 0x000D, 0x001E, 0x001F, 0x0040, 0x0102
MULTIPLE = 0x1000
FIXED = {INT32: "<i4x", BOOLEAN: "<H6x", TIME: "<Q"}

Property = tuple[int, int, Any]
"""Id, type, value."""


@dataclass
class Message:
    """What a message holds. `named`: properties by their set and number or name."""

    properties: list[Property] = field(default_factory=list)
    named: list[tuple[UUID, int | str, int, Any]] = field(default_factory=list)
    recipients: list[list[Property]] = field(default_factory=list)
    attachments: list[tuple[list[Property], bytes | Tree | Message | None]] = field(default_factory=list)
    encoding: str = "cp1252"


class _Names:
    """The ids that named properties have in the file."""

    def __init__(self) -> None:
        self.sets: list[UUID] = []
        self.entries = self.strings = b""
        self.count = 0

    def number(self, name_set: UUID, name: int | str) -> int:
        if name_set not in self.sets:
            self.sets.append(name_set)
        kind = (self.sets.index(name_set) + 3) << 1
        value = name if isinstance(name, int) else len(self.strings)
        if isinstance(name, str):
            raw = name.encode("utf-16-le")
            self.strings += struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)
            kind |= 1
        self.entries += struct.pack("<IHH", value, kind, self.count)
        self.count += 1
        return 0x8000 + self.count - 1

    def tree(self) -> Tree:
        guids = b"".join(one.bytes_le for one in self.sets)
        return {f"__substg1.0_000{n}0102": data for n, data in ((2, guids), (3, self.entries), (4, self.strings))}


def _table(properties: list[Property], header: int, encoding: str) -> Tree:
    """The property table of a storage, and a stream for each value of no fixed size."""
    table = bytes(header)
    tree: Tree = {}
    for number, kind, value in properties:
        name = f"__substg1.0_{number:04X}{kind:04X}"
        if kind in FIXED:
            table += struct.pack("<HHI", kind, number, 6) + struct.pack(FIXED[kind], value)
            continue
        if kind & MULTIPLE:
            values = [_encoded(kind & ~MULTIPLE, one, encoding) for one in value]
            tree |= {f"{name}-{place:08X}": one for place, one in enumerate(values)}
            tree[name] = b"".join(struct.pack("<I", len(one)) for one in values)
        else:
            tree[name] = _encoded(kind, value, encoding)
        table += struct.pack("<HHIII", kind, number, 6, len(tree[name]), 0)
    tree["__properties_version1.0"] = table
    return tree


def _encoded(kind: int, value: Any, encoding: str) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-16-le" if kind == STRING else encoding)


def _item(message: Message, names: _Names, header: int) -> Tree:
    named = [(names.number(name_set, name), kind, value) for name_set, name, kind, value in message.named]
    tree = _table([*message.properties, *named], header, message.encoding)
    for place, row in enumerate(message.recipients):
        tree[f"__recip_version1.0_#{place:08X}"] = _table(row, 8, message.encoding)
    for place, (properties, data) in enumerate(message.attachments):
        storage = _table(properties, 8, message.encoding)
        if isinstance(data, bytes):
            storage["__substg1.0_37010102"] = data
        elif data is not None:
            inner = _item(data, names, 24) if isinstance(data, Message) else data
            storage["__substg1.0_3701000D"] = inner
        tree[f"__attach_version1.0_#{place:08X}"] = storage
    return tree


def msg(message: Message, version: int = 3) -> bytes:
    """The message as a file."""
    names = _Names()
    tree = _item(message, names, 32)
    return compound(tree | {"__nameid_version1.0": names.tree()}, version)
