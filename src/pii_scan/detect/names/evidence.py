"""What lists say of words: how common they are as first names and surnames, whether they are places or common words.

The lists are kept as hashes; no name can be read from them, though one can be looked up.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pii_scan.detect.names.tokens import WORD, Codes, Hashes, Ints, Tokens, mixed, word_hashes
from pii_scan.kernel import native

_S, _SMALL_LETTER = ord("s"), 0x20
MIN_GENITIVE = 4
"""Letters of a word whose final s may be a genitive."""


@dataclass(frozen=True, slots=True)
class WordTable:
    """Codes by the upper half of a word's hash."""

    keys: npt.NDArray[np.uint32]
    """Ascending."""
    codes: Codes

    @staticmethod
    def made(words: dict[int, int]) -> WordTable:
        """Of hashes and their codes."""
        folded: dict[int, int] = {}
        for value, code in words.items():
            folded[value >> 32] = max(code, folded.get(value >> 32, 0))
        keys = np.array(sorted(folded), np.uint32)
        return WordTable(keys, np.array([folded[int(key)] for key in keys], np.uint8))

    @staticmethod
    def of_words(words: dict[str, int]) -> WordTable:
        """Of words, whose case does not count, and their codes."""
        known = sorted(word for word in words if "\n" not in word)
        hashes = word_hashes([word.lower() for word in known]).tolist()
        folded: dict[int, int] = {}
        for value, word in zip(hashes, known, strict=True):
            folded[value] = max(folded.get(value, 0), words[word])
        return WordTable.made(folded)

    def joined(self, other: WordTable) -> WordTable:
        """What either holds, with the higher code of both."""
        keys, place = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        codes = np.zeros(len(keys), np.uint8)
        np.maximum.at(codes, place, np.concatenate([self.codes, other.codes]))
        return WordTable(keys, codes)

    def look_up(self, hashes: Hashes) -> Codes:
        """The code of each hash, 0 for those that are not in the table."""
        if not len(self.keys):
            return np.zeros(len(hashes), np.uint8)
        key = (hashes >> np.uint64(32)).astype(np.uint32)
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[at] == key, self.codes[at], 0).astype(np.uint8)


def frequency_code(bearers: int) -> int:
    """1 to 10: one more for every fourfold number of bearers."""
    return 1 + min(9, int(math.log2(bearers + 1) / 2))


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """The lists of a model."""

    first: WordTable
    """First names: 1 to 10, by the logarithm of the number of bearers."""
    last: WordTable
    place: WordTable
    low: WordTable
    """Words that were seen in lower case in the training texts: 1 to 3 times or more."""

    def of(self, tokens: Tokens, which: Ints) -> Listed:
        """What the lists say of the tokens `which`."""
        kernel = tokens.kernel
        if kernel is not None:
            out = np.empty((5, len(which)), np.uint8)
            kernel.listed(*tokens.columns, _slots(self), which, *out)
            return Listed(out[0], out[1], out[2].view(np.bool_), out[3].view(np.bool_), out[4])
        hashes = tokens.hash[which]
        first, last = self.first.look_up(hashes), self.last.look_up(hashes)
        genitive = np.zeros(len(which), bool)
        ends_s = (first == 0) & (last == 0) & (tokens.length[which] >= MIN_GENITIVE)
        rest = np.flatnonzero(ends_s & (tokens.kind[which] == WORD))
        if len(rest):
            stem = base_hash(tokens, which[rest])
            rest, stem = rest[stem != 0], stem[stem != 0]
            first[rest], last[rest] = self.first.look_up(stem), self.last.look_up(stem)
            genitive[rest] = (first[rest] > 0) | (last[rest] > 0)
        joined = np.flatnonzero(
            (first == 0) & (last == 0) & (tokens.kind[which] == WORD) & (tokens.counts(which)[2] > 0)
        )
        if len(joined):
            front, back = tokens.outer_parts(which[joined])
            first[joined] = np.minimum(self.first.look_up(front), self.first.look_up(back))
            last[joined] = np.minimum(
                np.maximum(self.last.look_up(front), self.first.look_up(front)), self.last.look_up(back)
            )
        return Listed(first, last, self.place.look_up(hashes) > 0, genitive, self.low.look_up(hashes))


@dataclass(frozen=True, slots=True)
class Listed:
    """Columns, one row a token."""

    first: Codes
    last: Codes
    place: npt.NDArray[np.bool_]
    genitive: npt.NDArray[np.bool_]
    """The lists know the word without its final s."""
    low: Codes

    def take(self, rows: slice) -> Listed:
        """Some of the rows."""
        return Listed(self.first[rows], self.last[rows], self.place[rows], self.genitive[rows], self.low[rows])

    @property
    def named(self) -> npt.NDArray[np.bool_]:
        """Whether the word is a name of either kind."""
        return (self.first > 0) | (self.last > 0)

    @property
    def kind(self) -> npt.NDArray[np.uint64]:
        """First name, surname, place as three bits."""
        bits = (self.first > 0) + 2 * (self.last > 0).astype(np.uint64) + 4 * self.place.astype(np.uint64)
        return np.asarray(bits, np.uint64)


def base_hash(tokens: Tokens, which: Ints) -> Hashes:
    """The hashes of the tokens `which` without a final s; 0 of those that have none, or little before it."""
    out = np.zeros(len(which), np.uint64)
    long = np.flatnonzero(tokens.length[which] >= MIN_GENITIVE)
    end = tokens.end[which[long]] - 1
    final = (tokens.data[end] | _SMALL_LETTER) == _S
    rest = long[final]
    if len(rest):
        out[rest] = mixed(tokens.part(tokens.start[which[rest]], end[final]))
    return out


@functools.lru_cache(maxsize=4)
def _slots(lists: Lists) -> Hashes:
    """The lists as the compiled kernel looks words up: by the upper half of a hash, with the codes of all four."""
    tables = (lists.first, lists.last, lists.place, lists.low)
    slots = np.zeros(1 << (2 * sum(len(table.keys) for table in tables) + 1).bit_length(), np.uint64)
    kernel = native()
    assert kernel is not None
    for number, table in enumerate(tables):
        kernel.enter(slots, table.keys, table.codes, np.array([number]))
    return slots
