"""Writes binary PowerPoint presentations for tests ([MS-PPT]): slides, notes, comments, objects, edits."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from extract.ole_made import Tree, compound

DOCUMENT, SLIDE, NOTES, MASTER = 0x03E8, 0x03EE, 0x03F0, 0x03F8
CHARS, BYTES, STRING = 0x0FA0, 0x0FA8, 0x0FBA


def atom(kind: int, data: bytes, instance: int = 0) -> bytes:
    """A record without others in it."""
    return struct.pack("<HHI", instance << 4, kind, len(data)) + data


def container(kind: int, *records: bytes, instance: int = 0) -> bytes:
    """A record of records."""
    data = b"".join(records)
    return struct.pack("<HHI", instance << 4 | 0xF, kind, len(data)) + data


def text(value: str) -> bytes:
    """A text atom: 8 bits where it can be."""
    if all(ord(char) < 0x100 for char in value):
        return atom(BYTES, value.encode("latin-1"))
    return atom(CHARS, value.encode("utf-16-le"))


def string(value: str, instance: int = 0) -> bytes:
    """A string atom."""
    return atom(STRING, value.encode("utf-16-le"), instance)


def comment(author: str, said: str) -> bytes:
    """A comment, as it lies in the tags of a slide."""
    inner = container(0x2EE0, string(author, 0), string(said, 1), string("X", 2))
    return container(0x1388, container(0x138A, string("___PPT10"), atom(0x138B, inner)))


@dataclass
class Slide:
    """A slide: the text of its outline, what is in it, and its notes."""

    outline: str = ""
    records: list[bytes] = field(default_factory=list)
    notes: str = ""


@dataclass
class Show:
    """A presentation."""

    slides: list[Slide] = field(default_factory=list)
    document: list[bytes] = field(default_factory=list)
    masters: list[bytes] = field(default_factory=list)
    storages: list[bytes] = field(default_factory=list)
    before: list[bytes] = field(default_factory=list)
    """Records of earlier edits that are in use no longer."""
    first_edit: bool = False
    """The slides were saved by an edit before the last."""


def storage(data: bytes, compressed: bool = True) -> bytes:
    """An embedded object."""
    if compressed:
        return atom(0x1011, struct.pack("<I", len(data)) + zlib.compress(data), 1)
    return atom(0x1011, data)


def streams(show: Show) -> Tree:
    """The streams `PowerPoint Document` and `Current User`."""
    out = bytearray(b"".join(show.before))
    places: dict[int, int] = {}

    def put(number: int, data: bytes) -> None:
        places[number] = len(out)
        out.extend(data)

    lists: list[bytes] = []
    notes: list[bytes] = []
    for index, slide in enumerate(show.slides):
        number, own = 10 + 2 * index, 256 + index
        lists.append(atom(0x03F3, struct.pack("<IIIII", number, 4, 1, own, 0)))
        if slide.outline:
            lists += [atom(0x0F9F, bytes(4)), text(slide.outline)]
        put(number, container(SLIDE, atom(0x03EF, bytes(24)), *slide.records))
        if slide.notes:
            notes.append(atom(0x03F3, struct.pack("<IIIII", number + 1, 4, 0, 512 + index, 0)))
            of = atom(0x03F1, struct.pack("<IHH", own, 0, 0))
            put(number + 1, container(NOTES, of, container(0x040C, container(0xF00D, text(slide.notes)))))
    for index, master in enumerate(show.masters):
        put(1000 + index, container(MASTER, master))
    for index, data in enumerate(show.storages):
        put(2000 + index, data)
    edit = 0
    if show.first_edit:
        edit = _edit(out, dict(places), 0)
        places = {}
    put(1, container(
        DOCUMENT, *show.document, container(0x0FF0, *lists, instance=0), container(0x0FF0, *notes, instance=2)
    ))  # fmt: skip
    last = _edit(out, places, edit)
    user = struct.pack("<HHIIII", 0, 0x0FF6, 24, 0x14, 0xE391C05F, last) + bytes(12)
    return {"PowerPoint Document": bytes(out), "Current User": user}


def _edit(out: bytearray, places: dict[int, int], before: int) -> int:
    """A directory of records and the edit that names it; returns the offset of the edit."""
    directory = len(out)
    entries = b"".join(struct.pack("<II", number | 1 << 20, at) for number, at in sorted(places.items()))
    out += atom(0x1772, entries)
    place = len(out)
    out += atom(0x0FF5, struct.pack("<IIIIIII", 256, 0, before, directory, 1, 3000, 1))
    return place


def ppt(show: Show, **more: object) -> bytes:
    """The presentation as a file."""
    return compound({**streams(show), **more})
