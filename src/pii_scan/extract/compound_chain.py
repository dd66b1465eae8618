"""Chains of sectors in a compound file ([MS-CFB] 2.2 to 2.5): what belongs together, read as one.

Chains are kept as runs of neighbouring sectors. Cycles, gaps and sectors beyond the end are faults, and end a chain.
"""

from __future__ import annotations

import io
import sys
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from typing import BinaryIO

_END, _SPECIAL = 0xFFFFFFFE, 0xFFFFFFFA
_CACHED_BLOCKS = 256
_DAMAGED = "a stream of the compound file is damaged"
_CUT = "a stream of the compound file ends too early"

Fault = Callable[[str, str], None]


class Allocation:
    """The sectors of a file, or the small sectors within one stream, and the table that links them."""

    def __init__(self, content: BinaryIO, shift: int, size: int, fault: Fault, first: int = 1) -> None:
        """`size`: bytes of `content`. `first`: sectors before the one that is numbered 0."""
        self._content = content
        self.shift = shift
        self._first = first
        self._end = size
        self.count = max(-(-size >> shift) - first, 0)
        self._fault = fault
        self._walked = 0
        self._table: list[int] | None = None
        self._links: Chain | None = None
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def load_table(self, known: list[int], extra: int) -> None:
        """Finds the sectors of the FAT: those that the header names, and a chain of further ones ([MS-CFB] 2.5)."""
        per_sector = (1 << self.shift) // 4
        most = -(-self.count // per_sector) + 1
        table = known[: min(most, len(known))]
        seen = set()
        while extra < _SPECIAL and len(table) < most:
            data = self.sector(extra)
            if extra in seen or len(data) < per_sector * 4:
                self._fault("corrupt", "the sector table of the compound file is damaged")
                break
            seen.add(extra)
            *numbers, extra = _numbers(data)
            table += numbers
        self._table = table

    def use_table(self, links: Chain) -> None:
        """Takes the links from a stream: the mini FAT ([MS-CFB] 2.4)."""
        self._links = links

    def sector(self, number: int) -> bytes:
        """The bytes of one sector; fewer or none at the end of the file."""
        self._content.seek((number + self._first) << self.shift)
        return self._content.read(1 << self.shift)

    def read(self, number: int, offset: int, size: int) -> bytes:
        """Bytes from a place in or behind a sector on."""
        self._content.seek((number + self._first << self.shift) + offset)
        return self._content.read(size)

    def available(self, number: int) -> int:
        """Bytes from the beginning of a sector to the end of the file."""
        return max(self._end - (number + self._first << self.shift), 0)

    def next(self, number: int) -> int:
        """The sector that follows, a special number, or -1 where the table does not say."""
        per_block = 128 if self._links is not None else (1 << self.shift) // 4
        block, index = divmod(number, per_block)
        data = self._blocks.get(block)
        if data is None:
            data = self._block(block, per_block * 4)
            self._blocks[block] = data
            if len(self._blocks) > _CACHED_BLOCKS:
                self._blocks.popitem(last=False)
        entry = data[index * 4 : index * 4 + 4]
        return int.from_bytes(entry, "little") if len(entry) == 4 else -1

    def _block(self, block: int, size: int) -> bytes:
        if self._links is not None:
            return self._links.read(block * size, size)
        table = self._table or []
        return self.sector(table[block]) if block < len(table) and table[block] < _SPECIAL else b""

    def chain(self, start: int, size: int | None) -> Chain:
        """The chain that begins at a sector, for `size` bytes or to its end. Damage ends it and is a fault."""
        unit = 1 << self.shift
        wanted = self.count if size is None else min(-(-size // unit), self.count)
        firsts, sectors = array("Q"), array("I")
        length, sector, previous = 0, start, -2
        landmark, steps, power = -1, 0, 1  # Brent's way to find a cycle
        while length < wanted:
            if sector == _END and (size is None or not length):
                break
            if not 0 <= sector < self.count:
                self._fault(*(("truncated", _CUT) if self.count <= sector < _SPECIAL else ("corrupt", _DAMAGED)))
                if sector == _END or previous < 0 or previous + 1 >= self.count:
                    break
                sector = previous + 1  # a broken link: most streams lie in one piece
            if sector == landmark or self._walked > 4 * self.count + 4096:
                self._fault("corrupt", _DAMAGED)
                break
            if sector != previous + 1 or not length:
                firsts.append(length)
                sectors.append(sector)
            length += 1
            self._walked += 1
            steps += 1
            if steps == power:
                landmark, steps, power = sector, 0, 2 * power
            previous, sector = sector, self.next(sector)
        total = length * unit
        if length:
            total = min(total, (length - 1) * unit + self.available(previous))
        if size is not None and total < size:
            self._fault("truncated", _CUT)
        return Chain(self, firsts, sectors, length, total if size is None else min(size, total))


def _numbers(data: bytes) -> array[int]:
    numbers = array("I", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


class Chain:
    """Sectors that belong together, as runs."""

    __slots__ = ("_allocation", "_firsts", "_length", "_sectors", "size")

    def __init__(self, allocation: Allocation, firsts: array[int], sectors: array[int], length: int, size: int) -> None:
        """Run `i` begins with sector `sectors[i]`, the `firsts[i]`-th of the chain. `size`: bytes that are there."""
        self._allocation = allocation
        self._firsts = firsts
        self._sectors = sectors
        self._length = length
        self.size = size

    def read(self, at: int, size: int) -> bytes:
        """At most `size` bytes from a place; none at the end."""
        shift = self._allocation.shift
        size = min(size, self.size - at)
        out: list[bytes] = []
        while size > 0:
            run = bisect_right(self._firsts, at >> shift) - 1
            end = self._firsts[run + 1] if run + 1 < len(self._firsts) else self._length
            offset = at - (self._firsts[run] << shift)
            data = self._allocation.read(self._sectors[run], offset, min(size, (end << shift) - at))
            if not data:
                break
            out.append(data)
            at += len(data)
            size -= len(data)
        return b"".join(out) if len(out) != 1 else out[0]


class ChainStream(io.RawIOBase):
    """A chain as a file."""

    def __init__(self, chain: Chain) -> None:
        super().__init__()
        self._chain = chain
        self._at = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves to a place, which may lie past the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._chain.size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """As `io.RawIOBase.readinto`."""
        data = self._chain.read(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
