"""Which columns the tables of a document have, and how many of their cells hold something. Looks at no value.

Made for the guard, which asks whether a column is new or missing, and what share of one holds personal data.
"""

from __future__ import annotations

import csv
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.findings.names import NameMasker
from pii_scan.findings.schema import COLUMNS
from pii_scan.model import FIELD_NAMES, ChunkBatch, ColumnOrigin, Document, DocumentRef, LineOrigin, PartOrigin

_DELIMITERS = ";,\t|"
_TABLE_TYPES = ("text/csv", "text/tab-separated-values")
_PARQUET = "application/vnd.apache.parquet"
_MAX_HEADER = 1 << 16
"""A longer first line is no header."""


class ColumnsSeen:
    """Documents may be within one another; each is forgotten when it is finished."""

    def __init__(self, names: NameMasker) -> None:
        self._names = names
        self._seen: dict[DocumentRef, dict[tuple[str, int], list[Any]]] = {}
        self._first_line: dict[DocumentRef, str] = {}

    def observe(self, ref: DocumentRef, batch: ChunkBatch) -> None:
        """A batch of a document, in any order."""
        origin = batch.origin
        if isinstance(origin, LineOrigin) and ref not in self._first_line and len(batch.texts):
            self._first_line[ref] = str(batch.texts[0])[:_MAX_HEADER].partition("\n")[0].rstrip("\r")
        if isinstance(origin, PartOrigin) and origin.parts == FIELD_NAMES:
            self._named(ref, str(batch.texts[0]).split("\n"))
        if not isinstance(origin, ColumnOrigin):
            return
        columns = self._seen.setdefault(ref, {})
        for number, header in enumerate(origin.table_headers, 1):
            columns.setdefault((origin.sheet, number), [header, 0])
        column = columns.setdefault((origin.sheet, origin.column), [origin.header, 0])
        column[0] = column[0] or origin.header
        if origin.header or not origin.table_headers:  # else it is the row of headers itself
            empty = pc.sum(pc.equal(pc.fill_null(pc.binary_length(batch.texts), 0), 0)).as_py() or 0
            column[1] += len(batch.texts) - int(empty)

    def _named(self, ref: DocumentRef, names: list[str]) -> None:
        """Columns in their order, each told of once, whether or not they hold anything."""
        columns = self._seen.setdefault(ref, {})
        first = len(columns) + 1
        columns.update({("", number): [name, 0] for number, name in enumerate(names, first)})

    def finish(self, ref: DocumentRef, media_type: str, document: Document) -> pa.Table:
        """The columns of a document that has ended (schema COLUMNS)."""
        columns = self._seen.pop(ref, {})
        first = self._first_line.pop(ref, "")
        if not columns and first and media_type in _TABLE_TYPES:  # a table of no rows is a header alone
            columns = {("", number): [name, 0] for number, name in enumerate(_header(first), 1)}
        if media_type == _PARQUET and ref == document.ref:
            for number, name in enumerate(_parquet_names(document), 1):
                columns.setdefault(("", number), [name, 0])
        name = self._names.document(ref) if columns else ""
        rows = [
            {"target": ref.target, "document": name, "sheet": self._names.safe(sheet), "column": number,
             "header": self._names.safe(header), "cells": cells}
            for (sheet, number), (header, cells) in columns.items()
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, schema=COLUMNS)


def _header(line: str) -> list[str]:
    """The names in the header line of a table, by the delimiter that stands most often."""
    delimiter = max(_DELIMITERS, key=line.count)
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]


def _parquet_names(document: Document) -> list[str]:
    """The columns that the footer tells of; none where it cannot be read, which the reader has said."""
    import pyarrow.parquet as pq

    try:
        document.content.seek(0)
        schema = pq.ParquetFile(document.content).schema
        return [schema.column(number).path for number in range(len(schema.names))]
    except (OSError, ValueError, pa.ArrowException):
        return []
