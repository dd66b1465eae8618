"""The tools that hold the house in order, run as they are configured in pyproject.toml."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = {
    "ruff check": [sys.executable, "-m", "ruff", "check", "--no-cache", "."],
    "ruff format": [sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "."],
    "mypy": [sys.executable, "-m", "mypy", "--no-incremental"],
    "import contracts": [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
}


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.timeout(600)
def test_the_tree_passes(name: str) -> None:
    done = subprocess.run(TOOLS[name], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_no_module_imports_spacy_or_presidio_when_it_is_loaded_but_those_made_for_them() -> None:
    users = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*.py")
        if any(
            line.startswith(("import spacy", "from spacy", "import presidio", "from presidio"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    }
    assert users == {"pii_scan/detect/presidio_bridge.py", "pii_scan/detect/spacy_component.py"}
    assert importlib.util.find_spec("presidio_analyzer") is not None
