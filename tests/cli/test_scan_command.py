"""`pii-scan scan`: exit codes, options, and what is printed where."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from scanning import RULE, codes, found, pii_scan, rows, statuses

from pii_scan.findings.store import load_run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two readable folders, a file of unknown kind apart from them."""
    for name, text in {
        "in/a.txt": "kari@example.no",
        "in/b.csv": "x;y\n1;Nr. 11837533335\n",
        "in/sub/c.log": "ZZ1234",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "x.bin").write_bytes(bytes(range(256)) * 9)
    monkeypatch.chdir(tmp_path)
    return tmp_path


GATES = {
    ("in",): 0,
    ("in", "odd"): 3,
    ("in", "odd", "--allow-incomplete"): 0,
    ("in", "--fail-on", "any"): 1,
    ("in", "odd", "--fail-on", "EMAIL_ADDRESS"): 1,
    ("in", "odd", "--fail-on", "national_id", "--allow-incomplete"): 1,
    ("in", "odd", "--fail-on", "IBAN_CODE"): 3,
    ("in", "--fail-on", "IBAN_CODE,card"): 0,
    ("in", "--fail-on", "IBAN_CODE, email"): 1,
}


@pytest.mark.parametrize(
    ("arguments", "code"), GATES.items(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_the_exit_code_says_what_happened(call: Any, place: Path, arguments: tuple[str, ...], code: int) -> None:
    result = call("scan", *arguments, "--out", "run", "--jobs", 1)
    assert result.code == code
    assert ("gate: found" in result.err) == (code == 1)


def test_a_gate_that_fires_counts_although_the_reader_of_the_summary_is_gone(place: Path) -> None:
    import subprocess

    from scanning import command, environment

    script = (
        f"{' '.join(command('scan', 'in', 'odd', '--out', 'run', '--fail-on', 'any'))} | true; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", script], env=environment(), cwd=place, capture_output=True, text=True, check=False
    )
    assert done.stdout == "1\n"
    assert "Traceback" not in done.stderr and "Broken" not in done.stderr


def test_an_empty_folder_is_done_and_clean(call: Any, place: Path) -> None:
    (place / "tom").mkdir()
    result = call("scan", "tom", "--out", "run", "--lang", "en")
    run = load_run(place / "run")
    assert result.code == 0 and rows(run.documents()) == [] and run.manifest["status"] == "finished"
    assert "report.html" in result.out


def test_quiet_says_nothing_but_the_summary(call: Any, place: Path) -> None:
    result = call("scan", "in", "--out", "run", "--quiet", "--fail-on", "any")
    assert (result.code, result.err) == (1, "")
    assert "report.html" in result.out and "\x1b" not in result.out


def test_the_run_folder_holds_a_report_that_only_the_user_can_read(call: Any, place: Path) -> None:
    assert call("scan", "in", "--out", "run", "--lang", "en").code == 0
    report = place / "run" / "report.html"
    assert b'lang="en"' in report.read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(report.stat().st_mode) == 0o600
        assert stat.S_IMODE((place / "run").stat().st_mode) == 0o700


def test_without_out_the_run_folder_is_named_by_time(call: Any, place: Path) -> None:
    assert call("scan", "in").code == 0
    assert len(list(place.glob("pii-scan-2*T*Z"))) == 1


def test_include_and_exclude_choose_files(call: Any, place: Path) -> None:
    assert call("scan", "in", "--out", "r1", "--include", "*.txt", "--include", "*.log").code == 0
    assert set(statuses(load_run("r1"))) == {"a.txt", "sub/c.log"}
    assert call("scan", "in", "--out", "r2", "--exclude", "sub", "--exclude", "*.csv").code == 0
    assert set(statuses(load_run("r2"))) == {"a.txt"}


def test_a_file_that_is_too_large_is_a_problem(call: Any, place: Path) -> None:
    assert call("scan", "in", "--out", "run", "--max-file-size", "18").code == 3
    run = load_run("run")
    assert codes(run) == {("b.csv", "limit")}
    assert statuses(run)["b.csv"] == "unread"


def test_only_and_min_score_choose_findings(call: Any, place: Path) -> None:
    call("scan", "in", "--out", "r1", "--only", "NO_FODSELSNUMMER, IBAN_CODE")
    assert {kind for _, kind in found(load_run("r1"))} == {"NO_FODSELSNUMMER"}
    call("scan", "in", "--out", "r2", "--min-score", "0.9")
    assert {kind for _, kind in found(load_run("r2"))} == {"EMAIL_ADDRESS"}


def test_the_users_own_rule_is_used_and_can_be_a_gate(call: Any, place: Path) -> None:
    (place / "mine.yaml").write_text(RULE, encoding="utf-8")
    result = call("scan", "in", "--out", "run", "--rules", "mine.yaml", "--fail-on", "vehicle", "--only", "MY_ID")
    assert result.code == 1 and "gate: found vehicle" in result.err
    assert found(load_run("run")) == {("sub/c.log", "MY_ID")}


def test_options_come_from_the_file_and_the_command_line_adds(call: Any, place: Path) -> None:
    text = "targets: {arkiv: in}\nexclude: [sub]\nlang: en\nmin_score: 0.9\nlimits: {max_file_bytes: 1000}\n"
    (place / "c.yaml").write_text(text, encoding="utf-8")
    result = call("scan", "arkiv", "--config", "c.yaml", "--exclude", "*.csv", "--min-score", "0.3", "--out", "run")
    run = load_run("run")
    assert result.code == 0 and set(statuses(run)) == {"a.txt"}
    assert run.manifest["targets"] == ["arkiv"] and run.manifest["lang"] == "en"


def test_standard_input_is_a_document(place: Path) -> None:
    done = pii_scan("scan", "-", "--out", "run", "--fail-on", "email", stdin=b"kari@example.no\n", cwd=place)
    assert done.returncode == 1
    assert found(load_run(place / "run")) == {("-", "EMAIL_ADDRESS")}
    assert list(place.glob("pii-scan-stdin*")) == []


def test_a_run_folder_inside_the_target_is_noted_in_the_summary(call: Any, place: Path) -> None:
    result = call("scan", "in", "--out", "in/run", "--lang", "en")
    assert "the run folder lies inside a target" in " ".join(result.out.split())
    assert json.loads((place / "in" / "run" / "run.json").read_text())["notes"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_and_a_file_without_permission_are_problems(call: Any, place: Path) -> None:
    (place / "in" / "sub").chmod(0)
    (place / "in" / "a.txt").chmod(0)
    try:
        result = call("scan", "in", "--out", "run")
    finally:
        (place / "in" / "sub").chmod(0o700)
    assert result.code == 3
    assert codes(load_run("run")) == {("sub", "permission"), ("a.txt", "permission")}


def test_a_disk_that_is_full_is_said_in_one_line(call: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    result = call("scan", "in", "--out", "run")
    said = "error: no space is left for the run folder (make room; `scan --resume --out RUN` then goes on)\n"
    assert (result.code, result.err) == (3, said)
    assert json.loads((place / "run" / "run.json").read_text())["status"] == "failed"
