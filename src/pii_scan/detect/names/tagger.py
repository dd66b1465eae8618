"""Finds names in running text: the tagger, what it may be trusted with where, and what the rest of a document adds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pii_scan.detect.names import around, words
from pii_scan.detect.names.cases import single_case
from pii_scan.detect.names.decode import spans_of_tags
from pii_scan.detect.names.evidence import base_hash
from pii_scan.detect.names.features import Candidates, cased_candidates, caseless_candidates
from pii_scan.detect.names.lines import lines_worth_reading
from pii_scan.detect.names.model import NameModel, built_in_model
from pii_scan.detect.names.pieces import begins_of_characters, pieces
from pii_scan.detect.names.texts import Texts
from pii_scan.detect.names.tokens import BREAK, Bools, Codes, Hashes, Ints, Tokens, among, shared

UNLISTED, SINGLE, PART, FULL = 0, 1, 2, 3
"""How strong a name is: no list knows it; one word that a list knows; several, of which one is a first name in front or
a surname at the end; a first name with a surname behind it."""
SCORES = np.array([0.55, 0.75, 0.9, 0.95], np.float32)
"""By strength; from the precision on NorNE's test split (0.78 to 0.85, 0.88 to 0.94, and 0.92 to 0.99)."""
SUPPORT = np.float32(0.1)
"""Added for a label, greeting or e-mail address that says the same."""
MOST = np.float32(0.98)
ROW = 3
"""Delimiters that make a line one of a table: names there fill a cell, or stand in a sentence."""
MANY, FEW, SOME = 4, 0.25, 0.3
"""Of so many places where a word stands alone, tagged in fewer than FEW: in none; in two and SOME: in all."""
_COMMON = 3


@dataclass(frozen=True, slots=True)
class Names:
    """Names in one text, in its order."""

    start: Ints
    """Half-open with `end`; code points, or bytes of the text's UTF-8."""
    end: Ints
    score: npt.NDArray[np.float32]
    strength: Ints

    def __len__(self) -> int:
        return len(self.start)

    def take(self, which: npt.NDArray[np.generic]) -> Names:
        """The rows that a mask or row numbers select."""
        return Names(self.start[which], self.end[which], self.score[which], self.strength[which])

    @staticmethod
    def joined(parts: list[Names]) -> Names:
        """One after the other."""
        none = np.zeros(0, np.int64)
        parts = parts or [Names(none, none, none.astype(np.float32), none)]
        return Names(*(np.concatenate([getattr(part, name) for part in parts]) for name in Names.__slots__))


_NONE = Names.joined([])


@dataclass(slots=True)
class Mentioned:
    """The words of names that one document has in full: what stands alone elsewhere in it is the same person."""

    hashes: set[int] = field(default_factory=set)

    def add(self, new: list[Hashes]) -> Hashes:
        """All known after `new`, ascending."""
        for hashes in new:
            self.hashes.update(hashes.tolist())
        return np.array(sorted(self.hashes), np.uint64)


class NameTagger:
    """One model at work."""

    def __init__(self, model: NameModel | None = None, *, gated: bool = True) -> None:
        """`gated`: outside Norwegian prose only strong names count."""
        self._model = model or built_in_model()
        self._gated = gated

    def find(
        self, text: str, mentioned: Mentioned | None = None, bounds: Ints | None = None, *, cells: bool = False
    ) -> Names:
        """The names in `text`, in code points, as are `bounds`; see `find_in`."""
        data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
        place = begins_of_characters(data)
        found = self.find_in(data, mentioned, None if bounds is None else place[bounds], cells=cells)
        start, end = np.searchsorted(place, found.start), np.searchsorted(place, found.end)
        return dataclasses.replace(found, start=start, end=end)

    def find_in(
        self, data: Codes, mentioned: Mentioned | None = None, bounds: Ints | None = None, *, cells: bool = False
    ) -> Names:
        """The names in `data`, which is UTF-8, in bytes. `mentioned`: what the document has shown before; grows.
        `bounds`: where texts begin, ascending, that are joined here, a line end between them, but stand each for
        itself. `cells`: they are cells of a table.
        """
        alone = np.append(0, bounds) if bounds is not None and mentioned is None else None
        parts: list[Names] = []
        marked: list[tuple[int, _Marked]] = []
        for at, piece in pieces(data):
            if marked and alone is not None and _among_places(np.array([at]), alone).all():
                parts += self._named(marked, Mentioned(), cells=cells)  # no text goes on here, and memory is given back
                marked = []
            marked.append((at, self._marked(Tokens(piece), at, bounds, cells=cells)))
        parts += self._named(marked, Mentioned() if mentioned is None else mentioned, cells=cells)
        return Names.joined(parts) if len(parts) > 1 else parts[0] if parts else _NONE

    def _named(self, marked: list[tuple[int, _Marked]], mentioned: Mentioned, *, cells: bool) -> Iterator[Names]:
        """The names of pieces, by where each begins, whose texts may go on from one to the next."""
        known = mentioned.add([found.full_words() for _, found in marked])
        for at, found in marked:
            names = found.names(known, gated=self._gated, cells=cells)
            if not len(names):
                continue
            yield dataclasses.replace(names, start=names.start + at, end=names.end + at)

    def _marked(self, tokens: Tokens, at: int, bounds: Ints | None, *, cells: bool) -> _Marked:
        """The names by the tagger alone, each line read in its case; of lines that may hold one that counts."""
        texts, speech, lists = Texts(tokens, bounds, at), words.Speech(tokens), self._model.lists
        single = single_case(tokens, texts.begins)
        allowed = ~around.glued(tokens)
        alike = single.nonzero()[0]
        if len(alike):
            part = alike[np.isin(tokens.first[alike - 1], around.PATH)]
            allowed[part[tokens.start[part] == tokens.end[part - 1]]] = False
        if self._gated and not cells:
            allowed &= lines_worth_reading(tokens, lists, single, texts, speech)
        cased = cased_candidates(tokens, lists, ~single & allowed)
        alone = cased.token[tokens.capital[cased.token]]
        alone = alone[~tokens.capital[alone - 1] & ~tokens.capital[alone + 1]]
        spans = self._spans(cased, caseless=False)
        if len(alike):
            other = self._spans(caseless_candidates(tokens, lists, single & allowed), caseless=True)
            first, last, caseless = (np.concatenate(columns) for columns in zip(spans, other, strict=True))
            order = np.argsort(first, kind="stable")
            spans = first[order], last[order], caseless[order]
            alone = np.sort(np.concatenate([alone, alike[allowed[alike]]]))
        return _Marked(tokens, self._model, alone, spans, _Setting(texts, speech, single))

    def _spans(self, found: Candidates, *, caseless: bool) -> tuple[Ints, Ints, Bools]:
        weights = self._model.caseless if caseless else self._model.cased
        if not len(found.token):
            return found.token, found.token, np.zeros(0, bool)
        begin, stop = spans_of_tags(weights.tags(found), found.run)
        return found.token[begin], found.token[stop], np.full(len(begin), caseless)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What is known of all tokens."""

    texts: Texts
    """What keeps the words of one text apart from those of another."""
    speech: words.Speech
    single: Bools
    """Tokens in a single case."""


class _Marked:
    """A text with the names that the tagger sees: numbers of their first and last tokens."""

    def __init__(
        self,
        tokens: Tokens,
        model: NameModel,
        alone: Ints,
        spans: tuple[Ints, Ints, Bools],
        setting: _Setting,
    ) -> None:
        """`alone`: words that may be a name by themselves."""
        self._tokens, self._model = tokens, model
        self._texts, self._speech, self._single = setting.texts, setting.speech, setting.single
        self._alone = alone[tokens.length[alone] >= around.LEAST_LETTERS]
        self._first, self._last, self._caseless = spans
        if not len(self._first):
            return
        first, last, caseless = around.turned(tokens, model, *spans)
        keep = ~around.not_persons(tokens, first, last)
        self._first, self._last, self._caseless = first[keep], last[keep], caseless[keep]
        self._by_majority()

    def _by_majority(self) -> None:
        """A word that stands alone in many places is a name in all of them or in none."""
        tokens, alone = self._tokens, self._alone[~self._single[self._alone]]
        mark = np.zeros(len(tokens.kind), bool)
        mark[self._first[self._first == self._last]] = True
        tagged = mark[alone]
        if not tagged.any():
            return
        word, bare = tokens.hash[alone], base_hash(tokens, alone)
        known = shared(bare, word)
        word[known] = bare[known]
        word ^= self._texts.salt(alone)
        some = shared(word, word[tagged])
        alone, word, tagged = alone[some], word[some], tagged[some]
        _, which, total = np.unique(word, return_inverse=True, return_counts=True)
        share = np.bincount(which, tagged) / total
        none = (share < FEW) & (total >= MANY)
        mark[:] = False
        mark[alone[none[which] & tagged]] = True
        keep = ~(mark[self._first] & (self._first == self._last))
        more = alone[((share >= SOME) & (share * total >= 2))[which] & ~tagged]
        more = more[~self._covered(more)]
        more = more[~around.not_persons(tokens, more, more)]
        self._first = np.concatenate([self._first[keep], more])
        self._last = np.concatenate([self._last[keep], more])
        self._caseless = np.concatenate([self._caseless[keep], np.zeros(len(more), bool)])

    def _covered(self, which: Ints) -> Bools:
        """Which of the tokens `which` are in a name."""
        begun = np.searchsorted(np.sort(self._first), which, side="right")
        return np.asarray(begun > np.searchsorted(np.sort(self._last), which, side="left"))

    def full_words(self) -> Hashes:
        """The hashes of the outer words of names of several words."""
        if not len(self._first):
            return np.zeros(0, np.uint64)
        tokens = self._tokens
        several = self._first < self._last
        outer = np.concatenate([self._first[several], self._last[several]])
        outer = outer[tokens.length[outer] >= around.LEAST_LETTERS]
        if not len(outer):
            return np.zeros(0, np.uint64)
        bases = base_hash(tokens, outer)
        salt = self._texts.salt(outer)
        return np.concatenate([tokens.hash[outer] ^ salt, (bases ^ salt)[bases != 0]])

    def names(self, known: Hashes, *, gated: bool, cells: bool) -> Names:
        """Names with scores, among them single words that are `known`."""
        tokens, texts = self._tokens, self._texts
        again = self._again(known)
        if not len(self._first) and not len(again):
            return _NONE
        first = np.concatenate([self._first, again])
        last = np.concatenate([self._last, again])
        caseless = np.concatenate([self._caseless, self._single[again]])
        order = np.argsort(first, kind="stable")
        first, last, caseless = first[order], last[order], caseless[order]
        strength = self._strength(first, last)
        supported = around.labelled(tokens, first, texts) | around.addressed(tokens, first, texts)
        is_known = self._is_among(first, known) & (first == last)
        score = SCORES[strength]
        score = np.where(is_known, np.maximum(score, SCORES[SINGLE]), score)
        score = np.where(supported, np.minimum(score + SUPPORT, MOST), score).astype(np.float32)
        found = Names(tokens.start[first], tokens.end[last], score, strength)
        if not gated:
            return found
        begins, in_table = self._cells(first, cells)
        trusted = self._speech.norwegian(first, begins)
        whole = _among_places(first, begins) & _among_places(last + 1, begins)
        strong = strength >= np.where(caseless, FULL, PART)
        strong &= ~around.programs(tokens, first, last)
        strong |= supported & (strength >= SINGLE)
        whole |= (strength == FULL) & around.ends_part(tokens, last)
        weak = (strength == UNLISTED) & (first == last) & ~supported & ~is_known
        return found.take(~(weak & around.opens(tokens, first)) & (trusted | (strong & (whole | ~in_table))))

    def _cells(self, which: Ints, cells: bool) -> tuple[Ints, Bools]:
        """(the tokens with which texts begin, and cells of lines that look like rows; which of `which` are in cells)"""
        tokens = self._tokens
        delimiter = np.flatnonzero(tokens.is_sign(";") | tokens.is_sign("|"))
        if not cells and len(delimiter) < ROW:
            return self._texts.begins, np.zeros(len(which), bool)
        edge = np.zeros(len(tokens.kind), bool)
        edge[self._texts.begins] = True
        line = np.cumsum(tokens.kind == BREAK)
        rows = np.bincount(line[delimiter], minlength=int(line[-1]) + 1) >= ROW
        delimiter = delimiter[rows[line[delimiter]]]
        edge[delimiter] = edge[delimiter + 1] = True
        rows |= cells
        ends = np.flatnonzero(tokens.kind == BREAK)
        edge[ends[rows[line[ends]]]] = True
        behind = ends[:-1] + 1
        edge[behind[rows[line[behind]]]] = True
        return np.flatnonzero(edge), rows[line[which]]

    def _strength(self, first: Ints, last: Ints) -> Ints:
        every = np.unique(np.concatenate([first, last, *(first + i for i in range(1, 6))]))
        every = every[every < len(self._tokens.kind)]
        listed = self._model.lists.of(self._tokens, every)
        at, behind = np.searchsorted(every, first), np.searchsorted(every, last)
        given, family = listed.first[at] > 0, listed.last[behind] > 0
        several = first < last
        # an initial says nothing, and a first name in the genitive ends a name: `X Display`, `Marks Extended`
        given &= ~several | ((self._tokens.length[first] > 1) & ~listed.genitive[at])
        counted = np.concatenate([np.zeros(1, np.int64), np.cumsum(listed.last > 0)])
        any_family = counted[behind + 1] - counted[np.minimum(at + 1, behind + 1)] > 0
        strength = np.where(several & (given | family), PART, UNLISTED)
        strength = np.where(several & given & any_family, FULL, strength)
        strength = np.where(several & self._tokens.is_sign(",", first + 1), FULL, strength)
        return np.where(~several & (given | (listed.last[at] > 0)), SINGLE, strength)

    def _is_among(self, token: Ints, known: Hashes) -> Bools:
        if not len(known) or not len(token):
            return np.zeros(len(token), bool)
        tokens, salt = self._tokens, self._texts.salt(token)
        return among(tokens.hash[token] ^ salt, known) | among(base_hash(tokens, token) ^ salt, known)

    def _again(self, known: Hashes) -> Ints:
        """Words outside names that are a known name and stand alone."""
        tokens, token = self._tokens, self._alone
        if not len(known) or not len(token):
            return np.zeros(0, np.int64)
        token = token[self._is_among(token, known)]
        token = token[~self._covered(token)]
        token = token[self._model.lists.of(tokens, token).low < _COMMON]
        return token[~around.not_persons(tokens, token, token)]


def _among_places(which: Ints, places: Ints) -> Bools:
    """Which of `which` are `places`, which ascend and begin with 0."""
    return np.asarray(places[np.searchsorted(places, which, side="right") - 1] == which)
