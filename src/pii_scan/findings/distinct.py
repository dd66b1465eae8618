"""Exact numbers of distinct fingerprints in bounded memory: what is too much for it goes to temporary files.

Those hold fingerprints, which the run folder holds too, and numbers of groups; they are gone when the counting ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.errors import RunError

_Prints = npt.NDArray[np.uint64]
_Groups = npt.NDArray[np.uint32]

MAX_HELD = 1 << 21
"""Rows that are held: 12 bytes each, and as much again several times while they are sorted."""
BUCKETS = 128
"""Files that rows go to, by the first bits of the fingerprint."""
_ROW = np.dtype([("print", "<u8"), ("group", "<u4")])


class Distinct:
    """The distinct numbers of all arrays so far; sixteen bytes of memory for each at most."""

    def __init__(self) -> None:
        self._known: _Prints = np.zeros(0, np.uint64)
        self._new: list[_Prints] = []
        self._waiting = 0

    def add(self, numbers: _Prints) -> None:
        """Adds the numbers of an array."""
        self._new.append(_once(numbers))
        self._waiting += len(self._new[-1])
        if self._waiting > len(self._known) + 1000:  # when doubled: the whole costs O(n log n)
            self._merge()

    def __len__(self) -> int:
        if self._new:
            self._merge()
        return len(self._known)

    def _merge(self) -> None:
        self._known = _once(np.concatenate([self._known, *self._new]))
        self._new, self._waiting = [], 0


def _once(numbers: _Prints) -> _Prints:
    """The distinct numbers, ascending."""
    numbers = np.sort(numbers)
    first = np.ones(len(numbers), bool)
    first[1:] = numbers[1:] != numbers[:-1]
    return numbers[first]


class DistinctByGroup:
    """Distinct fingerprints of each group. Memory grows with the number of groups, not with that of fingerprints.

    To be closed, also where counting failed.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._held: list[tuple[_Prints, _Groups]] = []
        self._rows = 0
        self._files: list[IO[bytes]] = []

    def add(self, keys: Sequence[Hashable], which: npt.NDArray[np.int64], prints: _Prints) -> None:
        """Adds rows: the group of each is the one of `keys` that `which` says."""
        numbers = np.array([self._numbers.setdefault(key, len(self._numbers)) for key in keys] or [0], np.uint32)
        self._held.append(_once_by_group(prints, numbers[which]))
        self._rows += len(self._held[-1][0])
        if self._rows > MAX_HELD:
            self._held = [_once_by_group(*_joined(self._held))]
            self._rows = len(self._held[0][0])
            if self._rows > MAX_HELD // 2:
                self._spill()

    def counts(self) -> dict[Any, int]:
        """Distinct fingerprints by group."""
        if self._files:
            self._spill()
        total = np.zeros(len(self._numbers), np.int64)
        for prints, groups in self._buckets():
            total += np.bincount(_once_by_group(prints, groups)[1], minlength=len(total))
        return dict(zip(self._numbers, total.tolist(), strict=True))

    def close(self) -> None:
        """Deletes the temporary files."""
        for file in self._files:
            file.close()
        self._files = []

    def _buckets(self) -> Iterator[tuple[_Prints, _Groups]]:
        if self._held:
            yield _joined(self._held)
        for file in self._files:
            file.seek(0)
            rows = np.frombuffer(file.read(), _ROW)
            yield rows["print"].astype(np.uint64), rows["group"].astype(np.uint32)

    def _spill(self) -> None:
        """Puts what is held, sorted, into the files. Raises OSError."""
        if not self._files:
            self._files = [tempfile.TemporaryFile(prefix="pii-scan-") for _ in range(BUCKETS)]
        prints, groups = _once_by_group(*_joined(self._held)) if self._held else _joined([])
        rows = np.empty(len(prints), _ROW)
        rows["print"], rows["group"] = prints, groups
        shift = np.uint64(64 - (BUCKETS - 1).bit_length())
        bounds = np.searchsorted(prints >> shift, np.arange(BUCKETS + 1, dtype=np.uint64))
        for number, file in enumerate(self._files):
            file.write(rows[bounds[number] : bounds[number + 1]].tobytes())
        self._held, self._rows = [], 0


def _joined(parts: Sequence[tuple[_Prints, _Groups]]) -> tuple[_Prints, _Groups]:
    if not parts:
        return np.zeros(0, np.uint64), np.zeros(0, np.uint32)
    return np.concatenate([prints for prints, _ in parts]), np.concatenate([groups for _, groups in parts])


def _once_by_group(prints: _Prints, groups: _Groups) -> tuple[_Prints, _Groups]:
    """The distinct rows, by fingerprint."""
    order = np.argsort(prints)
    prints, groups = prints[order], groups[order]
    again = np.zeros(len(prints), bool)
    again[1:] = prints[1:] == prints[:-1]
    if not again.any():
        return prints, groups
    several = again.copy()
    several[:-1] |= again[1:]
    rows = np.flatnonzero(several)
    groups[rows] = groups[rows][np.lexsort((groups[rows], prints[rows]))]
    again[1:] &= groups[1:] == groups[:-1]
    return prints[~again], groups[~again]


def numbered(table: pa.Table, columns: Sequence[str]) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """(the distinct rows of some columns, which of them each row of the table is)."""
    which, size = np.zeros(table.num_rows, np.int64), 1
    for name in columns:
        column = table.column(name).combine_chunks()
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        which, size = which * (len(encoded.dictionary) + 1) + codes, size * (len(encoded.dictionary) + 1)
        if size > 1 << 31:  # before the product with the next would not fit
            which = pa.array(which).dictionary_encode().indices.to_numpy().astype(np.int64)
            size = int(which.max(initial=0)) + 1
    met = pa.array(which).dictionary_encode()
    index = met.indices.to_numpy().astype(np.int64)
    first = np.zeros(len(met.dictionary), np.int64)
    first[index[::-1]] = np.arange(len(index))[::-1]
    return table.select(list(columns)).take(pa.array(first)), index


Meaning = Callable[[pa.Table], pa.Table]
"""Given distinct rows, the group of each, as the values of one or more columns."""


def count_distinct(
    tables: Iterable[pa.Table], by: Sequence[str], meanings: Sequence[Meaning]
) -> tuple[dict[tuple[Any, ...], int], ...]:
    """Distinct values of `fingerprint` in all tables together by what each of `meanings` makes of the columns `by`.

    Raises RunError.
    """
    counters = [DistinctByGroup() for _ in meanings]
    try:
        for table in tables:
            rows, which = numbered(table, by)
            prints = table.column("fingerprint").combine_chunks().to_numpy()
            for counter, meaning in zip(counters, meanings, strict=True):
                means = meaning(rows)
                groups, of_rows = numbered(means, means.column_names)
                keys = zip(*(column.to_pylist() for column in groups.columns), strict=True)
                counter.add(list(keys), of_rows[which], prints)
        return tuple(counter.counts() for counter in counters)
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise RunError(f"distinct values cannot be counted: no temporary files can be written ({what})",
                       "make room, or set TMPDIR to a folder that has some") from None  # fmt: skip
    finally:
        for counter in counters:
            counter.close()
