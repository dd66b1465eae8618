"""The map from property ids to named properties that each Outlook mailbox keeps: [MS-PST] 2.4.7."""

from __future__ import annotations

import struct
from uuid import UUID

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi_names
from pii_scan.extract.mapi_object import LargeValue, NamedKey
from pii_scan.extract.pst_tables import PropertyContext

NAME_MAP = 0x61
FIRST_NAMED = 0x8000
_GUIDS, _ENTRIES, _STRINGS = 0x0002, 0x0003, 0x0004
_ENTRY = struct.Struct("<IHH")
_MAX_BYTES = 32 << 20
_MAX_NAME_BYTES = 1024


def named_keys(context: PropertyContext) -> dict[int, NamedKey]:
    """Property set and number or name of each named property of the file, by property id. Raises DocumentError."""
    guids, entries, strings = (_stream(context, number) for number in (_GUIDS, _ENTRIES, _STRINGS))
    keys: dict[int, NamedKey] = {}
    for at in range(0, len(entries) - _ENTRY.size + 1, _ENTRY.size):
        number, kind, index = _ENTRY.unpack_from(entries, at)
        if index >= FIRST_NAMED:
            continue
        name: int | str = _string(strings, number) if kind & 1 else number
        keys.setdefault(FIRST_NAMED + index, (_guid(guids, kind >> 1), name))
    return keys


def _stream(context: PropertyContext, number: int) -> bytes:
    if number not in context:
        return b""
    value = context[number]
    if isinstance(value, LargeValue):
        if value.size > _MAX_BYTES:
            raise DocumentError("corrupt", "the list of named properties is damaged")
        with value.open() as stream:
            return stream.read(_MAX_BYTES)
    return value if isinstance(value, bytes) else b""


def _guid(guids: bytes, index: int) -> str:
    """The property set of an index: two of them are not written down."""
    if index in (0, 1, 2):
        return ("", mapi_names.MAPI, mapi_names.PUBLIC_STRINGS)[index]
    raw = guids[(index - 3) * 16 : (index - 2) * 16]
    return str(UUID(bytes_le=raw)).upper() if len(raw) == 16 else ""


def _string(strings: bytes, at: int) -> str:
    size = int.from_bytes(strings[at : at + 4], "little")
    raw = strings[at + 4 : at + 4 + min(size, _MAX_NAME_BYTES)]
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace")
