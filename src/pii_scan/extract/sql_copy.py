"""Rows of PostgreSQL's COPY in text format (PostgreSQL documentation, "COPY", "Text Format") as cells by column."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from pii_scan.extract.cell_batches import Cells, Column, Piece
from pii_scan.extract.sql_values import unescaped, without_hex
from pii_scan.extract.text import Piece as TextPiece
from pii_scan.extract.text import decoded_batch

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_MAX_COLUMNS = 4096


def copy_cells(
    cells: Cells, table: str, names: tuple[str, ...], lines: bytes, first_row: int, first_line: int
) -> Iterator[Piece]:
    """The cells of whole lines. `names`: of the columns, empty where they are not known.

    Lines with another number of cells than the rest are given as text.
    """
    width = len(names) or lines.partition(b"\n")[0].count(b"\t") + 1
    odd: list[tuple[int, bytes]] = []
    read = _read(lines, min(width, _MAX_COLUMNS), odd)
    rows = np.arange(first_row, first_row + len(read[0]) + len(odd), dtype=np.int64)
    if odd:
        rows = np.delete(rows, [number for number, _ in odd])
    for index, array in enumerate(read):
        column = Column(index + 1, names[index] if index < len(names) else "", table, names)
        array, binary = _decoded(array)
        if binary:
            yield from cells.values(column, binary, rows)
        yield from cells.array(column, array, rows)
    for number, line in odd:
        if line.strip():
            yield decoded_batch(TextPiece(line, first_line + number))


def _read(lines: bytes, width: int, odd: list[tuple[int, bytes]]) -> list[pa.Array]:
    """The columns of the lines that have `width` cells; the others go to `odd` with their 0-based numbers."""
    names = [str(i) for i in range(width)]
    count = lines.count(b"\n") + (not lines.endswith(b"\n"))

    def keep(row: pa_csv.InvalidRow) -> str:
        odd.append((row.number - 1, row.text.encode("utf-8", "replace")))
        return "skip"

    try:
        table = pa_csv.read_csv(
            pa.BufferReader(lines),
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(lines) + 1, column_names=names),
            parse_options=pa_csv.ParseOptions(
                delimiter="\t", quote_char=False, double_quote=False, ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=pa_csv.ConvertOptions(
                check_utf8=False, column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=True,
                null_values=["\\N"],
            ),
        )  # fmt: skip
        if table.num_rows + len(odd) == count:
            return [column.combine_chunks() for column in table.columns]
    except (pa.ArrowException, UnicodeDecodeError):
        pass
    odd.clear()
    split = [line.removesuffix(b"\r").split(b"\t") for line in lines.removesuffix(b"\n").split(b"\n")]
    odd += [(number, b"\t".join(row)) for number, row in enumerate(split) if len(row) != width]
    sound = [row for row in split if len(row) == width]
    columns = [[None if row[i] == b"\\N" else row[i] for row in sound] for i in range(width)]
    return [pa.array(column, pa.large_binary()).view(pa.large_string()) for column in columns]


def _decoded(array: pa.Array) -> tuple[pa.Array, list[bytes | None]]:
    """Backslash escapes undone; values of type bytea as bytes."""
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    buffer = array.buffers()[2]
    if buffer is None or b"\\" not in buffer.to_pybytes():
        return array, []
    values = [
        _ESCAPE.sub(unescaped, value) if value is not None and "\\" in value else value for value in array.to_pylist()
    ]
    return without_hex(pa.array(values, pa.large_string()), np.ones(len(values), np.bool_))
