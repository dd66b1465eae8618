"""The gaps of a check as the HTML report groups them: open, accepted, not assessable. Writes no sentence of a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pii_scan.notice.gaps import Acceptance, Comparison, Status
from pii_scan.notice.lint import Level
from pii_scan.report.age_charts import Limit
from pii_scan.report.model import View


class GapText(Protocol):
    """A gap in the words of one language; `report.gap_view` makes it of a `Gap`."""

    @property
    def rule(self) -> str:
        """`G01` to `G19`."""
        ...

    @property
    def level(self) -> Level:
        """How much it matters."""
        ...

    @property
    def status(self) -> Status:
        """Open, accepted or not assessable."""
        ...

    @property
    def system(self) -> str | None:
        """Id of the system."""
        ...

    @property
    def category(self) -> str | None:
        """Key of the category."""
        ...

    @property
    def title(self) -> str:
        """What the rule is about, in a few words."""
        ...

    @property
    def sentence(self) -> str:
        """What differs."""
        ...

    @property
    def question(self) -> str:
        """What the owner has to answer."""
        ...

    @property
    def law(self) -> str:
        """The provision; empty for none."""
        ...

    @property
    def line(self) -> int | None:
        """Line of the notice; None: no line says it."""
        ...

    @property
    def evidence(self) -> Sequence[str]:
        """Lines: what it rests on, masked."""
        ...

    @property
    def acceptance(self) -> Acceptance | None:
        """Who answers for it."""
        ...


@dataclass(frozen=True, slots=True)
class GapList:
    """The gaps of a check, each in the order of the check."""

    open: tuple[GapText, ...]
    accepted: tuple[GapText, ...]
    not_assessable: tuple[GapText, ...]

    @property
    def all(self) -> tuple[GapText, ...]:
        """In the order shown."""
        return self.open + self.not_assessable + self.accepted

    def systems(self) -> list[str]:
        """Ids of the systems that any gap is about, in the order shown."""
        return list(dict.fromkeys(gap.system for gap in self.all if gap.system))

    def levels(self) -> dict[Level, int]:
        """How many open gaps of each level there are, gravest first, without levels that have none."""
        counted = {level: sum(gap.level is level for gap in self.open) for level in Level}
        return {level: n for level, n in counted.items() if n}


def grouped(gaps: Sequence[GapText]) -> GapList:
    """The gaps by status."""
    by_status = {status: tuple(gap for gap in gaps if gap.status is status) for status in Status}
    return GapList(by_status[Status.OPEN], by_status[Status.ACCEPTED], by_status[Status.NOT_ASSESSABLE])


def of(comparison: Comparison, v: View) -> GapList:
    """The gaps of a check in the language of `v`."""
    from pii_scan.report import gap_view

    return grouped([gap_view.of(gap, v) for gap in comparison.gaps])


def limits(comparison: Comparison | None, v: View) -> Mapping[tuple[str, str], Limit]:
    """By system and category: the day before which records are older than the period that is declared for them."""
    return {}
