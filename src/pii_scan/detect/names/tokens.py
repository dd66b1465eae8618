"""Texts as arrays of words and signs, with hashes of the words and of parts of them. No word is ever a Python string.

The hash of characters s..e is a difference of two prefix sums, brought to one place by a power (Karp and Rabin, 1987),
so that every part of every word is hashed at the cost of two look-ups. The compiled kernel hashes each by itself.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from pii_scan.kernel import native

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

SPACE, WORD, SIGN, BREAK = 0, 1, 2, 3
"""Kinds of tokens: white space (in no token), a word, any other character, a line end."""
_JOINER = 4
KNOWN = 0x2100
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
_LEAD_MASK, _CONTINUES = 0xC0, 0x80
"""A byte of UTF-8 that begins no character."""
_CAPITAL, _ODD, _JOINS = 1, 2, 3
"""What a character counts as."""
_COUNTS, _FIELD = 3, 20
_MOST = (1 << _FIELD) - 1
_KINDS = (
    (np.int64, 8), (np.int64, 8), (np.int64, 8), (np.uint8, 1), (np.uint64, 8), (np.bool_, 1), (np.uint32, 4),
    (np.uint64, 8),
)  # fmt: skip
"""Of the columns of tokens, with their widths."""
_WIDTH = sum(width for _, width in _KINDS)


@functools.cache
def _tables() -> tuple[Codes, npt.NDArray[np.uint32], Bools, Codes]:
    """(kind, lower case, whether upper case, what is counted) by code point."""
    kind = np.full(KNOWN, SIGN, np.uint8)
    lower = np.arange(KNOWN, dtype=np.uint32)
    upper, counted = np.zeros(KNOWN, bool), np.zeros(KNOWN, np.uint8)
    for point in range(KNOWN):
        char = chr(point)
        if char in _JOINERS:
            kind[point], counted[point] = _JOINER, _JOINS
        elif char.isalnum() or char == "_":
            kind[point] = WORD
        elif char in "\n\r\x0b\x0c\x85":
            kind[point] = BREAK
        elif char.isspace():
            kind[point] = SPACE
        if char.isupper():
            upper[point], counted[point] = True, _CAPITAL
        if not char.isalpha() and kind[point] == WORD:
            counted[point] = _ODD
        if len(char.lower()) == 1:
            lower[point] = ord(char.lower()) if ord(char.lower()) < KNOWN else point
    return kind, lower, upper, counted


@functools.cache
def _entries() -> npt.NDArray[np.uint32]:
    """The tables as the compiled kernel takes them: a number for each code point."""
    kind, lower, upper, counted = (table.astype(np.uint32) for table in _tables())
    joins = kind == _JOINER
    kind[joins] = SIGN
    return np.asarray(lower | kind << 16 | joins.astype(np.uint32) << 18 | upper << 19 | counted << 20, np.uint32)


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
    """The tokens of one text, EDGE line ends at either end included.

    Places are bytes of the text's UTF-8. Any other bytes have tokens too: what continues no character is one itself.
    """

    def __init__(self, text: str | bytes | Codes) -> None:
        """`text`: what UTF-8 cannot hold counts as `?`; bytes are taken as UTF-8."""
        text = text.encode("utf-8", "replace") if isinstance(text, str) else text
        self.data: Codes = np.frombuffer(text, np.uint8) if isinstance(text, bytes) else text
        self.kernel = native()
        """None: the NumPy code runs."""
        if self.kernel is None:
            self._plain = _Plain(self.data)
            columns = self._plain.columns()
        else:
            columns = _cut(self.kernel, self.data)
        self.start: Ints = columns[0]
        self.end: Ints = columns[1]
        self.length: Ints = columns[2]
        """Characters."""
        self.kind: Codes = columns[3]
        self.hash: Hashes = columns[4]
        self.capital: Bools = columns[5]
        self.first: npt.NDArray[np.uint32] = columns[6]
        """The first character, no higher than KNOWN - 1."""
        self._counted: Hashes = columns[7]
        self.columns: tuple[npt.NDArray[Any], ...] = (self.data, _entries(), *columns)
        """All of them, as the compiled kernel takes them."""

    def part(self, start: Ints, end: Ints) -> Hashes:
        """The hashes, not yet mixed, of the characters from byte `start` to `end` in lower case."""
        if self.kernel is None:
            return self._plain.part(self._plain.index[start], self._plain.index[end])
        out = np.empty(len(start), np.uint64)
        self.kernel.parts(self.data, _entries(), start, end, out)
        return out

    def counts(self, which: Ints) -> tuple[Ints, Ints, Ints]:
        """(capitals, characters that are no letters, joiners) in each of the tokens `which`, _MOST of each at most."""
        packed = self._counted[which].view(np.int64)
        return packed & _MOST, (packed >> _FIELD) & _MOST, packed >> 2 * _FIELD

    def prefix(self, which: Ints, size: int) -> Hashes:
        """The hashes, not yet mixed, of the first `size` characters of the tokens `which`."""
        if self.kernel is None:
            start, end = self._plain.start[which], self._plain.end[which]
            return self._plain.part(start, np.minimum(start + size, end))
        out = np.empty(len(which), np.uint64)
        self.kernel.affixes(*self.columns, which, np.array([size]), out)
        return out

    def suffixes(self, which: Ints, sizes: Sequence[int]) -> Hashes:
        """The hashes, not yet mixed, of the last characters of the tokens `which`: one row for each of `sizes`."""
        if self.kernel is None:
            start, end = self._plain.start[which], self._plain.end[which]
            return np.stack([self._plain.part(np.maximum(end - size, start), end) for size in sizes])
        out = np.empty((len(sizes), len(which)), np.uint64)
        self.kernel.affixes(*self.columns, which, -np.array(sizes), out.reshape(-1))
        return out

    def outer_parts(self, which: Ints) -> tuple[Hashes, Hashes]:
        """The hashes of the first and last parts of tokens that hold a joiner: `Anne-Kari`. Of the NumPy code alone."""
        plain = self._plain
        start, end = plain.start[which], plain.end[which]
        first = plain.joiner[np.searchsorted(plain.joiner, start)]
        last = plain.joiner[np.searchsorted(plain.joiner, end) - 1] + 1
        return mixed(plain.part(start, first)), mixed(plain.part(last, end))

    def is_sign(self, sign: str, which: Ints | slice = slice(None)) -> Bools:  # noqa: B008  never changes
        """Which of the tokens, or of `which`, are this character, which is no part of words."""
        return np.asarray(self.first[which] == ord(sign))

    def points(self, places: Ints) -> Ints:
        """How many code points stand before each byte."""
        continuing = np.flatnonzero((self.data & _LEAD_MASK) == _CONTINUES)
        return np.asarray(places - np.searchsorted(continuing, places)) if len(continuing) else places


def _cut(kernel: ModuleType, data: Codes) -> list[npt.NDArray[Any]]:
    """(start, end, length, kind, hash, capital, first, counted) by the compiled kernel."""
    room = kernel.room(data)
    room += -room % 8
    block = np.empty(_WIDTH * room, np.uint8)  # one, as the system gives several large ones anew each time
    columns: list[npt.NDArray[Any]] = []
    at = 0
    for kind, width in _KINDS:
        columns.append(block[at : at + width * room].view(kind))
        at += width * room
    count = kernel.tokens(data, _entries(), *columns)
    return [column[:count] for column in columns]


class _Plain:
    """The tokens by NumPy; places are characters here."""

    def __init__(self, data: Codes) -> None:
        kinds, lower, uppers, counted = _tables()
        lead = (data & _LEAD_MASK) != _CONTINUES
        lead[:1] = True
        lead[1:] |= data[:-1] < 0x80  # noqa: PLR2004  behind ASCII
        self._place = np.append(np.flatnonzero(lead), len(data))
        self.index = np.append(np.cumsum(lead) - lead, len(self._place) - 1)
        point = self._point = _points(data, self._place[:-1])
        kind = kinds[point]
        joiner = np.flatnonzero(kind == _JOINER)
        inside = joiner[(joiner > 0) & (joiner < len(kind) - 1)]
        both = (kind[inside - 1] == WORD) & (kind[np.minimum(inside + 1, len(kind) - 1)] == WORD)
        kind[joiner] = SIGN
        self.joiner = inside[both]
        kind[self.joiner] = WORD
        bound = np.flatnonzero((kind[1:] != kind[:-1]) | (kind[1:] == SIGN)) + 1
        start = np.concatenate([np.zeros(1, np.int64), bound]) if len(kind) else np.zeros(0, np.int64)
        end = np.concatenate([bound, np.full(1, len(kind))]) if len(kind) else start
        own = kind[start]
        filled = own != SPACE
        begin, stop = np.zeros(EDGE, np.int64), np.full(EDGE, len(kind))
        self.start: Ints = np.concatenate([begin, start[filled], stop])
        self.end: Ints = np.concatenate([begin, end[filled], stop])
        self._kind = np.concatenate([np.full(EDGE, BREAK), own[filled], np.full(EDGE, BREAK)]).astype(np.uint8)
        power, self._inverse = _powers(1 << max(len(kind), 1).bit_length())
        self._sums = np.zeros(len(kind) + 1, np.uint64)
        np.cumsum((lower[point].astype(np.uint64) + np.uint64(1)) * power[: len(kind)], out=self._sums[1:])
        self._uppers = uppers
        self._counts = np.zeros((_COUNTS, len(kind) + 1), np.int64)
        for number in range(_COUNTS):
            np.cumsum(counted[point] == number + 1, out=self._counts[number, 1:])

    def columns(self) -> list[npt.NDArray[Any]]:
        """As `_cut` gives them."""
        hashes = mixed(self.part(self.start, self.end))
        hashes[self._kind == BREAK] = LINE_END
        length = self.end - self.start
        first = np.zeros(len(length), np.uint32)
        first[length > 0] = self._point[self.start[length > 0]]
        capital = self._uppers[first] & (self._kind == WORD)
        packed = np.zeros(len(length), np.uint64)
        for number in range(_COUNTS):
            each = np.minimum(self._counts[number][self.end] - self._counts[number][self.start], _MOST)
            packed |= each.astype(np.uint64) << np.uint64(_FIELD * number)
        place = self._place
        begin, end = place[self.start], place[self.end]
        begin[:EDGE] = end[:EDGE] = 0
        return [begin, end, length, self._kind, hashes, capital, first, packed]

    def part(self, start: Ints, end: Ints) -> Hashes:
        """The hashes, not yet mixed, of the characters from `start` to `end`."""
        return np.asarray((self._sums[end] - self._sums[start]) * self._inverse[start])


def _points(data: Codes, lead: Ints) -> npt.NDArray[np.uint32]:
    """The code points of the characters that begin at `lead`, no higher than KNOWN - 1."""
    if not (data >= 0x80).any():  # noqa: PLR2004  all ASCII
        return np.minimum(data.astype(np.uint32), KNOWN - 1)
    padded = np.concatenate([data, np.zeros(2, np.uint8)])
    one, second, third = (padded[lead + ahead].astype(np.int64) for ahead in range(3))
    two, three = (one & 0x1F) << 6 | second & 0x3F, (one & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F
    point = np.select([one < 0x80, one < 0xE0, one < 0xF0], [one, two, three], KNOWN)  # noqa: PLR2004  UTF-8
    return np.minimum(point, KNOWN - 1).astype(np.uint32)


def word_hash(word: str) -> np.uint64:
    """The hash that `Tokens` gives the one word that `word` is."""
    return np.uint64(word_hashes([word])[0])


def word_hashes(words: list[str]) -> Hashes:
    """The hashes of many words, none of which holds a line end."""
    if not words:
        return np.zeros(0, np.uint64)
    encoded = [word.encode("utf-8", "replace") for word in words]
    length = np.array([len(word) for word in encoded])
    start = np.cumsum(length + 1) - length - 1
    return mixed(Tokens(b"\n".join(encoded)).part(start, start + length))


def lines_of(tokens: Tokens) -> Ints:
    """The line of the text in which each token stands; a line end belongs to the line that it ends."""
    return np.asarray(np.searchsorted(np.flatnonzero(tokens.data == ord("\n")), tokens.start, side="left"))


def among(hashes: Hashes, members: Hashes) -> Bools:
    """Which of `hashes` are `members`, which ascend."""
    if not len(members) or not len(hashes):
        return np.zeros(len(hashes), bool)
    kernel = native()
    if kernel is not None:
        out = np.empty(len(hashes), bool)
        kernel.among(hashes, members, out)
        return out
    at = np.minimum(np.searchsorted(members, hashes), len(members) - 1)
    return np.asarray(members[at] == hashes)


def shared(hashes: Hashes, members: Hashes) -> Bools:
    """As `among`, for members in any order."""
    return among(hashes, members if native() is not None else np.sort(members))
