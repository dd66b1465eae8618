"""Clusters of expressions: each in one, and what is looked for together finds what each finds alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pii_scan.detect import groups
from pii_scan.detect.automaton import MAX_JOINED
from pii_scan.detect.clusters import clustered
from pii_scan.detect.expression import read_expression
from pii_scan.detect.groups import PADDING
from pii_scan.detect.ordinary_text import LENGTH, ordinary_text
from pii_scan.detect.patterns import PatternSet
from pii_scan.detect.starts import Opening, Openings, opening_of

WORDS = ("diagnose", "fagforening", "kommune", "kunde", "passord", "sykdom", "og", "i", "telefon", "medlem")


def openings_of(expressions: tuple[str, ...]) -> dict[int, Opening]:
    return {number: opening_of(read_expression(one, re.IGNORECASE)) for number, one in enumerate(expressions)}


def places(openings: list[Opening]) -> int:
    data = np.frombuffer(b"\n" + ordinary_text() + b"\n" * 8, np.uint8)
    return len(Openings(openings, [0] * len(openings)).places(data)[0])


@pytest.mark.parametrize("most", [1, 3, 9, 10, 64])
def test_each_expression_is_in_one_cluster(most: int) -> None:
    openings = openings_of(tuple(rf"\b{word}\b" for word in WORDS))
    made = clustered(list(openings), openings, most)
    assert sorted(number for part in made for number in part) == sorted(openings)
    assert 0 < len(made) <= most
    assert all(made)


def test_without_expressions_there_are_no_clusters() -> None:
    assert clustered([], {}, 64) == []


def test_clusters_that_begin_at_the_most_places_come_first() -> None:
    openings = openings_of(tuple(rf"\b{word}" for word in WORDS))
    counts = [places([openings[number] for number in part]) for part in clustered(list(openings), openings, 5)]
    assert counts == sorted(counts, reverse=True)


def test_what_begins_alike_is_put_together_and_not_what_crosses() -> None:
    openings = openings_of((r"\bpasse", r"\bkommun", r"\bpassor", r"\bkommer"))
    made = clustered(list(openings), openings, 2)
    assert sorted(map(sorted, made)) == [[0, 2], [1, 3]]


def test_more_expressions_in_a_cluster_than_an_automaton_holds_are_all_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "CLUSTERS", 2)
    expressions = [(rf"\bxq{number:03d}z\b", 0) for number in range(5 * MAX_JOINED)]
    text = " ".join(f"xq{number:03d}z" for number in range(0, 5 * MAX_JOINED, 7)).encode()
    buffer = np.frombuffer(b"\n" * PADDING + text + b"\n" * PADDING, np.uint8)
    assert PatternSet(expressions).scan(buffer).pattern.tolist() == list(range(0, 5 * MAX_JOINED, 7))


def test_ordinary_text_is_the_same_each_time_and_of_its_length() -> None:
    first = ordinary_text()
    ordinary_text.cache_clear()
    assert first == ordinary_text()
    assert len(first) == LENGTH
    assert first.isascii() is False
    first.decode("utf-8", "ignore")
