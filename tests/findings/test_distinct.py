"""Distinct fingerprints are counted exactly, whether they are held or lie in temporary files."""

from __future__ import annotations

import tempfile
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.errors import RunError
from pii_scan.findings import distinct
from pii_scan.findings.distinct import Distinct, count_distinct, numbered

QUIET = settings(deadline=None, derandomize=True, database=None)
words = st.sampled_from(["a", "b", "å", None])
rows = st.tuples(words, words, st.integers(0, 3), st.sampled_from([0, 1, 2, 7 << 55, (1 << 64) - 1, 1 << 63]))
tables = st.lists(st.lists(rows, max_size=12), max_size=6)


def table_of(some: list[tuple]) -> pa.Table:
    first, second, column, prints = zip(*some, strict=True) if some else ((), (), (), ())
    encoded = [pa.array(values, pa.string()).dictionary_encode() for values in (first, second)]
    numbers = [pa.array(column, pa.int32()), pa.array(prints, pa.uint64())]
    return pa.table([*encoded, *numbers], ["first", "second", "column", "fingerprint"])


@pytest.mark.parametrize("held", [1, 4, 1 << 20])
@settings(QUIET, max_examples=60)
@given(tables)
def test_counts_are_those_of_sets(held, parts):
    expected, coarse = defaultdict(set), defaultdict(set)
    for first, second, column, fingerprint in (row for part in parts for row in part):
        expected[first, second, column].add(fingerprint)
        coarse[second,].add(fingerprint)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "MAX_HELD", held)
        fine, of_second = count_distinct(
            map(table_of, parts), ["first", "second", "column"],
            [lambda keys: keys, lambda keys: keys.select(["second"])],
        )  # fmt: skip
    assert fine == {key: len(prints) for key, prints in expected.items()}
    assert of_second == {key: len(prints) for key, prints in coarse.items()}


@settings(QUIET)
@given(st.lists(rows, max_size=30))
def test_distinct_rows_and_their_numbers_give_the_table_again(some):
    table = table_of(some)
    keys, which = numbered(table, ["second", "column"])
    again = keys.take(pa.array(which))
    assert again.to_pylist() == table.select(["second", "column"]).to_pylist()
    assert len({tuple(row.values()) for row in keys.to_pylist()}) == keys.num_rows


@settings(QUIET)
@given(st.lists(st.lists(st.integers(0, 5000), max_size=2000), max_size=6))
def test_numbers_in_arrays_are_counted_once(parts):
    counted = Distinct()
    for part in parts:
        counted.add(np.array(part, np.uint64))
    assert len(counted) == len({number for part in parts for number in part})


def test_a_folder_for_temporary_files_that_cannot_be_written_is_said(monkeypatch):
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(distinct, "MAX_HELD", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(RunError, match="No space left"):
        count_distinct([table_of([("a", "b", 1, 5), ("a", "b", 1, 6)])], ["first"], [lambda keys: keys])
