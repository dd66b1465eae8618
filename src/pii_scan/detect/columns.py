"""Tables: the unit of decision is the column. What the header says and how many cells pass a check decide what the
cells are; one cell that passes by chance decides nothing.

A column is read in batches; what it showed so far counts for the next. The counts are of cells, by category, so that
D-numbers among fødselsnummer are one kind of column.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from pii_scan.detect import notes
from pii_scan.detect.cell_bytes import all_digits, text_offsets, without_blanks
from pii_scan.detect.chance import likely_by_chance
from pii_scan.detect.context import plain_header
from pii_scan.detect.engine import Detections, RuleEngine, no_detections
from pii_scan.detect.patterns import compiled
from pii_scan.detect.rules import FLAGS, Rule, RuleColumn
from pii_scan.detect.validators import JUDGEMENT, REJECTED, UNSURE, VALID, VALIDATORS, judge_texts

MIN_CELLS = 3
"""Cells that must pass a check before the column is called by it."""
MIN_SHARE = 0.5
"""Share of the filled cells that must pass."""
RARE = 0.05
"""Chance rate up to which values alone, without a header, can say what a column holds."""
HEADED_SCORE, UNHEADED_SCORE, MALFORMED_SCORE = 0.9, 0.75, 0.5
STRAY_CELLS, STRAY_SHARE = 50, 0.05
"""Among so many cells of digits alone, fewer that pass than this share are strays of another numbering."""
MAIN_SHARE = 0.8
"""Share of a column's valid cells from which on it is of one kind of number."""
MANY_CELLS = 256
"""From so many cells on it may pay to see which are alike."""
DENSE = 0.05
"""It does where there are more candidates than so many a cell."""
_KNOWN_HEADERS = 10_000
SPARSE = 0.5
"""Where fewer cells than this share hold anything, the others are left out before any rule looks."""
MARGIN = 3
"""Bytes around a value that still make it the whole cell: quotes, an equals sign, a decimal `.0`."""
_DECIMAL = r"^[0-9]+[.,][0-9]*[1-9][0-9]*$"

_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]
_NATIONAL = "national_id"
_PERSON = re.compile(
    r"(?:for|etter|mellom|fullt ?)(?: )?navn|(?:first|last|full|given|family|sur) ?name|(?:elev|student|ansatt|"
    r"deltaker|pasient|kunde|kontakt|bruker|medlem|s[øo]ker|employee|patient|customer|member|participant|contact|"
    r"user)(?: ?(?:navn|name|id|nr|nummer))?|e ?post(?: ?adresse)?|e ?mail(?: ?address)?"
)
"""Headers of names and roles; those of identifiers come from the rules."""
_PERSONAL = frozenset({"national_id", "email", "phone", "birthdate", "address", "name"})
"""Categories whose columns make a table one about persons."""


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnPlace:
    """Which column cells belong to."""

    header: str
    number: int = 1
    sheet: str = ""
    table_headers: tuple[str, ...] = ()
    """All headers of the table."""
    comment: str = ""
    """What else is said of the column where it lies; it counts where the header says nothing."""


class ColumnRules:
    """The rules' side of columns, compiled once for a scan."""

    def __init__(self, engine: RuleEngine) -> None:
        self.engine = engine
        self.rules = engine.rules
        names = sorted({rule.category for rule in self.rules})
        self.category = np.array([names.index(rule.category) for rule in self.rules] or [0], np.int64)
        self.categories = len(names) or 1
        self.chance = np.array([rule.chance for rule in self.rules] or [1.0])
        self.national = np.array([rule.category == _NATIONAL for rule in self.rules] or [False])
        self.checked = np.array([bool(rule.validator) for rule in self.rules] or [False])
        self._columns = [
            (number, len(rule.patterns) + i, column)
            for number, rule in enumerate(self.rules)
            for i, column in enumerate(rule.columns)
        ]  # fmt: skip
        self._personal = np.array([rule.category in _PERSONAL for rule in self.rules], bool)
        self._known: dict[str, tuple[npt.NDArray[np.float32], list[_Labelled]]] = {}
        self._of_persons: dict[str, bool] = {}

    def of_header(self, header: str) -> tuple[npt.NDArray[np.float32], list[_Labelled]]:
        """(what the header's words do to each rule's scores, the columns of rules that it names)."""
        if header not in self._known:
            plain = plain_header(header)
            if len(self._known) > _KNOWN_HEADERS:
                self._known.clear()
                self._of_persons.clear()
            effects = self.engine.header_effects(header) if plain else np.zeros(len(self.rules), np.float32)
            labelled = [
                _Labelled(number, pattern, self.rules[number], compiled(column.cell, FLAGS), column)
                for number, pattern, column in self._columns
                if plain and compiled(column.header, FLAGS).fullmatch(plain)
            ]
            self._known[header] = (effects, labelled)
        return self._known[header]

    def speaks(self, header: str) -> bool:
        """Whether the words of a header, or of a comment, speak for any rule."""
        effects, labelled = self.of_header(header)
        return bool(labelled) or bool((effects > 0).any())

    def names_national(self, header: str) -> bool:
        """Whether a header speaks for a national number."""
        effects, labelled = self.of_header(header)
        return bool((effects[self.national] > 0).any()) or any(self.national[item.number] for item in labelled)

    def titled(self, place: ColumnPlace) -> tuple[str, bool]:
        """(what stands above the cells of a column, whether its rows are persons)."""
        above = f"{place.header} {place.comment}" if place.comment else place.header
        return above, self.about_persons(place.table_headers or (place.header,))

    def about_persons(self, headers: Sequence[str]) -> bool:
        """Whether a table with these headers has persons for its rows."""
        return any(self._names_person(header) for header in headers if header)

    def _names_person(self, header: str) -> bool:
        known = self._of_persons.get(header)
        if known is None:
            effects, labelled = self.of_header(header)
            known = self._of_persons[header] = (
                _PERSON.fullmatch(plain_header(header)) is not None
                or bool((effects > 0)[self._personal].any())
                or any(item.rule.category in _PERSONAL for item in labelled)
            )
        return known


@dataclasses.dataclass(frozen=True, slots=True)
class _Labelled:
    """A rule's column whose header expression fits."""

    number: int
    pattern: int
    rule: Rule
    cell: regex.Pattern[str]
    column: RuleColumn

    def fits(self, text: str) -> bool:
        """Whether a cell is of the form that the rule has for columns of this header."""
        return bool(text) and self.cell.fullmatch(text) is not None


class Column:
    """One column of one table while it is read."""

    def __init__(self, rules: ColumnRules, place: ColumnPlace, as_of: date) -> None:
        """Of the comment count the rules of which the header says nothing."""
        self._rules = rules
        self._titles = rules.titled(place)
        self._as_of = as_of
        self._effects, self._labelled = rules.of_header(place.header)
        if place.comment:
            effects, labelled = rules.of_header(place.comment)
            self._effects = np.where(self._effects == 0, effects, self._effects)
            known = {item.number for item in self._labelled}
            self._labelled = [*self._labelled, *(item for item in labelled if item.number not in known)]
        self._density: float | None = None
        """What the rules saw in the last batch, a cell."""
        self._filled = 0
        self._numeric = 0
        self._formed = np.zeros(len(rules.rules), np.int64)
        self._valid = np.zeros(len(rules.rules), np.int64)
        self._numeric_valid = np.zeros(len(rules.rules), np.int64)
        self._category_valid = np.zeros(rules.categories, np.int64)

    def detect(
        self, cells: pa.Array, *, min_score: float, resolve: bool, dull: bool = False, seen: Detections | None = None
    ) -> Detections:
        """The detections in a batch of the column's cells (strings; nulls are empty), each decided by what the column
        has shown up to the end of this batch. `dull`: as `ColumnOrigin.dull`. `seen`: what the rules saw in the batch,
        where they looked before.
        """
        engine = self._rules.engine
        if dull and not self._spoken_for():
            self._filled += len(cells)
            return no_detections()
        length = np.diff(text_offsets(cells))
        filled = int(np.count_nonzero(length))
        if seen is None and filled < SPARSE * len(cells):
            return self._detect_filled(cells, np.flatnonzero(length), min_score, resolve)
        found = self._candidates(cells) if seen is None else seen
        self._filled += filled
        numeric = all_digits(cells)
        self._numeric += int(numeric.sum())
        if len(found):
            whole = (found.start <= MARGIN) & (length[found.text] - found.end <= MARGIN)
            self._count(found, whole, numeric, cells)
            found = self._decide(found, whole)
            found = found.take(found.verdict & JUDGEMENT != REJECTED)
        parts = [found, *(self._headed(cells, item) for item in self._labelled if self._counts(item))]
        joined = Detections.joined([part for part in parts if len(part)])
        return engine.settle(joined, min_score=min_score, resolve=resolve)

    def _detect_filled(self, cells: pa.Array, filled: _Ints, min_score: float, resolve: bool) -> Detections:
        """As `detect`; only the cells at the places `filled` are looked at, as no other holds anything."""
        if not len(filled):
            return no_detections()
        found = self.detect(cells.take(pa.array(filled)), min_score=min_score, resolve=resolve)
        return dataclasses.replace(found, text=filled[found.text])

    def _spoken_for(self) -> bool:
        """Whether header or comment speak for a rule, so that any cell may be what they say."""
        return bool(self._labelled) or bool((self._effects > 0).any())

    def _candidates(self, cells: pa.Array) -> Detections:
        """What the rules see in each cell. Where that is much, only one is looked at of cells that are alike; to see
        which are takes longer than to look for what is not there.
        """
        if len(cells) < MANY_CELLS or cells.null_count or not self._is_dense(cells):
            found = self._seen_in(cells)
        else:
            encoded = cells.dictionary_encode()
            if len(encoded.dictionary) * 2 > len(cells):
                found = self._seen_in(cells)
            else:
                found = self._seen_in(encoded.dictionary).repeated(encoded.indices.to_numpy(), len(encoded.dictionary))
        self._density = len(found) / max(len(cells), 1)
        return found

    def _is_dense(self, cells: pa.Array) -> bool:
        """Whether much is to be expected in the cells: by the batch before, at first by a few of them."""
        if self._density is None:
            some = cells.take(pa.array(np.linspace(0, len(cells) - 1, MANY_CELLS).astype(np.int64)))
            self._density = len(self._seen_in(some)) / len(some)
        return self._density > DENSE

    def _seen_in(self, cells: pa.Array) -> Detections:
        header, person = self._titles
        return self._rules.engine.candidates(cells, header, rejected=True, person=person)

    def _count(
        self, found: Detections, whole: npt.NDArray[np.bool_], numeric: npt.NDArray[np.bool_], cells: pa.Array
    ) -> None:
        """Adds the cells that are of a rule's form as a whole, and those that pass its check.

        A cell that reads as a decimal number is not of the form of eleven digits, unless the header says so.
        """
        some = found.take(whole & self._rules.checked[found.rule])
        if not len(some):
            return
        formed = cells.take(pa.array(some.text))
        decimal = pc.fill_null(pc.match_substring_regex(formed, _DECIMAL), False).to_numpy(zero_copy_only=False)
        some = some.take(~decimal | (self._effects[some.rule] > 0) | (self._rules.chance[some.rule] == 1))
        valid = some.verdict & JUDGEMENT == VALID
        rules = len(self._rules.rules)
        self._formed += np.bincount(_distinct(some.rule, some.text), minlength=rules)
        self._valid += np.bincount(_distinct(some.rule[valid], some.text[valid]), minlength=rules)
        plain = valid & numeric[some.text]
        self._numeric_valid += np.bincount(_distinct(some.rule[plain], some.text[plain]), minlength=rules)
        category = self._rules.category[some.rule[valid]]
        self._category_valid += np.bincount(_distinct(category, some.text[valid]), minlength=self._rules.categories)

    def _typed(self) -> int:
        """The category that the column holds by header and checks; -1 for none."""
        rules = self._rules
        best, best_key = -1, (False, math.inf)
        for category in np.flatnonzero(self._category_valid >= MIN_CELLS).tolist():
            own = np.flatnonzero((rules.category == category) & (self._valid > 0))
            share = self._category_valid[category] / max(self._filled, 1)
            headed = bool((self._effects[own] > 0).any()) or any(item.number in own for item in self._labelled)
            against = bool((self._effects[own] < 0).any())
            chance = min(float(rules.chance[own].sum()), 1.0)
            many = share >= 0.9 and self._category_valid[category] >= 10
            alone = (chance <= RARE and (not against or many)) or (chance <= 0.2 and many and not against)
            if share >= MIN_SHARE and (headed or alone) and (not headed, chance) < (not best_key[0], best_key[1]):
                best, best_key = category, (headed, chance)
        return best

    def _decide(self, found: Detections, whole: npt.NDArray[np.bool_]) -> Detections:
        """Moves the scores of whole-cell values by what the column holds."""
        rules = self._rules
        score, note, verdict = found.score.copy(), found.note.copy(), found.verdict.copy()
        judgement = found.verdict & JUDGEMENT
        category = rules.category[found.rule]
        typed = self._typed()
        if typed >= 0:
            mine = whole & (category == typed) & rules.checked[found.rule]
            main = self._main(typed)
            good = mine & (judgement == VALID)
            rivals = found.text[mine & (found.rule != main) & (judgement != REJECTED)]
            good |= mine & (judgement == UNSURE) & (found.rule == main) & ~np.isin(found.text, rivals)
            good &= self._best_kind(found, good, main, typed)
            headed = (self._effects[found.rule] > 0) | np.isin(found.rule, [item.number for item in self._labelled])
            floor = np.where(headed, HEADED_SCORE, UNHEADED_SCORE)
            percent = round(100 * int(self._category_valid[typed]) / max(self._filled, 1))
            score[good] = np.maximum(score[good], floor[good])
            note[good] = notes.note(notes.TYPED, percent)
            bad = self._malformed(found, mine & (judgement == REJECTED) & (found.rule == main), good)
            verdict[bad], score[bad], note[bad] = UNSURE, MALFORMED_SCORE, notes.note(notes.MALFORMED, percent)
            formed = np.isin(found.text, found.text[mine])
            other = whole & (category != typed) & formed & (self._effects[found.rule] <= 0)
            other &= rules.checked[found.rule]
            score[other] = np.minimum(score[other], notes.WEAKENED)
            note[other] = notes.note(notes.OTHER_KIND)
        stray = whole & np.isin(found.rule, self._strays(typed)) & (judgement != REJECTED)
        score[stray] = np.minimum(score[stray], notes.WEAKENED)
        note[stray] = notes.note(notes.CHANCE)
        return dataclasses.replace(found, score=score, note=note, verdict=verdict)

    def _best_kind(self, found: Detections, good: _Bools, main: int, typed: int) -> _Bools:
        """Of the `good` rows of a cell the one of the kind that most cells are of; where kinds are mixed, the one whose
        check is passed by chance the least.
        """
        if self._valid[main] >= MAIN_SHARE * self._category_valid[typed]:
            mine = found.rule == main
            return np.asarray(mine | ~np.isin(found.text, found.text[good & mine]))
        chance = self._rules.chance[found.rule]
        least = np.full(int(found.text.max()) + 1, np.inf)
        np.minimum.at(least, found.text[good], chance[good])
        return np.asarray(chance <= least[found.text])

    def _main(self, category: int) -> int:
        """The rule of `category` whose check most cells pass."""
        return int(np.where(self._rules.category == category, self._valid, -1).argmax())

    def _malformed(self, found: Detections, rejected: npt.NDArray[np.bool_], good: npt.NDArray[np.bool_]) -> _Ints:
        """One of the `rejected` rows for each cell that has no good one."""
        rows = np.flatnonzero(rejected & ~np.isin(found.text, found.text[good]))
        _, first = np.unique(found.text[rows], return_index=True)
        return rows[first]

    def _strays(self, typed: int) -> list[int]:
        """Rules whose values are a few among many numbers, or no more than chance would have it, under a header that
        does not speak for them.
        """
        strays = []
        for number in np.flatnonzero(self._valid).tolist():
            if self._rules.category[number] == typed or self._effects[number] > 0:
                continue
            plain, chance = int(self._numeric_valid[number]), float(self._rules.chance[number])
            few = plain > 0 and self._numeric >= STRAY_CELLS and plain / self._numeric < STRAY_SHARE
            valid, formed = int(self._valid[number]), int(self._formed[number])
            if few or (chance < 1 and likely_by_chance(valid, formed, chance, column=True)):
                strays.append(number)
        return strays

    def _counts(self, item: _Labelled) -> bool:
        """Whether the header means the rule: not in a table about things, if the rule wants persons, nor where so many
        cells are of the rule's form, and so few pass its check, that it is another number.
        """
        if item.column.evidence and not self._titles[1]:
            return False
        number = item.number
        valid, formed, chance = int(self._valid[number]), int(self._formed[number]), float(self._rules.chance[number])
        return chance == 1 or formed < STRAY_CELLS or not likely_by_chance(valid, formed, chance, column=True)

    def _headed(self, cells: pa.Array, item: _Labelled) -> Detections:
        """Each cell that looks as the rule says for columns of this header."""
        encoded = pc.fill_null(cells, "").dictionary_encode()
        index = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        texts, lead, size = without_blanks(encoded.dictionary)
        fits = np.fromiter(map(item.fits, texts), bool, len(texts))
        verdict = np.full(len(fits), UNSURE, np.uint8)
        validator = VALIDATORS.get(item.rule.validator)
        asked = np.flatnonzero(fits)
        if validator is not None and len(asked):
            verdict[asked] = judge_texts(validator, [texts[i] for i in asked.tolist()], self._as_of)
            fits[asked] = verdict[asked] != REJECTED
        rows = np.flatnonzero(fits[index])
        chosen = index[rows]
        return Detections(
            rows, lead[chosen], lead[chosen] + size[chosen], np.full(len(rows), item.number, np.int16),
            np.full(len(rows), item.pattern, np.int16), verdict[chosen], np.full(len(rows), -1, np.int32),
            np.full(len(rows), item.column.score, np.float32), np.zeros(len(rows), np.int16),
        )  # fmt: skip


def _distinct(group: npt.NDArray[np.integer], text: _Ints) -> _Ints:
    """The group of each distinct pair of group and text."""
    if not len(text):
        return np.zeros(0, np.int64)
    keys = np.sort((group.astype(np.int64) << 40) + text)
    return np.asarray(keys[np.concatenate([np.ones(1, bool), keys[1:] != keys[:-1]])] >> 40)
