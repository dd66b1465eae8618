"""Writes small Outlook mailboxes for tests: ANSI, Unicode and 4K-page files, in each encoding, by [MS-PST].

Made for reading, not for Outlook: no allocation maps. `block_bytes` and `fan_out` make trees deep in small files.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from extract.pst_made import (
    ADDRESS,
    BINARY,
    BOOLEAN,
    INT16,
    INT32,
    NAME_MAP,
    OBJECT,
    PUBLIC_STRINGS,
    ROOT,
    STORE,
    STRING,
    SUBTREE,
    MadeAttachment,
    MadeItem,
    Props,
    encoded,
)

from pii_scan.extract import pst_crypt


def weak_crc(data: bytes) -> int:
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


class _Heap:
    """A heap on node: allocations, and the blocks they fill."""

    def __init__(self, kind: int, block_bytes: int, large: bool) -> None:
        self._kind, self._room, self._large = kind, block_bytes, large
        self._blocks: list[list[bytes]] = [[]]
        self._used = [12]

    def alloc(self, data: bytes) -> int:
        at = len(self._blocks) - 1
        if self._used[at] + len(data) + 2 * len(self._blocks[at]) + 12 > self._room:
            at += 1
            self._blocks.append([])
            self._used.append(66 if at % 128 == 8 else 2)
        self._blocks[at].append(data)
        self._used[at] += len(data)
        index = len(self._blocks[at])
        return (at << 19 | index << 5) if self._large else (at << 16 | index << 5)

    def blocks(self, root: int) -> list[bytes]:
        out = []
        for number, allocations in enumerate(self._blocks):
            start = 12 if not number else 66 if number % 128 == 8 else 2
            offsets = [start]
            for data in allocations:
                offsets.append(offsets[-1] + len(data))
            at = offsets[-1] + (offsets[-1] & 1)
            head = struct.pack("<H", at)
            if not number:
                head += struct.pack("<BBI4x", 0xEC, self._kind, root)
            page_map = struct.pack(f"<HH{len(offsets)}H", len(allocations), 0, *offsets)
            body = head.ljust(start, b"\0") + b"".join(allocations)
            out.append(body.ljust(at, b"\0") + page_map)
        return out


class PstWriter:
    """Gathers nodes; `finish` gives the file."""

    def __init__(
        self, version: str = "unicode", crypt: int = 1, *, block_bytes: int = 0, fan_out: int = 0, deflate: bool = True
    ) -> None:  # fmt: skip
        self.version, self.crypt, self.deflate = version, crypt, deflate
        self.wide, self.large = version != "ansi", version == "4k"
        self.full_bytes = block_bytes or {"unicode": 8176, "ansi": 8180, "4k": 65512}[version]
        self.fan_out = fan_out or {"unicode": 1021, "ansi": 2043, "4k": 8000}[version]
        self.heap_value_bytes = min(3580, self.full_bytes // 4)
        self.blocks: dict[int, tuple[int, int, int]] = {}
        self.nodes: dict[int, tuple[int, int, int]] = {}
        self.body = bytearray(0x4400)
        self._next_bid, self._next_page, self._next_index = 4, 1, 0x10001
        self._named: dict[tuple[str, int | str], int] = {(ADDRESS, 0x8005): 0, (PUBLIC_STRINGS, "Keywords"): 1}
        self._contents: dict[int, list[tuple[int, Props]]] = {}
        self._folders: dict[int, list[tuple[int, Props]]] = {}
        self.node(ROOT, *self.properties({0x3001: (STRING, ""), 0x360A: (BOOLEAN, True)}), ROOT)
        self.folder("Top of Personal Folders", ROOT, SUBTREE)
        entry = bytes(20) + struct.pack("<I", SUBTREE)
        store = {0x3001: (STRING, "Made mailbox"), 0x35E0: (BINARY, entry), 0x0FF9: (BINARY, bytes(16))}
        self.node(STORE, *self.properties(store), 0)

    # blocks

    def block(self, data: bytes, internal: bool = False) -> int:
        bid = self._next_bid | (2 if internal else 0)
        self._next_bid += 4
        stored, align, trailer = data, 512 if self.large else 64, 24 if self.large else 16 if self.wide else 12
        if not internal and self.crypt == pst_crypt.PERMUTE:
            stored = pst_crypt.encode_permuted(stored)
        elif not internal and self.crypt == pst_crypt.CYCLIC:
            stored = pst_crypt.recode_cyclic(stored, bid)
        if self.large and self.deflate and len(zlib.compress(stored)) < len(stored):
            stored = zlib.compress(stored)
        self._align(align)
        at = len(self.body)
        whole = -(-(len(stored) + trailer) // align) * align
        self.body += stored.ljust(whole - trailer, b"\0")
        signature = self._signature(at, bid)
        if self.wide:
            self.body += struct.pack("<HHIQ", len(stored), signature, weak_crc(stored), bid)
        else:
            self.body += struct.pack("<HHII", len(stored), signature, bid, weak_crc(stored))
        if self.large:
            self.body += struct.pack("<HH4x", 0, len(data))
        self.blocks[bid] = at, len(stored), len(data)
        return bid

    @staticmethod
    def _signature(at: int, number: int) -> int:
        mixed = (at ^ number) & 0xFFFFFFFF
        return (mixed >> 16 ^ mixed) & 0xFFFF

    def _align(self, size: int) -> None:
        self.body += bytes(-len(self.body) % size)

    def data(self, content: bytes) -> int:
        """A data tree over the content: one block, or as many levels as it takes."""
        return self.blocks_tree([content[at : at + self.full_bytes] for at in range(0, len(content), self.full_bytes)])

    def blocks_tree(self, parts: Sequence[bytes]) -> int:
        if not parts:
            return 0
        ids, level, size = [self.block(part) for part in parts], 0, sum(map(len, parts))
        sizes = [len(part) for part in parts]
        while len(ids) > 1:
            level += 1
            groups = [slice(at, at + self.fan_out) for at in range(0, len(ids), self.fan_out)]
            lists = [
                struct.pack(f"<BBHI{len(ids[group])}{'Q' if self.wide else 'I'}", 1, level, len(ids[group]),
                            sum(sizes[group]), *ids[group])
                for group in groups
            ]  # fmt: skip
            ids, sizes = [self.block(data, internal=True) for data in lists], [sum(sizes[group]) for group in groups]
        assert level <= 2 and sum(sizes) == size
        return ids[0]

    def subnodes(self, entries: Iterable[tuple[int, int, int]]) -> int:
        rows = sorted(entries)
        if not rows:
            return 0
        pad, kind = ("4x", "Q") if self.wide else ("", "I")
        leaves = []
        for at in range(0, len(rows), min(self.fan_out, 300)):
            group = rows[at : at + min(self.fan_out, 300)]
            values = [value for row in group for value in row]
            leaf = struct.pack(f"<BBH{pad}{len(values)}{kind}", 2, 0, len(group), *values)
            leaves.append((group[0][0], self.block(leaf, internal=True)))
        if len(leaves) == 1:
            return leaves[0][1]
        values = [value for leaf in leaves for value in leaf]
        return self.block(struct.pack(f"<BBH{pad}{len(values)}{kind}", 2, 1, len(leaves), *values), internal=True)

    # nodes

    def node(self, nid: int, data: int, subnodes: int, parent: int) -> None:
        self.nodes[nid] = data, subnodes, parent

    def properties(self, props: Props, extra: Iterable[tuple[int, int, int]] = ()) -> tuple[int, int]:
        """A property context: data and subnode block ids. `extra`: further subnodes."""
        heap, below = _Heap(0xBC, self.full_bytes, self.large), list(extra)
        header = heap.alloc(bytes(8))
        records = []
        for number, (kind, value) in sorted(props.items()):
            records.append((number, struct.pack("<HI", kind, self._stored(kind, value, heap, below))))
        root = self._btree(heap, header, records, 2, 6)
        return self.blocks_tree(heap.blocks(root)), self.subnodes(below)

    def _btree(
        self, heap: _Heap, header: int, records: list[tuple[int, bytes]], key_bytes: int, size: int
    ) -> int:  # fmt: skip
        root, level, step = 0, 0, max(self.heap_value_bytes // (key_bytes + size), 2)
        rows = [(key, key.to_bytes(key_bytes, "little") + value) for key, value in records]
        while rows:
            groups = [rows[at : at + step] for at in range(0, len(rows), step)]
            hids = [heap.alloc(b"".join(data for _, data in group)) for group in groups]
            if len(hids) == 1:
                root = hids[0]
                break
            level += 1
            rows = [(g[0][0], g[0][0].to_bytes(key_bytes, "little") + struct.pack("<I", hid))
                    for g, hid in zip(groups, hids, strict=True)]  # fmt: skip
        heap._blocks[0][0] = struct.pack("<BBBBI", 0xB5, key_bytes, size, level, root)
        return header

    def _stored(self, kind: int, value: Any, heap: _Heap, below: list[tuple[int, int, int]]) -> int:
        """What stands in a record or cell: the value, or where it is."""
        if kind in (INT16, INT32, BOOLEAN):
            return int(value) & 0xFFFFFFFF
        raw = encoded(kind, value)
        if not raw:
            return 0
        if len(raw) <= self.heap_value_bytes:
            return heap.alloc(raw)
        nid = (len(below) + 0x100) << 5 | 0x1F
        below.append((nid, self.data(raw), 0))
        return nid

    def table(self, rows: list[tuple[int, Props]]) -> tuple[int, int]:
        """A table context of rows of an id and properties."""
        below: list[tuple[int, int, int]] = []
        heap = _Heap(0x7C, self.full_bytes, self.large)
        header = heap.alloc(bytes(8))
        tags = sorted({(number, kind) for _, props in rows for number, (kind, _) in props.items()})
        cells_end = 8 + 4 * len(tags)
        row_bytes = cells_end + (len(tags) + 2 + 7) // 8
        columns = [(0x67F20003, 0, 4, 0), (0x67F30003, 4, 4, 1)]
        columns += [(number << 16 | kind, 8 + 4 * at, 4, at + 2) for at, (number, kind) in enumerate(tags)]
        width = 4 if self.wide else 2
        index = self._btree(heap, header, [(row_id, at.to_bytes(width, "little")) for at, (row_id, _) in
                                   sorted(enumerate(rows), key=lambda pair: pair[1][0])], 4, width)  # fmt: skip
        matrix = []
        for row_id, props in rows:
            row, present = bytearray(struct.pack("<II", row_id, 1)), bytearray(row_bytes - cells_end)
            present[0] |= 0xC0
            for at, (number, kind) in enumerate(tags):
                value = props.get(number, (0, None))
                stored = 0
                if value[0] == kind and value[1] is not None:
                    present[(at + 2) >> 3] |= 0x80 >> ((at + 2) & 7)
                    stored = self._stored(kind, value[1], heap, below)
                row += struct.pack("<I", stored)
            matrix.append(bytes(row + present))
        rows_at = 0
        if matrix:
            per_block = self.full_bytes // row_bytes
            if len(matrix) * row_bytes <= self.heap_value_bytes:
                rows_at = heap.alloc(b"".join(matrix))
            else:
                rows_at = 0x1FFF << 5 | 0x1F
                parts = [b"".join(matrix[at : at + per_block]).ljust(self.full_bytes, b"\0")
                         for at in range(0, len(matrix), per_block)]  # fmt: skip
                below.append((rows_at, self.blocks_tree(parts), 0))
        info = struct.pack(
            "<BB4HIII", 0x7C, len(columns), cells_end, cells_end, cells_end, row_bytes, index, rows_at, 0
        )
        root = heap.alloc(info + b"".join(struct.pack("<IHBB", *column) for column in columns))
        return self.blocks_tree(heap.blocks(root)), self.subnodes(below)

    # messaging

    def folder(self, name: str, parent: int = SUBTREE, nid: int = 0) -> int:
        if not nid:
            nid, self._next_index = self._next_index << 5 | 2, self._next_index + 1
        props = {0x3001: (STRING, name), 0x3602: (INT32, 1), 0x3603: (INT32, 0), 0x360A: (BOOLEAN, True)}
        self.node(nid, *self.properties({**props, 0x3613: (STRING, "IPF.Note")}), parent)
        self._contents.setdefault(nid, [])
        self._folders.setdefault(parent, []).append((nid, {0x3001: (STRING, name)}))
        return nid

    def item(
        self, folder: int, item: MadeItem, *, listed: bool = True, kept: bool = True, associated: bool = False
    ) -> int:  # fmt: skip
        """Adds an item. `listed`: in the folder's table of contents; `kept`: as a node."""
        nid, self._next_index = self._next_index << 5 | (8 if associated else 4), self._next_index + 1
        if kept:
            self.node(nid, *self._item(item), folder)
        if listed:
            row = {number: value for number, value in item.props.items() if number in (0x37, 0x1A, 0x0E04, 0x0042)}
            self._contents.setdefault(folder, []).append((nid, row))
        return nid

    def _item(self, item: MadeItem) -> tuple[int, int]:
        below = []
        props = dict(item.props)
        for key, value in item.named.items():
            props[0x8000 + self._named.setdefault(key, len(self._named))] = value
        if item.recipients:
            below.append((0x692, *self.table(list(enumerate(item.recipients)))))
        if item.attachments:
            rows = [
                ((number + 1) << 5 | 5, {0x3707: (STRING, made.name)}) for number, made in enumerate(item.attachments)
            ]
            below.append((0x671, *self.table(rows)))
        for number, attachment in enumerate(item.attachments):
            below.append(((number + 1) << 5 | 5, *self._attachment(attachment)))
        return self.properties(props, below)

    def _attachment(self, made: MadeAttachment) -> tuple[int, int]:
        props: Props = {0x3707: (STRING, made.name), **made.props}
        method = 5 if made.embedded else 6 if made.ole else 1
        props[0x3705] = (INT32, made.method if made.method is not None else method)
        inner: list[tuple[int, int, int]] = []
        if made.embedded is not None:
            inner.append((0x1000 << 5 | 4, *self._item(made.embedded)))
            props[0x3701] = (OBJECT, (0x1000 << 5 | 4, 0))
        elif made.ole:
            inner.append((0x1000 << 5 | 0x1F, self.data(made.content), 0))
            props[0x3701] = (OBJECT, (0x1000 << 5 | 0x1F, len(made.content)))
        elif made.method is None or made.content:
            props[0x3701] = (BINARY, made.content)
        return self.properties(props, inner)

    def _name_map(self) -> None:
        guids: list[str] = []
        entries, strings = b"", b""
        for (guid, name), index in self._named.items():
            if guid == PUBLIC_STRINGS:
                number = 2
            else:
                if guid not in guids:
                    guids.append(guid)
                number = 3 + guids.index(guid)
            if isinstance(name, str):
                raw = name.encode("utf-16-le")
                entries += struct.pack("<IHH", len(strings), number << 1 | 1, index)
                strings += struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)
            else:
                entries += struct.pack("<IHH", name, number << 1, index)
        props = {1: (INT32, 251), 2: (BINARY, b"".join(UUID(guid).bytes_le for guid in guids)),
                 3: (BINARY, entries), 4: (BINARY, strings)}  # fmt: skip
        self.node(NAME_MAP, *self.properties(props), 0)

    # the file

    def _page(self, kind: int, level: int, entries: list[bytes]) -> tuple[int, int]:
        """Writes a page; gives its id and offset."""
        size, counts_at = (4096, 4056) if self.large else (512, 488 if self.wide else 496)
        self._align(size)
        at, page_id, self._next_page = len(self.body), self._next_page, self._next_page + 1
        width = len(entries[0]) if entries else 24
        head = b"".join(entries).ljust(counts_at, b"\0")
        head += struct.pack("<HHBB" if self.large else "<BBBB", len(entries), counts_at // width, width, level)
        head = head.ljust({512: 496 if self.wide else 500, 4096: 4072}[size], b"\0")
        if self.wide:
            trailer = struct.pack("<BBHIQ", kind, kind, self._signature(at, page_id), weak_crc(head), page_id)
        else:
            trailer = struct.pack("<BBHII", kind, kind, self._signature(at, page_id), page_id, weak_crc(head))
        self.body += (head + trailer).ljust(size, b"\0")
        return page_id, at

    def _tree(self, kind: int, rows: list[tuple[int, bytes]]) -> tuple[int, int]:
        level = 0
        room = 4056 if self.large else 488 if self.wide else 496
        while True:
            step = max(min(room // len(rows[0][1]), self.fan_out * 8), 2)
            groups = [rows[at : at + step] for at in range(0, len(rows), step)]
            pages = [(group[0][0], *self._page(kind, level, [entry for _, entry in group])) for group in groups]
            if len(pages) == 1:
                return pages[0][1:]
            branch = struct.Struct("<QQQ" if self.wide else "<III")
            rows, level = [(key, branch.pack(key, page_id, at)) for key, page_id, at in pages], level + 1

    def finish(self) -> bytes:
        for folder, rows in self._contents.items():
            self.node(folder & ~0x1F | 0x0E, *self.table([row for row in rows if row[0] & 0x1F == 4]), 0)
            self.node(folder & ~0x1F | 0x0F, *self.table([row for row in rows if row[0] & 0x1F == 8]), 0)
        for folder in (ROOT, *self._contents):
            self.node(folder & ~0x1F | 0x0D, *self.table(self._folders.get(folder, [])), 0)
        self._name_map()
        node = struct.Struct("<QQQI4x" if self.wide else "<IIII")
        nodes = self._tree(0x81, [(nid, node.pack(nid, *row)) for nid, row in sorted(self.nodes.items())])
        block_rows = []
        for bid, (at, size, inflated) in sorted(self.blocks.items()):
            last = inflated if self.large else 2
            block_rows.append((bid, struct.pack("<QQHH4x" if self.wide else "<IIHH", bid, at, size, last)))
        blocks = self._tree(0x80, block_rows)
        header = self._header(nodes, blocks)
        self.body[: len(header)] = header
        return bytes(self.body)

    def _header(self, nodes: tuple[int, int], blocks: tuple[int, int]) -> bytes:
        version = {"unicode": 23, "ansi": 14, "4k": 36}[self.version]
        head = bytearray(564)
        struct.pack_into("<4sIHHHBB", head, 0, b"!BDN", 0, 0x4D53, version, 19, 1, 1)
        if self.wide:
            struct.pack_into("<Q", head, 184, len(self.body))
            struct.pack_into("<QQQQB", head, 216, *nodes, *blocks, 2)
            head[512], head[513] = 0x80, self.crypt
            struct.pack_into("<Q", head, 516, self._next_bid)
            struct.pack_into("<I", head, 524, weak_crc(bytes(head[8:524])))
        else:
            struct.pack_into("<I", head, 168, len(self.body))
            struct.pack_into("<IIIIB", head, 184, *nodes, *blocks, 2)
            head[460], head[461] = 0x80, self.crypt
        struct.pack_into("<I", head, 4, weak_crc(bytes(head[8 : 8 + 471])))
        return bytes(head)
