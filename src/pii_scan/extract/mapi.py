"""Outlook items: everything in one as texts and members, whatever container it came in (PST, MSG, TNEF).

Each property is a part under its name, bodies are lines, attachments and embedded items are members.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO, cast

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract import identity, mapi_body, mapi_names
from pii_scan.extract.archive import member_document
from pii_scan.extract.limits import Budget, MemberNames
from pii_scan.extract.mapi_object import (
    ITEM,
    LARGE_BYTES,
    Attachment,
    ItemContent,
    LargeValue,
    MapiObject,
    NamedKey,
    Value,
)
from pii_scan.extract.mapi_values import codec, strings_in
from pii_scan.extract.signatures import OLE
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, PartOrigin, Problem, ProblemCode, Stage

__all__ = [
    "ITEM", "LARGE_BYTES", "Attachment", "ItemContent", "LargeValue", "MapiObject", "NamedKey", "Value", "extract",
    "pieces",
]  # fmt: skip

BATCH_BYTES = 1 << 20
BATCH_TEXTS = 4096
LONG_CHARS = 64 << 10
"""A longer string is given as lines."""
KNOWN_CHARS, KNOWN_TEXTS = 256, 20_000
"""Texts that are remembered, so that binary values do not say them again."""
MAX_FAULTS = 20
"""Different damages told of for one item; of the others the number."""

_BODIES = (mapi_names.HEADERS, mapi_names.BODY, mapi_names.HTML, mapi_names.RTF)
_ATTACHMENT_KNOWN = (mapi_names.ATTACH_DATA, mapi_names.ATTACH_LONG_NAME, mapi_names.ATTACH_MIME)
_GENDERS = {1: "female", 2: "male"}
_LINKED = (2, 3, 4, 7)
_LINKED_DETAIL = "the attachment is a link to a file elsewhere, which is not read"

Piece = ChunkBatch | Document | Problem


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Everything in an item that a mailbox or another item holds. Raises DocumentError where it cannot be opened."""
    content = document.content
    if not isinstance(content, ItemContent):
        raise DocumentError("unsupported", "an Outlook item outside of its mailbox")
    item = content.item()
    document.identity = identity.of_item(item) or document.identity
    yield from pieces(item, document.ref, limits)


def pieces(item: MapiObject, ref: DocumentRef, limits: Limits) -> Iterator[Piece]:
    """All texts and members of an item: headers, properties, bodies, recipients, attachments; damage as Problems.

    `ref`: the item itself; attachments become its members. Raises nothing of its own.
    """
    reading = _Reading(item, ref, limits)
    for part in (reading.headers, reading.properties, reading.bodies, reading.recipients, reading.attachments):
        try:
            yield from part()
        except DocumentError as error:
            item.faults.append(error)
        yield from reading.flush()
    yield from reading.faults()


class _Reading:
    """One item on its way through."""

    def __init__(self, item: MapiObject, ref: DocumentRef, limits: Limits) -> None:
        self._item = item
        self._ref = ref
        self._limits = limits
        self._names: list[str] = []
        self._texts: list[str] = []
        self._held = 0
        self._members = MemberNames()
        self._labels = MemberNames()
        self._known: set[str] = set()
        """Short texts that were given, as they are looked up by `_fresh`."""

    # texts

    def flush(self) -> Iterator[Piece]:
        """The short texts held back, as one batch."""
        if self._texts:
            yield ChunkBatch(pa.array(self._texts, pa.large_string()), PartOrigin(tuple(self._names)))
        self._names, self._texts, self._held = [], [], 0

    def _text(self, name: str, text: str) -> Iterator[Piece]:
        if not text.strip("\0 \t\r\n"):
            return
        if len(text) > min(LONG_CHARS, self._limits.max_value_bytes // 4):
            yield from mapi_body.long_text(self._ref, text, self._labels.unique(name), self._limits)
            return
        if len(text) <= KNOWN_CHARS and len(self._known) < KNOWN_TEXTS:
            self._known.add(text.strip().casefold())
        self._names.append(self._labels.unique(name))
        self._texts.append(text.encode("utf-8", "replace").decode().replace("\0", " "))
        self._held += len(text)
        if self._held >= BATCH_BYTES or len(self._texts) >= BATCH_TEXTS:
            yield from self.flush()

    def _value(self, name: str, value: Value, *, wanted: bool = False) -> Iterator[Piece]:
        """One property of any type. `wanted`: numbers and dates too."""
        if isinstance(value, LargeValue):
            yield from self._large(name, value)
        elif isinstance(value, str):
            yield from self._text(name, value)
        elif isinstance(value, bytes):
            yield from self._text(name, "\n".join(self._fresh(strings_in(value))))
        elif isinstance(value, list):
            found = dict.fromkeys(text for entry in value for text in _entry_texts(entry, wanted))
            yield from self._text(name, "\n".join(self._fresh(found) if _is_binary(value) else found))
        elif wanted and not isinstance(value, bool):
            yield from self._text(name, _plain(value))

    def _fresh(self, texts: Iterable[str]) -> Iterator[str]:
        """Those texts within binary values that no other property gave: search keys and entry ids repeat addresses."""
        return (text for text in texts if text.strip().casefold().removeprefix("smtp:") not in self._known)

    def _large(self, name: str, value: LargeValue) -> Iterator[Piece]:
        if value.encoding == "":
            ref = self._ref.member(self._members.unique(name), value.size)
            with value.open() as stream:
                yield from member_document(ref, stream, self._limits, Budget(self._limits))
        else:
            yield from mapi_body.long_text(self._ref, value, self._labels.unique(name), self._limits)

    # the parts of an item

    def headers(self) -> Iterator[Piece]:
        """The transport headers."""
        value = self._item.properties.get(mapi_names.HEADERS)
        if value is not None and not isinstance(value, list):
            yield from mapi_body.header_texts(self._ref, value, self._limits)

    def properties(self) -> Iterator[Piece]:
        """Every property but headers and bodies."""
        later: list[Iterator[Piece]] = []
        for number in self._item.properties:
            if number not in _BODIES:
                yield from self._property(self._item.properties, number, mapi_names.label(number), later)
        for key in self._item.named:
            yield from self._property(self._item.named, key, mapi_names.named_label(key), later)
        for pieces_of_one in later:
            yield from pieces_of_one

    def _property(
        self, found: Mapping[Any, Value], key: int | NamedKey, name: str, later: list[Iterator[Piece]] | None = None
    ) -> Iterator[Piece]:
        """One property. Binary ones are put off to `later`, where it is given: what they repeat is then known."""
        try:
            value = found[key]
            if later is not None and _is_binary(value):
                later.append(self._property(found, key, name))
                return
            if key == mapi_names.GENDER:
                value = _GENDERS.get(value, "") if isinstance(value, int) else value
            custom = isinstance(key, tuple) and (isinstance(key[1], str) or key in mapi_names.NAMED_DATES)
            wanted = custom or key in mapi_names.DATES or key in mapi_names.MOMENTS
            yield from self._value(name, _as_date(value, key), wanted=wanted)
        except DocumentError as error:
            self._item.faults.append(error)

    def bodies(self) -> Iterator[Piece]:
        """The bodies that are stored."""
        properties, ref, limits = self._item.properties, self._ref, self._limits
        own = codec(_number(properties, mapi_names.MESSAGE_CODE_PAGE))
        internet = codec(_number(properties, mapi_names.INTERNET_CODE_PAGE))
        for number in (mapi_names.BODY, mapi_names.HTML, mapi_names.RTF):
            try:
                value = properties.get(number)
                if value is None or isinstance(value, list):
                    continue
                if number == mapi_names.BODY:
                    yield from mapi_body.long_text(ref, value, "body", limits, own or internet)
                elif number == mapi_names.HTML:
                    yield from mapi_body.html_text(ref, value, internet or own, limits)
                else:
                    yield from mapi_body.rtf_text(ref, value, limits)
            except DocumentError as error:
                self._item.faults.append(error)

    def recipients(self) -> Iterator[Piece]:
        """Each recipient as one text: name and address first, then what else is stored of it."""
        for row in self._item.recipients:
            try:
                kind = _number(row, mapi_names.RECIPIENT_TYPE)
                name = mapi_names.RECIPIENTS.get(kind & 0xF if kind is not None else -1, "recipient")
                yield from self._text(name, "\n".join(_recipient_lines(row)))
            except DocumentError as error:
                self._item.faults.append(error)

    def attachments(self) -> Iterator[Piece]:
        """The attachments as members, their other properties as texts of the item."""
        for number, attachment in enumerate(self._item.attachments, 1):
            name = " ".join(attachment.name.split()) or f"attachment-{number}"
            try:
                member = self._members.unique(name)
                yield from self._attachment(attachment, member)
                properties = attachment.properties
                for key in properties:
                    if key not in _ATTACHMENT_KNOWN and not self._says(properties, key, name):
                        yield from self._property(properties, key, f"attachment {number}: {mapi_names.label(key)}")
            except DocumentError as error:
                self._item.faults.append(error)

    @staticmethod
    def _says(properties: Mapping[int, Value], key: int, name: str) -> bool:
        """Whether a property of an attachment is its name again."""
        return key == mapi_names.DISPLAY_NAME and properties[key] == name

    def _attachment(self, attachment: Attachment, name: str) -> Iterator[Piece]:
        ref = self._ref.member(name, attachment.size)
        try:
            if attachment.embedded is not None:
                yield Document(ref, cast(BinaryIO, ItemContent(attachment.embedded)), ITEM)
            elif attachment.storage is not None:
                yield Document(ref, attachment.storage(), OLE)
            elif attachment.open is not None:
                with attachment.open() as stream:
                    yield from member_document(ref, stream, self._limits, Budget(self._limits))
            else:
                method = _number(attachment.properties, mapi_names.ATTACH_METHOD)
                if method in _LINKED:
                    raise DocumentError("unsupported", _LINKED_DETAIL)
                if method:
                    raise DocumentError("corrupt", "the data of the attachment are missing")
        except DocumentError as error:
            yield Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)

    def faults(self) -> Iterator[Problem]:
        """What was found damaged, each kind once."""
        kinds = dict.fromkeys((fault.code, fault.detail) for fault in self._item.faults)
        self._item.faults.clear()
        for count, (code, detail) in enumerate(kinds):
            if count == MAX_FAULTS:
                detail = f"{len(kinds) - count} other parts of the item cannot be read"
                yield Problem(self._ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)
                return
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode(code), detail)


def _recipient_lines(row: Mapping[int, Value]) -> list[str]:
    """`Name <address>`, and every other text of a recipient on a line of its own, each once."""
    texts: dict[int, str] = {}
    for number in row:
        value = row[number]
        found = strings_in(value) if isinstance(value, bytes) else [value] if isinstance(value, str) else []
        text = "\n".join(entry for entry in found if entry.strip())
        if text:
            texts[number] = text
    name = texts.get(mapi_names.DISPLAY_NAME, "")
    address = texts.get(mapi_names.SMTP) or texts.get(mapi_names.EMAIL, "")
    first = f"{name} <{address}>" if name and address and name != address else name or address
    said = {"", name, address, f"smtp:{address}".casefold()}
    rest = (line for text in texts.values() for line in text.split("\n"))
    return list(dict.fromkeys([first, *(line for line in rest if line not in said and line.casefold() not in said)]))


def _is_binary(value: Value) -> bool:
    return isinstance(value, bytes) or (isinstance(value, list) and bool(value) and isinstance(value[0], bytes))


def _entry_texts(entry: object, wanted: bool) -> list[str]:
    if isinstance(entry, bytes):
        return strings_in(entry)
    if isinstance(entry, str):
        return [entry] if entry.strip() else []
    return [_plain(entry)] if wanted else []


def _plain(value: object) -> str:
    """A number or date as a person would write it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _as_date(value: Value, key: int | NamedKey) -> Value:
    """Birthdays and anniversaries as a date: they are stored as midnight where they were entered, in UTC."""
    if isinstance(value, datetime) and (key in mapi_names.DATES or key in mapi_names.NAMED_BIRTHDAYS):
        try:
            return (value + timedelta(hours=12)).date().isoformat()
        except OverflowError:
            return value
    return value


def _number(properties: Mapping[int, Value], number: int) -> int | None:
    """A number that steers the reading of others; None where it is damaged, which is told with the properties."""
    try:
        value = properties.get(number)
    except DocumentError:
        return None
    return value if isinstance(value, int) else None
