"""The user's own profiles travel with the run."""

from __future__ import annotations

import json
from pathlib import Path

from pii_scan.systems.own import own_profiles, profiles_of
from pii_scan.systems.profiles import load_profiles, profiles

OWN = """
systems:
  - id: own.crm
    name: {nb: Kunderegisteret, en: Customer register}
    recipients: [visma]
    kind: database
    usual: [name, email]
    misplaced: [national_id]
    signals:
      - {path: ["crm/**"], score: 0.9, label: folder of the register}
"""


def test_own_profiles_come_back_from_a_manifest_with_all_but_their_signals(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN, encoding="utf-8")
    table, _ = load_profiles([file])
    manifest = json.loads(json.dumps({"systems": own_profiles(table)}))
    before, after = table.by_id["own.crm"], profiles_of(manifest).by_id["own.crm"]
    assert before.signals and not after.signals
    for name in ("id", "family", "name", "recipients", "kind", "usual", "misplaced", "third_party_source"):
        assert getattr(after, name) == getattr(before, name)
    assert profiles_of(manifest).name("own.crm", "en") == "Customer register"


def test_a_run_without_own_profiles_has_the_built_in_ones() -> None:
    assert own_profiles(profiles()) == []
    assert profiles_of({}).by_id == profiles().by_id
