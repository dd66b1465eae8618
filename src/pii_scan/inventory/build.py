"""The inventory of a finished run: what was found, by category, place, document and location unit, with coverage.

Holds names of documents and masked shapes, never a value. An item that lies in several documents is counted once: in
all, in each place and in each system (so that these may add up to more); the drill-down has every document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.by_system import holdings_of, systems_of
from pii_scan.inventory.categories import CategoryTable, Flag, categories
from pii_scan.inventory.copies import COPY, PLACE_COPY, SYSTEM_COPY, copies
from pii_scan.inventory.coverage import Coverage, coverage_of
from pii_scan.inventory.drilldown import Drilldown, drilldown_of
from pii_scan.inventory.holdings import UNASSIGNED, Holding, SystemShare
from pii_scan.inventory.originals import Originals, originals_of
from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, by_document, document_facts, with_folder

OTHER = None
"""The folder of the place that stands for all places beyond `MAX_PLACES`."""
MAX_PLACES = 20
MAX_TOP = 25


@dataclass(frozen=True, slots=True)
class Entry:
    """One category in all systems. Every count includes test numbers; `synthetic` says how many of `count` they are."""

    category: str
    documents: int
    count: int
    synthetic: int
    distinct: int
    score: float
    """The highest."""
    first_seen: date | None
    """Oldest modification date of a document with a finding, UTC; None where no document has one."""
    last_seen: date | None


@dataclass(frozen=True, slots=True)
class Place:
    """A target and a folder at its top; `.` is the top itself, None all places beyond the largest."""

    target: str
    folder: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One category in one place."""

    documents: int
    count: int
    synthetic: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Category by place, both by descending count."""

    categories: tuple[str, ...]
    places: tuple[Place, ...]
    cells: Mapping[tuple[str, Place], Cell]
    other_places: int
    """How many places the last one, `OTHER`, stands for; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Location:
    """A document and what was found in it."""

    target: str
    document: str
    count: int
    synthetic: int
    score: float
    entity_types: Mapping[str, int]
    """Entity type to count, by descending count."""
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Documents by what they hold; a document is in one of the last three at most."""

    count: int
    synthetic: int
    places: int
    """Targets and top folders with findings."""
    with_findings: int
    with_personal_data: int
    """Documents with a finding of a person's category that is not a test number."""
    only_synthetic: int
    only_other: int
    """Documents with real findings, none of a person's category (organisation numbers)."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that the reports show but the findings and problems themselves."""

    entries: tuple[Entry, ...]
    """By descending count."""
    totals: Totals
    matrix: Matrix
    top: tuple[Location, ...]
    drilldown: Drilldown
    coverage: Coverage
    originals: Originals
    """Of documents that are from an export; empty where no details were asked for."""
    holdings: tuple[Holding, ...] = ()
    """By system in the order of `systems`, then by descending count."""
    systems: tuple[SystemShare, ...] = ()
    """By descending number of findings, those without findings last; `UNASSIGNED` at the very end."""


def build_inventory(run: FinishedRun, table: CategoryTable | None = None, *, details: bool = True) -> Inventory:
    """Rolls a run up. Reads the findings once, and once more where `details` (the drill-down) are wanted.

    Raises ConfigError where the category table cannot be read.
    """
    table = table or categories()
    found = by_document(run)
    repeated = copies(run)
    coverage = coverage_of(run, pc.sum(repeated.column(COPY)).as_py() or 0)
    if found is None:
        nothing = Totals(0, 0, 0, 0, 0, 0, 0)
        empty = Matrix((), (), {}, 0)
        shares = systems_of(run, None)
        return Inventory((), nothing, empty, (), Drilldown((), 0, 0, 0), coverage, Originals({}), systems=shares)
    wanted = found.select(list(DOCUMENT)).group_by(list(DOCUMENT)).aggregate([])
    facts = with_folder(document_facts(run, wanted))
    found = found.join(facts, list(DOCUMENT), join_type="left outer")
    found = _marked(found, repeated)
    found = found.set_column(
        found.schema.get_field_index("system"), "system", pc.fill_null(found.column("system"), UNASSIGNED)
    )
    found = found.sort_by([(name, "ascending") for name in (*DOCUMENT, "category", "entity_type")])
    once, once_in_place = (found.filter(pc.invert(found.column(name))) for name in (COPY, PLACE_COPY))
    return Inventory(
        entries=_entries(run, found, once),
        totals=_totals(found, once, table),
        matrix=_matrix(once_in_place),
        top=_top(once),
        drilldown=drilldown_of(run, found, table) if details else Drilldown((), 0, 0, 0),
        coverage=coverage,
        originals=originals_of(run) if details else Originals({}),
        holdings=holdings_of(run, found, details=details),
        systems=systems_of(run, found),
    )


def _marked(found: pa.Table, repeated: pa.Table) -> pa.Table:
    """Adds `copy`, `copy_in_place` and `copy_in_system`."""
    found = found.join(repeated, list(DOCUMENT), join_type="left outer")
    for name in (COPY, PLACE_COPY, SYSTEM_COPY):
        number = found.schema.get_field_index(name)
        found = found.set_column(number, name, pc.fill_null(found.column(name), False))
    return found


def _entries(run: FinishedRun, found: pa.Table, once: pa.Table) -> tuple[Entry, ...]:
    """`found`: all documents, for the dates; `once`: without copies, for the counts."""
    distinct = {row["category"]: row["distinct"] for row in run.distinct(["category"]).to_pylist()}
    grouped = once.group_by(["category"]).aggregate([("count", "sum"), ("synthetic", "sum")])
    widest = [("score", "max"), ("modified_at", "min"), ("modified_at", "max")]
    grouped = grouped.join(found.group_by(["category"]).aggregate(widest), ["category"])
    documents = _documents_by(once, ["category"])
    entries = [
        Entry(
            category=row["category"],
            documents=documents[(row["category"],)],
            count=row["count_sum"],
            synthetic=row["synthetic_sum"],
            distinct=distinct.get(row["category"], 0),
            score=round(row["score_max"], 4),
            first_seen=row["modified_at_min"].date() if row["modified_at_min"] else None,
            last_seen=row["modified_at_max"].date() if row["modified_at_max"] else None,
        )
        for row in grouped.to_pylist()
    ]
    return tuple(sorted(entries, key=lambda e: (-e.count, e.category)))


def _totals(found: pa.Table, once: pa.Table, table: CategoryTable) -> Totals:
    known = pc.unique(once.column("category")).to_pylist()
    personal = pc.is_in(
        once.column("category"), pa.array([key for key in known if table.is_personal(key)], pa.string())
    )
    real = pc.subtract(once.column("count"), once.column("synthetic"))
    marked = once.append_column("real", real).append_column("person", pc.if_else(personal, real, 0))
    documents = marked.group_by(list(DOCUMENT)).aggregate([("real", "sum"), ("person", "sum")])
    has_real = pc.greater(documents.column("real_sum"), 0)
    has_person = pc.greater(documents.column("person_sum"), 0)
    with_person, with_real = pc.sum(has_person).as_py(), pc.sum(has_real).as_py()
    return Totals(
        count=pc.sum(once.column("count")).as_py(),
        synthetic=pc.sum(once.column("synthetic")).as_py(),
        places=found.group_by(["target", "folder"]).aggregate([]).num_rows,
        with_findings=documents.num_rows,
        with_personal_data=with_person,
        only_synthetic=documents.num_rows - with_real,
        only_other=with_real - with_person,
    )


def _matrix(found: pa.Table) -> Matrix:
    sums = [("count", "sum"), ("synthetic", "sum")]
    by_category = _ranked(found.group_by(["category"]).aggregate(sums), ["category"])
    by_place = _ranked(found.group_by(["target", "folder"]).aggregate(sums), ["target", "folder"])
    kept = [Place(row["target"], row["folder"]) for row in by_place[:MAX_PLACES]]
    rest = len(by_place) - len(kept)
    place = pa.array([f"{p.target}\0{p.folder}" for p in kept], pa.string())
    key = pc.binary_join_element_wise(found.column("target"), found.column("folder"), "\0")
    place_number = pc.fill_null(pc.index_in(key, place), len(kept))
    numbered = found.append_column("place", place_number)
    grouped = numbered.group_by(["category", "place"]).aggregate(sums)
    documents = _documents_by(numbered, ["category", "place"])
    places = [*kept, *([Place("", OTHER)] if rest else [])]
    cells = {
        (row["category"], places[row["place"]]): Cell(
            documents[(row["category"], row["place"])], row["count_sum"], row["synthetic_sum"]
        )
        for row in grouped.to_pylist()
    }
    return Matrix(tuple(row["category"] for row in by_category), tuple(places), cells, rest)


def _ranked(grouped: pa.Table, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Rows by descending count, then by name."""
    order = [("count_sum", "descending"), *((key, "ascending") for key in keys)]
    rows: list[dict[str, Any]] = grouped.sort_by(order).to_pylist()
    return rows


def _documents_by(found: pa.Table, keys: Sequence[str]) -> dict[tuple[Any, ...], int]:
    """How many documents each group has."""
    once = found.group_by([*keys, *DOCUMENT]).aggregate([])
    grouped = once.group_by(list(keys)).aggregate([([], "count_all")])
    return {tuple(row[key] for key in keys): row["count_all"] for row in grouped.to_pylist()}


def _top(found: pa.Table) -> tuple[Location, ...]:
    """The documents with most findings that are not test numbers."""
    grouped = found.group_by(list(DOCUMENT)).aggregate([("count", "sum"), ("synthetic", "sum"), ("score", "max")])
    real = pc.subtract(grouped.column("count_sum"), grouped.column("synthetic_sum"))
    order = [("real", "descending"), ("count_sum", "descending"), *((key, "ascending") for key in DOCUMENT)]
    rows = grouped.append_column("real", real).sort_by(order).slice(0, MAX_TOP).to_pylist()
    return tuple(_location(found, row) for row in rows)


def _location(found: pa.Table, row: Mapping[str, Any]) -> Location:
    same = pc.and_(pc.equal(found.column("document"), row["document"]), pc.equal(found.column("target"), row["target"]))
    parts = found.filter(same).sort_by([("count", "descending"), ("entity_type", "ascending")]).to_pylist()
    return Location(
        target=row["target"],
        document=row["document"],
        count=row["count_sum"],
        synthetic=row["synthetic_sum"],
        score=round(row["score_max"], 4),
        entity_types={part["entity_type"]: part["count"] for part in parts},
        categories=tuple(dict.fromkeys(part["category"] for part in parts)),
    )


def callouts(inventory: Inventory, table: CategoryTable, flags: Sequence[Flag]) -> tuple[Entry, ...]:
    """The entries of categories that the law treats apart, by one of the `flags`."""
    return tuple(entry for entry in inventory.entries if table.flag(entry.category) in flags)
