"""Which of several texts, joined into one, each token belongs to, so that no text says anything of another."""

from __future__ import annotations

import numpy as np

from pii_scan.detect.names.tokens import Hashes, Ints, Tokens, mixed


class Texts:
    """The texts that some tokens are of; all of one where nothing else is said."""

    def __init__(self, tokens: Tokens, bounds: Ints | None = None, at: int = 0) -> None:
        """`bounds`: where each text begins, ascending. `at`: where the tokens' own piece does. Bytes."""
        self._before = 0
        self._first: Ints = np.zeros(0, np.int64)
        self.begins: Ints = np.zeros(1, np.int64)
        """The tokens with which texts begin, 0 among them, ascending."""
        if bounds is None:
            return
        self._before, stop = np.searchsorted(bounds, [at, at + len(tokens.data)], side="right").tolist()
        inside = bounds[self._before : stop]
        if len(inside):
            self._first = np.searchsorted(tokens.start, inside - at, side="left")
            new = self._first[np.diff(self._first, prepend=0) > 0]
            self.begins = np.concatenate([self.begins, new])

    def number(self, which: Ints) -> Ints:
        """The number of the text of each of the tokens `which`, from 1 on; 0 where nothing is said of texts."""
        if not len(self._first):
            return np.full(len(which), self._before, np.int64)
        return np.asarray(np.searchsorted(self._first, which, side="right") + self._before)

    def salt(self, which: Ints) -> Hashes:
        """What keeps the words of one text apart from those of another."""
        return mixed(self.number(which).astype(np.uint64))
