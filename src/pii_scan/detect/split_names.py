"""Names of persons that a table keeps in columns side by side, first name and surname: both stand for one person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.cell_bytes import text_offsets
from pii_scan.detect.context import plain_header
from pii_scan.detect.engine import Detections
from pii_scan.model import ChunkBatch, ColumnOrigin

_ROLES = ("given", "middle", "family")
_PART = re.compile(
    r"(?P<who>.*?) ?(?:(?P<given>fornavn|fornamn|førenamn|first ?name|given ?name|forename)|"
    r"(?P<middle>mellomnavn|mellomnamn|middle ?name)|"
    r"(?P<family>etternavn|etternamn|slektsnavn|last ?name|family ?name|surname))(?P<number> ?\d*)"
)
Found = tuple[ChunkBatch, Detections, pa.Array | None]
"""A batch, what was found in it, and the whole name of the person by cell; null where the cell is not part of one."""


@dataclass(frozen=True, slots=True)
class _Held:
    batch: ChunkBatch
    found: Detections
    whose: str
    role: str


class SplitNames:
    """Holds what was found in the columns of one part until those of the other parts have come with the same rows."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._place: tuple[str, int, int] | None = None
        self._known: dict[tuple[str, ...], dict[str, set[str]]] = {}

    def take(self, batch: ChunkBatch, found: Detections) -> list[Found]:
        """What is ready after this batch, in order: most often the batch itself."""
        origin = batch.origin
        if not isinstance(origin, ColumnOrigin):
            return [*self.rest(), (batch, found, None)]
        place = (origin.sheet, origin.first_row, len(batch.texts))
        ready = [] if place == self._place else self.rest()
        self._place = place
        part = _part(origin.header)
        roles = self._roles(origin.table_headers).get(part[0], set()) if part else set()
        if part is None or not {"given", "family"} <= roles:
            return [*ready, (batch, found, None)]
        self._held.append(_Held(batch, found, *part))
        if {held.role for held in self._held if held.whose == part[0]} == roles:
            ready += self._joined(part[0])
        return ready

    def rest(self) -> list[Found]:
        """What is held, when no more of the same rows will come."""
        ready = [one for whose in dict.fromkeys(held.whose for held in self._held) for one in self._joined(whose)]
        self._place = None
        return ready

    def _roles(self, headers: Sequence[str]) -> dict[str, set[str]]:
        """The parts of names that a table with these headers has, by whose they are."""
        key = tuple(headers)
        if key not in self._known:
            roles: dict[str, set[str]] = {}
            for whose, role in filter(None, map(_part, key)):
                roles.setdefault(whose, set()).add(role)
            self._known = {key: roles}  # one table at a time
        return self._known[key]

    def _joined(self, whose: str) -> list[Found]:
        mine = [held for held in self._held if held.whose == whose]
        self._held = [held for held in self._held if held.whose != whose]
        cells = {held.role: _trimmed(held.batch.texts) for held in mine}
        if not {"given", "family"} <= cells.keys():
            return [(held.batch, held.found, None) for held in mine]
        wide = pa.large_string()
        both = pc.and_(
            pc.greater(pc.binary_length(cells["given"]), 0), pc.greater(pc.binary_length(cells["family"]), 0)
        )
        parts = [cells[role] for role in _ROLES if role in cells]
        whole = pc.if_else(both, pc.binary_join_element_wise(*parts, pa.scalar(" ", wide)), pa.scalar(None, wide))
        return [(held.batch, held.found, whole) for held in mine]


def known_as(texts: pa.Array, found: Detections, persons: npt.NDArray[np.bool_], whole: pa.Array) -> pa.Array:
    """For each detection the whole name of the person, where it is one of `persons` and fills its cell; else null."""
    fills = (found.start == 0) & (found.end == np.diff(text_offsets(texts))[found.text])
    return pc.if_else(pa.array(fills & persons), whole.take(pa.array(found.text)), pa.scalar(None, whole.type))


def _part(header: str) -> tuple[str, str] | None:
    """(whose name the column holds a part of, which part); None of another column."""
    match = _PART.fullmatch(plain_header(header))
    if match is None:
        return None
    return match["who"] + match["number"], next(role for role in _ROLES if match[role])


def _trimmed(texts: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.fill_null(texts, "").cast(pa.large_string()))
