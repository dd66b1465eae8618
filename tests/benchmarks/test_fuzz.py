"""The fuzzer: the same mutants everywhere, every way to go wrong is noted; and a short run over loaders and kernel.

Readers get their short run in `tests/extract/test_formats.py`: 200 mutants of each format.
"""

from __future__ import annotations

import random
import zipfile
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest
from benchmarks.test_extraction import load

SCRIPT = """
import json, os, sys, time
start = int(sys.argv[sys.argv.index("--start") + 1])
for number in range(start, 100):
    print(json.dumps([number]), flush=True)
    if number == 2:
        print(json.dumps([number, "took 9.0 s"]), flush=True)
    if number == 3:
        os.abort()
    if number == 5:
        time.sleep(60)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    return load("fuzz")


@pytest.fixture(scope="module")
def targets() -> ModuleType:
    return load("fuzz_targets")


@pytest.fixture(scope="module")
def sound(targets: ModuleType) -> dict[str, bytes]:
    return dict(targets.corpus())


LOADERS = ["rules", "config", "estate", "notice", "record", "contract", "systems", "run", "kernel"]


def test_every_reader_and_every_loader_is_a_target(sound: dict[str, bytes]) -> None:
    from extract.test_formats import SAMPLES

    assert set(sound) == {sample.file for sample in SAMPLES} | set(LOADERS)
    assert all(sound.values())


def test_a_mutant_is_the_same_each_time_and_of_a_package_mostly_a_package(targets: ModuleType) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.xml", b"<a>" + b"b" * 500 + b"</a>")
    data = out.getvalue()
    made = [targets.made_of("x", data, 1, number) for number in range(60)]
    assert made == [targets.made_of("x", data, 1, number) for number in range(60)]
    assert len(set(made)) > 50 and made != [targets.made_of("x", data, 2, number) for number in range(60)]
    assert sum(zipfile.is_zipfile(BytesIO(one)) for one in made) > 30
    assert targets.mutant(b"", random.Random(1)) == b""


def test_what_ends_or_hangs_the_child_is_noted_and_the_rest_goes_on(
    fuzz: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "child.py").write_text(SCRIPT, encoding="utf-8")
    monkeypatch.setattr(fuzz, "__file__", str(tmp_path / "child.py"))
    monkeypatch.setattr(fuzz, "HANG_SECONDS", 3.0)
    target = fuzz.Target("x")
    for _ in range(2):
        fuzz.turn(target, tmp_path / "sound", 1, 60.0)
    assert target.found == {"took 9.0 s": [2], "ended the process (-6)": [3], "hangs": [5]}
    assert target.tried == 6


def test_what_a_target_raises_is_named_without_its_message(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*given: object) -> str:
        raise ValueError("kari@example.no")

    monkeypatch.setattr(fuzz, "read", read)
    said = fuzz.tried("x", b"", Path())
    assert said.startswith("ValueError in test_fuzz.py, line ") and "kari" not in said


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", LOADERS)
def test_what_was_damaged_loads_or_is_refused(
    name: str, targets: ModuleType, sound: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PII_SCAN_KERNEL", "")
    for number in range(20 if name == "kernel" else 150):
        assert targets.read(name, targets.made_of(name, sound[name], 7, number), tmp_path) == "", number
