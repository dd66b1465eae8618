"""What the benchmarks share: the clock, ratios over rounds, and the lines that say where a figure comes from."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PACKAGES = ("pii-scan", "presidio-analyzer", "spacy", "numpy", "pyarrow", "regex")


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured call: seconds of wall time and of CPU time, this process and its ended children together."""

    wall_seconds: float
    cpu_seconds: float


def timed(work: Callable[[], object]) -> Timing:
    """Runs `work` once."""
    cpu, wall = _cpu_seconds(), time.perf_counter()
    work()
    return Timing(time.perf_counter() - wall, _cpu_seconds() - cpu)


@dataclass(frozen=True, slots=True)
class Launched:
    """One process that has ended, with those that it started and waited for."""

    code: int
    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    """Resident memory of the largest of them."""


_LAUNCHER = """
import os, resource, signal, sys, time
folder, limit, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
os.chdir(folder)
start = time.monotonic()
nowhere = os.open(os.devnull, os.O_RDWR)
quiet = [(os.POSIX_SPAWN_DUP2, nowhere, stream) for stream in range(3)]
child = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet, setpgroup=0)
signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
signal.alarm(limit)
_, status, used = os.wait4(child, 0)
unit = 1 << 20 if sys.platform == "darwin" else 1024
print(os.waitstatus_to_exitcode(status), time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)
"""
"""The peak of a process is at least that of the one it was started from: this one is small."""


def launched(command: Sequence[str], folder: Path, environment: Mapping[str, str], limit_seconds: int) -> Launched:
    """Runs a command without input; what it prints is not kept. It is killed after `limit_seconds`, with all
    that it started: code -9.
    """
    call = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(folder), str(limit_seconds), *command]
    said = subprocess.run(call, env=dict(environment), capture_output=True, text=True, check=True).stdout.split()
    return Launched(int(said[0]), *(float(figure) for figure in said[1:]))


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def rate(size_bytes: int, seconds: float) -> float:
    """Megabytes (10^6 bytes) a second."""
    return size_bytes / max(seconds, 1e-9) / 1e6


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, minimum and maximum over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.low)} to {_short(self.high)})"


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.2f}"


def surroundings(seed: int | None = None) -> list[str]:
    """Machine, versions, date, commit and seed, one a line."""
    now = dt.datetime.now(tz=dt.UTC)
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    lines = [
        f"machine: {_processor()}, {_cores()} cores, {_memory()}, {platform.system()} {platform.release()}",
        f"versions: Python {platform.python_version()}, {versions}",
        f"date: {now:%Y-%m-%d %H:%M} UTC, commit: {_commit()}",
    ]
    return lines if seed is None else [*lines, f"corpus seed: {seed}"]


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool) -> str:
    """A table for the terminal, or in Markdown."""
    cells = [list(header), *map(list, rows)]
    if markdown:
        lines = [f"| {' | '.join(row)} |" for row in cells]
        return "\n".join([lines[0], f"|{'---|' * len(header)}", *lines[1:]])
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    return _line_of(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _memory() -> str:
    kilobytes = _line_of(Path("/proc/meminfo"), "MemTotal").removesuffix(" kB")
    return f"{int(kilobytes) / 1024 / 1024:.0f} GiB memory" if kilobytes.isdigit() else "memory unknown"


def _line_of(path: Path, name: str) -> str:
    if not path.exists():
        return ""
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _commit() -> str:
    folder = Path(__file__).resolve().parent
    commands = (["git", "rev-parse", "--short", "HEAD"], ["git", "status", "--porcelain", "--untracked-files=no"])
    try:
        done = [subprocess.run(c, cwd=folder, capture_output=True, text=True, check=True) for c in commands]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done[0].stdout.strip() + (" with changes" if done[1].stdout.strip() else "")
