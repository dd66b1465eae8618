"""Avro schemas compiled into readers of records, which put every value into the column of its path.

Works on the bytes of one block. Counts and lengths are checked against what is left of the block before anything is
read by them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.arrow_text import plain
from pii_scan.extract.cell_batches import Cells, Column, Piece

MAX_COLUMNS = 20_000
_LONGS = {
    "date": pa.date32(), "time-millis": pa.time32("ms"), "time-micros": pa.time64("us"),
    "timestamp-millis": pa.timestamp("ms"), "timestamp-micros": pa.timestamp("us"),
    "timestamp-nanos": pa.timestamp("ns"), "local-timestamp-millis": pa.timestamp("ms"),
    "local-timestamp-micros": pa.timestamp("us"), "local-timestamp-nanos": pa.timestamp("ns"),
}  # fmt: skip
_FLOATS = {"float": (pa.float32(), struct.Struct("<f")), "double": (pa.float64(), struct.Struct("<d"))}
_PRIMITIVE = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
_TEXT, _BYTES = "text", "bytes"

Read = Callable[[bytes, int], int]
"""Reads one value of a block from an offset, and gives the offset after it."""


class Damaged(ValueError):
    """A block does not hold what the schema says."""


def read_long(data: bytes, at: int) -> tuple[int, int]:
    """A zigzag varint (Avro specification 1.11, "Binary Encoding") of 64 bits, and the offset after it."""
    byte = data[at]
    at += 1
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at
    value, shift = byte & 0x7F, 7
    while byte >= 0x80:
        if shift > 63:
            raise Damaged
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
    value &= 0xFFFFFFFFFFFFFFFF
    return (value >> 1) ^ -(value & 1), at


@dataclass(slots=True)
class _Values:
    """The values of one column that were not given out yet, and their rows."""

    column: Column
    kind: pa.DataType | str
    """UTF-8 texts, bytes of any kind, or the Arrow type that numbers stand for."""
    values: list[Any] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def pieces(self, cells: Cells) -> Iterator[Piece]:
        """The cells; the column is empty afterwards."""
        rows, values = np.array(self.rows, np.int64), self.values.copy()
        self.values.clear()  # the readers hold these lists
        self.rows.clear()
        if self.kind == _BYTES:
            yield from cells.values(self.column, values, rows)
        elif self.kind == _TEXT:
            yield from cells.array(self.column, pa.array(values, pa.large_binary()).view(pa.large_string()), rows)
        else:
            for start, array in plain(_typed(values, self.kind)):
                yield from cells.array(self.column, array, rows[start : start + len(array)])


def _typed(values: list[Any], kind: Any) -> pa.Array:
    if pa.types.is_floating(kind):
        return pa.array(values, kind)
    longs = pa.array(values, pa.int64())
    try:
        narrow = pa.types.is_date32(kind) or pa.types.is_time32(kind)
        return (longs.cast(pa.int32()) if narrow else longs).cast(kind)
    except pa.ArrowInvalid:
        return longs


class Records:
    """Reads records of one schema, and counts them from 1."""

    def __init__(self, schema: str | bytes) -> None:
        """Raises DocumentError: `corrupt` for what is no schema, `limit` for one with too many columns."""
        self.row = 1
        self._columns: list[_Values] = []
        self._names: dict[str, Any] = {}
        self._open: dict[str, list[Read]] = {}
        """The record types that are being compiled, and where their readers will be."""
        try:
            self._read, self._empty = self._compile(json.loads(schema), "", "")
        except (ValueError, LookupError, TypeError, AttributeError):
            raise DocumentError("corrupt", "the schema of the file cannot be read") from None

    def block(self, data: bytes, count: int) -> None:
        """Takes the records of one block. Raises Damaged, LookupError or RecursionError; what came before stays."""
        if self._empty:
            self.row += count
            return
        if not 0 <= count <= len(data):
            raise Damaged
        at, read = 0, self._read
        for _ in range(count):
            at = read(data, at)
            self.row += 1
        if at != len(data):
            raise Damaged

    def pieces(self, cells: Cells) -> Iterator[Piece]:
        """All columns as cells; they are empty afterwards."""
        for column in self._columns:
            if column.values:
                yield from column.pieces(cells)

    def _compile(self, schema: Any, path: str, space: str) -> tuple[Read, bool]:
        """A reader of a schema's values, and whether they take no bytes. `space`: the namespace around it."""
        if isinstance(schema, list):
            return _union([self._compile(item, path, space)[0] for item in schema]), False
        if not isinstance(schema, dict):
            schema = {"type": schema}
        kind = schema["type"]
        if isinstance(kind, dict | list):
            return self._compile(kind, path, space)
        if kind in _PRIMITIVE:
            return self._primitive(kind, schema, path), kind == "null"
        if kind == "array":
            return _array(*self._compile(schema["items"], path, space)), False
        if kind == "map":
            key = self._bytes(_inner(path, "key"), _TEXT)
            value, _ = self._compile(schema["values"], _inner(path, "value"), space)
            return _array(lambda data, at: value(data, key(data, at)), False), False
        if kind in ("record", "error", "enum", "fixed"):
            name = str(schema["name"])
            if "." not in name and (around := schema.get("namespace", space)):
                name = f"{around}.{name}"
            self._names[name] = schema
        else:
            name = f"{space}.{kind}" if f"{space}.{kind}" in self._names else kind
        return self._named(name, path)

    def _named(self, name: str, path: str) -> tuple[Read, bool]:
        schema = self._names[name]
        if schema["type"] == "enum":
            return self._enum(path, [str(symbol).encode("utf-8", "replace") for symbol in schema["symbols"]]), False
        if schema["type"] == "fixed":
            return self._fixed(path, int(schema["size"]), schema), int(schema["size"]) <= 0
        if name in self._open:  # a type within itself: its values go to the same columns
            place = self._open[name]
            return lambda data, at: place[0](data, at), False
        place = self._open[name] = []
        readers, empty = [], True
        for item in schema["fields"]:
            read, nothing = self._compile(item["type"], _inner(path, str(item["name"])), name.rpartition(".")[0])
            readers.append(read)
            empty = empty and nothing
        del self._open[name]

        def record(data: bytes, at: int) -> int:
            for read in readers:
                at = read(data, at)
            return at

        place.append(record)
        return record, empty

    def _column(self, path: str, kind: pa.DataType | str) -> _Values:
        if len(self._columns) >= MAX_COLUMNS:
            raise DocumentError("limit", f"a schema of more than {MAX_COLUMNS} columns")
        values = _Values(Column(len(self._columns) + 1, path), kind)
        self._columns.append(values)
        return values

    def _primitive(self, kind: str, schema: dict[str, Any], path: str) -> Read:
        if kind == "null":
            return lambda data, at: at
        if kind in ("bytes", "string"):
            decimal = kind == "bytes" and schema.get("logicalType") == "decimal"
            scale = int(schema.get("scale", 0)) if decimal else None
            return self._bytes(path, _TEXT if kind == "string" or decimal else _BYTES, scale)
        if kind == "boolean":
            return self._enum(path, [b"false", b"true"], width=1)
        if kind in _FLOATS:
            return self._float(path, *_FLOATS[kind])
        column = self._column(path, _LONGS.get(str(schema.get("logicalType")), pa.int64()))
        values, rows = column.values, column.rows

        def long(data: bytes, at: int) -> int:
            value, at = read_long(data, at)
            values.append(value)
            rows.append(self.row)
            return at

        return long

    def _bytes(self, path: str, kind: str, scale: int | None = None) -> Read:
        column = self._column(path, kind)
        values, rows = column.values, column.rows

        def text(data: bytes, at: int) -> int:
            size = data[at]
            if size < 0x80 and not size & 1:  # as most are
                size, at = size >> 1, at + 1
            else:
                size, at = read_long(data, at)
            end = at + size
            if size < 0 or end > len(data):
                raise Damaged
            if size:
                values.append(data[at:end] if scale is None else decimal_text(data[at:end], scale))
                rows.append(self.row)
            return end

        return text

    def _fixed(self, path: str, size: int, schema: dict[str, Any]) -> Read:
        if size <= 0:
            return lambda data, at: at
        scale = int(schema.get("scale", 0)) if schema.get("logicalType") == "decimal" else None
        column = self._column(path, _BYTES if scale is None else _TEXT)

        def fixed(data: bytes, at: int) -> int:
            end = at + size
            if end > len(data):
                raise Damaged
            column.values.append(data[at:end] if scale is None else decimal_text(data[at:end], scale))
            column.rows.append(self.row)
            return end

        return fixed

    def _enum(self, path: str, symbols: list[bytes], width: int = 0) -> Read:
        column = self._column(path, _TEXT)

        def enum(data: bytes, at: int) -> int:
            index, at = (data[at], at + 1) if width else read_long(data, at)
            if not 0 <= index < len(symbols):
                raise Damaged
            column.values.append(symbols[index])
            column.rows.append(self.row)
            return at

        return enum

    def _float(self, path: str, kind: pa.DataType, layout: struct.Struct) -> Read:
        column = self._column(path, kind)

        def number(data: bytes, at: int) -> int:
            if at + layout.size > len(data):
                raise Damaged
            column.values.append(layout.unpack_from(data, at)[0])
            column.rows.append(self.row)
            return at + layout.size

        return number


def _inner(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _union(readers: list[Read]) -> Read:
    def union(data: bytes, at: int) -> int:
        index, at = read_long(data, at)
        if not 0 <= index < len(readers):
            raise Damaged
        return readers[index](data, at)

    return union


def _array(item: Read, empty: bool) -> Read:
    """Blocks of items, each with its count; a negative count is followed by a size in bytes."""

    def array(data: bytes, at: int) -> int:
        while True:
            count, at = read_long(data, at)
            if count == 0:
                return at
            if count < 0:
                count = -count
                _, at = read_long(data, at)
            if empty:
                continue
            if count > len(data) - at:
                raise Damaged
            for _ in range(count):
                at = item(data, at)

    return array


def decimal_text(unscaled: bytes, scale: int) -> bytes:
    r"""A decimal (Avro specification 1.11, "Decimal"): two's complement, big-endian, `scale` digits after the point.

    >>> decimal_text(b"\x30\x39", 2), decimal_text(b"\xff", 2), decimal_text(b"\x05", 0)
    (b'123.45', b'-0.01', b'5')
    """
    value = int.from_bytes(unscaled[:64], "big", signed=True)
    digits = str(abs(value))
    if 0 < scale <= 1000:
        digits = digits.rjust(scale + 1, "0")
        digits = f"{digits[:-scale]}.{digits[-scale:]}"
    return (f"-{digits}" if value < 0 else digits).encode()
