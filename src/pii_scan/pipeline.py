"""One work unit through the flow: open, extract, detect, collect. Runs in a worker; text never leaves it.

Hands back tables (see `findings.schema`) as they fill, so that what a killed worker had found is not lost.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.cache_folder import cache_folder
from pii_scan.detect import children
from pii_scan.detect.ask import ExpressionTimeout
from pii_scan.detect.detector import DEFAULT_MIN_SCORE, ColumnPlace, Detector, Reading
from pii_scan.detect.engine import Detections
from pii_scan.detect.name_rule import RULE_ID, name_rule
from pii_scan.detect.presidio_guest import GuestError
from pii_scan.detect.rules import load_rules
from pii_scan.detect.split_names import Found, known_as
from pii_scan.detect.validators import SYNTHETIC
from pii_scan.document_rows import DocumentRows
from pii_scan.errors import DocumentError
from pii_scan.extract import purview
from pii_scan.extract.dispatch import BY_RECORD, DocumentDone, Extracted, Walked, extract, salvage, slices
from pii_scan.findings.collect import Collector, Hits, Label
from pii_scan.findings.columns import ColumnsSeen
from pii_scan.findings.names import Find, NameMasker
from pii_scan.model import (
    ChunkBatch,
    ColumnOrigin,
    Document,
    DocumentRef,
    Limits,
    Need,
    PartOrigin,
    Problem,
    ProblemCode,
    Slice,
    Stage,
    TableColumn,
    WorkUnit,
)
from pii_scan.protocols import Source
from pii_scan.record_dates.observe import RecordDates
from pii_scan.stage_times import StageTimes
from pii_scan.systems.attribution import Attribution
from pii_scan.systems.profiles import load_profiles

FLUSH_HITS = 200_000
FLUSH_SECONDS = 2.0

Beat = Callable[[], None]
"""Called often while a document is read: work goes on."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs to know; goes to it as JSON."""

    key: str
    """The fingerprint key, hexadecimal."""
    as_of: str
    """ISO date."""
    rules: tuple[str, ...]
    only: tuple[str, ...]
    min_score: float
    limits: Limits
    presidio: tuple[str, ...] = ()
    ner: tuple[str, ...] = ()
    """The user's own language models."""
    names: tuple[str, ...] = ()
    """The user's own lists of names."""
    systems: tuple[str, ...] = ()
    """The user's own profiles of systems and rules of paths, files and folders."""
    for_guard: bool = False
    """Also says which columns tables have, and shows names without the mark that depends on the key."""
    profile: bool = False
    """Also says where the time went."""
    targets: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    """What is said of named targets: `folder`, the last name of their path, and `system`, where one is declared."""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Settings:
        """The inverse of `dataclasses.asdict`."""
        limits = Limits(**content["limits"])
        rest = {key: tuple(content[key]) for key in ("rules", "presidio", "ner", "names", "only", "systems")}
        return cls(**{**content, **rest, "limits": limits})


class Pipeline:
    """Everything loaded and compiled once for many work units."""

    def __init__(self, settings: Settings, sources: Mapping[str, Source]) -> None:
        """`sources` by target, as the refs name them."""
        self._limits = settings.limits
        self._sources = sources
        self._detector = Detector(
            rule_paths=settings.rules, only=settings.only, min_score=settings.min_score,
            as_of=date.fromisoformat(settings.as_of), presidio=settings.presidio,
            ner=settings.ner, names=settings.names, memory=cache_folder(os.environ),
        )  # fmt: skip
        self._name_detector = self._detector
        if settings.only or settings.min_score > DEFAULT_MIN_SCORE:  # what is not looked for must not be shown either
            rules = (*load_rules(settings.rules), name_rule())
            self._name_detector = Detector(
                rules, rule_paths=settings.rules, as_of=date.fromisoformat(settings.as_of),
                names=settings.names, memory=cache_folder(os.environ),
            )  # fmt: skip
        self._attribution = (
            None if settings.for_guard else Attribution(*load_profiles(settings.systems), targets=settings.targets)
        )
        self._as_of = date.fromisoformat(settings.as_of)
        self._dates = RecordDates(self._as_of)
        self._key = bytes.fromhex(settings.key)
        self._names = NameMasker(
            finder(self._name_detector), b"" if settings.for_guard else self._key, self._name_detector.label_names
        )
        self._how: dict[str, Any] = {"readers": BY_RECORD} if settings.for_guard else {}
        self._columns = ColumnsSeen(self._names) if settings.for_guard else None
        self._times = StageTimes()
        self._profile = settings.profile
        self._labels: dict[tuple[int, int, int, int, int], int] = {}
        self._label_list: list[Label] = []

    def run(self, unit: WorkUnit, beat: Beat) -> Iterator[dict[str, pa.Table]]:
        """The tables of one unit, in pieces. A document that cannot be opened or read becomes a problem row."""
        collector = Collector(self._key, self._names.safe, self._ages)
        rows = DocumentRows(self._names, self._key)
        self._detector.hear(beat)
        last_flush = -FLUSH_SECONDS  # the first hits leave at once: no one knows yet whether the document is harmless
        try:
            with contextlib.ExitStack() as held:
                with self._times.on("open"):
                    document = held.enter_context(self._sources[unit.ref.target].open(unit.ref))
                document.slice, document.needs = unit.slice, self._needs
                rows.opened(document)
                current: DocumentRef | None = None
                reading = self._detector.reading()
                for piece in self._times.through("extract", self._read(unit, document, rows)):
                    if isinstance(piece, Extracted):
                        if piece.ref != current:
                            if current is not None:
                                self._end(reading, collector)
                            current, reading = piece.ref, self._detector.reading()
                            collector.begin(piece.ref.target, self._names.document(piece.ref))
                        self._observe(piece)
                        if len(piece.batch.texts):
                            self._detect(piece, reading, collector, rows)
                        beat()
                        due = time.monotonic() - last_flush > FLUSH_SECONDS
                        if collector.pending and (due or collector.pending > FLUSH_HITS):
                            yield self._flushed(collector)
                            last_flush = time.monotonic()
                    elif isinstance(piece, Problem):
                        rows.problem(piece)
                    elif isinstance(piece, purview.ExportedItems):
                        yield {"origins": rows.origins(piece)}
                        beat()
                    else:
                        if current is not None:  # the container's text may go on after a member: it begins anew
                            self._end(reading, collector)
                            current = None
                        self._done(piece, unit, collector, rows)
                        if self._columns is not None:
                            yield {"columns": self._columns.finish(piece.ref, piece.media_type, document)}
                        beat()
                self._end(reading, collector)
                changed = getattr(self._sources[unit.ref.target], "changed", None)
                if changed is not None and (problem := changed(unit.ref, document)) is not None:
                    rows.problem(problem)
        except DocumentError as error:
            rows.problem(Problem(unit.ref, Stage.SOURCE, ProblemCode(error.code), error.detail))
        times = {"times": self._times.table()} if self._profile else {}
        yield {**self._flushed(collector), **rows.tables(), **times}

    def _read(self, unit: WorkUnit, document: Document, rows: DocumentRows) -> Iterator[Walked]:
        """What a document holds; where a worker did not survive it, its loose text."""
        if unit.ended is None:
            return extract(document, self._limits, **self._how)
        rows.problem(Problem(unit.ref, Stage.EXTRACT, *unit.ended))
        return salvage(document)

    def _needs(self, columns: Sequence[TableColumn]) -> list[Need]:
        """What anything here wants of the columns of a table should their values identify no one."""
        asked = self._detector.asks_for([(column.name, column.comment) for column in columns])
        return [
            Need.CELLS if cells else Need.DAYS if self._dates.asks_for(column.name) else Need.NOTHING
            for column, cells in zip(columns, asked, strict=True)
        ]

    def _done(self, piece: DocumentDone, unit: WorkUnit, collector: Collector, rows: DocumentRows) -> None:
        """A document, or the slice of it that is read, is over."""
        self._name_hits(piece.ref, collector, rows)
        with self._times.on("observe"):
            rows.done(piece, *self._system(piece), self._dates.finish(piece.ref), collector)
        self._times.done(piece.media_type, _size(piece.ref, unit))

    def _flushed(self, collector: Collector) -> dict[str, pa.Table]:
        with self._times.on("collect"):
            return collector.flush()

    def _observe(self, piece: Extracted) -> None:
        """Shows a batch to all that look at documents as a whole."""
        with self._times.on("observe"):
            if self._attribution is not None:
                self._attribution.observe(piece.ref, piece.batch)
            self._dates.observe(piece.ref, piece.batch)
            if self._columns is not None:
                self._columns.observe(piece.ref, piece.batch)

    def _system(self, piece: DocumentDone) -> tuple[str | None, Sequence[str]]:
        return (None, ()) if self._attribution is None else self._attribution.finish(piece.ref, piece.media_type)

    def expect(self, items: Iterable[WorkUnit | Problem]) -> None:
        """Masks the names of documents that are about to come in one go, which takes a fraction of the time."""
        self._names.learn(piece for item in items for piece in item.ref.display.split("!"))

    def record(self, problem: Problem) -> dict[str, pa.Table]:
        """The rows of a problem that was met outside: by the walk, or by the engine that had to end a worker."""
        rows = DocumentRows(self._names, self._key)
        rows.problem(problem)
        return rows.tables()

    def plan(self, unit: WorkUnit, slice_bytes: int, beat: Beat) -> list[Slice]:
        """The slices that a large document is to be read in; empty when it is to be read whole."""
        try:
            with self._sources[unit.ref.target].open(unit.ref) as document:
                document.content = cast(BinaryIO, _Heard(document.content, beat))
                return slices(document, self._limits, slice_bytes)
        except DocumentError:
            return []  # reading it will say why

    def _detect(self, piece: Extracted, reading: Reading, collector: Collector, rows: DocumentRows) -> None:
        batch, origin = piece.batch, piece.batch.origin
        try:
            with self._times.on("detect"):
                found = _found(reading, batch)
        except ExpressionTimeout:
            detail = "a rule's expression took too long on a text"
            rows.problem(Problem(piece.ref, Stage.DETECT, ProblemCode.LIMIT, detail))
            return
        except GuestError as error:
            detail = f"a Presidio recognizer or language model failed on a text ({error})"
            rows.problem(Problem(piece.ref, Stage.DETECT, ProblemCode.CRASH, detail))
            return
        if isinstance(origin, ColumnOrigin):
            rows.minors(piece.ref, origin.header, children.declared(batch))
        if len(found):
            rows.found(piece.ref)
            if isinstance(origin, ColumnOrigin) and origin.keys is not None and reading.names_any(origin.keys.names):
                batch = dataclasses.replace(batch, origin=dataclasses.replace(origin, keys=None))
        self._collect(reading.parts.take(batch, found), collector)

    def _end(self, reading: Reading, collector: Collector) -> None:
        """No more of a document will come, or of a part of it."""
        self._collect(reading.parts.rest(), collector)
        collector.end()

    def _collect(self, ready: Iterable[Found], collector: Collector) -> None:
        with self._times.on("collect"):
            for batch, found, whole in ready:
                if len(found):
                    hits = self._hits(found)
                    if whole is not None:
                        persons = np.array([rule.id == RULE_ID for rule in self._detector.rules])[found.rule]
                        hits = dataclasses.replace(hits, known_as=known_as(batch.texts, found, persons, whole))
                    collector.add(batch, hits)

    def _hits(self, found: Detections) -> Hits:
        """Detections with labels in place of rule numbers."""
        kinds = ((found.rule, 48), (found.pattern, 40), (found.verdict, 32), (found.word + 1, 12), (found.note, 0))
        combined = sum((column.astype(np.int64) << shift for column, shift in kinds), np.zeros(len(found), np.int64))
        distinct, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
        numbers = np.empty(len(distinct), np.int64)
        for i, row in enumerate(first.tolist()):
            kind = (
                int(found.rule[row]), int(found.pattern[row]), int(found.verdict[row]), int(found.word[row]),
                int(found.note[row]),
            )  # fmt: skip
            if kind not in self._labels:
                rule = self._detector.rules[kind[0]]
                reasons = "; ".join(self._detector.engine.reasons(*kind))
                self._labels[kind] = len(self._label_list)
                self._label_list.append(Label(rule.entity_type, rule.category, rule.id, reasons))
            numbers[i] = self._labels[kind]
        synthetic = (found.verdict & SYNTHETIC) != 0
        return Hits(found.text, found.start, found.end, numbers[inverse], found.score, synthetic, self._label_list)

    def _ages(self, values: pa.Array, entity_type: str) -> npt.NDArray[np.int64] | None:
        return children.ages(values, entity_type, self._as_of) if children.tells_age(entity_type) else None

    def _name_hits(self, ref: DocumentRef, collector: Collector, rows: DocumentRows) -> None:
        """Personal data in the document's own name is a finding of the document."""
        if self._names.hides(ref):
            collector.begin(ref.target, self._names.document(ref))
            name = pa.array([self._names.spaced(ref)], pa.large_string())
            try:
                found = self._detector.detect(name)
            except (
                ExpressionTimeout,
                GuestError,
            ):  # then the whole name is hidden; the content says whether there is more
                return
            if len(found):
                rows.found(ref)
                collector.add(ChunkBatch(name, PartOrigin(("name",))), self._hits(found))
            collector.end()


def _size(ref: DocumentRef, unit: WorkUnit) -> int:
    """The bytes of a document, or of the slice of it that is read; those of members lie in their container."""
    if ref.parent is not None:
        return 0
    return ref.size_bytes or 0 if unit.slice is None else unit.slice.end - unit.slice.start


def _found(reading: Reading, batch: ChunkBatch) -> Detections:
    """What is in a batch, read as its place says."""
    origin = batch.origin
    if isinstance(origin, ColumnOrigin):
        place = ColumnPlace(origin.header, origin.column, origin.sheet, origin.table_headers, origin.comment)
        return reading.cells(batch.texts, place, origin.first_row, dull=origin.dull)
    if isinstance(origin, PartOrigin):
        return _under_names(reading, batch.texts, origin.parts)
    return reading.texts(batch.texts)


def _under_names(reading: Reading, texts: pa.Array, parts: tuple[str, ...]) -> Detections:
    """Detections in parts, each read under its name as under a heading: `X-Originating-IP` says what its value is."""
    names = [f"{name.removeprefix('header: ')}:\n".encode("utf-8", "replace").decode() for name in parts]
    wide = pa.large_string()
    under = pc.binary_join_element_wise(pa.array(names, wide), texts.cast(wide), pa.scalar("", wide))
    found = reading.texts(pc.fill_null(under, ""))
    size = np.array([len(name.encode()) for name in names] or [0], np.int64)
    found = found.take(found.start >= size[found.text])
    return dataclasses.replace(found, start=found.start - size[found.text], end=found.end - size[found.text])


def finder(detector: Detector) -> Find:
    """Where personal data stands in names of files, columns and parts, for `NameMasker`. A name that a rule cannot
    be tried on in time, or that a guest fails on, counts as personal data from end to end.
    """

    def find(names: list[str]) -> list[list[tuple[int, int]]]:
        spans: list[list[tuple[int, int]]] = [[] for _ in names]
        try:
            found = detector.detect_texts(names)
        except (ExpressionTimeout, GuestError):
            return [[(0, len(name))] for name in names]
        for row in found.select(["text", "start", "end"]).to_pylist():
            spans[row["text"]].append((row["start"], row["end"]))
        for number, start, end in detector.own_words(names):
            spans[number].append((start, end))
        return spans

    return find


class _Heard:
    """A file whose reading is heard of: looking through a very large one takes longer than a worker may be silent."""

    def __init__(self, content: BinaryIO, beat: Beat) -> None:
        self._content = content
        self._beat = beat

    def read(self, size: int = -1, /) -> bytes:
        self._beat()
        return self._content.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


def settings_json(settings: Settings) -> dict[str, Any]:
    """`settings` as JSON can hold it."""
    return dataclasses.asdict(settings)
