r"""The end that a backtracking engine would choose, found in one walk: of all ends the one that its preferences come to
first.

An expression becomes a program whose threads run side by side in the order of their preference; where one ends, those
behind it are dropped (Pike's construction as RE2 makes it deterministic, Cox 2010). Looks at one character before or
after a place, `\b`, `(?![a-z])`, are part of it. Of text beyond ASCII it knows nothing: a walk ends there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pii_scan.detect.automaton import DEAD, Automaton
from pii_scan.detect.charset import ALL_ASCII, MULTILINE, WORD, ByteSet, charset
from pii_scan.detect.expression import CannotCompile

MAX_STEPS = 20_000
"""Instructions of a program."""
MAX_MOVES = 50_000
"""Moves of an automaton; one that needs more is given up, as each takes a while to make."""
MARK = "\uf8ff"
r"""Stands for `\K` in an expression: it takes no character."""
TEXT_END: ByteSet = 1 << 0xFF
"""What follows the last character of a text."""
ANYTHING: ByteSet = (1 << 256) - 1
_NEWLINE: ByteSet = 1 << 10

_Look = tuple[bool, frozenset[tuple[int, ByteSet]]]
"""(negated, its threads) of a look ahead that goes on beside the thread that it belongs to."""


class _Thread(NamedTuple):
    at: int
    """The instruction."""
    wanted: ByteSet
    """Bytes of which the next must be one."""
    looks: frozenset[_Look] = frozenset()
    """What is not decided yet of what must follow."""
    late: int = 0
    """At its end: the bytes since."""


@dataclass(slots=True)
class Program:
    """Instructions, each with where to go on. The last of those that were added comes first."""

    kinds: list[str] = field(default_factory=list)
    sets: list[ByteSet] = field(default_factory=list)
    to: list[tuple[int, ...]] = field(default_factory=list)
    end: int = 0

    def __post_init__(self) -> None:
        self.end = self.add("end")

    def add(self, kind: str, bytes_: ByteSet = 0, to: Sequence[int] = ()) -> int:
        """The number of a new instruction. Raises CannotCompile when there are too many."""
        if len(self.kinds) >= MAX_STEPS:
            raise CannotCompile("the expression is too large")
        self.kinds.append(kind)
        self.sets.append(bytes_)
        self.to.append(tuple(to))
        return len(self.kinds) - 1

    def sequence(self, items: Sequence[Any], flags: int, then: int) -> int:
        """The instruction that `items` begin with, where `then` comes after them."""
        for op, value in reversed(list(items)):
            then = self._item(str(op), value, flags, then)
        return then

    def _item(self, op: str, value: Any, flags: int, then: int) -> int:
        if op == "LITERAL" and value == ord(MARK):
            return then
        if op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return self.add("bytes", charset(op, value, flags).ascii_set, [then])
        if op in ("MAX_REPEAT", "MIN_REPEAT"):
            return self._repeat(value, flags, then, greedy=op == "MAX_REPEAT")
        if op == "SUBPATTERN":
            _, add, remove, items = value
            return self.sequence(items, (flags | add) & ~remove, then)
        if op == "BRANCH":
            return self.add("split", 0, [self.sequence(branch, flags, then) for branch in value[1]])
        if op in ("ASSERT", "ASSERT_NOT"):
            return self._look(op, value, flags, then)
        if op == "AT":
            return self._at(str(value), flags, then)
        raise CannotCompile(f"the expression uses {op.lower()}")

    def _repeat(self, value: Any, flags: int, then: int, *, greedy: bool) -> int:
        low, high, items = value
        unbounded = str(high) == "MAXREPEAT"
        if items.getwidth()[0] == 0 and (unbounded or high > 1):
            raise CannotCompile("the expression repeats what may be empty")
        at = then
        if unbounded:
            at = self.add("split")
            ways = [self.sequence(items, flags, at), then]
            self.to[at] = tuple(ways if greedy else ways[::-1])
        else:
            for _ in range(high - low):
                ways = [self.sequence(items, flags, at), then]
                at = self.add("split", 0, ways if greedy else ways[::-1])
        for _ in range(low):
            at = self.sequence(items, flags, at)
        return at

    def _look(self, op: str, value: Any, flags: int, then: int) -> int:
        direction, items = value
        seen = _one_character(list(items), flags)
        if seen is None and direction > 0 and items.getwidth()[0] > 0:
            return self.add(op, 0, [then, self.sequence(items, flags, self.end)])
        if seen is None:
            raise CannotCompile("the expression looks at more than a character")
        if op == "ASSERT_NOT":
            seen = ANYTHING & ~seen
        return self.add("ahead" if direction > 0 else "behind", seen, [then])

    def _at(self, where: str, flags: int, then: int) -> int:
        if where in ("AT_BOUNDARY", "AT_NON_BOUNDARY"):
            return self.add(where, 0, [then])
        end = _end_set(where, flags)
        if not end:
            raise CannotCompile("the expression looks for where a text begins")
        return self.add("ahead", end, [then])


def _end_set(where: str, flags: int) -> ByteSet:
    """What follows an end of text or line; nothing where that is more than a byte, or something else is looked for."""
    if where == "AT_END_STRING":
        return TEXT_END
    return TEXT_END | _NEWLINE if where == "AT_END" and flags & MULTILINE else 0


def _one_character(items: list[Any], flags: int) -> ByteSet | None:
    """The ASCII characters, and `TEXT_END`, of which a look wants one; None where it looks at more."""
    if len(items) != 1:
        return None
    op, value = str(items[0][0]), items[0][1]
    if op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return charset(op, value, flags).ascii_set
    if op == "AT":
        return _end_set(str(value), flags) or None
    if op == "BRANCH":
        parts = [_one_character(list(branch), flags) for branch in value[1]]
        union = 0
        for part in parts:
            if part is None:
                return None
            union |= part
        return union
    return None


class Leftmost(Automaton):
    """The automaton of one program. It accepts where it knows of a match, with one more than the bytes since the byte
    behind the match; of those that a walk accepts the last counts.
    """

    def __init__(self, items: Sequence[Any], flags: int) -> None:
        """`items` of a parse tree, without what stands before the match. Raises CannotCompile."""
        self._program = Program()
        first = self._program.sequence(items, flags, self._program.end)
        said = zip(self._program.kinds, self._program.sets, strict=True)
        masks = {bytes_ for kind, bytes_ in said if kind in ("bytes", "ahead", "behind")} | {WORD, ALL_ASCII, TEXT_END}
        self._divide(sorted(masks))
        self._byte = [int(np.flatnonzero(self._class_of == kind)[0]) for kind in range(self._width)]
        threads: list[_Thread] = []
        self._follow(first, None, frozenset(), threads)
        if not threads:
            raise CannotCompile("the expression can begin nowhere")
        self._dead, self._first = ((), 0), (tuple(threads), 0)
        self._moves_made = 0
        self._begin([self._dead, self._first])

    def _accepting(self, state: Any) -> int:
        return int(state[1])

    def _made(self, state: int, kind: int) -> int:
        """The state after a byte of class `kind`. Raises CannotCompile when there are too many moves."""
        self._moves_made += 1
        if self._moves_made > MAX_MOVES:
            raise CannotCompile("the automaton is too large")
        byte, program = self._byte[kind], self._program
        threads: list[_Thread] = []
        matched = 0
        for thread in self._subsets[state][0]:
            looks = self._looked(thread.looks, byte) if thread.wanted >> byte & 1 else None
            if looks is None:
                continue
            if thread.at == program.end:
                if not looks:
                    matched = thread.late + 1
                    break
                threads.append(_Thread(thread.at, ANYTHING, looks, thread.late + 1))
            elif program.sets[thread.at] >> byte & 1:
                if self._follow(program.to[thread.at][0], byte, looks, threads):
                    break
        return self._state((tuple(threads), matched)) if threads or matched else DEAD

    def _follow(self, at: int, before: int | None, looks: frozenset[_Look], threads: list[_Thread]) -> bool:
        """Adds the threads that instruction `at` becomes after byte `before`; whether those behind it are in vain."""
        program, stack = self._program, [(at, ANYTHING, looks)]
        seen: dict[tuple[int, frozenset[_Look]], ByteSet] = {}
        for thread in threads:
            if not thread.late:
                key = thread.at, thread.looks
                seen[key] = seen.get(key, 0) | thread.wanted
        while stack:
            at, wanted, looks = stack.pop()
            known = seen.get((at, looks), 0)
            if not wanted & ~known:  # a thread that is preferred does the same
                continue
            seen[at, looks] = known | wanted
            kind = program.kinds[at]
            if kind in ("bytes", "end"):
                threads.append(_Thread(at, wanted, looks))
                if kind == "end" and wanted == ANYTHING and not looks:
                    return True
            elif kind == "split":
                stack.extend((to, wanted, looks) for to in reversed(program.to[at]))
            elif kind in ("ASSERT", "ASSERT_NOT"):
                begun = (kind == "ASSERT_NOT", self._begun(program.to[at][1], before))
                stack.append((program.to[at][0], wanted, looks | {begun}))
            elif wanted := wanted & self._allowed(at, before):
                stack.append((program.to[at][0], wanted, looks))
        return False

    def _begun(self, at: int, before: int | None) -> frozenset[tuple[int, ByteSet]]:
        """The threads of a look ahead that is instruction `at` next. Raises CannotCompile where it holds another."""
        threads: list[_Thread] = []
        self._follow(at, before, frozenset(), threads)
        if any(thread.looks for thread in threads):
            raise CannotCompile("the expression looks ahead within a look ahead")
        return frozenset((thread.at, thread.wanted) for thread in threads)

    def _looked(self, looks: frozenset[_Look], byte: int) -> frozenset[_Look] | None:
        """What is left of looks ahead after a byte; None where one of them fails."""
        left: set[_Look] = set()
        program = self._program
        for negated, threads in looks:
            held = [at for at, wanted in threads if wanted >> byte & 1]
            onward: set[tuple[int, ByteSet]] = set()
            for at in held:
                if at != program.end and program.sets[at] >> byte & 1:
                    onward |= self._begun(program.to[at][0], byte)
            if program.end in held or (program.end, ANYTHING) in onward:
                if negated:
                    return None
            elif onward:
                left.add((negated, frozenset(onward)))
            elif not negated:
                return None
        return frozenset(left)

    def _allowed(self, at: int, before: int | None) -> ByteSet:
        """The bytes that may follow where instruction `at`, a look around, holds."""
        kind, seen = self._program.kinds[at], self._program.sets[at]
        if kind == "ahead":
            return seen
        if before is None:
            raise CannotCompile("the expression looks at what stands before it")
        if kind == "behind":
            return ANYTHING if seen >> before & 1 else 0
        after_word = bool(WORD >> before & 1)
        return ANYTHING & ~WORD if after_word == (kind == "AT_BOUNDARY") else WORD
