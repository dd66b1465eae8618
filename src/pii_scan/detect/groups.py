"""Puts expressions into groups that share an automaton, and finds where in a buffer the matches of each can begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

from pii_scan.detect.automaton import MAX_JOINED, Automaton
from pii_scan.detect.charset import ByteSet, byte_mask
from pii_scan.detect.clusters import clustered
from pii_scan.detect.expression import WIDE, Expression
from pii_scan.detect.starts import CLUSTERS, DEPTH, MAX_RATE, Opening, Openings, anchor_of, opening_of
from pii_scan.detect.walks import ANY_FOLLOWS
from pii_scan.kernel import ROOM, native

PADDING = 512
"""Separators before and after the texts of a buffer, so that no read leaves it."""
MOST_WIDE = CLUSTERS // 4
"""Clusters of expressions whose matches may be long: they have automata of their own, as others would wait for them."""
MAX_LAYOUTS = 4
"""Sets of expressions whose layout is kept for the next detector of this process."""

_NO_CLUSTER = np.uint64(0)

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


Read = Callable[[int], Expression]
"""The expression of a number, taken apart when it is first asked for."""


class Group:
    """Expressions that one automaton serves; it is made when there is first something for it to look at."""

    __slots__ = ("_automaton", "_read", "anchor", "clusters", "follows", "known", "members")

    def __init__(
        self, members: tuple[int, ...], read: Read, clusters: np.uint64 = _NO_CLUSTER, anchor: Anchor | None = None
    ) -> None:
        """`clusters`: theirs among the openings; 0 for one that is found by its anchor."""
        self.members = members
        self.clusters = clusters
        self.anchor = anchor
        self.follows = ANY_FOLLOWS.copy()
        """(3, 256): the members (bits) that may end after a byte of no word, of a word, beyond ASCII, by the byte that
        follows; a superset, and all until a member is `known`."""
        self.known = 0
        self._read = read
        self._automaton: Automaton | None = None

    @property
    def automaton(self) -> Automaton:
        """Of all members together."""
        if self._automaton is None:
            self._automaton = Automaton([self._read(number) for number in self.members])
        return self._automaton


@dataclass(frozen=True, slots=True)
class Anchor:
    """Bytes of which every match of one expression holds one, and what may stand around the first; as `Held`."""

    bytes: ByteSet
    prefix: int
    before: _Bools
    after: _Bools
    opening: Opening

    def starts(self, buffer: _Bytes, at: _Ints) -> _Ints:
        """Every place where a match can begin whose first anchor byte is one of `at`, ascending."""
        at = at[self.after[buffer[np.minimum(at + 1, len(buffer) - 1)]] | (at + 1 == len(buffer))]
        found = [self._begins(buffer, at)]
        for _ in range(self.prefix):
            at = at - 1
            at = at[self.before[buffer[at]]]
            if not len(at):
                break
            found.append(self._begins(buffer, at))
        return np.unique(np.concatenate(found))

    def starts_compiled(self, compiled: ModuleType, buffer: _Bytes) -> _Ints:
        """Every place where a match can begin, ascending."""
        anchors, found, begin = byte_mask(self.bytes), [np.zeros(0, np.int64)], 0
        while begin < len(buffer):
            at = np.empty(ROOM, np.int64)
            count, begin = compiled.anchored(
                buffer, anchors, self.before, self.after, self.opening.pairs, at, self.prefix, begin
            )
            found.append(at[:count])
        return np.concatenate(found)

    def _begins(self, buffer: _Bytes, at: _Ints) -> _Ints:
        for depth, pairs in enumerate(self.opening.pairs):
            at = at[pairs[buffer[at + depth - 1], buffer[at + depth]]]
        return at


class Groups:
    """The expressions in groups: neighbours by how they begin share an automaton; one that can begin nearly anywhere is
    looked for around a byte that its matches must hold.
    """

    def __init__(self, layout: Layout, read: Read) -> None:
        self._openings = layout.openings
        self._groups = [Group(members, read, clusters) for members, clusters in layout.together] + [
            Group((number,), read, anchor=anchor) for number, anchor in layout.anchored
        ]

    def starts(self, buffer: _Bytes) -> Iterator[tuple[Group, _Ints]]:
        """Each group with every place of the buffer where a match can begin, ascending."""
        at, clusters = self._openings.places(buffer[PADDING - 1 : len(buffer) - PADDING + DEPTH])
        at = at + PADDING
        compiled = native()
        anchors: dict[int, _Ints] = {}
        for group in self._groups:
            if group.anchor is None:
                yield group, _picked(compiled, at, clusters, group.clusters)
                continue
            if compiled is not None:
                yield group, group.anchor.starts_compiled(compiled, buffer)
                continue
            values = group.anchor.bytes
            if values not in anchors:
                anchors[values] = np.flatnonzero(byte_mask(values)[buffer])
            yield group, group.anchor.starts(buffer, anchors[values])


def _picked(compiled: ModuleType | None, at: _Ints, clusters: npt.NDArray[np.uint64], wanted: np.uint64) -> _Ints:
    """Those of the places `at` where one of the wanted clusters can begin."""
    if compiled is None:
        return np.asarray(at[(clusters & wanted) != 0])
    picked = np.empty(len(at) + 1, np.int64)
    count: int = compiled.picked(at, clusters, picked, int(wanted))
    return picked[:count]


@dataclass(frozen=True, slots=True)
class Layout:
    """What the groups of a set of expressions are; nothing in it changes, so detectors share it."""

    openings: Openings
    together: tuple[tuple[tuple[int, ...], np.uint64], ...]
    """(members, their clusters) of each group that is found by how its members begin."""
    anchored: tuple[tuple[int, Anchor], ...]


@lru_cache(MAX_LAYOUTS)
def layout_of(read: tuple[tuple[int, Expression], ...]) -> Layout:
    """The layout of expressions by their numbers."""
    expressions = dict(read)
    openings = {number: opening_of(expression) for number, expression in read}
    anchored = tuple(_anchored(expressions, openings))
    done = {number for number, _ in anchored}
    left = [number for number in expressions if number not in done]
    wide = [number for number in left if expressions[number].width >= WIDE]
    narrow = [number for number in left if expressions[number].width < WIDE]
    far = clustered(wide, openings, min(len(wide), MOST_WIDE))
    near = clustered(narrow, openings, CLUSTERS - len(far))
    cluster = {number: i for i, part in enumerate((*near, *far)) for number in part}
    together = []
    for members in (*_packed(near), *_packed(far)):
        bits = sum(1 << i for i in {cluster[number] for number in members})
        together.append((tuple(members), np.uint64(bits)))
    begins = Openings([openings[number] for number in left], [cluster[number] for number in left])
    return Layout(begins, tuple(together), anchored)


def _anchored(read: Mapping[int, Expression], openings: Mapping[int, Opening]) -> Iterator[tuple[int, Anchor]]:
    for number, expression in read.items():
        held = anchor_of(expression) if openings[number].rate > MAX_RATE else None
        if held is not None:
            before, after = byte_mask(held.before), byte_mask(held.after)
            yield number, Anchor(held.bytes, held.prefix, before, after, openings[number])


def _packed(parts: list[list[int]]) -> list[list[int]]:
    """Clusters, one after the other, in lists of at most MAX_JOINED numbers; only one that is larger is cut."""
    packed: list[list[int]] = []
    for part in parts:
        if packed and len(packed[-1]) + len(part) <= MAX_JOINED:
            packed[-1].extend(part)
        else:
            packed.extend(part[first : first + MAX_JOINED] for first in range(0, len(part), MAX_JOINED))
    return packed
