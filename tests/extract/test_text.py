from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_family import SMALL, lines_text, places, run

from pii_scan.extract import charset, text
from pii_scan.model import ChunkBatch, Limits, LineOrigin

plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff%"))


@given(plain, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_every_text_comes_through(content: str, encoding: str) -> None:
    if encoding == "utf-8" and content and charset.detect(content.encode()) != "utf-8":
        return
    assert lines_text(run(text.extract, content.encode(encoding))[0]) == content.encode()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab æ,😀", max_size=300), max_size=30), st.integers(64, 400))
def test_long_lines_are_cut_without_loss_or_double_and_lines_stay_right(lines: list[str], limit: int) -> None:
    lines = [f"{line}KEY{i:03}|{line[::-1]}" for i, line in enumerate(lines)]
    batches, _ = run(text.extract, "\n".join(lines).encode(), Limits(max_value_bytes=limit))
    assert lines_text(batches) == "\n".join(lines).encode()
    for i, line in enumerate(lines):
        assert places(batches, f"KEY{i:03}|") == [(i + 1, line.index("KEY") + 1)]


def test_value_across_a_cut_is_whole_in_one_batch_only() -> None:
    for shift in range(0, 400, 7):
        content = ("x " * 500 + "y" * shift + " kari.nordmann@example.no ") * 8
        batches, _ = run(text.extract, content.encode(), SMALL)
        assert len(batches) > 2
        assert len(places(batches, "kari.nordmann@example.no")) == 8


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8"])
def test_lines_are_right_across_blocks(encoding: str) -> None:
    lines = [f"linje {i} blåbær" for i in range(3000)]
    batches, _ = run(text.extract, "\n".join(lines).encode(encoding), SMALL)
    assert len(batches) > 10
    for i in (0, 1, 777, 2999):
        assert (i + 1, 1) in places(batches, f"linje {i} ")


def test_old_macintosh_line_ends_are_lines() -> None:
    batches, _ = run(text.extract, "en\rto\rtre på æ".encode("mac-roman"))
    assert places(batches, "tre på") == [(3, 1)]


def test_carriage_return_line_feed_cut_by_a_block_is_one_line_end() -> None:
    content = b"".join(b"%04d\r\n" % i for i in range(4000))
    batches, _ = run(text.extract, content, SMALL)
    assert lines_text(batches) == content
    assert places(batches, "3999") == [(4000, 1)]


def test_nul_becomes_blank_and_empty_gives_nothing() -> None:
    assert lines_text(run(text.extract, b"a" * 60 + b"\0b")[0]) == b"a" * 60 + b" b"
    assert run(text.extract, b"") == ([], [])


def test_text_batches_reads_from_where_the_stream_stands() -> None:
    stream = io.BytesIO(b"skip\nkari")
    stream.seek(5)
    [batch] = text.text_batches(stream, "utf-8", 7, "body")
    assert batch.origin == LineOrigin(7, "body") and batch.texts.to_pylist() == ["kari"]


def test_small_text_is_one_batch() -> None:
    batch = text.lines_batch("blå\nbær", "subject", 3)
    assert isinstance(batch, ChunkBatch)
    assert batch.texts.to_pylist() == ["blå\nbær"] and batch.origin == LineOrigin(3, "subject")
    assert text.lines_batch("blå".encode("cp1252")).texts.to_pylist() == ["blå"]
    assert text.lines_batch("a\udc80b").texts.to_pylist() == ["a?b"]


@given(st.binary(max_size=60) | st.text("aå\r\n\ufeff%41", max_size=40).map(str.encode), st.integers(16, 400))
def test_a_small_text_is_read_as_a_long_one_is(content: bytes, limit: int) -> None:
    limits = Limits(max_value_bytes=limit)
    expected = list(text.text_batches(io.BytesIO(content), charset.detect(content), limits=limits))
    found, _ = run(text.extract, content, limits)
    assert [(one.texts.to_pylist(), one.origin.first_line) for one in found] == [
        (one.texts.to_pylist(), one.origin.first_line) for one in expected
    ]
