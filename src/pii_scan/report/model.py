"""What every report for people says, in one language: headline, remarks, names of categories and places.

Takes numbers from the inventory as they are, so that all formats agree. Lays nothing out and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pii_scan.inventory.build import Entry, Inventory, Place, build_inventory
from pii_scan.inventory.categories import CategoryTable, Flag, categories
from pii_scan.inventory.drilldown import ShownDocument, Unit
from pii_scan.inventory.holdings import UNASSIGNED, Holding, SystemShare
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.model import printable
from pii_scan.report.messages import Wording, wording
from pii_scan.systems.own import profiles_of
from pii_scan.systems.profiles import ProfileTable

FLAGS = (Flag.NATIONAL_ID, Flag.SPECIAL, Flag.CRIMINAL)
"""What has a callout of its own, in this order."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure: a label, the number as text, and a line on what it is measured against."""

    name: str
    label: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class View:
    """An inventory and the words for it."""

    manifest: dict[str, Any]
    inventory: Inventory
    t: Wording
    table: CategoryTable
    profiles: ProfileTable

    @property
    def targets(self) -> list[str]:
        """What was scanned, as the user named it."""
        return [str(target) for target in self.manifest.get("targets", [])]

    @property
    def targets_in_full(self) -> list[str]:
        """The targets; those of an estate with where they lie and who answers for them."""
        said = {str(row["target"]): row for row in self.manifest.get("estate", [])}
        shown = []
        for target in self.targets:
            row = said.get(target, {})
            owner = f" ({row['owner']})" if row.get("owner") else ""
            shown.append(f"{target}: {row['location']}{owner}" if row else target)
        return shown

    @property
    def interrupted(self) -> bool:
        """Whether the run did not come to its end."""
        return self.manifest.get("status") != "finished"

    def headline(self) -> str:
        """The result in one sentence."""
        return "; ".join(self.headline_parts())

    def headline_parts(self) -> list[str]:
        """Documents with personal data first; then those that were not, or not wholly, read, where there are any."""
        totals, coverage = self.inventory.totals, self.inventory.coverage
        looked_at = coverage.read + coverage.partly_read
        if totals.with_personal_data:
            parts = [self.t("headline.found", found=totals.with_personal_data, seen=coverage.seen)]
        elif looked_at:
            parts = [self.t("headline.none", n=looked_at)]
        else:
            parts = [self.t("headline.nothing_read")]
        if coverage.unread:
            parts.append(self.t("headline.unread", n=coverage.unread))
        if coverage.partly_read:
            parts.append(self.t("headline.partly", n=coverage.partly_read))
        return parts

    def warnings(self) -> list[str]:
        """What keeps the result from being the whole truth; empty where everything was read."""
        coverage = self.inventory.coverage
        found = [self.t("remark.interrupted")] if self.interrupted else []
        if coverage.unread or coverage.partly_read:
            found.append(self.t("remark.incomplete"))
        elif coverage.problems:
            found.append(self.t("remark.incomplete_listing", n=sum(coverage.problems.values())))
        return found

    def remarks(self) -> list[str]:
        """Documents that the headline does not count although something was found in them."""
        totals = self.inventory.totals
        parts = (("remark.only_synthetic", totals.only_synthetic), ("remark.only_other", totals.only_other))
        return [self.t(key, n=n) for key, n in parts if n]

    def figures(self) -> Iterator[Figure]:
        """The key figures, in the order they are shown."""
        t, totals, coverage = self.t, self.inventory.totals, self.inventory.coverage
        problems = sum(coverage.problems.values())
        distinct = sum(entry.distinct for entry in self.inventory.entries)
        values = {
            "documents": (t.number(totals.with_personal_data), t("figure.documents_hint", seen=coverage.seen)),
            "count": (t.number(totals.count), t("figure.count_hint", n=totals.synthetic)),
            "distinct": (t.number(distinct), t("figure.distinct_hint")),
            "categories": (t.number(len(self.inventory.entries)), t("figure.categories_hint", n=totals.places)),
            "read": (
                t.percent(coverage.read, coverage.seen),
                t("figure.read_hint", read=coverage.read, seen=coverage.seen),
            ),
            "problems": (
                t.number(problems),
                t("figure.problems_hint") if problems or not coverage.complete else t("figure.problems_hint_none"),
            ),
        }
        for name, (value, hint) in values.items():
            yield Figure(name, t(f"figure.{name}"), value, hint)

    def callouts(self) -> list[tuple[Flag, list[Entry]]]:
        """The entries of each flag, also where there are none."""
        entries = self.inventory.entries
        return [(flag, [e for e in entries if self.table.flag(e.category) is flag]) for flag in FLAGS]

    def category(self, key: str) -> str:
        """The name of a category."""
        return printable(self.table.name(key, self.t.lang))

    def entity(self, entity_type: str) -> str:
        """The name of an entity type."""
        return printable(self.table.entity_name(entity_type, self.t.lang))

    def note(self, key: str) -> str:
        """What the law says of a category; often empty."""
        return self.table.note(key, self.t.lang)

    def flag(self, key: str) -> str:
        """The legal flag of a category."""
        return self.table.flag(key).value

    def grave(self, key: str) -> bool:
        """Whether the law treats a category apart."""
        return self.table.flag(key) is not Flag.NONE

    def badge(self, key: str) -> str:
        """A short mark for a category that the law treats apart; empty for the others."""
        flag = self.flag(key)
        return "" if flag == "none" else self.t(f"badge.{flag}")

    def system(self, key: str) -> str:
        """The name of a system."""
        return system_name(key, self.profiles, self.t)

    def names(self, counted: Mapping[str, int]) -> list[tuple[str, int]]:
        """Names with their numbers, fit to be shown."""
        return [(printable(name), n) for name, n in counted.items()]

    def folders_of(self, share: SystemShare) -> list[tuple[str, int]]:
        """The top folders that a system's documents are in, by descending number of documents."""
        ranked = sorted(share.folders.items(), key=lambda item: -item[1])
        return [(self.place(Place(target, folder)), n) for (target, folder), n in ranked]

    def code(self, key: str) -> str:
        """A problem code in words; the code itself where a newer one is read."""
        return self.t(f"code.{key}") if f"code.{key}" in self.t.keys() else printable(key)  # noqa: SIM118

    def stage(self, key: str) -> str:
        """A stage in words; the stage itself where a newer one is read."""
        return self.t(f"stage.{key}") if f"stage.{key}" in self.t.keys() else printable(key)  # noqa: SIM118

    def folder(self, folder: str | None) -> str:
        """The name of a folder at the top of a target; `.` is the top, None the places beyond the largest."""
        if folder is None:
            return self.t("other_places", n=self.inventory.matrix.other_places)
        return self.t("top_folder") if folder == "." else printable(folder)

    def target(self, target: str) -> str:
        """A target by its last segment, where that tells the targets apart; the method section has them in full."""
        short = [_last_segment(name) for name in self.targets]
        own = _last_segment(target)
        return printable(own if own and short.count(own) == 1 else target)

    def place(self, place: Place) -> str:
        """A place with its target, where there is more than one."""
        name = self.folder(place.folder)
        return name if place.folder is None or len(self.targets) < 2 else f"{name} ({self.target(place.target)})"

    def places_of(self, category: str) -> list[tuple[Place, int]]:
        """Where a category lies, by descending count."""
        matrix = self.inventory.matrix
        cells = [(p, matrix.cells[category, p].count) for p in matrix.places if (category, p) in matrix.cells]
        return sorted(cells, key=lambda item: -item[1])

    def period(self, entry: Entry | Holding) -> str:
        """Oldest and newest document date."""
        if entry.first_seen == entry.last_seen:
            return self.t.day(entry.first_seen)
        return f"{self.t.day(entry.first_seen)} – {self.t.day(entry.last_seen)}"

    def origin(self, target: str, document: ShownDocument) -> list[str]:
        """Where a document of an export lay, whose it is, and whether it is counted elsewhere; often nothing."""
        known = self.inventory.originals.of(target, document.document)
        lines = [self.t("folders.original", path=printable(known.location))] if known.location else []
        if known.owner:
            lines.append(self.t("folders.owner", name=printable(known.owner)))
        if document.copy:
            lines.append(self.t("folders.copy"))
        return lines

    def where(self, unit: Unit) -> str:
        """A location unit and its first place, in words."""
        return where(unit, self.t, first=unit.count > 1)


def system_name(key: str, profiles: ProfileTable, t: Wording) -> str:
    """The name of a system; an empty key is none too."""
    return t("unassigned") if key in ("", UNASSIGNED) else printable(profiles.name(key, t.lang))


class Located(Protocol):
    """What has a place within a document; empty texts and None where the kind has none."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def sheet(self) -> str: ...  # noqa: D102
    @property
    def part(self) -> str: ...  # noqa: D102
    @property
    def header(self) -> str: ...  # noqa: D102
    @property
    def row(self) -> int | None: ...  # noqa: D102
    @property
    def column(self) -> int | None: ...  # noqa: D102


def where(place: Located, t: Wording, *, first: bool) -> str:
    """A place in words; `first`: it is the first of several."""
    words = []
    if place.sheet:
        words.append(t("where.sheet", name=printable(place.sheet)))
    if place.part:
        words.append(t("where.part", name=printable(place.part)))
    if place.kind in {"cell", "column"}:
        if place.header:
            words.append(t("where.header", name=printable(place.header)))
        elif place.column:
            words.append(t("where.column", n=place.column))
    key = {"cell": "row", "column": "row", "page": "page", "text": "text" if place.column else "line"}.get(place.kind)
    if place.row is not None and key is not None:
        words.append(t(f"where.{key}{'_from' if first else ''}", row=place.row, column=place.column))
    return ", ".join(words) or t("where.whole")


def _last_segment(target: str) -> str:
    return target.partition("?")[0].rstrip("/").rpartition("/")[2]


def view(run: FinishedRun, lang: str, *, details: bool) -> View:
    """Rolls a run up and gives it words. Raises UsageError (unknown language) or ConfigError (bad category table)."""
    words = wording(lang)
    table = categories()
    return View(run.manifest, build_inventory(run, table, details=details), words, table, profiles_of(run.manifest))
