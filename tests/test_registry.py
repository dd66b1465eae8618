"""The data folders are found in a checkout, and one that is missing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_scan import registry
from pii_scan.config import Config, load_config
from pii_scan.errors import ConfigError


@pytest.mark.parametrize("name", registry.DATA_FOLDERS)
def test_every_data_folder_is_there_and_holds_something(name: str) -> None:
    assert any(registry.data_folder(name).iterdir())


def test_a_folder_within_the_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "src" / "pii_scan"
    for folder in (package, tmp_path):
        (folder / "configs").mkdir(parents=True)
    (tmp_path / "examples").mkdir()
    monkeypatch.setattr(registry, "__file__", str(package / "registry.py"))
    assert registry.data_folder("configs") == package / "configs"
    assert registry.data_folder("examples") == tmp_path / "examples"
    with pytest.raises(ConfigError, match="'recognizers' is missing"):
        registry.data_folder("recognizers")


def test_the_example_configuration_is_one() -> None:
    config = load_config(registry.data_folder("configs") / "scan.example.yaml", {"HR_SHARE": "/srv/hr"})
    assert config.targets == {"hr": "/srv/hr"}
    assert config == Config(targets=config.targets, exclude=config.exclude, estate=config.estate)
