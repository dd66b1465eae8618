"""Outlook mailbox files from below: the header, and the two B-trees of pages, read on demand ([MS-PST] 2.2.2).

A file of any size is read through a small cache of pages. Knows ANSI, Unicode and 4K-page files; no blocks, no items.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Protocol

from pii_scan.errors import DocumentError
from pii_scan.extract import pst_crypt
from pii_scan.extract.limits import size_of

MAGIC = b"!BDN"
HEADER_BYTES = 564
NODE_PAGES, BLOCK_PAGES = 0x81, 0x80
MAX_LEVEL = 8
CACHED_PAGES = 2048

_DAMAGED = {
    NODE_PAGES: "a page of the list of nodes is damaged",
    BLOCK_PAGES: "a page of the list of blocks is damaged",
}


class Faults(list[DocumentError]):
    """What was found damaged, each kind once."""

    def append(self, fault: DocumentError) -> None:
        """Adds a fault unless the same was said before."""
        if not any(fault.code == known.code and fault.detail == known.detail for known in self):
            super().append(fault)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a version of the format lays out its pages, blocks and entries. Offsets in bytes of the page."""

    page_bytes: int
    counts_at: int
    counts: struct.Struct
    """cEnt, cEntMax, cbEnt, cLevel."""
    trailer_at: int
    trailer: struct.Struct
    crc_first: bool
    """The checksum comes before the page's own id in a trailer."""
    branch: struct.Struct
    node: struct.Struct
    block: struct.Struct
    wide: bool
    block_trailer: struct.Struct
    block_align: int
    large_heap: bool
    """4K pages: blocks of up to 64 KiB, heap ids with 14 bits of index."""
    sizes: tuple[int, int, int, int]
    """Offsets in the header: declared size, node tree, block tree, encoding."""


_WIDE = {"branch": struct.Struct("<QQQ"), "node": struct.Struct("<QQQI4x"), "wide": True, "crc_first": True,
         "sizes": (184, 216, 232, 513)}  # fmt: skip
ANSI = Layout(
    512, 496, struct.Struct("<BBBB"), 500, struct.Struct("<BBHII"), False, struct.Struct("<III"),
    struct.Struct("<IIII"), struct.Struct("<IIHH"), False, struct.Struct("<HHII"), 64, False, (168, 184, 192, 461),
)  # fmt: skip
UNICODE = Layout(
    512, 488, struct.Struct("<BBBB"), 496, struct.Struct("<BBHIQ"), block=struct.Struct("<QQHH4x"),
    block_trailer=struct.Struct("<HHIQ"), block_align=64, large_heap=False, **_WIDE,  # type: ignore[arg-type]
)  # fmt: skip
LARGE_PAGES = Layout(
    4096, 4056, struct.Struct("<HHBB"), 4072, struct.Struct("<BBHIQ"), block=struct.Struct("<QQHH4x"),
    block_trailer=struct.Struct("<HHIQ"), block_align=512, large_heap=True, **_WIDE,  # type: ignore[arg-type]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says of a file."""

    layout: Layout
    crypt: int
    size: int
    """Bytes the file has."""
    declared_size: int
    nodes: tuple[int, int]
    """Page id and offset of the root of the node tree."""
    blocks: tuple[int, int]
    """The same of the block tree."""


def read_header(content: BinaryIO) -> Header:
    """[MS-PST] 2.2.2.6. Raises DocumentError (`unsupported`, `truncated`, `encrypted`, `corrupt`)."""
    size = size_of(content)
    data = content.read(HEADER_BYTES)
    if len(data) < HEADER_BYTES:
        raise DocumentError("truncated", "the header of the mailbox is not whole")
    if not data.startswith(MAGIC):
        raise DocumentError("corrupt", "the header of the mailbox is damaged")
    version = int.from_bytes(data[10:12], "little")
    if version in (14, 15):
        layout = ANSI
    elif 20 <= version < 36:  # 21 and 23, and what is between and beyond
        layout = UNICODE
    elif version in (36, 37):
        layout = LARGE_PAGES
    else:
        raise DocumentError("unsupported", f"a mailbox of version {version}")
    size_at, nodes_at, blocks_at, crypt_at = layout.sizes
    crypt = data[crypt_at]
    if crypt == pst_crypt.WINDOWS_PROTECTED:
        raise DocumentError("encrypted", "the mailbox is encrypted by Windows Information Protection")
    pair = struct.Struct("<QQ" if layout.wide else "<II")
    declared = int.from_bytes(data[size_at : size_at + (8 if layout.wide else 4)], "little")
    return Header(layout, crypt, size, declared, pair.unpack_from(data, nodes_at), pair.unpack_from(data, blocks_at))


class NodeRow(NamedTuple):
    """An entry of the node tree: [MS-PST] 2.2.2.7.7.4."""

    nid: int
    data: int
    """Block id of its data."""
    subnodes: int
    """Block id of its subnodes, or 0."""
    parent: int


class BlockRow(NamedTuple):
    """An entry of the block tree: [MS-PST] 2.2.2.7.7.3."""

    bid: int
    offset: int
    size: int
    inflated: int
    """Size once it is decompressed (4K pages only)."""


Row = tuple[int, int, int, int]


class Tree(Protocol):
    """A B-tree, by its pages or as it was put together from those that are left."""

    def find(self, key: int) -> Row | None:
        """The entry of a key. Raises DocumentError where a page on the way is damaged."""
        ...

    def rows(self, first: int = 0, last: int = 1 << 64) -> Iterator[Row]:
        """The entries with `first` <= key < `last`, ascending in a sound file; pages that are damaged left out."""
        ...


class Page(NamedTuple):
    """A page, taken apart."""

    level: int
    keys: list[int]
    rows: list[Row]
    """Entries; of a branch page: key, page id, offset, 0."""
    sound: bool
    """The checksum is right, and the page is the one that is meant."""
    page_id: int


def parse_page(data: bytes, layout: Layout, kind: int) -> Page | None:
    """A page of a B-tree ([MS-PST] 2.2.2.7.7.1), or None where it is none."""
    if len(data) < layout.page_bytes:
        return None
    ptype, repeat, _, one, other = layout.trailer.unpack_from(data, layout.trailer_at)
    count, _, entry_bytes, level = layout.counts.unpack_from(data, layout.counts_at)
    entry = layout.branch if level else layout.node if kind == NODE_PAGES else layout.block
    if ptype != kind or repeat != kind or level > MAX_LEVEL or entry_bytes < entry.size - 4:
        return None
    if count * entry_bytes > layout.counts_at:
        return None
    crc, page_id = (one, other) if layout.crc_first else (other, one)
    # A weak CRC-32: no inversion before and after ([MS-PST] 5.3)
    sound = crc == zlib.crc32(data[: layout.trailer_at], 0xFFFFFFFF) ^ 0xFFFFFFFF
    rows: list[Row] = [entry.unpack_from(data, at * entry_bytes) for at in range(count)]
    if level:
        rows = [(row[0], row[1], row[2], 0) for row in rows]
    if kind == NODE_PAGES:
        rows = [(row[0] & 0xFFFFFFFF, *row[1:]) for row in rows]
    return Page(level, [row[0] for row in rows], rows, sound, page_id)


class PagedTree:
    """A B-tree read page by page."""

    def __init__(self, content: BinaryIO, header: Header, kind: int, faults: Faults) -> None:
        self._content = content
        self._header = header
        self._kind = kind
        self._faults = faults
        self._root = header.nodes if kind == NODE_PAGES else header.blocks
        self._pages: OrderedDict[int, Page] = OrderedDict()

    def _page(self, page_id: int, offset: int) -> Page:
        """A page, by what its parent says of it. Raises DocumentError."""
        page = self._pages.get(offset)
        if page is not None:
            self._pages.move_to_end(offset)
            return page
        layout = self._header.layout
        if 0 < offset <= self._header.size - layout.page_bytes:
            self._content.seek(offset)
            page = parse_page(self._content.read(layout.page_bytes), layout, self._kind)
        if page is None:
            code = "truncated" if offset > self._header.size - layout.page_bytes else "corrupt"
            raise DocumentError(code, _DAMAGED[self._kind])
        if page.page_id != page_id:
            page = page._replace(sound=False)
        if not page.sound:
            self._faults.append(DocumentError("corrupt", _DAMAGED[self._kind]))
        self._pages[offset] = page
        if len(self._pages) > CACHED_PAGES:
            self._pages.popitem(last=False)
        return page

    def find(self, key: int) -> Row | None:
        """The entry of a key. Raises DocumentError where a page on the way is damaged."""
        (page_id, offset), level = self._root, MAX_LEVEL + 1
        while True:
            page = self._page(page_id, offset)
            if page.level >= level:
                raise DocumentError("corrupt", _DAMAGED[self._kind])
            level = page.level
            at = bisect_right(page.keys, key) - 1
            if at < 0:
                return None
            if not level:
                return page.rows[at] if page.keys[at] == key else None
            _, page_id, offset, _ = page.rows[at]

    def rows(self, first: int = 0, last: int = 1 << 64) -> Iterator[Row]:
        """The entries with `first` <= key < `last`; pages that are damaged are left out, and told of."""
        for page in self.leaves(first, last):
            for row in page.rows:
                if first <= row[0] < last:
                    yield row

    def leaves(self, first: int = 0, last: int = 1 << 64) -> Iterator[Page]:
        """The leaf pages that may hold keys of a range. No page comes twice, whatever the branches say."""
        stack = [(*self._root, MAX_LEVEL + 1)]
        seen: set[int] = set()
        while stack:
            page_id, offset, level = stack.pop()
            try:
                page = self._page(page_id, offset)
                if page.level >= level or offset in seen:
                    raise DocumentError("corrupt", _DAMAGED[self._kind])
            except DocumentError as error:
                self._faults.append(error)
                continue
            seen.add(offset)
            if not page.level:
                yield page
                continue
            ends = [*page.keys[1:], 1 << 64]
            for row, end in zip(reversed(page.rows), reversed(ends), strict=True):
                if row[0] < last and end > first:
                    stack.append((row[1], row[2], page.level))
