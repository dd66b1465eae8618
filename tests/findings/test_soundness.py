"""What is no table of a scan is told from what is, value by value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pii_scan.findings.soundness import MAX_NUMBER, SMALL_ROWS, expands_too_much, is_sound


def one(kind: pa.DataType, *values: Any, nullable: bool = True) -> pa.Table:
    return pa.table([pa.array(values, kind)], schema=pa.schema([pa.field("a", kind, nullable)]))


@pytest.mark.parametrize(
    ("table", "sound"),
    [
        (one(pa.int64(), 0, MAX_NUMBER, None), True),
        (one(pa.int64(), 1, None, nullable=False), False),
        (one(pa.int64(), -1), False),
        (one(pa.int64(), MAX_NUMBER + 1), False),
        (one(pa.int32(), (1 << 31) - 1), True),
        (one(pa.uint64(), (1 << 64) - 1), True),
        (one(pa.float32(), 0.0, 1.0), True),
        (one(pa.float32(), float("nan")), False),
        (one(pa.float32(), float("inf")), False),
        (one(pa.float32(), 1.5), False),
        (one(pa.date32(), date(2026, 1, 1), None), True),
        (one(pa.date32(), 1 << 30), False),
        (one(pa.timestamp("us", tz="UTC"), datetime(1969, 1, 1, tzinfo=UTC)), True),
        (one(pa.timestamp("us", tz="UTC"), 1 << 62), False),
        (one(pa.timestamp("us", tz="UTC"), -(1 << 62)), False),
        (one(pa.string(), "å", None), True),
        (one(pa.string()), True),
    ],
)
def test_values(table: pa.Table, sound: bool) -> None:
    assert is_sound(table) is sound


def test_text_that_is_no_utf8_and_words_that_are_not_in_the_dictionary() -> None:
    offsets = pa.array([0, 1], pa.int32()).buffers()[1]
    assert not is_sound(pa.table({"a": pa.StringArray.from_buffers(1, offsets, pa.py_buffer(b"\xff"))}))
    beyond = pa.DictionaryArray.from_arrays(pa.array([7], pa.int32()), pa.array(["a"]), safe=False)
    assert not is_sound(pa.table({"a": beyond}))


def test_a_file_that_holds_far_more_than_its_size_is_told(tmp_path: Path) -> None:
    for rows, much in ((1000, False), (SMALL_ROWS * 4, True)):
        table = pa.table({"a": pa.repeat(pa.scalar(1, pa.int8()), rows)})
        pq.write_table(table, tmp_path / "a.parquet", compression="zstd", data_page_size=1 << 30)
        with pq.ParquetFile(tmp_path / "a.parquet") as parquet:
            assert expands_too_much(parquet, (tmp_path / "a.parquet").stat().st_size) is much
