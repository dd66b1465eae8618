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

from pii_scan.cache_folder import cache_folder
from pii_scan.detect import children
from pii_scan.detect.ask import ExpressionTimeout
from pii_scan.detect.batches import found_in, look_ahead
from pii_scan.detect.detector import DEFAULT_MIN_SCORE, Detector, Reading, Seen
from pii_scan.detect.labelled import Labelled
from pii_scan.detect.name_rule import RULE_ID, name_rule
from pii_scan.detect.name_spans import finder
from pii_scan.detect.presidio_guest import GuestError
from pii_scan.detect.rules import load_rules
from pii_scan.detect.split_names import Found, known_as
from pii_scan.document_rows import DocumentRows, row_tables
from pii_scan.errors import DocumentError
from pii_scan.extract import purview
from pii_scan.extract.dispatch import BY_RECORD, DocumentDone, Extracted, Walked, extract, salvage, slices
from pii_scan.extract.heard import Heard
from pii_scan.findings.collect import Collector
from pii_scan.findings.columns import ColumnsSeen
from pii_scan.findings.names import NameMasker
from pii_scan.model import (
    ChunkBatch,
    ColumnOrigin,
    Document,
    DocumentRef,
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
from pii_scan.read_ahead import TOGETHER_BYTES, TOGETHER_SECONDS, Ahead, read_ahead
from pii_scan.record_dates.observe import Month, RecordDates
from pii_scan.rows_together import Together
from pii_scan.settings import Settings
from pii_scan.stage_times import StageTimes
from pii_scan.systems.attribution import Attribution
from pii_scan.systems.profiles import load_profiles

FLUSH_HITS = 200_000
FLUSH_SECONDS = 2.0

Beat = Callable[[], None]
"""Called often while a document is read: work goes on."""


@dataclass(slots=True)
class _Task:
    """One unit while it goes through."""

    unit: WorkUnit
    beat: Beat
    collector: Collector
    rows: DocumentRows
    document: Document | None = None
    """Where it is read as it goes through."""
    seen: Mapping[int, Seen] = dataclasses.field(default_factory=dict)
    """What was seen in its texts before, by `id` of the batch."""
    plain: frozenset[int] = frozenset()
    """As `Attribution.plain` gave it."""
    later: dict[DocumentRef, list[ChunkBatch]] | None = None
    """Batches whose dates are looked at where something is found: only then are they kept. None: at once."""
    last_flush: float = -FLUSH_SECONDS
    """The first hits leave at once: no one knows yet whether the document is harmless."""

    def is_due(self) -> bool:
        """Whether what is gathered is to leave; of documents that are read ahead, which hold little, it leaves when all
        are looked at.
        """
        if self.later is not None:
            return False
        waited = time.monotonic() - self.last_flush > FLUSH_SECONDS
        return self.collector.pending > 0 and (waited or self.collector.pending > FLUSH_HITS)


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
        self._times = StageTimes(asked=settings.profile)
        self._profile = settings.profile
        self._labelled = Labelled(self._detector)

    def run(self, unit: WorkUnit, beat: Beat) -> Iterator[dict[str, pa.Table]]:
        """The tables of one unit, in pieces. A document that cannot be opened or read becomes a problem row."""
        task = self._task(unit, beat, self._collector())
        try:
            with contextlib.ExitStack() as held:
                with self._times.on("open"):
                    document = held.enter_context(self._sources[unit.ref.target].open(unit.ref))
                document.slice, document.needs, task.document = unit.slice, self._needs, document
                task.rows.opened(document.account)
                yield from self._through(task, self._times.through("extract", self._read(unit, document, task.rows)))
                changed = getattr(self._sources[unit.ref.target], "changed", None)
                if changed is not None and (problem := changed(unit.ref, document)) is not None:
                    task.rows.problem(problem)
        except DocumentError as error:
            task.rows.problem(Problem(unit.ref, Stage.SOURCE, ProblemCode(error.code), error.detail))
        yield {**self._flushed(task.collector), **row_tables(task.rows.rows()), **self._took()}

    def run_together(self, units: Sequence[WorkUnit], beat: Beat) -> Iterator[Together | WorkUnit]:
        """The tables of small units, of some at a time; a unit that turns out to hold much is given back, and is to be
        run by itself.
        """
        if self._columns is not None:  # the columns of a table may be told by its file
            yield from units
            return
        held: list[Ahead] = []
        size, since = 0, time.monotonic()
        for unit in units:
            with self._times.on("extract"):
                ahead = read_ahead(unit, self._sources[unit.ref.target], self._extracted, beat)
            if ahead is not None:
                held.append(ahead)
                size += ahead.text_bytes
            full = size > TOGETHER_BYTES or time.monotonic() - since > TOGETHER_SECONDS
            if held and (ahead is None or full):
                yield self._looked_at(held, beat)
                held, size = [], 0
            if ahead is None:
                yield unit
            if not held:
                since = time.monotonic()
        if held:
            yield self._looked_at(held, beat)

    def _looked_at(self, held: Sequence[Ahead], beat: Beat) -> Together:
        """The rows of documents that are read, their texts looked at together."""
        try:
            with self._times.on("detect"):
                seen = look_ahead(self._detector, [batches for one in held for batches in one.readings()])
        except (ExpressionTimeout, GuestError):
            seen = {}  # each is looked at by itself, and one of them will say so
        with self._times.on("observe"):
            plain = frozenset() if self._attribution is None else self._attribution.plain(one.only() for one in held)
        made = Together(len(held))
        collector = self._collector()
        for position, one in enumerate(held):
            task = self._task(one.unit, beat, collector)
            task.seen, task.plain, task.later = seen, plain, {}
            task.rows.opened(one.account)
            for tables in self._through(task, iter(one.pieces)):
                made.add(position, tables)
            made.add_rows(position, task.rows.rows())
            made.come_to(position, collector.rows)
        return made.ended({**self._flushed(collector), **self._took()})

    def _collector(self) -> Collector:
        return Collector(self._key, self._names.safe, self._ages)

    def _task(self, unit: WorkUnit, beat: Beat, collector: Collector) -> _Task:
        self._detector.hear(beat)
        return _Task(unit, beat, collector, DocumentRows(self._names, self._key))

    def _through(self, task: _Task, pieces: Iterable[Walked]) -> Iterator[dict[str, pa.Table]]:
        """Has all that is read of a unit looked at, and gathers what is found in its collector and rows."""
        collector, rows, beat = task.collector, task.rows, task.beat
        current: DocumentRef | None = None
        reading: Reading | None = None
        for piece in pieces:
            if isinstance(piece, Extracted):
                if reading is None or piece.ref != current:
                    self._end(reading, collector)
                    current, reading = piece.ref, self._detector.reading()
                    collector.begin(piece.ref.target, self._names.document(piece.ref))
                self._observe(piece, task)
                if len(piece.batch.texts):
                    self._detect(piece, reading, task)
                beat()
                if task.is_due():
                    yield self._flushed(collector)
                    task.last_flush = time.monotonic()
            elif isinstance(piece, Problem):
                rows.problem(piece)
            elif isinstance(piece, purview.ExportedItems):
                yield {"origins": rows.origins(piece)}
                beat()
            else:
                self._end(reading, collector)
                reading = None  # the container's text may go on after a member: it begins anew
                self._done(piece, task)
                if self._columns is not None and task.document is not None:
                    yield {"columns": self._columns.finish(piece.ref, piece.media_type, task.document)}
                beat()
        self._end(reading, collector)

    def _took(self) -> dict[str, pa.Table]:
        return {"times": self._times.table()} if self._profile else {}

    def _extracted(self, document: Document) -> Iterator[Walked]:
        document.needs = self._needs
        return extract(document, self._limits, **self._how)

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

    def _done(self, piece: DocumentDone, task: _Task) -> None:
        """A document, or the slice of it that is read, is over."""
        self._name_hits(piece.ref, task.collector, task.rows)
        with self._times.on("observe"):
            task.rows.done(piece, *self._system(piece), self._months(piece.ref, task), task.collector)
        self._times.done(piece.media_type, _size(piece.ref, task.unit))

    def _months(self, ref: DocumentRef, task: _Task) -> list[Month]:
        """When the records of a document are from; of those that wait, only where something was found."""
        if task.later is not None:
            if not task.rows.is_found(ref):
                task.later.pop(ref, None)
                self._dates.forget(ref)
                return []
            around: DocumentRef | None = ref
            while around is not None:  # an attachment is of the date of its message
                for batch in task.later.pop(around, ()):
                    self._dates.observe(around, batch)
                around = around.parent
        return self._dates.finish(ref)

    def _flushed(self, collector: Collector) -> dict[str, pa.Table]:
        with self._times.on("collect"):
            return collector.flush()

    def _observe(self, piece: Extracted, task: _Task) -> None:
        """Shows a batch to all that look at documents as a whole."""
        with self._times.on("observe"):
            if self._attribution is not None:
                self._attribution.observe(piece.ref, piece.batch, id(piece.batch) in task.plain)
            if task.later is not None:
                task.later.setdefault(piece.ref, []).append(piece.batch)
            else:
                self._dates.observe(piece.ref, piece.batch)
            if self._columns is not None:
                self._columns.observe(piece.ref, piece.batch)

    def _system(self, piece: DocumentDone) -> tuple[str | None, Sequence[str]]:
        return (None, ()) if self._attribution is None else self._attribution.finish(piece.ref, piece.media_type)

    def expect(self, items: Iterable[WorkUnit | Problem]) -> None:
        """Masks the names of documents that are about to come in one go, which takes a fraction of the time; sources
        that are far away hear of them too.
        """
        items = list(items)
        self._names.learn(piece for item in items for piece in item.ref.display.split("!"))
        whole = [item.ref for item in items if isinstance(item, WorkUnit) and item.slice is None]
        for source in self._sources.values():
            if (expect := getattr(source, "expect", None)) is not None:
                expect(whole)

    def record(self, problem: Problem) -> dict[str, pa.Table]:
        """The rows of a problem that was met outside: by the walk, or by the engine that had to end a worker."""
        rows = DocumentRows(self._names, self._key)
        rows.problem(problem)
        return row_tables(rows.rows())

    def plan(self, unit: WorkUnit, slice_bytes: int, beat: Beat) -> list[Slice]:
        """The slices that a large document is to be read in; empty when it is to be read whole."""
        try:
            with self._sources[unit.ref.target].open(unit.ref) as document:
                document.content = cast(BinaryIO, Heard(document.content, beat))
                return slices(document, self._limits, slice_bytes)
        except DocumentError:
            return []  # reading it will say why

    def _detect(self, piece: Extracted, reading: Reading, task: _Task) -> None:
        batch, origin, rows = piece.batch, piece.batch.origin, task.rows
        try:
            with self._times.on("detect"):
                found = found_in(reading, batch, task.seen.get(id(batch)))
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
        self._collect(reading.parts.take(batch, found), task.collector)

    def _end(self, reading: Reading | None, collector: Collector) -> None:
        """No more of a document will come, or of a part of it."""
        if reading is not None:
            self._collect(reading.parts.rest(), collector)
            collector.end()

    def _collect(self, ready: Iterable[Found], collector: Collector) -> None:
        with self._times.on("collect"):
            for batch, found, whole in ready:
                if len(found):
                    hits = self._labelled.hits(found)
                    if whole is not None:
                        persons = np.array([rule.id == RULE_ID for rule in self._detector.rules])[found.rule]
                        hits = dataclasses.replace(hits, known_as=known_as(batch.texts, found, persons, whole))
                    collector.add(batch, hits)

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
                collector.add(ChunkBatch(name, PartOrigin(("name",))), self._labelled.hits(found))
            collector.end()


def _size(ref: DocumentRef, unit: WorkUnit) -> int:
    """The bytes of a document, or of the slice of it that is read; those of members lie in their container."""
    if ref.parent is not None:
        return 0
    return ref.size_bytes or 0 if unit.slice is None else unit.slice.end - unit.slice.start
