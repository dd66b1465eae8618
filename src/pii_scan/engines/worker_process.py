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
from collections.abc import Mapping
from typing import Any

from pii_scan.engines import wire
from pii_scan.engines.group import Group
from pii_scan.extract.sandbox_windows import job_of
from pii_scan.model import Item, ProblemCode


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
