"""Deletes old runs that `scan --all` made, as an estate's `keep` says, and nothing else.

What it deletes says by its manifest that `scan --all` made it and that it is finished, holds only what a scan puts into
a run folder, and is reached by no link.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pii_scan.findings.queries import QUERIES
from pii_scan.findings.schema import TABLES
from pii_scan.findings.soundness import fault_of_manifest
from pii_scan.findings.state import STATE_FILES
from pii_scan.findings.store import MANIFEST, REQUIRED

MAX_MANIFEST_BYTES = 64 << 20
_FILES = frozenset({MANIFEST, QUERIES, "report.html"}) | STATE_FILES


@dataclass(frozen=True, slots=True)
class Cleared:
    """What became of the runs that were due."""

    deleted: tuple[str, ...]
    """Names of folders."""
    kept: tuple[str, ...]
    """Folders that hold more than a run does, or could not be deleted."""


@dataclass(frozen=True, slots=True)
class _Old:
    folder: Path
    finished: datetime
    targets: tuple[str, ...]


def delete_old_runs(
    runs: Path, current: Path, targets: Sequence[str], now: datetime, *, keep_runs: int = 0, keep_days: int = 0
) -> Cleared:
    """Deletes runs in the folder `runs` beyond the `keep_runs` newest, and those that finished more than `keep_days`
    before `now`; 0: no such bound. Never the run `current`, the newest, nor the newest of the same `targets`, which
    `--since last` needs.
    """
    found = _runs_in(runs)
    needed = {os.path.realpath(current), *(os.path.realpath(run.folder) for run in found[:1])}
    needed |= {os.path.realpath(run.folder) for run in [r for r in found if r.targets == tuple(targets)][:1]}
    deleted: list[str] = []
    kept: list[str] = []
    for number, run in enumerate(found):
        due = bool(keep_runs) and number >= keep_runs
        due |= bool(keep_days) and run.finished < now - timedelta(days=keep_days)
        if not due or os.path.realpath(run.folder) in needed:
            continue
        (deleted if _holds_a_run_only(run.folder) and _delete(run.folder) else kept).append(run.folder.name)
    return Cleared(tuple(deleted), tuple(kept))


def newest_run(runs: Path) -> Path | None:
    """Of the runs that `scan --all` made in the folder `runs`, the one that finished last."""
    try:
        return next((run.folder for run in _runs_in(runs)), None)
    except OSError:
        return None


def _runs_in(runs: Path) -> list[_Old]:
    """The newest first."""
    found = [run for run in map(_run_in, runs.iterdir()) if run is not None]
    return sorted(found, key=lambda run: (run.finished, run.folder.name), reverse=True)


def _run_in(folder: Path) -> _Old | None:
    """The finished run that `scan --all` made in a folder; None where there is none, or none that is sure."""
    manifest = folder / MANIFEST
    try:
        if folder.is_symlink() or not _is_plain(manifest) or manifest.stat().st_size > MAX_MANIFEST_BYTES:
            return None
        said: Any = json.loads(manifest.read_text(encoding="utf-8"))
        if not isinstance(said, dict) or any(name not in said for name in REQUIRED) or fault_of_manifest(said):
            return None
        if said["status"] != "finished" or said.get("whole_estate") is not True:
            return None
        finished = datetime.fromisoformat(str(said["finished_at"]))
    except (OSError, ValueError, RecursionError):
        return None
    return _Old(folder, finished if finished.tzinfo else finished.replace(tzinfo=UTC), tuple(said["targets"]))


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _holds_a_run_only(folder: Path) -> bool:
    try:
        for entry in folder.iterdir():
            if entry.name in TABLES:
                if entry.is_symlink() or not entry.is_dir():
                    return False
                if not all(_is_plain(part) and part.suffix == ".parquet" for part in entry.iterdir()):
                    return False
            elif entry.name not in _FILES or not _is_plain(entry):
                return False
    except OSError:
        return False
    return True


def _delete(folder: Path) -> bool:
    """The manifest goes last: what is left half way is still known for what it is."""
    try:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name == MANIFEST):
            if entry.name in TABLES:
                shutil.rmtree(entry)
            else:
                entry.unlink()
        folder.rmdir()
    except OSError:
        return False
    return True
