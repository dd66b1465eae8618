"""What each system holds: one row for each system and category, and one for each system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pii_scan.findings.schema import UNASSIGNED
from pii_scan.inventory.drilldown import Unit

__all__ = ["UNASSIGNED", "Ages", "Holding", "Sample", "SystemShare"]


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the records are that hold a category in a system."""

    oldest: date | None = None
    youngest: date | None = None
    basis: str = "none"
    """`data` (dates within the records), `name` (of the document), `file` (its modification), or `none`; the best that
    any of the documents has."""
    by_month: Mapping[str, Mapping[date, int]] = field(default_factory=dict)
    """Basis to first day of the month to occurrences, estimated: those of a document are shared out over the months of
    its dated records."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the documents that hold most of it; `document` is masked."""

    target: str
    document: str
    count: int
    unit: Unit | None = None
    """The location unit that holds most of it, with its first place."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One category in one system. Copies of an item within the system count once."""

    system: str
    """Id of a system profile, or `UNASSIGNED`."""
    category: str
    documents: int
    count: int
    synthetic: int
    distinct: int
    score: float
    """The highest."""
    entity_types: Mapping[str, int]
    """Entity type to distinct values, by descending number."""
    ages: Ages
    samples: tuple[Sample, ...]
    first_seen: date | None = None
    """Oldest modification date of a document with a finding, UTC."""
    last_seen: date | None = None


@dataclass(frozen=True, slots=True)
class SystemShare:
    """One system: all documents that are from it, with and without findings."""

    system: str
    documents: int
    unread: int
    """Of the documents: not, or not wholly, read."""
    with_findings: int
    size_bytes: int
    """Of files and objects; a member's bytes are within its container's."""
    signals: Mapping[str, int]
    """What told the system, as shown to the user, to the number of documents; by descending number."""
    owners: Mapping[str, int]
    """Owner (a mailbox or site, masked; else the account that owns the file) to documents."""
    folders: Mapping[tuple[str, str], int]
    """Target and top folder to documents."""
    under_13: int = 0
    """Persons by documents: one that is in two of them counts twice. Test numbers are none."""
    under_18: int = 0
    targets: Mapping[str, int] = field(default_factory=dict)
    """Target to documents."""
