"""Where in a run the values lie that someone asks for: an innsyn, a correction, an erasure. By fingerprints alone.

Reads the index as a stream of columns; memory grows with the hits. Looks up what was found: what no rule finds, and
what was not read, is in no answer, so that every answer carries the coverage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.copies import COPY, copies
from pii_scan.inventory.coverage import Coverage, coverage_of
from pii_scan.inventory.identifiers import Identifier, Print
from pii_scan.inventory.originals import NOWHERE, Original, originals_of
from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, document_keys, plain

PLACE = (*DOCUMENT, "kind", "sheet", "part", "header", "row", "column", "entity_type")


@dataclass(frozen=True, slots=True)
class Place:
    """Hits of one kind at one place; the fields are those of the index, with empty text where it has none."""

    target: str
    document: str
    kind: str
    sheet: str
    part: str
    header: str
    row: int | None
    column: int | None
    entity_type: str
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """A document that holds something of what was asked for."""

    system: str
    status: str
    """`read`, `partly_read` or `unread`; empty where the run does not know the document."""
    copy: bool
    """Of an item that another document holds too."""
    original: Original


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one identifier."""

    identifier: Identifier
    entity_type: str | None
    """That of the identifier; of what was found, where the line said none."""
    places: tuple[Place, ...]
    """By target, document and place."""
    others: Mapping[str, int]
    """Entity type to hits of the same signs as another kind, which may be another's."""
    searched: bool
    """Whether the run looked for such a thing at all."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """All answers, and what they rest on."""

    answers: tuple[Answer, ...]
    """As the identifiers were given."""
    documents: Mapping[tuple[str, str], Held]
    """Those with a place, by target and document."""
    coverage: Coverage

    @property
    def places(self) -> int:
        """Places of all identifiers together."""
        return sum(len(answer.places) for answer in self.answers)


def searched_types(run: FinishedRun) -> frozenset[str]:
    """The entity types that the run looked for; where its manifest does not say, those that it found."""
    said = run.manifest.get("entity_types")
    if isinstance(said, list):
        return frozenset(map(str, said))
    return frozenset(name for table in run.findings() for name in table.column("entity_type").unique().to_pylist())


def look_up(run: FinishedRun, identifiers: Sequence[Identifier]) -> Lookup:
    """Every place of every identifier. Reads the index once."""
    prints = {pair for one in identifiers for pair in (*one.prints, *one.others)}
    hits = _hits(run, prints)
    by_print: dict[Print, list[Place]] = {}
    for row in hits:
        pair = (row["entity_type"], row.pop("fingerprint"))
        by_print.setdefault(pair, []).append(Place(**row))
    searched = searched_types(run)
    answers = tuple(_answer(one, by_print, searched) for one in identifiers)
    wanted = {(place.target, place.document) for answer in answers for place in answer.places}
    repeated = copies(run)
    coverage = coverage_of(run, pc.sum(repeated.column(COPY)).as_py() or 0)
    return Lookup(answers, _documents(run, wanted, repeated), coverage)


def _hits(run: FinishedRun, prints: set[Print]) -> list[dict[str, Any]]:
    """The rows of the index that have one of the fingerprints, those of one place as one with their `count`."""
    wanted = pa.array(sorted({number for _, number in prints}), pa.uint64())
    parts = []
    for table in run.index():
        some = table.filter(pc.is_in(table.column("fingerprint"), wanted))
        if some.num_rows:
            parts.append(plain(some, [*PLACE, "fingerprint"]))
    if not parts:
        return []
    keys = [*PLACE, "fingerprint"]
    grouped = pa.concat_tables(parts).group_by(keys, use_threads=False).aggregate([([], "count_all")])
    grouped = grouped.rename_columns([*keys, "count"])
    order = [(name, "ascending") for name in (*DOCUMENT, "kind", "sheet", "part", "row", "column", "header")]
    rows: list[dict[str, Any]] = grouped.sort_by([*order, ("entity_type", "ascending")]).to_pylist()
    return rows


def _answer(one: Identifier, by_print: Mapping[Print, list[Place]], searched: frozenset[str]) -> Answer:
    places = [place for pair in one.prints for place in by_print.get(pair, ())]
    places.sort(key=_order)
    others: Counter[str] = Counter()
    for pair in one.others:
        others[pair[0]] += sum(place.count for place in by_print.get(pair, ()))
    found = Counter(place.entity_type for place in places)
    kind = one.entity_type or (found.most_common(1)[0][0] if found else None)
    told = {name: count for name, count in sorted(others.items()) if count}
    looked_for = bool(places) or any(name in searched for name in ([kind] if kind else {n for n, _ in one.prints}))
    return Answer(one, kind, tuple(places), told, looked_for)


def _order(place: Place) -> tuple[Any, ...]:
    row, column = place.row or 0, place.column or 0
    return place.target, place.document, place.kind, place.sheet, place.part, row, column, place.entity_type


def _documents(
    run: FinishedRun, wanted: set[tuple[str, str]], repeated: pa.Table
) -> dict[tuple[str, str], Held]:  # fmt: skip
    """What the run knows of the documents."""
    if not wanted:
        return {}
    copied = {
        (row["target"], row["document"]) for row in repeated.filter(repeated.column(COPY)).select(DOCUMENT).to_pylist()
    }
    originals = originals_of(run)
    names = pa.array([f"{target}\0{document}" for target, document in sorted(wanted)], pa.string())
    facts: dict[tuple[str, str], tuple[str, str]] = {}
    for table in run.documents():
        part = plain(table, [*DOCUMENT, "system", "status"])
        for row in part.filter(pc.is_in(document_keys(part), names)).to_pylist():
            facts.setdefault((row["target"], row["document"]), (row["system"], row["status"]))
    return {
        place: Held(*facts.get(place, ("", "")), place in copied, originals.of(*place) or NOWHERE)
        for place in sorted(wanted)
    }
