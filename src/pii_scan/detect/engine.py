"""From texts to detections by rules: expressions, validators, context, scores. All columns; one text or a million
cells.

Scores: a pattern's own score, or its `validated` score once the validator confirms; a context word near adds or takes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.detect import evidence
from pii_scan.detect.ask import SEPARATOR
from pii_scan.detect.cell_bytes import laid_out, text_offsets
from pii_scan.detect.context import ContextIndex
from pii_scan.detect.notes import note_text
from pii_scan.detect.patterns import PatternSet
from pii_scan.detect.resolve import best_of_overlapping, drop_contained
from pii_scan.detect.rules import FLAGS, Rule
from pii_scan.detect.spans import Spans
from pii_scan.detect.validators import (
    JUDGEMENT,
    REJECTED,
    SYNTHETIC,
    UNSURE,
    VALIDATORS,
)

_Ints = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]

GROUP_BYTES = 2 << 20
"""Texts are scanned together up to so many bytes."""
WITHOUT_EVIDENCE = 0.5
"""What is left of the score of a rule that needs evidence of a person where there is none."""
HEADER_WORD = 1 << 14
"""Added to a context word's number when it stood in the column's header."""


NAMED = (
    "used as a name in the text", "a first name or surname", "several words, one a known name",
    "first name and surname", "the column holds names",
)  # fmt: skip
"""By the number that a name has in place of a pattern's (see `name_finder`)."""
_FOUND_BY = {"presidio": "found by a Presidio recognizer", "ner": "found by the user's language model"}


class Guests(Protocol):
    """Recognizers of another kind that look at the same texts (see `presidio_guest`)."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """A stand-in rule for each thing they find."""

    def detect(self, texts: pa.Array, header: str, first_rule: int) -> Detections:
        """What they find, under the numbers of their rules."""

    def hear(self, beat: Callable[[], None]) -> None:
        """`beat` is called now and then while they work, which may take long."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Columns, one row a detection, sorted by text, start and rule. Holds no text."""

    text: _Ints
    start: _Ints
    """Bytes within the text, half-open with `end`."""
    end: _Ints
    rule: npt.NDArray[np.int16]
    pattern: npt.NDArray[np.int16]
    """Number of the pattern within the rule."""
    verdict: npt.NDArray[np.uint8]
    """The validator's, UNSURE where there is none."""
    word: npt.NDArray[np.int32]
    """Number of the context word that decided, plus HEADER_WORD when from the header; -1 for none."""
    score: npt.NDArray[np.float32]
    note: npt.NDArray[np.int16]
    """What the rest of its column or text says (see `detect.notes`); 0 for nothing."""

    def __len__(self) -> int:
        return len(self.text)

    def take(self, keep: npt.NDArray[Any]) -> Detections:
        """The rows that a mask or an array of row numbers selects."""
        return Detections(*(getattr(self, name)[keep] for name in self.__slots__))

    def repeated(self, distinct: npt.NDArray[np.integer], count: int) -> Detections:
        """The rows of `count` distinct texts as rows of all texts. `distinct`: which of them each text is."""
        found = self.take(np.argsort(self.text, kind="stable"))
        each = np.bincount(found.text, minlength=count)
        first, times = np.cumsum(each) - each, each[distinct]
        text = np.repeat(np.arange(len(distinct)), times)
        place = np.arange(len(text)) - np.repeat(np.cumsum(times) - times, times)
        return dataclasses.replace(found.take(np.repeat(first[distinct], times) + place), text=text)

    @staticmethod
    def joined(parts: Sequence[Detections]) -> Detections:
        """The rows of all `parts`, one after the other."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return no_detections()
        return Detections(*(np.concatenate([getattr(p, name) for p in parts]) for name in Detections.__slots__))


def no_detections() -> Detections:
    """An empty set of rows."""
    ints = np.zeros(0, np.int64)
    return Detections(
        ints, ints, ints, ints.astype(np.int16), ints.astype(np.int16), ints.astype(np.uint8), ints.astype(np.int32),
        ints.astype(np.float32), ints.astype(np.int16),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Titles:
    """What stands above each of some texts: under which of the headers it is, and whether its row is a person."""

    of: _Ints
    headers: tuple[str, ...]
    persons: npt.NDArray[np.bool_]
    """By header."""

    @classmethod
    def one(cls, count: int, header: str, person: bool) -> Titles:
        """The same above all of `count` texts."""
        return cls(np.zeros(count, np.int64), (header,), np.array([person]))


class RuleEngine:
    """Rules compiled together for one scan."""

    def __init__(
        self, rules: Sequence[Rule], as_of: date, guests: Guests | None = None, memory: Path | None = None
    ) -> None:
        """`guests`: the user's Presidio recognizers; their stand-in rules follow `rules`. `memory`: as `PatternSet`."""
        self.rules = (*rules, *(guests.rules if guests else ()))
        self.guests = guests
        self._first_guest = len(rules)
        self._as_of = as_of
        distinct = sorted({pattern.regex for rule in self.rules for pattern in rule.patterns})
        number = {expression: i for i, expression in enumerate(distinct)}
        self._users: list[list[tuple[int, int]]] = [[] for _ in distinct]
        for i, rule in enumerate(self.rules):
            for j, pattern in enumerate(rule.patterns):
                self._users[number[pattern.regex]].append((i, j))
        self._patterns = PatternSet([(expression, FLAGS) for expression in distinct], memory)
        self._context = ContextIndex(self.rules, memory)
        self.needs_person = np.array([rule.evidence == "person" for rule in self.rules] or [False], bool)
        types = sorted({rule.entity_type for rule in self.rules})
        most = max((len(rule.patterns) for rule in self.rules), default=1)
        self._own_boost = np.full((max(len(self.rules), 1), most), -1, np.float32)
        for i, rule in enumerate(self.rules):
            for j, pattern in enumerate(rule.patterns):
                if pattern.context_boost is not None:
                    self._own_boost[i, j] = pattern.context_boost
        self._type_of = np.array([types.index(rule.entity_type) for rule in self.rules] or [0], np.int64)

    @property
    def uncompiled(self) -> list[tuple[str, str]]:
        """(rule id, reason) of patterns that run text by text at the speed of a backtracking engine."""
        return [(self.rules[i].id, reason) for n, reason in self._patterns.uncompiled for i, _ in self._users[n]]

    def detect(self, texts: pa.Array, header: str = "", *, min_score: float = 0.0, resolve: bool = True) -> Detections:
        """The detections in `texts` (strings; nulls are empty). `header`: the column's, when the texts are its
        cells.
        """
        return self.settle(self.candidates(texts, header), min_score=min_score, resolve=resolve)

    def candidates(
        self, texts: pa.Array, header: str = "", *, rejected: bool = False, person: bool = False
    ) -> Detections:
        """What the rules see in `texts` with scores by form, check and context, before anything is weighed against
        each other.

        `rejected`: also what has the form but fails the check, with score 0, of rules that state a chance rate.
        `person`: the texts are about persons, whatever stands near.
        """
        found = self.candidates_under(texts, Titles.one(len(texts), header, person), rejected=rejected)
        if self.guests is None:
            return found
        guests = self.guests.detect(texts, header, self._first_guest)
        return Detections.joined([part for part in (found, guests) if len(part)])

    def candidates_under(self, texts: pa.Array, titles: Titles, *, rejected: bool = False) -> Detections:
        """The same of texts under different headers, each as if it stood with those under its own alone; without what
        guests find.
        """
        parts: list[Detections] = []
        for first, last in _groups(texts):
            under = dataclasses.replace(titles, of=titles.of[first:last])
            found = self._group_candidates(texts.slice(first, last - first), under, rejected)
            if len(found):
                parts.append(_shifted(found, first))
        return Detections.joined(parts)

    def settle(self, found: Detections, *, min_score: float, resolve: bool) -> Detections:
        """Of `found`: what reaches `min_score`, without what lies in a better one of its type; with `resolve`, one
        type for each span. Sorted by text, start and rule.
        """
        if not len(found):
            return found
        if len(found) == 1:  # of many small texts
            keep = (found.score >= min_score) & (found.score > 0)
            return found if keep[0] else found.take(keep)
        start, end = (found.text << 40) + found.start, (found.text << 40) + found.end
        keep = drop_contained(self._type_of[found.rule], start, end, found.score)
        keep &= (found.score >= min_score) & (found.score > 0)
        found, start, end = found.take(keep), start[keep], end[keep]
        if resolve and len(found):
            keep = best_of_overlapping(start, end, found.score, found.rule.astype(np.int64))
            found, start, end = found.take(keep), start[keep], end[keep]
        return found.take(np.lexsort((found.rule, end, start)))

    def header_effects(self, header: str) -> npt.NDArray[np.float32]:
        """What the words of a column's header do to the scores of each rule."""
        words = self._context.in_header_of_all(header)[: len(self.rules)]
        return np.asarray(self._context.effect[np.arange(len(words)), words], np.float32)

    def _group_candidates(self, texts: pa.Array, titles: Titles, rejected: bool) -> Detections:
        buffer, text_starts = laid_out(texts)
        matches = self._patterns.scan(buffer)
        if not len(matches.start):
            return no_detections()
        found = self._judge(buffer, matches.pattern, matches.start, matches.end, rejected)
        if not len(found):
            return found
        found = found.take(np.lexsort((found.pattern, found.rule)))
        # Presidio weighs a recognizer's own patterns against each other before any context; of equals the first stays
        judgement = found.verdict & JUDGEMENT
        confirmed = np.where(judgement > UNSURE, np.float32(1), found.score)
        confirmed[judgement == REJECTED] = -1
        found = found.take(drop_contained(found.rule.astype(np.int64), found.start, found.end, confirmed))
        text = np.searchsorted(text_starts, found.start, side="right") - 1
        under = titles.of[text]
        found = self._weigh_context(buffer, found, titles.headers, under)
        found = self._weigh_evidence(buffer, found, titles.persons[under])
        base = text_starts[text]
        return dataclasses.replace(found, text=text, start=found.start - base, end=found.end - base)

    def _judge(
        self, buffer: _Bytes, pattern: npt.NDArray[np.int32], start: _Ints, end: _Ints, rejected: bool
    ) -> Detections:
        """Every rule's view of the matches of its expressions; rejected ones only if asked for."""
        parts: list[Detections] = []
        bounds = np.searchsorted(pattern, np.arange(len(self._users) + 1))
        for number, users in enumerate(self._users):
            a, b = int(bounds[number]), int(bounds[number + 1])
            if a == b:
                continue
            s, e = start[a:b], end[a:b]
            spans = Spans(buffer, s, e)
            for rule_number, pattern_number in users:
                rule = self.rules[rule_number]
                form = rule.patterns[pattern_number]
                verdict = spans.verdicts(VALIDATORS.get(rule.validator), self._as_of)
                counted = rejected and rule.chance < 1
                keep = np.arange(len(verdict)) if counted else np.flatnonzero(verdict != REJECTED)
                if not len(keep):
                    continue
                kept = verdict[keep]
                score = np.where((kept & JUDGEMENT) > UNSURE, form.validated, form.score) * (kept != REJECTED)
                parts.append(
                    Detections(
                        np.zeros(len(keep), np.int64), s[keep], e[keep], np.full(len(keep), rule_number, np.int16),
                        np.full(len(keep), pattern_number, np.int16), kept, np.full(len(keep), -1, np.int32),
                        score.astype(np.float32), np.zeros(len(keep), np.int16),
                    )
                )  # fmt: skip
        return Detections.joined(parts)

    def _weigh_context(self, buffer: _Bytes, found: Detections, headers: Sequence[str], under: _Ints) -> Detections:
        """Finds the context word of each detection, which is `under` one of the headers, and moves its score."""
        word = found.word.copy()
        # A cell that is all value has no words of its own
        wordy = np.flatnonzero((buffer[found.start - 1] != SEPARATOR) | (buffer[found.end] != SEPARATOR))
        if len(wordy):
            word[wordy] = self._context.nearest_many(buffer, found.start[wordy], found.end[wordy], found.rule[wordy])
        if any(headers):
            said = np.stack([self._context.in_header_of_all(header) for header in headers])[under, found.rule]
            from_header = np.flatnonzero((word < 0) & (said >= 0))
            word[from_header] = said[from_header] + HEADER_WORD
        found = dataclasses.replace(found, word=word)
        change = self.word_effects(found)
        own = self._own_boost[found.rule, found.pattern]
        change = np.where((change > 0) & (own >= 0), own, change)
        change[found.verdict == REJECTED] = 0
        score = np.clip(found.score + change, 0, 1).astype(np.float32)
        return dataclasses.replace(found, score=score)

    def word_effects(self, found: Detections) -> npt.NDArray[np.float32]:
        """What the context word of each detection does to a score of its rule: above 0 supports, below weakens."""
        return self._context.effect[found.rule, np.where(found.word < 0, -1, found.word % HEADER_WORD)]

    def _weigh_evidence(self, buffer: _Bytes, found: Detections, persons: npt.NDArray[np.bool_]) -> Detections:
        """Halves the score of what counts only near a person, where nothing near points at one. `persons`: the row is
        one.
        """
        asked = np.flatnonzero(self.needs_person[found.rule] & ~persons)
        if not len(asked):
            return found
        score = found.score.copy()
        for i, start, end in zip(asked.tolist(), found.start[asked].tolist(), found.end[asked].tolist(), strict=True):
            before = bytes(buffer[start - evidence.BEFORE_BYTES : start]).rpartition(b"\xff")[2]
            after = bytes(buffer[end : end + evidence.AFTER_BYTES]).partition(b"\xff")[0]
            if not evidence.person_near(before.decode("utf-8", "ignore"), after.decode("utf-8", "ignore")):
                score[i] *= WITHOUT_EVIDENCE
        return dataclasses.replace(found, score=score)

    def reasons(self, rule: int, pattern: int, verdict: int, word: int, note: int = 0) -> list[str]:
        """Why, in words a person can read. Quotes only the rule, never the text."""
        said = self.rules[rule]
        if rule >= self._first_guest:
            return [_FOUND_BY[said.origin]]
        if not said.patterns and not said.columns:
            return [NAMED[pattern]]
        labelled = pattern >= len(said.patterns)
        why = ["the column's header names it" if labelled else f"written form: {said.patterns[pattern].name}"]
        if said.evidence:
            why.insert(0, "possible: words of this kind, where the text is about a person")
        if said.validator and verdict & JUDGEMENT > UNSURE:
            why.append("check passed")
        if verdict & SYNTHETIC:
            why.append("test series")
        if word >= 0:
            place = "column header" if word >= HEADER_WORD else "near"
            number = word % HEADER_WORD
            sign = "supported" if self._context.effect[rule, number] > 0 else "weakened"
            why.append(f"{sign} by «{self._context.words[number]}» ({place})")
        if note:
            why.append(note_text(note))
        return why


def _groups(texts: pa.Array) -> list[tuple[int, int]]:
    """Row ranges of at most about GROUP_BYTES each."""
    if len(texts) == 0:
        return []
    offsets = text_offsets(texts)
    total = int(offsets[-1] - offsets[0])
    if total + len(texts) <= GROUP_BYTES:
        return [(0, len(texts))] if total else []
    weight = offsets - offsets[0] + np.arange(len(offsets))
    cuts = np.unique(np.searchsorted(weight, np.arange(GROUP_BYTES, int(weight[-1]) + GROUP_BYTES, GROUP_BYTES)))
    cuts = np.minimum(cuts, len(texts))
    bounds = [0, *[int(cut) for cut in cuts.tolist() if cut > 0]]
    if bounds[-1] != len(texts):
        bounds.append(len(texts))
    return [(a, b) for a, b in zip(bounds[:-1], bounds[1:], strict=True) if b > a]


def _shifted(found: Detections, by: int) -> Detections:
    if not by:
        return found
    return dataclasses.replace(found, text=found.text + by)
