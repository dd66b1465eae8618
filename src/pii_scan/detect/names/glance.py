"""What bytes alone say of texts: whether a name may stand there. Loads nothing of the model."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from pii_scan.kernel import native

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

LOOKED_AT = 800
"""Cells at the beginning of a batch that say what a column holds."""
FEW_WORDS = 4
"""Spaces, up to which a text in small letters is too short to tell names by."""
_LETTER, _BETWEEN = 1, 2
_CONTINUES, _CONTINUES_MASK = 0x80, 0xC0
"""Bytes within a character of UTF-8."""


@functools.cache
def _bytes() -> Codes:
    """By byte of UTF-8: letters, and what may stand between two words of a name. Norwegian letters begin with C3; what
    begins otherwise counts as both.
    """
    kind = np.zeros(256, np.uint8)
    kind[[*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)]] = _LETTER
    kind[[*b" \t\n\r\x0b\x0c,"]] = _BETWEEN
    kind[0x80:] = _LETTER
    kind[0xC2] = kind[0xC4:] = _LETTER | _BETWEEN
    return kind


def several_words(data: Codes, bounds: Ints) -> Bools:
    """Which cells hold letters on either side of a space, a comma or the point of an initial. `data`: UTF-8; cell i is
    `data[bounds[i] : bounds[i + 1]]`.
    """
    out = np.zeros(len(bounds) - 1, bool)
    compiled = native()
    if compiled is not None:
        compiled.several_words(data, bounds, _bytes(), out)
        return out
    kind = _bytes()[data]
    between = (kind & _BETWEEN) > 0
    letter = (kind & _LETTER) > 0
    between[_behind_initials(data, letter, bounds)] = True
    at = np.flatnonzero(between)
    if not len(at) or not letter.any():
        return out
    letters = np.zeros(len(data) + 1, np.int32)
    np.cumsum(letter, out=letters[1:])
    cell = np.repeat(np.arange(len(out)), np.diff(np.searchsorted(at, bounds)))
    before = letters[at] > letters[bounds[cell]]
    behind = letters[bounds[cell + 1]] > letters[at + 1 - (kind[at] & _LETTER)]
    out[cell[before & behind]] = True
    return out


def _behind_initials(data: Codes, letter: Bools, bounds: Ints) -> Ints:
    """The points of `K.Hansen`: between letters, of which the first is the only one of its word."""
    point = np.flatnonzero(data[:-1] == ord("."))
    point = point[point > 0]
    point = point[letter[point - 1] & letter[point + 1]]
    first = bounds[np.searchsorted(bounds, point, side="right") - 1]
    before = point - 2 - ((data[point - 1] & _CONTINUES_MASK) == _CONTINUES)
    return np.asarray(point[(before < first) | ~letter[np.maximum(before, 0)]])


def wordlike(data: Codes, bounds: Ints) -> Bools:
    """Which cells hold letters and no digits, as one that is a name does."""
    letter, digit = (_bytes()[data] & _LETTER) > 0, (data >= ord("0")) & (data <= ord("9"))
    if not letter.any():
        return np.zeros(len(bounds) - 1, bool)
    letters, digits = np.zeros(len(data) + 1, np.int32), np.zeros(len(data) + 1, np.int32)
    np.cumsum(letter, out=letters[1:])
    np.cumsum(digit, out=digits[1:])
    return np.asarray((np.diff(letters[bounds]) > 0) & (np.diff(digits[bounds]) == 0))


def may_hold_a_name(data: Codes) -> bool:
    """Whether a text has a capital, a letter that may be one, or many words."""
    return bool(_capitals(data).any()) or int((data == ord(" ")).sum()) > FEW_WORDS


def each_may_hold_a_name(data: Codes, bounds: Ints) -> Bools:
    """`may_hold_a_name` of each text. `bounds`: where each begins in `data`, and where the last ends."""
    capitals, spaces = np.zeros(len(data) + 1, np.int32), np.zeros(len(data) + 1, np.int32)
    np.cumsum(_capitals(data), out=capitals[1:])
    np.cumsum(data == ord(" "), out=spaces[1:])
    return np.asarray((np.diff(capitals[bounds]) > 0) | (np.diff(spaces[bounds]) > FEW_WORDS))


def _capitals(data: Codes) -> Bools:
    """Bytes of capitals, and of letters that may be one."""
    return np.asarray(((data >= ord("A")) & (data <= ord("Z"))) | (data >= 0x80))  # noqa: PLR2004  beyond ASCII
