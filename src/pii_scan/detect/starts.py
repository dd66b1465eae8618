"""Says where the matches of an automaton can begin: what may stand before and first, or a byte they must hold."""

from __future__ import annotations

import numpy as np

from pii_scan.detect.automaton import WORD, Automaton, ByteSet, byteset

ANCHORS = b"@:+/=#_-."
"""Bytes that are rare in text; a match that must hold one is looked for around it."""
MAX_PREFIX = 320
"""Bytes that may stand before the anchor."""
RARE_FIRST = byteset(b"0123456789+(#&@<[{~^|$%ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""A match that begins with one of these needs no anchor."""
_EVERYTHING = (1 << 256) - 1
_HIGH = _EVERYTHING ^ ((1 << 128) - 1)


def prefix_sets(automaton: Automaton) -> tuple[ByteSet, ByteSet, ByteSet]:
    """The bytes that can stand first, second and third in a match; all bytes where a shorter match exists."""
    sets: list[ByteSet] = []
    states = {1}
    for _ in range(3):
        if states & automaton.accepting:
            sets.append(_EVERYTHING)
            continue
        following = automaton.table[sorted(states)]
        sets.append(byteset(np.flatnonzero(following.any(axis=0)).tolist()))
        states = set(np.unique(following).tolist()) - {0}
    return sets[0], sets[1], sets[2]


def bytes_before(automaton: Automaton, first: ByteSet) -> ByteSet:
    """The bytes that may stand right before a match, by its one-byte look-behinds and boundary; a superset."""
    allowed = _EVERYTHING
    if automaton.boundary_before and not first & ~WORD & ~_HIGH:
        allowed &= ~WORD
    for condition in automaton.lookbehinds:
        if all(len(sequence) == 1 for sequence in condition.alternatives):
            union = 0
            for sequence in condition.alternatives:
                union |= sequence[0]
            allowed &= ~union if condition.negated else union
    return (allowed | _HIGH) & _EVERYTHING


def anchor_of(automaton: Automaton) -> tuple[int, int, ByteSet] | None:
    """(byte, most bytes before its first occurrence, bytes that may stand there), for a byte that every match holds."""
    for byte in ANCHORS:
        lengths: dict[int, int] = {}
        prefix = _longest_without(automaton, byte, 1, lengths, set())
        if prefix is not None and prefix <= MAX_PREFIX:
            inside = np.isin(automaton.table[sorted(lengths)], sorted(lengths)).any(axis=0)
            return byte, prefix, byteset(np.flatnonzero(inside).tolist()) & ~(1 << byte)
    return None


def _longest_without(
    automaton: Automaton, byte: int, state: int, lengths: dict[int, int], open_states: set[int]
) -> int | None:
    """The longest path from `state` that avoids `byte`; None if it can be endless or reach an accepting state."""
    if state in automaton.accepting or state in open_states or len(open_states) > MAX_PREFIX + 8:
        return None
    if state in lengths:
        return lengths[state]
    open_states.add(state)
    longest = 0
    row = automaton.table[state].copy()
    row[byte] = 0
    for to in np.unique(row[row > 0]).tolist():
        below = _longest_without(automaton, byte, to, lengths, open_states)
        if below is None:
            return None
        longest = max(longest, below + 1)
    open_states.discard(state)
    lengths[state] = longest
    return longest
