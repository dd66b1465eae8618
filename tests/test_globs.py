"""Glob patterns: what a set of many says is what each of them says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pii_scan import globs
from pii_scan.globs import Patterns

SIGNS = "aAbk/._-[]!^*?0 9Kåſ\\(){}"
PATTERN = st.text(SIGNS, min_size=1, max_size=7).filter(lambda text: text.strip("/") != "")
PATH = st.text("aAbk/._-0 9Kåſ[]\\(!^", min_size=1, max_size=9)


@given(st.lists(PATTERN, min_size=globs.MANY, max_size=2 * globs.MANY), st.lists(PATH, max_size=8), st.booleans())
def test_many_patterns_fit_what_each_fits_by_itself(patterns: list[str], paths: list[str], ignore_case: bool) -> None:
    together = Patterns(patterns, ignore_case)
    each = [Patterns([pattern], ignore_case) for pattern in patterns]
    for path in paths:
        assert together.fit_exactly(path) == any(one.fit_exactly(path) for one in each)


def test_many_patterns_with_letters_beyond_ascii_and_case_fit_as_few_do() -> None:
    patterns = Patterns(["*påmelding*", "**/Takeout/*", *(f"rapport-{number}" for number in range(globs.MANY))], True)
    fitting = ("PÅMELDING.csv", "a/takeout/x", "RAPPORT-3", "b/rapport-0")
    assert all(map(patterns.fit_exactly, fitting))
    assert not any(map(patterns.fit_exactly, ("pamelding.csv", "takeout", "rapport-99", "rapport")))
