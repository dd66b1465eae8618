"""Local files and folders that are named one by one, below one root, and called by their paths from there.

The guard shows paths as its caller knows them, and every part of a path is masked where it holds personal data.
"""

from __future__ import annotations

import dataclasses
import os
import posixpath
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from pii_scan.model import Document, DocumentRef, Limits, Problem
from pii_scan.sources.files import FileSource, changed_since


class ListedSource:
    """Some files and folders below `root`."""

    def __init__(
        self, root: str, paths: Sequence[str], exclude: Sequence[str] = (), limits: Limits | None = None
    ) -> None:
        """`paths`: relative to `root`, `/`-separated. Raises TargetError when one does not exist."""
        self.target = root
        self._root = FileSource(root, limits=limits)
        self._paths = {
            path: FileSource(os.path.join(root, path), exclude=exclude, limits=limits) for path in dict.fromkeys(paths)
        }

    def list_documents(self) -> Iterator[DocumentRef | Problem]:
        """Every file, each once, in the order in which the paths are named."""
        seen: set[str] = set()
        for path, source in self._paths.items():
            is_folder = os.path.isdir(os.path.join(self.target, path))
            for item in source.list_documents():
                ref = item if isinstance(item, DocumentRef) else item.ref
                name = posixpath.normpath(posixpath.join(path, ref.path)) if is_folder else path
                if name in seen and isinstance(item, DocumentRef):
                    continue
                seen.add(name)
                named = dataclasses.replace(ref, target=self.target, path=name)
                yield named if isinstance(item, DocumentRef) else dataclasses.replace(item, ref=named)

    def open(self, ref: DocumentRef) -> AbstractContextManager[Document]:
        """The document `ref`. Raises DocumentError as `FileSource.open`."""
        return self._paths.get(ref.path, self._root).open(ref)

    def changed(self, ref: DocumentRef, document: Document) -> Problem | None:
        """As `FileSource.changed`."""
        return changed_since(ref, document.content)
