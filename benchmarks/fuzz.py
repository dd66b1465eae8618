"""Feeds every reader, and the loader of rules, with damaged files until the time is up, and says what went wrong.

    python benchmarks/fuzz.py --seconds 600 [--target access --target rules] [--seed N] [--keep FOLDER]

The corpus is what the tests make (tests/extract/formats_*.py, recognizers/*.yaml), changed as `mutant` does. Readers
run confined as a worker's are. An input that ends the process, takes too long or too much memory, or makes a reader
raise what it did not expect is kept in FOLDER and named; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import queue
import random
import resource
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pii_scan.detect.rules import load_rules
from pii_scan.errors import RuleError
from pii_scan.extract import dispatch, ocr
from pii_scan.extract.sandbox import WORKER_VARIABLES, confine
from pii_scan.model import Document, DocumentRef, Limits, Problem

ROOT = Path(__file__).resolve().parents[1]
RULES = "rules"
LIMITS = Limits(max_total_bytes=1 << 28, max_member_bytes=1 << 27, worker_bytes=1 << 30)
HANG_SECONDS = 20.0
SLOW_SECONDS = 3.0
MUCH_BYTES = 256 << 20
_WORDS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def corpus() -> dict[str, bytes]:
    """Sound files by target: the samples of the tests, and the built-in rules in one."""
    sys.path.insert(0, str(ROOT / "tests"))
    found: dict[str, bytes] = {}
    for module in ("formats_text", "formats_office", "formats_data", "formats_archives"):
        for sample in importlib.import_module(f"extract.{module}").SAMPLES:
            found[sample.file] = sample.make()
    return {
        **found,
        RULES: b"\n---\n".join(path.read_bytes() for path in sorted((ROOT / "recognizers").rglob("*.yaml"))),
    }


def mutant(data: bytes, chance: random.Random) -> bytes:
    """A changed copy: bits, bytes, numbers of any width at their edges, stretches cut, doubled, moved, zeroed; of a
    package every second one is whole, and one of its parts is changed.
    """
    if data.startswith(b"PK") and chance.random() < 0.7:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = chance.choice([name for name, content in parts.items() if content])
        parts[name] = mutant(parts[name], chance)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return out.getvalue()
    changed = bytearray(data)
    for _ in range(1 << chance.choice((0, 0, 1, 2, 4))):
        if not changed:
            break
        _change(changed, chance)
    return bytes(changed)


def _change(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(min(len(data), 1024) if chance.random() < 0.3 else len(data))
    length = min(chance.choice((1, 2, 4, 8, 64, 512, 4096)), len(data) - at)
    what = chance.randrange(7)
    if what == 0:
        data[at] ^= 1 << chance.randrange(8)
    elif what == 1:
        data[at : at + length] = chance.randbytes(length)
    elif what == 2:
        width, order = chance.choice("BHIQ"), chance.choice("<>")
        number = struct.pack(f"{order}{width}", chance.choice(_WORDS) & ((1 << 8 * struct.calcsize(width)) - 1))
        data[at : at + len(number)] = number
    elif what == 3:
        del data[at : at + length]
    elif what == 4:
        data[at:at] = data[at : at + length] * chance.choice((1, 2, 100))
    elif what == 5:
        other = chance.randrange(len(data))
        data[at : at + length] = data[other : other + length]
    else:
        data[at : at + length] = bytes(length)


def read(target: str, data: bytes, folder: Path) -> str:
    """Has a target read `data`; gives what it did not expect, or nothing."""
    if target == RULES:
        path = folder / "rule.yaml"
        path.write_bytes(data)
        try:
            load_rules([str(path)])
        except RuleError:
            pass
        return ""
    for item in dispatch.extract(Document(DocumentRef("t", target), io.BytesIO(data)), LIMITS):
        if isinstance(item, Problem) and ("Error while reading" in item.detail or str(item.code) == "memory"):
            return item.detail
    return ""


def one_rule(data: bytes, chance: random.Random) -> bytes:
    """One of the built-in rules."""
    return chance.choice(data.split(b"\n---\n"))


def serve(target: str, sound: Path, seed: int, start: int) -> None:
    """The child: says each number before it is tried, and what came of it."""
    ocr_installed: Callable[[], Any] = lambda: None  # noqa: E731
    ocr.installed = cast(Any, ocr_installed)  # takes minutes, and is a program of its own
    data = sound.read_bytes()
    folder = Path(tempfile.mkdtemp())
    out = os.fdopen(os.dup(1), "w", 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    confine(LIMITS)
    number = start
    while True:
        out.write(json.dumps([number]) + "\n")
        made = made_of(target, data, seed, number)
        before, held = time.process_time(), _peak()
        said = read(target, made, folder)  # what it raises ends this process, which is noted
        took, grown = time.process_time() - before, _peak() - held
        if not said and took > SLOW_SECONDS:
            said = f"took {took:.1f} s"
        if not said and grown > MUCH_BYTES:
            said = f"took {grown >> 20} MiB"
        if said:
            out.write(json.dumps([number, said]) + "\n")
        number += 1


def made_of(target: str, data: bytes, seed: int, number: int) -> bytes:
    """The mutant of a number: the same on every machine."""
    chance = random.Random(f"{seed} {target} {number}")
    return mutant(one_rule(data, chance) if target == RULES else data, chance)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@dataclass
class Target:
    """How far a target has come, and what was found."""

    name: str
    tried: int = 0
    found: dict[str, list[int]] = field(default_factory=dict)


def turn(target: Target, sound: Path, seed: int, seconds: float) -> None:
    """Lets a child try mutants for so long; what ends it, or hangs, is noted and passed over."""
    command = [sys.executable, __file__, "--child", target.name, "--sound", str(sound), "--seed", str(seed),
               "--start", str(target.tried)]  # fmt: skip
    env = {**os.environ, **WORKER_VARIABLES}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env) as child:
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_listen, args=(child, lines), daemon=True).start()
        end, current = None, -1  # the time begins with the first mutant, not with the loading of modules
        while end is None or time.monotonic() < end:
            try:
                line = lines.get(timeout=HANG_SECONDS if current >= 0 else 120)
            except queue.Empty:
                _note(target, current, "hangs")
                break
            if not line:
                _note(target, current, f"ended the process ({child.wait()})")
                break
            current, *said = json.loads(line)
            end = end or time.monotonic() + seconds
            target.tried = max(target.tried, current)
            for one in said:
                _note(target, current, one)
        child.kill()


def _listen(child: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        lines.put(line)
    lines.put(b"")


def _note(target: Target, number: int, said: str) -> None:
    target.found.setdefault(said, []).append(number)
    target.tried = max(target.tried, number + 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until the time is up; 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--target", action="append", default=[], help="part of a sample's name; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--sound", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        serve(asked.child, asked.sound, asked.seed, asked.start)
    sound = corpus()
    targets = [Target(name, asked.start) for name in sound if not asked.target or any(t in name for t in asked.target)]
    with tempfile.TemporaryDirectory() as folder:
        for number, target in enumerate(targets):
            file = Path(folder, str(number))
            file.write_bytes(sound[target.name])
            end = time.monotonic() + asked.seconds / len(targets)
            while (left := end - time.monotonic()) > 0:
                turn(target, file, asked.seed, left)
    bad = 0
    for target in targets:
        print(f"{target.name}: {target.tried - asked.start} mutants")
        for said, numbers in target.found.items():
            bad += len(numbers)
            print(f"  {said}: {len(numbers)}, the first is number {numbers[0]}")
            if asked.keep:
                asked.keep.mkdir(parents=True, exist_ok=True)
                data = made_of(target.name, sound[target.name], asked.seed, numbers[0])
                (asked.keep / f"{numbers[0]}-{target.name}").write_bytes(data)
    print(f"{sum(t.tried - asked.start for t in targets)} mutants, {bad} of them trouble")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
