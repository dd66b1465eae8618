from __future__ import annotations

import contextlib
import io
import os
import random
import sqlite3
import struct
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from data_files import SECRET, assert_survive, cells, column, parts
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract import dispatch
from pii_scan.model import Document, DocumentRef, Limits, Problem

values = (
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
)


def database(*statements: str | tuple[str, list[Any]], encoding: str = "") -> bytes:
    connection = sqlite3.connect(":memory:")
    if encoding:
        connection.execute(f"PRAGMA encoding='{encoding}'")
    for statement in statements:
        if isinstance(statement, str):
            connection.execute(statement)
        else:
            connection.executemany(*statement)
    connection.commit()
    data = bytes(connection.serialize())
    connection.close()
    return data


def read_path(path: Path) -> list[Any]:
    with open(path, "rb") as content:
        ref = DocumentRef("t", "x")
        return list(dispatch.extract(Document(ref, content, local_path=str(path)), Limits()))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(values, values), max_size=20), form=st.sampled_from(["", "WITHOUT ROWID"]))
def test_every_cell_comes_out_with_table_column_and_row(read: Any, rows: list[Any], form: str) -> None:
    data = database(
        f'CREATE TABLE "kunde ""x""" (id INTEGER PRIMARY KEY, "navn; æ", b) {form}',
        ('INSERT INTO "kunde ""x""" VALUES (?, ?, ?)', [(i, *row) for i, row in enumerate(rows)]),
    )
    result = read(data)
    assert result.problems == [] and result.done["x"].media_type == "application/vnd.sqlite3"
    for name, at in (("navn; æ", 0), ("b", 1)):
        wanted = {i: str(row[at]) for i, row in enumerate(rows, 1) if row[at] is not None and row[at] != ""}
        assert column(result, name, 'kunde "x"') == wanted


def test_rows_count_in_order_and_are_never_somebodys_number(read: Any) -> None:
    data = database(
        "CREATE TABLE p (fnr INTEGER PRIMARY KEY, e)",
        ("INSERT INTO p VALUES (?, ?)", [(11837533335, "a@example.no"), (-5, "b@example.no"), (7, "c@example.no")]),
    )
    result = read(data)
    assert column(result, "e", "p") == {1: "b@example.no", 2: "c@example.no", 3: "a@example.no"}
    assert column(result, "fnr", "p") == {1: "-5", 2: "7", 3: "11837533335"}


def test_numbers_are_written_as_a_person_would(read: Any) -> None:
    data = database(
        "CREATE TABLE t (a, b)", ("INSERT INTO t VALUES (?, ?)", [(11837533335.0, 1.5), ("x", 2), (None, 0.25)])
    )
    result = read(data)
    assert column(result, "a", "t") == {1: "11837533335", 2: "x"}
    assert column(result, "b", "t") == {1: "1.5", 2: "2", 3: "0.25"}


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_text_in_every_encoding_is_read(read: Any, encoding: str) -> None:
    data = database("CREATE TABLE t (a)", ("INSERT INTO t VALUES (?)", [("Kåre Ødegård 😀",)]), encoding=encoding)
    assert column(read(data), "a", "t") == {1: "Kåre Ødegård 😀"}


@pytest.mark.parametrize("form", ["", "WITHOUT ROWID"])
def test_text_that_is_not_utf8_is_repaired_and_no_row_is_lost(read: Any, form: str) -> None:
    rows = [(f"k{i:05}", "Kåre".encode("cp1252").hex() if i % 500 == 7 else b"ok".hex()) for i in range(2000)]
    data = database(f"CREATE TABLE t (k TEXT PRIMARY KEY, a) {form}",
                    *(f"INSERT INTO t VALUES ('{k}', CAST(X'{a}' AS TEXT))" for k, a in rows))  # fmt: skip
    result = read(data)
    assert result.problems == []
    assert column(result, "a", "t") == {i: "Kåre" if i % 500 == 8 else "ok" for i in range(1, 2001)}


def test_blobs_are_text_or_documents_of_their_own(read: Any) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("brev.txt", SECRET)
    rows = [("a", b"ola@example.no"), ("b", out.getvalue()), ("c", b"\0\1" * 400), ("d", os.urandom(16))]
    result = read(database("CREATE TABLE vedlegg (navn, fil)", ("INSERT INTO vedlegg VALUES (?, ?)", rows)))
    assert column(result, "fil", "vedlegg")[1] == "ola@example.no"
    assert result.text("x!vedlegg/rows/2/fil!brev.txt") == SECRET
    assert result.codes == [("x", "unsupported")] and "1 binary values" in result.problems[0].detail


def test_values_larger_than_memory_should_hold_are_read_in_pieces(read: Any) -> None:
    rows = [
        (1, "først@example.no"),
        (2, "x " * 60_000 + SECRET),
        (3, b"PK\3\4" + b"y" * 100_000),
        (4, "etter@example.no"),
    ]
    result = read(database("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", ("INSERT INTO t VALUES (?, ?)", rows)),
                  limits=Limits(max_value_bytes=1 << 16))  # fmt: skip
    assert column(result, "b", "t") == {1: "først@example.no", 4: "etter@example.no"}
    assert column(result, "a", "t") == {1: "1", 2: "2", 3: "3", 4: "4"}
    assert SECRET in result.all_text and "x!t/rows/3/b" in result.done


def test_views_and_definitions_are_named_and_nothing_is_computed(read: Any) -> None:
    data = database(
        "CREATE TABLE t (a, b GENERATED ALWAYS AS (a || ' virtuell') VIRTUAL, c AS (a || ' lagret') STORED, "
        f"d DEFAULT '{SECRET}')",
        "CREATE VIEW v AS SELECT a || ' fra utsikt' FROM t",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        "INSERT INTO t (a) VALUES ('kari')",
    )
    result = read(data)
    assert column(result, "a", "t") == {1: "kari"} and column(result, "c", "t") == {1: "kari lagret"}
    assert "virtuell" not in str(cells(result)) and "fra utsikt" not in str(cells(result))
    assert {"schema of t", "schema of v", "schema of g"} <= set(parts(result))
    assert SECRET in parts(result)["schema of t"]


def test_full_text_indexes_are_read_through_their_own_tables(read: Any) -> None:
    data = database(
        "CREATE VIRTUAL TABLE brev USING fts5(fra, tekst)", f"INSERT INTO brev VALUES ('ola', 'til {SECRET}')"
    )
    result = read(data)
    assert column(result, "c1", "brev_content") == {1: f"til {SECRET}"}
    assert not [problem for problem in result.problems if "virtual" in problem.detail]


def test_other_virtual_tables_are_said_not_to_be_read(read: Any) -> None:
    far = "CREATE VIRTUAL TABLE fjern USING csv(f)"
    data = database("CREATE TABLE t (a)", "PRAGMA writable_schema=ON",
                    f"INSERT INTO sqlite_master VALUES ('table','fjern','fjern',0,'{far}')")  # fmt: skip
    result = read(data)
    assert [(code, problem.detail) for (_, code), problem in zip(result.codes, result.problems, strict=True)] == [
        ("unsupported", "table 2 is a virtual one")
    ]


def test_a_damaged_page_costs_its_rows_and_the_rest_is_read(read: Any) -> None:
    rows = [(i, f"k{i}@example.no" + "x" * 80) for i in range(1, 2001)]
    data = bytearray(database("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", ("INSERT INTO t VALUES (?, ?)", rows),
                              "CREATE TABLE u (c)", f"INSERT INTO u VALUES ('{SECRET}')"))  # fmt: skip
    at = data.index(b"k900@example.no") // 4096 * 4096
    data[at : at + 8] = b"\xff" * 8
    result = read(bytes(data))
    found = set(column(result, "b", "t").values())
    assert column(result, "c", "u") == {1: SECRET}
    assert [code for _, code in result.codes] == ["corrupt"] and result.problems[0].detail.startswith("table 1:")
    assert len(found) > 1900 and any(text.startswith("k2000@") for text in found)


def test_a_file_that_is_cut_gives_what_is_there(read: Any) -> None:
    rows = [(f"k{i}@example.no" + "x" * 80,) for i in range(2000)]
    data = database("CREATE TABLE t (b)", ("INSERT INTO t VALUES (?)", rows))
    result = read(data[: len(data) // 2])
    assert {code for _, code in result.codes} == {"corrupt"}
    assert "k0@example.no" in result.all_text


def test_what_is_no_database_behind_its_header_is_read_for_loose_text(read: Any) -> None:
    result = read(b"SQLite format 3\0" + b"\xff" * 84 + b"\0\1" * 2000 + SECRET.encode() + b"\0" * 4000)
    assert [code for _, code in result.codes] == ["corrupt"] and SECRET in result.all_text


def test_a_tree_that_repeats_itself_ends(read: Any) -> None:
    rows = [(f"k{i}@example.no" + "x" * 200,) for i in range(3000)]
    data = bytearray(database("CREATE TABLE t (b)", ("INSERT INTO t VALUES (?)", rows)))
    root = next(at for at in range(4096, len(data), 4096) if data[at] == 5)  # an interior page: all children the same
    (count,) = struct.unpack_from(">H", data, root + 3)
    cell = struct.unpack_from(">H", data, root + 12)[0]
    child = data[root + cell : root + cell + 4]
    for i in range(count):
        at = root + struct.unpack_from(">H", data, root + 12 + 2 * i)[0]
        data[at : at + 4] = child
    started = time.monotonic()
    result = read(bytes(data))
    assert time.monotonic() - started < 30
    assert [code for _, code in result.codes] == ["corrupt"]
    assert len(column(result, "b", "t")) <= 3000


def test_an_encrypted_database_is_not_called_clean(read: Any) -> None:
    result = read(random.Random(1).randbytes(8192), "kunder.db")
    assert [code for _, code in result.codes] == ["unsupported"] and not result.done["kunder.db"].touched


@contextlib.contextmanager
def in_wal_mode(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES ('i loggen@example.no')")
    connection.commit()
    yield connection
    connection.close()


def test_a_local_database_is_read_with_its_log_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with in_wal_mode(path):
        before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
        pieces = read_path(path)
        assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before
    texts = [
        text for piece in pieces if isinstance(piece, dispatch.Extracted) for text in piece.batch.texts.to_pylist()
    ]
    assert "i loggen@example.no" in texts
    assert not [piece for piece in pieces if isinstance(piece, Problem)]


def test_a_log_without_its_database_gives_loose_text_and_says_so(read: Any, tmp_path: Path) -> None:
    with in_wal_mode(tmp_path / "app.db"):
        log, index = (tmp_path / "app.db-wal").read_bytes(), (tmp_path / "app.db-shm").read_bytes()
    result = read(log, "app.db-wal")
    assert "i loggen@example.no" in result.all_text and [code for _, code in result.codes] == ["unsupported"]
    assert read(index, "app.db-shm").codes == []


def test_a_database_in_wal_mode_is_read_from_within_an_archive(read: Any, tmp_path: Path) -> None:
    with in_wal_mode(tmp_path / "app.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.write(tmp_path / "app.db", "app.db")
    for limits in (Limits(), Limits(spool_bytes=100)):
        result = read(out.getvalue(), limits=limits)
        assert column(result, "a", "t", "x!app.db") == {1: "i loggen@example.no"} and result.problems == []


def test_no_temporary_file_is_left(read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read(database("CREATE TABLE t (a)", "INSERT INTO t VALUES ('x')"), limits=Limits(spool_bytes=10))
    assert os.listdir(tmp_path) == []


def test_paths_with_signs_of_uris_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "a?b#c%20 å.db"
    path.write_bytes(database("CREATE TABLE t (a)", f"INSERT INTO t VALUES ('{SECRET}')"))
    texts = [t for p in read_path(path) if isinstance(p, dispatch.Extracted) for t in p.batch.texts.to_pylist()]
    assert SECRET in texts


def test_no_mutant_raises_hangs_or_vanishes(read: Any) -> None:
    rng = random.Random(1)
    data = database(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)",
        "CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID",
        "CREATE VIEW u AS SELECT * FROM t", "CREATE VIRTUAL TABLE f USING fts5(x)", "CREATE INDEX i ON t(b)",
        ("INSERT INTO t (b, c) VALUES (?, ?)", [(f"k{i}{SECRET}", rng.randbytes(i % 90)) for i in range(600)]),
        ("INSERT INTO w VALUES (?, ?)", [(f"n{i}", i) for i in range(300)]),
        ("INSERT INTO f VALUES (?)", [(f"ord{i} {SECRET}",) for i in range(60)]),
    )  # fmt: skip
    assert_survive(read, data, spared=16, count=250)
