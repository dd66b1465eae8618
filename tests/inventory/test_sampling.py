from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.inventory.sampling import SampledPart, sampled_parts, upper_share


@given(st.integers(1, 10_000_000))
def test_a_share_at_the_bound_stays_unseen_in_one_sample_of_twenty(read: int) -> None:
    share = upper_share(read)
    assert (1 - share) ** read == pytest.approx(0.05, rel=1e-3)
    assert share < 3 / read  # the rule of three is a little wider


def test_nothing_read_bounds_nothing() -> None:
    assert upper_share(0) == 1.0
    assert SampledPart("t", "d", 100, 0).unread_bound == 100


@given(st.integers(1, 5000), st.integers(0, 5000))
def test_the_bound_is_never_more_than_the_unread_rows(read: int, more: int) -> None:
    assert 0 <= SampledPart("t", "d", read + more, read).unread_bound <= more


def test_samples_of_a_table_just_beyond_the_bound_mostly_have_a_hit() -> None:
    part = SampledPart("t", "d", 2000, 200)
    chance = random.Random(5)
    hits = sum(min(chance.sample(range(part.rows), part.read)) <= part.unread_bound for _ in range(400))
    assert hits >= 0.93 * 400


def test_the_parts_of_a_run_are_those_not_wholly_read_widest_bound_first() -> None:
    samples = [
        {"target": "t", "document": "small", "total": 10, "sampled": 10, "random": True},
        {"target": "t", "document": "narrow", "total": 2000, "sampled": 1999, "random": True},
        {"target": "t", "document": "wide", "total": 1_000_000, "sampled": 100, "random": True},
    ]
    assert [part.document for part in sampled_parts({"samples": samples})] == ["wide", "narrow"]
    assert list(sampled_parts({})) == []
    assert math.isclose(upper_share(100, 0.99), 0.045007, rel_tol=1e-4)


def test_nothing_is_said_of_the_rest_where_rows_were_not_drawn_at_random_or_their_number_is_not_known() -> None:
    samples = [
        {"target": "t", "document": "first rows", "total": 500, "sampled": 100, "random": False},
        {"target": "t", "document": "unknown", "total": None, "sampled": 100, "random": True},
    ]
    assert [part.unread_bound for part in sampled_parts({"samples": samples})] == [None, None]
