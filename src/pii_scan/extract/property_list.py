"""Apple's binary property lists (`bplist00`): `key: value` lines, data of a known format as members.

Parsed by the standard library (plistlib). The XML kind is XML.
"""

from __future__ import annotations

import io
import plistlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

from pii_scan.errors import DocumentError
from pii_scan.extract import media_type
from pii_scan.extract.limits import MemberNames, size_of
from pii_scan.extract.mapi_values import strings_in
from pii_scan.extract.office_text import TextLines
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits

MAX_BYTES = 64 << 20
"""Larger lists are not read: plistlib builds all objects in memory."""
_MAX_DEPTH = 100
_COUNT_AT = 24
"""Where the number of objects stands, from the end."""
_KEY_BYTES = 64
"""Shorter data are keys, hashes and flags: runs of text are read of them, no more."""
_DAMAGED = (plistlib.InvalidFileException, ExpatError, ValueError, TypeError, IndexError, KeyError, OverflowError)


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document]:
    """Everything in the list. Raises DocumentError (`corrupt`, `limit`)."""
    content = document.content
    size = size_of(content)
    if size > MAX_BYTES:
        raise DocumentError("limit", f"a property list of more than {MAX_BYTES >> 20} MiB")
    try:
        top = plistlib.load(content, fmt=plistlib.FMT_BINARY)
    except _DAMAGED:
        raise DocumentError("corrupt", "the property list is damaged") from None
    walk = _Walk(document.ref, limits)
    yield from walk.value("", top, 0)
    yield from walk.lines.rest()
    content.seek(size - _COUNT_AT)
    missing = int.from_bytes(content.read(8), "big") - walk.met
    if missing > 0:
        raise DocumentError("corrupt", f"at least {missing} objects of the property list cannot be reached")


class _Walk:
    """The way through one list, in which objects may stand more than once."""

    def __init__(self, ref: DocumentRef, limits: Limits) -> None:
        self.lines = TextLines("", limits)
        self._ref = ref
        self._names = MemberNames()
        self._seen: set[int] = set()
        self.met = 0
        """Objects, those that stand more than once as often, but for containers."""

    def value(self, key: str, value: Any, depth: int) -> Iterator[ChunkBatch | Document]:
        """An object under a key, with all within it; a container once."""
        if isinstance(value, (dict, list, tuple)):
            if id(value) in self._seen:
                return
            self._seen.add(id(value))
            self.met += 1 + (len(value) if isinstance(value, dict) else 0)
            if depth >= _MAX_DEPTH:
                raise DocumentError("limit", f"a property list nested deeper than {_MAX_DEPTH}")
            pairs = value.items() if isinstance(value, dict) else ((key, entry) for entry in value)
            for name, entry in pairs:
                yield from self.value(str(name), entry, depth + 1)
            return
        self.met += 1
        if isinstance(value, bytes):
            yield from self._data(key, value)
        elif isinstance(value, datetime):
            self._add(key, value.isoformat(" "))
        elif isinstance(value, (str, float)) or (isinstance(value, int) and not isinstance(value, bool)):
            self._add(key, str(value))
        elif isinstance(value, bool) or value is None:
            self._add(key, "")
        yield from self.lines.ready()

    def _add(self, key: str, text: str) -> None:
        self.lines.add(f"{key}: {text}" if key and text else key or text)

    def _data(self, key: str, value: bytes) -> Iterator[Document]:
        ref = DocumentRef("", "")
        if len(value) > _KEY_BYTES and media_type.identify(Document(ref, io.BytesIO(value))) != media_type.UNKNOWN:
            name = self._names.unique(key.replace("/", "_") or "data")
            yield Document(self._ref.member(name, len(value)), io.BytesIO(value))
            return
        for text in strings_in(value):
            self._add(key, text)
