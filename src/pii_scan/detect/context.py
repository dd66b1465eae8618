"""Words near a candidate that make it more, or less, likely. Moves a score; never vetoes, and never looks far.

The nearest word decides: of those in the `BEFORE` bytes before the candidate the one that ends last, else the first
in the
`AFTER` bytes that follow on the same line. Words of up to four letters count whole, longer ones also inside compounds
(Norwegian writes «bankkontonummer» as one word). A word that weakens and has a number of its own, between it and the
candidate or after it, is not about the candidate; nor is one of the line above whose number stands there. In a table
the column's header stands before every cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pii_scan.detect.rules import Rule
from pii_scan.detect.word_automaton import word_automaton
from pii_scan.kernel import native

BEFORE = 64
"""Bytes of UTF-8."""
AFTER = 32
MAX_HEADERS = 4096
"""Headers whose words are remembered: the same one stands before batch after batch."""
USED_DIGITS = 6
"""Digits behind a word on its line that make it one of that line alone: it has its number."""
WHOLE_WORD = 4
"""Letters up to which a context word must stand alone."""

_Ints = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]
_SEPARATOR = 0xFF
_CAMEL = re.compile(r"(?<=[a-zæøå0-9])(?=[A-ZÆØÅ])")
_GAPS = re.compile(r"[\s_./\\:-]+")


def _letters() -> npt.NDArray[np.bool_]:
    """Bytes that begin a letter: ASCII letters, and UTF-8 leads but those whose characters are mostly signs."""
    table = np.zeros(256, bool)
    for byte in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ":
        table[byte] = True
    table[0xC3:0xEE] = True
    table[[0xE2, 0xE3]] = False
    return table


_BEGINS_LETTER = _letters()
_IS_DIGIT = np.isin(np.arange(256), np.arange(48, 58))
_ENDS_ALNUM = _BEGINS_LETTER.copy()
_ENDS_ALNUM[48:58] = True


@lru_cache(maxsize=1 << 14)
def plain_header(header: str) -> str:
    """A header in the form that rules state: words in lower case between single spaces.

    >>> plain_header("KundeNr"), plain_header(" first_name "), plain_header("E-post")
    ('kunde nr', 'first name', 'e post')
    """
    return _GAPS.sub(" ", _CAMEL.sub(" ", header)).strip().lower()


class ContextIndex:
    """The context words of a list of rules as one automaton (Aho and Corasick, 1975), run over many windows at once."""

    def __init__(self, rules: Sequence[Rule], memory: Path | None = None) -> None:
        """`memory`: folder in which the automaton is kept for the next start."""
        self.words = sorted({word for rule in rules for word in (*rule.context, *rule.negative_context)})
        """Word numbers, as `nearest` gives them, index this list."""
        number = {word: i for i, word in enumerate(self.words)}
        self.effect = np.zeros((max(len(rules), 1), len(self.words) + 1), np.float32)
        """What word j does to a score of rule i; the last column is for no word."""
        for i, rule in enumerate(rules):
            for word in rule.negative_context:
                self.effect[i, number[word]] = -rule.negative_penalty
            for word in rule.context:
                self.effect[i, number[word]] = rule.context_boost
        self._length = np.array([len(word.encode()) for word in self.words], np.int64)
        self._whole = np.array([len(word) <= WHOLE_WORD for word in self.words], bool)
        self._table, self._outputs = word_automaton(self.words, memory)
        self._has_output = self._outputs[:, 0] >= 0
        self._rows: list[Any] = []
        self._headers: dict[str, npt.NDArray[np.int32]] = {}

    def nearest_many(self, buffer: _Bytes, start: _Ints, end: _Ints, rule: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """The word that decides for each span of `buffer`, by rule; -1 for none."""
        compiled = native()
        if compiled is not None:
            chosen = np.empty(len(start), np.int32)
            compiled.nearest(
                buffer, self._table, self._outputs, self.effect, self._length, self._whole, _BEGINS_LETTER,
                start, end, np.ascontiguousarray(rule, np.int64), chosen, BEFORE, AFTER, USED_DIGITS,
            )  # fmt: skip
            return chosen
        best = np.full(len(start), -1, np.int32)
        above = best.copy()
        state, digits = np.zeros(len(start), np.int32), np.zeros(len(start), np.int32)
        for back in range(BEFORE, 0, -1):
            byte = buffer[start - back]
            digits += _IS_DIGIT[byte]
            breaks = np.flatnonzero((byte == _SEPARATOR) | (byte == 10))
            if len(breaks):
                said = np.where(self.effect[rule[breaks], best[breaks]] > 0, best[breaks], above[breaks])
                said[digits[breaks] >= USED_DIGITS] = -1
                supports = self.effect[rule[breaks], said] > 0  # of no word: 0
                above[breaks] = np.where((byte[breaks] == 10) & supports, said, -1)
                best[breaks] = -1
            numbered = np.flatnonzero(_IS_DIGIT[byte] & (best >= 0))
            if len(numbered):  # a weakening word that has a number of its own says nothing about the next
                against = self.effect[rule[numbered], best[numbered]] < 0
                best[numbered[against]] = -1
            state = self._table[state, byte]
            hit = np.flatnonzero(self._has_output[state])
            if len(hit):
                digits[self._record(buffer, hit, state[hit], start[hit] - back + 1, rule, best, start)] = 0
        best = np.where(best < 0, above, best)
        left = np.flatnonzero(best < 0)
        behind = left
        state = np.zeros(len(left), np.int32)
        for ahead in range(AFTER):
            at = end[left] + ahead
            byte = buffer[np.minimum(at, len(buffer) - 1)]
            going = np.flatnonzero((byte != 10) & (byte != _SEPARATOR) & (best[left] < 0))
            if not len(going):
                break
            left, byte, state, at = left[going], byte[going], state[going], at[going]
            state = self._table[state, byte]
            hit = np.flatnonzero(self._has_output[state])
            if len(hit):
                self._record(buffer, left[hit], state[hit], at[hit] + 1, rule, best, end)
        against = behind[self.effect[rule[behind], best[behind]] < 0]
        best[against[self._numbered_after(buffer, end[against])]] = -1
        return best

    def _numbered_after(self, buffer: _Bytes, end: _Ints) -> npt.NDArray[np.bool_]:
        """Whether a number stands in the window after each span, on its line."""
        numbered, open_ = np.zeros(len(end), bool), np.ones(len(end), bool)
        for ahead in range(AFTER):
            byte = buffer[np.minimum(end + ahead, len(buffer) - 1)]
            open_ &= (byte != 10) & (byte != _SEPARATOR)
            numbered |= open_ & _IS_DIGIT[byte]
        return numbered

    def _record(
        self, buffer: _Bytes, who: _Ints, state: npt.NDArray[np.int32], stop: _Ints, rule: npt.NDArray[Any],
        best: npt.NDArray[np.int32], edge: _Ints,
    ) -> _Ints:  # fmt: skip
        """Takes the words that end at `stop`: shorter ones first, so that the longest stays. Those that took one.

        A value counts as a digit, whatever it holds: a short word may end at its `edge`, but not begin there.
        """
        took: list[_Ints] = [np.zeros(0, np.int64)]
        for column in range(self._outputs.shape[1]):
            word = self._outputs[state, column]
            fits = np.flatnonzero((word >= 0) & (self.effect[rule[who], word] != 0))
            if not len(fits):
                continue
            w, e = word[fits], stop[fits]
            begin, value = e - self._length[w], edge[who[fits]]
            glued = _alnum_before(buffer, begin) | (begin == value)
            alone = ~(glued | (_BEGINS_LETTER[buffer[e]] & (e != value)))
            fits = fits[alone | ~self._whole[w]]
            best[who[fits]] = word[fits]
            took.append(who[fits])
        return np.concatenate(took)

    def in_header(self, rule: int, header: str) -> int:
        """The word that decides for the cells under a column's `header`, as written or in plain form; -1 for none."""
        return int(self.in_header_of_all(header)[rule])

    def in_header_of_all(self, header: str) -> npt.NDArray[np.int32]:
        """The same for every rule at once."""
        known = self._headers.get(header)
        if known is None:
            if len(self._headers) >= MAX_HEADERS:
                self._headers.clear()
            everyone = np.arange(len(self.effect))
            words = self._nearest(everyone, header.replace("_", " "), "")
            words = np.where(words >= 0, words, self._nearest(everyone, plain_header(header), ""))
            known = self._headers[header] = words
        return known

    def nearest(self, rule: int, before: str, after: str) -> int:
        """The same for one candidate of rule number `rule`, given the text before and after it."""
        return int(self._nearest(np.array([rule]), before, after)[0])

    def _nearest(self, rules: npt.NDArray[Any], before: str, after: str) -> npt.NDArray[np.int32]:
        left = before[-BEFORE - 8 :].encode("utf-8", "replace")[-BEFORE - 4 :]
        right = after[: AFTER + 8].encode("utf-8", "replace")[: AFTER + 4]
        if not self._may_hold(left + right):
            return np.full(len(rules), -1, np.int32)
        pad = 8 + BEFORE
        raw = np.frombuffer(b"\xff" * (pad - len(left)) + left + b"1" + right + b"\xff" * (pad - len(right)), np.uint8)
        place = np.full(len(rules), pad, np.int64)
        return self.nearest_many(raw, place, place + 1, rules)

    def _may_hold(self, window: bytes) -> bool:
        """Whether the window holds any word at all: a quick look that spares most candidates the rest."""
        if not self._rows:
            self._rows = self._table.tolist()
        output, state = self._has_output, 0
        for byte in window:
            state = self._rows[state][byte]
            if output[state]:
                return True
        return False


def _alnum_before(buffer: _Bytes, at: _Ints) -> npt.NDArray[np.bool_]:
    """Whether the character before each place is a letter or digit."""
    last, second, third, fourth = (buffer[at - back] for back in range(1, 5))
    wide = (last >= 0x80) & (last < 0xC0)
    lead = np.where(second >= 0xC0, second, np.where(third >= 0xC0, third, fourth))
    return np.where(wide, _BEGINS_LETTER[lead], _ENDS_ALNUM[last])
