"""Publications (PUB, Publisher 98 to 2021): stories as lines, pictures and embedded objects as members.

Nothing of the format is published but what libmspub and Apache POI found: the stream `CONTENTS` of `Quill` is a list
of chunks, of which `TEXT` is UTF-16. The text of shapes and what Publisher remembers of mail and web stands in other
streams, of which runs of text are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import office_art, ole_storage
from pii_scan.extract.compound_file import Entry, storage_of
from pii_scan.extract.limits import MemberNames, size_of
from pii_scan.extract.mapi_values import strings_in
from pii_scan.extract.office_pictures import Pictures
from pii_scan.extract.office_text import PartTexts, TextLines
from pii_scan.extract.ole_properties import properties
from pii_scan.model import ChunkBatch, Document, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_MAGIC = b"CHNKINK "
_ENTRIES_AT, _ENTRY_BYTES, _MAX_ENTRIES = 32, 24, 4096
_TEXT = b"TEXT"
_UNUSED = (b"STSH", b"FDPP", b"FDPC", b"FONT", b"SYID", b"INK ", b"MCLD")
"""Styles, formats, fonts, ink and layout."""
_DRAWINGS, _DELAYED = "EscherStm", "EscherDelayStm"
_DONE = frozenset({"Quill", "Escher", "\x03Internal"})
_BLOCK = 1 << 16
_MAX_RUNS = 1 << 20
_BREAKS = str.maketrans({"\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x0e": "\n", "\x07": "\t", "\0": " "})
_FIELDS = re.compile("[\x01-\x08\x13-\x15]")


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Stories, properties, drawings, then what else is in the file. Damage in one of them is a Problem."""
    ref = document.ref
    root = storage_of(document)
    names = MemberNames()
    done = _DONE
    parts = {"Quill": _stories(root, limits), "Escher": _drawings(root, Pictures(ref, names, limits), limits)}
    for name, pieces in parts.items():
        try:
            yield from pieces
        except DocumentError as error:
            yield Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)
            done -= {name}  # to be read as runs of text
    yield from properties(ref, root, limits)
    yield from ole_storage.contents(ref, root, names, limits, done)
    yield from root.file.problems(ref)


def _within(root: Entry, *names: str) -> Entry | None:
    """The entry at a path."""
    found: Entry | None = root
    for name in names:
        found = None if found is None or found.is_stream else found.find(name)
    return found


def _stories(root: Entry, limits: Limits) -> Iterator[Piece]:
    entry = _within(root, "Quill", "QuillSub", "CONTENTS")
    if entry is None or not entry.is_stream:
        raise DocumentError("corrupt", "the publication has no stream of text")
    lines, runs = TextLines("", limits), TextLines("links and names", limits)
    with entry.open() as content:
        for kind, start, size in _chunks(content):
            content.seek(start)
            if kind == _TEXT:
                for text in _decoded(content, size):
                    lines.write(text)
                    yield from lines.ready()
            elif kind not in _UNUSED:
                for run in strings_in(content.read(min(size, _MAX_RUNS))):
                    runs.add(run)
                yield from runs.ready()
    yield from lines.rest()
    yield from runs.rest()


def _chunks(content: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and bytes of each chunk. Raises DocumentError."""
    size, count = size_of(content), 0
    head = content.read(_ENTRIES_AT + _ENTRY_BYTES * _MAX_ENTRIES)
    if not head.startswith(_MAGIC):
        raise DocumentError("corrupt", "the text of the publication is damaged")
    for at in range(_ENTRIES_AT, len(head) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        if int.from_bytes(head[at : at + 2], "little") != _ENTRY_BYTES:
            break
        start, length = (int.from_bytes(head[at + place : at + place + 4], "little") for place in (16, 20))
        count += 1
        yield head[at + 12 : at + 16], min(start, size), max(min(length, size - start), 0)
        if start + length > size:
            raise DocumentError("truncated", "the text of the publication ends too early")
    if not count:
        raise DocumentError("corrupt", "the text of the publication is damaged")


def _decoded(content: BinaryIO, size: int) -> Iterator[str]:
    """The text of a chunk, piece by piece."""
    while size > 1 and (data := content.read(min(_BLOCK, size & ~1))):
        size -= len(data)
        yield _FIELDS.sub("", data.decode("utf-16-le", "replace").translate(_BREAKS))


def _drawings(root: Entry, pictures: Pictures, limits: Limits) -> Iterator[Piece]:
    """Texts and pictures of shapes ([MS-ODRAW])."""
    entry, later = _within(root, "Escher", _DRAWINGS), _within(root, "Escher", _DELAYED)
    texts = PartTexts(limits)
    for stream in (entry, later):
        if stream is None or not stream.is_stream:
            continue
        with stream.open() as content:
            for item in office_art.drawing_items(content, 0, size_of(content)):
                if isinstance(item, str):
                    texts.add("drawings", item)
                    yield from texts.ready()
                else:
                    yield from pictures.member(item)
    yield from texts.rest()
