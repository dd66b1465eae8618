"""Windows: a job object that holds a worker and all that it starts: bounded memory, and an end when the engine ends.

Written after Microsoft's documentation of `CreateJobObjectW` and `JOBOBJECT_EXTENDED_LIMIT_INFORMATION`; not yet run.
"""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys

MAX_PROCESSES = 32
_EXTENDED_LIMITS = 9
_UI_RESTRICTIONS = 4
_ACTIVE_PROCESSES, _PROCESS_MEMORY, _DIE_ON_EXCEPTION, _KILL_ON_CLOSE = 0x8, 0x100, 0x400, 0x2000
_NO_UI = 0xFF  # no clipboard, desktops, global atoms, handles of others' windows, log-off or display settings


class _Basic(ctypes.Structure):
    _fields_ = (
        ("process_time", ctypes.c_int64), ("job_time", ctypes.c_int64), ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t), ("most_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32), ("affinity", ctypes.c_size_t), ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )  # fmt: skip


class _Extended(ctypes.Structure):
    _fields_ = (
        ("basic", _Basic), ("io", ctypes.c_uint64 * 6), ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t), ("peak_process", ctypes.c_size_t), ("peak_job", ctypes.c_size_t),
    )  # fmt: skip


class Job:
    """A job with one worker in it. Closing its handle, as the end of this process does, ends all in it."""

    def __init__(self, process: subprocess.Popen[bytes], worker_bytes: int) -> None:
        """Raises OSError where the system refuses; the worker waits for its first frame until then."""
        self._handle: int | None = None
        if sys.platform == "win32":
            kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            kernel.CreateJobObjectW.restype = ctypes.c_void_p
            self._handle = kernel.CreateJobObjectW(None, None)
            if not self._handle:
                raise ctypes.WinError(ctypes.get_last_error())
            limits = _Extended()
            limits.basic.flags = _ACTIVE_PROCESSES | _PROCESS_MEMORY | _DIE_ON_EXCEPTION | _KILL_ON_CLOSE
            limits.basic.processes = MAX_PROCESSES
            limits.process_memory = worker_bytes
            handle, restrictions = ctypes.c_void_p(self._handle), ctypes.c_uint32(_NO_UI)
            for kind, content in ((_EXTENDED_LIMITS, limits), (_UI_RESTRICTIONS, restrictions)):
                kernel.SetInformationJobObject(handle, kind, ctypes.byref(content), ctypes.sizeof(content))
            if not kernel.AssignProcessToJobObject(handle, ctypes.c_void_p(int(process._handle))):
                raise ctypes.WinError(ctypes.get_last_error())

    def end(self) -> None:
        """Ends the worker and all that it started."""
        if sys.platform == "win32" and self._handle is not None:
            kernel = ctypes.WinDLL("kernel32")
            kernel.TerminateJobObject(ctypes.c_void_p(self._handle), 1)
            kernel.CloseHandle(ctypes.c_void_p(self._handle))
            self._handle = None


def job_of(process: subprocess.Popen[bytes], worker_bytes: int) -> Job | None:
    """The job that holds a worker; None where the system has none or refuses it."""
    if sys.platform != "win32":
        return None
    with contextlib.suppress(OSError):
        return Job(process, worker_bytes)
    return None
