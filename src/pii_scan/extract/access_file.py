"""Access databases (MDB, ACCDB): the rows of every table, long texts and attachments included.

Own reader, page by page. Queries, forms, reports and modules are not taken apart: their definitions come as the rows of
the system tables. Deleted rows are not read.
"""

from __future__ import annotations

import io
import struct
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, cast

import numpy as np

from pii_scan.extract import charset
from pii_scan.extract.access_pages import AccessColumn, Pages, Row
from pii_scan.extract.avro_records import decimal_text
from pii_scan.extract.cell_batches import CELL_TYPES, Cells, Column, Piece
from pii_scan.extract.database_rows import column_pieces
from pii_scan.extract.limits import MemberNames, Spool, Window, size_of
from pii_scan.extract.media_type import identify
from pii_scan.extract.ole_objects import from_ole1
from pii_scan.extract.text import read_head, text_batches
from pii_scan.model import Document, Limits, Problem, ProblemCode, Stage

_BOOL, _BYTE, _INT, _LONG, _MONEY, _FLOAT, _DOUBLE, _DATE, _BINARY, _TEXT, _OLE, _MEMO = range(1, 13)
_GUID, _NUMERIC, _COMPLEX, _BIG, _EXTENDED_DATE = 15, 16, 18, 19, 20
_NUMBERS = {_BYTE: "<B", _INT: "<h", _LONG: "<i", _FLOAT: "<f", _DOUBLE: "<d", _BIG: "<q"}
_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_CATALOG_PAGE = 2
_INLINE, _ONE_PAGE, _LENGTH = 0x80000000, 0x40000000, 0x3FFFFFFF
_BATCH_BYTES = 1 << 20
_BATCH_ROWS = 4096
_OBJECT = b"\x15\x1c"
_MAX_SAID = 50


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """The cells of a Jet 3, Jet 4 or ACE database; `sheet` is the table, rows count from 1 in the order of its pages.

    Raises DocumentError: `truncated`, `encrypted`.
    """
    yield from _Access(document, limits).read()


class _Access:
    """One database on its way through."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self._ref = document.ref
        self._limits = limits
        self._pages = Pages(document.content, size_of(document.content))
        self._cells = Cells(document.ref, limits)
        self._objects = MemberNames()
        self._damaged = 0

    def read(self) -> Iterator[Piece]:
        """Every table."""
        self._pages.find_rows()
        names = self._names()
        problems = 0
        for number, page in enumerate(sorted(self._pages.owned), 1):
            if page < _CATALOG_PAGE:  # bitmaps of pages in use
                continue
            self._damaged = 0
            yield from self._table(names.get(page, f"table {number}"), page)
            problems += bool(self._damaged)
            if self._damaged and problems <= _MAX_SAID:
                yield self._problem(f"table {number}: {self._damaged} rows or pages cannot be read")
        if problems > _MAX_SAID:
            yield self._problem(f"{problems - _MAX_SAID} more tables cannot be read in whole")
        if _CATALOG_PAGE not in self._pages.owned:
            yield self._problem("the list of the tables is missing")
        yield from self._cells.problems()

    def _problem(self, detail: str) -> Problem:
        return Problem(self._ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)

    def _names(self) -> dict[int, str]:
        """Names of tables by the page of their definition: MSysObjects, which is always on page 2."""
        names = {_CATALOG_PAGE: "MSysObjects"}
        columns = {column.name: column for column in self._columns(_CATALOG_PAGE)}
        wanted = [columns.get(name) for name in ("Id", "Name", "Type")]
        for page in self._pages.owned.get(_CATALOG_PAGE, ()):
            for row in self._pages.rows(page):
                if row is None or None in wanted:
                    continue
                identity, name, kind = (self._value(row, column) for column in wanted if column is not None)
                if kind == 1 and isinstance(identity, int) and isinstance(name, str):
                    names[identity & 0xFFFFFF] = name
        return names

    def _columns(self, page: int) -> list[AccessColumn]:
        try:
            return self._pages.columns(page)
        except (IndexError, struct.error, UnicodeError):
            return []

    def _table(self, name: str, page: int) -> Iterator[Piece]:
        columns = self._columns(page)
        if not columns:
            self._damaged = len(self._pages.owned[page])
            return
        system = name.startswith("MSys")
        held: list[list[Any]] = []
        size, first = 0, 1
        for number in self._pages.owned[page]:
            for row in self._pages.rows(number):
                values: list[Any] = []
                for index, column in enumerate(columns, 1):
                    value = (
                        None if row is None or (system and column.kind in (_OLE, _BINARY)) else self._value(row, column)
                    )
                    if isinstance(value, _Long):
                        yield from self._long(Column(index, column.name, name), column, value, first + len(held))
                        value = None
                    elif column.kind == _OLE and isinstance(value, bytes) and value.startswith(_OBJECT):
                        path = f"{name}/rows/{first + len(held)}/{column.name}"
                        yield from self._object(io.BytesIO(value), path)
                        value = None
                    values.append(value)
                    size += len(value) if isinstance(value, str | bytes) else 8
                self._damaged += row is None
                held.append(values)
            if size >= _BATCH_BYTES or len(held) >= _BATCH_ROWS:
                yield from self._batch(name, columns, held, first)
                first, held, size = first + len(held), [], 0
        yield from self._batch(name, columns, held, first)

    def _batch(self, table: str, columns: list[AccessColumn], held: list[list[Any]], first: int) -> Iterator[Piece]:
        rows = np.arange(first, first + len(held), dtype=np.int64)
        for index, values in enumerate(zip(*held, strict=True)):
            yield from column_pieces(self._cells, Column(index + 1, columns[index].name, table), values, rows)

    def _value(self, row: Row, column: AccessColumn) -> Any:
        """A value as text, number or bytes; None for null; a `_Long` for what is too large to be held."""
        present = row.present(column)
        if column.kind == _BOOL:
            return "true" if present else "false"
        raw = row.value(column) if present else b""
        if not raw:
            return None
        try:
            if column.kind in (_MEMO, _OLE):
                return self._of_long(raw, column)
            return self._plain(raw, column)
        except (struct.error, OverflowError, ValueError):
            self._damaged += 1
            return None

    def _plain(self, raw: bytes, column: AccessColumn) -> Any:
        kind = column.kind
        if kind == _TEXT:
            return self._text(raw)
        if kind in _NUMBERS:
            number = struct.unpack_from(_NUMBERS[kind], raw)[0]
            return float(str(np.float32(number))) if kind == _FLOAT else number
        if kind == _MONEY:
            return decimal_text(raw[:8][::-1], 4).decode()
        if kind == _DATE:
            return moment(struct.unpack_from("<d", raw)[0])
        if kind == _GUID and len(raw) == 16:
            return str(uuid.UUID(bytes_le=raw))
        if kind == _NUMERIC and len(raw) >= 17:
            groups = struct.unpack_from(">4I", b"".join(raw[i : i + 4][::-1] for i in range(1, 17, 4)))
            digits = decimal_text(b"\0" + struct.pack(">4I", *groups), column.scale).decode()
            return f"-{digits}" if raw[0] & 0x80 else digits
        if kind == _COMPLEX:
            return None  # a number that joins a table of its own, which is read as any other
        return raw.decode("ascii", "replace").strip("\0") if kind == _EXTENDED_DATE else raw

    def _text(self, raw: bytes) -> str:
        if self._pages.jet3:
            return raw.decode(self._pages.encoding, "replace")
        return unpacked(raw) if raw[:2] == b"\xff\xfe" else raw.decode("utf-16-le", "replace")

    def _of_long(self, raw: bytes, column: AccessColumn) -> Any:
        """The value of a memo or OLE column from its header of 12 bytes."""
        length, pointer = struct.unpack_from("<II", raw)
        size = length & _LENGTH
        if length & _INLINE:
            return self._made(raw[12 : 12 + size], column)
        long = _Long(pointer, not length & _ONE_PAGE, size)
        if size > self._limits.max_value_bytes // 4:
            return long
        data = b"".join(self._pages.long_value(long.pointer, long.chained, long.size))
        self._damaged += len(data) < size
        return self._made(data, column)

    def _made(self, data: bytes, column: AccessColumn) -> Any:
        if column.kind == _MEMO:
            return self._text(data)
        return opened(data, self._limits.max_value_bytes)

    def _long(self, column: Column, definition: AccessColumn, long: _Long, row: int) -> Iterator[Piece]:
        """A value that is read a piece at a time."""
        store = Spool(self._limits.spool_bytes)
        try:
            for piece in self._pages.long_value(long.pointer, long.chained, long.size):
                store.write(piece)
        except BaseException:
            store.close()
            raise
        self._damaged += store.size < long.size
        content = store.finish()
        path = f"{column.sheet}/rows/{row}/{column.header}"
        ref = self._ref.member(path, store.size)
        if definition.kind == _OLE and content.read(2) == _OBJECT:
            yield from self._object(content, path)
            return
        if definition.kind != _MEMO and identify(Document(ref, content)) not in CELL_TYPES:
            content.seek(0)
            yield Document(ref, content)
            return
        content.seek(0)
        with content:
            encoding = (
                "utf-16-le" if definition.kind == _MEMO and not self._pages.jet3 else charset.detect(read_head(content))
            )
            part = f"{column.sheet}, {column.header}, row {row}"
            yield from text_batches(content, encoding, part=part, limits=self._limits)

    def _object(self, content: BinaryIO, path: str) -> Iterator[Piece]:
        """An OLE object behind the header that Access writes, which begins with its own length."""
        content.seek(2)
        skipped = int.from_bytes(content.read(2), "little")
        window = cast(BinaryIO, Window(content, skipped, size_of(content) - skipped))
        with content:
            yield from from_ole1(self._ref, window, path, self._objects, self._limits)


class _Long:
    """Where a long value lies."""

    __slots__ = ("chained", "pointer", "size")

    def __init__(self, pointer: int, chained: bool, size: int) -> None:
        self.pointer, self.chained, self.size = pointer, chained, size


def unpacked(raw: bytes) -> str:
    r"""Text in the compression of Jet 4: one byte a letter, zero bytes switch to UTF-16 and back.

    >>> unpacked(b"\xff\xfeKari \x00\x53\x01\x00 N")
    'Kari œ N'
    """
    out, at, packed = bytearray(), 2, True
    while at < len(raw):
        if raw[at] == 0:
            packed = not packed
            at += 1
        elif packed:
            end = raw.find(b"\0", at)
            end = len(raw) if end < 0 else end
            out += b"".join(bytes((byte, 0)) for byte in raw[at:end])
            at = end
        else:
            out += raw[at : at + 2]
            at += 2
    return out.decode("utf-16-le", "replace")


def moment(days: float) -> str:
    """A date and time as days since 1899-12-30; the time counts forward on days before that too.

    >>> moment(29434.0), moment(29434.5), moment(-1.25)
    ('1980-08-01', '1980-08-01 12:00:00', '1899-12-29 06:00:00')
    """
    whole = int(days)
    at = _EPOCH + timedelta(days=whole, seconds=round(abs(days - whole) * 86400))
    return at.date().isoformat() if days == whole else at.replace(tzinfo=None).isoformat(" ")


def opened(data: bytes, limit: int) -> bytes:
    """The file in a field of attachments, without what is written before it; anything else as it is."""
    if len(data) > 20 and data[:4] in (b"\1\0\0\0", b"\0\0\0\0"):
        inner = data[8:]
        if data[0]:
            try:
                inner = zlib.decompressobj().decompress(inner, limit)
            except zlib.error:
                return data
        (head,) = struct.unpack_from("<I", inner) if len(inner) >= 4 else (0,)
        if 4 < head < min(len(inner), 1024):
            return inner[head:]
    return data
