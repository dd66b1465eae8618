"""`pii-scan scan --resume` and `--since`: what may be given again, what is refused, and what is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interrupting import interrupted, make_tree, small_pieces

from pii_scan.config import Config
from pii_scan.findings.run_writer import RunWriter
from pii_scan.findings.store import load_run


@pytest.fixture(scope="module", autouse=True)
def pieces() -> Iterator[None]:
    with small_pieces():
        yield


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tree, and a run over it that was interrupted; it was begun with an option."""
    make_tree(tmp_path / "in", 20, 50)
    monkeypatch.chdir(tmp_path)
    interrupted(["in"], tmp_path / "run", 9, config=Config(jobs=1, min_score=0.7, exclude=("*.bin",)))
    return tmp_path


def test_a_run_is_resumed_without_a_word_of_what_it_was_begun_with(
    call: Any, place: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    said = call("scan", "--resume", "--out", place / "run", "--jobs", 2, "--lang", "en", "--fail-on", "any")
    assert said.code == 1 and "report.html" in said.out
    run = load_run(place / "run")
    assert run.manifest["status"] == "finished" and run.manifest["targets"] == ["in"]
    assert (place / "run" / "report.html").exists()


def test_a_finished_run_only_gets_its_report(call: Any, place: Path) -> None:
    assert call("scan", "--resume", "--out", "run").code == 3
    (place / "run" / "report.html").unlink()
    assert call("scan", "--resume", "--out", "run").code == 3
    assert (place / "run" / "report.html").exists()


WRONG = {
    ("--resume",): "needs the run folder",
    ("--out", "run"): "no target given",
    ("in", "--out", "run"): "already holds something (give another --out, or --resume to go on with a run)",
    ("--resume", "--out", "run", "--min-score", "0.6"): "not as when the run was begun: min_score",
    ("--resume", "--out", "run", "--exclude", "*.zip"): "not as when the run was begun: exclude",
    ("--resume", "--out", "run", "--config", "other.yaml"): "not as when the run was begun: min_score, include",
    ("in/0", "--resume", "--out", "run"): "the targets are not those",
    ("--resume", "--out", "in"): "is not a run folder",
    ("in", "--out", "new", "--since", "run"): "is not finished",
    ("in", "--out", "new", "--since", "in"): "is not a run folder",
    (
        "--resume",
        "--out",
        "run",
        "--since",
        "nowhere",
        "--min-score",
        "0.6",
    ): "not as when the run was begun: min_score",
}


def test_what_does_not_fit_is_a_wrong_call_that_says_what(call: Any, place: Path) -> None:
    (place / "other.yaml").write_text("min_score: 0.6\ninclude: ['*.txt']\nexclude: ['*.bin']\n", "utf-8")
    for arguments, message in WRONG.items():
        said = call("scan", *arguments)
        assert (said.code, said.out) == (2, ""), arguments
        assert message in said.err, arguments
    assert load_run(place / "run").manifest["status"] == "interrupted" and not (place / "new").exists()
    (place / "same.yaml").write_text("min_score: 0.7\nexclude: ['*.bin']\nlang: en\n", "utf-8")
    assert call("scan", "in", "--resume", "--out", "run", "--config", "same.yaml", "--min-score", "0.7").code == 3


def test_a_folder_that_another_scan_writes_is_left_alone(call: Any, place: Path) -> None:
    writer = RunWriter.resumed(place / "run")
    try:
        said = call("scan", "--resume", "--out", "run")
    finally:
        writer.close()
    assert said.code == 2 and "another pii-scan is at work in this run folder" in said.err


def test_a_damaged_state_is_said_in_one_line(call: Any, place: Path) -> None:
    (place / "run" / "state.sqlite").write_bytes(b"SQLite format 3\0" + bytes(50))
    said = call("scan", "--resume", "--out", "run")
    assert said.code == 2 and said.err.count("\n") == 1 and "state.sqlite" in said.err


def test_standard_input_cannot_be_resumed(call: Any, place: Path) -> None:
    manifest = json.loads((place / "run" / "run.json").read_text())
    manifest["call"]["standard_input"] = True
    (place / "run" / "run.json").write_text(json.dumps(manifest), "utf-8")
    said = call("scan", "--resume", "--out", "run")
    assert said.code == 2 and "standard input cannot be read a second time" in said.err


def test_since_says_in_the_summary_what_was_taken_over(call: Any, place: Path) -> None:
    call("scan", "in/0", "--out", "first")
    said = call("scan", "in/0", "--out", "second", "--since", "last", "--lang", "en")
    assert said.code == 0
    assert f"taken over from the run {load_run('first').manifest['id']}" in " ".join(said.out.split())
    assert call("diff", "first", "second").code == 0
