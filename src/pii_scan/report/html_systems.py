"""What the HTML report shows of systems: the matrix of categories by system in tables that fit, and which system a
finding is in. Decides no attribution.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.build import Inventory
from pii_scan.inventory.holdings import UNASSIGNED, Holding, SystemShare
from pii_scan.inventory.rollup import FinishedRun, plain

HEAT_LEVELS = 5
MATRIX_COLUMNS = 10
"""Systems side by side in one table; further ones follow in tables below, so that each fits a sheet of A4."""
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class SystemMatrix:
    """Some systems, and the categories that any of them holds, by the order of the inventory."""

    systems: tuple[str, ...]
    categories: tuple[str, ...]
    cells: Mapping[tuple[str, str], Holding]
    """Category and system to what is held."""
    heat: Mapping[tuple[str, str], int]


def heat(counts: Mapping[K, int]) -> dict[K, int]:
    """A level of 1 to `HEAT_LEVELS` for each count, by its logarithm: counts differ by powers of ten."""
    scale = (HEAT_LEVELS - 1) / (math.log(max(counts.values(), default=1)) or 1)
    return {key: 1 + round(math.log(max(count, 1)) * scale) for key, count in counts.items()}


def matrices(inventory: Inventory) -> list[SystemMatrix]:
    """One table for each `MATRIX_COLUMNS` systems with findings; none where nothing was found."""
    cells = {(h.category, h.system): h for h in inventory.holdings}
    levels = heat({key: held.count for key, held in cells.items()})
    systems = list(dict.fromkeys(h.system for h in inventory.holdings))
    order = [entry.category for entry in inventory.entries]
    tables = []
    for first in range(0, len(systems), MATRIX_COLUMNS):
        part = tuple(systems[first : first + MATRIX_COLUMNS])
        rows = tuple(category for category in order if any((category, system) in cells for system in part))
        tables.append(SystemMatrix(part, rows, cells, levels))
    return tables


def unassigned(inventory: Inventory) -> SystemShare | None:
    """The documents of no known system, where there are any."""
    return next((share for share in inventory.systems if share.system == UNASSIGNED and share.documents), None)


def document_systems(run: FinishedRun, documents: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Target and document to the id of the system, for the documents asked for."""
    wanted = pa.array(sorted({document for _, document in documents}), pa.string())
    found: dict[tuple[str, str], str] = {}
    for table in run.documents():
        part = table.filter(pc.is_in(table.column("document").cast(pa.string()), wanted))
        names = ["target", "document", "system"]
        rows: Iterable[tuple[str, str, str | None]] = zip(
            *(column.to_pylist() for column in plain(part, names).columns), strict=True
        )
        found.update({(target, document): system or UNASSIGNED for target, document, system in rows})
    return {key: system for key, system in found.items() if key in documents}
