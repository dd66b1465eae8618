"""The compiled kernel gives what the NumPy code gives, on any bytes, and reads nothing outside of what it is given."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan import kernel
from pii_scan.detect import automaton, walks
from pii_scan.detect.automaton import START, Automaton
from pii_scan.detect.context import AFTER, BEFORE, ContextIndex
from pii_scan.detect.expression import read_expression
from pii_scan.detect.groups import PADDING, Groups, layout_of
from pii_scan.detect.patterns import PatternSet
from pii_scan.detect.rules import FLAGS, Rule, RulePattern, load_rules
from pii_scan.errors import ConfigError

if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
    from pii_scan.detect import _kernel as compiled
else:
    compiled = pytest.importorskip("pii_scan.detect._kernel", reason="the native kernel was not built here")
QUIET = settings(deadline=None, derandomize=True, database=None)
PARTS = [
    "a", "b", "[ab]", "[0-9]", "[^a]", "å", "[æøå]", r"\w", r"\d", r"\s", ".", "@", "[a-z]{2,5}", "[0-9]{3}", "x+",
    "1*", "(?:ab|a)", "-?", r"[\w.]+",
]  # fmt: skip
BEFORE_PARTS = ["", r"\b", "(?<![0-9])", "(?<![a-zå])", "(?<=x)"]
expressions = st.lists(
    st.builds(
        lambda before, parts: before + "a" * (not any(part[-1] not in "*?" for part in parts)) + "".join(parts),
        st.sampled_from(BEFORE_PARTS),
        st.lists(st.sampled_from(PARTS), min_size=1, max_size=5),
    ),
    min_size=1,
    max_size=5,
)
texts = st.text(st.sampled_from("aabbx1102@ .-_\nåÅæé٣😀"), max_size=60).map(str.encode)
bodies = st.lists(st.one_of(texts, st.binary(max_size=20), st.just(b"\xff")), max_size=6).map(b"".join)


def on(name: str, work: Callable[[], Any]) -> Any:
    """What `work` gives on one of the kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernel.VARIABLE, name)
        return work()


def padded(body: bytes) -> np.ndarray:
    padding = b"\xff" * PADDING
    return np.frombuffer(padding + body + padding, np.uint8)


def groups_of(some: Sequence[str]) -> Groups:
    read = {number: read_expression(one, 0) for number, one in enumerate(some)}
    return Groups(layout_of(tuple(read.items())), read.__getitem__)


def starts(groups: Groups, buffer: np.ndarray) -> list[tuple[tuple[int, ...], list[int]]]:
    return [(group.members, found.tolist()) for group, found in groups.starts(buffer)]


@settings(QUIET, max_examples=150)
@given(expressions, bodies)
def test_matches_can_begin_at_the_same_places(some, body):
    groups, buffer = groups_of(some), padded(body)
    assert on("native", lambda: starts(groups, buffer)) == on("numpy", lambda: starts(groups, buffer))


@pytest.fixture(scope="module")
def built_in() -> PatternSet:
    return PatternSet(sorted({(pattern.regex, FLAGS) for rule in load_rules() for pattern in rule.patterns}))


def test_a_first_walk_that_makes_many_moves_keeps_no_room_for_each_of_them() -> None:
    """Each return to Python once kept the arrays of its call, and workers ran out of address space."""
    text = "".join(f"{word:x} {word * 7919 % 100_003} " for word in range(6_000)).encode()
    patterns = PatternSet([(r"\b[a-z0-9]{2,9} [0-9]{3,}\b", 0), (r"[0-9a-f]{4} [0-9]+ [a-f0-9]{4}", 0)])
    tracemalloc.start()
    try:
        on("native", lambda: patterns.scan(padded(text)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24 << 20


@pytest.mark.parametrize(
    "unit",
    [
        b"a@b.no 11837533335 ",
        b"Kari \xc3\xa5 68051234\n",
        b"\xff1.",
        b"storgata 12b 2026-01-31 1 gt 7,",
        bytes(range(256)),
    ],
)
@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 65_536, 200_000])
def test_more_places_than_one_call_gives_are_the_same(built_in, unit, size):
    buffer = padded((unit * (size // len(unit) + 1))[:size])
    groups = built_in._groups
    assert on("native", lambda: starts(groups, buffer)) == on("numpy", lambda: starts(groups, buffer))


def events(buffer: np.ndarray, some: Sequence[str], at: np.ndarray) -> list[Any]:
    joint = Automaton([read_expression(one, 0) for one in some])
    ends = sorted(zip(*(column.tolist() for column in walks.walked(buffer, joint, at)), strict=True))
    reached, ended = walks.extent(buffer, joint, at)
    return [ends, walks.accepted(buffer, joint, at).tolist(), reached.tolist(), ended.tolist()]


@settings(QUIET, max_examples=150)
@given(expressions, bodies, st.sampled_from([1, 2, 7, 4096]), st.sampled_from([2, 8, 20_000]))
def test_walks_end_at_the_same_places(some, body, steps, states):
    buffer = padded(body)
    at = np.arange(PADDING, PADDING + len(body) + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "MAX_STEPS", steps)
        patch.setattr(automaton, "MAX_STATES", states)
        native = on("native", lambda: events(buffer, some, at))
        patch.setattr(automaton, "MAX_STATES", 20_000)
        assert native == on("numpy", lambda: events(buffer, some, at))


def test_walks_of_many_blocks_and_more_events_than_one_call_gives():
    buffer = padded(b"ab1 " * 20_000)
    at = np.arange(PADDING, PADDING + 80_000)
    some = ["[ab1]{1,3}", "[a-z0-9 ]{2,9}", "[ab]+[^z]{40}"]
    assert on("native", lambda: events(buffer, some, at)) == on("numpy", lambda: events(buffer, some, at))


WORDS = ["nr", "konto", "kontonummer", "ås", "Ære", "tlf", "to", "ordre"]


def index() -> ContextIndex:
    rules = []
    for number, (good, bad) in enumerate([(WORDS[:4], WORDS[4:]), (WORDS[4:], ()), ((), WORDS)]):
        form = RulePattern("x", "[0-9]{3}", 0.4, 0.6)
        rules.append(Rule(str(number), "T", "t", "other", (form,), "", tuple(good), tuple(bad), 0.3, 0.2, (), (), (),
                          "x.yaml", "x"))  # fmt: skip
    return ContextIndex(rules)


INDEX = index()
near = st.lists(
    st.one_of(st.sampled_from([*WORDS, "KONTO", "Å", " ", "\n", "1", "123456", "ø", "-"]).map(str.encode),
              st.binary(max_size=3), st.just(b"\xff")), max_size=40,
).map(b"".join)  # fmt: skip


@settings(QUIET, max_examples=200)
@given(near, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 12), st.integers(0, 2)), max_size=30))
def test_the_same_word_decides_for_each_span(body, spans):
    buffer = padded(body)
    start = np.array([PADDING + min(at, len(body)) for at, _, _ in spans], np.int64)
    end = start + np.array([width for _, width, _ in spans], np.int64)
    rule = np.array([number for _, _, number in spans], np.int16)
    native, numpy = (
        on(name, lambda: INDEX.nearest_many(buffer, start, end, rule).tolist()) for name in ("native", "numpy")
    )
    assert native == numpy


def test_one_span_has_the_same_word_as_the_same_span_among_many():
    buffer = padded(b"konto 123 ordre 456\nkontonummer nr 789 " * 50)
    at = np.flatnonzero(buffer == ord("1"))
    many = INDEX.nearest_many(buffer, at, at + 3, np.zeros(len(at), np.int16))
    for place, word in zip(at.tolist(), many.tolist(), strict=True):
        one = np.array([place])
        assert INDEX.nearest_many(buffer, one, one + 3, np.zeros(1, np.int16)).tolist() == [word]


# --- arguments that are not what they must be -------------------------------------------------------------------------


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def walk(**given: Any) -> Any:
    """A call of two states over three bytes, with some of its arguments replaced."""
    room = {name: np.empty(8, np.int64) for name in ("start", "end", "bits")}
    values = {
        "buffer": np.zeros(3, np.uint8), "classes": np.zeros(256, np.int32), "table": np.zeros(2, np.int32),
        "accepts": ints(0, 0), "follows": walks.ANY_FOLLOWS, "starts": ints(0, 1), **room,
        "steps": 9, "number": 0, "at": 0, "state": START, "what": 0,
    }  # fmt: skip
    return compiled.walk(*{**values, **given}.values())


@pytest.mark.parametrize(
    "given",
    [
        {"classes": np.zeros(255, np.int32)}, {"classes": np.full(256, 1, np.int32)}, {"accepts": ints()},
        {"classes": np.full(256, -1, np.int32)}, {"table": np.zeros(3, np.int32)}, {"table": np.full(2, 7, np.int32)},
        {"table": np.full(2, -2, np.int32)}, {"starts": ints(-1)}, {"starts": ints(3)}, {"at": 4}, {"at": -1},
        {"state": 2}, {"state": -1}, {"number": -1}, {"steps": 0}, {"steps": 1 << 40}, {"what": 3},
        {"start": np.empty(1, np.int64)}, {"end": np.empty(7, np.int64)}, {"starts": ints(1 << 62)},
        {"follows": ints(1)}, {"starts": ints(0, -(1 << 62)), "what": 1}, {"buffer": np.zeros(0, np.uint8)},
    ],
)  # fmt: skip
def test_a_walk_beyond_its_arrays_is_refused(given):
    with pytest.raises(ValueError, match="walk"):
        walk(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"buffer": np.zeros(3, np.int64)}, {"buffer": "text"}, {"table": np.zeros(2, np.float32)},
        {"starts": np.zeros(4, np.float64)}, {"accepts": [0, 0]},
    ],
)  # fmt: skip
def test_an_array_of_another_kind_is_refused(given):
    with pytest.raises(TypeError):
        walk(**given)


def test_an_array_that_is_not_contiguous_or_not_to_be_written_is_refused():
    with pytest.raises((ValueError, BufferError)):
        walk(starts=np.zeros(8, np.int64)[::2])
    locked = np.empty(8, np.int64)
    locked.flags.writeable = False
    with pytest.raises((ValueError, BufferError)):
        walk(end=locked)


def test_places_and_anchors_beyond_their_arrays_are_refused():
    table, at, clusters = np.ones((5, 1 << 16), np.uint64), np.empty(8192, np.int64), np.empty(8192, np.uint64)
    body, truths, pairs = np.zeros(9, np.uint8), np.zeros(256, bool), np.ones((5, 256, 256), bool)
    for sieve in (np.zeros((0, 130), np.uint8), np.ones((3, 130), np.uint8)):
        assert compiled.places(body, table, sieve, at, clusters, 0) == (4, 4)
        assert compiled.places(body[:4], table, sieve, at, clusters, 0) == (0, 0)
        assert compiled.places(body, table, sieve, at, clusters, 100) == (0, 100)
    for wrong in ((body, table[:1], sieve, at, clusters, 0), (body, table, sieve, at[:9], clusters[:9], 0),
                  (body, table, sieve[1:], at, clusters, 0), (body, table, sieve, at, clusters[:9], 0),
                  (body, table, sieve, at, clusters, -1)):  # fmt: skip
        with pytest.raises(ValueError, match="places"):
            compiled.places(*wrong)
    anchor = truths.copy()
    anchor[0] = True
    every = ~truths
    given = (body, anchor, truths, every, pairs, at, 5, 0)
    assert compiled.anchored(*given) == (4, 9), "no place whose pairs leave the buffer"
    assert compiled.anchored(*given[:3], truths, *given[4:])[0] == 0, "nothing may follow"
    for place, wrong in ((1, anchor[:9]), (2, anchor), (2, truths[:9]), (3, every[:9]), (4, pairs[0, :9]), (5, at[:5]),
                         (6, -1), (7, -1)):  # fmt: skip
        with pytest.raises(ValueError, match="anchored"):
            compiled.anchored(*given[:place], wrong, *given[place + 1 :])
    with pytest.raises(ValueError, match="picked"):
        compiled.picked(ints(1, 2), np.ones(2, np.uint64), np.empty(2, np.int64), 1)


OUTSIDE = [(0, 200, 0), (BEFORE + 3, 200, 0), (200, 300 - AFTER, 0), (200, 1 << 60, 0), (-5, 200, 0)]


@pytest.mark.parametrize(("start", "end", "rule"), [*OUTSIDE, (200, 201, 3), (200, 201, -1)])
def test_a_span_whose_window_leaves_the_buffer_is_refused(start, end, rule):
    with pytest.raises(ValueError, match="nearest"):
        INDEX.nearest_many(np.zeros(300, np.uint8), ints(start), ints(end), ints(rule))


# --- the choice -------------------------------------------------------------------------------------------------------


def test_a_kernel_that_does_not_exist_is_named_with_the_nearest(monkeypatch):
    monkeypatch.setenv(kernel.VARIABLE, "nativ")
    with pytest.raises(ConfigError, match="PII_SCAN_KERNEL.*'nativ'.*native"):
        PatternSet([("a", 0)])


def test_without_the_compiled_kernel_numpy_runs_unless_the_other_is_forced(monkeypatch):
    monkeypatch.setattr(kernel, "compiled_kernel", lambda: None)
    monkeypatch.delenv(kernel.VARIABLE, raising=False)
    assert kernel.native() is None
    monkeypatch.setenv(kernel.VARIABLE, "native")
    with pytest.raises(ConfigError, match="not built"):
        kernel.native()


def test_either_can_be_chosen():
    assert on("native", kernel.native) is compiled
    assert on("numpy", kernel.native) is None
