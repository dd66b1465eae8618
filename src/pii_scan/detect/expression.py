"""Reads a rule's regular expression into a nondeterministic automaton over UTF-8 bytes, with what stands around it.

Where the expression holds what automata cannot say (look-around inside, back references, Unicode classes), the
automaton accepts more than the expression, and `Expression.exact` is False: the engine then asks the expression
itself about each candidate. It never accepts less.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pii_scan.detect.charset import DOTALL, IGNORECASE, MULTILINE, ByteSet, Charset, byteset, charset

_sre: Any = importlib.import_module("re._parser")

MAX_NFA_STATES = 20_000
MAX_REMEMBERED = 1024
"""Expressions kept for the next detector of this process."""
WIDE = 1000
"""Characters from which a match counts as long."""


class CannotCompile(Exception):
    """The expression is beyond the automaton: it must be searched for text by text."""


_LEADS = ((byteset(range(0xC2, 0xE0)), 2), (byteset(range(0xE0, 0xF0)), 1), (byteset(range(0xF0, 0xF5)), 0))
"""First bytes of characters in UTF-8 of two, three and four bytes."""
_TAIL = byteset(range(0x80, 0xC0))
KEEP = re.compile(r"(?<!\\)((?:\\\\)*)\\K")
"""`\\K`, which `re` does not read: a match begins anew there."""
_REGEX_ONLY = re.compile(r"\[\[:|\[\^\[:|\{[0-9<=+,\s]*[eids]")
"""POSIX classes and approximate matching, which `re` would read as something else."""


@dataclass(frozen=True, slots=True)
class Lookbehind:
    """A condition on the bytes before a match: one of `alternatives`, each a sequence of byte sets, must (not) fit."""

    negated: bool
    alternatives: tuple[tuple[ByteSet, ...], ...]


@dataclass(frozen=True, slots=True)
class Nfa:
    """Thompson construction: epsilon edges and byte edges of each state."""

    epsilon: Sequence[Sequence[int]]
    edges: Sequence[Sequence[tuple[ByteSet, int]]]

    def closure(self, state: int) -> frozenset[int]:
        """The states that `state` reaches without a byte, itself among them."""
        seen, stack = {state}, [state]
        while stack:
            for to in self.epsilon[stack.pop()]:
                if to not in seen:
                    seen.add(to)
                    stack.append(to)
        return frozenset(seen)


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """One expression, taken apart: its automaton from `start` to `end`, and the conditions before and after.

    Equal to itself only, so that what is made from it can be remembered by it.
    """

    nfa: Nfa
    start: int
    end: int
    exact: bool
    lookbehinds: tuple[Lookbehind, ...] = ()
    lookaheads: tuple[Lookahead, ...] = ()
    boundary_before: bool = False
    boundary_after: bool = False
    anchored: bool = False
    """The expression holds ^ or $: windows must be whole texts."""
    reach: int = 0
    """Characters that look-around may read beyond the match, -1 when unbounded."""
    width: int = 0
    """Characters of the longest match, capped at WIDE."""
    labelled: bool = False
    r"""It holds `\K`: what the automaton walks begins before the match."""
    approximate: bool = False
    """Of characters beyond ASCII its automaton accepts more than it does."""


@dataclass(frozen=True, slots=True)
class Lookahead:
    """A condition on the bytes after a match: some prefix of them must (not) fit the expression."""

    negated: bool
    expression: Expression
    exact: bool = True
    """False: the automaton of the expression fits more than the condition says."""


class _Builder:
    """Walks the parse tree of one expression."""

    def __init__(self, flags: int) -> None:
        self._epsilon: list[list[int]] = []
        self._edges: list[list[tuple[ByteSet, int]]] = []
        self.nfa = Nfa(self._epsilon, self._edges)
        """Grows with what is added."""
        self.exact = True
        self.approximate = False
        self.anchored = False
        self.reach = 0
        self.flags = flags
        self.groups: dict[int, Any] = {}

    def state(self) -> int:
        """A new state. Raises CannotCompile when there are too many."""
        if len(self._epsilon) >= MAX_NFA_STATES:
            raise CannotCompile("the expression is too large")
        self._epsilon.append([])
        self._edges.append([])
        return len(self._epsilon) - 1

    def sequence(self, items: Any, start: int, flags: int) -> int:
        """Adds `items` after state `start`; gives the state where they end."""
        for op, value in items:
            start = self.item(str(op), value, start, flags)
        return start

    def item(self, op: str, value: Any, start: int, flags: int) -> int:
        if op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return self._characters(charset(op, value, flags), start)
        if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            self.exact &= op != "POSSESSIVE_REPEAT"
            low, high, items = value
            return self._repeat(low, high, items, start, flags)
        if op == "SUBPATTERN":
            group, add, remove, items = value
            if group is not None:
                self.groups[group] = (items, (flags | add) & ~remove)
            return self.sequence(items, start, (flags | add) & ~remove)
        if op == "ATOMIC_GROUP":
            self.exact = False
            return self.sequence(value, start, flags)
        if op == "BRANCH":
            end = self.state()
            for branch in value[1]:
                self._epsilon[self.sequence(branch, start, flags)].append(end)
            return end
        if op == "GROUPREF" and value in self.groups:
            self.exact = False
            items, group_flags = self.groups[value]
            return self.sequence(items, start, group_flags)
        if op == "AT":
            self.exact = False
            self.anchored |= "BOUNDARY" not in str(value)
            return start
        if op in ("ASSERT", "ASSERT_NOT"):
            self.exact = False
            self._extend_reach(value[1])
            return start
        raise CannotCompile(f"the expression uses {op.lower()}")

    def _extend_reach(self, items: Any) -> None:
        width = items.getwidth()[1]
        if width > 10_000 or self.reach < 0:
            self.reach = -1
        else:
            self.reach = max(self.reach, width)

    def _characters(self, wanted: Charset, start: int) -> int:
        end = self.state()
        self.approximate |= wanted.approximate
        if wanted.ascii_set:
            self._edges[start].append((wanted.ascii_set, end))
        for encoded in wanted.sequences:
            at = start
            for position, byte in enumerate(encoded):
                to = end if position == len(encoded) - 1 else self.state()
                self._edges[at].append((1 << byte, to))
                at = to
        if wanted.any_other:  # any non-ASCII character, as the form of UTF-8 has it
            more = [self.state() for _ in range(3)]
            for lead, first in _LEADS:
                self._edges[start].append((lead, more[first]))
            for at, to in ((more[0], more[1]), (more[1], more[2]), (more[2], end)):
                self._edges[at].append((_TAIL, to))
        return end

    def _repeat(self, low: int, high: Any, items: Any, start: int, flags: int) -> int:
        unbounded = str(high) == "MAXREPEAT"
        if max(low, 0 if unbounded else int(high)) > MAX_NFA_STATES:
            raise CannotCompile("the expression repeats too often")
        for _ in range(low):
            start = self.sequence(items, start, flags)
        end = self.state()
        if unbounded:
            loop = self.state()
            self._epsilon[start].append(loop)
            self._epsilon[self.sequence(items, loop, flags)].append(loop)
            self._epsilon[loop].append(end)
            return end
        for _ in range(int(high) - low):
            self._epsilon[start].append(end)
            start = self.sequence(items, start, flags)
        self._epsilon[start].append(end)
        return end


@lru_cache(MAX_REMEMBERED)
def read_expression(pattern: str, flags: int) -> Expression:
    """`pattern` under `flags` (of the `re` module), taken apart. Raises CannotCompile.

    What it gives is shared and never changed.
    """
    pattern, labels = KEEP.subn(r"\1", pattern)
    items, flags, width = parsed(pattern, flags)
    builder = _Builder(flags)
    before, behind, items = leading(items, flags, builder)
    after, ahead, items = trailing(items, flags, builder)
    start = builder.state()
    end = builder.sequence(items, start, flags)
    if end in builder.nfa.closure(start):
        raise CannotCompile("the expression matches the empty text")
    return Expression(
        builder.nfa, start, end, builder.exact and not labels and all(one.exact for one in ahead), behind, ahead,
        before, after, builder.anchored, builder.reach, min(width, WIDE), bool(labels), builder.approximate,
    )  # fmt: skip


def parsed(pattern: str, flags: int) -> tuple[list[Any], int, int]:
    """(items of the parse tree, flags, characters of the longest match). Raises CannotCompile."""
    if _REGEX_ONLY.search(pattern):
        raise CannotCompile("the expression uses syntax that only the regex module has")
    try:
        tree = _sre.parse(pattern, flags & (IGNORECASE | MULTILINE | DOTALL))
    except (re.error, RecursionError, OverflowError) as error:
        raise CannotCompile("the expression uses syntax that only a backtracking engine reads") from error
    flags = (tree.state.flags if hasattr(tree, "state") else flags) | flags
    return list(tree), flags, int(tree.getwidth()[1])


def leading(
    items: list[Any], flags: int, builder: _Builder | None = None
) -> tuple[bool, tuple[Lookbehind, ...], list[Any]]:
    """Takes the boundary and the look-behinds off the front of an expression."""
    boundary, behind = False, []
    while items:
        op, value = str(items[0][0]), items[0][1]
        if op == "AT" and str(value) == "AT_BOUNDARY":
            boundary = True
        elif op in ("ASSERT", "ASSERT_NOT") and value[0] < 0 and (fixed := _fixed(list(value[1]), flags)) is not None:
            behind.append(Lookbehind(op == "ASSERT_NOT", fixed))
            if builder is not None:
                builder._extend_reach(value[1])
        else:
            break
        items = items[1:]
    return boundary, tuple(behind), items


def _fixed(items: list[Any], flags: int) -> tuple[tuple[ByteSet, ...], ...] | None:
    """A look-behind as sequences of ASCII byte sets, or None. Non-ASCII neighbours are left to the expression."""
    if len(items) == 1 and str(items[0][0]) == "BRANCH":
        parts = [_fixed(list(branch), flags) for branch in items[0][1][1]]
        return None if any(part is None for part in parts) else tuple(seq for part in parts for seq in part or ())
    sets: list[ByteSet] = []
    for op, value in items:
        if str(op) == "MAX_REPEAT" and value[0] == value[1]:
            inner = _fixed(list(value[2]), flags)
            if inner is None or len(inner) != 1:
                return None
            sets += inner[0] * value[0]
        elif str(op) in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            sets.append(charset(str(op), value, flags).ascii_set)
        else:
            return None
    return (tuple(sets),)


def trailing(
    items: list[Any], flags: int, builder: _Builder | None = None
) -> tuple[bool, tuple[Lookahead, ...], list[Any]]:
    """Takes the boundary and the look-aheads off the end of an expression."""
    boundary, ahead = False, []
    while items:
        op, value = str(items[-1][0]), items[-1][1]
        if op == "AT" and str(value) == "AT_BOUNDARY":
            boundary = True
        elif (
            op in ("ASSERT", "ASSERT_NOT")
            and value[0] > 0
            and (one := _ahead(value[1], op == "ASSERT_NOT", flags)) is not None
        ):
            ahead.append(one)
            if builder is not None:
                builder._extend_reach(value[1])
        else:
            break
        items = items[:-1]
    return boundary, tuple(ahead), items


def _ahead(items: Any, negated: bool, flags: int) -> Lookahead | None:
    """A look-ahead; None where it has no automaton."""
    width = items.getwidth()[1]
    inner = part_of(items, flags) if width < WIDE else None
    if inner is None:
        return None
    # A non-ASCII byte right after a match sends the candidate to the expression anyway, so an approximated class does
    # no harm there; deeper ones would go unseen.
    return Lookahead(negated, inner, inner.exact and (not inner.approximate or width == 1))


def part_of(items: Iterable[Any], flags: int) -> Expression | None:
    """Some items of an expression by themselves; None where they can be empty or have no automaton."""
    builder = _Builder(flags)
    try:
        start = builder.state()
        end = builder.sequence(items, start, flags)
    except CannotCompile:
        return None
    if end in builder.nfa.closure(start):
        return None
    return Expression(builder.nfa, start, end, builder.exact, approximate=builder.approximate)
