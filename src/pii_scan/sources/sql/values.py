"""Values of Python's database drivers as Arrow: columns of any mixture of types. Asks no database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def array(values: Sequence[Any]) -> pa.Array:
    r"""A column as numbers, texts or bytes; one of several types as bytes, which are looked at one by one.

    >>> array([1, None, 2]).type, array(["a", 1.0]).to_pylist(), array([b"x", "æ"]).to_pylist()
    (DataType(int64), ['a', '1'], [b'x', b'\xc3\xa6'])
    """
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pa.nulls(len(values), pa.large_string())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pa.array(values, pa.int64())
    if kinds == {float}:
        return pa.array(values, pa.float64())
    if kinds & {bytes, bytearray, memoryview}:
        return pa.array([None if value is None else _bytes(value) for value in values], pa.large_binary())
    return pa.array([None if value is None else _text(value) for value in values], pa.large_string())


def batch(rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """Some rows, at least one, as a record batch."""
    arrays = [array(values) for values in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, [f"c{number}" for number in range(len(arrays))])


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2.0**63:
        return str(int(value))
    return str(value).encode("utf-8", "replace").decode()
