"""A run as a workbook (`--format xlsx`): summary, systems and categories, findings, what was not read, coverage.

Written row by row, so that memory does not grow with the findings; what goes beyond `MAX_FINDINGS` is counted and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from pii_scan.inventory.holdings import SystemShare
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.report.model import View, view
from pii_scan.report.tables import FINDING_COLUMNS, PROBLEM_COLUMNS, finding_rows, problem_rows
from pii_scan.report.workbook import Book, SheetWriter

MAX_FINDINGS = 1_000_000
"""Rows of findings in all."""
ROWS_PER_SHEET = 500_000
"""A sheet takes 1,048,576 rows; half of that still opens on an office machine."""
MAX_UNREAD = 200_000
_WIDTHS = {
    "document": 60,
    "target": 30,
    "reasons": 40,
    "category_name": 28,
    "entity_name": 28,
    "detail": 50,
    "meaning": 34,
}
_CATEGORY_COLUMNS = (
    "category", "documents", "count", "synthetic", "distinct", "max_score", "first_seen", "last_seen",
)  # fmt: skip


def write(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """Writes the workbook."""
    write_of(view(run, lang, details=False), run, out)


def write_of(seen: View, run: FinishedRun, out: BinaryIO) -> None:
    """As `write`, of a run that is rolled up."""
    t, lang = seen.t, seen.t.lang
    book = Book(t("workbook.title", targets=", ".join(seen.targets)), seen.manifest.get("finished_at"))
    left_out = sum(table.num_rows for table in run.findings()) - MAX_FINDINGS
    _summary(book, seen, left_out)
    _matrix(book, seen)
    if seen.inventory.systems:
        _systems(book, seen)
    _findings(book, seen, finding_rows(run, lang))
    sheet = book.sheet(
        t("workbook.unread"), [t(f"column.{name}") for name in PROBLEM_COLUMNS], _widths(PROBLEM_COLUMNS), wrap=False
    )
    rest = _filled(sheet, problem_rows(run, lang), MAX_UNREAD)
    if rest:
        sheet.row([t("workbook.unread_left_out", n=rest), *[None] * (len(PROBLEM_COLUMNS) - 1)], bold=True)
    write_coverage(book.sheet(t("workbook.coverage"), [], [44, 60]), seen)
    book.save(out)


def write_coverage(sheet: SheetWriter, seen: View, lead: str = "") -> None:
    """What was looked at and what was not, and the facts of the run, two columns."""
    t, coverage, manifest = seen.t, seen.inventory.coverage, seen.manifest
    sheet.row([seen.headline(), None], bold=True)
    for text in filter(None, (*seen.warnings(), *seen.remarks(), lead)):
        sheet.row([text, None])
    sheet.row([t("coverage.title"), None], bold=True)
    for key, number in (
        ("seen", coverage.seen), ("read", coverage.read), ("partly_read", coverage.partly_read),
        ("unread", coverage.unread),
    ):  # fmt: skip
        sheet.row([t("coverage.documents") + ": " + t(f"coverage.{key}"), number])
    sheet.row([t("coverage.bytes") + ": " + t("coverage.seen"), coverage.bytes_seen])
    sheet.row([t("coverage.bytes") + ": " + t("coverage.read"), coverage.bytes_read])
    for code, number in coverage.problems.items():
        sheet.row([f"{code}: {seen.code(code)}", number])
    sheet.row([t("method.title"), None], bold=True)
    for key, value in (
        ("run", manifest.get("id")), ("started", t.moment(manifest.get("started_at"))),
        ("finished", t.moment(manifest.get("finished_at"))), ("version", manifest.get("version")),
        ("rules_hash", manifest.get("rules_hash")), ("config_hash", manifest.get("config_hash")),
    ):  # fmt: skip
        sheet.row([t(f"method.{key}"), value or t("method.not_finished")])
    for target in seen.targets_in_full:
        sheet.row([t("method.targets"), target])
    for note in manifest.get("notes", []):
        sheet.row([t("method.notes"), str(note)])


def _summary(book: Book, seen: View, left_out: int) -> None:
    t, width = seen.t, len(_CATEGORY_COLUMNS)
    sheet = book.sheet(t("workbook.summary"), [], [34, *[14] * (width - 1)])

    def line(*values: object, bold: bool = False) -> None:
        sheet.row([*values, *[None] * (width - len(values))], bold=bold)

    line(seen.headline(), bold=True)
    notes = [*seen.warnings(), *seen.remarks(), t("remark.lead")]
    for text in [*notes, *([t("workbook.left_out", n=left_out)] if left_out > 0 else [])]:
        line(text)
    line()
    for figure in seen.figures():
        line(figure.label, figure.value, figure.hint)
    line()
    line(*(t(f"column.{name}") for name in _CATEGORY_COLUMNS), bold=True)
    for e in seen.inventory.entries:
        line(
            seen.category(e.category), e.documents, e.count, e.synthetic, e.distinct,
            round(e.score, 2), e.first_seen, e.last_seen,
        )  # fmt: skip
    line()
    for flag, entries in seen.callouts():
        if entries:
            line(t(f"callouts.{flag.value}"), ", ".join(seen.category(e.category) for e in entries))


def _matrix(book: Book, seen: View) -> None:
    """Categories by systems, occurrences with test numbers; the systems in the order of the inventory."""
    t = seen.t
    held = seen.inventory.holdings
    counts = {(one.category, one.system): one.count for one in held}
    total = {entry.category: entry.count for entry in seen.inventory.entries}
    systems = list(dict.fromkeys(one.system for one in held))
    headers = [t("column.category"), *(seen.system(system) for system in systems), t("total")]
    sheet = book.sheet(t("workbook.matrix"), headers, [34, *[18] * len(systems), 14])
    for category in total:
        row = [counts.get((category, system)) for system in systems]
        sheet.row([seen.category(category), *row, total[category]])


def _systems(book: Book, seen: View) -> None:
    t = seen.t
    headers = [
        t("column.system"), t("column.documents"), t("coverage.unread"), t("figure.documents"), t("coverage.bytes"),
        t("workbook.signals"), t("column.owner"),
    ]  # fmt: skip
    sheet = book.sheet(t("workbook.systems"), headers, [34, 14, 14, 18, 18, 60, 40])
    for share in seen.inventory.systems:
        sheet.row(_system(seen, share))


def _system(seen: View, share: SystemShare) -> list[object]:
    signals, owners = (
        "\n".join(f"{name} ({seen.t.number(n)})" for name, n in list(counted.items())[:10])
        for counted in (share.signals, share.owners)
    )
    return [
        seen.system(share.system), share.documents, share.unread, share.with_findings, share.size_bytes, signals, owners
    ]  # fmt: skip


def _findings(book: Book, seen: View, rows: Iterator[Sequence[object]]) -> None:
    """As many sheets as the findings take, at least one."""
    t, number, left = seen.t, 0, MAX_FINDINGS
    headers = [t(f"column.{name}") for name in FINDING_COLUMNS]
    first = next(rows, None)
    while number == 0 or (first is not None and left > 0):
        number += 1
        title = t("workbook.findings") if number == 1 else t("workbook.findings_part", n=number)
        sheet = book.sheet(title, headers, _widths(FINDING_COLUMNS), wrap=False)
        if first is not None:
            sheet.row(first)
            for row in islice(rows, min(ROWS_PER_SHEET, left) - 1):
                sheet.row(row)
        left -= ROWS_PER_SHEET
        first = next(rows, None) if left > 0 else None


def _filled(sheet: SheetWriter, rows: Iterable[Sequence[object]], most: int) -> int:
    """Writes up to `most` rows; how many were left out."""
    left_out = 0
    for number, row in enumerate(rows):
        if number < most:
            sheet.row(row)
        else:
            left_out += 1
    return left_out


def _widths(columns: Sequence[str]) -> list[int]:
    return [_WIDTHS.get(name, 16) for name in columns]
