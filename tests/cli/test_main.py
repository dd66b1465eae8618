"""However often Ctrl-C comes, and whatever it falls into, the program ends with 130 and not by the signal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scanning import with_modules

ANSWERED = """
    try:
        exec("raise KeyboardInterrupt")  # as in the standard library, where it makes a dataclass
    except KeyboardInterrupt:
        return 130
"""
SECOND = """
    raise KeyboardInterrupt
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize("body", [ANSWERED, SECOND])
def test_an_interrupt_is_an_exit_code_wherever_it_came(body: str, tmp_path: Path) -> None:
    module = f"import pii_scan.cli.main as main\ndef run(arguments):{body}\nmain.run = run\nmain.main()\n"
    (tmp_path / "interrupted.py").write_text(module, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted"], env=with_modules(tmp_path), capture_output=True, check=False
    )
    assert ended.returncode == 130 and ended.stderr == b""
