"""The part of a run that a person can look through: folders, documents and location units, bounded and ranked.

What does not fit is counted, never dropped in silence. Reads findings a second time, for the chosen documents only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.categories import CategoryTable, Flag
from pii_scan.inventory.copies import COPY
from pii_scan.inventory.rollup import DOCUMENT, UNIT, FinishedRun, split_place, unit_distinct, units

MAX_DOCUMENTS = 1000
MAX_UNITS = 5000
_FLAG_ORDER = {Flag.CRIMINAL: 0, Flag.SPECIAL: 0, Flag.NATIONAL_ID: 1, Flag.NONE: 2}


@dataclass(frozen=True, slots=True)
class Unit:
    """One entity type in one location unit: a column of a table, a part, or a whole document of text or pages."""

    target: str
    folder: str
    document: str
    kind: str
    sheet: str
    part: str
    header: str
    row: int | None
    """First line, page or row; None where no place was listed."""
    column: int | None
    entity_type: str
    category: str
    count: int
    synthetic: int
    distinct: int
    score: float
    masked: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document of the drill-down; `count` and `synthetic` are of the whole document, whether all units fit or not."""

    document: str
    count: int
    synthetic: int
    units: tuple[Unit, ...]
    copy: bool = False
    """Of an item that another document holds too, and that is counted there: in all, not in the drill-down."""

    @property
    def left_out(self) -> int:
        """Findings of the document that no shown unit holds."""
        return self.count - sum(unit.count for unit in self.units)


@dataclass(frozen=True, slots=True)
class ShownFolder:
    """A folder at the top of a target; counts are of all its documents, shown or not."""

    target: str
    folder: str
    count: int
    synthetic: int
    documents: int
    shown: tuple[ShownDocument, ...]

    @property
    def documents_left_out(self) -> int:
        """Documents of the folder with findings that are not shown."""
        return self.documents - len(self.shown)

    @property
    def count_left_out(self) -> int:
        """Findings in those documents."""
        return self.count - sum(document.count for document in self.shown)


@dataclass(frozen=True, slots=True)
class Drilldown:
    """Folders by descending count, and what did not fit."""

    folders: tuple[ShownFolder, ...]
    folders_left_out: int
    documents_left_out: int
    count_left_out: int
    """Findings that are in no shown unit."""

    @property
    def units(self) -> tuple[Unit, ...]:
        """All shown units, folder by folder."""
        return tuple(u for folder in self.folders for document in folder.shown for u in document.units)


def drilldown_of(run: FinishedRun, found: pa.Table, table: CategoryTable) -> Drilldown:
    """Chooses documents so that each category is represented by those that hold most of it, and reads their units.

    `found`: one row for each document and entity type, with `folder`.
    """
    wanted = _choose(found, table)
    chosen = _units(run, wanted, table)
    sums = [("count", "sum"), ("synthetic", "sum")]
    documents = found.group_by([*DOCUMENT, "folder", COPY]).aggregate(sums)
    folders = documents.group_by(["target", "folder"]).aggregate(
        [("count_sum", "sum"), ("synthetic_sum", "sum"), ([], "count_all")]
    )
    by_document: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in chosen:
        by_document[unit.target, unit.document].append(unit)
    by_folder: dict[tuple[str, str], list[ShownDocument]] = defaultdict(list)
    for row in documents.join(wanted, list(DOCUMENT), join_type="left semi").to_pylist():
        held = by_document.get((row["target"], row["document"]))
        if held:
            shown = ShownDocument(row["document"], row["count_sum"], row["synthetic_sum"], tuple(held), row[COPY])
            by_folder[row["target"], row["folder"]].append(shown)
    result = [
        ShownFolder(
            target=row["target"],
            folder=row["folder"],
            count=row["count_sum_sum"],
            synthetic=row["synthetic_sum_sum"],
            documents=row["count_all"],
            shown=tuple(sorted(by_folder[row["target"], row["folder"]], key=lambda d: (-d.count, d.document))),
        )
        for row in folders.to_pylist()
        if by_folder.get((row["target"], row["folder"]))
    ]
    result.sort(key=lambda f: (-f.count, f.target, f.folder))
    return Drilldown(
        folders=tuple(result),
        folders_left_out=folders.num_rows - len(result),
        documents_left_out=documents.num_rows - sum(len(f.shown) for f in result),
        count_left_out=pc.sum(found.column("count")).as_py() - sum(unit.count for unit in chosen),
    )


def _choose(found: pa.Table, table: CategoryTable) -> pa.Table:
    """At most `MAX_DOCUMENTS`: the first of each category, then the second, and so on; graver categories first."""
    real = pc.subtract(found.column("count"), found.column("synthetic"))
    keys = {"real": real, **{name: found.column(name) for name in (*DOCUMENT, "category", "count", "folder")}}
    ranked = pa.table(keys).sort_by(
        [
            ("category", "ascending"),
            ("real", "descending"),
            ("count", "descending"),
            *((n, "ascending") for n in DOCUMENT),
        ]
    )
    encoded = ranked.column("category").combine_chunks().dictionary_encode()
    number = encoded.indices.to_numpy()
    first = np.searchsorted(number, np.arange(len(encoded.dictionary)))  # sorted, so each category is one stretch
    rank = np.arange(len(number)) - first[number]
    grave = np.array([_FLAG_ORDER[table.flag(key)] for key in encoded.dictionary.to_pylist()])
    ranked = ranked.take(pa.array(np.lexsort((number, grave[number], rank)))).select([*DOCUMENT, "folder"])
    chosen: dict[tuple[str, str], str] = {}
    for batch in ranked.to_batches(max_chunksize=MAX_DOCUMENTS):
        for row in batch.to_pylist():
            if len(chosen) < MAX_DOCUMENTS:
                chosen.setdefault((row["target"], row["document"]), row["folder"])
        if len(chosen) >= MAX_DOCUMENTS:
            break
    columns = zip(*((*key, folder) for key, folder in chosen.items()), strict=True)
    return pa.table(dict(zip((*DOCUMENT, "folder"), map(list, columns), strict=True)))


def _units(run: FinishedRun, wanted: pa.Table, table: CategoryTable) -> list[Unit]:
    found = units(run, wanted)
    if found is None:
        return []
    keys = [name for name in UNIT if name != "category"]
    distinct = unit_distinct(run, wanted, with_column=False)
    headerless = pc.any(pc.greater(found.column("unit_column"), 0)).as_py()
    if headerless:  # only then, since this asks for many more groups
        distinct = pa.concat_tables([distinct, unit_distinct(run, wanted, with_column=True)])
    found = found.join(distinct, keys, join_type="left outer")
    found = found.join(wanted, list(DOCUMENT), join_type="left outer")
    result = [unit_of(row) for row in found.to_pylist()]
    result.sort(
        key=lambda u: (
            _FLAG_ORDER[table.flag(u.category)], u.count == u.synthetic, -round(u.score, 2), -u.count,
            u.target, u.document, u.sheet, u.part, u.header, u.row or 0, u.column or 0, u.entity_type,
        )
    )  # fmt: skip
    return _capped(result)


def _capped(ranked: list[Unit]) -> list[Unit]:
    """The first `MAX_UNITS`, taken category by category in turn, so that no category crowds out the others."""
    if len(ranked) <= MAX_UNITS:
        return ranked
    turn: Counter[str] = Counter()
    turns = []
    for number, unit in enumerate(ranked):
        turns.append((turn[unit.category], number))
        turn[unit.category] += 1
    kept = sorted(number for _, number in sorted(turns)[:MAX_UNITS])
    return [ranked[number] for number in kept]


def unit_of(row: dict[str, Any]) -> Unit:
    """A row of `rollup.units`, with its `folder` and `distinct`, as a Unit."""
    first_row, column = split_place(row["first_place"], row["column"])
    return Unit(
        target=row["target"],
        folder=row["folder"],
        document=row["document"],
        kind="column" if row["kind"] == "cell" and first_row is None else row["kind"],
        sheet=row["sheet"],
        part=row["part"],
        header=row["header"],
        row=first_row,
        column=column,
        entity_type=row["entity_type"],
        category=row["category"],
        count=row["count"],
        synthetic=row["synthetic"],
        distinct=row["distinct"] or 0,
        score=round(row["score"], 4),
        masked=row["masked"],
        reasons=tuple(part for part in row["reasons"].split("; ") if part),
    )
