"""Dates in names: every form of day, month, quarter and year, and numbers that are none."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.record_dates.names import Span, months_of_name, span_of

AS_OF = date(2026, 11, 30)
MONTH = (date(2019, 3, 1), date(2019, 3, 31))
DAY = (date(2019, 3, 4), date(2019, 3, 4))
YEAR = (date(2019, 1, 1), date(2019, 12, 31))
QUARTER = (date(2021, 7, 1), date(2021, 9, 30))


@pytest.mark.parametrize(
    ("name", "span"),
    [
        ("2019-03-04.csv", DAY), ("logg_20190304.txt", DAY), ("takeout-20190304T050607Z-001.zip", DAY),
        ("faktura 04.03.2019.pdf", DAY), ("4.3.2019.pdf", DAY), ("møte 4. mars 2019.docx", DAY),
        ("access.log.2019-03-04.gz", DAY), ("20190304_050607.jpg", DAY),
        ("events_20190304", DAY), ("2019-03.csv", MONTH), ("201903.csv", MONTH), ("03-2019.csv", MONTH),
        ("lønn mars 2019.xlsx", MONTH), ("Mar2019.xlsx", MONTH), ("2019_mars", MONTH), ("Lønn MARS_2019.XLSX", MONTH),
        ("Q3 2021.xlsx", QUARTER), ("2021Q3.csv", QUARTER), ("2021-q3", QUARTER), ("3. kvartal 2021.pdf", QUARTER),
        ("kvartal 3 2021", QUARTER), ("1. halvår 2019", (date(2019, 1, 1), date(2019, 6, 30))),
        ("H2-2019", (date(2019, 7, 1), date(2019, 12, 31))), ("Kurs høst 2019", (date(2019, 7, 1), date(2019, 12, 31))),
        ("vår2019", (date(2019, 1, 1), date(2019, 6, 30))),
        ("rapportering-2019-vaar.csv", (date(2019, 1, 1), date(2019, 6, 30))),
        ("2019", YEAR), ("regnskap2019.xlsx", YEAR),
        ("2019-2021", (date(2019, 1, 1), date(2021, 12, 31))), ("2019–2021", (date(2019, 1, 1), date(2021, 12, 31))),
        ("skoleåret 2019-20", (date(2019, 1, 1), date(2020, 12, 31))),
        ("1998-99", (date(1998, 1, 1), date(1999, 12, 31))),
        ("fra 2019-03-04 til 2019-05-06.csv", (date(2019, 3, 4), date(2019, 5, 6))),
    ],
)  # fmt: skip
def test_what_a_name_names(name: str, span: tuple[date, date]) -> None:
    assert span_of(name, AS_OF) == Span(*span)


@pytest.mark.parametrize(
    "name",
    [
        "rapport.docx", "IMG_2019.jpg", "DSC2019.JPG", "postnr 2019.csv", "68050000.txt", "92201903.txt", "v1.2019.3",
        "versjon 2019.docx", "Office 2016 oppsett", "Windows Server 2019", "25860812345.pdf", "2027-01.csv", "1969.txt",
        "12019.txt", "20191", "192.0.2.1.log", "1.2.3", "ordre-nr-2019", "mai.txt", "",
        "Kari Nordmann født 01.02.1985.pdf", "KARI F\u00d8DT 1985-02-01.pdf", "f.dato 01.02.1985", "DOB-19850201.txt",
    ],
)  # fmt: skip
def test_numbers_that_are_no_dates(name: str) -> None:
    assert span_of(name, AS_OF) is None


@settings(deadline=None)
@given(st.dates(date(1970, 1, 1), AS_OF))
def test_a_day_in_a_name_is_one_record_of_its_month(day: date) -> None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y_%m_%d"):
        (month,) = months_of_name(f"kopi {day.strftime(form)} av liste.csv", AS_OF)
        assert (month.basis, month.records, month.oldest, month.youngest) == ("name", 1, day, day)
        assert month.month == day.replace(day=1)


def test_the_innermost_name_decides() -> None:
    found = months_of_name("arkiv/2017/2018-05.zip!post/liste.csv", AS_OF)
    assert [month.month for month in found] == [date(2018, 5, 1)]


def test_a_year_is_all_its_months_up_to_now() -> None:
    found = months_of_name("regnskap/2026/bilag.csv", AS_OF)
    assert [month.month.month for month in found] == list(range(1, 12))
    assert found[-1].youngest == AS_OF


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_name_is_read(name: str) -> None:
    for month in months_of_name(name, AS_OF):
        assert date(1970, 1, 1) <= month.oldest <= month.youngest <= AS_OF


def test_a_long_name_of_digits_takes_no_time() -> None:
    assert months_of_name("2019-" * 50_000 + "x", AS_OF) is not None
