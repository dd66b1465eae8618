"""A rolled-up run with systems and what they hold, as the inventory gives it, for the reports that show systems."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

from finished_run import TARGET, FakeRun, RunBuilder

from pii_scan.inventory.holdings import UNASSIGNED, Ages, Holding, SystemShare
from pii_scan.report.model import View, view

HELD = [
    ("microsoft365.exchange", "name", 40),
    ("microsoft365.exchange", "email", 30),
    ("microsoft365.exchange", "credentials", 2),
    ("course.moodle", "grades", 12),
    ("course.moodle", "national_id", 3),
    ("aws.s3", "ip", 900),
    ("accounting.saft", "organisation", 5),
    (UNASSIGNED, "phone", 4),
    (UNASSIGNED, "online_id.cookie", 1),
]
"""System, category and occurrences; accounting.saft holds nothing of persons."""


@cache
def run() -> FakeRun:
    """Documents of each system, one of them encrypted."""
    b = RunBuilder()
    for number, (system, category, count) in enumerate(HELD):
        path = f"{system}/{number}.csv"
        b.document(path, system=system)
        b.found(path, category.upper(), category, count)
    b.document("microsoft365.exchange/locked.pst", status="unread", system="microsoft365.exchange")
    b.problem("microsoft365.exchange/locked.pst", "encrypted", "the mailbox is encrypted")
    return b.run()


def holding(system: str, category: str, count: int, synthetic: int = 0, ages: Ages | None = None) -> Holding:
    ages = ages or Ages(date(2019, 5, 3), date(2025, 12, 31), "data")
    return Holding(system, category, 1, count, synthetic, count, 0.9, {category.upper(): count}, ages, ())


@cache
def rolled_up(lang: str) -> View:
    return view(run(), lang, details=False)


def seen(lang: str = "nb", more: tuple[Holding, ...] = ()) -> View:
    """The run rolled up, with what its systems hold, and `more`."""
    rolled = rolled_up(lang)
    holdings = (*(holding(*row) for row in HELD), *more)
    systems = dict.fromkeys(one.system for one in holdings)
    shares = tuple(
        SystemShare(system, 2, 1, 1, 1000, {"header": 1}, {}, {(TARGET, system): 2}) for system in systems
    )  # fmt: skip
    return replace(rolled, inventory=replace(rolled.inventory, holdings=holdings, systems=shares))
