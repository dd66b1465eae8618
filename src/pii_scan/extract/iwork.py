"""Archives of Apple's iWork (IWA, in Pages, Numbers and Keynote files since 2013): all strings as lines.

No description by Apple is published: blocks of raw Snappy behind a head of four bytes, within them protocol buffers
(https://protobuf.dev/programming-guides/encoding) behind the length of their head. Which field means what is not
looked at: each field that is text is a line. Numbers that stand alone in cells are packed and not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import PIECE, Budget, Spool, size_of
from pii_scan.extract.mapi_values import strings_in
from pii_scan.extract.office_text import TextLines
from pii_scan.model import ChunkBatch, Document, Limits, Problem, ProblemCode, Stage

_HEAD_BYTES = 4
_MAX_GROWTH = 64
"""Bytes that one byte of Snappy may stand for: the longest copy is of 64 bytes and takes three."""
_MAX_MESSAGE = 64 << 20
_MAX_DEPTH = 64
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_HEADS, _LENGTH, _KIND = 2, 3, 1
"""Fields of the head of an archive: its messages; of one of them: its length and type."""
_TILE = 6002
"""The type of a message that holds cells."""
_MARKS = dict.fromkeys([*range(9), *range(14, 32), 0x7F, 0xFFFC], "\n")
_BREAKS = {0x2028: "\n", 0x2029: "\n", 0x0B: "\n", 0x0C: "\n", 0x0D: "\n"}
_MARKS_ALLOWED = frozenset("\t\n\x0b\x0c\r\x04\x05\x0e\x0f\x10")

Field = tuple[int, int, int | bytes]
"""Number, wire type, value."""


def extract(document: Document, limits: Limits, budget: Budget) -> Iterator[ChunkBatch | Problem]:
    """The strings of an archive. Raises DocumentError (`corrupt`, `truncated`, `limit`) after what could be read."""
    lines = TextLines("", limits)
    store, failure = _expanded(document.content, limits, budget)
    cells = broken = False
    with store:
        try:
            for kind, message in _messages(store):
                cells |= kind == _TILE
                broken |= _fields(message) is None
                for text in _strings(message, 0):
                    lines.add(text)
                yield from lines.ready()
        except DocumentError as error:
            failure = failure or error
    yield from lines.rest()
    if cells:
        detail = "numbers and dates in cells are not read, texts are"
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)
    if broken and failure is None:
        failure = DocumentError("corrupt", "a message of the archive is damaged")
    if failure is not None:
        raise failure


def _expanded(content: BinaryIO, limits: Limits, budget: Budget) -> tuple[BinaryIO, DocumentError | None]:
    """The blocks of the file, expanded, and why they end before its end, if they do."""
    store = Spool(limits.spool_bytes)
    codec = pa.Codec("snappy")
    try:
        while head := content.read(_HEAD_BYTES):
            size = int.from_bytes(head[1:], "little")
            data = content.read(size)
            if len(head) < _HEAD_BYTES or len(data) < size:
                return store.finish(), DocumentError("truncated", "the archive ends within a block")
            length, at = _varint(data, 0)
            if head[0] or at < 0 or length > _MAX_GROWTH * size:
                return store.finish(), DocumentError("corrupt", "a block of the archive is damaged")
            budget.take_bytes(length)
            store.write(codec.decompress(data, length, asbytes=True))
    except (pa.ArrowException, OSError):
        return store.finish(), DocumentError("corrupt", "a block of the archive is damaged")
    except DocumentError as error:
        return store.finish(), error
    return store.finish(), None


def _messages(store: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Type and bytes of each message. Raises DocumentError (`corrupt`)."""
    damaged = DocumentError("corrupt", "the list of messages is damaged")
    size, at = size_of(store), 0
    while at < size:
        store.seek(at)
        head = store.read(PIECE)
        length, start = _varint(head, 0)
        if start < 0 or start + length > len(head):
            raise damaged
        fields = _fields(head[start : start + length])
        if fields is None:
            raise damaged
        at += start + length
        for number, _, value in fields:
            if number != _HEADS or not isinstance(value, bytes):
                continue
            inner = {key: found for key, _, found in _fields(value) or ()}
            count = inner.get(_LENGTH, 0)
            if not isinstance(count, int) or at + count > size or count > _MAX_MESSAGE:
                raise damaged
            store.seek(at)
            kind = inner.get(_KIND)
            yield (kind if isinstance(kind, int) else 0), store.read(count)
            at += count


def _strings(message: bytes, depth: int) -> Iterator[str]:
    """The texts within a message and those within it; of what is neither, runs of text."""
    fields = _fields(message)
    if fields is None:
        yield from strings_in(message)
    for _, wire, value in fields or ():
        if wire != _BYTES or not isinstance(value, bytes) or len(value) < 2:
            continue
        text = _text(value)
        if text is not None:
            yield text
        elif depth < _MAX_DEPTH:
            yield from _strings(value, depth + 1)


def _text(value: bytes) -> str | None:
    """The value as text, or None where it is none."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(char < " " and char not in _MARKS_ALLOWED for char in text):
        return None
    if "\n" in text[:1] and _fields(value) is not None:  # a message of one short string looks like text
        return None
    return text.translate(_BREAKS).translate(_MARKS | {0x0A: "\n"})


def _fields(data: bytes) -> list[Field] | None:
    """The fields of a message, or None where the bytes are no message."""
    out: list[Field] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if at < 0 or not number:
            return None
        value: int | bytes = b""
        if wire == _VARINT:
            value, at = _varint(data, at)
            if at < 0:
                return None
        else:
            size = {_EIGHT: 8, _FOUR: 4}.get(wire, -1)
            if wire == _BYTES:
                size, at = _varint(data, at)
            if size < 0 or at < 0 or at + size > len(data):
                return None
            value = data[at : at + size]
            at += size
        out.append((number, wire, value))
    return out


def _varint(data: bytes, at: int) -> tuple[int, int]:
    r"""A number of at most 64 bits, and the offset after it: -1 where there is none.

    >>> _varint(b"\x96\x01", 0), _varint(b"\x96", 0)
    ((150, 2), (0, -1))
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            return 0, -1
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    return 0, -1
