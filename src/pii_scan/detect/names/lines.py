"""Which lines of a text may hold a name that counts: in Norwegian all, in code and logs those with strong evidence.

Says what `NameTagger` says later of each name, of all places where one could be, so that it tags no others.
"""

from __future__ import annotations

import numpy as np

from pii_scan.detect.names import around
from pii_scan.detect.names.evidence import Lists
from pii_scan.detect.names.features import MAX_PARTICLE
from pii_scan.detect.names.texts import Texts
from pii_scan.detect.names.tokens import BREAK, WORD, Bools, Ints, Tokens
from pii_scan.detect.names.words import Speech

PROSE = 0.3
"""Share of the capitalised words of a text with Norwegian around them from which on all its lines are read."""


def lines_worth_reading(tokens: Tokens, lists: Lists, single: Bools, texts: Texts, speech: Speech) -> Bools:
    """The tokens of such lines. `single`: tokens of lines in a single case."""
    size = len(tokens.kind)
    may = tokens.capital | single
    at = may.nonzero()[0]
    if not len(at):
        return np.zeros(size, bool)
    trusted = speech.norwegian(at, texts.begins)
    text = np.searchsorted(texts.begins, at, side="right") - 1
    counted = np.bincount(text, minlength=len(texts.begins))
    prose = np.bincount(text, trusted, len(counted)) >= PROSE * counted
    if prose.all():
        return np.ones(size, bool)
    line = np.cumsum(tokens.kind == BREAK)
    worth = np.zeros(int(line[-1]) + 1, bool)
    worth[line[at[trusted]]] = True
    worth[line[_strong(tokens, lists, at[~trusted & ~prose[text]], may, texts)]] = True
    return np.asarray(worth[line] | np.repeat(prose, np.diff(np.append(texts.begins, size))))


def _strong(tokens: Tokens, lists: Lists, at: Ints, may: Bools, texts: Texts) -> Ints:
    """Words that lists know, beside another that may belong to the name, or behind a label, or in an address too."""
    listed = lists.of(tokens, at)
    known = at[listed.named]
    short = (tokens.kind == WORD) & (tokens.length <= MAX_PARTICLE)
    beside = np.zeros(len(known), bool)
    for side in (1, -1):
        one, two, three = (np.clip(known + side * step, 0, len(may) - 1) for step in (1, 2, 3))
        between = short[one] | tokens.is_sign(",", one) | tokens.is_sign(".", one)
        beside |= may[one] | (between & may[two]) | (between & (short[two] | tokens.is_sign(".", two)) & may[three])
    alone = known[~beside]
    alone = alone[around.labelled(tokens, alone, texts) | around.addressed(tokens, alone, texts)]
    return np.concatenate([known[beside], alone])
