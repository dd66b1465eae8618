"""Periods of the calendar, and what of a category is over its period: never too early, never against a duty to keep."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.errors import ConfigError
from pii_scan.inventory.categories import categories
from pii_scan.inventory.holdings import Ages
from pii_scan.notice import law
from pii_scan.notice.retention import EVENT, RECORD, YEAR_END, Duration, assess, duration, holds, services, starts_of

AS_OF = date(2026, 11, 30)
DAYS = st.dates(date(1970, 1, 1), AS_OF)


def ages(*days: date, basis: str = "data", each: int = 10) -> Ages:
    """A tenth of a hundred occurrences on each of the days."""
    months: dict[date, int] = {}
    for day in days:
        months[day.replace(day=1)] = months.get(day.replace(day=1), 0) + each
    return Ages(min(days), max(days), basis, {basis: months})


# periods


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [("P5Y", 60, 0), ("P3Y6M", 42, 0), ("P45D", 0, 45), ("P2W", 0, 14), ("P1Y2M3W4D", 14, 25), ("P18M", 18, 0)],
)
def test_periods_are_read(text: str, months: int, days: int) -> None:
    assert duration(text) == Duration(months, days)


@pytest.mark.parametrize(
    "text", ["", "P", "5Y", "P5", "PT5H", "P5Y ", "p5y", "P-5Y", "P5M3Y", "fem år", "P" + "9" * 50 + "Y"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a period"):
        duration(text)


@pytest.mark.parametrize(
    ("day", "period", "end"),
    [
        ((2024, 2, 29), "P1Y", (2025, 2, 28)), ((2024, 2, 29), "P4Y", (2028, 2, 29)),
        ((2020, 1, 31), "P1M", (2020, 2, 29)), ((2021, 1, 31), "P1M", (2021, 2, 28)),
        ((2020, 12, 31), "P3Y6M", (2024, 6, 30)), ((2020, 12, 31), "P45D", (2021, 2, 14)),
        ((2020, 1, 30), "P1M1D", (2020, 3, 1)), ((2020, 6, 15), "P9999Y", (9999, 12, 31)),
        ((9999, 12, 1), "P9999999D", (9999, 12, 31)),
    ],
)  # fmt: skip
def test_the_calendar_holds_at_ends_of_months_and_in_leap_years(
    day: tuple[int, int, int], period: str, end: tuple[int, int, int]
) -> None:
    assert duration(period).after(date(*day)) == date(*end)


@settings(deadline=None)
@given(DAYS, st.integers(0, 600))
def test_months_later_is_the_same_day_or_the_last(day: date, months: int) -> None:
    end = Duration(months, 0).after(day)
    assert (end.year - day.year) * 12 + end.month - day.month == months
    assert end.day == min(day.day, calendar.monthrange(end.year, end.month)[1])


@settings(deadline=None)
@given(DAYS, DAYS, st.integers(0, 200), st.integers(0, 500))
def test_a_later_record_never_ends_earlier(a: date, b: date, months: int, days: int) -> None:
    length = Duration(months, days)
    assert length.after(min(a, b)) <= length.after(max(a, b))


# what is over


@settings(deadline=None)
@given(st.lists(DAYS, min_size=1, max_size=20), st.integers(0, 30))
def test_nothing_is_over_that_a_count_by_day_would_not_call_over(days: list[date], years: int) -> None:
    result = assess(ages(*days), f"P{years}Y", None, "crm", "email", AS_OF)
    length = Duration(12 * years, 0)
    truly = sum(10 for day in days if length.after(day) < AS_OF)
    if result is None:
        assert all(length.after(day.replace(day=28)) >= AS_OF - timedelta(days=4) for day in days if day < max(days))
        return
    assert 0 < result.over <= truly <= result.total == 10 * len(days)
    assert result.whole == (truly == result.total) == (result.over == result.total)
    assert result.deadline == length.after(min(days)) < AS_OF
    assert (result.oldest, result.youngest, result.hold) == (min(days), max(days), None)


@given(
    DAYS,
    st.integers(0, 90),
    st.sampled_from(["event", "year_end", None]),
    st.sampled_from(["postmark", "accounting.ehf"]),
)
def test_what_is_before_the_limit_is_over_and_the_limit_itself_is_not(
    day: date, months: int, starts: str | None, system: str
) -> None:
    def over(one: date) -> bool:
        return assess(ages(one), f"P{months}M", starts, system, "name", AS_OF) is not None

    found = assess(ages(day), f"P{months}M", starts, system, "name", AS_OF)
    if found is not None:
        assert day < found.limit <= AS_OF
        assert over(found.limit - timedelta(days=1)) and not over(found.limit)


def test_a_month_is_over_only_when_all_of_it_is() -> None:
    edge = date(2021, 11, 1)
    assert assess(ages(edge, date(2026, 1, 1)), "P5Y", None, "crm", "email", AS_OF) is None
    over = assess(ages(edge, date(2026, 1, 1)), "P5Y", None, "crm", "email", date(2026, 12, 1))
    assert over is not None and over.over == 10 and not over.whole and over.deadline == date(2026, 11, 1)


def test_a_month_ends_with_its_youngest_record() -> None:
    result = assess(ages(date(2021, 11, 1), date(2021, 11, 5)), "P5Y", None, "crm", "email", AS_OF)
    assert result is not None and result.whole and result.over == result.total == 20


def test_without_dates_nothing_is_said() -> None:
    assert assess(Ages(), "P1D", None, "crm", "email", AS_OF) is None
    with pytest.raises(ConfigError):
        assess(Ages(), "five years", None, "crm", "email", AS_OF)


def test_the_end_of_the_year_comes_before_the_period() -> None:
    records = ages(date(2020, 1, 2), date(2020, 1, 3))
    assert assess(records, "P6Y", "end of the year", "crm", "email", date(2026, 12, 31)) is None
    result = assess(records, "P6Y", "end of the year", "crm", "email", date(2027, 1, 1))
    assert result is not None and result.deadline == date(2026, 12, 31)
    by_record = assess(records, "P6Y", None, "crm", "email", date(2026, 12, 31))
    assert by_record is not None and by_record.deadline == date(2026, 1, 2)


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        (None, RECORD), ("", RECORD), ("registrering", RECORD), ("from collection", RECORD),
        ("end of the year", YEAR_END),
        ("etter regnskapsårets slutt", YEAR_END), ("Year_end", YEAR_END), ("course_end", EVENT), ("kursslutt", EVENT),
        ("skoleårets slutt", EVENT),
    ],
)  # fmt: skip
def test_what_a_period_starts_from(text: str | None, sort: str) -> None:
    assert starts_of(text) == sort


@pytest.mark.parametrize("basis", ["data", "name", "file"])
def test_the_basis_is_kept(basis: str) -> None:
    result = assess(ages(date(2010, 1, 1), basis=basis), "P5Y", None, "crm", "email", AS_OF)
    assert result is not None and result.basis == basis


def test_the_basis_is_that_of_most_of_what_is_over() -> None:
    months = {"data": {date(2010, 1, 1): 1, date(2026, 1, 1): 99}, "file": {date(2011, 1, 1): 5}}
    result = assess(Ages(date(2010, 1, 1), date(2026, 1, 1), "data", months), "P5Y", None, "crm", "email", AS_OF)
    assert result is not None and (result.basis, result.over, result.total) == ("file", 6, 105)


# duties to keep


def test_invoices_of_four_years_are_not_over_and_of_seven_are() -> None:
    invoices = ages(date(2022, 3, 4), date(2022, 3, 5))
    assert assess(invoices, "P1Y", None, "accounting.ehf", "name", AS_OF) is None
    assert assess(invoices, "P1Y", None, "crm", "name", AS_OF) is not None
    old = assess(ages(date(2019, 3, 4)), "P1Y", None, "accounting.ehf", "name", AS_OF)
    assert old is not None and old.hold is not None and old.hold.id == "bookkeeping_primary"
    assert old.deadline == date(2024, 12, 31)


def test_a_duty_ends_with_the_year() -> None:
    bills = ages(date(2020, 1, 1), date(2020, 12, 31))
    assert assess(bills, "P0D", None, "accounting.saft", "bank", date(2025, 12, 31)) is None
    result = assess(bills, "P0D", None, "accounting.saft", "bank", date(2026, 1, 1))
    assert result is not None and result.whole and result.deadline == date(2025, 12, 31)


def test_a_period_that_is_longer_than_the_duty_stands() -> None:
    result = assess(ages(date(2010, 3, 4)), "P10Y", None, "accounting.saft", "bank", AS_OF)
    assert result is not None and result.hold is None and result.deadline == date(2020, 3, 4)


def test_secondary_documentation_is_kept_three_years_and_a_half() -> None:
    (hold,) = holds("website.woocommerce", "purchase")
    assert hold.until(date(2022, 5, 6)) == date(2026, 6, 30)
    assert holds("website.woocommerce", "health") == holds("crm", "bank") == ()


def test_a_customer_list_is_kept_for_the_accounts_only() -> None:
    assert holds("accounting.customers", "address") and not holds("accounting.customers", "health")


def test_what_postmark_keeps_is_information_and_no_duty() -> None:
    (service,) = services("postmark")
    assert (service.period, service.shortest, service.longest) == ("P45D", "P7D", "P365D")
    assert holds("postmark", "email") == services("crm") == ()


def test_the_table_is_sound() -> None:
    known = set(categories().by_key)
    table = law.table("retention")
    assert set(table) == {"holds", "services", "starts"}
    for entry in table["holds"]:
        duration(entry["period"])
        assert entry["starts"] in (RECORD, YEAR_END) and entry["source"] and set(entry["law"]) == {"nb", "en"}
        date.fromisoformat(entry["in_force"])
        for bound in entry["bound"]:
            assert set(bound["categories"]) <= known | {"*"}
    for entry in table["services"]:
        assert entry["source"] and set(entry["note"]) == {"nb", "en"}
        for name in ("shortest", "period", "longest"):
            duration(entry[name])
