"""Rows of single documents out of the parts of a run, to be taken over into another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pii_scan.errors import RunError
from pii_scan.findings.schema import TABLES
from pii_scan.findings.state import Found, RunState, Unit

_KEPT_PARTS = 4
"""Documents come in about the order in which they were kept."""


class Earlier:
    """The parts of a run, and which documents they are of."""

    def __init__(self, path: Path, state: RunState) -> None:
        self._path = path
        self._state = state
        self._parts: OrderedDict[str, tuple[dict[str, pa.Table], list[Unit]]] = OrderedDict()

    def unchanged(self, unit: Unit) -> list[Found]:
        """All of the document that `unit` is, in one piece or in its slices; none where it may have changed since, or
        was not read wholly. Raises RunError.
        """
        found = [one for one in self._state.at(unit.place) if one.unit.state == unit.state]
        return found if complete(found) and all(one.unit.settled for one in found) else []

    def rows(self, found: Found, target: str = "") -> dict[str, pa.Table]:
        """The rows of one unit, by table; of `target`, where it is given. Raises RunError."""
        tables, units = self._part(found.part)
        rows = {}
        for position, (name, table) in enumerate(tables.items()):
            start = sum(unit.rows[position] for unit in units[: found.number])
            own = table.slice(start, units[found.number].rows[position])
            rows[name] = _renamed(own, target) if target else own
        return rows

    def close(self) -> None:
        """Lets go of the state."""
        self._state.abandon()

    def _part(self, part: str) -> tuple[dict[str, pa.Table], list[Unit]]:
        if part not in self._parts:
            units = self._state.units(part)
            counts = [sum(unit.rows[position] for unit in units) for position in range(len(TABLES))]
            tables = {name: self._table(name, part, count) for name, count in zip(TABLES, counts, strict=True)}
            self._parts[part] = tables, units
            if len(self._parts) > _KEPT_PARTS:
                self._parts.popitem(last=False)
        self._parts.move_to_end(part)
        return self._parts[part]

    def _table(self, name: str, part: str, count: int) -> pa.Table:
        if not count:
            return TABLES[name].empty_table()
        try:
            table = pq.read_table(self._path / name / f"{part}.parquet", partitioning=None).cast(TABLES[name])
        except (OSError, ValueError, pa.ArrowException):
            table = None
        if table is None or table.num_rows != count:
            raise RunError(f"{name}/{part}.parquet of the run before cannot be read", "scan without --since")
        return table


def complete(found: Sequence[Found]) -> bool:
    """Whether what was found of one state of a document is all of it."""
    first = found[0].unit if found else None
    if first is None or not first.slices:
        return len(found) == 1
    return len(found) == first.slices and all(one.unit.plan == first.plan for one in found)


def _renamed(table: pa.Table, target: str) -> pa.Table:
    """The rows with the target as it is called now."""
    at = table.schema.get_field_index("target")
    if at < 0 or not table.num_rows or table.column(at)[0].as_py() == target:
        return table
    entry = table.schema.field(at)
    names = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), table.num_rows), [target])
    return table.set_column(at, entry, names.cast(entry.type))
