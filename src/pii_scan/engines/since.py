"""The earlier run that a scan takes over from what has not changed, and what is to be said of it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pii_scan import __version__
from pii_scan.errors import RunError, UsageError
from pii_scan.findings.earlier import Earlier
from pii_scan.findings.state import RunState
from pii_scan.findings.store import MANIFEST, load_run

LAST = "last"
"""In place of a folder: the newest finished run of the same targets beside the new one."""


class Since:
    """An earlier run, or the lack of one."""

    def __init__(self, folder: str = "", rows: Earlier | None = None, note: str = "") -> None:
        """`rows`: None where everything is to be read. `note`: what the reader is to know of it."""
        self.folder = folder
        self.rows = rows
        self.note = note

    def notes(self) -> list[str]:
        """For the manifest."""
        return [self.note] if self.note else []

    def close(self) -> None:
        """Lets go of the run."""
        if self.rows is not None:
            self.rows.close()


def earlier_run(
    since: str, out: Path, targets: Sequence[str], reading: str, key_check: str, begun: bool = False
) -> Since:
    """What to take over from the run in the folder `since`, or from the `last` beside `out`. Where it was made with
    another key, version, rules or options, everything is read again; so it is where it is there no more for a scan that
    has `begun`. Raises UsageError where there is no such run, or it is not finished.
    """
    if not since:
        return Since()
    folder = _newest(out, targets) if since == LAST else Path(since)
    if folder is None:
        return Since(note="there is no finished run of these targets beside this one: everything was read")
    try:
        manifest = load_run(folder).manifest
    except RunError as error:
        if begun:
            return Since(since, None, "the earlier run was there no more when the scan was resumed: the rest was read")
        raise UsageError(f"--since: {error.message}", "name a finished run") from None
    if manifest["status"] != "finished":
        hint = "`scan --resume --out` it first, or name a finished run"
        raise UsageError(f"--since: the run {str(folder)!r} is not finished", hint)
    kept = os.path.abspath(folder)
    different = next(_different(manifest, reading, key_check), "")
    if not different:
        try:
            rows = Earlier(folder, RunState.reading(folder))
        except RunError as error:
            different = error.message
        else:
            note = f"of documents that have not changed, findings were taken over from the run {manifest['id']}, " \
                f"begun {manifest['started_at']}, as of {manifest['as_of']}"  # fmt: skip
            return Since(kept, rows, note)
    return Since(kept, None, f"everything was read, nothing taken over from the run {manifest['id']}: {different}")


def _different(manifest: Mapping[str, Any], reading: str, key_check: str) -> Iterator[str]:
    """Why nothing of a run may be taken over."""
    if manifest.get("key_check") != key_check:
        yield "it was made with another fingerprint key"
    if manifest.get("version") != __version__:
        yield "it was made by another version"
    if manifest.get("reading_hash") != reading:
        yield "its rules or options are others"


def _newest(out: Path, targets: Sequence[str]) -> Path | None:
    """The run that finished last."""
    found = []
    for file in sorted(out.absolute().parent.glob(f"*/{MANIFEST}")):
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            manifest = json.loads(file.read_text(encoding="utf-8"))
            if manifest.get("status") == "finished" and manifest.get("targets") == list(targets):
                found.append((str(manifest.get("finished_at")), file.parent))
    return max(found)[1] if found else None
