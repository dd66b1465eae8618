"""The built-in rules hold their examples; a rule that does not is named with the example."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from pii_scan.detect import ask
from pii_scan.detect.check import check_rules, slow_patterns
from pii_scan.detect.rules import Example, Rule, RulePattern, load_rules

AS_OF = date(2026, 11, 22)


def email() -> Rule:
    return load_rules(only=["EMAIL_ADDRESS"])[0]


def test_the_built_in_rules_hold_in_the_engine_and_in_presidio():
    assert check_rules(load_rules(), AS_OF) == []


def test_the_built_in_rules_hold_once_the_control_digits_of_2032_are_in_force():
    assert check_rules(load_rules(), date(2032, 1, 1)) == []


@pytest.mark.parametrize("rule", load_rules()[::3], ids=lambda rule: rule.id)
def test_a_built_in_rule_holds_alone(rule):
    assert check_rules([rule], AS_OF) == []


def test_each_built_in_rule_says_where_its_rule_of_the_world_is_written():
    for rule in load_rules():
        assert rule.references and all(reference.startswith("https://") for reference in rule.references)
        assert len(rule.patterns) == len({pattern.name for pattern in rule.patterns})


def test_a_rule_with_few_examples_is_named():
    few = replace(email(), counter_examples=email().counter_examples[:4])
    assert check_rules([few], AS_OF) == ["any.email: needs at least 5 examples and 5 counter_examples"]


def test_a_missed_example_is_named():
    broken = replace(email(), examples=(*email().examples, Example("ingen adresse her: kari", "kari")))
    assert check_rules([broken], AS_OF) == ["any.email: finds nothing in 'ingen adresse her: kari', not 'kari'"]


def test_an_example_that_finds_something_else_is_named():
    twice = Example("kari@example.no ola@example.no", "kari@example.no")
    broken = replace(email(), examples=(*email().examples, twice))
    (failure,) = check_rules([broken], AS_OF)
    assert "not 'kari@example.no'" in failure


def test_a_counter_example_that_is_found_is_named():
    wrong = Example("kari@example.no", None, "no address")
    broken = replace(email(), counter_examples=(*email().counter_examples, wrong))
    assert check_rules([broken], AS_OF) == [
        "any.email: finds something in the counter-example 'kari@example.no' (no address)"
    ]


def test_an_expression_that_cannot_be_compiled_is_named_with_its_cost():
    slow = replace(
        email(), id="acme.slow", entity_type="X", validator="", counter_examples=(),
        patterns=(RulePattern("slow", r"(?<q>['\"])\p{Lu}+(?P=q)", 0.5, 0.5),), examples=(Example("«'ÅÆ'»", "'ÅÆ'"),),
    )  # fmt: skip
    assert slow_patterns([email()]) == []
    (said,) = slow_patterns([email(), slow])
    assert re.fullmatch(
        r"acme\.slow: written form 'slow' cannot be compiled \(.+\): searched for text by text, "
        r"it takes [0-9.e+]+ ms a MB; the [0-9]+ that are compiled take [0-9.e+]+ ms a MB together",
        said,
    )
    assert not any("compiled" in failure for failure in check_rules([slow], AS_OF))


def test_an_expression_that_runs_without_end_is_named_and_given_up(monkeypatch):
    monkeypatch.setattr(ask, "EXPRESSION_SECONDS", 0.05)
    endless = replace(
        email(), id="acme.endless", entity_type="X", validator="", counter_examples=(),
        patterns=(RulePattern("endless", r"(x)?(?:(?:a|aa)+)+[^a-z](?(1)y|z)", 0.5, 0.5),),
        examples=(Example("a" * 60 + "b", None),),
    )  # fmt: skip
    (said,) = slow_patterns([endless])
    assert "takes too long to be measured" in said


def test_a_rule_is_checked_beside_the_others():
    """An example counts as missed where another rule takes its span."""
    greedy = replace(email(), id="acme.greedy", entity_type="ANYTHING", validator="", examples=(), counter_examples=(),
                     patterns=(RulePattern("all", r"\S+@\S+", 1.0, 1.0),))  # fmt: skip
    assert check_rules([email(), greedy], AS_OF)
