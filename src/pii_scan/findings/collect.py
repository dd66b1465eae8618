"""Turns hits in chunk batches into rows of the findings and index tables. Columns throughout; decides nothing.

Each hit becomes an index row. The first MAX_PLACES hits of an entity type in a location unit become findings rows
of their own, the rest one row with their count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.findings.distinct import Distinct
from pii_scan.findings.gathered import Gathered, Prints
from pii_scan.findings.redact import mask
from pii_scan.findings.schema import FINDINGS, INDEX, MAX_PLACES
from pii_scan.model import ChunkBatch, ColumnOrigin, LineOrigin, PageOrigin, PartOrigin, RowKeys
from pii_scan.source_map import locate, locate_few

_Ints = npt.NDArray[np.int64]
Ages = Callable[[pa.Array, str], _Ints | None]
"""Given values and their entity type, the age of the person behind each; None where the type tells none."""
_FEW = 16
"""Hits up to which it costs less to take them one by one."""
MAX_YOUNG = 18
"""Only who is younger is noted."""


@dataclass(frozen=True, slots=True)
class Label:
    """What all hits of one kind have in common."""

    entity_type: str
    category: str
    recognizer: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Columns, one row a hit of one chunk batch, sorted by text and start."""

    text: _Ints
    start: _Ints
    """Bytes within the text, half-open with `end`."""
    end: _Ints
    label: _Ints
    """Index into `labels`."""
    score: npt.NDArray[np.float32]
    synthetic: npt.NDArray[np.bool_]
    labels: Sequence[Label]
    known_as: pa.Array | None = None
    """What is fingerprinted in place of the value: the whole name of which a cell is a part; null: the value."""

    def take(self, keep: npt.NDArray[Any]) -> Hits:
        """The hits that a mask or an array of row numbers selects."""
        known_as = None if self.known_as is None else self.known_as.take(pa.array(np.arange(len(self.text))[keep]))
        return Hits(self.text[keep], self.start[keep], self.end[keep], self.label[keep], self.score[keep],
                    self.synthetic[keep], self.labels, known_as)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Unit:
    """A location unit: where hits are counted together."""

    kind: str
    sheet: str | None = None
    part: str | None = None
    header: str | None = None
    column: int | None = None


@dataclass(slots=True)
class _Tally:
    """Hits of one entity type in one unit, so far."""

    label: Label
    """Of the surest of the hits that are not listed."""
    listed: int = 0
    rest: int = 0
    score: float = 0.0
    masked: str = ""
    prints: Distinct = field(default_factory=Distinct)


class Collector:
    """Gathers the rows of one document after the other; `flush` hands them over."""

    def __init__(self, key: bytes, safe_name: Callable[[str], str], ages: Ages | None = None) -> None:
        """`safe_name` masks personal data in the names of sheets, columns and parts."""
        self._key = key
        self._ages = ages
        self._young: dict[str, dict[str, dict[int, int]]] = {}
        self._safe = safe_name
        self._target = ""
        self._document = ""
        self._tallies: dict[tuple[_Unit, str, bool], _Tally] = {}
        self._findings = Gathered(FINDINGS, {"masked": mask})
        self._index = Gathered(INDEX)
        self._prints: list[Prints] = []
        self._keys: RowKeys | None = None
        self.pending = 0
        """Hits gathered since the last flush."""

    def begin(self, target: str, document: str) -> None:
        """The rows that follow belong to `document` (already masked)."""
        self._target, self._document = target, document
        self._tallies = {}

    def add(self, batch: ChunkBatch, hits: Hits) -> None:
        """The hits of one batch."""
        if isinstance(batch.origin, LineOrigin) and batch.origin.owned_bytes is not None:
            hits = hits.take(hits.start < batch.origin.owned_bytes)
        if not len(hits.text):
            return
        values = _values(batch.texts, hits)
        self._keys = batch.origin.keys if isinstance(batch.origin, ColumnOrigin) else None
        row, column = _places(batch, hits)
        for unit, members in self._units(batch, hits):
            labels = hits.label[members]
            first = int(labels[0])
            alike = bool((labels == first).all())
            numbers = [first] if alike else pa.array(labels).unique().to_pylist()
            for number in numbers:  # as they come: what their numbers are depends on what was read before
                mine = members if alike else members[labels == number]
                self._add_label(unit, hits, mine, hits.labels[number], values, row, column)

    def _units(self, batch: ChunkBatch, hits: Hits) -> list[tuple[_Unit, _Ints]]:
        origin = batch.origin
        everything = np.arange(len(hits.text))
        if isinstance(origin, ColumnOrigin):
            header = self._safe(origin.header) or None
            return [(_Unit("cell", self._safe(origin.sheet) or None, None, header, origin.column), everything)]
        if isinstance(origin, PageOrigin):
            return [(_Unit("page"), everything)]
        if isinstance(origin, LineOrigin):
            return [(_Unit("text", part=self._safe(origin.part) or None), everything)]
        return [
            (_Unit("part", part=self._safe(origin.parts[number])), np.flatnonzero(hits.text == number))
            for number in np.unique(hits.text).tolist()
        ]

    def _add_label(
        self, unit: _Unit, hits: Hits, mine: _Ints, label: Label, values: pa.Array, row: _Ints | None,
        column: _Ints | None,
    ) -> None:  # fmt: skip
        chosen = values if len(mine) == len(values) else values.take(pa.array(mine))
        meant = chosen
        if hits.known_as is not None:
            meant = pc.coalesce(hits.known_as.take(pa.array(mine)).cast(chosen.type), chosen)
        prints = Prints(meant, label.entity_type)
        made_up = hits.synthetic[mine]
        self._note_ages(chosen, label.entity_type, prints, made_up)
        rows = None if row is None else row[mine]
        columns = None if column is None else column[mine]
        self._index.add(len(mine), self._place(unit, rows, columns), {"entity_type": label.entity_type})
        self._prints.append(prints)
        self.pending += len(mine)
        for synthetic in (False, True):
            some = np.flatnonzero(made_up == synthetic)
            if len(some):
                score = hits.score[mine[some]]
                places = (None if rows is None else rows[some], None if columns is None else columns[some])
                self._list(unit, label, synthetic, score, (prints, some),
                           _first(chosen, some), *places)  # fmt: skip

    def _list(
        self, unit: _Unit, label: Label, synthetic: bool, score: npt.NDArray[np.float32],
        prints: tuple[Prints, _Ints], values: pa.Array, row: _Ints | None, column: _Ints | None,
    ) -> None:  # fmt: skip
        """Findings rows for the first MAX_PLACES of a unit; the rest is tallied. `prints`: and which of them are meant;
        `values`: as many as can be listed and one more.
        """
        tally = self._tallies.setdefault((unit, label.recognizer, synthetic), _Tally(label))
        listed = min(len(score), MAX_PLACES - tally.listed)
        if listed:
            place = self._place(
                unit, None if row is None else row[:listed], None if column is None else column[:listed]
            )
            if row is not None and self._keys is not None:
                place["part"] = pa.array(self._keys.of(row[:listed]), pa.string())
            self._findings.add(listed, place, _said(label), {
                "count": 1, "distinct": 1, "score": score[:listed], "synthetic": synthetic,
                "masked": values.slice(0, listed),
            })  # fmt: skip
            tally.listed += listed
        if len(score) > listed:
            tally.rest += len(score) - listed
            if float(score[listed:].max()) > tally.score:
                tally.score, tally.label = float(score[listed:].max()), label
            tally.masked = tally.masked or mask(values.slice(listed, 1))[0].as_py()
            tally.prints.add(prints[0].made(self._key)[prints[1][listed:]])

    def _note_ages(self, values: pa.Array, entity_type: str, prints: Prints, synthetic: npt.NDArray[Any]) -> None:
        found = None if self._ages is None else self._ages(values, entity_type)
        if found is not None:
            young = np.flatnonzero((found < MAX_YOUNG) & ~synthetic)
            if len(young):
                persons = self._young.setdefault(self._document, {}).setdefault(entity_type, {})
                persons.update(zip(prints.made(self._key)[young].tolist(), found[young].tolist(), strict=True))

    def younger_than(self, age: int, document: str) -> int:
        """Distinct persons below the age (at most `MAX_YOUNG`) in a document: of one entity type, the one with most."""
        by_type = self._young.get(document, {})
        return max((sum(found < age for found in persons.values()) for persons in by_type.values()), default=0)

    def forget(self, document: str) -> None:
        """The document will not come again."""
        self._young.pop(document, None)

    def end(self) -> None:
        """The document is over: the rest of each unit becomes a row."""
        for (unit, _, synthetic), tally in self._tallies.items():
            if tally.rest:
                kind = "column" if unit.kind == "cell" else unit.kind
                rest = _Unit(kind, unit.sheet, unit.part, unit.header, unit.column)
                self._findings.add(1, self._place(rest, None, None), _said(tally.label), {
                    "count": tally.rest, "distinct": len(tally.prints), "score": np.array([tally.score], np.float32),
                    "synthetic": synthetic, "masked": tally.masked,
                })  # fmt: skip
        self._tallies = {}

    @property
    def rows(self) -> dict[str, int]:
        """Rows gathered since the last flush, by table."""
        return {"findings": self._findings.rows, "index": self._index.rows}

    def flush(self) -> dict[str, pa.Table]:
        """The rows gathered since the last call, by table; empty tables are left out."""
        tables = {}
        if self._findings.rows:
            tables["findings"] = self._findings.table()
            self._findings = Gathered(FINDINGS, {"masked": mask})
        if self._index.rows:
            tables["index"] = self._index.table({"fingerprint": Prints.of_all(self._prints, self._key)})
            self._index, self._prints = Gathered(INDEX), []
        self.pending = 0
        return tables

    def _place(self, unit: _Unit, row: _Ints | None, column: _Ints | None) -> dict[str, Any]:
        return {
            "target": self._target, "document": self._document, "kind": unit.kind, "sheet": unit.sheet,
            "part": unit.part, "header": unit.header, "row": row,
            "column": unit.column if column is None else column,
        }  # fmt: skip


def _said(label: Label) -> dict[str, str]:
    return {"entity_type": label.entity_type, "category": label.category, "recognizer": label.recognizer,
            "reasons": label.reasons}  # fmt: skip


def _first(values: pa.Array, some: _Ints) -> pa.Array:
    """Of some of the values, ascending, as many as can be listed and one more."""
    if len(some) == len(values) <= MAX_PLACES:
        return values
    return values.take(pa.array(some[: MAX_PLACES + 1]))


def _values(texts: pa.Array, hits: Hits) -> pa.Array:
    """The hit values, gathered into one buffer. They never leave `findings`."""
    if len(hits.text) <= _FEW:
        held = {number: _bytes_of(texts, number) for number in set(hits.text.tolist())}
        places = zip(hits.text.tolist(), hits.start.tolist(), hits.end.tolist(), strict=True)
        parts = [bytes(held[number][start:end]) for number, start, end in places]
        ends = pa.py_buffer(np.cumsum([0, *map(len, parts)], dtype=np.int32))
        return pa.StringArray.from_buffers(len(parts), ends, pa.py_buffer(b"".join(parts)))
    offsets, data = _offsets(texts), np.frombuffer(texts.buffers()[2], np.uint8)
    first = offsets[hits.text].astype(np.int64) + hits.start
    length = hits.end - hits.start
    bounds = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    gathered = data[np.repeat(first - bounds[:-1], length) + np.arange(bounds[-1])]
    return pa.LargeStringArray.from_buffers(len(length), pa.py_buffer(bounds), pa.py_buffer(gathered)).cast(pa.string())


def _offsets(texts: pa.Array) -> npt.NDArray[Any]:
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    return np.frombuffer(texts.buffers()[1], kind)[texts.offset :]


def _bytes_of(texts: pa.Array, number: int) -> memoryview:
    """A text as it lies there: making a scalar of one copies it."""
    offsets = _offsets(texts)
    return memoryview(texts.buffers()[2] or b"")[int(offsets[number]) : int(offsets[number + 1])]


def _places(batch: ChunkBatch, hits: Hits) -> tuple[_Ints | None, _Ints | None]:
    """(row, column) of each hit, as the schema has them; columns of cells come from the unit."""
    origin = batch.origin
    if isinstance(origin, ColumnOrigin):
        rows = origin.first_row + hits.text if origin.rows is None else origin.rows[hits.text]
        return rows.astype(np.int64), None
    if isinstance(origin, PageOrigin):
        return hits.text + origin.first_page, None
    if isinstance(origin, PartOrigin):
        return None, None
    if origin.source_map is not None:
        line, column = origin.source_map.lines_and_columns(hits.start)
    elif len(hits.start) <= _FEW:
        line, column = locate_few(_bytes_of(batch.texts, 0), hits.start)
    else:
        text = bytes(_bytes_of(batch.texts, 0))
        newlines = np.flatnonzero(np.frombuffer(text, np.uint8) == 10)
        line, column = locate(text, newlines, hits.start)
    return line + origin.first_line, column
