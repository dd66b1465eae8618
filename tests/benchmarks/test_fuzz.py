"""The fuzzer: the same mutants everywhere, every way to go wrong is noted; and a short run over the loader of rules.

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


def test_every_reader_and_the_rules_are_targets(fuzz: ModuleType) -> None:
    from extract.test_formats import SAMPLES

    sound = fuzz.corpus()
    assert set(sound) == {sample.file for sample in SAMPLES} | {fuzz.RULES}
    assert all(sound.values())


def test_a_mutant_is_the_same_each_time_and_of_a_package_mostly_a_package(fuzz: ModuleType) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.xml", b"<a>" + b"b" * 500 + b"</a>")
    data = out.getvalue()
    made = [fuzz.made_of("x", data, 1, number) for number in range(60)]
    assert made == [fuzz.made_of("x", data, 1, number) for number in range(60)]
    assert len(set(made)) > 50 and made != [fuzz.made_of("x", data, 2, number) for number in range(60)]
    assert sum(zipfile.is_zipfile(BytesIO(one)) for one in made) > 30
    assert fuzz.mutant(b"", random.Random(1)) == b""


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


@pytest.mark.timeout(120)
def test_rules_that_were_damaged_load_or_are_refused(fuzz: ModuleType, tmp_path: Path) -> None:
    data = fuzz.corpus()[fuzz.RULES]
    for number in range(150):
        assert fuzz.read(fuzz.RULES, fuzz.made_of(fuzz.RULES, data, 7, number), tmp_path) == "", number
