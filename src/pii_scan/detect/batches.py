"""What is in the batches of documents, each read as its place says: cells by their column, parts under their names.

The running text of many small documents is looked at in one go, which takes a fraction of the time; what is found in
each is the same as if it had been looked at alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.columns import MANY_CELLS, ColumnPlace
from pii_scan.detect.detector import Detector, Reading, Seen
from pii_scan.detect.engine import Detections
from pii_scan.model import ChunkBatch, ColumnOrigin, PartOrigin


@dataclass(frozen=True, slots=True)
class Shown:
    """A batch of running text as it is looked at: parts stand under their names, as text does under a heading
    (`X-Originating-IP` says what its value is).
    """

    texts: pa.Array
    skipped: npt.NDArray[np.int64] | None
    """Bytes of the heading of each text, in which nothing is found."""

    @classmethod
    def of(cls, batch: ChunkBatch) -> Shown:
        """`batch`: not of a column."""
        if not isinstance(batch.origin, PartOrigin):
            return cls(batch.texts, None)
        names = [f"{name.removeprefix('header: ')}:\n".encode("utf-8", "replace") for name in batch.origin.parts]
        wide = pa.large_string()
        headings = pa.array([name.decode() for name in names], wide)
        under = pc.binary_join_element_wise(headings, batch.texts.cast(wide), pa.scalar("", wide))
        return cls(pc.fill_null(under, ""), np.array([len(name) for name in names] or [0], np.int64))

    def found(self, found: Detections) -> Detections:
        """Detections in the texts of the batch, given those in `texts`."""
        if self.skipped is None or not len(found):
            return found
        found = found.take(found.start >= self.skipped[found.text])
        size = self.skipped[found.text]
        return dataclasses.replace(found, start=found.start - size, end=found.end - size)


def found_in(reading: Reading, batch: ChunkBatch, seen: Seen | None = None) -> Detections:
    """What is in a batch. `seen`: what `look_ahead` saw in it."""
    origin = batch.origin
    if isinstance(origin, ColumnOrigin):
        return reading.cells(batch.texts, _place(origin), origin.first_row, dull=origin.dull, seen=seen)
    shown = Shown.of(batch)
    return shown.found(reading.texts(shown.texts, seen))


def look_ahead(detector: Detector, readings: Sequence[Sequence[ChunkBatch]]) -> dict[int, Seen]:
    """What the rules see in all running text and in the columns of small tables of some documents, by `id` of the
    batch; where the text of one is a single one, and in columns, also the names of persons. `readings`: the batches
    that one `Reading` is going to be given.

    Raises ExpressionTimeout, GuestError, which a single text may cause.
    """
    columns = [found for batches in readings for found in _first_of_columns(batches)]
    cells = detector.look_at_cells([(batch.texts, place) for batch, place in columns])
    found = {id(batch): one for (batch, _), one in zip(columns, cells, strict=False)}  # none where there are guests
    batches = [(batch, _is_one_text(batches)) for batches in readings for batch in batches if _is_text(batch)]
    if batches:
        shown = [Shown.of(batch).texts for batch, _ in batches]
        seen = detector.look_at(shown, [alone for _, alone in batches])
        found |= {id(batch): one for (batch, _), one in zip(batches, seen, strict=True)}
    return found


def _place(origin: ColumnOrigin) -> ColumnPlace:
    return ColumnPlace(origin.header, origin.column, origin.sheet, origin.table_headers, origin.comment)


def _first_of_columns(batches: Sequence[ChunkBatch]) -> Iterator[tuple[ChunkBatch, ColumnPlace]]:
    """The first batch of each column where it is small, and anything is looked for in it."""
    met: set[ColumnPlace] = set()
    for batch in batches:
        if isinstance(batch.origin, ColumnOrigin) and (place := _place(batch.origin)) not in met:
            met.add(place)
            if 0 < len(batch.texts) < MANY_CELLS and not batch.origin.dull:
                yield batch, place


def _is_text(batch: ChunkBatch) -> bool:
    return len(batch.texts) > 0 and not isinstance(batch.origin, ColumnOrigin)


def _is_one_text(batches: Sequence[ChunkBatch]) -> bool:
    """Whether they are a single running text: the names in it do not depend on any other."""
    text = [batch for batch in batches if _is_text(batch)]
    return len(text) == 1 and len(text[0].texts) == 1
