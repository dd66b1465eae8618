"""The example estate against its declarations: every planted gap is reported, and none where all is declared."""

from __future__ import annotations

import csv
import functools
import json
import subprocess
import sys
from typing import Any

import pytest
from estate_scan import demo

pytest.importorskip("pii_scan.notice.compare")
pytest.importorskip("pii_scan.notice.record_file")

AS_OF = "2026-11-30"
NOT_CURED = {"G05", "G08", "G11", "G17", "G18", "G19"}
"""Rules that no declaration answers; the file of accepted gaps does."""


@functools.cache
def checked(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report of `pii-scan check`; a file of the estate's `personvern` by its name."""
    folder = demo().folder
    files = [str(folder / "files" / "personvern" / one) if one.endswith(".yaml") else one for one in arguments]
    command = [sys.executable, "-m", "pii_scan", "check", str(folder / "run"), *files]
    done = subprocess.run(
        [*command, "--format", "json", "--as-of", AS_OF], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode in (0, 1, 3), done.stderr[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, report


def planted() -> set[tuple[str, str, str]]:
    with open(f"{demo().folder / 'files'}.gaps.csv", encoding="utf-8", newline="") as lines:
        return {(row["rule"], row["system"], row["category"]) for row in csv.DictReader(lines)}


def gaps(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = checked(*arguments)[1]["gaps"]
    return found


def keys(found: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(gap["rule"], gap["system"] or "", gap["category"] or "") for gap in found}


def test_every_planted_gap_is_reported() -> None:
    assert planted() - keys(gaps("--notice", "notice.yaml")) == set()
    assert checked("--notice", "notice.yaml")[0] == 1


def test_a_gap_of_every_rule_is_planted() -> None:
    rules = {f"G{number:02d}" for number in range(1, 20)}
    assert {rule for rule, *_ in planted()} == rules - {"G03", "G07"}  # nothing to find; nobody's past is invented


def test_of_the_rules_about_data_only_what_is_planted_is_an_error() -> None:
    alone = {"G05", "G06", "G08", "G12", "G13", "G14", "G15", "G16", "G17", "G18"}
    found = {gap for gap in keys(gaps("--notice", "notice.yaml")) if gap[0] in alone and gap[1] != "unassigned"}
    assert found - planted() == set()


def test_a_notice_and_a_record_that_declare_all_leave_only_what_no_declaration_cures() -> None:
    found = gaps("--notice", "fullstendig.yaml", "--ropa", "protokoll.yaml")
    assert {gap["rule"] for gap in found if gap["level"] == "error"} <= NOT_CURED


def test_with_the_accepted_gaps_none_is_open() -> None:
    arguments = ("--notice", "fullstendig.yaml", "--ropa", "protokoll.yaml", "--accept", "aksept.yaml")
    found = gaps(*arguments)
    assert [gap["key"] for gap in found if gap["level"] == "error" and gap["status"] == "open"] == []
    accepted = [gap for gap in found if gap["status"] == "accepted"]
    assert len(accepted) > 10
    assert all(gap["acceptance"]["owner"] and gap["acceptance"]["reason"] for gap in accepted)
    assert checked(*arguments)[0] == 3  # three files could not be read
