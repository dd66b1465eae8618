"""Writes workbooks (XLSX) row by row: cells are text or numbers and never formulas, headers stay in view, pages are A4.

Knows nothing of runs and findings.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.writer.excel import ExcelWriter

from pii_scan.model import printable
from pii_scan.report.tables import inert

MAX_CELL = 32_767
"""Characters of a cell (ECMA-376 and Excel's limits)."""
_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})
"""Those that the numbers of the wording have."""
_A4 = 9
"""ST_PaperSize of ECMA-376."""
_HEADER = PatternFill("solid", start_color="FFDCE6EA")
_WAITING = PatternFill("solid", start_color="FFFFF2CC")
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")


class Book:
    """A workbook that is written from top to bottom, sheet by sheet."""

    def __init__(self, title: str, made: str | None) -> None:
        """`made`: ISO 8601 moment that is written as that of the file, so that the same run gives the same file."""
        self._book = Workbook(write_only=True)
        properties = self._book.properties
        properties.title, properties.creator = printable(title)[:255], "pii-scan"
        properties.created = properties.modified = _moment(made)

    def sheet(
        self, title: str, headers: Sequence[str], widths: Sequence[int], *, pages_wide: int = 1, wrap: bool = True
    ) -> SheetWriter:
        """Begins a sheet; `widths` in characters. `pages_wide`: pages beside each other when it is printed."""
        sheet = self._book.create_sheet(title[:31])
        sheet.freeze_panes = "A2" if headers else None
        for number, width in enumerate(widths, 1):
            sheet.column_dimensions[_letters(number)].width = width
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A4
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages_wide, 0
        writer = SheetWriter(sheet, wrap)
        if headers:
            sheet.print_title_rows = "1:1"
            writer.row(headers, fill=_HEADER, bold=True)
        return writer

    def save(self, out: BinaryIO) -> None:
        """Writes the file: the same rows give the same bytes."""
        ExcelWriter(self._book, _Archive(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True)).save()  # closes the archive


class SheetWriter:
    """One sheet, row by row."""

    def __init__(self, sheet: Any, wrap: bool) -> None:
        self._sheet, self._wrap = sheet, wrap

    def row(
        self, values: Sequence[object], *, waiting: Sequence[bool] = (), fill: Any = None, bold: bool = False
    ) -> None:
        """Writes a row; `waiting` says which cells a person must fill in: these are coloured."""
        if self._wrap or fill or bold:
            marks = waiting or [False] * len(values)
            pairs = zip(values, marks, strict=True)
            self._sheet.append([self._cell(value, _WAITING if mark else fill, bold) for value, mark in pairs])
        else:
            self._sheet.append([plain(value) for value in values])

    def _cell(self, value: object, fill: Any, bold: bool) -> Any:
        cell = WriteOnlyCell(self._sheet, plain(value))
        cell.alignment = _WRAPPED
        if fill is not None:
            cell.fill = fill
        if bold:
            cell.font = _BOLD
        return cell


class _Archive(zipfile.ZipFile):
    """A ZIP file whose entries bear no date of their writing."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *rest: Any) -> None:
        """As in ZipFile, for a name."""
        super().writestr(_entry(str(zinfo_or_arcname), len(data)), data)

    def write(self, filename: Any, arcname: Any = None, *rest: Any) -> None:
        """As in ZipFile."""
        entry = _entry(str(arcname), os.path.getsize(filename))
        with open(filename, "rb") as source, self.open(entry, "w") as part:
            shutil.copyfileobj(source, part, 1 << 20)


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, size
    return entry


def plain(value: object) -> Any:
    """A value as a cell holds it: numbers and dates as they are, all else as text that no spreadsheet runs.

    >>> plain("=1+1"), plain(3), plain(None)
    ("'=1+1", 3, None)
    """
    if value is None or (isinstance(value, int | float | date) and not isinstance(value, bool)):
        return value
    text = str(value)
    if text.isascii() and text.isprintable() and len(text) < MAX_CELL:  # most cells, at once
        return inert(text)
    lines = text.translate(_SPACES).split("\n")
    return inert("\n".join(printable(line) for line in lines)[: MAX_CELL - 1])


def _moment(text: str | None) -> datetime:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return datetime(2000, 1, 1)  # noqa: DTZ001  a workbook's properties are in UTC without saying so


def _letters(number: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))
