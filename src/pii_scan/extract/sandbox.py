"""Bounds on the process that opens documents. Called once by a worker before it reads anything.

Linux: address space, core dumps, open files, no new privileges, death with the parent. Elsewhere what the system
offers; the engine watches resident memory and time from outside everywhere.
"""

from __future__ import annotations

import contextlib
import sys

from pii_scan.model import Limits

MAX_OPEN_FILES = 512
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9


def confine(limits: Limits) -> None:
    """Applies the bounds to this process. What the system refuses is left out: the engine kills from outside."""
    if sys.platform == "win32":
        return
    import resource

    def bound(kind: int, value: int) -> None:
        with contextlib.suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            if hard != resource.RLIM_INFINITY:
                value = min(value, hard)
            resource.setrlimit(kind, (value, value))

    bound(resource.RLIMIT_CORE, 0)
    bound(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    if sys.platform == "linux":
        bound(resource.RLIMIT_AS, _address_space() + limits.worker_bytes)
        _control_process()


def _address_space() -> int:
    """Bytes of address space already in use (libraries, allocators)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[0]) * 4096
    except (OSError, ValueError):
        return 4 << 30


def _control_process() -> None:
    """No new privileges; and if the scan itself is killed, this process goes with it."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096
    except (OSError, ValueError, IndexError):
        return 0
