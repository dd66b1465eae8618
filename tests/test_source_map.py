"""Places in text, against a slow and plain reckoning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan import source_map
from pii_scan.source_map import SourceMap, locate, locate_few

TEXT = st.text(st.sampled_from("ab å\n\r€𝔘\u0301"), max_size=60)


def slow_place(text: str, offset: int) -> tuple[int, int]:
    """0-based line and 1-based column of a byte offset, by going through the characters one by one."""
    line, column, at = 0, 1, 0
    for char in text:
        if at >= offset:
            break
        at += len(char.encode())
        line, column = (line + 1, 1) if char == "\n" else (line, column + 1)
    return line, column


def boundaries(text: str) -> list[int]:
    """Offsets of the first bytes of all characters, and of the end."""
    return [len(text[:i].encode()) for i in range(len(text) + 1)]


def newlines(data: bytes) -> np.ndarray:
    return np.array([i for i, byte in enumerate(data) if byte == 10], np.int64)


@given(TEXT)
def test_locate_agrees_with_counting_characters(text: str) -> None:
    data, offsets = text.encode(), boundaries(text)
    line, column = locate(data, newlines(data), np.array(offsets, np.int64))
    assert list(zip(line.tolist(), column.tolist(), strict=True)) == [slow_place(text, offset) for offset in offsets]


@given(TEXT)
def test_many_places_are_those_of_few(text: str) -> None:
    data, offsets = text.encode(), np.array(boundaries(text), np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_map, "_MANY", -1)
        line, column = locate(data, newlines(data), offsets)
    assert list(zip(line.tolist(), column.tolist(), strict=True)) == [slow_place(text, int(at)) for at in offsets]


@given(TEXT, st.data(), st.sampled_from([1, 3, 4096]))
def test_few_places_in_any_order_are_found_from_one_to_the_next(text: str, data: st.DataObject, window: int) -> None:
    offsets = data.draw(st.lists(st.sampled_from(boundaries(text)), max_size=8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_map, "_WINDOW", window)
        line, column = locate_few(memoryview(text.encode()), np.array(offsets, np.int64))
    assert list(zip(line.tolist(), column.tolist(), strict=True)) == [slow_place(text, at) for at in offsets]


@given(TEXT)
def test_a_map_without_changes_is_locate(text: str) -> None:
    offsets = np.array(boundaries(text), np.int64)
    line, column = SourceMap(text.encode(), [0], [0]).lines_and_columns(offsets)
    assert list(zip(line.tolist(), column.tolist(), strict=True)) == [slow_place(text, int(at)) for at in offsets]


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8))
def test_text_with_pieces_left_out_is_found_where_it_stood(pieces: list[tuple[str, str]]) -> None:
    """Each piece is markup that was stripped and text that was kept."""
    source, kept, marks_out, marks_source = "", "", [], []
    expected: list[tuple[int, tuple[int, int]]] = []
    places: list[tuple[int, int]] = []
    for markup, text in pieces:
        source += markup
        marks_out.append(len(kept.encode()))
        marks_source.append(len(source.encode()))
        for offset in boundaries(text)[:-1]:
            places.append((len(kept.encode()) + offset, len(source.encode()) + offset))
        source, kept = source + text, kept + text
    expected = [(out, slow_place(source, src)) for out, src in places]
    offsets = np.array([out for out, _ in expected], np.int64)
    line, column = SourceMap(source.encode(), marks_out, marks_source).lines_and_columns(offsets)
    assert list(zip(line.tolist(), column.tolist(), strict=True)) == [place for _, place in expected]


@given(st.integers(1, 6), st.integers(0, 20))
def test_a_place_past_the_source_is_its_end(size: int, past: int) -> None:
    source = b"x" * size
    line, column = SourceMap(source, [0], [0]).lines_and_columns(np.array([size + past], np.int64))
    assert (line.tolist(), column.tolist()) == ([0], [size + 1])
