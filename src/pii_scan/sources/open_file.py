"""Opens files, name by name from a folder that is known, and says in the field's words why one could not be opened.

A folder or file that has become a link since it was listed may lead anywhere: none is followed.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from functools import lru_cache
from typing import BinaryIO

from pii_scan.errors import DocumentError

BUFFER_BYTES = 1 << 16
_PERMISSION = (errno.EACCES, errno.EPERM)
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)
_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
"""With O_PATH (Linux) a folder is only passed through: a server is not asked to open it."""
_FILE_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def open_file(root: str, path: str = "") -> BinaryIO:
    """A file at its start: `path` below the folder `root`, else `root` itself. Raises DocumentError: `unsupported` for
    what is no regular file, and as `as_document_error`.
    """
    try:
        descriptor = _descriptor(root, path) if path else os.open(root, _FILE_FLAGS)
    except OSError as error:
        raise as_document_error(error, "the file") from None
    except ValueError:
        raise DocumentError("vanished", "the file has no valid name") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):  # it has become a folder, a pipe
        os.close(descriptor)
        raise DocumentError("unsupported", "not a regular file")
    return _content(descriptor, status.st_size)


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
def account_name(number: int) -> str:
    """The name of a user of this machine; empty where the system has none (on Windows, or one that was removed)."""
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return ""


def as_document_error(error: OSError, what: str) -> DocumentError:
    """`permission`, `vanished`, `changed`, `limit` or `corrupt`. `what`: how the words call it."""
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


def _descriptor(root: str, path: str) -> int:
    """Opens a file name by name: a folder that has become a link since it was listed may lead anywhere."""
    flags = _FILE_FLAGS | getattr(os, "O_NOFOLLOW", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(os.path.join(root, path), flags)
    folder, _, name = path.rpartition("/")
    descriptor = descend(root, folder)
    try:
        return os.open(name, flags, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def descend(root: str, path: str) -> int:
    """A descriptor of a folder, reached name by name, to open what is in it. The caller closes it."""
    descriptor = os.open(root, _FOLDER_FLAGS)
    for name in filter(None, path.split("/")):
        try:
            inner = os.open(name, _FOLDER_FLAGS | getattr(os, "O_NOFOLLOW", 0), dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor
