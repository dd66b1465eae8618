"""How old the records are, as bars over time: one chart for each category in a system, all over the same years.

Computes places in a drawing, and the same numbers by year for a table. Draws nothing and reads no clock: the right
edge is the day of the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pii_scan.inventory.holdings import Holding

BASES = ("data", "name", "file")
"""From the best to the weakest; a chart stacks them in this order."""
WIDTH, HEIGHT = 360, 84
"""Of the drawing's bars, in its own units."""
MAX_CHARTS = 24
MAX_YEARS = 20
"""What is older stands in the first bar, and what is dated later than `MAX_AHEAD` months after the run in the last."""
MAX_AHEAD = 24
_MANY_BARS = 60
_LEAST = 1.5
"""Height of the lowest bar: one old record must be seen beside thousands of new ones."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    basis: str


@dataclass(frozen=True, slots=True)
class Limit:
    """Until when records may be, by the notice or an activity: what is older is beyond the declared period."""

    day: date
    period: str
    """As shown, such as `P3Y` in words."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The ages of one holding."""

    holding: Holding
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    """Place and year."""
    years: tuple[tuple[int, Mapping[str, int]], ...]
    """Year to basis to occurrences, without years that have none."""
    bases: tuple[str, ...]
    peak: int
    """Occurrences in the highest bar."""
    limit: Limit | None
    limit_x: float | None


@dataclass(frozen=True, slots=True)
class Axis:
    """Months from `first` on, `months` of them, in bars of `step`."""

    first: date
    months: int
    step: int

    def bar(self, month: date) -> int:
        """The number of the bar that a month is in; what lies outside is in the nearest."""
        return min(max(_months(self.first, month), 0), self.months - 1) // self.step

    @property
    def bars(self) -> int:
        """How many there are."""
        return self.months // self.step

    def x(self, day: date) -> float:
        """Where a day is, from 0 to `WIDTH`."""
        at = _months(self.first, day) + (day.day - 1) / 31
        return round(min(max(at / self.months, 0.0), 1.0) * WIDTH, 1)


def last_day(manifest: Mapping[str, Any]) -> date:
    """The day of the run; the first day there is where the manifest has none."""
    text = str(manifest.get("finished_at") or manifest.get("started_at") or "")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return date.min


@dataclass(frozen=True, slots=True)
class Ages:
    """The charts, and all holdings for the table beside them."""

    charts: tuple[Chart, ...]
    left_out: int
    """Dated holdings without a chart."""
    holdings: tuple[Holding, ...]
    """All, those with an oldest date first, by that date."""
    limits: Mapping[tuple[str, str], Limit]


def shown(
    holdings: Sequence[Holding],
    today: date,
    limits: Mapping[tuple[str, str], Limit],
    is_grave: Callable[[str], bool],
) -> Ages:
    """Draws the first `MAX_CHARTS`: what has records beyond its limit, then what is dated by more than the
    modification of files, then what is grave, then what there is most of.

    `limits`: by system and category. `is_grave`: of a category.
    """

    def rank(h: Holding) -> tuple[bool, bool, bool, int]:
        limit = limits.get((h.system, h.category))
        over = limit is not None and h.ages.oldest is not None and h.ages.oldest < limit.day
        return not over, set(h.ages.by_month) <= {"file"}, not is_grave(h.category), -h.count

    dated = sorted((h for h in holdings if any(any(m.values()) for m in h.ages.by_month.values())), key=rank)
    by_age = sorted(holdings, key=lambda h: (h.ages.oldest or date.max, h.system, h.category))
    drawn = charts(dated[:MAX_CHARTS], today, limits)
    return Ages(tuple(drawn), len(dated[MAX_CHARTS:]), tuple(by_age), limits)


def charts(dated: Sequence[Holding], today: date, limits: Mapping[tuple[str, str], Limit]) -> list[Chart]:
    """A chart for each holding, which must have dates, in the order given."""
    months = [month for h in dated for by_month in h.ages.by_month.values() for month, n in by_month.items() if n]
    if not months:
        return []
    axis = axis_of(min(months), max(months), today)
    return [_chart(h, axis, limits.get((h.system, h.category))) for h in dated]


def axis_of(oldest: date, youngest: date, today: date) -> Axis:
    """Whole years that hold all months, within the bounds of this module; few enough bars to be told apart."""
    end = max(today, min(youngest, _shifted(today, MAX_AHEAD))) if today > date.min else youngest
    first_year = max(oldest.year, end.year - MAX_YEARS + 1)
    first_year = min(first_year, end.year)
    months = (end.year - first_year + 1) * 12
    step = next((step for step in (1, 3, 6) if months // step <= _MANY_BARS), 12)
    return Axis(date(first_year, 1, 1), months, step)


def _chart(holding: Holding, axis: Axis, limit: Limit | None) -> Chart:
    by_bar: dict[str, Counter[int]] = {}
    by_year: dict[int, Counter[str]] = {}
    for basis in BASES:
        for month, n in holding.ages.by_month.get(basis, {}).items():
            if n:
                by_bar.setdefault(basis, Counter())[axis.bar(month)] += n
                by_year.setdefault(month.year, Counter())[basis] += n
    totals: Counter[int] = Counter()
    for counts in by_bar.values():
        totals.update(counts)
    peak = max(totals.values())
    return Chart(
        holding=holding,
        bars=tuple(_bars(by_bar, axis, peak)),
        ticks=tuple(_ticks(axis)),
        years=tuple(sorted((year, dict(counts)) for year, counts in by_year.items())),
        bases=tuple(by_bar),
        peak=peak,
        limit=limit,
        limit_x=None if limit is None else axis.x(limit.day),
    )


def _bars(by_bar: Mapping[str, Mapping[int, int]], axis: Axis, peak: int) -> Iterable[Bar]:
    wide = WIDTH / axis.bars
    gap = 1.0 if wide > 4 else 0.4
    top: dict[int, float] = {}
    for basis, counts in by_bar.items():
        for number, n in sorted(counts.items()):
            height = max(n / peak * HEIGHT, _LEAST)
            y = max(top.get(number, float(HEIGHT)) - height, 0.0)
            top[number] = y
            yield Bar(round(number * wide, 2), round(y, 2), round(wide - gap, 2), round(height, 2), basis)


def _ticks(axis: Axis) -> Iterable[tuple[float, int]]:
    years = axis.months // 12
    every = next(n for n in (1, 2, 5, 10) if years / n <= 7)
    for year in range(axis.first.year, axis.first.year + years):
        if (year - axis.first.year) % every == 0:
            yield axis.x(date(year, 1, 1)), year


def _months(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def _shifted(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(min(number // 12, date.max.year), number % 12 + 1, 1)
