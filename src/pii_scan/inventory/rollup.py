"""Streaming sums over the tables of a run, in Arrow.

Memory grows with the number of documents that have findings (and of units asked for), never with the number of
findings. Knows nothing of categories, languages or reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.findings.distinct import count_distinct, numbered

DOCUMENT = ("target", "document")
UNIT = (*DOCUMENT, "kind", "sheet", "part", "header", "unit_column", "entity_type", "category")
_PLACE_COLUMN_BITS = 31
_JOIN_ROWS = 200_000


class FinishedRun(Protocol):
    """What the roll-up needs of a run; `findings.store.Run` is one."""

    @property
    def path(self) -> Path:
        """The run folder."""
        ...

    @property
    def manifest(self) -> dict[str, Any]:
        """What `run.json` holds."""
        ...

    def findings(self) -> Iterator[pa.Table]:
        """The findings in order, table by table; may be asked for again."""
        ...

    def problems(self) -> Iterator[pa.Table]:
        """What was not, or not wholly, read."""
        ...

    def documents(self) -> Iterator[pa.Table]:
        """Every document met, one row each."""
        ...

    def dates(self) -> Iterator[pa.Table]:
        """The months that the records of each document are from."""
        ...

    def index(self) -> Iterator[pa.Table]:
        """One row a hit: keyed fingerprint and place."""
        ...

    def origins(self) -> Iterator[pa.Table]:
        """What the reports of exports say of their items."""
        ...

    def distinct(self, by: Sequence[str]) -> pa.Table:
        """Columns `by` and `distinct`: the exact number of distinct fingerprints of each group."""
        ...


class Rollup:
    """A group-by that is fed table by table and merges as it goes."""

    def __init__(self, keys: Sequence[str], sums: Mapping[str, str], best_by: str = "") -> None:
        """`sums`: column to `sum`, `min`, `max` or `first`; `first` is of the row with the highest `best_by`."""
        self._keys = list(keys)
        self._sums = dict(sums)
        self._best_by = best_by
        self._parts: list[pa.Table] = []
        self._rows = 0
        self._merged_rows = 0

    def add(self, table: pa.Table) -> None:
        """Adds a table with the key and summed columns."""
        part = self._grouped(table)
        self._parts.append(part)
        self._rows += part.num_rows
        if self._rows > 2 * self._merged_rows + 100_000:  # merge when doubled: the whole costs O(n log n)
            self._parts = [self._grouped(pa.concat_tables(self._parts))]
            self._rows = self._merged_rows = self._parts[0].num_rows

    def result(self) -> pa.Table | None:
        """One row a group, in no particular order; None where nothing was added."""
        return self._grouped(pa.concat_tables(self._parts)) if self._parts else None

    def _grouped(self, table: pa.Table) -> pa.Table:
        if self._best_by:
            table = table.take(pc.sort_indices(table, sort_keys=[(self._best_by, "descending")]))
        grouped = table.group_by(self._keys, use_threads=False).aggregate(list(self._sums.items()))
        grouped = grouped.select([*self._keys, *(f"{name}_{how}" for name, how in self._sums.items())])
        return grouped.rename_columns([*self._keys, *self._sums])


def plain(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    """The columns of a table with dictionaries decoded and nulls of text as empty text, so that parts can be merged."""
    arrays = {}
    for name in columns:
        column = table.column(name)
        if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
            column = pc.fill_null(column.cast(pa.string()), "")
        arrays[name] = column
    return pa.table(arrays)


def by_document(run: FinishedRun) -> pa.Table | None:
    """One row for each document and entity type: count, synthetic (of the count), score (highest)."""
    rollup = Rollup([*DOCUMENT, "entity_type", "category"], {"count": "sum", "synthetic": "sum", "score": "max"})
    for table in run.findings():
        if table.num_rows:
            rollup.add(_with_synthetic_count(plain(table, [*DOCUMENT, "entity_type", "category", *_MEASURES])))
    return rollup.result()


def document_facts(run: FinishedRun, wanted: pa.Table) -> pa.Table:
    """`wanted` (target, document) with modified_at, container and system from the documents table; null where it lacks
    them.
    """
    names = ["modified_at", "container", "system"]
    facts = [
        plain(part, [*DOCUMENT, *names]).join(wanted, list(DOCUMENT), join_type="left semi")
        for part in _rebatched(run.documents())
    ]
    if not facts:
        kinds = (pa.timestamp("us", "UTC"), pa.bool_(), pa.string())
        empty = {name: pa.nulls(wanted.num_rows, kind) for name, kind in zip(names, kinds, strict=True)}
        return pa.table({**{n: wanted.column(n) for n in DOCUMENT}, **empty})
    how = [("modified_at", "max"), ("container", "min"), ("system", "min")]
    found = pa.concat_tables(facts).group_by(list(DOCUMENT)).aggregate(how)
    return wanted.join(found.rename_columns([*DOCUMENT, *names]), list(DOCUMENT), join_type="left outer")


def with_folder(table: pa.Table) -> pa.Table:
    """Adds `folder`: the first segment of the document's path, "." for documents at the top of the target.

    A member of a container lies where the container lies (`post/arkiv.zip!a/b.txt` lies in `post`).
    """
    path = table.column("document")
    outer = pc.replace_substring_regex(path, r"(?s)^([^!]*(?:!/[^!]*)*)!.*$", r"\1")
    path = pc.if_else(pc.fill_null(table.column("container"), False), outer, path)
    top = pc.replace_substring_regex(path, r"(?s)^([^/]+)/.*$", r"\1")
    folder = pc.if_else(pc.match_substring(path, "/"), top, ".")
    return table.append_column("folder", folder)


def units(run: FinishedRun, wanted: pa.Table) -> pa.Table | None:
    """One row for each location unit and entity type of the `wanted` documents, with the best-scored mask and reasons.

    A unit is a column of a table, a named part, or the whole document where it is text or pages.
    `first_place` is row * 2**31 + column of the first listed place; null where none was listed.
    """
    best = {"masked": "first", "reasons": "first"}
    sums = {"count": "sum", "synthetic": "sum", "score": "max", "first_place": "min", "column": "min"}
    rollup = Rollup(UNIT, {**sums, **best}, best_by="score")
    keys = document_keys(wanted)
    names = [*UNIT[:6], "entity_type", "category", *_MEASURES, "row", "column", "masked", "reasons"]
    for table in run.findings():
        part = plain(table, names)
        part = part.filter(pc.is_in(document_keys(part), keys))
        if part.num_rows:
            rollup.add(_with_unit(_with_synthetic_count(part)))
    return rollup.result()


def unit_distinct(run: FinishedRun, wanted: pa.Table, with_column: bool) -> pa.Table:
    """Distinct values of each location unit of the `wanted` documents; `with_column` tells headerless columns apart."""
    by = [*UNIT[:6], "entity_type", *(["column"] if with_column else [])]
    (counted,) = count_distinct(_of_documents(run.index(), wanted), by, [lambda rows: plain(rows, by)])
    kinds = [pa.field(name, pa.int32() if name == "column" else pa.string()) for name in by]
    rows = [dict(zip(by, key, strict=True)) | {"distinct": number} for key, number in counted.items()]
    table = pa.Table.from_pylist(rows, schema=pa.schema([*kinds, pa.field("distinct", pa.int64())]))
    if not with_column:
        table = table.append_column("column", pa.nulls(table.num_rows, pa.int32()))
    else:
        table = table.filter(_is_headerless_cell(table))
    keys = [name for name in UNIT if name != "category"]
    summed = _with_unit(table).group_by(keys).aggregate([("distinct", "sum")])
    return summed.rename_columns([*keys, "distinct"])


def _of_documents(tables: Iterable[pa.Table], wanted: pa.Table) -> Iterator[pa.Table]:
    """The rows of `tables` that are of the `wanted` documents."""
    keys = document_keys(wanted)
    for table in tables:
        documents, which = numbered(table, DOCUMENT)
        mine = pc.is_in(document_keys(plain(documents, DOCUMENT)), keys).to_numpy()
        some = table.filter(pa.array(mine[which]))
        if some.num_rows:
            yield some


def split_place(place: int | None, column: int | None) -> tuple[int | None, int | None]:
    """Row and column of a `first_place`.

    >>> split_place((7 << 31) + 3, 1)
    (7, 3)
    >>> split_place(None, 4)
    (None, 4)
    """
    if place is None:
        return None, column
    first_column = place & ((1 << _PLACE_COLUMN_BITS) - 1)
    return place >> _PLACE_COLUMN_BITS, first_column or None


def document_keys(table: pa.Table) -> pa.ChunkedArray:
    """Target and document as one value, to look documents up by."""
    return pc.binary_join_element_wise(table.column("target"), table.column("document"), "\0")


_MEASURES = ("count", "synthetic", "score")


def _with_synthetic_count(table: pa.Table) -> pa.Table:
    counts = pc.if_else(table.column("synthetic"), table.column("count"), pa.scalar(0, pa.int64()))
    return table.set_column(table.schema.get_field_index("synthetic"), "synthetic", counts)


def _is_headerless_cell(table: pa.Table) -> pa.ChunkedArray:
    is_cell = pc.is_in(table.column("kind"), pa.array(["cell", "column"]))
    return pc.and_(is_cell, pc.equal(table.column("header"), ""))


def _with_unit(table: pa.Table) -> pa.Table:
    """Adds the key column `unit_column` and `first_place`; the rest of a column is the same unit as its cells."""
    column = table.column("column")
    unit = pc.if_else(_is_headerless_cell(table), pc.fill_null(column, 0), pa.scalar(0, pa.int32()))
    kind = pc.if_else(pc.equal(table.column("kind"), "column"), "cell", table.column("kind"))
    table = table.set_column(table.schema.get_field_index("kind"), "kind", kind).append_column("unit_column", unit)
    if "part" in table.column_names:  # of a cell it is the key of its row, not a unit of its own
        part = pc.if_else(pc.equal(kind, "cell"), "", table.column("part"))
        table = table.set_column(table.schema.get_field_index("part"), "part", part)
    if "row" not in table.column_names:
        return table
    shifted = pc.multiply(table.column("row"), pa.scalar(1 << _PLACE_COLUMN_BITS, pa.int64()))
    return table.append_column("first_place", pc.add(shifted, pc.fill_null(column, 0).cast(pa.int64())))


def _rebatched(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Joins small tables to larger ones, since each join looks at all wanted documents."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(plain(table, table.column_names))
        if sum(t.num_rows for t in waiting) >= _JOIN_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
