"""What a run knows of documents that another run has findings in: their system, and whether it could have found them.

A document that a run does not have was looked for in vain only where nothing around it (a folder, an archive, the
target) was left unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.holdings import UNASSIGNED
from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, document_keys, plain

_TOLD_APART = re.compile(r"~[0-9a-f]{6}$")
"""What `findings.names` puts behind a masked name."""
_ROOTS = ("", ".")


class DocumentStates:
    """The documents of one run, as far as they are asked for."""

    def __init__(self, run: FinishedRun, wanted: pa.Table, renamed: Mapping[str, str]) -> None:
        """`wanted`: target and document, with targets as they are called after `renamed`. Reads documents and problems
        once; memory grows with `wanted` and with what was not read.
        """
        self._targets = {renamed.get(str(name), str(name)) for name in run.manifest["targets"]}
        self._finished = run.manifest.get("status") == "finished"
        self._known: dict[tuple[str, str], tuple[str, str]] = {}
        self._holes: set[tuple[str, str]] = set()
        keys = pc.unique(document_keys(wanted)) if wanted.num_rows else pa.array([], pa.string())
        for table in run.documents():
            part = plain(table, [*DOCUMENT, "status", "system"])
            unread = part.filter(pc.not_equal(part.column("status"), "read"))
            self._add_holes(unread, renamed)
            for target, document, status, system in _rows(part, renamed, keys):
                self._known[target, document] = (status, system)
        for table in run.problems():
            self._add_holes(plain(table, DOCUMENT), renamed)

    def _add_holes(self, table: pa.Table, renamed: Mapping[str, str]) -> None:
        for row in table.select(list(DOCUMENT)).to_pylist():
            name = _TOLD_APART.sub("", row["document"])
            self._holes.add((renamed.get(row["target"], row["target"]), name))

    def system(self, target: str, document: str) -> str:
        """The system of a document; `UNASSIGNED` where the run does not know it."""
        return self._known.get((target, document), ("", UNASSIGNED))[1] or UNASSIGNED

    def systems(self) -> tuple[pa.Array, pa.Array]:
        """(keys of the documents as `document_keys` makes them, their systems)."""
        keys = [f"{target}\0{document}" for target, document in self._known]
        return pa.array(keys, pa.string()), pa.array([self.system(*place) for place in self._known], pa.string())

    def assessed(self, target: str, document: str) -> bool:
        """Whether the run read the document wholly, or would have met it had it been there."""
        known = self._known.get((target, document))
        if known is not None:
            return known[0] == "read"
        if not self._finished or target not in self._targets:
            return False
        return not any((target, around) in self._holes for around in _around(document))


def _around(document: str) -> Iterator[str]:
    """The folders and containers that a document lies in, and the target itself."""
    yield from _ROOTS
    for found in re.finditer(r"[/!]", document):
        yield _TOLD_APART.sub("", document[: found.start()])


def _rows(part: pa.Table, renamed: Mapping[str, str], keys: pa.Array) -> Iterator[tuple[str, str, str, str]]:
    part = renamed_targets(part, renamed)
    for row in part.filter(pc.is_in(document_keys(part), keys)).to_pylist():
        yield row["target"], row["document"], row["status"], row["system"]


def renamed_targets(table: pa.Table, renamed: Mapping[str, str]) -> pa.Table:
    """The table with its targets as the earlier run calls them."""
    for new, old in renamed.items():
        target = table.column("target")
        target = pc.if_else(pc.equal(target, new), pa.scalar(old, pa.string()), target)
        table = table.set_column(table.schema.get_field_index("target"), "target", target)
    return table
