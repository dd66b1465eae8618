"""A document that hangs, grows, aborts, exits or floods costs itself and nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import unruly
from scanning import codes, found, pii_scan, rows, statuses, with_modules, workers

from pii_scan.config import Config
from pii_scan.engines.local import START_SECONDS, LocalEngine
from pii_scan.engines.scan import scan
from pii_scan.engines.worker_process import Worker
from pii_scan.findings.store import Run
from pii_scan.model import DocumentRef, Limits, Problem, ProblemCode, WorkUnit

LIMITS = Limits(stall_seconds=3, document_seconds=8, worker_bytes=400 << 20)
ENDS = {
    "hang.txt": "timeout", "endless.txt": "timeout", "child.txt": "timeout", "balloon.txt": "memory",
    "hoard.txt": "memory", "abort.txt": "crash", "exit.txt": "crash", "leave.txt": "crash", "kill.txt": "crash",
    "early.txt": "crash", "raise.txt": "corrupt", "late.txt": "corrupt",
}  # fmt: skip
CALM = ("00.txt", "flood.txt", "m.txt", "zz.txt")


@dataclass
class Survived:
    run: Run
    temporary: Path
    seconds: float


@pytest.fixture(scope="module")
def survived(tmp_path_factory: pytest.TempPathFactory) -> Survived:
    base = tmp_path_factory.mktemp("unruly")
    (base / "in").mkdir()
    for name in (*ENDS, *CALM):
        (base / "in" / name).write_text(f"her er {name.partition('.')[0]}@example.no\n", encoding="utf-8")
    temporary = base / "tmp"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(unruly.install(base / "hook"))
        patch.setattr("tempfile.tempdir", str(temporary))
        start = time.monotonic()
        run = scan([base / "in"], config=Config(jobs=2, limits=LIMITS), out=base / "run")
    return Survived(run, temporary, time.monotonic() - start)


@pytest.mark.parametrize(("name", "code"), ENDS.items())
def test_each_becomes_a_problem_with_its_code(survived: Survived, name: str, code: str) -> None:
    assert [found for document, found in codes(survived.run) if document == name] == [code]
    assert statuses(survived.run)[name] in ("unread", "partly_read")


def test_the_other_documents_of_the_group_are_read(survived: Survived) -> None:
    every = statuses(survived.run)
    assert {name for name, status in every.items() if status == "read"} == set(CALM)
    assert set(every) == {*ENDS, *CALM}


@pytest.mark.parametrize("name", [name for name in ENDS if name != "raise.txt"])
def test_what_was_found_before_the_end_stays(survived: Survived, name: str) -> None:
    assert (name, "EMAIL_ADDRESS") in found(survived.run)


def test_how_a_worker_ended_by_itself_is_told(survived: Survived) -> None:
    """Its output ends first: it must not be killed, and that taken for its end, before it is gone."""
    said = {row["document"]: row["detail"] for row in rows(survived.run.problems())}
    for name, status in {"exit.txt": 0, "leave.txt": 0, "abort.txt": -6}.items():
        assert f"(exit status {status})" in said[name]


def test_what_ended_its_worker_before_anything_was_found_is_searched_for_loose_text(survived: Survived) -> None:
    assert statuses(survived.run)["early.txt"] == "partly_read"
    (row,) = [row for row in rows(survived.run.problems()) if row["document"] == "early.txt"]
    assert row["code"] == "crash" and "loose text alone" in row["detail"]


def test_a_document_that_ends_a_second_worker_is_not_tried_again() -> None:
    engine = LocalEngine(1, {}, [], LIMITS, lambda progress: None)
    calm = cast(Worker, SimpleNamespace(killed_for=None, found=False))
    unit = WorkUnit(DocumentRef("t", "a.doc"))
    again = engine._ended(calm, unit, -6)
    assert isinstance(again, WorkUnit) and again.ended is not None and again.ended[0] == "crash"
    last = engine._ended(calm, again, -9)
    assert isinstance(last, Problem) and (last.code, last.detail) == again.ended
    talked = cast(Worker, SimpleNamespace(killed_for=ProblemCode.TIMEOUT, found=True))
    assert isinstance(engine._ended(talked, unit, -9), Problem), "what was found would be found twice"


def test_nothing_is_found_twice_by_the_worker_that_goes_on(survived: Survived) -> None:
    once = [row["document"] for row in rows(survived.run.index()) if row["document"] != "endless.txt"]
    assert sorted(once) == sorted({*once})


def test_what_a_parser_prints_or_says_goes_nowhere(survived: Survived) -> None:
    for path in survived.run.path.rglob("*"):
        assert path.is_dir() or unruly.PLANTED.encode() not in path.read_bytes()
    assert not [row for row in rows(survived.run.problems()) if "unruly" in row["detail"]]


def test_no_process_and_no_temporary_file_is_left(survived: Survived) -> None:
    assert workers() == []
    assert list(survived.temporary.iterdir()) == []


def test_the_scan_takes_no_longer_than_its_limits_add_up_to(survived: Survived) -> None:
    """Each may cost its time limit and a new worker, however slow the machine; it must not hang for ever."""
    assert survived.seconds < len(ENDS) * (LIMITS.document_seconds + START_SECONDS)


def test_the_command_ends_with_3_and_names_what_happened(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "abort.txt").write_text("p@example.no", encoding="utf-8")
    env = with_modules(unruly.install(tmp_path / "hook"))
    done = pii_scan("scan", tmp_path / "in", "--out", tmp_path / "run", "--lang", "en", env=env)
    assert done.returncode == 3
    assert b"crash" in done.stdout and done.stderr == b""


def test_a_slice_that_cannot_be_read_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late.txt").write_bytes(b"p@example.no\n" + b"en linje til\n" * 30_000)
    monkeypatch.syspath_prepend(unruly.install(tmp_path / "hook"))
    monkeypatch.setattr("pii_scan.engines.group.SLICE_BYTES", 100_000)
    run = scan([tmp_path / "late.txt"], config=Config(jobs=2), out=tmp_path / "run")
    assert statuses(run) == {"late.txt": "partly_read"}
    assert {code for _, code in codes(run)} == {"corrupt"}
    assert len(rows(run.index())) == 1
