"""Which parts of texts a language model is asked about: paragraphs of prose in which a name may stand, each once.

A model takes a hundred times as long as everything else; about half of all sentences hold neither a capitalised word in
their middle nor a word of the lists of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pii_scan.detect.names.around import OPENING
from pii_scan.detect.names.model import built_in_model
from pii_scan.detect.names.tokens import BREAK, SIGN, WORD, Bools, Tokens

MAX_LETTERS = 2000
"""Of a part; a longer paragraph is cut between sentences or words."""
LEAST_WORDS, WORD_SHARE = 3, 0.6
"""A part is prose from so many words of letters alone, when they are so large a share of its words and signs."""
_PART = re.compile(r"\S(?:[^\n]|\n(?!\s*\n))*")
_GROUP_LETTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text."""

    number: int
    """Of the text."""
    start: int
    """Code points within the text."""
    text: str


def parts_to_ask(texts: Sequence[str | None]) -> Iterator[Part]:
    """The parts of `texts` that are prose and may hold a name, in order."""
    group: list[Part] = []
    size = 0
    for part in (part for number, text in enumerate(texts) if text for part in _parts(number, text)):
        group.append(part)
        size += len(part.text) + 1
        if size >= _GROUP_LETTERS:
            yield from _chosen(group)
            group, size = [], 0
    if group:
        yield from _chosen(group)


def _parts(number: int, text: str) -> Iterator[Part]:
    for found in _PART.finditer(text):
        start, end = found.span()
        while end - start > MAX_LETTERS:
            cut = max(text.rfind(sign, start, start + MAX_LETTERS) for sign in (". ", "\n"))
            if cut <= start:
                cut = text.rfind(" ", start, start + MAX_LETTERS)
            cut = start + MAX_LETTERS if cut <= start else cut + 1
            yield Part(number, start, text[start:cut])
            start = cut
        yield Part(number, start, text[start:end])


def _chosen(parts: list[Part]) -> Iterator[Part]:
    for part, asked in zip(parts, may_hold_names([part.text for part in parts]).tolist(), strict=True):
        if asked:
            yield part


def may_hold_names(texts: Sequence[str]) -> Bools:
    """Which of `texts` are prose with a capitalised word that does not begin a sentence, or a name of the lists."""
    tokens = Tokens("\n".join(texts))
    start = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
    at = np.flatnonzero(tokens.length > 0)
    which = np.searchsorted(start, tokens.start[at], side="right") - 1
    word = tokens.kind[at] == WORD
    _, odd, _ = tokens.counts(at)
    letters = np.bincount(which, word & (odd == 0), len(texts))
    all_signs = np.bincount(which, word | (tokens.kind[at] == SIGN), len(texts))
    before = at - 1
    opens = (tokens.kind[before] == BREAK) | np.isin(tokens.first[before], OPENING)
    listed = built_in_model().lists.of(tokens, at)
    capital = tokens.capital[at]
    hint = word & ((capital & ~opens) | (listed.named & (capital | (listed.low == 0))))
    prose = (letters >= LEAST_WORDS) & (letters >= WORD_SHARE * all_signs)
    return np.asarray(prose & (np.bincount(which, hint, len(texts)) > 0))
