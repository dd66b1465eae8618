"""Arrow arrays of any type as arrays of texts or bytes, in pieces that stay small. Knows no files.

Nested columns are taken apart by path: every value of a list is a value of its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]

PIECE_BYTES = 1 << 20
"""Bytes of text that a piece should not exceed."""
_SLOW_ROWS = 4096
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY_SECONDS = 86400


class Leaf(NamedTuple):
    """A column without structure."""

    path: str
    """Names from the outermost to the innermost, parted by dots; lists add nothing to it."""
    array: pa.Array
    rows: Rows
    """The row that each value belongs to."""


def leaf_count(kind: pa.DataType) -> int:
    """How many leaves `leaves` makes of a column of this type."""
    if isinstance(kind, pa.BaseExtensionType):
        return leaf_count(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return leaf_count(kind.value_type)
    if pa.types.is_struct(kind):
        return sum(leaf_count(kind.field(i).type) for i in range(kind.num_fields))
    if pa.types.is_map(kind):
        return leaf_count(kind.key_type) + leaf_count(kind.item_type)
    return leaf_count(kind.value_type) if _is_list(kind) else 1


def leaves(path: str, array: pa.Array, rows: Rows) -> Iterator[Leaf]:
    """The leaves of one column, in the order of its type. `rows`: the row of each of its values.

    Raises pa.ArrowException for an array whose parts do not fit together.
    """
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        array, kind = array.storage, kind.storage_type
    if pa.types.is_dictionary(kind) and not _is_bytes(kind.value_type):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_map(kind):
        entry = pa.struct([pa.field("key", kind.key_type), pa.field("value", kind.item_type)])
        array = array.cast(pa.list_(entry))
        kind = array.type
    if pa.types.is_struct(kind):
        for i, child in enumerate(array.flatten()):
            name = kind.field(i).name
            yield from leaves(f"{path}.{name}" if name else path, child, rows)
    elif _is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        values = pc.list_flatten(array)
        parents = np.repeat(rows, lengths)
        if len(parents) != len(values):
            raise pa.ArrowInvalid("a list column does not fit its values")
        yield from leaves(path, values, parents)
    else:
        yield Leaf(path, array, rows)


def _is_list(kind: pa.DataType) -> bool:
    views = (getattr(pa.types, name, None) for name in ("is_list_view", "is_large_list_view"))
    return (
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or any(is_view is not None and is_view(kind) for is_view in views)
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return is_text(kind) or is_binary(kind)


def is_text(kind: pa.DataType) -> bool:
    """A type of character strings with offsets."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_binary(kind: pa.DataType) -> bool:
    """A type of byte strings with offsets."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def plain(array: pa.Array) -> Iterator[tuple[int, pa.Array]]:
    """The values of a leaf as texts or bytes (`is_text`, `is_binary`): the position of the first of each piece, and
    the piece. Numbers and moments become what a person would write; what holds nothing gives no piece.
    """
    kind = array.type
    if pa.types.is_null(kind) or not len(array):
        return
    if _is_bytes(kind):
        yield 0, array
    elif pa.types.is_dictionary(kind):
        yield from _looked_up(array)
    elif hasattr(pa.types, "is_run_end_encoded") and pa.types.is_run_end_encoded(kind):
        for start in range(0, len(array), _SLOW_ROWS):  # a run may be as long as it likes
            for inner, piece in plain(pc.run_end_decode(array.slice(start, _SLOW_ROWS))):
                yield start + inner, piece
    elif pa.types.is_fixed_size_binary(kind) or kind in _views(pa.binary()):
        yield 0, array.cast(pa.large_binary())
    elif pa.types.is_floating(kind):
        yield 0, _numbers(array)
    elif pa.types.is_timestamp(kind) or pa.types.is_date64(kind):
        yield 0, _moments(array)
    elif pa.types.is_union(kind) or pa.types.is_interval(kind):
        for start in range(0, len(array), _SLOW_ROWS):
            values = array.slice(start, _SLOW_ROWS).to_pylist()
            yield start, pa.array([None if value is None else _written(value) for value in values], pa.large_string())
    else:  # whole numbers, decimals, dates, times, durations, truth values, string views
        yield 0, array.cast(pa.large_string())


def _views(kind: pa.DataType) -> tuple[pa.DataType, ...]:
    return (pa.binary_view(),) if hasattr(pa, "binary_view") else ()


def _written(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode()


def _looked_up(array: pa.DictionaryArray) -> Iterator[tuple[int, pa.Array]]:
    """A dictionary column piece by piece: a few bytes of indices may stand for any amount of text."""
    lengths = pc.fill_null(pc.binary_length(array.dictionary), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    indices = pc.fill_null(array.indices, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(lengths):
        return
    ends = np.cumsum(lengths[indices])
    start = 0
    while start < len(array):
        before = int(ends[start - 1]) if start else 0
        end = max(int(np.searchsorted(ends, before + PIECE_BYTES, side="right")), start + 1)
        yield start, array.slice(start, end - start).dictionary_decode()
        start = end


def _numbers(array: pa.Array) -> pa.Array:
    """Floats as text: whole ones without exponent (a column of identity numbers with gaps is often one of floats)."""
    values = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(values) & (np.abs(values) < 2.0**63) & (np.floor(values) == values)
    if whole.all():
        return pa.array(values.astype(np.int64)).cast(pa.large_string())
    finite = pc.if_else(pa.array(np.isfinite(values)), array, pa.scalar(None, array.type))
    as_text = finite.cast(pa.large_string())
    if not whole.any():
        return as_text
    as_whole = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(pa.large_string())
    return pc.if_else(pa.array(whole), as_whole, as_text)


def _moments(array: pa.Array) -> pa.Array:
    """Moments in UTC as ISO 8601 with a blank in the middle; whole days as dates, no idle zeros."""
    unit = array.type.unit if pa.types.is_timestamp(array.type) else "ms"
    values = array.cast(pa.int64())
    numbers = pc.fill_null(values, 0).to_numpy(zero_copy_only=False)
    second = _UNITS[unit]
    if not (numbers % second).any():
        numbers, unit = numbers // second, "s"
        if not (numbers % _DAY_SECONDS).any() and (np.abs(numbers) < 2**31 * 86400).all():
            days = pa.array((numbers // _DAY_SECONDS).astype(np.int32), pa.int32())
            days = days if not array.null_count else pc.if_else(array.is_valid(), days, pa.scalar(None, pa.int32()))
            return days.cast(pa.date32()).cast(pa.large_string())
        values = pa.array(numbers)
        values = values if not array.null_count else pc.if_else(array.is_valid(), values, pa.scalar(None, pa.int64()))
    return values.cast(pa.timestamp(unit)).cast(pa.large_string())
