"""Dates of birth: every written form of every day, against the calendar of `datetime`."""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from pii_scan.detect.validators import REJECTED, VALID, VALIDATORS, judge_texts
from pii_scan.detect.validators.calendar import MAX_AGE

AS_OF = date(2026, 11, 22)
MONTHS = "januar februar mars april mai juni juli august september oktober november desember".split()
FORMS: dict[str, Callable[[date], str]] = {
    "12.03.1985": lambda day: day.strftime("%d.%m.%Y"),
    "12.3.1985": lambda day: f"{day.day}.{day.month}.{day.year}",
    "12. 03. 1985": lambda day: day.strftime("%d. %m. %Y"),
    "12/03/1985": lambda day: day.strftime("%d/%m/%Y"),
    "03/12/1985": lambda day: day.strftime("%m/%d/%Y"),
    "12/3 1985": lambda day: f"{day.day}/{day.month} {day.year}",
    "12-03-1985": lambda day: day.strftime("%d-%m-%Y"),
    "1985-03-12": lambda day: day.isoformat(),
    "1985/03/12": lambda day: day.strftime("%Y/%m/%d"),
    "19850312": lambda day: day.strftime("%Y%m%d"),
    "12031985": lambda day: day.strftime("%d%m%Y"),
    "120385": lambda day: day.strftime("%d%m%y"),
    "12.03.85": lambda day: day.strftime("%d.%m.%y"),
    "12/3-85": lambda day: f"{day.day}/{day.month}-{day:%y}",
    "1985-03-12T00:00:00": lambda day: f"{day.isoformat()}T00:00:00",
    "1985-03-12 00:00:00.000": lambda day: f"{day.isoformat()} 00:00:00.000",
    "1985-03-12T00:00:00+01:00": lambda day: f"{day.isoformat()}T00:00:00+01:00",
    "12. mars 1985": lambda day: f"{day.day}. {MONTHS[day.month - 1]} {day.year}",
    "12.mars 1985": lambda day: f"{day.day}.{MONTHS[day.month - 1]} {day.year}",
    "12 March 1985": lambda day: f"{day.day} {calendar.month_name[day.month]} {day.year}",
    "March 12, 1985": lambda day: f"{calendar.month_name[day.month]} {day.day}, {day.year}",
    "12 MAR 1985": lambda day: f"{day.day} {calendar.month_abbr[day.month].upper()} {day.year}",
    "12th of March 1985": lambda day: f"{day.day}th of {calendar.month_name[day.month]} {day.year}",
}
TWO_DIGIT = ("12.03.85", "120385", "12/3-85")


def judge(*texts: str, as_of: date = AS_OF) -> list[int]:
    return judge_texts(VALIDATORS["birth_date"], texts, as_of).tolist()


def days(count: int, seed: int) -> list[date]:
    chance = random.Random(seed)
    edges = [date(1904, 2, 29), date(2000, 2, 29), date(1999, 12, 31), date(2012, 1, 1), AS_OF]
    return [*edges, *(date(1905, 1, 1) + timedelta(days=chance.randrange(44_000)) for _ in range(count))]


@pytest.mark.parametrize("form", FORMS)
def test_every_day_that_somebody_alive_may_be_born_on_is_valid_in_every_form(form):
    texts = [FORMS[form](day) for day in days(300, 1)]
    assert judge(*texts) == [VALID] * len(texts)


@pytest.mark.parametrize("form", [form for form in FORMS if form not in TWO_DIGIT])
def test_a_day_after_today_or_before_anyone_alive_is_rejected(form):
    late = [FORMS[form](AS_OF + timedelta(days=400 + 37 * i)) for i in range(40)]
    early = [FORMS[form](date(AS_OF.year - MAX_AGE - 1, 12, 31) - timedelta(days=37 * i)) for i in range(40)]
    assert judge(*late, *early) == [REJECTED] * 80


@pytest.mark.parametrize("form", TWO_DIGIT)
def test_a_year_of_two_digits_is_of_the_century_that_fits(form):
    """29 February: 2000 was a leap year, 1900 was none."""
    assert judge(FORMS[form](date(2000, 2, 29))) == [VALID]
    assert judge(FORMS[form](date(2000, 2, 29)), as_of=date(1999, 1, 1)) == [REJECTED]


@pytest.mark.parametrize(
    "text",
    ["31.02.1985", "29.02.1985", "00.03.1985", "12.13.1985", "32.01.1985", "310299", "20251301", "99.99.99",
     "13/13/1985", "31. april 1985", "1985", "12.03", "mars 1985", "", "abc", "12.03.985", "123"],
)  # fmt: skip
def test_what_is_no_day_of_the_calendar_is_rejected(text):
    assert judge(text) == [REJECTED]


def test_a_zero_that_a_spreadsheet_dropped_is_put_back():
    assert judge("1031985", "10385") == [VALID, VALID]


def test_random_digits_are_valid_exactly_when_one_reading_is_a_day():
    def is_day(year: int, month: int, day: int) -> bool:
        try:
            born = date(year, month, day)
        except ValueError:
            return False
        return born <= AS_OF and AS_OF.year - born.year <= MAX_AGE

    chance = random.Random(7)
    for _ in range(6_000):
        text = f"{chance.randrange(10**8):08d}"
        day_first = is_day(int(text[4:]), int(text[2:4]), int(text[:2]))
        year_first = is_day(int(text[:4]), int(text[4:6]), int(text[6:]))
        assert (judge(text) == [VALID]) == (day_first or year_first), text
        six = text[:6]
        years = (2000 + int(six[4:]), 1900 + int(six[4:]))
        assert (judge(six) == [VALID]) == any(is_day(year, int(six[2:4]), int(six[:2])) for year in years), six
