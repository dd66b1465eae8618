"""A store as a source: lists what lies in it, opens one object at a time, by ranges.

Works like `FileSource` as far as a store allows: follows no symbolic link, names in the order of their bytes, what
cannot be listed is a problem.
"""

from __future__ import annotations

import importlib
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from pii_scan.errors import TargetError
from pii_scan.globs import Patterns
from pii_scan.model import Document, DocumentRef, Limits, Problem, ProblemCode, Stage
from pii_scan.sources.objects.reading import WHOLE_BYTES, RangedContent
from pii_scan.sources.objects.store import (
    Entry,
    Failure,
    Kind,
    Meaning,
    Opened,
    Store,
    as_document_error,
    as_target_error,
    persist,
)
from pii_scan.sources.objects.url import parse

BUFFER_BYTES = 1 << 16
_PATIENCE = 0.5
"""Of the time that a worker may be silent."""
_READERS = {"s3": "s3:S3Store", "az": "azure:AzureStore", "gs": "gcs:GcsStore", "smb": "smb:SmbStore",
            "sftp": "sftp:SftpStore"}  # fmt: skip
_FOLDER_DEPTH = 500

T = TypeVar("T")


class ObjectSource:
    """One target in a store as `sources.describe` described it. Connects when it is first asked for something."""

    def __init__(self, description: Mapping[str, Any], limits: Limits) -> None:
        self.target = str(description["target"])
        self._label = str(description["path"])
        self._url = parse(str(description["url"]))
        self._is_file = bool(description["is_file"])
        self._limits = limits
        self._seconds = limits.stall_seconds * _PATIENCE
        self._include = Patterns(description["include"])
        self._exclude = Patterns(description["exclude"])
        self._checking = False
        self._store_made: Store | None = None
        self._ahead: ThreadPoolExecutor | None = None
        self._next: deque[DocumentRef] = deque()
        self._fetched: dict[DocumentRef, Future[bytes]] = {}
        self._opened: dict[DocumentRef, tuple[RangedContent, Opened]] = {}

    @property
    def _store(self) -> Store:
        if self._store_made is None:
            module, _, name = _READERS[self._url.kind].partition(":")
            made = getattr(importlib.import_module(f"pii_scan.sources.objects.{module}"), name)
            self._store_made = cast(Store, made(self._url, self._is_file))
        return self._store_made

    def check(self) -> bool:
        """In the supervisor: whether the target is one file. Raises TargetError when it cannot be reached."""
        self._checking = True
        try:
            self._is_file = self._persist(self._store.check)
            return self._is_file
        except Failure as failure:
            raise as_target_error(failure, self._label) from None
        finally:
            self._checking = False

    def _persist(self, call: Callable[[], T]) -> T:
        try:
            return persist(call, self._store, self._seconds)
        except TargetError:
            if self._checking:
                raise
            raise Failure(Meaning.PERMISSION, "the store no longer lets the scan in") from None

    def list_documents(self) -> Iterator[DocumentRef | Problem]:
        """Every object or file; folders depth first, names in the order of their bytes; the objects of a bucket in the
        order of their keys.
        """
        stack = [self._folder("")]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, Problem):
                yield entry
            elif entry.kind is Kind.FOLDER:
                if self._exclude.fit(entry.path):
                    continue
                if len(stack) > _FOLDER_DEPTH:
                    detail = f"more than {_FOLDER_DEPTH} folders deep"
                    yield self._problem(entry.path, ProblemCode.LIMIT, detail)
                    continue
                stack.append(self._folder(entry.path))
            elif (found := self._document(entry)) is not None:
                yield found

    def _folder(self, path: str) -> Iterator[Entry | Problem]:
        """What lies in a folder, as far as it can be listed."""
        mark = ""
        while True:
            try:
                entries, mark = self._persist(partial(self._store.page, path, mark))
            except Failure as failure:
                detail = f"not all of the folder can be listed: {failure.detail}"
                yield self._problem(path or ".", ProblemCode(failure.meaning.value), detail)
                return
            yield from sorted(entries, key=lambda entry: entry.path.encode("utf-8", "surrogateescape"))
            if not mark:
                return

    def _document(self, entry: Entry) -> DocumentRef | Problem | None:
        """One entry that is no folder; None where the user left it out."""
        path = entry.path
        if self._exclude.fit(path) or (self._include and not self._include.fit(path)):
            return None
        if entry.kind is Kind.LINK:
            return self._problem(path, ProblemCode.UNSUPPORTED, "symbolic link not followed")
        if entry.kind is Kind.SPECIAL:
            return self._problem(path, ProblemCode.UNSUPPORTED, "not a regular file")
        if entry.refused:
            return self._problem(path, ProblemCode.UNSUPPORTED, entry.refused, entry)
        if entry.size_bytes > self._limits.max_file_bytes:
            detail = f"larger than {self._limits.max_file_bytes} bytes"
            return self._problem(path, ProblemCode.LIMIT, detail, entry)
        return self._ref(path, entry)

    def _ref(self, path: str, entry: Entry | None = None) -> DocumentRef:
        if entry is None:
            return DocumentRef(self.target, path)
        modified = None if entry.changed_ns is None else entry.changed_ns[0] / 1e9
        return DocumentRef(self.target, path, None, entry.size_bytes, modified, entry.changed_ns, entry.version)

    def _problem(self, path: str, code: ProblemCode, detail: str, entry: Entry | None = None) -> Problem:
        return Problem(self._ref(path, entry), Stage.SOURCE, code, detail)

    def expect(self, refs: Iterable[DocumentRef]) -> None:
        """Which documents come next: small objects are fetched some before their turn, as the way takes longer than
        the bytes.
        """
        for future in self._fetched.values():
            future.cancel()
        self._fetched.clear()
        own = (ref for ref in refs if ref.target == self.target and 0 < (ref.size_bytes or 0) <= WHOLE_BYTES)
        self._next = deque(own) if self._store.parallel > 1 else deque()
        self._fetch_next()

    def _fetch_next(self) -> None:
        """Keeps as many objects on their way as may be."""
        while self._next and len(self._fetched) < self._store.parallel:
            ref = self._next.popleft()
            self._fetched[ref] = self._pool().submit(self._whole, ref)

    def _whole(self, ref: DocumentRef) -> bytes:
        size = ref.size_bytes or 0
        opened = self._persist(lambda: self._store.open(_listed(ref)))
        try:
            return self._persist(lambda: opened.read(0, size))
        finally:
            opened.close()

    def _pool(self) -> ThreadPoolExecutor:
        if self._ahead is None:
            self._ahead = ThreadPoolExecutor(self._store.parallel, "pii-scan-ahead")
        return self._ahead

    @contextmanager
    def open(self, ref: DocumentRef) -> Iterator[Document]:
        """The object `ref`. Raises DocumentError: `permission`, `vanished`, `changed`, `unsupported`, `timeout`."""
        store = self._store
        size = ref.size_bytes or 0
        fetched = self._fetched.pop(ref, None)
        self._fetch_next()
        try:
            opened = self._persist(lambda: store.open(_listed(ref)))
        except Failure as failure:
            raise as_document_error(failure) from None
        document: Document | None = None

        def until() -> int:
            return size if document is None or document.slice is None else document.slice.end

        def fetch(start: int, end: int) -> bytes:
            if fetched is not None:
                return fetched.result()[start:end]
            return self._persist(lambda: opened.read(start, end))

        raw = RangedContent(fetch, size, self._pool(), store.parallel, until)
        self._opened[ref] = raw, opened
        try:
            with io.BufferedReader(raw, BUFFER_BYTES) as content:
                document = Document(ref, content)
                yield document
        finally:
            del self._opened[ref]
            opened.close()

    def changed(self, ref: DocumentRef, document: Document) -> Problem | None:
        """What kept the object from being read as it was listed; to be asked after reading, before it is closed."""
        raw, opened = self._opened[ref]
        if raw.failed is not None:
            return self._problem(ref.path, ProblemCode(raw.failed.code), raw.failed.detail)
        try:
            now = self._persist(opened.now)
        except Failure as failure:
            return self._problem(ref.path, ProblemCode(failure.meaning.value), failure.detail)
        if now is None or now == (ref.size_bytes, ref.changed_ns):
            return None
        if now[0] < (ref.size_bytes or 0):
            return self._problem(ref.path, ProblemCode.TRUNCATED, "the file became shorter while it was scanned")
        return self._problem(ref.path, ProblemCode.CHANGED, "the file changed while it was scanned")

    def close(self) -> None:
        """Ends all connections."""
        if self._ahead is not None:
            self._ahead.shutdown(wait=False, cancel_futures=True)
        if self._store_made is not None:
            self._store_made.close()


def _listed(ref: DocumentRef) -> Entry:
    return Entry(ref.path, Kind.FILE, ref.size_bytes or 0, ref.changed_ns, ref.version)
