"""What differs between two runs: what is new, gone, grown and shrunk, by system and category and by document.

What the later run did not read is «not assessed», never gone. Compares counts; values only where both runs were made
with one key.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.build import Inventory
from pii_scan.inventory.coverage import Coverage
from pii_scan.inventory.document_state import DocumentStates, renamed_targets
from pii_scan.inventory.holdings import UNASSIGNED
from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, Rollup, by_document, document_keys, plain

MAX_DOCUMENTS = 1000
"""Documents listed, those that changed most first."""
Cell = tuple[str, str]
"""System and category."""


class Change(StrEnum):
    """How a number of occurrences changed from the earlier to the later run."""

    NEW = "new"
    GROWN = "grown"
    SHRUNK = "shrunk"
    GONE = "gone"
    MIXED = "mixed"
    """Of a document: more of one category, less of another."""
    NOT_ASSESSED = "not_assessed"
    """Fewer, and the later run did not read, or not wholly, where they were."""


class Differs(StrEnum):
    """What else than the data may have made a difference."""

    TARGETS = "targets"
    RULES = "rules_hash"
    CONFIG = "config_hash"
    VERSION = "version"
    KEY = "key"
    """Values cannot be compared; masked names do not match."""
    BEFORE_UNFINISHED = "before_unfinished"
    AFTER_UNFINISHED = "after_unfinished"


@dataclass(frozen=True, slots=True)
class Side:
    """One run's numbers."""

    documents: int = 0
    count: int = 0
    distinct: int = 0


NOTHING = Side()


@dataclass(frozen=True, slots=True)
class CellChange:
    """One category in one system."""

    system: str
    category: str
    change: Change
    before: Side
    after: Side
    unread_before: int
    """Documents with more of it now that the earlier run did not, or not wholly, read."""
    unread_after: int
    """Documents with less of it now that the later run did not, or not wholly, read."""
    values_new: int | None
    """Distinct values that the earlier run did not find in this system and category; None: the keys differ."""
    values_gone: int | None


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One document, copies of items included."""

    target: str
    document: str
    system: str
    change: Change
    before: int
    after: int
    categories: Mapping[str, tuple[int, int]]
    """Those that changed, to their occurrences before and after."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A run and what was counted in it."""

    run: FinishedRun
    inventory: Inventory

    @property
    def coverage(self) -> Coverage:
        """How much of it was read."""
        return self.inventory.coverage

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.run.manifest.get("status") == "finished"

    def cells(self) -> dict[Cell, Side]:
        """Its numbers by system and category."""
        rows = self.inventory.holdings
        return {(row.system, row.category): Side(row.documents, row.count, row.distinct) for row in rows}


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs."""

    before: Counted
    after: Counted
    differs: tuple[Differs, ...]
    same_target: bool
    """Each run has one target, by another name, and documents are compared by their path within it."""
    cells: tuple[CellChange, ...]
    """What changed, by system and category."""
    documents: tuple[DocumentChange, ...]
    documents_left_out: int
    by_change: Mapping[Change, int] = field(default_factory=dict)
    """Number of documents."""


def changes(before: Counted, after: Counted) -> Changes:
    """Compares the earlier run with the later. Memory grows with the documents that have findings, and with the
    distinct values where the keys are the same.
    """
    differs = tuple(_differs(before, after))
    renamed = _renamed(before, after)
    counts = _joined(_by_category(before.run, {}), _by_category(after.run, renamed))
    earlier = DocumentStates(before.run, counts, {})
    later = DocumentStates(after.run, counts, renamed)
    documents = sorted(
        _documents(counts, earlier, later), key=lambda d: (-abs(d.after - d.before), d.target, d.document)
    )
    values = None
    if Differs.KEY not in differs:
        values = _values(before.run, earlier, {}), _values(after.run, later, renamed)
    return Changes(
        before, after, differs, bool(renamed), tuple(_cells(before, after, documents, earlier, later, values)),
        tuple(documents[:MAX_DOCUMENTS]), max(0, len(documents) - MAX_DOCUMENTS),
        {change: number for change in Change if (number := sum(d.change is change for d in documents))},
    )  # fmt: skip


def _differs(before: Counted, after: Counted) -> Iterator[Differs]:
    one, two = before.run.manifest, after.run.manifest
    if sorted(map(str, one["targets"])) != sorted(map(str, two["targets"])):
        yield Differs.TARGETS
    for name in (Differs.RULES, Differs.CONFIG, Differs.VERSION):
        if one.get(name) != two.get(name):
            yield name
    if one.get("key_check") is None or one.get("key_check") != two.get("key_check"):
        yield Differs.KEY
    if not before.finished:
        yield Differs.BEFORE_UNFINISHED
    if not after.finished:
        yield Differs.AFTER_UNFINISHED


def _renamed(before: Counted, after: Counted) -> dict[str, str]:
    """What a target of the later run was called in the earlier, where each has one."""
    one, two = list(before.run.manifest["targets"]), list(after.run.manifest["targets"])
    return {str(two[0]): str(one[0])} if len(one) == len(two) == 1 and one != two else {}


def _by_category(run: FinishedRun, renamed: Mapping[str, str]) -> pa.Table:
    """Occurrences by document and category."""
    found = by_document(run)
    if found is None:
        fields = [*((name, pa.string()) for name in (*DOCUMENT, "category")), ("count_sum", pa.int64())]
        return pa.schema(fields).empty_table()
    grouped = renamed_targets(found, renamed).group_by([*DOCUMENT, "category"]).aggregate([("count", "sum")])
    return grouped.select([*DOCUMENT, "category", "count_sum"])


def _joined(before: pa.Table, after: pa.Table) -> pa.Table:
    """target, document, category, before, after."""
    keys = [*DOCUMENT, "category"]
    one, two = before.rename_columns([*keys, "before"]), after.rename_columns([*keys, "after"])
    joined = one.join(two, keys, join_type="full outer")
    zero = pa.scalar(0, pa.int64())
    columns = {name: joined.column(name) for name in keys}
    return pa.table({**columns, **{name: pc.fill_null(joined.column(name), zero) for name in ("before", "after")}})


def _documents(counts: pa.Table, earlier: DocumentStates, later: DocumentStates) -> Iterator[DocumentChange]:
    changed: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in counts.filter(pc.not_equal(counts.column("before"), counts.column("after"))).to_pylist():
        changed[row["target"], row["document"]][row["category"]] = (row["before"], row["after"])
    keys = pa.array([f"{target}\0{document}" for target, document in changed], pa.string())
    totals = counts.filter(pc.is_in(document_keys(counts), keys)).group_by(list(DOCUMENT))
    sums = totals.aggregate([("before", "sum"), ("after", "sum")]).to_pylist()
    for row in sums:
        place = row["target"], row["document"]
        pairs = changed[place]
        change = _change(row["before_sum"], row["after_sum"], list(pairs.values()))
        if any(new < old for old, new in pairs.values()) and not later.assessed(*place):
            change = Change.NOT_ASSESSED
        system = later.system(*place) or earlier.system(*place)
        yield DocumentChange(
            *place, system, change, row["before_sum"], row["after_sum"], dict(sorted(pairs.items()))
        )  # fmt: skip


def _change(before: int, after: int, parts: Sequence[tuple[int, int]] = ()) -> Change:
    if not before:
        return Change.NEW
    if not after:
        return Change.GONE
    more, less = any(new > old for old, new in parts), any(new < old for old, new in parts)
    if more and less:
        return Change.MIXED
    return Change.GROWN if after > before or more else Change.SHRUNK


def _cells(
    before: Counted, after: Counted, documents: Sequence[DocumentChange], earlier: DocumentStates,
    later: DocumentStates, values: tuple[pa.Table, pa.Table] | None,
) -> Iterator[CellChange]:  # fmt: skip
    one, two = before.cells(), after.cells()
    lost, gained = _unread(documents, earlier, later)
    new = gone = Counter[Cell]()
    if values is not None:
        new, gone = _only_in(values[1], values[0]), _only_in(values[0], values[1])
    for cell in sorted(one.keys() | two.keys()):
        old, now = one.get(cell, NOTHING), two.get(cell, NOTHING)
        if old == now and not new[cell] and not gone[cell] and not lost[cell]:
            continue
        change = Change.MIXED if old.count == now.count else _change(old.count, now.count)
        if lost[cell] and now.count <= old.count:
            change = Change.NOT_ASSESSED
        told = (None, None) if values is None else (new[cell], gone[cell])
        yield CellChange(*cell, change, old, now, gained[cell], lost[cell], *told)


def _unread(
    documents: Sequence[DocumentChange], earlier: DocumentStates, later: DocumentStates
) -> tuple[Counter[Cell], Counter[Cell]]:  # fmt: skip
    """(documents with less of a cell that the later run did not read, with more that the earlier did not)."""
    lost, gained = Counter[Cell](), Counter[Cell]()
    for document in documents:
        place = document.target, document.document
        for category, (old, new) in document.categories.items():
            if new < old and not later.assessed(*place):
                lost[earlier.system(*place), category] += 1
            elif new > old and not earlier.assessed(*place):
                gained[later.system(*place), category] += 1
    return lost, gained


def _values(run: FinishedRun, states: DocumentStates, renamed: Mapping[str, str]) -> pa.Table:
    """The distinct fingerprints of each system and category."""
    rollup = Rollup(["system", "category", "fingerprint"], {})
    categories = _categories(run)
    names, values = (pa.array(list(part), pa.string()) for part in (categories.keys(), categories.values()))
    keys, systems = states.systems()
    for table in run.index():
        part = renamed_targets(plain(table, [*DOCUMENT, "entity_type", "fingerprint"]), renamed)
        found = {
            "system": pc.fill_null(
                pc.take(systems, pc.index_in(document_keys(part), keys).combine_chunks()), UNASSIGNED
            ),
            "category": pc.fill_null(
                pc.take(values, pc.index_in(part.column("entity_type"), names).combine_chunks()), ""
            ),
            "fingerprint": part.column("fingerprint").combine_chunks(),
        }
        rollup.add(pa.table(found))
    empty = pa.schema([("system", pa.string()), ("category", pa.string()), ("fingerprint", pa.uint64())]).empty_table()
    return rollup.result() or empty


def _categories(run: FinishedRun) -> dict[str, str]:
    """Category by entity type, as the findings of this run have it."""
    pairs: dict[str, str] = {}
    for table in run.findings():
        seen: list[dict[str, Any]] = plain(table, ["entity_type", "category"]).group_by(
            ["entity_type", "category"]
        ).aggregate([]).to_pylist()  # fmt: skip
        pairs.update((row["entity_type"], row["category"]) for row in seen)
    return pairs


def _only_in(one: pa.Table, other: pa.Table) -> Counter[Cell]:
    """How many values of each cell the other table lacks."""
    keys = ["system", "category", "fingerprint"]
    only = one.join(other, keys, join_type="left anti").group_by(["system", "category"]).aggregate([([], "count_all")])
    return Counter({(row["system"], row["category"]): row["count_all"] for row in only.to_pylist()})
