"""Standard input as a source of one document, named `-` or as the caller says.

It is kept in a file, as parsers seek and workers reopen.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import Document, DocumentRef, Limits, Problem, ProblemCode, Stage
from pii_scan.sources.open_file import BUFFER_BYTES


class StdinSource:
    """What `spool_stdin` has kept. `path` may be handed to another process; `close` deletes the file."""

    target = "-"

    def __init__(self, path: str, cut_after: int | None = None, name: str = "-") -> None:
        """`cut_after`: standard input went on after that many bytes, which is more than the limit. `name`: what the
        document is called.
        """
        self.path = path
        self.name = name
        self.cut_after = cut_after

    def list_documents(self) -> Iterator[DocumentRef | Problem]:
        """The one document."""
        try:
            size = os.stat(self.path).st_size
        except OSError:
            yield Problem(DocumentRef("-", self.name), Stage.SOURCE, ProblemCode.VANISHED, "the temporary file is gone")
            return
        yield DocumentRef("-", self.name, None, size)

    @contextmanager
    def open(self, ref: DocumentRef) -> Iterator[Document]:
        """The document. Raises DocumentError (`vanished`)."""
        try:
            content = open(self.path, "rb", BUFFER_BYTES)
        except OSError:
            raise DocumentError("vanished", "the temporary file is gone") from None
        with content:
            yield Document(ref, content, local_path=self.path)

    def changed(self, ref: DocumentRef, document: Document) -> Problem | None:
        """Says that the input was cut; asked after reading, as `FileSource.changed`."""
        if self.cut_after is None:
            return None
        detail = f"only the first {self.cut_after} bytes of standard input are read"
        return Problem(ref, Stage.SOURCE, ProblemCode.LIMIT, detail)

    def close(self) -> None:
        """Deletes what was kept."""
        if os.path.exists(self.path):
            os.unlink(self.path)

    def __enter__(self) -> StdinSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def spool_stdin(
    stream: BinaryIO, limits: Limits | None = None, folder: str | None = None, name: str = "-"
) -> StdinSource:
    """Reads `stream` to its end into a file that only the user can read, at most `max_file_bytes` of it.

    Raises TargetError when it cannot be written.
    """
    limit = (limits or Limits()).max_file_bytes
    size, cut = 0, False
    path = ""
    try:
        descriptor, path = tempfile.mkstemp(prefix="pii-scan-stdin-", dir=folder)
        with os.fdopen(descriptor, "wb") as out:
            while data := stream.read(min(BUFFER_BYTES, limit - size + 1)):
                kept = data[: limit - size]
                out.write(kept)
                size += len(kept)
                if len(kept) < len(data):
                    cut = True
                    break
    except OSError:
        if path and os.path.exists(path):
            os.unlink(path)
        raise TargetError("standard input cannot be kept", "see that the temporary folder has room") from None
    except BaseException:
        if path and os.path.exists(path):
            os.unlink(path)
        raise
    return StdinSource(path, size if cut else None, name)
