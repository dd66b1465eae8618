"""Feeds one target with mutants that are led by the code they reach (atheris, libFuzzer), and keeps what is found.

    pip install atheris                             # a tool of this benchmark alone; wheels for Python 3.11 to 3.13
    python benchmarks/fuzz_guided.py --target kunder.mdb --target post.pst --seconds 300 --corpus FOLDER

Targets are those of `fuzz_targets.py`. Each has a process of its own and FOLDER/TARGET, where the inputs that reached
something new lie; a later run goes on from there. Inputs that a reader did not survive are in FOLDER/TARGET.found. The
cage is not put on: libFuzzer writes files and starts threads. The exit code is 1 where anything was found.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHILD = "--child"
LIMIT_MIB = 2048
SLOW_SECONDS = 20
ENOUGH = 5
"""Inputs that a target did not survive in one run."""
SEEDS = 40
"""Mutants that a new corpus begins with, beside the sound file: packages have none of libFuzzer's own making."""


class Trouble(Exception):
    """A target did what it must not. Says no more than `fuzz_targets.read` does."""


def serve(name: str, corpus: Path, found: Path, seconds: int, seed: int) -> None:
    """The child: instruments the package as it is loaded, and has libFuzzer call the target until the time is up."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["pii_scan.extract", "pii_scan.yaml_file"], enable_loader_override=False):
        targets: Any = importlib.import_module("fuzz_targets")
        ocr: Any = importlib.import_module("pii_scan.extract.ocr")
        for reader in targets.dispatch.READERS.values():
            importlib.import_module(f"pii_scan.extract.{reader.entry_point.partition(':')[0]}")
    ocr.installed = lambda: None  # takes minutes, and is a program of its own
    sound = targets.corpus(lambda one: one == name)[name]
    if not any(corpus.iterdir()):
        (corpus / "sound").write_bytes(sound)
        for number in range(SEEDS):
            (corpus / f"mutant{number}").write_bytes(targets.made_of(name, sound, seed, number))
    folder = Path(tempfile.mkdtemp())

    def one_input(data: bytes) -> None:
        if said := targets.read(name, data, folder):
            raise Trouble(said)

    def changed(data: bytes, most: int, chance: int) -> bytes:
        """Mutants of libFuzzer's making and ours in turns."""
        if chance % 2:
            return bytes(atheris.Mutate(data, most))
        return bytes(targets.mutant(data, random.Random(chance)))[:most]

    options = [
        f"-max_total_time={seconds}", f"-rss_limit_mb={LIMIT_MIB}", f"-timeout={SLOW_SECONDS}", f"-seed={seed}",
        f"-artifact_prefix={found}/", f"-max_len={max(len(sound) * 2, 4096)}", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(corpus)], one_input, custom_mutator=changed)
    atheris.Fuzz()


def guided(name: str, asked: argparse.Namespace) -> int:
    """Runs one target until its time is up; gives how many inputs it has not survived, those of earlier runs too."""
    corpus, found = asked.corpus / name, asked.corpus / f"{name}.found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    end = time.monotonic() + asked.seconds
    before, tried, reached = len(list(found.iterdir())), 0, "?"
    while (left := int(end - time.monotonic())) > 0 and len(list(found.iterdir())) - before < ENOUGH:
        command = [sys.executable, __file__, CHILD, name, "--corpus", str(asked.corpus), "--seconds", str(left),
                   "--seed", str(asked.seed + tried)]  # fmt: skip
        lines = subprocess.run(command, capture_output=True, text=True, errors="replace").stderr.splitlines()
        tried += sum(int(line.split()[-1]) for line in lines if "number_of_executed_units" in line)
        reached = next((line.split("cov: ")[1].split()[0] for line in reversed(lines) if "cov: " in line), reached)
        for line in lines:  # not what else was raised: it could quote the input
            if line.lstrip().startswith(("fuzz_guided.Trouble", "Trouble", "SUMMARY", "File ")):
                print(f"  {line.strip()}")
    kept = len(list(found.iterdir()))
    print(f"{name}: {tried} inputs, {reached} places reached, {kept} found", flush=True)
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    """One target after the other, each for so long."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--target", action="append", default=[], help="the name of a sample; may be repeated")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir(), "pii-scan-fuzz"))
    parser.add_argument(CHILD, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed (pip install atheris); fuzz.py does without", file=sys.stderr)
        return 2
    if asked.child:
        serve(asked.child, asked.corpus / asked.child, asked.corpus / f"{asked.child}.found", asked.seconds, asked.seed)
        return 0
    return 1 if sum(guided(name, asked) for name in asked.target) else 0


if __name__ == "__main__":
    raise SystemExit(main())
