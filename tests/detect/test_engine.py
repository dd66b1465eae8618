"""Scores, context, verdicts and reasons of the engine, on small rules of its own."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pii_scan.detect.engine import HEADER_WORD, RuleEngine, no_detections
from pii_scan.detect.rules import Rule, RulePattern, load_rules
from pii_scan.detect.validators import REJECTED, SYNTHETIC, UNSURE, VALID

AS_OF = date(2026, 11, 22)
DIGITS = RulePattern("three digits", "(?<![0-9])[0-9]{3}(?![0-9])", 0.4, 0.6)


def rule(rule_id: str, *patterns: RulePattern, entity_type: str = "", validator: str = "", **values: object) -> Rule:
    given = {"context": (), "negative_context": (), "context_boost": 0.35, "negative_penalty": 0.3, **values}
    return Rule(
        rule_id, entity_type or rule_id.upper(), rule_id, "other", patterns or (DIGITS,), validator,
        given["context"], given["negative_context"], given["context_boost"], given["negative_penalty"],
        (), (), (), "x.yaml", rule_id,
    )  # fmt: skip


def found(rules: list[Rule], *texts: str, header: str = "", **options: object) -> list[tuple]:
    """(text, start, end, rule id, score) of each detection."""
    engine = RuleEngine(rules, AS_OF)
    rows = engine.detect(pa.array(texts), header, **options)
    return [
        (text, start, end, rules[number].id, round(score, 3))
        for text, start, end, number, score in zip(
            rows.text.tolist(),
            rows.start.tolist(),
            rows.end.tolist(),
            rows.rule.tolist(),
            rows.score.tolist(),
            strict=True,
        )
    ]


def test_a_pattern_without_a_validator_has_its_own_score():
    assert found([rule("a")], "x 123") == [(0, 2, 5, "a", 0.4)]


def test_a_confirmed_match_has_the_validated_score_and_a_rejected_one_is_gone():
    card = RulePattern("digits", "[0-9]{16}", 0.2, 0.9)
    rules = [rule("card", card, validator="luhn_card")]
    assert found(rules, "4111111111111111", "4111111111111112") == [(0, 0, 16, "card", 0.9)]


def test_an_unsure_verdict_leaves_the_patterns_own_score():
    address = RulePattern("address", r"[0-9.]{7,15}", 0.4, 0.7)
    assert found([rule("ip", address, validator="ip")], "10.1.2.3", "45.83.12.7") == [
        (0, 0, 8, "ip", 0.4),
        (1, 0, 10, "ip", 0.7),
    ]


def test_words_near_add_and_take_and_scores_stay_between_0_and_1():
    rules = [rule("a", context=("konto",), negative_context=("ordre",), context_boost=0.9, negative_penalty=0.9)]
    assert found(rules, "konto 123", "ordre 123", "123") == [(0, 6, 9, "a", 1.0), (2, 0, 3, "a", 0.4)]


def test_a_pattern_may_have_its_own_boost_but_not_its_own_penalty():
    own = RulePattern("own", "[0-9]{3}", 0.1, 0.1, 0.7)
    rules = [rule("a", own, context=("konto",), negative_context=("ordre",), negative_penalty=0.05)]
    assert found(rules, "konto 123", "ordre 123") == [(0, 6, 9, "a", 0.8), (1, 6, 9, "a", 0.05)]


def test_a_boost_of_nothing_is_no_boost():
    rules = [rule("a", RulePattern("own", "[0-9]{3}", 0.1, 0.1, 0.0), context=("konto",))]
    assert found(rules, "konto 123") == [(0, 6, 9, "a", 0.1)]


def test_the_header_speaks_only_where_the_cell_does_not():
    rules = [rule("a", context=("konto",), negative_context=("ordre",))]
    assert found(rules, "123", "ordre 123", header="Konto") == [(0, 0, 3, "a", 0.75), (1, 6, 9, "a", 0.1)]
    assert found(rules, "123", header="Ordre") == [(0, 0, 3, "a", 0.1)]
    assert found(rules, "123", header="Beløp") == [(0, 0, 3, "a", 0.4)]


def test_no_word_of_another_cell_counts():
    rules = [rule("a", context=("konto",))]
    assert found(rules, "konto", "123", "konto") == [(1, 0, 3, "a", 0.4)]


def test_the_threshold_is_met_by_what_equals_it():
    rules = [rule("a")]
    assert len(found(rules, "123", min_score=0.4)) == 1
    assert len(found(rules, "123", min_score=0.41)) == 0


def test_within_a_type_what_lies_inside_a_better_one_goes():
    long = RulePattern("long", "[0-9]{3}-[0-9]{3}", 0.5, 0.5)
    rules = [rule("a", DIGITS, long, entity_type="T"), rule("b", entity_type="T")]
    assert found(rules, "123-456", resolve=False) == [(0, 0, 7, "a", 0.5)]


def test_a_worse_one_around_a_better_one_stays_unless_spans_are_resolved():
    long = RulePattern("long", "[0-9]{3}-[0-9]{3}", 0.2, 0.2)
    rules = [rule("a", DIGITS, long)]
    assert [row[1:3] for row in found(rules, "123-456", resolve=False)] == [(0, 3), (0, 7), (4, 7)]
    assert [row[1:3] for row in found(rules, "123-456")] == [(0, 3), (4, 7)]


def test_of_types_on_one_span_the_best_stays_then_the_first_rule():
    weak, strong = RulePattern("w", "[0-9]{3}", 0.3, 0.3), RulePattern("s", "[0-9]{3}", 0.7, 0.7)
    assert found([rule("a", weak), rule("b", strong), rule("c", strong)], "123") == [(0, 0, 3, "b", 0.7)]
    assert len(found([rule("a", weak), rule("b", strong), rule("c", strong)], "123", resolve=False)) == 3


def test_context_decides_between_types():
    rules = [rule("a", context=("konto",)), rule("b", context=("kunde",))]
    assert found(rules, "konto 123", "kunde 123") == [(0, 6, 9, "a", 0.75), (1, 6, 9, "b", 0.75)]


def test_offsets_are_bytes_within_the_text():
    assert found([rule("a")], "å", "æøå 123") == [(1, 7, 10, "a", 0.4)]


def test_rows_are_sorted_by_text_and_start():
    rows = found([rule("b"), rule("a", RulePattern("x", "x+", 0.5, 0.5))], "xx 123 xx", "123 xx 456", resolve=False)
    assert [row[:2] for row in rows] == [(0, 0), (0, 3), (0, 7), (1, 0), (1, 4), (1, 7)]


def test_detections_hold_numbers_only():
    rows = RuleEngine([rule("a", context=("konto",))], AS_OF).detect(pa.array(["konto 123", "456"]))
    assert len(rows) == 2
    assert all(isinstance(getattr(rows, name), np.ndarray) for name in rows.__slots__)
    assert all(getattr(rows, name).dtype.kind in "iuf" for name in rows.__slots__)
    assert len(rows.take(np.array([False, True]))) == 1
    assert len(no_detections()) == 0


def test_two_rules_may_share_an_expression():
    other = RulePattern("same", DIGITS.regex, 0.5, 0.5)
    assert len(found([rule("a"), rule("b", other)], "123", resolve=False)) == 2


def test_expressions_that_cannot_be_compiled_are_named_by_rule_and_still_work():
    strange = RulePattern("strange", r"\p{Lu}{2}[0-9]{2}(?(?=x)x|)", 0.5, 0.5)
    engine = RuleEngine([rule("a"), rule("odd", strange)], AS_OF)
    assert [name for name, _ in engine.uncompiled] == ["odd"]
    assert len(engine.detect(pa.array(["ÅÆ12", "åæ"]))) == 1


def test_an_engine_without_rules_finds_nothing():
    assert found([], "123", header="Konto") == []


def test_reasons_name_the_form_the_check_the_word_and_never_the_text():
    engine = RuleEngine(load_rules(), AS_OF)
    rows = engine.detect(pa.array(["fnr 11837533335", "konto 11837533336"]))
    (why,) = [
        engine.reasons(*map(int, row)) for row in zip(rows.rule, rows.pattern, rows.verdict, rows.word, strict=True)
    ]
    assert why == ["written form: 11 digits", "check passed", "test series", "supported by «fnr» (near)"]
    rows = engine.detect(pa.array(["11837533335"]), "Konto")
    for row in zip(rows.rule, rows.pattern, rows.verdict, rows.word, strict=True):
        why = engine.reasons(*map(int, row))
        assert why[-1].endswith("by «konto» (column header)")
        assert not any("11837533335" in reason for reason in why)
        assert int(row[3]) >= HEADER_WORD


@pytest.mark.parametrize(("verdict", "word", "lines"), [(UNSURE, -1, 1), (VALID, -1, 2), (VALID | SYNTHETIC, -1, 3)])
def test_reasons_say_no_more_than_is_known(verdict, word, lines):
    engine = RuleEngine([rule("a", validator="luhn_card")], AS_OF)
    assert len(engine.reasons(0, 0, verdict, word)) == lines


def test_a_long_match_among_many_short_ones_costs_no_matrix_of_both():
    """A validator of digits sees 20 of them: 50,000 short runs beside one of a megabyte must not need 50 GB."""
    run = RulePattern("run", "(?<![0-9])[0-9]+", 0.5, 0.9)
    engine = RuleEngine([rule("card", run, validator="luhn_card")], AS_OF)
    rows = engine.detect(pa.array(["4111111111111111"] * 50_000 + ["1" * 1_000_000]))
    assert len(rows) == 50_000
    assert REJECTED == 0
