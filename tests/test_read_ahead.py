"""Small documents read together: each has the rows that it has alone, whoever else is read beside it."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from extract.formats_archives import SAMPLES as ARCHIVES
from extract.formats_data import SAMPLES as DATA
from extract.formats_office import SAMPLES as OFFICE
from extract.formats_text import SAMPLES as TEXTS
from test_pipeline import EMAIL, FNR, Memory, make

from pii_scan import read_ahead
from pii_scan.detect.ask import ExpressionTimeout
from pii_scan.detect.detector import Detector
from pii_scan.model import DocumentRef, Problem, ProblemCode, Slice, Stage, WorkUnit
from pii_scan.pipeline import Pipeline
from pii_scan.read_ahead import SMALL_BYTES, is_small, runs
from pii_scan.rows_together import Together

Rows = dict[str, list[dict[str, Any]]]
PROSE = (
    "Kari Nordmann ringte i går om avtalen som vi har med henne, og hun ba om svar.\nNordmann er fornøyd med det.\n",
    f"Hei,\n\nfødselsnummer {FNR}, e-post {EMAIL}, tlf. 68 05 01 02.\nDato: 12.03.2021\n",
    "2026-03-09 06:00:12 INFO login ok user=karino ip=192.0.2.17\n2026-03-09 06:01:12 INFO ferdig\n",
    "def main():\n    Parser = Thing(Other)\n    return Parser.run()\n",
    "KARI NORDMANN OG OLA HANSEN MØTTE I GÅR\n", "kari nordmann og ola hansen møtte i går\n", "", "\n\n", "hei", "Kari",
    "The quick brown fox jumps over the lazy dog near Oslo and Bergen.\n" * 5,
    "Møtet om saken ble holdt i dag, og det er ikke klart hva som skal skje med den. Hansen sa nei.\n",
    "fagforening og helse: diagnose, sykemeldt\n", "ordre 11837533335\nordre 12345678901\nordre 22345678901\n" * 6,
)  # fmt: skip
FILES = {
    **{sample.file: sample.make() for sample in (*TEXTS, *DATA, *OFFICE, *ARCHIVES) if not sample.tool},
    **{f"tekst {number}.txt": text.encode() for number, text in enumerate(PROSE)},
    "kari.nordmann@example.no.txt": b"intet\n", "ødelagt.docx": b"PK\x03\x04" + bytes(200),
}  # fmt: skip


@pytest.fixture(scope="module")
def source() -> Memory:
    return Memory(FILES)


@pytest.fixture(scope="module")
def pipeline(source: Memory) -> Pipeline:
    return make(source)


def alone(pipeline: Pipeline, unit: WorkUnit) -> Rows:
    out: Rows = {}
    for tables in pipeline.run(unit, lambda: None):
        for name, table in tables.items():
            if table.num_rows:
                out.setdefault(name, []).extend(table.to_pylist())
    return out


def apart(made: Together) -> list[Rows]:
    """The rows of each of the units."""
    out: list[Rows] = [{} for _ in range(made.size)]
    for name, table in made.tables.items():
        rows = iter(table.to_pylist())
        for one, count in zip(out, made.counts[name], strict=True):
            if count:
                one[name] = [next(rows) for _ in range(count)]
    return out


def together(pipeline: Pipeline, units: list[WorkUnit]) -> list[Rows]:
    out: list[Rows] = []
    for made in pipeline.run_together(units, lambda: None):
        out += [alone(pipeline, made)] if isinstance(made, WorkUnit) else apart(made)
    return out


@pytest.fixture(scope="module")
def expected(source: Memory, pipeline: Pipeline) -> dict[str, Rows]:
    return {name: alone(pipeline, WorkUnit(source.ref(name))) for name in FILES}


@pytest.mark.parametrize("seed", range(2))
def test_each_document_has_the_rows_that_it_has_alone(
    source: Memory, pipeline: Pipeline, expected: dict[str, Rows], seed: int
) -> None:
    assert sum(len(rows.get("findings", ())) for rows in expected.values()) > 100
    units = [WorkUnit(source.ref(name)) for name in FILES]
    random.Random(seed).shuffle(units)
    for unit, rows in zip(units, together(pipeline, units), strict=True):
        assert rows == expected[unit.ref.path], unit.ref.path


def test_what_holds_much_is_given_back(monkeypatch: pytest.MonkeyPatch, source: Memory, pipeline: Pipeline) -> None:
    monkeypatch.setattr(read_ahead, "TOGETHER_BYTES", 100)
    units = [WorkUnit(source.ref("tekst 6.txt")), WorkUnit(source.ref("tekst 10.txt")),
             WorkUnit(source.ref("tekst 0.txt"))]  # fmt: skip
    made = list(pipeline.run_together(units, lambda: None))
    assert [one if isinstance(one, WorkUnit) else one.size for one in made] == [1, units[1], units[2]]


def test_a_text_on_which_a_rule_takes_too_long_is_the_only_one_with_a_problem(
    monkeypatch: pytest.MonkeyPatch, source: Memory, pipeline: Pipeline
) -> None:
    seen = Detector.look_at

    def slow(detector: Detector, texts: list[pa.Array], single: list[bool]) -> Any:
        if any("helse" in (text.as_py() or "") for array in texts for text in array):
            raise ExpressionTimeout
        return seen(detector, texts, single)

    monkeypatch.setattr(Detector, "look_at", slow)
    units = [WorkUnit(source.ref(f"tekst {number}.txt")) for number in range(len(PROSE))]
    assert together(pipeline, units) == [alone(pipeline, unit) for unit in units]


def test_a_file_that_changed_or_is_gone_is_a_problem_of_its_own(pipeline: Pipeline) -> None:
    source = Memory({"a.txt": b"kari@example.no", "b.txt": b"ingen"})
    moved = make(source)
    ref = source.ref("a.txt")
    source.problem = Problem(ref, Stage.SOURCE, ProblemCode.CHANGED, "the file changed while it was scanned")
    units = [WorkUnit(ref), WorkUnit(DocumentRef("t", "borte.txt", None, 5, 1e9))]
    first, second = together(moved, units)
    assert [row["code"] for row in first["problems"]] == ["changed"] and len(first["index"]) == 1
    assert [row["code"] for row in second["problems"]] == ["vanished"]
    assert second["documents"][0]["status"] == "unread"


def test_small_whole_documents_that_follow_each_other_are_read_together() -> None:
    def unit(size: int | None, **more: Any) -> WorkUnit:
        return WorkUnit(DocumentRef("t", "x", None, size), **more)

    small, large, unknown = unit(SMALL_BYTES), unit(SMALL_BYTES + 1), unit(None)
    part, ended = unit(10, slice=Slice(0, 5, 1, "utf-8")), unit(10, ended=(ProblemCode.CRASH, "x"))
    problem = Problem(small.ref, Stage.SOURCE, ProblemCode.PERMISSION, "x")
    for one in (large, unknown, part, ended, problem):
        assert not is_small(one)
    items = [small, small, large, small, problem, part, small, small, small]
    assert [len(run) for run in runs(items)] == [2, 1, 1, 1, 1, 3]
    assert [one for run in runs(items) for one in run] == items


def test_slow_documents_are_done_one_after_the_other(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    units = [WorkUnit(DocumentRef("t", "tekst 6.txt", None, 0, 1e9))] * 4
    monkeypatch.setattr("pii_scan.pipeline.TOGETHER_SECONDS", 0.0)
    assert [one.size for one in pipeline.run_together(units, lambda: None) if isinstance(one, Together)] == [1] * 4


def test_members_are_counted_against_what_is_held(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    monkeypatch.setattr(read_ahead, "_MOST_PIECES", 2)
    unit = WorkUnit(DocumentRef("t", "ødelagt.docx", None, 204, 1e9))
    names = [name for name in FILES if name.endswith(".zip")]
    made = list(pipeline.run_together([unit, WorkUnit(DocumentRef("t", names[0], None, 9, 1e9))], lambda: None))
    assert made[-1] == WorkUnit(DocumentRef("t", names[0], None, 9, 1e9))
