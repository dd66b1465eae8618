"""The README says what is true."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from pii_scan.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_there_are_exactly_two_set_up_commands() -> None:
    blocks = re.findall(r"```sh setup\n(.*?)```", README, re.S)
    assert len(blocks) == 2
    assert all(block.count("\n") == 1 for block in blocks)
    assert "pii-scan demo" in blocks[0]
    assert "pytest" in blocks[1]


def test_ci_calls_the_readmes_test_command() -> None:
    tests = re.findall(r"```sh setup\n(.*?)```", README, re.S)[1].strip()
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert tests in script


def test_every_command_is_in_the_readme_and_every_one_shown_exists() -> None:
    for name in COMMANDS:
        assert f"pii-scan {name}" in README
    for name in re.findall(r"(?:^|`|/)pii-scan ([a-z]+)", README, re.M):
        assert name in COMMANDS, name


def test_every_option_shown_exists() -> None:
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    known = set(re.findall(r"--[a-z][a-z-]+", " ".join(
        CliRunner().invoke(cli, [name, "--help"]).output for name in (*COMMANDS, "")  if name
    )))  # fmt: skip
    assert shown <= known | {"--help", "--version"}


def test_every_path_of_the_map_exists() -> None:
    section = README.split("## Map of the repository")[1].split("\n## ")[0]
    paths = re.findall(r"^\| `([^`]+)` \|", section, re.M)
    assert len(paths) > 5
    for path in paths:
        assert (ROOT / path).exists(), path
