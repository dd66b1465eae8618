"""Columns of JSON documents by path."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from pii_scan.extract.cell_batches import Column
from pii_scan.extract.json_columns import MAX_PATHS, JsonColumn


def read(*batches: list[str | None]) -> list[tuple[str, list[str], list[int]]]:
    column, first, found = JsonColumn(Column(3, "data")), 1, []
    for batch in batches:
        rows = np.arange(first, first + len(batch))
        first += len(batch)
        for part, texts, places in column.parts(pa.array(batch, pa.large_string()), rows):
            found.append((part.header, texts, places.tolist()))
    return found


def test_each_path_is_a_column_of_its_own_and_keys_are_texts_when_first_met() -> None:
    found = read(
        ['{"kontakt": {"epost": "a@example.no", "mobil": 68050001}}', None, '{"kontakt": {"epost": "b@example.no"}}'],
        ['{"kontakt": {"epost": ["c@example.no", "d@example.no"]}}'],
    )
    assert found == [
        ("data.kontakt.epost", ["a@example.no", "b@example.no"], [1, 3]),
        ("data.kontakt.mobil", ["68050001"], [1]),
        ("data", ["epost", "mobil"], [1, 1]),
        ("data.kontakt.epost", ["c@example.no", "d@example.no"], [4, 4]),
    ]


def test_where_keys_are_data_the_document_is_read_as_text() -> None:
    many = json.dumps({f"bruker{i}@example.no": i for i in range(MAX_PATHS + 1)})
    assert read([many, '{"a": "b"}']) == [("data", [many, "a"], [1, 2]), ("data.a", ["b"], [2])]


def test_what_is_no_json_is_a_text_and_bare_values_are_values() -> None:
    deep = "[" * 100_000
    assert read(["ikke json", '"tekst"', "17", "null", "true", "[]", deep]) == [
        ("data", ["ikke json", "tekst", "17", deep], [1, 2, 3, 7])
    ]
