"""`check`: exit codes, formats, accepted gaps, the record, and what is wrong with a call."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pii_scan.registry import data_folder

FOUNDING = data_folder("configs") / "notices" / "metis.yaml"
WHOLE = """
notice: {id: hel, language: nb, published: 2026-01-01, jurisdiction: NO, law_refs: []}
controller: {name: Eksempel AS, orgnr: "310 000 000", contact: {email: post@example.no}, dpo: null}
data_subjects: [customer, child]
categories: [{key: name, line: 3}, {key: email, line: 4}, organisation]
sources: [data_subject]
purposes: [{id: courses, legal_basis: 6.1.b, line: 8}]
recipients: []
retention: [{categories: all, period: P50Y, line: 12}]
rights: {access: true, rectification: true, erasure: true, restriction: true, portability: true, objection: true,
  withdraw_consent: true, complaint: Datatilsynet}
art13: {consequence_of_not_providing: true, automated_decisions: none, legitimate_interests: null}
denials: []
"""
ROPA = """
record: {controller: Eksempel AS}
activities:
  - {id: kurs, name: Kurs, categories: [name, email], paths: ["*.csv"]}
"""


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over one readable file."""
    from pii_scan.engines.scan import scan

    base = tmp_path_factory.mktemp("clean")
    (base / "in").mkdir()
    (base / "in" / "a.csv").write_text("navn;e-post\nKari;kari@example.no\nOla;ola@example.no\n", encoding="utf-8")
    scan([base / "in"], out=base / "run")
    return base / "run"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    file = tmp_path / "hel.yaml"
    file.write_text(WHOLE, encoding="utf-8")
    return file


def silent(folder: Path, *categories: str) -> Path:
    """The whole notice without some categories."""
    text = WHOLE
    for category in categories:
        text = "\n".join(line.replace(f"{{key: {category}, line: 4}}, ", "") for line in text.splitlines())
    file = folder / "taus.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_notice_that_declares_what_was_found_passes(call: Any, clean_run: Path, whole: Path) -> None:
    said = call("check", clean_run, "--notice", whole)
    assert (said.code, said.err) == (0, "")
    assert "Avvik som må avklares" not in said.out and "0 avvik må avklares" in said.out


def test_an_open_error_is_a_gate_and_wins_over_what_was_not_read(
    call: Any, clean_run: Path, small_run: Path, tmp_path: Path, whole: Path
) -> None:
    taus = silent(tmp_path, "email")
    for run in (clean_run, small_run):
        said = call("check", run, "--notice", taus)
        assert said.code == 1 and "G01  «E-postadresse» er funnet i dokumenter uten kjent system" in said.out
    assert call("check", small_run, "--notice", taus, "--allow-incomplete").code == 1
    unread = call("check", small_run, "--notice", whole)
    assert unread.code == 3 and "G19" in unread.out and "regnes aldri som fravær" in unread.out
    assert call("check", small_run, "--notice", whole, "--allow-incomplete").code == 0


def test_too_few_values_are_no_gap(call: Any, clean_run: Path, tmp_path: Path) -> None:
    taus = silent(tmp_path, "email")
    assert call("check", clean_run, "--notice", taus, "--min-count", "3").code == 0
    assert call("check", clean_run, "--notice", taus, "--min-count", "2").code == 1


def test_every_format_tells_of_the_same_gaps(call: Any, clean_run: Path, tmp_path: Path) -> None:
    told = json.loads(call("check", clean_run, "--notice", FOUNDING, "--format", "json", "--lang", "en").out)
    keys = [gap["key"] for gap in told["gaps"]]
    assert told["schema"] == "pii-scan.check/1" and told["lint"] and told["language"] == "en"
    files = {name: tmp_path / f"gaps.{name}" for name in ("text", "json", "csv", "xlsx")}
    for name, file in files.items():
        said = call("check", clean_run, "--notice", FOUNDING, "--format", name, "-o", file)
        assert (said.out, said.err) == ("", "")
    assert [gap["key"] for gap in json.loads(files["json"].read_text("utf-8"))["gaps"]] == keys
    rows = list(csv.reader(io.StringIO(files["csv"].read_text("utf-8-sig")), delimiter=";"))
    assert [row[-1] for row in rows[1:]] == keys
    sheet = load_workbook(files["xlsx"]).worksheets[0]
    assert [row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)] == keys
    assert "kari@example.no" not in files["text"].read_text("utf-8")


def test_an_accepted_gap_is_no_gate_until_its_day_is_over(call: Any, clean_run: Path, tmp_path: Path) -> None:
    taus, file = silent(tmp_path, "email"), tmp_path / "accept.yaml"
    begun = call("check", clean_run, "--notice", taus, "--as-of", "2026-11-30", "--write-accept", file)
    assert begun.code == 1
    assert call("check", clean_run, "--notice", taus, "--accept", file).code == 2  # nobody has signed yet
    text = file.read_text("utf-8").replace('owner: ""', "owner: IT").replace('reason: ""', "reason: flyttes")
    file.write_text(text, encoding="utf-8")
    common = ("check", clean_run, "--notice", taus, "--accept", file)
    held = call(*common, "--as-of", "2027-11-30")
    assert held.code == 0 and "Aksepterte avvik" in held.out and "IT, til 30.11.2027: flyttes" in held.out
    over = call(*common, "--as-of", "2027-12-01")
    assert over.code == 1 and "Utløpt aksept, avviket er åpent igjen: G01/omitted/unassigned/email" in over.out
    again = call("check", clean_run, "--notice", taus, "--write-accept", file)
    assert again.code == 2 and "exists already" in again.err


def test_the_record_is_the_third_way(call: Any, clean_run: Path, whole: Path, tmp_path: Path) -> None:
    ropa = tmp_path / "ropa.yaml"
    ropa.write_text(ROPA, encoding="utf-8")
    told = json.loads(call("check", clean_run, "--notice", whole, "--ropa", ropa, "--format", "json").out)
    assert told["record"] is True
    assert [(row["in_notice"], row["in_record"]) for row in told["table"]] == [("clear", "clear")] * 2
    ropa.write_text(ROPA.replace("*.csv", "*.xlsx"), encoding="utf-8")
    said = call("check", clean_run, "--notice", whole, "--ropa", ropa)
    assert said.code == 1 and "protokollen oppgir det ikke for noen behandling der" in said.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--notice"), (("--notice", "nothing.yaml"), "nothing.yaml"),
        (("--notice", FOUNDING, "--as-of", "30.11.2026"), "write it as"),
        (("--notice", FOUNDING, "--ropa-mapping", "x.yaml"), "give --ropa too"),
        (("--notice", FOUNDING, "--accept", "nothing.yaml"), "nothing.yaml"),
        (("--notice", FOUNDING, "--format", "pdf"), "pdf"), (("--notice", FOUNDING, "--min-count", "0"), "--min-count"),
        (("--notice", FOUNDING, "-o", "/nowhere/at/all.txt"), "cannot be written"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_said(call: Any, clean_run: Path, arguments: tuple[object, ...], said: str) -> None:
    got = call("check", clean_run, *arguments)
    assert got.code == 2 and said in got.err and got.out == ""


def test_what_is_no_run_is_a_wrong_call(call: Any, tmp_path: Path) -> None:
    assert call("check", tmp_path, "--notice", FOUNDING).code == 2


def test_the_html_report_with_the_gaps_is_written(call: Any, clean_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "gaps.html"
    notice = silent(tmp_path, "email")
    assert call("check", clean_run, "--notice", notice, "--format", "html", "-o", file, "--lang", "en").code == 1
    page = file.read_text("utf-8")
    assert '<article class="gap level-error" data-level="error" data-status="open"' in page
    assert "Deviations between notice and findings" in page and "kari@example.no" not in page
