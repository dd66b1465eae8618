"""Two scans of one estate never overlap, and no death leaves the lock behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scanning import environment

from pii_scan.engines.alone import LOCK, alone
from pii_scan.errors import UsageError

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
HOLD = """
import sys, pathlib, datetime
from pii_scan.engines.alone import alone
with alone(pathlib.Path(sys.argv[1]), datetime.datetime(2026, 12, 1, 3, 0, tzinfo=datetime.UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """A process of its own that has the lock."""
    command = [sys.executable, "-c", HOLD, os.fspath(folder)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_another_process_is_refused_with_since_when_and_which_until_the_first_is_killed(tmp_path: Path) -> None:
    with holder(tmp_path / "runs") as first:
        for _ in range(2):
            with (
                pytest.raises(UsageError, match=rf"at work since 2026-12-01T03:00:00Z, process {first.pid} "),
                alone(tmp_path / "runs", NOW),
            ):
                pass
        first.send_signal(signal.SIGKILL)
        first.wait()
    with alone(tmp_path / "runs", NOW):
        assert (tmp_path / "runs" / LOCK).read_text() == f"{os.getpid()} 2026-12-01T03:00:00Z\n"


def test_it_is_given_back_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone(tmp_path, NOW):
        raise ZeroDivisionError
    with alone(tmp_path, NOW), alone(tmp_path / "other", NOW):
        pass
    with alone(tmp_path, NOW):
        pass


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("stays")
    (tmp_path / LOCK).symlink_to(tmp_path / "precious")
    with pytest.raises(UsageError, match="cannot be made"), alone(tmp_path, NOW):
        pass
    assert (tmp_path / "precious").read_text() == "stays"


def test_a_place_where_no_file_can_be_made_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"), alone(tmp_path / "file", NOW):
        pass
