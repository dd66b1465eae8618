"""Ages of persons behind found values, held against the calendar."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.detect import children
from pii_scan.model import ChunkBatch, ColumnOrigin, LineOrigin

AS_OF = date(2026, 11, 30)
days = st.dates(date(1920, 1, 1), AS_OF)


def whole_years(born: date, at: date) -> int:
    years = 0
    while (born.year + years + 1, born.month, born.day) <= (at.year, at.month, at.day):
        years += 1
    return years


@given(st.lists(days, min_size=1, max_size=20))
def test_a_date_of_birth_in_full_gives_the_age_in_whole_years(born: list[date]) -> None:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        found = children.ages(pa.array([day.strftime(form) for day in born]), "DATE_OF_BIRTH", AS_OF)
        assert found.tolist() == [whole_years(day, AS_OF) for day in born]


@given(st.dates(date(1927, 1, 1), AS_OF))
def test_a_year_of_two_digits_never_makes_someone_younger_than_it_can(born: date) -> None:
    (found,) = children.ages(pa.array([born.strftime("%d.%m.%y")]), "DATE_OF_BIRTH", AS_OF).tolist()
    assert found >= whole_years(born, AS_OF)


@given(st.dates(date(2000, 1, 1), date(2026, 11, 30)), st.sampled_from(["NO_FODSELSNUMMER", "NO_D_NUMMER"]))
def test_a_national_number_of_this_century_gives_the_age_or_an_older_reading(born: date, kind: str) -> None:
    day = born.day + (40 if kind == "NO_D_NUMMER" else 0)
    number = f"{day:02}{born:%m%y}75000"  # no control digits: nobody's number
    (found,) = children.ages(pa.array([f"{number[:6]} {number[6:]}"]), kind, AS_OF).tolist()
    if kind == "NO_FODSELSNUMMER":
        assert found == whole_years(born, AS_OF)
    else:
        assert found >= whole_years(born, AS_OF)


def test_what_cannot_be_told_is_of_no_age() -> None:
    assert children.ages(pa.array(["x", ""]), "DATE_OF_BIRTH", AS_OF).tolist() == [children.UNKNOWN] * 2
    numbers = pa.array(["12", "99999999999", "31999900000", None])
    assert children.ages(numbers, "NO_FODSELSNUMMER", AS_OF).tolist() == [children.UNKNOWN] * 4
    assert children.ages(pa.array([], pa.string()), "DATE_OF_BIRTH", AS_OF).tolist() == []
    assert not children.tells_age("PHONE_NUMBER")


@pytest.mark.parametrize("header", ["ageGroup", "Age Group", "legalAgeGroupClassification"])
def test_users_that_entra_calls_minors_are_counted(header: str) -> None:
    cells = pa.array(["Minor", "Adult", None, " minorWithParentalConsent", "NotAdult", "Undefined"])
    assert children.declared(ChunkBatch(cells, ColumnOrigin(3, header))) == 2


def test_other_columns_and_texts_call_nobody_a_minor() -> None:
    cells = pa.array(["Minor", "minor"])
    assert children.declared(ChunkBatch(cells, ColumnOrigin(1, "severity"))) == 0
    assert children.declared(ChunkBatch(cells, LineOrigin())) == 0
