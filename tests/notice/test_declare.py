"""The five outcomes of a category against a text."""

from __future__ import annotations

import pytest
from gap_cases import activity, notice, record
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.notice.declare import ancestors, in_activities, in_text, retention_lines
from pii_scan.notice.gaps import Outcome
from pii_scan.notice.model import RetentionLine


@pytest.mark.parametrize(
    ("declared", "denied", "outcome", "by", "distance", "line"),
    [
        ({"online_id.cookie": 7}, {}, Outcome.CLEAR, "online_id.cookie", 0, 7),
        ({"online_id": 6}, {}, Outcome.VAGUE, "online_id", 1, 6),
        ({"online_id": 6, "online_id.cookie": 7}, {}, Outcome.CLEAR, "online_id.cookie", 0, 7),
        ({"online_id.device": 7}, {}, Outcome.OMITTED, None, 0, None),
        ({}, {}, Outcome.OMITTED, None, 0, None),
        ({}, {"online_id": 9}, Outcome.INCORRECT, "online_id", 1, 9),
        ({}, {"online_id.device": 9}, Outcome.OMITTED, None, 0, None),
        ({"online_id.cookie": 7}, {"online_id": 9}, Outcome.AMBIGUOUS, "online_id.cookie", 0, 7),
        ({"online_id.cookies": 7}, {}, Outcome.OMITTED, None, 0, None),
    ],
)
def test_each_outcome_has_its_line_and_the_category_that_says_it(
    declared: dict[str, int | None], denied: dict[str, int | None], outcome: Outcome, by: str | None, distance: int,
    line: int | None,
) -> None:  # fmt: skip
    found = in_text(declared, denied, "online_id.cookie")
    assert (found.outcome, found.by, found.distance, found.line) == (outcome, by, distance, line)


KEYS = st.sampled_from(["a", "a.b", "a.b.c", "a.d", "e", "e.f"])


@given(st.sets(KEYS), st.sets(KEYS), KEYS)
def test_declaring_more_never_makes_a_category_omitted_and_denying_less_never_incorrect(
    declared: set[str], denied: set[str], category: str
) -> None:
    texts = dict.fromkeys(declared), dict.fromkeys(denied)
    first = in_text(*texts, category).outcome
    more = in_text(dict.fromkeys([*declared, category]), texts[1], category).outcome
    assert more in (Outcome.CLEAR, Outcome.AMBIGUOUS)
    fewer = in_text(texts[0], {}, category).outcome
    assert fewer not in (Outcome.INCORRECT, Outcome.AMBIGUOUS)
    assert (first is Outcome.OMITTED) == (not (declared | denied) & set(ancestors(category)))


def test_the_record_declares_what_the_best_of_its_activities_does() -> None:
    kept = record(activity("a", categories=("online_id",)), activity("b", categories=("online_id.cookie",)))
    assert in_activities(kept.activities, "online_id.cookie").outcome is Outcome.CLEAR
    assert in_activities(kept.activities[:1], "online_id.cookie").outcome is Outcome.VAGUE
    assert in_activities((), "online_id.cookie").outcome is Outcome.OMITTED


def test_the_retention_of_a_category_is_what_names_it_most_nearly() -> None:
    lines = {
        name: RetentionLine(keys, (), period, criteria, None, None)
        for name, keys, period, criteria in (
            ("all", None, "P1Y", None), ("parent", ("online_id",), "P2Y", None),
            ("own", ("online_id.cookie",), None, "so lenge"), ("silent", ("email",), None, None),
        )
    }  # fmt: skip
    said = notice(retention=tuple(lines.values()))
    assert retention_lines(said, "online_id.cookie") == (lines["own"],)
    assert retention_lines(said, "online_id.device") == (lines["parent"],)
    assert retention_lines(said, "email") == (lines["all"],)  # its own line says nothing
    assert retention_lines(notice(retention=(lines["silent"],)), "email") == ()
