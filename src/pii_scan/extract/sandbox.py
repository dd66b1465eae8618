"""The cage: bounds on the process that opens documents, put on by a worker before it reads anything, and inherited by
the programs that it starts.

Linux: no network, writing only in the worker's own temporary folder, no privileges, bounded memory, files and time,
death with the parent. Elsewhere what the system offers (see SECURITY.md); the engine watches from outside everywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass

from pii_scan.extract import sandbox_calls, sandbox_files
from pii_scan.model import Limits

MAX_OPEN_FILES = 512
MORE_TASKS = 2048
"""Processes and threads that the user may have beyond those of the moment: a worker that starts them without end stops
there."""
SPARE_SECONDS = 30
"""Processor time beyond what the engine allows a document, so that the engine, which says why, comes first."""
SPARE_FILE_BYTES = 1 << 30
WORKER_VARIABLES = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false", "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system",
}  # fmt: skip
"""Variables for a process that is to be confined: threads that libraries start as they are loaded would not be bound,
and address space that they reserve would count.
"""
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9
_CAPABILITY_VERSION = 0x20080522
_READ_ALL = 1 << 2  # CAP_DAC_READ_SEARCH


@dataclass(frozen=True, slots=True)
class Cage:
    """What holds this process. Each is empty where it does, else the reason why not."""

    network: str
    files: str
    limits: str
    local_sockets: bool = False
    """Sockets of the machine itself are kept: names of users come through them."""


def confine(limits: Limits, *, network: bool = False, accelerators: bool = False) -> Cage:
    """Puts the bounds on this process, for good. What the system refuses is left out, and said.

    `network`: connections stay possible, which databases and stores want. `accelerators`: graphics processors may be
    used.
    """
    os.umask(0o077)
    if sys.platform == "win32":
        return Cage("Windows has no filter that a program may put on itself",
                    "Windows has no such bound for a program of its own user", "")  # fmt: skip
    held = _bound(limits)
    if sys.platform != "linux":
        _die_with_parent()
        return Cage("only Linux has a filter that a program may put on itself",
                    "only Linux has Landlock; the sandbox of macOS is deprecated and not used", held)  # fmt: skip
    if not _no_new_privileges():
        refused = "the system refuses to give up privileges"
        return Cage(refused, refused, held)
    files = sandbox_files.write_only_below(tempfile.gettempdir(), accelerators)
    if not files and not sandbox_calls.one_thread():
        files = "threads that were there before are not bound"
    local = sandbox_calls.accounts_need_sockets()
    calls = sandbox_calls.refuse_calls(network, local)
    return Cage("databases and stores need it" if network and not calls else calls, files, held, local)


def _bound(limits: Limits) -> str:
    """The limits that POSIX has; gives which were refused."""
    import resource

    refused = []

    def bound(name: str, value: int) -> None:
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            return
        try:
            hard = resource.getrlimit(kind)[1]
            if hard != resource.RLIM_INFINITY:
                value = min(value, hard)
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            refused.append(name)

    bound("CORE", 0)
    bound("NOFILE", MAX_OPEN_FILES)
    largest = max(limits.max_member_bytes, limits.max_total_bytes, limits.spool_bytes)
    bound("FSIZE", min(largest + SPARE_FILE_BYTES, 1 << 62))
    if sys.platform == "linux":
        bound("AS", _address_space() + limits.worker_bytes)
        bound("NPROC", _tasks_of_user() + MORE_TASKS)
    return f"the system refuses to bound {', '.join(refused)}" if refused else ""


def allow_seconds(seconds: float) -> None:
    """Processor seconds that this process may take from now on, by each processor there is; then the system ends it.

    The second stop behind the engine's own. The hard limit stays, so that it can be set anew for the next document.
    """
    if sys.platform == "win32":
        return
    import resource

    used = time.process_time()
    allowed = int(used + (seconds + SPARE_SECONDS) * (os.cpu_count() or 1)) + 1
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (allowed if hard < 0 else min(allowed, hard), hard))


def _address_space() -> int:
    """Bytes of address space already in use (libraries, allocators)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[0]) * 4096
    except (OSError, ValueError):
        return 4 << 30


def _tasks_of_user() -> int:
    """Processes and threads of this user: what RLIMIT_NPROC counts."""
    found = 0
    own = os.getuid()
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == own:
                    found += os.stat(f"/proc/{name}/task").st_nlink
    return found


def _no_new_privileges() -> bool:
    """No new privileges, and none of an administrator but to read; if the scan is killed, this process goes with it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        given_up = bool(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        _keep_reading_only(libc)
    except (OSError, AttributeError):
        return False
    return given_up


def _keep_reading_only(libc: ctypes.CDLL) -> None:
    """Drops every capability but that to read all files, of those that there are (capabilities(7), capset(2))."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION, 0))
    held = ctypes.create_string_buffer(24)
    if libc.capget(header, held) != 0:
        return
    effective, permitted = struct.unpack("=II", held.raw[:8])
    kept = struct.pack("=6I", effective & _READ_ALL, permitted & _READ_ALL, 0, 0, 0, 0)
    libc.capset(header, ctypes.create_string_buffer(kept, 24))


def _die_with_parent() -> None:
    """Where the system does not end a process with its parent: looks once a second."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096
    except (OSError, ValueError, IndexError):
        return 0


def probe() -> Cage:
    """The cage of a process started for this, as a worker's would be: what really holds on this machine."""
    asked = "from pii_scan.extract import sandbox; sandbox.answer()"
    paths = os.pathsep.join(path for path in sys.path if path)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-X", "utf8", "-c", asked],
            env={**os.environ, **WORKER_VARIABLES, "PYTHONPATH": paths},
            capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=True,
        )  # fmt: skip
        return Cage(**json.loads(done.stdout))
    except (OSError, ValueError, TypeError, subprocess.SubprocessError):
        failed = "a confined process could not be started"
        return Cage(failed, failed, failed)


def answer() -> None:
    """The other side of `probe`."""
    sys.stdout.write(json.dumps(asdict(confine(Limits()))))
