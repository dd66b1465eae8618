"""One reader on one file, in a process of its own: prints seconds, peak memory, and how much text it gave, as JSON.

Run by `extraction.py` with the Python of pii-scan or of the alternatives. Imports are made before the clock starts. A
side has done its work when every value of the file has been in its hands as text.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

MARK = "@example."


def pii_scan(path: str) -> Iterator[Any]:
    from pii_scan.extract import dispatch
    from pii_scan.model import Document, DocumentRef, Limits

    with open(path, "rb", 1 << 18) as content:
        document = Document(DocumentRef("benchmark", path.rpartition("/")[2]), content, local_path=path)
        for piece in dispatch.extract(document, Limits()):
            if isinstance(piece, dispatch.Extracted):
                yield piece.batch.texts


def csv_stdlib(path: str) -> Iterator[Any]:
    import csv

    with open(path, encoding="utf-8", newline="") as content:
        for row in csv.reader(content, delimiter=";"):
            yield from row


def csv_pyarrow(path: str) -> Iterator[Any]:
    from pyarrow import csv

    with csv.open_csv(path, parse_options=csv.ParseOptions(delimiter=";")) as batches:
        for batch in batches:
            for column in batch.columns:
                yield from map(str, column.to_pylist())


def csv_polars(path: str) -> Iterator[Any]:
    import polars

    frame = polars.read_csv(path, separator=";", infer_schema=False)
    for column in frame.get_columns():
        yield from (value for value in column.to_list() if value is not None)


def _duckdb(query: str) -> Iterator[Any]:
    import duckdb

    cursor = duckdb.connect(config={"threads": 1}).execute(query)
    while block := cursor.fetchmany(10_000):
        for row in block:
            yield from (str(value) for value in row if value is not None)


def csv_duckdb(path: str) -> Iterator[Any]:
    return _duckdb(f"SELECT * FROM read_csv('{path}', delim=';', all_varchar=true)")


def parquet_duckdb(path: str) -> Iterator[Any]:
    return _duckdb(f"SELECT * FROM read_parquet('{path}')")


def parquet_pyarrow(path: str) -> Iterator[Any]:
    from pyarrow import parquet

    for batch in parquet.ParquetFile(path).iter_batches():
        for record in batch.to_pylist():
            yield from (str(value) for value in record.values())


def json_stdlib(path: str) -> Iterator[Any]:
    with open(path, encoding="utf-8") as content:
        yield from _leaves(json.load(content))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield str(value)


def json_ijson(path: str) -> Iterator[Any]:
    import ijson

    with open(path, "rb") as content:
        for _, _, value in ijson.parse(content):
            if value is not None:
                yield str(value)


def xml_lxml(path: str) -> Iterator[Any]:
    from lxml import etree

    return _elements(etree.iterparse(path, events=("end",)))


def xml_elementtree(path: str) -> Iterator[Any]:
    from xml.etree import ElementTree

    return _elements(ElementTree.iterparse(path))


def _elements(events: Iterable[Any]) -> Iterator[str]:
    for _, element in events:
        yield from element.attrib.values()
        if element.text:
            yield element.text
        if len(element) > 1:
            element.clear()


def sqlite_stdlib(path: str) -> Iterator[Any]:
    import sqlite3

    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in connection.execute(f'SELECT * FROM "{name}"'):
            yield from map(str, row)


def sqlite_command(path: str) -> Iterator[Any]:
    process = subprocess.Popen(["sqlite3", "-readonly", path, "SELECT * FROM personer"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            yield line.decode()
    process.wait()


def mbox_mailbox(path: str) -> Iterator[Any]:
    import mailbox

    for message in mailbox.mbox(path):
        yield from _message(message)


def mbox_email(path: str) -> Iterator[Any]:
    import email

    held: list[bytes] = []
    with open(path, "rb") as lines:
        for line in lines:
            if line.startswith(b"From ") and held:
                yield from _message(email.message_from_bytes(b"".join(held)))
                held = []
            held.append(line)
    yield from _message(email.message_from_bytes(b"".join(held)))


def _message(message: Any) -> Iterator[str]:
    yield from map(str, message.values())
    for part in message.walk():
        if not part.is_multipart():
            yield part.get_payload(decode=True).decode("utf-8", "replace")


def xlsx_openpyxl(path: str) -> Iterator[Any]:
    import openpyxl

    for sheet in openpyxl.load_workbook(path, read_only=True):
        for row in sheet.iter_rows(values_only=True):
            yield from (str(value) for value in row if value is not None)


def xlsx_calamine(path: str) -> Iterator[Any]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).iter_rows():
            yield from map(str, row)


def pdf_pypdf(path: str) -> Iterator[Any]:
    import pypdf

    for page in pypdf.PdfReader(path).pages:
        yield page.extract_text()


def pdf_pdfplumber(path: str) -> Iterator[Any]:
    import pdfplumber

    with pdfplumber.open(path) as document:
        for page in document.pages:
            yield page.extract_text()
            page.close()


def pst_libpff(path: str) -> Iterator[Any]:
    import pypff

    mailbox = pypff.file()
    mailbox.open(path)
    folders = [mailbox.get_root_folder()]
    while folders:
        folder = folders.pop()
        folders += folder.sub_folders
        for message in folder.sub_messages:
            yield from (message.subject or "", message.transport_headers or "")
            for body in (message.plain_text_body, message.html_body, message.rtf_body):
                yield (body or b"").decode("utf-8", "replace")
            for attachment in message.attachments:
                yield attachment.read_buffer(attachment.size).decode("latin-1")


SIDES: dict[str, Callable[[str], Iterator[Any]]] = {
    name: side for name, side in globals().items() if "_" in name and name.islower() and not name.startswith("_")
}


def _ends(texts: Any) -> tuple[int, int]:
    """Where the bytes of an Arrow array of texts begin and end in its buffer."""
    wide = str(texts.type).startswith("large")
    offsets = memoryview(texts.buffers()[1]).cast("q" if wide else "i")
    return offsets[texts.offset], offsets[texts.offset + len(texts)]


def peak_bytes() -> int:
    """Most memory that this process had resident at once, and the largest of its children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 + children
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) + children


def cpu_seconds() -> float:
    """CPU time of this process and its ended children."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def read(side: str, path: str) -> tuple[int, int]:
    """Characters (bytes, where a side gives bytes) and planted addresses that a side finds in a file."""
    chars = marks = 0
    for piece in SIDES[side](path):
        if not isinstance(piece, str):  # a text or a column of pii-scan's, as it goes to the detector
            first, last = _ends(piece)
            piece = piece.buffers()[2][first:last].to_pybytes() if last > first else b""
        chars += len(piece)
        marks += piece.count(MARK if isinstance(piece, str) else MARK.encode())
    return chars, marks


def main() -> None:
    """Reads the file named third with the side named first, after a small one of the same kind that is not counted."""
    side, small, path = sys.argv[1:4]
    read(side, small)
    cpu, wall = cpu_seconds(), time.perf_counter()
    chars, marks = read(side, path)
    done = {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu, "peak": peak_bytes()}
    print(json.dumps({**done, "chars": chars, "marks": marks}))


if __name__ == "__main__":
    main()
