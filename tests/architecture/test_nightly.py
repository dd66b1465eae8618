"""What an administrator copies is well formed: units, cron lines, Containerfile."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pii_scan.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[2]
NIGHTLY = ROOT / "examples" / "nightly"
INSTRUCTIONS = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "ENTRYPOINT", "CMD"}


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Containerfile, lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Containerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in lines]


def test_the_containerfile_copies_what_is_there_and_all_that_a_wheel_is_made_of() -> None:
    copied = [words[:-1] for name, said in instructions() if name == "COPY" and (words := said.split())[0][0] != "-"]
    sources = [source for words in copied for source in words]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {"src", "recognizers", "configs", "examples", "pyproject.toml", "setup.py", "MANIFEST.in"} <= set(sources)


def test_the_image_runs_as_no_root_and_needs_no_network_but_for_pip() -> None:
    found = instructions()
    assert {name for name, _ in found} <= INSTRUCTIONS
    assert [said for name, said in found if name == "USER"] == ["10001:10001"]
    last = max(at for at, (name, _) in enumerate(found) if name == "FROM")
    assert not any("pip" in said for name, said in found[last:] if name == "RUN")
    assert not re.search(r"\b(?:apt|apt-get|curl|wget|git)\b", " ".join(said for name, said in found if name == "RUN"))


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and not os.environ.get("PII_SCAN_REQUIRE_SERVICES"),
    reason="systemd-analyze is not installed",
)
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for name in ("pii-scan.service", "pii-scan.timer"):
        text = (NIGHTLY / name).read_text("utf-8").replace("/opt/pii-scan/bin/pii-scan", "/bin/true")
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    said = [line for line in (done.stdout + done.stderr).splitlines() if str(tmp_path) in line or "pii-scan" in line]
    assert said == []


def commands() -> list[str]:
    """Every call of pii-scan in the examples and on the administrator's page."""
    text = "\n".join(file.read_text("utf-8") for file in (*NIGHTLY.iterdir(), ROOT / "docs" / "administrator.md"))
    found = re.findall(r"^(?!#).*?(?:^|/bin/|\s)pii-scan ((?:scan|check|estate) .*?)(?:#|$)", text, re.M)
    return [call.strip() for call in found]


def test_every_call_shown_has_options_that_there_are() -> None:
    assert len(commands()) >= 8
    for call in commands():
        words = shlex.split(call)
        assert words[0] in COMMANDS
        shown = CliRunner().invoke(
            cli, [words[0], *words[1:2], "--help"] if words[0] == "estate" else [words[0], "--help"]
        )
        assert [word for word in words if word.startswith("--") and word not in shown.output] == []


def test_the_service_is_held() -> None:
    text = (NIGHTLY / "pii-scan.service").read_text("utf-8")
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "User=pii-scan",
        "UMask=0077",
    ):
        assert f"\n{line}\n" in text
