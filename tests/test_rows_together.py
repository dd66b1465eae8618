"""The rows of several units in one table: in their order, each with its count."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.rows_together import Together

UNITS = st.lists(st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=3), min_size=1, max_size=6)


@given(UNITS)
def test_what_is_put_together_comes_apart_again(units: list[list[list[str]]]) -> None:
    made = Together(len(units))
    kind = pa.dictionary(pa.int32(), pa.string())
    for position, pieces in enumerate(units):
        for words in pieces:
            made.add(position, {"words": pa.table({"word": pa.array(words, pa.string()).cast(kind)})})
    tables = made.ended({}).tables
    counts = made.counts.get("words", [0] * len(units))
    assert counts == [sum(map(len, pieces)) for pieces in units]
    found = tables["words"].column("word").to_pylist() if "words" in tables else []
    assert found == [word for pieces in units for words in pieces for word in words]
