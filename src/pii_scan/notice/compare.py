"""Compares what was found, what the record of processing activities says, and what the notice declares.

Runs the rules G01 to G19 in order and applies what is accepted. Deviations, never violations: what a gap means is for
a person to judge. Nothing that was not scanned counts as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from pii_scan.inventory.build import Inventory
from pii_scan.inventory.categories import CategoryTable, categories
from pii_scan.notice import (
    rules_coverage,
    rules_declaration,
    rules_law,
    rules_persons,
    rules_recipients,
    rules_retention,
)  # fmt: skip
from pii_scan.notice.accept import apply
from pii_scan.notice.case import Case, Profile
from pii_scan.notice.facts import Facts
from pii_scan.notice.gaps import Acceptance, Comparison, Gap, Outcome
from pii_scan.notice.lint import Level
from pii_scan.notice.model import Notice
from pii_scan.notice.record import Record

_RULES: tuple[Callable[[Case], Iterator[Gap]], ...] = (
    rules_declaration.undeclared,  # G01
    rules_declaration.vague,  # G02
    rules_declaration.not_found,  # G03
    rules_recipients.unnamed,  # G04
    rules_law.misplaced,  # G05
    rules_law.special,  # G06
    rules_law.criminal,  # G07
    rules_law.national_id,  # G08
    rules_retention.over_retention,  # G09
    rules_declaration.retention_unknown,  # G10
    rules_persons.children,  # G11
    rules_recipients.third_country,  # G12
    rules_recipients.trackers,  # G13
    rules_persons.anonymous,  # G14
    rules_persons.hashed,  # G15
    rules_recipients.sources,  # G16
    rules_law.drift,  # G17
    rules_persons.secrets,  # G18
    rules_coverage.unread,  # G19
)
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose."""

    as_of: date
    """The day by which ages, names and acceptances count."""
    min_count: int = 1
    """Values from which a category counts as found; those that the law treats apart always do."""
    accepted: Mapping[str, Acceptance] = field(default_factory=dict)
    test_numbers: bool = True
    """Whether test numbers count as a person's: whether a file of them is a test or stands for a real one, no rule can
    tell."""


def compare(
    inventory: Inventory, notice: Notice, record: Record | None, choices: Choices, *, run: str,
    profiles: Mapping[str, Profile], facts: Facts | None = None, table: CategoryTable | None = None,
) -> Comparison:  # fmt: skip
    """The gap list. `run` is the id of the run.

    Raises ConfigError where a table of the installation cannot be read.
    """
    counted = _with_test_numbers(inventory) if choices.test_numbers else inventory
    case = Case(
        counted, notice, record, profiles, facts or Facts(), table or categories(), choices.as_of, choices.min_count
    )
    gaps = [gap for rule in _RULES for gap in rule(case)]
    if choices.test_numbers:
        gaps = [_saying_test_numbers(gap, inventory) for gap in gaps]
    gaps.sort(key=lambda gap: (_LEVELS.index(gap.level), gap.rule, gap.system or "", gap.category or "", gap.kind))
    applied = apply(gaps, choices.accepted, choices.as_of)
    return Comparison(
        notice=notice.id, run=run, gaps=applied.gaps, table=_outcomes(case), expired=applied.expired,
        unused=applied.unused, test_only=case.test_only,
    )  # fmt: skip


def _with_test_numbers(inventory: Inventory) -> Inventory:
    return replace(inventory, holdings=tuple(replace(holding, synthetic=0) for holding in inventory.holdings))


def _saying_test_numbers(gap: Gap, inventory: Inventory) -> Gap:
    """The gap with how many of its values are test numbers."""
    if gap.evidence is None or gap.evidence.count == 0:
        return gap
    synthetic = sum(
        holding.synthetic for holding in inventory.holdings
        if gap.system in (None, holding.system) and gap.category in (None, holding.category)
    )  # fmt: skip
    return replace(gap, evidence=replace(gap.evidence, synthetic=min(synthetic, gap.evidence.count)))


def _outcomes(case: Case) -> dict[tuple[str, str], tuple[Outcome, Outcome | None]]:
    found: dict[tuple[str, str], tuple[Outcome, Outcome | None]] = {}
    for holding in case.found:
        recorded = case.recorded(holding)
        outcome = case.declared(holding.category).outcome
        found[holding.system, holding.category] = (outcome, None if recorded is None else recorded.outcome)
    return found
