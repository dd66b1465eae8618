"""Compares findings with the truth: precision, recall, F1 and F2 of each type.

A finding is right when its type is the truth's and the spans share at least half of their union. A truth is found
once: what else lies there counts as false, but within a mark that has a core, where two findings may share it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from accuracy.corpus import Finding, Unit
from accuracy.markup import Truth

HALF = 0.5


@dataclass(slots=True)
class Score:
    """What was counted for one type."""

    truths: int = 0
    right: int = 0
    exact: int = 0
    """Of the right ones, those with exactly the marked span."""
    false: int = 0

    @property
    def precision(self) -> float:
        """Share of the findings that are right; 0 without findings."""
        return self.right / max(self.right + self.false, 1)

    @property
    def recall(self) -> float:
        """Share of the truths that were found; 0 without truths."""
        return self.right / max(self.truths, 1)

    def f(self, beta: float) -> float:
        """The F measure: recall counts `beta` times as much as precision."""
        weighted = (1 + beta**2) * self.right
        return weighted / max(weighted + beta**2 * (self.truths - self.right) + self.false, 1)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.truths + other.truths, self.right + other.right, self.exact + other.exact, self.false + other.false
        )


@dataclass(slots=True)
class Comparison:
    """One detector on all units."""

    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    misses: list[tuple[int, Truth]] = field(default_factory=list)
    """Place of the unit, and what was not found in it."""
    wrong: list[tuple[int, Finding]] = field(default_factory=list)
    """Place of the unit, and what was found in it by mistake."""

    def total(self, types: Iterable[str] | None = None) -> Score:
        """All types together, or some."""
        return sum((self.scores[name] for name in (types or tuple(self.scores))), Score())


def compare(
    units: Sequence[Unit], findings: Sequence[Sequence[Finding]], types: frozenset[str] | None = None
) -> Comparison:
    """Scores the findings of each unit; of `types` only, where given, among truths and findings alike."""
    result = Comparison()
    for place, (unit, found) in enumerate(zip(units, findings, strict=True)):
        truths = [truth for truth in unit.truths if types is None or types & set(truth.types)]
        kept = [finding for finding in found if types is None or finding.entity_type in types]
        _compare_unit(place, truths, kept, result)
    return result


def share(truth: Truth, finding: Finding) -> float:
    """Overlap by union of a finding with the nearest span from the truth's core to its whole; 0..1."""
    start = min(truth.core_start, max(finding.start, truth.start))
    end = max(truth.core_end, min(finding.end, truth.end))
    common = min(end, finding.end) - max(start, finding.start)
    union = max(end, finding.end) - min(start, finding.start)
    return max(common, 0) / union


def _compare_unit(place: int, truths: list[Truth], found: list[Finding], result: Comparison) -> None:
    pairs = sorted(_pairs(truths, found), key=lambda pair: (-pair[0], pair[1], pair[2]))
    truth_of: dict[int, int] = {}
    taken: set[int] = set()
    for overlap, number, index in pairs:
        if number in taken or index in truth_of:
            continue
        taken.add(number)
        truth_of[index] = number
        truth = truths[number]
        if not truth.optional:
            score = result.scores[truth.types[0]]
            score.right += 1
            score.exact += overlap == 1
    for number, truth in enumerate(truths):
        if not truth.optional:
            result.scores[truth.types[0]].truths += 1
            if number not in taken:
                result.misses.append((place, truth))
    for index, finding in enumerate(found):
        if index in truth_of:
            continue
        if not any(_tolerated(truth, number in taken, finding) for number, truth in enumerate(truths)):
            result.scores[finding.entity_type].false += 1
            result.wrong.append((place, finding))


def _pairs(truths: list[Truth], found: list[Finding]) -> Iterator[tuple[float, int, int]]:
    for number, truth in enumerate(truths):
        for index, finding in enumerate(found):
            if finding.entity_type in truth.types and (overlap := share(truth, finding)) >= HALF:
                yield overlap, number, index


def _tolerated(truth: Truth, taken: bool, finding: Finding) -> bool:
    """Whether a finding left over is no mistake: within a found mark that has a core, or over an optional one."""
    if finding.entity_type not in truth.types:
        return False
    if truth.optional:
        return min(truth.end, finding.end) > max(truth.start, finding.start)
    return taken and truth.has_core and truth.start <= finding.start and finding.end <= truth.end
