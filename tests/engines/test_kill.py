"""Scans that are killed with SIGKILL at random moments, or run out of disk, and resumed: the same as undisturbed ones.

`benchmarks/resume_cycles.py` does the same for as long as one likes.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scanning import environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
KILLS = 5


@pytest.fixture(scope="module")
def script() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("resume_cycles")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def cycles(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    work = tmp_path_factory.mktemp("cycles")
    script.make_tree(work / "tree", 60)
    return script.Cycles(work / "tree", work, environment(), seed=20261130)


@pytest.mark.parametrize("number", range(2))
def test_a_run_that_was_killed_again_and_again_is_the_run_that_was_not(cycles: Any, number: int) -> None:
    found = cycles.run(KILLS)
    assert found == cycles.expected
    assert len(found["findings"]) > 1000 and len(found["problems"]) == 2
    assert cycles.tally.kills > number
    assert sorted(path.name for path in cycles.work.iterdir()) == ["tree", "whole"]  # nothing temporary is left


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with hardly any room."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=120k", "tmpfs", os.fspath(place)]
    try:
        subprocess.run(mounted, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may mount nothing")
    yield place
    subprocess.run(["umount", os.fspath(place)], check=True)


def test_a_disk_that_is_full_stops_the_scan_and_with_room_it_goes_on(
    cycles: Any, script: ModuleType, little_disk: Path
) -> None:
    run = little_disk / "run"
    first = subprocess.run(
        cycles.command(run, 2), env=environment(), capture_output=True, text=True, timeout=240, check=False
    )
    assert first.returncode == 3
    hint = "make room; `scan --resume --out RUN` then goes on"
    assert first.stderr == f"error: no space is left for the run folder ({hint})\n"
    assert not list(run.rglob("*.partial")) and list(run.rglob("*.parquet"))
    subprocess.run(["mount", "-o", "remount,size=50m", os.fspath(little_disk)], check=True)
    second = subprocess.run(cycles.command(run, 2), env=environment(), capture_output=True, timeout=240, check=False)
    assert second.returncode == 3  # two documents cannot be read
    assert script.outcome(run) == cycles.expected
