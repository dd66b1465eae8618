"""Where a document of an export lay before it was exported, and whose it is: the report of the export joined to it.

By the path within the export or the identity of the item, both as keyed fingerprints. A key that the reports give more
than one answer for has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.rollup import DOCUMENT, FinishedRun, plain


@dataclass(frozen=True, slots=True)
class Original:
    """Masked, as names of documents are; either may be empty."""

    location: str = ""
    owner: str = ""


NOWHERE = Original()


@dataclass(frozen=True, slots=True)
class Originals:
    """The documents of a run that something is known of."""

    known: Mapping[tuple[str, str], Original]
    """By target and document."""

    def of(self, target: str, document: str) -> Original:
        """What is known of a document: of itself, else of the nearest container around it."""
        location, owner = "", ""
        while self.known and not (location and owner):
            found = self.known.get((target, document), NOWHERE)
            location, owner = location or found.location, owner or found.owner
            document, cut, _ = document.rpartition("!")
            if not cut:
                break
        return Original(location, owner) if location or owner else NOWHERE


def originals_of(run: FinishedRun) -> Originals:
    """Reads the reports of exports and the documents. Memory grows with the documents that differ from their container
    in what is known of them.
    """
    keys, said = _reports(run)
    known: dict[tuple[str, str], Original] = {}
    originals = Originals(known)
    for members in (False, True):  # what a member says again is not held
        for target, document, found in _found(run, keys, said, members):
            if not members or found != originals.of(target, document):
                known[target, document] = found
    return originals


def _found(
    run: FinishedRun, keys: pa.Array, said: list[Original], members: bool
) -> Iterator[tuple[str, str, Original]]:
    """Target, document, and what is known of it, of top-level documents or of members."""
    same: dict[Original, Original] = {}
    for table in run.documents():
        number = pc.coalesce(
            pc.index_in(table.column("export_path"), keys), pc.index_in(table.column("identity"), keys)
        )
        some = pc.or_(pc.is_valid(number), pc.is_valid(table.column("owner")))
        some = pc.and_(some, pc.equal(table.column("container"), members))
        part = plain(table.filter(some), [*DOCUMENT, "owner"])
        columns = (part.column(name).to_pylist() for name in part.column_names)
        for target, document, owner, at in zip(*columns, number.filter(some).to_pylist(), strict=True):
            report = said[at] if at is not None else NOWHERE
            found = Original(report.location, owner or report.owner)
            yield target, document, same.setdefault(found, found)


def _reports(run: FinishedRun) -> tuple[pa.Array, list[Original]]:
    """The keys of items, and what is said of each."""
    said: dict[int, Original | None] = {}
    for table in run.origins():
        part = plain(table, table.column_names)
        for key, location, owner in zip(*(part.column(name).to_pylist() for name in part.column_names), strict=True):
            found = Original(location, owner)
            if said.setdefault(key, found) != found:
                said[key] = None
    kept = {key: value for key, value in said.items() if value is not None}
    return pa.array(list(kept), pa.uint64()), list(kept.values())
