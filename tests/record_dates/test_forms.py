"""The written forms of dates: each form of every day is read as that day, and what is no date is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.record_dates.forms import Read, read_days
from pii_scan.record_dates.tally import NO_DAY, day_of

NB = "januar februar mars april mai juni juli august september oktober november desember".split()
EN = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
FULL = "January February March April May June July August September October November December".split()


def _unix(day: date, unit: int) -> str:
    return str(int(datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC).timestamp()) * unit + unit - 1)


FORMS: dict[str, Callable[[date], str]] = {
    "iso": date.isoformat,
    "iso with time": lambda d: f"{d.isoformat()}T05:06:07Z",
    "iso with blank and zone": lambda d: f"{d.isoformat()} 05:06:07.123+01:00",
    "iso with slashes": lambda d: f"{d:%Y/%m/%d}",
    "norwegian": lambda d: f"{d:%d.%m.%Y}",
    "norwegian, short": lambda d: f"{d.day}.{d.month}.{d.year}",
    "norwegian with time": lambda d: f"{d:%d.%m.%Y} 05:06",
    "norwegian, comma": lambda d: f"{d:%d.%m.%Y}, 05:06",
    "norwegian, two digits": lambda d: f"{d:%d.%m.%y}",
    "compact": lambda d: f"{d:%Y%m%d}",
    "compact with time": lambda d: f"{d:%Y%m%d}T050607Z",
    "compact, all digits": lambda d: f"{d:%Y%m%d}050607",
    "unix": lambda d: _unix(d, 1),
    "unix with fraction": lambda d: f"{_unix(d, 1)}.25",
    "unix milliseconds": lambda d: _unix(d, 10**3),
    "unix microseconds": lambda d: _unix(d, 10**6),
    "unix nanoseconds": lambda d: _unix(d, 10**9),
    "norwegian name": lambda d: f"{d.day}. {NB[d.month - 1]} {d.year}",
    "norwegian name with time": lambda d: f"{d.day}. {NB[d.month - 1]} {d.year} kl. 05:06",
    "english, day first": lambda d: f"{d.day:02}-{EN[d.month - 1]}-{d.year}",
    "english, month first": lambda d: f"{EN[d.month - 1]} {d.day}, {d.year} 3:04 PM",
    "english, full name": lambda d: f"{d.day} {FULL[d.month - 1]} {d.year}",
    "mail": lambda d: f"Wed, {d.day:02} {EN[d.month - 1]} {d.year} 05:06:07 +0100",
    "ctime": lambda d: f"Wed {EN[d.month - 1]} {d.day:2} 05:06:07 {d.year}",
    "common log format": lambda d: f"{d.day:02}/{EN[d.month - 1]}/{d.year}:05:06:07 +0100",
    "quoted": lambda d: f" '{d.isoformat()}'",
}
SINCE_UNIX_HAD_TEN_DIGITS = st.dates(date(2001, 9, 10), date(2026, 11, 30))


def read(*texts: str) -> Read:
    """The two readings of texts in one buffer."""
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], np.int64)
    starts = np.cumsum(lengths) - lengths
    return read_days(np.frombuffer(b"".join(encoded) or b"\0", np.uint8), starts, lengths, 2026)


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None)
@given(days=st.lists(SINCE_UNIX_HAD_TEN_DIGITS, min_size=1, max_size=20))
def test_every_day_in_a_form_is_read_as_that_day(form: str, days: list[date]) -> None:
    assert [day_of(number) for number in read(*(FORMS[form](day) for day in days)).day_first.tolist()] == days


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(FORMS)), SINCE_UNIX_HAD_TEN_DIGITS), min_size=1, max_size=30))
def test_forms_that_stand_mixed_do_not_disturb_each_other(cells: list[tuple[str, date]]) -> None:
    found = read(*(FORMS[form](day) for form, day in cells)).day_first.tolist()
    assert [day_of(number) for number in found] == [day for _, day in cells]


@settings(deadline=None)
@given(st.dates(date(1970, 1, 1), date(2026, 11, 30)))
def test_a_slash_leaves_day_and_month_to_the_column(day: date) -> None:
    european, american = read(f"{day.day}/{day.month}/{day.year}", f"{day.month}/{day.day}/{day.year}"), day
    assert day_of(int(european.day_first[0])) == day
    assert day_of(int(european.month_first[1])) == american
    if day.day > 12:
        assert european.month_first[0] == european.day_first[1] == NO_DAY


def test_a_half_day_is_american() -> None:
    found = read("3/4/2020 5:06:07 PM", "13/4/2020 5:06 pm", "3/4/2020 17:06")
    assert [day_of(int(day)) for day in found.month_first[[0, 2]]] == [date(2020, 3, 4)] * 2
    assert found.day_first[0] == NO_DAY and day_of(int(found.day_first[1])) == date(2020, 4, 13)
    assert day_of(int(found.day_first[2])) == date(2020, 4, 3)


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=20))
def test_any_text_is_read_without_an_error_and_alone_as_in_company(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    together = read(*texts)
    for number, text in enumerate(texts):
        alone = read(text)
        assert (together.day_first[number], together.month_first[number]) == (alone.day_first[0], alone.month_first[0])


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "2019", "2019-13-01", "2019-02-29", "31.04.2019", "1.2.3", "192.0.2.1", "10.12.2019.4", "68 05 00 00",
        "68050000", "0150", "1.20.2019.1", "2019-03-04-05", "12345678901", "25860812345", "1,5", "-5", "99999999",
        "mai", "4. mai", "v2.12.2019x", "0000-00-00", "00.00.0000",
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert read(text).day_first.tolist() == [NO_DAY]


def test_years_of_two_digits_are_past() -> None:
    found = [day_of(int(number)) for number in read("04.03.26", "04.03.27").day_first]
    assert found == [date(2026, 3, 4), date(1927, 3, 4)]


@pytest.mark.parametrize("rows", [0, 1, (1 << 15) + 3])
def test_any_number_of_texts(rows: int) -> None:
    day = date(2020, 1, 1)
    days = [day + timedelta(n % 700) for n in range(rows)]
    assert [day_of(number) for number in read(*(d.isoformat() for d in days)).day_first.tolist()] == days


RESTS = {
    "mixed": ["", " 12:00", "T07:30:00Z", ";x", "x", "0"],
    "days alone": [""],
    "with times": [" 12:00:00", "T07:30:00Z", "T00:00:00+01:00"],
}


@pytest.mark.parametrize("kind", RESTS)
@settings(deadline=None)
@given(st.lists(st.dates(date(1, 1, 1)), min_size=70, max_size=90), st.data())
def test_a_column_of_days_written_alike_is_read_as_each_day_alone(
    kind: str, days: list[date], data: st.DataObject
) -> None:
    texts = [day.isoformat() + RESTS[kind][n % len(RESTS[kind])] for n, day in enumerate(days)]
    odd = data.draw(st.sampled_from(["", "2024-02-30", "2024-13-01", "0000-01-01", "20240301xx", "2024/03/01", "x"]))
    texts[3:3] = [odd] if odd else []
    together = read(*texts)
    for number, text in enumerate(texts):
        alone = read(text)
        assert (together.day_first[number], together.month_first[number]) == (alone.day_first[0], alone.month_first[0])
