"""Whole scans of one tree of text files by pii-scan and other tools: clock, processor and memory, in one run.

    python benchmarks/whole_scan.py [--size-mb N] [--kinds KIND ...] [--rounds R] [--peers FOLDER] [--markdown]

The tree: five kinds of text (`corpora.py`), sparse, in files of 4 MB. Each tool is its own command, start and output
included, with as many workers as it takes; what it prints is thrown away. ripgrep counts lines (`rg -c`) that six
expressions fit, of the types that `pii-scan --only` looks for, by bytes (`--no-unicode`, many times as fast); it
validates nothing. hawk-scanner and kingfisher are given the same expressions. Peers are in environments of their own in
FOLDER: those of `accuracy/peers.py`, and two more: `python -m venv FOLDER/hawk`, there `pip install hawk-scanner`;
FOLDER/kingfisher, `kingfisher-bin`. A tool that is not there is named, never left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import corpora
from measuring import Launched, Spread, launched, surroundings, table

KINDS = ("prose", "csv", "applog", "access", "mail")
FILE_BYTES = 4_000_000
SHARED = "EMAIL_ADDRESS,IP_ADDRESS,PHONE_NUMBER,CREDIT_CARD,IBAN_CODE,NO_FODSELSNUMMER"
PATTERNS = (
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    r"(?:\+47|0047)?\s?\b[2-9]\d(?:\s?\d\d){3}\b", r"\b(?:\d[ -]?){13,16}\b",
    r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}\b", r"\b[0-7]\d{5}\s?\d{5}\b",
)  # fmt: skip
"""What ripgrep looks for: the forms of SHARED, without any check."""


def make_tree(folder: Path, size_bytes: int, kinds: Sequence[str] = KINDS) -> int:
    """Writes the tree, kinds in turn; gives its size."""
    written = number = 0
    while written < size_bytes:
        kind = kinds[number % len(kinds)]
        name = f"{kind}-{number:05d}.{'csv' if kind == 'csv' else 'log' if kind in ('applog', 'access') else 'txt'}"
        written += corpora.write_corpus(folder / name, kind, "sparse", FILE_BYTES, seed=corpora.SEED + number)
        number += 1
    return written


def commands(tree: Path, out: Path, peers: Path) -> dict[str, list[str] | str]:
    """By tool its command, or why there is none."""
    scan = [sys.executable, "-m", "pii_scan", "scan", str(tree), "--quiet", "--allow-incomplete", "--out"]
    rg = shutil.which("rg")
    kingfisher = peers / "kingfisher" / "bin" / "kingfisher"
    hawk = peers / "hawk" / "bin" / "hawk_scanner"
    given = _written_patterns(out.parent, tree)
    piilint = peers / "piilint" / "bin" / "piilint"
    ferret = peers / "ferret" / "bin" / "ferret-scan"
    absent = "not installed"
    asked = [part for one in PATTERNS for part in ("-e", one)]
    return {
        "pii-scan, the six types": [*scan, str(out / "six"), "--only", SHARED],
        "pii-scan, all it knows": [*scan, str(out / "all")],
        "rg -c": [rg, "-c", "--no-messages", "--no-unicode", *asked, str(tree)] if rg else absent,
        "piilint": [str(piilint), "scan", str(tree)] if piilint.exists() else absent,
        "ferret-scan": [
            str(ferret), "--file", str(tree), "--recursive", "--quiet", "--checks",
            "EMAIL,PHONE,IP_ADDRESS,CREDIT_CARD,BANK_ACCOUNT", "--limit", "0",
        ] if ferret.exists() else absent,
        "kingfisher": [
            str(kingfisher), "scan", str(tree), "--rules-path", given["kingfisher"], "--load-builtins=false",
            "--no-update-check", "--no-validate", "--git-history", "none",
        ] if kingfisher.exists() else absent,
        "hawk-scanner": [
            str(hawk), "fs", "--connection", given["tree"], "--fingerprint", given["hawk"], "--shutup", "--quiet",
            "--no-write", "--json", str(out / "hawk" / "out.json"),
        ] if hawk.exists() else absent,
    }  # fmt: skip


def _written_patterns(folder: Path, tree: Path) -> dict[str, str]:
    """Files that tell the tools that want them what to look for and where."""
    rules = [
        {"name": f"p{n}", "id": f"pii.p{n}", "pattern": one, "min_entropy": 0, "confidence": "medium"}
        for n, one in enumerate(PATTERNS)
    ]
    files = {
        "kingfisher": {"rules": rules},
        "hawk": {f"p{n}": one for n, one in enumerate(PATTERNS)},
        "tree": {"sources": {"fs": {"tree": {"path": str(tree)}}}},
    }
    for name, content in files.items():
        (folder / f"{name}.yml").write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    return {name: str(folder / f"{name}.yml") for name in files}


def measured(command: Sequence[str], out: Path, rounds: int, limit: int) -> list[Launched]:
    """One run a round; what it left is deleted after each."""
    runs = []
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(rounds):
        for made in out.iterdir():
            shutil.rmtree(made)
        (out / "hawk").mkdir()
        runs.append(launched(command, out, environment, limit))
    return runs


def rows(runs: dict[str, list[Launched]], size_bytes: int) -> list[list[str]]:
    """Ratios are of clock time, pii-scan with the six types being 1."""
    ours = Spread.of([run.wall_seconds for run in runs["pii-scan, the six types"]]).median
    return [
        [
            tool, str(Spread.of([run.wall_seconds for run in tried])),
            str(Spread.of([size_bytes / run.wall_seconds / 1e6 for run in tried])),
            str(Spread.of([run.cpu_seconds for run in tried])),
            str(Spread.of([run.wall_seconds / ours for run in tried])),
            f"{max(run.peak_mib for run in tried):.0f}", ", ".join(sorted({str(run.code) for run in tried})),
        ]
        for tool, tried in runs.items()
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size-mb", type=int, default=50)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=Path.home() / ".cache" / "pii-scan-benchmarks" / "peers")
    parser.add_argument("--only", nargs="+", default=(), help="tools to run, by the beginning of their names")
    parser.add_argument("--limit", type=int, default=3600, help="seconds after which a tool is ended (exit code -9)")
    parser.add_argument("--markdown", action="store_true")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as base:
        tree, out = Path(base, "tree"), Path(base, "out")
        tree.mkdir()
        out.mkdir()
        size = make_tree(tree, told.size_mb * 1_000_000, told.kinds)
        runs = {}
        for line in surroundings(corpora.SEED):
            print(f"- {line}")
        print(f"- tree: {size / 1e6:.0f} MB of {', '.join(told.kinds)} in {len(list(tree.iterdir()))} files")
        for tool, command in commands(tree, out, told.peers).items():
            if told.only and not tool.startswith(tuple(told.only)) and tool != "pii-scan, the six types":
                continue
            if isinstance(command, str):
                print(f"- {tool}: {command}")
                continue
            measured(command, out, 1, told.limit)  # not counted: caches are warm for all
            runs[tool] = measured(command, out, told.rounds, told.limit)
        header = ["tool", "seconds", "MB/s", "CPU seconds", "times pii-scan's time", "peak MiB", "exit code"]
        print(table(header, rows(runs, size), markdown=told.markdown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
