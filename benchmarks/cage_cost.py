"""What the cage of workers, and the marks by which a scan is resumed, cost a scan of small files: CPU seconds.

    python benchmarks/cage_cost.py [--documents N] [--rounds R] [--jobs J] [--markdown]

The whole command over one tree (of `soak.py`), in turns: as it is; with `confine` doing nothing; with no marks and
no syncing of what is written (such a run could not be resumed). The program is the same: a `sitecustomize` on the path
of its processes takes the part out. Ratios are within a round; user and system time of all processes together.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from measuring import Launched, Spread, launched, surroundings, table
from soak import KEY, make_tree

AS_IT_IS = "as it is"
SIDES = {
    AS_IT_IS: "",
    "without the cage": """
import pii_scan.extract.sandbox as sandbox
sandbox.confine = lambda *given, **more: sandbox.Cage("taken out", "taken out", "taken out")
""",
    "without marks and syncing": """
import pii_scan.engines.marks as marks, pii_scan.findings.run_writer as writer, pii_scan.findings.state as state
marks.Marks._hash = lambda self, kind, text: 0
state.RunState.add = lambda self, *given: None
writer._sync = writer.sync_folder = lambda path: None
""",
}
LIMIT_SECONDS = 1800


def scanned(tree: Path, work: Path, hook: Path, jobs: int) -> Launched:
    """One scan with what is in the folder `hook` on the path of its processes."""
    out = work / "run"
    command = [sys.executable, "-m", "pii_scan", "scan", str(tree), "--out", str(out), "--quiet", "--jobs", str(jobs)]
    paths = os.pathsep.join([str(hook), *(path for path in sys.path if path)])
    more = {"PYTHONPATH": paths, "PII_SCAN_KEY": KEY, "TMPDIR": str(work)}
    run = launched(command, work, {**os.environ, **more}, LIMIT_SECONDS)
    if run.code != 3:  # some documents are broken
        raise SystemExit(f"a scan ended with {run.code}")
    shutil.rmtree(out)
    return run


def main() -> None:
    """Prints CPU seconds of each side, and its ratio to the program as it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--markdown", action="store_true")
    told = parser.parse_args()
    runs: dict[str, list[Launched]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as base:
        tree, work = Path(base, "tree"), Path(base, "work")
        work.mkdir()
        make_tree(tree, told.documents, told.seed)
        hooks = {}
        for number, (side, source) in enumerate(SIDES.items()):
            hooks[side] = Path(base, f"hook{number}")
            hooks[side].mkdir()
            (hooks[side] / "sitecustomize.py").write_text(source, "utf-8")
        scanned(tree, work, hooks[AS_IT_IS], told.jobs)  # not counted: caches are warm for all
        for _ in range(told.rounds):
            for side in SIDES:
                runs[side].append(scanned(tree, work, hooks[side], told.jobs))
    for line in surroundings(told.seed):
        print(f"- {line}")
    print(f"- {told.documents} documents, {told.jobs} workers, {told.rounds} rounds")
    rows = []
    for side, tried in runs.items():
        ratios = [one.cpu_seconds / base.cpu_seconds for one, base in zip(tried, runs[AS_IT_IS], strict=True)]
        rows.append([side, str(Spread.of([one.cpu_seconds for one in tried])), str(Spread.of(ratios))])
    print(table(["scan", "CPU seconds", "times as it is"], rows, markdown=told.markdown))


if __name__ == "__main__":
    main()
