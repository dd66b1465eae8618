"""`notice`: lint is a gate, new writes what can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pii_scan.registry import data_folder


def test_lint_of_the_founding_notice_is_a_gate_and_says_what_is_missing(call: Any) -> None:
    file = data_folder("configs") / "notices" / "metis.yaml"
    said = call("notice", "lint", file)
    assert said.code == 1 and said.err == ""
    assert "N06 Feil, linje 110: «personopplysningsloven §18»" in said.out and "9 feil, 17 advarsler" in said.out
    english = call("notice", "lint", file, "--lang", "en", "--format", "json")
    content = json.loads(english.out)
    assert content["schema"] == "pii-scan.notice-lint/1" and english.code == 1
    assert {item["level"] for item in content["items"]} == {"error", "warning", "info"}
    assert "9 of 9 purposes" in content["items"][0]["message"]


def test_the_skeleton_can_be_read_and_is_never_written_over(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "n.yaml"
    assert call("notice", "new", file).code == 0
    assert call("notice", "lint", file).code == 1
    again = call("notice", "new", file)
    assert again.code == 2 and "exists already" in again.err
    assert call("notice", "new", tmp_path / "no" / "n.yaml").code == 2
    assert call("notice", "lint", tmp_path / "nothing.yaml").code == 2
