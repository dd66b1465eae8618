"""Tables of dBase and FoxPro (DBF): every record, deleted ones too, as cells of their columns.

Memos lie in a file of their own beside the table, which is a document of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import date, timedelta
from math import isfinite

import numpy as np
import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract import charset, code_pages
from pii_scan.extract.cell_batches import Cells, Column, Piece
from pii_scan.extract.dbase_header import DbaseField, DbaseHeader, dbase_header
from pii_scan.extract.limits import size_of
from pii_scan.model import Document, Limits

_HEAD_BYTES = 64 << 10
_BATCH_BYTES = 1 << 20
_MEMOS = frozenset("MGPW")
_BINARY = {"I": 4, "+": 4, "Y": 8, "O": 8, "B": 8, "T": 8, "@": 8}
_JULIAN = 1_721_426
"""The Julian day number of 0001-01-01."""
_DAYS = date.max.toordinal()
_DAY_MILLISECONDS = 86_400_000


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """The cells. Raises DocumentError (`corrupt`, `truncated`) after what could be read."""
    content = document.content
    size = size_of(content)
    header = dbase_header(content.read(_HEAD_BYTES))
    if header is None:
        raise DocumentError("corrupt", "the header of the table is damaged")
    cells = Cells(document.ref, limits)
    width = header.record_bytes
    content.seek(header.start)
    encoding, done = None, 0
    while data := content.read(max(_BATCH_BYTES // width, 1) * width):
        count = min(len(data) // width, header.records - done) if header.records else len(data) // width
        if count <= 0:
            break
        encoding = encoding or _encoding(header, data)
        rows = np.arange(done + 1, done + count + 1, dtype=np.int64)
        for number, field in enumerate(header.fields, 1):
            if field.kind in _MEMOS or field.kind == "0":
                continue
            column = Column(number, field.name.decode(encoding, "replace").strip())
            raw = [data[at + field.at : at + field.at + field.size] for at in range(0, count * width, width)]
            texts = [_text(value, field, header, encoding) for value in raw]
            yield from cells.array(column, pa.array(texts, pa.large_string()), rows)
        done += count
    yield from cells.problems()
    missing = header.records - done
    if missing > 0 and header.start + header.records * width > size:
        raise DocumentError("truncated", f"{missing} records of the table are missing")


def _encoding(header: DbaseHeader, data: bytes) -> str:
    """By the language driver, or by what the first records look like."""
    found = code_pages.codec(header.code_page) if header.code_page else None
    return found or charset.detect(data[:_HEAD_BYTES] + b" ")


def _text(value: bytes, field: DbaseField, header: DbaseHeader, encoding: str) -> str:
    """One cell as text; dates as ISO dates. Empty where there is none."""
    kind, size = field.kind, len(value)
    if kind == "D" and size == 8 and value.isdigit():
        return f"{value[:4].decode()}-{value[4:6].decode()}-{value[6:].decode()}"
    if kind in _BINARY and size == _BINARY[kind] and not (kind == "B" and not header.fox):
        return _from_binary(value, kind, header.big)
    return value.decode(encoding, "replace").strip(" \0")


def _from_binary(value: bytes, kind: str, big: bool) -> str:
    """A number or date that is not written in digits; times of day are left out."""
    if kind in "I+":
        if big:
            return str(int.from_bytes(value, "big") - (1 << 31))
        return str(int.from_bytes(value, "little", signed=True))
    if kind == "Y":
        return str(int.from_bytes(value, "little", signed=True) / 10_000)
    if kind == "T":
        return _day(int.from_bytes(value[:4], "little") - _JULIAN)
    if big and kind != "@":
        value = bytes((value[0] ^ 0x80, *value[1:])) if value[0] & 0x80 else bytes(byte ^ 0xFF for byte in value)
    number: float = struct.unpack(">d" if big else "<d", value)[0]
    if kind == "@":
        return _day(int(abs(number) // _DAY_MILLISECONDS)) if isfinite(number) else ""
    return repr(number)


def _day(days: int) -> str:
    """The date so many days after 0001-01-01; empty where that is none."""
    return (date.min + timedelta(days)).isoformat() if 0 < days < _DAYS else ""
