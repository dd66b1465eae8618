"""A worker process as the engine sees it: how it is started, spoken to, ended."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from pii_scan.engines import wire
from pii_scan.engines.group import Group
from pii_scan.extract.sandbox import WORKER_VARIABLES
from pii_scan.extract.sandbox_windows import job_of
from pii_scan.findings.redact import KEY_VARIABLE
from pii_scan.model import Item, ProblemCode

_NO_USE = (KEY_VARIABLE, "RAY_")
"""Beginnings of variables, some of them secrets, that neither workers nor the programs they start have a use for."""


def started() -> subprocess.Popen[bytes]:
    """A new process, which loads what every worker needs while it waits for its settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_NO_USE)}
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-P", "-X", "utf8", "-m", "pii_scan.engines.worker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**own, **WORKER_VARIABLES, "PYTHONPATH": paths}, start_new_session=True,
    )  # fmt: skip


class Spare:
    """A process that is started before anyone knows what for: both sides load what they need at the same time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process: subprocess.Popen[bytes] | None = process

    def take(self) -> subprocess.Popen[bytes]:
        """The process, the first time; afterwards a new one."""
        process, self._process = self._process or started(), None
        return process

    def end(self) -> None:
        """Where no one took it."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


@contextlib.contextmanager
def spare() -> Iterator[Spare]:
    """Started now; ended in the end, if no one took it."""
    one = Spare(started())
    try:
        yield one
    finally:
        one.end()


class Worker:
    """One process, and what it is doing."""

    def __init__(
        self, process: subprocess.Popen[bytes], setup: Mapping[str, Any],
        inbox: queue.Queue[tuple[Worker, bytes, bytes]], folder: str, worker_bytes: int,
    ) -> None:  # fmt: skip
        """`process`: as `started` gives it. `setup`: what it is told, beside its own temporary folder in `folder`."""
        self.process = process
        self.folder = tempfile.mkdtemp(prefix="worker-", dir=folder)
        self._job = job_of(self.process, worker_bytes)
        self.group: Group | None = None
        self.ready = False
        self.size_at_start = 0
        self.killed_for: ProblemCode | None = None
        self.found = False
        """Something, in the current document."""
        self.together = False
        """It reads several documents at a time: which of them ended it is not known."""
        self.since = self.beat = time.monotonic()
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()
        self.tell(wire.SETTINGS, wire.encode({**setup, "folder": self.folder}))

    def _listen(self, inbox: queue.Queue[tuple[Worker, bytes, bytes]]) -> None:
        stream = self.process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while (frame := wire.receive(stream)) is not None:  # type: ignore[arg-type]
                inbox.put((self, *frame))
        inbox.put((self, b"", b""))

    def tell(self, kind: bytes, payload: bytes) -> None:
        """Sends a frame; a worker that is gone is noticed by its silence."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            wire.send(self.process.stdin, kind, payload)  # type: ignore[arg-type]

    def current(self) -> Item | None:
        """What it is at."""
        if self.group is None or self.group.position >= len(self.group.items):
            return None
        return self.group.items[self.group.position]

    def kill(self, reason: ProblemCode | None = None) -> None:
        """Ends the process and all it started."""
        self.killed_for = self.killed_for or reason
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._job is not None:
                self._job.end()
            if sys.platform == "win32":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)

    def bury(self) -> int:
        """Waits for the end and cleans up; gives the exit status."""
        status = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return status
