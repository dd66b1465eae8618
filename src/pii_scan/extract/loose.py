"""Text in bytes that no reader understands, or whose reader ended its process: stretches of letters, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.extract.cell_batches import loose_text
from pii_scan.extract.text import lines_batch
from pii_scan.model import ChunkBatch, Document

BLOCK_BYTES = 256 << 10
SALVAGE_BYTES = 64 << 20
"""So much of a document is searched when its reader did not survive it."""


def pieces(document: Document, max_bytes: int | None = None) -> Iterator[ChunkBatch]:
    """The loose text of a document, of its first `max_bytes` where that is given, one part a block."""
    document.content.seek(0)
    start = 0
    while (max_bytes is None or start < max_bytes) and (data := document.content.read(BLOCK_BYTES)):
        if text := loose_text(data):
            yield lines_batch(text, f"loose text of bytes {start} to {start + len(data)}")
        start += len(data)
