"""How many records are from each month, with the first and the last day within it. Days count from 1 January 1970."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int64]
NO_DAY = -(1 << 40)
"""In place of a day where there is no date."""
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Month:
    """The dated records of a document that are from one month."""

    month: date
    """Its first day."""
    basis: str
    """`data` (dates within the records), `name` (of the document or what it lies in) or `file` (its time)."""
    records: int
    oldest: date
    youngest: date


class Tally:
    """Records by month. Grows with the months between 1970 and `last_day`, of which there are some hundreds."""

    __slots__ = ("_last_day", "_months")

    def __init__(self, last_day: int) -> None:
        """Days after `last_day`, and before 1970, are left out."""
        self._last_day = last_day
        self._months: dict[int, list[int]] = {}

    def add(self, days: Days) -> None:
        """Counts a record for each day."""
        days = days[(days >= 0) & (days <= self._last_day)]
        if not len(days):
            return
        first = int(days.min())
        counts = np.bincount(days - first)
        present = np.flatnonzero(counts)
        months = (present + first).astype("M8[D]").astype("M8[M]").astype(np.int64)
        starts = np.flatnonzero(np.diff(months, prepend=-1))
        sums = np.add.reduceat(counts[present], starts)
        ends = np.append(starts[1:], len(present)) - 1
        rows = zip(months[starts], sums, present[starts] + first, present[ends] + first, strict=True)
        for month, count, oldest, youngest in rows:
            self._merge(int(month), int(count), int(oldest), int(youngest))

    def merge(self, other: Tally) -> None:
        """Adds another tally to this one."""
        for month, (count, oldest, youngest) in other._months.items():
            self._merge(month, count, oldest, youngest)

    def _merge(self, month: int, count: int, oldest: int, youngest: int) -> None:
        known = self._months.get(month)
        if known is None:
            self._months[month] = [count, oldest, youngest]
        else:
            known[0] += count
            known[1], known[2] = min(known[1], oldest), max(known[2], youngest)

    def __bool__(self) -> bool:
        return bool(self._months)

    @property
    def records(self) -> int:
        """All records counted."""
        return sum(entry[0] for entry in self._months.values())

    def months(self, basis: str) -> list[Month]:
        """What was counted, oldest first."""
        return [
            Month(day_of(oldest).replace(day=1), basis, count, day_of(oldest), day_of(youngest))
            for _, (count, oldest, youngest) in sorted(self._months.items())
        ]


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=number)


def number_of(day: date) -> int:
    """The number of a day.

    >>> number_of(date(1970, 1, 2))
    1
    """
    return (day - EPOCH).days
