"""A worker that is started before anyone knows what for: taken once, and never left behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pii_scan.cli.main import run
from pii_scan.cli.scan import _first_worker
from pii_scan.config import Config
from pii_scan.engines import scan as module
from pii_scan.engines import spare as spares
from pii_scan.findings.store import load_run

Process = subprocess.Popen[bytes]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """All processes that were started ahead."""
    processes: list[Process] = []
    start = spares.started

    def started() -> Process:
        processes.append(start())
        return processes[-1]

    monkeypatch.setattr(spares, "started", started)
    return processes


def test_the_spare_is_taken_once_and_then_there_are_new_ones(begun: list[Process]) -> None:
    with spares.spare() as spare:
        first = spare.take()
        second = spare.take()
        assert [first, second] == begun and first is not second
    for process in begun:
        assert process.poll() is None, "whoever took it ends it"
        process.kill()
        process.communicate()


def test_a_spare_that_no_one_takes_ends(begun: list[Process], tmp_path: Path) -> None:
    assert run(["scan", str(tmp_path / "borte"), "--out", str(tmp_path / "run")]) == 2
    assert len(begun) == 1 and begun[0].poll() is not None


def test_the_first_worker_starts_before_options_are_checked(
    begun: list[Process], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    recognizers = module._recognizers
    monkeypatch.setattr(module, "_recognizers", lambda config: [seen.append(len(begun)), recognizers(config)][1])
    (tmp_path / "a.txt").write_text("kari@example.no\n", "utf-8")
    assert run(["scan", str(tmp_path / "a.txt"), "--out", str(tmp_path / "run"), "--jobs", "1"]) == 0
    assert seen == [1] and len(begun) == 1 and load_run(tmp_path / "run").manifest["status"] == "finished"


def test_no_worker_starts_ahead_for_another_engine(begun: list[Process]) -> None:
    with _first_worker(Config(engine="ray")) as processes:
        assert not begun and processes is spares.started
