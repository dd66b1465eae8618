"""The rows of several documents in one table each, and how many of them are whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from pii_scan.document_rows import row_tables
from pii_scan.findings.schema import joined


class Together:
    """The rows of `size` units, gathered in their order."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.tables: dict[str, pa.Table] = {}
        self.counts: dict[str, list[int]] = {}
        """By table, how many rows are of each unit."""
        self._come: dict[str, int] = {}
        self._parts: dict[str, list[pa.Table]] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, position: int, tables: Mapping[str, pa.Table]) -> None:
        """Tables of the unit at `position`; those before it are done."""
        for name, table in tables.items():
            if table.num_rows:
                self._parts.setdefault(name, []).append(table)
                self._count(name, position, table.num_rows)

    def add_rows(self, position: int, rows: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        """As `add`, of what `DocumentRows.rows` gave."""
        for name, some in rows.items():
            if some:
                self._rows.setdefault(name, []).extend(some)
                self._count(name, position, len(some))

    def come_to(self, position: int, rows: Mapping[str, int]) -> None:
        """The unit at `position` is done, and by then there are so many rows of tables that `ended` is given whole."""
        for name, number in rows.items():
            if number > self._come.get(name, 0):
                self._count(name, position, number - self._come.get(name, 0))
                self._come[name] = number

    def ended(self, more: Mapping[str, pa.Table]) -> Together:
        """With the tables made; `more`: those of `come_to`, and others, which count to the last unit."""
        for name, table in more.items():
            if name in self._come:
                self._parts.setdefault(name, []).append(table)
            else:
                self.add(self.size - 1, {name: table})
        self.tables = {
            **{name: joined(parts) for name, parts in self._parts.items()},
            **row_tables(self._rows),
        }  # fmt: skip
        self._parts, self._rows = {}, {}
        return self

    def _count(self, name: str, position: int, rows: int) -> None:
        self.counts.setdefault(name, [0] * self.size)[position] += rows
