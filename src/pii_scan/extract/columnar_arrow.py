"""Arrow files and streams (Feather) batch by batch, and ORC column by column: cells by column, metadata as parts.

What Arrow files hold is taken on trust by pyarrow, so that every batch is validated before it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.arrow_text import leaf_count
from pii_scan.extract.cell_batches import Cells
from pii_scan.extract.columnar import FAULTS, Damage, Piece, metadata_parts, table_pieces
from pii_scan.extract.limits import Budget, Window, size_of
from pii_scan.model import Document, Limits

_WHOLE_BYTES = 64 << 20
"""Batches of larger files are read column by column."""
_SLICE_ROWS = 1 << 14
_ORC_ROWS = 1 << 12


def extract_file(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The cells of an Arrow file (Arrow columnar format, "IPC File Format"; Feather 2). Raises DocumentError."""
    content = document.content
    size = size_of(content)
    content.seek(max(size - 6, 0))
    if content.read(6) != b"ARROW1":
        raise DocumentError("truncated", "the file ends before its footer does")
    yield from _Batches(document, limits, budget or Budget(limits), size).file()


def extract_stream(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The cells of an Arrow stream (Arrow columnar format, "IPC Streaming Format"). Raises DocumentError."""
    yield from _Batches(document, limits, budget or Budget(limits), size_of(document.content)).stream()


class _Batches:
    """The record batches of one file."""

    def __init__(self, document: Document, limits: Limits, budget: Budget, size: int) -> None:
        self._document = document
        self._budget = budget
        self._size = size
        self._cells = Cells(document.ref, limits)
        self._damage = Damage(document)

    def _source(self) -> pa.PythonFile:
        return pa.PythonFile(cast(Any, Window(self._document.content, 0, self._size)), mode="r")

    def _opened(self, open_reader: Any, **options: Any) -> Any:
        try:
            reader = open_reader(self._source(), options=pa.ipc.IpcReadOptions(use_threads=False, **options))
            for _ in _holders(reader.schema):  # a name that is no UTF-8 shows when it is asked for
                pass
            return reader
        except (*FAULTS, UnicodeDecodeError):
            raise DocumentError("corrupt", "the schema of the file cannot be read") from None

    def file(self) -> Iterator[Piece]:
        whole = self._opened(pa.ipc.open_file)
        yield from metadata_parts(iter([("metadata", getattr(whole, "metadata", None)), *_holders(whole.schema)]))
        apart = self._size > _WHOLE_BYTES and len(whole.schema) > 1
        column = 1
        for index in range(len(whole.schema)) if apart else (-1,):
            reader = self._opened(pa.ipc.open_file, included_fields=[index]) if apart else whole
            row = 1
            for number in range(reader.num_record_batches):
                try:
                    batch = reader.get_batch(number)
                    yield from self._batch(batch, row, column)
                except (*FAULTS, MemoryError) as error:
                    self._damage.take(error, column if apart else 0, "record batches")
                    continue
                row += batch.num_rows
            if apart:
                column += leaf_count(whole.schema.field(index).type)
        yield from self._said()

    def stream(self) -> Iterator[Piece]:
        reader = self._opened(pa.ipc.open_stream)
        yield from metadata_parts(_holders(reader.schema))
        row = 1
        while True:
            try:
                batch = reader.read_next_batch()
                yield from self._batch(batch, row, 1)
            except StopIteration:
                break
            except (*FAULTS, MemoryError) as error:
                self._damage.take(error, 0, "record batches and all that follows")
                break
            row += batch.num_rows
        yield from self._said()

    def _batch(self, batch: pa.RecordBatch, row: int, column: int) -> Iterator[Piece]:
        batch.validate(full=True)
        for start in range(0, batch.num_rows, _SLICE_ROWS):
            part = batch.slice(start, _SLICE_ROWS)
            rows = np.arange(row + start, row + start + part.num_rows, dtype=np.int64)
            yield from table_pieces(part, rows, column, self._cells, self._budget)

    def _said(self) -> Iterator[Piece]:
        yield from self._cells.problems()
        yield from self._damage.problems()


def _holders(schema: pa.Schema) -> Iterator[tuple[str, Any]]:
    yield "metadata", schema.metadata
    for field in schema:
        yield f"metadata of {field.name}", field.metadata


def extract_orc(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The cells of an ORC file (ORC specification v1), each column in batches of its stripes. Raises DocumentError."""
    import pyarrow.dataset as datasets
    from pyarrow import orc

    budget = budget or Budget(limits)
    content = document.content
    size = size_of(content)
    cells, damage = Cells(document.ref, limits), Damage(document)

    def source() -> pa.PythonFile:
        return pa.PythonFile(cast(Any, Window(content, 0, size)), mode="r")

    try:
        file = orc.ORCFile(source())
        schema, metadata = file.schema, file.metadata
        holders = [("metadata", metadata), *_holders(schema)]
        fragment = datasets.OrcFileFormat().make_fragment(source())
    except (*FAULTS, UnicodeDecodeError):  # of the name of a column
        content.seek(max(size - 16, 0))
        whole = b"ORC" in content.read(16)
        code = "corrupt" if whole else "truncated"
        raise DocumentError(code, "the footer of the file cannot be read") from None
    yield from metadata_parts(iter(holders))
    number = 1
    for field in schema:
        row = 1
        try:
            scanner = fragment.scanner(
                schema=pa.schema([field]), batch_size=_ORC_ROWS, batch_readahead=0, fragment_readahead=0,
                use_threads=False,
            )  # fmt: skip
            for batch in scanner.to_batches():
                rows = np.arange(row, row + batch.num_rows, dtype=np.int64)
                row += batch.num_rows
                yield from table_pieces(batch, rows, number, cells, budget)
            if row - 1 != file.nrows:
                raise pa.ArrowInvalid("rows are missing")
        except (*FAULTS, MemoryError) as error:
            damage.take(error, number, "stretches")
        number += leaf_count(field.type)
    yield from cells.problems()
    yield from damage.problems()
