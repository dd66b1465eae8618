"""Outlook mailboxes (PST, OST, PAB): every item a member by its folder, in the order of the file's own list of nodes.

[MS-PST]; ANSI, Unicode and 4K-page files. A password on a mailbox is a checksum that keeps nobody out, so it is not
asked for. A large mailbox is read in slices of its list of nodes.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi, mapi_names
from pii_scan.extract.limits import Budget
from pii_scan.extract.mapi_body import labelled
from pii_scan.extract.mapi_object import ITEM, ItemContent, MapiObject, Value
from pii_scan.extract.pst_items import item, plain_subject
from pii_scan.extract.pst_mailbox import (
    ASSOCIATED,
    ASSOCIATED_CONTENTS,
    CONTENTS,
    FOLDER,
    MESSAGE,
    SEARCH_FOLDER,
    STORE,
    Mailbox,
)
from pii_scan.extract.pst_names import NAME_MAP
from pii_scan.extract.pst_pages import BLOCK_PAGES, NODE_PAGES, Faults, NodeRow, PagedTree, read_header
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Slice, Stage

MEDIA_TYPE = "application/vnd.ms-outlook-pst"
_END = 1 << 32
_NO_TEXT = {0x06, 0x07, 0x0A, 0x0B, 0x0C, 0x0D, 0x10, 0x11, 0x12, 0x13}
"""Kinds of nodes that are lists and tables about other nodes: [MS-PST] 2.2.2.1."""

Piece = ChunkBatch | Document | Problem


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The items of a mailbox as members, the names and remarks of folders as parts.

    Raises DocumentError where the file cannot be read as a mailbox at all. Items are not counted as expanded bytes:
    they are no larger than the file.
    """
    part = document.slice
    first, last = _range(part)
    mailbox = Mailbox(document.content, whole=part is None)
    reading = _Reading(mailbox, document.ref, limits)
    header = mailbox.header
    if not first and header.declared_size > header.size:
        detail = f"{header.declared_size - header.size} bytes of the mailbox are missing"
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.TRUNCATED, detail)
    count = 0
    for row in mailbox.nodes.rows(first, last):
        count += 1
        yield from reading.node(NodeRow(*row))
        yield from reading.faults()
    yield from reading.faults()
    if not count and part is None:
        raise DocumentError("corrupt", "the mailbox holds no nodes")


def plan(content: BinaryIO, slice_bytes: int) -> list[Slice]:
    """Slices of the list of nodes, with about as many items in each; [] where the mailbox is to be read whole.

    Depends on the content and `slice_bytes` only. Raises DocumentError.
    """
    faults = Faults()
    header = read_header(content)
    for _ in PagedTree(content, header, BLOCK_PAGES, faults).leaves():
        pass
    nodes = PagedTree(content, header, NODE_PAGES, faults)
    items = array("Q", (row[0] for row in nodes.rows() if row[0] & 0x1F in (MESSAGE, ASSOCIATED)))
    if faults:  # to be put together again, by one worker
        return []
    size = header.size
    number = min(max(size // slice_bytes, 1), len(items))
    if number < 2:
        return []
    cuts = [0, *(items[len(items) * at // number] for at in range(1, number)), _END]
    return [
        Slice(size * at // number, size * (at + 1) // number, at + 1, "", json.dumps([first, last]))
        for at, (first, last) in enumerate(zip(cuts, cuts[1:], strict=False))
    ]


def _range(part: Slice | None) -> tuple[int, int]:
    """The node ids of a slice."""
    if part is None:
        return 0, _END
    first, last = json.loads(part.layout)
    return first, last


class _Reading:
    """The walk over the nodes of one mailbox."""

    def __init__(self, mailbox: Mailbox, ref: DocumentRef, limits: Limits) -> None:
        self._mailbox = mailbox
        self._ref = ref
        self._limits = limits
        self._told = Faults()

    def faults(self) -> Iterator[Problem]:
        """What was found damaged outside of items, each kind once in the file."""
        for fault in self._mailbox.faults:
            known = len(self._told)
            self._told.append(fault)
            if len(self._told) > known:
                yield Problem(self._ref, Stage.EXTRACT, ProblemCode(fault.code), fault.detail)
        self._mailbox.faults.clear()

    def node(self, row: NodeRow) -> Iterator[Piece]:
        """All that one node holds."""
        kind = row.nid & 0x1F
        if kind in (MESSAGE, ASSOCIATED):
            yield from self._item(row)
        elif kind in (CONTENTS, ASSOCIATED_CONTENTS):
            yield from self._gone(row)
        elif kind not in _NO_TEXT and row.nid != NAME_MAP:
            yield from self._other(row)

    def _item(self, row: NodeRow) -> Iterator[Piece]:
        mailbox = self._mailbox
        ref = self._ref.member(mailbox.item_path(row))
        yield from self.faults()  # what is met from here on is the item's own
        content = ItemContent(lambda: item(mailbox.blocks_node(row), mailbox.reading))
        yield Document(ref, cast(BinaryIO, content), ITEM)

    def _gone(self, row: NodeRow) -> Iterator[Piece]:
        """What a folder's table still says of items that are gone."""
        folder = self._mailbox.folder_path(row.nid & ~0x1F | FOLDER)
        try:
            for row_id, cells in self._mailbox.gone(row.nid):
                if mapi_names.SUBJECT in cells:
                    cells[mapi_names.SUBJECT] = plain_subject(cells[mapi_names.SUBJECT])
                yield from self._texts(cells, f"{_named(folder)}: deleted item {row_id >> 5:05d}")
        except DocumentError as error:
            self._mailbox.faults.append(error)

    def _other(self, row: NodeRow) -> Iterator[Piece]:
        """The properties of a folder, of the mailbox itself, or of a node that only Outlook knows."""
        try:
            properties = self._mailbox.properties(row)
            if properties is None:
                return
            name = "mailbox" if row.nid == STORE else f"node 0x{row.nid:X}"
            if row.nid & 0x1F in (FOLDER, SEARCH_FOLDER):
                name = _named(self._mailbox.folder_path(row.nid))
            yield from self._texts(properties, name)
        except DocumentError as error:
            self._mailbox.faults.append(error)

    def _texts(self, properties: Mapping[int, Value], label: str) -> Iterator[Piece]:
        for piece in mapi.pieces(MapiObject(properties), self._ref, self._limits):
            if isinstance(piece, Problem):
                self._mailbox.faults.append(DocumentError(piece.code, piece.detail))
            elif isinstance(piece, Document):
                piece.ref = self._ref.member(f"{label}: {piece.ref.path}", piece.ref.size_bytes)
                yield piece
            else:
                yield labelled(piece, label)


def _named(folder: str) -> str:
    return f"folder {folder}" if folder else "top folder"
