"""Blocks of an Outlook mailbox, decoded, and what is built of them: data trees and subnode trees ([MS-PST] 2.2.2.8).

Reads through a small cache. Whatever is damaged or missing is told of, and the rest is still read.
"""

from __future__ import annotations

import io
import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import pst_crypt
from pii_scan.extract.mapi_object import LARGE_BYTES, LargeValue
from pii_scan.extract.pst_pages import BlockRow, Faults, Header, Tree

CACHED_BYTES = 4 << 20
MAX_BLOCK_BYTES = 1 << 16
SHARED, SHARED_DEFLATED = 32, 1000
"""How many times the size of the file its values may come to in all."""
_FULL_BYTES = 8176
INTERNAL = 2
"""The bit of a block id that says: a list of blocks or subnodes, not encoded."""

_MISSING = DocumentError("corrupt", "blocks of data are missing")
_CUT = DocumentError("truncated", "blocks of data lie beyond the end of the file")
_WRONG = DocumentError("corrupt", "blocks of data are damaged")
_LISTS = DocumentError("corrupt", "a list of blocks is damaged")


class Blocks:
    """All blocks of one file."""

    def __init__(self, content: BinaryIO, header: Header, tree: Tree, faults: Faults) -> None:
        self.header = header
        self.faults = faults
        self.crypt = header.crypt
        self.salvaged = False
        """The block tree was put together from old pages: a block must say that it is the one that is meant."""
        self._content = content
        self.tree = tree
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._cached_bytes = 0
        self._left = header.size * (SHARED_DEFLATED if header.layout.large_heap else SHARED) + (64 << 20)

    def recode(self, crypt: int) -> None:
        """Takes blocks to be encoded in another way."""
        if crypt != self.crypt:
            self.crypt = crypt
            self._cache.clear()
            self._cached_bytes = 0

    def row(self, bid: int) -> BlockRow:
        """Where a block lies. Raises DocumentError."""
        row = self.tree.find(bid & ~1) or self.tree.find(bid | 1)
        if row is None:
            raise _MISSING
        return BlockRow(*row)

    def read(self, bid: int) -> bytes:
        """The plain bytes of a block. Raises DocumentError where it is not there."""
        found = self._cache.get(bid)
        if found is not None:
            self._cache.move_to_end(bid)
            return found
        data = self._decoded(self.row(bid))
        self._cache[bid] = data
        self._cached_bytes += len(data)
        while self._cached_bytes > CACHED_BYTES and len(self._cache) > 1:
            self._cached_bytes -= len(self._cache.popitem(last=False)[1])
        return data

    def spend(self, size: int) -> None:
        """Counts bytes of values that were handed out. Raises DocumentError (`limit`) when no file can hold so much.

        Blocks may be shared, as the copies of a message do, but a small file must not become endless by it.
        """
        self._left -= size
        if self._left < 0:
            raise DocumentError("limit", "the same blocks of data are used again and again")

    def _decoded(self, row: BlockRow) -> bytes:
        layout = self.header.layout
        size = row.size
        whole = -(-(size + layout.block_trailer.size) // layout.block_align) * layout.block_align
        if layout.large_heap:  # a trailer of 24 bytes, of which the last eight are not known
            whole = -(-(size + 24) // layout.block_align) * layout.block_align
        if not size or row.offset + size > self.header.size:
            raise _CUT if size else _MISSING
        self._content.seek(row.offset)
        stored = self._content.read(whole)
        data = stored[:size]
        if len(data) < size:
            raise _CUT
        self._check(row, stored, data)
        if layout.large_heap and 0 < row.inflated != size:
            return self._inflated(row, data)
        return self._plain(row.bid, data)

    def _check(self, row: BlockRow, stored: bytes, data: bytes) -> None:
        layout = self.header.layout
        if layout.large_heap:
            return  # deflated data have a checksum of their own
        at = len(stored) - layout.block_trailer.size
        if at < row.size:
            self.faults.append(_CUT)
            return
        size, _, one, other = layout.block_trailer.unpack_from(stored, at)
        crc, bid = (one, other) if layout.crc_first else (other, one)
        if self.salvaged and bid & ~1 != row.bid & ~1:
            raise _MISSING
        if bid & ~1 != row.bid & ~1 or size != row.size or crc != zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF:
            self.faults.append(_WRONG)

    def _plain(self, bid: int, data: bytes) -> bytes:
        if bid & INTERNAL or self.crypt == pst_crypt.NONE:
            return data
        if self.crypt == pst_crypt.PERMUTE:
            return pst_crypt.decode_permuted(data)
        if self.crypt == pst_crypt.CYCLIC:
            return pst_crypt.recode_cyclic(data, bid)
        raise DocumentError("unsupported", f"data blocks in encoding {self.crypt}")

    def _inflated(self, row: BlockRow, data: bytes) -> bytes:
        """A compressed block of a 4K-page file. What was encoded first is not known; both are tried."""
        for candidate in (data, self._plain(row.bid, data)):
            try:
                out = zlib.decompressobj().decompress(candidate, MAX_BLOCK_BYTES)
            except zlib.error:
                continue
            if len(out) != row.inflated:
                self.faults.append(_WRONG)
            return self._plain(row.bid, out) if candidate is data else out
        raise _WRONG


class DataTree:
    """The data of a node: a block, or blocks listed by an XBLOCK, or by XBLOCKs that an XXBLOCK lists."""

    def __init__(self, blocks: Blocks, bid: int) -> None:
        self._blocks = blocks
        self._bid = bid
        self._starts: list[int] = [0]
        """Of an XXBLOCK: the number of the first leaf below each of its lists, as far as they were counted."""
        self._lists: list[int] | None = None
        self._parsed: tuple[int, tuple[int, list[int]]] | None = None
        """The list of blocks that was asked for last."""

    def size(self) -> int:
        """Bytes, as declared. Raises DocumentError."""
        if not self._bid:
            return 0
        if not self._bid & INTERNAL:
            row = self._blocks.row(self._bid)
            return row.inflated if self._blocks.header.layout.large_heap and row.inflated else row.size
        data = self._blocks.read(self._bid)
        return int.from_bytes(data[4:8], "little")

    def leaf(self, number: int) -> bytes:
        """The data block of a number. Raises DocumentError, also where there is none."""
        bid = self._leaf_id(number)
        if bid is None:
            raise _LISTS
        return self._leaf_data(bid)

    def __iter__(self) -> Iterator[bytes]:
        """The data blocks. Those of several that are damaged come as zeros, for the rest to stay in its place, and
        are told of; raises DocumentError where a single one is.
        """
        number, last = 0, b""
        while (bid := self._leaf_id(number)) is not None:
            try:
                last = self._leaf_data(bid)
            except DocumentError as error:
                if not self._bid & INTERNAL:
                    raise
                self._blocks.faults.append(error)
                last = bytes(len(last) or _FULL_BYTES)
            self._blocks.spend(len(last))
            yield last
            number += 1

    def _leaf_data(self, bid: int) -> bytes:
        if bid & INTERNAL:
            raise _LISTS
        return self._blocks.read(bid)

    def _leaf_id(self, number: int) -> int | None:
        """Block id of a leaf, or None after the last."""
        if not self._bid & INTERNAL:
            return self._bid if self._bid and not number else None
        if self._lists is None:
            level, ids = self._list(self._bid)
            if level == 1:
                return ids[number] if number < len(ids) else None
            self._lists = ids
        while number >= self._starts[-1] and len(self._starts) <= len(self._lists):
            try:
                level, ids = self._list(self._lists[len(self._starts) - 1])
                count = len(ids) if level == 1 else 0
            except DocumentError as error:
                self._blocks.faults.append(error)
                count = 0
            self._starts.append(self._starts[-1] + count)
        at = bisect_right(self._starts, number) - 1
        if at >= len(self._lists) or number >= self._starts[-1]:
            return None
        return self._list(self._lists[at])[1][number - self._starts[at]]

    def _list(self, bid: int) -> tuple[int, list[int]]:
        """Level and block ids of an XBLOCK or XXBLOCK."""
        if self._parsed is not None and self._parsed[0] == bid:
            return self._parsed[1]
        data = self._blocks.read(bid) if bid & INTERNAL else b""
        if len(data) < 8 or data[0] != 1 or data[1] not in (1, 2):
            raise _LISTS
        kind, width = ("Q", 8) if self._blocks.header.layout.wide else ("I", 4)
        count = int.from_bytes(data[2:4], "little")
        fits = min(count, (len(data) - 8) // width)
        if fits < count:
            self._blocks.faults.append(_LISTS)
        self._parsed = bid, (data[1], list(struct.unpack_from(f"<{fits}{kind}", data, 8)))
        return self._parsed[1]

    def value(self) -> bytes | LargeValue:
        """The data: as bytes unless they are large. Raises DocumentError."""
        size = self.size()
        if size > LARGE_BYTES:
            return LargeValue(self.open, size)
        out: list[bytes] = []
        held = 0
        for block in self:
            out.append(block)
            held += len(block)
            if held > LARGE_BYTES:
                return LargeValue(self.open, held)
        return b"".join(out)

    def open(self) -> BinaryIO:
        """The data as a stream, to be read forward once. At its end DocumentError, where some were damaged."""
        return cast(BinaryIO, _DataStream(self, self._blocks.faults))


class _DataStream(io.RawIOBase):
    """The blocks of a data tree, one after the other."""

    def __init__(self, tree: DataTree, faults: Faults) -> None:
        super().__init__()
        self._faults = faults
        self._own = Faults()
        self._left = b""
        self._ended = False
        self._iterator = iter(tree)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(1 << 16), b""))
        while not self._left and size and not self._ended:
            before = list(self._faults)
            self._faults.clear()
            try:
                block = next(self._iterator, None)
                self._left, self._ended = block or b"", block is None
            finally:  # what is met here belongs to whoever reads the stream
                for fault in self._faults:
                    self._own.append(fault)
                self._faults[:] = before
        if self._ended and not self._left and self._own:
            raise self._own.pop(0)
        out, self._left = self._left[:size], self._left[size:]
        return out


class Subnodes:
    """The subnodes of a node: an SLBLOCK, or SLBLOCKs that an SIBLOCK lists ([MS-PST] 2.2.2.8.3.3)."""

    def __init__(self, blocks: Blocks, bid: int) -> None:
        self._blocks = blocks
        self._bid = bid
        wide = blocks.header.layout.wide
        self._entry, self._branch, self._at = (
            (struct.Struct("<QQQ"), struct.Struct("<QQ"), 8)
            if wide
            else (struct.Struct("<III"), struct.Struct("<II"), 4)
        )

    def find(self, nid: int) -> tuple[int, int] | None:
        """Data and subnode block ids of a subnode. Raises DocumentError."""
        for found, data, subnodes in self._entries(nid):
            if found == nid:
                return data, subnodes
        return None

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Node id, data block id and subnode block id of each."""
        return self._entries(None)

    def _entries(self, nid: int | None) -> Iterator[tuple[int, int, int]]:
        """All, or those near `nid`."""
        if not self._bid:
            return
        level, rows = self._read(self._bid)
        if not level:
            yield from self._chosen(rows, nid)
            return
        keys = [row[0] & 0xFFFFFFFF for row in rows]
        if nid is not None and keys == sorted(keys):
            at = max(bisect_right(keys, nid) - 1, 0)
            rows = rows[at : at + 1]
        seen = set()
        for row in rows:
            if row[1] in seen:
                continue
            seen.add(row[1])
            try:
                below, entries = self._read(row[1])
                if below:
                    raise _LISTS
                yield from self._chosen(entries, nid)
            except DocumentError as error:
                self._blocks.faults.append(error)

    @staticmethod
    def _chosen(rows: list[tuple[int, ...]], nid: int | None) -> Iterator[tuple[int, int, int]]:
        for number, data, subnodes in rows:
            if nid is None or number & 0xFFFFFFFF == nid:
                yield number & 0xFFFFFFFF, data, subnodes

    def _read(self, bid: int) -> tuple[int, list[tuple[int, ...]]]:
        data = self._blocks.read(bid) if bid & INTERNAL else b""
        if len(data) < self._at or data[0] != 2 or data[1] not in (0, 1):
            raise DocumentError("corrupt", "a list of subnodes is damaged")
        entry = self._branch if data[1] else self._entry
        count = int.from_bytes(data[2:4], "little")
        fits = min(count, (len(data) - self._at) // entry.size)
        if fits < count:
            self._blocks.faults.append(DocumentError("corrupt", "a list of subnodes is damaged"))
        return data[1], [entry.unpack_from(data, self._at + at * entry.size) for at in range(fits)]
