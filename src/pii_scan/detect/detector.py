"""The public detector: texts in, a table of detections out."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pii_scan.detect.cell_bytes import text_offsets
from pii_scan.detect.chance import TextChance, weigh_each
from pii_scan.detect.columns import Column, ColumnPlace, ColumnRules
from pii_scan.detect.engine import Detections, RuleEngine, Titles, no_detections
from pii_scan.detect.engine import Guests as AnyGuests
from pii_scan.detect.guest_group import GuestGroup
from pii_scan.detect.name_finder import NameFinder, NamesOfDocument, worth_looks
from pii_scan.detect.name_rule import ENTITY_TYPE as PERSON
from pii_scan.detect.name_rule import RULE_ID, name_rule
from pii_scan.detect.named_near import weigh_names
from pii_scan.detect.presidio_guest import Guests, load_guests
from pii_scan.detect.rules import Rule, load_rules
from pii_scan.detect.split_names import SplitNames
from pii_scan.detect.split_numbers import SplitNumbers
from pii_scan.detect.validators import SYNTHETIC

if TYPE_CHECKING:
    from pii_scan.detect.names.columns import Fresh
    from pii_scan.detect.names.own_list import OwnNames

DETECTIONS = pa.schema(
    [
        pa.field("text", pa.int64(), False),
        pa.field("start", pa.int64(), False),
        pa.field("end", pa.int64(), False),
        pa.field("entity_type", pa.dictionary(pa.int32(), pa.string()), False),
        pa.field("score", pa.float32(), False),
        pa.field("synthetic", pa.bool_(), False),
        pa.field("recognizer", pa.dictionary(pa.int32(), pa.string()), False),
    ]
)
DEFAULT_MIN_SCORE = 0.4
_DATE_LENGTH = 10
"""Of an ISO date; a date in a column of numbers is shorter."""


class Detector:
    """Finds personal data in texts by rules.

    >>> table = Detector().detect_texts(["fnr 158880 10030", "intet her"])
    >>> table.select(["text", "start", "end"]).to_pylist()
    [{'text': 0, 'start': 4, 'end': 16}]
    """

    def __init__(
        self,
        rules: Sequence[Rule] | None = None,
        *,
        rule_paths: Iterable[str | Path] = (),
        only: Sequence[str] = (),
        min_score: float = DEFAULT_MIN_SCORE,
        resolve: bool = True,
        as_of: date | None = None,
        presidio: Sequence[Any] = (),
        ner: Sequence[str] = (),
        names: Sequence[str | Path] = (),
        memory: Path | None = None,
    ) -> None:
        """`rules`: already loaded; else the built-in ones and those of `rule_paths`, of the entity types `only` if
        given.
        `min_score`: 0..1. `resolve`: keep one type for each span. `as_of`: the day that decides which numbers exist,
        today by default. `presidio`: Presidio recognizers that look at the same texts: objects, or `module:Class`.
        `ner`: language models of the user's: names or folders of spaCy pipelines, or YAML files (see `ner_models`).
        `names`: lists of names of the user's (see `own_list`), which names are looked for with.
        `memory`: a folder that makes the next start with the same rules quicker. Raises RuleError, ConfigError.
        """
        loaded, guests = load_recognizers(rule_paths, presidio, only=only, rules=rules, names=names, ner=ner)
        self.min_score = min_score
        self.resolve = resolve
        self._as_of = as_of or datetime.now(tz=UTC).date()
        self.engine = RuleEngine(loaded, self._as_of, guests, memory)
        self.rules = self.engine.rules
        self._columns = ColumnRules(self.engine)
        number = next((i for i, rule in enumerate(self.rules) if rule.id == RULE_ID), None)
        self._names = None if number is None else NameFinder(number, own_names(names))

    def detect(self, texts: pa.Array, header: str | None = None, table: Sequence[str] = ()) -> Detections:
        """Detections as byte spans, each text for itself; `header`: the texts are the cells of that column, "" of one
        without a name; `table`: all headers of the table.
        """
        if header is not None:
            return self.reading().cells(texts, ColumnPlace(header, table_headers=tuple(table)))
        found = weigh_each(self.engine, self.engine.candidates(texts, rejected=True), texts)
        if self._names is not None:
            found = self.with_names(found, self._names.in_texts(texts), texts)
        return self.engine.settle(found, min_score=self.min_score, resolve=self.resolve)

    def look_at(self, texts: Sequence[pa.Array], alone: Sequence[bool]) -> list[Seen]:
        """What is in running texts of many documents, each as if looked at by itself. `alone`: of which documents the
        one text is all there is: names in it do not depend on others.
        """
        wide = pa.large_string()
        joined = pa.concat_arrays([one if one.type == wide else one.cast(wide) for one in texts])
        count = [len(one) for one in texts]
        candidates = _parted(self.engine.candidates(joined, rejected=True), count)
        names: list[Detections | None] = [None] * len(texts)
        if self._names is not None and joined.nbytes < self._names.most_together:
            first = np.cumsum([0, *count])
            worth = worth_looks(joined)
            some = [number for number, one in enumerate(alone) if one and worth[first[number]]]
            none = no_detections()
            names = [none if one else None for one in alone]
            if some:
                found = self._names.tagged(joined.take(pa.array(first[some])))
                for number, one in zip(some, _parted(found, [1] * len(some)), strict=True):
                    names[number] = one
        return [Seen(*both) for both in zip(candidates, names, strict=True)]

    def look_at_cells(self, batches: Sequence[tuple[pa.Array, ColumnPlace]]) -> list[Seen]:
        """What is in the cells of many columns, each as if looked at by itself: the first batch of each. Nothing where
        there are guests.
        """
        if self.engine.guests is not None or not batches:  # guests are told the header of the cells they look at
            return []
        wide = pa.large_string()
        count = [len(cells) for cells, _ in batches]
        above = [self._columns.titled(place) for _, place in batches]
        number = {one: at for at, one in enumerate(dict.fromkeys(above))}
        under = np.repeat(np.array([number[one] for one in above]), count)
        titles = Titles(under, tuple(header for header, _ in number), np.array([person for _, person in number]))
        joined = pa.concat_arrays([cells if cells.type == wide else cells.cast(wide) for cells, _ in batches])
        candidates = _parted(self.engine.candidates_under(joined, titles, rejected=True), count)
        first: Sequence[Fresh | None] = [None] * len(batches)
        if self._names is not None:
            first = self._names.fresh([cells for cells, _ in batches])
        return [Seen(found, None, fresh) for found, fresh in zip(candidates, first, strict=True)]

    def with_names(self, found: Detections, names: Detections, texts: pa.Array) -> Detections:
        """Both, where `names` in the same `texts` are evidence for what else was found."""
        return Detections.joined([weigh_names(found, names, self.engine.needs_person, texts), names])

    def hear(self, beat: Callable[[], None]) -> None:
        """`beat` is called now and then while Presidio recognizers and language models work, which may take long."""
        if self.engine.guests is not None:
            self.engine.guests.hear(beat)

    def own_words(self, texts: Sequence[str]) -> Iterable[tuple[int, int, int]]:
        """(text, start, end) in code points of the words of the user's lists of names in names of files and columns."""
        return self._names.own_words(texts) if self._names is not None else ()

    def label_names(self, labels: Sequence[str]) -> Sequence[Sequence[tuple[int, int]]]:
        """The names of persons in each name of a file or folder, as code point spans, that no text would write so:
        `hansen-kari.pdf`.
        """
        return self._names.in_labels(labels) if self._names is not None else [()] * len(labels)

    def reading(self) -> Reading:
        """A document about to be read, whose parts count for each other."""
        return Reading(self)

    def speaks_of_persons(self, header: str) -> bool:
        """Whether a header speaks for any rule, or holds what one finds."""
        return self._columns.speaks(header) or bool(len(self.detect(pa.array([header], pa.large_string()))))

    def asks_for(self, columns: Sequence[tuple[str, str]]) -> list[bool]:
        """Whether dull cells (`ColumnOrigin.dull`) of a table may count. `columns`: the header and comment of each.

        They do where either says what they are, and where they may be half of a number that is kept in two columns.
        """
        rules = self._columns
        if any(rules.names_national(header) for header, _ in columns):
            return [True] * len(columns)
        return [rules.speaks(header) or rules.speaks(comment) for header, comment in columns]

    def detect_texts(
        self, texts: Sequence[str] | pa.Array | pa.ChunkedArray, header: str | None = None, table: Sequence[str] = ()
    ) -> pa.Table:
        """One row a detection: text (index), start and end (code points, half-open), entity_type, score, synthetic,
        recognizer; sorted by text and start. With a `header`, which may be "", the texts are the cells of one table
        column, which are decided together; the headers of the whole `table` say whether its rows are persons.
        """
        array = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts, pa.large_string())
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if not pa.types.is_string(array.type) and not pa.types.is_large_string(array.type):
            array = array.cast(pa.large_string())
        found = self.detect(array, header, table)
        start, end = _code_points(array, found)
        return pa.table(
            [
                pa.array(found.text),
                pa.array(start),
                pa.array(end),
                _names([rule.entity_type for rule in self.rules], found.rule),
                pa.array(found.score),
                pa.array((found.verdict & SYNTHETIC) != 0),
                _names([rule.id for rule in self.rules], found.rule),
            ],
            schema=DETECTIONS,
        )


def load_recognizers(
    rule_paths: Iterable[str | Path] = (), presidio: Sequence[Any] = (), *, only: Sequence[str] = (),
    rules: Sequence[Rule] | None = None, names: Sequence[str | Path] = (), ner: Sequence[str] = (),
) -> tuple[tuple[Rule, ...], GuestGroup | None]:  # fmt: skip
    """(rules, Presidio recognizers and language models or None) as `Detector` takes them.

    Raises RuleError, ConfigError.
    """
    classes = [item for item in presidio if isinstance(item, str)]
    objects = [item for item in presidio if not isinstance(item, str)]
    paths = list(rule_paths)
    objects += load_guests(paths, classes) if paths or classes else []
    found = {entity for recognizer in objects for entity in recognizer.supported_entities} | {PERSON}
    if rules is not None:
        loaded = tuple(rules)
    else:
        loaded = load_rules(paths, only=only, elsewhere=found)
        own = own_names(names)
        loaded += (name_rule(own.digest if own else ""),) if not only or PERSON in only else ()
    objects = [item for item in objects if not only or set(item.supported_entities) & set(only)]
    categories = {rule.entity_type: rule.category for rule in loaded}
    kinds: list[AnyGuests] = [Guests(objects, categories)] if objects else []
    if ner:
        from pii_scan.detect.ner_models import load_models

        kinds += load_models(ner, only or {*categories, PERSON}, categories)
    return loaded, GuestGroup(kinds) if kinds else None


def own_names(files: Sequence[str | Path]) -> OwnNames | None:
    """The names in the user's lists; None without any. Raises ConfigError."""
    if not files:
        return None
    from pii_scan.detect.names.own_list import read_own_names

    return read_own_names(files)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in texts of a document before it is read."""

    candidates: Detections
    """With what fails its check."""
    names: Detections | None
    """None where they depend on the rest of the document."""
    first: Fresh | None = None
    """Of the first cells of a column, what they show of names."""


class Reading:
    """One document while it is read: what its columns and its running text have shown so far."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._columns: dict[ColumnPlace, Column] = {}
        self._names = None if detector._names is None else NamesOfDocument(detector._names)
        self.parts = SplitNames()
        """Put together from what is found, batch for batch, by who keeps it."""

    @functools.cached_property  # most small documents hold nothing that has to be weighed
    def _chance(self) -> TextChance:
        return TextChance(self._detector.engine)

    @functools.cached_property
    def _split(self) -> SplitNumbers:
        return SplitNumbers(self._detector._columns)

    def cells(
        self, cells: pa.Array, place: ColumnPlace, first_row: int = 1, *, dull: bool = False, seen: Seen | None = None
    ) -> Detections:
        """Detections in a batch of cells of one column, decided by header, cells and the batches before.

        `first_row`: where the batch begins; batches of several columns that begin alike hold the same rows. `dull`: as
        `ColumnOrigin.dull`. `seen`: what is in it, where that was looked at before.
        """
        detector = self._detector
        bounds = text_offsets(cells)
        if bounds[0] == bounds[-1]:  # all are empty, as whole columns of tables often are
            return no_detections()
        column = self._columns.get(place)
        if column is None:
            column = self._columns[place] = Column(detector._columns, place, detector._as_of)
        found = column.detect(
            cells, min_score=detector.min_score, resolve=detector.resolve, dull=dull,
            seen=None if seen is None else seen.candidates,
        )  # fmt: skip
        if (
            dull and len(cells) and len(cells[0].as_py() or "") > _DATE_LENGTH
        ):  # moments and fractions, never a day alone
            return found
        completed = self._split.complete(cells, place.header, place.sheet, first_row)
        named = no_detections()
        if self._names is not None and not dull:
            first = None if seen is None else seen.first
            named = self._names.in_cells(cells, place.header, (place.sheet, place.number), first)
        if not len(completed) and not len(named):
            return found
        both = Detections.joined([found, completed, named])
        return detector.engine.settle(both, min_score=detector.min_score, resolve=detector.resolve)

    def names_any(self, headers: Iterable[str]) -> bool:
        """Whether one of the headers says that its column may hold personal data, or is personal data itself."""
        return any(self._detector.speaks_of_persons(header) for header in headers)

    def texts(self, texts: pa.Array, seen: Seen | None = None) -> Detections:
        """Detections in running text. `seen`: what is in it, where that was looked at before."""
        detector = self._detector
        found = detector.engine.candidates(texts, rejected=True) if seen is None else seen.candidates
        names = None if seen is None else seen.names
        if names is None:
            names = no_detections() if self._names is None else self._names.in_texts(texts)
        if not len(found) and not len(names):
            return found
        found = self._chance.weigh(found, texts)
        if self._names is not None:
            found = detector.with_names(found, names, texts)
        return detector.engine.settle(found, min_score=detector.min_score, resolve=detector.resolve)


def _parted(found: Detections, count: Sequence[int]) -> list[Detections]:
    """Detections in texts that were looked at together, by whose they are. `count`: how many texts each has."""
    if not len(found):
        return [found] * len(count)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
    owner = np.searchsorted(first, found.text, side="right") - 1
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(count) + 1))
    some = dict.fromkeys(owner.tolist())
    parts = [no_detections()] * len(count)
    for number in some:
        mine = found.take(order[bounds[number] : bounds[number + 1]])
        parts[number] = dataclasses.replace(mine, text=mine.text - first[number])
    return parts


def _names(names: list[str], rule: np.ndarray) -> pa.DictionaryArray:
    distinct = sorted(set(names))
    codes = np.array([distinct.index(name) for name in names] or [0], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes[rule], pa.int32()), pa.array(distinct, pa.string()))


def _code_points(texts: pa.Array, found: Detections) -> tuple[np.ndarray, np.ndarray]:
    """Byte offsets within texts as code point offsets: less one for each continuation byte of UTF-8 before."""
    if not len(found):
        return found.start, found.end
    offsets = text_offsets(texts)
    first = int(offsets[0])
    data = np.frombuffer(texts.buffers()[2], np.uint8)[first : int(offsets[-1])]
    continuing = np.flatnonzero((data & 0xC0) == 0x80)
    begin = offsets[found.text] - first
    before = np.searchsorted(continuing, begin)
    start = found.start - (np.searchsorted(continuing, begin + found.start) - before)
    end = found.end - (np.searchsorted(continuing, begin + found.end) - before)
    return start, end
