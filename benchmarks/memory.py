"""Peak memory of `pii-scan scan` over files of growing size: the sum over the whole process tree.

Each process counts with the peak of its resident set (VmHWM), so that the sum is an upper bound: the peaks need not
fall together, and pages that processes share count in each. Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from corpora import DENSITIES, SEED, write_corpus
from measuring import surroundings, table

_INTERVAL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Peak:
    """What one scan took."""

    tree_bytes: int
    """Sum of the peaks of all its processes."""
    at_once_bytes: int
    """Largest sum of resident sets seen at one moment."""
    processes: int
    wall_seconds: float
    exit_code: int


def status_bytes(pid: int, name: str, proc: Path = Path("/proc")) -> int:
    """A memory field of /proc/PID/status in bytes (proc(5)); 0 when the process is gone."""
    try:
        text = (proc / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def descendants(root: int, proc: Path = Path("/proc")) -> list[int]:
    """The process and everything below it, by the parent field of /proc/PID/stat."""
    children: dict[int, list[int]] = {}
    for entry in proc.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    tree = [root]
    for pid in tree:
        tree += children.get(pid, [])
    return tree


def measure(command: list[str]) -> Peak:
    """Runs a command and watches its process tree until it ends."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks: dict[int, int] = {}
    at_once = 0
    while process.poll() is None:
        tree = descendants(process.pid)
        for pid in tree:
            peaks[pid] = max(peaks.get(pid, 0), status_bytes(pid, "VmHWM"))
        at_once = max(at_once, sum(status_bytes(pid, "VmRSS") for pid in tree))
        time.sleep(_INTERVAL_SECONDS)
    return Peak(sum(peaks.values()), at_once, len(peaks), time.perf_counter() - started, process.returncode)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes-mb", nargs="+", type=int, default=[20, 100], help="10^6 bytes (default 20 100)")
    parser.add_argument("--full", action="store_true", help="the sizes of the published table: 100, 500 and 2000")
    parser.add_argument(
        "--kinds", nargs="+", choices=["prose", "csv", "applog", "access", "mail"], default=["prose", "csv"]
    )
    parser.add_argument("--densities", nargs="+", choices=list(DENSITIES), default=["medium"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where to make the files (default: a temporary folder)")
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 when a scan failed."""
    options = parse(arguments)
    sizes = [100, 500, 2000] if options.full else options.sizes_mb
    rows, flatness, failed = [], [], False
    for kind in options.kinds:
        for density in options.densities:
            peaks = []
            for size in sizes:
                peak = _scan(kind, density, size, options)
                peaks.append(peak.tree_bytes)
                failed = failed or peak.exit_code != 0
                rows.append(_row(f"{kind}.{density}", size, peak))
            flatness.append([f"{kind}.{density}", f"{sizes[0]} to {sizes[-1]}", f"{peaks[-1] / max(peaks[0], 1):.2f}"])
    print("\n".join(f"- {line}" for line in [*surroundings(options.seed), f"workers: {options.jobs}"]))
    header = ["corpus", "MB", "sum of peaks MiB", "at one moment MiB", "processes", "seconds", "exit code"]
    print(f"\n{table(header, rows, markdown=options.markdown)}\n")
    print(table(["corpus", "MB", "largest to smallest"], flatness, markdown=options.markdown))
    return 1 if failed else 0


def _scan(kind: str, density: str, size_mb: int, options: argparse.Namespace) -> Peak:
    """Makes one file, scans it, and removes both the file and the run."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / f"{kind}.{'csv' if kind == 'csv' else 'txt'}"
        write_corpus(path, kind, density, size_mb * 1_000_000, options.seed)
        run = ["--out", str(Path(folder) / "run"), "--jobs", str(options.jobs), "--quiet"]
        return measure([sys.executable, "-m", "pii_scan", "scan", str(path), *run])


def _row(name: str, size_mb: int, peak: Peak) -> list[str]:
    tree, at_once = (f"{value / (1 << 20):.0f}" for value in (peak.tree_bytes, peak.at_once_bytes))
    return [name, str(size_mb), tree, at_once, str(peak.processes), f"{peak.wall_seconds:.1f}", str(peak.exit_code)]


if __name__ == "__main__":
    sys.exit(main())
