"""Counts distinct numbers that come in arrays. Eight to sixteen bytes of memory for each distinct one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Prints = npt.NDArray[np.uint64]


class Distinct:
    """The distinct numbers of all arrays so far."""

    def __init__(self) -> None:
        self._known: _Prints = np.zeros(0, np.uint64)
        self._new: list[_Prints] = []
        self._waiting = 0

    def add(self, numbers: _Prints) -> None:
        """Adds the numbers of an array."""
        self._new.append(_sorted(numbers))
        self._waiting += len(self._new[-1])
        if self._waiting > len(self._known) + 1000:  # when doubled: the whole costs O(n log n)
            self._merge()

    def __len__(self) -> int:
        if self._new:
            self._merge()
        return len(self._known)

    def _merge(self) -> None:
        self._known = _sorted(np.concatenate([self._known, *self._new]))
        self._new, self._waiting = [], 0


def _sorted(numbers: _Prints) -> _Prints:
    """The distinct numbers, ascending."""
    numbers = np.sort(numbers)
    first = np.ones(len(numbers), bool)
    first[1:] = numbers[1:] != numbers[:-1]
    return numbers[first]
