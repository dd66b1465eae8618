"""What the law and the registers say that notices are judged by: provisions, countries, names, implied categories.

Read from `configs/law`, where each fact stands with its source and date. Judges nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pii_scan.errors import ConfigError
from pii_scan.registry import data_folder
from pii_scan.yaml_file import read_marked

MAX_BYTES = 256 << 10
_SECTION = re.compile(r"§+\s*(\d+(?:-\d+)?)")

ByLanguage = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Provision:
    """A section of an Act, and what it is about."""

    act: ByLanguage
    repealed: str | None
    """ISO date."""
    section: str
    topic: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject of the law: where it stands today, and its name."""

    today: ByLanguage
    name: ByLanguage


@dataclass(frozen=True, slots=True)
class Entity:
    """A recipient whose name is out of date or no legal entity's."""

    today: str | None
    changed: str | None
    note: ByLanguage


@dataclass(frozen=True, slots=True)
class Implied:
    """Categories that a source or a purpose implies, and why."""

    categories: tuple[str, ...]
    why: ByLanguage


def provisions(cite: str) -> tuple[Provision, ...]:
    """What a reference such as «personopplysningsloven § 18» can mean: by each Act of that name, the newest first.

    Empty for one that names no Act or section that is known here.
    """
    said = _SECTION.search(cite)
    if said is None:
        return ()
    text = cite.casefold()
    found = []
    for act in table("references")["acts"]:
        if any(re.search(rf"\b{re.escape(name)}\b", text) for name in act["names"]):
            topic = act["sections"].get(said[1])
            if topic is not None:
                found.append(Provision(act["title"], act["repealed"], said[1], topic))
    return tuple(found)


def topic(name: str) -> Topic | None:
    """A subject of the law by its id; None where it is not known here."""
    entry = table("references")["topics"].get(name)
    return None if entry is None else Topic(entry["today"], {"nb": entry["nb"], "en": entry["en"]})


def in_eea(country: str) -> bool:
    """Whether a country (ISO 3166-1 alpha-2) is in the European Economic Area."""
    return country in table("countries")["eea"]


def adequate(country: str) -> bool:
    """Whether the Commission has found a country's protection adequate as a whole (GDPR Art. 45); not where the
    decision covers some of its organisations only.
    """
    entry = table("countries")["adequate"].get(country)
    return entry is not None and "only" not in entry


def partly_adequate(country: str) -> bool:
    """Whether such a decision covers some of the country's organisations only."""
    return "only" in table("countries")["adequate"].get(country, {})


def entity(name: str) -> Entity | None:
    """What is known of a recipient's name; None for one that is not known to be out of date."""
    key = plain_name(name)
    for entry in table("entities")["entities"]:
        if key in map(plain_name, entry["names"]):
            return Entity(entry["today"], entry["changed"], entry["note"])
    return None


def implied_by(kind: str, name: str) -> Implied | None:
    """What the source or purpose (`kind`: `sources` or `purposes`) `name` implies."""
    entry = table("implied")[kind].get(name)
    return None if entry is None else Implied(tuple(entry["categories"]), entry["why"])


def plain_name(name: str) -> str:
    """A name without what texts write differently: case, full stops, commas, spaces."""
    return " ".join(re.sub(r"[.,]", " ", name.casefold()).split())


@cache
def table(name: str) -> dict[str, Any]:
    """The table `name` of `configs/law`. Raises ConfigError where it is broken."""
    content, _ = read_marked(data_folder("configs") / "law" / f"{name}.yaml", MAX_BYTES, ConfigError, "a table of law")
    return content
