"""Whether values that pass a check are more than chance would give among all values of the same form."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.detect import notes
from pii_scan.detect.cell_bytes import text_offsets
from pii_scan.detect.engine import Detections, RuleEngine
from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, VALID

_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

TEXT_LEVEL = 0.3
"""In running text a value may stand alone: only where chance is a likely explanation is it put down to it."""
COLUMN_LEVEL = 0.02
"""The cells of a column are of one kind: a few that pass are strays even where chance is an unlikely explanation."""
MIN_LABELLED = 12
"""Numbers behind the same characters from which on they are looked at together."""
LABEL_BYTES = 10
MIN_NAMED, NAMED_SHARE = 4, 0.25
"""Numbers behind the same word are of one kind: of so many, fewer that pass than this share are strays."""
MIN_SURE = 2
"""Numbers of one series, real or test, from which on a text is known to hold it."""
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
        self._valid = np.zeros((2, len(engine.rules)), np.int64)
        """Of the real series and of test series, those that no word supports."""
        self._supported = np.zeros((2, len(engine.rules)), np.int64)

    def weigh(self, found: Detections, texts: pa.Array) -> Detections:
        """`found` without its rejected rows, where what no word supports and chance explains is weakened.

        Counts what `found` (made with `rejected`) adds first.
        """
        kept = found.verdict & JUDGEMENT != REJECTED
        counted = self._chance[found.rule] < 1
        open_ = self._engine.word_effects(found) <= 0
        asked = np.flatnonzero(open_ & counted)
        if not len(asked):
            return found.take(kept)
        rules, passed = len(self._chance), found.verdict & JUDGEMENT == VALID
        test = found.verdict & SYNTHETIC != 0
        rule, valid = found.rule[asked].astype(np.int64), passed[asked]
        self._formed += np.bincount(rule, minlength=rules)
        for series, mine in enumerate((passed & ~test, passed & test)):
            self._valid[series] += np.bincount(found.rule[mine & open_ & counted], minlength=rules)
            self._supported[series] += np.bincount(found.rule[mine & ~open_ & counted], minlength=rules)
        strays = self._by_series()
        of_series = strays[test[asked].astype(np.int64), rule]
        put_down = of_series
        if len(asked) >= MIN_NAMED:  # fewer are never put down to their label
            put_down = of_series | self._by_label(rule, valid, *_labels(texts, found.take(asked)))
        stray = asked[valid & put_down]
        score, note = found.score.copy(), found.note.copy()
        score[stray] = np.minimum(score[stray], notes.WEAKENED)
        note[stray] = notes.note(notes.CHANCE)
        return dataclasses.replace(found, score=score, note=note).take(kept)

    def _by_series(self) -> _Bools:
        """By series (real, test) and rule: whether chance explains the numbers of the whole text that pass.

        The numbers of one text are of real persons or of tests. Where it surely holds the one series, a few of the
        other among many numbers of things are put down to chance sooner.
        """
        strays = np.zeros(self._valid.shape, np.bool_)
        total = self._valid.sum(axis=0)
        for number in np.flatnonzero(total).tolist():
            formed, chance = int(self._formed[number]), float(self._chance[number])
            strays[:, number] = likely_by_chance(int(total[number]), formed, chance, column=False)
            seen = (self._valid + self._supported)[:, number].tolist()
            for series, (mine, other) in enumerate((seen, seen[::-1])):
                things = formed - int(self._valid[1 - series, number])
                sure = other >= MIN_SURE and not likely_by_chance(other, formed, chance, column=True)
                if sure and likely_by_chance(mine, things, chance / 2, column=True):
                    strays[series, number] = True
        return strays

    def _by_label(self, rule: _Ints, valid: _Bools, label: npt.NDArray[np.uint64], named: _Bools) -> _Bools:
        """Which rows stand behind a label whose numbers pass no more often than chance."""
        _, group = np.unique(np.stack([rule.astype(np.uint64), label]), axis=1, return_inverse=True)
        group = group.reshape(-1)
        formed = np.bincount(group)
        passed = np.bincount(group[valid], minlength=len(formed))
        of_rule, in_words = np.zeros(len(formed), np.int64), np.zeros(len(formed), np.bool_)
        of_rule[group], in_words[group] = rule, named
        # What stands behind no word may be of the kind that words name elsewhere in the text
        known = passed + np.where(in_words, 0, self._supported.sum(axis=0)[of_rule])
        stray = in_words & (formed >= MIN_NAMED) & (passed < NAMED_SHARE * formed)
        for number in np.flatnonzero((passed > 0) & (formed >= MIN_LABELLED) & ~stray).tolist():
            chance = float(self._chance[of_rule[number]])
            stray[number] = likely_by_chance(int(known[number]), int(formed[number]), chance, column=True)
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


def _labels(texts: pa.Array, found: Detections) -> tuple[npt.NDArray[np.uint64], _Bools]:
    """A number for the characters before each detection on its line (small letters, all digits alike), and whether
    letters are among them.
    """
    offsets = text_offsets(texts)
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    at = (offsets[found.text] + found.start)[:, None] - np.arange(1, LABEL_BYTES + 1)
    before = np.where(at >= offsets[found.text][:, None], data[np.maximum(at, 0)], 10)
    on_line = np.cumprod(before != 10, axis=1).astype(np.bool_)
    folded = np.where(on_line, _FOLD[before], 0)
    weights = np.uint64(0x9E3779B97F4A7C15) ** np.arange(1, LABEL_BYTES + 1, dtype=np.uint64)
    label = np.asarray((folded.astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64))
    return label, np.asarray(((folded >= 97) & (folded <= 122)).any(axis=1))


def _folded() -> npt.NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    table[65:91] += 32
    table[48:58] = 48
    return table


_FOLD = _folded()
