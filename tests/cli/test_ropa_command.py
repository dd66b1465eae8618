"""`ropa`: new writes what can be read, check says how a record was understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_the_skeleton_can_be_read_and_is_never_written_over(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "r.yaml"
    assert call("ropa", "new", file).code == 0
    said = call("ropa", "check", file)
    assert said.code == 0 and "0 behandlinger" in said.out
    again = call("ropa", "new", file)
    assert again.code == 2 and "exists already" in again.err
    assert call("ropa", "new", tmp_path / "no" / "r.yaml").code == 2
    assert call("ropa", "check", tmp_path / "nothing.yaml").code == 2


def test_check_says_how_columns_and_activities_were_understood(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(
        "Behandling;Kategorier av personopplysninger;Slettefrist;Farge;Hvor\nKurs;Navn;5 år;x;Moodle\n", "utf-8"
    )
    mapping = tmp_path / "m.yaml"
    mapping.write_text("columns: {systems: Hvor}\n", "utf-8")
    said = call("ropa", "check", file, "--mapping", mapping)
    assert said.code == 0 and said.err == ""
    for text in (
        "1. Behandling → Behandling",
        "4. Farge → ikke kjent, ikke lest",
        "5. Hvor → Systemer",
        "Navn [name]",
        "Slettefrist: 5 år",
        "Systemer: course.moodle",
        "Sier ikke noe om: Formål, Registrerte, Mottakere, Sikkerhetstiltak",
        "the column 'Farge' is not known and was ignored",
    ):
        assert text in said.out
    assert "Says nothing of: Purposes" in call("ropa", "check", file, "--lang", "en").out
    content = json.loads(call("ropa", "check", file, "--mapping", mapping, "--format", "json").out)
    assert content["schema"] == "pii-scan.ropa-check/1"
    assert [column["field"] for column in content["columns"]] == ["name", "categories", "retention", None, "systems"]
    (activity,) = content["activities"]
    assert activity["retention"] == "P5Y" and activity["silent"][0] == "purposes"


def test_a_record_that_cannot_be_read_is_one_line_and_exit_code_2(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "r.yaml"
    file.write_text("activities: [{id: a, name: A, categories: [nmae]}]\n", "utf-8")
    said = call("ropa", "check", file)
    assert said.code == 2 and said.out == "" and said.err.count("\n") == 1
    assert "did you mean 'name'?" in said.err
