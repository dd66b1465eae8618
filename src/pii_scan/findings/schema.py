"""The tables of a run folder, as Arrow schemas. No column of any of them holds a found value.

`findings` has one row for each place; where one location unit (a table column, a file, a page) holds more than
`MAX_PLACES` hits of one entity type, the rest of them are one row with their `count` and without a row number.
`index` has one row for each hit: a keyed fingerprint and its place, for look-up and for distinct counts.
`origins` has one row for each item that the report of an export tells of: where it lay before, and whose it is.
`dates` has one row for each month from which a document has dated records.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

FORMAT_VERSION = 3
UNASSIGNED = "unassigned"
"""The system of documents that no profile and no rule of the user knows."""
MAX_PLACES = 1000
"""Places listed one by one for each document, location unit and entity type of a work unit."""

_WORD = pa.dictionary(pa.int32(), pa.string())

_LOCATION = [
    pa.field("target", _WORD, False),
    pa.field("document", _WORD, False),
    pa.field("kind", _WORD, False),  # text | cell | page | part | column
    pa.field("sheet", _WORD),  # cell, column
    pa.field("part", _WORD),  # part; the part of a document whose kind is text; of a cell in a database: its row's key
    pa.field("header", _WORD),  # cell, column
    pa.field("row", pa.int64()),  # line (text), row (cell), page (page): 1-based; null: the rest of the unit
    pa.field("column", pa.int32()),  # code point (text) or column (cell, column), 1-based
]

FINDINGS = pa.schema(
    [
        *_LOCATION,
        pa.field("entity_type", _WORD, False),
        pa.field("category", _WORD, False),
        pa.field("count", pa.int64(), False),
        pa.field("distinct", pa.int64(), False),  # within the work unit
        pa.field("score", pa.float32(), False),
        pa.field("synthetic", pa.bool_(), False),
        pa.field("recognizer", _WORD, False),
        pa.field("reasons", _WORD, False),  # joined by "; "
        pa.field("masked", _WORD, False),
    ]
)

INDEX = pa.schema(
    [
        pa.field("fingerprint", pa.uint64(), False),
        pa.field("entity_type", _WORD, False),
        *_LOCATION,
    ]
)

DOCUMENTS = pa.schema(
    [
        pa.field("target", _WORD, False),
        pa.field("document", pa.string(), False),
        pa.field("container", pa.bool_(), False),  # true: a member of another document; its bytes count within that
        pa.field("media_type", _WORD),
        pa.field("size_bytes", pa.int64()),
        pa.field("read_bytes", pa.int64(), False),
        pa.field("modified_at", pa.timestamp("us", tz="UTC")),
        pa.field("status", _WORD, False),  # read | partly_read | unread
        pa.field("identity", pa.uint64()),  # keyed, of `Document.identity`; null: none is known
        pa.field("export_path", pa.uint64()),  # keyed, of the path within an export; null: in none
        pa.field("owner", _WORD),  # masked: whose mailbox or site the path says it is from
        pa.field("account", _WORD),  # that owns the file where it lies; null where the source does not know
        pa.field("system", _WORD, False),  # id of a profile; `UNASSIGNED`
        pa.field("under_13", pa.int64(), False),  # persons, by dates of birth or national numbers; none by test numbers
        pa.field("under_18", pa.int64(), False),
        pa.field("signals", _WORD),  # what told the system, joined by "; "; null where nothing did
    ]
)

PROBLEMS = pa.schema(
    [
        pa.field("target", _WORD, False),
        pa.field("document", pa.string(), False),
        pa.field("stage", _WORD, False),
        pa.field("code", _WORD, False),
        pa.field("detail", pa.string(), False),
    ]
)

ORIGINS = pa.schema(
    [
        pa.field("key", pa.uint64(), False),  # keyed: `export_path` or `identity` of the document
        pa.field("original", pa.string(), False),  # masked; may be empty
        pa.field("owner", _WORD, False),  # masked; may be empty
    ]
)

DATES = pa.schema(
    [
        pa.field("target", _WORD, False),
        pa.field("document", pa.string(), False),
        pa.field("month", pa.date32(), False),  # its first day
        pa.field("basis", _WORD, False),  # data | name | file
        pa.field("records", pa.int64(), False),
        pa.field("oldest", pa.date32(), False),  # within the month
        pa.field("youngest", pa.date32(), False),
    ]
)

SAMPLES = pa.schema(
    [
        pa.field("target", _WORD, False),
        pa.field("document", pa.string(), False),
        pa.field("sampled", pa.int64(), False),  # rows read
        pa.field("total", pa.int64()),  # an estimate; null where the database has none
        pa.field("random", pa.bool_(), False),  # false: the first rows that the database gave
    ]
)
"""Tables of databases of which only a sample was asked for: no table of a run folder, but `samples` of its manifest."""

STAGES = ("open", "extract", "observe", "detect", "collect")
"""Of one document: until it is open; reading and taking apart; dates and systems; matching; masking and rows."""

TIMES = pa.schema(
    [
        pa.field("media_type", _WORD, False),
        pa.field("documents", pa.int64(), False),  # slices of a large one count each
        pa.field("bytes", pa.int64(), False),
        *(pa.field(stage, pa.float64(), False) for stage in STAGES),  # seconds
    ]
)
"""Seconds by stage where they were asked for: no table of a run folder, but `times` of its manifest."""

COLUMNS = pa.schema(
    [
        pa.field("target", pa.string(), False),
        pa.field("document", pa.string(), False),
        pa.field("sheet", pa.string(), False),  # masked; may be empty
        pa.field("column", pa.int64(), False),  # 1-based
        pa.field("header", pa.string(), False),  # masked; may be empty
        pa.field("cells", pa.int64(), False),  # that hold something
    ]
)
"""The columns of tables, one row for each column of a work unit. Made for the guard alone; no run folder holds it."""

TABLES = {
    "findings": FINDINGS, "index": INDEX, "documents": DOCUMENTS, "problems": PROBLEMS, "origins": ORIGINS,
    "dates": DATES,
}  # fmt: skip


def joined(parts: Sequence[pa.Table]) -> pa.Table:
    """The rows of tables of one schema, at least one, in one piece."""
    return parts[0] if len(parts) == 1 else pa.concat_tables(parts).unify_dictionaries().combine_chunks()
