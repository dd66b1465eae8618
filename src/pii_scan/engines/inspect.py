"""Reads a few files and hands over the tables, without a run folder: what the guard looks at.

Little work is done in this process, since a worker takes longer to start than a small table to read; the rest goes to
workers, as in a scan. A reader that dies takes this process with it, which no pipeline mistakes for a pass.
"""

from __future__ import annotations

import contextlib
import io
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pii_scan.model import Item, Problem, WorkUnit
from pii_scan.pipeline import Pipeline
from pii_scan.settings import Settings, settings_json
from pii_scan.sources import open_source

INLINE_BYTES = 4 << 20
"""So much is read in this process, in all."""
INLINE_DOCUMENTS = 200
INLINE_SUFFIXES = frozenset(
    ".csv .tsv .txt .json .jsonl .ndjson .sql .parquet .xlsx .md .log .yaml .yml .xml .html .ini .cfg .toml .py .js "
    ".ts .java .go .rb .php .sh .ps1 .r .scala .kt .cs .c .h .cpp .rs".split()
)
"""Formats whose readers are bounded and of Python or Arrow: nothing in them stalls or dies as parsers of old binary
formats do."""

Tables = Mapping[str, pa.Table]


def inspect(settings: Settings, descriptions: Sequence[Mapping[str, Any]], jobs: int = 0) -> Iterator[Tables]:
    """The tables of all documents of the sources, in pieces, in a fixed order where one process reads.

    `jobs`: worker processes, where any are needed; 0: one for each processor. Raises TargetError, RunError.
    """
    sources = [open_source(description, settings.limits) for description in descriptions]
    items: list[Item] = []
    for source in sources:
        items += [found if isinstance(found, Problem) else WorkUnit(found) for found in source.list_documents()]
    if _is_little(items):
        pipeline = Pipeline(settings, {str(d["target"]): s for d, s in zip(descriptions, sources, strict=True)})
        pipeline.expect(items)
        for item in items:
            if isinstance(item, Problem):
                yield pipeline.record(item)
            else:
                yield from _quietly(pipeline, item)
        return
    yield from _by_workers(settings, descriptions, items, jobs or os.cpu_count() or 1)


def _is_little(items: Sequence[Item]) -> bool:
    units = [item for item in items if isinstance(item, WorkUnit)]
    size = sum(unit.ref.size_bytes or 0 for unit in units)
    names = {posixpath.splitext(unit.ref.path)[1].lower() for unit in units}
    return size <= INLINE_BYTES and len(units) <= INLINE_DOCUMENTS and names <= INLINE_SUFFIXES


def _quietly(pipeline: Pipeline, unit: WorkUnit) -> Iterator[Tables]:
    """What a parser prints goes nowhere: it could be content."""
    tables: list[Tables] = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        tables += pipeline.run(unit, lambda: None)
    return iter(tables)


def _by_workers(
    settings: Settings, descriptions: Sequence[Mapping[str, Any]], items: Sequence[Item], jobs: int
) -> Iterator[Tables]:
    from pii_scan.engines.group import grouped
    from pii_scan.engines.local import EngineError, LocalEngine
    from pii_scan.errors import RunError

    engine = LocalEngine(jobs, settings_json(settings), list(descriptions), settings.limits, lambda progress: None)
    parts: dict[str, Tables] = {}
    try:
        parts = {part.name: part.tables for part in engine.run(grouped(items))}
    except EngineError as error:
        raise RunError(str(error)) from None
    for part in sorted(parts):
        yield parts[part]
