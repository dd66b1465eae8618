"""The user's own profiles in the manifest of a run, so that a report knows their names and facts without the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pii_scan.systems.profiles import Profile, ProfileTable, profiles

_TEXTS = ("id", "family", "kind")
_LISTS = ("recipients", "usual", "misplaced", "references")


def own_profiles(table: ProfileTable) -> list[dict[str, Any]]:
    """The profiles of a table that are not built in, as JSON can hold them; without their signals."""
    return [
        {
            **{name: getattr(profile, name) for name in _TEXTS}, "name": dict(profile.name),
            **{name: list(getattr(profile, name)) for name in _LISTS},
            "third_party_source": profile.third_party_source,
        }
        for profile in table
        if profile.id not in profiles().by_id
    ]  # fmt: skip


def profiles_of(manifest: Mapping[str, Any]) -> ProfileTable:
    """The built-in profiles with those that the run was made with."""
    own = {content["id"]: _profile(content) for content in manifest.get("systems", ())}
    return ProfileTable({**profiles().by_id, **own})


def _profile(content: Mapping[str, Any]) -> Profile:
    values = {**{name: content[name] for name in (*_TEXTS, "name", "third_party_source")}, "signals": ()}
    return Profile(**{**values, **{name: tuple(content[name]) for name in _LISTS}})
