"""Rows that come a few at a time: the table is the one that they would make row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.findings.gathered import Gathered, Prints
from pii_scan.findings.redact import fingerprints

KEY = b"k" * 32
WORD = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [("word", WORD), ("loud", WORD), ("number", pa.int32()), ("score", pa.float32()), ("whole", pa.uint64())]
)
WORDS = st.sampled_from(["a", "å", "kari"])
PIECE = st.tuples(st.integers(1, 4), st.none() | WORDS, st.none() | WORDS | st.just(...), st.booleans(), st.booleans())


@given(st.lists(PIECE, min_size=1, max_size=12))
def test_pieces_make_the_table_that_their_rows_make(pieces: list[Any]) -> None:
    gathered = Gathered(SCHEMA, {"loud": pc.utf8_upper})
    rows: list[dict[str, Any]] = []
    for at, (count, word, loud, arrays, nothing) in enumerate(pieces):
        many = loud is ...
        given_ = pa.array([f"x{at}{row}" for row in range(count)]) if many else loud
        number: Any = np.arange(count) + at if arrays else None if nothing else at
        score: Any = np.full(count, 0.25, np.float32) if arrays else 0.5
        gathered.add(count, {"word": word, "loud": given_}, {"number": number, "score": score})
        for row in range(count):
            rows.append({
                "word": word, "loud": f"X{at}{row}" if many else loud,
                "number": row + at if arrays else number, "score": 0.25 if arrays else 0.5, "whole": len(rows),
            })  # fmt: skip
    assert gathered.rows == len(rows)
    table = gathered.table({"whole": np.arange(len(rows))})
    assert table.schema == SCHEMA and table.to_pylist() == rows


@given(st.lists(st.tuples(st.sampled_from(["EMAIL_ADDRESS", "PHONE_NUMBER", "PERSON"]), st.lists(
    st.sampled_from(["Kari@example.no", "68 05 12 34", "Nordmann, Kari", "Ås"]), min_size=1, max_size=3), st.booleans(),
), min_size=1, max_size=8))  # fmt: skip
def test_fingerprints_of_many_are_those_of_each(some: list[tuple[str, list[str], bool]]) -> None:
    waiting = [Prints(pa.array(values), entity_type) for entity_type, values, _ in some]
    expected = [fingerprints(pa.array(values), entity_type, KEY).tolist() for entity_type, values, _ in some]
    for one, (_, _, asked), prints in zip(waiting, some, expected, strict=True):
        assert not asked or one.made(KEY).tolist() == prints
    assert Prints.of_all(waiting, KEY).tolist() == [number for prints in expected for number in prints]
