"""Other readers of data files, markup, contacts and archives, for `extraction_sides.py`.

Each function takes the path of a file and yields every value in it as text; its name is the format and the reader.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any


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


def sqlite_apsw(path: str) -> Iterator[Any]:
    import apsw

    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    for row in connection.execute("SELECT * FROM personer"):
        yield from map(str, row)


def avro_fastavro(path: str) -> Iterator[Any]:
    import fastavro

    with open(path, "rb") as content:
        records: Iterator[Any] = fastavro.reader(content)
        for record in records:
            yield from (str(value) for value in record.values())


def avro_polars(path: str) -> Iterator[Any]:
    import polars

    for column in polars.read_avro(path).get_columns():
        yield from map(str, column.to_list())


def html_selectolax(path: str) -> Iterator[Any]:
    from selectolax.lexbor import LexborHTMLParser

    with open(path, "rb") as content:
        tree = LexborHTMLParser(content.read())
    yield tree.root.text(separator="\n")
    for node in tree.css("[href],[title]"):
        yield from (value for value in node.attributes.values() if value)


def html_bs4(path: str) -> Iterator[Any]:
    import bs4

    with open(path, "rb") as content:
        tree = bs4.BeautifulSoup(content.read(), "lxml")
    yield tree.get_text("\n")
    for tag in tree.find_all(True):
        yield from map(str, tag.attrs.values())


def html_lxml(path: str) -> Iterator[Any]:
    from lxml import html

    for element in html.parse(path).getroot().iter():
        yield from element.attrib.values()
        yield from (text for text in (element.text, element.tail) if text)


def ics_icalendar(path: str) -> Iterator[Any]:
    import icalendar

    with open(path, "rb") as content:
        for component in icalendar.Calendar.from_ical(content.read()).walk():
            yield from (str(value) for _, value in component.property_items(recursive=False))


def ics_vobject(path: str) -> Iterator[Any]:
    return _vobject(path)


def vcf_vobject(path: str) -> Iterator[Any]:
    return _vobject(path)


def _vobject(path: str) -> Iterator[Any]:
    import vobject

    with open(path, encoding="utf-8") as content:
        for component in vobject.readComponents(content.read()):
            waiting = [component]
            while waiting:
                for child in waiting.pop().getChildren():
                    if isinstance(child, vobject.base.Component):
                        waiting.append(child)
                    else:
                        yield str(child.value)


def vcf_icalendar(path: str) -> Iterator[Any]:
    import icalendar

    with open(path, "rb") as content:
        for component in icalendar.Component.from_ical(content.read(), multiple=True):
            yield from (str(value) for _, value in component.property_items(recursive=False))


def zip_zipfile(path: str) -> Iterator[Any]:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield archive.read(name).decode("utf-8", "replace")


def zip_bsdtar(path: str) -> Iterator[Any]:
    return command(["bsdtar", "-xOf", path])


def sevenzip_py7zr(path: str) -> Iterator[Any]:
    import py7zr
    from py7zr.io import BytesIOFactory

    factory = BytesIOFactory(1 << 40)
    with py7zr.SevenZipFile(path) as archive:
        archive.extractall(factory=factory)
    for member in factory.products.values():
        member.seek(0)
        yield member.read().decode("utf-8", "replace")


def sevenzip_bsdtar(path: str) -> Iterator[Any]:
    return command(["bsdtar", "-xOf", path])


def command(arguments: list[str]) -> Iterator[str]:
    """The output of a program, block by block."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout as output:
        while block := output.read(1 << 16):
            yield block.decode("utf-8", "replace")
    if process.wait():
        raise OSError("the program failed")
