"""The command line in this process, and one small finished run that tests only read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pii_scan.cli.main import run as run_cli


@dataclass
class Said:
    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs the command line without a process of its own."""

    def run(*arguments: object) -> Said:
        capfd.readouterr()
        code = run_cli([str(argument) for argument in arguments])
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over a readable file and one that cannot be read."""
    from pii_scan.engines.scan import scan

    base = tmp_path_factory.mktemp("small")
    (base / "in").mkdir()
    (base / "in" / "a.csv").write_text("navn;e-post\nKari;kari@example.no\n", encoding="utf-8")
    (base / "in" / "b.bin").write_bytes(bytes(range(256)) * 9)
    scan([base / "in"], out=base / "run")
    return base / "run"
