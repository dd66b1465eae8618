"""Makes the files of the extraction benchmark from a seed: rows of invented people, in formats of data and markup."""

from __future__ import annotations

import base64
import functools
import json
import random
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
from corpora import CSV_HEADER, sample
from pyarrow import parquet

NAMES = CSV_HEADER.split(";")
_POOL_LINES = 20_000
_PAGE_LINES = 50

Row = list[str]


def rows(size_bytes: int, seed: int) -> Iterator[Row]:
    """Rows of nine cells, of about `size_bytes` in all."""
    pool = _pool()
    rng = random.Random(seed)
    written = 0
    while written < size_bytes:
        row = rng.choice(pool)
        written += sum(map(len, row)) + len(row)
        yield row


@functools.cache
def _pool() -> list[Row]:
    return [line.split(";") for line in sample("csv", "medium", _POOL_LINES)]


def blocks(source: Iterator[Row], count: int) -> Iterator[list[Row]]:
    """The rows, so many at a time."""
    block: list[Row] = []
    for row in source:
        block.append(row)
        if len(block) == count:
            yield block
            block = []
    if block:
        yield block


def _json(path: Path, source: Iterator[Row]) -> None:
    """One array of objects, one line, non-ASCII letters escaped, with a record in a string now and then."""
    with path.open("w", encoding="ascii") as out:
        separator = "["
        for number, row in enumerate(source):
            record: dict[str, object] = dict(zip(NAMES, row, strict=True))
            if number % 10 == 0:
                record["AuditData"] = json.dumps({"bruker": row[1], "post": row[3]})
            out.write(separator + json.dumps(record))
            separator = ","
        out.write("]\n")


def _xml(path: Path, source: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<personer>\n')
        for row in source:
            inner = "".join(f"<{n}>{escape(v)}</{n}>" for n, v in zip(NAMES[1:], row[1:], strict=True))
            out.write(f"<person id={quoteattr(row[0])}>{inner}</person>\n")
        out.write("</personer>\n")


def _parquet(path: Path, source: Iterator[Row]) -> None:
    schema = pa.schema([(name, pa.string()) for name in NAMES])
    with parquet.ParquetWriter(path, schema) as writer:
        for block in blocks(source, 100_000):
            columns = [pa.array(column) for column in zip(*block, strict=True)]
            writer.write_batch(pa.record_batch(columns, schema))


def _sqlite(path: Path, source: Iterator[Row]) -> None:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE personer ({', '.join(NAMES)})")
        connection.executemany(f"INSERT INTO personer VALUES ({','.join('?' * len(NAMES))})", source)
    connection.close()


def mail_message(number: int, block: list[Row]) -> str:
    """A message of a mailbox with a text part, a web page and an attachment in base64; half, a quarter, a quarter."""
    half, rest = len(block) // 2, len(block) * 3 // 4
    text = "\n".join("; ".join(row) for row in block[:half])
    lines = "".join(f"<p>{escape('; '.join(row))}</p>\n" for row in block[half:rest])
    page = f"<html><body>{lines}</body></html>"
    table = "\n".join(";".join(row) for row in block[rest:])
    packed = base64.encodebytes(table.encode()).decode()
    return (
        f"From a@example.no Thu Jan  1 00:00:00 2026\nFrom: Kari <a@example.no>\nTo: b@example.no\n"
        f"Subject: Liste {number}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=X{number}\n\n"
        f"--X{number}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f"--X{number}\nContent-Type: text/html; charset=utf-8\n\n{page}\n"
        f"--X{number}\nContent-Type: text/csv\nContent-Disposition: attachment; filename=liste.csv\n"
        f"Content-Transfer-Encoding: base64\n\n{packed}\n--X{number}--\n\n"
    )


def _mbox(path: Path, source: Iterator[Row]) -> None:
    """Messages of forty rows."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for number, block in enumerate(blocks(source, 40)):
            out.write(mail_message(number, block))


def _avro(path: Path, source: Iterator[Row]) -> None:
    """Records of nine strings, deflated (Apache Avro 1.11, object container files)."""
    fields = [{"name": name, "type": "string"} for name in NAMES]
    schema = json.dumps({"type": "record", "name": "person", "fields": fields}).encode()
    sync = bytes(range(16))

    def text(data: bytes) -> bytes:
        return _long(len(data)) + data

    with path.open("wb") as out:
        metadata = text(b"avro.schema") + text(schema) + text(b"avro.codec") + text(b"deflate")
        out.write(b"Obj\x01" + _long(2) + metadata + b"\0" + sync)
        for block in blocks(source, 1000):
            packer = zlib.compressobj(6, zlib.DEFLATED, -15)
            data = packer.compress(b"".join(text(cell.encode()) for row in block for cell in row)) + packer.flush()
            out.write(_long(len(block)) + text(data) + sync)


def _long(value: int) -> bytes:
    """A number as Avro writes it: zigzag, seven bits a byte."""
    value <<= 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _html(path: Path, source: Iterator[Row]) -> None:
    """A page with a table: a tag for every cell, a link and a title in each row."""
    with path.open("w", encoding="utf-8") as out:
        out.write('<!DOCTYPE html><html><head><meta charset="utf-8"><title>personer</title></head><body><table>\n')
        for row in source:
            cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
            link = f"<td><a href={quoteattr('mailto:' + row[3])}>post</a></td>"
            out.write(f"<tr title={quoteattr(row[1])}>{cells}{link}</tr>\n")
        out.write("</table></body></html>\n")


def _contacts(path: Path, source: Iterator[Row]) -> None:
    """VCard 3.0."""
    with path.open("w", encoding="utf-8", newline="\r\n") as out:
        for row in source:
            note = "\\, ".join(row[5:])
            out.write(f"BEGIN:VCARD\nVERSION:3.0\nN:{row[1]};;;;\nFN:{row[1]}\nEMAIL;TYPE=work:{row[3]}\n")
            out.write(f"TEL:{row[4]}\nNOTE:{note}\nEND:VCARD\n")


def _calendar(path: Path, source: Iterator[Row]) -> None:
    """ICalendar 2.0."""
    with path.open("w", encoding="utf-8", newline="\r\n") as out:
        out.write("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//eksempel//NO\n")
        for row in source:
            note = "\\, ".join(row[5:])
            out.write(f"BEGIN:VEVENT\nUID:{row[0]}\nDTSTAMP:20260105T100000Z\nSUMMARY:{row[1]}\n")
            out.write(f"ATTENDEE;CN=x:mailto:{row[3]}\nDESCRIPTION:{note}\nEND:VEVENT\n")
        out.write("END:VCALENDAR\n")


def _xlsx(path: Path, source: Iterator[Row]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("personer")
    sheet.append(NAMES)
    for row in source:
        sheet.append([int(row[0]), *row[1:]])
    book.save(path)


def _pdf(path: Path, source: Iterator[Row]) -> None:
    """Pages of text lines in one font (ISO 32000-1), each a compressed stream."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]  # fmt: skip
    kids = []
    for block in blocks(source, _PAGE_LINES):
        lines = ["; ".join(row).replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for row in block]
        content = "BT /F 8 Tf 20 820 Td 16 TL " + " ".join(f"({line}) '" for line in lines) + " ET"
        packed = zlib.compress(content.encode("cp1252", "replace"))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (len(objects) + 2)
        )
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
    with path.open("wb") as out:
        out.write(b"%PDF-1.4\n")
        places = []
        for number, body in enumerate(objects, 1):
            places.append(out.tell())
            out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        table = out.tell()
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
        out.writelines(b"%010d 00000 n \n" % place for place in places)
        out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table))


MAKERS: dict[str, Callable[[Path, Iterator[Row]], None]] = {
    "json": _json, "xml": _xml, "avro": _avro, "html": _html, "vcf": _contacts, "ics": _calendar,
    "parquet": _parquet, "sqlite": _sqlite, "mbox": _mbox, "xlsx": _xlsx, "pdf": _pdf,
}  # fmt: skip
