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

from pii_scan.detect.detector import Detector
from pii_scan.detect.name_spans import finder
from pii_scan.findings.names import NameMasker
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
    environment = {**os.environ, "PII_SCAN_KEY": _KEY}
    command = [sys.executable, "-m", "pii_scan", "demo", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=home.name)
    assert done.returncode == 0, done.stderr[-2000:]
    with open(f"{folder / 'files'}.truth.csv", encoding="utf-8-sig", newline="") as lines:
        truth = list(csv.DictReader(lines))
    clean = set(Path(f"{folder / 'files'}.clean.txt").read_text(encoding="utf-8").split("\n")) - {""}
    return Demo(folder, load_run(folder / "run"), truth, clean, done.stdout, done.stderr)


@functools.cache
def shown_name(document: str) -> str:
    """The name of a document of the estate as the run shows it: personal data in it is masked."""
    if "@" not in document and not any(char.isdigit() for char in document):
        return document
    return "!".join(_masker().told_apart(piece) for piece in document.split("!"))


@functools.cache
def _masker() -> NameMasker:
    return NameMasker(finder(Detector()), bytes.fromhex(_KEY))


_KEY = "5a" * 32
_KEEP: list[tempfile.TemporaryDirectory[str]] = []
