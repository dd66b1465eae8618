"""Which parts of texts a language model is asked about: lines of prose in which a name may stand.

A model takes a hundred times as long as everything else, and nearly half of all lines hold no word that may be a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pii_scan.detect.names.around import opens as opens_part
from pii_scan.detect.names.model import built_in_model
from pii_scan.detect.names.tokens import SIGN, WORD, Bools, Tokens

MAX_LETTERS = 2000
"""Of a part; a longer line is cut between sentences or words."""
WRAPPED = 50
"""A line of so many letters that ends in no stop was wrapped, perhaps between two words of a name."""
LEAST_WORDS, WORD_SHARE = 3, 0.6
"""A part is prose from so many words of letters alone, when they are so large a share of its words and signs."""
_ENDS = '.!?:;»"”'
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
    """Lines; one that was wrapped goes on in the next."""
    start = at = 0
    for line in text.split("\n"):
        end, said = at + len(line), line.rstrip()
        if len(said) < WRAPPED or said[-1] in _ENDS or end - start >= MAX_LETTERS:
            yield from _pieces(number, text, start, end)
            start = end + 1
        at = end + 1
    yield from _pieces(number, text, start, len(text))


def _pieces(number: int, text: str, start: int, end: int) -> Iterator[Part]:
    """A part, cut between sentences or words where it is long."""
    while end - start > MAX_LETTERS:
        cut = text.rfind(". ", start, start + MAX_LETTERS)
        cut = cut if cut > start else text.rfind(" ", start, start + MAX_LETTERS)
        cut = cut + 1 if cut > start else start + MAX_LETTERS
        yield Part(number, start, text[start:cut])
        start = cut
    if start < end:
        yield Part(number, start, text[start:end])


def _chosen(parts: list[Part]) -> Iterator[Part]:
    for part, asked in zip(parts, may_hold_names([part.text for part in parts]).tolist(), strict=True):
        if asked:
            yield part


def may_hold_names(texts: Sequence[str]) -> Bools:
    """Which of `texts` are prose with a word that may be a name: a capital inside a sentence, a name of the lists, or a
    word that is never written small.
    """
    tokens = Tokens("\n".join(texts))
    start = np.cumsum([0, *(len(text.encode("utf-8", "replace")) + 1 for text in texts[:-1])])
    at = np.flatnonzero(tokens.length > 0)
    which = np.searchsorted(start, tokens.start[at], side="right") - 1
    word = tokens.kind[at] == WORD
    _, odd, _ = tokens.counts(at)
    letters = np.bincount(which, word & (odd == 0), len(texts))
    all_signs = np.bincount(which, word | (tokens.kind[at] == SIGN), len(texts))
    opens = opens_part(tokens, at)
    listed = built_in_model().lists.of(tokens, at)
    capital = tokens.capital[at]
    rare = listed.low == 0  # never seen in small letters in the training texts
    hint = word & ((capital & (~opens | rare)) | (listed.named & (capital | rare)))
    prose = (letters >= LEAST_WORDS) & (letters >= WORD_SHARE * all_signs)
    return np.asarray(prose & (np.bincount(which, hint, len(texts)) > 0))
