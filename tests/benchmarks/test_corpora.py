"""The corpora of the benchmarks: the same for a seed, of the promised density, nobody's numbers."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
KINDS = ("prose", "csv", "applog", "access", "mail")
PLANTED = re.compile(
    r"@[a-z.]*example\.|\b68 ?05 ?\d\d ?\d\d\b|\b\d{6} ?\d{5}\b|\b\d{4}\.\d\d\.\d{5}\b"
    r"|\bNO\d\d \d{4}|\b45(?:\.\d+){3}\b"
)


def load(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def corpora() -> ModuleType:
    return load("corpora")


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_corpus(corpora: ModuleType, kind: str, tmp_path: Path) -> None:
    digests = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        size = corpora.write_corpus(tmp_path / name, kind, "medium", 300_000, seed)
        data = (tmp_path / name).read_bytes()
        assert size == len(data) <= 300_000 and data.endswith(b"\n")
        assert size > 298_000
        digests.append(hashlib.sha256(data).hexdigest())
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("density", "every"), [("sparse", 10_000), ("medium", 100), ("dense", 1)])
def test_density_is_exact(corpora: ModuleType, kind: str, density: str, every: int) -> None:
    blocks = itertools.islice(corpora.blocks(kind, density), 2)
    lines = [line.decode() for block in blocks for line in block]
    planted = [i for i, line in enumerate(lines) if PLANTED.search(line)]
    assert len(planted) == len(lines) // every
    assert {i // every for i in planted} == set(range(len(lines) // every))


def test_a_longer_corpus_begins_like_a_shorter_one(corpora: ModuleType, tmp_path: Path) -> None:
    corpora.write_corpus(tmp_path / "short", "mail", "dense", 100_000)
    corpora.write_corpus(tmp_path / "long", "mail", "dense", 400_000)
    short = (tmp_path / "short").read_bytes()
    assert (tmp_path / "long").read_bytes().startswith(short)
    assert short.decode().split("\n")[:50] == corpora.sample("mail", "dense", 50)


def test_csv_rows_have_the_columns_of_the_header(corpora: ModuleType) -> None:
    width = corpora.CSV_HEADER.count(";")
    for density in ("sparse", "dense"):
        assert {line.count(";") for line in corpora.sample("csv", density, 2000)} == {width}


def test_national_numbers_of_corpora_are_of_the_test_series(corpora: ModuleType) -> None:
    numbers = [line.split(";")[2].replace(" ", "") for line in corpora.sample("csv", "dense", 2000)]
    for digits in numbers:
        assert 81 <= int(digits[2:4]) <= 92
        assert sum(w * int(d) for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), digits, strict=False)) % 11 == 0
        assert sum(w * int(d) for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), digits, strict=True)) % 11 == 0


def test_spread_names_median_minimum_and_maximum() -> None:
    measuring = load("measuring")
    spread = measuring.Spread.of([3.0, 1.0, 250.0])
    assert (spread.median, spread.low, spread.high) == (3.0, 1.0, 250.0)
    assert str(spread) == "3.00 (1.00 to 250)"


def test_surroundings_say_machine_versions_date_and_commit() -> None:
    text = "\n".join(load("measuring").surroundings(2026))
    assert all(word in text for word in ("machine: ", "versions: Python ", "date: ", "commit: ", "corpus seed: 2026"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_memory_counts_the_whole_process_tree() -> None:
    memory = load("memory")
    child = "import time; held = bytearray(60 << 20); time.sleep(0.6)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    peak = memory.measure([sys.executable, "-c", parent])
    assert peak.exit_code == 0 and peak.processes >= 2
    assert peak.tree_bytes >= peak.at_once_bytes >= 60 << 20
    assert os.getpid() in memory.descendants(os.getpid())


@pytest.mark.parametrize("name", ["corpora", "memory", "presidio_throughput"])
def test_every_benchmark_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = load(name)
    parse = getattr(module, "parse", module.main)
    with pytest.raises(SystemExit) as ended:
        parse(["--help"])
    assert ended.value.code == 0
    assert "--seed" in capsys.readouterr().out
