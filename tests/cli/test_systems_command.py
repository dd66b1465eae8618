"""`pii-scan systems`: what is known is listed and shown, and a user's file is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_scan.systems.profiles import profiles

OWN = """systems:
  - {id: crm, name: {nb: Kundesystem, en: CRM}, kind: files, signals: [{score: 0.6, path: [crm]}]}
paths: [{glob: "hr/**", system: crm}]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_every_system_is_listed_with_its_recipients_and_number_of_signals(call: Any, own: Path) -> None:
    said = call("systems", "list", own)
    lines = {line.split()[0]: line for line in said.out.splitlines()}
    assert said.code == 0 and set(lines) == {*profiles().by_id, "crm"}
    assert lines["crm"].split() == ["crm", "Kundesystem", "-", "1"]
    assert "skatteetaten" in lines["accounting.a_melding"]
    assert "CRM" in call("systems", "list", own, "--lang", "en").out


@pytest.mark.parametrize("id", list(profiles().by_id))
def test_a_system_is_shown_with_all_its_signals_and_their_sources(call: Any, id: str) -> None:
    said = call("systems", "show", id)
    profile = profiles().by_id[id]
    assert said.code == 0
    assert said.out.count("\n  signal ") == len(profile.signals)
    assert all(text in said.out for text in (*profile.name.values(), *profile.misplaced, *profile.references))


def test_own_systems_are_shown_with_their_path_rules(call: Any, own: Path) -> None:
    assert "path rule: hr/**" in call("systems", "show", "crm", own).out


def test_an_unknown_system_gets_the_nearest_name(call: Any) -> None:
    said = call("systems", "show", "postmrk")
    assert (said.code, said.out) == (2, "") and "did you mean 'postmark'?" in said.err


def test_check_passes_the_built_in_systems_and_own_ones(call: Any, own: Path) -> None:
    assert call("systems", "check").code == 0
    said = call("systems", "check", own)
    assert said.code == 0 and "1 path rules, 0 faults" in said.out


def test_check_says_what_is_wrong(call: Any, own: Path) -> None:
    wrong = OWN.replace("kind: files,", "kind: files, usual: [helth],").replace("score: 0.6", "score: 0.2")
    own.write_text(wrong.replace('"hr/**", system: crm', "a, system: postmrk"), encoding="utf-8")
    said = call("systems", "check", own)
    assert said.code == 1
    assert "no category 'helth' (did you mean 'health'?)" in said.out and "0.20, less than 0.5" in said.out
    assert "did you mean 'postmark'?" in said.err


def test_check_of_a_broken_file_is_a_wrong_configuration(call: Any, own: Path) -> None:
    own.write_text("systems: [{id: x}]", encoding="utf-8")
    said = call("systems", "check", own)
    assert said.code == 2 and "line 1" in said.err and said.out == ""
