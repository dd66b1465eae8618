"""A whole scan: the same rows in the same order whatever the number of workers; targets, notes and the run folder."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import planting
import pytest
from scanning import codes, found, rows, statuses, workers

from pii_scan.config import Config
from pii_scan.engines.group import Progress
from pii_scan.engines.scan import key_folder, scan
from pii_scan.errors import RunError, TargetError, UsageError
from pii_scan.findings.store import Run, load_run
from pii_scan.model import Limits
from pii_scan.report.formats import FORMATS

TABLES = ("findings", "problems", "documents", "index")


@dataclass
class Jobs:
    run: Run
    progress: list[Progress]


def json_report(run: Run) -> dict[str, Any]:
    out = io.BytesIO()
    FORMATS["json"](run, out, "nb")
    return {key: value for key, value in json.loads(out.getvalue()).items() if key != "run"}


@pytest.fixture(scope="module")
def by_jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Jobs]:
    """One estate of some groups, scanned by 1, 2 and 4 workers."""
    base = tmp_path_factory.mktemp("jobs")
    estate = planting.make(base / "estate")
    for number in range(150):
        (estate / f"{number:03d}.txt").write_text(
            f"{number}\nNr. 11837533335 til p{number}@example.no\n", encoding="utf-8"
        )
    (estate / "brutt.zip").write_bytes(b"PK\3\4 brutt")
    out = {}
    for jobs in (1, 2, 4):
        progress: list[Progress] = []
        run = scan([estate], config=Config(jobs=jobs), out=base / f"run{jobs}", report=progress.append)
        out[jobs] = Jobs(run, progress)
    return out


def test_a_scan_that_is_over_shows_what_its_folder_holds(by_jobs: dict[int, Jobs]) -> None:
    run = by_jobs[2].run
    assert run.written and json_report(run) == json_report(load_run(run.path))


@pytest.mark.parametrize("jobs", [2, 4])
@pytest.mark.parametrize("table", TABLES)
def test_tables_are_the_same_in_the_same_order_whatever_the_number_of_workers(
    by_jobs: dict[int, Jobs], jobs: int, table: str
) -> None:
    expected = rows(getattr(by_jobs[1].run, table)())
    assert len(expected) > (2 if table == "problems" else 100)
    assert rows(getattr(by_jobs[jobs].run, table)()) == expected


@pytest.mark.parametrize("jobs", [2, 4])
def test_reports_are_the_same_whatever_the_number_of_workers(by_jobs: dict[int, Jobs], jobs: int) -> None:
    assert json_report(by_jobs[jobs].run) == json_report(by_jobs[1].run)


def test_every_file_has_exactly_one_row(by_jobs: dict[int, Jobs]) -> None:
    on_disk = len(planting.READABLE) + len(planting.UNREADABLE) + 151
    tops = [row for row in rows(by_jobs[2].run.documents()) if not row["container"]]
    assert len(tops) == on_disk


def test_progress_tells_of_every_document_and_every_finding(by_jobs: dict[int, Jobs]) -> None:
    told = by_jobs[2].progress
    assert (
        sum(progress.finished is not None for progress in told)
        == len(planting.READABLE) + len(planting.UNREADABLE) + 151
    )
    assert sum(progress.findings for progress in told) == len(rows(by_jobs[2].run.index()))


def test_no_worker_is_left(by_jobs: dict[int, Jobs]) -> None:
    assert workers() == []


def test_targets_are_scanned_once_each_and_the_run_says_them(tmp_path: Path) -> None:
    """Two folders, one of them named thrice; a name from the configuration; a file; standard input is not one."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(f"{name}@example.no", encoding="utf-8")
    config = Config(targets={"arkiv": str(tmp_path / "b")})
    targets = [
        tmp_path / "a",
        f"{tmp_path}/a/",
        f"{tmp_path}/b/../a",
        "arkiv",
        tmp_path / "b",
        tmp_path / "a" / "x.txt",
    ]
    run = scan(targets, config=config, out=tmp_path / "run")
    assert run.manifest["targets"] == [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "a" / "x.txt")]
    assert len(rows(run.documents())) == 3
    assert run.manifest["status"] == "finished" and run.manifest["notes"] == []


def test_personal_data_in_the_name_of_a_target_is_masked_and_targets_stay_apart(tmp_path: Path) -> None:
    for number in ("11837533335", "43897703077"):
        (tmp_path / f"fnr {number}.txt").write_text("p@example.no", encoding="utf-8")
    run = scan(sorted(tmp_path.glob("fnr*")), out=tmp_path / "run")
    masked = str(tmp_path / "fnr ###########.txt")
    assert run.manifest["targets"] == [masked, f"{masked} (2)"]
    assert {row["target"] for row in rows(run.findings())} == {masked, f"{masked} (2)"}
    names = {row["document"] for row in rows(run.findings())}
    assert len(names) == 2
    assert {name.partition("~")[0] for name in names} == {"fnr ###########.txt"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_target_whose_name_is_not_utf8_is_scanned(tmp_path: Path) -> None:
    folder = tmp_path / "m\udce5ned"
    folder.mkdir()
    (folder / "\udcf8.txt").write_text("p@example.no", encoding="utf-8")
    run = scan([folder], out=tmp_path / "run")
    assert run.manifest["targets"] == [str(tmp_path / r"m\xe5ned")]
    assert found(run) == {(r"\xf8.txt", "EMAIL_ADDRESS")}


def test_a_run_folder_inside_the_target_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("p@example.no", encoding="utf-8")
    first = scan([tmp_path], out=tmp_path / "run")
    assert statuses(first) == {"a.txt": "read"}
    assert first.manifest["notes"] == ["the run folder lies inside a target and was left out of the scan"]
    with pytest.raises(UsageError, match="is itself a target"):
        (tmp_path / "tom").mkdir()
        scan([tmp_path / "tom"], out=tmp_path / "tom")
    assert list((tmp_path / "tom").iterdir()) == []


def test_a_wrong_target_leaves_neither_a_run_nor_standard_input_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"kari@example.no")))
    for targets in (["-", tmp_path / "nowhere"], ["-", "s3://bucket"]):
        with pytest.raises(TargetError):
            scan(targets, out=tmp_path / "run")
    with pytest.raises(UsageError, match="no target"):
        scan([], out=tmp_path / "run")
    assert not (tmp_path / "run").exists() and list((tmp_path / "tmp").iterdir()) == []


def test_standard_input_that_was_cut_is_one_document_partly_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"p@example.no\n" * 10)))
    run = scan(["-"], config=Config(limits=Limits(max_file_bytes=39)), out=tmp_path / "run")
    assert statuses(run) == {"-": "partly_read"}
    assert codes(run) == {("-", "limit")}
    assert len(rows(run.index())) == 3


def test_workers_that_never_start_end_the_run_with_an_error_and_a_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RunError, match="end before they are ready"):
        scan([tmp_path / "a.txt"], out=tmp_path / "run")
    assert load_run(tmp_path / "run").manifest["status"] == "failed"


def test_the_key_lies_in_the_users_configuration_folder() -> None:
    assert key_folder({"PII_SCAN_CONFIG_HOME": "/a", "XDG_CONFIG_HOME": "/b"}) == Path("/a/pii-scan")
    assert key_folder({"XDG_CONFIG_HOME": "/b"}) == Path("/b/pii-scan")
    assert key_folder({}) == Path.home() / ".config" / "pii-scan"
