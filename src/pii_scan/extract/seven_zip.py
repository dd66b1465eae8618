"""7z archives: their members as documents, by the decoders of the standard library and of pyarrow.

Members are decoded one after the other as they lie in a block, so memory holds one member at most and a bomb stops at
the limits. No key is asked for; PPMd, BCJ2, Deflate64 and the rest are reported member by member.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import decompress
from pii_scan.extract.archive import member_document, problem
from pii_scan.extract.limits import PIECE, BoundedReader, Budget, MemberNames, Readable, Window, size_of
from pii_scan.extract.seven_zip_header import Coder, Folder, Listing, damaged, parse
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode

LISTING_BYTES_PER_MEMBER = 200
"""A list of members larger than this for each allowed member is not loaded."""

_Member = tuple[DocumentRef, int, int | None]
"""Where it is, its size and its checksum."""
_START = struct.Struct("<6s2sIQQI")
_COPY, _LZMA, _LZMA2, _DELTA, _AES = b"\0", b"\x03\x01\x01", b"\x21", b"\x03", b"\x06\xf1\x07\x01"
_BRANCH = {
    b"\x04": lzma.FILTER_X86, b"\x03\x03\x01\x03": lzma.FILTER_X86, b"\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC, b"\x06": lzma.FILTER_IA64, b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM, b"\x03\x03\x05\x01": lzma.FILTER_ARM, b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB, b"\x09": lzma.FILTER_SPARC, b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
}  # fmt: skip
_DEFLATE, _BZIP2, _ZSTD = b"\x04\x01\x08", b"\x04\x02\x02", b"\x04\xf7\x11\x01"
_NAMED = {
    b"\x03\x04\x01": "PPMd", b"\x03\x03\x01\x1b": "BCJ2", b"\x04\x01\x09": "Deflate64",
    b"\x04\xf7\x11\x02": "Brotli", b"\x04\xf7\x11\x04": "LZ4", b"\x0a": "ARM64", b"\x0b": "RISC-V",
}  # fmt: skip


def extract(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The members of a 7z archive (`7zFormat.txt` of the LZMA SDK), in the order of its list.

    Raises DocumentError (`truncated`, `corrupt`, `encrypted`, `limit`) where the list cannot be read.
    """
    budget = budget or Budget(limits)
    content = document.content
    listing, unaccounted = _listing(content, limits, budget)
    names = MemberNames()
    holding = []
    for entry in listing.entries:
        if entry.is_folder:
            continue
        ref = document.ref.member(names.unique(entry.name), None if entry.holds_data else 0, entry.modified_at)
        if entry.holds_data:
            holding.append((entry, ref))
        else:
            yield from member_document(ref, Window(content, 0, 0), limits, budget)
    at = 0
    for folder in listing.folders:
        members = [
            (_with_size(ref, size), size, crc)
            for (_, ref), (size, crc) in zip(holding[at:], folder.files, strict=False)
        ]
        at += len(folder.files)
        yield from _folder_members(content, folder, members, limits, budget)
    if at != len(holding):
        raise damaged()
    if unaccounted:
        raise DocumentError("corrupt", f"{unaccounted} bytes of the archive belong to no member")


def _with_size(ref: DocumentRef, size: int) -> DocumentRef:
    return DocumentRef(ref.target, ref.path, ref.parent, size, ref.modified_at)


def _listing(content: BinaryIO, limits: Limits, budget: Budget) -> tuple[Listing, int]:
    """The list of members, unpacked as often as it is packed, and how many bytes it does not account for.

    Raises DocumentError.
    """
    size = size_of(content)
    head = content.read(_START.size)
    if len(head) < _START.size:
        raise DocumentError("truncated", "the list of members is missing")
    _, _, start_crc, offset, length, crc = _START.unpack(head)
    if zlib.crc32(head[12:]) != start_crc:
        raise DocumentError("corrupt", "the beginning of the archive is damaged")
    if offset + length > size - _START.size:
        raise DocumentError("truncated", "the list of members is missing")
    if not length:
        return Listing(), offset
    unaccounted = offset
    most = limits.max_members * LISTING_BYTES_PER_MEMBER
    if length > most:
        raise DocumentError("limit", f"the list of members is larger than {most} bytes")
    content.seek(_START.size + offset)
    data = content.read(length)
    for _ in range(4):
        if zlib.crc32(data) != crc and crc is not None:
            raise damaged()
        listing, packed = parse(data)
        unaccounted -= sum(stored for folder in listing.folders for _, stored in folder.starts)
        if not packed:
            return listing, max(unaccounted, 0)
        if len(listing.folders) != 1:
            raise damaged()
        (folder,) = listing.folders
        if any(coder.method == _AES for coder in folder.coders):
            raise DocumentError("encrypted", "the archive has a password, and so has its list of members")
        if folder.size > most:
            raise DocumentError("limit", f"the list of members is larger than {most} bytes")
        data, crc = _Exactly(_stream(content, folder)[0], folder.size).read_all(), folder.crc
        budget.take_bytes(len(data))
    raise damaged()


def _folder_members(
    content: BinaryIO,
    folder: Folder,
    members: list[_Member],
    limits: Limits,
    budget: Budget,
) -> Iterator[ChunkBatch | Document | Problem]:
    """The members of one block. One that cannot be decoded takes those after it along, and each is named."""
    try:
        stream, window = _stream(content, folder)
    except DocumentError as error:
        for ref, _, _ in members:
            yield problem(ref, error)
        return
    lost, code = False, ProblemCode.CORRUPT
    for ref, size, crc in members:
        if lost:
            yield problem(ref, DocumentError(code, "comes after a part of the archive that was not decoded"))
            continue
        member = _Exactly(stream, size, crc)
        bounded = BoundedReader(member, limits, budget, window.tell)
        for piece in member_document(ref, bounded, limits, budget):
            code = piece.code if isinstance(piece, Problem) else code
            yield piece
        lost = not member.ended


def _stream(content: BinaryIO, folder: Folder) -> tuple[Readable, Window]:
    """What a block unpacks to, and the packed data it is read from. Raises DocumentError."""
    if any(coder.method == _AES for coder in folder.coders):
        raise DocumentError("encrypted", "the member has a password")
    for coder in folder.coders:
        if coder.method in _NAMED or coder.inputs != 1 or coder.outputs != 1:
            name = _NAMED.get(coder.method, "unknown")
            raise DocumentError("unsupported", f"compression method {name} is not read")
    if len(folder.packed) != 1 or len(folder.starts) != 1 or not 0 <= folder.packed[0] < len(folder.coders):
        raise damaged()
    start, size = folder.starts[0]
    if start + size > content.seek(0, 2):
        raise DocumentError("truncated", "the data of the member lie behind the end of the archive")
    window = Window(content, start, size)
    stream: Readable = window
    number = folder.packed[0]
    fed = {out: into for into, out in folder.binds.items()}
    for _ in folder.coders:
        stream = _Exactly(_decoded(stream, folder.coders[number], folder.sizes[number]), folder.sizes[number])
        if number not in fed:
            return stream, window
        number = fed[number]
    raise damaged()


def _decoded(stream: Readable, coder: Coder, size: int) -> Readable:
    """One step of decoding. Raises DocumentError (`unsupported`, `corrupt`, `limit`)."""
    method, properties = coder.method, coder.properties
    if method in (_COPY, b""):  # a method of no bytes is number 0
        return stream
    if method == _DEFLATE:
        return decompress.DecompressedStream(stream, decompress.inflater)
    if method == _BZIP2:
        return decompress.DecompressedStream(stream, decompress.bunzipper, b"BZh")
    if method == _ZSTD:
        return decompress.FrameStream(stream, "zstd")
    if method == _LZMA:
        return _unpacked(stream, [_lzma_filter(properties, size)])
    if method == _LZMA2:
        if len(properties) != 1 or properties[0] > 40:
            raise damaged()
        bits = properties[0]
        dictionary = 0xFFFFFFFF if bits == 40 else (2 | bits & 1) << (bits // 2 + 11)
        return _unpacked(stream, [{"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(dictionary, size)}])
    if method == _DELTA and len(properties) == 1:
        return _filtered(stream, {"id": lzma.FILTER_DELTA, "dist": properties[0] + 1})
    if method in _BRANCH:
        return _filtered(stream, {"id": _BRANCH[method]})
    raise DocumentError("unsupported", "an unknown compression method is not read")


def _lzma_filter(properties: bytes, size: int) -> dict[str, Any]:
    """The settings of raw LZMA: lc, lp and pb in one byte, then the size of the dictionary."""
    if len(properties) != 5 or properties[0] >= 225:
        raise damaged()
    literal, rest = properties[0] % 9, properties[0] // 9
    if literal + rest % 5 > 4:  # what no decoder of the standard library takes
        raise DocumentError("unsupported", "compression method LZMA with these settings is not read")
    (dictionary,) = struct.unpack("<I", properties[1:])
    return {"id": lzma.FILTER_LZMA1, "dict_size": _dictionary(dictionary, size), "lc": literal, "lp": rest % 5,
            "pb": rest // 5}  # fmt: skip


def _dictionary(declared: int, size: int) -> int:
    """The bytes a decoder needs: no reference reaches back before the beginning of the data."""
    needed = max(min(declared, size), 4096)
    if needed > decompress.XZ_MEMORY_BYTES:
        raise DocumentError("limit", f"asks for more than {decompress.XZ_MEMORY_BYTES} bytes of memory")
    return needed


def _unpacked(stream: Readable, filters: list[dict[str, Any]]) -> Readable:
    return decompress.DecompressedStream(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters))


def _filtered(stream: Readable, spec: dict[str, Any]) -> Readable:
    """A filter that only rearranges. The library has it in front of LZMA2 alone, so the data are put into that."""
    return _unpacked(_Wrapped(stream), [spec, {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])


class _Wrapped:
    """Data as LZMA2 that compresses nothing: chunks of a mark, two bytes of length less one, and the bytes."""

    __slots__ = ("_ended", "_first", "_stream")

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._first = True
        self._ended = False

    def read(self, size: int = PIECE, /) -> bytes:
        if self._ended:
            return b""
        data = self._stream.read(PIECE)
        if not data:
            self._ended = True
            return b"\0"
        mark = b"\x01" if self._first else b"\x02"
        self._first = False
        return mark + struct.pack(">H", len(data) - 1) + data


class _Exactly:
    """So many bytes of a stream and no more; raises DocumentError when it has fewer, or other bytes than it should."""

    __slots__ = ("_crc", "_left", "_running", "_stream")

    def __init__(self, stream: Readable, size: int, crc: int | None = None) -> None:
        self._stream = stream
        self._left = size
        self._crc = crc
        self._running = 0

    @property
    def ended(self) -> bool:
        """All of it was read."""
        return self._left == 0

    def read(self, size: int = PIECE, /) -> bytes:
        if self._left <= 0:
            if self._crc is not None and self._running != self._crc:
                raise DocumentError("corrupt", "the checksum is wrong")
            return b""
        data = self._stream.read(min(size, self._left))[: self._left]
        if not data:
            raise DocumentError("truncated", "the data of the member end too early")
        self._left -= len(data)
        if self._crc is not None:
            self._running = zlib.crc32(data, self._running)
        return data

    def read_all(self) -> bytes:
        """What is left; only for what is known to be small."""
        return b"".join(iter(lambda: self.read(PIECE), b""))
