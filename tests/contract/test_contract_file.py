from __future__ import annotations

from pathlib import Path

import pytest

from pii_scan.contract.model import load_contract, load_contracts
from pii_scan.errors import ConfigError
from pii_scan.registry import data_folder

GOOD = """\
contract: kunder
owner: Salg
expires: 2027-06-30
files: ["ut/kunder*.csv"]
allow: [name]
columns:
  epost: [EMAIL_ADDRESS]
  tlf:
    allow: [{name: phone, max_share: 0.5}]
    required: true
"""


def written(folder: Path, text: str, name: str = "c.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_contract_says_what_its_file_says(tmp_path: Path) -> None:
    contract = load_contract(written(tmp_path, GOOD))
    assert (contract.id, contract.owner, contract.expires.isoformat()) == ("kunder", "Salg", "2027-06-30")
    assert contract.fits("ut/kunder-2026.csv") and not contract.fits("ut/ordre.csv")
    assert contract.columns["tlf"].required and not contract.columns["epost"].required
    assert contract.columns["tlf"].allow[0].max_share == 0.5
    assert not contract.new_columns
    assert not contract.comments


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[EMAIL_ADDRESS]", "[EMAIL_ADRESS]", r"line 7: .*'EMAIL_ADRESS' \(did you mean 'EMAIL_ADDRESS'\?\)"),
        ("allow: [name]", "allow: [nam]", "line 5: .*did you mean 'name'"),
        ("owner", "ownr", "line 2: unknown key 'ownr'.*did you mean 'owner'|lacks 'owner'"),
        ("2027-06-30", "2027-06-31", "line 3: there is no day"),
        ("2027-06-30", "i fjor", "line 3: 'expires' cannot be 'i fjor'"),
        ("allow: [name]", "allow: [{name: name, max_share: 0.1}]", "line 5: 'max_share'"),
        ("allow: [name]", "allow: [name, name]", "line 5: 'name' stands twice"),
        ("max_share: 0.5", "max_share: 50", "line 9"),
        ("required: true", "requird: true", "line 8|line 10: unknown key 'requird'.*did you mean 'required'"),
        ("contract: kunder", "contract: Kunder A", "line 1: 'contract' cannot be"),
        ('files: ["ut/kunder*.csv"]', "files: []", "line 4: 'files' cannot be"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_nearest_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(ConfigError, match=said):
        load_contract(written(tmp_path, GOOD.replace(old, new)))


def test_users_own_entity_types_may_be_named(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD.replace("[EMAIL_ADDRESS]", "[MEMBER_CARD]"))
    with pytest.raises(ConfigError):
        load_contract(file)
    assert load_contract(file, ["MEMBER_CARD"]).columns["epost"].allow[0].name == "MEMBER_CARD"


def test_a_folder_stands_for_its_yaml_files_and_an_id_may_stand_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no YAML file"):
        load_contracts([tmp_path])
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("contract: kunder", "contract: andre"), "b.yml")
    assert [one.id for one in load_contracts([tmp_path]).all] == ["andre", "kunder"]
    with pytest.raises(ConfigError, match="already"):
        load_contracts([tmp_path, tmp_path / "c.yaml"])


def test_the_contracts_that_ship_are_sound() -> None:
    assert len(load_contracts([data_folder("configs") / "contracts"]).all) >= 4
