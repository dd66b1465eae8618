"""One scan of an estate at a time: a lock of the operating system, which goes with the process, however that ends."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pii_scan.errors import UsageError

LOCK = ".pii-scan.lock"
"""In the folder of the runs. It stays there; whether it is locked counts, not whether it is there."""
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, getattr(errno, "EDEADLOCK", errno.EAGAIN))
_SAID = re.compile(r"(\d{1,10}) ([0-9TZ:-]{20})\n")
_FAR = 1 << 30
"""The byte that is locked on Windows, where what is locked cannot be read."""


@contextlib.contextmanager
def alone(folder: Path, now: datetime) -> Iterator[None]:
    """While no other process is in here with the same folder, which is made where it is not there. Raises UsageError,
    which says since when and which process.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, flags, 0o600)
    except OSError as error:
        raise UsageError(f"the lock {str(folder / LOCK)!r} cannot be made: {error.strerror}") from None
    try:
        try:
            lock(descriptor)
        except OSError as error:
            if error.errno not in _HELD:
                raise UsageError(f"the lock {str(folder / LOCK)!r} cannot be had: {error.strerror}") from None
            raise UsageError(
                f"another scan of this estate is at work{_who(descriptor)}", "wait for it to end"
            ) from None
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{os.getpid()} {now:%Y-%m-%dT%H:%M:%SZ}\n".encode())
        yield
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> None:
    """Locks an open file until it is closed, by whatever end of the process. Raises OSError where another has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _who(descriptor: int) -> str:
    """What the one that has the lock wrote of itself."""
    with contextlib.suppress(OSError, ValueError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        if found := _SAID.fullmatch(os.read(descriptor, 100).decode("ascii")):
            return f" since {found[2]}, process {found[1]}"
    return ""
