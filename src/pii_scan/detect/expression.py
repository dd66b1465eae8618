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
from functools import cache, lru_cache
from typing import Any

_sre: Any = importlib.import_module("re._parser")

IGNORECASE, MULTILINE, DOTALL = 2, 8, 16
MAX_NFA_STATES = 20_000
MAX_REMEMBERED = 1024
"""Expressions kept for the next detector of this process."""
WIDE = 1000
"""Characters from which a match counts as long."""

ByteSet = int
"""A set of byte values as a 256-bit integer."""

_ALL_ASCII: ByteSet = (1 << 128) - 1


class CannotCompile(Exception):
    """The expression is beyond the automaton: it must be searched for text by text."""


def byteset(values: Iterable[int]) -> ByteSet:
    """The set of the given byte values."""
    result = 0
    for value in values:
        result |= 1 << value
    return result


DIGITS = byteset(b"0123456789")
WORD = DIGITS | byteset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = byteset(b" \t\n\r\x0b\x0c")
_LEADS = ((byteset(range(0xC2, 0xE0)), 2), (byteset(range(0xE0, 0xF0)), 1), (byteset(range(0xF0, 0xF5)), 0))
"""First bytes of characters in UTF-8 of two, three and four bytes."""
_TAIL = byteset(range(0x80, 0xC0))
_CATEGORIES = {"CATEGORY_DIGIT": DIGITS, "CATEGORY_WORD": WORD, "CATEGORY_SPACE": _SPACE}
_CASE_PARTNERS = {"i": "\u0130\u0131", "k": "\u212a", "s": "\u017f"}
_KEEP = re.compile(r"(?<!\\)((?:\\\\)*)\\K")
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


@dataclass(frozen=True, slots=True)
class Lookahead:
    """A condition on the bytes after a match: some prefix of them must (not) fit the expression."""

    negated: bool
    expression: Expression


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
            return self._characters(_charset(op, value, flags), start)
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

    def _characters(self, wanted: _Charset, start: int) -> int:
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


@dataclass(frozen=True, slots=True)
class _Charset:
    """The characters that one item of an expression matches."""

    ascii_set: ByteSet
    sequences: tuple[bytes, ...] = ()
    """Single non-ASCII characters as UTF-8."""
    any_other: bool = False
    """Any non-ASCII character is let through ..."""
    approximate: bool = False
    """... though the expression takes only some of them."""


def _charset(op: str, value: Any, flags: int) -> _Charset:
    if op == "ANY":
        return _Charset(_ALL_ASCII if flags & DOTALL else _ALL_ASCII & ~(1 << 10), any_other=True)
    if op == "LITERAL":
        return _literal(chr(value), flags & IGNORECASE)
    if op == "NOT_LITERAL":
        return _negated(_literal(chr(value), flags & IGNORECASE))
    return _class(tuple(value), flags & IGNORECASE)


@cache
def _class(members: tuple[tuple[Any, Any], ...], flags: int) -> _Charset:
    """The characters of a class, `[...]`; a repeat asks for the same one many times."""
    ascii_set, characters, approximate, negated = 0, set(), False, False
    for kind, detail in members:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            characters.add(chr(detail))
        elif name == "RANGE":
            first, last = detail
            characters.update(map(chr, range(first, min(last, first + 512) + 1)))
            approximate |= last > first + 512
        else:
            positive = _CATEGORIES[str(detail).replace("NOT_", "")]
            ascii_set |= _ALL_ASCII & ~positive if "NOT_" in str(detail) else positive
            approximate = True
    single = _literals(characters, flags)
    approximate |= single.approximate
    union = _Charset(ascii_set | single.ascii_set, single.sequences, approximate, approximate)
    return _negated(union) if negated else union


def _negated(charset: _Charset) -> _Charset:
    approximate = charset.approximate or bool(charset.sequences)
    return _Charset(_ALL_ASCII & ~charset.ascii_set, any_other=True, approximate=approximate)


@cache
def _literal(character: str, flags: int) -> _Charset:
    return _literals({character}, flags)


def _literals(characters: set[str], flags: int) -> _Charset:
    cased = False
    if flags & IGNORECASE:
        folded = {form for char in characters for form in (char, char.lower(), char.upper(), char.casefold())}
        folded = {form for form in folded | {form.upper() for form in folded} if len(form) == 1}
        folded |= {partner for char in folded for partner in _CASE_PARTNERS.get(char, "")}
        # Which signs fold onto a letter outside ASCII is for the expression to say
        cased = any(char >= "\x80" and (char.lower() != char or char.casefold() != char.upper()) for char in characters)
        characters = folded
    ascii_set = byteset(ord(char) for char in characters if char < "\x80")
    sequences = sorted(char.encode("utf-8", "surrogatepass") for char in characters if char >= "\x80")
    if cased or len(sequences) > 64:
        return _Charset(ascii_set, any_other=True, approximate=True)
    return _Charset(ascii_set, tuple(sequences))


@lru_cache(MAX_REMEMBERED)
def read_expression(pattern: str, flags: int) -> Expression:
    """`pattern` under `flags` (of the `re` module), taken apart. Raises CannotCompile.

    What it gives is shared and never changed.
    """
    pattern, labels = _KEEP.subn(r"\1", pattern)
    if _REGEX_ONLY.search(pattern):
        raise CannotCompile("the expression uses syntax that only the regex module has")
    try:
        tree = _sre.parse(pattern, flags & (IGNORECASE | MULTILINE | DOTALL))
    except (re.error, RecursionError, OverflowError) as error:
        raise CannotCompile("the expression uses syntax that only a backtracking engine reads") from error
    flags = (tree.state.flags if hasattr(tree, "state") else flags) | flags
    items = list(tree)
    builder = _Builder(flags)
    before, behind, items = _leading(items, flags, builder)
    after, ahead, items = _trailing(items, flags, builder)
    start = builder.state()
    end = builder.sequence(items, start, flags)
    if end in builder.nfa.closure(start):
        raise CannotCompile("the expression matches the empty text")
    width = min(int(tree.getwidth()[1]), WIDE)
    return Expression(
        builder.nfa, start, end, builder.exact and not labels, behind, ahead, before, after, builder.anchored,
        builder.reach, width, bool(labels),
    )  # fmt: skip


def _leading(items: list[Any], flags: int, builder: _Builder) -> tuple[bool, tuple[Lookbehind, ...], list[Any]]:
    """Takes the boundary and the look-behinds off the front of an expression."""
    boundary, behind = False, []
    while items:
        op, value = str(items[0][0]), items[0][1]
        if op == "AT" and str(value) == "AT_BOUNDARY":
            boundary = True
        elif op in ("ASSERT", "ASSERT_NOT") and value[0] < 0 and (fixed := _fixed(list(value[1]), flags)) is not None:
            behind.append(Lookbehind(op == "ASSERT_NOT", fixed))
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
    sets = []
    for op, value in items:
        if str(op) not in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return None
        sets.append(_charset(str(op), value, flags).ascii_set)
    return (tuple(sets),)


def _trailing(items: list[Any], flags: int, builder: _Builder) -> tuple[bool, tuple[Lookahead, ...], list[Any]]:
    """Takes the boundary and the look-aheads off the end of an expression."""
    boundary, ahead = False, []
    while items:
        op, value = str(items[-1][0]), items[-1][1]
        if op == "AT" and str(value) == "AT_BOUNDARY":
            boundary = True
        elif op in ("ASSERT", "ASSERT_NOT") and value[0] > 0 and (inner := _inner(value[1], flags)) is not None:
            ahead.append(Lookahead(op == "ASSERT_NOT", inner))
            builder._extend_reach(value[1])
        else:
            break
        items = items[:-1]
    return boundary, tuple(ahead), items


def _inner(items: Any, flags: int) -> Expression | None:
    """What a look-ahead holds, or None when it is not plain."""
    builder = _Builder(flags)
    try:
        start = builder.state()
        end = builder.sequence(list(items), start, flags)
    except CannotCompile:
        return None
    # A non-ASCII byte right after a match sends the candidate to the expression anyway, so an approximated class does
    # no harm there; deeper ones would go unseen.
    width = items.getwidth()[1]
    plain = builder.exact and width < WIDE and (not builder.approximate or width == 1)
    if not plain or end in builder.nfa.closure(start):
        return None
    return Expression(builder.nfa, start, end, True)
