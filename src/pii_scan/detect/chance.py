"""Whether values that pass a check are more than chance would give among all values of the same form."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.detect import notes
from pii_scan.detect.engine import Detections, RuleEngine, text_offsets
from pii_scan.detect.validators import JUDGEMENT, REJECTED, VALID

_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

TEXT_LEVEL = 0.3
"""In running text a value may stand alone: only where chance is a likely explanation is it put down to it."""
COLUMN_LEVEL = 0.02
"""The cells of a column are of one kind: a few that pass are strays even where chance is an unlikely explanation."""
MIN_LABELLED = 12
"""Numbers behind the same characters from which on they are looked at together."""
LABEL_BYTES = 10
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
    """Counts, over one document's running text, the numbers of each rule's form and those that pass its check: of the
    whole text, and of those that stand behind the same characters, as «ordre » or «"id": » in a log.
    """

    def __init__(self, engine: RuleEngine) -> None:
        self._engine = engine
        self._chance = np.array([rule.chance for rule in engine.rules] or [1.0])
        self._formed = np.zeros(len(engine.rules), np.int64)
        self._valid = np.zeros(len(engine.rules), np.int64)

    def weigh(self, found: Detections, texts: pa.Array) -> Detections:
        """`found` without its rejected rows, where what no word supports and chance explains is weakened.

        Counts what `found` (made with `rejected`) adds first.
        """
        kept = found.verdict & JUDGEMENT != REJECTED
        asked = np.flatnonzero((self._engine.word_effects(found) <= 0) & (self._chance[found.rule] < 1))
        if not len(asked):
            return found.take(kept)
        rule, valid = found.rule[asked].astype(np.int64), found.verdict[asked] & JUDGEMENT == VALID
        self._formed += np.bincount(rule, minlength=len(self._chance))
        self._valid += np.bincount(rule[valid], minlength=len(self._chance))
        strays = [
            likely_by_chance(int(v), int(f), float(c), column=False) if v else False
            for v, f, c in zip(self._valid, self._formed, self._chance, strict=True)
        ]
        stray = asked[valid & (np.array(strays)[rule] | self._by_label(rule, valid, _labels(texts, found.take(asked))))]
        score, note = found.score.copy(), found.note.copy()
        score[stray] = np.minimum(score[stray], notes.WEAKENED)
        note[stray] = notes.note(notes.CHANCE)
        return dataclasses.replace(found, score=score, note=note).take(kept)

    def _by_label(self, rule: _Ints, valid: npt.NDArray[np.bool_], label: npt.NDArray[np.uint64]) -> _Bools:
        """Which rows stand behind a label whose numbers pass no more often than chance."""
        _, group = np.unique(np.stack([rule.astype(np.uint64), label]), axis=1, return_inverse=True)
        group = group.reshape(-1)
        formed = np.bincount(group)
        passed = np.bincount(group[valid], minlength=len(formed))
        chance = np.zeros(len(formed))
        chance[group] = self._chance[rule]
        stray = np.zeros(len(formed), np.bool_)
        for number in np.flatnonzero((passed > 0) & (formed >= MIN_LABELLED)).tolist():
            stray[number] = likely_by_chance(
                int(passed[number]), int(formed[number]), float(chance[number]), column=True
            )
        return np.asarray(stray[group])


def weigh_each(engine: RuleEngine, found: Detections, texts: pa.Array) -> Detections:
    """The same, each text for itself: those that hold too few numbers to tell stay as they are."""
    count = np.bincount(found.text, minlength=len(texts)) if len(found) else np.zeros(0, np.int64)
    full = np.flatnonzero(count >= MIN_LABELLED)
    if not len(full):
        return found.take(found.verdict & JUDGEMENT != REJECTED)
    rest = found.take(~np.isin(found.text, full))
    parts = [rest.take(rest.verdict & JUDGEMENT != REJECTED)]
    parts += [TextChance(engine).weigh(found.take(found.text == number), texts) for number in full.tolist()]
    return Detections.joined([part for part in parts if len(part)])


def _labels(texts: pa.Array, found: Detections) -> npt.NDArray[np.uint64]:
    """A number for the characters before each detection on its line: small letters, all digits alike."""
    offsets = text_offsets(texts)
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    at = (offsets[found.text] + found.start)[:, None] - np.arange(1, LABEL_BYTES + 1)
    before = np.where(at >= offsets[found.text][:, None], data[np.maximum(at, 0)], 10)
    on_line = np.cumprod(before != 10, axis=1).astype(np.bool_)
    letters = np.where(on_line, _FOLD[before], 0).astype(np.uint64)
    weights = np.uint64(0x9E3779B97F4A7C15) ** np.arange(1, LABEL_BYTES + 1, dtype=np.uint64)
    return np.asarray((letters * weights).sum(axis=1, dtype=np.uint64))


def _folded() -> npt.NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    table[65:91] += 32
    table[48:58] = 48
    return table


_FOLD = _folded()
