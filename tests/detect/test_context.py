"""Context words, against a slow oracle that follows the module's description."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.context import AFTER, BEFORE, WHOLE_WORD, ContextIndex
from pii_scan.detect.rules import Rule, RulePattern, load_rules

QUIET = settings(deadline=None, derandomize=True, database=None)
PATTERN = RulePattern("digits", "[0-9]+", 0.5, 0.5)
VALUE = "123456"


def rule(context: list[str], negative: list[str] = []) -> Rule:  # noqa: B006
    return Rule(
        "x.y", "Y", "Y", "other", (PATTERN,), "", tuple(context), tuple(negative), 0.35, 0.3, (), (), (), "x.yaml", ""
    )


RULES = [
    rule(["tlf", "telefon", "konto", "nr", "fødselsn", "nummer"], ["kontonummer", "id", "ål", "kid"]),
    rule(["onto", "kontonr", "f.nr", "fnr"], ["tlf", "faktura", "ø"]),
]
INDEX = ContextIndex(RULES)


def fold(text: str) -> str:
    """Small letters for ASCII and Latin-1, which keep their length in UTF-8."""
    return "".join(char.lower() if char < "\x80" or "À" <= char <= "Þ" else char for char in text)


def slow(rules: list[Rule], number: int, before: str, value: str, after: str) -> str:
    """The word that decides, '' for none: of those before on the line the last; else the last of a line above, if it
    supports; else the first that follows on the line. One that weakens counts only without a number of its own."""
    whole = fold(before + value + after).encode()
    start, end = len(before.encode()), len((before + value).encode())
    stop = min(end + AFTER, end + len(after.partition("\n")[0].encode()))
    above: dict[int, list[tuple[int, int, str]]] = {}
    follow: list[tuple[int, int, str]] = []
    for word in (*rules[number].context, *rules[number].negative_context):
        raw = word.encode()
        at = whole.find(raw)
        while at >= 0:
            left, right = whole[:at].decode()[-1:], whole[at + len(raw) :].decode()[:1]
            done = at + len(raw)
            if len(word) > WHOLE_WORD or not (left.isalnum() or right.isalpha()):
                if max(0, start - BEFORE) <= at and done <= start:
                    lines_up = whole[done:start].count(b"\n")
                    above.setdefault(lines_up, []).append((done, len(raw), word))
                elif end <= at and done <= stop:
                    follow.append((done, -len(raw), word))
            at = whole.find(raw, at + 1)
    for lines_up in sorted(above):
        done, _, word = max(above[lines_up])
        if word in rules[number].context or (lines_up == 0 and not has_digit(whole[done:start])):
            return word
    word = min(follow)[2] if follow else ""
    return "" if word in rules[number].negative_context and has_digit(whole[end:stop]) else word


def has_digit(raw: bytes) -> bool:
    return any(48 <= byte < 58 for byte in raw)


def named(index: ContextIndex, word: int) -> str:
    return index.words[word] if word >= 0 else ""


WORDS = ["tlf", "TLF", "telefon", "konto", "Kontonummer", "nr", "nummer", "FØDSELSN", "fødselsnummer", "ål", "Ål", "ÅL"]
WORDS += ["id", "f.nr", "fnr", "kid", "faktura", "ø", "Ø", "onto", "a", "år", "1", "9", "mob", "bankkontonummer"]
FILL = [" ", "  ", ": ", "-", ".", "\n", "\t", "\u00a0", "–", "§", "æ", "x", "7", " " * 20, "«", "»", "…", "æøå" * 8]
lines = st.lists(st.sampled_from(WORDS + FILL), max_size=14).map("".join)


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("faktura ", "", "faktura"), ("faktura 2024-118 gjelder (", ")", ""), ("", " faktura", "faktura"),
        ("", " faktura 123", ""), ("fnr ", " faktura", "fnr"), ("fnr 1 ", "", "fnr"), ("faktura\n", "", ""),
    ],
)  # fmt: skip
def test_a_word_that_weakens_counts_unless_it_has_a_number_of_its_own(before, after, word):
    assert named(INDEX, INDEX.nearest(1, before, after)) == word


@settings(QUIET, max_examples=250)
@given(lines, lines)
def test_the_nearest_word_decides(before, after):
    for number in range(len(RULES)):
        assert named(INDEX, INDEX.nearest(number, before, after)) == slow(RULES, number, before, VALUE, after)


def columns_of(rows: list[tuple[str, str, str]], padding: int = 512):
    """(buffer, start, end) of the value of each (before, value, after), as the engine lays texts out."""
    buffer, start, end = b"\xff" * padding, [], []
    for before, value, after in rows:
        start.append(len(buffer) + len(before.encode()))
        end.append(start[-1] + len(value.encode()))
        buffer += (before + value + after).encode() + b"\xff"
    buffer += b"\xff" * padding
    return np.frombuffer(buffer, np.uint8), np.array(start, np.int64), np.array(end, np.int64)


@settings(QUIET, max_examples=120)
@given(st.lists(st.tuples(lines, lines, st.integers(0, 1)), min_size=1, max_size=6))
def test_many_at_once_give_what_each_gives_alone_and_no_text_speaks_for_another(rows):
    buffer, start, end = columns_of([(before, VALUE, after) for before, after, _ in rows])
    numbers = np.array([number for *_, number in rows])
    many = INDEX.nearest_many(buffer, start, end, numbers)
    assert [named(INDEX, word) for word in many.tolist()] == [
        slow(RULES, number, before, VALUE, after) for before, after, number in rows
    ]
    assert many.tolist() == [INDEX.nearest(number, before, after) for before, after, number in rows]


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("", "(123)", "tlf"),
        ("", "12:", "nr 5"),
        ("tlf", "abc1", ""),
        ("nr", "NO12", ""),
        ("tlf", "(12)", ""),
        ("", "1a", "nr"),
    ],
)
def test_one_and_many_agree_whatever_the_value_begins_and_ends_with(before, value, after):
    buffer, start, end = columns_of([(before, value, after)])
    assert INDEX.nearest_many(buffer, start, end, np.array([0])).tolist() == [INDEX.nearest(0, before, after)]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("tlf ", "tlf"), ("TLF. ", "tlf"), ("tlf", "tlf"), ("mtlf ", ""), ("tlfa ", ""), ("1tlf ", ""),
        ("_tlf ", "tlf"),
        ("bankkontonummer ", "kontonummer"), ("KONTONUMMERET ", "kontonummer"), ("FØDSELSNUMMER ", "nummer"),
        ("Fødselsnr ", "fødselsn"), ("FØDSELSNR ", "fødselsn"), ("Ål ", "ål"), ("ÅL: ", "ål"), ("mål ", ""),
        ("Åål ", ""),
        ("ålé ", ""), ("«ål» ", "ål"), ("\u00a0ål\u00a0", "ål"), ("–ål– ", "ål"),
        ("ål\n", ""), ("konto\n", "konto"), ("konto\n\n", "konto"), ("konto ål\n", ""),
        ("konto tlf ", "tlf"),
        ("konto nr ", "nr"), ("", ""), ("konto\nål ", "ål"),
    ],
)  # fmt: skip
def test_short_words_stand_alone_and_long_ones_also_in_compounds(before, expected):
    assert named(INDEX, INDEX.nearest(0, before, "")) == expected


@pytest.mark.parametrize("sign", ["📞", "☎", "✉️", "：", "\u3000"])
def test_a_sign_beside_a_short_word_is_no_letter(sign):
    assert named(INDEX, INDEX.nearest(0, f"{sign}tlf ", "")) == "tlf"
    assert named(INDEX, INDEX.nearest(0, f"tlf{sign}", "")) == "tlf"


def test_what_stands_before_wins_over_what_follows():
    assert named(INDEX, INDEX.nearest(0, "konto ", " tlf")) == "konto"
    assert named(INDEX, INDEX.nearest(0, "xx ", " tlf")) == "tlf"


@pytest.mark.parametrize(("gap", "seen"), [(BEFORE - 5, True), (BEFORE - 4, False)])
def test_the_window_before_is_measured_in_bytes(gap, seen):
    assert (INDEX.nearest(0, "konto" + " " * gap, "") >= 0) is seen
    assert (INDEX.nearest(0, "konto" + "å" * (gap // 2) + " " * (gap % 2), "") >= 0) is seen


@pytest.mark.parametrize(("gap", "seen"), [(AFTER - 5, True), (AFTER - 4, False)])
def test_the_window_after_is_shorter_and_ends_with_the_line(gap, seen):
    assert (INDEX.nearest(0, "", " " * gap + "konto") >= 0) is seen
    assert INDEX.nearest(0, "", "\nkonto") == -1
    assert INDEX.nearest(0, "konto\n", "") >= 0


def test_only_words_of_the_rule_count():
    assert named(INDEX, INDEX.nearest(0, "faktura ", "")) == ""
    assert named(INDEX, INDEX.nearest(1, "faktura ", "")) == "faktura"


def test_effects_are_the_rules_own_and_nothing_for_no_word():
    words = {word: i for i, word in enumerate(INDEX.words)}
    assert INDEX.effect[0, words["tlf"]] == np.float32(0.35)
    assert INDEX.effect[1, words["tlf"]] == np.float32(-0.3)
    assert not INDEX.effect[:, -1].any()


def test_rules_without_words_find_none():
    for rules in ([], [rule([])], [replace(rule(["tlf"]), context_boost=0.0)]):
        assert ContextIndex(rules).nearest(0, "tlf ", " tlf") == -1


def test_context_words_of_the_built_in_rules_are_words():
    """YAML reads no, on, off, yes, y and n as truth values: a rule that wants the word must quote it."""
    words = {word for one in load_rules() for word in (*one.context, *one.negative_context)}
    assert not words & {"true", "false", "none", "null"}
    assert all(word == word.strip().lower() and word for word in words)


def test_a_megabyte_of_words_is_looked_at_only_near_the_value():
    before = "konto " * 200_000
    assert named(INDEX, INDEX.nearest(0, before, before)) == "konto"
    assert named(INDEX, INDEX.nearest(0, before + "x" * 64, "y" * 32 + before)) == ""
