"""Gathers from a finished run what the rules need beyond the inventory (`notice.facts`). Judges nothing.

Memory grows with the number of documents that have findings or problems.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.rules import load_rules
from pii_scan.globs import Patterns
from pii_scan.inventory.categories import CategoryTable, categories
from pii_scan.inventory.holdings import Sample
from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, Rollup, by_document, plain
from pii_scan.notice import law
from pii_scan.notice.declare import named_by
from pii_scan.notice.evidence import MAX_SAMPLES
from pii_scan.notice.facts import Facts, Place, Seen
from pii_scan.notice.record import Activity, Record

COOKIE = "online_id.cookie"
_FORM = "written form: "
_ROWS = 4096


def facts_of(
    run: FinishedRun, record: Record | None, table: CategoryTable | None = None, *, test_numbers: bool = True
) -> Facts:
    """The facts of a run. `test_numbers`: as in `Choices`. Raises ConfigError where a table of the installation cannot
    be read.
    """
    table = table or categories()
    found = by_document(run)
    activities = () if record is None else tuple(one for one in record.activities if one.paths or one.tables)
    if found is None:
        return Facts(unread=_unread(run), whole=is_whole(run), findable=findable(run, table))
    if not test_numbers:
        found = found.filter(pc.greater(found.column("count"), found.column("synthetic")))
    found = with_system(run, found)
    covered, uncovered = _covered(found, activities)
    return Facts(
        trackers=_trackers(run), hashed=_hashed(run), secrets=_secrets(found, table), unread=_unread(run),
        covered=covered, uncovered=uncovered, whole=is_whole(run), findable=findable(run, table),
    )  # fmt: skip


def is_whole(run: FinishedRun) -> bool:
    """Whether the scan came to its end."""
    return run.manifest.get("status") == "finished"


def findable(run: FinishedRun, table: CategoryTable) -> frozenset[str]:
    """The categories that the scan looked for: of the entity types that the manifest names, else of built-in rules, as
    runs that do not say so are from before names of persons were looked for.
    """
    said = run.manifest.get("entity_types")
    if not isinstance(said, list):
        return frozenset(rule.category for rule in load_rules())
    known = table.by_entity_type
    return frozenset(known[entity_type].key for entity_type in said if entity_type in known)


def with_system(run: FinishedRun, found: pa.Table) -> pa.Table:
    """Adds `system` to a table of documents; null for one that the run lists nowhere."""
    wanted = found.select(list(DOCUMENT)).group_by(list(DOCUMENT)).aggregate([])
    parts = [
        plain(part, [*DOCUMENT, "system"]).join(wanted, list(DOCUMENT), join_type="left semi")
        for part in run.documents()
    ]
    if not parts:
        return found.append_column("system", pa.nulls(found.num_rows, pa.string()))
    known = pa.concat_tables(parts).group_by(list(DOCUMENT)).aggregate([("system", "min")])
    return found.join(known.rename_columns([*DOCUMENT, "system"]), list(DOCUMENT), join_type="left outer")


def _unread(run: FinishedRun) -> dict[str | None, dict[str, int]]:
    """By system and code; None for what no document stands for."""
    rollup = Rollup([*DOCUMENT, "code"], {"number": "sum"})
    for table in run.problems():
        if table.num_rows:
            one = pa.array([1] * table.num_rows, pa.int64())
            rollup.add(plain(table, [*DOCUMENT, "code"]).append_column("number", one))
    problems = rollup.result()
    if problems is None:
        return {}
    grouped = with_system(run, problems).group_by(["system", "code"]).aggregate([("number", "sum")])
    counted: dict[str | None, Counter[str]] = {}
    for row in grouped.to_pylist():
        counted.setdefault(row["system"], Counter())[row["code"]] += row["number_sum"]
    return {system: dict(codes.most_common()) for system, codes in counted.items()}


def _trackers(run: FinishedRun) -> dict[str, dict[str, Seen]]:
    """By the form that a cookie or click identifier was found in, or the header of its column."""
    rows = _findings(run, lambda table: pc.equal(table.column("category"), COOKIE), ["reasons", "header"])
    known = [_Tracker(key, entry) for key, entry in law.table("trackers")["trackers"].items()]
    places: dict[tuple[str, str], Counter[Place]] = {}
    for row in rows:
        for tracker in known:
            if tracker.fits(row["reasons"], row["header"]):
                documents = places.setdefault((row["system"], tracker.key), Counter())
                documents[row["target"], row["document"]] += row["count"]
    found: dict[str, dict[str, Seen]] = {}
    for (system, key), documents in places.items():
        found.setdefault(system, {})[key] = _seen(documents)
    return found


def _seen(documents: Counter[Place]) -> Seen:
    """Of target and document to count."""
    most = sorted(documents.items(), key=lambda item: (-item[1], item[0]))[:MAX_SAMPLES]
    samples = tuple(Sample(target, document, count) for (target, document), count in most)
    return Seen(len(documents), documents.total(), samples)


class _Tracker:
    def __init__(self, key: str, entry: Mapping[str, Any]) -> None:
        self.key = key
        self._forms = frozenset(f"{_FORM}{form}" for form in entry["forms"])
        self._headers = re.compile("|".join(entry["headers"]), re.IGNORECASE)

    def fits(self, reasons: str, header: str) -> bool:
        return bool(self._forms & set(reasons.split("; "))) or (
            bool(header) and self._headers.fullmatch(header.strip()) is not None
        )


def _hashed(run: FinishedRun) -> dict[Place, Seen]:
    recognizers: Mapping[str, str] = law.table("trackers")["hashed"]
    wanted = pa.array(list(recognizers), pa.string())
    rows = _findings(run, lambda table: pc.is_in(table.column("recognizer"), wanted), ["recognizer"])
    places: dict[Place, Counter[Place]] = {}
    for row in rows:
        documents = places.setdefault((row["system"], recognizers[row["recognizer"]]), Counter())
        documents[row["target"], row["document"]] += row["count"]
    return {place: _seen(documents) for place, documents in places.items()}


def _findings(run: FinishedRun, wanted: Any, keys: Sequence[str]) -> Iterable[dict[str, Any]]:
    """The findings that `wanted` keeps and that are no test numbers: one row for each document and `keys`, with count
    and system.
    """
    rollup = Rollup([*DOCUMENT, *keys], {"count": "sum"})
    for table in run.findings():
        part = plain(table, [*DOCUMENT, "category", "recognizer", "reasons", "header", "synthetic", "count"])
        part = part.filter(pc.and_(pc.invert(part.column("synthetic")), wanted(part)))
        if part.num_rows:
            rollup.add(part.select([*DOCUMENT, *keys, "count"]))
    found = rollup.result()
    if found is not None:
        for batch in with_system(run, found).to_batches(max_chunksize=_ROWS):
            yield from (row for row in batch.to_pylist() if row["system"] is not None)


def _secrets(found: pa.Table, table: CategoryTable) -> dict[str, Seen]:
    """Documents with a secret that hold personal data of another category than credentials."""
    kinds = pa.array(law.table("trackers")["secrets"], pa.string())
    personal = pa.array(
        [key for key in pc.unique(found.column("category")).to_pylist()
         if table.is_personal(key) and key != "credentials"], pa.string(),
    )  # fmt: skip
    beside = found.filter(pc.is_in(found.column("category"), personal)).group_by(list(DOCUMENT)).aggregate([])
    secret = found.filter(pc.is_in(found.column("entity_type"), kinds))
    both = secret.join(beside, list(DOCUMENT), join_type="left semi")
    places: dict[str, Counter[Place]] = {}
    for row in both.filter(pc.is_valid(both.column("system"))).to_pylist():
        places.setdefault(row["system"], Counter())[row["target"], row["document"]] += row["count"]
    return {system: _seen(documents) for system, documents in places.items()}


def _covered(found: pa.Table, activities: Sequence[Activity]) -> tuple[dict[str, dict[Place, int]], dict[Place, int]]:
    """Documents of each holding that each activity's paths and tables name, and those that none names which declares
    the category.
    """
    if not activities:
        return {}, {}
    patterns = [(activity, Patterns(activity.paths), Patterns(activity.tables)) for activity in activities]
    covered: dict[str, Counter[Place]] = {activity.id: Counter() for activity in activities}
    uncovered: Counter[Place] = Counter()
    held = found.group_by([*DOCUMENT, "system", "category"]).aggregate([])
    for batch in held.to_batches(max_chunksize=_ROWS):
        for row in batch.to_pylist():
            place = (row["system"] or "", row["category"])
            mine = [activity for activity, *where in patterns if _names(row["document"], *where)]
            for activity in mine:
                covered[activity.id][place] += 1
            uncovered[place] += not any(named_by(activity.categories, row["category"]) for activity in mine)
    return {key: dict(places) for key, places in covered.items()}, dict(uncovered)


def _names(document: str, paths: Patterns, tables: Patterns) -> bool:
    """Whether a path fits the document or a container of it, or a table is the document or its innermost member."""
    parts = document.split("!")
    outer = ("!".join(parts[: n + 1]) for n in range(len(parts)))
    return (bool(paths) and any(map(paths.fit, outer))) or (bool(tables) and tables.fit_exactly(parts[-1]))
