from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.inventory.holdings import Ages, Holding
from pii_scan.report import age_charts
from pii_scan.report.age_charts import HEIGHT, WIDTH, Limit, axis_of, charts, shown

TODAY = date(2026, 1, 14)
MONTHS = st.dates(date(1950, 1, 1), date(2040, 1, 1)).map(lambda day: day.replace(day=1))
COUNTS = st.dictionaries(MONTHS, st.integers(1, 100_000), min_size=1, max_size=40)
BY_BASIS = st.dictionaries(st.sampled_from(age_charts.BASES), COUNTS, min_size=1)


def holding(
    by_month: Mapping[str, Mapping[date, int]], system: str = "s", category: str = "email", count: int = 1
) -> Holding:
    days = [day for months in by_month.values() for day in months]
    ages = Ages(min(days, default=None), max(days, default=None), next(iter(by_month), "none"), by_month)
    return Holding(system, category, 1, count, 0, 1, 0.9, {}, ages, ())


@given(BY_BASIS)
def test_every_bar_is_in_the_drawing_and_no_occurrence_is_lost(by_month: dict[str, dict[date, int]]) -> None:
    (chart,) = charts([holding(by_month)], TODAY, {})
    for bar in chart.bars:
        assert -0.01 <= bar.x and bar.x + bar.width <= WIDTH + 0.01
        assert -0.01 <= bar.y and bar.y + bar.height <= HEIGHT + 0.01
        assert bar.width > 0 and bar.height >= age_charts._LEAST
    total = sum(n for counts in by_month.values() for n in counts.values())
    assert sum(n for _, counts in chart.years for n in counts.values()) == total
    assert chart.peak <= total
    assert {bar.basis for bar in chart.bars} == set(by_month) == set(chart.bases)


@given(MONTHS, MONTHS)
def test_the_axis_is_of_whole_years_with_bars_that_can_be_told_apart(one: date, two: date) -> None:
    axis = axis_of(min(one, two), max(one, two), TODAY)
    assert axis.months % 12 == 0 and axis.months % axis.step == 0
    assert axis.months <= 12 * age_charts.MAX_YEARS
    assert axis.bars <= age_charts._MANY_BARS
    assert axis.bar(TODAY) < axis.bars


def test_one_old_record_is_seen_beside_thousands_of_new_ones() -> None:
    (chart,) = charts([holding({"data": {date(2012, 3, 1): 1, date(2025, 3, 1): 100_000}})], TODAY, {})
    first = min(chart.bars, key=lambda bar: bar.x)
    assert first.height == age_charts._LEAST and first.x < WIDTH / 10


def test_charts_share_their_years_and_the_limit_parts_old_from_new() -> None:
    old, new = holding({"data": {date(2010, 1, 1): 5}}), holding({"data": {date(2025, 6, 1): 5}}, category="phone")
    limits = {("s", "email"): Limit(date(2023, 1, 14), "3 years")}
    first, second = charts([old, new], TODAY, limits)
    assert first.ticks == second.ticks
    assert first.limit_x is not None and second.limit_x is None
    assert first.bars[0].x < first.limit_x < second.bars[0].x


def test_what_is_beyond_its_limit_is_drawn_first_and_file_dates_last(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [
        holding({"file": {date(2024, 1, 1): 9}}, category="special", count=900),
        holding({"data": {date(2024, 1, 1): 9}}, category="many", count=500),
        holding({"data": {date(2024, 1, 1): 9}}, category="special", system="t"),
        holding({"data": {date(2011, 1, 1): 9}}, category="old"),
        holding({}, category="undated"),
    ]
    monkeypatch.setattr(age_charts, "MAX_CHARTS", 3)
    made = shown(held, TODAY, {("s", "old"): Limit(date(2020, 1, 1), "x")}, lambda key: key == "special")
    assert [chart.holding.category for chart in made.charts] == ["old", "special", "many"]
    assert made.left_out == 1
    assert [h.category for h in made.holdings][0] == "old" and made.holdings[-1].category == "undated"


def test_no_dates_no_charts() -> None:
    assert shown([holding({})], TODAY, {}, lambda key: False).charts == ()


def test_the_day_of_a_run_is_that_of_its_end() -> None:
    assert age_charts.last_day({"finished_at": "2026-01-14T08:21:42Z"}) == TODAY
    assert age_charts.last_day({"started_at": "2026-01-13T08:21:42Z", "finished_at": None}) == date(2026, 1, 13)
    assert age_charts.last_day({"started_at": "now"}) == date.min
