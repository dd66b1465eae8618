"""The scan of many expressions over many texts gives exactly what `regex.finditer` gives on each text alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import regex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pii_scan.detect import leftmost, walks
from pii_scan.detect.ask import SEPARATOR, ExpressionTimeout
from pii_scan.detect.groups import PADDING
from pii_scan.detect.patterns import PatternSet
from pii_scan.detect.rules import FLAGS, load_rules

Expressions = Sequence[tuple[str, int]]
QUIET = settings(deadline=None, derandomize=True, database=None)


def buffer_of(texts: Sequence[str]) -> np.ndarray:
    """The texts as a scan wants them: separators between, padding around."""
    padding = bytes([SEPARATOR]) * PADDING
    return np.frombuffer(padding + b"\xff".join(text.encode() for text in texts) + padding, np.uint8)


def scan(expressions: Expressions, texts: Sequence[str], compiled: PatternSet | None = None) -> set[tuple]:
    """(pattern, text, start, end) in code points."""
    found = (compiled or PatternSet(expressions)).scan(buffer_of(texts))
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
        for found in regex.finditer(expression, text, flags, timeout=2)
        if found.end() > found.start()
    }


def assert_same(expressions: Expressions, texts: Sequence[str]) -> None:
    assert scan(expressions, texts) == finditer(expressions, texts)


# --- a small generator of expressions ---------------------------------------------------------------------------------

LITERALS = ["a", "b", "x", "k", "s", "1", "0", "-", r"\.", "@", ":", "/", " ", r"\n", "å", "Å", "ø", "٣", "１", "😀"]
CLASSES = [
    "[ab]", "[a-z]", "[0-9]", "[^a]", "[^0-9]", r"[^\W\d_]", r"[\w.+-]", "[æøå]", "[^åx]", r"[0-9\uff10-\uff19]",
    r"[ \u00a0.-]", r"[\d ]", "[a-zæøå]", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", ".", r"[\s\S]",
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
texts = st.lists(st.text(st.sampled_from(ALPHABET), max_size=30), max_size=6)


rules = st.tuples(expressions, flag_sets.map(int))
looking = st.recursive(
    st.one_of(
        st.sampled_from(["a", "b", "1", "-", " ", "[ab]", "[0-9]", "[^a]", ".", r"\w"]), assertions, long_assertions
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(_joined),
        st.tuples(inner, st.sampled_from(REPEATS)).map(_repeated),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
    ),
    max_leaves=8,
)
labelled = st.builds(
    lambda before, label, body: f"{before}{label}\\K{body}", st.one_of(st.just(""), assertions), looking, looking
)
ascii_texts = st.lists(st.text(st.sampled_from("aabb110-..: \n_xx"), max_size=30), min_size=1, max_size=6)


def assert_same_or_slow(some: Expressions, texts: Sequence[str]) -> None:
    try:
        expected, found = finditer(some, texts), scan(some, texts)
    except (regex.error, TimeoutError, ExpressionTimeout):  # no expression, or one that would take for ever
        assume(False)
    assert found == expected


@settings(QUIET, max_examples=200)
@given(st.lists(rules, min_size=1, max_size=3), texts)
def test_any_expressions_on_any_texts_give_what_finditer_gives(some, texts):
    assert_same_or_slow(some, texts)


@settings(QUIET, max_examples=200)
@given(st.tuples(st.one_of(looking, labelled), flag_sets.map(int)), ascii_texts, texts)
def test_looks_within_and_labels_before_a_match_give_what_finditer_gives(rule, plain, any_texts):
    assert_same_or_slow([rule], [*plain, *any_texts])


BEYOND = [
    r"[ab]{1,3}(?=[ ](?:låst|lo))", r"[ab]+?(?![ ]lå)", r"(?:ab|a)(?=.{0,3}ø)", r"a{1,2}(?!.{0,3}ø)b?",
    r"x\K[ab]{1,2}(?= ?l[å1])",
    r"x\K[ab]+(?!.?å)", r"[ab]+(?=[^x]{1,3}l)", r"(?:a|ab)(?=\w{1,3}l)", r"ab?(?= [a-zæøå]{2})[ ]?",
]  # fmt: skip
"""Short matches whose looks ahead meet characters beyond ASCII further on."""
BESIDE = [
    r"[ab]+(?!\w)", r"[ab]{1,3}(?=\w)", r"[ab]+(?![^x])", r"[ab]+(?=[^x])", r"[ab]+(?![åø«])", r"[ab]+(?=[åø«])",
    r"[ab]+(?=:x|@)", r"[ab]+(?!\s)", r"[ab]+(?=\d)", r"[ab]+(?!\d)b?", r"[aå]+\b(?!\W)", r"[ab]+(?=|x)",
    r"x\K[ab]+(?!\w)", r"[ab]+(?=\W?x)", r"[ab]+(?!\wx)",
]  # fmt: skip
"""Matches whose looks ahead begin at characters beyond ASCII, of which some are words, digits or spaces."""


@settings(QUIET, max_examples=250)
@given(st.sampled_from(BESIDE), st.lists(st.text("ab x:1å«٣—\u00a0😀", max_size=8), min_size=1, max_size=6))
def test_a_look_ahead_that_begins_at_a_character_beyond_ascii_is_as_the_expression_has_it(expression, some):
    for flags in (0, int(regex.IGNORECASE)):
        assert scan([(expression, flags)], some) == finditer([(expression, flags)], some)


@settings(QUIET, max_examples=150)
@given(st.sampled_from(BEYOND), st.lists(st.text("ab xlåø1o", max_size=14), min_size=1, max_size=6))
def test_a_look_ahead_that_meets_a_character_beyond_ascii_is_left_to_the_expression(expression, some):
    for flags in (0, int(regex.IGNORECASE)):
        assert scan([(expression, flags)], some) == finditer([(expression, flags)], some)


@settings(QUIET, max_examples=60)
@given(st.tuples(st.one_of(looking, labelled), flag_sets.map(int)), ascii_texts)
def test_what_needs_too_large_an_automaton_is_left_to_the_expression(rule, plain):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leftmost, "MAX_MOVES", 6)
        assert_same_or_slow([rule], plain)


@settings(QUIET, max_examples=100)
@given(st.lists(rules, min_size=1, max_size=2), texts)
def test_candidates_that_outlive_the_walk_are_left_to_the_expression(some, texts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "MAX_STEPS", 16)  # more than any look-ahead of the generator reads
        assert_same_or_slow(some, texts)


@pytest.fixture(scope="module")
def built_in() -> list[tuple[str, int]]:
    return sorted({(pattern.regex, FLAGS) for rule in load_rules() for pattern in rule.patterns})


@pytest.fixture(scope="module")
def compiled(built_in):
    return PatternSet(built_in)


def test_the_built_in_expressions_all_compile(compiled):
    assert compiled.uncompiled == []


PIECES = [
    *"0123456789" * 2, *"  \n\u00a0.,-/:@+()_aZåÅ１٣–😀", "11837533335", "028284 04892", "4999.20.59191", "0,", "47",
    "68 05 12 34", "+47 68051234", "4111 1111 1111 1111", "5105 1051 0510 5100", "NO21 4999 2059 191", "post@",
    "kari@example.no", "2a02:fe1::8", "45.83.12.7", "370749248", "NO 382 034 392 MVA", "mobil: ",
]  # fmt: skip


@settings(QUIET, max_examples=200)
@given(data=st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=8))
def test_the_built_in_expressions_give_what_finditer_gives(built_in, compiled, data):
    assert scan(built_in, data, compiled) == finditer(built_in, data)


def test_many_expressions_at_once_give_what_each_gives_alone(built_in):
    many = built_in + [(f"{first}{second}+x?", 0) for first in "abcdefghij1234567890" for second in "xyz0189"]
    texts = ["axx byyx 1000x 900 a0", "", "j8x 7z fnr 11837533335, a@b.no", "z" * 50, "0" * 50]
    assert len(many) > 128
    assert_same(many, texts)


# --- cases that a single line of the engine decides -------------------------------------------------------------------

CASES = {
    "first of two overlapping, then one that begins inside the second": ("ab.{3}", 0, ["ababxabåzz"]),
    "classes overlapping themselves beside non-ASCII": (r"[\w.+-][^a]", 0, ["aB-.1１", "bBké"]),
    "boundary before a sign that is no letter": (r"\b😀", 0, ["0😀", "😀", " 😀"]),
    "boundary before a letter or a sign": (r"\b[å😀]1", 0, ["0😀1", "0å1", " å1", " 😀1"]),
    "a look-ahead that the window of the candidate would cut": (
        "(?:[xå]yz(?:bb)+|[xå])(?!b)", 0, ["åyz" + "b" * n for n in range(95, 106)],
    ),
    "a look-ahead longer than the walk": ("a(?!b*c)", 0, ["a" + "b" * 5000 + "c", "a" + "b" * 5000]),
    "a positive look-ahead longer than the walk": ("a(?=b*c)", 0, ["a" + "b" * 5000 + "c", "a" + "b" * 5000]),
    "a match longer than the walk": ("x[a ]*y", 0, ["x" + "a" * 5000 + "y", "x" + "a" * 5000]),
    "short ends, then one beyond the walk": ("x(?:a{10})?(?:a*y)?", 0, ["x" + "a" * 5000 + "y", "x" + "a" * 5000]),
    "a run of digits beyond the walk": ("[0-9]+", 0, ["1" * 4200, "a" + "1" * 9]),
    "lines": (r"^\d{3}$", regex.MULTILINE, ["123", "1234", "a\n123\nb", "123\n", "\n123"]),
    "whole texts": (r"\A\d{3}\Z", 0, ["123", "123\n", "\n123", "1234"]),
    "unbounded look-behind": (r"(?<=a+)b", 0, ["aab", "b", "xb", "a" * 300 + "b"]),
    "look-behind of two lengths": (r"(?<![0-9][.,]|x)1", 0, ["0.1", ",1", "x1", "å1", "1", "å.1"]),
    "look-behind at the text's start": (r"(?<=[^a])b", 0, ["b", "ab", "xb", "åb"]),
    "not a character at the text's start": (r"(?<![^a])b", 0, ["b", "ab", "xb", "åb"]),
    "NEL and no-break space are space": (r"a\sb", 0, ["a\x85b", "a\u00a0b", "a\u2007b", "a b", "a\u200bb"]),
    "separators of information are no space": (r"a\sb", 0, ["a\x1cb", "a\x1db", "a\x1eb", "a\x1fb"]),
    "separators of information are what is not space": (r"\Sx", 0, ["\x1cx", "\x1fx"]),
    "digits of other scripts": (r"\d{3}", 0, ["١٢٣", "１２３", "12３", "1²3"]),
    "the first alternative wins": ("a|ab|abc", 0, ["abc", "ab"]),
    "as few as possible": ("a.*?b", 0, ["aXbXb", "ab", "axå b"]),
    "never back into a possessive run": ("[0-9]++5?[a-z]?", 0, ["12355a", "5"]),
    "never back into an atomic group": ("(?>a*)ab|b", 0, ["aab", "b"]),
    "a back reference": (r"([ab])\1", 0, ["aa", "ab", "bb", "abba"]),
    "a named back reference across letters": (r"(?P<q>['\"])\w+(?P=q)", 0, ["'a'", "'a\"", '"øl"']),
    "a reference to a group of a look-ahead": (r"(?=(a|b))\1x", 0, ["ax", "bx", "cx"]),
    "a condition on a group": (r"(<)?a(?(1)>|!)", 0, ["<a>", "a!", "<a!"]),
    "matches without length": (r"a*|\b", 0, ["baa", "", "x"]),
    "case switched on inside": ("(?-i:NO)[0-9]a", FLAGS, ["NO1A", "no1a", "NO1a"]),
    "case switched off inside": ("(?i:no)1", 0, ["NO1", "No1", "n01"]),
    "flags at the front": ("(?is)a.b", 0, ["A\nB", "aåb"]),
    "without flags a dot takes no line break": ("a.b", 0, ["a\nb", "a\rb", "a\u2028b"]),
    "a range beyond ASCII": ("[a-\uffff]1", 0, ["`1", "a1", "å1", "\uffff1", "😀1"]),
    "four bytes": ("[😀-😂]", 0, ["😀😁😂😃"]),
    "POSIX classes": ("[[:digit:]]+x", 0, ["12x", ":x"]),
    "a nested bracket": (r"[[a]+1", 0, ["[a1", "b1"]),
    "approximate matching": ("(?:oslo){e<=1}", 0, ["osla", "oslo", "bergen", "oslo{e<=1}"]),
    "properties": (r"\p{Lu}\d", 0, ["Å1", "å1"]),
    "horizontal space": (r"a\hb", 0, ["a b", "a\u00a0b", "a\nb"]),
    "a look ahead within a look ahead": (r"ab*(?:(?=c1(?!22)[23])c|-)", 0, ["abc122", "abc13", "abc123", "a-", "ab"]),
    "looks that no character passes": ("(?=a)(?=b)a|(?=a)(?=b)1", 0, ["a", "b1"]),
    "a label between parts that can be split in two ways": (r"a[b1]*\Kb*1", 0, ["ab1", "abb1b1", "a1"]),
    "the preferred of several ends, not the farthest": ("a(?:b|bcd?)(?![x1])", 0, ["abcd", "abx", "abcdx", "abc1"]),
    "braces that are no count": (r"a\{b{,2}c", 0, ["a{c", "a{bbc", "a{bbbc"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
def test_gives_what_finditer_gives(name):
    expression, flags, texts = CASES[name]
    assert_same([(expression, flags)], texts)


@pytest.mark.parametrize("char", "kKsSiIåÅøæßẞſσςΣµμωθϑǆ\u212a\u212b\u2126\u1e9b")
def test_letters_match_in_either_case_as_regex_has_it(char):
    others = "kKsSiIåÅøØæÆßẞſσςΣµμωΩθϑΘǆǅǄ\u0130\u0131\u212a\u212b\u2126\u1e9b\u1e61"
    assert_same([(char, regex.IGNORECASE), (f"[^{char}]", regex.IGNORECASE), (f"[{char}]1", FLAGS)], list(others))


def test_two_cards_in_a_row_are_both_found(built_in):
    text = "5105 1051 0510 5100 4111\u00a01111 1111 1111"
    assert_same(built_in, [text])


def test_a_built_in_expression_gives_up_on_no_text():
    expressions = [(pattern.regex, FLAGS) for rule in load_rules() for pattern in rule.patterns]
    for text in ("x@" + "1." * 500_000, "x@" + "a." * 500_000, "x@" + "a-" * 500_000):
        assert scan(expressions, [text]) == set()


@pytest.mark.timeout(10)
def test_anchored_expressions_cost_no_more_for_many_texts():
    """Each candidate is asked in its own text: 80,000 cells take a minute if each looks through the whole buffer."""
    cells = ["12345678901"] * 80_000
    found = PatternSet([(r"^\d{11}$", FLAGS)]).scan(buffer_of(cells))
    assert len(found.start) == len(cells)


@pytest.mark.parametrize("unit", ["1.", "a@", "x@1.", "+47 ", "9", "２"])
def test_a_megabyte_of_nothing_gives_nothing_and_comes_to_an_end(built_in, compiled, unit):
    found = compiled.scan(buffer_of([unit * (1_000_000 // len(unit))]))
    assert len(found.start) <= 100_000


def test_texts_without_content_give_nothing(built_in, compiled):
    for texts in ([], [""], [""] * 100):
        assert scan(built_in, texts, compiled) == set()
    assert scan([], ["11837533335"]) == set()


def test_a_match_never_crosses_into_another_text():
    assert scan([(r"[\s\S]+", 0), (r"\d\D?\d", 0), (r"1[^2]*", 0)], ["1", "2", "", "1å"]) == {
        (0, 0, 0, 1), (0, 1, 0, 1), (0, 3, 0, 2), (2, 0, 0, 1), (2, 3, 0, 2),
    }  # fmt: skip


def test_look_around_never_reads_another_text():
    assert scan([(r"(?<![0-9])1(?![0-9])", 0), (r"\b1\b", 0)], ["9", "1", "9", "1"]) == {
        (0, 1, 0, 1), (0, 3, 0, 1), (1, 1, 0, 1), (1, 3, 0, 1),
    }  # fmt: skip


@pytest.mark.parametrize("expression", [r"(?:(?:a|aa)+)+(?<!xx)(?=[^a-z])b", r"(x)?(?:(?:a|aa)+)+[^a-z](?(1)y|z)"])
def test_an_expression_that_takes_too_long_is_given_up_without_quoting_the_text(monkeypatch, expression):
    monkeypatch.setattr("pii_scan.detect.ask.EXPRESSION_SECONDS", 0.2)
    with pytest.raises(ExpressionTimeout) as caught:
        scan([(expression, 0)], ["a" * 60 + "b"])
    assert "aa" not in str(caught.value)


@pytest.mark.timeout(10)
def test_many_candidates_of_one_text_share_the_time_that_an_expression_has(monkeypatch):
    """Each of 20,000 candidates runs to the end of the text: quadratic, where each alone is quick."""
    monkeypatch.setattr("pii_scan.detect.ask.EXPRESSION_SECONDS", 0.5)
    with pytest.raises(ExpressionTimeout):
        scan([(r"(?:[0-9]{1,3}\.)+x", 0)], ["1." * 20_000])
