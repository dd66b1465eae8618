"""Ctrl-C ends a scan cleanly; a scan that is killed takes its workers with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import unruly
from scanning import command, wait_for, with_modules, workers

from pii_scan.cli.scan import _ended_in_order

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")


@dataclass
class Running:
    """A scan that hangs in one of its documents."""

    process: subprocess.Popen[bytes]
    folder: Path

    def hanging(self) -> list[psutil.Process]:
        """Waits until it does; gives its workers."""
        wait_for(lambda: list((self.folder / "tmp").rglob("mark")))
        return workers(self.process.pid)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "in").mkdir()
    (tmp_path / "tmp").mkdir()
    for number in range(70):
        (tmp_path / "in" / f"{number:03d}.txt").write_text("p@example.no", encoding="utf-8")
    for name in ("000 hang.txt", "069 hang.txt"):
        (tmp_path / "in" / name).write_text("p@example.no", encoding="utf-8")
    env = with_modules(unruly.install(tmp_path / "hook"), UNRULY_MARK="1", TMPDIR=str(tmp_path / "tmp"))
    with subprocess.Popen(
        command("scan", tmp_path / "in", "--out", tmp_path / "run", "--jobs", "2"), env=env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heard,
    ) as process:  # fmt: skip
        yield Running(process, tmp_path)
        process.kill()


def _heard() -> None:
    """A shell has its jobs in the background ignore SIGINT, and these tests may run in one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def gone(processes: list[psutil.Process]) -> bool:
    return not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_with_130_and_leaves_no_worker_and_a_manifest_that_says_so(
    running: Running, told: signal.Signals
) -> None:
    """So does SIGTERM: found by a long scan that was ended with it, and left its temporary folder."""
    alive = running.hanging()
    assert alive
    os.kill(running.process.pid, told)
    stdout, stderr = running.process.communicate(timeout=20)
    assert running.process.returncode == 130
    assert stdout == b""
    assert stderr.decode() == f"interrupted; `pii-scan scan --resume --out {running.folder / 'run'}` goes on\n"
    assert gone(alive)
    assert list((running.folder / "tmp").iterdir()) == []
    manifest = json.loads((running.folder / "run" / "run.json").read_text())
    assert manifest["status"] == "interrupted" and manifest["finished_at"]
    assert not list((running.folder / "run").rglob("*.partial"))


def test_ctrl_c_while_workers_start_ends_as_quietly(running: Running) -> None:
    alive = wait_for(lambda: workers(running.process.pid))
    os.kill(running.process.pid, signal.SIGINT)
    stdout, stderr = running.process.communicate(timeout=20)
    assert running.process.returncode == 130
    assert b"Traceback" not in stderr and stdout == b""
    assert wait_for(lambda: gone(alive))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_that_comes_while_something_is_destroyed_is_not_lost() -> None:
    class Destroyed:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), _ended_in_order():
        thing = Destroyed()
        del thing
        time.sleep(30)
        pytest.fail("lost")


def test_an_interrupted_run_can_be_reported_and_does_not_look_finished(running: Running) -> None:
    running.hanging()
    os.kill(running.process.pid, signal.SIGINT)
    running.process.communicate(timeout=20)
    done = subprocess.run(
        command("report", running.folder / "run", "--format", "json"),
        env=with_modules(running.folder),
        capture_output=True,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["run"]["finished_at"] is None


@pytest.mark.parametrize("moment", ["starting", "reading"])
def test_a_scan_that_is_killed_takes_its_workers_with_it(running: Running, moment: str) -> None:
    if moment == "starting":
        wait_for((running.folder / "run" / "run.json").exists)
    alive = running.hanging() if moment == "reading" else wait_for(lambda: workers(running.process.pid))
    assert alive
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait(20)
    assert wait_for(lambda: gone(alive))
    assert json.loads((running.folder / "run" / "run.json").read_text())["status"] == "running"
