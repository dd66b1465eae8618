"""The rows of documents, dates of records and problems that a work unit leaves, gathered while it is read.

Whose a document is, which system it is from and how old its records are is put together here; nothing is decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from pii_scan.detect import children
from pii_scan.extract import purview
from pii_scan.extract.dispatch import DocumentDone
from pii_scan.findings.collect import Collector
from pii_scan.findings.names import NameMasker
from pii_scan.findings.redact import fingerprint
from pii_scan.findings.schema import DATES, DOCUMENTS, ORIGINS, PROBLEMS, SAMPLES, UNASSIGNED
from pii_scan.findings.soundness import FIRST, LAST, MAX_NUMBER
from pii_scan.model import DocumentRef, Problem, Stage
from pii_scan.record_dates.observe import Month

IDENTITY, EXPORT_PATH = "identity", "export path"
INHERITED = "within a document from this system"
"""The signal of what nothing of its own tells: an attachment is where its mail is."""


class DocumentRows:
    """Document, date and problem rows of one unit."""

    def __init__(self, names: NameMasker, key: bytes) -> None:
        self._names = names
        self._key = key
        self._account = ""
        self._done: dict[str, dict[str, Any]] = {}
        self._refs: dict[str, DocumentRef] = {}
        self._months: dict[str, list[Month]] = {}
        self._found: set[str] = set()
        self._minors: dict[str, dict[str, int]] = {}
        self._problems: list[dict[str, Any]] = []
        self._samples: list[dict[str, Any]] = []
        self._troubled: dict[str, DocumentRef] = {}
        # by the names as they are, which never leave: two documents may look the same once they are masked

    def opened(self, account: str) -> None:
        """The unit's own document, of the account that owns it where it lies (`Document.account`)."""
        self._account = self._names.safe(account)

    def minors(self, ref: DocumentRef, column: str, declared: int) -> None:
        """Some users that a column of the document itself calls minors; another column may call the same users so."""
        if declared:
            columns = self._minors.setdefault(ref.display, {})
            columns[column] = columns.get(column, 0) + declared

    def found(self, ref: DocumentRef) -> None:
        """Something was found in a document: the dates of its records are kept."""
        self._found.add(ref.display)

    def is_found(self, ref: DocumentRef) -> bool:
        """Whether something was."""
        return ref.display in self._found

    def problem(self, problem: Problem) -> None:
        """Something that was not, or not wholly, looked at."""
        self._troubled.setdefault(problem.ref.display, problem.ref)
        row = {
            "target": problem.ref.target, "document": self._names.document(problem.ref),
            "stage": str(problem.stage), "code": str(problem.code), "detail": problem.detail,
        }  # fmt: skip
        if problem.stage is Stage.SOURCE and self._problems and {**self._problems[-1], "stage": row["stage"]} == row:
            return  # what kept a source from giving the document was met by its reader already
        self._problems.append(row)

    def done(
        self, piece: DocumentDone, system: str | None, signals: Sequence[str], months: list[Month],
        collector: Collector,
    ) -> None:  # fmt: skip
        """The end of a document: what it is from, as far as it says itself, and how old its records are."""
        row = document_row(self._names, piece.ref, piece.media_type, piece.read_bytes, piece.touched)
        row["identity"] = self._print(IDENTITY, piece.identity)
        row["export_path"] = self._print(EXPORT_PATH, purview.path_of(piece.ref))
        row["owner"] = self._names.owner(*purview.owner_of(piece.ref)) or None
        row["account"] = self._account or None
        row["system"], row["signals"] = system, "; ".join(signals) or None
        name = piece.ref.display
        for age in (children.DIGITAL_SERVICES, children.ADULT):
            row[f"under_{age}"] = collector.younger_than(age, row["document"])
        row["under_18"] = max((row["under_18"], *self._minors.pop(name, {}).values()))
        collector.forget(row["document"])
        if piece.sampled is not None:
            sampled = {"sampled": piece.sampled.rows, "total": piece.sampled.total, "random": piece.sampled.at_random}
            self._samples.append({"target": row["target"], "document": row["document"], **sampled})
        self._done[name], self._refs[name], self._months[name] = row, piece.ref, months

    def origins(self, piece: purview.ExportedItems) -> pa.Table:
        """What a report says of items, one row for each key that an item can be known by."""
        rows = []
        self._names.learn(item.original for item in piece.items)
        self._names.learn(item.owner for item in piece.items if "://" in item.owner)
        for item in piece.items:
            original, owner = self._names.place(item.original), self._names.owner(item.owner, "://" in item.owner)
            for key in (self._print(EXPORT_PATH, item.path), self._print(IDENTITY, item.identity)):
                if key is not None:
                    rows.append({"key": key, "original": original, "owner": owner})
        return pa.Table.from_pylist(rows, schema=ORIGINS)

    def _print(self, kind: str, text: str) -> int | None:
        return fingerprint(kind, text, self._key) if text else None

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """The rows by table; a document that has a problem and was never opened gets its row here."""
        for name, ref in self._troubled.items():
            row = self._done.setdefault(name, document_row(self._names, ref, "", 0, False))
            self._refs.setdefault(name, ref)
            row["status"] = "partly_read" if row["status"] == "read" else "unread"
        for name, row in self._done.items():
            if row["system"] is None and (around := self._inherited(self._refs[name])):
                row["system"], row["signals"] = around, INHERITED
            row["system"] = row["system"] or UNASSIGNED
        return {
            "samples": self._samples, "documents": list(self._done.values()), "problems": self._problems,
            "dates": self._dates(),
        }  # fmt: skip

    def _inherited(self, ref: DocumentRef) -> str | None:
        """The system of the nearest container that has one: an attachment is where its mail is."""
        while ref.parent is not None:
            ref = ref.parent
            around = self._done.get(ref.display)
            if around is not None and around["system"] not in (None, UNASSIGNED):
                return str(around["system"])
        return None

    def _dates(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for name, months in self._months.items():
            if name in self._found:
                place = {"target": self._refs[name].target, "document": self._done[name]["document"]}
                rows += [
                    {**place, "month": one.month, "basis": one.basis, "records": one.records, "oldest": one.oldest,
                     "youngest": one.youngest} for one in months
                ]  # fmt: skip
        return rows


_SCHEMAS = {"samples": SAMPLES, "documents": DOCUMENTS, "problems": PROBLEMS, "dates": DATES}


def row_tables(rows: Mapping[str, Sequence[dict[str, Any]]]) -> dict[str, pa.Table]:
    """What `DocumentRows.rows` gave, of one unit or of many, as tables; empty ones are left out."""
    return {name: pa.Table.from_pylist(some, schema=_SCHEMAS[name]) for name, some in rows.items() if some}


def document_row(
    names: NameMasker, ref: DocumentRef, media_type: str, read_bytes: int, touched: bool
) -> dict[str, Any]:
    """A row of the documents table."""
    modified = None if ref.modified_at is None else _moment(ref.modified_at)
    size = ref.size_bytes
    if size is not None and not 0 <= size <= MAX_NUMBER:  # what an archive says of a member may be any number
        size = None
    return {
        "target": ref.target, "document": names.document(ref), "container": ref.parent is not None,
        "media_type": media_type or None, "size_bytes": size, "read_bytes": read_bytes if touched else 0,
        "modified_at": modified, "status": "read" if touched else "unread", "system": None,
        "under_13": 0, "under_18": 0,
    }  # fmt: skip


def _moment(seconds: float) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None  # file systems hold dates that no calendar has
    return moment if FIRST <= moment <= LAST else None
