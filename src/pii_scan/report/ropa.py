"""The record of processing activities of a run as CSV and XLSX, with the columns that Norwegian controllers know.

`--format ropa-csv` and `ropa-xlsx`. What it writes is read back by `notice.record_file`.
"""

from __future__ import annotations

import codecs
import csv
from io import TextIOWrapper
from typing import BinaryIO

from pii_scan.inventory.rollup import FinishedRun
from pii_scan.notice.record_words import table
from pii_scan.report.declared import Declared
from pii_scan.report.model import View, view
from pii_scan.report.ropa_rows import Protocol
from pii_scan.report.spreadsheet import write_coverage
from pii_scan.report.tables import inert
from pii_scan.report.workbook import Book

_NOTHING = Declared()


def write_csv(run: FinishedRun, out: BinaryIO, lang: str, declared: Declared = _NOTHING) -> None:
    """UTF-8 with BOM, `;`, CRLF, as the spreadsheets of Norwegian offices open it."""
    csv_of(view(run, lang, details=False), run, out, declared)


def write_xlsx(run: FinishedRun, out: BinaryIO, lang: str, declared: Declared = _NOTHING) -> None:
    """A workbook: the record, the same in the columns of the British ICO, and what the scan covered."""
    xlsx_of(view(run, lang, details=False), run, out, declared)


def csv_of(seen: View, run: FinishedRun, out: BinaryIO, declared: Declared) -> None:
    """As `write_csv`, of a run that is rolled up."""
    protocol = Protocol(seen, run, declared)
    columns = protocol.columns()
    out.write(codecs.BOM_UTF8)
    text = TextIOWrapper(out, "utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow([inert(column.header) for column in columns])
        writer.writerows([inert(line.cells[column.field]) for column in columns] for line in protocol.lines())
    finally:
        text.flush()
        text.detach()


def xlsx_of(seen: View, run: FinishedRun, out: BinaryIO, declared: Declared) -> None:
    """As `write_xlsx`, of a run that is rolled up."""
    t, protocol = seen.t, Protocol(seen, run, declared)
    book = Book(t("protocol.title"), seen.manifest.get("finished_at"))
    lines = list(protocol.lines())
    columns = protocol.columns()
    sheet = book.sheet(t("protocol.sheet"), [c.header for c in columns], [28] * len(columns), pages_wide=6)
    for line in lines:
        sheet.row([line.cells[c.field] for c in columns], waiting=[c.field in line.waiting for c in columns])
    ico = table("columns")["ico"]
    sheet = book.sheet("ICO", [entry["header"] for entry in ico], [28] * len(ico), pages_wide=4)
    for line in lines:
        fields = [entry["field"] for entry in ico]
        sheet.row([line.cells[field] for field in fields], waiting=[field in line.waiting for field in fields])
    write_coverage(book.sheet(t("protocol.coverage"), [], [40, 60]), seen, t("protocol.lead"))
    book.save(out)
