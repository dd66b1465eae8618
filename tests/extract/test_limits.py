from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import BoundedReader, Budget, MemberNames, Spool, Window, spool, spool_until_failure
from pii_scan.model import Limits


class Zeros:
    """Endless input."""

    def read(self, size: int = -1, /) -> bytes:
        return bytes(size)


def test_a_member_may_expand_to_the_limit_but_not_past_it() -> None:
    limits = Limits(max_member_bytes=100)
    assert spool(io.BytesIO(bytes(100)), limits).read() == bytes(100)
    with pytest.raises(DocumentError, match="limit"):
        spool(io.BytesIO(bytes(101)), limits)


def test_what_stands_before_the_limit_is_kept() -> None:
    content, failure = spool_until_failure(Zeros(), Limits(max_member_bytes=1 << 20))
    assert failure is not None and failure.code == "limit"
    assert len(content.read()) == 1 << 20


def test_the_ratio_counts_only_past_its_start() -> None:
    limits = Limits(ratio_from_bytes=1 << 20, max_ratio=10)
    small = BoundedReader(io.BytesIO(bytes(1 << 20)), limits, Budget(limits), 1)
    assert len(small.read()) == 1 << 20
    with pytest.raises(DocumentError, match="expands more than 10 times"):
        BoundedReader(Zeros(), limits, Budget(limits), 1).read()


def test_the_budget_is_shared_by_all_members() -> None:
    limits = Limits(max_total_bytes=250)
    budget = Budget(limits)
    spool(io.BytesIO(bytes(200)), limits, budget)
    with pytest.raises(DocumentError, match="250 bytes"):
        spool(io.BytesIO(bytes(100)), limits, budget)
    assert budget.exhausted


def test_members_are_counted() -> None:
    budget = Budget(Limits(max_total_members=2))
    budget.take_member()
    budget.take_member()
    with pytest.raises(DocumentError, match="more than 2 members"):
        budget.take_member()


def test_a_bounded_reader_without_a_size_reads_all() -> None:
    limits = Limits()
    assert BoundedReader(io.BytesIO(b"a" * 300_000), limits, Budget(limits)).read() == b"a" * 300_000


def test_a_large_spool_does_not_stay_in_memory() -> None:
    tracemalloc.start()
    store = Spool(1 << 20)
    for _ in range(64):
        store.write(bytes(1 << 18))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with store.finish() as content:
        assert sum(len(data) for data in iter(lambda: content.read(1 << 20), b"")) == 16 << 20
    assert peak < 4 << 20


@given(st.binary(max_size=400), st.integers(0, 50), st.integers(0, 400), st.lists(st.integers(-1, 60), max_size=20))
def test_a_window_reads_as_the_part_would(data: bytes, start: int, size: int, reads: list[int]) -> None:
    window, plain = (
        Window(io.BytesIO(data), start, min(size, len(data))),
        io.BytesIO(data[start:][: min(size, len(data))]),
    )
    for count in reads:
        assert window.read(count) == plain.read(count)
        assert window.tell() == plain.tell()


def test_a_window_refuses_to_read_too_much_at_once() -> None:
    with pytest.raises(DocumentError, match="limit"):
        Window(io.BytesIO(bytes(100)), 0, 100, max_read=10).read(11)


@given(st.lists(st.sampled_from(["a", "a (2)", "a (3)", "b"]), max_size=12))
def test_member_names_are_unique(names: list[str]) -> None:
    given_names = MemberNames()
    out = [given_names.unique(name) for name in names]
    assert len(set(out)) == len(out)
