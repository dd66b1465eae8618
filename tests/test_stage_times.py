"""Every second of a worker belongs to one stage, and every document to one kind."""

from __future__ import annotations

from pathlib import Path

from scanning import summary

from pii_scan.engines.scan import scan
from pii_scan.findings.schema import STAGES
from pii_scan.stage_times import StageTimes


def test_an_inner_stage_takes_its_time_from_the_outer(monkeypatch) -> None:
    moments = iter([0.0, 1.0, 3.0, 6.0, 6.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(moments))
    times = StageTimes()
    with times.on("detect"), times.on("collect"):
        pass
    times.done("text/csv", 7)
    (row,) = times.table().to_pylist()
    assert {stage: row[stage] for stage in STAGES if row[stage]} == {"detect": 1.0 + 3.0, "collect": 2.0}
    assert (row["media_type"], row["documents"], row["bytes"]) == ("text/csv", 1, 7)
    assert times.table().num_rows == 0


def test_pieces_pass_through_in_their_order() -> None:
    assert list(StageTimes().through("extract", iter([3, 1, 2]))) == [3, 1, 2]


def test_a_profiled_scan_counts_each_document_once_and_shows_the_stages(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, text in {"a.txt": "intet", "b.txt": "intet", "c.csv": "epost;by\nkari@example.no;Bodø\n"}.items():
        (tmp_path / "in" / name).write_text(text, "utf-8")
    run = scan([tmp_path / "in"], out=tmp_path / "run", profile=True)
    documents = {row["media_type"]: row["documents"] for row in run.manifest["times"]}
    assert documents == {"text/plain": 2, "text/csv": 1}
    assert "text/plain" in summary(run, "en") and "Collect" in summary(run, "en")


def test_a_scan_that_no_one_profiles_says_nothing_of_times(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("intet", "utf-8")
    run = scan([tmp_path / "a.txt"], out=tmp_path / "run")
    assert "times" not in run.manifest
