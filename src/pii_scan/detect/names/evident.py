"""Whether a text holds anything for the tagger, told from its bytes: most logs and programs hold nothing.

Outside Norwegian prose the tagger is trusted only with words that lists know, beside another capitalised word, behind
a label or greeting, or in an e-mail address too (see `lines`). What this passes over has neither these nor prose.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from pii_scan.detect.names import words
from pii_scan.detect.names.evidence import Lists
from pii_scan.detect.names.features import MAX_PARTICLE
from pii_scan.detect.names.tokens import WORD, Bools, Hashes, Ints, Tokens, among

_WINDOW = 2 * words.NEAR
_ENOUGH = 4
"""Norwegian words within the window at the edge of a longer text: `words.SHARE` of half of it, rounded up."""
_GLIMPSE = 1 << 12
"""Bytes at the beginning that most often say already that a text is Norwegian."""
_FEW_CAPITALS = 0.02
"""Share of capitalised words below which a text may be one of small letters, which is not looked into here."""
_PACKED = 8
_LOWER = np.uint64(0x2020202020202020)
_REACH = 4
"""Words from the first of a name to the next capitalised one, less one: particles stand between."""
_SIZES = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93))


@functools.cache
def _kinds() -> tuple[Bools, Bools, Bools]:
    """By byte of UTF-8: part of a word; may begin a capitalised one; may stand between two words of a name."""
    inside, capital, between = (np.zeros(256, bool) for _ in range(3))
    for char in range(0x80):
        inside[char] = chr(char).isalnum() or chr(char) == "_"
        capital[char] = chr(char).isupper()
    inside[0x80:] = True
    capital[0xC3:] = True  # Norwegian letters, large or small, begin so
    between[[*b" \t.,-'`"]] = True
    return inside, capital, between


class _Words:
    """The words of a text and what their bytes are."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        inside, capital, between = _kinds()
        data = np.frombuffer(text + bytes(_PACKED), np.uint8)
        own = inside[data]
        change = own.copy()
        change[1:] ^= own[:-1]
        edge = change.nonzero()[0]
        self.start: Ints = edge[::2]
        self.end: Ints = edge[1::2]
        self.length = self.end - self.start
        self.capital: Bools = capital[data[self.start]]
        self._data = data
        self.beside: Bools = np.zeros(len(self.start), bool)
        """Whether what stands up to the next word may stand within a name."""
        if len(self.start):
            self.beside[:-1] = between[data[self.end[:-1]]] & between[data[self.start[1:] - 1]]

    def at(self, which: npt.NDArray[np.bool_]) -> Ints:
        """The words within which such bytes lie."""
        place = np.flatnonzero(which[: len(self._data)])
        word = np.searchsorted(self.start, place, side="right") - 1
        return word[(word >= 0) & (place < self.end[word])]

    def foreign(self) -> Ints:
        """Words with signs and spaces beyond ASCII in them."""
        return self.at((self._data == 0xC2) | (self._data >= 0xE0))  # noqa: PLR2004  first bytes of UTF-8

    def before(self, sign: str) -> Ints:
        """Words that end at the sign."""
        return np.flatnonzero(self._data[self.end] == ord(sign))

    def packed(self, which: Ints) -> Hashes:
        """A number for each of the words, the same for all ways of writing it in ASCII."""
        eight = np.arange(_PACKED)
        first = self._data[self.start[which][:, None] + eight].view(np.uint64)[:, 0] | _LOWER
        last = self._data[np.maximum(self.end[which] - _PACKED, 0)[:, None] + eight].view(np.uint64)[:, 0] | _LOWER
        length = self.length[which].astype(np.uint64)
        cut = np.uint64(8) * (np.uint64(_PACKED) - np.minimum(length, np.uint64(_PACKED)))
        short = (first << cut) >> cut
        return np.asarray(short * _SIZES[0] + np.where(length > _PACKED, last * _SIZES[1], length * _SIZES[2]))

    def text(self, which: int) -> str:
        """One of the words."""
        return self._text[self.start[which] : self.end[which]].decode("utf-8", "replace")


@functools.cache
def _known() -> tuple[Hashes, Hashes]:
    """(Norwegian words, labels and greetings) as `_Words.packed` numbers them."""
    out = []
    for some in (words.NORWEGIAN_WORDS, f"{words.LABEL_WORDS} {words.GREETING_WORDS}"):
        mine = _Words(" ".join(sorted(set(some.split()))).encode())
        out.append(np.unique(mine.packed(np.arange(len(mine.start)))))
    return out[0], out[1]


def may_hold_names(text: bytes, lists: Lists) -> bool:
    """Whether the tagger may find a name that counts in a text. `text`: UTF-8."""
    if len(text) > 2 * _GLIMPSE and _speaks_norwegian(_Words(text[:_GLIMPSE])):
        return True
    found = _Words(text)
    if not len(found.start):
        return False
    if found.capital.mean() < _FEW_CAPITALS or _speaks_norwegian(found):
        return True
    return _listed(found, _candidates(found), lists)


def _speaks_norwegian(found: _Words) -> bool:
    short = (found.length <= _PACKED + 1).nonzero()[0]  # a letter beyond ASCII has two bytes
    hits = short[among(found.packed(short), _known()[0])]
    enough = _ENOUGH if len(found.start) > _WINDOW else words.LEAST
    return len(hits) >= enough and bool((hits[enough - 1 :] - hits[: len(hits) - enough + 1]).min() <= _WINDOW)


def _candidates(found: _Words) -> Ints:
    """Capitalised words beside others, behind labels, and those that an e-mail address has too."""
    capital, beside, small = found.capital, found.beside, found.length <= MAX_PARTICLE
    pair = np.zeros(len(capital), bool)
    pair[found.foreign()] = True
    reach = beside[:-1]
    for step in range(1, min(_REACH, len(capital))):
        first = np.flatnonzero(capital[:-step] & reach & capital[step:])
        pair[first] = pair[first + step] = True
        reach = reach[:-1] & small[step:-1] & beside[step:-1]
    single = np.flatnonzero(capital & ~pair)
    later = single[single > 0]
    behind = later[among(found.packed(later - 1), _known()[1])]
    local = found.before("@")
    local = np.concatenate([local, local[local > 0] - 1])
    addressed = single[among(found.packed(single), np.unique(found.packed(local)))]
    return np.unique(np.concatenate([np.flatnonzero(pair), behind, addressed]))


def _listed(found: _Words, which: Ints, lists: Lists) -> bool:
    """Whether a list of names knows one of the words."""
    if not len(which):
        return False
    _, first = np.unique(found.packed(which), return_index=True)
    tokens = Tokens("\n".join(found.text(i) for i in which[first].tolist()))
    word = np.flatnonzero(tokens.kind == WORD)
    return bool(lists.of(tokens, word).named.any())
