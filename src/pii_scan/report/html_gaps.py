"""The gaps of a check as the HTML report groups them: open, not assessable, accepted. The sentences: `gap_view`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pii_scan.notice.gaps import Gap, Status
from pii_scan.notice.lint import Level
from pii_scan.report.age_charts import Limit
from pii_scan.report.gap_view import Checked, GapView, gap_view, period

OVERDUE = "G09"
"""The rule whose gaps say how long something may be kept: `period` and `limit` among their values."""


@dataclass(frozen=True, slots=True)
class GapList:
    """The gaps of a check, each in the order of the check, and the words for them."""

    words: GapView
    open: tuple[Gap, ...]
    not_assessable: tuple[Gap, ...]
    accepted: tuple[Gap, ...]

    @property
    def all(self) -> tuple[Gap, ...]:
        """In the order shown."""
        return self.open + self.not_assessable + self.accepted

    def systems(self) -> list[str]:
        """Ids of the systems that any gap is about, in the order shown."""
        return list(dict.fromkeys(gap.system for gap in self.all if gap.system))

    def levels(self) -> dict[Level, int]:
        """How many open gaps of each level there are, gravest first, without levels that have none."""
        counted = {level: sum(gap.level is level for gap in self.open) for level in Level}
        return {level: n for level, n in counted.items() if n}


def gap_list(checked: Checked, lang: str) -> GapList:
    """The gaps of a check. Raises UsageError for an unknown language."""
    by_status = {status: tuple(gap for gap in checked.comparison.gaps if gap.status is status) for status in Status}
    return GapList(
        gap_view(checked, lang), by_status[Status.OPEN], by_status[Status.NOT_ASSESSABLE], by_status[Status.ACCEPTED]
    )


def limits(gaps: GapList | None) -> Mapping[tuple[str, str], Limit]:
    """By system and category: the day before which records are older than the period that is declared for them."""
    found: dict[tuple[str, str], Limit] = {}
    for gap in gaps.all if gaps is not None else ():
        limit = gap.values.get("limit")
        if gap.rule == OVERDUE and gap.system and gap.category and isinstance(limit, date) and gaps is not None:
            found[gap.system, gap.category] = Limit(limit, period(str(gap.values.get("period")), gaps.words.t))
    return found
