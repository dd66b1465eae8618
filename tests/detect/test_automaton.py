"""An automaton accepts what its expressions match, never less; where it says it is exact, also never more."""

from __future__ import annotations

import numpy as np
import pytest
import regex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pii_scan.detect import automaton as module
from pii_scan.detect.automaton import DEAD, START, Automaton
from pii_scan.detect.expression import CannotCompile, read_expression

QUIET = settings(deadline=None, derandomize=True, database=None)


def accepted(automaton: Automaton, text: str) -> int:
    """The set of expressions (bits) that take the whole of `text`."""
    return int(automaton.accepts[walked(automaton, text.encode())])


def walked(automaton: Automaton, data: bytes, state: int = START) -> int:
    """The state after `data`."""
    for byte in data:
        state = int(automaton.step(np.array([state], np.int32), np.array([byte], np.uint8))[0])
    return state


parts = st.recursive(
    st.sampled_from(["a", "b", "1", "å", "[ab]", "[^a1]", "[0-9]", "[æøå]", r"\d", r"\w", r"\s", r"\W", ".", "[^å]"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{2,}", "*?"])).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
    ),
    max_leaves=6,
)
words = st.text(st.sampled_from("ab1 å٣😀\n"), min_size=1, max_size=6)


@settings(QUIET, max_examples=300)
@given(st.lists(parts, min_size=1, max_size=3), st.lists(words, max_size=10))
def test_a_joint_automaton_takes_what_each_expression_matches(expressions, texts):
    read = []
    for expression in expressions:
        try:
            read.append(read_expression(expression, 0))
        except CannotCompile:
            assume(False)
    automaton = Automaton(read)
    for text in texts:
        taken = accepted(automaton, text)
        for i, expression in enumerate(expressions):
            matches = regex.fullmatch(expression, text) is not None
            assert not matches or taken >> i & 1, "it never accepts less"
            if text.isascii() and read[i].exact:
                assert bool(taken >> i & 1) == matches, "and no more where it is exact"


def test_the_dead_state_is_never_left_and_never_accepts():
    automaton = Automaton([read_expression("ab|1+", 0)])
    assert all(walked(automaton, bytes([byte]), DEAD) == DEAD for byte in range(256))
    assert automaton.accepts[DEAD] == 0
    assert automaton.accepts[START] == 0


@pytest.mark.parametrize("byte", [0x80, 0xBF, 0xC0, 0xC1, 0xF5, 0xFE, 0xFF])
def test_no_state_takes_a_byte_that_cannot_begin_a_character(byte):
    automaton = Automaton([read_expression(expression, 16) for expression in (".+", r"[^a]x", r"\D", r"[\s\S]{3}")])
    assert walked(automaton, bytes([byte])) == DEAD
    for text in ("bc", "bx", "åæ", "x"):
        assert walked(automaton, text.encode() + b"\xff") == DEAD, "the separator ends every match"


@pytest.mark.parametrize("char", ["\x00", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff"])
def test_a_dot_takes_every_character_whole(char):
    automaton = Automaton([read_expression(".", 16)])
    encoded = char.encode()
    state = START
    for position, byte in enumerate(encoded):
        state = walked(automaton, bytes([byte]), state)
        assert bool(automaton.accepts[state]) == (position == len(encoded) - 1)


@pytest.mark.parametrize("expression", ["a*", "(?:a|)", "a?b?", "()", r"(?:\b)*", "(?=a)", r"\b"])
def test_what_matches_the_empty_text_is_left_to_the_expression(expression):
    with pytest.raises(CannotCompile, match="empty text"):
        read_expression(expression, 0)


@pytest.mark.parametrize(
    "expression",
    [
        "a{30000}",
        "(?:a{1000}){1000}",
        "(?:a?){20000}",
        r"(?=(a))\1",
        "(a)?(?(1)b|c)",
        r"\p{L}",
        "(?<x>a)",
        "a{1,99999}b",
    ],
)
def test_what_is_too_large_or_beyond_automata_is_refused_with_a_reason(expression):
    with pytest.raises(CannotCompile) as caught:
        read_expression(expression, 0)
    assert str(caught.value)


def test_an_automaton_that_would_explode_makes_only_the_states_it_is_walked_through():
    automaton = Automaton([read_expression("(?:a|b)*a(?:a|b){14}", 0)])
    assert accepted(automaton, "b" * 5 + "a" + "b" * 14)
    assert not accepted(automaton, "a" * 5 + "b" * 15)
    assert len(set(automaton.accepts.tolist())) <= 2 and len(automaton.accepts) <= 256


@settings(QUIET, max_examples=50)
@given(st.lists(st.text("ab", min_size=1, max_size=24), min_size=1, max_size=12))
def test_one_that_forgets_its_states_still_walks_right(texts):
    expression = "(?:a|b)*a(?:a|b){6}"
    automaton = Automaton([read_expression(expression, 0)])
    limit, module.MAX_STATES = module.MAX_STATES, 8
    try:
        states = np.full(len(texts), START, np.int32)
        for position in range(max(map(len, texts))):
            alive = [i for i, text in enumerate(texts) if position < len(text)]
            byte = np.array([ord(texts[i][position]) for i in alive], np.uint8)
            texts = [texts[i] for i in alive]
            states = automaton.step(states[alive], byte)
            for text, state in zip(texts, states.tolist(), strict=True):
                whole = regex.fullmatch(expression, text[: position + 1]) is not None
                assert bool(automaton.accepts[state]) == whole
    finally:
        module.MAX_STATES = limit


@pytest.mark.parametrize(
    ("expression", "exact"),
    [
        ("a+b", True), ("[0-9]{3}(?!x)", True), (r"(?<!\d)1", True), (r"\b1\b", True), ("(?=a)a", False),
        (r"a(?:\b)b", False), ("(a)\\1", False), ("(?>a)b", False), ("a++b", False), ("^a", False), ("a$", False),
        ("(?:a(?=b))b", False),
    ],
)  # fmt: skip
def test_exact_says_whether_the_expression_need_not_be_asked(expression, exact):
    assert read_expression(expression, 0).exact is exact


def test_every_letter_of_the_plane_is_taken_in_either_case():
    """What regex matches under IGNORECASE, by Unicode's simple case folding, the automaton takes too."""
    letters = [chr(c) for c in [*range(0x41, 0x250), *range(0x370, 0x400), 0x1E9B, 0x1E9E, 0x212A, 0x212B, 0x2126]]
    letters = [char for char in letters if char.isalpha()]
    folds: dict[str, list[str]] = {}
    for char in letters:
        for form in {char.lower(), char.upper(), char.casefold(), char.title()}:
            folds.setdefault(form, []).append(char)
    missed = []
    for char in letters:
        automaton = Automaton([read_expression(char, 2)])
        kin = {other for form in (char.lower(), char.upper(), char.casefold()) for other in folds.get(form, [])}
        compiled = regex.compile(char, regex.IGNORECASE)
        missed += [(char, other) for other in kin if compiled.fullmatch(other) and not accepted(automaton, other)]
    assert not missed
