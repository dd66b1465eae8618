"""What is read of a stream that is still being decompressed is what is read of it when it is all there."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import random
import threading
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.errors import DocumentError
from pii_scan.extract import compressed, spooled_aside
from pii_scan.extract.dispatch import DocumentDone, Extracted, extract
from pii_scan.extract.limits import BoundedReader, Budget
from pii_scan.extract.spooled_aside import SpooledAside, first_bytes
from pii_scan.model import Document, DocumentRef, Limits, Problem

QUIET = settings(deadline=None, derandomize=True, database=None, max_examples=60)
SMALL, LARGE = Limits(spool_bytes=5000), Limits(spool_bytes=1 << 30)
"""With the first, what is longer than 5,000 bytes is decompressed aside; with the second nothing is."""
CHANCE = random.Random(7)
LINES = "".join(
    f"{number};navn {CHANCE.randrange(10**6)};kari{number}@example.no\n" for number in range(20_000)
).encode()
TEXT = b"Et brev.\n" + LINES.replace(b";", b" ")
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": lambda data: zstd(data),
}  # fmt: skip


def zstd(data: bytes) -> bytes:
    sink = io.BytesIO()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
        stream.flush()
        return sink.getvalue() or b""


class Slow:
    """A stream that gives a piece whenever it is let."""

    def __init__(self, data: bytes, fault: DocumentError | None = None) -> None:
        self._data = io.BytesIO(data)
        self._fault = fault
        self.may = threading.Semaphore(0)

    def read(self, size: int = -1, /) -> bytes:
        self.may.acquire()
        data = self._data.read(min(size, 100))
        if not data and self._fault is not None:
            raise self._fault
        return data


def aside(data: bytes, *, fault: DocumentError | None = None, let: int = 10**6) -> tuple[SpooledAside, Slow]:
    slow = Slow(data[50:], fault)
    slow.may.release(let)
    return SpooledAside(BoundedReader(slow, Limits(), Budget(Limits())), data[:50]), slow


@QUIET
@given(
    st.binary(max_size=700),
    st.lists(st.tuples(st.integers(0, 800), st.sampled_from([0, 1, 2]), st.integers(0, 300)), max_size=8),
)
def test_any_way_of_reading_gives_what_a_file_gives(data, steps):
    plain = io.BytesIO(data)
    with io.BufferedReader(aside(data)[0], 64) as growing:
        for offset, whence, size in steps:
            place = -min(offset, len(data)) if whence == io.SEEK_END else offset
            assert growing.seek(place, whence) == plain.seek(place, whence)
            assert growing.read(size) == plain.read(size)
        growing.seek(0)
        assert growing.read() == data


def test_what_is_there_can_be_read_before_the_rest_is():
    content, slow = aside(b"a" * 1000, let=1)
    with content:
        assert content.read(150) in (b"a" * 50, b"a" * 150)
        content.seek(149)
        assert content.read(1) == b"a"
        slow.may.release(10**6)
        assert content.seek(0, io.SEEK_END) == 1000


def test_why_it_ended_is_told_and_what_came_before_stays():
    content, _ = aside(b"a" * 300, fault=DocumentError("truncated", "the compressed data end too early"))
    with content:
        assert content.seek(0, io.SEEK_END) == 300
    failure = content.failure()
    assert failure is not None and failure.code == "truncated"


def test_closing_it_ends_the_thread():
    content, slow = aside(b"a" * 10**6, let=3)
    slow.may.release(10**6)
    content.close()
    assert not any(thread.name.startswith("pii-scan-spool") for thread in threading.enumerate())
    content.close()


def test_a_full_disk_is_a_limit(monkeypatch):
    append = SpooledAside._append

    def full(self: SpooledAside, data: bytes) -> None:
        if self._size >= 500:
            raise OSError(errno.ENOSPC, "full")
        append(self, data)

    monkeypatch.setattr(SpooledAside, "_append", full)
    content, _ = aside(b"a" * 2000)
    with content:
        assert content.seek(0, io.SEEK_END) < 2000
    failure = content.failure()
    assert failure is not None and failure.code == "limit"


class Broken:
    """A stream that ends as nobody thought of."""

    def read(self, size: int = -1, /) -> bytes:
        raise RuntimeError("kari@example.no")


def test_whatever_else_ends_it_is_raised_where_it_is_read(capfd):
    with SpooledAside(BoundedReader(Broken(), Limits(), Budget(Limits())), b"a") as content:
        assert content.seek(0, io.SEEK_END) == 1
    with pytest.raises(RuntimeError):
        content.failure()
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_breaks_in_the_middle_leaves_a_problem_and_no_value_in_it(monkeypatch, capfd):
    data = gzip.compress(TEXT)
    read = compressed.decompress.DecompressedStream.read

    def breaks(self: object, size: int = 0, /) -> bytes:
        if threading.current_thread() is threading.main_thread():
            return read(self, size)  # type: ignore[arg-type]
        raise RuntimeError("kari@example.no")

    monkeypatch.setattr(compressed.decompress.DecompressedStream, "read", breaks)
    text, problems, done = said("brev.txt.gz", data, SMALL)
    assert text and TEXT.startswith(text.rstrip(b"\n"))
    assert [code for _, code, _ in problems] == ["corrupt"] and "kari" not in str(problems)
    assert [name for name, _ in done] == ["brev.txt.gz", "brev.txt.gz!brev.txt"]
    assert capfd.readouterr() == ("", "")


def said(name: str, data: bytes, limits: Limits) -> tuple[bytes, list[tuple[str, str, str]], list[tuple[str, int]]]:
    """The text that comes of a file, its problems, and what was read of each document."""
    texts, problems, done = [], [], []
    for piece in extract(Document(DocumentRef("t", name), io.BytesIO(data)), limits):
        if isinstance(piece, Extracted):
            texts += [text.encode() for text in piece.batch.texts.to_pylist()]
        elif isinstance(piece, Problem):
            problems.append((piece.ref.display, str(piece.code), piece.detail))
        elif isinstance(piece, DocumentDone):
            done.append((piece.ref.display, piece.read_bytes))
    return b"".join(texts), sorted(problems), sorted(done)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def damaged(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes(64) + data[len(data) // 2 + 64 :]


def followed(data: bytes) -> bytes:
    return data + b"something else"


def whole(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("name", ["brev.txt", "kunder.csv"])
@pytest.mark.parametrize("change", [whole, cut, damaged, followed])
def test_a_large_compressed_file_gives_the_same_with_and_without_a_thread(kind, name, change, monkeypatch):
    made: list[SpooledAside] = []
    begin = SpooledAside.__init__
    monkeypatch.setattr(SpooledAside, "__init__", lambda self, *given: (made.append(self), begin(self, *given))[1])
    data = change(PACKED[kind](LINES if name.endswith("csv") else TEXT))
    with_thread = said(f"{name}.{kind}", data, SMALL)
    assert made or not with_thread[0]
    made.clear()
    assert with_thread == said(f"{name}.{kind}", data, LARGE)
    assert not made


@pytest.mark.parametrize("kind", PACKED)
def test_limits_hold_while_it_is_decompressed(kind):
    data = PACKED[kind](b"Et brev.\n" + b"0" * 50 + LINES * 2)
    for limits in (Limits(max_member_bytes=300_000), Limits(max_total_bytes=200_000)):
        bounded = Limits(
            max_member_bytes=limits.max_member_bytes, max_total_bytes=limits.max_total_bytes, spool_bytes=5000
        )
        text, problems, _ = said(f"brev.txt.{kind}", data, bounded)
        assert (text, problems) == said(f"brev.txt.{kind}", data, limits)[:2]
        assert [code for _, code, _ in problems] == ["limit"]


def test_what_holds_members_is_decompressed_first(monkeypatch):
    def refuse(*given: object) -> Iterator[None]:
        raise AssertionError("aside")

    monkeypatch.setattr(compressed, "SpooledAside", refuse)
    mails = b"".join(b"From - Mon Jan  5 10:00:00 2026\nFrom: a@example.no\nSubject: b\n\n" + LINES for _ in range(2))
    _, problems, done = said("post.mbox.gz", gzip.compress(mails), SMALL)
    assert not problems and len(done) > 2


def test_the_start_of_a_stream_is_told_from_all_of_it():
    def start(data: bytes, least: int) -> tuple[bytes, bool, DocumentError | None]:
        return first_bytes(BoundedReader(io.BytesIO(data), Limits(), Budget(Limits())), least)

    assert start(b"", 10) == (b"", False, None)
    assert start(b"a" * 9, 10) == (b"a" * 9, False, None)
    assert start(b"a" * 10, 10) == (b"a" * 10, True, None)
    assert not spooled_aside.is_read_in_order(b"PK\x03\x04", "a.txt")
