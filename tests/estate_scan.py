"""The example estate, made and scanned once for all tests, through the command line as a newcomer would."""

from __future__ import annotations

import csv
import functools
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pii_scan.findings.store import Run, load_run


@dataclass(frozen=True)
class Demo:
    """What `pii-scan demo` left behind and said."""

    folder: Path
    run: Run
    truth: list[dict[str, str]]
    clean: set[str]
    stdout: str
    stderr: str


@functools.cache
def demo() -> Demo:
    """Runs `pii-scan demo` in a fresh folder that lives as long as the tests."""
    home = tempfile.TemporaryDirectory(prefix="pii-scan-tests-")
    _KEEP.append(home)
    folder = Path(home.name) / "demo"
    environment = {**os.environ, "PII_SCAN_KEY": "5a" * 32}
    command = [sys.executable, "-m", "pii_scan", "demo", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=home.name)
    assert done.returncode == 0, done.stderr[-2000:]
    with open(f"{folder / 'files'}.truth.csv", encoding="utf-8-sig", newline="") as lines:
        truth = list(csv.DictReader(lines))
    clean = set(Path(f"{folder / 'files'}.clean.txt").read_text(encoding="utf-8").split("\n")) - {""}
    return Demo(folder, load_run(folder / "run"), truth, clean, done.stdout, done.stderr)


_KEEP: list[tempfile.TemporaryDirectory[str]] = []
