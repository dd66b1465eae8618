"""A national number kept in two columns is found."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from synthetic import nationals, random_numbers

from pii_scan.detect.columns import ColumnPlace
from pii_scan.detect.detector import Detector

DETECTOR = Detector(as_of=dt.date(2026, 11, 22))
NUMBERS = nationals(40)


def found(dates: list[str | None], rest: list[str | None], header: str = "Personnummer", **rows: int) -> list[int]:
    reading = DETECTOR.reading()
    reading.cells(pa.array(dates, pa.string()), ColumnPlace("Fødselsdato", 1), rows.get("first", 2))
    hits = reading.cells(pa.array(rest, pa.string()), ColumnPlace(header, 2), rows.get("second", 2))
    mine = [DETECTOR.rules[rule].category == "national_id" for rule in hits.rule.tolist()]
    return [int(text) for text, own in zip(hits.text, mine, strict=True) if own]


@pytest.mark.parametrize(
    "written",
    [
        lambda number: number[:6],
        lambda number: f"{number[:2]}.{number[2:4]}.{number[4:6]}",
        lambda number: f"{number[:2]}.{number[2:4]}.19{number[4:6]}",
        lambda number: f" {number[:2]}/{number[2:4]}/19{number[4:6]} ",
        lambda number: f"{number[:4]}19{number[4:6]}",
    ],
)
def test_the_five_digits_behind_a_date_are_a_national_number(written):
    assert found([written(n) for n in NUMBERS], [n[6:] for n in NUMBERS]) == list(range(40))


def iso(number: str) -> str:
    return f"19{number[4:6]}-{int(number[2:4]) % 80:02}-{number[:2]}"


@pytest.mark.parametrize("dull", [False, True])
def test_a_column_of_dates_has_the_month_itself_where_the_number_of_a_test_person_has_another(dull):
    for form in (iso, lambda n: f"{int(n[:2])}.{int(n[2:4]) % 80}.19{n[4:6]}", lambda n: iso(n).replace("-", "")):
        reading = DETECTOR.reading()
        dates = pa.array([form(n) for n in NUMBERS], pa.string())
        reading.cells(dates, ColumnPlace("fodselsdato", 1), 2, dull=dull)
        hits = reading.cells(pa.array([n[6:] for n in NUMBERS], pa.string()), ColumnPlace("personnummer", 2), 2)
        mine = {
            text
            for text, rule in zip(hits.text, hits.rule, strict=True)
            if DETECTOR.rules[rule].category == "national_id"
        }
        assert mine == set(range(40))
    assert found([iso(n) for n in NUMBERS], random_numbers(40, 5)) == []


def test_a_lost_zero_and_empty_cells_do_no_harm():
    rest = [number[6:].lstrip("0") or None for number in NUMBERS]
    rest[3] = None
    assert 3 not in found([n[:6] for n in NUMBERS], rest)
    assert len(found([n[:6] for n in NUMBERS], rest)) == 39


@pytest.mark.parametrize("before", [None, "", "ukjent", "ikke oppgitt", "1"])
def test_dates_are_seen_behind_many_cells_that_are_empty_or_odd(before):
    numbers = nationals(700)
    many = 2000 if not before else 300
    dates = [before] * many + [n[:6] for n in numbers]
    rest = [None] * many + [n[6:] for n in numbers]
    assert found(dates, rest) == list(range(many, many + 700))


def test_digits_that_do_not_complete_the_dates_are_nothing():
    assert found([n[:6] for n in NUMBERS], random_numbers(40, 5)) == []


def test_another_header_or_other_rows_join_nothing():
    assert found([n[:6] for n in NUMBERS], [n[6:] for n in NUMBERS], header="postboks") == []
    assert found([n[:6] for n in NUMBERS], [n[6:] for n in NUMBERS], second=900) == []
    assert found([n[:6] for n in NUMBERS], [n[6:] for n in NUMBERS][:39]) == []
