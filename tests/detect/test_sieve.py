"""The sieve lets through every place where a match can begin, and few others: the kernel finds with it what it finds
without.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan import kernel
from pii_scan.detect.expression import CannotCompile, Expression, read_expression
from pii_scan.detect.ordinary_text import ordinary_text
from pii_scan.detect.rules import FLAGS, load_rules
from pii_scan.detect.sieve import CLASSES, MAX_STAYING, ROLES, sieve_of
from pii_scan.detect.starts import DEPTH, Openings, opening_of

QUIET = settings(deadline=None, derandomize=True, database=None)
PARTS = ("a", "B", "[ab]", "[0-9]", "å", "[A-F0-9]", r"\d", "@", "[a-z]{2,5}", "tlf", "(?:ab|9)", "-")
texts = st.lists(
    st.one_of(st.text(st.sampled_from("aBb190@ .-_\nåÅé٣😀tlf"), max_size=90).map(str.encode), st.binary(max_size=40)),
    max_size=40,
).map(b"".join)


def expression(text: str) -> Expression:
    return read_expression(text, FLAGS)


expressions = st.builds(
    lambda before, parts: expression(before + "".join(parts)),
    st.sampled_from([r"\b", "(?<![0-9A-Za-z])", ""]), st.lists(st.sampled_from(PARTS), min_size=2, max_size=5),
)  # fmt: skip


def openings(some: list[Expression]) -> Openings:
    return Openings([opening_of(one) for one in some], [number % 64 for number in range(len(some))])


def six_types() -> Openings:
    """The openings of some of the built-in rules, such as a user asks for with --only."""
    some = []
    for rule in load_rules(only=("NO_FODSELSNUMMER", "PHONE_NUMBER", "IP_ADDRESS")):
        for pattern in rule.patterns:
            try:
                some.append(expression(pattern.regex))
            except CannotCompile:
                continue
    return openings(some)


def staying(sieve: np.ndarray, text: np.ndarray) -> np.ndarray:
    """Which places of the text a sieve lets through, by its definition."""
    of = np.concatenate([sieve[:, :128], np.repeat(sieve[:, 128:129], 127, axis=1), sieve[:, 129:]], axis=1)
    return (of[0][text[:-2]] & of[1][text[1:-1]] & of[2][text[2:]]) != 0


def places_in(openings: Openings, body: np.ndarray) -> list[int]:
    """Where all pairs are possible, by the definition."""
    pairs = openings.tables[0]
    pair = body[:-1].astype(int) << 8 | body[1:]
    count = len(body) - DEPTH
    clusters = np.bitwise_and.reduce([pairs[depth][pair[depth : depth + count]] for depth in range(DEPTH)])
    return np.flatnonzero(clusters).tolist()


SIX = six_types()


@QUIET
@given(st.lists(expressions, min_size=1, max_size=70), texts)
def test_every_place_where_a_match_can_begin_stays(some: list[Expression], text: bytes) -> None:
    pairs, sieve = openings(some).tables
    if not len(sieve):
        return
    body = np.frombuffer(b"\xff" + text + b"\xff" * DEPTH, np.uint8)
    first, second = (body[:-2].astype(int) << 8 | body[1:-1], body[1:-1].astype(int) << 8 | body[2:])
    can_begin = (pairs[0][first] & pairs[1][second]) != 0
    assert not (can_begin & ~staying(sieve, body)).any()


def test_a_sieve_is_made_where_little_stays_and_only_there() -> None:
    _, sieve = six_types().tables
    text = np.frombuffer(ordinary_text(), np.uint8)
    assert sieve.shape == (ROLES, CLASSES)
    assert 0 < staying(sieve, text).mean() < MAX_STAYING
    _, none = openings([expression("[a-z][a-z][a-z]x")]).tables
    assert none.shape == (0, CLASSES)
    assert sieve_of(np.zeros((DEPTH, 1 << 16), np.uint64)).shape == (0, CLASSES)


@pytest.mark.skipif(kernel.compiled_kernel() is None, reason="the native kernel was not built here")
@QUIET
@given(texts, st.integers(0, 1200), st.integers(0, 40))
def test_the_kernel_finds_the_same_places_with_and_without_it(text: bytes, lead: int, times: int) -> None:
    plain = (b"og 4711 i Oslo " * 90)[:lead]
    body = np.frombuffer(b"\xff" + plain + text * times + b"\xff" * (DEPTH - 1), np.uint8)
    without = Openings.of_tables(SIX.tables[0], np.zeros((0, CLASSES), np.uint8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernel.VARIABLE, "native")
        ours, theirs = SIX.places(body), without.places(body)
    assert ours[0].tolist() == theirs[0].tolist() == places_in(SIX, body)
    assert ours[1].tolist() == theirs[1].tolist()


@pytest.mark.parametrize(
    ("pairs", "sieve"),
    [
        (np.zeros((DEPTH, 9), np.uint64), np.zeros((0, CLASSES), np.uint8)),
        (np.zeros((DEPTH, 1 << 16), np.int64), np.zeros((0, CLASSES), np.uint8)),
        (np.zeros((DEPTH, 1 << 16), np.uint64), np.zeros((2, CLASSES), np.uint8)),
        (np.zeros((DEPTH, 1 << 16), np.uint64), np.zeros((ROLES, CLASSES), np.int8)),
    ],
)
def test_tables_of_another_shape_are_refused(pairs: np.ndarray, sieve: np.ndarray) -> None:
    with pytest.raises(ValueError, match="tables"):
        Openings.of_tables(pairs, sieve)
