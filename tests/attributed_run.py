"""The invented company's run, its documents attributed to systems and dated, and checked against an invented notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
from finished_run import SECOND_TARGET, TARGET, FakeRun, company_run

from pii_scan.findings.schema import DATES, DOCUMENTS
from pii_scan.inventory.coverage import Coverage
from pii_scan.notice.gaps import Acceptance, Comparison, Evidence, Gap, Outcome, Status
from pii_scan.notice.lint import Level, Lint
from pii_scan.report.gap_view import Checked
from pii_scan.systems.profiles import profiles

SYSTEMS = {
    "deltakere": ("microsoft365.sharepoint", "path SharePoint"),
    "lønn": ("accounting.a_melding", "header set of an employee list"),
    "epost": ("microsoft365.exchange", "path *.pst; header X-MS-Exchange-Organization"),
    "regnskap": ("accounting.saft", "namespace of SAF-T Financial"),
    "web": ("website.access_log", "form of an access log"),
    "public.kunder": ("database.dump", "target postgresql"),
    "public.attester": ("database.dump", "target postgresql"),
}
UNKNOWN = "README.txt"
OWNER = "k###.n#####"
THIS_RUN = date(2026, 1, 14)
DATED = {
    "deltakere/deltakere-2025.xlsx": (
        "data",
        [date(year, month, 4) for year in range(2016, 2026) for month in (1, 4, 8, 10)],
    ),
    "public.kunder": ("data", [date(2012, 3, 9), *[date(2025, month, 2) for month in range(1, 12)]]),
    "epost/kursadm.pst!Inbox/00012": ("name", [date(2019, 5, 1), date(2021, 6, 1)]),
}
"""Document to what its dates rest on, and days of its records."""


def attributed_run(**names: str) -> FakeRun:
    """`names`: an id to stand in for that of a top folder; `signals` and `owner` for those of all."""
    run = company_run()
    tables = []
    for table in run.document_tables:
        rows = []
        for row in table.to_pylist():
            top = row["document"].partition("/")[0]
            system, signals = SYSTEMS.get(top, ("unassigned", ""))
            row |= {"system": names.get(top, system), "signals": names.get("signals", signals) or None}
            row["owner"] = names.get("owner", OWNER) if top in (UNKNOWN, "deltakere") else None
            rows.append(row)
        tables.append(pa.Table.from_pylist(rows, DOCUMENTS))
    dates = [
        {"target": SECOND_TARGET if document.startswith("public") else TARGET, "document": document,
         "month": day.replace(day=1), "basis": basis, "records": 10 + day.month, "oldest": day, "youngest": day}
        for document, (basis, days) in DATED.items() for day in days
    ]  # fmt: skip
    return replace(run, document_tables=tables, date_tables=[pa.Table.from_pylist(dates, DATES)])


def gap(rule: str, kind: str, level: Level, system: str | None, category: str | None, **facts: Any) -> Gap:
    given: dict[str, Any] = {
        "status": Status.OPEN, "in_notice": None, "in_record": None, "evidence": None, "line": None,
        "declared_by": None, "law": "GDPR Art. 13(1)(c)",
    }  # fmt: skip
    return Gap(rule=rule, kind=kind, level=level, system=system, category=category, **(given | facts))


def checked(*gaps: Gap, names: Mapping[str, Mapping[str, str]] | None = None, notice: str = "fjordkurs") -> Checked:
    """By default five gaps: two open errors, one open warning, one accepted, one that cannot be assessed."""
    held = Evidence(1, 5098, (4402, 5098), date(2019, 8, 1), date(2025, 3, 1), (), 0.8)
    deadline = {
        "period": "P3Y",
        "deadline": date(2023, 1, 14),
        "limit": date(2023, 1, 14),
        "over": 900,
        "total": 2170,
        "basis": "data",
        "by": "notice",
        "hold": None,
    }
    answer = Acceptance("Økonomisjefen", "Bokføringsloven krever det", date(2027, 1, 1))
    gaps = gaps or (
        gap("G01", "omitted", Level.ERROR, "database.dump", "address", in_notice=Outcome.OMITTED, evidence=held),
        gap("G09", "some", Level.ERROR, "microsoft365.sharepoint", "national_id", line=42, values=deadline),
        gap("G02", "vague", Level.WARNING, "website.access_log", "online_id.cookie", in_notice=Outcome.VAGUE, line=12,
            declared_by="online_id", values={"ancestor": "online_id", "n": 1}),
        gap("G03", "not_scanned", Level.INFO, None, "education", status=Status.NOT_ASSESSABLE, line=18),
        gap("G01", "omitted", Level.ERROR, "accounting.saft", "bank", in_notice=Outcome.OMITTED,
            status=Status.ACCEPTED, acceptance=answer),
    )  # fmt: skip
    lint = (
        Lint(
            "N04",
            "silent",
            Level.ERROR,
            "GDPR Art. 13(2)(b)",
            None,
            "portability",
            {"right": "portability", "article": "20"},
        ),
        Lint("N09", "published", Level.WARNING, "", 3),
    )
    names = names or {profile.id: profile.name for profile in profiles()}
    coverage = Coverage(31, 28, 1, 2, 49_700_000, 43_600_000, {"encrypted": 1})
    return Checked(Comparison(notice, "run", gaps, {}), lint, coverage, THIS_RUN, False, False, names)
