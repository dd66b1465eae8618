"""The workbook agrees with the inventory, is bounded, and holds no formula."""

from __future__ import annotations

import io
from typing import Any

import pytest
from finished_run import RunBuilder, company_run
from held_run import HELD, run, seen
from openpyxl import load_workbook

from pii_scan.inventory.build import build_inventory
from pii_scan.report import spreadsheet
from pii_scan.report.formats import FORMATS


def opened(finished: Any, lang: str = "nb", name: str = "xlsx") -> Any:
    out = io.BytesIO()
    FORMATS[name](finished, out, lang)
    return load_workbook(io.BytesIO(out.getvalue()))


def values(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("nb", ["Sammendrag", "Systemer og kategorier", "Systemer", "Funn", "Ikke lest", "Dekning"]),
        ("en", ["Summary", "Systems and categories", "Systems", "Findings", "Not read", "Coverage"]),
    ],
)
def test_the_sheets_hold_what_the_inventory_holds(lang: str, names: list[str]) -> None:
    finished = company_run()
    inventory = build_inventory(finished, details=False)
    book = opened(finished, lang)
    assert book.sheetnames == names
    summary, matrix, _, findings, unread, coverage = (values(sheet) for sheet in book.worksheets)
    counts = [row[2] for row in summary if isinstance(row[2], int)]
    assert counts == [entry.count for entry in inventory.entries]
    assert [row[-1] for row in matrix[1:]] == counts
    assert sum(row[12] for row in findings[1:]) == sum(counts)
    assert all(isinstance(row[14], float) for row in findings[1:])
    assert len(unread) - 1 == sum(inventory.coverage.problems.values())
    assert inventory.coverage.seen in [row[1] for row in coverage]


def test_systems_and_categories_are_crossed() -> None:
    finished, out = run(), io.BytesIO()
    spreadsheet.write_of(seen(), finished, out)
    book = load_workbook(io.BytesIO(out.getvalue()))
    assert book.sheetnames[2] == "Systemer"
    matrix = values(book["Systemer og kategorier"])
    assert sum(row[-1] for row in matrix[1:]) == sum(count for _, _, count in HELD)
    assert len(matrix[0]) == len({system for system, _, _ in HELD}) + 2
    assert len(values(book["Systemer"])) == len({system for system, _, _ in HELD}) + 1


def test_findings_beyond_a_sheet_go_on_and_beyond_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    finished = company_run()
    every = [row for table in finished.findings() for row in table.to_pylist()]
    for per_sheet, most in ((10, 25), (len(every), 10**6), (3, 1)):
        monkeypatch.setattr(spreadsheet, "ROWS_PER_SHEET", per_sheet)
        monkeypatch.setattr(spreadsheet, "MAX_FINDINGS", most)
        book = opened(finished)
        sheets = [sheet for sheet in book.worksheets if sheet.title.startswith("Funn")]
        shown = [len(values(sheet)) - 1 for sheet in sheets]
        assert sum(shown) == min(most, len(every)) and max(shown) <= per_sheet
        said = " ".join(str(cell) for row in values(book["Sammendrag"]) for cell in row)
        left_out = len(every) - most
        assert (f"{left_out}rad" in said.replace(" ", "")) == (left_out > 0)


def test_problems_beyond_the_bound_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_UNREAD", 1)
    last = values(opened(company_run())["Ikke lest"])
    assert len(last) == 3 and "3 rader er utelatt" in last[-1][0]


def test_an_empty_run_gives_a_workbook_too() -> None:
    for name in ("xlsx", "ropa-xlsx"):
        assert len(opened(RunBuilder().run(), "en", name).sheetnames) >= 3


def test_what_looks_like_a_formula_or_breaks_xml_is_text() -> None:
    b = RunBuilder()
    for start in ("=1+1", "+1", "-1", "@x", "\t=1", "\x00\x07=1", "\u202e"):
        b.found(f"{start}/a.csv", "EMAIL_ADDRESS", "email", 1, sheet=start, header=start, masked=start, reasons=start)
        b.problem(start, "corrupt", start)
    b.manifest["notes"] = ["=1+1"]
    b.manifest["targets"] = ["=1+1"]
    for name in ("xlsx", "ropa-xlsx"):
        for sheet in opened(b.run(), "nb", name).worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f"
                    assert not str(cell.value or "").startswith(("=", "+", "@", "\t"))
                    assert not isinstance(cell.value, str) or not cell.value.startswith("-")
