"""Disc images (ISO 9660, with Joliet and Rock Ridge names): their files as documents.

ECMA-119; IEEE P1282 (Rock Ridge) for names. Of two trees the Joliet one gives the names, and what only the other has is
read too. UDF is told, not read.
"""

from __future__ import annotations

import calendar
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.archive import TarMember, member_document, problem
from pii_scan.extract.limits import PIECE, BoundedReader, Budget, MemberNames, Window, size_of
from pii_scan.model import ChunkBatch, Document, Limits, PartOrigin, Problem

SECTOR = 2048
MAX_DEPTH = 64
_FIRST, _DESCRIPTORS = 16, 64
_JOLIET = (b"%/@", b"%/C", b"%/E")
_TEXTS = (("system", 8, 40), ("volume", 40, 72), ("volume set", 190, 318), ("publisher", 318, 446),
          ("preparer", 446, 574), ("application", 574, 702))  # fmt: skip
_DIRECTORY, _GOES_ON = 2, 0x80
_TRAILING_BYTES = 1 << 20
"""Writers pad an image; more behind its file system than this is another session or something hidden."""


@dataclass(frozen=True, slots=True)
class _Volume:
    """A volume descriptor: a tree of its own over the same files."""

    data: bytes
    joliet: bool

    @property
    def block(self) -> int:
        return int(struct.unpack_from("<H", self.data, 128)[0]) or SECTOR

    @property
    def size(self) -> int:
        return int(struct.unpack_from("<I", self.data, 80)[0]) * self.block


@dataclass(slots=True)
class _File:
    """A file as its directory has it: where its parts lie."""

    path: str
    parts: list[tuple[int, int]]
    modified_at: float | None
    packed: bool

    @property
    def size(self) -> int:
        return sum(size for _, size in self.parts)


def extract(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The files of a disc image, and what it says of itself as parts.

    Raises DocumentError (`truncated`, `corrupt`, `unsupported`, `limit`) after what could be read.
    """
    budget = budget or Budget(limits)
    content = document.content
    size = size_of(content)
    volumes, udf = _volumes(content)
    volumes.sort(key=lambda volume: not volume.joliet)
    for volume in volumes:
        yield from _said(volume)
    names, seen, failure = MemberNames(), set[tuple[int, int]](), None
    for volume in volumes:
        tree = _Tree(content, size, volume)
        own = set[tuple[int, int]]()
        for file in tree.files():
            own.update(file.parts)
            if seen.issuperset(file.parts) and volume is not volumes[0]:
                continue
            ref = document.ref.member(names.unique(file.path), file.size, file.modified_at)
            if file.packed:
                yield problem(ref, DocumentError("unsupported", "a file that is compressed within the disc image"))
                continue
            member = TarMember(_Parts(content, file.parts), file.size)
            yield from member_document(ref, BoundedReader(member, limits, budget, size), limits, budget)
        seen |= own
        failure = failure or tree.failure
    yield from (problem(document.ref, error) for error in _faults(volumes, size, udf, failure))


def _faults(volumes: list[_Volume], size: int, udf: bool, failure: DocumentError | None) -> Iterator[DocumentError]:
    """What of the image was not read."""
    if failure is not None:
        yield failure
    if udf:
        yield DocumentError("unsupported", "the UDF file system of the disc image is not read")
    elif not volumes:
        yield DocumentError("corrupt", "the disc image has no file system that is known")
    declared = max((volume.size for volume in volumes), default=0)
    if declared > size:
        yield DocumentError("truncated", f"{declared - size} bytes of the disc image are missing")
    elif volumes and size - declared > _TRAILING_BYTES and not udf:
        yield DocumentError("corrupt", f"{size - declared} bytes stand behind the file system of the disc image")


def _volumes(content: BinaryIO) -> tuple[list[_Volume], bool]:
    """The trees of the image, and whether it has UDF too (ECMA-119 section 8, ECMA-167 section 2/9)."""
    volumes: list[_Volume] = []
    udf = False
    for number in range(_FIRST, _FIRST + _DESCRIPTORS):
        content.seek(number * SECTOR)
        data = content.read(SECTOR)
        if len(data) < SECTOR or (data[1:6] not in (b"CD001", b"BEA01", b"NSR02", b"NSR03", b"TEA01", b"BOOT2")):
            break
        udf |= data[1:6] in (b"NSR02", b"NSR03")
        if data[1:6] == b"CD001" and data[0] in (1, 2):
            joliet = data[0] == 2 and data[88:91] in _JOLIET
            if data[0] == 1 or joliet:
                volumes.append(_Volume(data, joliet))
    return volumes[:4], udf


def _said(volume: _Volume) -> Iterator[ChunkBatch]:
    """The names of people and programs that a volume descriptor holds."""
    encoding = "utf-16-be" if volume.joliet else "latin-1"
    found = [
        (f"disc {name}", text)
        for name, start, end in _TEXTS
        if (text := volume.data[start:end].decode(encoding, "replace").strip(" \0").replace("\0", " "))
    ]
    if found:
        yield ChunkBatch(
            pa.array([text for _, text in found], pa.large_string()), PartOrigin(tuple(n for n, _ in found))
        )


class _Parts:
    """The data of a file, one part after the other."""

    __slots__ = ("_at", "_windows")

    def __init__(self, content: BinaryIO, parts: list[tuple[int, int]]) -> None:
        self._windows = [Window(content, start, size) for start, size in parts]
        self._at = 0

    def read(self, size: int = PIECE, /) -> bytes:
        while self._at < len(self._windows):
            if data := self._windows[self._at].read(size):
                return data
            self._at += 1
        return b""


class _Tree:
    """The directories of one volume. `failure` says what of them could not be read."""

    def __init__(self, content: BinaryIO, size: int, volume: _Volume) -> None:
        self.failure: DocumentError | None = None
        self._content = content
        self._size = size
        self._volume = volume
        self._walked: set[int] = set()
        self._left = 2 * size + (1 << 20)
        """Bytes of directories that may still be read: overlapping ones must come to an end."""

    def files(self) -> Iterator[_File]:
        """Every file once, folder by folder."""
        start, size = struct.unpack_from("<I4xI", self._volume.data, 156 + 2)
        waiting = [("", start, size, 0)]
        while waiting:
            folder, start, size, depth = waiting.pop()
            if start in self._walked:
                continue
            self._walked.add(start)
            if depth > MAX_DEPTH or self._left < 0:
                self.failure = DocumentError("limit", f"folders nested deeper than {MAX_DEPTH}, or in a circle")
                continue
            inner: list[tuple[str, int, int, int]] = []
            pending: list[tuple[int, int]] = []
            for record, more in self._records(start * self._volume.block, size):
                begin, length = struct.unpack_from("<I4xI", record, 2)
                name, packed = self._name(record, more)
                path = f"{folder}/{name}" if folder else name
                if record[25] & _DIRECTORY:
                    inner.append((path, begin, length, depth + 1))
                    continue
                pending.append(((begin + record[1]) * self._volume.block, length))
                if not record[25] & _GOES_ON:
                    yield _File(path, pending, _modified(record[18:25]), packed)
                    pending = []
            if pending:
                yield _File(f"{folder}/unnamed" if folder else "unnamed", pending, None, False)
            waiting += reversed(inner)

    def _records(self, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
        """The records of a directory but for its own and its parent's, with their system use areas (9.1)."""
        if start + size > self._size:
            self.failure = DocumentError("truncated", "a folder of the disc image is missing or cut")
        window = Window(self._content, start, min(size, max(self._size - start, 0)))
        number = 0
        while sector := window.read(SECTOR):
            self._left -= len(sector)
            if self._left < 0:
                return
            at = 0
            while at < len(sector) and sector[at]:
                record = sector[at : at + sector[at]]
                at += len(record) if len(record) > 1 else 2
                if len(record) < 34 or 33 + record[32] > len(record):
                    self.failure = DocumentError("corrupt", "a folder of the disc image is damaged")
                    break
                number += 1
                if number > 2 or record[33 : 33 + record[32]] not in (b"\0", b"\1"):
                    use = 33 + record[32] + (not record[32] & 1)
                    yield record, self._system_use(record[use:])
            if at < len(sector) and sector[at:].strip(b"\0"):
                self.failure = self.failure or DocumentError("corrupt", "a folder of the disc image is damaged")

    def _system_use(self, area: bytes) -> bytes:
        """The system use area with what it goes on with elsewhere (`CE` fields)."""
        whole = area
        for _ in range(8):
            place = next((at for at, field in _fields(area) if field[:2] == b"CE" and len(field) >= 28), -1)
            if place < 0:
                break
            block, offset, length = struct.unpack_from("<I4xI4xI", area, place + 4)
            self._content.seek(min(block * self._volume.block + offset, self._size))
            area = self._content.read(min(length, SECTOR))
            whole += area
        return whole

    def _name(self, record: bytes, use: bytes) -> tuple[str, bool]:
        """The name, and whether the data are compressed (`ZF`)."""
        raw = record[33 : 33 + record[32]]
        if self._volume.joliet:
            name = raw.decode("utf-16-be", "replace")
        else:
            fields = [field for _, field in _fields(use)]
            posix = b"".join(field[5:] for field in fields if field[:2] == b"NM" and field[4:5] not in (b"\2", b"\4"))
            name = (posix or raw).decode("utf-8", "surrogateescape")
            if posix:
                return name, any(field[:2] == b"ZF" for field in fields)
        return (name.partition(";")[0].rstrip(".") or "unnamed"), False


def _fields(area: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a system use area: two letters, a length, a version."""
    at = 0
    while at + 4 <= len(area) and area[at + 2] >= 4:
        yield at, area[at : at + area[at + 2]]
        at += area[at + 2]


def _modified(data: bytes) -> float | None:
    """A time of a directory record (9.1.5): the year from 1900 and a zone in quarters of an hour."""
    year, month, day, hour, minute, second, zone = struct.unpack("<6Bb", data)
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return None
    return float(calendar.timegm((1900 + year, month, day, hour, minute, second)) - int(zone) * 900)
