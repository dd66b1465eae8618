"""Says where the matches of an expression can begin: what may stand before and first, or a byte they must hold."""

from __future__ import annotations

import numpy as np

from pii_scan.detect.automaton import join
from pii_scan.detect.expression import WORD, ByteSet, CannotCompile, Expression, byteset

ANCHORS = b"@:+/=#_-."
"""Bytes that are rare in text; a match that must hold one is looked for around it."""
MAX_PREFIX = 320
"""Bytes that may stand before the anchor."""
RARE_FIRST = byteset(b"0123456789+(#&@<[{~^|$%ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""A match that begins with one of these needs no anchor."""
_EVERYTHING = (1 << 256) - 1
_HIGH = _EVERYTHING ^ ((1 << 128) - 1)


def first_bytes(expression: Expression) -> ByteSet:
    """The bytes that a match can begin with."""
    values = 0
    for state in expression.nfa.closure(expression.start):
        for mask, _ in expression.nfa.edges[state]:
            values |= mask
    return values


def bytes_before(expression: Expression) -> ByteSet:
    """The bytes that may stand right before a match, by its one-byte look-behinds and boundary; a superset."""
    allowed = _EVERYTHING
    if expression.boundary_before and not first_bytes(expression) & ~WORD:
        allowed &= ~WORD
    for condition in expression.lookbehinds:
        if all(len(sequence) == 1 for sequence in condition.alternatives):
            union = 0
            for sequence in condition.alternatives:
                union |= sequence[0]
            allowed &= ~union if condition.negated else union
    return (allowed | _HIGH) & _EVERYTHING


def anchor_of(expression: Expression) -> tuple[int, int, ByteSet] | None:
    """(byte, most bytes before its first occurrence, bytes that may stand there), for a byte that every match holds.

    None when there is none, or when matches begin with bytes that are rare enough.
    """
    if not first_bytes(expression) & ~RARE_FIRST:
        return None
    try:
        automaton = join([expression])
    except CannotCompile:
        return None
    for byte in ANCHORS:
        lengths: dict[int, int] = {}
        prefix = _longest_without(automaton.table, automaton.accepts, byte, 1, lengths, set())
        if prefix is not None and prefix <= MAX_PREFIX:
            inside = np.isin(automaton.table[sorted(lengths)], sorted(lengths)).any(axis=0)
            return byte, prefix, byteset(np.flatnonzero(inside).tolist()) & ~(1 << byte)
    return None


def _longest_without(
    table: np.ndarray, accepts: np.ndarray, byte: int, state: int, lengths: dict[int, int], open_states: set[int]
) -> int | None:
    """The longest path from `state` that avoids `byte`; None if it can be endless or reach an accepting state."""
    if accepts[state] or state in open_states or len(open_states) > MAX_PREFIX + 8:
        return None
    if state in lengths:
        return lengths[state]
    open_states.add(state)
    longest = 0
    row = table[state].copy()
    row[byte] = 0
    for to in np.unique(row[row > 0]).tolist():
        below = _longest_without(table, accepts, byte, to, lengths, open_states)
        if below is None:
            return None
        longest = max(longest, below + 1)
    open_states.discard(state)
    lengths[state] = longest
    return longest
