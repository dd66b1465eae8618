"""Each rule of systems, recipients, law, persons and coverage: fires, stays silent at a near miss, and on a notice that
declares all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from gap_cases import SHARE, activity, compared, gaps, holding, inventory, kinds, notice, record, share, without

from pii_scan.inventory.holdings import UNASSIGNED, Ages
from pii_scan.notice.facts import Facts, Seen
from pii_scan.notice.gaps import Outcome
from pii_scan.notice.lint import Level
from pii_scan.notice.model import Purpose, Recipient, RetentionLine

POINT = "microsoft365.sharepoint"


def recipient(name: str, **facts: Any) -> Recipient:
    given: dict[str, Any] = {"id": "r1", "aliases": (), "role": None, "for_": (), "country": "IE", "transfer": None}
    return Recipient(name=name, **(given | facts))


@pytest.mark.parametrize(
    "one",
    [
        recipient("Noen AS", id="microsoft"), recipient("Microsoft Office 365"), recipient("microsoft corporation"),
        recipient("Noen AS", aliases=("Microsoft 365",)),
    ],
)  # fmt: skip
def test_a_recipient_is_named_by_id_by_name_and_by_alias(one: Recipient) -> None:
    assert gaps(compared(inventory(holding(POINT, "email")), notice(recipients=(one,))), "G04") == []


def test_the_name_of_before_and_the_one_of_today_are_the_same_recipient() -> None:
    found = inventory(holding("meta.audiences", "email"), holding("postmark", "email"))
    said = notice(recipients=(recipient("Facebook, Inc."), recipient("Wildbit, LLC", id="r2")))
    assert gaps(compared(found, said), "G04") == []


def test_a_system_whose_recipient_the_notice_does_not_name() -> None:
    found = inventory(holding(POINT, "email"), holding(SHARE, "email"))  # the second has no recipient
    (gap,) = gaps(compared(found, notice(recipients=(recipient("Mikrosoft AS"),))), "G04")
    assert (gap.kind, gap.system, gap.level, gap.line) == ("notice", POINT, Level.ERROR, None)
    assert gap.evidence is not None and gap.evidence.documents == 4
    assert gaps(compared(found), "G04") == []
    only_test = inventory(holding(POINT, "email", 3, synthetic=3))
    assert gaps(compared(only_test, notice(recipients=())), "G04") == []


@pytest.mark.parametrize(
    ("youngest", "expected"), [(None, ["expired"]), (date(2022, 1, 1), ["expired"]), (date(2021, 10, 1), [])]
)
def test_a_name_that_has_expired_is_enough_for_what_is_older(youngest: date | None, expected: list[str]) -> None:
    said = notice(recipients=(recipient("Facebook, Inc.", valid_to="2021-10-28", transfer="SCC"),))
    ages = Ages(youngest, youngest, "data")
    found = compared(inventory(holding("meta.audiences", "email", ages=ages)), said)
    assert [gap.kind for gap in gaps(found, "G04")] == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"systems": (POINT,)}, ["record"]), ({"systems": (POINT,), "recipients": ("Microsoft",)}, []),
        ({"systems": ("postmark",), "recipients": ("Microsoft",)}, ["record_system"]), ({}, ["record"]),
    ],
)  # fmt: skip
def test_the_record_must_know_the_system_and_its_recipient(facts: dict[str, Any], expected: list[str]) -> None:
    kept = record(activity(categories=("email",), **facts))
    found = gaps(compared(inventory(holding(POINT, "email")), kept=kept), "G04")
    assert [gap.kind for gap in found] == expected


def test_a_system_of_the_users_own_must_be_in_the_record() -> None:
    found = inventory(holding("fagsystemet", "email"))
    assert gaps(compared(found), "G04") == []
    kept = record(activity(categories=("email",), systems=("postmark",)))
    assert kinds(compared(found, kept=kept), "G04") == [("record_system", "fagsystemet", None)]
    kept = record(activity(categories=("email",), systems=("fagsystemet",)))
    assert gaps(compared(found, kept=kept), "G04") == []


def test_documents_of_no_known_system_are_said_with_size_and_owners() -> None:
    shares = [share(UNASSIGNED, 12, size_bytes=4_000_000, owners={"k###@example.no": 3})]
    (gap,) = gaps(compared(inventory(holding(UNASSIGNED, "email"), shares=shares)), "G04")
    assert (gap.kind, gap.level, gap.system) == ("unassigned", Level.WARNING, UNASSIGNED)
    assert (gap.values["n"], gap.values["size_bytes"]) == (12, 4_000_000)
    assert gap.values["owners"] == ("k###@example.no",)
    (gap,) = gaps(compared(inventory(shares=shares)), "G04")
    assert gap.level is Level.INFO and gap.evidence is None


@dataclass(frozen=True)
class Case:
    """A rule with a finding that fires it under `notice`, and one that does not."""

    rule: str
    system: str
    category: str
    near: tuple[str, str]
    changes: dict[str, Any]
    level: Level = Level.ERROR


NO_PURPOSE = {"purposes": (Purpose("courses", ("6.1.b",), line=90),)}
ANONYMOUS = {"purposes": (*notice().purposes, Purpose("statistics", ("6.1.f",), claim="anonymous", line=32))}
CASES = [
    Case("G05", "postmark", "national_id", ("postmark", "email"), {}),
    Case("G06", SHARE, "health", (SHARE, "name"), NO_PURPOSE),
    Case("G06", SHARE, "religion", (SHARE, "health"), {}),
    Case("G07", SHARE, "criminal", (SHARE, "name"), NO_PURPOSE),
    Case("G08", SHARE, "national_id", (SHARE, "birthdate"), NO_PURPOSE),
    Case("G12", "google.analytics", "ip", (POINT, "ip"), {"recipients": (recipient("Google LLC", country="US"),)}),
    Case("G14", "google.analytics", "ip", (SHARE, "ip"), ANONYMOUS),
    Case("G14", "aws.s3", "online_id.cookie", ("aws.s3", "purchase"), ANONYMOUS),
    Case("G16", "meta.lead_ads", "email", ("meta.audiences", "email"), {"sources": ("employer",)}, Level.WARNING),
    Case("G17", "meta.audiences", "education", ("meta.audiences", "email"), {}),
    Case("G17", "meta.audiences", "national_id", (POINT, "national_id"), {}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.category}")
def test_each_rule_fires_and_stays_silent_at_a_near_miss(case: Case) -> None:
    said = notice(**case.changes)
    found = gaps(compared(inventory(holding(case.system, case.category)), said), case.rule)
    assert [(gap.system, gap.level) for gap in found] == [(case.system, case.level)]
    assert found[0].category in (case.category, None)
    assert gaps(compared(inventory(holding(*case.near)), said), case.rule) == []
    only_test = inventory(holding(case.system, case.category, 5, synthetic=5))
    assert gaps(compared(only_test, said), case.rule) == []


@pytest.mark.parametrize("case", [one for one in CASES if one.changes and one.category != "religion"],
                         ids=lambda case: f"{case.rule}-{case.category}")  # fmt: skip
def test_each_rule_is_silent_where_the_notice_says_it(case: Case) -> None:
    assert gaps(compared(inventory(holding(case.system, case.category))), case.rule) == []


@pytest.mark.parametrize(("rule", "category"), [("G06", "health"), ("G07", "criminal")])
def test_a_basis_that_only_the_record_has_is_a_warning(rule: str, category: str) -> None:
    kept = record(activity(categories=(category,), art9=("9.2.b",)))
    (gap,) = gaps(compared(inventory(holding(SHARE, category)), notice(**NO_PURPOSE), kept), rule)
    assert (gap.kind, gap.level) == ("record_only", Level.WARNING)
    other = record(activity(categories=("email",), art9=("9.2.b",)))
    (gap,) = gaps(compared(inventory(holding(SHARE, category)), notice(**NO_PURPOSE), other), rule)
    assert (gap.kind, gap.level) == ("no_basis", Level.ERROR)


def test_criminal_offences_need_a_purpose_that_names_them() -> None:
    said = notice(purposes=(Purpose("all", ("6.1.c",), ("9.2.b",)),))  # names no category
    assert len(gaps(compared(inventory(holding(SHARE, "criminal")), said), "G07")) == 1


def test_national_numbers_must_lie_where_an_activity_needs_them() -> None:
    kept = record(activity("reporting", systems=(SHARE,), categories=("national_id",), secure_identification=True))
    found = compared(inventory(holding(SHARE, "national_id"), holding(POINT, "national_id")), kept=kept)
    assert kinds(found, "G08") == [("activity", POINT, "national_id")]
    none = record(activity(categories=("national_id",)))  # the record flags nothing: the notice's purpose is enough
    assert gaps(compared(inventory(holding(POINT, "national_id")), kept=none), "G08") == []


@pytest.mark.parametrize(
    ("country", "transfer", "kind"),
    [
        ("US", None, "partial"), ("IN", None, "silent"), ("CH", None, None), ("IE", None, None), ("US", "SCC", None),
        (None, None, "unknown_country"), (None, "SCC", None),
    ],
)  # fmt: skip
def test_transfers_by_country_and_safeguard(country: str | None, transfer: str | None, kind: str | None) -> None:
    said = notice(recipients=(recipient("Google LLC", country=country, transfer=transfer, line=99),))
    found = gaps(compared(inventory(holding("google.analytics", "ip")), said), "G12")
    assert [(gap.kind, gap.line) for gap in found] == ([] if kind is None else [(kind, 99)])


def test_a_transfer_that_the_record_gives_without_safeguards() -> None:
    for country, safeguards, expected in (("US", "", ["record"]), ("US", "SCC", []), ("DE", "", []), ("CH", "", [])):
        kept = record(activity(categories=("ip",), third_countries=(country,), safeguards=safeguards))
        found = gaps(compared(inventory(holding("google.analytics", "ip")), kept=kept), "G12")
        assert [gap.kind for gap in found] == expected


def test_a_tracker_whose_recipient_the_notice_does_not_name() -> None:
    facts = Facts(
        trackers={"aws.s3": {"google_analytics": Seen(2, 9), "hubspot": Seen(1, 4), "meta_pixel": Seen(3, 8)}}
    )
    found = inventory(holding("aws.s3", "online_id.cookie"))
    (gap,) = gaps(compared(found, facts=facts), "G13")
    assert (gap.values["recipients"], gap.level) == (("HubSpot, Inc.",), Level.ERROR)
    assert gap.evidence is not None and (gap.evidence.documents, gap.evidence.count) == (1, 4)
    more = notice(recipients=(*notice().recipients, recipient("HubSpot, Inc.")))
    assert gaps(compared(found, more, facts=facts), "G13") == []


def test_what_is_called_anonymous_points_at_the_line_of_the_purpose() -> None:
    (gap,) = gaps(compared(inventory(holding("google.analytics", "ip")), notice(**ANONYMOUS)), "G14")
    assert (gap.line, gap.in_notice, gap.values["purpose"]) == (32, Outcome.INCORRECT, "statistics")
    of_others = {"purposes": (Purpose("statistics", (), claim="anonymous", categories=("purchase",)),)}
    assert gaps(compared(inventory(holding("google.analytics", "ip")), notice(**of_others)), "G14") == []


@pytest.mark.parametrize(
    ("ages", "consent", "said", "kind"),
    [
        ((0, 0), True, False, None), ((0, 3), True, False, "under_18"),
        ((2, 3), False, False, "under_13"),
        ((2, 3), True, False, "under_13_consent"), ((0, 3), True, True, None),
        ((2, 3), False, True, None), ((2, 3), True, True, "under_13_consent"),
    ],
)  # fmt: skip
def test_children_by_age_by_consent_and_by_what_the_notice_says(
    ages: tuple[int, int], consent: bool, said: bool, kind: str | None
) -> None:
    changes: dict[str, Any] = {"data_subjects": ("customer", *(["child"] if said else []))}
    if consent:
        changes["purposes"] = (*notice().purposes, Purpose("newsletter", ("6.1.a",)))
    shares = [share(SHARE, under_13=ages[0], under_18=ages[1])]
    found = gaps(compared(inventory(holding(SHARE, "birthdate"), shares=shares), notice(**changes)), "G11")
    assert [gap.kind for gap in found] == ([] if kind is None else [kind])
    for gap in found:
        assert gap.level is (Level.ERROR if kind == "under_13_consent" else Level.WARNING)
        number = ages[1] if kind == "under_18" else ages[0]
        assert gap.evidence is not None and gap.evidence.persons == (1, number)


def test_hashed_identifiers_are_asked_about_where_they_are_called_anonymous_or_not_named() -> None:
    facts = Facts(hashed={("meta.audiences", "email"): Seen(1, 400)})
    found = inventory(holding("meta.audiences", "phone"))
    assert gaps(compared(found, facts=facts), "G15") == []
    for said in (notice(**ANONYMOUS), without("email")):
        (gap,) = gaps(compared(found, said, facts=facts), "G15")
        assert (gap.system, gap.category, gap.level) == ("meta.audiences", "email", Level.WARNING)
        assert gap.evidence is not None and gap.evidence.count == 400


def test_passwords_beside_personal_data() -> None:
    found = inventory(holding(SHARE, "credentials", 6), holding(SHARE, "email"))
    (gap,) = gaps(compared(found, facts=Facts(secrets={SHARE: Seen(2, 6)})), "G18")
    assert (gap.level, gap.system, gap.category, gap.values["n"]) == (Level.ERROR, SHARE, "credentials", 2)
    assert gaps(compared(found), "G18") == []


@pytest.mark.parametrize(("unread", "kind"), [(0, None), (5, "some"), (6, "blocks")])
def test_what_was_not_read_is_said_and_from_a_twentieth_it_keeps_the_system_from_being_clean(
    unread: int, kind: str | None
) -> None:
    facts = Facts(unread={SHARE: {"encrypted": unread}} if unread else {})
    found = gaps(compared(inventory(shares=[share(SHARE, 100, unread)]), facts=facts), "G19")
    assert [(gap.kind, gap.system, gap.level) for gap in found] == (
        [] if kind is None else [(kind, SHARE, Level.WARNING)]
    )
    assert all(gap.values["codes"] == {"encrypted": unread} for gap in found)


def test_what_could_not_be_listed_belongs_to_no_system() -> None:
    found = compared(inventory(), facts=Facts(unread={None: {"permission": 2}}))
    assert kinds(found, "G19") == [("unlisted", None, None)]


def aged(*months: date, basis: str = "data") -> Ages:
    """Ten occurrences in each month."""
    return Ages(min(months), max(months), basis, {basis: {month: 10 for month in months}})


OLD, NEW = date(2015, 3, 1), date(2026, 3, 1)


@pytest.mark.parametrize(
    ("ages", "kind", "level"),
    [
        (Ages(), None, None), (aged(NEW), None, None), (aged(OLD, NEW), "some", Level.ERROR),
        (aged(OLD), "whole", Level.ERROR), (aged(OLD, basis="file"), "file", Level.WARNING),
        (aged(OLD, NEW, basis="name"), "some", Level.ERROR), (aged(date(2021, 12, 1)), None, None),
    ],
)  # fmt: skip
def test_what_is_older_than_its_period(ages: Ages, kind: str | None, level: Level | None) -> None:
    found = gaps(compared(inventory(holding(SHARE, "email", ages=ages))), "G09")
    assert [(gap.kind, gap.level, gap.line) for gap in found] == ([] if kind is None else [(kind, level, 80)])
    assert all((gap.values["over"], gap.values["period"]) == (10, "P5Y") for gap in found)


def test_what_the_law_makes_one_keep_is_not_over() -> None:
    said = notice(retention=(RetentionLine(None, (), "P1Y", None, None, None, line=80),))
    held = holding("accounting.saft", "bank", ages=aged(date(2023, 6, 1)))
    assert gaps(compared(inventory(held), said), "G09") == []
    old = holding("accounting.saft", "bank", ages=aged(date(2016, 6, 1)))
    (gap,) = gaps(compared(inventory(old), said), "G09")
    assert isinstance(gap.values["hold"], dict) and gap.values["hold"]["nb"]


def test_the_longest_of_several_periods_counts_then_the_records_and_criteria_are_no_period() -> None:
    lines = tuple(RetentionLine(("email",), (), period, None, None, None) for period in ("P1Y", "P10Y", "P26M"))
    kept = record(activity("a", categories=("email",), retention="P3Y", starts_from="course_end"),
                  activity("b", categories=("phone",), retention="P20Y"))  # fmt: skip
    found = inventory(holding(SHARE, "email", ages=aged(date(2020, 5, 1), NEW)))
    assert gaps(compared(found, notice(retention=lines)), "G09") == []
    (gap,) = gaps(compared(found, notice(retention=lines), kept), "G09")
    assert (gap.values["period"], gap.values["by"]) == ("P3Y", "record")
    criteria = notice(retention=(RetentionLine(None, (), None, "så lenge det trengs", None, None),))
    assert gaps(compared(found, criteria), "G09") == []
    assert len(gaps(compared(found, criteria, kept), "G09")) == 1


def test_what_a_service_itself_keeps_is_said_where_records_of_it_are_over() -> None:
    old = Ages(date(2019, 3, 4), date(2019, 3, 4), "data", {"data": {date(2019, 3, 1): 20}})
    found = inventory(holding("postmark", "email", ages=old), holding(SHARE, "email", ages=old))
    over = {gap.system: gap.values["service"] for gap in gaps(compared(found), "G09")}
    assert over[SHARE] is None
    assert isinstance(over["postmark"], Mapping) and "45" in str(over["postmark"]["nb"])
