"""Embedded OLE objects: what is packed in one, as a member of the document around it.

Reads the OLE 1.0 format that RTF keeps ([MS-OLEDS] 2.2) and the streams in which OLE 2 keeps packed files
([MS-OLEDS] 2.3.6 and the packager's own format, which no standard describes). Runs nothing, follows no link.
"""

from __future__ import annotations

import ntpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from pii_scan.extract import charset
from pii_scan.extract.limits import MemberNames, Window, size_of
from pii_scan.extract.office_text import PartTexts
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD_BYTES = 8 << 10
_MAX_STRING = 4 << 10
_LINKED, _EMBEDDED, _STATIC = 1, 2, 5
_PACKED, _EMBEDDED_FILE = 2, 3


class _Fields:
    """Reads the fields at the head of an object. Raises ValueError where one does not fit."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at

    def number(self, size: int) -> int:
        """A little-endian number of `size` bytes."""
        if self.at + size > len(self._data):
            raise ValueError("a number beyond the end")
        self.at += size
        return int.from_bytes(self._data[self.at - size : self.at], "little")

    def counted(self, unit: int = 1) -> bytes:
        """A string behind its length in characters of `unit` bytes."""
        size = self.number(4) * unit
        if size > _MAX_STRING or self.at + size > len(self._data):
            raise ValueError("a string beyond the end")
        self.at += size
        return self._data[self.at - size : self.at]

    def ended(self) -> bytes:
        """A string up to its NUL."""
        end = self._data.find(b"\0", self.at, self.at + _MAX_STRING)
        if end < 0:
            raise ValueError("a string without an end")
        found = self._data[self.at : end]
        self.at = end + 1
        return found


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that the packager put into an object: where its bytes are, and what it was called."""

    start: int
    size: int
    names: tuple[str, ...]
    """The label first, then the paths it came from."""


def packed_file(content: BinaryIO, start: int = 0, sized: bool = True) -> Packed | None:
    """The file in an `Ole10Native` stream, or None where it is none of the packager's.

    `sized`: the stream begins with its own length, as it does everywhere but in OLE 1.0.
    """
    content.seek(start)
    fields = _Fields(content.read(_HEAD_BYTES))
    try:
        if sized:
            fields.number(4)
        if fields.number(2) != _PACKED:
            return None
        names = [fields.ended(), fields.ended()]
        fields.number(2)
        if fields.number(2) != _EMBEDDED_FILE:
            return None
        names.append(fields.counted())
        size = fields.number(4)
    except ValueError:
        return None
    begin = start + fields.at
    texts = _wide_names(content, begin + size) + [_text(name) for name in names]
    return Packed(begin, size, tuple(dict.fromkeys(filter(None, texts))))


def _wide_names(content: BinaryIO, at: int) -> list[str]:
    """The names once more in UTF-16, which newer packagers write behind the file; the label first."""
    content.seek(at)
    fields = _Fields(content.read(_HEAD_BYTES))
    found: list[str] = []
    try:
        for _ in range(3):
            found.append(fields.counted(2).decode("utf-16-le", "replace").strip("\0"))
    except ValueError:
        pass
    return found[1:] + found[:1]


def _text(name: bytes) -> str:
    name = name.rstrip(b"\0")
    return charset.to_utf8(name, charset.detect(name + b" ")).decode("utf-8", "replace")


def member_name(names: MemberNames, wanted: str, otherwise: str) -> str:
    """A name for a member: the last part of a path, or `otherwise`."""
    base = " ".join(ntpath.basename(wanted.replace("/", "\\")).replace("\0", " ").split())[:200]
    return names.unique(base.strip() or otherwise)


def from_native(
    ref: DocumentRef, content: BinaryIO, names: MemberNames, limits: Limits, otherwise: str = "object"
) -> Iterator[Piece]:
    """What an `Ole10Native` stream holds: a packed file, or the data of an old program as they stand."""
    found = packed_file(content)
    if found is not None:
        yield from _packed(ref, content, found, names, limits, otherwise)
        return
    size = size_of(content)
    start = 4 if size >= 4 else 0  # its own length
    yield _member(ref, content, start, size - start, names.unique(otherwise))


def from_ole1(ref: DocumentRef, content: BinaryIO, label: str, names: MemberNames, limits: Limits) -> Iterator[Piece]:
    """What an OLE 1.0 object holds ([MS-OLEDS] 2.2.4, 2.2.5); closes `content`. `label`: what to call it otherwise."""
    with content:
        size = size_of(content)
        head = content.read(_HEAD_BYTES)
        fields = _Fields(head, 4)
        try:
            kind = fields.number(4)
            class_name, *sources = (_text(fields.counted()) for _ in range(3))
            data_size = fields.number(4)
            start = fields.at
        except ValueError:
            kind, class_name, sources, start, data_size = 0, "", [], 0, size
        if kind not in (_LINKED, _EMBEDDED, _STATIC) or (data_size > size - start and head.find(OLE_MAGIC) > 0):
            start = max(head.find(OLE_MAGIC), 0)
            data_size = size - start
        texts = PartTexts(limits)
        for source in sources:
            texts.add("objects", source)
        yield from texts.rest()
        if kind == _LINKED:
            return
        found = packed_file(content, start, sized=False) if class_name.lower() == "package" else None
        if found is not None:
            yield from _packed(ref, content, found, names, limits, label)
        elif data_size:
            yield _member(ref, content, start, data_size, names.unique(label))
            if data_size > size - start:
                yield _cut(ref)


def _packed(
    ref: DocumentRef, content: BinaryIO, found: Packed, names: MemberNames, limits: Limits, otherwise: str
) -> Iterator[Piece]:
    texts = PartTexts(limits)
    for name in found.names:
        texts.add("objects", name)
    yield from texts.rest()
    name = member_name(names, found.names[0] if found.names else "", otherwise)
    yield _member(ref, content, found.start, found.size, name)
    if found.start + found.size > size_of(content):
        yield _cut(ref)


def _member(ref: DocumentRef, content: BinaryIO, start: int, size: int, name: str) -> Document:
    size = max(min(size, size_of(content) - start), 0)
    return Document(ref.member(name, size), cast(BinaryIO, Window(content, start, size)))


def _cut(ref: DocumentRef) -> Problem:
    return Problem(ref, Stage.EXTRACT, ProblemCode.TRUNCATED, "an embedded object ends too early")
