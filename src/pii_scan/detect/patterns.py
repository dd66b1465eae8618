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
from pii_scan.detect.ask import Deadline, match_at, search_each_text, texts_around
from pii_scan.detect.automaton import START, Automaton
from pii_scan.detect.beyond_ascii import HIGH, holds_high
from pii_scan.detect.charset import WORD, byte_mask
from pii_scan.detect.decider import Decider
from pii_scan.detect.expression import CannotCompile, Expression, Lookahead, read_expression
from pii_scan.detect.groups import Group, Groups, layout_of
from pii_scan.detect.walks import accepted, extent, walked
from pii_scan.kernel import native

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
    """One expression: its text, taken apart, and its look-aheads with their automata."""

    text: str
    flags: int
    expression: Expression
    lookaheads: tuple[tuple[Lookahead, Automaton], ...]


@cache
def compiled(expression: str, flags: int) -> regex.Pattern[str]:
    """The expression as the regex module runs it: made when it is first asked, which most never are."""
    return regex.compile(expression, flags)


_IS_WORD = byte_mask(WORD)


class PatternSet:
    """Expressions compiled together. Each is (expression, flags of the `re` module)."""

    def __init__(self, expressions: Sequence[tuple[str, int]], memory: Path | None = None) -> None:
        """`memory`: folder in which what follows from the expressions alone is kept for the next start."""
        native()  # a wrong choice of kernel is told before anything is read
        self._expressions = list(expressions)
        self._patterns: dict[int, _Pattern] = {}
        self._deciders: dict[str, Decider] = {}
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
            aheads = tuple((ahead, Automaton([ahead.expression])) for ahead in expression.lookaheads)
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
            if not (seen >> bit & 1 or len(endless[0])):
                continue
            mine = np.flatnonzero(bits & (1 << bit))
            if len(mine):
                if not group.known >> bit & 1:
                    _learn(group, bit, self._pattern(number))
                mine = mine[self._end_fits(buffer, self._pattern(number), end[mine])]
            if len(mine) or len(endless[0]):
                starts, ends = np.concatenate([start[mine], endless[0]]), np.concatenate([end[mine], endless[1]])
                found.append((number, starts, ends))
        return found

    def _end_fits(self, buffer: _Bytes, pattern: _Pattern, at: _Ints) -> _Bools:
        """Whether boundary and look-aheads may hold at each end: a boundary beside a character beyond ASCII may, and an
        automaton accepts no less than its look-ahead.
        """
        good = np.ones(len(at), bool)
        if pattern.expression.boundary_after:
            last, after = buffer[at - 1], buffer[at]
            good &= (_IS_WORD[last] != _IS_WORD[after]) | HIGH[after] | HIGH[last]
        for ahead, automaton in pattern.lookaheads:
            if not ahead.negated:
                good &= accepted(buffer, automaton, at)
            elif ahead.exact:
                doubtful = HIGH[buffer[at]] & ahead.expression.approximate  # it may be none of those meant
                good &= ~accepted(buffer, automaton, at) | doubtful
        return good

    def _decide(
        self, buffer: _Bytes, group: Group, pattern: _Pattern, starts: _Ints, ends: _Ints
    ) -> tuple[_Ints, _Ints]:
        """The matches of one pattern among its candidates, without overlaps, as finditer would take them."""
        order = np.lexsort((ends, starts))
        start, first, count = np.unique(starts[order], return_index=True, return_counts=True)
        last = ends[order][first + count - 1]
        fits, high = _look_behind(buffer, pattern.expression, start)
        keep = np.flatnonzero(fits)
        start, last, single, high = start[keep], last[keep], count[keep] == 1, high[keep]
        if not len(start):
            return start, last
        high |= HIGH[buffer[last]]
        clear = np.flatnonzero(~high)
        if len(clear):
            high[clear] = holds_high(buffer, start[clear], last[clear])
        begin, end, asked = start, last, high
        odd = np.flatnonzero(~(high | (single & pattern.expression.exact)))
        if len(odd):
            settled = self._decider(pattern).settle(buffer, start[odd], last[odd], single[odd])
            begin, end, asked = start.copy(), last.copy(), high.copy()
            begin[odd], end[odd], asked[odd] = settled.begin, settled.end, ~settled.known
        if asked.any():
            left, right = self._windows(buffer, group, pattern, start, asked)
            return _ask(buffer, pattern, start, begin, end, (asked, left, right))
        good = np.flatnonzero(end >= 0)
        return _without_overlaps(start[good], begin[good], end[good])

    def _decider(self, pattern: _Pattern) -> Decider:
        if pattern.text not in self._deciders:
            self._deciders[pattern.text] = Decider(pattern.text, pattern.flags)
        return self._deciders[pattern.text]

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
        fits[0], fits[1] = _IS_WORD | HIGH, ~_IS_WORD
    for ahead, automaton in pattern.lookaheads:
        if ahead.negated and not ahead.exact:
            continue
        state = automaton.step(np.full(256, START, np.int32), after)
        ends = automaton.accepts[state] != 0
        fits &= ~ends | (HIGH & ahead.expression.approximate) if ahead.negated else ends | (state != 0)
    group.follows[~fits] &= ~(1 << bit)
    group.known |= 1 << bit


def _ask(
    buffer: _Bytes, pattern: _Pattern, start: _Ints, begin: _Ints, end: _Ints, asked: tuple[_Bools, _Ints, _Ints]
) -> tuple[_Ints, _Ints]:
    """Matches without overlaps, left to right, where the expression decides those that are `asked` in their windows.

    Of the others, `begin` and `end` are those of the match; the end is -1 where there is none.
    """
    begin, end = begin.copy(), end.copy()
    good = np.zeros(len(start), bool)
    covered = 0
    deadline = Deadline()
    expression = compiled(pattern.text, pattern.flags)
    columns = (column.tolist() for column in (start, end, *asked))
    for i, (at, stop, ask, left, right) in enumerate(zip(*columns, strict=True)):
        if at < covered:  # inside a match of this expression: finditer would not look here
            continue
        if ask:
            begin[i], stop = match_at(buffer, expression, at, left, right, deadline)
            end[i] = stop
        good[i] = stop > 0
        covered = max(covered, stop)
    return begin[good], end[good]


def _look_behind(buffer: _Bytes, expression: Expression, start: _Ints) -> tuple[_Bools, _Bools]:
    """(may hold, unsure) of what must stand before each start; unsure where a non-ASCII character decides."""
    holds = np.ones(len(start), bool)
    unsure = np.zeros(len(start), bool)
    if expression.boundary_before:
        unsure |= HIGH[buffer[start - 1]] | HIGH[buffer[start]]
        holds &= unsure | (_IS_WORD[buffer[start - 1]] != _IS_WORD[buffer[start]])
    for condition in expression.lookbehinds:
        fits, unknown = np.zeros((2, len(start)), bool)
        for sequence in condition.alternatives:
            open_ = np.ones(len(start), bool)
            for back, values in enumerate(reversed(sequence), 1):
                byte = buffer[start - back]
                unknown |= open_ & HIGH[byte]  # which character it is, and so where those before it stand
                open_ &= byte_mask(values)[byte]
            fits |= open_
        unknown &= ~fits
        unsure |= unknown
        holds &= unknown | (fits != condition.negated)
    return holds, unsure


def _without_overlaps(start: _Ints, begin: _Ints, end: _Ints) -> tuple[_Ints, _Ints]:
    """Left to right, what starts inside the one before is dropped (finditer's order)."""
    if len(start) < 2 or not (start[1:] < end[:-1]).any():
        return begin, end
    keep = np.zeros(len(start), bool)
    covered = -1
    for i, (a, e) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        if a >= covered:
            keep[i] = True
            covered = e
    return begin[keep], end[keep]
