"""Property contexts and table contexts of an Outlook mailbox: [MS-PST] 2.3.3 and 2.3.4.

Values are decoded when they are asked for; large ones come as streams.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi_values as values
from pii_scan.extract.mapi_object import LargeValue, Value
from pii_scan.extract.pst_heap import PROPERTIES, TABLE, Node

MAX_PROPERTIES = 1 << 16
_RECORD = struct.Struct("<HHI")
_COLUMN = struct.Struct("<IHBB")
_INLINE_BYTES = 4
_TABLE_DAMAGED = DocumentError("corrupt", "a table of items is damaged")


class Entry(NamedTuple):
    """Where the value of a property is."""

    kind: int
    """Property type."""
    stored: int
    """The value, or the heap or subnode id of it."""


class PropertyContext(Mapping[int, Value]):
    """The properties of a node by id. `encoding`: of its 8-bit strings, None where that is not known."""

    def __init__(self, node: Node, encoding: str | None = None) -> None:
        """Raises DocumentError where the node holds no properties."""
        if node.kind() != PROPERTIES:
            raise DocumentError("corrupt", "the properties of an item are damaged")
        self.node = node
        self.encoding = encoding
        self.entries: dict[int, Entry] = {}
        for record in node.records(node.root()):
            number, kind, stored = _RECORD.unpack_from(record) if len(record) >= _RECORD.size else (0, 0, 0)
            if kind:
                self.entries.setdefault(number, Entry(kind, stored))

    def __getitem__(self, number: int) -> Value:
        """Raises DocumentError where the value is damaged."""
        return decoded(self.node, self.entries[number], self.encoding)

    def __iter__(self) -> Iterator[int]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, number: object) -> bool:
        return number in self.entries


class Chosen(Mapping[int, Value]):
    """Some properties of a property context."""

    def __init__(self, context: PropertyContext, numbers: list[int], changed: dict[int, Value] | None = None) -> None:
        self._context = context
        self._numbers = dict.fromkeys(numbers)
        self._changed = changed or {}

    def __getitem__(self, number: int) -> Value:
        if number not in self._numbers:
            raise KeyError(number)
        return self._changed[number] if number in self._changed else self._context[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, number: object) -> bool:
        return number in self._numbers


def decoded(node: Node, entry: Entry, encoding: str | None) -> Value:
    """The value of a property. Raises DocumentError."""
    kind = entry.kind
    size = values.FIXED_BYTES.get(kind)
    if size is not None and size <= _INLINE_BYTES:
        return values.decode(kind, entry.stored.to_bytes(4, "little")) or 0
    raw = node.value(entry.stored)
    if isinstance(raw, LargeValue):
        if kind == values.STRING:
            return replace(raw, encoding="utf-16-le")
        if kind == values.STRING8:
            return replace(raw, encoding=encoding)
        return raw
    if kind & values.MULTIPLE:
        return values.decode_multiple(kind, raw, encoding) or b""
    found = values.decode(kind, raw, encoding)
    return b"" if found is None else found


class TableContext:
    """The rows of a table: of a folder's items, of a message's recipients."""

    def __init__(self, node: Node, encoding: str | None = None) -> None:
        """Raises DocumentError where the node holds no table."""
        if node.kind() != TABLE:
            raise _TABLE_DAMAGED
        info = node.allocation(node.root())
        if len(info) < 22 or info[0] != TABLE or len(info) < 22 + info[1] * _COLUMN.size:
            raise _TABLE_DAMAGED
        self._node = node
        self._encoding = encoding
        _, _, self._cells_end, self._row_bytes = struct.unpack_from("<4H", info, 2)
        self._index, self._rows_at = struct.unpack_from("<II", info, 10)
        self._columns = [_COLUMN.unpack_from(info, 22 + at * _COLUMN.size) for at in range(info[1])]
        if self._row_bytes < 4 or self._cells_end > self._row_bytes:
            raise _TABLE_DAMAGED

    def holds(self, row_id: int) -> bool:
        """Whether there is a row of that id. Raises DocumentError."""
        return self._node.record(self._index, row_id) is not None

    def rows(self, wanted: Callable[[int], bool] | None = None) -> Iterator[tuple[int, dict[int, Value]]]:
        """Id and cells, by property id, of each row whose id is wanted; damaged cells left out, and told of."""
        for row in self._raw_rows():
            row_id = int.from_bytes(row[:4], "little")
            if wanted is None or wanted(row_id):
                yield row_id, self._cells(row)

    def _raw_rows(self) -> Iterator[bytes]:
        """The rows as they are stored: none goes over the end of a block."""
        if not self._rows_at:
            return
        size = self._row_bytes
        if self._rows_at & 0x1F:
            blocks = iter(self._node.subnode(self._rows_at).tree)
        else:
            blocks = iter((self._node.allocation(self._rows_at),))
        for block in blocks:
            for at in range(0, len(block) - size + 1, size):
                row = block[at : at + size]
                if row.count(0) < size:  # a block that could not be read
                    yield row

    def _cells(self, row: bytes) -> dict[int, Value]:
        cells: dict[int, Value] = {}
        present = row[self._cells_end :]
        for tag, at, size, bit in self._columns:
            if bit >> 3 >= len(present) or not present[bit >> 3] & (0x80 >> (bit & 7)) or at + size > self._cells_end:
                continue
            kind, raw = tag & 0xFFFF, row[at : at + size]
            try:
                fixed = values.FIXED_BYTES.get(kind)
                if fixed is not None and size <= 8:
                    found = values.decode(kind, raw)
                elif size == 4:
                    found = decoded(self._node, Entry(kind, int.from_bytes(raw, "little")), self._encoding)
                else:
                    continue
                if found is not None:
                    cells[tag >> 16] = found
            except DocumentError as error:
                if error.code == "limit":
                    raise
                self._node.blocks.faults.append(error)
        return cells
