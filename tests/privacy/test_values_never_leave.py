"""No planted value leaves a scan: not in the run folder, not in a report, not in what is printed or logged."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import planting
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import unruly
from planting import leaks
from scanning import KEY, found, pii_scan, rows, with_modules

from pii_scan.findings.store import Run, load_run
from pii_scan.model import Limits, Problem, WorkUnit
from pii_scan.pipeline import Pipeline
from pii_scan.settings import Settings
from pii_scan.sources import describe, open_source

FORMATS = ("html", "json", "csv", "markdown", "avvik")


@dataclass
class Scanned:
    """A scan of the planted estate through the command line, and every report of it."""

    run: Run
    said: subprocess.CompletedProcess[bytes]
    reports: dict[str, bytes] = field(default_factory=dict)
    report_errors: bytes = b""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planting.make(tmp_path_factory.mktemp("planted") / "estate")


@pytest.fixture(scope="module", params=["--verbose", "--quiet"])
def scanned(request: pytest.FixtureRequest, estate: Path, tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """The whole estate with --verbose; with --quiet, single targets whose own names hold values."""
    folder = tmp_path_factory.mktemp("run")
    env = with_modules(unruly.install(folder / "hook"))
    named = [estate / "uleselig" / f"{planting.NAME} {end}" for end in ("last.zip", "late.txt", "abort.txt")]
    targets = [estate] if request.param == "--verbose" else [*named, *sorted((estate / "lesbart" / "navn").iterdir())]
    said = pii_scan("scan", *targets, "--out", folder / "run", request.param, env=env)
    scanned = Scanned(load_run(folder / "run"), said)
    for name in FORMATS:
        for lang in ("nb", "en") if request.param == "--verbose" else ("en",):
            done = pii_scan("report", folder / "run", "--format", name, "--lang", lang, request.param, env=env)
            assert done.returncode == 0
            scanned.reports[f"{name} in {lang}"] = done.stdout
            scanned.report_errors += done.stderr
    return scanned


def test_the_estate_is_found_so_that_its_silence_means_something(
    scanned: Scanned, request: pytest.FixtureRequest
) -> None:
    assert scanned.said.returncode == 3
    types = {kind for _, kind in found(scanned.run)}
    assert types - {"PERSON"} == set(planting.VALUES)  # names stand in the documents without being planted
    if "json in nb" in scanned.reports:  # the whole estate
        documents = [document for document, _ in found(scanned.run)]
        for name in planting.READABLE:
            if "/" not in name:
                assert any(document.startswith(f"lesbart/{name}") for document in documents), name


def test_the_run_folder_holds_no_value_in_any_form(scanned: Scanned) -> None:
    files = [path for path in scanned.run.path.rglob("*") if path.is_file()]
    assert {"run.json", "state.sqlite", "report.html"} <= {path.name for path in files}
    for path in files:
        assert not leaks(path.read_bytes()), path.name
        assert not leaks(os.fsencode(path.name))


def test_no_column_of_any_table_holds_a_value(scanned: Scanned) -> None:
    parts = sorted(scanned.run.path.rglob("*.parquet"))
    assert {part.parent.name for part in parts} == {"findings", "index", "documents", "problems", "dates"}
    for part in parts:
        table = pq.read_table(part)
        for name in table.column_names:
            column = table[name].cast(pa.string())
            text = "\n".join(value for value in column.unique().to_pylist() if value is not None)
            assert not leaks(text.encode()), (part.parent.name, name)
        assert not leaks(str(pq.read_schema(part).metadata).encode())


def test_no_report_in_any_format_or_language_shows_a_value(scanned: Scanned) -> None:
    assert len(scanned.reports) in (len(FORMATS), 2 * len(FORMATS))
    for name, report in scanned.reports.items():
        assert len(report) > 200, name
        assert not leaks(report), name
        if name.startswith("json"):
            assert not leaks(json.dumps(json.loads(report), ensure_ascii=False).encode())


def test_nothing_printed_shows_a_value(scanned: Scanned) -> None:
    assert not leaks(scanned.said.stdout)
    assert not leaks(scanned.said.stderr)
    assert not leaks(scanned.report_errors)
    for said in (scanned.said.stdout, scanned.said.stderr):
        assert unruly.PLANTED.encode() not in said
        assert b"Traceback" not in said


def test_masks_hold_no_letters_and_digits_of_values(scanned: Scanned) -> None:
    masks = {row["masked"] for row in rows(scanned.run.findings())}
    assert len(masks) > 5
    assert all(not char.isalnum() or char == "x" for mask in masks for char in mask)


def test_nothing_is_logged_or_warned_of_at_the_most_talkative_level(
    estate: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same code as in a worker, in this process, with every logger at DEBUG."""
    description = describe(str(estate))
    settings = Settings(KEY, "2026-11-22", (), (), 0.4, Limits())
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        source = open_source(description, Limits())
        pipeline = Pipeline(settings, {str(estate): source})
        counts = {"findings": 0, "problems": 0}
        for ref in source.list_documents():
            assert not isinstance(ref, Problem)
            for tables in pipeline.run(WorkUnit(ref), lambda: None):
                for name in counts:
                    counts[name] += tables[name].num_rows if name in tables else 0
    assert counts["findings"] > 500 and counts["problems"] > 5
    said = capfd.readouterr()
    for text in (caplog.text, said.out, said.err, *(str(warning.message) for warning in warned)):
        assert not leaks(text.encode())


@pytest.mark.parametrize("options", [("--only", "EMAIL_ADDRESS"), ("--min-score", "0.99")], ids=lambda pair: pair[0])
def test_names_are_masked_even_where_what_they_hold_is_not_looked_for(options: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "in" / "fnr 11837533335"
    folder.mkdir(parents=True)
    (folder / "tlf 68 05 43 21.txt").write_text("ingenting\n", encoding="utf-8")
    (folder / "ukjent 118375 33335.bin").write_bytes(bytes(range(256)) * 8)
    done = pii_scan("scan", tmp_path / "in", "--out", tmp_path / "run", *options)
    assert done.returncode == 3
    report = pii_scan("report", tmp_path / "run", "--format", "json").stdout
    assert b"ukjent" in report
    assert not leaks(report) and not leaks(done.stdout + done.stderr)
