"""The worker process: reads groups of work from standard input, answers with tables. Started by
`engines.worker_process`.

Whatever a parser prints goes nowhere: standard output belongs to the answers, and printed text could be content.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from pii_scan.arrow_alone import load_arrow
from pii_scan.engines import wire
from pii_scan.model import Item, Problem, WorkUnit

if TYPE_CHECKING:
    from pii_scan.pipeline import Pipeline

BEAT_SECONDS = 0.2
COLLECTED_AFTER = 20_000
"""Objects made before the garbage collector looks for cycles, of which there are few."""


class _Pulse:
    """Tells the engine that work goes on, a few times a second at most."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._last = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._last >= BEAT_SECONDS:
            wire.send(self._out, wire.BEAT)
            self._last = now


def main() -> None:
    """Serves until standard input ends."""
    source, out = _take_standard_streams()
    gc.disable()  # until all is loaded, and frozen
    gc.set_threshold(COLLECTED_AFTER)
    load_arrow()  # before there is anything to do: who starts it has things to load too
    import pyarrow as pa

    from pii_scan.extract.sandbox import allow_seconds, confine
    from pii_scan.pipeline import Pipeline
    from pii_scan.read_ahead import runs
    from pii_scan.settings import Settings
    from pii_scan.sources import open_sources

    frame = wire.receive(source)
    if frame is None:
        return
    content = json.loads(frame[1])
    _own_folder(content["folder"])
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    settings = Settings.from_json(content["settings"])
    pipeline = Pipeline(settings, open_sources(content["sources"], settings.limits))
    remote = any(source["kind"] in ("sql", "objects") for source in content["sources"])
    confine(settings.limits, network=remote, accelerators=bool(settings.presidio or settings.ner))
    gc.freeze()
    gc.enable()
    wire.send(out, wire.READY)
    pulse = _Pulse(out)
    while (frame := wire.receive(source)) is not None:
        kind, payload = frame
        items = wire.decode_items(payload)
        if kind == wire.PLAN:
            unit = items[0]
            assert isinstance(unit, WorkUnit)
            allow_seconds(settings.limits.document_seconds + (unit.ref.size_bytes or 0) / (1 << 20))
            slices = pipeline.plan(unit, content["slice_bytes"], pulse)
            wire.send(out, wire.SLICES, wire.encode_items([WorkUnit(unit.ref, part) for part in slices]))
            continue
        pipeline.expect(items)
        group = _Group(pipeline, out, pulse, lambda size: allow_seconds(settings.limits.document_seconds + size))
        for some in [[item] for item in items] if kind == wire.ALONE else runs(items):
            group.read(some)
        wire.send(out, wire.GROUP_DONE)


class _Group:
    """Reads the items of one group and says what is in them."""

    def __init__(
        self, pipeline: Pipeline, out: BinaryIO, pulse: _Pulse, allow: Callable[[float], None]
    ) -> None:  # fmt: skip
        """`allow`: sets how many seconds of the processor may be taken for what comes, with so many MiB."""
        self._pipeline = pipeline
        self._out = out
        self._pulse = pulse
        self._allow = allow

    def read(self, items: Sequence[Item]) -> None:
        """An item, or several small ones."""
        if len(items) == 1:
            self._alone(items[0])
            return
        self._together(True)
        for made in self._pipeline.run_together([item for item in items if isinstance(item, WorkUnit)], self._pulse):
            if isinstance(made, WorkUnit):
                self._together(False)
                self._alone(made)
            else:
                for name, table in made.tables.items():
                    wire.send(self._out, wire.TABLE, wire.encode_table(name, table, made.counts[name]))
                wire.send(self._out, wire.ITEMS_DONE, wire.encode_number(made.size))
            self._together(True)
        self._together(False)

    def _together(self, begins: bool) -> None:
        self._allow(1)
        wire.send(self._out, wire.TOGETHER, wire.encode_number(begins))

    def _alone(self, item: Item) -> None:
        self._allow((item.ref.size_bytes or 0) / (1 << 20))
        pieces = [self._pipeline.record(item)] if isinstance(item, Problem) else self._pipeline.run(item, self._pulse)
        for piece in pieces:
            for name, table in piece.items():
                if table.num_rows:
                    wire.send(self._out, wire.TABLE, wire.encode_table(name, table))
        wire.send(self._out, wire.ITEMS_DONE, wire.encode_number(1))


def _own_folder(folder: str) -> None:
    """Temporary files go there, of this process and of those that it starts."""
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder))
    tempfile.tempdir = None  # is asked for again


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Private copies of standard input and output; the originals lead nowhere from now on."""
    source = os.fdopen(os.dup(0), "rb", 1 << 16)
    out = os.fdopen(os.dup(1), "wb", 1 << 16)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdin = sys.stdout = sys.stderr = open(os.devnull, "r+", encoding="utf-8")  # noqa: SIM115  for good
    return source, out


if __name__ == "__main__":
    main()
