"""SQL dumps as tables: the rows of INSERT and COPY as cells by column, everything else as text with its lines.

Streams: neither a statement nor a line has to fit in memory. Executes nothing and checks no syntax; what is not
understood is read as text.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

import numpy as np
import pyarrow as pa

from pii_scan.extract import charset
from pii_scan.extract.cell_batches import Cells, Column, Piece
from pii_scan.extract.sql_copy import copy_cells
from pii_scan.extract.sql_names import MAX_COLUMNS, NAME, column_names, created_table, plain_name
from pii_scan.extract.sql_values import Tuples, column_cells, read_tuples
from pii_scan.extract.text import Piece as TextPiece
from pii_scan.extract.text import cut_point, decoded_batch, pieces, read_head, segments
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, Limits

_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 128 << 10
"""Longest beginning of a statement (column list, CREATE TABLE) that is looked at."""
_WINDOW_BYTES = 8 << 10
_MAX_TABLES = 100_000
_FLAGS = re.IGNORECASE | re.MULTILINE
_CANDIDATE = re.compile(rb"^[ \t]*(?:(INSERT|REPLACE)|(COPY)|(CREATE))\b", _FLAGS)
_NAME = NAME.encode()
_INSERT = re.compile(
    rb"[ \t]*(?:INSERT|REPLACE)\s+(?:(?:IGNORE|LOW_PRIORITY|DELAYED|HIGH_PRIORITY|OR\s+\w+)\s+)*(?:INTO\s+)?"
    rb"(" + _NAME + rb")\s*(?:\(([^()']*)\)\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s*)?VALUES?\s*(?=\()",
    re.IGNORECASE,
)
_COPY = re.compile(rb"[ \t]*COPY\s+(" + _NAME + rb")\s*(?:\(([^()']*)\)\s*)?FROM\s+stdin\s*;[^\n]*\n", re.IGNORECASE)
_LITERAL = rb"'(?:[^']++|'')*+'", rb"'(?:[^'\\]++|''|\\.)*+'"
_SINGLE = [  # one tuple of a statement, by whether a backslash hides the quote after it
    re.compile(
        rb"(\((?:[^'()]++|" + quoted + rb"|\((?:[^'()]++|" + quoted + rb")*+\))*+\))(?:\s*;|(?=\r?\n(?!\s*[,;])))",
        re.DOTALL,
    )
    for quoted in _LITERAL
]
_AFTER_TUPLE = re.compile(rb"\s*([,;]?)\s*")
_TRIVIAL = re.compile(rb"\s*;?\s*(?:GO\s*)?", re.IGNORECASE)
_MYSQL = re.compile(
    rb"^-- (?:MySQL|MariaDB|phpMyAdmin)|^/\*!4\d{4}|^\) ENGINE=|"
    rb"^[ \t]*(?:INSERT|REPLACE|CREATE|DROP|LOCK)\s[\w \t]{0,60}`",
    _FLAGS,
)


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """The cells of an SQL dump (`sheet`: the table; rows count from 1 in each table) and its other text.

    COPY as pg_dump writes it; INSERT of PostgreSQL, MySQL, SQL Server, SQLite and Oracle.
    """
    stream = document.content
    head = read_head(stream)
    block_bytes = max(min(_BLOCK_BYTES, limits.max_value_bytes // 4), 64)
    encoding = charset.detect(head)
    blocks = segments(stream, encoding, None, block_bytes)
    yield from _Dump(document, limits, blocks, _MYSQL.search(charset.to_utf8(head, encoding)) is not None).read()


class _Dump:
    """One dump on its way through."""

    def __init__(self, document: Document, limits: Limits, blocks: Iterator[bytes], backslash: bool) -> None:
        self._blocks = blocks
        self._limit = limits.max_value_bytes
        self._cells = Cells(document.ref, limits)
        self._backslash = backslash
        self._buffer = b""
        self._at = 0
        self._window = _WINDOW_BYTES
        """How much is looked at for tuples at a time: much of long lists, little of single rows."""
        self._final = False
        self._line, self._column = 1, 0
        self._created: dict[str, tuple[str, ...]] = {}
        self._rows: dict[str, int] = {}
        self._joints: dict[bytes, re.Pattern[bytes]] = {}
        self._pending: dict[tuple[str, bytes | None], list[tuple[int, bytes]]] = {}
        """Rows of statements of one row, by table and column list, with their lines."""
        self._pending_bytes = 0

    def read(self) -> Iterator[Piece]:
        """Everything."""
        self._refill()
        while self._at < len(self._buffer) or not self._final:
            found = yield from self._text()
            if found is not None and found.re is _INSERT:
                yield from self._insert(found)
            elif found is not None:
                yield from self._copy(found)
        yield from self._singles()
        yield from self._without_rows()
        yield from self._cells.problems()

    def _refill(self) -> bool:
        """Drops what was read and takes in another block; whether there was one."""
        block = next(self._blocks, None)
        rest = self._buffer[self._at :]
        self._buffer, self._at, self._final = rest + (block or b""), 0, block is None
        return block is not None

    def _advance(self, end: int) -> None:
        """Moves to offset `end`, counting lines and code points."""
        buffer, start = self._buffer, self._at
        lines = buffer.count(b"\n", start, end)
        if lines:
            self._line += lines
            self._column, start = 0, buffer.rfind(b"\n", start, end) + 1
        self._column += len(buffer[start:end].decode("utf-8", "replace"))
        self._at = end

    def _as_text(self, end: int, owned: int | None = None) -> Iterator[Piece]:
        """Text up to offset `end`; the next text begins at `owned` if that is before."""
        text = self._buffer[self._at : end]
        if owned is not None:
            piece = TextPiece(text, self._line, self._column, owned - self._at)
            yield decoded_batch(piece)
        elif not _TRIVIAL.fullmatch(text):
            for piece in pieces([text], self._line, self._limit):
                before = self._column if piece.first_line == self._line else 0
                yield decoded_batch(TextPiece(piece.text, piece.first_line, piece.column_before + before, piece.owned))
        self._advance(end if owned is None else owned)

    def _text(self) -> Generator[Piece, None, re.Match[bytes] | None]:
        """Text up to the next rows; returns the beginning of their statement, None where more text must be read."""
        at = self._at
        while (candidate := _CANDIDATE.search(self._buffer, at)) is not None:
            start = candidate.start()
            if len(self._buffer) - start < _HEAD_BYTES and not self._final:
                yield from self._as_text(start)
                if self._refill():  # the whole of the statement's beginning may not have been there
                    return None
                start = self._at
            if candidate[3]:
                self._create(start)
                at = start + len(candidate[0])
                continue
            match = (_INSERT if candidate[1] else _COPY).match(self._buffer, start, start + _HEAD_BYTES)
            if match is not None:
                yield from self._as_text(start)
                self._advance(match.end() - start + self._at)
                return match
            at = start + len(candidate[0])
        yield from self._rest()
        return None

    def _rest(self) -> Iterator[Piece]:
        """Text without rows, as far as the next block cannot change that."""
        if self._final:
            yield from self._as_text(len(self._buffer))
            return
        end = self._buffer.rfind(b"\n", self._at) + 1
        if end > self._at:
            yield from self._as_text(end)
        elif len(self._buffer) - self._at >= self._limit:
            end, resume = cut_point(self._buffer[self._at :], self._limit)
            yield from self._as_text(self._at + end, self._at + resume if resume < end else None)
            return
        self._refill()

    def _create(self, start: int) -> None:
        text = self._buffer[start : start + _HEAD_BYTES].decode("utf-8", "replace")
        found = created_table(text)
        if found is not None and len(self._created) < _MAX_TABLES:
            self._created[found[0].lower()] = found[1]

    def _without_rows(self) -> Iterator[Piece]:
        """The columns of tables that are made and not filled, without a cell."""
        filled = {name.lower() for name in self._rows}
        filled |= {name.rpartition(".")[2] for name in filled}
        for name, columns in self._created.items():
            if columns and name not in filled and name.rpartition(".")[2] not in filled:
                none = pa.array([], pa.large_string())
                yield ChunkBatch(none, ColumnOrigin(1, columns[0], name, table_headers=columns))

    def _columns(self, name: str, listed: bytes | None, width: int) -> tuple[str, ...]:
        """The names of `width` columns, as the statement or CREATE TABLE lists them; none where they do not fit."""
        if listed is not None:
            names = column_names(listed.decode("utf-8", "replace"))
        else:
            key = name.lower()
            names = self._created.get(key) or self._created.get(key.rpartition(".")[2], ())
        return names if not width or len(names) == width else ()

    # INSERT

    def _insert(self, match: re.Match[bytes]) -> Iterator[Piece]:
        """The rows after VALUES, and those of the statements that follow with the same beginning."""
        table, listed = plain_name(match[1].decode("utf-8", "replace")), match[2]
        expected = 0 if listed is None else len(self._columns(table, listed, 0))
        joint = self._joint(match[0])
        if self._is_single(table, listed, joint):
            if self._pending_bytes > _BLOCK_BYTES // 2:
                yield from self._singles()
            return
        if (table, listed) in self._pending:
            yield from self._singles()
        goes_on = True
        while goes_on:
            text = self._buffer[self._at : self._at + self._window]
            whole = len(text) < self._window
            text = joint.sub(_comma, text)
            tuples = self._tuples(text, expected)
            if tuples is None:
                if whole and (len(text) > 2 * self._limit or not self._refill()):
                    return  # without an end: the rest is text
                self._window = 2 * self._window if not whole else self._window
                continue
            if tuples.regular:
                yield from self._values(table, self._columns(table, listed, tuples.starts.shape[1]), text, tuples)
                self._advance(self._at + tuples.end)
            else:
                yield from self._as_text(self._at + tuples.end)
            if tuples.end * 2 > self._window:
                self._window = min(2 * self._window, _BLOCK_BYTES)
            elif tuples.end * 16 < self._window:
                self._window = max(self._window // 2, _WINDOW_BYTES)
            goes_on = self._next_tuple()

    def _is_single(self, table: str, listed: bytes | None, joint: re.Pattern[bytes]) -> bool:
        """Takes in a statement of one row, if this is one and the next does not begin alike: rows of many tables in
        turns are put by until there are enough of them.
        """
        match = _SINGLE[self._backslash].match(self._buffer, self._at, self._at + _WINDOW_BYTES)
        if match is None or joint.match(self._buffer, match.end(1)):
            return False
        self._pending.setdefault((table, listed), []).append((self._line, match[1]))
        self._pending_bytes += len(match[1]) + 64
        self._advance(match.end())
        return True

    def _singles(self) -> Iterator[Piece]:
        """The rows that were put by, table by table."""
        pending, self._pending, self._pending_bytes = self._pending, {}, 0
        for (table, listed), rows in pending.items():
            expected = 0 if listed is None else len(self._columns(table, listed, 0))
            text = b",".join(row for _, row in rows)
            tuples = self._tuples(text, expected)
            if tuples is not None and tuples.regular and tuples.end == len(text):
                yield from self._values(table, self._columns(table, listed, tuples.starts.shape[1]), text, tuples)
                continue
            for line, row in rows:
                yield decoded_batch(TextPiece(row, line))

    def _joint(self, head: bytes) -> re.Pattern[bytes]:
        """What stands between the tuples of two statements that begin alike."""
        if head not in self._joints:
            if len(self._joints) > 256:
                self._joints.clear()
            self._joints[head] = re.compile(rb"(?<=\))\s*;?\s*(?:GO\s+)?" + re.escape(head))
        return self._joints[head]

    def _tuples(self, text: bytes, columns: int) -> Tuples | None:
        """The tuples in the way of quoting that makes sense of them, tried in turn."""
        tuples = read_tuples(text, self._backslash, columns)
        if tuples is None or not tuples.regular:
            other = read_tuples(text, not self._backslash, columns)
            if other is not None and other.regular:
                self._backslash = not self._backslash
                return other
        return tuples

    def _values(self, table: str, columns: tuple[str, ...], text: bytes, tuples: Tuples) -> Iterator[Piece]:
        count, width = tuples.starts.shape
        first = self._take_rows(table, count)
        rows = np.arange(first, first + count, dtype=np.int64)
        for index in range(min(width, MAX_COLUMNS)):
            column = Column(index + 1, columns[index] if index < len(columns) else "", table, columns)
            array, binary = column_cells(text, tuples.starts[:, index], tuples.ends[:, index], self._backslash)
            if binary:
                yield from self._cells.values(column, binary, rows)
            yield from self._cells.array(column, array, rows)

    def _take_rows(self, table: str, count: int) -> int:
        """The number of the first of the next rows of a table."""
        first = self._rows.get(table, 1)
        if table in self._rows or len(self._rows) < _MAX_TABLES:
            self._rows[table] = first + count
        return first

    def _next_tuple(self) -> bool:
        """Moves behind what follows a tuple; whether another tuple begins there."""
        match = _AFTER_TUPLE.match(self._buffer, self._at)
        while match is not None and match.end() == len(self._buffer) and self._refill():
            match = _AFTER_TUPLE.match(self._buffer, self._at)
        assert match is not None  # it matches the empty string
        if match[1] == b",":
            self._advance(match.end())
            return self._buffer.startswith(b"(", self._at)
        if match[1] == b";":
            self._advance(match.end(1))
        return False

    # COPY

    def _copy(self, match: re.Match[bytes]) -> Iterator[Piece]:
        """The lines after COPY up to the one that holds a backslash and a point."""
        table = plain_name(match[1].decode("utf-8", "replace"))
        columns = self._columns(table, match[2], 0)
        while True:
            if self._buffer.startswith(b"\\.", self._at):
                self._advance(self._at + 2)
                return
            end = self._buffer.find(b"\n\\.", self._at) + 1
            end = end or self._buffer.rfind(b"\n", self._at) + 1 or (len(self._buffer) if self._final else 0)
            if end <= self._at:
                if self._final and self._at == len(self._buffer):
                    return
                if len(self._buffer) - self._at > 2 * self._limit:
                    return  # a line without an end is text
                self._refill()
                continue
            lines = self._buffer[self._at : end]
            first = self._take_rows(table, lines.count(b"\n") + (not lines.endswith(b"\n")))
            yield from copy_cells(self._cells, table, columns, lines, first, self._line)
            self._advance(end)


def _comma(match: re.Match[bytes]) -> bytes:
    """As long as what it stands for, so that offsets stay."""
    return b"," + b" " * (len(match[0]) - 1)
