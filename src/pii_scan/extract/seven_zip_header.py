"""The list of members of a 7z archive: what `7zFormat.txt` of the LZMA SDK calls the header.

Parses bytes that are in memory; every count is checked against them, so nothing is allocated by a declared size.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from pii_scan.errors import DocumentError

_END, _HEADER, _ARCHIVE_PROPERTIES, _ADDITIONAL, _MAIN, _FILES, _PACK, _UNPACK, _SUBSTREAMS = range(9)
_SIZE, _CRC, _FOLDER, _CODER_SIZES, _COUNTS, _EMPTY_STREAM, _EMPTY_FILE, _ANTI, _NAMES = range(9, 18)
_MODIFIED = 0x14
ENCODED = 0x17
MAX_ENTRIES = 1_000_000
"""Members, blocks and packed streams that a list may name."""
_MAX_CODERS = 32
_EPOCH = 11_644_473_600
"""Seconds from 1601, where Windows times begin, to 1970."""


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of decoding."""

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass(slots=True)
class Folder:
    """A block of data that is decoded from its beginning, with the files that lie in it."""

    coders: list[Coder]
    binds: dict[int, int]
    """Input stream to the output stream that feeds it."""
    packed: list[int]
    """Input streams that are fed from the file, in the order of their data there."""
    sizes: list[int] = field(default_factory=list)
    """Bytes of each output stream."""
    crc: int | None = None
    starts: list[tuple[int, int]] = field(default_factory=list)
    """Offset and length in the file of the data of each of `packed`."""
    files: list[tuple[int, int | None]] = field(default_factory=list)
    """Size and checksum of each file."""

    @property
    def size(self) -> int:
        """Bytes of the output stream that feeds no other."""
        fed = set(self.binds.values())
        return next((size for number, size in enumerate(self.sizes) if number not in fed), 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as the list has it."""

    name: str
    holds_data: bool
    is_folder: bool
    modified_at: float | None


@dataclass(slots=True)
class Listing:
    """All blocks and members; members that hold data stand in the order of the blocks and the files in them."""

    folders: list[Folder] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def damaged() -> DocumentError:
    """What is to be said of a list that cannot be."""
    return DocumentError("corrupt", "the list of members is damaged")


class _Bytes:
    """Takes values off the header. Raises DocumentError (`corrupt`) at its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise damaged()
        self.at += count
        return self._data[self.at - count : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """As many bytes follow the first as it has leading ones; its other bits are the highest."""
        first = self.byte()
        for extra in range(8):
            if not first & 0x80 >> extra:
                high = first & (0x7F >> extra)
                return int.from_bytes(self.take(extra), "little") | high << 8 * extra
        return int.from_bytes(self.take(8), "little")

    def count(self, bytes_each: float = 1) -> int:
        """A number of things that take so many bytes each, at least, in what is left."""
        number = self.number()
        if number * bytes_each > self.left:
            raise damaged()
        if number > MAX_ENTRIES:
            raise DocumentError("limit", f"the archive lists more than {MAX_ENTRIES} members")
        return number

    def bits(self, count: int) -> list[bool]:
        data = self.take(-(-count // 8))
        return [bool(data[i >> 3] & 0x80 >> (i & 7)) for i in range(count)]

    def defined(self, count: int) -> list[bool]:
        return [True] * count if self.byte() else self.bits(count)

    def digests(self, count: int) -> list[int | None]:
        return [int.from_bytes(self.take(4), "little") if known else None for known in self.defined(count)]

    def inside(self) -> None:
        """Raises DocumentError (`unsupported`) where the data that follow lie elsewhere: no known writer does so."""
        if self.byte():
            raise DocumentError("unsupported", "the list of members lies in additional streams")


def parse(data: bytes) -> tuple[Listing, bool]:
    """The list, and whether it is only the place where the real list lies packed. Raises DocumentError."""
    source, listing = _Bytes(data), Listing()
    kind = source.byte()
    if kind == ENCODED:
        listing.folders = _streams(source)
        return listing, True
    if kind != _HEADER:
        raise damaged()
    kind = source.number()
    if kind == _ARCHIVE_PROPERTIES:
        while source.number() != _END:
            source.take(source.number())
        kind = source.number()
    if kind == _ADDITIONAL:
        _streams(source)
        kind = source.number()
    if kind == _MAIN:
        listing.folders = _streams(source)
        kind = source.number()
    if kind == _FILES:
        listing.entries = _files(source)
    elif kind != _END:
        raise damaged()
    return listing, False


def _streams(source: _Bytes) -> list[Folder]:
    folders: list[Folder] = []
    packed: list[tuple[int, int]] = []
    divided = False
    while (kind := source.number()) != _END:
        if kind == _PACK:
            packed = _pack_info(source)
        elif kind == _UNPACK:
            folders = _unpack_info(source)
        elif kind == _SUBSTREAMS:
            _substreams(source, folders)
            divided = True
        else:
            raise damaged()
    at = 0
    for folder in folders:
        folder.starts = packed[at : at + len(folder.packed)]
        at += len(folder.packed)
        if len(folder.starts) < len(folder.packed):
            raise damaged()
        if not divided:
            folder.files = [(folder.size, folder.crc)]
    return folders


def _pack_info(source: _Bytes) -> list[tuple[int, int]]:
    begin, count = 32 + source.number(), source.count()
    sizes: list[int] = []
    while (kind := source.number()) != _END:
        if kind == _SIZE:
            sizes = [source.number() for _ in range(count)]
        elif kind == _CRC:
            source.digests(count)
        else:
            raise damaged()
    starts = []
    for size in sizes:
        starts.append((begin, size))
        begin += size
    return starts


def _unpack_info(source: _Bytes) -> list[Folder]:
    if source.number() != _FOLDER:
        raise damaged()
    count = source.count(2)
    source.inside()
    folders = [_folder(source) for _ in range(count)]
    if source.number() != _CODER_SIZES:
        raise damaged()
    for folder in folders:
        folder.sizes = [source.number() for coder in folder.coders for _ in range(coder.outputs)]
    while (kind := source.number()) != _END:
        if kind != _CRC:
            raise damaged()
        for folder, crc in zip(folders, source.digests(count), strict=True):
            folder.crc = crc
    return folders


def _folder(source: _Bytes) -> Folder:
    count = source.number()
    if not 0 < count <= _MAX_CODERS:
        raise damaged()
    coders = [_coder(source) for _ in range(count)]
    inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
    binds = {}
    for _ in range(outputs - 1):
        into, out = source.number(), source.number()
        if into >= inputs or out >= outputs:
            raise damaged()
        binds[into] = out
    free = [number for number in range(inputs) if number not in binds]
    if inputs - outputs + 1 != len(free):
        raise damaged()
    packed = free if len(free) == 1 else [source.number() for _ in free]
    return Folder(coders, binds, packed)


def _coder(source: _Bytes) -> Coder:
    flags = source.byte()
    method = source.take(flags & 15)
    inputs = outputs = 1
    if flags & 0x10:
        inputs, outputs = source.number(), source.number()
        if not (0 < inputs <= _MAX_CODERS and 0 < outputs <= _MAX_CODERS):
            raise damaged()
    properties = source.take(source.number()) if flags & 0x20 else b""
    return Coder(method, properties, inputs, outputs)


def _substreams(source: _Bytes, folders: list[Folder]) -> None:
    counts = [1] * len(folders)
    kind = source.number()
    if kind == _COUNTS:
        counts = [source.count() for _ in folders]
        kind = source.number()
    if sum(counts) > min(source.left + 2 * len(counts), MAX_ENTRIES):
        raise damaged()
    for folder, count in zip(folders, counts, strict=True):
        sizes = [source.number() for _ in range(count - 1)] if kind == _SIZE else []
        if count:
            sizes.append(max(folder.size - sum(sizes), 0))
        folder.files = [(size, None) for size in sizes]
        if count == 1:
            folder.files = [(folder.size, folder.crc)]
    if kind == _SIZE:
        kind = source.number()
    while kind != _END:
        if kind != _CRC:
            raise damaged()
        unknown = [(folder, i) for folder in folders for i, (_, crc) in enumerate(folder.files) if crc is None]
        for (folder, i), crc in zip(unknown, source.digests(len(unknown)), strict=True):
            folder.files[i] = (folder.files[i][0], crc)
        kind = source.number()


def _files(source: _Bytes) -> list[Entry]:
    count = source.count(0.125)
    names, empty, blank, anti = [""] * count, [False] * count, list[bool](), list[bool]()
    modified: list[float | None] = [None] * count
    while (kind := source.number()) != _END:
        part = _Bytes(source.take(source.number()))
        if kind == _EMPTY_STREAM:
            empty = part.bits(count)
        elif kind == _EMPTY_FILE:
            blank = part.bits(sum(empty))
        elif kind == _ANTI:
            anti = part.bits(sum(empty))
        elif kind == _NAMES:
            part.inside()
            names = _names(part.take(part.left), count)
        elif kind == _MODIFIED:
            known = part.defined(count)
            part.inside()
            modified = [_seconds(part.take(8)) if has else None for has in known]
    number, entries = 0, []
    for i in range(count):
        is_folder = False
        if empty[i]:  # no data: a folder, a file of no bytes, or a note that a file is to be deleted
            is_folder = not (blank[number : number + 1] == [True]) or anti[number : number + 1] == [True]
            number += 1
        entries.append(Entry(names[i], not empty[i], is_folder, modified[i]))
    return entries


def _seconds(data: bytes) -> float | None:
    """A Windows time as seconds since 1970; None where it is none."""
    seconds = struct.unpack("<Q", data)[0] / 1e7 - _EPOCH
    return seconds if 0 <= seconds < 1 << 33 else None


def _names(data: bytes, count: int) -> list[str]:
    """Names in UTF-16, each with a NUL after it."""
    names = data.decode("utf-16-le", "replace").split("\0")
    return [name or "unnamed" for name in (names + [""] * count)[:count]]
