"""Which expressions are looked for together: those that seem to begin at few places where none of them does.

Where a match can begin is told by pairs of bytes (see `starts`), and those of a cluster are told as one: where the
first pair of one and the second of another stand, each of them could begin, and is looked at in vain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pii_scan.detect.ordinary_text import ordinary_text
from pii_scan.detect.starts import DEPTH, Opening

_ONES = np.array([byte.bit_count() for byte in range(256)], np.uint8)

_Bytes = npt.NDArray[np.uint8]


def clustered(numbers: Sequence[int], openings: Mapping[int, Opening], most: int) -> list[list[int]]:
    """At most `most` clusters, those that begin at the most places of ordinary text first.

    Greedy: from the expression on that begins at the most places, each joins the cluster that grows the least by it.
    """
    if not numbers or most < 1:
        return []
    fits = _fits([openings[number] for number in numbers])
    order = np.argsort(-_places(fits), kind="stable")
    held = np.zeros((min(most, len(numbers)), *fits.shape[1:]), np.uint8)
    members: list[list[int]] = [[] for _ in held]
    size = np.zeros(len(held), np.int64)
    for item in order.tolist():
        with_it = held | fits[item]
        places = _places(with_it)
        filled = np.array([len(each) for each in members])
        chosen = int(np.lexsort((filled, places - size))[0])  # of equals the emptiest
        held[chosen], size[chosen] = with_it[chosen], places[chosen]
        members[chosen].append(numbers[item])
    return [members[place] for place in np.argsort(-size, kind="stable").tolist() if members[place]]


def _fits(openings: Sequence[Opening]) -> _Bytes:
    """(openings, DEPTH, bytes): at which places of ordinary text each of its pairs fits, a bit each."""
    text = np.frombuffer(ordinary_text(), np.uint8)
    pair = text[:-1].astype(np.int64) << 8 | text[1:]
    count = len(pair) - DEPTH
    out = np.zeros((len(openings), DEPTH, -(-count // 8)), np.uint8)
    for item, opening in enumerate(openings):
        for depth, pairs in enumerate(opening.pairs.reshape(DEPTH, -1)):
            out[item, depth] = np.packbits(pairs[pair[depth : depth + count]])
    return out


def _places(fits: _Bytes) -> npt.NDArray[np.int64]:
    """Of how many places all pairs fit."""
    return np.asarray(_ONES[np.bitwise_and.reduce(fits, axis=-2)].sum(axis=-1, dtype=np.int64))
