"""The worker process: reads groups of work from standard input, answers with tables. Started by `engines.local`.

Whatever a parser prints goes nowhere: standard output belongs to the answers, and printed text could be content.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import BinaryIO

from pii_scan.engines import wire
from pii_scan.model import Problem, WorkUnit

BEAT_SECONDS = 0.2


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
    frame = wire.receive(source)
    if frame is None:
        return
    content = json.loads(frame[1])

    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    from pii_scan.extract.sandbox import allow_seconds, confine
    from pii_scan.pipeline import Pipeline, Settings
    from pii_scan.sources import open_sources

    settings = Settings.from_json(content["settings"])
    pipeline = Pipeline(settings, open_sources(content["sources"], settings.limits))
    remote = any(source["kind"] in ("sql", "objects") for source in content["sources"])
    confine(settings.limits, network=remote, accelerators=bool(settings.presidio or settings.ner))
    gc.freeze()
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
        for item in items:
            allow_seconds(settings.limits.document_seconds + (item.ref.size_bytes or 0) / (1 << 20))
            tables = [pipeline.record(item)] if isinstance(item, Problem) else pipeline.run(item, pulse)
            for piece in tables:
                for name, table in piece.items():
                    if table.num_rows:
                        wire.send(out, wire.TABLE, wire.encode_table(name, table))
            wire.send(out, wire.ITEM_DONE)
        wire.send(out, wire.GROUP_DONE)


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
