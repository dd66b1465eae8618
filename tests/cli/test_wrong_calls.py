"""A wrong call says what is wrong and the nearest right name, ends with 2, and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from scanning import RULE

WRONG = {
    "scna": "did you mean 'scan'?",
    "scan IN --min-scor 0.3": "--min-score",
    "scan IN --jbos 2": "--jobs",
    "scan": "no target given",
    "scan NOWHERE": "the target 'NOWHERE' does not exist",
    "scan inn": "did you mean 'in'?",
    "scan arkvi --config named.yaml": "did you mean 'arkiv'?",
    "scan s3://bucket/x": "s3://",
    "scan IN --only EMAIL_ADRESS": "did you mean 'EMAIL_ADDRESS'?",
    "scan IN --fail-on emial": "did you mean 'email'?",
    "scan IN --fail-on NO_FODSELSNUMER": "did you mean 'NO_FODSELSNUMMER'?",
    "scan IN --fail-on ,": "nothing is called ''",
    "scan IN --min-score 2": "--min-score",
    "scan IN --min-score nan": "min_score",
    "scan IN --jobs -1": "--jobs",
    "scan IN --jobs x": "--jobs",
    "scan IN --engine spark": "--engine",
    "scan IN --lang sv": "'nb', 'en'",
    "scan IN --max-file-size 1X": "is not a size",
    "scan IN --timeout-per-document 0": "--timeout-per-document",
    "scan IN --timeout-per-document nan": "document_seconds",
    "scan IN --config nowhere.yaml": "nowhere.yaml: cannot be read",
    "scan IN --config key.yaml": "did you mean 'min_score'?",
    "scan IN --config limit.yaml": "did you mean 'max_depth'?",
    "scan IN --config broken.yaml": "broken.yaml, line 2: not valid YAML",
    "scan home --config variable.yaml": "NOT_SET_ANYWHERE is not set",
    "scan IN --rules nowhere": "no such rule file or folder",
    "scan IN --rules rule.yaml": "did you mean 'patterns'?",
    "report": "Missing argument",
    "report IN": "is not a run folder",
    "report NOWHERE": "is not a run folder",
    "report IN --format jsn": "did you mean 'json'?",
    "rules shwo": "Did you mean 'show'?",
    "rules show no.fodselsnumer": "did you mean 'no.fodselsnummer'?",
    "rules list nowhere": "no such rule file or folder",
    "demo in": "already holds something",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("kari@example.no", encoding="utf-8")
    files = {
        "named.yaml": "targets: {arkiv: in}", "key.yaml": "min_scor: 1", "limit.yaml": "limits: {max_deph: 1}",
        "broken.yaml": "jobs: 1\nlang: [", "variable.yaml": "targets: {home: '${NOT_SET_ANYWHERE}/x'}",
        "rule.yaml": RULE.replace("patterns", "paterns"),
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("wrong", "said"), WRONG.items())
def test_a_wrong_call_ends_with_2_says_why_and_writes_nothing(call: Any, place: Path, wrong: str, said: str) -> None:
    before = content(place)
    result = call(*("in" if word == "IN" else word for word in wrong.split()))
    assert result.code == 2
    assert said in result.err
    assert result.err.startswith("error: ") and result.out == ""
    assert content(place) == before
    assert {path.name for path in place.iterdir()} == {name.partition("/")[0] for name in before}


@pytest.mark.parametrize("name", ["full", "file", "file/run"])
def test_a_run_folder_that_holds_something_is_left_as_it_is(call: Any, place: Path, name: str) -> None:
    (place / "full").mkdir()
    (place / "full" / "mine.txt").write_bytes(b"mine")
    (place / "file").write_bytes(b"mine")
    before = content(place)
    result = call("scan", "in", "--out", name)
    assert result.code == 2 and "run folder" in result.err
    assert content(place) == before


def test_a_run_folder_with_an_impossible_name_is_a_wrong_call(call: Any, place: Path) -> None:
    result = call("scan", "in", "--out", "x" * 300)
    assert result.code == 2 and "cannot be made" in result.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_target_without_permission_says_so(call: Any, place: Path) -> None:
    (place / "in").chmod(0)
    (place / "locked").mkdir()
    try:
        result = call("scan", "in/a.txt")
    finally:
        (place / "in").chmod(0o700)
    assert result.code == 2


def test_a_wrong_key_is_a_wrong_call(call: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PII_SCAN_KEY", "hemmelig")
    result = call("scan", "in", "--out", "run")
    assert result.code == 2 and "64 hexadecimal digits" in result.err and "hemmelig" not in result.err
    assert not (place / "run").exists()


def test_a_kernel_that_does_not_exist_is_told_before_anything_is_written(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PII_SCAN_KERNEL", "nativ")
    (tmp_path / "a.txt").write_text("konto")
    said = call("scan", str(tmp_path / "a.txt"), "--out", str(tmp_path / "run"))
    assert said.code == 2 and "did you mean 'native'?" in said.err
    assert not (tmp_path / "run").exists()
