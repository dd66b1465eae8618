"""Batches of documents looked at as their place says, and many at a time."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from pii_scan.detect.batches import found_in
from pii_scan.detect.detector import Detector
from pii_scan.model import ChunkBatch, PartOrigin


def test_a_part_is_read_under_its_name_which_is_no_finding_itself() -> None:
    reading = Detector(as_of=date(2026, 11, 22)).reading()
    texts = pa.array(["45.4.26.72", None, "45.4.26.72", "ingen"])
    parts = PartOrigin(("header: X-Originating-IP", "x", "versjon", "kari@example.no"))
    found = found_in(reading, ChunkBatch(texts, parts))
    assert list(zip(found.text, found.start, found.end, strict=True)) == [(0, 0, 10)]
