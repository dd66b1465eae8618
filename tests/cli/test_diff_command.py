"""`pii-scan diff` over two real scans."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from planting import FORMS, TEXT, leaks

from pii_scan.engines.scan import scan
from pii_scan.report import changes as report


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Before and after a file was added, one emptied, one deleted and one encrypted."""
    base = tmp_path_factory.mktemp("diff")
    folder = base / "in"
    folder.mkdir()
    for name in ("stays.txt", "emptied.txt", "deleted.txt", "locked.txt"):
        (folder / name).write_text(TEXT, encoding="utf-8")
    scan([folder], out=base / "a")
    (folder / "emptied.txt").write_text("ingenting\n", encoding="utf-8")
    (folder / "deleted.txt").unlink()
    (folder / "locked.txt").write_bytes(bytes(range(256)) * 9)
    (folder / "added.csv").write_text("navn;e-post\nKari;kari.ny@example.no\n", encoding="utf-8")
    scan([folder], out=base / "b")
    return base / "a", base / "b"


def changed(said: Any) -> dict[str, str]:
    return {row["document"]: row["change"] for row in json.loads(said.out)["documents"]["listed"]}


def test_json_satisfies_its_schema_and_says_what_changed(call: Any, runs: tuple[Path, Path]) -> None:
    said = call("diff", *runs, "--format", "json")
    assert said.code == 3
    found = json.loads(said.out)
    jsonschema.validate(found, report.schema())
    assert changed(said) == {
        "emptied.txt": "gone", "deleted.txt": "gone", "locked.txt": "not_assessed", "added.csv": "new"
    }  # fmt: skip
    assert found["differs"] == [] and found["after"]["coverage"]["documents"]["unread"] == 1
    assert call("diff", *runs, "--format", "json", "--allow-incomplete").code == 0


def test_a_run_is_the_same_as_itself(call: Any, runs: tuple[Path, Path]) -> None:
    said = call("diff", runs[0], runs[0])
    assert said.code == 0 and "Ingen endringer" in said.out


@pytest.mark.parametrize("form", ["text", "json", "csv"])
@pytest.mark.parametrize("lang", ["nb", "en"])
def test_no_format_shows_a_value(call: Any, runs: tuple[Path, Path], form: str, lang: str) -> None:
    said = call("diff", *runs, "--format", form, "--lang", lang, "--verbose")
    assert FORMS and not leaks(said.out.encode()) and not leaks(said.err.encode())


def test_the_text_says_what_else_differs_before_any_number(call: Any, runs: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(runs[0], tmp_path / "a")
    manifest = json.loads((tmp_path / "a" / "run.json").read_text("utf-8"))
    (tmp_path / "a" / "run.json").write_text(json.dumps({**manifest, "rules_hash": "0", "key_check": "0"}), "utf-8")
    said = call("diff", tmp_path / "a", runs[1])
    assert said.out.index("Regelsettet er et annet") < said.out.index("Dekning")
    assert "ulike verdier:" not in said.out


def test_csv_has_a_row_for_each_cell_and_each_document(call: Any, runs: tuple[Path, Path]) -> None:
    said = call("diff", *runs, "--format", "csv", "--lang", "en")
    found = list(csv.DictReader(io.StringIO(said.out.lstrip("\ufeff")), delimiter=";"))
    assert {row["Level"] for row in found} == {"system and category", "document"}
    assert {row["Change"] for row in found if row["Document"] == "locked.txt"} == {"not assessed"}


def test_what_is_no_run_is_a_wrong_call(call: Any, runs: tuple[Path, Path], tmp_path: Path) -> None:
    assert call("diff", runs[0], tmp_path).code == 2
    assert call("diff", runs[0]).code == 2
