"""The extraction benchmark: every reader finds what was planted, and what is not installed is left out."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def extraction() -> ModuleType:
    return load("extraction")


def test_readers_agree_on_what_was_planted(
    extraction: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--size-mb", "0.05", "--rounds", "1", "--formats", "csv", "json", "sqlite", "--no-install"]
    assert extraction.main([*arguments, "--venv", str(tmp_path / "venv"), "--folder", str(tmp_path), "--markdown"]) == 0
    said = capsys.readouterr().out
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in said.splitlines() if line.startswith("| ")]
    header, rows = cells[0], cells[1:]
    found = {(row[0], row[1]): row[header.index("addresses")] for row in rows}
    assert {("csv", "pii-scan"), ("csv", "stdlib"), ("json", "pii-scan"), ("sqlite", "stdlib")} <= set(found)
    assert ("csv", "polars") not in found  # nothing was installed
    for kind in ("csv", "json", "sqlite"):
        assert len({count for (of, _), count in found.items() if of == kind}) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "venv"]


def test_every_reader_named_is_there(extraction: ModuleType) -> None:
    sides = load("extraction_sides").SIDES
    assert {side for readers in extraction.ALTERNATIVES.values() for side in readers} | {extraction.OURS} == set(sides)
