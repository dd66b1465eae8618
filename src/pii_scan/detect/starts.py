"""Says where the matches of an expression can begin: what may stand before and first, or a byte they must hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pii_scan.detect.charset import DIGITS, WORD, ByteSet, byte_mask
from pii_scan.detect.expression import Expression, Nfa
from pii_scan.detect.sieve import CLASSES, ROLES, sieve_of
from pii_scan.kernel import ROOM, native

ANCHORS = (*(1 << byte for byte in b"@[:+/=#_(%-."), DIGITS)
"""Bytes, or sets of them, that are rare in text; a match that must hold one is looked for around it."""
MAX_PREFIX = 320
"""Bytes that may stand before the anchor."""
CLUSTERS = 64
DEPTH = 5
"""Pairs of bytes that are looked at before an automaton is walked."""
MAX_RATE = 0.004
"""Share of places from which on an anchor is the better way to find where an expression can begin."""
_EVERYTHING = (1 << 256) - 1
_HIGH = _EVERYTHING ^ ((1 << 128) - 1)


def _frequencies() -> npt.NDArray[np.float64]:
    """About how often each byte stands in Norwegian text with numbers and names in it."""
    share = np.full(256, 0.0004)
    for letters, each in (("e", 0.11), ("rntsiald", 0.05), ("okgmvfupbhj", 0.02), (" ", 0.14), ("0123456789", 0.008),
                          (".,\n", 0.01), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0.0015), (":-/\"'();=_", 0.003)):  # fmt: skip
        for letter in letters.encode():
            share[letter] = each
    return np.asarray(share / share.sum())


_FREQUENCY = _frequencies()


def first_bytes(expression: Expression) -> ByteSet:
    """The bytes that a match can begin with."""
    values = 0
    for state in expression.nfa.closure(expression.start):
        for mask, _ in expression.nfa.edges[state]:
            values |= mask
    return values


def _allowed_before(expression: Expression) -> ByteSet:
    """The bytes that may stand right before a match, by what its look-behinds say of that byte alone; a superset."""
    allowed = _EVERYTHING
    for condition in expression.lookbehinds:
        last = 0
        for sequence in condition.alternatives:
            last |= sequence[-1] if sequence else _EVERYTHING
        if not condition.negated:
            allowed &= last
        elif all(len(sequence) == 1 for sequence in condition.alternatives):
            allowed &= ~last
    return (allowed | _HIGH) & _EVERYTHING


@dataclass(frozen=True, slots=True)
class Opening:
    """How the matches of an expression begin; each part says at least what is possible."""

    pairs: npt.NDArray[np.bool_]
    """(DEPTH, 256, 256): the byte right before and the first, the first and the second, and so on."""
    rate: float
    """Share of the places in ordinary text where a match could begin, by how often each byte stands in one."""


def _rate(pairs: npt.NDArray[np.bool_]) -> float:
    after = pairs @ _FREQUENCY
    rate = float(_FREQUENCY @ after[0])
    for depth in range(1, DEPTH):
        held = pairs[depth].any(axis=1)
        rate *= float((after[depth][held] * _FREQUENCY[held]).sum() / max(_FREQUENCY[held].sum(), 1e-9))
    return rate


def opening_of(expression: Expression) -> Opening:
    """How the matches of `expression` begin."""
    nfa = expression.nfa
    pairs = np.zeros((DEPTH, 256, 256), np.bool_)
    follow: dict[int, ByteSet] = {}
    states = nfa.closure(expression.start)
    pairs[0] = _before_and_first(expression)
    for depth in range(1, DEPTH):
        if expression.end in states:  # a match so short: anything may follow
            pairs[depth:] = True
            break
        reached: set[int] = set()
        onto: dict[ByteSet, ByteSet] = {}
        for state in states:
            for mask, target in nfa.edges[state]:
                if target not in follow:
                    onward = nfa.closure(target)
                    follow[target] = _EVERYTHING if expression.end in onward else _union(nfa, onward)
                onto[mask] = onto.get(mask, 0) | follow[target]
                reached.update(nfa.closure(target))
        for mask, after in onto.items():
            pairs[depth] |= byte_mask(mask)[:, None] & byte_mask(after)[None, :]
        states = frozenset(reached)
    return Opening(pairs, _rate(pairs))


def _before_and_first(expression: Expression) -> npt.NDArray[np.bool_]:
    """(256, 256): the byte before a match and its first; a boundary lies between a word's byte and another."""
    first = byte_mask(first_bytes(expression))
    pairs = np.asarray(byte_mask(_allowed_before(expression))[:, None] & first[None, :])
    if expression.boundary_before:
        word, high = byte_mask(WORD), byte_mask(_HIGH)
        plain = ~high[:, None] & ~high[None, :]  # beyond ASCII the expression decides
        pairs &= ~(plain & (word[:, None] == word[None, :]))
    return pairs


class Openings:
    """Where in a buffer the matches of many expressions can begin, in one look at each byte.

    Each belongs to one of CLUSTERS clusters, a bit each: a place is one for a cluster when the byte before, the first
    two, the second and third and so on are possible in it.
    """

    def __init__(self, openings: Sequence[Opening], clusters: Sequence[int]) -> None:
        """`clusters`: the number of each opening's."""
        self._pairs = np.zeros((DEPTH, 1 << 16), np.uint64)
        for number, opening in zip(clusters, openings, strict=True):
            self._pairs[opening.pairs.reshape(DEPTH, -1)] |= np.uint64(1 << number)
        self._any = self._pairs[1] != 0
        self._sieve = sieve_of(self._pairs)

    @property
    def tables(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
        """(DEPTH, 65536): the clusters that each pair of bytes is possible in; and the sieve before them."""
        return self._pairs, self._sieve

    @classmethod
    def of_tables(cls, pairs: npt.NDArray[np.uint64], sieve: npt.NDArray[np.uint8]) -> Openings:
        """The inverse of `tables`. Raises ValueError."""
        known = pairs.shape == (DEPTH, 1 << 16) and pairs.dtype == np.uint64 and sieve.dtype == np.uint8
        if not known or sieve.shape not in ((0, CLASSES), (ROLES, CLASSES)):
            raise ValueError("no tables of openings")
        made = cls.__new__(cls)
        made._pairs, made._any, made._sieve = pairs, pairs[1] != 0, sieve
        return made

    def places(self, body: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        """(places, clusters that can begin there), ascending. `body` has one byte before, and DEPTH - 1 after, what is
        looked at; places count from the first that is.
        """
        compiled = native()
        if compiled is not None:
            return self._places_compiled(compiled, body)
        pair = body[:-1].astype(np.uint16)
        pair <<= np.uint16(8)
        pair |= body[1:]
        at = np.flatnonzero(self._any[pair[1 : len(pair) - DEPTH + 2]])
        clusters = self._pairs[1][pair[at + 1]] & self._pairs[0][pair[at]]
        for depth in range(2, DEPTH):
            kept = np.flatnonzero(clusters)
            at, clusters = at[kept], clusters[kept]
            clusters = clusters & self._pairs[depth][pair[at + depth]]
        kept = np.flatnonzero(clusters)
        return at[kept], clusters[kept]

    def _places_compiled(
        self, compiled: ModuleType, body: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        found, begin = [(np.zeros(0, np.int64), np.zeros(0, np.uint64))], 0
        while begin < len(body) - DEPTH:
            at, clusters = np.empty(ROOM, np.int64), np.empty(ROOM, np.uint64)
            count, begin = compiled.places(body, self._pairs, self._sieve, at, clusters, begin)
            found.append((at[:count], clusters[:count]))
        return np.concatenate([at for at, _ in found]), np.concatenate([clusters for _, clusters in found])


def _union(nfa: Nfa, states: Iterable[int]) -> ByteSet:
    values = 0
    for state in states:
        for mask, _ in nfa.edges[state]:
            values |= mask
    return values


def _bytes(values: ByteSet) -> npt.NDArray[np.int64]:
    return np.flatnonzero(byte_mask(values))


class Held(NamedTuple):
    """Bytes of which every match holds one, and what is around the first of them."""

    bytes: ByteSet
    prefix: int
    """Most bytes of the match before it."""
    before: ByteSet
    """Those that may be among them."""
    after: ByteSet
    """Those that may follow right after it."""


def anchor_of(expression: Expression) -> Held | None:
    """The first of ANCHORS that every match holds; None where there is none."""
    held = _union(expression.nfa, range(len(expression.nfa.edges)))
    for anchor in ANCHORS:
        if not held & anchor:
            continue
        found = _without(expression, anchor)
        if found is not None and found[0] <= MAX_PREFIX:
            return Held(anchor, *found)
    return None


def _without(expression: Expression, anchor: ByteSet) -> tuple[int, ByteSet, ByteSet] | None:
    """(bytes of the longest way from the start that avoids `anchor`, the bytes on such ways, those that may follow the
    anchor at its end).

    None where such a way can be endless or be a whole match.
    """
    nfa, avoided = expression.nfa, ~anchor
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
    if done < len(degree):
        return None
    beyond = frozenset[int]().union(
        *(nfa.closure(to) for state in degree for mask, to in nfa.edges[state] if mask & anchor)
    )
    return max(longest.values()), inside, _EVERYTHING if expression.end in beyond else _union(nfa, beyond)
