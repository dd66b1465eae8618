"""What the fuzzers feed: readers of documents, loaders of what a user writes or is handed, and the compiled kernel.

Each target is a sound file to begin from and a door to hand it to. The files are what the tests make, the built-in
rules, and the notices, contracts and settings of this repository.
"""

from __future__ import annotations

import importlib
import io
import os
import random
import shutil
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pii_scan import kernel
from pii_scan.config import load_config
from pii_scan.contract.model import load_contract
from pii_scan.detect.groups import PADDING
from pii_scan.detect.patterns import PatternSet
from pii_scan.detect.rules import FLAGS, load_rules
from pii_scan.engines.scan import scan
from pii_scan.errors import PiiScanError
from pii_scan.extract import dispatch
from pii_scan.findings.store import load_run
from pii_scan.model import Document, DocumentRef, Limits, Problem
from pii_scan.notice.model import load_notice
from pii_scan.notice.record_file import load_record
from pii_scan.record_dates.forms import read_days
from pii_scan.record_dates.keyed import values_under_keys
from pii_scan.record_dates.lines import line_days
from pii_scan.report import html, json_v1
from pii_scan.systems.profiles import load_profiles

ROOT = Path(__file__).resolve().parents[1]
RULES, RUN, KERNEL = "rules", "run", "kernel"
LIMITS = Limits(max_total_bytes=1 << 28, max_member_bytes=1 << 27, worker_bytes=1 << 30)
BETWEEN = b"\n---\n"
_WORDS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_LOADERS: Mapping[str, tuple[str, Callable[[Path], object]]] = {
    RULES: ("recognizers/**/*.yaml", lambda path: load_rules([str(path)])),
    "config": ("configs/*.example.yaml", lambda path: load_config(path, {})),
    "estate": ("configs/estate/*.yaml", lambda path: load_config(path, {})),
    "notice": ("configs/notices/*.yaml", load_notice),
    "record": ("configs/ropa/skeleton.yaml", load_record),
    "contract": ("configs/contracts/*.yaml", load_contract),
    "systems": ("configs/systems/*.yaml", lambda path: load_profiles([path])),
}
"""Loaders of YAML: which files are sound, and what loads one."""
SAMPLES = ("formats_text", "formats_office", "formats_data", "formats_archives")


def corpus(wanted: Callable[[str], bool] = lambda name: True) -> dict[str, bytes]:
    """Sound files by the names of the targets that are `wanted`; of a loader all files in one."""
    sys.path.insert(0, str(ROOT / "tests"))
    samples = {one.file: one.make for module in SAMPLES for one in importlib.import_module(f"extract.{module}").SAMPLES}
    loaders = {name: lambda files=files: _joined(files) for name, (files, _) in _LOADERS.items()}
    makers: dict[str, Callable[[], bytes]] = {**samples, **loaders, RUN: _made_run, KERNEL: _values}
    return {name: make() for name, make in makers.items() if wanted(name)}


def _joined(files: str) -> bytes:
    return BETWEEN.join(path.read_bytes() for path in sorted(ROOT.glob(files)))


def _made_run() -> bytes:
    """The folder of a small run, as a ZIP."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w") as packed:
        tree, run = Path(folder, "in"), Path(folder, "run")
        tree.mkdir()
        (tree / "a.csv").write_text("navn;e-post;fødselsdato\nKari;kari@example.no;1.2.2019\n", "utf-8")
        (tree / "b.bin").write_bytes(bytes(range(256)) * 9)
        scan([tree], out=run, environment={"PII_SCAN_KEY": "5e" * 32, "PII_SCAN_CONFIG_HOME": folder})
        for path in sorted(run.rglob("*")):
            if path.suffix in (".json", ".parquet"):
                packed.write(path, path.relative_to(run).as_posix())
    return out.getvalue()


def _values() -> bytes:
    """Text that many rules begin to match in."""
    return bytes(importlib.import_module("planting").TEXT.encode()) * 4


def mutant(data: bytes, chance: random.Random) -> bytes:
    """A changed copy: bits, bytes, numbers of any width at their edges, stretches cut, doubled, moved, zeroed; of a
    package every second one is whole, and one of its parts is changed.
    """
    if data.startswith(b"PK") and chance.random() < 0.7 and (parts := _parts(data)):
        name = chance.choice(list(parts))
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


def _parts(data: bytes) -> dict[str, bytes]:
    """The members of a package; none where it is damaged already."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
        return {}


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


def made_of(target: str, data: bytes, seed: int, number: int) -> bytes:
    """The mutant of a number: the same on every machine. Of a loader, of one of its files."""
    chance = random.Random(f"{seed} {target} {number}")
    return mutant(chance.choice(data.split(BETWEEN)) if target in _LOADERS else data, chance)


def read(target: str, data: bytes, folder: Path) -> str:
    """Has a target read `data`; gives what it did not expect, or nothing. Raises what no reader or loader may raise."""
    if target in _LOADERS:
        path = folder / "given.yaml"
        path.write_bytes(data)
        try:
            _LOADERS[target][1](path)
        except PiiScanError:
            pass
        return ""
    if target == RUN:
        return _read_run(data, folder)
    if target == KERNEL:
        return _both_kernels(data)
    for item in dispatch.extract(Document(DocumentRef("t", target), io.BytesIO(data)), LIMITS):
        if isinstance(item, Problem) and ("Error while reading" in item.detail or str(item.code) == "memory"):
            return item.detail
    return ""


def _read_run(data: bytes, folder: Path) -> str:
    """Reports of a run folder that someone hands over. Members go nowhere but where a run has files."""
    folder = folder / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in _parts(data).items():
        place = Path(name)
        if len(place.parts) <= 2 and ".." not in place.parts and not place.is_absolute() and place.name.isascii():
            (folder / place).parent.mkdir(exist_ok=True)
            (folder / place).write_bytes(content)
    try:
        run = load_run(folder)
        for write in (json_v1.write, html.write):
            write(run, io.BytesIO(), "nb")
    except (PiiScanError, OSError):
        pass
    return ""


@cache
def _patterns() -> PatternSet:
    return PatternSet(sorted({(pattern.regex, FLAGS) for rule in load_rules() for pattern in rule.patterns}))


def _both_kernels(data: bytes) -> str:
    padding = b"\xff" * PADDING
    buffer = np.frombuffer(padding + data + padding, np.uint8)
    said: list[Any] = []
    for name in kernel.NAMES:
        os.environ[kernel.VARIABLE] = name
        found = _patterns().scan(buffer)
        said.append([found.pattern.tolist(), found.start.tolist(), found.end.tolist(), _dates(data)])
    return "" if said[0] == said[1] else "the kernels differ"


def _dates(data: bytes) -> list[Any]:
    """What the data show of dates: in lines, under keys, and each line as a cell."""
    block = np.frombuffer(data or b"\0", np.uint8)
    days, count = line_days(block, len(block) - 9)
    keyed = values_under_keys(block, len(block) - 9)
    ends = np.append(np.flatnonzero(block == 10), len(block))
    starts = np.append(0, ends[:-1])
    read = read_days(block, starts, ends - starts, 2026)
    return [days.tolist(), count, *(one.tolist() for one in (*keyed[:3], *read)), keyed.names]
