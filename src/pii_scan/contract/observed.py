"""What was seen in the files, brought together from the tables of a reading: columns, counts, fingerprints, problems.

Judges nothing; holds no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

COLUMN, TEXT, PAGE, PART = "column", "text", "page", "part"
_Ints = npt.NDArray[np.int64]
_KINDS = {"cell": COLUMN, "column": COLUMN, "text": TEXT, "page": PAGE, "part": PART}


class Place(NamedTuple):
    """Where in a file things are counted together: a column, the text, the pages, a part."""

    kind: str
    name: str
    """Header of a column (`sheet!header`, `#3`), name of a part; empty for text and pages."""
    sheet: str = ""


class ColumnSeen(NamedTuple):
    """A column of a table in a file."""

    sheet: str
    header: str
    number: int
    cells: int
    """That hold something."""

    @property
    def place(self) -> Place:
        """As findings name it."""
        return place_of_column(self.sheet, self.header, self.number)


class Value(NamedTuple):
    """One distinct value in one place."""

    hits: int
    row: int
    """The first row or line it stands on; 0: none is known."""


class Tally:
    """Detections of one entity type in one place. Values are kept as arrays until someone asks for them one by one."""

    __slots__ = ("_parts", "_values", "by_line", "category", "real", "synthetic", "synthetic_lines")

    def __init__(
        self, category: str, real: int = 0, synthetic: int = 0, values: Mapping[int, Value] | None = None
    ) -> None:
        self.category = category
        self.real = real
        self.synthetic = synthetic
        self.by_line: dict[int, list[int]] = {}
        """Fingerprints by line, of text alone; one for each detection."""
        self.synthetic_lines: dict[int, int] = {}
        """Test numbers by line, of text alone."""
        self._values: dict[int, Value] | None = None if values is None else dict(values)
        self._parts: list[tuple[npt.NDArray[np.uint64], _Ints, _Ints]] = []

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return NotImplemented
        mine = (self.category, self.real, self.synthetic, self.by_line, self.synthetic_lines, self.values)
        return mine == (
            other.category, other.real, other.synthetic, other.by_line, other.synthetic_lines, other.values,
        )  # fmt: skip

    @property
    def count(self) -> int:
        """Test numbers too."""
        return self.real + self.synthetic

    @property
    def values(self) -> dict[int, Value]:
        """By keyed fingerprint."""
        if self._values is None:
            self._values = {}
            columns = (column.tolist() for part in self._parts for column in part)
            for prints in columns:
                for key, hits, row in zip(prints, next(columns), next(columns), strict=True):
                    before = self._values.get(key, Value(0, 0))
                    self._values[key] = Value(before.hits + hits, min(filter(None, (row, before.row)), default=0))
            self._parts = []
        return self._values

    @property
    def prints(self) -> npt.NDArray[np.uint64]:
        """The distinct fingerprints, sorted."""
        if self._values is not None:
            return np.array(sorted(self._values), np.uint64)
        return np.unique(np.concatenate([part[0] for part in self._parts] or [np.zeros(0, np.uint64)]))

    @property
    def row(self) -> int:
        """The first row or line; 0 where none is known."""
        if self._values is not None:
            return min((value.row for value in self._values.values() if value.row), default=0)
        return min((int(rows[rows > 0].min()) for _, _, rows in self._parts if (rows > 0).any()), default=0)

    def add(self, prints: npt.NDArray[np.uint64], rows: _Ints) -> None:
        """Detections; `rows`: 0 where none is known."""
        assert self._values is None
        distinct, inverse, hits = np.unique(prints, return_inverse=True, return_counts=True)
        last = np.iinfo(np.int64).max
        first = np.full(len(distinct), last, np.int64)
        np.minimum.at(first, inverse.reshape(-1), np.where(rows > 0, rows, last))
        first[first == last] = 0
        self._parts.append((distinct, hits.astype(np.int64), first))

    def forgive(self, line: int) -> int:
        """Takes out what stands on a line; says how many detections that were."""
        prints = self.by_line.pop(line, [])
        synthetic = self.synthetic_lines.pop(line, 0)
        self.synthetic -= synthetic
        self.real -= len(prints) - synthetic
        for value in prints:
            left = self.values.pop(value)
            rows = [row for row, here in self.by_line.items() if value in here]
            if left.hits > 1:
                self.values[value] = Value(left.hits - 1, min(rows, default=0))
        return len(prints)


@dataclass(slots=True)
class FileSeen:
    """One file, or member of a container (after `!`)."""

    name: str
    media_type: str = ""
    read: bool = False
    """Wholly."""
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    """(stage, code, detail)."""
    columns: dict[tuple[str, str], ColumnSeen] = field(default_factory=dict)
    """By sheet and name, in the order in which they were met; two of one name are one."""
    headers: dict[tuple[str, int], str] = field(default_factory=dict)
    """By sheet and number: the row of headers itself has none."""
    tallies: dict[tuple[Place, str], Tally] = field(default_factory=dict)
    """By place and entity type."""


def gather(parts: Iterable[Mapping[str, pa.Table]]) -> dict[str, FileSeen]:
    """The files by name, sorted, from all tables of a reading."""
    tables: dict[str, list[pa.Table]] = {}
    for part in parts:
        for name, table in part.items():
            if table.num_rows:
                tables.setdefault(name, []).append(table)
    files: dict[str, FileSeen] = {}
    unread: set[str] = set()
    for row in _rows(tables.get("documents", [])):
        file = files.setdefault(row["document"], FileSeen(row["document"]))
        file.media_type = file.media_type or row["media_type"] or ""
        file.read = True
        if row["status"] != "read":
            unread.add(file.name)
    for row in _rows(tables.get("problems", [])):
        file = files.setdefault(row["document"], FileSeen(row["document"]))
        file.problems.append((row["stage"], row["code"], row["detail"]))
        unread.add(file.name)
    for name in unread:
        files[name].read = False
    for row in _rows(tables.get("columns", [])):
        _add_column(files.setdefault(row["document"], FileSeen(row["document"])), row)
    _add_findings(files, tables.get("findings", []))
    _add_values(files, tables.get("index", []))
    return dict(sorted(files.items()))


def place_of_column(sheet: str, header: str, number: int) -> Place:
    """A column as findings, contracts and baselines name it."""
    return Place(COLUMN, header or f"#{number}", sheet)


def _rows(tables: Iterable[pa.Table]) -> Iterable[dict[str, Any]]:
    for table in tables:
        yield from table.to_pylist()


def _add_column(file: FileSeen, row: Mapping[str, Any]) -> None:
    seen = ColumnSeen(row["sheet"], row["header"], row["column"], row["cells"])
    key = (seen.sheet, seen.place.name)
    known = file.columns.get(key)
    file.columns[key] = seen if known is None else known._replace(cells=known.cells + seen.cells)
    file.headers.setdefault((seen.sheet, seen.number), seen.header)


_PLACE = ["document", "kind", "sheet", "part", "header", "column"]


def _add_findings(files: dict[str, FileSeen], tables: Iterable[pa.Table]) -> None:
    for table in tables:
        keys = [*_PLACE, "entity_type", "category", "synthetic"]
        plain = _plain(table.select([*keys, "count", "row"]))
        for row in _grouped(plain, keys, [("count", "sum")]):
            tally = _tally(files, row)
            tally.category = row["category"]
            if row["synthetic"]:
                tally.synthetic += row["count_sum"]
            else:
                tally.real += row["count_sum"]
        for row in plain.filter(pc.and_(pc.equal(plain["kind"], "text"), plain["synthetic"])).to_pylist():
            if row["row"]:
                lines = _tally(files, row).synthetic_lines
                lines[row["row"]] = lines.get(row["row"], 0) + row["count"]


def _add_values(files: dict[str, FileSeen], tables: Iterable[pa.Table]) -> None:
    for table in tables:
        keys = [*_PLACE, "entity_type"]
        plain = _plain(table.select([*keys, "fingerprint", "row"]))
        plain = plain.set_column(plain.schema.get_field_index("row"), "row", pc.fill_null(plain["row"], 0))
        grouped = plain.group_by(keys).aggregate([("fingerprint", "list"), ("row", "list")])
        places = grouped.select(keys).to_pylist()
        lists = (grouped["fingerprint_list"].combine_chunks(), grouped["row_list"].combine_chunks())
        for at, place in enumerate(places):
            prints, rows = (column[at].values.to_numpy() for column in lists)
            tally = _tally(files, place)
            tally.add(prints, rows)
            if place["kind"] == "text":
                for line, value in zip(rows.tolist(), prints.tolist(), strict=True):
                    if line:
                        tally.by_line.setdefault(line, []).append(value)


def _plain(table: pa.Table) -> pa.Table:
    """Dictionary columns as strings; the column of a place within running text is no part of the place."""
    fields = [pa.field(f.name, pa.string()) if pa.types.is_dictionary(f.type) else f for f in table.schema]
    plain = table.cast(pa.schema(fields))
    in_table = pc.is_in(plain["kind"], pa.array(["cell", "column"]))
    number = pc.if_else(in_table, plain["column"], pa.scalar(None, pa.int32()))
    return plain.set_column(plain.schema.get_field_index("column"), "column", number)


def _grouped(table: pa.Table, keys: list[str], what: list[tuple[str, str]]) -> list[dict[str, Any]]:
    grouped: list[dict[str, Any]] = table.group_by(keys).aggregate(what).to_pylist()
    return grouped


def _tally(files: dict[str, FileSeen], row: Mapping[str, Any]) -> Tally:
    file = files.setdefault(row["document"], FileSeen(row["document"]))
    kind = _KINDS[row["kind"]]
    if kind == COLUMN:
        sheet, number = row["sheet"] or "", row["column"] or 0
        place = place_of_column(sheet, row["header"] or file.headers.get((sheet, number), ""), number)
    else:
        place = Place(kind, row["part"] or "")
    return file.tallies.setdefault((place, row["entity_type"]), Tally(""))
