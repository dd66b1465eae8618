"""What the tests of dates share: documents through the readers, and the months that come out."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from datetime import date

from pii_scan.extract.dispatch import DocumentDone, Extracted, extract
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Slice
from pii_scan.record_dates.observe import Month, RecordDates

AS_OF = date(2026, 11, 30)
Shown = dict[str, int]
"""Month as `2020-03` to records."""


def refs_and_months(
    name: str, data: bytes, *, limits: Limits | None = None, modified_at: float | None = None, part: Slice | None = None
) -> dict[str, list[Month]]:
    """The months of a document and of each of its members, as a scan finds them."""
    ref = DocumentRef("t", name, None, len(data), modified_at)
    dates = RecordDates(AS_OF)
    out = {}
    for piece in extract(Document(ref, io.BytesIO(data), slice=part), limits or Limits()):
        if isinstance(piece, Extracted):
            dates.observe(piece.ref, piece.batch)
        elif isinstance(piece, DocumentDone):
            out[piece.ref.display] = dates.finish(piece.ref)
    return out


def months(name: str, data: bytes | str, limits: Limits | None = None, modified_at: float | None = None) -> list[Month]:
    """The months of a document that has no members, or of the outermost."""
    raw = data.encode() if isinstance(data, str) else data
    return refs_and_months(name, raw, limits=limits, modified_at=modified_at)[name]


def in_data(name: str, data: bytes | str, limits: Limits | None = None) -> Shown:
    """The records of a document that are dated by its data."""
    return shown(month for month in months(name, data, limits) if month.basis == "data")


def of_batches(batches: Iterable[ChunkBatch]) -> Shown:
    """The records of a document made of these batches."""
    ref, dates = DocumentRef("t", "x"), RecordDates(AS_OF)
    for batch in batches:
        dates.observe(ref, batch)
    return shown(month for month in dates.finish(ref) if month.basis == "data")


def shown(found: Iterable[Month]) -> Shown:
    """Months as text."""
    return {f"{month.month:%Y-%m}": month.records for month in found}


def expected(days: Iterable[date]) -> Shown:
    """What records from these days are to give."""
    return dict(sorted(Counter(f"{day:%Y-%m}" for day in days if date(1970, 1, 1) <= day <= AS_OF).items()))
