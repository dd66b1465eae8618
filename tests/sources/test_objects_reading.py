"""An object that is read by ranges is the bytes of the object, however it is read, and little else is fetched."""

from __future__ import annotations

import io
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.errors import DocumentError
from pii_scan.sources.objects import reading
from pii_scan.sources.objects.store import Failure, Meaning

CONTENT = random.Random(3).randbytes(5_000)


class Fetched:
    """Gives ranges of CONTENT, and keeps which."""

    def __init__(self, fails_at: int = 1 << 60) -> None:
        self.ranges: list[tuple[int, int]] = []
        self.under_way = self.most_under_way = 0
        self._fails_at = fails_at
        self._lock = threading.Lock()

    def __call__(self, start: int, end: int) -> bytes:
        with self._lock:
            self.ranges.append((start, end))
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if end > self._fails_at:
                raise Failure(Meaning.CHANGED, "another by now")
            return CONTENT[start:end]
        finally:
            with self._lock:
                self.under_way -= 1


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("BLOCK_BYTES", 16), ("WHOLE_BYTES", 64), ("RUN_BYTES", 128), ("KEPT_BYTES", 512)):
        monkeypatch.setattr(reading, name, size)


def made(fetch: Fetched, ahead: ThreadPoolExecutor, size: int, until: int = 1 << 60) -> io.BufferedReader:
    return io.BufferedReader(reading.RangedContent(fetch, size, ahead, 3, lambda: until), 32)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([0, 1, 15, 16, 17, 64, 65, 1000, len(CONTENT)]),
    st.lists(st.tuples(st.integers(0, 5100), st.one_of(st.integers(-1, 40), st.integers(0, 3000))), max_size=12),
)
def test_any_reads_anywhere_give_the_bytes_of_the_object(size: int, reads: list[tuple[int, int]]) -> None:
    with ThreadPoolExecutor(3) as ahead, made(Fetched(), ahead, size) as content:
        for at, count in reads:
            assert content.seek(at) == at
            whole = CONTENT[:size]
            assert content.read(count) == (whole[at:] if count < 0 else whole[at : at + count])


def test_from_one_end_to_the_other_every_byte_is_fetched_once_in_growing_ranges() -> None:
    fetch = Fetched()
    with ThreadPoolExecutor(3) as ahead, made(fetch, ahead, len(CONTENT)) as content:
        assert b"".join(iter(lambda: content.read(10), b"")) == CONTENT
    ranges = sorted(fetch.ranges)
    assert ranges[0][0] == 0 and ranges[-1][1] == len(CONTENT)
    assert all(one[1] == other[0] for one, other in zip(ranges, ranges[1:], strict=False))
    assert max(end - start for start, end in ranges) == reading.RUN_BYTES
    assert fetch.most_under_way <= 4


def test_a_small_object_is_fetched_in_one_go_and_an_empty_one_not_at_all() -> None:
    fetch = Fetched()
    with ThreadPoolExecutor(1) as ahead:
        with made(fetch, ahead, 60) as content:
            content.seek(50)
            content.read(1)
            content.seek(0)
            content.read(5)
        assert fetch.ranges == [(0, 60)]
        with made(fetch, ahead, 0) as content:
            assert content.read() == b""
    assert fetch.ranges == [(0, 60)]


def test_reads_at_single_places_fetch_the_blocks_around_them() -> None:
    fetch = Fetched()
    with ThreadPoolExecutor(1) as ahead, made(fetch, ahead, len(CONTENT)) as content:
        for at in (4000, 100, 2000, 100):
            content.seek(at)
            content.read(1)
    assert sum(end - start for start, end in fetch.ranges) <= 3 * 48


def test_of_a_part_hardly_more_is_fetched_than_the_part() -> None:
    fetch = Fetched()
    with ThreadPoolExecutor(3) as ahead, made(fetch, ahead, len(CONTENT), until=2_000) as content:
        content.seek(1_000)
        while content.tell() < 2_000:
            content.read(10)
    assert sum(end - start for start, end in fetch.ranges) <= 1_000 + 4 * reading.BLOCK_BYTES


def test_what_failed_once_fails_for_good_and_with_the_same() -> None:
    with ThreadPoolExecutor(3) as ahead, made(Fetched(fails_at=1_000), ahead, len(CONTENT)) as content:
        with pytest.raises(DocumentError, match="changed: another by now"):
            while True:
                content.read(10)
        content.seek(0)
        with pytest.raises(DocumentError, match="changed: another by now"):
            content.read(100)
