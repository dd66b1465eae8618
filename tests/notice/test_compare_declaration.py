"""Found, declared and recorded categories: G01, G02, G03 and G10, and what holds of every comparison."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from gap_cases import (
    SHARE,
    SYSTEMS,
    activity,
    compared,
    gaps,
    holding,
    inventory,
    kinds,
    notice,
    record,
    share,
    without,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.inventory.categories import categories
from pii_scan.notice.catalogue import KINDS
from pii_scan.notice.facts import Facts
from pii_scan.notice.gaps import Outcome, Status
from pii_scan.notice.lint import Level, lint
from pii_scan.notice.model import load_notice
from pii_scan.notice.record import Activity
from pii_scan.registry import data_folder
from pii_scan.systems.profiles import profiles

EVERYTHING = [category.key for category in categories()]


def test_the_founding_notice_with_nothing_scanned_has_its_lint_and_nothing_to_assess() -> None:
    founding = load_notice(data_folder("configs") / "notices" / "metis.yaml")
    for known in ({}, SYSTEMS, profiles().by_id):
        found = compared(inventory(), founding, profiles=known)
        assert [gap.rule for gap in found.gaps] == ["G03"] * len(founding.categories)
        assert {gap.category for gap in found.gaps} == set(founding.categories)
        assert {(gap.status, gap.level) for gap in found.gaps} == {(Status.NOT_ASSESSABLE, Level.INFO)}
        assert {gap.category: gap.line for gap in found.gaps} == founding.categories
    assert Counter(item.rule for item in lint(founding)) == Counter(
        N01=1, N02=1, N03=1, N04=2, N05=1, N06=3, N07=4, N08=5, N09=4, N10=5, N11=1
    )


def test_what_the_notice_does_not_mention_is_an_error_with_its_evidence() -> None:
    found = compared(inventory(holding(SHARE, "address", 30, distinct=12)), without("address"))
    (gap,) = gaps(found, "G01")
    assert (gap.kind, gap.level, gap.system, gap.category) == ("omitted", Level.ERROR, SHARE, "address")
    assert (gap.in_notice, gap.in_record, gap.line) == (Outcome.OMITTED, None, None)
    assert gap.evidence is not None and (gap.evidence.documents, gap.evidence.count) == (4, 30)
    assert gap.evidence.samples[0].document == "deltakere/liste.xlsx"
    assert found.table == {(SHARE, "address"): (Outcome.OMITTED, None)}


def test_organisation_numbers_and_test_numbers_are_no_gap_and_the_latter_are_said() -> None:
    found = inventory(holding(SHARE, "organisation"), holding(SHARE, "national_id", 9, synthetic=9))
    comparison = compared(found, notice(categories={}, retention=()))
    assert comparison.gaps == () and comparison.test_only == ((SHARE, "national_id"),)
    assert comparison.table == {}


def test_test_numbers_count_unless_they_are_left_out_and_are_said() -> None:
    found = inventory(holding(SHARE, "email", 5, synthetic=2), holding(SHARE, "national_id", 9, synthetic=9))
    comparison = compared(found, notice(categories={}, retention=()), test_numbers=True)
    said = {gap.category: gap.evidence for gap in gaps(comparison, "G01")}
    assert {key: (known.count, known.synthetic) for key, known in said.items() if known} == {
        "email": (5, 2), "national_id": (9, 9),
    }  # fmt: skip
    assert comparison.test_only == ()
    assert kinds(compared(found, notice(categories={}, retention=())), "G01") == [("omitted", SHARE, "email")]


@pytest.mark.parametrize(("count", "fires"), [(4, False), (5, True)])
def test_fewer_values_than_asked_for_are_no_gap(count: int, fires: bool) -> None:
    found = compared(inventory(holding(SHARE, "email", count + 3, synthetic=3)), without("email"), min_count=5)
    assert bool(gaps(found, "G01")) == fires


@pytest.mark.parametrize("category", ["health", "criminal", "national_id"])
def test_one_value_of_what_the_law_treats_apart_is_enough(category: str) -> None:
    found = compared(inventory(holding(SHARE, category, 1)), without(category), min_count=1000)
    assert kinds(found, "G01") == [("omitted", SHARE, category)]


def test_what_the_notice_denies_and_what_it_both_says_and_denies() -> None:
    found = inventory(holding(SHARE, "phone"), holding(SHARE, "email"))
    comparison = compared(found, notice(categories={"email": 3}, denials={"phone": 8, "email": 9}))
    assert {(gap.kind, gap.level, gap.category, gap.line, gap.in_notice) for gap in gaps(comparison, "G01")} == {
        ("denied", Level.ERROR, "phone", 8, Outcome.INCORRECT),
        ("ambiguous", Level.WARNING, "email", 3, Outcome.AMBIGUOUS),
    }


def test_only_something_wider_declared_is_vague_and_says_how_far_up() -> None:
    found = inventory(holding(SHARE, "online_id.cookie"))
    (gap,) = gaps(compared(found, notice(categories={"online_id": 12})), "G02")
    assert (gap.level, gap.line, gap.declared_by, gap.in_notice) == (Level.WARNING, 12, "online_id", Outcome.VAGUE)
    assert gap.values["n"] == 1 and gaps(compared(found), "G02") == []
    vague = record(activity(categories=("online_id",)))
    assert kinds(compared(found, kept=vague), "G02") == [("record", SHARE, "online_id.cookie")]


def test_the_record_is_asked_where_the_notice_declares() -> None:
    found = inventory(holding(SHARE, "email"))
    for kept, expected in (
        (record(activity(categories=("email",))), []),  # says of no place, and so of every one
        (record(activity(categories=("email",), systems=(SHARE,))), []),
        (record(activity(categories=("phone",))), ["record"]),
        (record(activity(categories=("email",), systems=("postmark",))), ["record"]),
        (record(), ["record"]),
        (None, []),
    ):
        comparison = compared(found, kept=kept)
        assert [gap.kind for gap in gaps(comparison, "G01")] == expected
        outcome = comparison.table[SHARE, "email"][1]
        assert outcome is (None if kept is None else Outcome.OMITTED if expected else Outcome.CLEAR)
    (gap,) = gaps(compared(found, without("email"), record(activity(categories=("email",)))), "G01")
    assert (gap.kind, gap.in_record) == ("omitted", Outcome.CLEAR)


@pytest.mark.parametrize(("uncovered", "kind"), [(0, None), (1, "record_partly"), (4, "record")])
def test_an_activity_with_paths_covers_what_they_name_and_no_more(uncovered: int, kind: str | None) -> None:
    place = (SHARE, "email")
    facts = Facts(covered={"courses": {place: 4 - uncovered}}, uncovered={place: uncovered})
    kept = record(activity(categories=("email",), paths=("kurs/**",)))
    (held,) = compared(inventory(holding(*place)), kept=kept, facts=facts).table.values()
    assert held[1] is (Outcome.OMITTED if uncovered else Outcome.CLEAR)
    found = gaps(compared(inventory(holding(*place)), kept=kept, facts=facts), "G01")
    assert [gap.kind for gap in found] == ([] if kind is None else [kind])


def test_declared_and_not_found_is_said_only_where_its_usual_systems_were_scanned() -> None:
    said = notice(categories={"email": 5, "ip": 6, "name": 7}, recipients=(), retention=())
    shares = [share("microsoft365.sharepoint"), share("aws.s3")]
    facts = Facts(findable=frozenset({"email", "ip"}))
    rows = gaps(compared(inventory(shares=shares), said, facts=facts), "G03")
    assert {(gap.kind, gap.category, gap.status) for gap in rows} == {
        ("not_found", "email", Status.OPEN), ("not_found", "ip", Status.OPEN),
        ("no_recognizer", "name", Status.NOT_ASSESSABLE),
    }  # fmt: skip
    assert {gap.level for gap in rows} == {Level.INFO}
    unread = [share("microsoft365.sharepoint", 3, unread=3), share("aws.s3")]
    rows = gaps(compared(inventory(shares=unread), said, facts=facts), "G03")
    assert {(gap.kind, gap.category) for gap in rows} == {
        ("not_scanned", "email"), ("not_found", "ip"), ("not_scanned", "name")
    }  # fmt: skip


@pytest.mark.parametrize("facts", [Facts(whole=False), Facts(unread={None: {"permission": 1}})])
def test_what_was_not_come_to_or_not_listed_may_hold_anything(facts: Facts) -> None:
    said = notice(categories={"ip": 6}, recipients=())
    (gap,) = gaps(compared(inventory(shares=[share("aws.s3")]), said, facts=facts), "G03")
    assert (gap.kind, gap.status) == ("not_scanned", Status.NOT_ASSESSABLE)


def test_a_system_that_the_notice_or_the_record_points_to_must_have_been_scanned_too() -> None:
    shares = [share("microsoft365.sharepoint")]
    whole = notice()
    meta = notice(categories={"email": 5}, recipients=tuple(r for r in whole.recipients if r.id == "meta"))
    (gap,) = gaps(compared(inventory(shares=shares), meta), "G03")
    assert gap.kind == "not_scanned" and set(gap.values["systems"]) == {"meta.audiences", "meta.lead_ads"}  # type: ignore[call-overload]
    kept = record(activity(categories=("email",), systems=("postmark",)))
    (gap,) = gaps(compared(inventory(shares=shares), notice(categories={"email": 5}, recipients=()), kept), "G03")
    assert gap.values["systems"] == ("postmark",)


def test_a_declared_category_is_found_also_by_one_below_it() -> None:
    found = inventory(holding("google.analytics", "online_id.cookie"))
    assert gaps(compared(found, notice(categories={"online_id": 5, "online_id.cookie": 6})), "G03") == []


def test_retention_that_the_notice_does_not_give_is_one_row_for_each_category() -> None:
    found = inventory(holding(SHARE, "email"), holding("postmark", "email", 7), holding(SHARE, "phone"))
    comparison = compared(found, notice(retention=()))
    assert kinds(comparison, "G10") == [("unknown", None, "email"), ("unknown", None, "phone")]
    email = gaps(comparison, "G10")[0]
    assert email.evidence is not None and (email.evidence.documents, email.evidence.count) == (8, 27)
    assert email.values["systems"] == (SHARE, "postmark") and email.level is Level.WARNING
    assert gaps(compared(found), "G10") == []


HOLDINGS = st.lists(
    st.builds(
        holding, st.sampled_from([*SYSTEMS, "unassigned"]), st.sampled_from(EVERYTHING), st.integers(1, 40),
        documents=st.integers(1, 9),
    ),
    max_size=6, unique_by=lambda one: (one.system, one.category),
)  # fmt: skip
DECLARED = st.sets(st.sampled_from([*EVERYTHING, "online_id", "location"]))


@given(HOLDINGS, DECLARED, st.sampled_from(EVERYTHING))
@settings(max_examples=60, deadline=None)
def test_declaring_more_never_adds_a_gap_of_what_was_found(
    holdings: list[object], declared: set[str], more: str
) -> None:
    found = inventory(*holdings)  # type: ignore[arg-type]
    first = compared(found, notice(categories=dict.fromkeys(declared), retention=()))
    second = compared(found, notice(categories=dict.fromkeys([*declared, more]), retention=()))
    fewer = {gap.key for gap in second.gaps if gap.rule == "G01"}
    assert fewer <= {gap.key for gap in first.gaps if gap.rule == "G01"}
    assert not any(key.endswith(f"/{more}") for key in fewer)


@given(HOLDINGS, DECLARED, st.booleans())
@settings(max_examples=60, deadline=None)
def test_each_gap_has_a_key_of_its_own_a_known_kind_and_a_place_in_the_order(
    holdings: list[object], declared: set[str], recorded: bool
) -> None:
    kept = record(Activity("a", "a", "x", categories=("email",), systems=(SHARE,))) if recorded else None
    found = compared(inventory(*holdings), notice(categories=dict.fromkeys(declared), retention=()), kept)  # type: ignore[arg-type]
    keys = [gap.key for gap in found.gaps]
    assert len(keys) == len(set(keys))
    assert all(gap.kind in KINDS[gap.rule] for gap in found.gaps)
    assert list(found.gaps) == sorted(found.gaps, key=lambda gap: list(Level).index(gap.level))


@given(DECLARED, st.booleans())
@settings(max_examples=30, deadline=None)
def test_nothing_scanned_is_never_a_gap(declared: set[str], recorded: bool) -> None:
    kept = record(activity(categories=("email",), third_countries=("US",))) if recorded else None
    said = notice(categories=dict.fromkeys(declared), retention=(), recipients=(), purposes=(), sources=())
    found = compared(inventory(), said, kept, profiles=profiles().by_id)
    assert {gap.status for gap in found.gaps} <= {Status.NOT_ASSESSABLE}


def test_a_notice_that_declares_all_has_no_gap() -> None:
    everything = [holding(system, key) for system in ("microsoft365.sharepoint", "aws.s3") for key in EVERYTHING]
    found = compared(inventory(*everything))
    assert [gap.key for gap in found.gaps if gap.rule != "G06"] == []
    special = {key for key in EVERYTHING if categories().flag(key) == "special"}
    assert {gap.category for gap in found.gaps} == special - {"health", "union"}  # the others have no Art. 9 condition
    purposes = (dataclasses.replace(one, categories=tuple(EVERYTHING), art9=("9.2.a",)) for one in notice().purposes)
    assert compared(inventory(*everything), notice(purposes=tuple(purposes))).gaps == ()
