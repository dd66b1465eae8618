"""Columns of tables of MariaDB and MySQL: how each is asked for, and what it is in Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pii_scan.model import TableColumn
from pii_scan.sources.sql import mysql_ranges as ranges
from pii_scan.sources.sql.type_words import DULL, MEANINGS

WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "year"})
_FRACTIONS = frozenset({"float", "double"})
_BINARY = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
_LARGE = frozenset({"mediumblob", "longblob", "mediumtext", "longtext", "json"})
_SHAPES = frozenset(
    "geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection "
    "geomcollection".split()
)


def quoted(name: str) -> str:
    """As an identifier in SQL."""
    return "`" + name.replace("`", "``") + "`"


@dataclass(frozen=True, slots=True)
class Column:
    """One that may be read. `large`: SQL of whether a value is fetched by itself; empty where none can be."""

    seen: TableColumn
    expression: str
    arrow: pa.DataType
    large: str


def ranged(row: tuple[Any, ...]) -> ranges.Column | None:
    """The column of a row of the catalog (`_COLUMNS`) as one to cut by, where its type can be."""
    kind = str(row[1]).lower()
    return ranges.Column(quoted(row[0]), kind, str(row[6])) if kind in ranges.KINDS else None


def column_of(row: tuple[Any, ...], is_json: bool, limit: int) -> Column:
    """The column of a row of the catalog."""
    name, kind, comment = str(row[0]), str(row[1]).lower(), str(row[3] or "")
    expression, arrow = quoted(name), pa.large_string()
    if kind in WHOLE:
        arrow = pa.uint64() if "unsigned" in str(row[2]).lower() else pa.int64()
    elif kind in _FRACTIONS:
        arrow = pa.float64()
    elif kind in _BINARY:
        arrow = pa.large_binary()
    elif kind in _SHAPES:
        expression = f"ST_AsText({expression})"
    elif kind == "bit":
        expression = f"BIN({expression})"
    elif kind not in _TEXTS:
        expression = f"CAST({expression} AS CHAR)"
    large = f"OCTET_LENGTH({quoted(name)}) > {limit}" if kind in _LARGE else ""
    words = "; ".join(word for word in (comment, MEANINGS.get(kind, "")) if word)
    dull = kind in DULL or (kind == "decimal" and int(row[5]) > 0)
    return Column(TableColumn(name, words, is_json or kind == "json", dull), expression, arrow, large)
