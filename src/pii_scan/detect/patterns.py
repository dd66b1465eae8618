"""Runs all expressions of a rule set together over one buffer of UTF-8 and gives exact matches.

Finds every place where an expression could begin by byte tables, walks all candidates at once through joint automata
(one NumPy step a byte, dead ones dropped), and asks the expression itself only about candidates that the automaton
cannot decide. The result is what `regex.finditer` gives on each text, as columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex

from pii_scan.detect import layout_memory
from pii_scan.detect.ask import SEPARATOR, Deadline, match_at, search_each_text, texts_around
from pii_scan.detect.automaton import START, Automaton
from pii_scan.detect.expression import WORD, CannotCompile, Expression, read_expression
from pii_scan.detect.groups import Group, Groups, layout_of
from pii_scan.detect.kernel import native
from pii_scan.detect.starts import byte_mask
from pii_scan.detect.walks import accepted, extent, walked

MAX_SPAN = 64
"""Bytes up to which spans are looked through byte by byte together."""

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Matches:
    """Columns, sorted by pattern and start; offsets in bytes of the buffer."""

    pattern: npt.NDArray[np.int32]
    start: _Ints
    end: _Ints


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One expression: its text, taken apart, and the automata of its look-aheads, with whether they are negated."""

    text: str
    flags: int
    expression: Expression
    lookaheads: tuple[tuple[bool, Automaton], ...]


@cache
def compiled(expression: str, flags: int) -> regex.Pattern[str]:
    """The expression as the regex module runs it: made when it is first asked, which most never are."""
    return regex.compile(expression, flags)


_IS_WORD = byte_mask(WORD)
_HIGH = np.arange(256) >= 0x80
_HIGH[SEPARATOR] = False


class PatternSet:
    """Expressions compiled together. Each is (expression, flags of the `re` module)."""

    def __init__(self, expressions: Sequence[tuple[str, int]], memory: Path | None = None) -> None:
        """`memory`: folder in which what follows from the expressions alone is kept for the next start."""
        native()  # a wrong choice of kernel is told before anything is read
        self._expressions = list(expressions)
        self._patterns: dict[int, _Pattern] = {}
        kept = None if memory is None else layout_memory.recall(self._expressions, memory)
        made = kept or self._laid_out()
        if memory is not None and kept is None:
            layout_memory.keep(self._expressions, memory, made)
        self.uncompiled = made.uncompiled
        """Expressions that are searched for text by text, with the reason: linear no more, and slow."""
        self._read = made.read
        self._groups = Groups(made.layout, made.read)

    def _laid_out(self) -> layout_memory.Kept:
        read: dict[int, Expression] = {}
        uncompiled: list[tuple[int, str]] = []
        for number, (expression, flags) in enumerate(self._expressions):
            try:
                read[number] = read_expression(expression, flags)
            except CannotCompile as reason:
                uncompiled.append((number, str(reason)))
        return layout_memory.Kept(layout_of(tuple(read.items())), uncompiled, read.__getitem__)

    def _pattern(self, number: int) -> _Pattern:
        pattern = self._patterns.get(number)
        if pattern is None:
            expression = self._read(number)
            aheads = tuple((ahead.negated, Automaton([ahead.expression])) for ahead in expression.lookaheads)
            pattern = self._patterns[number] = _Pattern(*self._expressions[number], expression, aheads)
        return pattern

    def scan(self, buffer: _Bytes) -> Matches:
        """All matches in `buffer`: texts between separators, with `PADDING` separators on both sides.

        Raises ExpressionTimeout when a user's expression takes too long on a candidate.
        """
        found: list[tuple[int, _Ints, _Ints]] = []
        for group, start in self._groups.starts(buffer):
            if len(start):
                for number, starts, ends in self._walk(buffer, group, start):
                    a, e = self._decide(buffer, group, self._pattern(number), starts, ends)
                    found.append((number, a, e))
        for number, _ in self.uncompiled:
            found.append((number, *search_each_text(buffer, compiled(*self._expressions[number]))))
        found = sorted((item for item in found if len(item[1])), key=lambda item: item[0])
        if not found:
            empty = np.zeros(0, np.int64)
            return Matches(empty.astype(np.int32), empty, empty)
        return Matches(
            np.concatenate([np.full(len(a), number, np.int32) for number, a, _ in found]),
            np.concatenate([a for _, a, _ in found]),
            np.concatenate([e for _, _, e in found]),
        )

    def _walk(self, buffer: _Bytes, group: Group, start: _Ints) -> list[tuple[int, _Ints, _Ints]]:
        """Runs all candidates through the group's automaton: for each pattern, every (start, end) that fits.

        A candidate that outlives the walk gets two ends, so that the expression decides.
        """
        start, end, bits = walked(buffer, group.automaton, start, group.follows)
        alive = bits < 0
        endless = np.repeat(start[alive], 2), np.repeat(end[alive], 2)
        if len(endless[0]):
            start, end, bits = start[~alive], end[~alive], bits[~alive]
        seen = int(np.bitwise_or.reduce(bits)) if len(bits) else 0
        found: list[tuple[int, _Ints, _Ints]] = []
        for bit, number in enumerate(group.members):
            mine = np.flatnonzero(bits & (1 << bit)) if seen >> bit & 1 else np.zeros(0, np.int64)
            if len(mine):
                if not group.known >> bit & 1:
                    _learn(group, bit, self._pattern(number))
                mine = mine[self._end_fits(buffer, self._pattern(number), end[mine])]
            if len(mine) or len(endless[0]):
                starts, ends = np.concatenate([start[mine], endless[0]]), np.concatenate([end[mine], endless[1]])
                found.append((number, starts, ends))
        return found

    def _end_fits(self, buffer: _Bytes, pattern: _Pattern, at: _Ints) -> _Bools:
        """Whether boundary and look-aheads hold at each end; a non-ASCII byte there counts as holding (undecided)."""
        last, after = buffer[at - 1], buffer[at]
        good = np.ones(len(at), bool)
        if pattern.expression.boundary_after:
            good &= _IS_WORD[last] != _IS_WORD[after]
        for negated, automaton in pattern.lookaheads:
            good &= accepted(buffer, automaton, at) != negated
        return np.asarray(good | _HIGH[after] | _HIGH[last])

    def _decide(
        self, buffer: _Bytes, group: Group, pattern: _Pattern, starts: _Ints, ends: _Ints
    ) -> tuple[_Ints, _Ints]:
        """The matches of one pattern among its candidates, without overlaps, as finditer would take them."""
        order = np.lexsort((ends, starts))
        start, first, count = np.unique(starts[order], return_index=True, return_counts=True)
        last = ends[order][first + count - 1]
        fits, unsure = _look_behind(buffer, pattern.expression, start)
        keep = np.flatnonzero(fits | unsure)
        start, last, unsure = start[keep], last[keep], unsure[keep] | (count[keep] > 1)
        if not len(start):
            return start, last
        unsure |= (not pattern.expression.exact) | _HIGH[buffer[last]]
        sure = np.flatnonzero(~unsure)
        if len(sure):
            unsure[sure] = holds_high(buffer, start[sure], last[sure])
        if unsure.any():
            left, right = self._windows(buffer, group, pattern, start, unsure)
            return _ask(buffer, pattern, start, last, (unsure, left, right))
        return _without_overlaps(start, last)

    def _windows(
        self, buffer: _Bytes, group: Group, pattern: _Pattern, start: _Ints, unsure: _Bools
    ) -> tuple[_Ints, _Ints]:
        """What the expression must see to decide each unsure candidate: as far as the automaton went, and around it."""
        asked = np.flatnonzero(unsure)
        reach, ended = extent(buffer, group.automaton, start[asked])
        margin = 4 * (pattern.expression.reach + 4)
        left = np.maximum(start[asked] - margin, 0)
        right = np.minimum(reach + margin, len(buffer))
        if pattern.expression.reach < 0 or pattern.expression.anchored:
            ended[:] = False
        if not ended.all():
            whole_left, whole_right = texts_around(buffer, start[asked])
            left, right = np.where(ended, left, whole_left), np.where(ended, right, whole_right)
        lefts, rights = np.zeros(len(start), np.int64), np.zeros(len(start), np.int64)
        lefts[asked], rights[asked] = left, right
        return lefts, rights


def _learn(group: Group, bit: int, pattern: _Pattern) -> None:
    """Puts into `follows` which bytes forbid a member to end before them: what `_end_fits` says of one byte alone."""
    after = np.arange(256, dtype=np.uint8)
    fits = np.ones((3, 256), bool)
    if pattern.expression.boundary_after:
        fits[0], fits[1] = _IS_WORD, ~_IS_WORD
    for negated, automaton in pattern.lookaheads:
        state = automaton.step(np.full(256, START, np.int32), after)
        ends = automaton.accepts[state] != 0
        fits &= ~ends if negated else ends | (state != 0)
    fits[2] = True
    fits |= _HIGH
    group.follows[~fits] &= ~(1 << bit)
    group.known |= 1 << bit


def _ask(
    buffer: _Bytes, pattern: _Pattern, start: _Ints, last: _Ints, asked: tuple[_Bools, _Ints, _Ints]
) -> tuple[_Ints, _Ints]:
    """Matches without overlaps, left to right, where the expression decides those that are `asked` in their windows."""
    begin = start.copy()
    end = np.full(len(start), -1, np.int64)
    covered = 0
    deadline = Deadline()
    expression = compiled(pattern.text, pattern.flags)
    columns = (column.tolist() for column in (start, last, *asked))
    for i, (at, stop, ask, left, right) in enumerate(zip(*columns, strict=True)):
        if at < covered:  # inside a match of this expression: finditer would not look here
            continue
        if ask:
            begin[i], stop = match_at(buffer, expression, at, left, right, deadline)
        end[i] = stop
        covered = max(covered, stop)
    good = end > 0
    return begin[good], end[good]


def holds_high(buffer: _Bytes, start: _Ints, end: _Ints) -> _Bools:
    """Whether each span holds a non-ASCII byte."""
    width = int((end - start).max())
    if width > MAX_SPAN:
        high = np.flatnonzero(_HIGH[buffer])
        return np.asarray(np.searchsorted(high, end) > np.searchsorted(high, start))
    result = np.zeros(len(start), bool)
    for offset in range(width):
        at = start + offset
        result |= _HIGH[buffer[at]] & (at < end)
    return result


def _look_behind(buffer: _Bytes, expression: Expression, start: _Ints) -> tuple[_Bools, _Bools]:
    """(holds, unsure) of what must stand before each start; unsure where a non-ASCII byte lies within reach."""
    holds = np.ones(len(start), bool)
    unsure = np.zeros(len(start), bool)
    if expression.boundary_before:
        unsure |= _HIGH[buffer[start - 1]] | _HIGH[buffer[start]]
        holds &= _IS_WORD[buffer[start - 1]] != _IS_WORD[buffer[start]]
    for condition in expression.lookbehinds:
        any_fits = np.zeros(len(start), bool)
        for sequence in condition.alternatives:
            fits = np.ones(len(start), bool)
            for back, values in enumerate(reversed(sequence), 1):
                byte = buffer[start - back]
                fits &= byte_mask(values)[byte]
                unsure |= _HIGH[byte]
            any_fits |= fits
        holds &= any_fits != condition.negated
    return holds, unsure


def _without_overlaps(start: _Ints, end: _Ints) -> tuple[_Ints, _Ints]:
    """Left to right, what begins inside the one before is dropped (finditer's order)."""
    if len(start) < 2 or not (start[1:] < end[:-1]).any():
        return start, end
    keep = np.zeros(len(start), bool)
    covered = -1
    for i, (a, e) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        if a >= covered:
            keep[i] = True
            covered = e
    return start[keep], end[keep]
