"""What is kept of a document for its attribution: a bounded look at its start. Decides nothing.

Holds text, so it lives where the document is read and no longer; nothing of it is shown or stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import pyarrow as pa

from pii_scan.model import ChunkBatch, ColumnOrigin, PartOrigin

TEXT_BYTES = 64 << 10
"""Of the text of a document."""
FIRST_ROWS = 6
"""Cells of each column, which stand for the table where it has no header."""
CELL_CHARS = 256
MAX_COLUMNS = 2000
"""Columns of all tables of a document."""
MAX_PARTS = 200
MAX_MEMBERS = 500
MAX_TABLES = 500
_QUOTES = "\ufeff\"'`[]"
_BLANKS = re.compile(r"[\s_]+")


def folded(header: str) -> str:
    r"""A header as signals compare it: no byte order mark, no quotes, no case, blanks and underscores as one blank.

    >>> folded("\ufeff\"User  full_name\" ")
    'user full name'
    """
    return _BLANKS.sub(" ", composed(header).strip().strip(_QUOTES)).strip().casefold()


def composed(name: str) -> str:
    r"""A name with letters as one sign each (Unicode NFC): some systems write `å` as `a` and a ring.

    >>> composed("pa\u030amelding") == "påmelding"
    True
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)


class Seen:
    """The first text, the headers, the first rows, the parts and the members of one document."""

    __slots__ = (
        "_columns", "_full", "_keeps", "_last_headers", "_plain", "_room", "_rows", "_texts",
        "members", "parts", "sheets", "systems",
    )  # fmt: skip

    def __init__(self, keeps: Callable[[str], bool]) -> None:
        """`keeps`: whether the part of a name is one that a signal asks for."""
        self._keeps = keeps
        self._texts: list[str] = []
        self._plain: pa.Array | None = None
        self._room = TEXT_BYTES
        self._full: set[tuple[str, int]] = set()
        self._columns: dict[tuple[str, int], int] = {}
        self._rows: dict[tuple[str, int], list[str]] = {}
        self._last_headers: tuple[str, ...] = ()
        self.sheets: dict[str, dict[str, None]] = {}
        """Name of a table, or an empty text, to its headers as they are."""
        self.parts: list[tuple[str, str]] = []
        """Name in lower case and text of the parts that are kept."""
        self.members: dict[str, None] = {}
        """Paths of documents within this one, from it down."""
        self.systems: set[str | None] = set()
        """Of the documents directly within this one."""

    def take(self, batch: ChunkBatch, plain: bool = False) -> None:
        """Looks at a batch; costs next to nothing once enough is known. `plain`: it is the only text of the document,
        and what signals look for is not in it.
        """
        origin = batch.origin
        if isinstance(origin, ColumnOrigin):
            if (origin.sheet, origin.column) not in self._full:
                self._column(batch.texts, origin)
        elif isinstance(origin, PartOrigin):
            if len(self.parts) < MAX_PARTS:
                self._parts(batch.texts, origin)
        elif plain:
            self._plain = batch.texts
        elif self._room > 0:
            self._texts += self._start(batch.texts)

    def member(self, path: str) -> None:
        """A document within this one."""
        if len(self.members) < MAX_MEMBERS:
            self.members[path] = None

    @property
    def is_plain(self) -> bool:
        """Whether there is no text but one that holds nothing that signals look for."""
        return self._plain is not None and not self._rows and not self._texts

    @property
    def text(self) -> str:
        """The start of the text; what is made of tables without it is in `rows`."""
        if self._plain is not None:
            self._texts += self._start(self._plain)
            self._plain = None
        return "".join(self._texts)

    @property
    def rows(self) -> list[list[str]]:
        """The first rows of the tables, in their order."""
        return list(self._rows.values())

    def _start(self, texts: pa.Array) -> list[str]:
        """The first texts as far as there is room, cut between characters."""
        out = []
        for at in range(len(texts)):
            if self._room <= 0:
                break
            value = _first_bytes(texts, at, self._room)
            self._room -= len(value.encode()) + 1
            out.append(value if value.endswith("\n") else value + "\n")
        return out

    def _column(self, texts: pa.Array, origin: ColumnOrigin) -> None:
        key = (origin.sheet, origin.column)
        had = self._columns.get(key, 0)
        if had + len(texts) >= FIRST_ROWS or len(self._columns) > MAX_COLUMNS:
            self._full.add(key)
        if len(self._columns) > MAX_COLUMNS:
            return
        taken = min(FIRST_ROWS - had, len(texts))
        self._columns[key] = had + taken
        if len(self.sheets) < MAX_TABLES or origin.sheet in self.sheets:
            headers = self.sheets.setdefault(origin.sheet, {})
            if origin.table_headers is not self._last_headers and origin.table_headers:
                self._last_headers = origin.table_headers
                headers.update(dict.fromkeys(origin.table_headers))
            elif origin.header and not origin.table_headers:
                headers[origin.header] = None
        for i, value in enumerate(texts.slice(0, taken).to_pylist()):
            row = int(origin.rows[i]) if origin.rows is not None else origin.first_row + i
            self._rows.setdefault((origin.sheet, row), []).append((value or "")[:CELL_CHARS])

    def _parts(self, texts: pa.Array, origin: PartOrigin) -> None:
        for at, name in enumerate(origin.parts[: len(texts)]):
            if self._keeps(name):
                self.parts.append((name.lower(), _first_bytes(texts, at, 2000)))


def running_text(batches: Sequence[ChunkBatch]) -> list[ChunkBatch]:
    """Those of some batches that `Seen.text` is made of."""
    return [batch for batch in batches if len(batch.texts) and not isinstance(batch.origin, ColumnOrigin | PartOrigin)]


def _first_bytes(texts: pa.Array, at: int, size: int) -> str:
    """The start of a text, at most `size` bytes: of its buffer, as one text may be of several MiB."""
    value = texts[at]
    if not value.is_valid:
        return ""
    return bytes(value.as_buffer()[:size]).decode("utf-8", "ignore")
