"""Rows that come a few at a time, made into one table in the end: a table for each few would cost more than the rows.

Also the fingerprints of values that come a few at a time: those of one entity type are taken in one go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.findings.redact import fingerprints

_Prints = npt.NDArray[np.uint64]


class Prints:
    """The fingerprints of some values of one entity type, taken when they are first asked for."""

    __slots__ = ("_made", "_values", "entity_type")

    def __init__(self, values: pa.Array, entity_type: str) -> None:
        self._values = values
        self.entity_type = entity_type
        self._made: _Prints | None = None

    def made(self, key: bytes) -> _Prints:
        """One for each value."""
        if self._made is None:
            self._made = fingerprints(self._values, self.entity_type, key)
        return self._made

    @staticmethod
    def of_all(waiting: Sequence[Prints], key: bytes) -> _Prints:
        """Those of all, in their order."""
        by_type: dict[str, list[Prints]] = defaultdict(list)
        for one in waiting:
            if one._made is None:
                by_type[one.entity_type].append(one)
        for entity_type, some in by_type.items():
            made = fingerprints(pa.concat_arrays([one._values for one in some]), entity_type, key)
            at = 0
            for one in some:
                one._made = made[at : at + len(one._values)]
                at += len(one._values)
        return np.concatenate([one.made(key) for one in waiting])


class Gathered:
    """Rows of one table."""

    def __init__(self, schema: pa.Schema, made: Mapping[str, Callable[[pa.Array], pa.Array]] | None = None) -> None:
        """`made`: by column, what becomes of the arrays that were given for it."""
        self._schema = schema
        self._made = made or {}
        self._counts: list[int] = []
        self._values: dict[str, list[Any]] = {name: [] for name in schema.names}
        self.rows = 0

    def add(self, count: int, *sides: Mapping[str, Any]) -> None:
        """So many rows. `sides`, which hold the columns between them: the values, or one value for all rows."""
        self._counts.append(count)
        self.rows += count
        for side in sides:
            for name, value in side.items():
                self._values[name].append(value)

    def table(self, whole: Mapping[str, npt.NDArray[Any]] | None = None) -> pa.Table:
        """All rows, at least one. `whole`: columns that were not given with them."""
        counts = np.array(self._counts, np.int64)
        columns = []
        for entry in self._schema:
            values = self._values[entry.name]
            if whole is not None and entry.name in whole:
                columns.append(pa.array(whole[entry.name], entry.type))
            elif pa.types.is_dictionary(entry.type):
                columns.append(_words(values, counts, self._made.get(entry.name), entry.type))
            else:
                columns.append(_numbers(values, counts, entry.type))
        return pa.table(columns, schema=self._schema)


def _numbers(values: Sequence[Any], counts: npt.NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    """A column of numbers and NumPy arrays of numbers; None is null."""
    arrays = [number for number, value in enumerate(values) if isinstance(value, np.ndarray)]
    if len(arrays) == len(values):
        return _of_kind(pa.array(np.concatenate(values)), kind)
    single = [None if isinstance(value, np.ndarray) else value for value in values]
    numbers = np.array([0 if value is None else value for value in single])
    missing = np.repeat(np.array([value is None for value in single]), counts)
    if arrays:
        numbers = numbers.astype(np.result_type(numbers, *{values[number].dtype for number in arrays}))
    numbers = np.repeat(numbers, counts)
    ends = np.cumsum(counts)
    for number in arrays:
        numbers[ends[number] - counts[number] : ends[number]] = values[number]
        missing[ends[number] - counts[number] : ends[number]] = False
    return _of_kind(pa.array(numbers, mask=missing), kind)


def _of_kind(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


def _words(
    values: Sequence[Any], counts: npt.NDArray[np.int64], made: Callable[[pa.Array], pa.Array] | None,
    kind: pa.DictionaryType,
) -> pa.DictionaryArray:  # fmt: skip
    """A column of words and arrays of words; None is null."""
    first = values[0]
    if not isinstance(first, pa.Array) and all(value is first for value in values):  # most columns of most tables
        rows = int(counts.sum())
        if first is None:
            return pa.nulls(rows, kind)
        indices = pa.array(np.zeros(rows, np.int32))
        return _of_kind(pa.DictionaryArray.from_arrays(indices, _dictionary(first)), kind)
    arrays = [value for value in values if isinstance(value, pa.Array)]
    if arrays:
        joined = pa.concat_arrays(arrays)
        joined = joined if made is None else made(joined)
        if len(arrays) < len(values):
            joined = _between(values, counts, joined)
        return _of_kind(joined.dictionary_encode(), kind)
    numbers: dict[str, int] = {}
    codes = np.array([-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values], np.int32)
    indices = np.repeat(codes, counts)
    words = pa.array(numbers, pa.string())
    return _of_kind(pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), words), kind)


@lru_cache(maxsize=256)
def _dictionary(word: str) -> pa.StringArray:
    return pa.array([word], pa.string())


def _between(values: Sequence[Any], counts: npt.NDArray[np.int64], joined: pa.Array) -> pa.Array:
    """The arrays among `values`, which are `joined`, with the single words between them."""
    parts, at = [], 0
    for value, count in zip(values, counts.tolist(), strict=True):
        if isinstance(value, pa.Array):
            parts.append(joined.slice(at, count))
            at += count
        else:
            parts.append(pa.repeat(pa.scalar(value, joined.type), count))
    return pa.concat_arrays(parts)
