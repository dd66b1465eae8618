"""Local files and folders as a source: lists them in a fixed order, opens one at a time.

Follows no symbolic link below the target and opens nothing that is not a regular file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from pii_scan.errors import TargetError
from pii_scan.globs import Patterns
from pii_scan.model import Document, DocumentRef, Limits, Problem, ProblemCode, Stage
from pii_scan.sources.open_file import account_name, as_document_error, descend, open_file
from pii_scan.sources.opened_ahead import OpenedAhead


class _Entry(NamedTuple):
    """One name in a folder."""

    path: str
    status: os.stat_result


class FileSource:
    """A folder or a file as the user named it."""

    def __init__(
        self,
        target: str,
        *,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        excluded_dirs: Iterable[str] = (),
        limits: Limits | None = None,
        label: str = "",
    ) -> None:
        """`excluded_dirs`: absolute paths that are not entered. `label`: what the target is called in results, if not
        by its path. Raises TargetError when the target does not exist.
        """
        self.target = label or target
        self._named = target
        self._limits = limits or Limits()
        self._include = Patterns(include)
        self._exclude = Patterns(exclude)
        self._excluded_dirs = frozenset(os.path.realpath(path) for path in excluded_dirs)
        self._real = os.path.realpath(target)
        self._ahead = OpenedAhead(self._open_file)
        try:
            status = os.stat(target)
        except OSError as error:
            what = "cannot be opened" if as_document_error(error, "it").code == "permission" else "does not exist"
            raise TargetError(f"target {target!r} {what}") from None
        self._is_folder = stat.S_ISDIR(status.st_mode)
        self._status = status

    def list_documents(self) -> Iterator[DocumentRef | Problem]:
        """Every file, folders depth first, names in the order of their bytes. Opens no file."""
        if not self._is_folder:
            name = os.path.basename(os.path.normpath(self._named)) or self._named
            found = self._file(_Entry(name, self._status))
            if found is not None:
                yield found
            return
        stack = [self._folder("")]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, Problem):
                yield entry
            elif stat.S_ISDIR(entry.status.st_mode):
                if not self._left_out(entry.path):
                    stack.append(self._folder(entry.path))
            elif not (self._exclude and self._exclude.fit_exactly(entry.path)):
                found = self._file(entry)
                if found is not None:
                    yield found

    def _left_out(self, folder: str) -> bool:
        if self._exclude.fit_exactly(folder):
            return True
        return bool(self._excluded_dirs) and os.path.join(self._real, folder) in self._excluded_dirs

    def _ref(self, path: str, status: os.stat_result | None = None) -> DocumentRef:
        if status is None:
            return DocumentRef(self.target, path)
        changed = status.st_mtime_ns, status.st_ctime_ns
        return DocumentRef(self.target, path, None, status.st_size, status.st_mtime, changed)

    def _problem(self, path: str, code: ProblemCode, detail: str, status: os.stat_result | None = None) -> Problem:
        return Problem(self._ref(path, status), Stage.SOURCE, code, detail)

    def _folder(self, path: str) -> Iterator[_Entry | Problem]:
        """The entries of a folder, by name; a folder that cannot be listed is a Problem. Only the names are kept while
        it is walked: there may be millions.
        """
        if path and os.path.join(self._real, path) in self._excluded_dirs:
            return
        names: list[bytes] = []
        try:
            with _scan(self._real, path) as listing:
                for item in listing:
                    names.append(os.fsencode(item.name))
        except OSError as error:
            yield self._os_problem(path or ".", error, "the folder")
        names.sort()
        for name in names:
            own = os.fsdecode(name)
            own = f"{path}/{own}" if path else own
            try:
                yield _Entry(own, _status(self._real, own))
            except OSError as error:
                yield self._os_problem(own, error)

    def _os_problem(self, path: str, error: OSError, what: str = "the file") -> Problem:
        failure = as_document_error(error, what)
        return self._problem(path, ProblemCode(failure.code), failure.detail)

    def _file(self, entry: _Entry) -> DocumentRef | Problem | None:
        """One entry that is no folder; None where there is nothing to read or the user left it out."""
        path, status = entry.path, entry.status
        if self._include and not self._include.fit(path):
            return None
        if stat.S_ISLNK(status.st_mode):
            return self._link(path)
        if not stat.S_ISREG(status.st_mode):
            return self._problem(path, ProblemCode.UNSUPPORTED, "not a regular file")
        if status.st_size > self._limits.max_file_bytes:
            detail = f"larger than {self._limits.max_file_bytes} bytes"
            return self._problem(path, ProblemCode.LIMIT, detail, status)
        return self._ref(path, status)

    def _link(self, path: str) -> Problem | None:
        """What a link points at is read where it lies; outside the target nothing is, and that is said."""
        try:
            pointed = os.path.realpath(os.path.join(self._real, path))
            inside = os.path.commonpath([self._real, pointed]) == self._real
            if inside or not os.path.lexists(pointed):
                return None
        except (OSError, ValueError):
            pass
        return self._problem(path, ProblemCode.UNSUPPORTED, "symbolic link not followed")

    def expect(self, refs: Iterable[DocumentRef]) -> None:
        """Which documents come next: where it takes long to open one, some are opened before their turn."""
        self._ahead.expect(ref for ref in refs if ref.target == self.target)

    def open(self, ref: DocumentRef) -> _Opened:
        """The document `ref`, to be entered, which raises DocumentError: `permission`, `vanished`, `changed`,
        `unsupported`.
        """
        path = os.path.join(self._real, ref.path) if self._is_folder else self._real
        return _Opened(self._ahead, ref, path)

    def _open_file(self, ref: DocumentRef) -> BinaryIO:
        return open_file(self._real, ref.path if self._is_folder else "")

    def changed(self, ref: DocumentRef, document: Document) -> Problem | None:
        """Whether the file is another than was listed; to be asked after reading, before it is closed."""
        return changed_since(ref, document.content)


class _Opened:
    """A file while it is open."""

    __slots__ = ("_ahead", "_content", "_path", "_ref")

    def __init__(self, ahead: OpenedAhead[DocumentRef], ref: DocumentRef, path: str) -> None:
        self._ahead, self._ref, self._path = ahead, ref, path
        self._content: BinaryIO | None = None

    def __enter__(self) -> Document:
        self._content = content = self._ahead.take(self._ref)
        owner = os.fstat(content.fileno()).st_uid
        return Document(self._ref, content, local_path=self._path, account=account_name(owner))

    def __exit__(self, *_: object) -> None:
        assert self._content is not None
        self._content.close()


def changed_since(ref: DocumentRef, content: BinaryIO) -> Problem | None:
    """A Problem (`changed`, or `truncated` where it shrank) when an open file differs from its listing."""
    status = os.fstat(content.fileno())
    if ref.size_bytes is not None and status.st_size < ref.size_bytes:
        return Problem(ref, Stage.SOURCE, ProblemCode.TRUNCATED, "the file became shorter while it was scanned")
    if (ref.size_bytes is not None and status.st_size != ref.size_bytes) or (
        ref.modified_at is not None and status.st_mtime != ref.modified_at
    ):
        return Problem(ref, Stage.SOURCE, ProblemCode.CHANGED, "the file changed while it was scanned")
    return None


@contextmanager
def _scan(root: str, path: str) -> Iterator[Iterable[os.DirEntry[str]]]:
    """`os.scandir` of a folder at any depth, where POSIX has it; no link on the way is followed."""
    if not path or os.scandir not in os.supports_fd:
        with os.scandir(os.path.join(root, path) if path else root) as listing:
            yield listing
        return
    folder = descend(root, path)
    try:
        descriptor = os.open(".", os.O_RDONLY | getattr(os, "O_DIRECTORY", 0), dir_fd=folder)
    finally:
        os.close(folder)
    try:
        with os.scandir(descriptor) as listing:
            yield listing
    finally:
        os.close(descriptor)


def _status(root: str, path: str) -> os.stat_result:
    """As `os.lstat`, at any depth."""
    try:
        return os.lstat(os.path.join(root, path))
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
    folder, _, name = path.rpartition("/")
    descriptor = descend(root, folder)
    try:
        return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    finally:
        os.close(descriptor)
