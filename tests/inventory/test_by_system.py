"""What each system holds, held against a count by hand of the rows of the run."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

from finished_run import FakeRun, RunBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.inventory.build import build_inventory
from pii_scan.inventory.holdings import UNASSIGNED

KINDS = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "NO_FODSELSNUMMER": "national_id",
    "NO_D_NUMMER": "national_id",
}
SYSTEMS = ("postmark", "google.takeout", UNASSIGNED)

found = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(sorted(KINDS)), st.integers(1, 6), st.integers(1, 3), st.booleans()),
    min_size=1,
    max_size=25,
)


def run_of(rows: list[tuple[int, str, int, int, bool]]) -> FakeRun:
    b = RunBuilder()
    for number in range(8):
        b.document(f"mappe{number % 3}/{number}.csv", system=SYSTEMS[number % 3], size_bytes=100 + number)
    for number, kind, count, values, synthetic in rows:
        b.random.seed(values)  # so that values recur in other documents and systems
        path = f"mappe{number % 3}/{number}.csv"
        b.found(path, kind, KINDS[kind], count, distinct=min(values, count), header=kind, synthetic=synthetic)
    return b.run()


def by_hand(run: FakeRun) -> dict[tuple[str, str], dict[str, Any]]:
    system = {r["document"]: r["system"] for t in run.documents() for r in t.to_pylist()}
    sums: dict[tuple[str, str], dict[str, Any]] = defaultdict(
        lambda: {"count": 0, "synthetic": 0, "documents": set(), "values": set(), "types": defaultdict(set)}
    )
    for row in (r for t in run.findings() for r in t.to_pylist()):
        held = sums[system[row["document"]], row["category"]]
        held["count"] += row["count"]
        held["synthetic"] += row["count"] * row["synthetic"]
        held["documents"].add(row["document"])
    for row in (r for t in run.index() for r in t.to_pylist()):
        held = sums[system[row["document"]], KINDS[row["entity_type"]]]
        held["values"].add(row["fingerprint"])
        held["types"][row["entity_type"]].add((row["entity_type"], row["fingerprint"]))
    return sums


@settings(max_examples=60, deadline=None)
@given(found)
def test_holdings_are_the_sums_of_their_rows(rows: list[tuple[int, str, int, int, bool]]) -> None:
    run = run_of(rows)
    inventory = build_inventory(run)
    expected = by_hand(run)
    assert {(h.system, h.category) for h in inventory.holdings} == set(expected)
    for holding in inventory.holdings:
        held = expected[holding.system, holding.category]
        assert (holding.count, holding.synthetic) == (held["count"], held["synthetic"])
        assert holding.documents == len(held["documents"])
        assert holding.distinct == len(held["values"])
        assert dict(holding.entity_types) == {kind: len(values) for kind, values in held["types"].items()}
        assert {sample.document for sample in holding.samples} <= held["documents"]
        assert len(holding.samples) == min(len(held["documents"]), 5)
        assert all(s.unit is not None and s.unit.category == holding.category for s in holding.samples)
    assert sum(h.count for h in inventory.holdings) == inventory.totals.count


def test_every_document_is_in_one_system_and_those_of_none_come_last() -> None:
    run = run_of([(2, "EMAIL_ADDRESS", 900, 900, False), (1, "EMAIL_ADDRESS", 2, 2, False)])
    shares = build_inventory(run).systems
    assert [share.system for share in shares] == ["google.takeout", "postmark", UNASSIGNED]
    assert sum(share.documents for share in shares) == 8
    assert {s.system: s.size_bytes for s in shares} == {"postmark": 309, "google.takeout": 312, UNASSIGNED: 207}
    assert {s.system: s.with_findings for s in shares} == {"postmark": 0, "google.takeout": 1, UNASSIGNED: 1}


def test_what_told_a_system_its_owners_and_its_folders_are_counted_by_document() -> None:
    b = RunBuilder()
    b.document("a/1.json", system="postmark", signals="keys: 9 of 9; path: export", owner="drift", status="unread")
    b.document("a/2.json", system="postmark", signals="keys: 9 of 9", owner="drift")
    b.document("a/2.json!liste.csv", system="postmark", signals=None, size_bytes=70_000)
    share, *rest = build_inventory(b.run()).systems
    assert not rest
    assert dict(share.signals) == {"keys: 9 of 9": 2, "path: export": 1}
    assert dict(share.owners) == {"drift": 2}
    assert list(share.folders.values()) == [3]
    assert share.unread == 1
    assert share.size_bytes < 8_000_000, "a member's bytes are within its container's"


def test_a_copy_within_a_system_counts_once_and_in_another_again() -> None:
    b = RunBuilder()
    for path, system in (
        ("m/1.eml", "microsoft365.exchange"),
        ("n/2.eml", "microsoft365.exchange"),
        ("o/3.eml", "postmark"),
    ):
        b.document(path, system=system, identity=77, modified_at=datetime(2024, 5, 3, tzinfo=UTC))
        b.random.seed(5)
        b.found(path, "EMAIL_ADDRESS", "email", 4, kind="text")
    inventory = build_inventory(b.run())
    assert {h.system: (h.count, h.documents) for h in inventory.holdings} == {
        "microsoft365.exchange": (4, 1), "postmark": (4, 1),
    }  # fmt: skip
    assert inventory.totals.count == 4
    assert {s.system: s.with_findings for s in inventory.systems} == {"microsoft365.exchange": 2, "postmark": 1}


def test_exports_that_need_no_details_have_the_dates_of_records_all_the_same() -> None:
    b = RunBuilder()
    b.document("a.csv", system="postmark", modified_at=datetime(2026, 5, 3, tzinfo=UTC))
    b.dated("a.csv", date(2019, 3, 4), 2)
    b.found("a.csv", "EMAIL_ADDRESS", "email", 2)
    (held,) = build_inventory(b.run(), details=False).holdings
    assert (held.ages.oldest, held.ages.basis) == (date(2019, 3, 4), "data")
    assert held.samples == ()
