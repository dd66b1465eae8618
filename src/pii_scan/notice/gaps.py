"""What a comparison of findings, record and notice gives: gaps with their evidence. Compares nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pii_scan.inventory.holdings import Sample
from pii_scan.notice.lint import Level


class Outcome(StrEnum):
    """How a text declares what was found. The five outcomes of PoliCheck (Andow et al., USENIX Security 2020)."""

    CLEAR = "clear"
    """Declared by its own name."""
    VAGUE = "vague"
    """Only something that contains it is declared."""
    AMBIGUOUS = "ambiguous"
    """Both declared and denied."""
    INCORRECT = "incorrect"
    """Denied."""
    OMITTED = "omitted"
    """Not mentioned."""


class Status(StrEnum):
    """Whether a rule could be applied, and whether someone has answered for the result."""

    OPEN = "open"
    ACCEPTED = "accepted"
    """In the file of accepted gaps, and not expired."""
    NOT_ASSESSABLE = "not_assessable"
    """What the rule needs was not scanned; says neither that there is a gap nor that there is none."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gap rests on."""

    documents: int
    count: int
    persons: tuple[int, int]
    """Distinct persons, at least and at most; an estimate from distinct identifiers."""
    oldest: date | None
    youngest: date | None
    samples: tuple[Sample, ...]
    score: float
    synthetic: int = 0
    """How many of `count` are test numbers."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who answers for a gap that stays, why, and until when."""

    owner: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class Gap:
    """One row of the gap list."""

    rule: str
    """`G01` to `G19`."""
    kind: str
    """Which of the rule's sentences says it: keys of the wording are `gap.<rule>.<kind>` and `gap.<rule>.<kind>_q`."""
    level: Level
    status: Status
    system: str | None
    category: str | None
    in_notice: Outcome | None
    """How the notice declares it; None where the rule is not about a declaration."""
    in_record: Outcome | None
    """How the record of processing activities does; None also where no record was given."""
    evidence: Evidence | None
    line: int | None
    """Line of the notice; None: no line says it."""
    declared_by: str | None
    """The category of the notice that covers it, where the outcome is vague."""
    law: str
    values: Mapping[str, object] = field(default_factory=dict)
    """What the sentences are filled with; a mapping from language to text where it depends on that."""
    acceptance: Acceptance | None = None

    @property
    def key(self) -> str:
        """What the file of accepted gaps names it by: the same as long as the gap is."""
        return "/".join((self.rule, self.kind, self.system or "-", self.category or "-"))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a check."""

    notice: str
    """Id of the notice."""
    run: str
    """Id of the run."""
    gaps: tuple[Gap, ...]
    """Errors first, then by rule, system and category."""
    table: Mapping[tuple[str, str], tuple[Outcome, Outcome | None]]
    """System and category found, to the outcome in the notice and in the record (None: no record was given)."""
    expired: tuple[str, ...] = ()
    """Keys of accepted gaps whose acceptance is over; they are open again."""
    unused: tuple[str, ...] = ()
    """Keys of accepted gaps that no gap has."""
    test_only: tuple[tuple[str, str], ...] = ()
    """System and category of what holds test numbers only, which are no gap."""
