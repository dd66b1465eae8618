"""Exports of Microsoft Purview eDiscovery, classic and new: where each item lay before, and whose it is.

The report of items (`Results.csv`, `Items_*.csv`) says where an item was; the path of the tree says whose mailbox or
site it is from. Adds to what is read of an export and reads no text of it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from pii_scan.extract import charset, identity
from pii_scan.extract.limits import Window
from pii_scan.extract.text import read_head
from pii_scan.model import Document, DocumentRef, Slice

CHUNK_ROWS = 1000
_HEADER_BYTES = 16 << 10
_MAX_PATH = 4096

# The names that columns have in reports of items, lower case, `_`, `/` and `-` as blanks, in order of preference. Of
# Microsoft's "Document metadata fields in eDiscovery" the name shown and the name exported, and those of Results.csv.
_TARGET = ("target path", "export native path", "exported file path", "export path", "target file path", "native path")
_ORIGINAL = ("original path", "compound path", "original location", "original url", "document path", "item path")
_OWNER = ("location name", "custodian", "mailbox", "location")
_MESSAGE_ID = ("internet message id", "internetmessageid", "email message id")
_SIGNS = frozenset(
    {
        "item identity", "document id", "compliance item id", "immutable id", "file id", "group id", "family id",
        "load id", "duplicate to item", "decode status", "item class", "itemclass", "item id", "input file id",
    }
)  # fmt: skip
"""A table with a path and one of these is a report; one with paths alone may be anything."""

_MARKERS = frozenset({"exchange", "sharepoint", "onedrive", "onedrive for business", "teams", "yammer", "viva engage"})
"""The folders by workload at the top of an export."""
_PACKAGE = re.compile(r"(?:items|psts?|exchange|sharepoint)[._ -]?\d[\w. -]*?(?:\.zip)?", re.IGNORECASE)
"""The packages that the new export is downloaded in: `Items.1.001.zip`, `PSTs.1.001.zip`; or the folder of one."""
_MAILBOX_FILE = re.compile(r"\.(?:pst|ost|mbox)$", re.IGNORECASE)
_STORE = re.compile(r" *\((?:primary|archive|main ?archive|recoverable items|unindexed)[^()]*\)$", re.IGNORECASE)
_NUMBER = re.compile(r"(?:[._ -]\d{1,4})+$")
"""Of the parts that a large mailbox is cut into."""
_ADDRESS = re.compile(r"[^\s@/\\!]+@[^\s@/\\!]+\.[A-Za-z]{2,24}")


@dataclass(frozen=True, slots=True)
class ExportedItem:
    """One row of a report."""

    path: str
    """Where it lies in the export, as `export_path` gives it; empty where the report does not say."""
    identity: str
    """As `Document.identity`; empty where the report does not say."""
    original: str
    """Where it lay: a path in a mailbox, or a URL."""
    owner: str
    """The mailbox or the site; may be empty."""


@dataclass(frozen=True, slots=True)
class ExportedItems:
    """Some rows of the report `ref`."""

    ref: DocumentRef
    items: tuple[ExportedItem, ...]


def items(document: Document) -> Iterator[ExportedItems]:
    """What a report, or a slice of it, says of the items of its export; nothing where the table is none.

    `document` is a CSV. A row that the csv module cannot read is passed over: its text has been scanned all the same.
    """
    content = document.content
    content.seek(0)
    head = read_head(content)
    part = document.slice
    encoding = part.encoding if part is not None else charset.detect(head)
    first = head[:_HEADER_BYTES].decode(encoding, "replace").lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        columns = _Columns(next(csv.reader([first], delimiter=delimiter), []))
    except csv.Error:  # lines that end with CR alone: no report is written so
        return
    if not columns.is_report:
        return
    kept: list[ExportedItem] = []
    for row in _rows(document, part, encoding, delimiter):
        if (item := columns.item(row)) is not None:
            kept.append(item)
        if len(kept) >= CHUNK_ROWS:
            yield ExportedItems(document.ref, tuple(kept))
            kept = []
    if kept:
        yield ExportedItems(document.ref, tuple(kept))


class _Columns:
    """Which column of a report says what."""

    def __init__(self, header: Sequence[str]) -> None:
        names = [" ".join(re.split(r"[\s_/-]+", name.strip().casefold())) for name in header]
        self._target = _first(names, _TARGET)
        self._original = _first(names, _ORIGINAL)
        self._message = _first(names, _MESSAGE_ID)
        self._owners = [names.index(name) for name in _OWNER if name in names]
        known = self._original is not None or bool(self._owners)
        joined = self._target is not None or self._message is not None
        self.is_report = known and joined and not _SIGNS.isdisjoint(names)

    def item(self, row: Sequence[str]) -> ExportedItem | None:
        """A row as an item; None where it says nothing."""
        path = export_path(re.split(r"[\\/]+", _cell(row, self._target)))
        own = identity.of_message_id(_cell(row, self._message))
        original, owner = _cell(row, self._original), self._owner(row)
        if not (path or own) or not (original or owner):
            return None
        return ExportedItem(path, own, original, owner)

    def _owner(self, row: Sequence[str]) -> str:
        """The first that names a mailbox or a site: `Location` may only say which service it was."""
        for column in self._owners:
            value = _cell(row, column)
            if _ADDRESS.search(value) or "://" in value or (value and value.casefold() not in _MARKERS):
                return _STORE.sub("", value)
        return ""


def _first(names: list[str], wanted: Iterable[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip()[:_MAX_PATH] if column is not None and column < len(row) else ""


def _rows(document: Document, part: Slice | None, encoding: str, delimiter: str) -> Iterator[list[str]]:
    content = document.content
    content.seek(0)
    window = content if part is None else io.BufferedReader(Window(content, part.start, part.end - part.start))
    text = io.TextIOWrapper(cast(io.BufferedReader, window), encoding, "replace", newline="")
    reader = csv.reader(text, delimiter=delimiter)
    is_header = part is None or part.start == 0
    try:
        while True:
            try:
                row = next(reader, None)
            except csv.Error:
                continue
            if row is None:
                return
            if not is_header:
                yield row
            is_header = False
    finally:
        text.detach()


def export_path(components: Iterable[str]) -> str:
    """A path within an export in the one form that the report and the tree share: from the folder of the workload or
    the download package on, lower case, `/` between.

    >>> export_path(["C:", "Sak 1", "Exchange", "kari@example.no (Primary)", "Inbox", "A.msg"])
    'exchange/kari@example.no (primary)/inbox/a.msg'
    >>> export_path(["funn", "Items.1.001.zip", "Kari", "A.msg"])
    'kari/a.msg'
    """
    parts = [part.strip().casefold() for part in components if part.strip() not in ("", ".", "?")]
    packages = [at for at, part in enumerate(parts[:-1]) if _PACKAGE.fullmatch(part)]
    parts = parts[packages[-1] + 1 :] if packages else parts
    marker = next((at for at, part in enumerate(parts) if part in _MARKERS), 0)
    return "/".join(parts[marker:])


def path_of(ref: DocumentRef) -> str:
    """As `export_path` of a document that lies in a tree that looks like an export, else empty."""
    parts = _components(ref)
    if not any(part.casefold() in _MARKERS or _PACKAGE.fullmatch(part) for part in parts[:-1]):
        return ""
    return export_path(parts)


def owner_of(ref: DocumentRef) -> tuple[str, bool]:
    """Whose mailbox or site a document is from by its path, and whether it is a site; empty where that does not say.

    `Exchange/<mailbox>.pst`, `Exchange/<mailbox> (Primary)/...`, `SharePoint/<site>/...`; elsewhere a folder or mailbox
    file whose whole name is an address.

    >>> owner_of(DocumentRef("t", "sak/Exchange/kari@example.no (Primary)/Inbox/a.msg"))
    ('kari@example.no', False)
    """
    parts = _components(ref)
    last = len(parts) - 1
    for at, part in enumerate(parts):
        bare = _MAILBOX_FILE.sub("", part)
        if at == last and bare == part:  # a file is no mailbox, whatever it is called
            break
        name = _STORE.sub("", bare)
        marked = name != part  # as a mailbox file, or with the store of a mailbox
        name = name if bare == part else _NUMBER.sub("", name)
        if _ADDRESS.fullmatch(name):
            return name, False
        above = parts[at - 1].casefold() if at else ""
        if above == "exchange" and marked:
            return name, False
        if above == "sharepoint":
            return name, True
    return "", False


def _components(ref: DocumentRef) -> list[str]:
    chain: list[str] = []
    here: DocumentRef | None = ref
    while here is not None:
        chain[:0] = here.path.split("/")
        here = here.parent
    return [part for part in chain if part]
