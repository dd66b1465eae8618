"""Hits become rows: one index row a hit, findings with their places, the rest of a crowded unit in one row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.findings.collect import Collector, Hits, Label
from pii_scan.findings.schema import FINDINGS, INDEX, MAX_PLACES
from pii_scan.model import ChunkBatch, ColumnOrigin, LineOrigin, Origin, PageOrigin, PartOrigin
from pii_scan.source_map import SourceMap

EMAIL = Label("EMAIL_ADDRESS", "email", "any.email", "written form")
FNR = Label("NO_FODSELSNUMMER", "national_id", "no.fodselsnummer", "check passed")
KEY = b"k" * 32
VALUE = "kari@example.no"


def hits(*rows: tuple[int, int, int], label: int = 0, synthetic: bool = False) -> Hits:
    """Hits of (text, start, end)."""
    text, start, end = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    count = len(rows)
    return Hits(
        text, start, end, np.full(count, label, np.int64), np.full(count, 0.5, np.float32), np.full(count, synthetic),
        [EMAIL, FNR],
    )  # fmt: skip


def batch(origin: Origin, *texts: str | None, large: bool = True) -> ChunkBatch:
    return ChunkBatch(pa.array(texts, pa.large_string() if large else pa.string()), origin)


def collected(*pairs: tuple[ChunkBatch, Hits], names: Any = str) -> dict[str, list[dict[str, Any]]]:
    collector = Collector(KEY, names)
    collector.begin("t", "d")
    for chunk, found in pairs:
        collector.add(chunk, found)
    collector.end()
    tables = collector.flush()
    assert collector.flush() == {}
    assert all(tables[name].schema.names == schema.names for name, schema in (("findings", FINDINGS), ("index", INDEX)))
    return {name: table.to_pylist() for name, table in tables.items()}


@pytest.mark.parametrize("large", [True, False])
def test_a_hit_in_text_lies_at_its_line_and_column_in_code_points(large: bool) -> None:
    text = f"første\nåå {VALUE}\n"
    start = text.encode().index(VALUE.encode())
    found = collected((batch(LineOrigin(10), text, large=large), hits((0, start, start + len(VALUE)))))
    (row,) = found["findings"]
    assert (row["kind"], row["row"], row["column"], row["part"]) == ("text", 11, 4, None)
    assert row["masked"] == "xxxx@xxxxxxx.xx" and row["count"] == row["distinct"] == 1
    assert {key: found["index"][0][key] for key in ("row", "column", "document")} == {
        "row": 11,
        "column": 4,
        "document": "d",
    }


def test_a_hit_in_stripped_text_lies_where_it_was_in_the_source() -> None:
    source = f"<p>\n<b>{VALUE}</b>".encode()
    source_map = SourceMap(source, [0], [7])
    found = collected((batch(LineOrigin(1, "body", source_map), VALUE), hits((0, 0, len(VALUE)))))
    assert [(row["row"], row["column"], row["part"]) for row in found["findings"]] == [(2, 4, "body")]


def test_a_hit_in_a_cell_lies_in_its_row_under_its_masked_header() -> None:
    origin = ColumnOrigin(3, "navn kari@example.no", "Ark1", first_row=2)
    chunk = batch(origin, None, VALUE, "", f"x {VALUE}")
    found = collected((chunk, hits((1, 0, 15), (3, 2, 17))), names=lambda name: name.replace(VALUE, "***"))
    places = [(row["kind"], row["sheet"], row["row"], row["column"], row["header"]) for row in found["findings"]]
    assert places == [("cell", "Ark1", 3, 3, "navn ***"), ("cell", "Ark1", 5, 3, "navn ***")]


def test_rows_that_a_sheet_names_itself_are_used() -> None:
    origin = ColumnOrigin(1, rows=np.array([7, 900], np.int64))
    found = collected((batch(origin, "", VALUE), hits((1, 0, 15))))
    assert [row["row"] for row in found["findings"]] == [900]


def test_pages_and_parts_are_told_apart() -> None:
    pages = collected((batch(PageOrigin(4), "", VALUE, VALUE), hits((1, 0, 15), (2, 0, 15))))
    assert [(row["kind"], row["row"], row["column"]) for row in pages["findings"]] == [
        ("page", 5, None),
        ("page", 6, None),
    ]
    parts = collected((batch(PartOrigin(("From", "To")), VALUE, VALUE), hits((0, 0, 15), (1, 0, 15))))
    assert [(row["kind"], row["part"], row["row"]) for row in parts["findings"]] == [
        ("part", "From", None),
        ("part", "To", None),
    ]


def test_a_hit_that_the_next_batch_repeats_is_left_to_it() -> None:
    text = f"{VALUE} {VALUE}"
    found = collected((batch(LineOrigin(owned_bytes=16), text), hits((0, 0, 15), (0, 16, 31))))
    assert len(found["index"]) == 1


def test_the_hits_past_the_limit_of_a_unit_are_one_row_with_their_count() -> None:
    many = MAX_PLACES + 500
    texts = [f"p{i % 700}@example.no" for i in range(many)]
    found = collected(
        *((batch(ColumnOrigin(2, "e-post", first_row=1 + at), *texts[at : at + 250]),
           hits(*((i, 0, len(texts[at + i])) for i in range(250)))) for at in range(0, many, 250))
    )  # fmt: skip
    *listed, rest = found["findings"]
    assert len(found["index"]) == many
    assert [row["row"] for row in listed] == list(range(1, MAX_PLACES + 1))
    assert (rest["kind"], rest["row"], rest["column"], rest["count"]) == ("column", None, 2, 500)
    assert rest["distinct"] == len(set(texts[MAX_PLACES:]))
    assert sum(row["count"] for row in found["findings"]) == many


def test_synthetic_and_real_numbers_are_kept_apart_in_the_rest() -> None:
    texts = ["11837533335"] * (MAX_PLACES + 10)
    spans = [(i, 0, 11) for i in range(len(texts))]
    chunk = batch(ColumnOrigin(1), *texts)
    found = collected((chunk, hits(*spans, label=1)), (chunk, hits(*spans, label=1, synthetic=True)))
    rests = [row for row in found["findings"] if row["row"] is None]
    assert [(row["count"], row["synthetic"]) for row in rests] == [(10, False), (10, True)]


def test_documents_do_not_share_their_limit() -> None:
    collector = Collector(KEY, str)
    chunk = batch(ColumnOrigin(1), *[VALUE] * MAX_PLACES)
    for document in ("a", "b"):
        collector.begin("t", document)
        collector.add(chunk, hits(*((i, 0, 15) for i in range(MAX_PLACES))))
        collector.end()
    table = collector.flush()["findings"]
    assert table.num_rows == 2 * MAX_PLACES and None not in table["row"].to_pylist()


def test_flushing_between_batches_changes_no_row() -> None:
    def run(flush: bool) -> list[dict[str, Any]]:
        collector, tables = Collector(KEY, str), []
        collector.begin("t", "d")
        for number in range(5):
            chunk = batch(ColumnOrigin(1, first_row=number * 400), *[VALUE] * 400)
            collector.add(chunk, hits(*((i, 0, 15) for i in range(400))))
            if flush:
                tables.append(collector.flush()["findings"] if number < 3 else collector.flush().get("findings"))
        collector.end()
        tables.append(collector.flush()["findings"])
        return [row for table in tables if table is not None for row in table.to_pylist()]

    assert run(flush=True) == run(flush=False)


@given(st.lists(st.tuples(st.text(max_size=8), st.booleans()), min_size=1, max_size=20), st.booleans())
def test_a_value_is_taken_exactly_from_its_bytes(cells: list[tuple[str, bool]], large: bool) -> None:
    """The fingerprint of a hit is that of its text, whatever stands around it."""
    texts = [f"æ{text}€" for text, _ in cells]
    spans = [(i, 2, 2 + len(text.encode())) for i, (text, hit) in enumerate(cells) if hit and text]
    if not spans:
        return
    sliced = pa.array(["før", *texts], pa.large_string() if large else pa.string()).slice(1)
    found = collected((ChunkBatch(sliced, ColumnOrigin(1)), hits(*spans)))
    alone = [
        collected((batch(ColumnOrigin(1), cells[i][0]), hits((0, 0, end - start))))["index"][0]["fingerprint"]
        for i, start, end in spans
    ]
    assert [row["fingerprint"] for row in found["index"]] == alone
