"""The main job on the example estate: every planted value at its place, nothing elsewhere, the unreadable named."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import jsonschema
import pytest
from estate_scan import demo, shown_name
from unpacked import LEAST, standing, unpacked

from pii_scan.detect.detector import load_recognizers
from pii_scan.report.formats import FORMATS
from pii_scan.report.json_v1 import schema

SOUGHT = {rule.entity_type for rule in load_recognizers()[0]}
Place = tuple[str, str, str, str, str]


def _planted() -> Counter[Place]:
    """Of the truth, by the names that the run shows."""
    places: Counter[Place] = Counter()
    for row in demo().truth:
        if row["entity_type"] in SOUGHT:
            cell = f"{row['row']}:{row['column_number']}:{row['sheet']}"
            at = {"text": row["line"], "cell": cell, "page": row["page"], "part": row["part"]}[row["kind"]]
            places[shown_name(row["document"]), row["kind"], at, row["entity_type"], row["synthetic"]] += 1
    return places


def _report() -> dict[str, Any]:
    out = io.BytesIO()
    FORMATS["json"](demo().run, out, "nb")
    content: dict[str, Any] = json.loads(out.getvalue())
    return content


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return _report()


def _found(report: dict[str, Any]) -> tuple[Counter[Place], Counter[tuple[str, str]]]:
    """Findings by place, and the counts of rows that stand for the rest of a location unit."""
    places: Counter[Place] = Counter()
    rest: Counter[tuple[str, str]] = Counter()
    for item in report["findings"]:
        where = item["location"]
        kind = where["kind"]
        at = {
            "text": lambda w: str(w["line"]), "page": lambda w: str(w["page"]), "part": lambda w: w["part"],
            "cell": lambda w: f"{w['row']}:{w['column']}:{w['sheet'] or ''}", "column": lambda w: "None",
        }[kind](where)  # fmt: skip
        if at == "None":
            rest[item["document"], item["entity_type"]] += item["count"]
        else:
            synthetic = str(item["synthetic"]).lower()
            places[item["document"], kind, at, item["entity_type"], synthetic] += item["count"]
    return places, rest


def test_every_planted_value_is_found_at_its_place(report: dict[str, Any]) -> None:
    places, rest = _found(report)
    unlisted: Counter[tuple[str, str]] = Counter()
    for place, count in _planted().items():
        missing = count - min(count, places[place])
        unlisted[place[0], place[3]] += missing
    assert +unlisted == +rest
    assert sum(_planted().values()) > 15_000


def test_nothing_is_found_that_was_not_planted(report: dict[str, Any]) -> None:
    places, _ = _found(report)
    planted = _planted()
    assert not [place for place in places if place not in planted]


def test_nothing_is_found_in_the_clean_files(report: dict[str, Any]) -> None:
    assert len(demo().clean) >= 4
    assert not [item for item in report["findings"] if item["document"] in demo().clean]


def test_the_unreadable_files_are_problems_with_stable_codes(report: dict[str, Any]) -> None:
    codes = {item["document"]: item["code"] for item in report["coverage"]["problems"]}
    assert codes == {
        "uleselig/avkuttet.pdf": codes["uleselig/avkuttet.pdf"],
        "uleselig/gammel-avtale.doc": "corrupt",
        "uleselig/kryptert.zip!deltakere.csv": "encrypted",
    }
    assert codes["uleselig/avkuttet.pdf"] in {"corrupt", "truncated"}
    seen = report["coverage"]["documents"]
    assert seen["seen"] == seen["read"] + seen["partly_read"] + seen["unread"]
    assert seen["unread"] + seen["partly_read"] == len(codes)


def test_the_json_report_validates_against_its_schema(report: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema()).validate(report)


def test_no_planted_value_stands_in_any_report_or_output() -> None:
    outputs = [demo().stdout.encode(), demo().stderr.encode()]
    for write in FORMATS.values():
        for lang in ("nb", "en"):
            out = io.BytesIO()
            write(demo().run, out, lang)
            outputs.append(unpacked(out.getvalue()))
    values = {row["value"] for row in demo().truth if row["entity_type"] in SOUGHT}
    text = b"\n".join(outputs).decode("utf-8")
    telling = {value for value in values if len(value) >= LEAST}  # `101` is also a row's number
    assert len(telling) > len(values) / 2
    assert standing(telling, text) == []
    some = sorted(telling)[:3]
    assert standing(some, f"{text} {some[1]}") == some[1:2]  # the search itself is no reason to find nothing


def test_the_summary_says_what_could_not_be_read() -> None:
    assert "kunne ikke leses" in " ".join(demo().stdout.split())
    assert "report.html" in demo().stdout
