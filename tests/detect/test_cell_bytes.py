"""Both kernels see the same in arrays of texts: how they lie side by side, digits, several words."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan import kernel
from pii_scan.detect.beyond_ascii import holds_high
from pii_scan.detect.cell_bytes import all_digits, laid_out, text_offsets
from pii_scan.detect.groups import PADDING
from pii_scan.detect.names.glance import several_words

if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
    from pii_scan.detect import _kernel as compiled
else:
    compiled = pytest.importorskip("pii_scan.detect._kernel", reason="the native kernel was not built here")
QUIET = settings(deadline=None, derandomize=True, database=None, max_examples=300)
PIECES = st.sampled_from(["K", "Kari", ".", "K.", "å", "Å.", " ", ",", "1", "99", "-", "\u00a0", "č", "٣", "\n", "X-2"])
CELLS = st.lists(st.one_of(st.none(), st.lists(PIECES, max_size=6).map("".join)), max_size=8)
TYPES = st.sampled_from([pa.string(), pa.large_string()])


def on(name: str, work: Callable[[], Any]) -> Any:
    """What `work` gives on one of the kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernel.VARIABLE, name)
        return work()


@QUIET
@given(CELLS, TYPES, st.integers(0, 3))
def test_texts_lie_side_by_side_with_a_separator_between_them(cells, kind, skipped):
    texts = pa.array(cells, kind).slice(skipped)
    kept = [(cell or "").encode() for cell in cells[skipped:]]
    for name in kernel.NAMES:
        buffer, begin = on(name, lambda: laid_out(texts))
        assert bytes(buffer) == b"\xff" * PADDING + b"\xff".join(kept) + b"\xff" * PADDING
        assert [bytes(buffer[at : at + len(cell)]) for at, cell in zip(begin, kept, strict=True)] == kept


@QUIET
@given(CELLS, TYPES, st.integers(0, 3))
def test_digits_alone_are_ascii_and_at_least_one(cells, kind, skipped):
    texts = pa.array(cells, kind).slice(skipped)
    wanted = [bool(cell) and cell.isascii() and cell.isdigit() for cell in cells[skipped:]]
    for name in kernel.NAMES:
        assert on(name, lambda: all_digits(texts)).tolist() == wanted


@QUIET
@given(
    st.lists(st.one_of(st.lists(PIECES, max_size=6).map(lambda some: "".join(some).encode()), st.binary(max_size=6)))
)
def test_both_kernels_see_several_words_in_the_same_cells(cells):
    data = np.frombuffer(b"".join(cells), np.uint8)
    bounds = np.cumsum([0, *map(len, cells)])
    native, numpy = (on(name, lambda: several_words(data, bounds)).tolist() for name in kernel.NAMES)
    assert native == numpy


@QUIET
@given(st.binary(max_size=90), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=1, max_size=5))
def test_spans_with_bytes_beyond_ascii_are_the_same(data, spans):
    buffer = np.frombuffer(data + b"\0", np.uint8)
    start, end = np.array([sorted(min(at, len(data)) for at in span) for span in spans], np.int64).T.copy()
    wanted = [any(0x80 <= byte < 0xFF for byte in data[a:b]) for a, b in zip(start, end, strict=True)]
    for name in kernel.NAMES:
        assert on(name, lambda: holds_high(buffer, start, end)).tolist() == wanted


DATA, OUT = np.zeros(4, np.uint8), np.zeros(1, np.bool_)


@pytest.mark.parametrize("bounds", [[], [0, 5], [-1, 2], [3, 2], [2**62, 2**62 + 1]])
def test_texts_outside_of_their_bytes_are_refused(bounds):
    bounds = np.array(bounds, np.int64)
    with pytest.raises(ValueError, match="laid_out"):
        compiled.laid_out(DATA, bounds, np.zeros(4, np.uint8))
    with pytest.raises(ValueError, match="all_digits"):
        compiled.all_digits(DATA, bounds, OUT)
    with pytest.raises(ValueError, match="several_words"):
        compiled.several_words(DATA, bounds, np.zeros(256, np.uint8), OUT)


@pytest.mark.parametrize(("start", "end"), [([-1], [2]), ([0], [5]), ([0, 1], [2]), ([0], [])])
def test_spans_outside_of_the_buffer_are_refused(start, end):
    with pytest.raises(ValueError, match="holds_high"):
        compiled.holds_high(DATA, np.array(start, np.int64), np.array(end, np.int64), OUT)


def test_arrays_without_the_room_are_refused():
    bounds = np.array([0, 2, 4], np.int64)
    with pytest.raises(ValueError, match="laid_out"):
        compiled.laid_out(DATA, bounds, np.zeros(4, np.uint8))
    with pytest.raises(ValueError, match="all_digits"):
        compiled.all_digits(DATA, bounds, OUT)
    for kinds, out in ((np.zeros(255, np.uint8), np.zeros(2, np.bool_)), (np.zeros(256, np.uint8), OUT)):
        with pytest.raises(ValueError, match="several_words"):
            compiled.several_words(DATA, bounds, kinds, out)


def test_offsets_are_those_of_the_bytes_behind_a_slice():
    assert text_offsets(pa.array(["å", "b", "ccc"]).slice(1)).tolist() == [2, 3, 6]
