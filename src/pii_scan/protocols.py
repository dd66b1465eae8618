"""The two seams of pii-scan that others fill: what a source and an extractor must offer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem


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
