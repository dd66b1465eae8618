"""JSON string escapes to text, over whole blocks, with marks that say where each byte came from.

Works on columns of byte positions, not on strings one by one. Knows nothing of documents; `json` and `html` use it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
_Where = npt.NDArray[np.bool_] | Callable[[Offsets], npt.NDArray[np.bool_]]

_SIMPLE = np.zeros(256, np.uint8)
for _letter, _value in (*((c, c) for c in '"\\/'), ("n", "\n"), ("t", "\t"), ("r", " "), ("b", " "), ("f", " ")):
    _SIMPLE[ord(_letter)] = ord(_value)
_HEX = np.full(256, -1, np.int64)
for _digit in "0123456789abcdefABCDEF":
    _HEX[ord(_digit)] = int(_digit, 16)


class Unescaped(NamedTuple):
    """Text without escapes, and the source offset of each of its bytes."""

    text: bytes
    source: Offsets

    def then(self, later: Unescaped) -> Unescaped:
        """What was made of this text, with sources in the source of this."""
        return Unescaped(later.text, self.source[later.source])

    def marks(self) -> tuple[Offsets, Offsets]:
        """The offsets where text and source get out of step, as `model.SourceMap` takes them."""
        jumps = np.flatnonzero(np.diff(self.source) != 1) + 1
        outs = np.concatenate([np.zeros(1, np.int64), jumps])
        return outs, self.source[outs] if len(self.source) else np.zeros(1, np.int64)


def starters(data: npt.NDArray[np.uint8]) -> Offsets:
    """Offsets of the backslashes that begin an escape (every other one of a run)."""
    slashes = np.flatnonzero(data == 92)
    if not len(slashes):
        return slashes
    first = np.ones(len(slashes), np.bool_)
    first[1:] = np.diff(slashes) != 1
    run_start = slashes[np.maximum.accumulate(np.where(first, np.arange(len(slashes)), 0))]
    return np.asarray(slashes[(slashes - run_start) % 2 == 0])


def unescape(block: bytes, where: _Where | None = None) -> Unescaped:
    r"""The block with JSON escapes (RFC 8259, section 7) decoded; what is no valid escape stays.

    `\n` and `\t` become line feed and tab, other control escapes and NUL become blanks, lone surrogates U+FFFD.
    Latin-1 escapes that spell UTF-8 (as in exports of Facebook data) are read as that UTF-8.
    `where`: for each byte, or asked of the offsets of escapes, whether an escape there is decoded if it is a short one;
    `\u` always is.
    """
    data = np.frombuffer(block, np.uint8).copy()
    keep = np.ones(len(data), np.bool_)
    at = starters(data)
    at = at[at + 1 < len(data)]
    kind = data[at + 1]
    simple = _SIMPLE[kind] != 0
    if where is not None:
        simple &= where(at) if callable(where) else where[at]
    short = at[simple]
    data[short] = _SIMPLE[data[short + 1]]
    keep[short + 1] = False
    _unicode(data, keep, at[(kind == ord("u")) & (at + 5 < len(data))])
    return Unescaped(data[keep].tobytes(), np.flatnonzero(keep))


def _unicode(data: npt.NDArray[np.uint8], keep: npt.NDArray[np.bool_], at: Offsets) -> None:
    r"""Writes the characters of the `\uXXXX` at `at` over them, in UTF-8."""
    digits = _HEX[data[at[:, None] + np.arange(2, 6)]]
    valid = (digits >= 0).all(axis=1)
    at, digits = at[valid], digits[valid]
    if not len(at):
        return
    code = (digits << np.array([12, 8, 4, 0])).sum(axis=1)
    follows = np.zeros(len(at), np.bool_)  # the next escape comes right after this one
    follows[:-1] = np.diff(at) == 6
    as_bytes = spelt_utf8(code, follows)
    high = (code >= 0xD800) & (code < 0xDC00)
    low = (code >= 0xDC00) & (code < 0xE000)
    pair = high & follows & np.append(low[1:], False)
    second = np.append(False, pair[:-1])
    code[pair] = 0x10000 + ((code[pair] - 0xD800) << 10) + (np.roll(code, -1)[pair] - 0xDC00)
    code[(high & ~pair) | (low & ~second)] = 0xFFFD
    code[code == 0] = 32
    size = np.select([second, as_bytes, code < 0x80, code < 0x800, code < 0x10000], [0, 1, 1, 2, 3], 4)
    for i in range(6):
        keep[at + i] = i < size
    for width, lead in ((1, 0), (2, 0xC0), (3, 0xE0), (4, 0xF0)):
        which = (size == width) & ~second
        base, value = at[which], code[which]
        data[base] = lead | (value >> (6 * (width - 1))) if width > 1 else value
        for i in range(1, width):
            data[base + i] = 0x80 | ((value >> (6 * (width - 1 - i))) & 0x3F)


def spelt_utf8(code: Offsets, follows: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which of the escapes are bytes of a well-formed UTF-8 sequence (Unicode, table 3-7) written byte by byte."""
    count = len(code)
    out = np.zeros(count, np.bool_)
    tail = np.append((code >= 0x80) & (code <= 0xBF), [False] * 3)
    linked = np.append(follows, [False] * 3)
    following = np.append(code[1:], 0)
    # The escapes after this one, as far as they follow at once and are continuation bytes.
    one = linked[:count] & tail[1 : count + 1]
    more = one & linked[1 : count + 1] & tail[2 : count + 2]
    most = more & linked[2 : count + 2] & np.append(tail, False)[3 : count + 3]
    two = (code >= 0xC2) & (code <= 0xDF) & one
    three = (code >= 0xE0) & (code <= 0xEF) & more
    three &= ~((code == 0xE0) & (following < 0xA0)) & ~((code == 0xED) & (following > 0x9F))
    four = (code >= 0xF0) & (code <= 0xF4) & most
    four &= ~((code == 0xF0) & (following < 0x90)) & ~((code == 0xF4) & (following > 0x8F))
    for lead, width in ((two, 2), (three, 3), (four, 4)):
        heads = np.flatnonzero(lead)
        for k in range(width):
            out[heads + k] = True
    return out
