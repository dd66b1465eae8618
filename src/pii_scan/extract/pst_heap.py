"""Nodes of an Outlook mailbox as heaps, and the B-trees within them ([MS-PST] 2.3.1 and 2.3.2).

Knows no properties: `pst_tables` does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract.mapi_object import LargeValue
from pii_scan.extract.pst_blocks import Blocks, DataTree, Subnodes

HEAP = 0xEC
BTREE, TABLE, PROPERTIES = 0xB5, 0x7C, 0xBC
MAX_BTREE_LEVEL = 8

_U16, _PAIR = struct.Struct("<H"), struct.Struct("<HH")
_ROOT = struct.Struct("<BBBI")
_DAMAGED = DocumentError("corrupt", "a heap of properties is damaged")


class Node:
    """A node or subnode: its data, taken as a heap where they are one, and its subnodes."""

    def __init__(self, blocks: Blocks, data: int, subnodes: int) -> None:
        self.blocks = blocks
        self.tree = DataTree(blocks, data)
        self.subnodes = Subnodes(blocks, subnodes)

    def kind(self) -> int:
        """What kind of heap this is (`PROPERTIES`, `TABLE`, ...), 0 where it is none. Raises DocumentError."""
        first = self._first()
        return first[3] if len(first) >= 12 and first[2] == HEAP else 0

    def root(self) -> int:
        """The heap id of what the heap holds. Raises DocumentError."""
        first = self._first()
        if len(first) < 12 or first[2] != HEAP:
            raise _DAMAGED
        return int.from_bytes(first[4:8], "little")

    def _first(self) -> bytes:
        return self.tree.leaf(0)

    def allocation(self, hid: int) -> bytes:
        """The bytes of a heap id ([MS-PST] 2.3.1.1); none for 0. Raises DocumentError."""
        if not hid:
            return b""
        if not self.blocks.header.layout.large_heap:
            return self._allocated(hid >> 16, hid >> 5 & 0x7FF)
        try:  # 14 bits of index; what writes 11 all the same is told by an index that is not there
            return self._allocated(hid >> 19, hid >> 5 & 0x3FFF)
        except DocumentError:
            return self._allocated(hid >> 16, hid >> 5 & 0x7FF)

    def _allocated(self, block: int, index: int) -> bytes:
        data = self.tree.leaf(block)
        if len(data) < 2:
            raise _DAMAGED
        (at,) = _U16.unpack_from(data)
        if at + 4 > len(data):
            raise _DAMAGED
        (count,) = _U16.unpack_from(data, at)
        entry = at + 4 + 2 * (index - 1)
        if not 1 <= index <= count or entry + 4 > len(data):
            raise _DAMAGED
        start, end = _PAIR.unpack_from(data, entry)
        if not start <= end <= len(data):
            raise _DAMAGED
        return data[start:end]

    def subnode(self, nid: int) -> Node:
        """A subnode. Raises DocumentError where it is not there."""
        found = self.subnodes.find(nid)
        if found is None:
            raise DocumentError("corrupt", "a part of an item is missing")
        return Node(self.blocks, *found)

    def value(self, hnid: int) -> bytes | LargeValue:
        """What a heap id or subnode id stands for. Raises DocumentError."""
        if not hnid & 0x1F:
            data = self.allocation(hnid)
            self.blocks.spend(len(data))
            return data
        return self.subnode(hnid).tree.value()

    def records(self, hid: int) -> Iterator[bytes]:
        """The records of the B-tree at a heap id, key first; damaged parts left out, and told of."""
        header = self._btree(hid)
        if header is None:
            return
        key, size, level, root = header
        stack = [(root, level)]
        seen: set[int] = set()
        while stack:
            at, level = stack.pop()
            if at in seen:
                self.blocks.faults.append(_DAMAGED)
                continue
            seen.add(at)
            try:
                data = self.allocation(at)
            except DocumentError as error:
                self.blocks.faults.append(error)
                continue
            step = key + 4 if level else key + size
            if len(data) % step:
                self.blocks.faults.append(_DAMAGED)
            parts = [data[start : start + step] for start in range(0, len(data) - step + 1, step)]
            if not level:
                yield from parts
                continue
            stack += [(int.from_bytes(part[key:], "little"), level - 1) for part in reversed(parts)]

    def record(self, hid: int, wanted: int) -> bytes | None:
        """The record of one key in the B-tree at a heap id, or None. Raises DocumentError."""
        header = self._btree(hid)
        if header is None:
            return None
        key, size, level, at = header
        while True:
            data = self.allocation(at)
            step = key + 4 if level else key + size
            low, high = 0, len(data) // step
            while low < high:  # the last record whose key is not above the wanted one
                middle = (low + high) // 2
                if int.from_bytes(data[middle * step : middle * step + key], "little") <= wanted:
                    low = middle + 1
                else:
                    high = middle
            if not low:
                return None
            part = data[(low - 1) * step : low * step]
            if not level:
                return part if int.from_bytes(part[:key], "little") == wanted else None
            at, level = int.from_bytes(part[key:], "little"), level - 1

    def _btree(self, hid: int) -> tuple[int, int, int, int] | None:
        """Bytes of key and data, levels, and root of a B-tree ([MS-PST] 2.3.2.1); None where it is empty."""
        data = self.allocation(hid)
        if len(data) < 8 or data[0] != BTREE:
            raise _DAMAGED
        key, size, level, root = _ROOT.unpack_from(data, 1)
        if key not in (2, 4, 8, 16) or size > 256 or level > MAX_BTREE_LEVEL or (not size and not level):
            raise _DAMAGED
        return (key, size, level, root) if root else None
