"""What is compared, with the questions that the rules ask of it: what was found, what the texts say, which system.

Finds no gaps itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

from pii_scan.inventory.build import Inventory
from pii_scan.inventory.categories import CategoryTable, Flag
from pii_scan.inventory.holdings import Holding, SystemShare
from pii_scan.notice.catalogue import KINDS
from pii_scan.notice.declare import Declared, in_activities, in_notice, named_by
from pii_scan.notice.evidence import evidence_of
from pii_scan.notice.facts import Facts
from pii_scan.notice.gaps import Evidence, Gap, Outcome, Status
from pii_scan.notice.model import Notice, Purpose
from pii_scan.notice.record import Activity, Record

BLOCKING_PERCENT = 5
"""Share of a system's unread documents above which it cannot be called clean."""


class Profile(Protocol):
    """What the rules need of the profile of a system; `systems.profiles.Profile` is one."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def family(self) -> str:
        """Systems that come together, such as those of Microsoft 365."""
        ...

    @property
    def name(self) -> Mapping[str, str]:
        """By language."""
        ...

    @property
    def recipients(self) -> tuple[str, ...]:
        """Ids of `configs/law/recipients.yaml`; one of them receives what the system holds. Empty: nobody does."""
        ...

    @property
    def kind(self) -> str:
        """What it is for, such as `mail`, `analytics` or `marketing`."""
        ...

    @property
    def usual(self) -> tuple[str, ...]:
        """Categories that such a system holds as a rule."""
        ...

    @property
    def misplaced(self) -> tuple[str, ...]:
        """Categories that have no place in it."""
        ...

    @property
    def third_party_source(self) -> str | None:
        """The source, as notices name it, of what such a system takes in from others; None: persons themselves."""
        ...


@dataclass(frozen=True)
class Case:
    """One comparison."""

    inventory: Inventory
    notice: Notice
    record: Record | None
    profiles: Mapping[str, Profile]
    facts: Facts
    table: CategoryTable
    as_of: date
    min_count: int = 1
    """Values from which a category counts as found; those that the law treats apart always do."""

    def real(self, holding: Holding) -> int:
        """Values that are no test numbers."""
        return holding.count - holding.synthetic

    def is_found(self, holding: Holding) -> bool:
        """Whether a holding counts: personal data, not of test numbers alone, and enough of it."""
        least = self.min_count if self.table.flag(holding.category) is Flag.NONE else 1
        return self.table.is_personal(holding.category) and self.real(holding) >= max(least, 1)

    @cached_property
    def found(self) -> tuple[Holding, ...]:
        """The holdings that count, as the inventory orders them."""
        return tuple(holding for holding in self.inventory.holdings if self.is_found(holding))

    @cached_property
    def test_only(self) -> tuple[tuple[str, str], ...]:
        """System and category of what holds test numbers only."""
        return tuple(
            (holding.system, holding.category) for holding in self.inventory.holdings
            if holding.synthetic and self.table.is_personal(holding.category) and not self.real(holding)
        )  # fmt: skip

    @cached_property
    def by_system(self) -> Mapping[str, tuple[Holding, ...]]:
        """The holdings that count, by system."""
        grouped: dict[str, list[Holding]] = {}
        for holding in self.found:
            grouped.setdefault(holding.system, []).append(holding)
        return {system: tuple(holdings) for system, holdings in grouped.items()}

    @cached_property
    def shares(self) -> Mapping[str, SystemShare]:
        """All systems that documents are from."""
        return {share.system: share for share in self.inventory.systems}

    def known_systems(self) -> Iterator[tuple[Profile, tuple[Holding, ...]]]:
        """Systems with a profile in which something was found."""
        for system, holdings in self.by_system.items():
            if system in self.profiles:
                yield self.profiles[system], holdings

    def kind(self, system: str) -> str:
        """What a system is for; empty where no profile says it."""
        return self.profiles[system].kind if system in self.profiles else ""

    def declared(self, category: str) -> Declared:
        """How the notice declares a category."""
        return in_notice(self.notice, category)

    def activities(self, holding: Holding) -> tuple[Activity, ...]:
        """The activities of the record that the holding, or a document of it, is part of."""
        if self.record is None:
            return ()
        place = (holding.system, holding.category)
        return tuple(
            activity for activity in self.record.activities
            if covers_system(activity, holding.system) or self.facts.covered.get(activity.id, {}).get(place)
        )  # fmt: skip

    def activities_of(self, system: str) -> tuple[Activity, ...]:
        """The activities of the record that something found in the system is part of."""
        found = {activity.id: activity for holding in self.by_system.get(system, ()) for activity in
                 self.activities(holding)}  # fmt: skip
        return tuple(found.values())

    def recorded(self, holding: Holding) -> Declared | None:
        """How the record declares the category where it was found; None where there is no record.

        Omitted where no activity declares it for a document of the holding.
        """
        if self.record is None:
            return None
        if self.uncovered(holding):
            return Declared(Outcome.OMITTED)
        return in_activities(self.activities(holding), holding.category)

    def uncovered(self, holding: Holding) -> int:
        """Documents of the holding for which no activity declares the category."""
        declaring = [one for one in self.activities(holding) if named_by(one.categories, holding.category)]
        if any(covers_system(activity, holding.system) for activity in declaring):
            return 0
        known = self.facts.uncovered.get((holding.system, holding.category), holding.documents)
        return min(known, holding.documents)

    def purposes(self, category: str) -> tuple[Purpose, ...]:
        """The purposes of the notice that may be about a category: those that name it, and those that name none."""
        return tuple(
            purpose for purpose in self.notice.purposes
            if not purpose.categories or named_by(purpose.categories, category)
        )  # fmt: skip

    def of_holding(self, rule: str, kind: str, holding: Holding, line: int | None = None, **values: object) -> Gap:
        """A gap about one category in one system. `line` None: that of the declaration, where there is one."""
        declared, recorded = self.declared(holding.category), self.recorded(holding)
        return Gap(
            rule=rule, kind=kind, level=KINDS[rule][kind].level, status=Status.OPEN, system=holding.system,
            category=holding.category, in_notice=declared.outcome,
            in_record=None if recorded is None else recorded.outcome,
            evidence=evidence_of(holding), line=declared.line if line is None else line,
            declared_by=declared.by if declared.outcome is Outcome.VAGUE else None, law=KINDS[rule][kind].law,
            values=values,
        )  # fmt: skip

    def of_system(
        self, rule: str, kind: str, system: str | None, evidence: Evidence | None, line: int | None = None,
        **values: object,
    ) -> Gap:  # fmt: skip
        """A gap about a system as a whole; None: about the run."""
        known = KINDS[rule][kind]
        return Gap(
            rule, kind, known.level, Status.OPEN, system, None, None, None, evidence, line, None, known.law, values
        )  # fmt: skip

    def of_category(
        self, rule: str, kind: str, category: str, evidence: Evidence | None, line: int | None = None,
        status: Status = Status.OPEN, **values: object,
    ) -> Gap:  # fmt: skip
        """A gap about a category wherever it lies."""
        known, declared = KINDS[rule][kind], self.declared(category)
        return Gap(
            rule, kind, known.level, status, None, category, declared.outcome, None, evidence, line,
            declared.by if declared.outcome is Outcome.VAGUE else None, known.law, values,
        )  # fmt: skip


def is_examined(share: SystemShare) -> bool:
    """Whether so much of a system was read that something can be said of what is not in it."""
    return share.documents > share.unread and share.unread * 100 <= BLOCKING_PERCENT * share.documents


def covers_system(activity: Activity, system: str) -> bool:
    """Whether all that a system holds is part of an activity: one that names the system, or says of no place at all.

    What no profile knows is covered by an activity that says of no place.
    """
    somewhere = activity.systems or activity.paths or activity.tables
    return system in activity.systems if somewhere else True
