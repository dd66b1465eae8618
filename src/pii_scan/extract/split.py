"""Cuts large text, tables and JSON Lines into slices that workers read by themselves; Parquet by its row groups,
Outlook mailboxes by their list of nodes.

One sequential pass that looks at line ends and quotes only. Where a cut cannot be proven safe the document stays
whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from pii_scan.extract import charset, columnar, mailbox, pst, tabular
from pii_scan.extract.dialect import Dialect
from pii_scan.extract.records import MAX_QUOTED_BYTES, record_ends
from pii_scan.extract.text import read_head
from pii_scan.model import Document, Limits, Slice

_BLOCK_BYTES = 4 << 20
_TABLES = {"text/csv", "text/tab-separated-values"}
_PARQUET = "application/vnd.apache.parquet"
_MAILBOX = "application/vnd.ms-outlook-pst"
_MBOX = "application/mbox"
_LINES = {"text/plain", "application/x-ndjson", "application/jsonl"}


def plan(document: Document, limits: Limits, slice_bytes: int) -> list[Slice]:
    """The slices of a text, table, JSON Lines, Parquet or Outlook document, each of about `slice_bytes`; [] means:
    read it whole.

    Reads the document once. Depends on its content, its media type and `slice_bytes` only. Findings of the slices are
    those of the whole.
    """
    stream = document.content
    size = stream.seek(0, 2)
    if size > 2 * slice_bytes and document.media_type == _PARQUET:
        return columnar.plan(document, slice_bytes)
    if size > 2 * slice_bytes and document.media_type == _MAILBOX:
        return pst.plan(stream, slice_bytes)
    if size > 2 * slice_bytes and document.media_type == _MBOX:
        return mailbox.plan(stream, slice_bytes)
    if size <= 2 * slice_bytes or document.media_type not in _TABLES | _LINES:
        return []
    head = read_head(stream)
    encoding, dialect = charset.detect(head), None
    if document.media_type in _TABLES:
        encoding, dialect = tabular.sniff_head(head)
    first = head if b"\n" in head else head + read_head(stream, _BLOCK_BYTES)
    if not charset.is_single_pass(encoding) or b"\n" not in first or (dialect is not None and dialect.escape):
        return []
    cuts = _table_cuts(stream, dialect, slice_bytes) if dialect is not None else _line_cuts(stream, slice_bytes)
    stream.seek(0)
    if not cuts:
        return []
    begins = [(0, 1, 1), *(cut for cut in cuts if cut[0] < size)]
    ends = [begin[0] for begin in begins[1:]] + [size]
    return [
        Slice(start, end, row, encoding, "" if dialect is None else dialect.to_json(line))
        for (start, row, line), end in zip(begins, ends, strict=True)
    ]


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while block := stream.read(_BLOCK_BYTES):
        yield block


def _line_cuts(stream: BinaryIO, slice_bytes: int) -> list[tuple[int, int, int]]:
    """Offset, line and line again, of the first line that begins at or after each multiple of `slice_bytes`."""
    cuts: list[tuple[int, int, int]] = []
    offset, line, target = 0, 1, slice_bytes
    for block in _blocks(stream):
        lines = np.frombuffer(block, np.uint8) == 10
        at, counted = 0, 0
        while target <= offset + len(block):
            end = block.find(b"\n", max(target - offset - 1, 0)) + 1
            if not end:
                break
            line += int(np.count_nonzero(lines[at:end]))
            at, counted = end, end
            cuts.append((offset + end, line, line))
            target = max(target + slice_bytes, offset + end + 1)
        line += int(np.count_nonzero(lines[counted:]))
        offset += len(block)
    return cuts


def _table_cuts(stream: BinaryIO, dialect: Dialect, slice_bytes: int) -> list[tuple[int, int, int]]:
    """Offset, record and line of the first record that begins at or after each multiple of `slice_bytes`.

    [] where a quote stands where none should, so that the whole-document reader would see other records.
    """
    quote, delimiter = dialect.quote.encode(), dialect.delimiter.encode("latin-1")
    cuts: list[tuple[int, int, int]] = []
    offset, record, line, target = 0, 1, 1, slice_bytes
    inside, before, open_bytes = False, 10, 0
    for block in _blocks(stream):
        if offset == 0:
            mark = charset.bom(block)[1]
            block, offset = block[mark:], mark
        while quote and block.endswith(quote):  # what follows decides whether it closes
            more = stream.read(1)
            if not more:
                break
            block += more
        found = record_ends(block, quote, delimiter, inside=inside, before=before)
        if inside and not (quote and quote in block):
            open_bytes += len(block)
        else:
            open_bytes = len(block) - block.rfind(quote) if found.inside else 0
        if not found.regular or open_bytes > MAX_QUOTED_BYTES:
            return []
        newlines = np.flatnonzero(np.frombuffer(block, np.uint8) == 10)
        while target <= offset + len(block):
            i = int(np.searchsorted(found.ends, target - offset))
            if i == len(found.ends):
                break
            end = int(found.ends[i])
            cuts.append((offset + end, record + i + 1, line + int(np.searchsorted(newlines, end))))
            target = max(target + slice_bytes, offset + end + 1)
        record, line = record + len(found.ends), line + len(newlines)
        offset += len(block)
        inside, before = found.inside, block[-1]
    return [] if inside else cuts
