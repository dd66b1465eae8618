"""Joins expressions into one deterministic automaton: in one pass over the bytes it says which of them end where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pii_scan.detect.expression import ByteSet, CannotCompile, Expression

MAX_STATES = 6_000
MAX_JOINED = 62
"""Expressions to one automaton: a bit each."""

_Item = tuple[int, int]
"""(number of the expression, state of its automaton)."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """A deterministic automaton. State 0 is dead, state 1 the start."""

    table: npt.NDArray[np.int32]
    """(states, 256): the next state for each byte value."""
    accepts: npt.NDArray[np.int64]
    """For each state: the expressions that end there, bit i for number i."""


def join(expressions: Sequence[Expression]) -> Automaton:
    """One automaton for all of `expressions`, by subset construction. Raises CannotCompile when it grows too large."""
    class_of, classes = _byte_classes({mask for item in expressions for edges in item.nfa.edges for mask, _ in edges})
    closures: dict[_Item, frozenset[_Item]] = {}

    def closure(item: _Item) -> frozenset[_Item]:
        found = closures.get(item)
        if found is None:
            reached = expressions[item[0]].nfa.closure(item[1])
            found = closures[item] = frozenset((item[0], state) for state in reached)
        return found

    first = frozenset().union(*(closure((i, item.start)) for i, item in enumerate(expressions)))
    ids: dict[frozenset[_Item], int] = {frozenset(): 0, first: 1}
    rows: list[dict[int, int]] = [{}, {}]
    queue = [first]
    while queue:
        subset = queue.pop()
        row = rows[ids[subset]]
        moves: dict[int, set[_Item]] = {}
        for i, state in subset:
            for mask, target in expressions[i].nfa.edges[state]:
                for number in classes[mask]:
                    moves.setdefault(number, set()).update(closure((i, target)))
        for number, targets in moves.items():
            to = frozenset(targets)
            if to not in ids:
                if len(ids) > MAX_STATES:
                    raise CannotCompile("the expression has too many states")
                ids[to] = len(rows)
                rows.append({})
                queue.append(to)
            row[number] = ids[to]
    by_class = np.zeros((len(rows), int(class_of.max()) + 1), np.int32)
    for state, row in enumerate(rows):
        by_class[state, list(row.keys())] = list(row.values())
    accepts = np.zeros(len(rows), np.int64)
    for subset, state in ids.items():
        accepts[state] = sum(1 << i for i, item in enumerate(expressions) if (i, item.end) in subset)
    return Automaton(by_class[:, class_of], accepts)


def _byte_classes(masks: set[ByteSet]) -> tuple[npt.NDArray[np.int64], dict[ByteSet, list[int]]]:
    """(class of each byte value, classes that each mask holds); a class is bytes that no edge tells apart."""
    ordered = sorted(masks)
    signatures: dict[tuple[bool, ...], int] = {}
    class_of = np.zeros(256, np.int64)
    for byte in range(256):
        signature = tuple(bool(mask >> byte & 1) for mask in ordered)
        class_of[byte] = signatures.setdefault(signature, len(signatures))
    members = {
        mask: [number for signature, number in signatures.items() if signature[place]]
        for place, mask in enumerate(ordered)
    }
    return class_of, members
