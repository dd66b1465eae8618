"""Says where the matches of an expression can begin: what may stand before and first, or a byte they must hold."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from pii_scan.detect.expression import WORD, ByteSet, Expression, Nfa, byteset

ANCHORS = b"@[:+/=#_(-."
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


def first_pairs(expressions: Iterable[Expression]) -> npt.NDArray[np.bool_]:
    """By the first byte times 256 plus the second: whether a match of any can begin so."""
    pairs = np.zeros((256, 256), np.bool_)
    for expression in expressions:
        nfa = expression.nfa
        seconds: dict[int, ByteSet] = {}
        for state in nfa.closure(expression.start):
            for first, target in nfa.edges[state]:
                if target not in seconds:
                    reached = nfa.closure(target)
                    seconds[target] = _EVERYTHING if expression.end in reached else _union(nfa, reached)
                pairs[np.ix_(_bytes(first), _bytes(seconds[target]))] = True
    return pairs.reshape(-1)


def _union(nfa: Nfa, states: Iterable[int]) -> ByteSet:
    values = 0
    for state in states:
        for mask, _ in nfa.edges[state]:
            values |= mask
    return values


def _bytes(values: ByteSet) -> npt.NDArray[np.int64]:
    packed = np.frombuffer(values.to_bytes(32, "little"), np.uint8)
    return np.flatnonzero(np.unpackbits(packed, bitorder="little"))


def anchor_of(expression: Expression) -> tuple[int, int, ByteSet] | None:
    """(byte, most bytes before its first occurrence, bytes that may stand there), for a byte that every match holds.

    None when there is none, or when matches begin with bytes that are rare enough.
    """
    if not first_bytes(expression) & ~RARE_FIRST:
        return None
    held = _union(expression.nfa, range(len(expression.nfa.edges)))
    for byte in ANCHORS:
        if not held >> byte & 1:
            continue
        found = _without(expression, byte)
        if found is not None and found[0] <= MAX_PREFIX:
            return byte, *found
    return None


def _without(expression: Expression, byte: int) -> tuple[int, ByteSet] | None:
    """(bytes of the longest way from the start that avoids `byte`, the bytes on such ways).

    None where such a way can be endless or be a whole match.
    """
    nfa, avoided = expression.nfa, ~(1 << byte)
    steps: dict[int, list[tuple[int, int]]] = {}
    degree: dict[int, int] = {expression.start: 0}
    inside, queue = 0, [expression.start]
    while queue:
        state = queue.pop()
        if state == expression.end:
            return None
        onward = [(0, to) for to in nfa.epsilon[state]]
        for mask, to in nfa.edges[state]:
            if mask & avoided:
                inside |= mask & avoided
                onward.append((1, to))
        steps[state] = onward
        for _, to in onward:
            if to not in degree:
                degree[to] = 0
                queue.append(to)
            degree[to] += 1
    longest = dict.fromkeys(degree, 0)
    ready, done = [expression.start] if degree[expression.start] == 0 else [], 0
    while ready:  # in topological order (Kahn, 1962); what is left over lies on a cycle
        state = ready.pop()
        done += 1
        for length, to in steps[state]:
            longest[to] = max(longest[to], longest[state] + length)
            degree[to] -= 1
            if degree[to] == 0:
                ready.append(to)
    return (max(longest.values()), inside) if done == len(degree) else None
