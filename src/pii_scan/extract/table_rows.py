"""Tables of databases: the cells of all columns, batch by batch, lists value by value, JSON by path, documents in
binary columns as members `column/row`. Asks no database itself: the source gives the rows.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.errors import DocumentError
from pii_scan.extract import charset
from pii_scan.extract.arrow_text import leaves, plain
from pii_scan.extract.cell_batches import CELL_TYPES, Cells, Column, Piece
from pii_scan.extract.json_columns import JsonColumn
from pii_scan.extract.limits import Budget, Spool
from pii_scan.extract.media_type import identify
from pii_scan.extract.text import read_head, short_texts, text_batches
from pii_scan.model import (
    ChunkBatch,
    DatabaseTable,
    Document,
    LargeValue,
    Limits,
    Need,
    PartOrigin,
    Problem,
    ProblemCode,
    RowKeys,
    Stage,
    TableColumn,
    TableRows,
)

MEMBER_PATH = "{header}/{row}"
SHORT_NUMBER = 10**7
"""Numbers below this are too short for every rule that finds digits by their form alone."""


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The cells of a table or of one slice of it. Raises DocumentError, what the source raises among them."""
    assert document.table is not None
    yield from _Reader(document, document.table, limits, budget or Budget(limits)).read()


class _Reader:
    """One table on its way."""

    def __init__(self, document: Document, table: DatabaseTable, limits: Limits, budget: Budget) -> None:
        self._slice = document.slice
        self._ref = ref = document.ref
        self._table = table
        self._limits = limits
        self._budget = budget
        self._cells = Cells(ref, limits, MEMBER_PATH)
        headers = tuple(column.name for column in table.columns)
        self._columns = [_column(i, column, headers) for i, column in enumerate(table.columns, 1)]
        self._too_large: dict[int, list[int]] = defaultdict(list)
        """Rows of the values that were left out, by number of their column."""
        self._json = {i: JsonColumn(self._columns[i]) for i, column in enumerate(table.columns) if column.is_json}
        needs = document.needs(table.columns)
        self._unwanted = {i for i, need in enumerate(needs) if need is Need.NOTHING}
        shown = {*table.key, *(i for i, need in enumerate(needs) if need is Need.CELLS)}
        table.spare({i: needs[i] for i, column in enumerate(table.columns) if column.is_dull and i not in shown})
        self._begun = False

    def read(self) -> Iterator[Piece]:
        part = self._slice
        for name, text in self._table.remarks if part is None or part.start == 0 else ():
            yield ChunkBatch(short_texts([text]), PartOrigin((name,)))
        try:
            for piece in self._table.read(part):
                if isinstance(piece, TableRows):
                    yield from self._rows(piece)
                elif isinstance(piece, LargeValue):
                    yield from self._large(piece)
                else:
                    yield Problem(self._ref, Stage.SOURCE, *piece)
        except DocumentError:
            yield from self._left_out()
            raise
        yield from self._left_out()

    def _left_out(self) -> Iterator[Problem]:
        yield from self._cells.problems()
        most = self._limits.max_member_bytes
        for number, rows in sorted(self._too_large.items()):
            detail = (
                f"column {number}: {len(rows)} values of more than {most} bytes, not read; the first in row {rows[0]}"
            )
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode.LIMIT, detail)

    def _rows(self, piece: TableRows) -> Iterator[Piece]:
        batch = piece.batch
        self._budget.take_bytes(batch.nbytes)
        rows = np.arange(piece.first_row, piece.first_row + batch.num_rows, dtype=np.int64)
        keys = self._keys(piece)
        if not self._begun:  # the headers tell of the system, though no one should want a cell
            yield self._cells.unwritten(self._columns[0], 0)
            self._begun = True
        for index, column in enumerate(self._columns):
            if keys is not None:
                column = dataclasses.replace(column, keys=keys)
            array = batch.column(index)
            if array.null_count == len(array):
                continue
            if index in self._json:
                for part, texts, places in self._json[index].parts(array, rows):
                    yield from self._cells.texts(dataclasses.replace(part, keys=keys), texts, places)
                continue
            for leaf in leaves(column.header, array, rows):
                part = column if leaf.path == column.header else _within(column, leaf.path)
                if _is_dull(leaf.array):
                    part = dataclasses.replace(part, dull=True)
                    if index in self._unwanted:
                        yield self._cells.unwritten(part, len(leaf.array) - leaf.array.null_count)
                        continue
                for start, texts in plain(leaf.array):
                    yield from self._cells.array(part, texts, leaf.rows[start : start + len(texts)])

    def _keys(self, piece: TableRows) -> RowKeys | None:
        """The primary key where it can be shown: numbers that are too short to be anyone's, or UUIDs."""
        columns = tuple(piece.batch.column(index) for index in self._table.key)
        shown = all(
            _is_dull(column) or self._table.columns[index].is_dull
            for index, column in zip(self._table.key, columns, strict=True)
        )
        names = tuple(self._table.columns[index].name for index in self._table.key)
        return RowKeys(names, columns, piece.first_row) if columns and shown else None

    def _large(self, value: LargeValue) -> Iterator[Piece]:
        """A value that is read a piece at a time: a document of its own, or text. One that is too large is counted."""
        column = self._columns[value.column]
        store = Spool(self._limits.spool_bytes)
        try:
            for data in value.pieces:
                self._budget.take_bytes(len(data))
                store.write(data)
                if store.size > self._limits.max_member_bytes:
                    self._too_large[column.number].append(value.row)
                    store.close()
                    return
        except BaseException:
            store.close()
            raise
        content = store.finish()
        ref = self._ref.member(self._cells.path(column, value.row), store.size)
        if identify(Document(ref, content)) not in CELL_TYPES:
            yield Document(ref, content)
            return
        with content:
            encoding = "utf-8" if value.is_text else charset.detect(read_head(content))
            part = f"{column.header}, row {value.row}"
            yield from text_batches(content, encoding, part=part, limits=self._limits)


def _column(number: int, column: TableColumn, headers: tuple[str, ...]) -> Column:
    return Column(number, column.name, "", headers, column.comment, dull=column.is_dull)


def _is_dull(array: pa.Array) -> bool:
    """Truth values, moments, and numbers of which none is long enough to identify a person."""
    kind = array.type
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return True
    if not pa.types.is_integer(kind) and not pa.types.is_floating(kind):
        return False
    bounds = pc.min_max(array).as_py()
    return all(bound is None or abs(bound) < SHORT_NUMBER for bound in bounds.values())


def _within(column: Column, path: str) -> Column:
    """The leaf at `path` of a column with structure."""
    return dataclasses.replace(column, header=path, comment=path.rpartition(".")[2])
