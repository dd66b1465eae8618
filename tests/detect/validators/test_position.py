"""Positions: the ways to write one, and where on earth it lies."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pii_scan.detect.validators import REJECTED, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)
QUIET = settings(deadline=None, derandomize=True, database=None, max_examples=300)
norwegian = st.tuples(st.floats(58, 71), st.floats(5, 31))
worldwide = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def judge(*texts: str) -> list[int]:
    return judge_texts(VALIDATORS["position"], texts, AS_OF).tolist()


def in_degrees(value: float, letters: str) -> str:
    """Degrees, minutes and seconds with the hemisphere's letter."""
    seconds = round(abs(value) * 3600)
    return f"{seconds // 3600}°{seconds // 60 % 60}'{seconds % 60}\"{letters[value < 0]}"


@QUIET
@given(norwegian)
def test_every_way_to_write_a_place_in_norway_has_one_verdict(place):
    north, east = place
    comma = f"{north:.5f}; {east:.5f}".replace(".", ",")
    assert set(
        judge(
            f"{north:.5f}, {east:.5f}",
            f"{north:.5f} {east:.5f}",
            comma,
            f"{east:.5f},{north:.5f}",
            f"{in_degrees(north, 'NS')} {in_degrees(east, 'EW')}",
            f"{north:.4f}° N, {east:.4f}° Ø",
            f"N {north:.4f} E {east:.4f}",
            f"POINT({east:.5f} {north:.5f})",
        )  # fmt: skip
    ) == {VALID}


@QUIET
@given(worldwide)
def test_other_places_on_earth_are_unsure(place):
    latitude, longitude = place
    assume(not (57 < latitude < 82 and 3 < longitude < 36) and not (57 < longitude < 82 and 3 < latitude < 36))
    assume(abs(latitude - longitude) > 0.001)
    texts = f"{latitude:.5f}, {longitude:.5f}", f"{in_degrees(latitude, 'NS')} {in_degrees(longitude, 'EW')}"
    assert judge(*texts) == [UNSURE, UNSURE]


@QUIET
@given(st.floats(181, 9999), st.floats(-90, 90))
def test_beyond_the_earth_nothing_is_a_place(far, near):
    assert judge(f"{near:.4f}, {far:.4f}", f"{far:.4f}, {near:.4f}") == [REJECTED, REJECTED]


@pytest.mark.parametrize(
    "text", ["262345 6649123", "Ø 262345 N 6649123", "N 6649123 E 262345", "X: 262345,12 Y: 6649123,45",
             "øst 597012, nord 6643010"]
)  # fmt: skip
def test_metres_of_norways_zones_are_a_place(text):
    assert judge(text) == [VALID]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "59.9139",
        "59.9139, 59.9139",
        "59°75'0\"N 10°0'0\"E",
        "1.1, 2.2, 3.3",
        "N E",
        "262345 5649123",
        "N 1 2 3 4 E 5",
    ],
)
def test_what_is_no_pair_is_rejected(text):
    assert judge(text) == [REJECTED]


def test_svalbard_is_in_norway():
    assert judge("78.2232, 15.6267", "15.6267 78.2232") == [VALID, VALID]
