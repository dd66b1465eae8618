"""The gap list as a table: CSV as Norwegian spreadsheets open it, and XLSX with a sheet each for the gaps, the outcomes
of the categories, the notice on its own, and the coverage.

A cell that a spreadsheet would run is made text, as in `report.tables`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, BinaryIO

from pii_scan.model import printable
from pii_scan.notice.gaps import Gap
from pii_scan.report.gap_view import GapView
from pii_scan.report.tables import inert, write_rows

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COLUMNS = (
    "rule", "level", "status", "system", "system_name", "category", "category_name", "message", "question", "in_notice",
    "notice_line", "in_record", "documents", "count", "persons", "oldest", "youngest", "score", "places", "law",
    "accepted_by", "gap_key",
)  # fmt: skip
_TABLE = ("system", "system_name", "category", "category_name", "in_notice", "in_record")
_LINT = ("rule", "level", "notice_line", "message", "law")
_WIDTHS = {"message": 60, "question": 50, "places": 50, "law": 40, "system_name": 28, "category_name": 28,
           "accepted_by": 40, "gap_key": 44, "measure": 60, "in_notice": 22, "in_record": 22}  # fmt: skip


def write_csv(view: GapView, out: BinaryIO) -> None:
    """One row for each gap; UTF-8 with BOM, `;`."""
    write_rows(out, view.t.lang, COLUMNS, (_plain(view, row) for row in _rows(view)))


def write_xlsx(view: GapView, out: BinaryIO) -> None:
    """A workbook; the same view gives the same cells."""
    from openpyxl import Workbook

    t, comparison = view.t, view.checked.comparison
    book = Workbook()
    book.remove(book.worksheets[0])
    _sheet(view, book.create_sheet(t("check.sheet_gaps")), COLUMNS, _rows(view))
    table = (
        (system, view.system(system), category, view.category(category), view.outcome(notice), view.outcome(record))
        for (system, category), (notice, record) in comparison.table.items()
    )
    _sheet(view, book.create_sheet(t("check.sheet_table")), _TABLE, table)
    lint = ((item.rule, t(f"level.{item.level}"), item.line, said, item.law) for item, said in view.lint())
    _sheet(view, book.create_sheet(t("check.sheet_lint")), _LINT, lint)
    _sheet(view, book.create_sheet(t("check.sheet_coverage")), ("measure",), ((said,) for said in _coverage(view)))
    book.properties.created = book.properties.modified = datetime.combine(view.checked.as_of, time())
    book.properties.creator = "pii-scan"
    book.save(out)


def _coverage(view: GapView) -> Iterator[str]:
    yield view.title()
    yield from view.coverage()
    yield from view.remarks()
    yield view.summary()
    yield view.t("check.wording")


def _rows(view: GapView) -> Iterator[Sequence[object]]:
    for gap in view.checked.comparison.gaps:
        yield [
            gap.rule, view.level(gap), view.status(gap), gap.system, view.system(gap.system), gap.category,
            view.category(gap.category), view.message(gap), view.question(gap),
            None if gap.in_notice is None else view.outcome(gap.in_notice), gap.line,
            None if gap.in_record is None else view.outcome(gap.in_record), *_evidence(view, gap), view.law(gap),
            view.acceptance(gap), gap.key,
        ]  # fmt: skip


def _evidence(view: GapView, gap: Gap) -> list[object]:
    known = gap.evidence
    if known is None:
        return [None] * 7
    persons = view.persons(known.persons) if known.persons[1] else None
    places = "; ".join(view.place(sample) for sample in known.samples)
    return [known.documents, known.count, persons, known.oldest, known.youngest, known.score, places]


def _plain(view: GapView, row: Sequence[object]) -> list[object]:
    return [view.t.score(cell) if isinstance(cell, float) else cell for cell in row]


def _sheet(view: GapView, sheet: Worksheet, columns: Sequence[str], rows: Any) -> None:
    """A head that stays, filters, and cells that wrap."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.append([view.t(f"column.{column}") for column in columns])
    for row in rows:
        sheet.append([_cell(value) for value in row])
    top = Alignment(vertical="top", wrap_text=True)
    for line in sheet.iter_rows():
        for cell in line:
            cell.alignment = top
    for number, column in enumerate(columns, 1):
        sheet.cell(1, number).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(column, 14)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _cell(value: object) -> object:
    """A value that a workbook can hold: numbers and dates as they are, text that runs nothing."""
    if isinstance(value, str):
        return inert(printable(value.replace("\u00a0", " ")))
    return value if value is None or isinstance(value, int | float | date) else str(value)
