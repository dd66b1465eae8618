"""`pii-scan rules list|show|check`."""

from __future__ import annotations

from typing import Any

import click

from pii_scan.cli.options import common, output
from pii_scan.errors import UsageError, nearest


@click.group("rules", short_help="List, show or check the recognizers.")
def command() -> None:
    """The recognizers: what is looked for, how, and whether they hold what they promise.

    \b
    Example:
      pii-scan rules check my-rules/
    """  # noqa: D301  \b is for click


@command.command("list")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@common
def list_rules(paths: tuple[str, ...], **options: Any) -> None:
    """List the built-in rules and those in PATH.

    \b
    Example:
      pii-scan rules list
    """  # noqa: D301  \b is for click
    from pii_scan.detect.name_rule import name_rule
    from pii_scan.detect.rules import load_rules

    talk = output(**options)
    rules = (*load_rules(paths), name_rule())
    widths = [max(len(getattr(rule, name)) for rule in rules) for name in ("id", "entity_type", "category")]
    for rule in rules:
        cells = (rule.id, rule.entity_type, rule.category)
        talk.say("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + f"  {rule.name}")


@command.command("show")
@click.argument("rule_id", metavar="ID")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@common
def show(rule_id: str, paths: tuple[str, ...], **options: Any) -> None:
    """Show one rule: its written forms, its check, its words, its examples.

    \b
    Example:
      pii-scan rules show no.fodselsnummer
    """  # noqa: D301  \b is for click
    from pii_scan.detect.name_rule import name_rule
    from pii_scan.detect.rules import load_rules

    talk = output(**options)
    rules = {rule.id: rule for rule in (*load_rules(paths), name_rule())}
    rule = rules.get(rule_id) or next((r for r in rules.values() if r.entity_type == rule_id), None)
    if rule is None:
        raise UsageError(f"no rule {rule_id!r}", nearest(rule_id, rules))
    talk.say(f"{rule.id}: {rule.name}\nentity type {rule.entity_type}, category {rule.category}, "
             f"check {rule.validator or 'none'}, hash {rule.digest[:16]}")  # fmt: skip
    for pattern in rule.patterns:
        talk.say(f"  form {pattern.name}: score {pattern.score}, confirmed {pattern.validated}\n    {pattern.regex}")
    for title, words in (("supporting words", rule.context), ("weakening words", rule.negative_context)):
        if words:
            talk.say(f"  {title}: {', '.join(words)}")
    for example in rule.examples:
        talk.say(f"  finds {example.match!r} in {example.text!r}")
    for example in rule.counter_examples:
        talk.say(f"  finds nothing in {example.text!r}: {example.why}")
    for reference in rule.references:
        talk.say(f"  {reference}")


@command.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@common
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Run every example and counter-example of the built-in rules and those in PATH; exit 1 if one fails.

    Each runs through the engine and through Presidio, which must agree. A form that cannot be compiled with the others
    fails, and is named with what it costs.

    \b
    Example:
      pii-scan rules check my-rules/
    """  # noqa: D301  \b is for click
    from pii_scan.detect.check import check_rules, slow_patterns
    from pii_scan.detect.rules import load_rules
    from pii_scan.inventory.categories import categories

    talk = output(**options)
    rules = load_rules(paths)
    known = categories().by_key
    failures = [*check_rules(rules), *slow_patterns(rules)]
    for rule in rules:
        if rule.category not in known:
            failures.append(f"{rule.id}: no category {rule.category!r}: {nearest(rule.category, known)}")
    for failure in failures:
        talk.say(failure)
    examples = sum(len(rule.examples) + len(rule.counter_examples) for rule in rules)
    talk.say(f"{len(rules)} rules, {examples} examples, {len(failures)} failures")
    return 1 if failures else 0
