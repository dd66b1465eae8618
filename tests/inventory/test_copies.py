"""Items that lie in several documents are counted once, and no identity hides what was found."""

from __future__ import annotations

from finished_run import RunBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.inventory.build import Place, build_inventory
from pii_scan.inventory.copies import MAX_ORIGINALS, copies


def message(b: RunBuilder, path: str, identity: int | None, values: int = 3, seed: int = 1) -> None:
    """A document with `values` distinct addresses; the first ones of a seed are always the same."""
    b.document(path, identity=identity)
    b.random.seed(seed)
    b.found(path, "EMAIL_ADDRESS", "email", values, kind="text")


def flags(b: RunBuilder) -> dict[str, tuple[bool, bool]]:
    return {row["document"]: (row["copy"], row["copy_in_place"]) for row in copies(b.run()).to_pylist()}


def test_an_item_in_two_mailboxes_is_counted_once_in_all_and_once_in_each_place() -> None:
    b = RunBuilder()
    for path in ("kari/1.eml", "kari/2.eml", "ola/1.eml"):
        message(b, path, 7)
    inventory = build_inventory(b.run())
    (entry,) = inventory.entries
    assert (entry.documents, entry.count, entry.distinct) == (1, 3, 3)
    assert inventory.totals.count == 3 and inventory.totals.with_personal_data == 1
    cells = {place: (cell.documents, cell.count) for (_, place), cell in inventory.matrix.cells.items()}
    assert {place.folder: value for place, value in cells.items() if isinstance(place, Place)} == {
        "kari": (1, 3), "ola": (1, 3),
    }  # fmt: skip
    assert inventory.coverage.copies == 2 and len(inventory.top) == 1


def test_the_drilldown_has_every_copy_and_says_what_it_is() -> None:
    b = RunBuilder()
    for path in ("kari/1.eml", "ola/1.eml"):
        message(b, path, 7)
    shown = {d.document: d.copy for f in build_inventory(b.run()).drilldown.folders for d in f.shown}
    assert shown == {"kari/1.eml": False, "ola/1.eml": True}


def test_a_copy_with_a_value_of_its_own_is_no_copy() -> None:
    b = RunBuilder()
    message(b, "a.eml", 7, values=2)
    message(b, "draft.eml", 7, values=1)
    message(b, "forged.eml", 7, values=2, seed=2)
    assert flags(b) == {"a.eml": (False, False), "draft.eml": (True, True), "forged.eml": (False, False)}
    assert build_inventory(b.run()).totals.count == 4


def test_the_same_value_as_another_type_is_another_value() -> None:
    b = RunBuilder()
    for path, kind in (("a.eml", "EMAIL_ADDRESS"), ("b.eml", "PERSON")):
        b.document(path, identity=7)
        b.random.seed(1)
        b.found(path, kind, kind.lower(), 1, kind="text")
    assert set(flags(b).values()) == {(False, False)}


def test_documents_without_an_identity_are_no_copies() -> None:
    b = RunBuilder()
    message(b, "a.eml", None)
    message(b, "b.eml", None)
    message(b, "c.eml", 9)
    assert flags(b) == {} and build_inventory(b.run()).coverage.copies == 0


def test_copies_without_findings_are_copies() -> None:
    b = RunBuilder()
    for path in ("a.eml", "b.eml"):
        b.document(path, identity=7)
    assert build_inventory(b.run()).coverage.copies == 1


def test_the_mailbox_in_the_name_of_a_copy_is_still_counted_somewhere() -> None:
    b = RunBuilder()
    for path in ("x/per@/1.eml", "x/kari@/1.eml", "x/kari@/2.eml"):
        message(b, path, int(path[-5]) + 6 if "2" in path else 7)
    message(b, "x/per@/2.eml", 8)
    for number, mailbox in enumerate(("per@", "kari@")):
        for name in (1, 2):
            b.random.seed(100 + number)
            b.found(f"x/{mailbox}/{name}.eml", "EMAIL_ADDRESS", "email", 1, kind="part", part="name")
    counted = {document for document, (copy, _) in flags(b).items() if not copy}
    assert {document.split("/")[1] for document in counted} == {"per@", "kari@"}
    assert len(counted) == 2


def test_a_name_with_a_value_that_is_nowhere_else_is_counted() -> None:
    b = RunBuilder()
    message(b, "a.eml", 7)
    message(b, "fnr.eml", 7)
    b.found("fnr.eml", "NO_FODSELSNUMMER", "national_id", 1, kind="part", part="name")
    assert {entry.category: entry.documents for entry in build_inventory(b.run()).entries} == {
        "email": 2, "national_id": 1,
    }  # fmt: skip


def test_many_documents_with_a_forged_identity_are_all_counted() -> None:
    b = RunBuilder()
    for number in range(MAX_ORIGINALS + 9):
        message(b, f"{number}.eml", 7, values=1, seed=number)
    assert set(flags(b).values()) == {(False, False)}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.frozensets(st.integers(0, 4), max_size=4)), max_size=8))
def test_no_value_is_lost_whatever_identities_are_claimed(claimed: list[tuple[int, frozenset[int]]]) -> None:
    b = RunBuilder()
    for number, (identity, values) in enumerate(claimed):
        b.document(f"{number}.eml", identity=identity)
        for value in sorted(values):
            b.random.seed(value)
            b.found(f"{number}.eml", "EMAIL_ADDRESS", "email", 1, kind="text")
    is_copy = flags(b)
    for identity in {identity for identity, _ in claimed}:
        group = [(f"{n}.eml", values) for n, (own, values) in enumerate(claimed) if own == identity]
        counted = [values for name, values in group if not is_copy.get(name, (False, False))[0]]
        for name, values in group:
            if is_copy.get(name, (False, False))[0]:
                assert any(values <= other for other in counted)
        assert frozenset().union(*counted) == frozenset().union(*(values for _, values in group))
