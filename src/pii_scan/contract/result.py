"""The outcome of a guard, as all its outputs show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pii_scan.contract.judge import Violation
from pii_scan.contract.model import Contracts
from pii_scan.contract.observed import FileSeen


@dataclass(frozen=True, slots=True)
class Known:
    """A violation that the baseline has, and that does not fire."""

    violation: Violation
    owner: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class AllowedByComment:
    """What a comment in a text allows."""

    file: str
    line: int
    """Of the comment."""
    name: str
    """Entity type or category."""
    count: int
    """Detections that it covers; 0: it does nothing any more."""


@dataclass(frozen=True, slots=True)
class Result:
    """All that a guard has to say."""

    files: Mapping[str, FileSeen]
    contracts: Contracts
    violations: tuple[Violation, ...]
    """Those that fire."""
    as_of: date
    known: tuple[Known, ...] = ()
    comments: tuple[AllowedByComment, ...] = ()
    expired: tuple[str, ...] = ()
    """Entries of the baseline that have run out, by name."""
    unused: tuple[str, ...] = ()
    """Entries of the baseline that nothing matches any more."""

    @property
    def unread(self) -> tuple[FileSeen, ...]:
        """Files that were not, or not wholly, read."""
        return tuple(file for file in self.files.values() if not file.read)

    @property
    def exit_code(self) -> int:
        """1: a violation; 3: none, but something was not read; 0: neither."""
        return 1 if self.violations else 3 if self.unread else 0
