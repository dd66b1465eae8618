"""Inventories, notices and records made by hand, for the rules that compare them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pii_scan.inventory.build import Inventory, Matrix, Totals
from pii_scan.inventory.coverage import Coverage
from pii_scan.inventory.drilldown import Drilldown
from pii_scan.inventory.holdings import Ages, Holding, Sample, SystemShare
from pii_scan.inventory.originals import Originals
from pii_scan.notice.catalogue import KINDS
from pii_scan.notice.compare import Choices, compare
from pii_scan.notice.facts import Facts
from pii_scan.notice.gaps import Comparison, Evidence, Gap, Status
from pii_scan.notice.lint import lint
from pii_scan.notice.model import RIGHTS, Notice, Purpose, Recipient, RetentionLine, known_categories
from pii_scan.notice.record import Activity, Record
from pii_scan.report.gap_view import Checked

TODAY = date(2026, 11, 30)


@dataclass(frozen=True)
class System:
    """A profile by hand."""

    id: str
    recipients: tuple[str, ...] = ()
    kind: str = "files"
    usual: tuple[str, ...] = ()
    misplaced: tuple[str, ...] = ()
    third_party_source: str | None = None
    family: str = ""
    name: Mapping[str, str] = field(default_factory=lambda: {"nb": "Systemet", "en": "The system"})

    def __post_init__(self) -> None:
        if not self.family:
            object.__setattr__(self, "family", self.id.partition(".")[0])


SYSTEMS = {
    system.id: system
    for system in (
        System("own.share"),
        System("microsoft365.sharepoint", ("microsoft",), usual=("email", "name")),
        System("google.analytics", ("google",), "analytics", ("online_id", "ip"), ("national_id", "email")),
        System("meta.audiences", ("meta",), "marketing", ("email", "phone"), ("national_id",)),
        System("meta.lead_ads", ("meta",), "marketing", ("email",), (), "marketing_partners"),
        System("postmark", ("postmark",), "mail", ("email",), ("national_id",)),
        System("aws.s3", ("aws",), "log", ("ip",)),
    )
}
SHARE = "own.share"


def holding(system: str, category: str, count: int = 20, **facts: Any) -> Holding:
    """A holding of 4 documents; `ages` by default unknown."""
    given: dict[str, Any] = {
        "documents": 4, "synthetic": 0, "distinct": count, "score": 0.9, "entity_types": {"X": count}, "ages": Ages(),
        "samples": (Sample("/data", "deltakere/liste.xlsx", count),),
    }  # fmt: skip
    return Holding(system=system, category=category, count=count, **(given | facts))


def share(system: str, documents: int = 10, unread: int = 0, **facts: Any) -> SystemShare:
    given: dict[str, Any] = {
        "with_findings": min(4, documents),
        "size_bytes": 20_000,
        "signals": {},
        "owners": {},
        "folders": {},
    }
    return SystemShare(system, documents, unread, **(given | facts))


def inventory(*holdings: Holding, shares: Iterable[SystemShare] | None = None) -> Inventory:
    """The inventory with those holdings; by default each system has ten documents, all read."""
    systems = tuple(share(system) for system in dict.fromkeys(one.system for one in holdings))
    systems = systems if shares is None else tuple(shares)
    seen, unread = sum(one.documents for one in systems), sum(one.unread for one in systems)
    coverage = Coverage(seen, seen - unread, 0, unread, 1000, 1000, {"encrypted": unread} if unread else {})
    nothing = Totals(0, 0, 0, 0, 0, 0, 0)
    return Inventory(
        (), nothing, Matrix((), (), {}, 0), (), Drilldown((), 0, 0, 0), coverage, Originals({}), holdings, systems
    )  # fmt: skip


def notice(**changes: Any) -> Notice:
    """A notice that says everything of everything."""
    given: dict[str, Any] = {
        "id": "whole", "language": "nb", "published": "2026-01-01", "jurisdiction": "NO", "law_refs": (),
        "controller": "Eksempel AS", "orgnr": "310 000 000", "contact": {"email": "post@example.no"}, "dpo": None,
        "role_wording": None, "data_subjects": ("customer", "child"),
        "categories": {key: line for line, key in enumerate(sorted(known_categories()), 1)},
        "sources": ("data_subject", "employer", "marketing_partners"),
        "purposes": (
            Purpose("courses", ("6.1.b",), secure_identification=True, line=90),
            Purpose("duties", ("6.1.c",), ("9.2.b",), ("health", "union", "criminal"), line=91),
        ),
        "recipients": (
            Recipient("microsoft", "Microsoft Ireland Operations Limited", (), "processor", (), "IE", None, line=95),
            Recipient("google", "Google LLC", (), "processor", (), "US", "SCC", line=96),
            Recipient("meta", "Meta Platforms, Inc.", (), "processor", (), "US", "SCC", line=97),
            Recipient("postmark", "ActiveCampaign, LLC", (), "processor", (), "US", "SCC", line=98),
            Recipient("aws", "Amazon Web Services EMEA SARL", (), "processor", (), "LU", None, line=99),
        ),
        "retention": (RetentionLine(None, (), "P5Y", None, None, None, line=80),),
        "rights": dict.fromkeys(RIGHTS, True),
        "rights_subjects": (), "consequence_of_not_providing": True, "automated_decisions": "none",
        "legitimate_interests": None, "denials": {},
    }  # fmt: skip
    return Notice(**(given | changes))


def without(*categories: str, **changes: Any) -> Notice:
    """The whole notice but for some categories and those above and below them."""
    kept = {
        key: line for key, line in notice().categories.items()
        if not any(key == c or key.startswith(f"{c}.") or c.startswith(f"{key}.") for c in categories)
    }  # fmt: skip
    return notice(categories=kept, **changes)


def record(*activities: Activity) -> Record:
    return Record("Eksempel AS", None, None, None, activities)


def activity(id: str = "courses", **facts: Any) -> Activity:
    return Activity(id, id, f"ropa.yaml, {id}", **facts)


def compared(
    found: Inventory, said: Notice | None = None, kept: Record | None = None, *, facts: Facts | None = None,
    min_count: int = 1, accepted: Any = None, profiles: Any = None, test_numbers: bool = False,
) -> Comparison:  # fmt: skip
    choices = Choices(TODAY, min_count, accepted or {}, test_numbers)
    return compare(
        found, said or notice(), kept, choices, run="run-1", profiles=SYSTEMS if profiles is None else profiles,
        facts=facts,
    )  # fmt: skip


def gaps(comparison: Comparison, rule: str) -> list[Gap]:
    return [gap for gap in comparison.gaps if gap.rule == rule]


def kinds(comparison: Comparison, rule: str) -> list[tuple[str, str | None, str | None]]:
    return [(gap.kind, gap.system, gap.category) for gap in gaps(comparison, rule)]


SAMPLE = Sample("/data", "kurs/deltakere.xlsx", 3)
GAP_VALUES: dict[str, Any] = {
    "n": 3, "total": 9, "uncovered": 2, "ancestor": "online_id", "recipients": ("Google LLC", "Meta Platforms, Inc."),
    "one_of": ("Google LLC",), "name": "Google LLC",
    "until": date(2021, 10, 28), "size_bytes": 4_000_000, "owners": ("k###@example.no",), "over": 3, "period": "P3Y6M",
    "deadline": date(2023, 5, 30), "hold": {"nb": "bokføringsloven", "en": "bookkeeping"}, "by": "notice",
    "basis": "data", "systems": (SHARE, "postmark"), "country": "US", "trackers": ("Google Analytics",),
    "purpose": "statistics", "source": "employer", "codes": {"encrypted": 2, "weird": 1},
}  # fmt: skip


def made_gap(rule: str, kind: str, **facts: Any) -> Gap:
    known = KINDS[rule][kind]
    evidence = Evidence(4, 30, (1, 12), date(2019, 1, 2), date(2024, 5, 3), (SAMPLE,), 0.9)
    given: dict[str, Any] = {
        "level": known.level, "status": Status.OPEN, "system": SHARE, "category": "email", "in_notice": None,
        "in_record": None, "evidence": evidence, "line": 7, "declared_by": None, "law": known.law, "values": GAP_VALUES,
    }  # fmt: skip
    return Gap(rule, kind, **(given | facts))


def checked(comparison: Comparison, found: Inventory | None = None, said: Any = None) -> Checked:
    names = {system.id: system.name for system in SYSTEMS.values()}
    found = found or inventory(shares=[share(SHARE, 10, 2)])
    return Checked(comparison, lint(said or notice()), found.coverage, TODAY, True, False, names)
