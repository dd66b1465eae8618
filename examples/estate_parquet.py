"""Writes a Parquet file of text columns with the standard library: one row group, one page a column, gzip.

Format: Apache Parquet, `parquet.thrift` (metadata in Thrift's compact protocol). Gives bytes; writes nothing to disk.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence

_BYTE_ARRAY, _REQUIRED, _UTF8, _PLAIN, _RLE, _GZIP = 6, 0, 0, 0, 3, 2
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12

_Field = tuple[int, int, bytes]
"""Number, type of the compact protocol, encoded value."""


def parquet_bytes(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A Parquet file of the columns `header`, every value a text."""
    out = bytearray(b"PAR1")
    chunks = []
    total = 0
    for position, name in enumerate(header):
        values = [row[position].encode() for row in rows]
        content = b"".join(struct.pack("<I", len(value)) + value for value in values)
        packed = gzip.compress(content, mtime=0)
        page = _page_header(len(content), len(packed), len(rows))
        sizes = len(page) + len(content), len(page) + len(packed)
        total += sizes[0]
        chunks.append(_chunk(name, len(rows), sizes, len(out)))
        out += page + packed
    group = _struct([(1, _LIST, _list(_STRUCT, chunks)), (2, _I64, _int(total)), (3, _I64, _int(len(rows)))])
    root = _struct([(4, _BINARY, _binary("schema")), (5, _I32, _int(len(header)))])
    fields = [
        _struct(
            [
                (1, _I32, _int(_BYTE_ARRAY)),
                (3, _I32, _int(_REQUIRED)),
                (4, _BINARY, _binary(name)),
                (6, _I32, _int(_UTF8)),
            ]
        )
        for name in header
    ]
    footer = _struct(
        [
            (1, _I32, _int(1)),
            (2, _LIST, _list(_STRUCT, [root, *fields])),
            (3, _I64, _int(len(rows))),
            (4, _LIST, _list(_STRUCT, [group])),
        ]
    )
    return bytes(out) + footer + struct.pack("<I", len(footer)) + b"PAR1"


def _page_header(plain: int, packed: int, rows: int) -> bytes:
    data = _struct([(1, _I32, _int(rows)), (2, _I32, _int(_PLAIN)), (3, _I32, _int(_RLE)), (4, _I32, _int(_RLE))])
    return _struct([(1, _I32, _int(0)), (2, _I32, _int(plain)), (3, _I32, _int(packed)), (5, _STRUCT, data)])


def _chunk(name: str, rows: int, sizes: tuple[int, int], offset: int) -> bytes:
    metadata = _struct(
        [
            (1, _I32, _int(_BYTE_ARRAY)),
            (2, _LIST, _list(_I32, [_int(_PLAIN)])),
            (3, _LIST, _list(_BINARY, [_binary(name)])),
            (4, _I32, _int(_GZIP)),
            (5, _I64, _int(rows)),
            (6, _I64, _int(sizes[0])),
            (7, _I64, _int(sizes[1])),
            (9, _I64, _int(offset)),
        ]
    )
    return _struct([(2, _I64, _int(offset)), (3, _STRUCT, metadata)])


def _struct(fields: Sequence[_Field]) -> bytes:
    """Fields in ascending order, each with the step from the one before, and the end."""
    out, last = bytearray(), 0
    for number, kind, value in fields:
        out.append((number - last) << 4 | kind)
        out += value
        last = number
    return bytes(out) + b"\0"


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + _varint(len(items))
    return head + b"".join(items)


def _binary(text: str) -> bytes:
    data = text.encode()
    return _varint(len(data)) + data


def _int(value: int) -> bytes:
    """A number that is not negative, in zigzag."""
    return _varint(value << 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
