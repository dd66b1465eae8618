"""Whether values that pass a check are more than chance would give among all values of the same form."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from pii_scan.detect import notes
from pii_scan.detect.engine import Detections, RuleEngine
from pii_scan.detect.validators import JUDGEMENT, REJECTED, VALID

TEXT_LEVEL = 0.3
"""In running text a value may stand alone: only where chance is a likely explanation is it put down to it."""
COLUMN_LEVEL = 0.02
"""The cells of a column are of one kind: a few that pass are strays even where chance is an unlikely explanation."""
COLUMN_FACTOR = 3.0
"""Numbers that organisations give out are not random: dates and series in them pass more often."""


def likely_by_chance(valid: int, formed: int, chance: float, *, column: bool) -> bool:
    """Whether `valid` or more among `formed` values would pass by chance (Poisson) too often to mean anything.

    >>> likely_by_chance(560, 1_000_000, 0.00056, column=True), likely_by_chance(3, 4, 0.00056, column=True)
    (True, False)
    """
    mean = formed * chance * (COLUMN_FACTOR if column else 1.0)
    if mean >= 50:  # the normal approximation serves
        return valid <= mean + 3 * math.sqrt(mean)
    term = math.exp(-mean)
    below = 0.0
    for k in range(valid):
        below += term
        term *= mean / (k + 1)
    return 1 - below >= (COLUMN_LEVEL if column else TEXT_LEVEL)


class TextChance:
    """Counts, over one document's running text, the numbers of each rule's form and those that pass its check."""

    def __init__(self, engine: RuleEngine) -> None:
        self._engine = engine
        rules = engine.rules
        self._chance = np.array([rule.chance for rule in rules] or [1.0])
        self._formed = np.zeros(len(rules), np.int64)
        self._valid = np.zeros(len(rules), np.int64)

    def weigh(self, found: Detections) -> Detections:
        """`found` without its rejected rows, where what no word supports and chance explains is weakened.

        Counts what `found` (made with `rejected`) adds first.
        """
        effect = self._engine.word_effects(found)
        alone = effect <= 0
        rules = len(self._chance)
        judgement = found.verdict & JUDGEMENT
        self._formed += np.bincount(found.rule[alone], minlength=rules)
        self._valid += np.bincount(found.rule[alone & (judgement == VALID)], minlength=rules)
        strays = [
            number
            for number in np.flatnonzero((self._chance < 1) & (self._valid > 0)).tolist()
            if likely_by_chance(
                int(self._valid[number]), int(self._formed[number]), float(self._chance[number]), column=False
            )
        ]
        keep = judgement != REJECTED
        if not strays:
            return found.take(keep)
        score, note = found.score.copy(), found.note.copy()
        stray = alone & np.isin(found.rule, strays)
        score[stray] = np.minimum(score[stray], notes.WEAKENED)
        note[stray] = notes.note(notes.CHANCE)
        return dataclasses.replace(found, score=score, note=note).take(keep)
