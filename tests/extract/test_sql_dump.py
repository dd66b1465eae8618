from __future__ import annotations

import io
import re
import sqlite3
import time
from typing import Any

import pytest
from data_files import SECRET, assert_survive, cells, column, line_batches
from hypothesis import given, settings
from hypothesis import strategies as st
from text_family import places

from pii_scan.extract import sql_dump
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, DocumentRef, Limits

values = st.none() | st.integers(-(10**12), 10**12) | st.text("abcæø ',;()\"`\\\n-*/", max_size=12)

POSTGRES = rb"""-- PostgreSQL database dump
-- Don't stop (here; or 'there'
CREATE TABLE public.kunder (
    id integer NOT NULL,
    navn character varying(20) DEFAULT 'x,(',
    "e-post" text,
    CONSTRAINT pk PRIMARY KEY (id)
);
COPY public.kunder (id, navn, "e-post") FROM stdin;
1	Kari\tN\\	kari@example.no
2	\N	b\\x
bare en celle
4	K\303\245re \x41	\\x6f6c61406578616d706c652e6e6f
\.

-- etter@example.no
INSERT INTO public.kunder VALUES (5, 'O''Hara', 'o@example.no');
INSERT INTO public.kunder VALUES (6, 'A;(b', 'p@example.no'), (7, NULL, 'C:\');
INSERT INTO public.kunder VALUES (8, E'it\'s', '\x4f6c61');
-- slutt@example.no
"""

MYSQL = rb"""-- MySQL dump 10.13
/*!40101 SET NAMES utf8 */;
CREATE TABLE `kunde` (
  `id` int NOT NULL,
  `navn` varchar(20) DEFAULT NULL,
  `fil` blob,
  KEY `i` (`navn`)
) ENGINE=InnoDB;
INSERT INTO `kunde` VALUES (1,'Kari \'K\' \\ N\nlinje to',NULL),(2,'O''Hara;',_binary 'abc(\''),(3,'x',0x6F6C61);
INSERT IGNORE INTO `kunde` (`navn`, `id`) VALUES ('bare@example.no',4) ON DUPLICATE KEY UPDATE id=5;
"""

SQL_SERVER = """USE [db]\r
GO\r
SET IDENTITY_INSERT [dbo].[Kunde navn] ON \r
GO\r
INSERT [dbo].[Kunde navn] ([Id], [Navn], [Dato]) VALUES (1, N'Kåre ''K'' N', CAST(N'2020-01-01' AS Date))\r
GO\r
INSERT [dbo].[Kunde navn] ([Id], [Navn], [Dato]) VALUES (2, N'Ola', NULL)\r
INSERT [dbo].[Kunde navn] ([Id], [Navn], [Dato]) VALUES (3, N'Per', 0x6F6C6140)\r
GO\r
SET IDENTITY_INSERT [dbo].[Kunde navn] OFF\r
"""


def place(content: str, needle: str) -> list[tuple[int, int]]:
    """Line and column of the only place of a text."""
    at = content.index(needle)
    return [(content.count("\n", 0, at) + 1, at - content.rfind("\n", 0, at))]


def test_a_dump_of_postgresql(read: Any) -> None:
    result = read(POSTGRES)
    assert result.done["x"].media_type == "application/sql" and result.problems == []
    assert column(result, "id", "public.kunder") == {i: str(i) for i in (1, 2, 4, 5, 6, 7, 8)}
    assert column(result, "navn", "public.kunder") == {
        1: "Kari\tN\\", 4: "KÃ¥re A", 5: "O'Hara", 6: "A;(b", 8: "it's"}  # fmt: skip
    assert column(result, "e-post", "public.kunder") == {
        1: "kari@example.no", 2: "b\\x", 4: "ola@example.no", 5: "o@example.no", 6: "p@example.no", 7: "C:\\", 8: "Ola",
    }  # fmt: skip
    lines = line_batches(result)
    assert places(lines, "etter@example.no") == [(16, 4)]
    assert places(lines, "slutt@example.no") == [(20, 4)]
    assert places(lines, "bare en celle") == [(12, 1)] and places(lines, "Don't stop") == [(2, 4)]
    assert not places(lines, "kari@example.no")


def test_a_dump_of_mysql(read: Any) -> None:
    result = read(MYSQL)
    assert column(result, "navn", "kunde") == {
        1: "Kari 'K' \\ N\nlinje to", 2: "O'Hara;", 3: "x", 4: "bare@example.no"}  # fmt: skip
    assert column(result, "fil", "kunde") == {2: "abc('", 3: "ola"}
    assert column(result, "id", "kunde") == {1: "1", 2: "2", 3: "3", 4: "4"}
    assert places(line_batches(result), "DUPLICATE") == place(MYSQL.decode(), "DUPLICATE")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_script_of_sql_server(read: Any, encoding: str) -> None:
    result = read(SQL_SERVER.encode(encoding))
    assert column(result, "Navn", "dbo.Kunde navn") == {1: "Kåre 'K' N", 2: "Ola", 3: "Per"}
    assert column(result, "Dato", "dbo.Kunde navn") == {1: "CAST(N'2020-01-01' AS Date)", 3: "ola@"}
    assert places(line_batches(result), "OFF") == place(SQL_SERVER, "OFF")


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(values, values), min_size=1, max_size=20))
def test_a_dump_that_sqlite_writes_gives_back_every_cell(read: Any, rows: list[Any]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute('CREATE TABLE "min tabell" (a, "b,c")')
    connection.executemany('INSERT INTO "min tabell" VALUES (?, ?)', rows)
    data = "\n".join(connection.iterdump()).encode()
    connection.close()
    result = read(data, "x.sql")
    for name, at in (("a", 0), ("b,c", 1)):
        wanted = {i: str(row[at]).strip() for i, row in enumerate(rows, 1) if row[at] is not None}
        found = {row: text.strip() for row, text in column(result, name, "min tabell").items()}
        assert found == {row: text for row, text in wanted.items() if text or row in found}


def literal(value: Any, mysql: bool) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if mysql:
        value = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{value}'"
    return "'" + value.replace("'", "''") + "'"


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.tuples(values, values, values), min_size=1, max_size=30),
    mysql=st.booleans(), extended=st.booleans(), listed=st.booleans(), limit=st.sampled_from([64, 1000, 1 << 20]),
)  # fmt: skip
def test_inserts_give_back_every_value_however_they_are_written(
    rows: list[Any], mysql: bool, extended: bool, listed: bool, limit: int
) -> None:
    quote = "`" if mysql else '"'
    head = f"INSERT INTO {quote}t{quote} {'(a, b, c) ' if listed else ''}VALUES"
    tuples = ["(" + ",".join(literal(v, mysql) for v in row) + ")" for row in rows]
    body = f"{head} {','.join(tuples)};\n" if extended else "".join(f"{head} {row};\n" for row in tuples)
    opening = "-- MySQL dump\n" if mysql else "-- dump\n"
    content = f"{opening}CREATE TABLE {quote}t{quote} (a int, b int, c int);\n{body}-- slutt".encode()
    pieces = list(
        sql_dump.extract(Document(DocumentRef("t", "x"), io.BytesIO(content)), Limits(max_value_bytes=limit * 4))
    )
    found = {}
    for piece in pieces:
        origin = piece.origin  # type: ignore[union-attr]
        if hasattr(origin, "header"):
            for i, text in enumerate(piece.texts.to_pylist()):  # type: ignore[union-attr]
                row = origin.first_row + i if origin.rows is None else int(origin.rows[i])
                found[row, origin.header] = text
    if limit == 64 and any(len(row) > 64 for row in tuples):
        return  # a row longer than all that is held is text
    wanted = {
        (i, name): str(v) for i, row in enumerate(rows, 1) for name, v in zip("abc", row, strict=True) if v is not None
    }
    assert {place: text.strip() for place, text in found.items()} == {
        place: text.strip() for place, text in wanted.items() if text
    }


def test_rows_of_tables_in_turns_are_counted_each_for_itself(read: Any) -> None:
    data = "".join(f"INSERT INTO t{i % 3} (e) VALUES ('k{i}@example.no');\n" for i in range(3000)).encode()
    result = read(data, "x.sql")
    for table in range(3):
        assert column(result, "e", f"t{table}") == {i + 1: f"k{3 * i + table}@example.no" for i in range(1000)}


def test_a_statement_of_many_megabytes_on_one_line_is_streamed(read: Any) -> None:
    row = "(%d,'Kari Nordmann %d','k%d@example.no')"
    data = "-- dump\nINSERT INTO t VALUES " + ",".join(row % (i, i, i) for i in range(120_000)) + f";\n-- {SECRET}"
    result = read(data.encode(), "x.sql")
    found = column(result, "3", "t")
    assert len(found) == 120_000 and found[120_000] == "k119999@example.no"
    assert max(e.batch.texts.nbytes for e in result.batches) < 4 << 20
    assert places(line_batches(result), SECRET) == [(3, 4)]


def test_copy_of_many_megabytes_is_streamed(read: Any) -> None:
    lines = "".join(f"{i}\tKari\tk{i}@example.no\n" for i in range(120_000))
    data = f"COPY t (id, navn, e) FROM stdin;\n{lines}\\.\n\n-- {SECRET}\n"
    result = read(data.encode(), "x.sql")
    found = column(result, "e", "t")
    assert len(found) == 120_000 and found[120_000] == "k119999@example.no"
    assert places(line_batches(result), SECRET) == [(120_004, 4)]


def test_what_is_not_understood_is_read_as_text_at_its_lines(read: Any) -> None:
    data = (
        "-- dump\nCREATE TABLE t (a int);\n"
        "COPY t FROM stdin WITH (FORMAT csv);\n1,csv@example.no\n\\.\n"
        "INSERT INTO t SELECT 'valgt@example.no', (SELECT 1);\n"
        "INSERT INTO t VALUES (1), (2, 'ujevn@example.no'), (3);\n"
        "INSERT INTO t VALUES (1, 'uten slutt@example.no\n"
    )
    result = read(data.encode(), "x.sql")
    lines = line_batches(result)
    for name in ("csv", "valgt", "ujevn", "slutt"):
        assert places(lines, f"{name}@example.no") == place(data, f"{name}@")


def test_files_within_a_dump_are_documents(read: Any) -> None:
    mail = b"From: a@example.no\r\nTo: b@example.no\r\nSubject: x\r\n\r\n" + SECRET.encode() + b"\r\n" * 300
    data = f"INSERT INTO t (id, fil) VALUES (1, 0x{mail.hex()}), (2, X'{mail.hex()}'), (3, 'x');\n"
    copied = f"COPY u (fil) FROM stdin;\n\\\\x{mail.hex()}\n\\.\n"
    result = read((data + copied).encode(), "x.sql")
    for name in ("t/rows/1/fil", "t/rows/2/fil", "u/rows/1/fil"):
        assert SECRET in result.text(f"x.sql!{name}")


@pytest.mark.parametrize(
    ("content", "name", "wanted"),
    [
        (POSTGRES, "dump", True),
        (MYSQL, "dump.txt", True),
        (SQL_SERVER.encode(), "a", True),
        (b"CREATE TABLE t (a int);\n", "a.txt", True),
        (b"noe annet\nINSERT INTO t VALUES (1);\n", "x.sql", True),
        (b"noe annet\nINSERT INTO t VALUES (1);\n", "notat.txt", False),
        (b"SELECT navn FROM kunder\nWHERE id = 1;\n", "sporring.sql", False),
        (b"Insert coin into the slot; values (of any kind) are kept.\n", "a.txt", False),
        (b"-- \nhilsen Kari\n", "brev.txt", False),
    ],
)
def test_dumps_are_told_by_what_they_hold(read: Any, content: bytes, name: str, wanted: bool) -> None:
    assert (read(content, name).done[name].media_type == "application/sql") == wanted


def test_a_custom_dump_is_said_not_to_be_read(read: Any) -> None:
    assert read(b"PGDMP\1\x0e\0" + bytes(100)).codes == [("x", "unsupported")]


@pytest.mark.parametrize(
    "piece", ["INSERT INTO t VALUES (", "(((((((((", "'", "CREATE TABLE a.", "`a`.", "COPY t FROM stdin;\n"]
)
def test_endless_beginnings_take_no_endless_time(read: Any, piece: str) -> None:
    data = ("-- dump\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n" + piece * (400_000 // len(piece))).encode()
    started = time.monotonic()
    result = read(data, "x.sql")
    assert time.monotonic() - started < 30
    kept = sum(len(text) for text in result.texts["x.sql"])
    assert kept > 350_000 or re.search("COPY|INSERT", piece)


def test_no_mutant_raises_hangs_or_vanishes(read: Any) -> None:
    data = POSTGRES + MYSQL + SQL_SERVER.encode()
    assert_survive(read, data, "x.sql", spared=30)


def test_no_cell_is_lost_when_a_quote_is(read: Any) -> None:
    rows = [f"({i}, 'k{i}@example.no', 'x')" for i in range(300)]
    rows[150] = "(150, 'k150@example.no, 'x')"
    for body in (",\n".join(rows), "),(".join(row[1:-1] for row in rows).join("()")):
        result = read(f"-- dump\nINSERT INTO t VALUES {body};\n".encode(), "x.sql")
        assert all(f"k{i}@example.no" in result.all_text for i in range(300))
    assert cells(result, "x.sql") or result.all_text


def test_a_table_without_rows_has_its_columns_told_of_and_one_with_rows_in_every_batch() -> None:
    dump = (
        b"CREATE TABLE tom (id int, navn text);\nCREATE TABLE full (a int, b text);\nINSERT INTO x.full VALUES (1, '');"
    )
    document = Document(DocumentRef("t", "d.sql"), io.BytesIO(dump))
    told = [
        (piece.origin.sheet, piece.origin.table_headers, len(piece.texts))
        for piece in sql_dump.extract(document, Limits())
        if isinstance(piece, ChunkBatch) and isinstance(piece.origin, ColumnOrigin)
    ]
    assert told == [("x.full", ("a", "b"), 1), ("tom", ("id", "navn"), 0)]
