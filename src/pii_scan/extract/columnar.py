"""Parquet: column by column of each row group, page by page; nested columns by path, key-value metadata as parts.

Never holds a row group. A column chunk that cannot be read costs itself: it is counted, and the others are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.arrow_text import Rows, leaf_count, leaves, plain
from pii_scan.extract.cell_batches import Cells, Column
from pii_scan.extract.limits import Budget, Window, size_of
from pii_scan.extract.parquet_footer import BYTE_ARRAY, Chunk, read_footer
from pii_scan.model import ChunkBatch, Document, Limits, PartOrigin, Problem, ProblemCode, Slice, Stage

Piece = ChunkBatch | Document | Problem

FAULTS = (pa.ArrowException, OSError, ValueError, KeyError, IndexError, OverflowError, TypeError)
"""What pyarrow raises on a damaged file. MemoryError is apart: it says something else."""

_BUFFER_BYTES = 1 << 18
_MAX_ROWS = 1 << 15
_MIN_ROWS = 64
_WANTED_BYTES = 1 << 20
_LITTLE_BYTES = 4
"""A column chunk with less for each value repeats few values, and is read as a dictionary."""
_SAID_COLUMNS = 50
_NOISE = {b"pandas", b"ARROW:schema", b"PARQUET:field_id", b"ARROW:extension:name", b"ARROW:extension:metadata"}


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The cells of a Parquet file (Apache Parquet format 2.x) or of the row groups of one slice; row 1 is the first
    record. Raises DocumentError: `truncated`, `corrupt`, `encrypted`, `limit`.
    """
    reader = _Parquet(document, limits, budget or Budget(limits))
    try:
        yield from reader.read()
    finally:
        reader.close()


def plan(document: Document, slice_bytes: int) -> list[Slice]:
    """Slices of whole row groups, of about `slice_bytes` each; [] where there are fewer than two of them."""
    size = size_of(document.content)
    groups = read_footer(document.content, size)
    cuts: list[tuple[int, int, int]] = [(0, 0, 1)]
    row, held = 1, 0
    for number, group in enumerate(groups):
        if held >= slice_bytes:
            cuts.append((min(cuts[-1][0] + held, size), number, row))
            held = 0
        row += group.rows
        held += sum(chunk.stored_bytes for chunk in group.chunks)
    if len(cuts) < 2 or any(a[0] >= b[0] for a, b in zip(cuts, [*cuts[1:], (size, 0, 0)], strict=True)):
        return []
    ends = [*((cut[0], cut[1]) for cut in cuts[1:]), (size, len(groups))]
    return [
        Slice(start, end, row, "", json.dumps({"row_groups": [first, until]}))
        for (start, first, row), (end, until) in zip(cuts, ends, strict=True)
    ]


def _source(content: BinaryIO, size: int) -> pa.PythonFile:
    """The content for pyarrow; what is asked for past its end is not allocated."""
    content.seek(0)
    return pa.PythonFile(cast(Any, Window(content, 0, size)), mode="r")


class Damage:
    """Counts what could not be read, so that a broken file gives few problems and not one for each of its pieces."""

    def __init__(self, document: Document) -> None:
        self._ref = document.ref
        self._counts: dict[tuple[ProblemCode, str, int], int] = {}

    def take(self, error: Exception, column: int, what: str = "stretches") -> None:
        """A failure in a column (0: in all of them)."""
        code, phrase = _meaning(error)
        key = (code, f"{what} {phrase}", column)
        self._counts[key] = self._counts.get(key, 0) + 1

    def problems(self) -> Iterator[Problem]:
        """At the end: one for each column and kind of damage, up to some number of them."""
        counts = list(self._counts.items())
        for (code, phrase, column), count in counts[:_SAID_COLUMNS]:
            where = f"column {column}: " if column else ""
            yield Problem(self._ref, Stage.EXTRACT, code, f"{where}{count} {phrase}")
        if len(counts) > _SAID_COLUMNS:
            detail = f"{len(counts) - _SAID_COLUMNS} more columns cannot be read in whole"
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)


def _meaning(error: Exception) -> tuple[ProblemCode, str]:
    """Code and phrase for a failure; its message is read, never shown."""
    said = str(error).lower()
    if isinstance(error, DocumentError):
        return ProblemCode(error.code), error.detail
    if isinstance(error, MemoryError):
        return ProblemCode.MEMORY, "need more memory than there is"
    if "decrypt" in said or "encrypt" in said:
        return ProblemCode.ENCRYPTED, "are encrypted"
    if isinstance(error, NotImplementedError) or "not built with" in said or "unsupported" in said:
        return ProblemCode.UNSUPPORTED, "are in an encoding or compression that is not read"
    return ProblemCode.CORRUPT, "are damaged"


def metadata_parts(holders: Iterator[tuple[str, Mapping[bytes, bytes] | None]]) -> Iterator[ChunkBatch]:
    """Key-value metadata of a file and of its columns as parts, without what libraries keep there for themselves."""
    for place, metadata in holders:
        for key, value in (metadata or {}).items():
            if key in _NOISE or not value:
                continue
            texts = [raw.replace(b"\0", b" ").decode("utf-8", "replace") for raw in (key, value)]
            yield ChunkBatch(pa.array(texts[1:], pa.large_string()), PartOrigin((f"{place}: {texts[0]}",)))


class _Parquet:
    """One Parquet file, or a slice of it."""

    def __init__(self, document: Document, limits: Limits, budget: Budget) -> None:
        self._document = document
        self._limits = limits
        self._budget = budget
        self._cells = Cells(document.ref, limits)
        self._damage = Damage(document)
        self._files: list[Any] = []

    def close(self) -> None:
        for file in self._files:
            file.close()

    def read(self) -> Iterator[Piece]:
        document = self._document
        size = size_of(document.content)
        groups = read_footer(document.content, size)
        try:
            plain_file = self._open(size)
            metadata, schema = plain_file.metadata, plain_file.schema_arrow
        except FAULTS as error:
            code, _ = _meaning(error)
            raise DocumentError(code, "the footer of the file cannot be read") from None
        part, row, wanted = document.slice, 1, range(len(groups))
        if part is not None:
            wanted = range(*json.loads(part.layout)["row_groups"])
            row = part.first_row
        if part is None or part.start == 0:
            holders = [("metadata", metadata.metadata), *((f"metadata of {f.name}", f.metadata) for f in schema)]
            yield from metadata_parts(iter(holders))
        for number in wanted:
            for index, chunk in enumerate(groups[number].chunks):
                try:
                    yield from self._chunk(size, number, index, chunk, row)
                except (*FAULTS, DocumentError, MemoryError) as error:
                    self._damage.take(error, index + 1, "row groups")
            row += groups[number].rows
        yield from self._cells.problems()
        yield from self._damage.problems()

    def _open(self, size: int, **options: Any) -> Any:
        from pyarrow import parquet

        file = parquet.ParquetFile(
            _source(self._document.content, size), pre_buffer=False, buffer_size=_BUFFER_BYTES,
            coerce_int96_timestamp_unit="us", **options,
        )  # fmt: skip
        self._files.append(file)
        return file

    def _reader(self, size: int, as_dictionary: bool) -> Any:
        """The file to read a column from; opened once as it is, and once with repeated values as dictionaries."""
        if not as_dictionary:
            return self._files[0].reader
        if len(self._files) < 2:
            schema = self._files[0].schema
            paths = [schema.column(i).path for i in range(len(schema))]
            byte_columns = [paths[i] for i in range(len(paths)) if schema.column(i).physical_type == "BYTE_ARRAY"]
            self._open(size, metadata=self._files[0].metadata, read_dictionary=byte_columns)
        return self._files[1].reader

    def _chunk(self, size: int, group: int, index: int, chunk: Chunk, row: int) -> Iterator[Piece]:
        """One column of one row group, from row number `row` on."""
        self._check(chunk)
        each = chunk.expanded_bytes / max(chunk.values, 1)
        as_dictionary = chunk.kind == BYTE_ARRAY and chunk.dictionary and each < _LITTLE_BYTES
        reader = self._reader(size, as_dictionary)
        batch_rows = int(min(max(_WANTED_BYTES / max(each, 1), _MIN_ROWS), _MAX_ROWS))
        for batch in reader.iter_batches(batch_rows, [group], column_indices=[index], use_threads=False):
            rows = np.arange(row, row + batch.num_rows, dtype=np.int64)
            row += batch.num_rows
            yield from table_pieces(batch, rows, index + 1, self._cells, self._budget)

    def _check(self, chunk: Chunk) -> None:
        """Refuses what is encrypted, and what claims to expand as no data do. What does not even claim it is stopped
        by memory limits.
        """
        limits = self._limits
        if chunk.encrypted:
            raise DocumentError("encrypted", "are encrypted")
        if self._budget.exhausted:
            raise self._budget.too_many_bytes()
        if chunk.expanded_bytes > max(limits.ratio_from_bytes, limits.max_ratio * max(chunk.stored_bytes, 1)):
            raise DocumentError("limit", f"expand more than {limits.max_ratio} times")


def table_pieces(batch: pa.RecordBatch, rows: Rows, first_column: int, cells: Cells, budget: Budget) -> Iterator[Piece]:
    """The cells of all columns of a record batch; columns are numbered by leaves, from `first_column` on.

    Counts the text in `budget`. Raises DocumentError (`limit`), and pa.ArrowException where columns do not fit.
    """
    number = first_column
    for index, field in enumerate(batch.schema):
        for leaf_number, leaf in enumerate(leaves(field.name, batch.column(index), rows), number):
            column = Column(leaf_number, leaf.path)
            for start, array in plain(leaf.array):
                budget.take_bytes(array.nbytes)
                yield from cells.array(column, array, leaf.rows[start : start + len(array)])
        number += leaf_count(field.type)
