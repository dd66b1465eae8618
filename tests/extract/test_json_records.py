from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.extract.dispatch import BY_RECORD, Extracted, extract
from pii_scan.model import ColumnOrigin, Document, DocumentRef, Limits, LineOrigin, PartOrigin, Problem, Slice

LINES, LIST = "x.jsonl", "x.json"


def read(data: bytes, name: str = LINES, part: Slice | None = None) -> list[Extracted | Problem]:
    document = Document(DocumentRef("t", name, None, len(data)), io.BytesIO(data), slice=part)
    found = extract(document, Limits(), readers=BY_RECORD)
    return [piece for piece in found if isinstance(piece, Extracted | Problem)]


def cells(data: bytes, name: str = LINES, part: Slice | None = None) -> set[tuple[str, int, str]]:
    """(header, row, text) of every cell."""
    found = set()
    for piece in read(data, name, part):
        if isinstance(piece, Extracted) and isinstance(piece.batch.origin, ColumnOrigin):
            origin = piece.batch.origin
            for at, text in enumerate(piece.batch.texts.to_pylist()):
                row = origin.first_row + at if origin.rows is None else int(origin.rows[at])
                found.add((origin.header, row, text))
    return found


def texts(data: bytes, name: str = LINES) -> list[tuple[int, str]]:
    """(first line, text) of what is read as text."""
    return [
        (piece.batch.origin.first_line, str(piece.batch.texts[0]))
        for piece in read(data, name)
        if isinstance(piece, Extracted) and isinstance(piece.batch.origin, LineOrigin)
    ]


def test_lines_are_rows_and_paths_are_columns() -> None:
    data = b'{"navn":"A","k":{"epost":["x@example.no","y@example.no"]}}\n\n{"navn":"B","alder":1.50,"ok":true}\n'
    assert cells(data) == {
        ("navn", 1, "A"), ("k.epost", 1, "x@example.no"), ("k.epost", 1, "y@example.no"), ("navn", 3, "B"),
        ("alder", 3, "1.50"), ("ok", 3, "true"),
    }  # fmt: skip


def test_a_list_of_objects_is_a_table_and_other_json_is_text() -> None:
    assert cells(b' [ {"a":"x"},\n {"a":"y"} ]', LIST) == {("a", 1, "x"), ("a", 2, "y")}
    for other in (b'{"a": [{"b": "x"}]}', b'["x", "y"]', b"[]", b'[{"a": "x"}, 3]'):
        assert cells(other, LIST) == set()
        assert "".join(text for _, text in texts(other, LIST)) == other.decode()


def test_objects_a_line_are_records_whatever_the_file_is_called() -> None:
    assert cells(b'{"a":"x"}\n{"a":"y"}\n', LIST) == {("a", 1, "x"), ("a", 2, "y")}


def test_names_are_told_once_also_of_what_holds_nothing() -> None:
    parts = [
        piece.batch.texts.to_pylist()
        for piece in read(b'{"a":null}\n{"a":"x","b":""}\n')
        if isinstance(piece, Extracted) and isinstance(piece.batch.origin, PartOrigin)
    ]
    assert parts == [["a\nb"]]


def test_a_name_that_stands_twice_hides_no_value() -> None:
    assert cells(b'{"a":"x","a":"y"}\n') == {("a", 1, "x"), ("a", 1, "y")}


def test_a_line_that_is_no_record_is_read_as_text() -> None:
    data = b'{"a":"x"}\nkari@example.no\n{"a":"y"}\n{"a":\n'
    assert cells(data) == {("a", 1, "x"), ("a", 3, "y")}
    assert texts(data) == [(2, "kari@example.no"), (4, '{"a":')]


def test_a_slice_counts_its_lines_as_the_file_does() -> None:
    data = b'{"a":"x"}\n{"a":"y"}\n{"a":"z"}\n'
    assert cells(data, part=Slice(10, len(data), 2, "utf-8")) == {("a", 2, "y"), ("a", 3, "z")}


@pytest.mark.parametrize("data", [b'[{"a":"x"}', b'{"a":"x"', b"[" * 100_000])
def test_what_ends_too_soon_is_text_and_is_said(data: bytes) -> None:
    found = read(data, LIST)
    assert any(isinstance(piece, Problem) for piece in found)


VALUES = st.recursive(
    st.text(alphabet="abæ@. \"\\", max_size=5) | st.integers(0, 99),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def values(content: object) -> list[str]:
    if isinstance(content, dict):
        return [text for inner in content.values() for text in values(inner)]
    if isinstance(content, list):
        return [text for inner in content for text in values(inner)]
    return [str(content)] if str(content) else []


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), min_size=1, max_size=4))
def test_every_value_of_every_record_is_a_cell(records: list[dict[str, object]]) -> None:
    expected = {(n, text) for n, record in enumerate(records, 1) for text in values(record)}
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    for data, name in ((lines, LINES), (json.dumps(records).encode(), LIST)):
        assert {(row, text) for _, row, text in cells(data, name)} == expected
