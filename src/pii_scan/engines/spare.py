"""Processes for workers. Loads little itself: the first is started before its parent loads what a scan needs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from pii_scan.extract.sandbox import WORKER_VARIABLES
from pii_scan.findings.keys import KEY_VARIABLE

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
