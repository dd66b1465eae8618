"""The scan of many expressions over many texts gives exactly what `regex.finditer` gives on each text alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pii_scan.detect import patterns
from pii_scan.detect.patterns import PADDING, SEPARATOR, PatternSet
from pii_scan.detect.rules import FLAGS, load_rules

Expressions = Sequence[tuple[str, int]]
QUIET = settings(deadline=None, derandomize=True, database=None)


def buffer_of(texts: Sequence[str]) -> np.ndarray:
    """The texts as a scan wants them: separators between, padding around."""
    padding = bytes([SEPARATOR]) * PADDING
    return np.frombuffer(padding + b"\xff".join(text.encode() for text in texts) + padding, np.uint8)


def scan(expressions: Expressions, texts: Sequence[str], patterns: PatternSet | None = None) -> set[tuple]:
    """(pattern, text, start, end) in code points."""
    found = (patterns or PatternSet(expressions)).scan(buffer_of(texts))
    places = {}
    at = PADDING
    for number, text in enumerate(texts):
        for index, char in enumerate(text):
            places[at] = (number, index)
            at += len(char.encode())
        places[at] = (number, len(text))
        at += 1
    rows = []
    for pattern, start, end in zip(found.pattern.tolist(), found.start.tolist(), found.end.tolist(), strict=True):
        number, first = places[start]
        other, last = places[end]
        assert number == other, "a match crosses into another text"
        rows.append((pattern, number, first, last))
    assert rows == sorted(rows), "sorted by pattern and start"
    assert len(rows) == len(set(rows))
    return set(rows)


def finditer(expressions: Expressions, texts: Sequence[str]) -> set[tuple]:
    """The oracle. Matches of no length are nothing that could be personal data."""
    return {
        (number, i, found.start(), found.end())
        for number, (expression, flags) in enumerate(expressions)
        for i, text in enumerate(texts)
        for found in regex.finditer(expression, text, flags)
        if found.end() > found.start()
    }


def assert_same(expressions: Expressions, texts: Sequence[str]) -> None:
    assert scan(expressions, texts) == finditer(expressions, texts)


# --- a small generator of expressions ---------------------------------------------------------------------------------

LITERALS = ["a", "b", "x", "k", "s", "1", "0", "-", r"\.", "@", ":", "/", " ", r"\n", "å", "Å", "ø", "٣", "１", "😀"]
CLASSES = [
    "[ab]", "[a-z]", "[0-9]", "[^a]", "[^0-9]", r"[^\W\d_]", r"[\w.+-]", "[æøå]", "[^å]", r"[0-9\uff10-\uff19]",
    r"[ \u00a0.-]", r"[\d ]", "[a-zæøå]", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", ".", r"[\s\S]", r"[^\n]",
]  # fmt: skip
SHORT = [*LITERALS, "[0-9]", "[a-z]", "[^a]", r"\w", r"\d", ".", "ab", "a|b", "1|-", "å|a", "[^0-9]0,"]
REPEATS = ["?", "*", "+", "{2}", "{1,3}", "{0,2}", "{2,}", "??", "*?", "+?", "{1,3}?"]
ALPHABET = "aabbxkKs1102-..@:/  \n_ABåÅøé٣１😀\u00a0"


def _joined(parts: list[str]) -> str:
    return "".join(parts)


def _repeated(atom: tuple[str, str]) -> str:
    return f"(?:{atom[0]}){atom[1]}"


assertions = st.builds(
    lambda kind, inner: f"({kind}{inner})", st.sampled_from(["?=", "?!", "?<=", "?<!"]), st.sampled_from(SHORT)
)
long_assertions = st.builds(
    lambda kind, inner: f"({kind}{''.join(inner)})",
    st.sampled_from(["?=", "?!"]),
    st.lists(st.sampled_from([*CLASSES, "a+", "b*", "1{1,2}", "(?:-|ab)"]), min_size=1, max_size=3),
)
atoms = st.one_of(
    st.sampled_from(LITERALS),
    st.sampled_from(CLASSES),
    st.sampled_from([r"\b", r"\B", "^", "$", "(?i:a)", "(?-i:b)", "(a|bå)", "(?>a*)", "a++", r"(?P<q>[ab1])\1"]),
    assertions,
)
bodies = st.recursive(
    st.one_of(st.sampled_from(LITERALS), st.sampled_from(CLASSES), st.sampled_from(CLASSES), atoms),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(_joined),
        st.tuples(inner, st.sampled_from(REPEATS)).map(_repeated),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"({part})"),
    ),
    max_leaves=8,
)
expressions = st.builds(
    lambda before, body, after: "".join(before) + body + "".join(after),
    st.lists(st.one_of(st.just(r"\b"), assertions), max_size=2),
    bodies,
    st.lists(st.one_of(st.just(r"\b"), assertions, long_assertions), max_size=2),
)
flag_sets = st.sampled_from([0, FLAGS, regex.IGNORECASE, regex.MULTILINE, regex.DOTALL])
texts = st.lists(st.text(st.sampled_from(ALPHABET), max_size=14), max_size=6)


def _valid(rule: tuple[str, int]) -> bool:
    try:
        regex.compile(*rule)
    except regex.error:
        return False
    return True


rules = st.tuples(expressions, flag_sets.map(int)).filter(_valid)


@settings(QUIET, max_examples=600)
@given(st.lists(rules, min_size=1, max_size=3), texts)
def test_any_expressions_on_any_texts_give_what_finditer_gives(some, texts):
    assert_same(some, texts)
