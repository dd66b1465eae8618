"""Document properties of OLE files: title, authors, company, custom ones ([MS-OLEPS]; [MS-OSHARED] 2.3.3).

Each is a part named as in Office Open XML (`properties: creator`). Numbers and dates of the program are left out; when
the document was made and saved is given.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pii_scan.extract import charset, code_pages
from pii_scan.extract.cell_formats import number_text
from pii_scan.extract.compound_file import Entry
from pii_scan.extract.mapi_values import file_time, strings_in
from pii_scan.extract.office_text import PartTexts
from pii_scan.model import ChunkBatch, DocumentRef, Limits, Problem, ProblemCode, Stage

STREAMS = ("\x05SummaryInformation", "\x05DocumentSummaryInformation")
MAX_BYTES = 16 << 20
"""Most that is read of one property stream."""
_MAX_PROPERTIES = 1 << 16

_SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_DOCUMENT = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
_CUSTOM = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")
_NAMES = {
    _SUMMARY: {2: "title", 3: "subject", 4: "creator", 5: "keywords", 6: "description", 7: "Template",
               8: "lastModifiedBy", 9: "revision", 12: "created", 13: "modified", 18: "Application"},
    _DOCUMENT: {2: "category", 14: "Manager", 15: "Company", 26: "other", 27: "contentStatus", 28: "language",
                29: "version"},
}  # fmt: skip
_MOMENTS = (12, 13)
_DICTIONARY, _CODE_PAGE, _LOCALE, _BEHAVIOUR = 0, 1, 0x80000000, 0x80000003
_VECTOR = 0x1000
_BSTR, _VARIANT, _LPSTR, _LPWSTR, _FILETIME, _BLOB = 8, 12, 30, 31, 64, 65
_BLOBS = (_BLOB, 70)  # a blob, a blob object
_FIXED = {2: "<h", 3: "<i", 4: "<f", 5: "<d", 7: "<d", 16: "<b", 17: "<B", 18: "<H", 19: "<I", 20: "<q", 21: "<Q",
          22: "<i", 23: "<I"}  # fmt: skip

_UNREADABLE = (struct.error, IndexError, ValueError, OverflowError)


def properties(ref: DocumentRef, storage: Entry, limits: Limits) -> Iterator[ChunkBatch | Problem]:
    """The properties of the document in a storage, each a part; a damaged set is a Problem."""
    texts = PartTexts(limits)
    damaged = False
    for name in STREAMS:
        stream = storage.stream(name)
        if stream is None:
            continue
        with stream:
            data = stream.read(MAX_BYTES)
            damaged |= bool(stream.read(1))
        for part, text in _Sets(data):
            if part:
                texts.add(f"properties: {part}", text)
            else:
                damaged = True
        yield from texts.ready()
    yield from texts.rest()
    if damaged:
        yield Problem(ref, Stage.EXTRACT, ProblemCode.CORRUPT, "the document properties are damaged")


class _Sets:
    """The property sets of one stream; iterates over name and text, an empty name where something is damaged."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._encoding = "cp1252"

    def __iter__(self) -> Iterator[tuple[str, str]]:
        data = self._data
        if len(data) < 28 or data[:2] != b"\xfe\xff":
            if data.strip(b"\0"):
                yield "", ""
            return
        for number in range(min(int.from_bytes(data[24:28], "little"), 2)):
            head = data[28 + 20 * number : 48 + 20 * number]
            if len(head) < 20:
                yield "", ""
                return
            yield from self._set(head[:16], int.from_bytes(head[16:], "little"))

    def _set(self, kind: bytes, start: int) -> Iterator[tuple[str, str]]:
        head = self._data[start : start + 8]
        count = min(int.from_bytes(head[4:], "little"), _MAX_PROPERTIES)
        table = self._data[start + 8 : start + 8 + 8 * count]
        if len(head) < 8 or len(table) < 8 * count:
            yield "", ""
        places = dict(struct.iter_unpack("<II", table[: len(table) & ~7]))
        if _CODE_PAGE in places:
            page = int.from_bytes(self._data[start + places[_CODE_PAGE] + 4 :][:2], "little")
            self._encoding = code_pages.codec(page) or "cp1252"
        custom: dict[int, str] = {}
        if _DICTIONARY in places:
            try:
                custom = self._dictionary(start + places[_DICTIONARY])
                del places[_DICTIONARY]
            except _UNREADABLE:
                pass  # some programs keep a plain value there
        known = _NAMES.get(kind, {})
        for number, place in places.items():
            if number in (_CODE_PAGE, _LOCALE, _BEHAVIOUR):
                continue
            try:
                texts = list(self._texts(start + place, number in custom or kind == _SUMMARY and number in _MOMENTS))
            except _UNREADABLE:
                yield "", ""
                continue
            for text in texts:
                if number in custom:
                    yield "custom", f"{custom[number]}: {text}"
                else:
                    yield known.get(number, "other"), text

    def _dictionary(self, at: int) -> dict[int, str]:
        """Names of custom properties ([MS-OLEPS] 2.17)."""
        found: dict[int, str] = {}
        count = min(self._number(at), _MAX_PROPERTIES)
        at += 4
        wide = self._encoding == "utf-16-le"
        for _ in range(count):
            number, size = self._number(at), self._number(at + 4)
            size = size * 2 if wide else size
            found[number] = self._decoded(at + 8, size)
            at += 8 + (size + 3 & ~3 if wide else size)
        return found

    def _texts(self, at: int, custom: bool) -> Iterator[str]:
        """The texts of a value; of custom properties numbers and dates too. Raises `_UNREADABLE`."""
        kind = self._number(at)
        if not kind & _VECTOR:
            yield from self._value(kind, at + 4, custom)[0]
            return
        count, at = min(self._number(at + 4), _MAX_PROPERTIES), at + 8
        for _ in range(count):
            inner = kind & ~_VECTOR
            if inner == _VARIANT:
                inner, at = self._number(at), at + 4
            found, at = self._value(inner, at, custom, unaligned=True)
            yield from found

    def _value(self, kind: int, at: int, custom: bool, unaligned: bool = False) -> tuple[list[str], int]:
        """The texts of a value that begins at `at`, and where the next begins.

        `unaligned`: 8-bit strings of a vector stand without padding ([MS-OSHARED] 2.3.3.1.9).
        """
        if kind in (_BSTR, _LPSTR, _LPWSTR, *_BLOBS):
            size = self._number(at) * (2 if kind == _LPWSTR else 1)
            end = at + 4 + size
            if end > len(self._data):
                raise ValueError("a string beyond the end")
            after = at + 4 + (size + 3 & ~3)
            if kind in _BLOBS:
                return strings_in(self._data[at + 4 : end]), after
            text = self._decoded(at + 4, size, wide=kind == _LPWSTR)
            return [text] if text.strip() else [], end if unaligned and kind == _LPSTR else after
        if kind == _FILETIME:
            ticks = int.from_bytes(self._data[at : at + 8], "little")
            moment = file_time(ticks) if custom and ticks else None
            return [moment.replace(tzinfo=None).isoformat(" ", "minutes")] if moment else [], at + 8
        if kind in _FIXED:
            size = struct.calcsize(_FIXED[kind])
            (number,) = struct.unpack_from(_FIXED[kind], self._data, at)
            return [number_text(str(number))] if custom else [], at + (size + 3 & ~3)
        return [], at + 4

    def _decoded(self, at: int, size: int, wide: bool = False) -> str:
        data = self._data[at : at + size]
        if len(data) < size:
            raise ValueError("a string beyond the end")
        if wide or self._encoding == "utf-16-le":
            return data[: len(data) & ~1].decode("utf-16-le", "replace").split("\0")[0]
        data = data.split(b"\0")[0]
        return charset.to_utf8(data, self._encoding).decode("utf-8", "replace")

    def _number(self, at: int) -> int:
        (number,) = struct.unpack_from("<I", self._data, at)
        return int(number)
