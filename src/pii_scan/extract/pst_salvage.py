"""A B-tree of an Outlook mailbox put together again from every leaf page that is left in the file.

For files whose trees are damaged only: it reads the whole file. Pages that Outlook has let go of come along, so that
deleted items may come back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pii_scan.extract.pst_pages import Header, Row, parse_page

_SCAN_BYTES = 4 << 20
_STEP = 512
_LIVE = np.iinfo(np.int64).max

_Table = npt.NDArray[np.uint64]


class SalvagedTree:
    """The entries of a tree as a sorted table in memory: some 40 bytes each."""

    def __init__(self, table: _Table) -> None:
        """`table`: one row an entry, key first, ascending, each key once."""
        self._table = table
        self._keys = np.ascontiguousarray(table[:, 0])

    def find(self, key: int) -> Row | None:
        """The entry of a key."""
        at = int(np.searchsorted(self._keys, np.uint64(key)))
        if at >= len(self._keys) or int(self._keys[at]) != key:
            return None
        return _row(self._table[at])

    def rows(self, first: int = 0, last: int = 1 << 64) -> Iterator[Row]:
        """The entries with `first` <= key < `last`, ascending."""
        start = int(np.searchsorted(self._keys, np.uint64(first)))
        for at in range(start, len(self._keys)):
            row = _row(self._table[at])
            if row[0] >= last:
                return
            yield row


def _row(values: npt.NDArray[np.uint64]) -> Row:
    one, two, three, four, _ = values.tolist()
    return one, two, three, four


def salvage(content: BinaryIO, header: Header, kind: int, live: Iterable[tuple[Row, bool]]) -> SalvagedTree:
    """The tree of the pages of `kind`: what `live` gives (entries that can still be reached, and whether their page's
    checksum is right), and for all other keys the entries of the newest page that a search through the file finds.
    """
    chunks = [_table([(*row, _LIVE if sound else 0) for row, sound in some]) for some in _some(live)]
    layout = header.layout
    for at in _page_offsets(content, header, kind):
        content.seek(at)
        page = parse_page(content.read(layout.page_bytes), layout, kind)
        if page is not None and page.sound and not page.level:
            rank = min(page.page_id, _LIVE - 1)
            chunks.append(_table([(*row, rank) for row in page.rows]))
    table = np.concatenate([_table([]), *chunks])
    table = table[np.lexsort((table[:, 4], table[:, 0]))]
    newest = np.append(table[1:, 0] != table[:-1, 0], True) if len(table) else np.zeros(0, bool)
    return SalvagedTree(table[newest])


def _table(rows: list[tuple[int, ...]]) -> _Table:
    return np.array(rows, np.uint64).reshape(-1, 5)


def _some(live: Iterable[tuple[Row, bool]]) -> Iterator[list[tuple[Row, bool]]]:
    entries = iter(live)
    while some := list(itertools.islice(entries, 1 << 16)):
        yield some


def _page_offsets(content: BinaryIO, header: Header, kind: int) -> Iterator[int]:
    """Where pages of a kind may lie: at multiples of 512 bytes, told by the two type bytes of their trailer."""
    layout = header.layout
    at = 0
    while at + layout.page_bytes <= header.size:
        content.seek(at)
        data = content.read(_SCAN_BYTES + layout.page_bytes)
        if len(data) < layout.page_bytes:
            return
        whole = min((len(data) - layout.page_bytes) // _STEP + 1, _SCAN_BYTES // _STEP)
        first, second = (
            np.frombuffer(data, np.uint8)[layout.trailer_at + side :: _STEP][:whole] == kind for side in (0, 1)
        )
        for number in np.flatnonzero(first & second).tolist():
            yield at + number * _STEP
        at += _SCAN_BYTES
