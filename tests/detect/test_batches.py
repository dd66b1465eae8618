"""Batches of documents looked at as their place says, and many at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.batches import found_in, look_ahead
from pii_scan.detect.detector import Detector
from pii_scan.detect.engine import Detections
from pii_scan.model import ChunkBatch, ColumnOrigin, PartOrigin


def test_a_part_is_read_under_its_name_which_is_no_finding_itself() -> None:
    reading = Detector(as_of=date(2026, 11, 22)).reading()
    texts = pa.array(["45.4.26.72", None, "45.4.26.72", "ingen"])
    parts = PartOrigin(("header: X-Originating-IP", "x", "versjon", "kari@example.no"))
    found = found_in(reading, ChunkBatch(texts, parts))
    assert list(zip(found.text, found.start, found.end, strict=True)) == [(0, 0, 10)]


CELLS = st.sampled_from(
    ["", None, "68 05 12 34", "kari@example.no", "Kari Nordmann", "Ola", "Bergen", "12.03.1986", "17", "8812", "x, y",
     "fnr 21891200004", "Hun heter Kari Nordmann og bor i Bergen", "1,5", "*", "45.4.26.72"]
) | st.text(max_size=8)  # fmt: skip
HEADERS = st.sampled_from(["", "navn", "fnr", "telefon", "merknad", "kode", "produktnavn", "id"])
COLUMNS = st.lists(st.tuples(HEADERS, st.sampled_from(["", "Telefon", "Fødselsdato"]), st.lists(CELLS, max_size=6)))
DETECTOR = Detector(as_of=date(2026, 11, 22))


@given(st.lists(COLUMNS, max_size=4))
@settings(deadline=None, max_examples=60)
def test_columns_of_many_tables_looked_at_in_one_go_hold_what_they_hold_alone(tables: list[Any]) -> None:
    readings = []
    for columns in tables:
        headers = tuple(header for header, _, _ in columns)
        origins = [
            ColumnOrigin(number, header, table_headers=headers, comment=comment)
            for number, (header, comment, _) in enumerate(columns, 1)
        ]
        texts = [pa.array(cells, pa.string()) for _, _, cells in columns]
        readings.append([ChunkBatch(*both) for both in zip(texts, origins, strict=True)])
    seen = look_ahead(DETECTOR, readings)
    assert set(seen) == {id(batch) for batches in readings for batch in batches if len(batch.texts)}
    for batches in readings:
        ahead, alone = DETECTOR.reading(), DETECTOR.reading()
        for batch in batches:
            same(found_in(ahead, batch, seen.get(id(batch))), found_in(alone, batch))
            same(found_in(ahead, batch), found_in(alone, batch))  # and so does the next batch of the column


def same(one: Detections, other: Detections) -> None:
    assert [getattr(one, name).tolist() for name in Detections.__slots__] == [
        getattr(other, name).tolist() for name in Detections.__slots__
    ]
