"""What was seen in the files, brought together from the tables of a reading: columns, counts, fingerprints, problems.

Judges nothing; holds no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

COLUMN, TEXT, PAGE, PART = "column", "text", "page", "part"
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


@dataclass(slots=True)
class Tally:
    """Detections of one entity type in one place."""

    category: str
    real: int = 0
    synthetic: int = 0
    values: dict[int, Value] = field(default_factory=dict)
    """By keyed fingerprint."""
    by_line: dict[int, list[int]] = field(default_factory=dict)
    """Fingerprints by line, of text alone; one for each detection."""
    synthetic_lines: dict[int, int] = field(default_factory=dict)
    """Test numbers by line, of text alone."""

    @property
    def count(self) -> int:
        """Test numbers too."""
        return self.real + self.synthetic

    @property
    def row(self) -> int:
        """The first row or line; 0 where none is known."""
        return min((value.row for value in self.values.values() if value.row), default=0)

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
        keys = [*_PLACE, "entity_type", "fingerprint"]
        plain = _plain(table.select([*keys, "row"]))
        for row in _grouped(plain, keys, [("row", "min"), ("fingerprint", "count")]):
            values = _tally(files, row).values
            before = values.get(row["fingerprint"], Value(0, 0))
            first = min(filter(None, (row["row_min"], before.row)), default=0)
            values[row["fingerprint"]] = Value(before.hits + row["fingerprint_count"], first)
        for row in plain.filter(pc.equal(plain["kind"], "text")).to_pylist():
            if row["row"]:
                _tally(files, row).by_line.setdefault(row["row"], []).append(row["fingerprint"])


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
