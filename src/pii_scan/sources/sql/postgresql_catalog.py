"""What PostgreSQL's catalogues say: tables and views, their columns, and how each column is to be asked for.

Looks at no row of a table. Everything here is one query for all tables, or one for each table that is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pii_scan.errors import DocumentError
from pii_scan.model import ProblemCode, TableColumn
from pii_scan.sources.sql.names import TableName, identifier, literal
from pii_scan.sources.sql.postgresql_large import NAME
from pii_scan.sources.sql.postgresql_session import Session
from pii_scan.sources.sql.tables import Listed
from pii_scan.sources.sql.type_words import DULL, MEANINGS

_LISTING = """
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       CASE WHEN c.relkind IN ('r', 'm') THEN {size} END AS size,
       has_schema_privilege(n.oid, 'USAGE') AS entered,
       has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT') AS readable,
       c.relkind = 'm' AND NOT c.relispopulated AS unfilled,
       CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid::int8 ELSE c.oid::int8 END AS root
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'v', 'f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_LARGE_OBJECTS = "SELECT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS any"
_SIZE = "pg_table_size(c.oid)"
_SIZE_WITHOUT_LOCK = "c.relpages::int8 * current_setting('block_size')::int8"
_TABLE = """
SELECT c.oid::int8 AS oid, c.relkind::text AS kind, c.reltuples::float8 AS rows,
       coalesce(am.amname = 'heap', false) AND has_table_privilege(c.oid, 'SELECT') AS heap,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_table_size(c.oid) ELSE 0 END AS size,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) / current_setting('block_size')::int8
            ELSE 0 END AS blocks,
       coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) > 0 AS wide,
       c.relkind IN ('r', 'm') AND c.relfilenode <> pg_relation_filenode(c.oid) AS rewritten,
       row_security_active(c.oid) AS filtered, coalesce(obj_description(c.oid, 'pg_class'), '') AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
WHERE n.nspname = {schema} AND c.relname = {name} AND c.relkind IN ('r', 'm', 'v', 'f', 'p')
"""
_COLUMNS = """
SELECT a.attname::text AS name, coalesce(col_description(a.attrelid, a.attnum), '') AS comment,
       base.typname::text AS type, base.typcategory::text AS category,
       coalesce(element.typname::text, '') AS element,
       has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable,
       coalesce(array_position(i.indkey::int2[], a.attnum), -1) AS key, a.atttypmod AS modifier
FROM pg_attribute a
CROSS JOIN LATERAL (
  WITH RECURSIVE chain AS (
    SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid
    UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM chain JOIN pg_type t ON t.oid = chain.typbasetype
    WHERE chain.typtype = 'd')
  SELECT t.typname, t.typcategory, t.typelem FROM chain JOIN pg_type t ON t.oid = chain.oid WHERE chain.typtype <> 'd'
) base
LEFT JOIN pg_type element ON element.oid = base.typelem AND base.typcategory = 'A'
LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_PLAIN = frozenset({"bool", "int2", "int4", "int8", "float4", "float8", "bytea"})
"""Types that are fetched as they are; all others are written out by the server."""
_MOMENTS = frozenset({"date", "timestamp", "timestamptz"})
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext"})
_SMALL = frozenset(
    "bool int2 int4 int8 oid float4 float8 numeric money date time timetz timestamp timestamptz interval uuid inet "
    "cidr macaddr macaddr8 name char point tid xid xid8 cid pg_lsn regclass regproc regtype".split()
)
"""Types whose values are never large."""
_PARTS_OF_LARGE = 64 << 10
"""A stored value below this is not large once it is written out: the server packs no better than 1 to 128 or so."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and how it is asked for."""

    seen: TableColumn
    expression: str
    """SQL that gives Arrow what it can hold."""
    day: str
    """SQL that gives the day of a moment, which the server writes out sooner than all of it; empty for other types."""
    large: str
    """SQL: whether the value is too large for a batch; empty where it never is."""
    pieces: str
    """SQL that gives one piece of a large value, with `{start}` and `{length}` for its place in bytes or characters."""
    is_text: bool
    key: int
    """Place in the primary key, from 0; -1: not of it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table as the catalogues have it."""

    name: TableName
    kind: str
    """r table, m materialised view, v view, f foreign table, p partitioned table."""
    rows: float
    """An estimate; below 0 where there is none."""
    heap: bool
    """Rows can be asked for by the block they lie in, which wants a right to the whole table."""
    size: int
    blocks: int
    filtered: bool
    """Policies hide rows from the user."""
    comment: str
    columns: tuple[Column, ...]
    unreadable: int
    """Columns that the user has no right to."""

    @property
    def relation(self) -> str:
        """For FROM: this table alone, without those that inherit from it, which are tables of their own."""
        name = f"{identifier(self.name.schema)}.{identifier(self.name.name)}"
        return f"ONLY {name}" if self.kind == "r" else name


def listing(session: Session) -> list[Listed]:
    """All tables and views. Partitions are listed, the partitioned table is not: it has no rows of its own. Where a
    partition may not be read, but the whole may, the whole is listed in their place.
    """
    try:
        rows = session.query(_LISTING.format(size=_SIZE)).to_pylist()
    except DocumentError:  # a table is locked by someone who changes it
        rows = session.query(_LISTING.format(size=_SIZE_WITHOUT_LOCK)).to_pylist()
    roots = {row["root"] for row in rows if row["kind"] == "p"}
    leaves: dict[int, list[dict[str, Any]]] = {root: [] for root in roots}
    wholes: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row["kind"] == "p" and row["oid"] == row["root"]:
            wholes[row["root"]] = row
        elif row["kind"] != "p" and row["root"] in roots:
            leaves[row["root"]].append(row)
    instead = {
        root for root, whole in wholes.items()
        if _open_to_user(whole) and not all(_open_to_user(leaf) for leaf in leaves[root])
    }  # fmt: skip
    listed = []
    for row in rows:
        if row["kind"] == "p":
            if row["oid"] == row["root"] and row["root"] in instead:
                sizes = [leaf["size"] or 0 for leaf in leaves[row["root"]]]
                listed.append(_listed({**row, "size": sum(sizes)}))
        elif row["root"] not in instead:
            listed.append(_listed(row))
    return listed + _large_objects(session)


def _large_objects(session: Session) -> list[Listed]:
    """What lies in no table."""
    return [Listed(NAME)] if session.query(_LARGE_OBJECTS)[0][0].as_py() else []


def _open_to_user(row: dict[str, Any]) -> bool:
    return bool(row["entered"] and row["readable"])


def _listed(row: dict[str, Any]) -> Listed:
    refused = None
    if not row["entered"]:
        refused = (ProblemCode.PERMISSION, "no right to use its schema")
    elif not row["readable"]:
        refused = (ProblemCode.PERMISSION, "no right to read it")
    elif row["unfilled"]:
        refused = (ProblemCode.UNSUPPORTED, "a materialised view that was not filled yet")
    return Listed(TableName(row["schema"], row["name"]), row["size"], refused)


def describe(session: Session, name: TableName, max_value_bytes: int) -> Table:
    """One table. Raises DocumentError (`vanished`, `changed`)."""
    found = session.query(_TABLE.format(schema=literal(name.schema), name=literal(name.name))).to_pylist()
    if not found or found[0]["rewritten"] is None:
        raise DocumentError("vanished", "it is no longer there")
    row = found[0]
    if row["rewritten"]:
        raise DocumentError("changed", "it was emptied or written anew after the scan began")
    columns = session.query(_COLUMNS.format(oid=row["oid"])).to_pylist()
    guarded = row["wide"] or row["kind"] in ("v", "f", "p") or not row["heap"]
    readable = [column for column in columns if column["readable"]]
    return Table(
        name, row["kind"], row["rows"], row["heap"] and session.version >= 140000, row["size"], row["blocks"],
        row["filtered"], row["comment"], tuple(_column(column, guarded, max_value_bytes) for column in readable),
        len(columns) - len(readable),
    )  # fmt: skip


def _column(row: dict[str, Any], guarded: bool, limit: int) -> Column:
    name, kind, element = identifier(row["name"]), row["type"], row["element"]
    is_list = row["category"] == "A"
    inner = element if is_list else kind
    comment = "; ".join(word for word in (row["comment"], MEANINGS.get(inner, "")) if word)
    seen = TableColumn(
        row["name"], comment, inner in ("json", "jsonb"), inner in DULL or _has_decimals(inner, row["modifier"])
    )
    if is_list:
        value = "u" if element in _PLAIN else "u::pg_catalog.text"
        expression = f"ARRAY(SELECT {value} FROM pg_catalog.unnest({name}) u)"
    elif kind in _PLAIN:
        expression = name
    else:
        expression = f"pg_catalog.host({name})" if kind == "inet" else f"{name}::pg_catalog.text"
    day = f"CASE WHEN pg_catalog.isfinite({name}) THEN {name}::pg_catalog.date END" if kind in _MOMENTS else ""
    as_bytes = kind == "bytea"
    text = name if as_bytes else f"{name}::pg_catalog.text"
    large = ""
    if guarded and kind not in _SMALL and not 0 < row["modifier"] < 1 << 20:
        large = f"pg_catalog.octet_length({text}) > {limit}"
        if not as_bytes and kind not in _TEXTS:
            large = f"pg_catalog.pg_column_size({name}) > {_PARTS_OF_LARGE} AND {large}"
    return Column(seen, expression, day, large, _escaped(text), not as_bytes, row["key"])


def _has_decimals(kind: str, modifier: int) -> bool:
    """Whether a type is numeric(p, s) with decimals (`numerictypmodin` packs precision and scale)."""
    return (
        kind == "numeric"
        and modifier >= 4
        and (modifier - 4) & 0x7FF not in range(0x400, 0x800)
        and ((modifier - 4) & 0x7FF) > 0
    )


def _escaped(text: str) -> str:
    doubled = text.replace("{", "{{").replace("}", "}}")
    return f"pg_catalog.substr({doubled}, {{start}}, {{length}})"


def key_of(columns: Sequence[Column]) -> tuple[int, ...]:
    """Indices of the columns of the primary key, in the order of the key."""
    return tuple(sorted((i for i, column in enumerate(columns) if column.key >= 0), key=lambda i: columns[i].key))
