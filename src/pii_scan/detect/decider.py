r"""Decides, all together, candidates that the automaton of an expression leaves open: which of several ends a match
has, what a look around inside the expression says, where `\K` lets a match begin. The rest is for the expression.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pii_scan.detect.automaton import Automaton
from pii_scan.detect.beyond_ascii import holds_high
from pii_scan.detect.expression import KEEP, CannotCompile, leading, parsed, part_of, trailing
from pii_scan.detect.leftmost import MARK, Leftmost
from pii_scan.detect.walks import accepted, extent, walked

_MARK_WRITTEN = re.compile(rf"{MARK}|f8ff", re.IGNORECASE)

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Settled:
    """Columns, one row a candidate."""

    begin: _Ints
    end: _Ints
    """-1 where there is no match."""
    known: _Bools
    """False: the expression is to be asked, and the other two say nothing."""


class Decider:
    """Of one expression. Takes candidates of which no character, nor one beside them, lies beyond ASCII; what a look
    ahead meets further on may, and is then for the expression.
    """

    def __init__(self, pattern: str, flags: int) -> None:
        """`flags` of the `re` module. What cannot be taken apart is never decided."""
        self._doubtful: list[Automaton] = []
        """Where one of them accepts what follows, it cannot say whether the match may stand before it."""
        self._exact = False
        self._leftmost: Leftmost | None = None
        self._parts: tuple[Automaton, Automaton] | None = None
        marked, self._labels = KEEP.subn(rf"\1{MARK}", pattern)
        if _MARK_WRITTEN.search(pattern):
            return
        try:
            items, flags, _ = parsed(marked, flags)
        except CannotCompile:
            return
        _, _, items = leading(items, flags)
        if self._labels:
            self._parts = _split(items, flags)
            if self._labels > 1 or self._parts is None:
                return
        try:
            self._leftmost = Leftmost(items, flags)
        except CannotCompile:
            pass
        _, aheads, items = trailing([item for item in items if not _is_mark(item)], flags)
        core = part_of(items, flags)
        self._exact = core is not None and core.exact
        self._doubtful = [Automaton([one.expression]) for one in aheads if not one.exact]

    def settle(self, buffer: _Bytes, start: _Ints, last: _Ints, single: _Bools) -> Settled:
        """The matches from each `start`, ascending, on; `last`: the farthest possible end, `single`: the only one."""
        end, known = np.full(len(start), -1, np.int64), np.zeros(len(start), bool)
        if self._exact:
            known |= single
            end[single] = last[single]
            for automaton in self._doubtful:
                known &= ~accepted(buffer, automaton, last)
        rest = np.flatnonzero(~known)
        if len(rest) and self._leftmost is not None:
            try:
                end[rest], known[rest] = _ends(buffer, self._leftmost, start[rest])
            except CannotCompile:  # what it cannot do shows when a walk comes to it
                self._leftmost = None
        begin = start.copy()
        labelled = np.flatnonzero(known & (end >= 0)) if self._labels else start[:0]
        if len(labelled):
            begin[labelled], known[labelled] = self._kept(buffer, start[labelled], end[labelled])
        return Settled(begin, end, known)

    def _kept(self, buffer: _Bytes, start: _Ints, end: _Ints) -> tuple[_Ints, _Bools]:
        r"""(where `\K` stands in the match from each `start` to `end`, whether it can stand there alone)."""
        assert self._parts is not None
        before, after = self._parts
        from_, at, bits = walked(buffer, before, start)
        number = np.searchsorted(start, from_)
        lost = np.zeros(len(start), bool)
        lost[number[bits < 0]] = True
        inside = np.flatnonzero((bits > 0) & (at < end[number]))
        number, at = number[inside], at[inside]
        places = np.unique(at)
        from_, stop, bits = walked(buffer, after, places)
        given_up = from_[bits < 0]
        lost[number[np.isin(at, given_up)]] = True
        ways = np.unique((from_[bits > 0] << 31) + stop[bits > 0] - from_[bits > 0])
        fits = np.isin((at << 31) + end[number] - at, ways)
        count = np.bincount(number[fits], minlength=len(start))
        begin = start.copy()
        begin[number[fits]] = at[fits]
        return begin, (count == 1) & ~lost


def _ends(buffer: _Bytes, automaton: Leftmost, start: _Ints) -> tuple[_Ints, _Bools]:
    """(end of the match from each start, -1 for none; whether the walk came to its end)."""
    from_, at, late = walked(buffer, automaton, start)
    number = np.searchsorted(start, from_)
    # of what a look ahead meets beyond ASCII it knows nothing
    end, known = np.full(len(start), -1, np.int64), ~holds_high(buffer, start, extent(buffer, automaton, start)[0])
    known[number[late < 0]] = False
    matched = np.flatnonzero(late > 0)
    matched = matched[np.argsort(at[matched], kind="stable")]
    end[number[matched]] = at[matched] - late[matched]  # of several, the last is written last
    return end, known


def _is_mark(item: Any) -> bool:
    return str(item[0]) == "LITERAL" and item[1] == ord(MARK)


def _split(items: list[Any], flags: int) -> tuple[Automaton, Automaton] | None:
    r"""The automata of what stands before `\K` and behind it; None where it does not stand between two parts."""
    marks = [number for number, item in enumerate(items) if _is_mark(item)]
    if len(marks) != 1:
        return None
    before = part_of(items[: marks[0]], flags)
    after = part_of(trailing(items[marks[0] + 1 :], flags)[2], flags)
    return None if before is None or after is None else (Automaton([before]), Automaton([after]))
