"""Holds the ages of records against a period: what is over it, what is not since the law makes one keep it.

Says what is over only where all of a month is: dates are known by the month. Periods and holds that the law sets are
in `configs/law/retention.yaml`. What a period starts from is taken to be the date of the record, or the end of its
year where the text says so; an event that comes later (the end of a contract) is not in the ages.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cache

from pii_scan.errors import ConfigError
from pii_scan.inventory.holdings import Ages
from pii_scan.notice import law

BASES = ("data", "name", "file")
"""Best first."""
RECORD, YEAR_END, EVENT = "record", "year_end", "event"
"""What a period starts from: the record's date, the end of its calendar year, something that the data need not tell."""
_FORM = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})W)?(?:(\d{1,7})D)?")


@dataclass(frozen=True, slots=True)
class Duration:
    """A period of the calendar."""

    months: int
    days: int

    def after(self, day: date) -> date:
        """The same day that much later, or the last of the month where it has no such day; `date.max` at most.

        >>> duration("P1Y").after(date(2024, 2, 29)), duration("P3Y6M").after(date(2020, 8, 31))
        (datetime.date(2025, 2, 28), datetime.date(2024, 2, 29))
        """
        count = day.year * 12 + day.month - 1 + self.months
        year, month = count // 12, count % 12 + 1
        if year > date.max.year:
            return date.max
        moved = date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
        return moved + timedelta(days=min(self.days, (date.max - moved).days))


def duration(text: str) -> Duration:
    """An ISO 8601 duration of years, months, weeks and days. Raises ConfigError.

    >>> duration("P3Y6M"), duration("P45D"), duration("P2W")
    (Duration(months=42, days=0), Duration(months=0, days=45), Duration(months=0, days=14))
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text[:40]!r} is not a period", "write for example P5Y, P3Y6M or P45D")
    years, months, weeks, days = (int(number or 0) for number in found.groups())
    return Duration(12 * years + months, 7 * weeks + days)


@dataclass(frozen=True, slots=True)
class Hold:
    """A duty to keep records."""

    id: str
    law: Mapping[str, str]
    """The provision, by language."""
    period: str
    """ISO 8601 duration."""
    starts: str
    """`record` or `year_end`."""
    bound: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """Systems and categories that it covers, `*` for any letters."""

    def covers(self, system: str, category: str) -> bool:
        """Whether it is taken to cover the category in the system."""
        return any(_fits(system, systems) and _fits(category, names) for systems, names in self.bound)

    def until(self, day: date) -> date:
        """The last day on which a record of `day` must be kept."""
        return _expiry(day, duration(self.period), self.starts)


@dataclass(frozen=True, slots=True)
class Service:
    """How long a service keeps what it holds; no duty."""

    id: str
    period: str
    """By default; ISO 8601 duration, as the two others."""
    shortest: str
    longest: str
    note: Mapping[str, str]
    """What it means for files of one's own, by language."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is older than its period."""

    oldest: date
    youngest: date
    """Of all records, also those that are not over."""
    deadline: date
    """The day on which the period of the oldest record ended, or the duty to keep it where that is later."""
    limit: date
    """Records of this day and later are not over."""
    over: int
    """Occurrences, estimated, in records that are over."""
    total: int
    """Occurrences in records that have a date."""
    whole: bool
    """The youngest is over too."""
    hold: Hold | None
    """The duty to keep that set the deadline; None where the period did."""
    basis: str
    """What the dates of most of `over` rest on: `data`, `name`, or `file`, which says little: copies have the time of
    the copying, or an older one.
    """


def assess(ages: Ages, period: str, starts_from: str | None, system: str, category: str, as_of: date) -> Overdue | None:
    """What of a category in a system is over its period on `as_of`; None where nothing is, or nothing has a date.

    `period`: ISO 8601; `starts_from`: as the text names it. Raises ConfigError where the period is none.
    """
    length, starts = duration(period), starts_of(starts_from)
    if ages.oldest is None or ages.youngest is None:
        return None
    duties = holds(system, category)
    oldest, youngest = ages.oldest, ages.youngest

    def ends(day: date) -> date:
        return max([_expiry(day, length, starts), *(hold.until(day) for hold in duties)])

    over: Counter[str] = Counter()
    for basis, months in ages.by_month.items():
        over[basis] = sum(count for month, count in months.items() if ends(_last_day(month, youngest)) < as_of)
    if not over.total():
        return None
    deadline = ends(oldest)
    by_law = deadline > _expiry(oldest, length, starts)
    return Overdue(
        oldest=oldest, youngest=youngest, deadline=deadline, over=over.total(), limit=_first_kept(ends, oldest, as_of),
        total=sum(sum(months.values()) for months in ages.by_month.values()), whole=ends(youngest) < as_of,
        hold=next((hold for hold in duties if by_law and hold.until(oldest) == deadline), None),
        basis=max(BASES, key=lambda basis: over[basis]),
    )  # fmt: skip


def _first_kept(ends: Callable[[date], date], oldest: date, as_of: date) -> date:
    """The first day from which a record is not over; a later day never ends before an earlier one."""
    days = range(oldest.toordinal(), as_of.toordinal() + 1)
    return date.fromordinal(days[bisect_left(days, True, key=lambda day: ends(date.fromordinal(day)) >= as_of)])


def starts_of(text: str | None) -> str:
    """What a period starts from by the words of a notice or a record: `record` where they are silent.

    >>> starts_of("Regnskapsårets slutt"), starts_of("course_end"), starts_of(None)
    ('year_end', 'event', 'record')
    """
    plain = _plain(text or "")
    return _starts().get(plain, EVENT) if plain else RECORD


def holds(system: str, category: str) -> tuple[Hold, ...]:
    """The duties to keep that are taken to cover a category in a system."""
    return tuple(hold for hold in _holds() if hold.covers(system, category))


def services(system: str) -> tuple[Service, ...]:
    """How long the service behind a system keeps its records, where that is known."""
    return tuple(
        Service(entry["id"], entry["period"], entry["shortest"], entry["longest"], entry["note"])
        for entry in law.table("retention")["services"]
        if _fits(system, entry["systems"])
    )


def _expiry(day: date, length: Duration, starts: str) -> date:
    """The day on which the period of a record ends; the record is over from the next day on."""
    return length.after(date(day.year, 12, 31) if starts == YEAR_END else day)


def _last_day(month: date, youngest: date) -> date:
    """The last day from which a record of the month can be."""
    end = date(month.year, month.month, calendar.monthrange(month.year, month.month)[1])
    return min(end, youngest) if youngest >= month else end


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _plain(text: str) -> str:
    """Words for comparison: lower case, one blank between them, no «fra»."""
    words = re.sub(r"[\s_.,]+", " ", text.casefold()).strip()
    return re.sub(r"^(?:from|after|fra|etter|ved|at) (?:the )?|^the ", "", words)


@cache
def _holds() -> tuple[Hold, ...]:
    return tuple(
        Hold(
            entry["id"], entry["law"], entry["period"], entry["starts"],
            tuple((tuple(bound["systems"]), tuple(bound["categories"])) for bound in entry["bound"]),
        )
        for entry in law.table("retention")["holds"]
    )  # fmt: skip


@cache
def _starts() -> dict[str, str]:
    table = law.table("retention")["starts"]
    return {_plain(word): sort for sort in (YEAR_END, RECORD) for word in table[sort]}
