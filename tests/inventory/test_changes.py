"""Two runs compared: what is gone was looked for; what was not read is never gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from finished_run import SECOND_TARGET, TARGET, FakeRun, RunBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.inventory.build import build_inventory
from pii_scan.inventory.changes import Change, Changes, Counted, Differs, changes
from pii_scan.inventory.holdings import Ages, Holding

Fill = Callable[[RunBuilder], object]


def made(fill: Fill, **manifest: Any) -> FakeRun:
    b = RunBuilder()
    fill(b)
    run = b.run()
    run.manifest.update({"key_check": "k", "targets": [TARGET], **manifest})
    return run


def counted(run: FakeRun) -> Counted:
    """With the holdings that the run's own findings and documents give."""
    inventory = build_inventory(run, details=False)
    systems = {(d["target"], d["document"]): d["system"] for t in run.documents() for d in t.to_pylist()}
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for table in run.findings():
        for row in table.to_pylist():
            cells.setdefault((systems[row["target"], row["document"]], row["category"]), []).append(row)
    holdings = tuple(
        Holding(*cell, len({row["document"] for row in rows}), sum(row["count"] for row in rows), 0,
                sum(row["count"] for row in rows), 0.9, {}, Ages(), ())
        for cell, rows in sorted(cells.items())
    )  # fmt: skip
    return Counted(run, replace(inventory, holdings=holdings))


def compare(before: FakeRun, after: FakeRun) -> Changes:
    return changes(counted(before), counted(after))


def documents(found: Changes) -> dict[str, Change]:
    return {document.document: document.change for document in found.documents}


def cells(found: Changes) -> dict[tuple[str, str], Change]:
    return {(cell.system, cell.category): cell.change for cell in found.cells}


def some(path: str, count: int = 3, category: str = "email", **facts: Any) -> Fill:
    def fill(b: RunBuilder) -> None:
        b.document(path, **facts)
        b.found(path, "EMAIL_ADDRESS" if category == "email" else "PHONE_NUMBER", category, count, header=category)

    return fill


def both(*fills: Fill) -> Fill:
    return lambda b: [fill(b) for fill in fills]


def nothing(b: RunBuilder) -> None:
    b.document("tom.txt")


def test_a_run_does_not_differ_from_itself() -> None:
    run = made(both(some("a.csv", system="m365"), some("b.csv", 2, "phone")))
    found = compare(run, run)
    assert (found.cells, found.documents, found.differs, found.documents_left_out) == ((), (), (), 0)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [(0, 3, Change.NEW), (3, 5, Change.GROWN), (5, 3, Change.SHRUNK), (3, 0, Change.GONE)],
)
def test_new_grown_shrunk_and_gone(before: int, after: int, change: Change) -> None:
    runs = [made(some("a.csv", n, system="m365") if n else nothing) for n in (before, after)]
    found = compare(runs[0], runs[1])
    assert documents(found) == {"a.csv": change}
    assert cells(found) == {("m365", "email"): change}
    (cell,) = found.cells
    assert (cell.before.count, cell.after.count) == (before, after)
    assert cell.values_new == max(0, after - before) and cell.values_gone == max(0, before - after)


def unread(b: RunBuilder) -> None:
    b.document("a.csv", status="unread")
    b.problem("a.csv", "encrypted", "x")


def partly(b: RunBuilder) -> None:
    b.document("a.csv", status="partly_read")
    b.found("a.csv", "EMAIL_ADDRESS", "email", 1, header="email")


@pytest.mark.parametrize("later", [unread, partly])
def test_what_was_not_read_is_not_gone_and_not_fewer(later: Fill) -> None:
    found = compare(made(some("a.csv", system="m365")), made(later))
    assert documents(found) == {"a.csv": Change.NOT_ASSESSED}
    cell = next(cell for cell in found.cells if cell.system == "m365")
    assert (cell.change, cell.unread_after) == (Change.NOT_ASSESSED, 1)


@pytest.mark.parametrize("around", ["mappe", "mappe/arkiv.zip", "mappe/arkiv.zip!indre", ".", ""])
def test_nothing_is_gone_from_a_folder_or_an_archive_that_was_not_read(around: str) -> None:
    path = "mappe/arkiv.zip!indre/liste.csv"

    def hidden(b: RunBuilder) -> None:
        b.problem(around, "permission", "x", stage="source")

    assert documents(compare(made(some(path)), made(hidden))) == {path: Change.NOT_ASSESSED}
    beside = "mappe/arkiv.zip!annet/liste.csv" if around.endswith("indre") else None
    if beside:
        assert documents(compare(made(some(beside)), made(hidden))) == {beside: Change.GONE}


def test_a_masked_folder_that_was_not_read_holds_the_masked_documents_below() -> None:
    path = "fnr ###### #####/liste.csv~1a2b3c"
    later = made(lambda b: b.problem("fnr ###### #####~99aa00", "permission", "x", stage="source"))
    assert documents(compare(made(some(path)), later)) == {path: Change.NOT_ASSESSED}


def test_nothing_is_gone_from_a_run_that_did_not_finish_or_a_target_it_did_not_have() -> None:
    before = made(some("a.csv"))
    stopped = compare(before, made(nothing, status="interrupted", finished_at=None))
    assert documents(stopped) == {"a.csv": Change.NOT_ASSESSED} and stopped.differs == (Differs.AFTER_UNFINISHED,)
    two = made(some("a.csv"), targets=[TARGET, SECOND_TARGET])
    fewer = compare(two, made(nothing, targets=[SECOND_TARGET]))
    assert documents(fewer) == {"a.csv": Change.NOT_ASSESSED} and fewer.differs == (Differs.TARGETS,)


def test_what_was_unread_before_may_be_old() -> None:
    found = compare(made(unread), made(some("a.csv", system="m365")))
    (cell,) = found.cells
    assert (cell.change, cell.unread_before, cell.unread_after) == (Change.NEW, 1, 0)


def test_one_target_by_another_name_is_compared_by_path() -> None:
    def fill(target: str, count: int) -> Fill:
        return lambda b: b.found("a.csv", "EMAIL_ADDRESS", "email", count, target=target)

    found = compare(made(fill("/nov", 2), targets=["/nov"]), made(fill("/des", 3), targets=["/des"]))
    assert found.same_target and found.differs == (Differs.TARGETS,)
    (document,) = found.documents
    assert (document.target, document.before, document.after) == ("/nov", 2, 3)
    assert found.cells[0].values_new == 1


def test_other_rules_configuration_version_and_key_are_said() -> None:
    other = {"rules_hash": "x", "config_hash": "y", "version": "9", "key_check": "z"}
    found = compare(made(some("a.csv")), made(some("a.csv"), **other))
    assert found.differs == (Differs.RULES, Differs.CONFIG, Differs.VERSION, Differs.KEY)


@pytest.mark.parametrize("check", [None, "other"])
def test_values_are_compared_only_where_both_runs_have_one_key(check: str | None) -> None:
    found = compare(made(some("a.csv"), key_check=check), made(some("a.csv", 5)))
    assert [(cell.values_new, cell.values_gone) for cell in found.cells] == [(None, None)]
    assert Differs.KEY in found.differs


def test_the_same_number_of_other_values_is_a_change() -> None:
    before = made(some("a.csv", system="m365"))

    def others(b: RunBuilder) -> None:
        b.random.seed(99)
        some("a.csv", system="m365")(b)

    (cell,) = compare(before, made(others)).cells
    assert (cell.change, cell.values_new, cell.values_gone) == (Change.MIXED, 3, 3)


def test_more_of_one_and_less_of_another_is_mixed() -> None:
    before = made(both(some("a.csv", 3), some("a.csv", 3, "phone")))
    after = made(both(some("a.csv", 5), some("a.csv", 1, "phone")))
    (document,) = compare(before, after).documents
    assert document.change is Change.MIXED
    assert dict(document.categories) == {"email": (3, 5), "phone": (3, 1)}


def test_the_list_of_documents_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pii_scan.inventory.changes.MAX_DOCUMENTS", 2)
    found = compare(made(nothing), made(both(*(some(f"{n}.csv", n) for n in range(1, 6)))))
    assert [document.document for document in found.documents] == ["5.csv", "4.csv"]
    assert found.documents_left_out == 3 and found.by_change == {Change.NEW: 5}


counts = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4), max_size=5)


@settings(max_examples=25, deadline=None)
@given(counts, counts)
def test_the_other_way_round_new_is_gone_and_grown_is_shrunk(one: dict[str, int], two: dict[str, int]) -> None:
    def run(numbers: dict[str, int]) -> FakeRun:
        return made(both(nothing, *(some(f"{name}.csv", number) for name, number in numbers.items())))

    there, back = compare(run(one), run(two)), compare(run(two), run(one))
    opposite = {
        Change.NEW: Change.GONE,
        Change.GROWN: Change.SHRUNK,
        Change.SHRUNK: Change.GROWN,
        Change.GONE: Change.NEW,
    }
    assert {name: opposite[change] for name, change in documents(there).items()} == documents(back)
    expected = {f"{name}.csv" for name in one.keys() | two.keys() if one.get(name) != two.get(name)}
    assert documents(there).keys() == expected
