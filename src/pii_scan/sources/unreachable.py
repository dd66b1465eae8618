"""A target that could not be opened, in a scan of many that goes on without it: one problem, and nothing to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pii_scan.errors import DocumentError
from pii_scan.model import Document, DocumentRef, Problem, ProblemCode, Stage

DETAIL = "the target could not be opened when the scan began"


class UnreachableSource:
    """As `sources.describe_unreachable` described it."""

    def __init__(self, target: str, code: str) -> None:
        self.target = target
        self._code = ProblemCode(code)

    def list_documents(self) -> Iterator[Problem]:
        """The one problem, of the target as a whole."""
        yield Problem(DocumentRef(self.target, "."), Stage.SOURCE, self._code, DETAIL)

    @contextmanager
    def open(self, ref: DocumentRef) -> Iterator[Document]:
        """Raises DocumentError: `vanished`."""
        raise DocumentError("vanished", "it is no longer there")
        yield
