"""One Outlook item as every container of such items gives it: properties, recipients, attachments.

Holds values and knows no file format. `mapi` turns an item into texts and members; `pst`, `msg` and `tnef` make items.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import Window

ITEM = "application/vnd.ms-outlook-item"
"""Media type of a member that is an item within a mailbox or another item; no file on its own is of it."""
LARGE_BYTES = 1 << 20
"""A larger value is handed out as a LargeValue."""


@dataclass(frozen=True, slots=True)
class LargeValue:
    """A string or binary property that is not held in memory."""

    open: Callable[[], BinaryIO]
    """The raw bytes from their beginning, to be read forward once and closed. Reading raises DocumentError."""
    size: int
    """Bytes, as far as is known without reading them."""
    encoding: str | None = ""
    """Of a string: the codec its bytes are in, None where that is not known. Empty for binary values."""


Value = str | int | float | bytes | datetime | UUID | LargeValue | list[str] | list[bytes] | list[int] | list[float]
NamedKey = tuple[str, int | str]
"""The property set (a GUID in upper case without braces, `mapi_names` has the known ones) and the number or name."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment. Neither `open` nor `embedded`: its data are not there."""

    name: str
    """File name as stored, or empty."""
    mime: str = ""
    size: int | None = None
    open: Callable[[], BinaryIO] | None = None
    """The bytes from their beginning, to be read forward once and closed. Reading raises DocumentError."""
    embedded: Callable[[], MapiObject] | None = None
    """The item within. Raises DocumentError."""
    properties: Mapping[int, Value] = field(default_factory=dict)
    """All others, among them how it is attached (0x3705); without the data (0x3701)."""
    storage: Callable[[], BinaryIO] | None = None
    """An OLE object that is no file of its own: what stands as its content, see `compound_file.StorageContent`."""


@dataclass(slots=True)
class MapiObject:
    """An Outlook item of any class: message, contact, appointment, task, note, distribution list, document.

    The mappings and iterables may read on demand; what they raise is DocumentError.
    """

    properties: Mapping[int, Value] = field(default_factory=dict)
    """By property id ([MS-OXPROPS]), decoded: [MS-OXCDATA] 2.11.1. Named properties that have no known name too."""
    named: Mapping[NamedKey, Value] = field(default_factory=dict)
    recipients: Iterable[Mapping[int, Value]] = ()
    attachments: Iterable[Attachment] = ()
    faults: list[DocumentError] = field(default_factory=list)
    """What was found damaged while reading; emptied as it is reported. May grow while the item is read."""


class ItemContent(Window):
    """What stands as `Document.content` for an item that is no file: empty to read, and it opens the item."""

    def __init__(self, item: Callable[[], MapiObject], size: int = 0) -> None:
        """`item` may raise DocumentError. `size`: bytes that the item takes in its container, where known."""
        super().__init__(io.BytesIO(), 0, size)
        self.item = item
