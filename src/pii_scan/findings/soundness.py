"""Whether the tables of a run folder hold only what a scan writes: a run may come from someone else, or be changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MAX_NUMBER = 1 << 53
"""No count, size or row number is larger; sums of a few thousand such stay within 64 bits."""
MAX_EXPANSION, MAX_ROWS = 1000, 100
"""Bytes of all columns, and rows, for each byte of a file: more than rows that differ at all can come to."""
SMALL_BYTES, SMALL_ROWS = 16 << 20, 1 << 20
"""Up to so many may lie in a file of any size."""
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""No moment lies outside: within, those of every time zone are in the calendar."""
_DAYS = pa.scalar(date(1, 1, 2)), pa.scalar(date(9999, 12, 30))
_MOMENTS = tuple(pa.scalar(moment, pa.timestamp("us", tz="UTC")) for moment in (FIRST, LAST))


_WORDS = ("id", "started_at", "version", "rules_hash", "config_hash", "status", "lang")
_LISTS = ("targets", "notes", "rules", "entity_types", "unreachable")
_DECLARED = ("target", "location", "owner", "system", "activity")
_SAMPLE = {"target": str, "document": str, "sampled": int, "total": int | None, "random": bool}


def fault_of_manifest(manifest: Mapping[str, Any]) -> str:
    """The first key of a manifest whose value is of no type that a scan writes; empty where there is none."""
    for key in (key for key in _WORDS if key in manifest):
        if not isinstance(manifest[key], str):
            return key
    for key in (key for key in _LISTS if key in manifest):
        if not isinstance(manifest[key], list) or not all(isinstance(one, str) for one in manifest[key]):
            return key
    if not isinstance(manifest.get("finished_at"), str | None):
        return "finished_at"
    estate = manifest.get("estate", [])
    if not isinstance(estate, list) or not all(map(_is_declared, estate)):
        return "estate"
    samples = manifest.get("samples", [])
    if not isinstance(samples, list) or not all(map(_is_sample, samples)):
        return "samples"
    return ""


def _is_sample(row: Any) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(key), kind) for key, kind in _SAMPLE.items())


def _is_declared(row: Any) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(key), str) for key in _DECLARED)


def expands_too_much(parquet: pq.ParquetFile, file_bytes: int) -> bool:
    """Whether a file says that it holds more rows or bytes than one of its size does."""
    meta = parquet.metadata
    held = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
    rows: int = meta.num_rows
    return held > max(MAX_EXPANSION * file_bytes, SMALL_BYTES) or rows > max(MAX_ROWS * file_bytes, SMALL_ROWS)


def is_sound(table: pa.Table) -> bool:
    """Whether no value is one that no scan writes: null where none may be, no UTF-8, negative, endless, of no calendar.

    The table must have the schema of its kind.
    """
    try:
        table.validate(full=True)
    except pa.ArrowException:
        return False
    return all(_fits(field, table.column(field.name)) for field in table.schema)


def _fits(field: pa.Field, column: pa.ChunkedArray) -> bool:
    if column.null_count and not field.nullable:
        return False
    kind = field.type
    if pa.types.is_date(kind):
        return _within(column, *_DAYS)
    if pa.types.is_timestamp(kind):
        return _within(column, *_MOMENTS)
    if pa.types.is_signed_integer(kind):
        return _within(column, pa.scalar(0, kind), pa.scalar(min(MAX_NUMBER, (1 << kind.bit_width - 1) - 1), kind))
    if pa.types.is_floating(kind):
        return not pc.any(pc.is_nan(column)).as_py() and _within(column, pa.scalar(0.0, kind), pa.scalar(1.0, kind))
    return True


def _within(column: pa.ChunkedArray, least: pa.Scalar, most: pa.Scalar) -> bool:
    outside = pc.any(pc.or_kleene(pc.less(column, least), pc.greater(column, most))).as_py()
    return not outside
