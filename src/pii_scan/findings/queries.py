"""The log of look-ups in a run: who asked, when, for what purpose, for how many of which kinds. Never what for.

One JSON object a line in `queries.jsonl` of the run folder, which is only ever added to.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pii_scan.errors import RunError

QUERIES = "queries.jsonl"


@dataclass(frozen=True, slots=True)
class Query:
    """One call of `pii-scan subject`."""

    purpose: str
    """`innsyn`, `sletting`, `retting` or `avvik`."""
    entity_types: Sequence[str]
    """One for each identifier; `unknown` where the line said none."""
    traces: Sequence[str]
    """One for each identifier: a short keyed hash."""
    places: int


def log_query(folder: Path, query: Query, now: datetime | None = None) -> None:
    """Adds a query to the log, on the disk before this returns. Raises RunError: what cannot be logged is not shown."""
    moment = (now or datetime.now(tz=UTC)).astimezone(UTC)
    entry: dict[str, Any] = {
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "who": _account(), "purpose": query.purpose,
        "identifiers": len(query.traces), "entity_types": list(query.entity_types), "traces": list(query.traces),
        "places": query.places,
    }  # fmt: skip
    line = json.dumps(entry, ensure_ascii=False) + "\n"
    try:
        handle = os.open(folder / QUERIES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode("utf-8", "replace"))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise RunError(
            f"the query cannot be logged, so nothing is shown ({what})", "the run folder must be writable"
        ) from None


def _account() -> str:
    """The name of the account that asks; its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
