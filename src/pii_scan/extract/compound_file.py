"""OLE compound files ([MS-CFB]): storages, and streams as files. Lenient: gives whatever of a damaged file can be read.

Damage is gathered in `CompoundFile.faults`, for the reader of the format to report. Knows nothing of what streams hold.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract.compound_chain import Allocation, Chain, ChainStream
from pii_scan.extract.limits import size_of
from pii_scan.model import Document, DocumentRef, Problem, ProblemCode, Stage

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_ENTRIES = 1 << 19
"""Entries of one directory; more are left out."""

_HEADER = struct.Struct("<8s16sHHHHH6sIIIIIIIII109I")
_ENTRY = struct.Struct("<64sHBBIII16sIQQIQ")
_ENTRY_BYTES = 128
_NONE = 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_MINI_SHIFT, _MINI_CUTOFF = 6, 4096
_ROOT_NAME = "Root Entry".encode("utf-16-le")
_BROKEN_DIRECTORY = "the directory of the compound file is damaged"


class Entry:
    """One entry of the directory. A stream has a size, a storage has children."""

    __slots__ = ("child", "class_id", "file", "is_stream", "kids", "left", "name", "number", "right", "size", "start")

    def __init__(self, file: CompoundFile, number: int, data: bytes) -> None:
        name, length, kind, _, left, right, child, class_id, _, _, _, start, size = _ENTRY.unpack(data)
        self.file = file
        self.number = number
        self.name = name[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
        self.is_stream = kind == _STREAM
        self.left, self.right, self.child = left, right, child
        self.class_id: bytes = class_id
        """CLSID of a storage as it is stored, 16 bytes."""
        self.start = start
        self.size = size if file.version > 3 else size & 0xFFFFFFFF
        """Bytes of a stream, as the directory says."""
        self.kids: list[Entry] = []

    def __iter__(self) -> Iterator[Entry]:
        """The entries within a storage, in the order of the directory."""
        return iter(self.kids)

    def find(self, *path: str) -> Entry | None:
        """The entry by names one within another, compared without case; None where there is none."""
        entry: Entry | None = self
        for name in path:
            wanted = name.upper()
            entry = next((kid for kid in entry.kids if kid.name.upper() == wanted), None) if entry else None
        return entry

    def stream(self, *path: str) -> BinaryIO | None:
        """The stream by its names, opened; None where there is none."""
        entry = self.find(*path)
        return entry.open() if entry is not None and entry.is_stream else None

    def open(self) -> BinaryIO:
        """The bytes of a stream as a seekable file; what is missing of it is a fault of the compound file."""
        return self.file.open(self)


class CompoundFile:
    """An opened compound file."""

    def __init__(self, content: BinaryIO) -> None:
        """Raises DocumentError (`corrupt`, `truncated`) when there is no directory to be found."""
        self._content = content
        self.faults: list[DocumentError] = []
        """What was found damaged so far; grows as streams are read."""
        size = size_of(content)
        header = content.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise DocumentError("truncated", "the header of the compound file is cut")
        fields = _HEADER.unpack(header)
        _, _, _, major, _, shift, _, _, _, _, directory, _, _, mini_table, _, extra, _, *table = fields
        if shift not in (9, 12):
            self.fault("corrupt", "the header of the compound file is damaged")
            shift = 12 if major == 4 else 9
        self.version = 4 if shift == 12 else 3
        self._sectors = Allocation(content, shift, size, self.fault)
        self._sectors.load_table(table, extra)
        self.root = self._load(directory)
        self._mini_table = mini_table
        self._mini: Allocation | None = None
        content.seek(0)

    def fault(self, code: str, detail: str) -> None:
        """Notes a damage, once."""
        if not any(fault.detail == detail for fault in self.faults):
            self.faults.append(DocumentError(code, detail))

    def problems(self, ref: DocumentRef) -> Iterator[Problem]:
        """The damages found so far, each told once."""
        faults, self.faults = self.faults, []
        for fault in faults:
            yield Problem(ref, Stage.EXTRACT, ProblemCode(fault.code), fault.detail)

    # streams

    def open(self, entry: Entry) -> BinaryIO:
        """See `Entry.open`."""
        if entry.size >= _MINI_CUTOFF:
            chain = self._sectors.chain(entry.start, entry.size)
        else:
            chain = self._mini_sectors().chain(entry.start, entry.size)
        return cast(BinaryIO, io.BufferedReader(ChainStream(chain), 1 << 15))

    def _mini_sectors(self) -> Allocation:
        """The sectors of 64 bytes within the root's stream, in which small streams lie ([MS-CFB] 2.4)."""
        if self._mini is None:
            container = self._sectors.chain(self.root.start, self.root.size)
            self._mini = Allocation(cast(BinaryIO, ChainStream(container)), _MINI_SHIFT, container.size, self.fault, 0)
            entries = -(-container.size >> _MINI_SHIFT)
            self._mini.use_table(self._sectors.chain(self._mini_table, entries * 4 if container.size else 0))
        return self._mini

    # the directory

    def _load(self, start: int) -> Entry:
        entries = self._entries(self._sectors.chain(start, None))
        if not entries or entries[0].is_stream:
            self.fault("corrupt", _BROKEN_DIRECTORY)
            found = self._find_directory()
            entries = self._entries(self._sectors.chain(found, None)) if found is not None else {}
            if not entries:
                raise DocumentError("corrupt", "the compound file has no directory")
        if len(entries) >= MAX_ENTRIES:
            self.fault("limit", f"directory entries after the first {MAX_ENTRIES} are left out")
        root = entries[0]
        reached = {0}
        todo = [root]
        while todo:
            storage = todo.pop()
            storage.kids = self._kids(storage.child, entries, reached)
            todo += [kid for kid in storage.kids if not kid.is_stream]
        for number, entry in entries.items():
            if number not in reached:  # in no storage: the tree is damaged
                self.fault("corrupt", _BROKEN_DIRECTORY)
                root.kids.append(entry)
        return root

    def _entries(self, chain: Chain) -> dict[int, Entry]:
        """The entries in use by their numbers."""
        found: dict[int, Entry] = {}
        number = at = 0
        while len(found) < MAX_ENTRIES and (data := chain.read(at, 1 << 16)):
            at += len(data)
            for place in range(0, len(data) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
                if data[place + 66] in (_STORAGE, _STREAM, _ROOT):
                    found[number] = Entry(self, number, data[place : place + _ENTRY_BYTES])
                number += 1
        return found if 0 in found else {}

    def _kids(self, top: int, entries: dict[int, Entry], reached: set[int]) -> list[Entry]:
        """The entries of one tree of siblings in their order ([MS-CFB] 2.6.4)."""
        found: list[Entry] = []
        pending: list[Entry] = []
        number = top
        while True:
            entry = self._sibling(number, entries, reached)
            if entry is not None:
                pending.append(entry)
                number = entry.left
                continue
            if not pending:
                return found
            entry = pending.pop()
            found.append(entry)
            number = entry.right

    def _sibling(self, number: int, entries: dict[int, Entry], reached: set[int]) -> Entry | None:
        if number == _NONE:
            return None
        entry = entries.get(number)
        if entry is None or number in reached:
            self.fault("corrupt", _BROKEN_DIRECTORY)
            return None
        reached.add(number)
        return entry

    def _find_directory(self) -> int | None:
        """The sector that begins like a directory, where the header does not say."""
        size = 1 << self._sectors.shift
        for sector in range(self._sectors.count):
            self._content.seek((sector + 1) * size)
            if self._content.read(len(_ROOT_NAME)) == _ROOT_NAME:
                return sector
        return None


class StorageContent(io.RawIOBase):
    """What stands as `Document.content` for a storage within a compound file: empty to read, and it has the storage."""

    def __init__(self, storage: Entry) -> None:
        super().__init__()
        self.storage = storage

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Stays at 0, the end."""
        return 0

    def tell(self) -> int:
        """0."""
        return 0

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Nothing."""
        return 0


def storage_of(document: Document) -> Entry:
    """The root of a compound file, or the storage that a member stands for. Raises DocumentError."""
    content = document.content
    if isinstance(content, StorageContent):
        return content.storage
    return CompoundFile(content).root
