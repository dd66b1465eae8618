"""Linux: the file system, read-only but for one folder, for this process and all that it starts (Landlock).

Sources: landlock(7), <linux/landlock.h>. Reading is not bounded: programs, libraries, fonts and models lie anywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import os
import stat
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION, _PATH_BENEATH = 1, 1
WRITE_FILE, REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG = (1 << bit for bit in (1, 4, 5, 6, 7, 8))
MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM, REFER, TRUNCATE, IOCTL_DEVICE = (1 << bit for bit in range(9, 16))
_WRITING = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG
_SPECIAL = MAKE_CHAR | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM
_SCOPE_SOCKETS_AND_SIGNALS = 3
_SINCE = {2: REFER, 3: TRUNCATE, 5: IOCTL_DEVICE}
"""Rights by the version of Landlock that first knew them."""
_VERSION_OF_SCOPES = 6
_ACCELERATORS = ("/dev/nvidia*", "/dev/nvidia-caps/*", "/dev/dri/*", "/dev/kfd")


def version() -> int:
    """The version of Landlock that the kernel has; 0 for none."""
    said = ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    return max(int(said), 0)


def write_only_below(folder: str, accelerators: bool) -> str:
    """From now on this thread writes, makes and removes files only below `folder`; gives the reason where the system
    cannot do so, else nothing.

    `accelerators`: graphics processors may be used. Where the kernel can (6.12), signals reach no process outside. No
    new privileges must have been set.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    known = version()
    if known == 0:
        return "the kernel has no Landlock (Linux 5.13 or newer, where it is switched on)"
    handled = _WRITING | _SPECIAL
    for since, right in _SINCE.items():
        handled |= right if known >= since else 0
    scoped = _SCOPE_SOCKETS_AND_SIGNALS if known >= _VERSION_OF_SCOPES else 0
    content = struct.pack("=QQQ", handled, 0, scoped)[: 24 if scoped else 16 if known >= 4 else 8]
    rules = libc.syscall(_CREATE_RULESET, content, ctypes.c_size_t(len(content)), 0)
    if rules < 0:
        return _refused()
    try:
        allowed = [(folder, handled & (_WRITING | REFER | TRUNCATE))]
        allowed += [(os.devnull, handled & (WRITE_FILE | TRUNCATE | IOCTL_DEVICE))]
        if accelerators:
            devices = (path for pattern in _ACCELERATORS for path in glob.glob(pattern))
            allowed += [(path, handled & (WRITE_FILE | IOCTL_DEVICE)) for path in _devices(devices)]
        for path, rights in allowed:
            if not _allowed(libc, rules, path, rights):
                return _refused()
        if libc.syscall(_RESTRICT_SELF, rules, 0) != 0:
            return _refused()
    except OSError as error:
        return f"the temporary folder cannot be opened ({errno.errorcode.get(error.errno or 0, 'unknown')})"
    finally:
        os.close(rules)
    return ""


def _allowed(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> bool:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, descriptor)
        return bool(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(descriptor)


def _devices(paths: Iterable[str]) -> list[str]:
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.lstat(path).st_mode):
                found.append(path)
    return found


def _refused() -> str:
    return f"the system refuses Landlock ({errno.errorcode.get(ctypes.get_errno(), 'unknown')})"
