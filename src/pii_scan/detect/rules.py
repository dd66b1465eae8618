"""Recognizers as data: reads the YAML files and checks that each says all it must. Compiles and runs nothing.

One file is one rule, for one entity type. The form is described in `recognizers/README.md`; users' own files have
the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import regex

from pii_scan.cache_folder import cache_folder
from pii_scan.errors import RuleError, nearest
from pii_scan.registry import data_folder
from pii_scan.yaml_file import kept_contents, read_mapping

FLAGS = int(regex.IGNORECASE | regex.MULTILINE | regex.DOTALL)
"""What Presidio compiles every pattern with; `(?-i:…)` switches case on again."""
MAX_RULE_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class RulePattern:
    """One written form of an entity."""

    name: str
    regex: str
    score: float
    """When no validator speaks, or it cannot tell."""
    validated: float
    """When the validator confirms."""
    context_boost: float | None = None
    """What a supporting word adds, where this form needs more or less than the rule's others."""


@dataclass(frozen=True, slots=True)
class RuleColumn:
    """A table column whose header says what its cells are."""

    header: str
    """Expression that the whole header must match, once it is brought into plain form (`context.plain_header`)."""
    cell: str
    """Expression that a whole cell must match."""
    score: float
    evidence: str = ""
    """`person`: counts only in a table about persons."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text and exactly what the rule must find in it (`None`: nothing)."""

    text: str
    match: str | None
    why: str = ""
    header: str = ""
    """The column's, when the text is a cell."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A recognizer, as its file states it."""

    id: str
    entity_type: str
    name: str
    category: str
    patterns: tuple[RulePattern, ...]
    validator: str
    context: tuple[str, ...]
    negative_context: tuple[str, ...]
    context_boost: float
    negative_penalty: float
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    counter_examples: tuple[Example, ...]
    origin: str
    """The file's name, for messages."""
    digest: str
    """SHA-256 over everything that decides what the rule finds, so that a changed rule shows in old results."""
    chance: float = 1.0
    """Share of arbitrary values of the same form that pass the validator; 1 where nothing follows from a pass."""
    evidence: str = ""
    """`person`: counts fully only where something near points at a person."""
    columns: tuple[RuleColumn, ...] = ()


_KEYS = {
    "id", "entity_type", "name", "category", "patterns", "validator", "context", "negative_context", "score",
    "references", "examples", "counter_examples", "description", "chance", "evidence", "columns",
}  # fmt: skip
_EVIDENCE = ("person",)
_REQUIRED = ("id", "entity_type", "name", "category", "examples", "counter_examples")
MIN_EXAMPLES = 5
"""Examples, and counter-examples, that `rules check` asks of a rule."""
ANY_CELL = r"\S(?:.{0,198}\S)?"
"""What a cell must look like where a rule's column does not say: anything short."""


def load_rules(
    paths: Iterable[str | Path] = (), *, only: Sequence[str] = (), elsewhere: Iterable[str] = ()
) -> tuple[Rule, ...]:
    """The built-in rules and those of `paths` (files or folders), in the order of their ids; a user's rule replaces a
    built-in one of the same id. `only`: entity types to keep; `elsewhere`: types that something else finds. Raises
    RuleError.
    """
    rules = {rule.id: rule for rule in _built_in()}
    for path in paths:
        seen: set[str] = set()
        for file in rule_files(Path(path)):
            content = _content(file)
            if isinstance(content.get("recognizers"), list):  # Presidio's own form: see `presidio_guest`
                continue
            rule = _parse(content, file.name)
            check_expressions(rule)
            if rule.id in seen:
                raise RuleError(f"{file.name}: the id {rule.id!r} is used twice")
            seen.add(rule.id)
            rules[rule.id] = rule
    known = {rule.entity_type for rule in rules.values()} | set(elsewhere)
    for entity_type in only:
        if entity_type not in known:
            raise RuleError(f"no rule finds {entity_type!r}", nearest(entity_type, known))
    chosen = [rule for rule in rules.values() if not only or rule.entity_type in only]
    return tuple(sorted(chosen, key=lambda rule: rule.id))


def rules_hash(rules: Iterable[Rule]) -> str:
    """SHA-256 over the rules' digests, in their order."""
    return hashlib.sha256("".join(rule.digest for rule in rules).encode()).hexdigest()


@cache
def _built_in() -> tuple[Rule, ...]:
    """Their expressions are checked by the tests, not at each start."""
    files = rule_files(data_folder("recognizers"))
    contents = kept_contents("rules", files, _content, cache_folder(os.environ))
    return tuple(_parse(content, file.name) for content, file in zip(contents, files, strict=True))


def check_expressions(rule: Rule) -> None:
    """Raises RuleError where an expression of `rule` is none, or matches the empty text."""
    for pattern in rule.patterns:
        if _compiled(pattern.regex, f"the pattern {pattern.name!r}", rule.origin).match(""):
            raise RuleError(f"{rule.origin}: the pattern {pattern.name!r} matches the empty text")
    for column in rule.columns:
        for key, expression in (("header", column.header), ("cell", column.cell)):
            _compiled(expression, f"{key!r} in 'columns'", rule.origin)


def rule_files(path: Path) -> list[Path]:
    """The YAML files that `path`, a file or a folder, stands for. Raises RuleError."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise RuleError(f"no such rule file or folder: {path}")
    files = sorted(file for suffix in ("*.yaml", "*.yml") for file in path.rglob(suffix))
    if not files:
        raise RuleError(f"no rule files (.yaml, .yml) in {path}")
    return files


def read_rule(file: Path) -> Rule:
    """The rule in `file`. Raises RuleError with the file, the key and the nearest right name."""
    rule = _parse(_content(file), file.name)
    check_expressions(rule)
    return rule


def _content(file: Path) -> dict[str, Any]:
    return read_mapping(file, MAX_RULE_BYTES, RuleError, "a rule")


def _parse(content: dict[str, Any], origin: str) -> Rule:
    _check_keys(content, _KEYS, origin)
    for key in _REQUIRED:
        if not content.get(key):
            raise RuleError(f"{origin}: {key!r} is missing")
    scores = _mapping(content.get("score", {}), origin, "score")
    _check_keys(scores, {"context", "negative"}, f"{origin}, score")
    patterns = tuple(_pattern(item, origin) for item in _list(content, "patterns", origin))
    if not patterns and not content.get("columns"):
        raise RuleError(f"{origin}: 'patterns' is missing")
    for i, pattern in enumerate(patterns):
        if pattern.name in {other.name for other in patterns[:i]}:
            raise RuleError(f"{origin}: two patterns have the name {pattern.name!r}")
    validator = _text(content, "validator", origin) if "validator" in content else ""
    _check_validator(validator, origin)
    examples = tuple(_example(item, origin) for item in _list(content, "examples", origin))
    counter = tuple(_counter_example(item, origin) for item in _list(content, "counter_examples", origin))
    context, negative = (_words(content, key, origin) for key in ("context", "negative_context"))
    boost = _score(scores.get("context", 0.35), origin, "score.context")
    penalty = _score(scores.get("negative", 0.5), origin, "score.negative")
    chance = _score(content.get("chance", 1), origin, "chance")
    evidence = _evidence(content, origin)
    columns = tuple(_column(item, origin) for item in _list(content, "columns", origin))
    forms = [dataclasses.astuple(pattern) for pattern in patterns]
    decisive = [
        str(content["entity_type"])[:100], forms, validator, context, negative, boost, penalty, chance, evidence,
        [dataclasses.astuple(column) for column in columns],
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(decisive, ensure_ascii=False).encode()).hexdigest()
    rule_id, entity_type, name, category = (_text(content, key, origin) for key in _REQUIRED[:4])
    references = _list(content, "references", origin)
    if not all(isinstance(reference, str) for reference in references):
        raise RuleError(f"{origin}: 'references' must be texts")
    return Rule(
        rule_id, entity_type, name, category, patterns,
        validator, context, negative, boost, penalty, tuple(references),
        examples, counter, origin, digest, chance, evidence, columns,
    )  # fmt: skip


def _check_keys(content: dict[str, Any], known: set[str], where: str) -> None:
    for key in content:
        if key not in known:
            raise RuleError(f"{where}: unknown key {str(key)!r}", nearest(str(key), known))


def _check_validator(name: str, origin: str) -> None:
    from pii_scan.detect.validators import VALIDATORS

    if name and name not in VALIDATORS:
        raise RuleError(f"{origin}: unknown validator {name!r}", nearest(name, VALIDATORS))


def _mapping(value: Any, origin: str, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RuleError(f"{origin}: {key!r} must be a mapping")
    return value


def _list(content: dict[str, Any], key: str, origin: str) -> list[Any]:
    value = content.get(key) or []
    if not isinstance(value, list):
        raise RuleError(f"{origin}: {key!r} must be a list")
    return value


def _words(content: dict[str, Any], key: str, origin: str) -> tuple[str, ...]:
    words = _list(content, key, origin)
    for word in words:
        if not isinstance(word, str) or not word.strip():
            hint = "YAML reads no, yes and numbers as values of their own: quote it"
            raise RuleError(f"{origin}: {key!r} holds {_brief(word)}, which is no word", hint)
    return tuple(word.strip().lower() for word in words)


def _text(content: dict[str, Any], key: str, origin: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RuleError(f"{origin}: {key!r} must be a text, not {_brief(value)}")
    return value


def _brief(value: Any) -> str:
    """A value as a message may show it: never a long one, never what aliases blow up."""
    return repr(value) if isinstance(value, str | int | float | None) and len(str(value)) < 80 else type(value).__name__


def _score(value: Any, origin: str, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise RuleError(f"{origin}: {key!r} must be a number from 0 to 1")
    return float(value)


def _compiled(expression: str, what: str, origin: str) -> regex.Pattern[str]:
    try:
        return regex.compile(expression, FLAGS)
    except RecursionError:
        raise RuleError(f"{origin}: {what} is not a regular expression: nested too deep") from None
    except regex.error as error:
        raise RuleError(f"{origin}: {what} is not a regular expression: {error}") from None


def _evidence(content: dict[str, Any], origin: str) -> str:
    evidence = content.get("evidence", "")
    if evidence and evidence not in _EVIDENCE:
        raise RuleError(f"{origin}: 'evidence' cannot be {_brief(evidence)}", nearest(str(evidence), _EVIDENCE))
    return str(evidence)


def _column(item: Any, origin: str) -> RuleColumn:
    item = _mapping(item, origin, "columns")
    where = f"{origin}, columns"
    _check_keys(item, {"header", "cell", "score", "evidence"}, where)
    header = _text(item, "header", where)
    cell = _text(item, "cell", where) if "cell" in item else ANY_CELL
    evidence = _text(item, "evidence", where) if "evidence" in item else ""
    if evidence and evidence not in _EVIDENCE:
        raise RuleError(f"{where}: unknown evidence {evidence!r}", nearest(evidence, _EVIDENCE))
    return RuleColumn(header, cell, _score(item.get("score", 0.7), where, "score"), evidence)


def _pattern(item: Any, origin: str) -> RulePattern:
    item = _mapping(item, origin, "patterns")
    _check_keys(item, {"name", "regex", "score", "validated", "context"}, f"{origin}, patterns")
    name, expression = (_text(item, key, f"{origin}, patterns") for key in ("name", "regex"))
    score = _score(item.get("score", 0.5), origin, "score")
    validated = _score(item.get("validated", max(score, 0.85)), origin, "validated")
    boost = _score(item["context"], origin, "context") if "context" in item else None
    return RulePattern(name, expression, score, validated, boost)


def _example(item: Any, origin: str) -> Example:
    item = _mapping(item, origin, "examples")
    _check_keys(item, {"text", "match", "header"}, f"{origin}, examples")
    if not item.get("text") or str(item.get("match", "")) not in str(item["text"]) or not item.get("match"):
        raise RuleError(f"{origin}: an example needs 'text' and, from it, the exact 'match'")
    return Example(str(item["text"]), str(item["match"]), header=str(item.get("header", "")))


def _counter_example(item: Any, origin: str) -> Example:
    item = _mapping(item, origin, "counter_examples")
    _check_keys(item, {"text", "why", "header"}, f"{origin}, counter_examples")
    if not item.get("text") or not item.get("why"):
        raise RuleError(f"{origin}: a counter-example needs 'text' and 'why'")
    return Example(str(item["text"]), None, str(item["why"]), str(item.get("header", "")))
