"""Run folders that are named by their time are told apart, and in order; a few rows stay at hand when written."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from pii_scan.findings import run_writer
from pii_scan.findings.run_writer import RunWriter, new_folder
from pii_scan.findings.schema import PROBLEMS
from pii_scan.findings.store import load_run


def test_a_scan_that_begins_in_the_second_of_another_has_a_folder_of_its_own(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        folder = new_folder(tmp_path)
        folder.mkdir()
        names.append(folder.name)
    assert len(set(names)) == 3 and names == sorted(names)
    assert all(re.fullmatch(r"pii-scan-[0-9]{8}T[0-9]{6}Z", name) for name in names)


def begun(folder: Path, parts: int) -> RunWriter:
    manifest = {
        "id": "1", "started_at": "2026-11-22T10:00:00Z", "finished_at": None, "version": "0.1.0", "rules_hash": "r",
        "config_hash": "c", "status": "running", "lang": "nb", "targets": ["t"], "notes": [],
    }  # fmt: skip
    writer = RunWriter.begun(folder, manifest)
    for number in range(parts):
        rows = [{"target": "t", "document": f"{number}", "stage": "source", "code": "vanished", "detail": ""}]
        writer.write_part(f"{number:08d}", {"problems": pa.Table.from_pylist(rows, schema=PROBLEMS)})
    return writer


def test_rows_that_were_written_are_at_hand_without_those_that_are_gone(tmp_path: Path) -> None:
    writer = begun(tmp_path / "run", 3)
    writer.commit(gone=["00000001"])
    writer.close()
    assert writer.written is not None and list(writer.written["problems"]) == ["00000000", "00000002"]


def test_many_rows_are_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_writer, "MOST_WRITTEN_BYTES", 200)
    writer = begun(tmp_path / "run", 20)
    writer.close()
    assert writer.written is None
    assert sum(table.num_rows for table in load_run(tmp_path / "run", writer.written).problems()) == 20


def test_of_a_run_that_is_taken_up_again_not_all_rows_are_at_hand(tmp_path: Path) -> None:
    begun(tmp_path / "run", 2).close()
    writer = RunWriter.resumed(tmp_path / "run")
    writer.close()
    assert writer.written is None
