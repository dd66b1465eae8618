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
    number: int = 0
    """Of the column, 1-based."""


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


@dataclass(slots=True)
class Tally:
    """Detections of one entity type in one place."""

    category: str
    real: int = 0
    synthetic: int = 0
    values: dict[int, int] = field(default_factory=dict)
    """Keyed fingerprint of each distinct value, and the first row or line it stands on (0: none is known)."""
    by_row: dict[int, list[int]] = field(default_factory=dict)
    """Fingerprints by line, of text alone."""

    @property
    def count(self) -> int:
        """Test numbers too."""
        return self.real + self.synthetic

    @property
    def row(self) -> int:
        """The first row or line; 0 where none is known."""
        return min((row for row in self.values.values() if row), default=0)


@dataclass(slots=True)
class FileSeen:
    """One file, or member of a container (after `!`)."""

    name: str
    media_type: str = ""
    read: bool = False
    """Wholly."""
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    """(stage, code, detail)."""
    columns: dict[tuple[str, int], ColumnSeen] = field(default_factory=dict)
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
    return Place(COLUMN, header or f"#{number}", sheet, number)


def _rows(tables: Iterable[pa.Table]) -> Iterable[dict[str, Any]]:
    for table in tables:
        yield from table.to_pylist()


def _add_column(file: FileSeen, row: Mapping[str, Any]) -> None:
    key = (row["sheet"], row["column"])
    known = file.columns.get(key)
    cells = row["cells"] + (known.cells if known else 0)
    header = row["header"] or (known.header if known else "")
    file.columns[key] = ColumnSeen(row["sheet"], header, row["column"], cells)


_PLACE = ["document", "kind", "sheet", "part", "header", "column"]


def _add_findings(files: dict[str, FileSeen], tables: Iterable[pa.Table]) -> None:
    for table in tables:
        keys = [*_PLACE, "entity_type", "category", "synthetic"]
        plain = _plain(table.select([*keys, "count"]))
        for row in _grouped(plain, keys, [("count", "sum")]):
            tally = _tally(files, row)
            tally.category = row["category"]
            if row["synthetic"]:
                tally.synthetic += row["count_sum"]
            else:
                tally.real += row["count_sum"]


def _add_values(files: dict[str, FileSeen], tables: Iterable[pa.Table]) -> None:
    for table in tables:
        keys = [*_PLACE, "entity_type", "fingerprint"]
        plain = _plain(table.select([*keys, "row"]))
        for row in _grouped(plain, keys, [("row", "min")]):
            tally = _tally(files, row)
            first = row["row_min"] or 0
            before = tally.values.get(row["fingerprint"], 0)
            tally.values[row["fingerprint"]] = min(filter(None, (first, before)), default=0)
        text = plain.filter(pc.equal(plain["kind"], "text"))
        for row in text.to_pylist():
            if row["row"]:
                _tally(files, row).by_row.setdefault(row["row"], []).append(row["fingerprint"])


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
        seen = file.columns.get((sheet, number))  # the row of headers itself has no header
        place = place_of_column(sheet, row["header"] or (seen.header if seen else ""), number)
    else:
        place = Place(kind, row["part"] or "")
    return file.tallies.setdefault((place, row["entity_type"]), Tally(""))
