"""The values that travel through pii-scan. Nothing here opens, parses or decides anything.

Text exists only in `ChunkBatch`, inside the process that read the document; everything else may cross processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:  # every command needs this module, few need those
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from pii_scan.source_map import SourceMap

TABLE_MEDIA_TYPE = "application/x-pii-scan-table"
"""Of a table of a database, which has rows instead of bytes."""


class ProblemCode(StrEnum):
    """Why something was not, or not wholly, looked at. Stable: scripts rely on these."""

    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    TRUNCATED = "truncated"
    UNSUPPORTED = "unsupported"
    TIMEOUT = "timeout"
    CRASH = "crash"
    MEMORY = "memory"
    LIMIT = "limit"
    PERMISSION = "permission"
    VANISHED = "vanished"
    CHANGED = "changed"


class Stage(StrEnum):
    """Where in the flow a problem arose."""

    SOURCE = "source"
    EXTRACT = "extract"
    DETECT = "detect"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document; each that bites becomes a Problem. Set in the configuration file."""

    max_file_bytes: int = 1 << 40
    """Larger files are not opened (`--max-file-size`)."""
    max_depth: int = 10
    """Containers within containers."""
    max_members: int = 100_000
    """Members of one container."""
    max_total_members: int = 1_000_000
    """Members below one top-level file."""
    max_member_bytes: int = 4 << 30
    """Bytes that one member may expand to."""
    max_total_bytes: int = 16 << 30
    """Bytes that all members below one top-level file may expand to."""
    max_ratio: int = 200
    """Expansion per compressed byte once a member has passed `ratio_from_bytes`."""
    ratio_from_bytes: int = 32 << 20
    spool_bytes: int = 16 << 20
    """A member larger than this is spooled to a temporary file."""
    max_value_bytes: int = 8 << 20
    """A longer single value or line is cut, with an overlap."""
    max_xml_depth: int = 256
    max_pages: int = 20_000
    max_mime_parts: int = 10_000
    max_header_bytes: int = 64 << 10
    stall_seconds: float = 60.0
    """A worker that reports no progress for so long is killed."""
    document_seconds: float = 900.0
    """A document may take so long (`--timeout-per-document`), plus one second a MiB."""
    worker_bytes: int = 2 << 30
    """Resident memory at which a worker is killed."""


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Where a document lies; opens nothing. Members of containers have the container as `parent`."""

    target: str
    """The target as the user named it, without credentials."""
    path: str
    """Relative to the target, `/`-separated; for a member: its path within `parent`. May hold lone surrogates where a
    file name is not UTF-8; use `display` for anything that is shown or stored."""
    parent: DocumentRef | None = None
    size_bytes: int | None = None
    modified_at: float | None = None
    """Seconds since the epoch, UTC."""
    changed_ns: tuple[int, int] | None = None
    """When content and when content or properties last changed, nanoseconds since the epoch; None where the source
    cannot say."""
    version: str = ""
    """What the source itself calls this state of the content, such as an etag; empty where it has no name for it."""

    @property
    def display(self) -> str:
        """The whole chain, `outer.zip!inner.eml!list.xlsx`, as valid printable UTF-8."""
        own = printable(self.path)
        return own if self.parent is None else f"{self.parent.display}!{own}"

    @property
    def depth(self) -> int:
        """Containers around it."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def top(self) -> DocumentRef:
        """The file or object in the target that holds this document."""
        return self if self.parent is None else self.parent.top

    def member(self, path: str, size_bytes: int | None = None, modified_at: float | None = None) -> DocumentRef:
        """A document inside this one."""
        return DocumentRef(self.target, path, self, size_bytes, modified_at)


def printable(name: str) -> str:
    r"""A file name as it may be shown: valid UTF-8, no control characters, no terminal escapes, no bidi overrides.

    >>> printable("a\x1b[31m\udce5.txt")
    'a\\x1b[31m\\xe5.txt'
    """
    if name.isascii() and name.isprintable():
        return name
    out = []
    for char in name:
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8 (PEP 383)
            out.append(f"\\x{code - 0xDC00:02x}")
        elif char.isprintable():
            out.append(char)
        else:
            out.append(char.encode("unicode_escape", "surrogatepass").decode("ascii"))
    return "".join(out)


@dataclass(slots=True)
class Document:
    """An opened document, inside one `with`, in one worker. Never pickled."""

    ref: DocumentRef
    content: BinaryIO
    """Seekable, at offset 0, read-only by convention."""
    media_type: str = ""
    """Set by `extract.media_type`, empty before."""
    local_path: str | None = None
    """The path of a top-level local file, for parsers that map files. Members have none."""
    slice: Slice | None = None
    """The part to read, where the document was split."""
    account: str = ""
    """Of a top-level document: the account that owns it where it lies; empty where the source does not know."""
    identity: str = ""
    """What is the same in every copy of the item, such as its Message-ID: set by the reader of a mail-like format
    before its first text or member, with their path for members. Never shown or stored as it is."""
    table: DatabaseTable | None = None
    """What is read in place of `content`, which is then empty: a table of a database."""
    needs: Callable[[Sequence[TableColumn]], Sequence[Need]] = field(
        default=lambda columns: [Need.CELLS] * len(columns)
    )
    """What is wanted of each column of `table` should its values identify no one."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a large text or table, cut between records, or of a mailbox. Offsets in bytes of the file."""

    start: int
    end: int
    first_row: int
    """1-based number of the first line (text) or record (table, the header being record 1) at `start`."""
    encoding: str
    layout: str = ""
    """JSON of the table's dialect and header, as `extract.tabular` wrote it; of a mailbox: the range of node ids, of a
    table in a database: the range of blocks or keys, where the offsets only say how large a part it is. Empty for text.
    """


class Need(StrEnum):
    """What is wanted of the values of a column that identify no one (`ColumnOrigin.dull`)."""

    CELLS = "cells"
    """All of them: header or comment say what they are."""
    DAYS = "days"
    """Of moments the day, which tells how old the rows are."""
    NOTHING = "nothing"
    """No one looks at them."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table in a database."""

    name: str
    comment: str = ""
    """What the database says of it: its comment, and what its type means in words (`ip address`)."""
    is_json: bool = False
    is_dull: bool = False
    """As `ColumnOrigin.dull`, by its type alone."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """Some rows of a table."""

    batch: pa.RecordBatch
    """One column for each of `DatabaseTable.columns`, in their order."""
    first_row: int
    """1-based; rows of a later batch have higher numbers."""


@dataclass(frozen=True, slots=True)
class LargeValue:
    """A value above `Limits.max_value_bytes`, which is null in its batch."""

    row: int
    column: int
    """Index into `DatabaseTable.columns`."""
    pieces: Iterable[bytes]
    """To be read at once; text is UTF-8. Raises DocumentError."""
    is_text: bool


@dataclass(frozen=True, slots=True)
class Sampled:
    """How much of a table was read where only a sample was asked for."""

    rows: int
    total: int | None
    """An estimate of the rows there are; None where the database has none."""
    at_random: bool
    """False: the first rows that the database gave."""


class DatabaseTable(Protocol):
    """An open table or view of a database."""

    columns: Sequence[TableColumn]
    key: Sequence[int]
    """Indices of the columns of the primary key; none where there is none, or not all of it is read."""
    remarks: Sequence[tuple[str, str]]
    """Texts that the database keeps about the table: what each is, and the text."""
    sampled: Sampled | None
    """After reading; None where every row was read."""

    def plan(self, slice_bytes: int) -> list[Slice]:
        """Slices of about so many bytes of the server's storage; [] where it is to be read whole."""
        ...

    def spare(self, needs: Mapping[int, Need]) -> None:
        """Before reading: of these columns, by index, no more is wanted. Null may stand for values that no one wants,
        days for moments.
        """
        ...

    def read(self, part: Slice | None) -> Iterator[TableRows | LargeValue | tuple[ProblemCode, str]]:
        """The rows, and (code, detail) of what is left out. Raises DocumentError when the rest cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class WorkUnit:
    """What one worker does at a time: a document, or one slice of it."""

    ref: DocumentRef
    slice: Slice | None = None
    ended: tuple[ProblemCode, str] | None = None
    """Code and detail of how a worker ended that read it before: it is searched for loose text alone, and so reported.
    """


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """One text of many lines: location kind `text`."""

    first_line: int = 1
    part: str = ""
    """Names the part of the document where there is more than one text (`body`, `attachment text`); shown with it."""
    source_map: SourceMap | None = None
    owned_bytes: int | None = None
    """Detections that start at or after this offset belong to the next batch, which repeats the text from here."""


@dataclass(frozen=True, slots=True)
class PageOrigin:
    """Text i of the batch is page `first_page + i`: location kind `page`."""

    first_page: int = 1


@dataclass(frozen=True, slots=True)
class PartOrigin:
    """Text i of the batch is the part named `parts[i]` (a header, a property, slide notes): location kind `part`."""

    parts: tuple[str, ...]


FIELD_NAMES = ("field names",)
"""The part that holds the names of the columns of records, a line each."""


@dataclass(frozen=True, slots=True)
class RowKeys:
    """What tells some rows of a table from all others: the primary key."""

    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    first_row: int

    def of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The key of each of `rows`.

        >>> import numpy as np, pyarrow as pa
        >>> RowKeys(("id", "no"), (pa.array([7, 8]), pa.array([1, 2])), 11).of(np.array([12]))
        ['id=8, no=2']
        """
        at = rows - self.first_row
        values = [column.take(at).to_pylist() for column in self.columns]
        return [
            ", ".join(f"{name}={value}" for name, value in zip(self.names, row, strict=True))
            for row in zip(*values, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """Text i of the batch is the cell at row `first_row + i`, or `rows[i]`, of one column: location kind `cell`."""

    column: int
    """1-based position in the table or sheet."""
    header: str = ""
    sheet: str = ""
    first_row: int = 1
    """1-based, counted as a spreadsheet shows it: the header, if any, has a row too."""
    rows: npt.NDArray[np.int64] | None = field(default=None, compare=False)
    table_headers: tuple[str, ...] = ()
    """The headers of all columns of the table, where it has any."""
    comment: str = ""
    """What else is said of the column where it lies, as `TableColumn.comment`."""
    keys: RowKeys | None = field(default=None, compare=False)
    """Of numbers that identify no one; to be shown only if no header says that they do."""
    dull: bool = field(default=False, compare=False)
    """The reader wrote the cells from values of a type that identifies no one by itself: moments, truth values, numbers
    too short or with decimals. They tell of a person only where header or comment say so; else they may be null."""


Origin = LineOrigin | PageOrigin | PartOrigin | ColumnOrigin


@dataclass(frozen=True, slots=True)
class ChunkBatch:
    """Texts small enough for memory (about 1 MiB, never above `Limits.max_value_bytes` each), and where they lie."""

    texts: pa.LargeStringArray | pa.StringArray
    """Valid UTF-8, one contiguous buffer with offsets. Nulls are empty cells. None at all: the origin alone is told of,
    such as the columns of a table without rows."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class Problem:
    """What was not, or not wholly, looked at. `detail` is a fixed phrase with numbers at most, never content."""

    ref: DocumentRef
    stage: Stage
    code: ProblemCode
    detail: str


Item = WorkUnit | Problem
"""What a walk gives: documents to read and problems to record, in its order."""
