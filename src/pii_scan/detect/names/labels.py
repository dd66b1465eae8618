"""Names of persons in what is no prose: `kari-hansen.pdf`, `/cv/hansen_kari/`, without the capitals that prose has."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pii_scan.detect.names.evidence import Lists
from pii_scan.detect.names.tokens import word_hashes

_RUN = re.compile(r"[^\W\d_]{2,}(?:(?:, |[-_.+ ])[^\W\d_]{2,})+")
_WORD = re.compile(r"[^\W\d_]+")
_EXTENSION = re.compile(r"\.[^\W_]{1,8}(?=!|$)")
_SHORT = 2
"""Letters of a word that is no name by itself here: too much is called `id` or `no`."""
GIVEN, FAMILY = 5, 4
"""The least codes (`Lists`) of a first name and a surname that are no common words."""
SURE = 7
"""The least code of the one that is no common word where the other is one, or a place."""
RARE = 2
"""As often, at most, both together were seen in lower case in texts."""


def several_words(label: str) -> bool:
    """Whether there are several words in a row; loads nothing."""
    return next(_runs(label), None) is not None


def label_names(labels: Sequence[str], lists: Lists) -> list[list[tuple[int, int]]]:
    """Spans, in code points, of a first name beside a surname in either order, in names of files and folders."""
    found: list[list[tuple[int, int]]] = [[] for _ in labels]
    runs = [(number, run) for number, label in enumerate(labels) for run in _runs(label)]
    hashes = word_hashes([word.lower() for _, run in runs for _, _, word in run])
    first, last = lists.first.look_up(hashes).tolist(), lists.last.look_up(hashes).tolist()
    common = (lists.low.look_up(hashes) + (lists.place.look_up(hashes) > 0)).tolist()
    at = 0
    for number, run in runs:
        here = slice(at, at + len(run))
        at += len(run)
        if any(first[here]) and any(last[here]):
            words = [
                _Word(start, end, *codes)
                for (start, end, _), *codes in zip(run, first[here], last[here], common[here], strict=True)
            ]
            found[number] += _persons(words)
    return found


class _Word(NamedTuple):
    start: int
    end: int
    first: int
    last: int
    common: int
    """How often it was seen in lower case in texts; one more for a place."""

    @property
    def is_short(self) -> bool:
        return self.end - self.start <= _SHORT

    @property
    def is_name(self) -> bool:
        return not self.is_short and max(self.first, self.last) >= GIVEN


def _runs(label: str) -> Iterator[list[tuple[int, int, str]]]:
    """(start, end, word) of words that stand beside each other, without the ends that tell kinds of files."""
    bare = _EXTENSION.sub(lambda match: "/" * len(match[0]), label)
    for run in _RUN.finditer(bare):
        words = [(run.start() + w.start(), run.start() + w.end(), w[0]) for w in _WORD.finditer(run[0])]
        if sum(end - start > _SHORT for start, end, _ in words) > 1:
            yield words


def _persons(run: Sequence[_Word]) -> Iterator[tuple[int, int]]:
    for at, (one, next_one) in enumerate(itertools.pairwise(run)):
        if one.is_short or next_one.is_short or not (_is_person(one, next_one) or _is_person(next_one, one)):
            continue
        begin, end = at, at + 1
        while begin and run[begin - 1].is_name:
            begin -= 1
        while end + 1 < len(run) and run[end + 1].is_name:
            end += 1
        yield run[begin].start, run[end].end


def _is_person(given: _Word, family: _Word) -> bool:
    """Whether two words are a name rather than words."""
    if given.first < GIVEN or family.last < FAMILY:
        return False
    if given.common + family.common <= RARE and given.first + family.last > GIVEN + FAMILY + 1:
        return True
    return (given.common == 0 and given.first >= SURE) or (family.common == 0 and family.last >= SURE)
