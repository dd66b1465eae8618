"""A part of a run, as if only those documents had been scanned: one export, one mailbox, one system.

An incident, or a question of one owner, concerns a part; every report can be made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.errors import UsageError, nearest
from pii_scan.findings.store import Run
from pii_scan.inventory.rollup import DOCUMENT, document_keys, plain

Fits = Callable[[str], bool]
"""Whether a path, of a document or of a container or folder around it, is wanted."""


@dataclass(frozen=True)
class PartOfRun(Run):
    """The rows of some documents of a run."""

    kept: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    """Keys of the documents, as `rollup.document_keys` makes them."""

    def findings(self) -> Iterator[pa.Table]:
        """Those in the documents kept; the same of all tables."""
        return self._some(super().findings())

    def problems(self) -> Iterator[pa.Table]:  # noqa: D102
        return self._some(super().problems())

    def documents(self) -> Iterator[pa.Table]:  # noqa: D102
        return self._some(super().documents())

    def dates(self) -> Iterator[pa.Table]:  # noqa: D102
        return self._some(super().dates())

    def index(self) -> Iterator[pa.Table]:  # noqa: D102
        return self._some(super().index())

    def _some(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            some = table.filter(pc.is_in(document_keys(plain(table, DOCUMENT)), self.kept))
            if some.num_rows:
                yield some


def part_of(
    run: Run, *, fits: Fits | None = None, prefixes: Sequence[str] = (), systems: Sequence[str] = ()
) -> PartOfRun:
    """The part of `run` whose documents fit, and are from one of `systems` where any is named.

    What was not read is kept too where a document that fits may lie in it: `prefixes` are how the paths that fit begin.
    Raises UsageError where no document is left, with the nearest name.
    """
    kept: list[str] = []
    known: set[str] = set()
    for table in run.documents():
        part = plain(table, [*DOCUMENT, "status", "system"])
        known.update(part.column("system").unique().to_pylist())
        for row in part.to_pylist():
            if systems and row["system"] not in systems:
                continue
            if fits is None or _wanted(row, fits, prefixes):
                kept.append(f"{row['target']}\0{row['document']}")
    missing = [name for name in systems if name not in known]
    if missing:
        raise UsageError(f"no document of the run is from a system {missing[0]!r}", nearest(missing[0], known))
    if not kept:
        raise UsageError("no document of the run fits", "paths are as the report shows them, from the target down")
    return PartOfRun(run.path, _manifest(run, systems), run.written, kept=pa.array(kept, pa.string()))


def _manifest(run: Run, systems: Sequence[str]) -> dict[str, Any]:
    """That of the run, with an id that is not taken for the whole. The paths asked for are not in it: whoever wrote
    them may have named a person.
    """
    named = f", of {', '.join(systems)}" if systems else ""
    notes = [*run.manifest.get("notes", []), f"a part of the run: only some of its documents{named}"]
    return {**run.manifest, "id": f"{run.manifest['id']}-part", "notes": notes, "part": {"systems": list(systems)}}


def _wanted(row: dict[str, Any], fits: Fits, prefixes: Sequence[str]) -> bool:
    document = row["document"]
    at = 0
    while at >= 0:
        at = document.find("!", at + 1)
        if fits(document if at < 0 else document[:at]):
            return True
    if row["status"] == "read":
        return False
    around = "" if document in ("", ".") else document
    return (
        any(prefix.startswith(around) and prefix[len(around) :][:1] in ("/", "!") for prefix in prefixes) or not around
    )
