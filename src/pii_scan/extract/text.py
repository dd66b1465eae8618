"""Plain text: blocks of about 1 MiB cut at line ends, as UTF-8, with the line each begins at.

The other text extractors build on `segments` (bytes to UTF-8) and `pieces` (UTF-8 to blocks). Decides nothing about
what is text: `media_type` does.
"""

from __future__ import annotations

import codecs
import re
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.extract import charset, percent
from pii_scan.model import ChunkBatch, Document, Limits, LineOrigin, Problem
from pii_scan.source_map import SourceMap

BLOCK_BYTES = 1 << 20
OVERLAP_BYTES = 256
"""Text that is repeated where a line is cut, so that a value across the cut is whole in one block."""

_WINDOW = 4096
# Cuts go after these. Not after & # % \ (escapes of markup and JSON), nor after what e-mail addresses, numbers and
# URLs hold inside.
_SEPARATOR = re.compile(rb"[\s,;<>(){}\[\]|\"'!?*=](?=[^\s]|$)")
_TWO_OFFSETS = struct.Struct("=qq")
_LONE_CR = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of UTF-8 text: whole lines, or a part of a long line."""

    text: bytes
    first_line: int
    column_before: int = 0
    """Code points of the first line that earlier pieces had."""
    owned: int | None = None
    """The next piece repeats the text from this offset."""


class ContinuedMap(SourceMap):
    """A source map whose first line is the rest of a line begun in an earlier block."""

    __slots__ = ("_column_before",)

    def __init__(
        self, source: bytes, out_offsets: npt.ArrayLike, source_offsets: npt.ArrayLike, column_before: int
    ) -> None:
        super().__init__(source, out_offsets, source_offsets)
        self._column_before = column_before

    def lines_and_columns(self, offsets: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """As `SourceMap.lines_and_columns`, columns of the first line counted from where that line began."""
        lines, columns = super().lines_and_columns(offsets)
        return lines, columns + np.where(lines == 0, self._column_before, 0)


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The text of a plain-text document or of one slice of it, one text a batch."""
    stream, part = document.content, document.slice
    if part is not None:
        stream.seek(part.start)
        size_bytes, at_start = part.end - part.start, part.start == 0
        yield from text_batches(
            stream, part.encoding, part.first_row, limits=limits, size_bytes=size_bytes, at_start=at_start
        )
        return
    head = read_head(stream)
    encoding = charset.detect(head)
    stream.seek(len(head))
    small = None if stream.read(1) else _small(head, encoding, limits)
    if small is None:
        stream.seek(0)
        yield from text_batches(stream, encoding, limits=limits)
    elif small:
        yield decoded_batch(Piece(small, 1))


def _small(data: bytes, encoding: str, limits: Limits) -> bytes | None:
    """A whole text as the one piece that it is, in UTF-8; None where that takes a longer look."""
    limit = limits.max_value_bytes
    last = data[-1:]
    if len(data) >= _block_bytes(limit) or last >= b"\x80" or last == b"\r" or not charset.is_single_pass(encoding):
        return None
    text = charset.to_utf8(data, encoding)
    if len(text) >= limit:
        return None
    return text if b"\n" in text or b"\r" not in text[:-1] else _LONE_CR.sub(b"\n", text)


def read_head(stream: BinaryIO, size_bytes: int = charset.HEAD_BYTES) -> bytes:
    """The first bytes of a seekable stream, which is left at its start."""
    stream.seek(0)
    head = stream.read(size_bytes)
    stream.seek(0)
    return head


def lines_batch(text: bytes | str, part: str = "", first_line: int = 1) -> ChunkBatch:
    """A small text as one batch. `bytes` are taken as UTF-8 and repaired where they are not."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return one_text(charset.to_utf8(data, "utf-8"), LineOrigin(first_line, part))


def one_text(text: bytes, origin: LineOrigin) -> ChunkBatch:
    """A batch of one text over the given bytes, which are not copied and must be valid UTF-8."""
    offsets = pa.py_buffer(_TWO_OFFSETS.pack(0, len(text)))
    return ChunkBatch(pa.LargeStringArray.from_buffers(1, offsets, pa.py_buffer(text)), origin)


def short_texts(texts: Sequence[str]) -> pa.LargeStringArray:
    """An array of a few texts, faster than `pa.array`; what is no UTF-8 (lone surrogates) is replaced."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    offsets = array("q", accumulate(map(len, encoded), initial=0))
    return pa.LargeStringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))


def text_batches(
    stream: BinaryIO,
    encoding: str,
    first_line: int = 1,
    part: str = "",
    *,
    limits: Limits | None = None,
    size_bytes: int | None = None,
    at_start: bool = True,
) -> Iterator[ChunkBatch]:
    """The text of a stream from where it stands, to its end or for `size_bytes`.

    `encoding`: a name that `charset.detect` or `charset.known` gave. `at_start`: old Macintosh line ends are looked
    for; a slice from the middle must not.
    """
    limit = (limits or Limits()).max_value_bytes
    blocks = segments(stream, encoding, size_bytes, _block_bytes(limit), old_mac=at_start)
    for piece in pieces(blocks, first_line, limit):
        yield decoded_batch(piece, part)


def decoded_batch(piece: Piece, part: str = "") -> ChunkBatch:
    """A piece as a batch, percent-encoding in it decoded."""
    made = percent.decode(piece.text)
    return piece_batch(piece, part) if made is None else mapped_batch(piece, made.text, made.marks(), part)


def piece_batch(piece: Piece, part: str = "") -> ChunkBatch:
    """A piece as a batch, text untouched."""
    source_map = ContinuedMap(piece.text, [0], [0], piece.column_before) if piece.column_before else None
    return one_text(piece.text, LineOrigin(piece.first_line, part, source_map, piece.owned))


def mapped_batch(
    piece: Piece, out: bytes, marks: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], part: str = ""
) -> ChunkBatch:
    """A batch of text made from a piece. `marks`: offsets in `out` and in `piece.text`, as in `SourceMap`."""
    source_map = ContinuedMap(piece.text, marks[0], marks[1], piece.column_before)
    owned = None if piece.owned is None else out_offset(piece.owned, marks, len(out))
    return one_text(out, LineOrigin(piece.first_line, part, source_map, owned))


def out_offset(source: int, marks: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], size: int) -> int:
    """The first offset of the made text that comes from source offset `source` or later."""
    outs, sources = marks
    at = int(np.searchsorted(sources, source, side="right")) - 1
    if at < 0:
        return 0
    end = int(outs[at + 1]) if at + 1 < len(outs) else size
    return min(int(outs[at]) + source - int(sources[at]), end)


def _block_bytes(limit: int) -> int:
    return max(min(BLOCK_BYTES, limit // 4), 16)


def segments(
    stream: BinaryIO,
    encoding: str,
    size_bytes: int | None = None,
    block_bytes: int = BLOCK_BYTES,
    *,
    old_mac: bool = True,
) -> Iterator[bytes]:
    """A stream as UTF-8 segments, each ending at a line end wherever a line ends within `block_bytes`.

    Where the first block has carriage returns only (Macintosh before OS X), they become line feeds throughout.
    """
    chunks = _read(stream, size_bytes, block_bytes)
    blocks: Iterable[bytes]
    if charset.is_single_pass(encoding):
        cuts = _cut(chunks, 3 if encoding == "utf-8" else 0, block_bytes)
        blocks = (charset.to_utf8(block, encoding) for block in cuts)
    else:
        blocks = _cut(_decoded(chunks, encoding), 3, 0)
    mac: bool | None = None if old_mac else False
    for block in blocks:
        if mac is None:
            mac = b"\n" not in block and b"\r" in block[:-1]
        if mac:
            block = _LONE_CR.sub(b"\n", block)
        if block:
            yield block


def _read(stream: BinaryIO, size_bytes: int | None, block_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while left is None or left > 0:
        chunk = stream.read(block_bytes if left is None else min(block_bytes, left))
        if not chunk:
            return
        if left is not None:
            left -= len(chunk)
        yield chunk


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Chunks of a wide or stateful encoding as UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    first = True
    for chunk in chunks:
        text = decoder.decode(chunk)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        yield text.encode("utf-8", "replace").replace(b"\0", b" ")
    yield decoder.decode(b"", True).encode("utf-8", "replace").replace(b"\0", b" ")


def _cut(chunks: Iterable[bytes], keep: int, full: int) -> Iterator[bytes]:
    """Cuts a stream of chunks after line ends; within a long line wherever a chunk ends.

    `keep` bytes at most are held back where a UTF-8 character is not complete. A chunk of less than `full` bytes is
    likely the last, and is not cut.
    """
    carry = b""
    for read in chunks:
        end = read.rfind(b"\n") + 1 if len(read) >= full else 0
        if end:
            whole = not carry and end == len(read)
            yield read if whole else b"".join((carry, memoryview(read)[:end]))  # copied once
            carry = read[end:]
            continue
        chunk = carry + read
        end = _whole_characters(chunk, keep)
        if chunk[end - 1 : end] == b"\r":  # its line feed may follow
            end -= 1
        if end:
            yield chunk[:end] if end < len(chunk) else chunk
        carry = chunk[end:]
    if carry:
        yield carry


def _whole_characters(chunk: bytes, keep: int) -> int:
    """Length of the chunk without an incomplete UTF-8 character of at most `keep` bytes at its end."""
    for back in range(1, min(keep, len(chunk)) + 1):
        byte = chunk[-back]
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(chunk) if back >= need else len(chunk) - back
        if byte < 0x80:
            break
    return len(chunk)


def pieces(blocks: Iterable[bytes], first_line: int = 1, limit: int = BLOCK_BYTES) -> Iterator[Piece]:
    """UTF-8 segments as pieces of whole lines; a line of `limit` bytes or more is cut with an overlap.

    Every byte of the input is owned by exactly one piece.
    """
    held: list[bytes] = []
    size, line, column = 0, first_line, 0
    for block in blocks:
        held.append(block)
        size += len(block)
        whole = block.endswith(b"\n")
        if not whole and size < limit:
            continue
        buffer = b"".join(held) if len(held) > 1 else block
        while len(buffer) > limit or (buffer and not whole and len(buffer) >= limit):
            end, resume = cut_point(buffer, limit)
            yield Piece(buffer[:end], line, column, None if end == resume else resume)
            line, column = advance(buffer, resume, line, column)
            buffer = buffer[resume:]
        held, size = [buffer] if buffer else [], len(buffer)
        if whole and buffer:
            yield Piece(buffer, line, column)
            line, column = advance(buffer, len(buffer), line, column)
            held, size = [], 0
    if held:
        yield Piece(b"".join(held) if len(held) > 1 else held[0], line, column)


def advance(buffer: bytes, count: int, line: int, column: int) -> tuple[int, int]:
    """Line and code points before it, after the first `count` bytes of text that began at `line` and `column`."""
    view = np.frombuffer(buffer, np.uint8, count)
    lines = int(np.count_nonzero(view == 10))
    last = buffer.rfind(b"\n", 0, count) + 1
    tail = int(np.count_nonzero((view[last:] & 0xC0) != 0x80))
    return (line + lines, tail) if lines else (line, column + tail)


def cut_point(buffer: bytes, limit: int) -> tuple[int, int]:
    """Where a text of at least `limit` bytes is cut (`end`), and where the next piece begins (`resume` <= `end`)."""
    newline = buffer.rfind(b"\n", 0, limit) + 1
    if newline:
        return newline, newline
    overlap = min(OVERLAP_BYTES, limit // 4)
    end = _separator(buffer, limit // 2, min(limit, len(buffer)))
    resume = _separator(buffer, limit // 4, end - overlap)
    return end, max(resume, 1)


def _separator(buffer: bytes, low: int, high: int) -> int:
    """The last offset after a separator in the window below `high`, else the last character boundary."""
    low = max(low, high - _WINDOW)
    found = 0
    for match in _SEPARATOR.finditer(buffer, low, high):
        found = match.end()
    if found:
        return found
    while high > 1 and high < len(buffer) and buffer[high] & 0xC0 == 0x80:
        high -= 1
    return high
