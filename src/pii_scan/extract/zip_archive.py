"""ZIP archives: their members as documents, salvaged by their local headers where the directory is lost.

Nothing is written under a member's own name. Office files, which are ZIP archives too, have their own extractors.
"""

from __future__ import annotations

import calendar
import io
import itertools
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract import decompress
from pii_scan.extract.archive import member_document
from pii_scan.extract.limits import PIECE, BoundedReader, Budget, MemberNames, Readable, Window, size_of
from pii_scan.model import ChunkBatch, Document, Limits, PartOrigin, Problem, ProblemCode, Stage

LOCAL_HEADER = b"PK\x03\x04"
DIRECTORY_BYTES_PER_MEMBER = 200
"""A directory larger than this for each allowed member is not loaded; the local headers are walked instead."""

_LOCAL = struct.Struct("<4s5HIIIHH")
_METHODS = {
    0: "stored", 1: "Shrunk", 6: "Imploded", 8: "deflate", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 20: "Zstandard",
    93: "Zstandard", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES encryption",
}  # fmt: skip
_IWORK_METHODS = frozenset({25451, 25452})
"""What iWork '09 writes for members that it encrypted."""
_IWORK_VERIFIER = ".iwpv2"
"""The member by which later versions check the password of all others."""
_READ = (0, 8, 12, 14, 20, 93, 95)
_DIRECTORY_FAULTS = (zipfile.BadZipFile, struct.error, ValueError, OSError, EOFError, NotImplementedError, IndexError)


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as a header describes it. `data_start` is -1 until its local header has been read."""

    name: str
    flags: int
    method: int
    crc: int | None
    stored_bytes: int | None
    """None: unknown until it is decompressed (general purpose bit 3 of a local header)."""
    size_bytes: int | None
    header_start: int
    data_start: int = -1
    modified_at: float | None = None

    @property
    def encrypted(self) -> bool:
        """By the flags: classic, strong or AES encryption."""
        return bool(self.flags & 0x2041) or self.method == 99


def extract(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The members of a ZIP archive (PKWARE APPNOTE.TXT), in the order of its directory.

    Raises DocumentError (`truncated`, `corrupt`, `limit`) after what could be read.
    """
    budget = budget or Budget(limits)
    content = document.content
    size = size_of(content)
    try:
        archive = open_directory(content, limits.max_members * DIRECTORY_BYTES_PER_MEMBER)
    except DocumentError as error:
        yield from _extract_entries(document, salvage(content, size), size, limits, budget)
        raise error from None
    if archive.comment:
        comment = decode_name(archive.comment)
        yield ChunkBatch(pa.array([comment], pa.large_string()), PartOrigin(("archive comment",)))
    entries, overlapping = _entries(archive)
    first = min((info.header_offset for info in archive.infolist()), default=0)
    if first > 0:
        detail = f"{first} bytes stand before the first member that the directory lists"
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)
    unlisted = salvage(cast(BinaryIO, Window(content, 0, first)), first)  # another archive before this one
    for entry in overlapping:
        detail = "overlaps another member of the archive"
        yield Problem(document.ref.member(entry.name), Stage.EXTRACT, ProblemCode.CORRUPT, detail)
    yield from _extract_entries(document, itertools.chain(entries, unlisted), size, limits, budget)


def open_directory(content: BinaryIO, max_bytes: int) -> zipfile.ZipFile:
    """The archive with its directory read. Raises DocumentError (`truncated`, `corrupt`, `limit`)."""
    size = size_of(content)
    content.seek(max(size - (1 << 16) - 22, 0))
    tail = content.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise DocumentError("truncated", "the directory of the archive is missing")
    bytes_ = struct.unpack_from("<I", tail, at + 12)[0]
    if bytes_ == 0xFFFFFFFF:
        zip64 = tail.rfind(b"PK\x06\x06", 0, at)
        bytes_ = struct.unpack_from("<Q", tail, zip64 + 40)[0] if 0 <= zip64 <= len(tail) - 48 else size
    if bytes_ > max_bytes:
        raise DocumentError("limit", f"the directory of the archive is larger than {max_bytes} bytes")
    content.seek(0)
    try:
        return zipfile.ZipFile(content, metadata_encoding="latin-1")
    except _DIRECTORY_FAULTS:
        raise DocumentError("corrupt", "the directory of the archive is damaged") from None


def decode_name(raw: bytes) -> str:
    r"""A name without the UTF-8 flag: often UTF-8 all the same, else Nordic DOS: CP865, which is CP437 but for ø Ø.

    >>> decode_name(b"bl\x86b\x91r p\x86 br\x9bd.txt")
    'blåbær på brød.txt'
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp865")


def _entries(archive: zipfile.ZipFile) -> tuple[list[Entry], list[Entry]]:
    """The members that hold data, and those whose data overlap another's (as only a bomb's do)."""
    entries = []
    for info in archive.infolist():
        mode = info.external_attr >> 16
        if (info.filename.endswith("/") and not info.file_size) or stat.S_ISLNK(mode):
            continue
        name = info.filename if info.flag_bits & 0x800 else decode_name(info.filename.encode("latin-1", "replace"))
        entries.append(
            Entry(name or "unnamed", info.flag_bits, info.compress_type, info.CRC, info.compress_size, info.file_size,
                  info.header_offset, modified_at=_modified_at(info.date_time))
        )  # fmt: skip
    overlapping, end = set(), 0
    for entry in sorted(entries, key=lambda entry: entry.header_start):
        if entry.header_start < end:
            overlapping.add(id(entry))
            continue
        end = entry.header_start + _LOCAL.size + (entry.stored_bytes or 0)
    return [e for e in entries if id(e) not in overlapping], [e for e in entries if id(e) in overlapping]


def _modified_at(date_time: tuple[int, int, int, int, int, int]) -> float | None:
    """ZIP keeps local time without a zone; it is taken as UTC."""
    year, month, day, hour, minute, second = date_time
    if year < 1981 or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return float(calendar.timegm((year, month, day, hour, minute, second)))


def _extract_entries(
    document: Document, entries: Iterator[Entry], size: int, limits: Limits, budget: Budget
) -> Iterator[ChunkBatch | Document | Problem]:
    names, ref = MemberNames(), document.ref
    for count, entry in enumerate(entries):
        if count >= limits.max_members or budget.exhausted:
            detail = f"the members after the first {count} are left out"
            yield Problem(ref, Stage.EXTRACT, ProblemCode.LIMIT, detail)
            return
        member_ref = ref.member(names.unique(entry.name), entry.size_bytes, entry.modified_at)
        if entry.encrypted or entry.method in _IWORK_METHODS:
            yield Problem(member_ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, "the member has a password")
        elif entry.name.endswith(_IWORK_VERIFIER):
            yield Problem(ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, "the iWork document has a password")
        elif entry.method not in _READ:
            name = _METHODS.get(entry.method, "unknown")
            detail = f"compression method {entry.method} ({name}) is not read"
            yield Problem(member_ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)
        else:
            reader = _MemberReader(document.content, entry, size)
            bounded = BoundedReader(reader, limits, budget, reader.stored_bytes)
            yield from member_document(member_ref, bounded, limits, budget)


class _MemberReader:
    """Decompresses one member and checks its CRC. Raises DocumentError (`truncated`, `corrupt`)."""

    __slots__ = ("_crc", "_entry", "_source", "_stream", "_window")

    def __init__(self, content: BinaryIO, entry: Entry, size: int) -> None:
        self._entry = entry
        self._crc = 0
        self._window = Window(content, 0, 0)
        self._stream: Readable | None = None
        self._source = (content, size)

    def stored_bytes(self) -> int:
        return self._window.tell()

    def read(self, size: int = PIECE, /) -> bytes:
        if self._stream is None:
            self._stream = self._start()
        data = self._stream.read(size)
        self._crc = zlib.crc32(data, self._crc)
        if data:
            return data
        if self._entry.crc is not None and self._crc != self._entry.crc:
            raise DocumentError("corrupt", "the checksum is wrong")
        return b""

    def _start(self) -> Readable:
        content, size = self._source
        entry = self._entry
        start = entry.data_start if entry.data_start >= 0 else _data_start(content, entry.header_start)
        stored = size - start if entry.stored_bytes is None else entry.stored_bytes
        cut = start + stored > size
        self._window = Window(content, start, min(stored, size - start))
        if entry.method == 0:
            return _Stored(self._window, cut)
        if entry.method == 8:
            return decompress.DecompressedStream(self._window, decompress.inflater)
        if entry.method == 12:
            return decompress.DecompressedStream(self._window, decompress.bunzipper)
        if entry.method in (20, 93):
            return decompress.FrameStream(self._window, "zstd")
        if entry.method == 95:
            return decompress.DecompressedStream(self._window, decompress.unxzer)
        return _lzma_stream(self._window)


class _Stored:
    """Stored data; an early end is `truncated`."""

    __slots__ = ("_cut", "_window")

    def __init__(self, window: Window, cut: bool) -> None:
        self._window = window
        self._cut = cut

    def read(self, size: int = PIECE, /) -> bytes:
        data = self._window.read(size)
        if not data and self._cut:
            raise DocumentError("truncated", "the archive ends within this member")
        return data


def _lzma_stream(window: Window) -> Readable:
    """LZMA in ZIP: two bytes version, two bytes length, then the raw properties (APPNOTE 5.8)."""
    head = window.read(4)
    length = struct.unpack("<2xH", head)[0] if len(head) == 4 else 0
    props = window.read(length)
    if length != 5 or len(props) != 5:
        raise DocumentError("corrupt", "damaged compressed data")
    dictionary = struct.unpack("<xI", props)[0]
    if dictionary > decompress.XZ_MEMORY_BYTES or props[0] >= 225:
        raise DocumentError("corrupt", "damaged compressed data")
    literal, rest = props[0] % 9, props[0] // 9
    spec = {"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), "lc": literal, "lp": rest % 5, "pb": rest // 5}

    def make() -> decompress.Decoder:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[spec])

    return decompress.DecompressedStream(window, make)


def _data_start(content: BinaryIO, header_start: int) -> int:
    """Where a member's data begin. Raises DocumentError (`corrupt`)."""
    content.seek(max(header_start, 0))
    header = content.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(LOCAL_HEADER):
        raise DocumentError("corrupt", "the header of the member is damaged")
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    return header_start + _LOCAL.size + int(name_bytes) + int(extra_bytes)


def salvage(content: BinaryIO, size: int) -> Iterator[Entry]:
    """The members that local headers show, in the order of the file. Reads the file once, forward."""
    at = _find(content, 0)
    while at >= 0:
        entry = _local_entry(content, at)
        if entry is None:
            at = _find(content, at + 4)
            continue
        if not entry.name.endswith("/") or entry.size_bytes:
            if entry.method == 0 and entry.stored_bytes is None and not entry.encrypted:
                entry = _measured(content, entry, size)
            yield entry
        end = entry.data_start + (entry.stored_bytes or 0)
        at = _find(content, end if end <= size else entry.data_start)


def _measured(content: BinaryIO, entry: Entry, size: int) -> Entry:
    """A stored member of unknown length, taken to end where the next header of any kind begins."""
    end = _find(content, entry.data_start, b"PK\x07\x08")
    if end < 0:
        end = _find(content, entry.data_start)
    length = (end if end >= 0 else size) - entry.data_start
    return Entry(entry.name, entry.flags, 0, None, length, length, entry.header_start, entry.data_start)


def _local_entry(content: BinaryIO, at: int) -> Entry | None:
    content.seek(at)
    header = content.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        return None
    _, version, flags, method, _, _, crc, stored, size, name_bytes, extra_bytes = _LOCAL.unpack(header)
    name = content.read(name_bytes)
    extra = content.read(extra_bytes)
    if version & 0xFF > 63 or method > 99 or len(name) < name_bytes:  # four bytes that only look like a header
        return None
    if stored == 0xFFFFFFFF and extra[:2] == b"\x01\x00" and len(extra) >= 20:
        size, stored = struct.unpack_from("<QQ", extra, 4)
    unknown = bool(flags & 8) and not stored
    return Entry(
        decode_name(name) or "unnamed", flags, method, None if unknown else crc, None if unknown else stored,
        None if unknown else size, at, at + _LOCAL.size + name_bytes + extra_bytes,
    )  # fmt: skip


def _find(content: BinaryIO, start: int, what: bytes = LOCAL_HEADER) -> int:
    """The next place of a signature, or -1."""
    content.seek(start, io.SEEK_SET)
    kept = b""
    at = start
    while piece := content.read(PIECE):
        found = (kept + piece).find(what)
        if found >= 0:
            return at - len(kept) + found
        at += len(piece)
        kept = (kept + piece)[-(len(what) - 1) :]
    return -1
