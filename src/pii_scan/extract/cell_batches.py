"""Cells of tables that are read by column (Parquet, Avro, SQLite, SQL dumps) as batches, and what lies in binary ones.

A binary value that is text is a cell; one of a known format is a member `rows/12/column`; of any other the readable
stretches are given and the column is reported. Nulls and empty cells are left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.extract import cell_json, charset, media_type, percent, signatures
from pii_scan.extract.arrow_text import PIECE_BYTES, is_binary
from pii_scan.extract.text import piece_batch, pieces
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, DocumentRef, Limits, Problem, ProblemCode, RowKeys, Stage

Piece = ChunkBatch | Document | Problem
Rows = npt.NDArray[np.int64]

KEY_BYTES = 64
"""Binary values up to so many bytes that are not text are taken for keys (UUIDs, hashes) and written in hexadecimal."""
_CELL_TEXT_BYTES = 512
"""Longer binary values that are text are looked at as documents of their own: mail, web pages, rich text."""
CELL_TYPES = {media_type.TEXT, media_type.CSV, media_type.JSON, media_type.JSON_LINES}
"""What a binary value is read as a cell of."""
_LOOSE = re.compile(
    rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){5,}+|"
    rb"(?:[\x20-\x7e\xa0-\xff]\x00){5,}+"
)
_LETTER = re.compile(rb"[A-Za-z0-9 ]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one table."""

    number: int
    """1-based."""
    header: str
    sheet: str = ""
    table_headers: tuple[str, ...] = ()
    comment: str = ""
    keys: RowKeys | None = field(default=None, compare=False)
    dull: bool = field(default=False, compare=False)
    """As in `ColumnOrigin`, this and those before it."""


class Cells:
    """Makes the pieces of the columns of one document, and keeps count of what could not be read."""

    def __init__(self, ref: DocumentRef, limits: Limits, member_path: str = "rows/{row}/{header}") -> None:
        """`member_path`: what a document in a cell is called."""
        self._ref = ref
        self._limits = limits
        self._member_path = member_path
        self._unknown: dict[Column, int] = {}

    def array(self, column: Column, array: pa.Array, rows: Rows) -> Iterator[Piece]:
        """The cells of an array of texts or bytes that may be large. `rows`: the row of each."""
        if array.null_count:
            rows = rows[array.is_valid().to_numpy(zero_copy_only=False)]
            array = array.drop_null()
        if is_binary(array.type):
            text = _as_text(array)
            if text is None:
                yield from self.values(column, array.to_pylist(), rows)
                return
            array = text
        lengths = pc.binary_length(array).to_numpy(zero_copy_only=False)
        if not lengths.all():
            filled = lengths > 0
            array, rows, lengths = array.filter(pa.array(filled)), rows[filled], lengths[filled]
        array = percent.decode_cells(cell_json.decoded(sound(array)))
        lengths = pc.binary_length(array).to_numpy(zero_copy_only=False)
        for start, end in _runs(lengths, self._limits.max_value_bytes):
            if lengths[start] > self._limits.max_value_bytes:
                yield from self._long(column, array[start].as_buffer().to_pybytes(), int(rows[start]))
            else:
                yield ChunkBatch(array.slice(start, end - start), _origin(column, rows[start:end]))

    def unwritten(self, column: Column, count: int) -> ChunkBatch:
        """Filled cells that no one looks at, as nulls."""
        return ChunkBatch(pa.nulls(count, pa.large_string()), _origin(column, np.arange(1, count + 1)))

    def path(self, column: Column, row: int) -> str:
        """What a document in a cell is called."""
        path = self._member_path.format(row=row, header=column.header or str(column.number))
        return f"{column.sheet}/{path}" if column.sheet else path

    def texts(self, column: Column, texts: Sequence[str], rows: Rows) -> Iterator[Piece]:
        """The cells of a list of texts."""
        if texts:
            yield from self.array(column, pa.array(texts, pa.large_string()), rows)

    def values(self, column: Column, values: Sequence[bytes | None], rows: Rows) -> Iterator[Piece]:
        """The cells of a list of byte strings of any kind."""
        texts: list[bytes] = []
        places: list[int] = []
        for value, row in zip(values, rows.tolist(), strict=True):
            if not value:
                continue
            text, member = self._look(column, value)
            if member:
                yield Document(self._ref.member(self.path(column, row), len(value)), io.BytesIO(value))
            elif text:
                texts.append(text)
                places.append(row)
        if texts:
            yield from self.array(column, pa.array(texts, pa.large_binary()).view(pa.large_string()), np.array(places))

    def _look(self, column: Column, value: bytes) -> tuple[bytes, bool]:
        """What can be read of a binary value, and whether it is a document of its own."""
        if len(value) <= KEY_BYTES:
            text = _small_text(value)
            return (value.hex().encode() if text is None else text), False
        head = value[: media_type.HEAD_BYTES]
        decoded = None if _surely_binary(head[:512]) else media_type.decode_head(head)
        if decoded is not None and len(value) <= _CELL_TEXT_BYTES:
            return charset.to_utf8(value, charset.detect(head)), False
        kind = signatures.binary_type(head, decoded is not None)
        if kind is None and decoded is not None:
            name = DocumentRef("", "")
            kind = media_type.identify(Document(name, io.BytesIO(value)))
        if kind in CELL_TYPES:
            return charset.to_utf8(value, charset.detect(head)), False
        if kind is not None and kind != media_type.UNKNOWN:
            return b"", True
        self._unknown[column] = self._unknown.get(column, 0) + 1
        return loose_text(value), False

    def _long(self, column: Column, value: bytes, row: int) -> Iterator[Piece]:
        """A value that is too long for a cell, as text of its own."""
        name = f"{column.sheet}, {column.header}" if column.sheet else column.header
        for piece in pieces([value], 1, self._limits.max_value_bytes):
            yield piece_batch(piece, f"{name}, row {row}")

    def problems(self) -> Iterator[Problem]:
        """What was left out; to be asked once, at the end."""
        for column, count in self._unknown.items():
            detail = f"column {column.number}: {count} binary values of an unknown format, read for loose text only"
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)
        self._unknown = {}


def _origin(column: Column, rows: Rows) -> ColumnOrigin:
    first = int(rows[0]) if len(rows) else 1
    running = not len(rows) or int(rows[-1]) - first == len(rows) - 1 and bool((np.diff(rows) == 1).all())
    return ColumnOrigin(
        column.number, column.header, column.sheet, first, None if running else rows, column.table_headers,
        column.comment, column.keys, column.dull,
    )  # fmt: skip


def _runs(lengths: npt.NDArray[np.int64], limit: int) -> Iterator[tuple[int, int]]:
    """Cuts cells into runs of about 1 MiB; a cell longer than `limit` bytes stands alone."""
    if not len(lengths):
        return
    lengths = lengths.astype(np.int64)
    ends = np.cumsum(lengths)
    overlong = np.flatnonzero(lengths > limit)
    start = 0
    while start < len(lengths):
        if lengths[start] > limit:
            yield start, start + 1
            start += 1
            continue
        before = int(ends[start]) - int(lengths[start])
        end = max(int(np.searchsorted(ends, before + PIECE_BYTES, side="right")), start + 1)
        after = int(np.searchsorted(overlong, start))
        if after < len(overlong):
            end = min(end, int(overlong[after]))
        yield start, end
        start = end


def sound(array: pa.Array) -> pa.Array:
    """An array of texts without nulls as valid UTF-8 without NUL; what is not UTF-8 is repaired value by value."""
    wide = pa.types.is_large_string(array.type)
    offsets = np.frombuffer(array.buffers()[1] or b"\0" * 8, np.int64 if wide else np.int32)
    offsets = offsets[array.offset : array.offset + len(array) + 1]
    if not len(array) or offsets[0] == offsets[-1]:
        return array
    first, last = int(offsets[0]), int(offsets[-1])
    data = array.buffers()[2].slice(first, last - first).to_pybytes()
    if not data.isascii() and not _is_utf8(data, offsets[:-1] - first):
        binary = array.cast(pa.large_binary() if wide else pa.binary())
        values = [charset.to_utf8(value, "utf-8") for value in binary.to_pylist()]
        return pa.array(values, pa.large_binary()).view(pa.large_string())
    if b"\0" not in data and not first and array.buffers()[2].size == last:
        return array
    # Buffers of its own, of just this text: what comes after looks at buffers.
    buffers = [None, pa.py_buffer((offsets - first).astype(offsets.dtype)), pa.py_buffer(data.replace(b"\0", b" "))]
    return pa.Array.from_buffers(array.type, len(array), buffers, 0)


def _is_utf8(data: bytes, starts: npt.NDArray[Any]) -> bool:
    """Whether each of the texts in `data` is UTF-8: all of it is, and none begins within a character."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    view = np.frombuffer(data, np.uint8)
    return not ((view[starts[starts < len(view)]] & 0xC0) == 0x80).any()


def _as_text(array: pa.Array) -> pa.Array | None:
    """A binary array whose values are all short plain texts, as text."""
    if not len(array) or int(pc.max(pc.binary_length(array)).as_py()) > _CELL_TEXT_BYTES:
        return None
    try:
        text = array.cast(pa.large_string() if pa.types.is_large_binary(array.type) else pa.string())
    except pa.ArrowInvalid:
        return None
    offsets = np.frombuffer(array.buffers()[1], np.int64 if pa.types.is_large_binary(array.type) else np.int32)
    first, last = int(offsets[array.offset]), int(offsets[array.offset + len(array)])
    if first == last:
        return text
    return None if _CONTROL.search(array.buffers()[2].slice(first, last - first).to_pybytes()) else text


def _surely_binary(sample: bytes) -> bool:
    """A cheap look: more control characters than any text has, and fewer NUL than wide text."""
    return len(_CONTROL.findall(sample)) * 16 > len(sample) > 5 * sample.count(0)


def _small_text(value: bytes) -> bytes | None:
    """A short binary value as UTF-8 if it is text in UTF-8, in UTF-16 of Western letters or in a Western encoding."""
    if not _CONTROL.search(value):
        try:
            value.decode()
            return value
        except UnicodeDecodeError:
            return charset.to_utf8(value, charset.detect(value))
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        letters = value[1 - start :: 2]
        wide = len(value) >= 4 and not len(value) % 2 and not value[start::2].strip(b"\0")
        if wide and not _CONTROL.search(letters) and len(_LETTER.findall(letters)) * 2 > len(letters):
            return value.decode(encoding).encode()
    return None


def loose_text(data: bytes) -> bytes:
    r"""The stretches of five and more characters, in UTF-8 or in UTF-16 of Western letters, a line each.

    >>> loose_text(b"\x00\x01kari\x02Bod\xc3\xb8 by\xff\xfeK\x00a\x00r\x00i\x00!\x00")
    b'Bod\xc3\xb8 by\nKari!'
    """
    found = []
    for match in _LOOSE.finditer(data):
        text = match[0]
        found.append(text.decode("utf-16-le").encode() if text[1:2] == b"\0" else text)
    return b"\n".join(found)
