"""TNEF (winmail.dat, [MS-OXTNEF]): the mail of Outlook as other mail programs get it, with all its attachments.

Reads the container only; `mapi` makes texts and members of the item. Checksums are not verified. Attributes of any
kind that hold text are read.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import code_pages, mapi, mapi_names, mapi_values
from pii_scan.extract.limits import Window, size_of
from pii_scan.extract.mapi_object import LARGE_BYTES, Attachment, LargeValue, MapiObject, NamedKey, Value
from pii_scan.extract.tnef_properties import Fields, PropertyList
from pii_scan.model import ChunkBatch, Document, Limits, Problem

_MAGIC = b"\x78\x9f\x3e\x22"
_MAX_ATTRIBUTES = 1 << 20
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
_OBJECT_HEADER = 16
_TWICE = 0x10000
"""Added to the id of a property that is given twice with different values."""
_TITLE = 0x18010

# Attributes by the lower half of their id ([MS-OXTNEF] 2.1.3.2)
_FROM, _SUBJECT, _MESSAGE_CLASS, _BODY = 0x8000, 0x8004, 0x8008, 0x800C
_MESSAGE_ID, _PARENT_ID, _CONVERSATION_ID, _OWNER, _SENT_FOR = 0x8009, 0x800A, 0x800B, 0x0000, 0x0001
_ATTACH_DATA, _ATTACH_TITLE, _ATTACH_FILE_NAME = 0x800F, 0x8010, 0x9001
_ATTACH_START, _ATTACH_PROPERTIES = 0x9002, 0x9005
_PROPERTIES, _RECIPIENTS, _CODE_PAGE = 0x9003, 0x9004, 0x9007
_TEXTS = {_SUBJECT: mapi_names.SUBJECT, _MESSAGE_CLASS: mapi_names.MESSAGE_CLASS, _BODY: mapi_names.BODY}
_NAMED = {_MESSAGE_ID: "message id", _PARENT_ID: "parent id", _CONVERSATION_ID: "conversation id", _OWNER: "owner",
          _SENT_FOR: "sent for", 0x0002: "delegate"}  # fmt: skip
_TEXTLESS = {0x8005, 0x8006, 0x8007, 0x800D, 0x8011, 0x8012, 0x8013, 0x8020, 0x9006, 0x0006, 0x0007, 0x0008, 0x0009}
"""Dates, priority, versions, icons."""


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """Everything in a TNEF stream. Raises DocumentError where it is none."""
    yield from mapi.pieces(_item(document.content, []), document.ref, limits)


@dataclass(slots=True)
class _Attached:
    """What is said of one attachment."""

    properties: PropertyList
    title: str = ""
    file_name: str = ""
    data: tuple[int, int] | None = None
    """Offset and size of its bytes."""


class _Stream:
    """One TNEF stream and what its attributes say."""

    def __init__(self, content: BinaryIO, faults: list[DocumentError]) -> None:
        """Raises DocumentError (`corrupt`)."""
        self._content = content
        self._faults = faults
        self._encoding: str | None = None
        self.properties = self._list()
        self.plain: dict[int, Value] = {}
        self.named: dict[NamedKey, Value] = {}
        self.recipients: list[PropertyList] = []
        self.attachments: list[_Attached] = []
        size = size_of(content)
        if content.read(4) != _MAGIC:
            raise DocumentError("corrupt", "not a TNEF stream")
        fields = Fields(content, 6, max(size - 6, 0))
        for _ in range(_MAX_ATTRIBUTES):
            if fields.end - fields.at < 9:
                break
            fields.take(1)  # message or attachment: the id says as much
            number, _, length = fields.number(2), fields.number(2), fields.number()
            room = fields.end - fields.at
            if length > room:
                self._fault("truncated", "the TNEF stream ends too early")
                length = room
            inner = Fields(content, fields.take(length), length)
            try:
                self._attribute(number, inner)
            except DocumentError as error:
                self._fault(error.code, error.detail)
            fields.take(min(2, fields.end - fields.at))  # checksum
        else:
            self._fault("limit", f"attributes after the first {_MAX_ATTRIBUTES} are left out")

    def _fault(self, code: str, detail: str) -> None:
        self._faults.append(DocumentError(code, detail))

    def _list(self) -> PropertyList:
        return PropertyList(self._content, self._encoding)

    def _attribute(self, number: int, fields: Fields) -> None:
        if number == _CODE_PAGE:
            self._encoding = code_pages.codec(fields.number()) or None
            self.properties = self._list() if not self.properties.numbered else self.properties
        elif number == _PROPERTIES:
            self.properties.read(fields)
        elif number == _RECIPIENTS:
            self._recipients(fields)
        elif number in (_ATTACH_START, _ATTACH_DATA, _ATTACH_TITLE, _ATTACH_FILE_NAME, _ATTACH_PROPERTIES):
            self._attachment(number, fields)
        elif number == _FROM:
            self.named["", "from"] = "\n".join(mapi_values.strings_in(_start_of(fields)[8:]))
        elif number in _TEXTS:
            self.plain[_TEXTS[number]] = self._value(fields)
        elif number not in _TEXTLESS:
            name = _NAMED.get(number, f"attribute 0x{number:04X}")
            self.named["", name] = _start_of(fields)

    def _recipients(self, fields: Fields) -> None:
        """The recipient table; the list being read when it breaks off stays."""
        count = fields.number()
        while count > 0 and fields.at < fields.end:
            count -= 1
            self.recipients.append(self._list())
            self.recipients[-1].read(fields, by_name=False)

    def _attachment(self, number: int, fields: Fields) -> None:
        if number == _ATTACH_START or not self.attachments:
            self.attachments.append(_Attached(self._list()))
        attached = self.attachments[-1]
        if number == _ATTACH_DATA:
            attached.data = (fields.at, fields.end - fields.at)
        elif number == _ATTACH_TITLE:
            attached.title = self._string(fields)
        elif number == _ATTACH_FILE_NAME:
            attached.file_name = self._string(fields)
        elif number == _ATTACH_PROPERTIES:
            attached.properties.read(fields, by_name=False)

    def _string(self, fields: Fields) -> str:
        return mapi_values.decode_text(_start_of(fields).rstrip(b"\0"), self._encoding)

    def _value(self, fields: Fields) -> Value:
        size = fields.end - fields.at
        if size <= LARGE_BYTES:
            return self._string(fields)
        at, content = fields.at, self._content
        return LargeValue(lambda: cast(BinaryIO, Window(content, at, size)), size, self._encoding)


def _start_of(fields: Fields) -> bytes:
    """The bytes of an attribute, at most `LARGE_BYTES`."""
    return fields.bytes(min(fields.end - fields.at, LARGE_BYTES))


def _item(content: BinaryIO, faults: list[DocumentError]) -> MapiObject:
    """The item in a TNEF stream. Raises DocumentError (`corrupt`)."""
    stream = _Stream(content, faults)
    numbered = stream.properties.numbered
    same = [number for number, value in stream.plain.items() if number in numbered and numbered[number] == value]
    plain = {n + _TWICE * (n in numbered): value for n, value in stream.plain.items() if n not in same}
    return MapiObject(
        ChainMap(plain, numbered),  # type: ignore[arg-type]
        ChainMap(stream.named, stream.properties.named),  # type: ignore[arg-type]
        [row.numbered for row in stream.recipients],
        [_attachment(content, attached, faults) for attached in stream.attachments],
        faults,
    )


def _attachment(content: BinaryIO, attached: _Attached, faults: list[DocumentError]) -> Attachment:
    properties = attached.properties.numbered
    numbers = (mapi_names.ATTACH_LONG_NAME, mapi_names.ATTACH_NAME, mapi_names.DISPLAY_NAME)
    names = [properties.get(number) for number in numbers]
    name = next((text for text in [*names, attached.title, attached.file_name] if isinstance(text, str) and text), "")
    mime = properties.get(mapi_names.ATTACH_MIME)
    others: dict[int, Value] = {n: properties[n] for n in properties if n != mapi_names.ATTACH_DATA}
    titles = {_TITLE: attached.title, _TITLE + 1: attached.file_name}
    others |= {number: text for number, text in titles.items() if text not in ("", name)}
    found = Attachment(name, mime if isinstance(mime, str) else "", properties=others)
    entry = properties.entry(mapi_names.ATTACH_DATA)
    if entry is None or not entry[1]:
        return found if attached.data is None else _with_data(found, content, *attached.data)
    kind, ((at, size), *_) = entry
    content.seek(at)
    if kind != mapi_values.OBJECT:
        return _with_data(found, content, at, size)
    at, size, head = at + _OBJECT_HEADER, max(size - _OBJECT_HEADER, 0), content.read(_OBJECT_HEADER + 4)
    if head.startswith(_MESSAGE) or head.endswith(_MAGIC):
        inner = cast(BinaryIO, Window(content, at, size))
        return replace(found, size=size, embedded=lambda: _item(inner, faults))
    return _with_data(found, content, at, size)


def _with_data(found: Attachment, content: BinaryIO, at: int, size: int) -> Attachment:
    return replace(found, size=size, open=lambda: cast(BinaryIO, Window(content, at, size)))
