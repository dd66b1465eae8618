"""Walks a document and all that is inside it: finds the extractor, enters members, turns every failure into a Problem.

The only place in `extract` where `except Exception` is allowed. Detects nothing; starts no process (see `engines`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import media_type as types
from pii_scan.extract import picture_sizes, purview, signatures
from pii_scan.extract.limits import Budget, size_of
from pii_scan.model import (
    TABLE_MEDIA_TYPE,
    ChunkBatch,
    Document,
    DocumentRef,
    Limits,
    Problem,
    ProblemCode,
    Sampled,
    Slice,
    Stage,
)


class Reader(NamedTuple):
    """Where the extractor of a media type is, and what reads the document when that gives nothing at all."""

    entry_point: str
    """`module:function` within `pii_scan.extract`."""
    budgeted: bool = False
    """The function takes the Budget as a third argument, and counts what it expands itself."""
    fallback: str = ""
    """Media type to read it as when the extractor fails before its first text or member."""


READERS: dict[str, Reader] = {
    types.TEXT: Reader("text:extract"),
    types.HTML: Reader("html:extract", fallback=types.TEXT),
    types.XML: Reader("xml:extract", fallback=types.TEXT),
    types.SVG: Reader("xml:extract", fallback=types.TEXT),
    types.JSON: Reader("json:extract", fallback=types.TEXT),
    types.JSON_LINES: Reader("json:extract", fallback=types.TEXT),
    types.CSV: Reader("tabular:extract", fallback=types.TEXT),
    types.EML: Reader("mail:extract", fallback=types.TEXT),
    types.SQL: Reader("sql_dump:extract", fallback=types.TEXT),
    types.VCARD: Reader("contacts:extract", fallback=types.TEXT),
    types.CALENDAR: Reader("contacts:extract", fallback=types.TEXT),
    types.UUENCODED: Reader("uuencode:extract", fallback=types.TEXT),
    types.MBOX: Reader("mailbox:extract", budgeted=True, fallback=types.TEXT),
    "application/cms-signature": Reader("mail_signed:extract"),
    "application/vnd.ms-outlook-item": Reader("mapi:extract"),
    "application/vnd.ms-outlook-pst": Reader("pst:extract", budgeted=True),
    "application/vnd.ms-outlook": Reader("msg:extract"),
    "application/vnd.ms-tnef": Reader("tnef:extract"),
    "application/msword": Reader("word_binary:extract", fallback=signatures.OLE),
    "application/vnd.ms-excel": Reader("excel_binary:extract", fallback=signatures.OLE),
    "application/vnd.ms-powerpoint": Reader("powerpoint_binary:extract", fallback=signatures.OLE),
    signatures.OLE: Reader("ole_storage:extract"),
    "application/vnd.visio": Reader("ole_storage:extract"),
    "application/vnd.ms-project": Reader("ole_storage:extract"),
    "application/x-mspublisher": Reader("publisher:extract", fallback=signatures.OLE),
    "image/emf": Reader("metafile:extract_emf"),
    "image/wmf": Reader("metafile:extract_wmf"),
    "application/rtf": Reader("rtf:extract", fallback=types.TEXT),
    types.PDF: Reader("pdf:extract", budgeted=True),
    **{kind: Reader("ocr:extract", budgeted=True) for kind in sorted(picture_sizes.TYPES)},
    signatures.DOCX: Reader("wordprocessing:extract", budgeted=True, fallback=signatures.ZIP),
    signatures.XLSX: Reader("spreadsheet:extract", budgeted=True, fallback=signatures.ZIP),
    signatures.XLSB: Reader("xlsb:extract", budgeted=True, fallback=signatures.ZIP),
    signatures.VSDX: Reader("visio:extract", budgeted=True, fallback=signatures.ZIP),
    "application/onenote": Reader("onenote:extract"),
    signatures.PPTX: Reader("presentation:extract", budgeted=True, fallback=signatures.ZIP),
    **{kind: Reader("open_document:extract", True, signatures.ZIP) for kind in signatures.ODF_TYPES},
    signatures.FLAT_ODF: Reader("open_document:extract_flat", budgeted=True, fallback=types.XML),
    signatures.ZIP: Reader("zip_archive:extract", budgeted=True),
    "application/vnd.apache.parquet": Reader("columnar:extract", budgeted=True),
    "application/vnd.apache.orc": Reader("columnar_arrow:extract_orc", budgeted=True),
    "application/vnd.apache.arrow.file": Reader("columnar_arrow:extract_file", budgeted=True),
    "application/vnd.apache.arrow.stream": Reader("columnar_arrow:extract_stream", budgeted=True),
    "application/avro": Reader("avro:extract", budgeted=True),
    TABLE_MEDIA_TYPE: Reader("table_rows:extract", budgeted=True),
    "application/vnd.sqlite3": Reader("database_file:extract"),
    "application/x-plist": Reader("property_list:extract"),
    "application/x-dbf": Reader("dbase:extract"),
    "application/x-msaccess": Reader("access_file:extract"),
    "application/x-sqlite-log": Reader("database_file:extract_log"),
    "application/x-sqlite-shm": Reader("database_file:extract_index"),
    types.IWORK: Reader("iwork:extract", budgeted=True),
    "application/x-tar": Reader("archive:extract_tar", budgeted=True),
    "application/x-7z-compressed": Reader("seven_zip:extract", budgeted=True),
    "application/vnd.rar": Reader("archive_tool:extract", budgeted=True),
    "application/vnd.ms-cab-compressed": Reader("archive_tool:extract", budgeted=True),
    "application/x-cpio": Reader("archive_tool:extract", budgeted=True),
    "application/x-archive": Reader("archive_tool:extract", budgeted=True),
    "application/x-rpm": Reader("archive_tool:extract", budgeted=True),
    "application/x-iso9660-image": Reader("iso:extract", budgeted=True),
    "application/zstd": Reader("compressed:extract_zstd", budgeted=True),
    "application/x-lz4": Reader("compressed:extract_lz4", budgeted=True),
    "application/gzip": Reader("compressed:extract_gzip", budgeted=True),
    "application/x-bzip2": Reader("compressed:extract_bzip2", budgeted=True),
    "application/x-xz": Reader("compressed:extract_xz", budgeted=True),
    "application/x-lzma": Reader("compressed:extract_xz", budgeted=True),
}

BY_RECORD: dict[str, Reader] = {
    **READERS,
    types.JSON: Reader("json_records:extract", fallback=types.TEXT),
    types.JSON_LINES: Reader("json_records:extract", fallback=types.TEXT),
}
"""As READERS, with JSON records as rows of a table: a contract of an export speaks of columns."""

_PACKAGES = {"pypdfium2": "pypdfium2", "pypdfium2_raw": "pypdfium2"}

Piece = ChunkBatch | Document | Problem
Extract = Callable[..., Iterator[Piece]]


@dataclass(frozen=True, slots=True)
class Extracted:
    """Text of the document `ref`."""

    ref: DocumentRef
    batch: ChunkBatch


@dataclass(frozen=True, slots=True)
class DocumentDone:
    """The end of a document that was opened; its members' come before it."""

    ref: DocumentRef
    media_type: str
    read_bytes: int
    """At most what is known to have been read: 0 for a document that gave nothing."""
    touched: bool
    """Some text or a member came out of it, or it is a sound document that holds none."""
    identity: str = ""
    """As `Document.identity`."""
    sampled: Sampled | None = None
    """As `DatabaseTable.sampled`."""


Walked = Extracted | Problem | DocumentDone | purview.ExportedItems


def extract(
    document: Document, limits: Limits, budget: Budget | None = None, readers: Mapping[str, Reader] = READERS
) -> Iterator[Walked]:
    """All text of a document and its members, what was left out as Problems, and one DocumentDone for each opened;
    of the report of an export also what it says of the items.

    Raises nothing that a document can cause. `budget` is shared by all that lies below one top-level document.
    `readers`: READERS or BY_RECORD.
    """
    budget = budget if budget is not None else Budget(limits)
    walk = _Walk(document, limits, budget, readers)
    try:
        if not document.media_type:
            document.media_type = types.identify(document)
    except Exception as error:  # noqa: BLE001 - a hostile file must not end the run
        document.media_type = types.UNKNOWN
        yield failure(document.ref, error, "the start of the document")
    else:
        yield from walk.run()
    yield DocumentDone(
        document.ref, document.media_type, walk.read_bytes(), walk.touched, document.identity,
        None if document.table is None else document.table.sampled,
    )  # fmt: skip


def salvage(document: Document) -> Iterator[Walked]:
    """The loose text of a document whose reader did not survive it, as `extract` gives text; nothing is parsed."""
    from pii_scan.extract import loose  # most scans have no use for it

    read = 0
    try:
        for batch in loose.pieces(document, loose.SALVAGE_BYTES) if document.table is None else ():
            yield Extracted(document.ref, batch)
            read = document.content.tell()
    except Exception as error:  # noqa: BLE001 - a file that vanishes, or memory that is not there
        yield failure(document.ref, error, "the document for loose text")
    yield DocumentDone(document.ref, document.media_type, read, read > 0, document.identity)


def slices(document: Document, limits: Limits, slice_bytes: int) -> list[Slice]:
    """The slices in which a large document can be read by several workers; empty when it is to be read whole."""
    from pii_scan.extract.split import plan  # knows formats that a small file does not need

    try:
        if document.table is not None:
            return document.table.plan(slice_bytes)
        document.media_type = types.identify(document)
        document.content.seek(0)
        return plan(document, limits, slice_bytes)
    except Exception:  # noqa: BLE001 - reading it whole will meet the same, and say so
        return []


def failure(ref: DocumentRef, error: Exception, what: str) -> Problem:
    """An exception as a Problem. Its message is dropped: parsers quote what they read."""
    if isinstance(error, DocumentError):
        code, detail = ProblemCode(error.code), error.detail
    elif isinstance(error, MemoryError):
        code, detail = ProblemCode.MEMORY, f"not enough memory to read {what}"
    elif isinstance(error, RecursionError):
        code, detail = ProblemCode.LIMIT, f"nested too deep while reading {what}"
    else:
        code, detail = ProblemCode.CORRUPT, f"{type(error).__name__} while reading {what}"
    return Problem(ref, Stage.EXTRACT, code, detail)


class _Walk:
    """One document on its way through its extractor."""

    __slots__ = ("_budget", "_document", "_failed", "_limits", "_members", "_problems", "_readers", "touched")

    def __init__(self, document: Document, limits: Limits, budget: Budget, readers: Mapping[str, Reader]) -> None:
        self._readers = readers
        self._document = document
        self._limits = limits
        self._budget = budget
        self._members = 0
        self._problems = 0
        self._failed = False
        self.touched = False

    def run(self) -> Iterator[Walked]:
        document = self._document
        ref, media_type = document.ref, document.media_type
        if media_type in signatures.ENCRYPTED:
            yield Problem(ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, signatures.ENCRYPTED[media_type])
            return
        if media_type not in self._readers:
            yield Problem(ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, signatures.not_read_detail(media_type))
            return
        kind = media_type
        while kind:
            reader = self._readers[kind]
            document.content.seek(0)
            yield from self._read(reader, kind)
            if self.touched or not self._failed or not reader.fallback:
                break
            kind, self._failed = reader.fallback, False
        if media_type == types.CSV and self.touched:
            yield from self._report()
        if not self._problems and not self._failed:
            self.touched = True

    def _report(self) -> Iterator[Walked]:
        """What a table says of the items of an export, where it is the report of one."""
        try:
            yield from purview.items(self._document)
        except Exception as error:  # noqa: BLE001 - it was read as a table; the places of the items are not known
            yield failure(self._document.ref, error, "the report of an export")

    def _read(self, reader: Reader, kind: str) -> Iterator[Walked]:
        """One pass of one extractor over the document."""
        ref = self._document.ref
        pieces: Iterator[Piece] = iter(())
        try:
            function = _load(reader.entry_point)
            arguments = (self._budget,) if reader.budgeted else ()
            pieces = function(self._document, self._limits, *arguments)
            while (piece := next(pieces, None)) is not None:
                if isinstance(piece, ChunkBatch):
                    self.touched = True
                    yield Extracted(ref, piece)
                elif isinstance(piece, Problem):
                    self._problems += 1
                    self.touched |= piece.ref != ref  # a container whose members cannot be read was itself read
                    yield piece
                else:
                    yield from self._enter(piece, reader.budgeted)
        except ModuleNotFoundError as error:
            self._failed = True
            yield Problem(ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, _missing(error))
        except Exception as error:  # noqa: BLE001 - whatever a parser raises on hostile input
            self._failed = True
            yield failure(ref, error, kind)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _enter(self, member: Document, counted: bool) -> Iterator[Walked]:
        """Reads a member. Raises DocumentError (`limit`) when no further member may be read."""
        with member.content:
            if self._members >= self._limits.max_members:
                raise DocumentError("limit", f"the members after the first {self._members} are left out")
            if member.ref.depth > self._limits.max_depth:
                self._problems += 1
                detail = f"nested in more than {self._limits.max_depth} containers"
                yield Problem(member.ref, Stage.EXTRACT, ProblemCode.LIMIT, detail)
                return
            self._budget.take_member()
            if not counted:
                self._budget.take_bytes(size_of(member.content))
            self._members += 1
            self.touched = True
            if self._document.identity:
                member.identity = f"{self._document.identity}\0{member.ref.path}"
            yield from extract(member, self._limits, self._budget, self._readers)

    def read_bytes(self) -> int:
        """Bytes of the document that were read; where the extractor failed, no more than it came to."""
        if not self.touched:
            return 0
        document = self._document
        if document.table is not None:
            return 0 if self._failed else _table_bytes(document, document.table.sampled)
        try:
            place = document.content.tell()
            size = size_of(document.content)
        except (OSError, ValueError):  # closed, or gone
            return 0
        start, end = (document.slice.start, document.slice.end) if document.slice is not None else (0, size)
        return max(min(place, end) - start, 0) if self._failed else end - start


def _table_bytes(document: Document, sampled: Sampled | None) -> int:
    """Bytes of the server's storage that were read of a table or its slice."""
    whole = document.ref.size_bytes or 0
    if document.slice is not None:
        return document.slice.end - document.slice.start
    return whole if sampled is None else whole * sampled.rows // max(sampled.total or 0, sampled.rows, 1)


def _load(entry_point: str) -> Extract:
    module, _, function = entry_point.partition(":")
    return cast(Extract, getattr(importlib.import_module(f"pii_scan.extract.{module}"), function))


def _missing(error: ModuleNotFoundError) -> str:
    """What to install for a format whose parser is not there."""
    package = _PACKAGES.get((error.name or "").partition(".")[0])
    return f"install {package} to read this format" if package else "the reader of this format is not installed"
