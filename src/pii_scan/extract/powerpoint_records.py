"""Records of binary PowerPoint files ([MS-PPT] 2.3): the tree of them, and which of them are in use."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import size_of

DOCUMENT, SLIDE, NOTES, MASTER, HANDOUT = 0x03E8, 0x03EE, 0x03F0, 0x03F8, 0x0FC9
SLIDE_LIST, SLIDE_PLACE, NOTES_OF = 0x0FF0, 0x03F3, 0x03F1
TEXT_CHARS, TEXT_BYTES, STRING = 0x0FA0, 0x0FA8, 0x0FBA
COMMENT, HEADERS, LINK, OBJECT, TAG = 0x2EE0, 0x0FD9, 0x0FD7, 0x0FCC, 0x1389
STORAGE = 0x1011
USER_EDIT, DIRECTORY = 0x0FF5, 0x1772
_BLOB = 0x138B
_ROUND_TRIP = range(0x040E, 0x0430)
"""Parts of an Office Open XML file, kept for the way back: themes, styles."""
_FIRST_KIND = 0x03E8
_LINKED, _CONTROL = 0x0FCE, 0x0FEE
OBJECTS = (OBJECT, _LINKED, _CONTROL)
_CURRENT_TOKEN, _ENCRYPTED_TOKEN = 0xE391C05F, 0xF3D1C4DF
_MAX_DEPTH = 64
_MAX_EDITS = 4096
_MAX_ENTRIES = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One record: an atom, or a container that has records within."""

    kind: int
    instance: int
    start: int
    """Offset of its data."""
    end: int
    container: bool
    parents: tuple[int, ...] = ()
    """Kinds of the containers around it, outermost first."""


class PowerPointStream:
    """The stream `PowerPoint Document`."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = size_of(stream)
        self.cut = False
        """Some record is longer than what holds it."""

    def record(self, at: int, end: int, parents: tuple[int, ...] = ()) -> Record | None:
        """The record that begins at an offset, at most to `end`; None where none fits."""
        if at + 8 > end:
            return None
        self.stream.seek(at)
        head = self.stream.read(8)
        if len(head) < 8:
            return None
        version, kind = int.from_bytes(head[:2], "little"), int.from_bytes(head[2:4], "little")
        last = at + 8 + int.from_bytes(head[4:], "little")
        self.cut |= last > end
        container = version & 0xF == 0xF and kind not in _ROUND_TRIP or kind == _BLOB
        return Record(kind, version >> 4, at + 8, min(last, end), container, parents)

    def walk(self, record: Record) -> Iterator[Record]:
        """A record and all within it, in their order. Deeper than 64 levels it does not go, and that is `cut`."""
        pending = [record]
        while pending:
            current = pending.pop()
            yield current
            if not current.container:
                continue
            if len(current.parents) >= _MAX_DEPTH:
                self.cut = True
                continue
            parents = (*current.parents, current.kind)
            kids: list[Record] = []
            at = current.start
            while (kid := self.record(at, current.end, parents)) is not None:
                kids.append(kid)
                at = kid.end
            pending += reversed(kids)

    def top(self, known: Iterable[int] = ()) -> Iterator[Record]:
        """The records that stand in no other. `known`: offsets where some begin, used to pass over gaps."""
        at = 0
        starts = sorted(known)
        while (record := self._at_top(at)) is not None or starts:
            if record is None:
                at = starts.pop(0)
                continue
            yield record
            at = record.end
            starts = starts[bisect_left(starts, at) :]

    def _at_top(self, at: int) -> Record | None:
        cut, record = self.cut, self.record(at, self.size)
        if record is None or record.kind < _FIRST_KIND:  # padding
            self.cut = cut
            return None
        return record

    def bytes(self, record: Record, limit: int) -> bytes:
        """The data of an atom, at most `limit` bytes."""
        self.stream.seek(record.start)
        return self.stream.read(min(record.end - record.start, limit))

    def places(self, current_user: BinaryIO | None) -> tuple[dict[int, int], int]:
        """Offsets of the records in use by their numbers, and the number of the document ([MS-PPT] 2.1.2).

        Raises DocumentError (`encrypted`, `corrupt`).
        """
        at = self._last_edit(current_user)
        found: dict[int, int] = {}
        document = 0
        seen: set[int] = set()
        while at not in seen and len(seen) < _MAX_EDITS:
            seen.add(at)
            edit = self.record(at, self.size)
            if edit is None or edit.kind != USER_EDIT:
                raise DocumentError("corrupt", "the list of edits of the presentation is damaged")
            data = self.bytes(edit, 64)
            if len(data) >= 32 and any(data[28:32]):
                raise DocumentError("encrypted", "the presentation has a password")
            document = document or int.from_bytes(data[16:20], "little")
            self._read_directory(int.from_bytes(data[12:16], "little"), found)
            at = int.from_bytes(data[8:12], "little")
            if not at:
                break
        return found, document

    def _last_edit(self, current_user: BinaryIO | None) -> int:
        """Where the last edit is: by the stream `Current User`, else the last there is."""
        if current_user is not None:
            with current_user:
                data = current_user.read(20)
            token, offset = int.from_bytes(data[12:16], "little"), int.from_bytes(data[16:20], "little")
            if token == _ENCRYPTED_TOKEN:
                raise DocumentError("encrypted", "the presentation has a password")
            record = self.record(offset, self.size)
            if record is not None and record.kind == USER_EDIT:
                return offset
        edits = [record.start - 8 for record in self.top() if record.kind == USER_EDIT]
        if not edits:
            raise DocumentError("corrupt", "the list of edits of the presentation is damaged")
        return edits[-1]

    def _read_directory(self, at: int, found: dict[int, int]) -> None:
        """One directory of records; what later ones said stays ([MS-PPT] 2.3.4)."""
        record = self.record(at, self.size)
        if record is None or record.kind != DIRECTORY:
            raise DocumentError("corrupt", "the list of edits of the presentation is damaged")
        data = self.bytes(record, 4 * _MAX_ENTRIES)
        at = 0
        while at + 4 <= len(data):
            head = int.from_bytes(data[at : at + 4], "little")
            first, count = head & 0xFFFFF, head >> 20
            at += 4
            for number in range(first, first + count):
                if at + 4 > len(data):
                    break
                found.setdefault(number, int.from_bytes(data[at : at + 4], "little"))
                at += 4
