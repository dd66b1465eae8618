"""Outlook messages and templates saved as files (MSG, OFT: [MS-OXMSG]): an OLE compound file of properties.

Reads the container only; `mapi` makes texts and members of the item. Streams that no property table names are read too.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO, TypeVar, cast
from uuid import UUID

from pii_scan.extract import identity, mapi, mapi_names, mapi_values
from pii_scan.extract.compound_file import Entry, StorageContent, storage_of
from pii_scan.extract.mapi_object import LARGE_BYTES, Attachment, LargeValue, MapiObject, NamedKey, Value
from pii_scan.extract.ole_properties import properties
from pii_scan.model import ChunkBatch, Document, Limits, Problem

_TABLE = "__properties_version1.0"
_TOP_HEADER, _INNER_HEADER, _ROW_HEADER = 32, 24, 8
_MAX_TABLE = 4 << 20
_STREAM = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})(?:-([0-9A-F]{8}))?", re.IGNORECASE)
_ENTRY = struct.Struct("<HHI8s")
_FIRST_NAMED = 0x8000
_KNOWN_SETS = {1: mapi_names.MAPI, 2: mapi_names.PUBLIC_STRINGS}
_MAX_PARTS = 1 << 16
_PREFERRED = (mapi_values.STRING, mapi_values.BINARY, mapi_values.STRING8)
_TWICE = 0x10000
"""Added to the id of a property that stands in a second type."""


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """Everything in a message file. Raises DocumentError where it cannot be opened."""
    root = storage_of(document)
    names = _names(root)
    item = _item(root, _TOP_HEADER, names, None)
    document.identity = identity.of_item(item) or document.identity
    yield from mapi.pieces(item, document.ref, limits)
    yield from properties(document.ref, root, limits)
    yield from root.file.problems(document.ref)


def _item(storage: Entry, header_bytes: int, names: Mapping[int, NamedKey], encoding: str | None) -> MapiObject:
    found = _Properties(storage, header_bytes, encoding)
    for number in (mapi_names.INTERNET_CODE_PAGE, mapi_names.MESSAGE_CODE_PAGE):
        found.encoding = mapi_values.codec(found.get(number)) or found.encoding
    return MapiObject(
        _Chosen(found, {number: number for number in found if number not in names}),
        _Chosen(found, {names[number]: number for number in found if number in names}),
        _Recipients(storage, found.encoding),
        _Attachments(storage, names, found.encoding),
        storage.file.faults,
    )


class _Properties(Mapping[int, Value]):
    """The properties in one storage by id; streams are read as they are asked for."""

    def __init__(self, storage: Entry, header_bytes: int, encoding: str | None) -> None:
        self.encoding = encoding
        """Of 8-bit strings."""
        self._streams: dict[int, tuple[int, Entry]] = {}
        self._parts: dict[int, dict[int, Entry]] = {}
        self._fixed: dict[int, tuple[int, bytes]] = {}
        self._load_streams(storage)
        self._load_table(storage, header_bytes)

    def _load_streams(self, storage: Entry) -> None:
        for entry in storage:
            match = _STREAM.fullmatch(entry.name)
            if match is None or not entry.is_stream:
                continue
            number, kind = int(match[1], 16), int(match[2], 16)
            if match[3]:
                parts = self._parts.setdefault(number, {})
                if len(parts) < _MAX_PARTS:
                    parts[int(match[3], 16)] = entry
                self._streams.setdefault(number, (kind, entry))
                continue
            there = self._streams.get(number)
            if there is not None and not there[0] & mapi_values.MULTIPLE:
                if kind in _PREFERRED and _rank(kind) < _rank(there[0]):
                    self._streams[number], there = (kind, entry), self._streams[number]
                    self._streams[number + _TWICE] = there
                else:
                    self._streams[number + _TWICE] = (kind, entry)
            else:
                self._streams[number] = (kind, entry)

    def _load_table(self, storage: Entry, header_bytes: int) -> None:
        """The values of fixed size, which stand in a table ([MS-OXMSG] 2.4)."""
        table = storage.stream(_TABLE)
        if table is None:
            storage.file.fault("corrupt", "the property table of an item is missing")
            return
        with table:
            data = table.read(_MAX_TABLE)[header_bytes:]
        for kind, number, _, value in _ENTRY.iter_unpack(data[: len(data) // 16 * 16]):
            if kind in mapi_values.FIXED_BYTES and number not in self._streams:
                self._fixed[number] = (kind, value)

    def __getitem__(self, number: int) -> Value:
        if number in self._fixed:
            kind, data = self._fixed[number]
            value = mapi_values.decode(kind, data)
        else:
            value = self._stream(number, *self._streams[number])
        return "" if value is None else value

    def _stream(self, number: int, kind: int, entry: Entry) -> Value | None:
        if kind & mapi_values.MULTIPLE:
            kind &= ~mapi_values.MULTIPLE
            if kind in mapi_values.FIXED_BYTES:
                return mapi_values.decode_multiple(kind, _bytes(entry))
            parts = self._parts.get(number, {})
            values = [_bytes(parts[index]) for index in sorted(parts)]
            if kind in (mapi_values.STRING, mapi_values.STRING8):
                return [str(mapi_values.decode(kind, value, self.encoding)) for value in values]
            return values
        if entry.size > LARGE_BYTES:
            encodings = {mapi_values.STRING: "utf-16-le", mapi_values.STRING8: self.encoding}
            return LargeValue(entry.open, entry.size, encodings.get(kind, ""))
        return mapi_values.decode(kind, _bytes(entry), self.encoding)

    def __iter__(self) -> Iterator[int]:
        yield from self._streams
        yield from self._fixed

    def __len__(self) -> int:
        return len(self._streams) + len(self._fixed)


def _rank(kind: int) -> int:
    return _PREFERRED.index(kind) if kind in _PREFERRED else len(_PREFERRED)


def _bytes(entry: Entry) -> bytes:
    """A stream that is held in memory; of a larger one the beginning, and a fault."""
    with entry.open() as stream:
        data = stream.read(LARGE_BYTES)
        if stream.read(1):
            entry.file.fault("limit", f"a property is longer than {LARGE_BYTES} bytes")
    return data


_Key = TypeVar("_Key")


class _Chosen(Mapping[_Key, Value]):
    """Some properties under names of their own."""

    def __init__(self, properties: _Properties, numbers: Mapping[_Key, int]) -> None:
        self._properties = properties
        self._numbers = numbers

    def __getitem__(self, key: _Key) -> Value:
        return self._properties[self._numbers[key]]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True, slots=True)
class _Recipients:
    """The recipients of an item, read as they are asked for."""

    storage: Entry
    encoding: str | None

    def __iter__(self) -> Iterator[Mapping[int, Value]]:
        for entry in self.storage:
            if entry.name.lower().startswith("__recip_version1.0_") and not entry.is_stream:
                yield _Properties(entry, _ROW_HEADER, self.encoding)


@dataclass(frozen=True, slots=True)
class _Attachments:
    """The attachments of an item, read as they are asked for."""

    storage: Entry
    names: Mapping[int, NamedKey]
    encoding: str | None

    def __iter__(self) -> Iterator[Attachment]:
        for entry in self.storage:
            if entry.name.lower().startswith("__attach_version1.0_") and not entry.is_stream:
                yield self._attachment(entry)

    def _attachment(self, entry: Entry) -> Attachment:
        properties = _Properties(entry, _ROW_HEADER, self.encoding)
        chosen = _Chosen(properties, {n: n for n in properties if n != mapi_names.ATTACH_DATA})
        name = _text(properties, mapi_names.ATTACH_LONG_NAME, mapi_names.ATTACH_NAME, mapi_names.DISPLAY_NAME)
        size = properties.get(_ATTACH_SIZE)
        attachment = Attachment(
            name,
            _text(properties, mapi_names.ATTACH_MIME),
            size if isinstance(size, int) and size >= 0 else None,
            properties=chosen,
        )
        inner = entry.find(_OBJECT)
        if inner is not None and not inner.is_stream:
            if inner.find(_TABLE) is not None:
                return replace(attachment, embedded=lambda: _item(inner, _INNER_HEADER, self.names, self.encoding))
            return replace(attachment, storage=lambda: cast(BinaryIO, StorageContent(inner)))
        data = next((kid for kid in entry if kid.is_stream and kid.name[:16].lower() == _DATA), None)
        return attachment if data is None else replace(attachment, open=data.open)


_OBJECT, _DATA = "__substg1.0_3701000D", "__substg1.0_3701"
_ATTACH_SIZE = 0x0E20


def _text(properties: Mapping[int, Value], *numbers: int) -> str:
    """The first of some properties that is a text."""
    found = (properties.get(number) for number in numbers)
    return next((value for value in found if isinstance(value, str) and value.strip("\0 ")), "")


def _names(root: Entry) -> dict[int, NamedKey]:
    """What the ids from 0x8000 on stand for ([MS-OXMSG] 2.2.3)."""
    storage = root.find("__nameid_version1.0")
    if storage is None:
        return {}
    guids, entries, strings = (_stream_of(storage, number) for number in (2, 3, 4))
    found: dict[int, NamedKey] = {}
    for value, kind, index in struct.iter_unpack("<IHH", entries[: len(entries) // 8 * 8]):
        number = kind >> 1
        guid = guids[16 * (number - 3) : 16 * (number - 2)] if number > 2 else b""
        name_set = _KNOWN_SETS.get(number) or (str(UUID(bytes_le=guid)).upper() if len(guid) == 16 else "")
        name: int | str = value
        if kind & 1:
            size = int.from_bytes(strings[value : value + 4], "little")
            name = mapi_values.decode_wide(strings[value + 4 : value + 4 + min(size, 1024)])
        found[_FIRST_NAMED + index] = (name_set, name)
    return found


def _stream_of(storage: Entry, number: int) -> bytes:
    entry = storage.find(f"__substg1.0_{number:04X}0102")
    return _bytes(entry) if entry is not None and entry.is_stream else b""
