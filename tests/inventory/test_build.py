from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from finished_run import SECOND_TARGET, TARGET, FakeRun, RunBuilder, company_run

from pii_scan.inventory import build, drilldown
from pii_scan.inventory.build import OTHER, Inventory, Place, build_inventory


@pytest.fixture(scope="module")
def company() -> Inventory:
    return build_inventory(company_run())


def rows(run: FakeRun) -> list[dict[str, object]]:
    return [row for table in run.findings() for row in table.to_pylist()]


def test_every_finding_is_counted_once_in_entries_matrix_and_drilldown(company: Inventory) -> None:
    total = sum(int(str(row["count"])) for row in rows(company_run()))
    assert company.totals.count == total
    assert sum(entry.count for entry in company.entries) == total
    assert sum(cell.count for cell in company.matrix.cells.values()) == total
    assert sum(unit.count for unit in company.drilldown.units) == total
    assert company.drilldown.count_left_out == 0
    assert sum(folder.count for folder in company.drilldown.folders) == total


def test_an_entry_has_documents_distinct_values_and_dates() -> None:
    b = RunBuilder()
    b.document("a.csv", modified_at=datetime(2020, 2, 29, 23, 30, tzinfo=UTC))
    b.document("b.csv", modified_at=datetime(2024, 5, 3, tzinfo=UTC))
    b.document("c.csv", modified_at=None)
    for path in ("a.csv", "b.csv", "c.csv"):
        b.seed, b.random = 1, type(b.random)(1)  # the same values in each document
        b.found(path, "EMAIL_ADDRESS", "email", 5, distinct=4)
    inventory = build_inventory(b.run())
    (entry,) = inventory.entries
    (held,) = inventory.holdings
    assert (held.system, held.category, held.distinct) == ("unassigned", "email", entry.distinct)
    assert entry.category == "email"
    assert (entry.documents, entry.count, entry.distinct) == (3, 15, 4)
    assert (entry.first_seen, entry.last_seen) == (date(2020, 2, 29), date(2024, 5, 3))


def test_dates_are_unknown_where_no_document_has_one() -> None:
    b = RunBuilder()
    b.document("a.csv", modified_at=None)
    b.found("a.csv", "EMAIL_ADDRESS", "email", 1)
    (entry,) = build_inventory(b.run()).entries
    assert entry.first_seen is None and entry.last_seen is None


def test_synthetic_numbers_are_counted_apart() -> None:
    b = RunBuilder()
    b.found("test.csv", "NO_FODSELSNUMMER", "national_id", 40, synthetic=True)
    b.found("both.csv", "NO_FODSELSNUMMER", "national_id", 3, synthetic=True, header="fnr")
    b.found("both.csv", "NO_FODSELSNUMMER", "national_id", 2, header="fnr")
    inventory = build_inventory(b.run())
    (entry,) = inventory.entries
    assert (entry.count, entry.synthetic) == (45, 43)
    assert inventory.totals.with_personal_data == 1
    assert inventory.totals.only_synthetic == 1
    both = [unit for unit in inventory.drilldown.units if unit.document == "both.csv"]
    assert [(unit.count, unit.synthetic, unit.distinct) for unit in both] == [(5, 3, 5)]
    assert [location.document for location in inventory.top] == ["both.csv", "test.csv"]


def test_documents_with_organisation_numbers_only_are_not_personal_data(company: Inventory) -> None:
    assert company.totals.with_findings == 22
    assert company.totals.with_personal_data == 20
    assert (company.totals.only_synthetic, company.totals.only_other) == (1, 1)


def test_a_place_is_the_target_and_its_top_folder() -> None:
    b = RunBuilder()
    for path in ("a.txt", "x/a.txt", "x/y/b.txt", "x/arkiv.zip!z/c.txt", "arkiv.zip!z/d.txt", "Viktig!/e.txt"):
        b.found(path, "EMAIL_ADDRESS", "email", 1, kind="text")
    b.documents[TARGET, "Viktig!/e.txt"]["container"] = False
    b.found("public.kunder", "EMAIL_ADDRESS", "email", 1, target=SECOND_TARGET)
    cells = build_inventory(b.run()).matrix.cells
    documents = {(place.target, place.folder): cell.documents for (_, place), cell in cells.items()}
    assert documents == {(TARGET, "."): 2, (TARGET, "x"): 3, (TARGET, "Viktig!"): 1, (SECOND_TARGET, "."): 1}


def test_places_beyond_the_largest_are_one_place() -> None:
    b = RunBuilder()
    for i in range(build.MAX_PLACES + 5):
        b.found(f"folder{i:02d}/a.csv", "EMAIL_ADDRESS", "email", i + 1)
    matrix = build_inventory(b.run()).matrix
    assert len(matrix.places) == build.MAX_PLACES + 1
    assert matrix.other_places == 5
    assert matrix.cells["email", Place("", OTHER)].count == 1 + 2 + 3 + 4 + 5
    assert matrix.cells["email", Place("", OTHER)].documents == 5


def test_a_table_column_is_one_unit_with_its_first_row_and_its_rest() -> None:
    b = RunBuilder()
    b.found("a.xlsx", "PHONE_NUMBER", "phone", 500, listed=10, sheet="Ark1", header="Tlf", column=3, first_row=7)
    (unit,) = build_inventory(b.run()).drilldown.units
    assert (unit.kind, unit.sheet, unit.header, unit.row, unit.column) == ("cell", "Ark1", "Tlf", 7, 3)
    assert (unit.count, unit.distinct) == (500, 500)


def test_columns_without_a_header_are_told_apart() -> None:
    b = RunBuilder()
    b.found("a.csv", "PHONE_NUMBER", "phone", 4, column=2)
    b.found("a.csv", "PHONE_NUMBER", "phone", 6, distinct=5, column=3)
    b.found("a.csv", "PHONE_NUMBER", "phone", 8, distinct=3, column=4, header="tlf")
    units = build_inventory(b.run()).drilldown.units
    assert {(u.header, u.column): (u.count, u.distinct) for u in units} == {
        ("", 2): (4, 4), ("", 3): (6, 5), ("tlf", 4): (8, 3),
    }  # fmt: skip


def test_text_and_pages_are_one_unit_with_the_first_place() -> None:
    b = RunBuilder()
    b.found("a.log", "IP_ADDRESS", "ip", 9, kind="text", column=40, first_row=12)
    b.found("b.pdf", "PERSON", "name", 3, kind="page", first_row=2)
    units = {u.document: u for u in build_inventory(b.run()).drilldown.units}
    assert (units["a.log"].row, units["a.log"].column) == (12, 40)
    assert (units["b.pdf"].kind, units["b.pdf"].row) == ("page", 2)


def test_a_unit_shows_the_mask_and_reasons_of_its_best_hit() -> None:
    b = RunBuilder()
    b.found("a.csv", "PHONE_NUMBER", "phone", 3, score=0.4, masked="weak", reasons="pattern")
    b.found("a.csv", "PHONE_NUMBER", "phone", 1, score=0.9, masked="strong", reasons="pattern; column header")
    (unit,) = build_inventory(b.run(rows_per_table=1)).drilldown.units
    assert (unit.score, unit.masked, unit.reasons) == (0.9, "strong", ("pattern", "column header"))


def test_what_does_not_fit_in_the_drilldown_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drilldown, "MAX_DOCUMENTS", 6)
    monkeypatch.setattr(drilldown, "MAX_UNITS", 7)
    b = RunBuilder()
    for i in range(10):
        b.found(f"big/{i}.csv", "IP_ADDRESS", "ip", 100 + i)
        b.found(f"big/{i}.csv", "EMAIL_ADDRESS", "email", 10 + i, header="e", column=2)
    b.found("small/a.csv", "HEALTH", "health", 1, score=0.3)
    inventory = build_inventory(b.run())
    shown = inventory.drilldown
    assert len(shown.units) == 7
    assert "health" in {unit.category for unit in shown.units}  # the gravest is never crowded out
    assert {"ip", "email"} <= {unit.category for unit in shown.units}
    assert shown.count_left_out == inventory.totals.count - sum(unit.count for unit in shown.units)
    assert shown.documents_left_out == 11 - sum(len(folder.shown) for folder in shown.folders)
    big = next(folder for folder in shown.folders if folder.folder == "big")
    assert big.documents == 10
    assert big.count_left_out == big.count - sum(document.count for document in big.shown)
    for document in big.shown:
        assert document.left_out == document.count - sum(unit.count for unit in document.units)


def test_the_result_does_not_depend_on_how_the_tables_are_cut() -> None:
    whole = build_inventory(company_run())
    builder_run = company_run()
    tables = [table.slice(i, 7) for table in builder_run.finding_tables for i in range(0, table.num_rows, 7)]
    cut = FakeRun(
        tables, builder_run.problem_tables, builder_run.document_tables, builder_run.index_tables, builder_run.manifest
    )
    assert build_inventory(cut) == whole


def test_coverage_counts_documents_bytes_and_problems() -> None:
    b = RunBuilder()
    b.document("a.zip", size_bytes=1000)
    b.document("a.zip!b.txt", size_bytes=5000)
    b.document("c.xlsx", size_bytes=300, status="unread")
    b.document("d.pst", size_bytes=200, status="partly_read")
    b.problem("c.xlsx", "encrypted", "the workbook is encrypted")
    b.problem("d.pst", "corrupt", "a message")
    b.problem("d.pst", "corrupt", "another message")
    coverage = build_inventory(b.run()).coverage
    assert (coverage.seen, coverage.read, coverage.partly_read, coverage.unread) == (4, 2, 1, 1)
    assert (coverage.bytes_seen, coverage.bytes_read) == (1500, 1100)  # a member's bytes are its container's
    assert list(coverage.problems.items()) == [("corrupt", 2), ("encrypted", 1)]
    assert not coverage.complete


def test_a_listing_problem_alone_is_not_complete_coverage() -> None:
    b = RunBuilder()
    b.document("a.txt")
    assert build_inventory(b.run()).coverage.complete
    b.problem("locked", "permission", "the folder cannot be listed", stage="source")
    assert not build_inventory(b.run()).coverage.complete


def test_an_empty_run_has_an_empty_inventory() -> None:
    inventory = build_inventory(RunBuilder().run())
    assert inventory.entries == () and inventory.drilldown.units == () and inventory.coverage.seen == 0


def test_a_finding_whose_document_row_is_missing_is_kept() -> None:
    b = RunBuilder()
    b.found("a.csv", "EMAIL_ADDRESS", "email", 2)
    b.documents.clear()
    inventory = build_inventory(b.run())
    assert inventory.entries[0].count == 2
    assert len(inventory.drilldown.units) == 1
