"""Small documents read to their end before any of them is looked at, so that their texts can be looked at together.

What it costs to look at a text hardly depends on its length while it is short: of a share of small files it is most of
what a scan costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pii_scan.errors import DocumentError
from pii_scan.extract.dispatch import DocumentDone, Extracted, Walked
from pii_scan.extract.purview import ExportedItems
from pii_scan.model import ChunkBatch, Document, Item, Problem, ProblemCode, Stage, WorkUnit
from pii_scan.protocols import Source

SMALL_BYTES = 64 << 10
"""Documents up to this size are read ahead."""
TOGETHER_BYTES = 256 << 10
"""Text that is looked at together; also the most that is held of one document."""
TOGETHER_SECONDS = 1.0
"""Reading after which what is read is looked at: only then does it count as done, and slow documents must not add up to
more than one may take.
"""
_MOST_PIECES = 256


@dataclass(slots=True)
class Ahead:
    """A document that was read to its end."""

    unit: WorkUnit
    account: str
    """As `Document.account`."""
    pieces: list[Walked]
    text_bytes: int

    def only(self) -> list[ChunkBatch]:
        """All batches of the document; none where it has members."""
        ref = self.unit.ref
        if any(piece.ref is not ref for piece in self.pieces if not isinstance(piece, ExportedItems)):
            return []
        return [piece.batch for piece in self.pieces if isinstance(piece, Extracted)]

    def readings(self) -> Iterator[list[ChunkBatch]]:
        """The batches that are read in one go: those of a document, as far as no member comes in between."""
        ref, batches = None, list[ChunkBatch]()
        for piece in self.pieces:
            if isinstance(piece, Extracted):
                if piece.ref != ref and batches:
                    yield batches
                    batches = []
                ref = piece.ref
                batches.append(piece.batch)
            elif isinstance(piece, DocumentDone) and batches:
                yield batches
                batches = []
        if batches:
            yield batches


def is_small(unit: Item) -> bool:
    """Whether a unit is worth reading ahead."""
    if isinstance(unit, Problem):
        return False
    whole = unit.slice is None and unit.ended is None and unit.ref.parent is None
    return whole and unit.ref.size_bytes is not None and unit.ref.size_bytes <= SMALL_BYTES


def read_ahead(
    unit: WorkUnit, source: Source, read: Callable[[Document], Iterator[Walked]], beat: Callable[[], None]
) -> Ahead | None:
    """All of a document; None where it holds more than is to be held at a time. A document that cannot be opened is a
    problem.
    """
    ahead = Ahead(unit, "", [], 0)
    try:
        with source.open(unit.ref) as document:
            if document.table is not None:
                return None
            ahead.account = document.account
            for piece in read(document):
                beat()
                ahead.pieces.append(piece)
                if isinstance(piece, Extracted):
                    ahead.text_bytes += piece.batch.texts.nbytes
                if ahead.text_bytes > TOGETHER_BYTES or len(ahead.pieces) > _MOST_PIECES:
                    return None
            changed = getattr(source, "changed", None)
            if changed is not None and (problem := changed(unit.ref, document)) is not None:
                ahead.pieces.append(problem)
    except DocumentError as error:
        ahead.pieces.append(Problem(unit.ref, Stage.SOURCE, ProblemCode(error.code), error.detail))
    return ahead


def runs(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items in their order: small units that follow each other as one list, others alone."""
    small: list[Item] = []
    for item in items:
        if is_small(item):
            small.append(item)
            continue
        if small:
            yield small
            small = []
        yield [item]
    if small:
        yield small
