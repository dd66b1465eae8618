"""Lists of Outlook properties as TNEF encodes them ([MS-OXTNEF] 2.1.3.4, 2.1.3.5). Values are read as asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, TypeVar, cast
from uuid import UUID

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi_values
from pii_scan.extract.limits import Window
from pii_scan.extract.mapi_object import LARGE_BYTES, LargeValue, NamedKey, Value

MAX_VALUES = 1 << 16
"""Values of one property, properties of one list, rows of one table."""
_FIRST_NAMED = 0x8000
_VARIABLE = (mapi_values.STRING8, mapi_values.STRING, mapi_values.OBJECT, mapi_values.BINARY)
_MAX_NAME = 1024

Entry = tuple[int, list[tuple[int, int]]]
"""Type, and the offset and size of each value."""
_Key = TypeVar("_Key")


class Fields:
    """Numbers and bytes from a part of a file, in order. Raises DocumentError (`truncated`) at its end."""

    def __init__(self, content: BinaryIO, at: int, size: int) -> None:
        self.content = content
        self.at = at
        self.end = at + size

    def take(self, size: int) -> int:
        """Passes over `size` bytes, which begin at the offset that is returned."""
        if size > self.end - self.at:
            raise DocumentError("truncated", "a list of properties ends too early")
        self.at += size
        return self.at - size

    def number(self, size: int = 4) -> int:
        """A little-endian number."""
        return int.from_bytes(self.bytes(size), "little")

    def bytes(self, size: int) -> bytes:
        """Bytes, which must be few."""
        self.content.seek(self.take(size))
        return self.content.read(size)


class Entries(Mapping[_Key, Value]):
    """Properties by some key."""

    def __init__(self, content: BinaryIO, encoding: str | None) -> None:
        self._content = content
        self._encoding = encoding
        self._entries: dict[_Key, Entry] = {}

    def add(self, key: _Key, entry: Entry) -> None:
        """Takes a property, the first of each key."""
        self._entries.setdefault(key, entry)

    def entry(self, key: _Key) -> Entry | None:
        """The type of a property and where its values lie."""
        return self._entries.get(key)

    def __getitem__(self, key: _Key) -> Value:
        kind, places = self._entries[key]
        if kind & mapi_values.MULTIPLE:
            kind &= ~mapi_values.MULTIPLE
            if kind in mapi_values.FIXED_BYTES:
                size = mapi_values.FIXED_BYTES[kind]
                values = mapi_values.decode_multiple(kind, b"".join(self._read(at, size) for at, _ in places))
                return "" if values is None else values
            parts = [self._read(at, min(size, LARGE_BYTES)) for at, size in places]
            if kind in (mapi_values.STRING, mapi_values.STRING8):
                return [str(mapi_values.decode(kind, part, self._encoding)) for part in parts]
            return parts
        at, size = places[0] if places else (0, 0)
        if size > LARGE_BYTES:
            encodings = {mapi_values.STRING: "utf-16-le", mapi_values.STRING8: self._encoding}
            content = self._content
            return LargeValue(lambda: cast(BinaryIO, Window(content, at, size)), size, encodings.get(kind, ""))
        value = mapi_values.decode(kind, self._read(at, size), self._encoding)
        return "" if value is None else value

    def _read(self, at: int, size: int) -> bytes:
        self._content.seek(at)
        return self._content.read(size)

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class PropertyList:
    """A list of properties: those with a number, and those with a name."""

    def __init__(self, content: BinaryIO, encoding: str | None) -> None:
        self.numbered: Entries[int] = Entries(content, encoding)
        self.named: Entries[NamedKey] = Entries(content, encoding)

    def read(self, fields: Fields, *, by_name: bool = True) -> None:
        """Takes the properties at the fields. Raises DocumentError (`truncated`, `corrupt`); what came before stays.

        Without `by_name`, those with a name are taken by their number too.
        """
        for _ in range(_count(fields)):
            kind, number = fields.number(2), fields.number(2)
            name = _name(fields) if number >= _FIRST_NAMED else None
            entry = (kind, list(_places(fields, kind)))
            if name is None or not by_name:
                self.numbered.add(number, entry)
            else:
                self.named.add(name, entry)


def _count(fields: Fields) -> int:
    count = fields.number()
    if count > MAX_VALUES:
        raise DocumentError("corrupt", "a list of properties is damaged")
    return count


def _name(fields: Fields) -> NamedKey:
    name_set = str(UUID(bytes_le=fields.bytes(16))).upper()
    if fields.number() == 0:
        return name_set, fields.number()
    size = fields.number()
    at = fields.take(size + 3 & ~3)
    fields.content.seek(at)
    return name_set, mapi_values.decode_wide(fields.content.read(min(size, _MAX_NAME))).rstrip("\0")


def _places(fields: Fields, kind: int) -> Iterator[tuple[int, int]]:
    """Where the values of a property lie; passes over them."""
    single = kind & ~mapi_values.MULTIPLE
    if single in _VARIABLE:
        for _ in range(_count(fields)):
            size = fields.number()
            yield fields.take(size), size
            fields.take(min(-size & 3, fields.end - fields.at))
        return
    if single not in mapi_values.FIXED_BYTES:
        raise DocumentError("corrupt", "a list of properties is damaged")
    size = mapi_values.FIXED_BYTES[single]
    for _ in range(_count(fields) if kind & mapi_values.MULTIPLE else 1):
        yield fields.take(size + 3 & ~3), size
