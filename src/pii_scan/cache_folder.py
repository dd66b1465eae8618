"""The user's cache folder: what is made anew at each start where it is not there, and read only if no other user can
have written it. Holds nothing of what was scanned.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """The user's cache folder for pii-scan (XDG base directories; %LOCALAPPDATA% on Windows); None where there is none
    to be had, or PII_SCAN_CACHE is `off`.
    """
    if environment.get("PII_SCAN_CACHE") == "off":
        return None
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        if environment.get(variable):
            return Path(environment[variable]) / "pii-scan"
    home = environment.get("HOME", "")
    return Path(home) / ".cache" / "pii-scan" if home else None


def read_own(folder: Path, name: str) -> bytes | None:
    """The content of a file; None if another user can have written it. Raises OSError where it cannot be read."""
    if not _is_own(folder.stat()):
        return None
    descriptor = os.open(folder / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        return file.read() if _is_own(status) and stat.S_ISREG(status.st_mode) else None


def write_own(folder: Path, name: str, write: Callable[[BinaryIO], object], most: int) -> None:
    """Writes a file, whole or not at all; where that is not possible, the next start takes longer.

    `most`: of files whose names begin alike up to the first hyphen, so many are kept: the newest.
    """
    kind = name.partition("-")[0]
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(folder.stat()):
            return
        descriptor, partial = tempfile.mkstemp(prefix=".", suffix=".partial", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as out:
                write(out)
            os.replace(partial, folder / name)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise
        files = sorted(folder.glob(f"{kind}-*"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[most:]:
            file.unlink(missing_ok=True)


def _is_own(status: os.stat_result) -> bool:
    """Whether only this user can write it. Windows gives each user a cache folder of his own and has no such modes."""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
