"""Samples of data files: columns, records and databases."""

from __future__ import annotations

import contextlib
import functools
import io
import plistlib
import sqlite3
import tempfile
from pathlib import Path

import pyarrow as pa
from access_writer import LONG, MEMO, OLE, TEXT, AccessWriter
from extract import test_dbase
from extract.format_registry import Sample
from extract.formats_archives import zipped
from extract.test_avro import container, text, varint
from pyarrow import orc, parquet

CSV = b"navn;epost\n" + b"Kari;nested@example.no\n" * 3


def _columnar(form: str) -> bytes:
    """Two rows: a text, a list, a struct, a map, a time and a file in a binary cell."""
    table = pa.table({
        "epost": ["cell@example.no", None],
        "alle": [["first@example.no", "list@example.no"], []],
        "person": [{"navn": "Kari", "epost": "struct@example.no"}, None],
        "fil": [None, zipped({"liste.csv": CSV})],
    })  # fmt: skip
    out = io.BytesIO()
    if form == "orc":
        orc.write_table(table, out)
    elif form == "parquet":
        parquet.write_table(table.replace_schema_metadata({"eier": "metadata@example.no"}), out)
    else:
        with (pa.ipc.new_file if form == "arrow" else pa.ipc.new_stream)(out, table.schema) as writer:
            writer.write_table(table)
    return out.getvalue()


def _avro() -> bytes:
    schema = {"type": "record", "name": "Person", "doc": "schema@example.no", "fields": [
        {"name": "epost", "type": ["null", "string"]},
        {"name": "alle", "type": {"type": "array", "items": "string"}},
        {"name": "felt", "type": {"type": "map", "values": "string"}},
        {"name": "fil", "type": "bytes"}]}  # fmt: skip
    row = varint(1) + text("cell@example.no") + varint(1) + text("list@example.no") + b"\0"
    row += varint(1) + text("k") + text("map@example.no") + b"\0" + text(zipped({"liste.csv": CSV}))
    return container(schema, [(1, row)], **{"eier": "metadata@example.no"})


def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE kunde (id INTEGER PRIMARY KEY, epost DEFAULT 'schema@example.no', fil)")
    connection.execute("INSERT INTO kunde VALUES (7, 'cell@example.no', ?)", (zipped({"liste.csv": CSV}),))
    connection.execute("CREATE TABLE tegn (navn) ")
    connection.execute("INSERT INTO tegn VALUES ('second@example.no')")
    connection.commit()
    data = bytes(connection.serialize())
    connection.close()
    return data


@functools.cache
def _in_wal_mode() -> tuple[bytes, bytes]:
    """The write-ahead log of a database and its index."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("CREATE TABLE kunde (epost)")
            connection.execute("INSERT INTO kunde VALUES ('page@example.no')")
            connection.commit()
            log, index = bytearray(Path(f"{path}-wal").read_bytes()), Path(f"{path}-shm").read_bytes()
    size = int.from_bytes(log[8:12], "big")
    log[16:32] = bytes(16)  # salts, which are drawn anew in each run, and checksums
    for at in range(32, len(log), 24 + size):
        log[at + 8 : at + 24] = bytes(16)
    return bytes(log), index


def _access() -> bytes:
    writer = AccessWriter()
    rows = [(1, "cell@example.no", writer.inline(writer.text("memo@example.no")), None),
            (2, None, None, writer.long_value(zipped({"liste.csv": CSV})))]  # fmt: skip
    writer.table("Kunder", (("Nr", LONG), ("E-post", TEXT), ("Notat", MEMO), ("Fil", OLE)), rows)
    return writer.finish()


_APART = "columns of unknown binary values, whose loose text is read"
SAMPLES = [
    Sample("Parquet", "kunder.parquet", ("application/vnd.apache.parquet",), lambda: _columnar("parquet"),
           f"encrypted columns; {_APART}", spared=4),
    Sample("ORC", "kunder.orc", ("application/vnd.apache.orc",), lambda: _columnar("orc"), _APART, spared=4),
    Sample("Arrow, Feather 2", "kunder.arrow", ("application/vnd.apache.arrow.file",), lambda: _columnar("arrow"),
           f"Feather 1; {_APART}", spared=4),
    Sample("Arrow stream", "kunder.arrows", ("application/vnd.apache.arrow.stream",), lambda: _columnar("arrows"),
           _APART, spared=4),
    Sample("Avro", "kunder.avro", ("application/avro",), _avro, _APART, spared=4),
    Sample("SQLite", "app.db", ("application/vnd.sqlite3",), _database,
           f"virtual tables of unknown kinds; {_APART}", spared=16),
    Sample("SQLite log and journal", "app.db-wal", ("application/x-sqlite-log",), lambda: _in_wal_mode()[0],
           "cells: pages are read as loose text where the database is not beside it", spared=4),
    Sample("SQLite shared-memory index", "app.db-shm", ("application/x-sqlite-shm",), lambda: _in_wal_mode()[1],
           "it holds no values", spared=4),
    Sample("dBase, FoxPro (DBF)", "kunder.dbf", ("application/x-dbf",),
           lambda: test_dbase.table([(" ", "cell@example.no"), ("*", "deleted@example.no")], (("EPOST", "C", 30),)),
           "memos: the file beside the table that holds them is named", spared=32),
    Sample("Binary property list (PLIST)", "oppsett.plist", ("application/x-plist",),
           lambda: plistlib.dumps({"epost": "value@example.no", "inni": ["inner@example.no"], "fil": CSV},
                                  fmt=plistlib.FMT_BINARY), spared=8),
    Sample("Access (MDB, ACCDB)", "kunder.mdb", ("application/x-msaccess",), _access,
           "passwords; queries, forms and reports as such (their definitions are read)", spared=24),
]  # fmt: skip
