"""JSON Lines, and JSON that is one list of objects, as a table: a row for each record, a column for each path of names.

For the guard, whose contracts speak of columns. What is no record is read as text, as `extract.json` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from pii_scan.extract import charset
from pii_scan.extract import json as json_text
from pii_scan.extract.cell_batches import Cells, Column
from pii_scan.extract.limits import size_of
from pii_scan.extract.text import BLOCK_BYTES, pieces, read_head, segments
from pii_scan.model import FIELD_NAMES, ChunkBatch, Document, Limits, LineOrigin, PartOrigin, Problem

MAX_LIST_BYTES = 32 << 20
"""A longer list of objects is read as text: it is held whole."""
MAX_COLUMNS = 2000
"""A record of more paths than that is no row of a table."""
_MAX_DEPTH = 40
_SUFFIXES = (".jsonl", ".ndjson")

Piece = ChunkBatch | Document | Problem
Pairs = list[tuple[str, Any]]


class _Object(list[tuple[str, Any]]):
    """The members of an object in their order; a name may stand twice."""


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """The cells and names of the records, and the text of what is none."""
    stream, part = document.content, document.slice
    head = read_head(stream)
    encoding = part.encoding if part is not None else charset.detect(head)
    start = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")[:1] if part is None else "{"
    if start == "[" and size_of(stream) <= MAX_LIST_BYTES:
        records = _listed(charset.to_utf8(stream.read(), encoding))
        if records is not None:
            table = _Table(document, limits)
            for number, record in enumerate(records, 1):
                yield from table.add(record, number)
            yield from table.flush()
            return
        stream.seek(0)
    if start != "{" or (part is None and not _is_lines(head, encoding, document)):
        yield from json_text.extract(document, limits)
        return
    if part is not None:
        stream.seek(part.start)
    size = None if part is None else part.end - part.start
    table = _Table(document, limits)
    first = 1 if part is None else part.first_row
    for piece in pieces(segments(stream, encoding, size, BLOCK_BYTES), first, BLOCK_BYTES):
        yield from _lines(table, piece.text if piece.owned is None else piece.text[: piece.owned], piece.first_line)
    yield from table.flush()


def _is_lines(head: bytes, encoding: str, document: Document) -> bool:
    """Whether the first line is a record by itself; of a file that is not called JSON Lines the second too, as an
    object on one line is no table.
    """
    lines = head.decode(encoding, "replace").lstrip("\ufeff").split("\n", 2)
    if document.ref.path.lower().endswith(_SUFFIXES):
        return isinstance(_parsed(lines[0]), _Object)
    return len(lines) > 1 and all(isinstance(_parsed(line), _Object) for line in lines[:2])


def _lines(table: _Table, text: bytes, first: int) -> Iterator[Piece]:
    for number, line in enumerate(text.split(b"\n"), first):
        if not line.strip():
            continue
        record = _parsed(line.decode("utf-8", "replace"))
        if isinstance(record, _Object):
            yield from table.add(record, number)
        else:  # no record, or the part of a very long one
            yield ChunkBatch(pa.array([line.decode("utf-8", "replace")], pa.large_string()), LineOrigin(number))


def _listed(text: bytes) -> list[_Object] | None:
    content = _parsed(text.decode("utf-8", "replace").lstrip("\ufeff"))
    if type(content) is list and content and all(isinstance(one, _Object) for one in content):
        return content
    return None


def _parsed(text: str) -> Any:
    """The value, numbers as they are written; None where there is none."""
    try:
        return json.loads(text, object_pairs_hook=_Object, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


class _Table:
    """Gathers cells by column, and gives them in batches."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self._cells = Cells(document.ref, limits)
        self._columns: dict[str, Column] = {}
        self._texts: dict[str, list[str]] = {}
        self._rows: dict[str, list[int]] = {}
        self._new: list[str] = []
        self._held = 0

    def add(self, record: _Object, row: int) -> Iterator[Piece]:
        """One record."""
        for path, text in _leaves("", record, 0):
            if path not in self._columns:
                if len(self._columns) >= MAX_COLUMNS:  # names that are data: beside them stands what they are of
                    whole = f"{path}: {text}"
                    yield ChunkBatch(pa.array([whole], pa.large_string()), LineOrigin(row))
                    continue
                self._columns[path] = Column(len(self._columns) + 1, path)
                self._new.append(path)
            self._texts.setdefault(path, []).append(text)
            self._rows.setdefault(path, []).append(row)
            self._held += len(text)
        if self._held > BLOCK_BYTES:
            yield from self.flush()

    def flush(self) -> Iterator[Piece]:
        """What is held, and the names that are new."""
        if self._new:
            yield ChunkBatch(pa.array(["\n".join(self._new)], pa.large_string()), PartOrigin(FIELD_NAMES))
        for path, texts in self._texts.items():
            column = self._columns[path]
            rows = np.array(self._rows.get(path, []), np.int64)
            yield from self._cells.array(column, pa.array(texts, pa.large_string()), rows)
        self._texts, self._rows, self._new, self._held = {}, {}, [], 0


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """(path, text) of every value in a record; values of a list have one path, null is an empty text."""
    if depth > _MAX_DEPTH:
        yield path, json.dumps(value, ensure_ascii=False)
    elif isinstance(value, _Object):
        for name, inner in value:
            yield from _leaves(f"{path}.{name}" if path else name, inner, depth + 1)
    elif isinstance(value, list):
        items: Iterable[Any] = value
        for item in items:
            yield from _leaves(path, item, depth + 1)
    else:
        yield path, "" if value is None else value if isinstance(value, str) else str(value).lower()
