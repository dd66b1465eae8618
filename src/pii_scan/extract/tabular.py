"""Delimited text (CSV, TSV) as columns of cells, block by block.

Regular blocks go through `pyarrow.csv`; a block with stray quotes or escapes through the tolerant reader of `dialect`.
No type is inferred, no cell is null. What is not a table is read as plain text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from pii_scan.extract import cell_json, charset, percent, text
from pii_scan.extract.dialect import Dialect, read_records, sniff
from pii_scan.extract.records import MAX_QUOTED_BYTES, record_ends
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, Limits, Problem

_BLOCK_BYTES = 4 << 20
_MAX_BLOCK_BYTES = 8 << 20
_COLUMN_BYTES = 512 << 10
_FLUSH_CELLS = 32 << 10
_SMALL_BYTES = 16 << 10
"""A block below this is read before `pyarrow.csv` is set up."""
_Consumed = Generator[ChunkBatch, None, int]
"""Batches, and in the end how many bytes were used."""
_TABLE_NAMES = (".csv", ".tsv", ".tab", ".psv")


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The cells of a delimited text, one column of one block a batch; titles and the header row as text."""
    stream, part = document.content, document.slice
    if part is None:
        encoding, dialect = sniff_head(text.read_head(stream))
        if dialect is None:
            yield from text.extract(document, limits)
            return
        reader = _Reader(dialect, limits, 1, 1, dialect.skip + bool(dialect.header))
        yield from reader.read(text.segments(stream, encoding, None, reader.segment_bytes))
    elif not part.layout:
        yield from text.extract(document, limits)
    else:
        dialect, line = Dialect.from_json(part.layout)
        lead = dialect.skip + bool(dialect.header) if part.start == 0 else 0
        reader = _Reader(dialect, limits, part.first_row, line, lead)
        stream.seek(part.start)
        size_bytes = part.end - part.start
        blocks = text.segments(stream, part.encoding, size_bytes, reader.segment_bytes, old_mac=part.start == 0)
        yield from reader.read(blocks)


def looks_like_table(head: bytes, name: str) -> bool:
    """Whether a text is to be read as a table, by its first bytes and its file name.

    A table's name (`.csv`, `.tsv`, `.tab`, `.psv`) and a delimiter used alike in nearly all records; or, whatever the
    name, a header and at least three records all with as many cells.
    """
    if name.lower().endswith(_TABLE_NAMES):
        return sniff_head(head)[1] is not None
    data, whole = _utf8_head(head)
    dialect = sniff(data, whole=whole)
    if dialect is None or not dialect.header or (dialect.columns < 3 and dialect.delimiter == ","):
        return False
    counts = [len(cells) for _, _, cells in read_records(data[: 16 << 10], dialect, final=whole)]
    counts = counts[dialect.skip :]
    return len(counts) >= 4 and all(count == dialect.columns for count in counts)


@lru_cache(maxsize=2)  # asked when the type is found, and again when the table is read
def sniff_head(head: bytes) -> tuple[str, Dialect | None]:
    """The encoding of a document that begins with `head`, and its dialect; None where it is not a table."""
    data, whole = _utf8_head(head)
    return charset.detect(head), sniff(data, whole=whole)


def _utf8_head(head: bytes) -> tuple[bytes, bool]:
    """The head as UTF-8 with old Macintosh line ends made plain, and whether it is likely all of the document."""
    encoding = charset.detect(head)
    data = charset.to_utf8(head, encoding)
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    return data, len(head) < 4096 or data.endswith(b"\n")


class _Reader:
    """Reads the records of one table, or one slice of it, in order."""

    def __init__(self, dialect: Dialect, limits: Limits, row: int, line: int, lead: int) -> None:
        self._dialect = dialect
        self._row, self._line = row, line
        self._lead = lead
        """Records still to be given as text: titles and the header."""
        self._column = 0
        """Code points given of a line too long to be held; 0: at a record's begin."""
        self._limit = limits.max_value_bytes
        wanted = max(_BLOCK_BYTES, min(dialect.columns * _COLUMN_BYTES, _MAX_BLOCK_BYTES))
        self.segment_bytes = max(min(text.BLOCK_BYTES, self._limit // 8), 16)
        self._hold = max(self._limit - 4 * self.segment_bytes, 64)
        self._block = min(wanted, self._hold)

    def read(self, blocks: Iterable[bytes]) -> Iterator[ChunkBatch]:
        """All batches of the table."""
        held: list[bytes] = []
        size, wanted = 0, self._block
        for block in blocks:
            held.append(block)
            size += len(block)
            if size < wanted:
                continue
            buffer = b"".join(held)
            rest = yield from self._consume(buffer, False)
            held, size = [buffer[rest:]], len(buffer) - rest
            wanted = max(self._block, min(2 * size, self._hold))  # grow fast, so that bytes are read a few times only
        buffer = b"".join(held)
        while buffer:
            rest = yield from self._consume(buffer, True)
            buffer = buffer[rest:]

    def _consume(self, buffer: bytes, final: bool) -> _Consumed:
        """Gives what whole records the buffer begins with; returns how many bytes that were."""
        done = 0
        if self._column:
            done = yield from self._long_line(buffer, final)
            if self._column or done == len(buffer):
                return done
        if self._lead:
            done = yield from self._leading(buffer, done, final)
            if self._lead:
                return done
        rest = buffer[done:] if done else buffer
        used = yield from self._records(rest, final)
        if not used and rest and len(rest) >= self._hold:
            used = yield from self._long_line(rest, final)
        return done + used

    def _leading(self, buffer: bytes, start: int, final: bool) -> _Consumed:
        end = start
        whole = final or len(buffer) >= self._hold
        for _, record_end, _ in read_records(buffer, self._dialect, final=whole, start=start):
            end = record_end
            self._lead -= 1
            self._row += 1
            if not self._lead:
                break
        if end > start:
            yield from self._as_text(buffer[start:end])
        if final and end == len(buffer):
            self._lead = 0
        return end

    def _as_text(self, block: bytes) -> Iterator[ChunkBatch]:
        for piece in text.pieces([block], self._line, self._limit):
            yield text.piece_batch(piece)
        self._line += block.count(b"\n")

    def _long_line(self, buffer: bytes, final: bool) -> _Consumed:
        """A part of a line that is too long to be a record: given as text."""
        newline = buffer.find(b"\n") + 1
        end = resume = newline or len(buffer)
        if end > self._limit or not (newline or final):
            end, resume = text.cut_point(buffer, min(end, self._limit))
        piece = text.Piece(buffer[:end], self._line, self._column, None if end == resume else resume)
        yield text.piece_batch(piece)
        if buffer[resume - 1] == 10:
            self._row, self._line, self._column = self._row + 1, self._line + 1, 0
        else:
            self._line, self._column = text.advance(buffer, resume, self._line, self._column)
        return resume

    def _records(self, buffer: bytes, final: bool) -> _Consumed:
        dialect = self._dialect
        delimiter, quote = dialect.delimiter.encode("latin-1"), dialect.quote.encode()
        if final and len(buffer) < _SMALL_BYTES and (made := self._small(buffer)) is not None:
            yield from made
            return len(buffer)
        if not dialect.escape and (b"\r" not in buffer or buffer.count(b"\r") == buffer.count(b"\r\n")):
            found = record_ends(buffer, quote, delimiter)
            if found.regular and not (final and found.inside):
                end = len(buffer) if final else int(found.ends[-1]) if len(found.ends) else 0
                records = int(len(found.ends)) + (final and (not len(found.ends) or int(found.ends[-1]) < len(buffer)))
                if not end:
                    return 0
                batches = self._fast(buffer[:end], records)
                if batches is not None:
                    yield from batches
                    self._row += records
                    self._line += buffer.count(b"\n", 0, end)
                    return end
        return (yield from self._tolerant(buffer, final))

    def _small(self, block: bytes) -> list[ChunkBatch] | None:
        """The columns of a small block without quotes whose records all have as many cells; None for any other."""
        dialect = self._dialect
        if dialect.escape or b"\r" in block or (dialect.quote and dialect.quote.encode() in block):
            return None
        records, width = block.removesuffix(b"\n").split(b"\n"), dialect.columns
        rows = [record.split(dialect.delimiter.encode("latin-1")) for record in records]
        if any(len(row) != width for row in rows):
            return None
        by_column = [row[i] for i in range(width) for row in rows]
        cells = pa.array(by_column, pa.binary()).view(pa.string())
        if b"\\" in block or b"%" in block:
            cells = percent.decode_cells(cell_json.decoded(cells))
        size = len(records)
        made = [ChunkBatch(cells.slice(i * size, size), self._origin(i, self._row, None)) for i in range(width)]
        self._row += len(records)
        self._line += block.count(b"\n")
        return made

    def _fast(self, block: bytes, records: int) -> list[ChunkBatch] | None:
        """The columns of a regular block; None where pyarrow sees other records than `record_ends` did."""
        dialect = self._dialect
        names = [str(i) for i in range(dialect.columns)]
        odd: list[tuple[int, str]] = []

        def keep(row: pa_csv.InvalidRow) -> str:
            odd.append((row.number, row.text))
            return "skip"

        try:
            table = pa_csv.read_csv(
                pa.BufferReader(block),
                read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
                parse_options=pa_csv.ParseOptions(
                    delimiter=dialect.delimiter,
                    quote_char=dialect.quote or False,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=keep,
                ),
                convert_options=pa_csv.ConvertOptions(
                    check_utf8=False,
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                ),
            )
        except (pa.ArrowException, UnicodeDecodeError):
            return None
        if table.num_rows + len(odd) != records:
            return None
        if any(len(row) > MAX_QUOTED_BYTES and "\n" in row for _, row in odd):
            return None  # a quote that was closed by chance, far away
        return self._columns(table, odd)

    def _columns(self, table: pa.Table, odd: list[tuple[int, str]]) -> list[ChunkBatch]:
        rows = None
        if odd:
            keep = np.ones(table.num_rows + len(odd), np.bool_)
            keep[[number - 1 for number, _ in odd]] = False
            rows = np.flatnonzero(keep) + self._row
        out = []
        if table.num_rows:
            for i in range(self._dialect.columns):
                column = table.column(i)
                cells = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
                out.append(ChunkBatch(percent.decode_cells(cell_json.decoded(cells)), self._origin(i, self._row, rows)))
        loose = _Loose()
        for number, row in odd:
            for _, _, cells_of in read_records(row.encode("utf-8", "replace"), self._dialect):
                loose.add(self._row + number - 1, cells_of)
        return [*out, *self._flush(loose)]

    def _origin(self, index: int, first_row: int, rows: npt.NDArray[np.int64] | None) -> ColumnOrigin:
        header = self._dialect.header
        own = header[index] if index < len(header) else ""
        return ColumnOrigin(index + 1, own, "", first_row, rows, tuple(header))

    def _tolerant(self, buffer: bytes, final: bool) -> _Consumed:
        loose, done = _Loose(), 0
        for start, end, cells in read_records(buffer, self._dialect, final=final):
            if end - start > self._limit:
                yield from self._flush(loose)
                loose = _Loose()
                yield from self._as_text(buffer[start:end])
                self._line -= buffer.count(b"\n", start, end)
            else:
                loose.add(self._row, cells)
            self._row += 1
            done = end
            if loose.count >= _FLUSH_CELLS:
                yield from self._flush(loose)
                loose = _Loose()
        yield from self._flush(loose)
        self._line += buffer.count(b"\n", 0, done)
        return done

    def _flush(self, loose: _Loose) -> Iterator[ChunkBatch]:
        for index in sorted(loose.cells):
            rows = np.array(loose.rows[index], np.int64)
            texts = pa.array(loose.cells[index], pa.binary()).view(pa.string())
            yield ChunkBatch(percent.decode_cells(cell_json.decoded(texts)), self._origin(index, int(rows[0]), rows))


class _Loose:
    """Cells of records that did not go through pyarrow, by column; empty ones are left out."""

    def __init__(self) -> None:
        self.cells: defaultdict[int, list[bytes]] = defaultdict(list)
        self.rows: defaultdict[int, list[int]] = defaultdict(list)
        self.count = 0

    def add(self, row: int, cells: list[bytes]) -> None:
        for index, cell in enumerate(cells):
            if cell:
                self.cells[index].append(cell)
                self.rows[index].append(row)
        self.count += len(cells)
