"""How much of the targets was looked at: documents, bytes, and problems by code. Decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.inventory.rollup import FinishedRun


@dataclass(frozen=True, slots=True)
class Coverage:
    """Documents are files, objects, tables and members of containers; bytes are those of the targets' own documents."""

    seen: int
    read: int
    partly_read: int
    unread: int
    bytes_seen: int
    bytes_read: int
    problems: Mapping[str, int]
    """Problem code to number of problems, most frequent first."""
    copies: int = 0
    """Documents that are copies of an item that another document holds (see `inventory.copies`)."""

    @property
    def complete(self) -> bool:
        """Whether every document was wholly read and nothing was reported as left out."""
        return self.read == self.seen and not self.problems


def coverage_of(run: FinishedRun, copies: int = 0) -> Coverage:
    """Counts the documents and problems of a run, table by table; `copies` is known already."""
    status: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    seen = read = 0
    for table in run.documents():
        _count(status, table, "status")
        own = table.filter(pc.invert(table.column("container")))  # a member's bytes count within its container
        size = pc.coalesce(
            own.column("size_bytes"), own.column("read_bytes")
        )  # a table or stream has no size of its own
        seen += pc.sum(size).as_py() or 0
        read += pc.sum(own.column("read_bytes")).as_py() or 0
    for table in run.problems():
        _count(codes, table, "code")
    return Coverage(
        seen=status.total(),
        read=status["read"],
        partly_read=status["partly_read"],
        unread=status["unread"],
        bytes_seen=seen,
        bytes_read=read,
        problems=dict(sorted(codes.items(), key=lambda item: (-item[1], item[0]))),
        copies=copies,
    )


def _count(counter: Counter[str], table: pa.Table, column: str) -> None:
    for value in pc.value_counts(table.column(column).cast(pa.string())).to_pylist():
        counter[value["values"]] += value["counts"]
