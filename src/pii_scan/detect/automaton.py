"""Joins expressions into one deterministic automaton: in one pass over the bytes it says which of them end where.

Its states are made when a walk first comes to them: a large set of rules starts at once, and states that no text
reaches are never made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pii_scan.detect.expression import Expression

MAX_STATES = 20_000
"""An automaton that has grown so large forgets the states that no walk is in."""
MAX_JOINED = 62
"""Expressions to one automaton: a bit each."""
DEAD, START = 0, 1

_Item = tuple[int, int]
"""(number of the expression, state of its automaton)."""
_States = npt.NDArray[np.int32]
_UNKNOWN = -1


class Automaton:
    """A deterministic automaton, by subset construction as far as it was walked. State 0 is dead, 1 the start."""

    def __init__(self, expressions: Sequence[Expression]) -> None:
        """At most MAX_JOINED `expressions`."""
        self._expressions = tuple(expressions)
        self._divide(sorted({mask for item in expressions for edges in item.nfa.edges for mask, _ in edges}))
        self._moves: dict[_Item, dict[int, frozenset[_Item]]] = {}
        closures = (_lift(i, item.nfa.closure(item.start)) for i, item in enumerate(expressions))
        self._dead: Any = frozenset[_Item]()
        self._first: Any = self._dead.union(*closures)
        self._begin([self._dead, self._first])

    def _divide(self, masks: Sequence[int]) -> None:
        """Puts bytes that no mask tells apart into one class."""
        self._class_of, self._classes = _byte_classes(masks)
        self._width = int(self._class_of.max()) + 1

    def _begin(self, subsets: list[Any]) -> None:
        """Starts over with the given states, of which the first is dead and the second where walks start."""
        self._subsets: list[Any] = []
        self._ids: dict[Any, int] = {}
        room = max(256, 2 * len(subsets))
        self._table = np.full(room * self._width, _UNKNOWN, np.int32)
        self._table[: self._width] = DEAD
        self.accepts = np.zeros(room, np.int64)
        """For each state: the expressions that end there, bit i for number i."""
        for subset in subsets:
            self._state(subset)

    def _accepting(self, subset: Any) -> int:
        """The expressions that end in a state, as bits."""
        return sum(1 << i for i, item in enumerate(self._expressions) if (i, item.end) in subset)

    def _state(self, subset: Any) -> int:
        number = self._ids.get(subset)
        if number is not None:
            return number
        number = self._ids[subset] = len(self._subsets)
        self._subsets.append(subset)
        if number >= len(self.accepts):
            self._table = np.concatenate([self._table, np.full_like(self._table, _UNKNOWN)])
            self.accepts = np.concatenate([self.accepts, np.zeros_like(self.accepts)])
        self.accepts[number] = self._accepting(subset)
        return number

    def step(self, state: _States, byte: npt.NDArray[np.uint8]) -> _States:
        """The state of each walk after its `byte`.

        Numbers hold until the next step, which must go on from them: an automaton that has grown too large gives new
        ones.
        """
        kind = self._class_of[byte]
        at = state * self._width + kind
        after = self._table[at]
        if len(after) and after.min() < 0:
            if len(self._subsets) > MAX_STATES:
                state = self._forget(state)
                at = state * self._width + kind
                after = self._table[at]
            for place in np.unique(at[after < 0]).tolist():
                to = self._made(*divmod(place, self._width))  # may put a larger table in place
                self._table[place] = to
            after = self._table[at]
        return np.asarray(after)

    @property
    def tables(self) -> tuple[_States, _States, npt.NDArray[np.int64]]:
        """(class of each byte, moves by state and class, `accepts`), until the next step; a move not made is -1."""
        return self._class_of, self._table, self.accepts

    def make(self, state: int, byte: int) -> int:
        """Makes the move of a state on a byte: the state's number, a new one when all others were forgotten."""
        if len(self._subsets) > MAX_STATES:
            state = int(self._forget(np.array([state], np.int32))[0])
        place = state * self._width + int(self._class_of[byte])
        if self._table[place] < 0:
            to = self._made(*divmod(place, self._width))  # may put a larger table in place
            self._table[place] = to
        return state

    def _made(self, state: int, kind: int) -> int:
        """The state after a byte of class `kind`."""
        parts = [found for item in self._subsets[state] if (found := self._moves_of(item).get(kind)) is not None]
        return self._state(frozenset().union(*parts)) if parts else DEAD

    def _moves_of(self, item: _Item) -> dict[int, frozenset[_Item]]:
        """Where one state of one expression goes, by class of byte."""
        moves = self._moves.get(item)
        if moves is None:
            number, state = item
            nfa = self._expressions[number].nfa
            gathered: dict[int, frozenset[_Item]] = {}
            for mask, target in nfa.edges[state]:
                reached = _lift(number, nfa.closure(target))
                for kind in self._classes[mask]:
                    gathered[kind] = gathered[kind] | reached if kind in gathered else reached
            moves = self._moves[item] = gathered
        return moves

    def _forget(self, state: _States) -> _States:
        """Keeps the states that walks are in, with new numbers: those of `state`."""
        alive, inverse = np.unique(state, return_inverse=True)
        subsets = [self._subsets[number] for number in alive.tolist()]
        self._begin([self._dead, self._first])
        return np.array([self._state(subset) for subset in subsets], np.int32)[inverse.reshape(-1)]


def _lift(number: int, states: frozenset[int]) -> frozenset[_Item]:
    return frozenset((number, state) for state in states)


def _byte_classes(masks: Sequence[int]) -> tuple[npt.NDArray[np.int32], dict[int, list[int]]]:
    """(class of each byte value, classes that each mask holds); a class is bytes that no edge tells apart."""
    packed = np.frombuffer(b"".join(mask.to_bytes(32, "little") for mask in masks), np.uint8).reshape(-1, 32)
    bits = np.unpackbits(packed, axis=1, bitorder="little")
    numbers: dict[bytes, int] = {}
    columns = np.ascontiguousarray(bits.T)
    classes = np.array([numbers.setdefault(column.tobytes(), len(numbers)) for column in columns], np.int32)
    first = np.unique(classes, return_index=True)[1]
    members = {mask: np.flatnonzero(bits[row, first]).tolist() for row, mask in enumerate(masks)}
    return classes, members
