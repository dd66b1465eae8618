"""G09: records older than the period that the notice, or the record of processing activities, gives.

The oldest over it means that some records are over; the youngest over it, that the whole holding is. Whose data it is
cannot be seen, so that of several periods for one category (participants, employees) the longest counts. Where only
the dates of files tell the age, it is a warning: copying a file gives it a new date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_scan.inventory.holdings import Holding
from pii_scan.notice.case import Case
from pii_scan.notice.declare import named_by, retention_lines
from pii_scan.notice.gaps import Gap
from pii_scan.notice.retention import assess, services


def over_retention(case: Case) -> Iterator[Gap]:
    """G09."""
    for holding in case.found:
        for period, starts_from, line in _periods(case, holding):
            over = assess(holding.ages, period, starts_from, holding.system, holding.category, case.as_of)
            if over is not None:
                kind = "file" if over.basis == "file" else "whole" if over.whole else "some"
                yield case.of_holding(
                    "G09", kind, holding, line, period=period, over=over.over, total=over.total,
                    deadline=over.deadline, limit=over.limit, hold=None if over.hold is None else over.hold.law,
                    basis=over.basis, service=next((known.note for known in services(holding.system)), None),
                    by="record" if line is None else "notice",
                )  # fmt: skip
                break


def _periods(case: Case, holding: Holding) -> Iterator[tuple[str, str | None, int | None]]:
    """Period, what it starts from, and the line of the notice: the notice's, then the record's."""
    said = [line for line in retention_lines(case.notice, holding.category) if line.period]
    if said:
        line = max(said, key=lambda one: days(one.period or ""))
        yield line.period or "", line.starts_from, line.line
    kept = [
        activity for activity in case.activities(holding)
        if activity.retention and (not activity.categories or named_by(activity.categories, holding.category))
    ]  # fmt: skip
    if kept:
        activity = max(kept, key=lambda one: days(one.retention or ""))
        yield activity.retention or "", activity.starts_from or None, None


def days(period: str) -> int:
    """The length of an ISO 8601 duration in days, near enough to order periods by; 0 for what is none.

    >>> days("P3Y6M"), days("P45D"), days("soon")
    (1275, 45, 0)
    """
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?", period)
    if found is None:
        return 0
    return sum(int(number or 0) * size for number, size in zip(found.groups(), (365, 30, 7, 1), strict=True))
