"""Rule files: what is wrong is said with file, key and the nearest right name; what is hostile is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from pii_scan.detect.rules import MAX_RULE_BYTES, check_expressions, load_rules, read_rule, rules_hash
from pii_scan.errors import RuleError

GOOD: dict[str, Any] = {
    "id": "acme.member",
    "entity_type": "CUSTOMER_ID",
    "name": "Member number",
    "category": "customer_id",
    "patterns": [{"name": "M and 6 digits", "regex": "(?<![A-Z])M[0-9]{6}(?![0-9])", "score": 0.5}],
    "context": ["medlem", "member"],
    "negative_context": ["ordre"],
    "score": {"context": 0.3, "negative": 0.4},
    "references": ["https://example.com/"],
    "examples": [{"text": f"medlem M12345{n}", "match": f"M12345{n}"} for n in range(3)],
    "counter_examples": [{"text": f"M1234{n}", "why": "too short"} for n in range(3)],
}


def written(folder: Path, content: Any, name: str = "member.yaml") -> Path:
    file = folder / name
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    return file


def changed(**values: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **values}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in copy.deepcopy(GOOD).items() if name != key}


def pattern(**values: Any) -> dict[str, Any]:
    return changed(patterns=[{**GOOD["patterns"][0], **values}])


def refusal(folder: Path, content: Any) -> str:
    with pytest.raises(RuleError) as caught:
        read_rule(written(folder, content))
    assert "member.yaml" in str(caught.value)
    return str(caught.value)


def test_a_whole_rule_is_read_as_it_is_written(tmp_path):
    rule = read_rule(written(tmp_path, GOOD))
    assert (rule.id, rule.entity_type, rule.category, rule.origin) == (
        "acme.member", "CUSTOMER_ID", "customer_id", "member.yaml",
    )  # fmt: skip
    assert (rule.patterns[0].score, rule.patterns[0].validated, rule.patterns[0].context_boost) == (0.5, 0.85, None)
    assert (rule.context, rule.negative_context) == (("medlem", "member"), ("ordre",))
    assert (rule.context_boost, rule.negative_penalty) == (0.3, 0.4)
    assert [example.match for example in rule.counter_examples] == [None] * 3


def test_what_is_left_out_has_a_default(tmp_path):
    bare = {key: GOOD[key] for key in ("id", "entity_type", "name", "category", "examples", "counter_examples")}
    rule = read_rule(written(tmp_path, {**bare, "patterns": [{"name": "m", "regex": "M[0-9]{6}"}]}))
    assert (rule.validator, rule.context, rule.references) == ("", (), ())
    assert (rule.context_boost, rule.negative_penalty, rule.patterns[0].score) == (0.35, 0.5, 0.5)


@pytest.mark.parametrize("key", ["id", "entity_type", "name", "category", "patterns", "examples", "counter_examples"])
def test_what_is_missing_is_named(tmp_path, key):
    assert f"'{key}' is missing" in refusal(tmp_path, without(key))
    assert f"'{key}' is missing" in refusal(tmp_path, changed(**{key: None}))


@pytest.mark.parametrize(
    ("content", "wrong", "hint"),
    [
        (changed(contxt=["x"]), "contxt", "context"),
        (changed(score={"contex": 0.3}), "contex", "context"),
        (pattern(regexp="x"), "regexp", "regex"),
        (pattern(validate=0.5), "validate", "validated"),
        (changed(validator="luhn_cards"), "luhn_cards", "luhn_card"),
        (changed(validator="no_fodselsnumer"), "no_fodselsnumer", "no_fodselsnummer"),
        (changed(examples=[{"txt": "M123456", "match": "M123456"}] * 3), "txt", "text"),
        (changed(counter_examples=[{"text": "x", "whi": "y"}] * 3), "whi", "why"),
    ],
)
def test_a_misspelt_name_comes_with_the_nearest_right_one(tmp_path, content, wrong, hint):
    message = refusal(tmp_path, content)
    assert repr(wrong) in message
    assert f"did you mean {hint!r}?" in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (pattern(regex="M[0-9"), "not a regular expression"),
        (pattern(regex="(?P<a>x)(?P=b)"), "not a regular expression"),
        (pattern(regex="(" * 3000 + "x" + ")" * 3000), "not a regular expression"),
        (pattern(regex=r"\d*"), "matches the empty text"),
        (pattern(regex="(?:)"), "matches the empty text"),
        (pattern(regex="a|"), "matches the empty text"),
        (pattern(regex=""), "'regex'"),
        (pattern(name=""), "'name'"),
        (pattern(score=1.5), "'score'"),
        (pattern(score=-0.1), "'score'"),
        (pattern(score="high"), "'score'"),
        (pattern(score=True), "'score'"),
        (pattern(score=float("nan")), "'score'"),
        (pattern(validated=2), "'validated'"),
        (pattern(context=7), "'context'"),
        (changed(score={"context": 9}), "'score.context'"),
        (changed(score={"negative": "x"}), "'score.negative'"),
        (changed(score=[1]), "'score' must be a mapping"),
        (changed(patterns="x"), "'patterns' must be a list"),
        (changed(patterns=["x"]), "'patterns' must be a mapping"),
        (changed(context="medlem"), "'context' must be a list"),
        (changed(chance=2), "'chance' must be a number from 0 to 1"),
        (changed(evidence="persons"), "did you mean 'person'"),
        (changed(columns=[{"cell": "x"}]), "columns: 'header' must be a text"),
        (changed(columns=[{"header": "(", "score": 0.5}]), "'header' in 'columns' is not a regular expression"),
        (changed(columns=[{"header": "x", "score": 7}]), "'score' must be a number from 0 to 1"),
        (changed(columns=[{"headers": "x"}]), "did you mean 'header'"),
        (changed(examples=[{"text": "M123456", "match": "M654321"}] * 3), "'match'"),
        (changed(examples=[{"text": "M123456"}] * 3), "'match'"),
        (changed(counter_examples=[{"text": "M1"}] * 3), "'why'"),
        (changed(examples=["M123456"] * 3), "'examples' must be a mapping"),
        ("- a\n- b\n", "mapping"),
        ("just text", "mapping"),
        ("", "'id' is missing"),
        ("id: [\n", "line 1"),
        ("id: a\n\tname: b\n", "line 2"),
        ("id: !!python/object/apply:os.system ['true']\n", "line 1"),
        ("id: !!python/name:os.system\n", "line 1"),
        ("id: *nowhere\n", "line 1"),
        ("id: 2026-13-45\n", "cannot be read"),
        ("id: !!int abc\n", "cannot be read"),
        ("id: \x07\n", "cannot be read"),
        ("id: " + "9" * 5000 + "\n", "cannot be read"),
        ("[" * 2000, "member.yaml"),
        ("? [a]\n: b\n", "member.yaml"),
        ("1: x\n", "unknown key '1'"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_key(tmp_path, content, says):
    assert says in refusal(tmp_path, content)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    file = tmp_path / "member.yaml"
    file.write_bytes(b"id: \xe5\n")
    with pytest.raises(RuleError, match="member.yaml"):
        read_rule(file)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    with pytest.raises(RuleError, match=f"larger than {MAX_RULE_BYTES >> 10} KiB"):
        read_rule(written(tmp_path, "# " + "x" * MAX_RULE_BYTES))


def test_a_file_that_does_not_exist_is_said_so(tmp_path):
    with pytest.raises(RuleError, match="no such rule file or folder"):
        load_rules([tmp_path / "none.yaml"])


BOMB = "description:\n  - &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"  - &{name} [{','.join(['*' + before] * 10)}]\n" for before, name in zip("abcd", "bcde", strict=True)
)
"""A hundred thousand x, written with aliases: fewer than what the reader of YAML refuses by itself."""


@pytest.mark.timeout(20)
def test_aliases_that_multiply_are_harmless_where_nothing_reads_them(tmp_path):
    rule = read_rule(written(tmp_path, yaml.safe_dump(GOOD) + BOMB))
    assert rule.id == GOOD["id"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("key", ["context", "negative_context", "references", "id", "name", "entity_type", "category"])
def test_aliases_that_multiply_never_become_words_or_names(tmp_path, key):
    value = "*e" if isinstance(GOOD[key], str) else "[*e]"
    content = yaml.safe_dump(without(key)) + BOMB + f"{key}: {value}\n"
    message = refusal(tmp_path, content)
    assert key in message
    assert len(message) < 500


@pytest.mark.parametrize("word", ["no", "on", "null", "2026-01-01", "[a, b]"])
@pytest.mark.parametrize("key", ["context", "negative_context"])
def test_a_word_that_yaml_does_not_read_as_text_is_refused(tmp_path, key, word):
    """Unquoted `no` is False in YAML 1.1: the rule would silently look for «false»."""
    assert key in refusal(tmp_path, yaml.safe_dump(without(key)) + f"{key}: [medlem, {word}]\n")


def test_a_quoted_word_is_taken_as_it_is(tmp_path):
    rule = read_rule(written(tmp_path, yaml.safe_dump(without("context")) + "context: ['no', '0192', ÅL]\n"))
    assert rule.context == ("no", "0192", "ål")


def test_two_written_forms_of_one_name_are_refused(tmp_path):
    """Presidio, and the reasons of a finding, know a form by its name."""
    forms = [{"name": "m", "regex": "M1[0-9]", "score": 0.5}, {"name": "m", "regex": "M2[0-9]", "score": 0.1}]
    assert "'m'" in refusal(tmp_path, changed(patterns=forms))


def test_an_id_that_is_used_twice_in_a_folder_is_refused(tmp_path):
    written(tmp_path, GOOD, "a.yaml")
    written(tmp_path, GOOD, "b.yml")
    with pytest.raises(RuleError, match=r"b\.yml: the id 'acme.member' is used twice"):
        load_rules([tmp_path])


def test_folders_are_read_with_their_folders(tmp_path):
    (tmp_path / "no" / "deep").mkdir(parents=True)
    written(tmp_path / "no" / "deep", GOOD)
    written(tmp_path, changed(id="acme.other"), "other.yml")
    written(tmp_path, "not a rule", "notes.txt")
    ids = [rule.id for rule in load_rules([tmp_path])]
    assert {"acme.member", "acme.other", "any.email"} <= set(ids)
    assert ids == sorted(ids)


def test_a_users_rule_replaces_the_built_in_one_of_its_id(tmp_path):
    mine = load_rules([written(tmp_path, changed(id="any.email", entity_type="EMAIL_ADDRESS"))])
    assert len(mine) == len(load_rules())
    assert [rule.name for rule in mine if rule.id == "any.email"] == ["Member number"]
    assert "Member number" not in [rule.name for rule in load_rules()], "and only for this call"


def test_only_keeps_the_named_types():
    assert {rule.entity_type for rule in load_rules(only=["EMAIL_ADDRESS", "IBAN_CODE"])} == {
        "EMAIL_ADDRESS",
        "IBAN_CODE",
    }


def test_only_with_an_unknown_type_names_the_nearest():
    with pytest.raises(RuleError, match="EMAIL_ADRESS.*did you mean 'EMAIL_ADDRESS'"):
        load_rules(only=["EMAIL_ADRESS"])


@pytest.mark.parametrize(
    "content",
    [
        pattern(regex="M[0-9]{7}"), pattern(score=0.6), pattern(validated=0.9), pattern(context=0.1),
        changed(context=["x"]),
        changed(negative_context=[]), changed(score={"context": 0.31, "negative": 0.4}), changed(validator="luhn_card"),
        changed(score={"context": 0.3, "negative": 0.41}), changed(entity_type="OTHER"),
        changed(patterns=GOOD["patterns"] + [{"name": "n", "regex": "N[0-9]"}]),
    ],
)  # fmt: skip
def test_the_digest_changes_with_what_decides(tmp_path, content):
    assert read_rule(written(tmp_path, content)).digest != read_rule(written(tmp_path, GOOD)).digest


@pytest.mark.parametrize(
    "content",
    [
        "# a comment\n" + yaml.safe_dump(GOOD),
        yaml.safe_dump(GOOD, sort_keys=True),
        yaml.safe_dump(GOOD, default_flow_style=True),
        changed(examples=GOOD["examples"] * 2),
        changed(counter_examples=GOOD["counter_examples"] * 2),
        changed(references=[]),
        changed(description="For people."),
        changed(name="Medlemsnummer"),
    ],
)
def test_the_digest_stays_with_what_does_not(tmp_path, content):
    assert read_rule(written(tmp_path, content)).digest == read_rule(written(tmp_path, GOOD)).digest


def test_the_hash_of_a_rule_set_depends_on_every_rule():
    rules = load_rules()
    assert rules_hash(rules) == rules_hash(load_rules())
    assert (
        len({rules_hash(rules[:i] + rules[i + 1 :]) for i in range(len(rules))} | {rules_hash(rules)}) == len(rules) + 1
    )


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
def test_the_expressions_of_built_in_rules_are_sound(rule):
    check_expressions(rule)
