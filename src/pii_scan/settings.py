"""What a worker is told before its first document; goes to it as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pii_scan.model import Limits


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides what a worker finds and how it says so."""

    key: str
    """The fingerprint key, hexadecimal."""
    as_of: str
    """ISO date."""
    rules: tuple[str, ...]
    only: tuple[str, ...]
    min_score: float
    limits: Limits
    presidio: tuple[str, ...] = ()
    ner: tuple[str, ...] = ()
    """The user's own language models."""
    names: tuple[str, ...] = ()
    """The user's own lists of names."""
    systems: tuple[str, ...] = ()
    """The user's own profiles of systems and rules of paths, files and folders."""
    for_guard: bool = False
    """Also says which columns tables have, and shows names without the mark that depends on the key."""
    profile: bool = False
    """Also says where the time went."""
    targets: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    """What is said of named targets: `folder`, the last name of their path, and `system`, where one is declared."""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Settings:
        """The inverse of `dataclasses.asdict`."""
        limits = Limits(**content["limits"])
        rest = {key: tuple(content[key]) for key in ("rules", "presidio", "ner", "names", "only", "systems")}
        return cls(**{**content, **rest, "limits": limits})


def settings_json(settings: Settings) -> dict[str, Any]:
    """`settings` as JSON can hold it."""
    return dataclasses.asdict(settings)
