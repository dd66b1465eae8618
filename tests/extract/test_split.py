from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_family import cells, lines_text, places, run

from pii_scan.extract import json, split, tabular, text
from pii_scan.model import Document, DocumentRef, Limits, Slice

cell_text = st.text(st.sampled_from('abcøå 01,;"\n'), max_size=10)


def plan(content: bytes, media_type: str, slice_bytes: int) -> list[Slice]:
    document = Document(DocumentRef("t", "x"), io.BytesIO(content), media_type)
    slices = split.plan(document, Limits(), slice_bytes)
    if slices:
        assert slices[0].start == 0 and slices[-1].end == len(content)
        assert all(a.end == b.start < b.end for a, b in zip(slices, slices[1:], strict=False))
    return slices


@settings(max_examples=150, deadline=None)
@given(
    st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(cell_text, min_size=n, max_size=n), min_size=4, max_size=30)),
    st.integers(10, 200),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_slices_of_a_table_hold_the_cells_of_the_whole(
    rows: list[list[str]], slice_bytes: int, header: bool, encoding: str
) -> None:
    out = io.StringIO()
    if header:
        rows = [[f"navn_{i}" for i in range(len(rows[0]))], *rows]
    csv.writer(out).writerows(rows)
    content = out.getvalue().encode(encoding)
    whole, _ = run(tabular.extract, content)
    parts = [
        batch
        for part in plan(content, "text/csv", slice_bytes)
        for batch in run(tabular.extract, content, None, part)[0]
    ]
    if parts:
        assert cells(parts) == cells(whole)
        for a, b in zip(cells(parts).items(), cells(whole).items(), strict=False):
            assert a[1] and b[1]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("abø \r", max_size=30), min_size=5, max_size=60), st.integers(10, 100))
def test_slices_of_a_text_hold_the_lines_of_the_whole(lines: list[str], slice_bytes: int) -> None:
    content = "".join(f"KEY{i:03} {line}\n" for i, line in enumerate(lines)).encode()
    slices = plan(content, "text/plain", slice_bytes)
    parts = [batch for part in slices for batch in run(text.extract, content, None, part)[0]]
    assert bool(slices) == (len(content) > 2 * slice_bytes)
    if slices:
        assert lines_text(parts) == content
        for i in range(len(lines)):
            assert places(parts, f"KEY{i:03}") == [(i + 1, 1)]


def test_json_lines_are_cut_between_lines() -> None:
    content = b"".join(b'{"id": %d, "m": "kari%d\\u0040example.no"}\n' % (i, i) for i in range(500))
    slices = plan(content, "application/x-ndjson", 1000)
    assert len(slices) > 10
    parts = [batch for part in slices for batch in run(json.extract, content, None, part)[0]]
    assert [line for line, _ in places(parts, "@example.no")] == list(range(1, 501))


def test_slices_depend_on_content_and_size_alone() -> None:
    content = b"navn;nr\n" + b'"Kari\nNordmann";1\n' * 5000
    assert plan(content, "text/csv", 8000) == plan(content, "text/csv", 8000)
    assert len(plan(content, "text/csv", 8000)) == -(-len(content) // 8000)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (("navn;nr\n" + "Kari;1\n" * 999).encode("utf-16"), "text/csv"),
        (b"navn,nr\n" + b'"Kari,1\n' + b'Ola "x",2\n' * 999, "text/csv"),
        (b'navn,nr\n"Kari \\"K\\"",1\n' * 999, "text/csv"),
        (b'navn,nr\n"' + b"x\n" * 50000 + b'",1\n' + b"a,1\n" * 99, "text/csv"),
        (b"x" * 9999, "text/plain"),
        (b"x\r" * 9999, "text/plain"),
        (b"[1,\n2]" * 999, "application/json"),
        (b"<p>\n" * 9999, "text/html"),
        (b"a\n" * 10, "text/plain"),
    ],
)
def test_what_cannot_be_cut_safely_stays_whole(content: bytes, media_type: str) -> None:
    assert plan(content, media_type, 1000) == []


def test_a_table_type_without_a_table_is_cut_as_text() -> None:
    content = b"ett ord\n" * 2000
    slices = plan(content, "text/csv", 1000)
    assert slices and not slices[0].layout
    parts = [batch for part in slices for batch in run(tabular.extract, content, None, part)[0]]
    assert lines_text(parts) == content
