"""Overlapping detections, against the rules applied one by one to every pair."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.resolve import best_of_overlapping, drop_contained

QUIET = settings(deadline=None, derandomize=True, database=None, max_examples=200)
spans = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from([0.1, 0.4, 0.75, 1.0]), st.integers(0, 3)),
    max_size=12,
)


def columns(some):
    start = np.array([a for a, _, _, _ in some], np.int64)
    end = np.array([a + n for a, n, _, _ in some], np.int64)
    return start, end, np.array([s for _, _, s, _ in some], np.float32), np.array([g for *_, g in some], np.int64)


@QUIET
@given(spans)
def test_within_a_group_what_lies_inside_an_equal_or_better_one_is_dropped(some):
    start, end, score, group = columns(some)
    kept = drop_contained(group, start, end, score)

    def beaten(i: int, j: int) -> bool:
        inside = start[j] <= start[i] and end[i] <= end[j]
        same = (start[i], end[i], score[i]) == (start[j], end[j], score[j])
        return i != j and group[i] == group[j] and inside and score[j] >= score[i] and (not same or j < i)

    everyone = range(len(some))
    assert kept.tolist() == [not any(beaten(i, j) for j in everyone) for i in everyone]


@QUIET
@given(spans)
def test_presidio_drops_the_same(some):
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    start, end, score, group = columns(some)
    kept = drop_contained(group, start, end, score)
    results = [
        RecognizerResult(f"T{g}", int(a), int(e), float(s)) for a, e, s, g in zip(start, end, score, group, strict=True)
    ]
    expected = sorted((r.entity_type, r.start, r.end, r.score) for r in EntityRecognizer.remove_duplicates(results))
    ours = [results[i] for i in np.flatnonzero(kept)]
    assert sorted((r.entity_type, r.start, r.end, r.score) for r in ours) == expected


@QUIET
@given(spans)
def test_each_span_keeps_the_best_the_longest_the_first_by_rank(some):
    start, end, score, rank = columns(some)
    kept = best_of_overlapping(start, end, score, rank)
    taken: list[int] = []
    for i in sorted(range(len(some)), key=lambda i: (-score[i], start[i] - end[i], rank[i], start[i])):
        if not any(start[i] < end[j] and start[j] < end[i] for j in taken):
            taken.append(i)
    assert np.flatnonzero(kept).tolist() == sorted(taken)


@QUIET
@given(spans)
def test_what_stays_is_apart_and_what_goes_overlaps_something_no_worse(some):
    start, end, score, rank = columns(some)
    kept = best_of_overlapping(start, end, score, rank)

    def overlap(i: int, j: int) -> bool:
        return bool(start[i] < end[j] and start[j] < end[i])

    stay, go = np.flatnonzero(kept).tolist(), np.flatnonzero(~kept).tolist()
    assert not any(overlap(i, j) for i in stay for j in stay if i < j)
    assert all(any(overlap(i, j) and score[j] >= score[i] for j in stay) for i in go)


@QUIET
@given(spans, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter_for_distinct_spans(some, chance):
    distinct = list({(a, n): (a, n, s, g) for a, n, s, g in some}.values())
    shuffled = chance.sample(distinct, len(distinct))
    both = []
    for rows in (distinct, shuffled):
        start, end, score, rank = columns(rows)
        both.append({rows[i] for i in np.flatnonzero(drop_contained(rank, start, end, score))})
    assert both[0] == both[1]


def test_touching_spans_do_not_overlap():
    start, end = np.array([0, 5]), np.array([5, 9])
    assert best_of_overlapping(start, end, np.array([0.5, 0.9], np.float32), np.array([0, 0])).all()
    assert drop_contained(np.array([0, 0]), start, end, np.array([0.5, 0.9], np.float32)).all()


def test_nothing_and_one_stay():
    for count in (0, 1):
        ints, score = np.arange(count), np.ones(count, np.float32)
        assert best_of_overlapping(ints, ints + 1, score, ints).tolist() == [True] * count
        assert drop_contained(ints, ints, ints + 1, score).tolist() == [True] * count


def test_a_million_neighbours_and_a_long_chain_come_to_an_end():
    start = np.arange(0, 2_000_000, 2)
    score = np.full(len(start), 0.5, np.float32)
    assert best_of_overlapping(start, start + 2, score, start * 0).all()
    assert drop_contained(start * 0, start, start + 2, score).all()
    assert int(best_of_overlapping(start[:2000], start[:2000] + 3, score[:2000], start[:2000] * 0).sum()) == 1000
