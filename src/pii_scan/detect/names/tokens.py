"""Texts as arrays of words and signs, with hashes of the words and of parts of them. No word is ever a Python string.

The hash of characters s..e is a difference of two prefix sums, brought to one place by a power (Karp and Rabin, 1987),
so that every part of every word is hashed at the cost of two look-ups.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

SPACE, WORD, SIGN, BREAK = 0, 1, 2, 3
"""Kinds of tokens: white space (in no token), a word, any other character, a line end."""
_JOINER = 4
_KNOWN = 0x2100
"""Code points from here on are signs."""
_JOINERS = "-’'´`"
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_MIX = np.uint64(0xD6E8FEB86659FD93)
LINE_END = np.uint64(0x5851F42D4C957F2D)
"""The hash of a line end, and of what lies beyond the text."""
EDGE = 2
"""Line ends put before and behind the tokens, so that neighbours need no check."""
MAX_CHARACTERS = 1 << 20
"""Texts are cut into pieces of at most about so many characters."""


@functools.cache
def _tables() -> tuple[Codes, npt.NDArray[np.uint32], Bools, npt.NDArray[np.uint64]]:
    """(kind, lower case, whether upper case, what is counted) by code point."""
    kind = np.full(_KNOWN, SIGN, np.uint8)
    lower = np.arange(_KNOWN, dtype=np.uint32)
    upper, counted = np.zeros(_KNOWN, bool), np.zeros(_KNOWN, np.uint64)
    for point in range(_KNOWN):
        char = chr(point)
        if char in _JOINERS:
            kind[point], counted[point] = _JOINER, 1 << 40
        elif char.isalnum() or char == "_":
            kind[point] = WORD
        elif char in "\n\r\x0b\x0c\x85":
            kind[point] = BREAK
        elif char.isspace():
            kind[point] = SPACE
        if char.isupper():
            upper[point], counted[point] = True, 1
        if not char.isalpha() and kind[point] == WORD:
            counted[point] = 1 << 20
        if len(char.lower()) == 1:
            lower[point] = ord(char.lower()) if ord(char.lower()) < _KNOWN else point
    return kind, lower, upper, counted


@functools.lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse modulo 2^64."""
    both = []
    for factor in (_BASE, _INVERSE):
        power = np.full(size, factor, np.uint64)
        power[0] = 1
        both.append(np.cumprod(power, dtype=np.uint64))
    return both[0], both[1]


def mixed(value: Hashes) -> Hashes:
    """Spreads what differs in low bits over all of them."""
    value = value ^ (value >> np.uint64(32))
    value = value * _MIX
    value ^= value >> np.uint64(32)
    value *= _MIX
    return value ^ (value >> np.uint64(32))


class Tokens:
    """The tokens of one text, EDGE line ends at either end included."""

    def __init__(self, text: str) -> None:
        """`text`: at most about MAX_CHARACTERS characters."""
        kinds, lower, uppers, counted = _tables()
        point = np.minimum(np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32), _KNOWN - 1)
        kind = kinds[point]
        joiner = np.flatnonzero(kind == _JOINER)
        if len(joiner):
            inside = joiner[(joiner > 0) & (joiner < len(kind) - 1)]
            both = (kind[inside - 1] == WORD) & (kind[inside + 1] == WORD)
            kind[joiner] = SIGN
            kind[inside[both]] = WORD
            joiner = inside[both]
        self._joiner = joiner
        bound = np.flatnonzero((kind[1:] != kind[:-1]) | (kind[1:] == SIGN)) + 1
        start = np.concatenate([np.zeros(1, np.int64), bound]) if len(kind) else np.zeros(0, np.int64)
        end = np.concatenate([bound, np.full(1, len(kind))]) if len(kind) else start
        own = kind[start]
        filled = own != SPACE
        begin, stop = np.zeros(EDGE, np.int64), np.full(EDGE, len(kind))
        self.start: Ints = np.concatenate([begin, start[filled], stop])
        self.end: Ints = np.concatenate([begin, end[filled], stop])
        self.kind: Codes = np.concatenate([np.full(EDGE, BREAK), own[filled], np.full(EDGE, BREAK)]).astype(np.uint8)
        self.length: Ints = self.end - self.start
        size = 1 << max(len(kind), 1).bit_length()
        power, self._inverse = _powers(size)
        self._sums = np.zeros(len(kind) + 1, np.uint64)
        np.cumsum((lower[point].astype(np.uint64) + np.uint64(1)) * power[: len(kind)], out=self._sums[1:])
        self._counts = np.zeros(len(kind) + 1, np.uint64)
        np.cumsum(counted[point], out=self._counts[1:])
        self.hash: Hashes = mixed(self.part(self.start, self.end))
        self.hash[self.kind == BREAK] = LINE_END
        first = point[np.minimum(self.start, max(len(kind) - 1, 0))] if len(kind) else np.zeros(len(self.start), int)
        self.capital: Bools = uppers[first] & (self.kind == WORD)
        self.first: npt.NDArray[np.uint32] = np.where(self.length > 0, first, 0).astype(np.uint32)

    def part(self, start: Ints, end: Ints) -> Hashes:
        """The hashes, not yet mixed, of the characters from `start` to `end` in lower case."""
        return np.asarray((self._sums[end] - self._sums[start]) * self._inverse[start])

    def counts(self, which: Ints) -> tuple[Ints, Ints, Ints]:
        """(capitals, characters that are no letters, joiners) in each of the tokens `which`."""
        packed = self._counts[self.end[which]] - self._counts[self.start[which]]
        mask = np.uint64((1 << 20) - 1)
        return (
            (packed & mask).astype(np.int64),
            ((packed >> np.uint64(20)) & mask).astype(np.int64),
            (packed >> np.uint64(40)).astype(np.int64),
        )

    def prefix(self, which: Ints, size: int) -> Hashes:
        """The hashes of the first `size` characters of the tokens `which`."""
        return mixed(self.part(self.start[which], np.minimum(self.start[which] + size, self.end[which])))

    def suffix(self, which: Ints, size: int) -> Hashes:
        """The hashes of the last `size` characters of the tokens `which`."""
        return mixed(self.part(np.maximum(self.end[which] - size, self.start[which]), self.end[which]))

    def joined_parts(self, which: Ints) -> tuple[Ints, Ints]:
        """(end of the first part, start of the last part) of tokens that hold a joiner: `Anne|-Kari|`."""
        first = self._joiner[np.searchsorted(self._joiner, self.start[which])]
        last = self._joiner[np.searchsorted(self._joiner, self.end[which]) - 1] + 1
        return first, last

    def is_sign(self, sign: str) -> Bools:
        """Which tokens are this character."""
        return np.asarray((self.kind == SIGN) & (self.first == ord(sign)))


def word_hash(word: str) -> np.uint64:
    """The hash that `Tokens` gives the one word that `word` is."""
    tokens = Tokens(word)
    return np.uint64(mixed(tokens.part(np.zeros(1, np.int64), np.array([len(word)])))[0])


def word_hashes(words: list[str]) -> Hashes:
    """The hashes of many words, none of which holds a line end."""
    if not words:
        return np.zeros(0, np.uint64)
    tokens = Tokens("\n".join(words))
    length = np.array([len(word) for word in words])
    start = np.cumsum(length + 1) - length - 1
    return mixed(tokens.part(start, start + length))


def lines_of(text: str, tokens: Tokens) -> Ints:
    """The line of `text` in which each token stands; a line end belongs to the line that it ends."""
    breaks = np.flatnonzero(np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32) == ord("\n"))
    return np.asarray(np.searchsorted(breaks, tokens.start, side="left"))


def among(hashes: Hashes, members: Hashes) -> Bools:
    """Which of `hashes` are `members`, which ascend."""
    if not len(members):
        return np.zeros(len(hashes), bool)
    at = np.minimum(np.searchsorted(members, hashes), len(members) - 1)
    return np.asarray(members[at] == hashes)
