"""Every command explains itself, with an example, and has the options that all commands have."""

from __future__ import annotations

import re
from typing import Any

import pytest

import pii_scan
from pii_scan.cli.main import COMMANDS

GROUPS = {
    "rules": ("list", "show", "check"),
    "systems": ("list", "show", "check"),
    "notice": ("lint", "draft", "new"),
    "ropa": ("new", "check"),
    "estate": ("init", "show", "check"),
}
ALL = [[name] for name in COMMANDS] + [[group, name] for group, names in GROUPS.items() for name in names]


@pytest.mark.parametrize("command", ALL, ids=" ".join)
@pytest.mark.parametrize("option", ["--help"])
def test_help_gives_an_example_on_a_line_of_its_own(call: Any, command: list[str], option: str) -> None:
    said = call(*command, option)
    assert (said.code, said.err) == (0, "")
    assert re.search(rf"^  Examples?:\n    pii-scan {' '.join(command)}", said.out, re.MULTILINE)
    assert "\\b" not in said.out and "\b" not in said.out


@pytest.mark.parametrize("command", [one for one in ALL if one[-1] not in GROUPS], ids=" ".join)
def test_every_command_can_be_quiet_or_talkative_and_colourless(call: Any, command: list[str]) -> None:
    said = call(*command, "--help")
    assert all(option in said.out for option in ("--quiet", "--verbose", "--no-color"))


def test_help_lists_every_command_with_what_it_does(call: Any) -> None:
    for option in ("--help", "-h"):
        said = call(option)
        assert said.code == 0
        assert all(
            re.search(rf"^  {name} +{re.escape(text)}"[:40], said.out, re.MULTILINE) for name, text in COMMANDS.items()
        )


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    import importlib

    for name, text in COMMANDS.items():
        assert importlib.import_module(f"pii_scan.cli.{name}").command.short_help == text


def test_help_of_scan_names_the_options_that_scripts_rely_on(call: Any) -> None:
    said = call("scan", "--help")
    options = (
        "--out",
        "--config",
        "--jobs",
        "--engine",
        "--only",
        "--min-score",
        "--include",
        "--exclude",
        "--max-file-size",
        "--timeout-per-document",
        "--rules",
        "--fail-on",
        "--allow-incomplete",
    )
    assert [option for option in options if option not in said.out] == []


def test_no_command_at_all_shows_the_help_and_is_a_wrong_call(call: Any) -> None:
    for arguments in ([], ["rules"]):
        said = call(*arguments)
        assert said.code == 2 and said.out == ""
        assert said.err.startswith("Usage: pii-scan")


def test_the_version_is_said(call: Any) -> None:
    assert call("--version").out == f"pii-scan, version {pii_scan.__version__}\n"
