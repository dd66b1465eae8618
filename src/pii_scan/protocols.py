"""The four seams of pii-scan: what a source, an extractor, a recognizer and an engine must offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, WorkUnit


class Source(Protocol):
    """A target: lists documents, opens one."""

    def list_documents(self) -> Iterator[DocumentRef | Problem]:
        """Every document in a fixed order; what cannot be listed is a Problem. Opens nothing."""
        ...

    def open(self, ref: DocumentRef) -> AbstractContextManager[Document]:
        """Raises DocumentError (`permission`, `vanished`) when the document cannot be opened."""
        ...


class Extractor(Protocol):
    """Reads one family of formats. A plain generator function satisfies it.

    Yields text as ChunkBatch, embedded documents as Document (read at once by the caller, before the generator goes
    on), and what it had to leave out as Problem. Raises DocumentError when the rest cannot be read; what was yielded
    before stays. Any other exception is taken as `corrupt` by `extract.dispatch`.
    """

    def __call__(self, document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
        """Reads `document` within `limits`."""
        ...


class Recognizer(Protocol):
    """Finds entities in a batch of texts."""

    def detect(self, texts: pa.Array) -> pa.Table:
        """One row a detection: columns text, start, end (code points), entity_type, score, synthetic, recognizer."""
        ...


class Engine(Protocol):
    """Runs work units and hands back, in the order of the units, what each gave."""

    def run(self, units: Iterable[WorkUnit]) -> Iterator[pa.Table]:
        """Streams the tables of `units`."""
        ...
