"""Walks of an automaton from many places of a buffer, by the compiled kernel or, all at once byte by byte, by NumPy."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import numpy.typing as npt

from pii_scan.detect.automaton import START, Automaton
from pii_scan.kernel import ROOM, native

MAX_STEPS = 4096
"""A walk still alive after so many bytes is given up: keeps the cost linear."""
EVERY, FIRST, EXTENT = range(3)
"""What the compiled kernel tells of a walk: all ends of its expressions, the first, or only how far it goes."""
_UNMADE = 1

ANY_FOLLOWS = np.full((3, 256), -1, np.int64)
"""Nothing is known of what may follow."""

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]
_Events = tuple[_Ints, _Ints, _Ints]


def walked(buffer: _Bytes, automaton: Automaton, start: _Ints, follows: _Ints | None = None) -> _Events:
    """(start, end, expressions that end there as bits) of every end on the way; bits -1 where a walk was given up.

    `follows`: see `Group.follows`; spares ends that would not stay, where the kernel is compiled.
    """
    compiled = native()
    if compiled is not None:
        return _compiled(compiled, buffer, automaton, start, EVERY, ANY_FOLLOWS if follows is None else follows)
    state, at = np.full(len(start), START, np.int32), start
    events = [(start[:0], start[:0], start[:0])]
    limit = len(buffer) - 1
    for _ in range(MAX_STEPS):
        state = automaton.step(state, buffer[at])
        at = at + 1
        living = np.flatnonzero(state)
        if len(living) < len(state):
            if not len(living):
                break
            state, at, start = state[living], at[living], start[living]
        bits = automaton.accepts[state]
        ended = np.flatnonzero(bits)
        if len(ended):
            events.append((start[ended], at[ended], bits[ended]))
        if int(at[-1]) >= limit:
            break
    else:
        events.append((start, at, np.full(len(start), -1, np.int64)))
    return _joined(events)


def accepted(buffer: _Bytes, automaton: Automaton, at: _Ints) -> _Bools:
    """Whether the automaton accepts some prefix of the bytes at each place."""
    compiled = native()
    if compiled is not None:
        return np.asarray(_compiled(compiled, buffer, automaton, at, FIRST)[2] > 0)
    result = np.zeros(len(at), bool)
    alive = np.arange(len(at))
    state = np.full(len(at), START, np.int32)
    limit = len(buffer) - 1
    for _ in range(MAX_STEPS):
        state = automaton.step(state, buffer[at])
        at = at + 1
        accepting = automaton.accepts[state] != 0
        result[alive[accepting]] = True
        living = np.flatnonzero((state != 0) & ~accepting & (at < limit))
        if not len(living):
            break
        state, at, alive = state[living], at[living], alive[living]
    return result


def extent(buffer: _Bytes, automaton: Automaton, at: _Ints) -> tuple[_Ints, _Bools]:
    """(byte at which the walk from each place is dead, whether it died within MAX_STEPS)."""
    compiled = native()
    if compiled is not None:
        _, end, bits = _compiled(compiled, buffer, automaton, at, EXTENT)
        return end, np.asarray(bits == 0)
    reached = at.copy()
    alive = np.arange(len(at))
    state = np.full(len(at), START, np.int32)
    limit = len(buffer) - 1
    for _ in range(MAX_STEPS):
        state = automaton.step(state, buffer[at])
        at = at + 1
        reached[alive] = at
        living = np.flatnonzero((state != 0) & (at < limit))
        if not len(living):
            return reached, np.ones(len(reached), bool)
        state, at, alive = state[living], at[living], alive[living]
    ended = np.ones(len(reached), bool)
    ended[alive] = False
    return reached, ended


def _compiled(
    compiled: ModuleType, buffer: _Bytes, automaton: Automaton, starts: _Ints, what: int, follows: _Ints = ANY_FOLLOWS
) -> _Events:
    """The events of all walks, one walk after the other."""
    events = [(starts[:0], starts[:0], starts[:0])]
    number, state = 0, START
    at = int(starts[0]) if len(starts) else 0
    room = (np.empty(ROOM, np.int64), np.empty(ROOM, np.int64), np.empty(ROOM, np.int64))
    while number < len(starts):
        how, number, at, state, count = compiled.walk(
            buffer, *automaton.tables, follows, starts, *room, MAX_STEPS, number, at, state, what
        )
        if count:  # copies: a view of a little would keep the whole room
            events.append((room[0][:count].copy(), room[1][:count].copy(), room[2][:count].copy()))
        if how == _UNMADE:
            state = automaton.make(state, int(buffer[at]))
    return _joined(events)


def _joined(events: list[_Events]) -> _Events:
    start, end, bits = (np.concatenate(column) for column in zip(*events, strict=True))
    return start, end, bits
