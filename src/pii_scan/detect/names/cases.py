"""Which words stand in lines of capitals or in texts of small letters, where capitals say nothing of names."""

from __future__ import annotations

import numpy as np

from pii_scan.detect.names.tokens import BREAK, WORD, Bools, Ints, Tokens

UPPER_SHARE, UPPER_WORDS, UPPER_LETTERS = 0.8, 2, 5
"""A line is one of capitals from this share of its letters, with so many words and letters."""
SMALL_WORDS, SMALL_SHARE = 5, 0.01
"""A text is one of small letters from so many words, when fewer than this share begin with a capital."""


def single_case(tokens: Tokens, begins: Ints) -> Bools:
    """Such words. `begins`: the tokens with which texts begin, 0 among them, ascending."""
    kernel = tokens.kernel
    if kernel is not None:
        out = np.empty(len(tokens.kind), bool)
        kernel.single_case(*tokens.columns, begins, out)
        return out
    word = tokens.kind == WORD
    where = np.flatnonzero(word)
    if not len(where):
        return np.zeros(len(word), bool)
    line = np.cumsum(tokens.kind == BREAK)
    capitals, odd, joiners = tokens.counts(where)
    letters = tokens.length[where] - odd - joiners
    size = int(line[-1]) + 1
    per_line = np.bincount(line[where], letters, size)
    upper = np.bincount(line[where], capitals, size) >= UPPER_SHARE * per_line
    upper &= (per_line >= UPPER_LETTERS) & (np.bincount(line[where], letters > 0, size) >= UPPER_WORDS)
    text = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(word))))
    real = np.bincount(text[where], letters > 0, len(begins))
    small = (real >= SMALL_WORDS) & (np.bincount(text, tokens.capital, len(begins)) < SMALL_SHARE * real)
    return np.asarray(word & (upper[line] | small[text]))
