"""Whole scans as they grow: more workers, more files, larger files. Clock, processor and rates, in one run.

    python benchmarks/scaling.py workers [--size-mb N]
    python benchmarks/scaling.py small [--files N]
    python benchmarks/scaling.py documents [--files N] [--kinds csv docx ...]
    python benchmarks/scaling.py sizes [--sizes-mb 10 100 1000]
    each also: [--rounds R] [--markdown] [--folder FOLDER]

`workers`: a tree of mixed text, with one and with two workers. `small`: N texts of some 700 bytes, of which one in ten
holds planted values. `documents`: N documents of each of some kinds, of 4 kB of text with values of medium density (see
`corpora`). `sizes`: the same text as one file and as a thousand or fewer of at least 1 MB; each row is told as it is
measured. All other corpora are sparse; each round is a scan into a new folder, report included, after one scan of a
single file that is not counted.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import corpora
from extraction_office import make
from measuring import Launched, Spread, launched, surroundings, table

KINDS = ("prose", "csv", "applog", "access", "mail")
DOCUMENTS = ("csv", "json", "html", "eml", "docx", "xlsx", "pdf")
LIMIT_SECONDS = 3600
PLANTED = 10
"""Of so many small files one holds planted values."""


def make_tree(folder: Path, size_bytes: int, file_bytes: int) -> None:
    """Files of one kind each, the kinds in turn."""
    folder.mkdir()
    for number in range(max(size_bytes // file_bytes, 1)):
        kind = KINDS[number % len(KINDS)]
        name = f"{kind}-{number:05d}.{'csv' if kind == 'csv' else 'txt'}"
        corpora.write_corpus(folder / name, kind, "sparse", min(file_bytes, size_bytes), part=number)


def make_small(folder: Path, files: int) -> int:
    """Texts of a few lines in folders of 500; gives their bytes."""
    chance = random.Random(corpora.SEED)
    clean, planted = corpora.kinds()["prose"]
    size = 0
    for number in range(files):
        place = folder / f"{number // 500:04d}"
        if number % 500 == 0:
            place.mkdir(parents=True)
        lines = [clean(chance) for _ in range(3)]
        if number % PLANTED == 0:
            lines[1] = planted(chance)
        size += (place / f"notat {number:06d}.txt").write_bytes(("\n".join(lines) + "\n").encode())
    return size


def scan(target: Path, out: Path, jobs: int) -> Launched:
    """One scan; its run folder is deleted."""
    command = [sys.executable, "-m", "pii_scan", "scan", str(target), "--quiet", "--jobs", str(jobs), "--out"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    run = launched([*command, str(out / "run")], out, environment, LIMIT_SECONDS)
    shutil.rmtree(out / "run", ignore_errors=True)
    return run


def row(label: str, runs: list[Launched], amount: float, unit_seconds: float | None = None) -> list[str]:
    """`amount`: MB or files. `unit_seconds`: the median that ratios are of."""
    walls = [run.wall_seconds for run in runs]
    ratio = "" if unit_seconds is None else f"{unit_seconds / Spread.of(walls).median:.2f}"
    return [
        label, str(Spread.of(walls)), str(Spread.of([amount / wall for wall in walls])),
        str(Spread.of([run.cpu_seconds for run in runs])), ratio,
        f"{max(run.peak_mib for run in runs):.0f}", ", ".join(sorted({str(run.code) for run in runs})),
    ]  # fmt: skip


def workers(base: Path, out: Path, told: argparse.Namespace) -> Iterator[list[str]]:
    """One worker against two, the rounds in turns."""
    make_tree(base / "tree", told.size_mb * 1_000_000, 4_000_000)
    runs: dict[int, list[Launched]] = {1: [], 2: []}
    for _ in range(told.rounds):
        for jobs, done in runs.items():
            done.append(scan(base / "tree", out, jobs))
    one = Spread.of([run.wall_seconds for run in runs[1]]).median
    for jobs, done in runs.items():
        yield row(f"{told.size_mb} MB, {jobs} workers", done, told.size_mb, one)


def small(base: Path, out: Path, told: argparse.Namespace) -> Iterator[list[str]]:
    """Files a second."""
    size = make_small(base / "tree", told.files)
    for jobs in (1, 2):
        runs = [scan(base / "tree", out, jobs) for _ in range(told.rounds)]
        yield row(f"{told.files:,} files, {size / 1e6:.0f} MB, {jobs} workers", runs, told.files)


def documents(base: Path, out: Path, told: argparse.Namespace) -> Iterator[list[str]]:
    """Small documents of one kind after the other."""
    for kind in told.kinds:
        tree = base / kind
        for number in range(told.files):
            place = tree / f"{number // 500:04d}"
            place.mkdir(parents=True, exist_ok=True)
            make(kind, place, f"{number:06d}", 4_000, corpora.SEED + number)
        runs = [scan(tree, out, 2) for _ in range(told.rounds)]
        shutil.rmtree(tree)
        yield row(f"{told.files:,} {kind} of 4 kB, 2 workers", runs, told.files)


def sizes(base: Path, out: Path, told: argparse.Namespace) -> Iterator[list[str]]:
    """The same amount of text as one file and as many; made and deleted one at a time."""
    for size_mb in told.sizes_mb:
        part_mb = max(size_mb // 1000, 1)
        for kind in ("prose", "csv"):
            for label, file_mb in (("one file", size_mb), (f"files of {part_mb} MB", part_mb)):
                tree = base / "tree"
                tree.mkdir()
                for number in range(size_mb // file_mb):
                    name = tree / f"{number:05d}.{'csv' if kind == 'csv' else 'txt'}"
                    corpora.write_corpus(name, kind, "sparse", file_mb * 1_000_000, part=number)
                runs = [scan(tree, out, 2) for _ in range(told.rounds)]
                shutil.rmtree(tree)
                told_row = row(f"{kind}, {size_mb:,} MB, {label}", runs, size_mb)
                print(*told_row, sep=" | ", file=sys.stderr, flush=True)
                yield told_row


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["workers", "small", "documents", "sizes"])
    parser.add_argument("--size-mb", type=int, default=100)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--sizes-mb", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--kinds", nargs="+", default=DOCUMENTS, help="of documents")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the corpora are made (default: a temporary folder)")
    parser.add_argument("--markdown", action="store_true")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=told.folder) as name:
        base, out = Path(name), Path(name, "out")
        out.mkdir()
        for line in surroundings(corpora.SEED):
            print(f"- {line}")
        (base / "first.txt").write_text("ingen\n", encoding="utf-8")
        scan(base / "first.txt", out, 1)
        per = "files/s" if told.what in ("small", "documents") else "MB/s"
        ways = {"workers": workers, "small": small, "documents": documents, "sizes": sizes}
        rows = list(ways[told.what](base, out, told))
        header = ["scan", "seconds", per, "CPU seconds", "times as fast", "peak MiB of one process", "exit code"]
        print(table(header, rows, markdown=told.markdown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
