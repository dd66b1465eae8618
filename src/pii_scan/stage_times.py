"""Where the time of a worker goes: seconds by stage and by kind of document. A clock that is always on one stage.

A look at the clock costs some 50 ns, a batch of text a thousand times as much.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import pyarrow as pa

from pii_scan.findings.schema import STAGES, TIMES

T = TypeVar("T")
_NOT_ASKED = nullcontext()


class StageTimes:
    """The seconds of one worker since they were last taken."""

    def __init__(self, *, asked: bool = True) -> None:
        """`asked`: whether anyone wants to know; the clock of many small documents costs a tenth of their time."""
        self._asked = asked
        self._rows: dict[str, dict[str, Any]] = {}
        self._seconds = dict.fromkeys(STAGES, 0.0)
        self._stage = ""
        self._since = 0.0

    def on(self, stage: str) -> AbstractContextManager[None]:
        """The time within is the stage's, but for what an inner `on` takes."""
        return self._on(stage) if self._asked else _NOT_ASKED

    @contextmanager
    def _on(self, stage: str) -> Iterator[None]:
        before, self._stage = self._turn(), stage
        try:
            yield
        finally:
            self._turn()
            self._stage = before

    def through(self, stage: str, pieces: Iterator[T]) -> Iterator[T]:
        """The same pieces; the time until each comes is the stage's."""
        return self._through(stage, pieces) if self._asked else pieces

    def _through(self, stage: str, pieces: Iterator[T]) -> Iterator[T]:
        while True:
            with self._on(stage):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    def done(self, media_type: str, size: int) -> None:
        """A document, or a slice of one, of `size` bytes is over: what was not counted before is of its kind."""
        if not self._asked:
            return
        self._turn()
        row = self._rows.setdefault(media_type, {"documents": 0, "bytes": 0, **dict.fromkeys(STAGES, 0.0)})
        row["documents"] += 1
        row["bytes"] += size
        for stage, seconds in self._seconds.items():
            row[stage] += seconds
        self._seconds = dict.fromkeys(STAGES, 0.0)

    def table(self) -> pa.Table:
        """A row (see `findings.schema.TIMES`) for each kind; begins anew."""
        rows = [{"media_type": media_type, **row} for media_type, row in self._rows.items()]
        self._rows = {}
        return pa.Table.from_pylist(rows, schema=TIMES)

    def _turn(self) -> str:
        now = time.perf_counter()
        if self._stage:
            self._seconds[self._stage] += now - self._since
        self._since = now
        return self._stage


def added_up(times: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The seconds of all workers by kind of document, most first; nothing where no one asked."""
    kinds: dict[str, dict[str, Any]] = {}
    for row in times:
        known = kinds.setdefault(row["media_type"], dict.fromkeys(row, 0) | {"media_type": row["media_type"]})
        for name in (name for name in row if name != "media_type"):
            known[name] = round(known[name] + row[name], 6)
    rows = list(kinds.values())
    rows.sort(key=lambda row: -sum(row[stage] for stage in STAGES))
    return {"times": rows} if rows else {}
