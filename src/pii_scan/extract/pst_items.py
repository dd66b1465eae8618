"""Messages and other items of an Outlook mailbox as MapiObjects: [MS-PST] 2.4.5 and 2.4.6.

An item is a node with properties, whose subnodes are its recipients and attachments.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi_names, mapi_values
from pii_scan.extract.mapi_object import Attachment, LargeValue, MapiObject, NamedKey, Value
from pii_scan.extract.pst_heap import PROPERTIES, Node
from pii_scan.extract.pst_names import FIRST_NAMED
from pii_scan.extract.pst_pages import Faults
from pii_scan.extract.pst_tables import Chosen, PropertyContext, TableContext, decoded

ATTACHMENT, RECIPIENT_TABLE = 0x05, 0x12
EMBEDDED = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """What all items of one file share."""

    names: Mapping[int, NamedKey]
    encoding: str | None
    """Of 8-bit strings, where an item does not say."""
    faults: Faults


def item(node: Node, reading: Reading) -> MapiObject:
    """The item at a node. Raises DocumentError where it holds no properties."""
    context = PropertyContext(node, reading.encoding)
    encoding = context.encoding = strings_encoding(context) or reading.encoding
    changed: dict[int, Value] = {}
    if mapi_names.SUBJECT in context.entries:
        try:
            changed[mapi_names.SUBJECT] = plain_subject(context[mapi_names.SUBJECT])
        except DocumentError as error:
            reading.faults.append(error)
            del context.entries[mapi_names.SUBJECT]
    named = {reading.names[number]: number for number in context.entries if number in reading.names}
    numbers = [number for number in context.entries if number < FIRST_NAMED or number not in reading.names]
    return MapiObject(
        Chosen(context, numbers, changed),
        _Named(context, named),
        _Recipients(node, encoding, reading.faults),
        _Attachments(node, encoding, reading),
        reading.faults,
    )


def strings_encoding(context: PropertyContext) -> str | None:
    """The codec of an item's 8-bit strings: by its code page, its locale, or last the code page of its mail."""
    stored = {number: entry.stored for number, entry in context.entries.items()}
    return (
        mapi_values.codec(stored.get(mapi_names.MESSAGE_CODE_PAGE))
        or mapi_values.locale_codec(stored.get(mapi_names.LOCALE))
        or mapi_values.codec(stored.get(mapi_names.INTERNET_CODE_PAGE))
    )


def plain_subject(value: Value) -> Value:
    """The subject without the two characters that say how long its prefix is ([MS-PST] 2.5.3.1.1.1)."""
    return value[2:] if isinstance(value, str) and value.startswith("\x01") else value


class _Named(Mapping[NamedKey, Value]):
    """The named properties of an item."""

    def __init__(self, context: PropertyContext, numbers: dict[NamedKey, int]) -> None:
        self._context = context
        self._numbers = numbers

    def __getitem__(self, key: NamedKey) -> Value:
        return self._context[self._numbers[key]]

    def __iter__(self) -> Iterator[NamedKey]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True, slots=True)
class _Recipients:
    """The rows of the recipient tables, read as they are asked for."""

    node: Node
    encoding: str | None
    faults: Faults

    def __iter__(self) -> Iterator[Mapping[int, Value]]:
        for nid, data, subnodes in self.node.subnodes:
            if nid & 0x1F == RECIPIENT_TABLE:
                try:
                    for _, cells in TableContext(Node(self.node.blocks, data, subnodes), self.encoding).rows():
                        yield cells
                except DocumentError as error:
                    self.faults.append(error)


@dataclass(frozen=True, slots=True)
class _Attachments:
    """The attachments of an item, read as they are asked for."""

    node: Node
    encoding: str | None
    reading: Reading

    def __iter__(self) -> Iterator[Attachment]:
        for nid, data, subnodes in self.node.subnodes:
            if nid & 0x1F == ATTACHMENT:
                try:
                    yield self._attachment(Node(self.node.blocks, data, subnodes))
                except DocumentError as error:
                    self.reading.faults.append(error)

    def _attachment(self, node: Node) -> Attachment:
        context = PropertyContext(node, self.encoding)
        numbers = [number for number in context.entries if number != mapi_names.ATTACH_DATA]
        properties = Chosen(context, numbers)
        name = _text(properties, mapi_names.ATTACH_LONG_NAME, mapi_names.ATTACH_NAME, mapi_names.DISPLAY_NAME)
        size = _number(properties, 0x0E20)
        attachment = Attachment(name, _text(properties, mapi_names.ATTACH_MIME), size, properties=properties)
        entry = context.entries.get(mapi_names.ATTACH_DATA)
        if entry is None:
            return attachment
        if entry.kind != mapi_values.OBJECT:
            return replace(attachment, open=lambda: _stream(decoded(node, entry, self.encoding)))

        def inner() -> Node:
            raw = node.value(entry.stored)
            if not isinstance(raw, bytes) or len(raw) < 4:
                raise DocumentError("corrupt", "the data of the attachment are missing")
            return node.subnode(int.from_bytes(raw[:4], "little"))

        if _number(properties, mapi_names.ATTACH_METHOD) == EMBEDDED or self._is_item(inner):
            return replace(attachment, embedded=lambda: item(inner(), self.reading))
        return replace(attachment, open=lambda: inner().tree.open())

    @staticmethod
    def _is_item(inner: Callable[[], Node]) -> bool:
        """An object that is an item, whatever is said of how it is attached."""
        try:
            return inner().kind() == PROPERTIES
        except DocumentError:
            return False


def _stream(value: Value) -> BinaryIO:
    if isinstance(value, LargeValue):
        return value.open()
    if isinstance(value, str):
        return io.BytesIO(value.encode("utf-8", "replace"))
    return io.BytesIO(value if isinstance(value, bytes) else b"")


def _text(properties: Mapping[int, Value], *numbers: int) -> str:
    """The first of some properties that is a text."""
    for number in numbers:
        try:
            value = properties.get(number)
        except DocumentError:
            continue
        if isinstance(value, str) and value.strip("\0 "):
            return value
    return ""


def _number(properties: Mapping[int, Value], number: int) -> int | None:
    try:
        value = properties.get(number)
    except DocumentError:
        return None
    return value if isinstance(value, int) and value >= 0 else None
