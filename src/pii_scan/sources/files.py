"""Local files and folders as a source: lists them in a fixed order, opens one at a time.

Follows no symbolic link below the target and opens nothing that is not a regular file.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from pii_scan.errors import DocumentError, TargetError
from pii_scan.globs import Patterns
from pii_scan.model import Document, DocumentRef, Limits, Problem, ProblemCode, Stage

BUFFER_BYTES = 1 << 16
_PERMISSION = (errno.EACCES, errno.EPERM)
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)
_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
"""With O_PATH (Linux) a folder is only passed through: a server is not asked to open it."""
_FILE_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


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
        try:
            status = os.stat(target)
        except OSError as error:
            what = "cannot be opened" if error.errno in _PERMISSION else "does not exist"
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
        failure = _document_error(error, what)
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

    def open(self, ref: DocumentRef) -> _Opened:
        """The document `ref`, to be entered, which raises DocumentError: `permission`, `vanished`, `changed`,
        `unsupported`.
        """
        return _Opened(self._real, ref, self._is_folder)

    def changed(self, ref: DocumentRef, document: Document) -> Problem | None:
        """Whether the file is another than was listed; to be asked after reading, before it is closed."""
        return changed_since(ref, document.content)


class _Opened:
    """A file while it is open."""

    __slots__ = ("_content", "_is_below", "_ref", "_root")

    def __init__(self, root: str, ref: DocumentRef, is_below: bool) -> None:
        """`is_below`: the file lies in the folder `root`; else it is `root` itself."""
        self._root = root
        self._ref = ref
        self._is_below = is_below
        self._content: BinaryIO | None = None

    def __enter__(self) -> Document:
        root, ref = self._root, self._ref
        try:
            descriptor = _open_file(root, ref.path) if self._is_below else os.open(root, _FILE_FLAGS)
        except OSError as error:
            raise _document_error(error, "the file") from None
        except ValueError:
            raise DocumentError("vanished", "the file has no valid name") from None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # it has become a folder, a pipe
            os.close(descriptor)
            raise DocumentError("unsupported", "not a regular file")
        self._content = _content(descriptor, status.st_size)
        path = os.path.join(root, ref.path) if self._is_below else root
        return Document(ref, self._content, local_path=path, account=_account(status.st_uid))

    def __exit__(self, *_: object) -> None:
        assert self._content is not None
        self._content.close()


class _SmallFile(io.BytesIO):
    """An open file that was read to its end."""

    def __init__(self, data: bytes, descriptor: int) -> None:
        super().__init__(data)
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Of the file."""
        return self._descriptor

    def close(self) -> None:
        """Closes the file too."""
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def _content(descriptor: int, size: int) -> BinaryIO:
    """An open file at its start. A small one is read at once: readers look at its start again and again."""
    if size <= BUFFER_BYTES:
        try:
            data = os.read(descriptor, size + 1)
            if len(data) == size:
                return _SmallFile(data, descriptor)
            os.lseek(descriptor, 0, os.SEEK_SET)  # it grows, or is longer than the system says
        except OSError:  # whoever reads it will hear of it
            pass
    return os.fdopen(descriptor, "rb", BUFFER_BYTES)


@lru_cache(maxsize=1000)
def _account(number: int) -> str:
    """The name of a user of this machine; empty where the system has none (on Windows, or one that was removed)."""
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return ""


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


def _document_error(error: OSError, what: str) -> DocumentError:
    if error.errno in _PERMISSION:
        return DocumentError("permission", f"no permission to open {what}")
    if error.errno in _GONE:
        return DocumentError("vanished", f"{what} is no longer there")
    if error.errno == errno.ELOOP:
        return DocumentError("changed", f"{what} has become a symbolic link")
    if error.errno == errno.ENAMETOOLONG:
        return DocumentError("limit", f"the path of {what} is too long to open")
    name = errno.errorcode.get(error.errno or 0, "unknown error")
    return DocumentError("corrupt", f"{what} cannot be opened: {name}")


@contextmanager
def _scan(root: str, path: str) -> Iterator[Iterable[os.DirEntry[str]]]:
    """`os.scandir` of a folder at any depth, where POSIX has it; no link on the way is followed."""
    if not path or os.scandir not in os.supports_fd:
        with os.scandir(os.path.join(root, path) if path else root) as listing:
            yield listing
        return
    folder = _descend(root, path)
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
    descriptor = _descend(root, folder)
    try:
        return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    finally:
        os.close(descriptor)


def _open_file(root: str, path: str) -> int:
    """Opens a file name by name: a folder that has become a link since it was listed may lead anywhere."""
    flags = _FILE_FLAGS | getattr(os, "O_NOFOLLOW", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(os.path.join(root, path), flags)
    folder, _, name = path.rpartition("/")
    descriptor = _descend(root, folder)
    try:
        return os.open(name, flags, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _descend(root: str, path: str) -> int:
    """A descriptor of a folder, reached name by name, to open what is in it. The caller closes it."""
    descriptor = os.open(root, _FOLDER_FLAGS)
    for name in filter(None, path.split("/")):
        try:
            inner = os.open(name, _FOLDER_FLAGS | getattr(os, "O_NOFOLLOW", 0), dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor
