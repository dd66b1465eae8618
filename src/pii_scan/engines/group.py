"""What an engine is given and gives back: groups of documents in, parts of a run out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pii_scan.findings.schema import COLUMNS, SAMPLES, TABLES, TIMES, joined
from pii_scan.model import DocumentRef, Item, Problem, WorkUnit

SLICE_BYTES = 16 << 20
"""Text and tables more than twice as large are split. Constant, so that results do not depend on the machine."""
GROUP_BYTES = 8 << 20
MOST_GROUP_BYTES = 64 << 20
GROWTH = 64
"""A group may have as many bytes as one of so many parts of all before it, from GROUP_BYTES up to MOST_GROUP_BYTES:
each part of a run costs files and time, and at the end of a long scan no worker is alone with the last for long.
"""
GROUP_ITEMS = 1024
FIRST_ITEMS = 64
"""Of the first group, and twice as many of each that follows, up to GROUP_ITEMS: of a few files every worker gets some,
of many there are few parts.
"""


@dataclass(slots=True)
class Group:
    """Items that one worker does in a row; its rows make one part of the run."""

    part: str
    items: list[Item]
    plan: bool = False
    tables: dict[str, list[tuple[int, list[int], pa.Table]]] = field(default_factory=dict)
    """Each with the position of the first item that it is of, and how many rows are of it and of those that follow."""
    position: int = 0
    tried: int = -1
    """The position of the item whose worker was ended from outside."""
    alone: bool = False
    """A worker did not survive several items that it read at a time: they are read one by one."""

    def again(self) -> bool:
        """Whether the present item is to be read anew: once, and without what was found of it."""
        if self.tried == self.position:
            return False
        self.tried = self.position
        self.drop()
        return True

    def drop(self) -> None:
        """Forgets what was found in the present item."""
        for name, pieces in self.tables.items():
            self.tables[name] = [piece for piece in pieces if piece[0] != self.position]

    def made(self) -> Part:
        """What was found in all of it."""
        tables = {name: _joined(name, [one[2] for one in pieces]) for name, pieces in self.tables.items() if pieces}
        counts = {name: [0] * len(self.items) for name in tables}
        for name in tables:
            for position, rows, _ in self.tables[name]:
                for number, count in enumerate(rows, position):
                    counts[name][number] += count
        return Part(self.part, tables, counts)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a group, and of each table how many are of each of its items, in their order."""

    name: str
    tables: dict[str, pa.Table]
    counts: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Progress:
    """What just happened: findings, a document finished, another begun; nothing: work goes on."""

    findings: int = 0
    finished: WorkUnit | None = None
    current: DocumentRef | None = None


def sliced(group: Group, slices: Sequence[WorkUnit]) -> list[Group]:
    """The groups that a document is read in; the whole where it has no slices."""
    if not slices:
        return [Group(group.part, group.items)]
    return [Group(f"{group.part}-{number:05d}", [unit]) for number, unit in enumerate(slices)]


Split = Callable[[Group, Sequence[WorkUnit]], list[Group]]


def grouped(walk: Iterable[Item], number: int = 0) -> Iterator[Group]:
    """The walk, in groups that one worker does in a row, numbered from `number` on; a large file is a group by
    itself.
    """
    items: list[Item] = []
    size = before = 0
    for item in walk:
        length = 0 if isinstance(item, Problem) else item.ref.size_bytes or 0
        before += length
        if length > 2 * SLICE_BYTES:
            yield Group(f"{number:08d}", [item], plan=True)
            number += 1
        else:
            items.append(item)
            size += length
        most = min(max(before // GROWTH, GROUP_BYTES), MOST_GROUP_BYTES)
        if len(items) >= min(GROUP_ITEMS, FIRST_ITEMS << min(number, 16)) or size >= most:
            yield Group(f"{number:08d}", items)
            number += 1
            items, size = [], 0
    if items:
        yield Group(f"{number:08d}", items)


def _joined(name: str, parts: list[pa.Table]) -> pa.Table:
    schema = {"samples": SAMPLES, "columns": COLUMNS, "times": TIMES}.get(name) or TABLES[name]
    return joined([part if part.schema == schema else part.cast(schema) for part in parts])
