"""A night: every target of the estate into one run, what cannot be reached is a problem of it, and old runs go."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scanning import rows

from pii_scan.cli.main import run as run_cli
from pii_scan.engines.alone import alone
from pii_scan.findings.store import Run, load_run
from pii_scan.registry import data_folder

SECRETS = {"PII_TEST_ROOT": "", "PII_TEST_PASSWORD": "hemmeligord"}
"""The first is set where the folder is made."""
ESTATE = """
targets:
  hr: {url: "${PII_TEST_ROOT}/hr", owner: HR-sjefen, system: accounting.a_melding, activity: Personal,
       exclude: ["*.skip"]}
  crm: {url: "sqlite:///crm.db", owner: Salg, include: [kunder]}
  borte: {url: "${PII_TEST_ROOT}/finnes-ikke", owner: IT}
  tjener: "postgresql://reader:${PII_TEST_PASSWORD}@127.0.0.1:1/${PII_TEST_PASSWORD}"
exclude: ["*.tmp"]
jobs: 1
lang: en
runs: runs
keep: {runs: KEEP}
notice: notice.yaml
"""


@dataclass
class Night:
    """What one `scan --all` said and made."""

    code: int
    said: str
    run: Run
    documents: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Nights:
    folder: Path
    secret: str
    first: Night
    second: Night
    left: set[str]
    """Names in the folder of the runs after the second."""


def night(*options: str) -> Night:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        code = run_cli(["scan", "--all", "--format", "line", *options])
    run = load_run(max(Path("runs").glob("*/run.json"), key=lambda file: file.stat().st_mtime_ns).parent)
    return Night(code, out.getvalue(), run, rows(run.documents()), rows(run.problems()), rows(run.findings()))


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """Two nights of a folder, a database, and two targets that are away."""
    folder = tmp_path_factory.mktemp("estate")
    root = folder / "hemmelig-rot"
    (root / "hr").mkdir(parents=True)
    (root / "hr" / "liste.csv").write_text("navn;e-post\nKari;kari@example.no\n", encoding="utf-8")
    (root / "hr" / "saft.xml").write_text(
        '<AuditFile xmlns="urn:StandardAuditFile-Taxation-Financial:NO"><Email>post@example.no</Email></AuditFile>'
    )
    for name in ("a.skip", "b.tmp"):
        (root / "hr" / name).write_text("ola@example.no", encoding="utf-8")
    with contextlib.closing(sqlite3.connect(folder / "crm.db")) as base:
        base.executescript(
            "CREATE TABLE kunder (id INTEGER PRIMARY KEY, epost TEXT); CREATE TABLE logg (a TEXT);"
            "INSERT INTO kunder VALUES (1, 'per@example.no'); INSERT INTO logg VALUES ('x@example.no')"
        )
    (folder / "notice.yaml").write_bytes((data_folder("configs") / "notices" / "metis.yaml").read_bytes())
    (folder / "pii-scan.yaml").write_text(ESTATE.replace("KEEP", "5"), encoding="utf-8")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        for name, value in {**SECRETS, "PII_TEST_ROOT": os.fspath(root)}.items():
            patch.setenv(name, value)
        first = night()
        (root / "hr" / "ny.txt").write_text("nils@example.no", encoding="utf-8")
        (folder / "pii-scan.yaml").write_text(ESTATE.replace("KEEP", "1"), encoding="utf-8")
        second = night("--since", "last")
        yield Nights(folder, os.fspath(root), first, second, {entry.name for entry in Path("runs").iterdir()})


def test_every_target_is_in_the_run_with_its_own_settings(nights: Nights) -> None:
    found = {(row["target"], row["document"]) for row in nights.first.documents}
    assert found == {("hr", "liste.csv"), ("hr", "saft.xml"), ("crm", "kunder"), ("borte", "."), ("tjener", ".")}
    assert nights.first.run.manifest["targets"] == ["hr", "crm", "borte", "tjener"]


def test_what_is_away_is_a_problem_of_the_run_and_stops_nothing(nights: Nights) -> None:
    assert nights.first.code == 3
    problems = {(row["target"], row["stage"], row["code"]) for row in nights.first.problems}
    assert problems == {("borte", "source", "vanished"), ("tjener", "source", "vanished")}
    assert nights.first.run.manifest["unreachable"] == ["borte", "tjener"]
    assert nights.first.run.manifest["status"] == "finished"


def test_the_declared_system_holds_where_the_content_does_not_say_better(nights: Nights) -> None:
    systems = {row["document"]: (row["system"], row["signals"]) for row in nights.first.documents}
    assert systems["liste.csv"] == ("accounting.a_melding", "target: declared to be from this system")
    assert systems["saft.xml"][0] == "accounting.saft"
    assert systems["kunder"][0] == "unassigned"


def test_one_line_says_what_was_found_and_what_was_not_reached(nights: Nights) -> None:
    [line] = nights.first.said.splitlines()
    assert line.startswith("pii-scan: Personal data found in 3 of 5 documents; 2 documents could not be read; ")
    assert "2 targets could not be opened: borte, tjener; exit code 3; run runs/pii-scan-" in line


def test_the_next_night_takes_over_what_has_not_changed_and_clears_the_folder(nights: Nights) -> None:
    assert {row["document"] for row in nights.second.documents} >= {"liste.csv", "ny.txt", "kunder"}
    assert any("taken over" in note for note in nights.second.run.manifest["notes"])
    assert nights.left == {nights.second.run.path.name, ".pii-scan.lock"}
    assert f"old runs deleted: {nights.first.run.path.name}" in nights.second.said


def test_the_manifest_says_who_answers_for_what(nights: Nights) -> None:
    said = {row["target"]: row for row in nights.second.run.manifest["estate"]}
    assert said["hr"] == {"target": "hr", "location": "${PII_TEST_ROOT}/hr", "owner": "HR-sjefen",
                          "system": "accounting.a_melding", "activity": "Personal"}  # fmt: skip
    assert said["tjener"]["location"] == "postgresql://127.0.0.1:1/${PII_TEST_PASSWORD}"


def test_nothing_that_a_variable_holds_is_in_any_output_or_file(nights: Nights, call: Any) -> None:
    said = [nights.first.said, nights.second.said]
    for arguments in (("estate", "show"), ("estate", "check"), ("scan", "borte"), ("scan", "tjener"),
                      ("report", nights.second.run.path, "--format", "json"),
                      ("report", nights.second.run.path, "--format", "ropa-csv"),
                      ("report", nights.second.run.path, "--format", "markdown")):  # fmt: skip
        told = call(*arguments)
        said += [told.out, told.err]
    tables = [repr(table) for table in (nights.second.documents, nights.second.problems, nights.second.findings)]
    files = [path.read_bytes() for path in nights.second.run.path.rglob("*") if path.is_file()]
    for secret in (nights.secret, "hemmelig-rot", SECRETS["PII_TEST_PASSWORD"]):
        assert not [text for text in (*said, *tables) if secret in text]
        assert not [content for content in files if secret.encode() in content]


def test_the_record_of_processing_names_activity_and_owner(nights: Nights, call: Any) -> None:
    lines = call("report", nights.second.run.path, "--format", "ropa-csv").out.splitlines()
    assert any(line.count("Personal;") and "HR-sjefen" in "\n".join(lines) for line in lines)
    assert "Salg" in "\n".join(lines)


def test_check_takes_the_newest_run_and_the_notice_from_the_file(nights: Nights, call: Any) -> None:
    said = call("check", "last", "--config", "pii-scan.yaml", "--format", "json", "--lang", "en")
    assert said.code in (1, 3)
    assert json.loads(said.out)["run"] == nights.second.run.manifest["id"]
    assert "no notice given" in call("check", nights.second.run.path).err


def test_a_target_is_scanned_by_its_name_with_its_settings(nights: Nights, call: Any, tmp_path: Path) -> None:
    said = call("scan", "crm", "--out", tmp_path / "run", "--quiet")
    assert said.code == 0
    assert [row["document"] for row in rows(load_run(tmp_path / "run").documents())] == ["kunder"]


def test_a_target_that_is_named_and_away_is_a_wrong_call(nights: Nights, call: Any, tmp_path: Path) -> None:
    said = call("scan", "borte", "--out", tmp_path / "run")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: pii-scan.yaml, line 6: the target 'borte' does not exist (its url is '${PII_TEST_ROOT}/finnes-ikke')\n"
    )


def test_two_nights_do_not_overlap(nights: Nights, call: Any) -> None:
    with alone(Path("runs"), datetime(2026, 12, 1, 3, 0, tzinfo=UTC)):
        said = call("scan", "--all")
    assert said.code == 2
    assert f"another scan of this estate is at work since 2026-12-01T03:00:00Z, process {os.getpid()}" in said.err


def test_estate_check_says_what_can_be_reached_and_reads_nothing(nights: Nights, call: Any) -> None:
    said = call("estate", "check", "--format", "json")
    assert said.code == 3
    found = {row["target"]: (row["state"], row["what"]) for row in json.loads(said.out)["targets"]}
    assert found["hr"] == ("ok", "5 entries at its top")
    assert found["crm"] == ("ok", "1 tables and views")
    assert found["borte"] == ("away", "there is no such file or folder")
    assert found["tjener"][0] == "away"


def test_estate_show_needs_no_variable(nights: Nights, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name)
    said = call("estate", "show")
    assert said.code == 0
    assert said.out.splitlines()[1].split() == [
        "hr", "accounting.a_melding", "HR-sjefen", "Personal", "-", "${PII_TEST_ROOT}/hr",
    ]  # fmt: skip
    assert json.loads(call("estate", "show", "--format", "json").out)["targets"][3]["url"].startswith(
        "postgresql://127"
    )
    assert "the environment variable PII_TEST_ROOT is not set" in call("scan", "--all").err


def test_estate_init_writes_a_file_that_holds_and_never_over_another(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("estate", "init").out == "pii-scan.yaml: fill it in, then run: pii-scan estate check\n"
    assert call("estate", "show").code == 0
    before = (tmp_path / "pii-scan.yaml").read_bytes()
    assert call("estate", "init").code == 2 and (tmp_path / "pii-scan.yaml").read_bytes() == before


WRONG = {
    "targets:\n  a:\n    url: .\n    system: accounting.saf\n": "line 2: there is no system 'accounting.saf' (did you",
    "targets: {}\n": "names no target",
    "jobs: 1\n": "names no target",
    "targets: {a: 's9://x'}\n": "line 1: targets of the kind s9://",
    "targets: {a: .}\nrun: x\n": "line 2: unknown key 'run' in the document (did you mean 'runs'?)",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_estate_is_refused_before_anything_is_scanned(
    text: str, call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pii-scan.yaml").write_text(text, encoding="utf-8")
    for arguments in (("scan", "--all"), ("estate", "check")):
        said = call(*arguments)
        assert said.code == 2 and WRONG[text] in said.err
    assert not list(tmp_path.glob("*/run.json"))


def test_two_names_for_the_same_are_refused_as_only_one_would_show(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pii-scan.yaml").write_text("targets:\n  a: .\n  b: ./\n", encoding="utf-8")
    said = call("scan", "--all")
    assert said.code == 2 and "pii-scan.yaml, line 3: 'b' is the same as 'a'" in said.err


def test_a_name_that_is_a_path_too_has_to_be_told_apart(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hr").mkdir()
    (tmp_path / "pii-scan.yaml").write_text("targets: {hr: /srv/hr}", encoding="utf-8")
    said = call("scan", "hr")
    assert said.code == 2 and "'hr' is a target of pii-scan.yaml and a path in this folder" in said.err


def test_all_needs_a_file_and_no_target(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "give --config FILE; `estate init` begins one" in call("scan", "--all").err
    assert "name no target beside it" in call("scan", "--all", "x").err
    assert "`pii-scan estate init` begins one" in call("estate", "check").err
