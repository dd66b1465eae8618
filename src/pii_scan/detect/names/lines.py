"""Which lines of a text may hold a name that counts: in Norwegian all, in code and logs those with strong evidence.

Says what `NameTagger` says later of each name, of all places where one could be, so that it tags no others.
"""

from __future__ import annotations

import numpy as np

from pii_scan.detect.names import around, words
from pii_scan.detect.names.evidence import Lists
from pii_scan.detect.names.features import MAX_PARTICLE
from pii_scan.detect.names.tokens import BREAK, WORD, Bools, Hashes, Ints, Tokens

PROSE = 0.3
"""Share of the capitalised words of a text with Norwegian around them from which on all its lines are read."""


def lines_worth_reading(tokens: Tokens, lists: Lists, single: Bools, salt: Hashes) -> Bools:
    """The tokens of such lines. `single`: tokens of lines in a single case. `salt`: as of `_Marked`, by token."""
    size = len(tokens.kind)
    may = tokens.capital | single
    at = np.flatnonzero(may)
    if not len(at):
        return np.zeros(size, bool)
    edge = np.zeros(size, bool)
    edge[1:] = salt[1:] != salt[:-1]
    text = np.cumsum(edge)
    trusted = words.norwegian(tokens, at, text)
    counted = np.bincount(text[at], minlength=int(text[-1]) + 1)
    prose = np.bincount(text[at], trusted, len(counted)) >= PROSE * np.maximum(counted, 1)
    if prose.all():
        return np.ones(size, bool)
    line = np.cumsum(tokens.kind == BREAK)
    worth = np.zeros(int(line[-1]) + 1, bool)
    worth[line[at[trusted]]] = True
    worth[line[_strong(tokens, lists, at[~trusted & ~prose[text[at]]], may, salt)]] = True
    return np.asarray(worth[line] | prose[text])


def _strong(tokens: Tokens, lists: Lists, at: Ints, may: Bools, salt: Hashes) -> Ints:
    """Words that lists know, beside another that may belong to the name, or behind a label, or in an address too."""
    listed = lists.of(tokens, at)
    known = at[listed.named]
    short = (tokens.kind == WORD) & (tokens.length <= MAX_PARTICLE)
    comma, point = tokens.is_sign(","), tokens.is_sign(".")
    beside = np.zeros(len(known), bool)
    for side in (1, -1):
        one, two, three = (np.clip(known + side * step, 0, len(may) - 1) for step in (1, 2, 3))
        between = short[one] | comma[one] | point[one]
        beside |= may[one] | (between & may[two]) | (between & (short[two] | point[two]) & may[three])
    alone = known[~beside]
    alone = alone[around.labelled(tokens, alone, salt) | around.addressed(tokens, alone, salt)]
    return np.concatenate([known[beside], alone])
