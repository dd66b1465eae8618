"""What the rules need of a run beyond its inventory: counts by system and category, never a value or a name.

Made by `notice.run_facts` from a finished run, or by hand. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pii_scan.inventory.holdings import Sample

Place = tuple[str, str]
"""System and category."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How much of something there is."""

    documents: int
    count: int
    samples: tuple[Sample, ...] = ()
    """The documents with most of it, masked."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. What is empty was not seen, or not looked for."""

    trackers: Mapping[str, Mapping[str, Seen]] = field(default_factory=dict)
    """System to id of a tracker in `configs/law/trackers.yaml`."""
    hashed: Mapping[Place, Seen] = field(default_factory=dict)
    """Columns of hashed identifiers, by the category of what was hashed."""
    secrets: Mapping[str, Seen] = field(default_factory=dict)
    """System to documents that hold passwords or their hashes beside other personal data, and how many of them."""
    unread: Mapping[str | None, Mapping[str, int]] = field(default_factory=dict)
    """System to problem code to number of problems; None: of what was never listed, such as a closed folder."""
    covered: Mapping[str, Mapping[Place, int]] = field(default_factory=dict)
    """Activity of the record to documents of each holding that its paths and tables name; only activities with such."""
    uncovered: Mapping[Place, int] = field(default_factory=dict)
    """Documents of each holding that no path or table of an activity which declares the category names; of a holding
    that is missing, all."""
    whole: bool = True
    """Whether the scan came to its end."""
    findable: frozenset[str] | None = None
    """Categories that a rule of the scan looks for; None: not known, all that have an entity type."""
