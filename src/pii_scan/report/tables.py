"""Findings, inventory and problems as CSV for spreadsheets: UTF-8 with BOM, `;`, CRLF, as Norwegian Excel opens them.

Names of files, sheets and headers come from the scanned data, so that a cell a spreadsheet would run is made text.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import Any, BinaryIO

from pii_scan.inventory.categories import categories
from pii_scan.inventory.originals import originals_of
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.report.messages import wording
from pii_scan.report.model import View, view

_ACTIVE = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)  # the last four: full-width forms
_ROWS = 4096

FINDING_COLUMNS = (
    "target", "document", "kind", "sheet", "part", "header", "row", "column", "entity_type", "entity_name", "category",
    "category_name", "count", "distinct", "score", "is_synthetic", "recognizer", "reasons", "masked",
    "original_location", "owner",
)  # fmt: skip
INVENTORY_COLUMNS = (
    "system", "category", "category_name", "documents", "count", "synthetic", "distinct", "max_score",
    "first_seen", "last_seen",
)  # fmt: skip
PROBLEM_COLUMNS = ("target", "document", "stage", "code", "meaning", "detail")


def write(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """The findings, one row each, table by table (`--format csv`)."""
    at, words = FINDING_COLUMNS.index("score"), wording(lang)
    rows = ([*row[:at], words.score(row[at]), *row[at + 1 :]] for row in finding_rows(run, lang))
    write_rows(out, lang, FINDING_COLUMNS, rows)


def write_inventory(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """The inventory, one row for each system and category."""
    write_rows(out, lang, INVENTORY_COLUMNS, _inventory(view(run, lang, details=False)))


def write_problems(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """What was not, or not wholly, read, one row each."""
    write_rows(out, lang, PROBLEM_COLUMNS, problem_rows(run, lang))


def inert(value: object) -> str:
    """A cell's text, with an apostrophe before what a spreadsheet would take for a formula (OWASP: CSV injection).

    >>> inert("=1+1"), inert("-2"), inert(-2), inert("a;b")
    ("'=1+1", "'-2", '-2', 'a;b')
    """
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_ACTIVE) else text


def write_rows(out: BinaryIO, lang: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table: a row with the names of `columns` (wording `column.*`), then the rows, every cell inert."""
    words = wording(lang)
    out.write(codecs.BOM_UTF8)
    text = TextIOWrapper(out, "utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow([words(f"column.{column}") for column in columns])
        writer.writerows([inert(cell) for cell in row] for row in rows)
    finally:
        text.flush()
        text.detach()


def finding_rows(run: FinishedRun, lang: str) -> Iterator[Sequence[Any]]:
    """The findings as rows of `FINDING_COLUMNS`, with the score as a number."""
    words, table, originals = wording(lang), categories(), originals_of(run)
    for row in _rows(run.findings()):
        original = originals.of(row["target"], row["document"])
        yield [
            row["target"], row["document"],
            row["kind"], row["sheet"], row["part"], row["header"], row["row"], row["column"],
            row["entity_type"], table.entity_name(row["entity_type"], lang),
            row["category"], table.name(row["category"], lang),
            row["count"], row["distinct"], row["score"], words("yes" if row["synthetic"] else "no"),
            row["recognizer"], row["reasons"], row["masked"], original.location, original.owner,
        ]  # fmt: skip


def _inventory(seen: View) -> Iterator[Sequence[object]]:
    for held in seen.inventory.holdings:
        yield [
            seen.system(held.system), held.category, seen.category(held.category), held.documents, held.count,
            held.synthetic, held.distinct, seen.t.score(held.score), held.first_seen, held.last_seen,
        ]  # fmt: skip


def problem_rows(run: FinishedRun, lang: str) -> Iterator[Sequence[object]]:
    """What was not, or not wholly, read, as rows of `PROBLEM_COLUMNS`."""
    words = wording(lang)
    known = words.keys()
    for row in _rows(run.problems()):
        code, stage = f"code.{row['code']}", f"stage.{row['stage']}"
        yield [
            row["target"], row["document"], words(stage) if stage in known else row["stage"], row["code"],
            words(code) if code in known else row["code"], row["detail"],
        ]  # fmt: skip


def _rows(tables: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for table in tables:
        for batch in table.to_batches(max_chunksize=_ROWS):
            yield from batch.to_pylist()
