"""Old runs are deleted as the estate says, and nothing that is not an old run."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.findings.old_runs import delete_old_runs, newest_run
from pii_scan.findings.schema import TABLES

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
TARGETS = ["hr", "crm"]


def made(runs: Path, name: str, days: float = 0.0, **more: Any) -> Path:
    """A run folder that `scan --all` finished so many days before NOW."""
    folder = runs / name
    for table in TABLES:
        (folder / table).mkdir(parents=True)
    (folder / "findings" / "00000000.parquet").write_bytes(b"PAR1")
    for file in ("state.sqlite", "report.html", "queries.jsonl"):
        (folder / file).write_text("", encoding="utf-8")
    said = {
        "id": name, "started_at": "2026-01-01T00:00:00Z", "version": "1", "rules_hash": "", "config_hash": "",
        "status": "finished", "targets": TARGETS, "whole_estate": True,
        "finished_at": f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps({**said, **more}), encoding="utf-8")
    return folder


def names(runs: Path) -> set[str]:
    return {entry.name for entry in runs.iterdir()}


def test_the_newest_stay_by_number_and_the_old_go_by_days(tmp_path: Path) -> None:
    for days in range(6):
        made(tmp_path, f"d{days}", days)
    assert delete_old_runs(tmp_path, tmp_path / "d0", TARGETS, NOW, keep_runs=4).deleted == ("d4", "d5")
    assert delete_old_runs(tmp_path, tmp_path / "d0", TARGETS, NOW, keep_days=2).deleted == ("d3",)
    assert delete_old_runs(tmp_path, tmp_path / "d0", TARGETS, NOW).deleted == ()
    assert names(tmp_path) == {"d0", "d1", "d2"}


def test_the_newest_run_stays_however_old_it_is(tmp_path: Path) -> None:
    made(tmp_path, "old", 400)
    made(tmp_path, "older", 500)
    assert delete_old_runs(tmp_path, tmp_path / "elsewhere", TARGETS, NOW, keep_runs=1, keep_days=1).deleted == (
        "older",
    )


def test_the_run_just_made_stays_and_so_does_the_newest_of_the_same_targets(tmp_path: Path) -> None:
    """A clock that was wrong, and an estate that has changed."""
    made(tmp_path, "now", 3)
    made(tmp_path, "future", -9, targets=["hr"])
    made(tmp_path, "same", 1)
    made(tmp_path, "old", 5, targets=["hr"])
    assert delete_old_runs(tmp_path, tmp_path / "now", TARGETS, NOW, keep_runs=1, keep_days=1).deleted == ("old",)


def lower(folder: Path) -> None:
    (folder / "findings" / "notes").mkdir()


def linked(folder: Path) -> None:
    shutil.move(folder / "index", folder.parent / "index")
    (folder / "index").symlink_to(folder.parent / "index")


def linked_whole(folder: Path) -> None:
    folder.rename(folder.parent.parent / "away")
    folder.symlink_to(folder.parent.parent / "away")


def linked_manifest(folder: Path) -> None:
    (folder / "run.json").rename(folder.parent / "run.json")
    (folder / "run.json").symlink_to(folder.parent / "run.json")


def says(**more: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        said = json.loads((folder / "run.json").read_text("utf-8"))
        (folder / "run.json").write_text(json.dumps({**said, **more}), encoding="utf-8")

    return change


NOT_OURS: dict[str, Callable[[Path], None]] = {
    "a file of someone's": lambda folder: (folder / "notes.txt").write_text("x") and None,
    "a folder of someone's": lambda folder: (folder / "check").mkdir(),
    "a folder within a table": lower,
    "another kind of file within a table": lambda folder: (folder / "dates" / "a.csv").write_text("x") and None,
    "a table that is a link": linked,
    "a folder that is a link": linked_whole,
    "a manifest that is a link": linked_manifest,
    "a run that goes on": says(status="running"),
    "a run that was interrupted": says(status="interrupted"),
    "a run that failed": says(status="failed"),
    "a run that someone made by hand": says(whole_estate=False),
    "a run that does not say": says(whole_estate=None),
    "no time": says(finished_at=None),
    "no list of targets": says(targets="hr"),
    "no manifest": lambda folder: (folder / "run.json").unlink(),
    "no JSON": lambda folder: (folder / "run.json").write_text("[" * 9000) and None,
    "a list": lambda folder: (folder / "run.json").write_text("[]") and None,
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_what_is_not_surely_a_finished_run_of_our_own_stays(what: str, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    for name, days in (("new", 0), ("odd", 50), ("old", 60)):
        made(runs, name, days)
    NOT_OURS[what](runs / "odd")
    before = sorted(path.relative_to(tmp_path) for path in (runs / "odd").resolve().rglob("*"))
    assert delete_old_runs(runs, runs / "new", TARGETS, NOW, keep_runs=1, keep_days=1).deleted == ("old",)
    assert sorted(path.relative_to(tmp_path) for path in (runs / "odd").resolve().rglob("*")) == before


def test_files_and_folders_beside_the_runs_stay(tmp_path: Path) -> None:
    made(tmp_path, "new")
    made(tmp_path, "old", 9)
    (tmp_path / ".pii-scan.lock").write_text("1 x")
    (tmp_path / "empty").mkdir()
    delete_old_runs(tmp_path, tmp_path / "new", TARGETS, NOW, keep_runs=1)
    assert names(tmp_path) == {"new", ".pii-scan.lock", "empty"}


def test_a_deletion_that_was_cut_short_is_ended_the_next_time(tmp_path: Path) -> None:
    made(tmp_path, "new")
    half = made(tmp_path, "half", 9)
    shutil.rmtree(half / "findings")
    (half / "report.html").unlink()
    assert delete_old_runs(tmp_path, tmp_path / "new", TARGETS, NOW, keep_runs=1).deleted == ("half",)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may delete anything")
def test_what_cannot_be_deleted_is_told(tmp_path: Path) -> None:
    made(tmp_path, "new")
    old = made(tmp_path, "old", 9)
    (old / "findings").chmod(0o500)
    cleared = delete_old_runs(tmp_path, tmp_path / "new", TARGETS, NOW, keep_runs=1)
    (old / "findings").chmod(0o700)
    assert cleared.kept == ("old",) and (old / "run.json").is_file()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-5, 20), st.sampled_from(["finished", "interrupted"]), st.booleans(), st.booleans()),
        min_size=1, max_size=6,
    ),
    st.integers(0, 3), st.integers(0, 9),
)  # fmt: skip
def test_whatever_runs_there_are_those_that_are_needed_stay(
    found: list[tuple[int, str, bool, bool]], keep_runs: int, keep_days: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        for number, (days, status, whole, same) in enumerate(found):
            targets = TARGETS if same else ["hr"]
            made(runs, f"r{number}", days, status=status, whole_estate=whole, targets=targets)
        deleted = delete_old_runs(runs, runs / "r0", TARGETS, NOW, keep_runs=keep_runs, keep_days=keep_days).deleted
        assert names(runs) == {f"r{number}" for number in range(len(found))} - set(deleted)
        assert "r0" not in deleted
        ours = [(-days, f"r{n}", same) for n, (days, status, whole, same) in enumerate(found)
                if status == "finished" and whole]  # fmt: skip
        assert set(deleted) <= {name for _, name, _ in ours}
        for newest in (max(ours, default=None), max((one for one in ours if one[2]), default=None)):
            assert newest is None or newest[1] not in deleted
        for _, name, _ in sorted(ours, reverse=True)[keep_runs:] if keep_runs else ():
            assert name in deleted or name in {"r0", max(ours)[1], max((o for o in ours if o[2]), default=("", ""))[1]}


def test_the_newest_run_is_the_one_that_finished_last(tmp_path: Path) -> None:
    assert newest_run(tmp_path) is None and newest_run(tmp_path / "nowhere") is None
    made(tmp_path, "a", 3)
    made(tmp_path, "b", 1)
    made(tmp_path, "c", 0, status="running")
    assert newest_run(tmp_path) == tmp_path / "b"
