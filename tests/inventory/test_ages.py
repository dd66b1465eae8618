"""How old what was found is: the sums hold, the best basis of each document decides, and a plain count agrees."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from finished_run import TARGET, FakeRun, RunBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.inventory import ages
from pii_scan.inventory.ages import BASES, ages_of, share
from pii_scan.inventory.holdings import Ages

COLUMNS = {"target": pa.string(), "document": pa.string(), "system": pa.string(), "category": pa.string(),
           "count": pa.int64()}  # fmt: skip
Found = list[tuple[str, str, str, int]]
"""Document, system, category, count."""
Dated = list[tuple[str, date, int, str]]
"""Document, day, records, basis."""


def found_table(rows: Found) -> pa.Table:
    return pa.Table.from_pylist(
        [dict(zip(COLUMNS, (TARGET, *row), strict=True)) for row in rows], schema=pa.schema(list(COLUMNS.items()))
    )


def run_with(dated: Dated, rows_per_table: int = 3) -> FakeRun:
    builder = RunBuilder()
    for document, day, records, basis in dated:
        builder.dated(document, day, records, basis)
    return builder.run(rows_per_table)


def of(dated: Dated, found: Found) -> dict[tuple[str, str], Ages]:
    return ages_of(run_with(dated), found_table(found))


def plain_count(dated: Dated, found: Found) -> dict[tuple[str, str], Ages]:
    """The same, a document and a month at a time."""
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for document, system, category, count in found:
        entry = out.setdefault(
            (system, category), {"months": defaultdict(lambda: defaultdict(int)), "days": [], "b": []}
        )
        mine = [row for row in dated if row[0] == document]
        if not mine:
            continue
        best = min((row[3] for row in mine), key=BASES.index)
        records: dict[date, int] = defaultdict(int)
        for _, day, number, basis in mine:
            if basis == best:
                records[day.replace(day=1)] += number
                entry["days"].append(day)
        entry["b"].append(best)
        months = sorted(records)
        total = sum(records.values())
        shares = {month: count * records[month] // total for month in months}
        remainders = sorted(months, key=lambda month: (-(count * records[month] % total), month))
        for month in remainders[: count - sum(shares.values())]:
            shares[month] += 1
        for month, number in shares.items():
            if number:
                entry["months"][best][month] += number
    return {
        key: Ages(min(entry["days"]), max(entry["days"]), min(entry["b"], key=BASES.index),
                  {basis: dict(months) for basis, months in entry["months"].items()})
        if entry["days"] else Ages()
        for key, entry in out.items()
    }  # fmt: skip


DOCUMENTS = st.sampled_from(["a.csv", "b.csv", "c.zip!d.csv", "e.txt"])
DATED = st.lists(
    st.tuples(DOCUMENTS, st.dates(date(1970, 1, 1), date(2026, 11, 30)), st.integers(1, 10**6), st.sampled_from(BASES)),
    max_size=25,
)
FOUND = st.lists(
    st.tuples(DOCUMENTS, st.sampled_from(["accounting.saft", "unassigned"]), st.sampled_from(["email", "bank"]),
              st.integers(1, 10**9)),
    max_size=12, unique_by=lambda row: (row[0], row[2]),
)  # fmt: skip


@settings(deadline=None)
@given(DATED, FOUND)
def test_a_plain_count_agrees(dated: Dated, found: Found) -> None:
    assert of(dated, found) == plain_count(dated, found)


@settings(deadline=None)
@given(DATED, FOUND)
def test_every_occurrence_in_a_dated_document_is_in_one_month(dated: Dated, found: Found) -> None:
    with_dates = {row[0] for row in dated}
    for key, result in of(dated, found).items():
        wanted = sum(row[3] for row in found if (row[1], row[2]) == key and row[0] in with_dates)
        assert sum(sum(months.values()) for months in result.by_month.values()) == wanted
        for months in result.by_month.values():
            assert all(count > 0 and month.day == 1 for month, count in months.items())
            assert result.oldest is not None and result.youngest is not None
            assert result.oldest.replace(day=1) <= min(months) <= max(months) <= result.youngest


def test_small_pieces_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    dated: Dated = [(f"{n % 40}.csv", date(2000 + n % 20, 1 + n % 12, 1), 1 + n % 5, "data") for n in range(400)]
    found: Found = [(f"{n}.csv", f"system {n % 3}", "email", 7 * n + 1) for n in range(40)]
    whole = of(dated, found)
    monkeypatch.setattr(ages, "_PAIRS", 10)
    assert of(dated, found) == whole == plain_count(dated, found)


def test_the_time_of_a_copied_file_neither_hides_nor_ages_what_has_dates() -> None:
    old_inside = of([("a.csv", date(2015, 5, 6), 10, "data"), ("a.csv", date(2026, 1, 1), 1, "file")],
                    [("a.csv", "crm", "email", 4)])  # fmt: skip
    assert old_inside["crm", "email"] == Ages(
        date(2015, 5, 6), date(2015, 5, 6), "data", {"data": {date(2015, 5, 1): 4}}
    )
    new_inside = of([("a.csv", date(2026, 5, 6), 10, "data"), ("a.csv", date(2001, 1, 1), 1, "file")],
                    [("a.csv", "crm", "email", 4)])  # fmt: skip
    assert new_inside["crm", "email"].oldest == date(2026, 5, 6)


def test_each_document_keeps_its_basis() -> None:
    result = of(
        [("a.csv", date(2020, 5, 6), 10, "data"), ("b 2019.txt", date(2019, 1, 1), 1, "name"),
         ("c.txt", date(2012, 1, 1), 1, "file")],
        [("a.csv", "crm", "email", 4), ("b 2019.txt", "crm", "email", 2), ("c.txt", "crm", "email", 1)],
    )["crm", "email"]  # fmt: skip
    assert result.basis == "data"
    assert {basis: sum(months.values()) for basis, months in result.by_month.items()} == {
        "data": 4,
        "name": 2,
        "file": 1,
    }
    assert (result.oldest, result.youngest) == (date(2012, 1, 1), date(2020, 5, 6))


def test_what_has_no_date_has_no_age() -> None:
    assert of([], [("a.csv", "crm", "email", 4)]) == {("crm", "email"): Ages()}
    assert of([("b.csv", date(2020, 1, 1), 1, "data")], []) == {}
    assert of([("b.csv", date(2020, 1, 1), 1, "data")], [("a.csv", "crm", "email", 4)]) == {("crm", "email"): Ages()}


@settings(deadline=None)
@given(st.lists(st.integers(1, 1 << 40), min_size=1, max_size=30), st.integers(0, 1 << 40))
def test_huge_numbers_are_shared_out_without_loss(records: list[int], count: int) -> None:
    row = np.zeros(len(records), np.int64)
    shares = share(np.array([count]), row, np.array(records)).tolist()
    assert sum(shares) == count
    assert min(shares) >= 0
    for number, mine in zip(records, shares, strict=True):
        assert abs(mine - count * number / sum(records)) <= 1 + count * len(records) / (1 << 30)
