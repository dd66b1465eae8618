"""Feeds readers, loaders and the kernel with damaged files until the time is up, and says what went wrong.

    python benchmarks/fuzz.py --seconds 600 [--target access --target rules] [--seed N] [--keep FOLDER] [--sanitized]

Targets and the way files are damaged are those of `fuzz_targets.py`. All run confined as a worker is. An input that
ends the process, takes too long or too much memory, or makes a reader raise what it did not expect is kept in FOLDER
and named; the exit code is then 1. A child that has grown over many mutants is replaced, as the engine replaces a
worker. `fuzz_guided.py` does the same led by what code a mutant reaches. `--sanitized`: the kernel is built anew with
the address sanitizer (gcc), and the target is `kernel`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import queue
import resource
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from fuzz_targets import KERNEL, LIMITS, ROOT, corpus, made_of, read

from pii_scan.engines.local import RECYCLE_BYTES
from pii_scan.extract import ocr
from pii_scan.extract.sandbox import WORKER_VARIABLES, confine, resident_bytes

HANG_SECONDS = 20.0
SLOW_SECONDS = 3.0
MUCH_BYTES = 256 << 20


def serve(target: str, sound: Path, seed: int, start: int, built: str = "") -> None:
    """The child: says each number before it is tried, and what came of it. Ends with 0 where another is to go on."""
    ocr_installed: Callable[[], Any] = lambda: None  # noqa: E731
    ocr.installed = cast(Any, ocr_installed)  # takes minutes, and is a program of its own
    if built:
        use_kernel(built)
    data = sound.read_bytes()
    folder = Path(tempfile.mkdtemp())
    out = os.fdopen(os.dup(1), "w", 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    confine(LIMITS)
    resident = resident_bytes(os.getpid())
    number = start
    while True:
        out.write(json.dumps([number]) + "\n")
        old = number > start + 1
        if old and resident_bytes(os.getpid()) - resident > RECYCLE_BYTES:
            return
        said = tried(target, made_of(target, data, seed, number), folder)
        if old and "memory" in said.lower():  # of this one mutant, or of all before it?
            return
        if said:
            out.write(json.dumps([number, said]) + "\n")
        number += 1


def tried(target: str, data: bytes, folder: Path) -> str:
    """What was wrong with one reading, or nothing."""
    before, held = time.process_time(), _peak()
    try:
        said = read(target, data, folder)
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
    took, grown = time.process_time() - before, _peak() - held
    if not said and took > SLOW_SECONDS:
        said = f"took {took:.0f} s"
    if not said and grown > MUCH_BYTES:
        said = f"took {grown >> 20} MiB"
    return said


def use_kernel(built: str) -> None:
    """Puts the kernel in the file `built` in place of the installed one."""
    name = "pii_scan.detect._kernel"
    spec = importlib.util.spec_from_file_location(name, built)
    assert spec is not None and spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


def sanitized(folder: Path) -> tuple[str, dict[str, str]]:
    """The kernel built to stop at what C leaves undefined, and the variables that a process wants to load it."""
    built = str(folder / "_kernel.abi3.so")
    sources = [str(path) for path in sorted((ROOT / "src" / "pii_scan" / "detect").glob("_kernel*.c"))]
    flags = ["-shared", "-fPIC", "-O1", "-g", "-DPy_LIMITED_API=0x030B0000", "-std=c99", "-fno-sanitize-recover=all",
             "-fsanitize=address,undefined", f"-I{sysconfig.get_paths()['include']}"]  # fmt: skip
    subprocess.run(["gcc", *flags, *sources, "-o", built], check=True)
    told = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout
    return built, {"LD_PRELOAD": os.path.realpath(told.strip()), "ASAN_OPTIONS": "detect_leaks=0"}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@dataclass
class Target:
    """How far a target has come, and what was found."""

    name: str
    tried: int = 0
    found: dict[str, list[int]] = field(default_factory=dict)


def turn(
    target: Target, sound: Path, seed: int, seconds: float, built: str = "", more: Mapping[str, str] | None = None
) -> None:
    """Lets a child try mutants for so long; what ends it, or hangs, is noted and passed over."""
    command = [sys.executable, __file__, "--child", target.name, "--sound", str(sound), "--seed", str(seed),
               "--start", str(target.tried), *(["--kernel", built] if built else [])]  # fmt: skip
    env = {**os.environ, **WORKER_VARIABLES, **(more or {})}
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
                if status := child.wait():
                    _note(target, current, f"ended the process ({status})")
                break
            current, *said = json.loads(line)
            end = end or time.monotonic() + seconds
            target.tried = max(target.tried, current)
            for one in said:
                _note(target, current, one)
        child.kill()


def _listen(child: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    assert child.stdout is not None
    with contextlib.suppress(ValueError, OSError):  # closed by who has heard enough
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
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--kernel", default="", help=argparse.SUPPRESS)
    parser.add_argument("--sound", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        serve(asked.child, asked.sound, asked.seed, asked.start, asked.kernel)
        return 0
    wanted = [KERNEL] if asked.sanitized else asked.target
    sound = corpus(lambda name: not wanted or any(part in name for part in wanted))
    targets = [Target(name, asked.start) for name in sound]
    with tempfile.TemporaryDirectory() as folder:
        built, more = sanitized(Path(folder)) if asked.sanitized else ("", {})
        for number, target in enumerate(targets):
            file = Path(folder, str(number))
            file.write_bytes(sound[target.name])
            end = time.monotonic() + asked.seconds / len(targets)
            while (left := end - time.monotonic()) > 0:
                turn(target, file, asked.seed, left, built, more)
    return told(targets, sound, asked)


def told(targets: Sequence[Target], sound: Mapping[str, bytes], asked: argparse.Namespace) -> int:
    """Prints what was found, and keeps the first input of each kind."""
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
