"""An Outlook mailbox as a whole: its nodes, which of them are folders and items, and where an item belongs.

[MS-PST] 2.4. Nothing here grows with the file but for the salvage of damaged ones.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi_names, pst_crypt
from pii_scan.extract.mapi_object import Value
from pii_scan.extract.pst_blocks import Blocks
from pii_scan.extract.pst_heap import HEAP, PROPERTIES, Node
from pii_scan.extract.pst_items import Reading, strings_encoding
from pii_scan.extract.pst_names import NAME_MAP, named_keys
from pii_scan.extract.pst_pages import (
    BLOCK_PAGES,
    NODE_PAGES,
    Faults,
    Header,
    NodeRow,
    PagedTree,
    Row,
    Tree,
    read_header,
)
from pii_scan.extract.pst_salvage import salvage
from pii_scan.extract.pst_tables import PropertyContext, TableContext

FOLDER, SEARCH_FOLDER, MESSAGE, ASSOCIATED = 0x02, 0x03, 0x04, 0x08
CONTENTS, ASSOCIATED_CONTENTS = 0x0E, 0x0F
STORE, ROOT_FOLDER = 0x21, 0x122
IPM_SUBTREE = 0x35E0
ORPHANS = "(orphans)"
MAX_FOLDER_DEPTH = 64
CACHED_FOLDERS = 4096
_PROBED_NODES = 64


class Mailbox:
    """One open file."""

    def __init__(self, content: BinaryIO, *, whole: bool) -> None:
        """`whole`: looks at every page of both trees first, and puts a damaged tree together again. Raises
        DocumentError where the file cannot be read at all.
        """
        self.header: Header = read_header(content)
        self.faults = Faults()
        self.damaged = False
        """Pages of a tree are damaged; only looked for with `whole`."""
        self.nodes = self._tree(content, NODE_PAGES, whole)
        blocks = self._tree(content, BLOCK_PAGES, whole)
        self.blocks = Blocks(content, self.header, blocks, self.faults)
        self.blocks.salvaged = not isinstance(blocks, PagedTree)
        self._probe()
        self._folders: OrderedDict[int, tuple[str, int]] = OrderedDict()
        self._tables: OrderedDict[int, TableContext | None] = OrderedDict()
        self._subtree = self._find_subtree()
        self.reading = Reading(self._names(), self._encoding(), self.faults)

    def _tree(self, content: BinaryIO, kind: int, whole: bool) -> Tree:
        tree = PagedTree(content, self.header, kind, self.faults)
        if not whole:
            return tree
        before = len(self.faults)
        for _ in tree.leaves():
            pass
        if len(self.faults) == before:
            return tree
        self.damaged = True
        return salvage(content, self.header, kind, _live(tree))

    def _probe(self) -> None:
        """Finds out how blocks are encoded, where it is not as the header says (files that were repaired)."""
        declared = self.blocks.crypt
        for crypt in dict.fromkeys((declared, pst_crypt.PERMUTE, pst_crypt.NONE, pst_crypt.CYCLIC)):
            self.blocks.recode(crypt)
            if self._has_heaps():
                return
        self.blocks.recode(declared)

    def _has_heaps(self) -> bool:
        """Whether any of the first nodes is a heap as its blocks are decoded now."""
        before = list(self.faults)
        try:
            for count, row in enumerate(self.nodes.rows()):
                if count == _PROBED_NODES:
                    return False
                try:
                    if row[1] and self.blocks_node(NodeRow(*row)).tree.leaf(0)[2:3] == bytes([HEAP]):
                        return True
                except DocumentError:
                    continue
            return False
        finally:
            self.faults[:] = before

    def blocks_node(self, row: NodeRow) -> Node:
        """The node of an entry of the node tree."""
        return Node(self.blocks, row.data, row.subnodes)

    def node(self, nid: int) -> Node | None:
        """The node of an id, or None where there is none. Raises DocumentError."""
        row = self.nodes.find(nid)
        return None if row is None else self.blocks_node(NodeRow(*row))

    def _names(self) -> dict[int, tuple[str, int | str]]:
        try:
            node = self.node(NAME_MAP)
            return {} if node is None else named_keys(PropertyContext(node))
        except DocumentError:
            self.faults.append(DocumentError("corrupt", "the list of named properties is damaged"))
            return {}

    def _encoding(self) -> str | None:
        """What the first items of a file without Unicode say of their 8-bit strings, for those that do not."""
        if self.header.layout.wide:
            return None
        items = (NodeRow(*row) for row in self.nodes.rows() if row[0] & 0x1F == MESSAGE)
        found: Counter[str] = Counter()
        for row in islice(items, _PROBED_NODES):
            try:
                found[strings_encoding(PropertyContext(self.blocks_node(row))) or ""] += 1
            except DocumentError:
                continue
        found.pop("", None)
        return found.most_common(1)[0][0] if found else None

    def _find_subtree(self) -> int:
        """The folder above those that people see, or 0."""
        try:
            node = self.node(STORE)
            entry = PropertyContext(node).get(IPM_SUBTREE) if node is not None else None
        except DocumentError as error:
            self.faults.append(error)
            return 0
        return int.from_bytes(entry[20:24], "little") if isinstance(entry, bytes) and len(entry) >= 24 else 0

    # folders

    def folder_path(self, nid: int) -> str:
        """Names from the top down, `/` between them, without those above all that people see; may be empty."""
        names: list[str] = []
        seen: set[int] = set()
        while nid not in (ROOT_FOLDER, self._subtree, 0) and nid not in seen and len(seen) < MAX_FOLDER_DEPTH:
            seen.add(nid)
            name, nid = self._folder(nid)
            if name:
                names.append(name)
        return "/".join(reversed(names))

    def _folder(self, nid: int) -> tuple[str, int]:
        """Name and parent of a folder."""
        found = self._folders.get(nid)
        if found is not None:
            self._folders.move_to_end(nid)
            return found
        name, parent = "", 0
        try:
            row = self.nodes.find(nid)
            if row is not None:
                name, parent = f"folder-{nid >> 5}", row[3]
                context = PropertyContext(self.blocks_node(NodeRow(*row)), self.reading.encoding)
                value = context.get(mapi_names.DISPLAY_NAME)
                if isinstance(value, str) and value.strip():
                    name = " ".join(value.split()).replace("/", "_")
        except DocumentError as error:
            self.faults.append(error)
        self._folders[nid] = name, parent
        if len(self._folders) > CACHED_FOLDERS:
            self._folders.popitem(last=False)
        return name, parent

    def item_path(self, row: NodeRow) -> str:
        """Folder and number of an item. What stands in no folder's table of contents is an orphan.

        The number is that of the node, so that it stays the same whatever is read before.
        """
        name = f"{row.nid >> 5:05d}"
        kind = CONTENTS if row.nid & 0x1F == MESSAGE else ASSOCIATED_CONTENTS
        if kind == ASSOCIATED_CONTENTS:
            name += " (settings)"
        if row.parent & 0x1F not in (FOLDER, SEARCH_FOLDER) or not self._listed(row.parent & ~0x1F | kind, row):
            return f"{ORPHANS}/{name}"
        return f"{self.folder_path(row.parent)}/{name}".lstrip("/")

    def _listed(self, table_nid: int, row: NodeRow) -> bool:
        """Whether an item is in its folder's table, or that cannot be known."""
        try:
            if table_nid not in self._tables:
                node = self.node(table_nid)
                self._tables[table_nid] = None if node is None else TableContext(node)
                if len(self._tables) > CACHED_FOLDERS // 16:
                    self._tables.popitem(last=False)
            table = self._tables[table_nid]
            if table is None:
                return self.nodes.find(row.parent) is not None
            return table.holds(row.nid)
        except DocumentError as error:
            self.faults.append(error)
            self._tables[table_nid] = None
            return True

    def gone(self, nid: int) -> Iterator[tuple[int, dict[int, Value]]]:
        """Rows of a table of contents whose item is not in the file any more. Raises DocumentError."""
        node = self.node(nid)
        if node is not None and node.tree.size():
            yield from TableContext(node, self.reading.encoding).rows(lambda row_id: self.nodes.find(row_id) is None)

    def properties(self, row: NodeRow) -> PropertyContext | None:
        """The properties of a node that is no item, or None where it holds none. Raises DocumentError."""
        node = self.blocks_node(row)
        if not row.data or node.kind() != PROPERTIES:
            return None
        return PropertyContext(node, self.reading.encoding)


def _live(tree: PagedTree) -> Iterator[tuple[Row, bool]]:
    for page in tree.leaves():
        for row in page.rows:
            yield row, page.sound
