"""Kills scans with SIGKILL at random moments, resumes them, and holds what comes out against an uninterrupted scan.

    python benchmarks/resume_cycles.py [--cycles N] [--seed S] [--documents N]

A cycle is one kill: of the scan itself, of one of its workers, or of all of them at once. Work is cut small, so that
there are many parts to be killed between; everything else is the scan as it is. Prints at which state of the run folder
the kills fell, and whether all tables and the JSON report were equal in the end. POSIX only.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from pii_scan.findings.schema import TABLES
from pii_scan.findings.store import load_run
from pii_scan.report.json_v1 import write

SMALL = (
    "import pii_scan.engines.group as group, pii_scan.findings.run_writer as writer;"
    "group.SLICE_BYTES = 1 << 16; group.GROUP_ITEMS = 12; writer.COMMIT_SECONDS = 0.05;"
    "from pii_scan.cli.main import main; main()"
)
"""The command line, with small groups and slices."""
PATIENCE = 120.0


def make_tree(folder: Path, documents: int = 240) -> Path:
    """Texts, archives, a table that is read in slices, and some documents that cannot be read."""
    folder.mkdir(parents=True)
    for number in range(documents):
        place = folder / f"{number % 7}"
        place.mkdir(exist_ok=True)
        line = f"Nr. 11837533335 til person{number}@example.no, tlf 68 05 {number % 90 + 10} 11\n"
        (place / f"{number:04d}.txt").write_text(line * (1 + number % 5), "utf-8")
    for number in range(8):
        with zipfile.ZipFile(folder / f"arkiv{number}.zip", "w") as archive:
            archive.writestr("liste.csv", "navn;epost\n" + f"Person;p{number}@example.no\n" * 20)
    (folder / "brutt.zip").write_bytes((folder / "arkiv0.zip").read_bytes()[:-40])
    (folder / "ukjent.bin").write_bytes(bytes(range(256)) * 20)
    lines = (f"{number};person{number}@example.no;merknad om ikke noe {number}\n" for number in range(documents * 50))
    (folder / "stor.csv").write_text("nr;epost;merknad\n" + "".join(lines), "utf-8")
    return folder


@dataclass
class Tally:
    """What became of the kills."""

    kills: int = 0
    by_victim: Counter[str] = field(default_factory=Counter)
    by_state: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    equal: int = 0


def outcome(folder: Path) -> dict[str, Any]:
    """All that must be the same: the tables in their order, and the JSON report but for its run."""
    run = load_run(folder)
    tables = {name: [row for table in getattr(run, name)() for row in table.to_pylist()] for name in TABLES}
    out = io.BytesIO()
    write(run, out, "nb")
    report = {name: value for name, value in json.loads(out.getvalue()).items() if name != "run"}
    return {**tables, "report": report, "status": run.manifest["status"], "notes": run.manifest["notes"]}


class Cycles:
    """Scans of one tree, killed and resumed."""

    def __init__(self, tree: Path, work: Path, environment: Mapping[str, str], seed: int) -> None:
        self._tree = tree
        self.work = work
        self._environment = {**environment, "TMPDIR": str(work)}
        self._random = random.Random(seed)
        self.tally = Tally()
        began = time.monotonic()
        self._launched(work / "whole", 2).wait(PATIENCE)
        self._seconds = time.monotonic() - began
        self.expected = outcome(work / "whole")

    def command(self, folder: Path, jobs: int) -> list[str]:
        """A scan, which goes on with the run in the folder if one has begun there."""
        arguments = ["--resume"] if (folder / "run.json").exists() else [str(self._tree)]
        return [sys.executable, "-c", SMALL, "scan", *arguments, "--out", str(folder), "--jobs", str(jobs)]

    def run(self, kills: int) -> dict[str, Any]:
        """One run that is killed so often, and then let end; what came out of it."""
        folder = self.work / f"run{self.tally.runs}"
        left, ended = kills, False
        while left and not ended:
            process = self._launched(folder, self._random.randint(1, 3))
            while left and not (ended := self._ends_within(process, self._random.uniform(0, self._seconds * 0.6))):
                left -= self._killed(process, folder)
                if process.poll() is not None:
                    break
            if not left:  # what a worker was killed of last goes on
                process.wait(PATIENCE)
        code = self._launched(folder, self._random.randint(1, 3)).wait(PATIENCE)
        found = outcome(folder) if code == 3 else {"code": code}
        self.tally.runs += 1
        self.tally.equal += found == self.expected
        shutil.rmtree(folder)
        return found

    def _ends_within(self, process: subprocess.Popen[bytes], seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        return process.poll() is not None

    def _launched(self, folder: Path, jobs: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(folder, jobs), env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def _killed(self, process: subprocess.Popen[bytes], folder: Path) -> int:
        """Kills someone, if there is someone left; gives how many kills that were."""
        try:
            workers = psutil.Process(process.pid).children()
        except psutil.Error:
            return 0
        victim = self._random.choice(["scan", "worker", "all"] if workers else ["scan"])
        chosen = [self._random.choice(workers).pid] if victim == "worker" else [process.pid]
        chosen += [worker.pid for worker in workers] if victim == "all" else []
        if process.poll() is not None:
            return 0
        self.tally.by_state[state_of(folder)] += 1
        for pid in chosen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if victim != "worker":
            process.wait(PATIENCE)
        self.tally.kills += 1
        self.tally.by_victim[victim] += 1
        return 1


def state_of(folder: Path) -> str:
    """How far a run has come, by what stands in its folder."""
    if not (folder / "run.json").exists():
        return "no manifest yet"
    if json.loads((folder / "run.json").read_text("utf-8"))["status"] == "finished":
        return "finished, no report yet"
    partial = any(folder.rglob("*.partial"))
    whole = sum(1 for _ in (folder / "documents").glob("*.parquet"))
    return f"{'a part half written' if partial else 'between parts'}, {'some' if whole else 'none'} in place"


def main() -> None:
    """Runs the cycles and prints what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int, default=240)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="resume-cycles-") as name:
        work = Path(name)
        tree = make_tree(work / "tree", options.documents)
        cycles = Cycles(tree, work, os.environ, options.seed)
        while cycles.tally.kills < options.cycles:
            cycles.run(min(cycles._random.randint(1, 6), options.cycles - cycles.tally.kills))
        tally = cycles.tally
        left = sorted(path.name for path in work.iterdir() if path.name not in ("tree", "whole"))
    print(f"seed {options.seed}: {tally.kills} kills in {tally.runs} runs, {tally.equal} of them equal in the end")
    for counts in (tally.by_victim, tally.by_state):
        print("; ".join(f"{name}: {count}" for name, count in counts.most_common()))
    print(f"left in the temporary folder: {left or 'nothing'}")
    raise SystemExit(0 if tally.equal == tally.runs and not left else 1)


if __name__ == "__main__":
    main()
