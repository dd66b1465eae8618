"""Runs all expressions of a rule set together over one buffer of UTF-8 and gives exact matches.

Finds every place where an expression could begin by byte tables, walks all candidates at once through the joint
automaton (one NumPy step a byte, dead ones dropped), and asks the expression itself only about candidates that the
automaton cannot decide. The result is what `regex.finditer` gives on each text, as columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import regex

from pii_scan.detect.ask import SEPARATOR, match_at, search_each_text
from pii_scan.detect.automaton import WORD, Automaton, ByteSet, CannotCompile, compile_automaton
from pii_scan.detect.starts import RARE_FIRST, anchor_of, bytes_before, prefix_sets

PADDING = 512
"""Separators before and after the texts, so that no read leaves the buffer."""
MAX_STEPS = 4096
"""A candidate still alive after so many bytes is left to the expression: keeps the walk linear."""

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Matches:
    """Columns, sorted by pattern and start; offsets in bytes of the buffer."""

    pattern: npt.NDArray[np.int32]
    start: _Ints
    end: _Ints


@dataclass(slots=True)
class _Pattern:
    """One expression, and what the scan needs to know of it."""

    expression: regex.Pattern[str]
    automaton: Automaton | None
    first_state: int = 0
    first: _Bools | None = None
    before: _Bools | None = None
    second: _Bools | None = None
    third: _Bools | None = None
    anchor: int = -1
    prefix: int = 0
    prefix_bytes: _Bools | None = None
    lookahead_states: tuple[tuple[bool, int], ...] = ()


def _mask(values: ByteSet) -> _Bools:
    return np.array([bool(values >> byte & 1) for byte in range(256)])


_IS_WORD = _mask(WORD)
_HIGH = np.arange(256) >= 0x80
_HIGH[SEPARATOR] = False


class PatternSet:
    """Expressions compiled together. Each is (expression, flags of the `re` module)."""

    def __init__(self, expressions: Sequence[tuple[str, int]]) -> None:
        self.uncompiled: list[tuple[int, str]] = []
        """Expressions that are searched for text by text, with the reason: linear no more, and slow."""
        automata: list[tuple[int, Automaton]] = []
        self._patterns: list[_Pattern] = []
        for number, (expression, flags) in enumerate(expressions):
            automaton: Automaton | None = None
            try:
                automaton = compile_automaton(expression, flags)
            except CannotCompile as reason:
                self.uncompiled.append((number, str(reason)))
            self._patterns.append(_Pattern(regex.compile(expression, flags), automaton))
            if automaton is not None:
                automata.append((number, automaton))
        self._join(automata)
        self._plan()

    def _join(self, automata: list[tuple[int, Automaton]]) -> None:
        """Stacks all automata into one table over classes of bytes that none of them tells apart."""
        rows: list[npt.NDArray[np.int32]] = [np.zeros((1, 256), np.int32)]
        accepting: list[int] = []
        size = 1

        def add(automaton: Automaton) -> int:
            nonlocal size
            table = automaton.table[1:]
            rows.append(np.where(table > 0, table - 1 + size, 0).astype(np.int32))
            accepting.extend(state - 1 + size for state in automaton.accepting)
            first, size = size, size + len(table)
            return first

        for number, automaton in automata:
            pattern = self._patterns[number]
            pattern.first_state = add(automaton)
            pattern.lookahead_states = tuple((ahead.negated, add(ahead.automaton)) for ahead in automaton.lookaheads)
        full = np.concatenate(rows)
        columns, classes = np.unique(full, axis=1, return_inverse=True)
        self._class_of = classes.reshape(-1).astype(np.uint8)
        self._classes = columns.shape[1]
        self._table = np.ascontiguousarray(columns).reshape(-1)
        self._accepting = np.zeros(len(full), bool)
        self._accepting[accepting] = True

    def _plan(self) -> None:
        """Decides for each expression where it can begin, and groups them by that."""
        groups: dict[tuple[bytes, bytes], list[int]] = {}
        self._anchored: dict[int, list[int]] = {}
        for number, pattern in enumerate(self._patterns):
            automaton = pattern.automaton
            if automaton is None:
                continue
            sets = prefix_sets(automaton)
            pattern.first, pattern.second, pattern.third = (_mask(values) for values in sets)
            pattern.before = _mask(bytes_before(automaton, sets[0]))
            anchor = None if not sets[0] & ~RARE_FIRST else anchor_of(automaton)
            if anchor is not None:
                pattern.anchor, pattern.prefix, prefix_bytes = anchor
                pattern.prefix_bytes = _mask(prefix_bytes)
                self._anchored.setdefault(pattern.anchor, []).append(number)
            else:
                groups.setdefault((pattern.first.tobytes(), pattern.before.tobytes()), []).append(number)
        self._groups = [list(members) for members in groups.values()]
        while len(self._groups) > 8:  # eight bits to a byte: the rest share the last one
            self._groups[7].extend(self._groups.pop())
        self._first_bits = np.zeros(256, np.uint8)
        self._before_bits = np.zeros(256, np.uint8)
        for bit, members in enumerate(self._groups):
            for number in members:
                pattern = self._patterns[number]
                assert pattern.first is not None and pattern.before is not None
                self._first_bits[pattern.first] |= 1 << bit
                self._before_bits[pattern.before] |= 1 << bit

    # --- scanning -------------------------------------------------------------------------------------------------

    def scan(self, buffer: _Bytes) -> Matches:
        """All matches in `buffer`: texts between separators, with `PADDING` separators on both sides.

        Raises ExpressionTimeout when a user's expression takes too long on a candidate.
        """
        owner, start = self._candidates(buffer)
        found: list[tuple[int, _Ints, _Ints]] = []
        if len(owner):
            ends, last = self._walk(buffer, owner, start)
            for number in np.unique(owner).tolist():
                mine = np.flatnonzero(owner == number)
                a, e = self._decide(buffer, number, start[mine], ends[mine], last[mine])
                if len(a):
                    found.append((number, a, e))
        for number, _ in self.uncompiled:
            a, e = search_each_text(buffer, self._patterns[number].expression)
            if len(a):
                found.append((number, a, e))
        if not found:
            empty = np.zeros(0, np.int64)
            return Matches(empty.astype(np.int32), empty, empty)
        found.sort(key=lambda item: item[0])
        return Matches(
            np.concatenate([np.full(len(a), number, np.int32) for number, a, _ in found]),
            np.concatenate([a for _, a, _ in found]),
            np.concatenate([e for _, _, e in found]),
        )

    def _candidates(self, buffer: _Bytes) -> tuple[npt.NDArray[np.int32], _Ints]:
        """(pattern, start) of every place where a pattern may begin, sorted by pattern, then start."""
        owners: list[npt.NDArray[np.int32]] = []
        starts: list[_Ints] = []

        def keep(number: int, at: _Ints) -> None:
            pattern = self._patterns[number]
            assert pattern.second is not None and pattern.third is not None
            at = at[pattern.second[buffer[at + 1]]]
            at = at[pattern.third[buffer[at + 2]]]
            if len(at):
                owners.append(np.full(len(at), number, np.int32))
                starts.append(at)

        if self._groups:
            body = buffer[PADDING - 1 : len(buffer) - PADDING]
            bits = self._first_bits[body[1:]]
            bits &= self._before_bits[body[:-1]]
            places = np.flatnonzero(bits)
            bits = bits[places]
            places += PADDING
            for bit, members in enumerate(self._groups):
                here = places[(bits & (1 << bit)) != 0] if len(self._groups) > 1 else places
                for number in members:
                    keep(number, self._begins(buffer, number, here) if len(self._groups) == 8 else here)
        for anchor, members in self._anchored.items():
            at = np.flatnonzero(buffer == anchor)
            for number in members:
                if len(at):
                    keep(number, self._before_anchor(buffer, number, at))
        if not owners:
            return np.zeros(0, np.int32), np.zeros(0, np.int64)
        return np.concatenate(owners), np.concatenate(starts)

    def _begins(self, buffer: _Bytes, number: int, at: _Ints) -> _Ints:
        pattern = self._patterns[number]
        assert pattern.first is not None and pattern.before is not None
        return at[pattern.first[buffer[at]] & pattern.before[buffer[at - 1]]]

    def _before_anchor(self, buffer: _Bytes, number: int, anchors: _Ints) -> _Ints:
        """The starts that lead over allowed bytes to one of `anchors`, which are the first of their kind in a match."""
        pattern = self._patterns[number]
        assert pattern.prefix_bytes is not None
        found = [self._begins(buffer, number, anchors)]
        at = anchors
        for _ in range(pattern.prefix):
            at = at - 1
            at = at[pattern.prefix_bytes[buffer[at]]]
            if not len(at):
                break
            found.append(self._begins(buffer, number, at))
        return np.unique(np.concatenate(found))

    def _walk(self, buffer: _Bytes, owner: npt.NDArray[np.int32], start: _Ints) -> tuple[npt.NDArray[np.int32], _Ints]:
        """Runs all candidates through the automaton: for each the number of ends that fit, and the last of them.

        A candidate that outlives MAX_STEPS counts as undecided (two ends).
        """
        first_states = np.array([pattern.first_state for pattern in self._patterns], np.int64)
        ends = np.zeros(len(owner), np.int32)
        last = np.zeros(len(owner), np.int64)
        alive = np.arange(len(owner))
        state = first_states[owner]
        at = start
        limit = len(buffer) - 1
        for _ in range(MAX_STEPS):
            state = self._table[state * self._classes + self._class_of[buffer[at]]].astype(np.int64)
            at = at + 1
            living = np.flatnonzero(state)
            if len(living) < len(state):
                if not len(living):
                    return ends, last
                state, at, alive = state[living], at[living], alive[living]
            accepted = np.flatnonzero(self._accepting[state])
            if len(accepted):
                who = alive[accepted]
                fits = self._end_fits(buffer, owner[who], at[accepted])
                who = who[fits]
                ends[who] += 1
                last[who] = at[accepted][fits]
            if int(at.max()) >= limit:
                break
        ends[alive] = 2
        return ends, last

    def _end_fits(self, buffer: _Bytes, owner: npt.NDArray[np.int32], at: _Ints) -> _Bools:
        """Whether boundary and look-aheads hold at each end; a non-ASCII byte there counts as holding (undecided)."""
        fits = np.ones(len(owner), bool)
        following = buffer[at]
        for number in np.unique(owner).tolist():
            pattern = self._patterns[number]
            assert pattern.automaton is not None
            mine = np.flatnonzero(owner == number)
            where, after = at[mine], following[mine]
            good = np.ones(len(mine), bool)
            if pattern.automaton.boundary_after:
                good &= _IS_WORD[buffer[where - 1]] != _IS_WORD[after]
            for negated, first_state in pattern.lookahead_states:
                good &= self._accepts(buffer, first_state, where) != negated
            fits[mine] = good | _HIGH[after] | _HIGH[buffer[where - 1]]
        return fits

    def _accepts(self, buffer: _Bytes, first_state: int, at: _Ints) -> _Bools:
        """Whether the automaton at `first_state` accepts some prefix of the bytes at each place."""
        result = np.zeros(len(at), bool)
        alive = np.arange(len(at))
        state = np.full(len(at), first_state, np.int64)
        limit = len(buffer) - 1
        for _ in range(MAX_STEPS):
            state = self._table[state * self._classes + self._class_of[buffer[at]]].astype(np.int64)
            at = at + 1
            result[alive[self._accepting[state]]] = True
            living = np.flatnonzero((state != 0) & ~self._accepting[state] & (at < limit))
            if not len(living):
                break
            state, at, alive = state[living], at[living], alive[living]
        return result

    def _decide(
        self, buffer: _Bytes, number: int, start: _Ints, ends: npt.NDArray[np.int32], last: _Ints
    ) -> tuple[_Ints, _Ints]:
        """The matches of one pattern among its candidates, without overlaps, as finditer would take them."""
        pattern = self._patterns[number]
        automaton = pattern.automaton
        assert automaton is not None
        fits, unsure = _look_behind(buffer, automaton, start)
        keep = np.flatnonzero((ends > 0) & (fits | unsure))
        start, ends, last, unsure = start[keep], ends[keep], last[keep], unsure[keep]
        if not len(start):
            return start, last
        unsure |= (ends > 1) | (not automaton.exact)
        unsure |= _HIGH[buffer[last]]
        if not unsure.all():
            high = np.flatnonzero(_HIGH[buffer])
            if len(high):
                unsure |= np.searchsorted(high, last) > np.searchsorted(high, start)
        if unsure.any():
            start, last = self._ask(buffer, pattern, start, last, unsure)
        return _without_overlaps(start, last)

    def _ask(self, buffer: _Bytes, pattern: _Pattern, start: _Ints, last: _Ints, unsure: _Bools) -> tuple[_Ints, _Ints]:
        """Has the expression itself decide the unsure candidates, each in its window."""
        assert pattern.automaton is not None
        reach = pattern.automaton.reach
        whole = reach < 0 or pattern.automaton.anchored
        margin = 4 * (reach + 4)
        end = last.copy()
        covered = 0
        starts = start.tolist()
        for i in np.flatnonzero(unsure).tolist():
            at, end_at = starts[i], int(last[i])
            if at < covered:  # inside a match of this expression: finditer would not look here
                end[i] = -1
                continue
            span = match_at(buffer, pattern.expression, at, end_at, margin, whole or end_at - at >= MAX_STEPS - 1)
            end[i] = span
            covered = max(covered, span)
        good = end > 0
        return start[good], end[good]


def _look_behind(buffer: _Bytes, automaton: Automaton, start: _Ints) -> tuple[_Bools, _Bools]:
    """(holds, unsure) of what must stand before each start; unsure where a non-ASCII byte lies within reach."""
    holds = np.ones(len(start), bool)
    unsure = np.zeros(len(start), bool)
    if automaton.boundary_before:
        unsure |= _HIGH[buffer[start - 1]] | _HIGH[buffer[start]]
        holds &= _IS_WORD[buffer[start - 1]] != _IS_WORD[buffer[start]]
    for condition in automaton.lookbehinds:
        any_fits = np.zeros(len(start), bool)
        for sequence in condition.alternatives:
            fits = np.ones(len(start), bool)
            for back, values in enumerate(reversed(sequence), 1):
                byte = buffer[start - back]
                fits &= _mask(values)[byte]
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
