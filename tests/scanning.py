"""What the tests of whole scans share: the command line in a process of its own, and the tables of a run as rows."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa

from pii_scan.findings.store import Run
from pii_scan.report.model import view
from pii_scan.report.terminal import render

KEY = "5e" * 32
RULE = """id: my.rule
entity_type: MY_ID
name: Mine
category: vehicle
patterns: [{name: form, regex: 'ZZ[0-9]{4}', score: 0.9}]
examples:
- {text: ZZ1234, match: ZZ1234}
- {text: a ZZ1234, match: ZZ1234}
- {text: b ZZ1234, match: ZZ1234}
- {text: 'c, ZZ1234', match: ZZ1234}
- {text: d (ZZ1234), match: ZZ1234}
counter_examples:
- {text: ZZ12, why: short}
- {text: YY1234, why: other}
- {text: z, why: none}
- {text: ZZ ABCD, why: letters}
- {text: Z1234, why: one letter}
"""
"""A rule of a user's own."""


def environment(**more: str) -> dict[str, str]:
    """The environment for a process that is to find the same modules as this one."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1", **more}


def with_modules(folder: Path, **more: str) -> dict[str, str]:
    """As `environment`; modules in `folder` come before all others."""
    env = environment(**more)
    return {**env, "PYTHONPATH": os.pathsep.join([os.fspath(folder), env["PYTHONPATH"]])}


def command(*arguments: str | os.PathLike[str]) -> list[str]:
    """The command line of pii-scan."""
    return [sys.executable, "-m", "pii_scan", *map(os.fspath, arguments)]


def pii_scan(
    *arguments: str | os.PathLike[str], env: Mapping[str, str] | None = None, stdin: bytes = b"",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
    """Runs pii-scan to its end; what it says is kept as bytes."""
    return subprocess.run(
        command(*arguments),
        env=env or environment(),
        input=stdin,
        cwd=cwd,
        capture_output=True,
        timeout=240,
        check=False,
    )


def rows(tables: Iterable[pa.Table]) -> list[dict[str, Any]]:
    """All rows of one kind of table."""
    return [row for table in tables for row in table.to_pylist()]


def codes(run: Run) -> set[tuple[str, str]]:
    """(document, code) of every problem."""
    return {(row["document"], row["code"]) for row in rows(run.problems())}


def found(run: Run) -> set[tuple[str, str]]:
    """(document, entity type) of every finding."""
    return {(row["document"], row["entity_type"]) for row in rows(run.findings())}


def statuses(run: Run) -> dict[str, str]:
    """Status by document; no document stands twice."""
    documents = rows(run.documents())
    assert len({(row["target"], row["document"]) for row in documents}) == len(documents)
    return {row["document"]: row["status"] for row in documents}


def workers(of: int | None = None) -> list[psutil.Process]:
    """Living worker processes below a process, this one by default."""
    out = []
    for child in psutil.Process(of).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "pii_scan.engines.worker" in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                out.append(child)
    return out


def wait_for(true: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What `true` gives, once it is not false. Fails after a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := true():
            return value
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def summary(run: Any, lang: str, **how: Any) -> str:
    """What a scan prints of a run at its end."""
    return render(view(run, lang, details=False), **how)
