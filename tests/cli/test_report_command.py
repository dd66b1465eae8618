"""`pii-scan report`: to standard output or a file, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from scanning import command, environment

from pii_scan.cli.report import FORMAT_NAMES
from pii_scan.registry import data_folder
from pii_scan.report import json_v1
from pii_scan.report.formats import FORMATS


def test_the_formats_that_are_named_are_those_there_are() -> None:
    assert set(FORMAT_NAMES) == set(FORMATS)


@pytest.mark.parametrize("name", FORMAT_NAMES)
@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_file_holds_what_standard_output_shows(
    call: Any, small_run: Path, name: str, lang: str, tmp_path: Path
) -> None:
    file = tmp_path / "out"
    assert call("report", small_run, "--format", name, "--lang", lang, "-o", file).code == 0
    shown = call("report", small_run, "--format", name, "--lang", lang)
    assert shown.code == 0 and shown.err == ""
    held = file.read_bytes().decode("utf-8", "replace")  # as what is captured of a workbook
    assert shown.out.replace("\r\n", "\n") == held.replace("\r\n", "\n")
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_json_report_satisfies_its_schema(call: Any, small_run: Path) -> None:
    report = json.loads(call("report", small_run, "--format", "json").out)
    jsonschema.validate(report, json_v1.schema())
    assert report["coverage"]["documents"] == {"seen": 2, "read": 1, "partly_read": 0, "unread": 1}
    assert [finding["location"]["kind"] for finding in report["findings"]] == ["cell", "cell"]


def test_the_language_is_that_of_the_scan_unless_said(call: Any, small_run: Path) -> None:
    assert (
        call("report", small_run, "--format", "markdown").out
        == call("report", small_run, "--format", "markdown", "--lang", "nb").out
    )


@pytest.mark.parametrize("where", ["", "no/such/folder/r.json"])
def test_a_file_that_cannot_be_written_is_a_wrong_call(call: Any, small_run: Path, tmp_path: Path, where: str) -> None:
    said = call("report", small_run, "--format", "json", "-o", tmp_path / where)
    assert said.code == 2 and "cannot be written" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_breaks_off_leaves_the_old_report(call: Any, small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "run")
    (tmp_path / "r.json").write_bytes(b"old")
    (part,) = (tmp_path / "run" / "findings").iterdir()
    part.write_bytes(part.read_bytes()[:50])
    said = call("report", tmp_path / "run", "--format", "json", "-o", tmp_path / "r.json")
    assert said.code == 3 and "cannot be read" in said.err
    assert (tmp_path / "r.json").read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"run", "r.json"}


@pytest.mark.skipif(os.name != "posix", reason="devices are those of POSIX")
@pytest.mark.timeout(60)
def test_a_device_or_a_link_is_written_to_and_not_replaced(call: Any, small_run: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE) as reader:
        code = call("report", small_run, "--format", "json", "-o", tmp_path / "pipe").code
        assert code == 0 and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
        assert json.loads(reader.communicate(timeout=20)[0])["schema"] == "pii-scan.report/1"
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert call("report", small_run, "--format", "json", "-o", tmp_path / "link").code == 0
    assert (tmp_path / "link").is_symlink() and json.loads((tmp_path / "real").read_text())


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
@pytest.mark.parametrize("words", ["report RUN --format json", "rules list", "doctor", "--help"])
def test_a_reader_that_goes_away_is_no_error(small_run: Path, words: str) -> None:
    arguments = " ".join(command(*words.replace("RUN", str(small_run)).split()))
    for reader in ("head -c 1", "true"):
        script = f"{arguments} | {reader} >/dev/null; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", script], env=environment(), capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_part_of_a_run_can_be_reported(call: Any, small_run: Path) -> None:
    said = call("report", small_run, "--format", "avvik", "--only-path", "a.csv")
    assert said.code == 0 and "1 av 1 dokumenter ble lest" in said.out
    whole = call("report", small_run, "--format", "avvik")
    assert whole.code == 0 and "1 av 2 dokumenter ble lest" in whole.out
    assert call("report", small_run, "--system", "nowhere").code == 2
    assert call("report", small_run, "--only-path", "nowhere").code == 2


def test_record_and_notice_are_for_the_formats_that_show_what_is_declared(
    call: Any, small_run: Path, tmp_path: Path
) -> None:
    record, mapping = tmp_path / "r.csv", tmp_path / "m.yaml"
    record.write_text("Hva;System\nKursadministrasjon;Moodle\n", encoding="utf-8")
    mapping.write_text("columns: {name: Hva}\n", encoding="utf-8")
    notice = data_folder("configs") / "notices" / "metis.yaml"
    for name in ("ropa-csv", "dpv"):
        given = ("--ropa", record, "--ropa-mapping", mapping, "--notice", notice)
        said = call("report", small_run, "--format", name, *given)
        assert said.code == 0 and "Kursadministrasjon" in said.out
    for wrong in (
        ("--format", "html", "--ropa", record),
        ("--format", "dpv", "--ropa-mapping", mapping),
        ("--format", "dpv", "--ropa", record),
        ("--format", "dpv", "--ropa", tmp_path / "none.yaml"),
        ("--format", "dpv", "--notice", record),
    ):
        said = call("report", small_run, *wrong)
        assert said.code == 2 and said.out == "" and said.err.startswith("error: "), wrong
