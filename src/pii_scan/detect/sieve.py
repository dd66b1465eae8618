"""A sieve before the tables of `starts`: which bytes can stand right before a match, first and second in it, in sets.

The compiled kernel looks up many bytes at once in it, but no pairs. A place stays where its three bytes share one of
eight sets; what stays is more than where matches can begin, never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pii_scan.detect.ask import SEPARATOR
from pii_scan.detect.charset import ALL_ASCII, WORD, byte_mask
from pii_scan.detect.ordinary_text import ordinary_text

SETS = 8
ROLES = 3
"""Before, first, second."""
CLASSES = 130
"""Those of bytes: each of ASCII by itself, all others but one, and the separator of texts."""
MAX_STAYING = 0.2
"""Share of the places of ordinary text from which on a sieve is not worth its time."""

_CLASS = np.minimum(np.arange(256), CLASSES - 2)
_CLASS[SEPARATOR] = CLASSES - 1

_Part = npt.NDArray[np.bool_]
"""(ROLES, CLASSES): which of them a byte can be of in each role."""
_Fits = npt.NDArray[np.uint8]
"""At which places of ordinary text a part fits, a bit each."""


def sieve_of(table: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """(ROLES, CLASSES): the sets that each class of bytes is in, a bit each.

    Empty, with no roles, where too much would stay. `table`: the first of `Openings.tables`.
    """
    parts = list({part.tobytes(): part for part in _parts(table[:2].reshape(2, 256, 256))}.values())
    fits = [_fits(part) for part in parts]
    if not parts or _share(np.bitwise_or.reduce(fits)) > MAX_STAYING:
        return np.zeros((0, CLASSES), np.uint8)
    sets = _joined(parts, fits)
    if _share(np.bitwise_or.reduce([_fits(one) for one in sets])) > MAX_STAYING:
        return np.zeros((0, CLASSES), np.uint8)
    return np.asarray(np.bitwise_or.reduce([one.astype(np.uint8) << bit for bit, one in enumerate(sets)]))


def _parts(pairs: npt.NDArray[np.uint64]) -> Iterator[_Part]:
    """What each cluster asks of the bytes in each role, after each kind of byte: a match that begins a word is not
    to be looked for within one.
    """
    word, high = byte_mask(WORD), byte_mask(~ALL_ASCII & (1 << 256) - 1)
    for bit in range(64):
        own = (pairs & np.uint64(1 << bit)) != 0
        for kind in (word, ~word & ~high, high):
            begins = own[0] & kind[:, None]
            first = begins.any(axis=0)
            if first.any():
                part = np.zeros((ROLES, CLASSES), np.bool_)
                for role, held in enumerate((begins.any(axis=1), first, (own[1] & first[:, None]).any(axis=0))):
                    part[role, _CLASS[held]] = True
                yield part


def _joined(parts: Sequence[_Part], fits: Sequence[_Fits]) -> list[_Part]:
    """At most SETS parts that hold all; greedy: each joins the one that fits at the fewest more places by it."""
    sets: list[_Part] = []
    held: list[int] = []
    for number in sorted(range(len(parts)), key=lambda number: -_count(fits[number])):
        if len(sets) < SETS:
            sets.append(parts[number])
            held.append(_count(fits[number]))
            continue
        with_it = [one | parts[number] for one in sets]
        places = [_count(_fits(one)) for one in with_it]
        chosen = min(range(SETS), key=lambda place: places[place] - held[place])
        sets[chosen], held[chosen] = with_it[chosen], places[chosen]
    return sets


def _fits(part: _Part) -> _Fits:
    text = np.frombuffer(ordinary_text(), np.uint8)
    before, first, second = part[:, _CLASS[text]]
    return np.packbits(before[:-2] & first[1:-1] & second[2:])


def _count(fits: _Fits) -> int:
    return int(np.unpackbits(fits).sum(dtype=np.int64))


def _share(fits: _Fits) -> float:
    return _count(fits) / len(ordinary_text())
