"""What the tests of the text extractors share: running one, and where each found string lies."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np

from pii_scan.model import ChunkBatch, ColumnOrigin, Document, DocumentRef, Limits, LineOrigin, Problem, Slice
from pii_scan.protocols import Extractor
from pii_scan.source_map import locate

SMALL = Limits(max_value_bytes=4096)


def run(
    extract: Extractor, content: bytes, limits: Limits | None = None, part: Slice | None = None
) -> tuple[list[ChunkBatch], list[Problem]]:
    """Batches and problems of an extractor; every batch is checked for what each must hold."""
    document = Document(DocumentRef("t", "made.txt"), io.BytesIO(content), slice=part)
    batches, problems = [], []
    for item in extract(document, limits or Limits()):
        if isinstance(item, Problem):
            problems.append(item)
            continue
        assert isinstance(item, ChunkBatch)
        item.texts.validate(full=True)
        for text in item.texts:
            raw = text.as_buffer().to_pybytes()
            raw.decode("utf-8")
            assert b"\0" not in raw
            assert len(raw) <= (limits or Limits()).max_value_bytes
        batches.append(item)
    return batches, problems


def lines_text(batches: list[ChunkBatch]) -> bytes:
    """The text of line batches, each byte from the batch that owns it."""
    parts = []
    for batch in batches:
        assert isinstance(batch.origin, LineOrigin)
        raw = batch.texts[0].as_buffer().to_pybytes()
        parts.append(raw if batch.origin.owned_bytes is None else raw[: batch.origin.owned_bytes])
    return b"".join(parts)


def places(batches: list[ChunkBatch], needle: str) -> list[tuple[int, int]]:
    """1-based line and column of each owned occurrence in line batches."""
    out = []
    for batch in batches:
        origin = batch.origin
        if not isinstance(origin, LineOrigin):
            continue
        raw = batch.texts[0].as_buffer().to_pybytes()
        for offset in _find(raw, needle.encode()):
            if origin.owned_bytes is not None and offset >= origin.owned_bytes:
                continue
            at = np.array([offset], np.int64)
            if origin.source_map is not None:
                line, column = origin.source_map.lines_and_columns(at)
            else:
                line, column = locate(raw, np.flatnonzero(np.frombuffer(raw, np.uint8) == 10), at)
            out.append((int(line[0]) + origin.first_line, int(column[0])))
    return out


def _find(raw: bytes, needle: bytes) -> Iterator[int]:
    at = raw.find(needle)
    while at >= 0:
        yield at
        at = raw.find(needle, at + 1)


def cells(batches: list[ChunkBatch]) -> dict[tuple[int, int], str]:
    """Every non-empty cell by row and column."""
    out: dict[tuple[int, int], str] = {}
    for batch in batches:
        origin = batch.origin
        if not isinstance(origin, ColumnOrigin):
            continue
        for i, cell in enumerate(batch.texts.to_pylist()):
            row = origin.first_row + i if origin.rows is None else int(origin.rows[i])
            if cell:
                assert (row, origin.column) not in out
                out[row, origin.column] = cell
    return out
