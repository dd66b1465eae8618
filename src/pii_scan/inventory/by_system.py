"""Rolls a run up by system: what each system holds of each category, and all documents that are from it.

Streams the findings, the index and the documents. Memory grows with the documents that have findings and with the
distinct values, never with the number of findings. Copies of an item within a system count once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.findings.distinct import count_distinct
from pii_scan.inventory.ages import ages_of
from pii_scan.inventory.copies import SYSTEM_COPY
from pii_scan.inventory.drilldown import Unit, unit_of
from pii_scan.inventory.holdings import UNASSIGNED, Ages, Holding, Sample, SystemShare
from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, document_keys, plain, units, with_folder

MAX_SAMPLES = 5
MAX_OWNERS = MAX_FOLDERS = 20
_GROUP = ("system", "category")


def holdings_of(run: FinishedRun, found: pa.Table, *, details: bool) -> tuple[Holding, ...]:
    """One row for each system and category. `found`: one row for each document, category and entity type, with the
    document's `system`, `modified_at` and `copy_in_system`. Samples are given only where `details` are wanted.
    """
    once = found.filter(pc.invert(found.column(SYSTEM_COPY)))
    sums = once.group_by(list(_GROUP)).aggregate([("count", "sum"), ("synthetic", "sum")])
    widest = [("score", "max"), ("modified_at", "min"), ("modified_at", "max")]
    sums = sums.join(found.group_by(list(_GROUP)).aggregate(widest), list(_GROUP))
    documents = _documents(once)
    each = once.group_by([*_GROUP, *DOCUMENT]).aggregate([("count", "sum")])
    ages = ages_of(run, each.rename_columns([*_GROUP, *DOCUMENT, "count"]))
    by_category, by_type = _distinct(run, found)
    samples = _samples(run, once) if details else {}
    rows = [
        Holding(
            system=row["system"], category=row["category"], documents=documents[row["system"], row["category"]],
            count=row["count_sum"], synthetic=row["synthetic_sum"],
            distinct=by_category.get((row["system"], row["category"]), 0), score=round(row["score_max"], 4),
            entity_types=by_type.get((row["system"], row["category"]), {}),
            ages=ages.get((row["system"], row["category"]), Ages()),
            samples=samples.get((row["system"], row["category"]), ()),
            first_seen=_day(row["modified_at_min"]), last_seen=_day(row["modified_at_max"]),
        )
        for row in sums.to_pylist()
    ]  # fmt: skip
    total: Counter[str] = Counter()
    for holding in rows:
        total[holding.system] += holding.count
    rows.sort(key=lambda h: (h.system == UNASSIGNED, -total[h.system], h.system, -h.count, h.category))
    return tuple(rows)


def systems_of(run: FinishedRun, found: pa.Table | None) -> tuple[SystemShare, ...]:
    """One row for each system that any document is from: those with most findings first, those without last, and the
    documents that no system is known of at the very end.
    """
    counted = _Shares()
    for table in run.documents():
        counted.add(with_folder(plain(table, _Shares.COLUMNS)))
    with_findings, findings = _found_by_system(found)
    shares = [
        SystemShare(
            system=system, documents=counted.documents[system], unread=counted.unread[system],
            with_findings=with_findings.get(system, 0), size_bytes=counted.size[system],
            signals=_first(counted.signals[system]), owners=_first(counted.owners[system], MAX_OWNERS),
            folders=_first(counted.folders[system], MAX_FOLDERS), under_13=counted.under_13[system],
            under_18=counted.under_18[system], targets=_by_target(counted.folders[system]),
        )
        for system in counted.documents
    ]  # fmt: skip
    shares.sort(key=lambda s: (s.system == UNASSIGNED, -findings.get(s.system, 0), -s.documents, s.system))
    return tuple(shares)


def _by_target(folders: Mapping[tuple[str, str], int]) -> dict[str, int]:
    documents: Counter[str] = Counter()
    for (target, _), number in folders.items():
        documents[target] += number
    return dict(sorted(documents.items()))


class _Shares:
    """Counts of all documents by system, table by table."""

    COLUMNS = (*DOCUMENT, "container", "system", "signals", "owner", "account", "status", "size_bytes", "read_bytes",
               "under_13", "under_18")  # fmt: skip

    def __init__(self) -> None:
        self.documents: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self.size: Counter[str] = Counter()
        self.under_13: Counter[str] = Counter()
        self.under_18: Counter[str] = Counter()
        self.signals: dict[str, Counter[str]] = defaultdict(Counter)
        self.owners: dict[str, Counter[str]] = defaultdict(Counter)
        self.folders: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)

    def add(self, table: pa.Table) -> None:
        """Adds plain documents with their `folder`."""
        unread = pc.not_equal(table.column("status"), "read").cast(pa.int64())
        size = pc.coalesce(table.column("size_bytes"), table.column("read_bytes"))
        size = pc.if_else(table.column("container"), 0, size)
        owner = pc.if_else(pc.equal(table.column("owner"), ""), table.column("account"), table.column("owner"))
        table = table.append_column("unread", unread).append_column("size", size).append_column("whose", owner)
        sums = ("unread", "size", "under_13", "under_18")
        grouped = table.group_by(["system"]).aggregate([([], "count_all"), *((name, "sum") for name in sums)])
        for row in grouped.to_pylist():
            self.documents[row["system"]] += row["count_all"]
            for name in sums:
                getattr(self, name)[row["system"]] += row[f"{name}_sum"]
        for row in table.group_by(["system", "signals", "whose"]).aggregate([([], "count_all")]).to_pylist():
            for signal in filter(None, row["signals"].split("; ")):
                self.signals[row["system"]][signal] += row["count_all"]
            if row["whose"]:
                self.owners[row["system"]][row["whose"]] += row["count_all"]
        for row in table.group_by(["system", "target", "folder"]).aggregate([([], "count_all")]).to_pylist():
            self.folders[row["system"]][row["target"], row["folder"]] += row["count_all"]


def _first(counter: Counter[Any], most: int | None = None) -> dict[Any, int]:
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:most])


def _found_by_system(found: pa.Table | None) -> tuple[dict[str, int], dict[str, int]]:
    """(documents with findings, findings) of each system."""
    if found is None:
        return {}, {}
    documents = found.group_by(["system", *DOCUMENT]).aggregate([("count", "sum")])
    rows = documents.group_by(["system"]).aggregate([([], "count_all"), ("count_sum", "sum")]).to_pylist()
    return {r["system"]: r["count_all"] for r in rows}, {r["system"]: r["count_sum_sum"] for r in rows}


def _documents(once: pa.Table) -> dict[tuple[str, str], int]:
    each = once.group_by([*_GROUP, *DOCUMENT]).aggregate([])
    rows = each.group_by(list(_GROUP)).aggregate([([], "count_all")]).to_pylist()
    return {(row["system"], row["category"]): row["count_all"] for row in rows}


_Distinct = dict[tuple[str, str], int]


def _distinct(run: FinishedRun, found: pa.Table) -> tuple[_Distinct, dict[tuple[str, str], dict[str, int]]]:
    """Distinct values by system and category: in all, and by entity type."""
    documents = found.group_by([*DOCUMENT, "system"]).aggregate([])
    keys, systems = document_keys(documents).combine_chunks(), documents.column("system").combine_chunks()
    kinds = found.group_by(["entity_type", "category"]).aggregate([])
    types, names = (kinds.column(name).combine_chunks() for name in ("entity_type", "category"))

    def by_kind(rows: pa.Table) -> pa.Table:
        rows = plain(rows, rows.column_names)
        system = systems.take(pc.index_in(document_keys(rows), keys).combine_chunks())
        category = names.take(pc.index_in(rows.column("entity_type"), types).combine_chunks())
        return pa.table({"system": system, "category": category, "entity_type": rows.column("entity_type")})

    by_category, counts = count_distinct(
        run.index(), [*DOCUMENT, "entity_type"], [lambda rows: by_kind(rows).select(_GROUP), by_kind]
    )
    by_type: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for (system, category, kind), number in sorted(counts.items(), key=lambda item: (-item[1], item[0][2])):
        by_type[system, category][kind] = number
    return by_category, dict(by_type)


def _samples(run: FinishedRun, once: pa.Table) -> dict[tuple[str, str], tuple[Sample, ...]]:
    """The documents that hold most of each, those without test numbers first."""
    real = pc.subtract(once.column("count"), once.column("synthetic"))
    sums = (
        once.append_column("real", real).group_by([*_GROUP, *DOCUMENT]).aggregate([("real", "sum"), ("count", "sum")])
    )
    order = [("real_sum", "descending"), ("count_sum", "descending"), *((name, "ascending") for name in DOCUMENT)]
    chosen: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for batch in sums.sort_by(order).to_batches(max_chunksize=1 << 16):
        for row in batch.to_pylist():
            kept = chosen[row["system"], row["category"]]
            if len(kept) < MAX_SAMPLES:
                kept.append(row)
    places = _first_places(run, [row for rows in chosen.values() for row in rows])
    return {
        key: tuple(
            Sample(
                row["target"], row["document"], row["count_sum"], places.get((row["target"], row["document"], key[1]))
            )
            for row in rows
        )
        for key, rows in chosen.items()
    }


def _first_places(run: FinishedRun, rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], Unit]:
    """The location unit that holds most of a category, by target, document and category."""
    wanted = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in DOCUMENT})
    table = units(run, wanted.group_by(list(DOCUMENT)).aggregate([]))
    best: dict[tuple[str, str, str], Unit] = {}
    for row in table.to_pylist() if table is not None else []:
        unit = unit_of({**row, "folder": "", "distinct": 0})
        key = (unit.target, unit.document, unit.category)
        if key not in best or _rank(unit) < _rank(best[key]):
            best[key] = unit
    return best


def _rank(unit: Unit) -> tuple[object, ...]:
    return (
        unit.count == unit.synthetic,
        -unit.count,
        unit.sheet,
        unit.part,
        unit.header,
        unit.row or 0,
        unit.column or 0,
    )


def _day(moment: Any) -> Any:
    return moment.date() if moment else None
