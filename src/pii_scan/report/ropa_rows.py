"""The rows of a record of processing activities, from a run and what the organisation says.

One for each activity of the record, and one for each system that no activity names. Fills in what a scan sees, never a
purpose, a legal basis or a deadline: those say that a person must fill them in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pii_scan.inventory.holdings import UNASSIGNED, Holding, SystemShare
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.notice.record import Activity
from pii_scan.notice.record_words import period_words, table
from pii_scan.report.declared import Declared, candidates, encrypted, found_systems, personal
from pii_scan.report.estate import DeclaredTargets
from pii_scan.report.model import View

MAX_FOLDERS = 10
_ARTICLE = {"nb": "artikkel {0} nr. {1} bokstav {2}", "en": "Art. {0}({1})({2})"}
_NOT_ASKED = frozenset({"id", "secure_identification", "paths", "tables", "starts_from"})
"""Columns of ours that may stay empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the export."""

    field: str
    header: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what each field says."""

    cells: Mapping[str, str]
    waiting: frozenset[str]
    """Fields that a person must fill in."""


class Protocol:
    """The rows of one run, in one language."""

    def __init__(self, seen: View, run: FinishedRun, declared: Declared) -> None:
        self._seen, self._declared, self._lang = seen, declared, seen.t.lang
        self._encrypted: Counter[str] = encrypted(run)
        self._targets = DeclaredTargets(seen.manifest, seen.inventory.systems)
        self._shares = {share.system: share for share in seen.inventory.systems}
        words = table("words")
        self._blank: str = words["blank"][self._lang]
        self._markers: dict[str, str] = {name: by[self._lang] for name, by in words["markers"].items()}

    def lines(self) -> Iterator[Line]:
        """The activities in the order of the record, those that only targets name, then the systems that none of them
        names.
        """
        recorded = len(self._declared.activities)
        for number, activity in enumerate(self._targets.activities(self._declared.activities)):
            said = _said(activity, self._seen, self._lang)
            if number >= recorded:
                said |= self._owned(activity.systems) | {"secure_identification": ""}
            yield self._line(said, activity.systems, activity)
        for system in found_systems(self._seen):
            if not self._declared.of_system(system) and not self._targets.covers(system):
                said = {"systems": joined([self._system(system)]), "categories": self._found(system)}
                yield self._line(said | self._owned((system,)), (system,), None)

    def columns(self) -> list[Column]:
        """All columns of our own export; those of `when_used` only where an activity has them."""
        used = {name for activity in self._declared.activities for name in activity.fields}
        known = table("columns")["columns"]
        shown = [Column(e["field"], e["export"]) for e in known if not e.get("when_used") or e["field"] in used]
        return shown + [Column(name, name) for name in sorted(used - {e["field"] for e in known})]

    def _line(self, said: dict[str, str], systems: Sequence[str], activity: Activity | None) -> Line:
        said = self._declared.whole() | said
        held = [holding for system in dict.fromkeys(systems) for holding in personal(self._seen, system)]
        seen = self._seen_facts(systems, held, activity, said)
        cells, waiting = {}, set()
        fields = {entry["field"] for key in ("columns", "ico") for entry in table("columns")[key]} | set(said)
        for name in fields:
            lines = [said[name]] if said.get(name) else []
            if not lines and name not in _NOT_ASKED:
                lines = [self._blank]
                waiting.add(name)
            cells[name] = "\n".join([*lines, *seen.get(name, ())])
        return Line(cells, frozenset(waiting))

    def _seen_facts(
        self, systems: Sequence[str], held: Sequence[Holding], activity: Activity | None, said: Mapping[str, str]
    ) -> dict[str, list[str]]:
        """What the scan proposes, each on a line with its marker."""
        found, candidate = self._markers["found"], self._markers["candidate"]
        known = [self._seen.profiles.by_id.get(system) for system in systems]
        parties = [party for profile in known for party in candidates(profile, self._declared)]
        facts = {
            "recipients": [f"{candidate} {one.name}" for one in parties if one.name not in said.get("recipients", "")],
            "third_countries": [f"{candidate} {one.country} ({one.name})" for one in parties if one.country],
            "retention": self._ages(held), "policy_followed": self._ages(held),
            "security": self._security(systems, held), "paths": self._folders(systems),
            "owner_name": [
                f"{candidate} {owner}" for owner in self._targets.owners(systems)
                if owner not in said.get("owner_name", "")
            ],
        }  # fmt: skip
        if activity is not None:
            undeclared = [h.category for h in held if not _declares(activity, h.category)]
            names = dict.fromkeys(self._seen.category(key) for key in undeclared)
            facts["categories"] = [f"{found} {name}" for name in names]
        return {name: list(dict.fromkeys(lines)) for name, lines in facts.items()}

    def _owned(self, systems: Sequence[str]) -> dict[str, str]:
        """Who answers for the targets, as the estate says."""
        return {"owner_name": joined(self._targets.owners(systems))}

    def _found(self, system: str) -> str:
        return joined(dict.fromkeys(self._seen.category(h.category) for h in personal(self._seen, system)))

    def _system(self, system: str) -> str:
        return shown_system(self._seen, system)

    def _ages(self, held: Sequence[Holding]) -> list[str]:
        dated = [h.ages for h in held if h.ages.oldest and h.ages.youngest]
        if not dated:
            return []
        t, bases = self._seen.t, sorted({ages.basis for ages in dated})
        oldest = min(ages.oldest for ages in dated if ages.oldest)
        youngest = max(ages.youngest for ages in dated if ages.youngest)
        basis = ", ".join(t(f"protocol.basis.{basis}") for basis in bases)
        text = t("protocol.ages", oldest=t.day(oldest), youngest=t.day(youngest), basis=basis)
        return [f"{self._markers['observed']} {text}"]

    def _security(self, systems: Sequence[str], held: Sequence[Holding]) -> list[str]:
        t, observed = self._seen.t, self._markers["observed"]
        locked = sum(self._encrypted[system] for system in dict.fromkeys(systems))
        lines = [observed + " " + t("protocol.encrypted", n=locked)] if locked else []
        secrets = sum(h.documents for h in held if h.category == "credentials")
        return lines + ([observed + " " + t("protocol.credentials", n=secrets)] if secrets else [])

    def _folders(self, systems: Sequence[str]) -> list[str]:
        shares: list[SystemShare] = [self._shares[s] for s in dict.fromkeys(systems) if s in self._shares]
        counted = Counter[str]()
        for share in shares:
            for (_, folder), number in share.folders.items():
                counted[self._seen.folder(folder)] += number
        t = self._seen.t
        return [
            f"{self._markers['observed']} {folder}: {t('folders.documents', n=number)}"
            for folder, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MAX_FOLDERS]
        ]


def joined(values: Iterable[str]) -> str:
    """Values in one cell, as `record_words.values` takes them apart; a comma in the only one does not part it.

    >>> joined(["a", "b;c"]), joined(["Wildbit, LLC"])
    ('a; b,c', 'Wildbit, LLC;')
    """
    parts = [" ".join(value.replace(";", ",").split()) for value in values]
    return f"{parts[0]};" if len(parts) == 1 and "," in parts[0] else "; ".join(parts)


def shown_system(seen: View, system: str) -> str:
    """A system by name and, where that is another, its id, by which it is read back."""
    name = seen.system(system)
    return name if system in (name, UNASSIGNED) else f"{name} [{system}]"


def _declares(activity: Activity, category: str) -> bool:
    """By its own key or by one that contains it."""
    return any(category == key or category.startswith(f"{key}.") for key in activity.categories)


def _said(activity: Activity, seen: View, lang: str) -> dict[str, str]:
    """What the record says of an activity, in the words of the export."""
    names = [seen.table.name(key, lang) for key in activity.categories]
    said = {
        "id": activity.id, "name": activity.name, "purposes": joined(activity.purposes),
        "systems": joined(shown_system(seen, system) for system in activity.systems),
        "paths": joined(activity.paths), "tables": joined(activity.tables),
        "categories": joined([*names, *activity.other_categories]), "subjects": joined(activity.subjects),
        "recipients": joined(activity.recipients),
        "legal_basis": joined(_ARTICLE[lang].format(*basis.split(".")) for basis in activity.legal_basis),
        "art9": joined(_ARTICLE[lang].format(*basis.split(".")) for basis in activity.art9),
        "retention": period_words(activity.retention, lang) if activity.retention else activity.retention_text,
        "starts_from": activity.starts_from, "secure_identification": "ja" if activity.secure_identification else "nei",
        "third_countries": joined(activity.third_countries), "safeguards": activity.safeguards,
        "security": activity.security,
    }  # fmt: skip
    return {**activity.fields, **said}
