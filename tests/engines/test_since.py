"""A scan since an earlier run is the whole scan: what has not changed is not read, everything else is."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interrupting import interrupted, make_tree, small_pieces, tables, write_table
from scanning import rows, statuses

from pii_scan.config import Config
from pii_scan.engines import local, marks
from pii_scan.engines.group import Progress
from pii_scan.engines.scan import scan
from pii_scan.errors import UsageError
from pii_scan.findings.store import Run, load_run
from pii_scan.inventory.build import build_inventory
from pii_scan.inventory.changes import Change, Counted, changes
from pii_scan.report.json_v1 import write

TAKEN = "findings were taken over from the run"
ALL_READ = "everything was read, nothing taken over"


@pytest.fixture(scope="module", autouse=True)
def pieces() -> Iterator[None]:
    with small_pieces():
        yield


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of it can be read."""
    made = make_tree(tmp_path_factory.mktemp("tree") / "in", 30, 2500)
    (made / "brutt.zip").unlink()
    (made / "ukjent.bin").unlink()
    return made


@pytest.fixture(scope="module")
def old(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return scan([tree], out=tmp_path_factory.mktemp("old") / "run")


def report(run: Run) -> dict[str, Any]:
    out = io.BytesIO()
    write(run, out, "nb")
    return {name: value for name, value in json.loads(out.getvalue()).items() if name != "run"}


def read(tree: Path, out: Path, since: Path | str, **how: Any) -> tuple[Run, set[str], int]:
    """A scan since a run; which files it read, and their bytes."""
    names: set[str] = set()
    size = 0

    def hear(progress: Progress) -> None:
        nonlocal size
        if progress.finished is not None:
            names.add(progress.finished.ref.path)
            part, whole = progress.finished.slice, progress.finished.ref.size_bytes or 0
            size += whole if part is None else part.end - part.start

    return scan([tree], out=out, since=since, report=hear, **how), names, size


def noted(run: Run, text: str) -> bool:
    return any(text in note for note in run.manifest["notes"])


def test_where_nothing_changed_nothing_is_read_and_the_report_is_that_of_a_whole_scan(
    tree: Path, old: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # none but workers open documents
        patch.setattr(local.LocalEngine, "_started", lambda self: pytest.fail("a worker was started"))
        run, names, size = read(tree, tmp_path / "run", old.path)
    assert (names, size) == (set(), 0)
    assert tables(run) == tables(old) and report(run) == report(old)
    assert noted(run, f"{TAKEN} {old.manifest['id']}")
    assert {file.name for file in (run.path / "index").iterdir()} == {
        file.name for file in (old.path / "index").iterdir()
    }
    again, names, _ = read(tree, tmp_path / "again", run.path)  # a run that took over can be taken over from
    assert names == set() and tables(again) == tables(old)


def test_what_changed_came_or_moved_is_read_and_what_is_gone_leaves(tree: Path, old: Run, tmp_path: Path) -> None:
    before = tables(old)
    place = Path(shutil.copytree(tree, tmp_path / "in", copy_function=shutil.copy2))
    first = scan([place], out=tmp_path / "first")
    (place / "0" / "000.txt").write_text("ny@example.no\n", "utf-8")
    same = place / "0" / "003.txt"  # another content, of the same length and with the old time
    moments = same.stat()
    same.write_bytes(same.read_bytes().replace(b"person3", b"person8"))
    os.utime(same, ns=(moments.st_atime_ns, moments.st_mtime_ns))
    (place / "1" / "001.txt").unlink()
    (place / "1" / "004.txt").rename(place / "1" / "004b.txt")
    (place / "2" / "0.txt").write_text("kom@example.no\n", "utf-8")
    run, names, _ = read(place, tmp_path / "run", first.path, config=Config(jobs=1))
    assert names == {"0/000.txt", "0/003.txt", "1/004b.txt", "2/0.txt"}
    assert tables(run) == tables(scan([place], out=tmp_path / "whole"))
    assert "1/001.txt" not in statuses(run) and tables(old) == before
    told = changes(*(Counted(one, build_inventory(one, details=False)) for one in (first, run)))
    found = {document.document: document.change for document in told.documents}
    assert told.differs == () and found == {
        "0/000.txt": Change.MIXED if "0/000.txt" in found and found["0/000.txt"] is Change.MIXED else Change.SHRUNK,
        "1/001.txt": Change.GONE, "1/004.txt": Change.GONE, "1/004b.txt": Change.NEW, "2/0.txt": Change.NEW,
    }  # fmt: skip


def test_a_large_file_that_changed_is_read_whole(tree: Path, old: Run, tmp_path: Path) -> None:
    place = Path(shutil.copytree(tree, tmp_path / "in", copy_function=shutil.copy2))
    first = scan([place], out=tmp_path / "first")
    write_table(place / "stor.csv", 3500)
    run, names, size = read(place, tmp_path / "run", first.path)
    assert names == {"stor.csv"} and size == (place / "stor.csv").stat().st_size
    assert statuses(run)["stor.csv"] == "read" and len(rows(run.index())) == len(rows(first.index())) + 1000


def test_a_document_that_was_not_wholly_read_is_read_again(tree: Path, tmp_path: Path) -> None:
    place = tmp_path / "in"
    shutil.copytree(tree / "0", place)
    (place / "brutt.zip").write_bytes(b"PK\3\4 brutt")
    (place / "ukjent.bin").write_bytes(bytes(range(256)) * 9)
    first = scan([place], out=tmp_path / "first", config=Config(jobs=1))
    run, names, _ = read(place, tmp_path / "run", first.path)
    assert names == {"brutt.zip", "ukjent.bin"}
    assert tables(run) == tables(first) and rows(run.problems())


def test_what_changed_shortly_before_the_earlier_scan_is_read_again(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have changed once more within the same tick of the file system's clock."""
    place = tmp_path / "in"
    shutil.copytree(tree / "0", place)
    monkeypatch.setattr(marks, "SETTLED_NS", 3_600_000_000_000)
    first = scan([place], out=tmp_path / "first", config=Config(jobs=1))
    _, names, _ = read(place, tmp_path / "run", first.path)
    assert names == set(statuses(first))


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"environment": {"PII_SCAN_KEY": "7f" * 32}}, "another fingerprint key"),
        ({"config": Config(min_score=0.7)}, "rules or options"),
        ({"config": Config(only=("EMAIL_ADDRESS",))}, "rules or options"),
    ],
)
def test_after_a_change_of_key_or_rules_everything_is_read_and_that_is_said(
    tree: Path, tmp_path: Path, how: dict[str, Any], why: str
) -> None:
    first = scan([tree / "1"], out=tmp_path / "first", config=Config(jobs=1))
    run, names, _ = read(tree / "1", tmp_path / "run", first.path, **how)
    assert names == set(statuses(run)) and noted(run, ALL_READ) and noted(run, why)


def test_another_version_is_read_anew(tree: Path, old: Run, tmp_path: Path) -> None:
    other = Path(shutil.copytree(old.path, tmp_path / "old"))
    manifest = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps({**manifest, "version": "0.0.9"}), "utf-8")
    run, names, _ = read(tree / "1", tmp_path / "run", other)
    assert len(names) == 10 and noted(run, "another version")
    (other / "run.json").write_text(json.dumps(manifest), "utf-8")
    (other / "state.sqlite").write_bytes(b"no state")
    run, names, _ = read(tree / "1", tmp_path / "run2", other)
    assert len(names) == 10 and noted(run, "damaged")


def test_other_patterns_of_paths_do_not_hinder_and_the_name_of_the_target_is_the_new_one(
    tree: Path, old: Run, tmp_path: Path
) -> None:
    (tmp_path / "lenke").symlink_to(tree)
    config = Config(exclude=("0", "stor.csv"))
    run, names, _ = read(tmp_path / "lenke", tmp_path / "run", old.path, config=config)
    assert names == set() and len(statuses(run)) == 20
    assert {row["target"] for row in rows(run.findings())} == {str(tmp_path / "lenke")} == set(run.manifest["targets"])


def test_a_scan_since_a_run_can_be_interrupted_and_resumed(tree: Path, old: Run, tmp_path: Path) -> None:
    place = Path(shutil.copytree(tree, tmp_path / "in", copy_function=shutil.copy2))
    first = scan([place], out=tmp_path / "first")
    for number in range(12):
        (place / "1" / f"ny{number}.txt").write_text(f"ny{number}@example.no\n", "utf-8")
    interrupted([place], tmp_path / "run", 9, since=first.path, config=Config(jobs=1))
    with pytest.raises(UsageError, match="--since is not as when"):
        scan([], out=tmp_path / "run", resume=True, since=old.path)
    told: list[Progress] = []
    run = scan([], out=tmp_path / "run", resume=True, report=told.append)
    assert sum(one.finished is not None for one in told) <= 12
    assert tables(run) == tables(scan([place], out=tmp_path / "whole")) and noted(run, TAKEN)


def test_an_earlier_run_that_is_gone_when_the_scan_is_resumed_is_not_needed(tree: Path, tmp_path: Path) -> None:
    first = scan([tree / "1"], out=tmp_path / "first")
    for number in range(3):
        (tree / "1" / f"zz{number}.txt").write_text("ny@example.no\n", "utf-8")
    interrupted([tree / "1"], tmp_path / "run", 1, since=first.path)
    shutil.rmtree(first.path)
    run = scan([], out=tmp_path / "run", resume=True)
    assert len(statuses(run)) == 13 and noted(run, "the rest was read")
    for number in range(3):
        (tree / "1" / f"zz{number}.txt").unlink()


def test_the_last_run_is_the_newest_finished_one_of_the_same_targets(tree: Path, tmp_path: Path) -> None:
    run, names, _ = read(tree / "2", tmp_path / "a", "last")
    assert len(names) == 10 and noted(run, "no finished run of these targets")
    interrupted([tree / "2"], tmp_path / "b", 2)
    scan([tree / "1"], out=tmp_path / "c")
    run, names, _ = read(tree / "2", tmp_path / "d", "last")
    assert names == set() and noted(run, load_run(tmp_path / "a").manifest["id"])


def test_an_unfinished_run_or_none_is_refused(tree: Path, tmp_path: Path) -> None:
    interrupted([tree], tmp_path / "run", 3)
    for folder, said in ((tmp_path / "run", "is not finished"), (tmp_path / "nowhere", "is not a run folder")):
        with pytest.raises(UsageError, match=said):
            scan([tree], out=tmp_path / "new", since=folder)
    assert not (tmp_path / "new").exists()


def test_tables_of_a_database_are_read_again(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "a.db") as made:
        made.execute("CREATE TABLE a (epost TEXT)")
        made.execute("INSERT INTO a VALUES ('kari@example.no')")
    target = f"sqlite:///{tmp_path}/a.db"
    first = scan([target], out=tmp_path / "first")
    told: list[Progress] = []
    run = scan([target], out=tmp_path / "run", since=first.path, report=told.append)
    assert sum(one.finished is not None for one in told) == 1
    assert tables(run) == tables(first)
