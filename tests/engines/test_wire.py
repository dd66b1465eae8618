"""What is sent comes out as it went in; a stream that breaks off ends, and is not misread."""

from __future__ import annotations

import io

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.engines import wire
from pii_scan.model import DocumentRef, Item, Problem, ProblemCode, Slice, Stage, WorkUnit

NAMES = st.text(max_size=8) | st.binary(max_size=8).map(lambda data: data.decode("utf-8", "surrogateescape"))
REFS = st.recursive(
    st.builds(DocumentRef, NAMES, NAMES, st.none(), st.none() | st.integers(0), st.none() | st.floats(allow_nan=False)),
    lambda parents: st.builds(DocumentRef, NAMES, NAMES, parents, st.none() | st.integers(0)),
    max_leaves=4,
)
SLICES = st.builds(Slice, st.integers(0), st.integers(0), st.integers(1), st.text(max_size=5), st.text(max_size=5))
UNITS = st.builds(WorkUnit, REFS, st.none() | SLICES)
PROBLEMS = st.builds(Problem, REFS, st.sampled_from(Stage), st.sampled_from(ProblemCode), st.text(max_size=9))


@given(st.lists(UNITS | PROBLEMS, max_size=6))
def test_work_comes_out_as_it_went_in(items: list[Item]) -> None:
    payload = wire.encode_items(items)
    assert payload.isascii()
    assert wire.decode_items(payload) == items


@given(st.lists(st.tuples(st.sampled_from([b"a", b"t", b"\n"]), st.binary(max_size=300)), max_size=6), st.data())
def test_a_stream_that_breaks_off_ends_after_its_last_whole_frame(
    frames: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = io.BytesIO()
    ends = [0]
    for kind, payload in frames:
        wire.send(stream, kind, payload)
        ends.append(stream.tell())
    cut = data.draw(st.integers(0, ends[-1]))
    broken = io.BytesIO(stream.getvalue()[:cut])
    received = list(iter(lambda: wire.receive(broken), None))
    assert received == frames[: sum(end <= cut for end in ends) - 1]


@given(st.lists(st.text(max_size=5), max_size=9))
def test_tables_keep_their_name_their_types_and_their_rows(words: list[str]) -> None:
    column = pa.array(words, pa.string()).dictionary_encode()
    table = pa.table({"word": column, "n": pa.array(range(len(words)), pa.uint64())})
    name, again, counts = wire.decode_table(wire.encode_table("findings", table))
    assert name == "findings" and again.equals(table) and counts == [len(words)]
    whose = [len(words), 0]
    assert wire.decode_table(wire.encode_table("findings", table, whose))[2] == whose


def test_a_table_of_no_rows_is_a_table() -> None:
    empty = pa.table({"n": pa.array([], pa.int8())})
    assert wire.decode_table(wire.encode_table("x", empty))[1].num_rows == 0


@given(st.text("abcdef", max_size=20), st.lists(st.integers(0, 99), max_size=9))
def test_numbers_of_a_table_lie_where_arrow_wants_them(name: str, counts: list[int]) -> None:
    payload = wire.encode_table(name, pa.table({"n": pa.array([1, 2], pa.int64())}), counts)
    got, table, rows = wire.decode_table(payload)
    assert got == name and rows == (counts or [2]) and table["n"].to_pylist() == [1, 2]
    assert table["n"].chunk(0).buffers()[1].address % 8 == 0
