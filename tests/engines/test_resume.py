"""A run that was interrupted and resumed is the run that was not; what changed meanwhile is read again and said."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interrupting import interrupted, make_tree, small_pieces, tables, write_table
from scanning import rows, statuses

import pii_scan
from pii_scan.config import Config
from pii_scan.engines.scan import scan
from pii_scan.errors import ConfigError, RunError, UsageError
from pii_scan.findings import run_writer
from pii_scan.findings.run_writer import RunWriter
from pii_scan.findings.store import Run, load_run

ONE = Config(jobs=1)


@pytest.fixture(scope="module", autouse=True)
def pieces() -> Iterator[None]:
    with small_pieces():
        yield


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("tree") / "in")


@pytest.fixture(scope="module")
def whole(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return scan([tree], config=ONE, out=tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture(scope="module")
def half(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was interrupted; to be copied, not to be written."""
    out = tmp_path_factory.mktemp("half") / "run"
    interrupted([tree], out, 30, config=ONE)  # with more workers it depends on their pace what is done by then
    return out


@pytest.fixture
def begun(half: Path, tmp_path: Path) -> Path:
    shutil.copytree(half, tmp_path / "run")
    return tmp_path / "run"


def parts(run: Path) -> set[str]:
    return {file.stem for file in (run / "documents").glob("*.parquet")}


@pytest.mark.parametrize(("after", "jobs"), [(1, 1), (43, 2)])
def test_a_resumed_run_has_the_rows_of_an_uninterrupted_one_in_their_order(
    tree: Path, whole: Run, tmp_path: Path, after: int, jobs: int
) -> None:
    interrupted([tree], tmp_path / "run", after, config=Config(jobs=jobs))
    manifest = load_run(tmp_path / "run").manifest
    assert manifest["status"] == "interrupted"
    run = scan([], out=tmp_path / "run", resume=True)
    assert tables(run) == tables(whole)
    assert run.manifest["status"] == "finished" and run.manifest["notes"] == []
    assert run.manifest["id"] == manifest["id"] and run.manifest["started_at"] == manifest["started_at"]
    assert parts(run.path) == parts(whole.path)


def test_what_is_done_is_not_read_again(begun: Path, whole: Run) -> None:
    before = {file: file.stat().st_mtime_ns for file in begun.rglob("*.parquet")}
    told: list[Any] = []
    run = scan([], out=begun, resume=True, report=told.append)
    assert len(parts(begun)) > 4 and before
    assert {file: file.stat().st_mtime_ns for file in before} == before
    read = sum(progress.finished is not None for progress in told)
    done = sum(len(rows([table])) for table in [*load_run(begun).documents()])
    assert 0 < read < done
    assert tables(run) == tables(whole)


def test_a_finished_run_stays_as_it_is(tree: Path, begun: Path) -> None:
    scan([], out=begun, resume=True)
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in begun.rglob("*") if file.is_file()}
    assert scan([], out=begun, resume=True).manifest["status"] == "finished"
    with pytest.raises(UsageError, match="already holds something"):
        scan([tree], out=begun)
    assert {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in before} == before


def test_parts_that_are_not_done_and_parts_half_written_are_removed(begun: Path, whole: Run) -> None:
    done = sorted(parts(begun))
    for name in ("findings", "problems"):
        shutil.copy(begun / "documents" / f"{done[0]}.parquet", begun / name / "00000900.parquet")
    (begun / "documents" / f"{done[0]}.parquet.partial").write_bytes(b"PAR1")
    assert tables(scan([], out=begun, resume=True)) == tables(whole)
    assert not list(begun.rglob("*.partial")) and not list(begun.rglob("00000900*"))


def test_a_part_that_is_done_but_not_in_place_is_done_again(begun: Path, whole: Run) -> None:
    first, second, third = sorted((begun / "findings").glob("*.parquet"))[:3]
    first.unlink()
    second.write_bytes(b"")
    third.write_bytes(b"PAR1")
    assert tables(scan([], out=begun, resume=True)) == tables(whole)


def changed_tree(tree: Path, folder: Path) -> Path:
    return Path(shutil.copytree(tree, folder / "in", copy_function=shutil.copy2))


def test_what_changed_vanished_or_came_is_as_in_a_new_scan(tree: Path, tmp_path: Path) -> None:
    place = changed_tree(tree, tmp_path)
    interrupted([place], tmp_path / "run", 30, config=ONE)
    (place / "0" / "000.txt").write_text("ny@example.no og annen@example.no\n", "utf-8")
    (place / "0" / "003.txt").unlink()
    (place / "0" / "001.txt").write_text("kom@example.no\n", "utf-8")
    (place / "2" / "999.txt").write_text("kom@example.no\n", "utf-8")
    run = scan([], out=tmp_path / "run", resume=True)
    assert tables(run, ordered=False) == tables(scan([place], out=tmp_path / "new"), ordered=False)
    assert [note for note in run.manifest["notes"] if "had changed or were gone" in note]
    assert statuses(run)["0/000.txt"] == "read" and "0/003.txt" not in statuses(run)


def test_a_changed_tree_can_be_interrupted_again(tree: Path, tmp_path: Path) -> None:
    place, out = changed_tree(tree, tmp_path), tmp_path / "run"
    interrupted([place], out, 25, config=ONE)
    for number in range(3):
        (place / "0" / f"00{number}a.txt").write_text(f"kom{number}@example.no\n", "utf-8")
        (place / "1" / f"{3 * number + 1:03d}.txt").write_text(f"ny{number}@example.no\n", "utf-8")
        interrupted([], out, 3 + number, config=ONE, resume=True)
    run = scan([], out=out, resume=True)
    assert tables(run, ordered=False) == tables(scan([place], out=tmp_path / "new"), ordered=False)


@pytest.mark.parametrize(("size", "after"), [(300, 45), (5000, 43)])
def test_a_large_file_that_changed_half_way_is_read_anew_and_is_one_document(
    tree: Path, tmp_path: Path, size: int, after: int
) -> None:
    place = changed_tree(tree, tmp_path)
    interrupted([place], tmp_path / "run", after, config=ONE)
    write_table(place / "stor.csv", size)
    run = scan([], out=tmp_path / "run", resume=True)
    assert tables(run, ordered=False) == tables(scan([place], out=tmp_path / "new"), ordered=False)
    assert statuses(run)["stor.csv"] == "read"


OTHER = {
    "min_score": {"min_score": 0.7}, "only": {"only": ("EMAIL_ADDRESS",)}, "exclude": {"exclude": ("*.zip",)},
    "as_of": {"as_of": "2026-01-01"}, "sample": {"sample": 5},
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER)
def test_other_options_are_refused_and_named(begun: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"not as when the run was begun: {name} "):
        scan([], out=begun, resume=True, config=Config(**OTHER[name]))
    assert load_run(begun).manifest["status"] == "interrupted"


def test_the_same_targets_and_options_may_be_given_and_others_are_refused(
    tree: Path, begun: Path, tmp_path: Path, whole: Run
) -> None:
    (tmp_path / "other").mkdir()
    for targets in ([tmp_path / "other"], [tree, tmp_path / "other"]):
        with pytest.raises(ConfigError, match="the targets are not those"):
            scan(targets, out=begun, resume=True)
    assert tables(scan([f"{tree}/"], out=begun, resume=True, config=Config(jobs=3, lang="en"))) == tables(whole)


def test_another_key_is_refused(begun: Path) -> None:
    with pytest.raises(ConfigError, match="the fingerprint key is not the one"):
        scan([], out=begun, resume=True, environment={"PII_SCAN_KEY": "7f" * 32})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "another version"), ({"version": "0.0.9"}, r"another version \(0.0.9"), ({"call": 1}, "other"),
        ({"rules_hash": "0"}, "the rules have changed"), ({"call": {"targets": []}}, "damaged"),
        ({"reading_hash": "0"}, "systems have changed"), ({"status": ...}, "'status' is missing"),
    ],
)  # fmt: skip
def test_a_run_of_another_version_or_other_rules_is_refused(begun: Path, change: dict[str, Any], said: str) -> None:
    manifest = {**json.loads((begun / "run.json").read_text()), **change}
    kept = {name: value for name, value in manifest.items() if value is not ...}
    (begun / "run.json").write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        scan([], out=begun, resume=True)


@pytest.mark.parametrize("cut", [None, 0, 1, 100, 4096, 5000])
def test_a_state_that_is_damaged_is_refused(begun: Path, cut: int | None) -> None:
    file = begun / "state.sqlite"
    data = file.read_bytes()
    file.unlink() if cut is None else file.write_bytes(data[:cut])
    with pytest.raises(UsageError, match=r"state\.sqlite|cannot be written"):
        scan([], out=begun, resume=True)


def test_a_state_with_bytes_overwritten_is_refused(begun: Path) -> None:
    file = begun / "state.sqlite"
    data = bytearray(file.read_bytes())
    data[4096:8000] = b"\xff" * 3904
    file.write_bytes(data)
    with pytest.raises(UsageError, match=r"state\.sqlite of the run is damaged"):
        scan([], out=begun, resume=True)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON parts BEGIN DELETE FROM units; END",
        "INSERT INTO parts VALUES ('../../x', '{}')",
        "CREATE VIEW v AS SELECT 1",
    ],
)
def test_a_state_that_holds_what_no_run_puts_there_is_refused(begun: Path, statement: str) -> None:
    made = sqlite3.connect(begun / "state.sqlite")
    made.execute(statement)
    made.commit()
    made.close()
    with pytest.raises(UsageError, match=r"state\.sqlite of the run is damaged"):
        scan([], out=begun, resume=True)


def test_a_run_that_is_still_going_is_not_resumed(tree: Path, begun: Path) -> None:
    writer = RunWriter.resumed(begun)
    try:
        with pytest.raises(UsageError, match="another pii-scan is at work"):
            scan([], out=begun, resume=True)
    finally:
        writer.close()
    assert scan([], out=begun, resume=True).manifest["status"] == "finished"


def test_what_cannot_be_resumed_says_why(tree: Path, tmp_path: Path) -> None:
    for out, said in ((None, "needs the run folder"), (tmp_path / "nowhere", "is not a run folder")):
        with pytest.raises(UsageError, match=said):
            scan([tree], out=out, resume=True)


def test_a_target_with_personal_data_in_its_name_must_be_named_again(tree: Path, tmp_path: Path) -> None:
    place = changed_tree(tree, tmp_path).rename(tmp_path / "fnr 11837533335")
    interrupted([place], tmp_path / "run", 20)
    kept = b"".join(file.read_bytes() for file in (tmp_path / "run").rglob("*") if file.is_file())
    assert b"11837533335" not in kept
    with pytest.raises(UsageError, match="does not keep its targets"):
        scan([], out=tmp_path / "run", resume=True)
    assert scan([place], out=tmp_path / "run", resume=True).manifest["status"] == "finished"


def test_an_option_with_personal_data_must_be_given_again(tree: Path, tmp_path: Path) -> None:
    config = Config(exclude=("kari@example.no/*",))
    interrupted([tree], tmp_path / "run", 20, config=config)
    assert b"kari@" not in (tmp_path / "run" / "run.json").read_bytes()
    with pytest.raises(UsageError, match="does not keep its options"):
        scan([], out=tmp_path / "run", resume=True)
    assert scan([], out=tmp_path / "run", resume=True, config=config).manifest["status"] == "finished"


def test_the_day_by_which_numbers_exist_is_that_of_the_beginning(begun: Path) -> None:
    before = load_run(begun).manifest["as_of"]
    from datetime import UTC, datetime

    run = scan([], out=begun, resume=True, now=datetime(2031, 1, 1, tzinfo=UTC))
    assert run.manifest["as_of"] == before


def test_what_workers_of_a_killed_scan_left_is_deleted(begun: Path) -> None:
    left, other = Path(tempfile.mkdtemp(prefix="pii-scan-")), Path(tempfile.mkdtemp(prefix="pii-scan-"))
    (left / "worker-1").mkdir()
    (other / "run.json").touch()
    for folder in (other, left):
        writer = RunWriter.resumed(begun)
        writer.state.set_temporary(os.fspath(folder))
        writer.close()
        interrupted([], begun, 2, resume=True)
    assert not left.exists() and other.exists()
    shutil.rmtree(other)


def test_a_folder_in_which_nothing_had_begun_can_be_used(tree: Path, tmp_path: Path) -> None:
    """Killed between the lock and the manifest."""
    writer = RunWriter.begun(tmp_path / "run", {"targets": []})
    writer.state.abandon()
    (tmp_path / "run" / "run.json").rename(tmp_path / "run" / "run.json.partial")
    with pytest.raises(UsageError, match="is not a run folder"):
        scan([], out=tmp_path / "run", resume=True)
    assert scan([tree / "0"], out=tmp_path / "run").manifest["status"] == "finished"


@pytest.mark.parametrize("moment", [0, 7])
def test_a_disk_that_is_full_stops_the_run_and_leaves_nothing_half_written(
    tree: Path, tmp_path: Path, whole: Run, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """At the edge: the n-th sync of a file that is to come into place fails, as where space is reserved late."""
    calls = iter(range(1000))
    sync = run_writer._sync

    def full(file: Path) -> None:
        if next(calls) >= moment:
            raise OSError(28, "No space left on device")
        sync(file)

    with monkeypatch.context() as patch:
        patch.setattr(run_writer, "_sync", full)
        with pytest.raises(RunError, match=r"no space is left .* --resume --out RUN` then goes on"):
            scan([tree], out=tmp_path / "run", config=ONE)
    assert not list((tmp_path / "run").rglob("*.partial"))
    assert load_run(tmp_path / "run").manifest["status"] == "failed"
    assert tables(scan([], out=tmp_path / "run", resume=True)) == tables(whole)


def test_a_sample_of_a_database_is_told_of_after_a_resume_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as made:
        for name in "abcdefghijkl":
            made.execute(f"CREATE TABLE {name} (epost TEXT)")
            made.executemany(f"INSERT INTO {name} VALUES (?)", [(f"p{n}@example.no",) for n in range(200)])
    target, config = f"sqlite:///{tmp_path}/a.db", Config(sample=50, jobs=1)
    expected = pii_scan.scan([target], config=config, out=tmp_path / "whole").manifest["samples"]
    interrupted([target], tmp_path / "run", 9, config=config)
    run = scan([], out=tmp_path / "run", resume=True)
    assert len(expected) == 12 and run.manifest["samples"] == expected
