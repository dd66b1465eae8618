"""Begins a contract from what an export holds today, as YAML for a person to trim."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date

from pii_scan.contract.observed import COLUMN, FileSeen
from pii_scan.inventory.categories import Flag, categories

_ODD = re.compile(r"[^a-z0-9]+")
_SERIOUS = frozenset({Flag.SPECIAL, Flag.CRIMINAL, Flag.NATIONAL_ID})


def drafted(files: Mapping[str, FileSeen], expires: date) -> str:
    """The contract. Owner is empty, so that it is refused until a person has filled it in; every entity type stands
    with its count, and those that the law says most of are marked.
    """
    names = list(files)
    columns: dict[str, dict[str, int]] = {}
    elsewhere: dict[str, int] = {}
    for file in files.values():
        for column in file.columns.values():
            columns.setdefault(column.place.name, {})
        for (place, entity_type), tally in sorted(file.tallies.items()):
            if categories().is_personal(tally.category) and tally.count:
                into = columns.setdefault(place.name, {}) if place.kind == COLUMN else elsewhere
                into[entity_type] = into.get(entity_type, 0) + tally.count
    lines = [
        "# What the export holds today. Take out what it should not hold, and say who answers for the rest.",
        f"contract: {_id(names)}",
        'owner: ""',
        f"expires: {expires.isoformat()}",
        "files:",
        *(f"  - {_quoted(name)}" for name in names),
    ]
    lines += ["allow:", *_listed(elsewhere, "  ")] if elsewhere else ["allow: []"]
    if columns:
        lines.append("columns:")
        for name, types in columns.items():
            lines += [f"  {_quoted(name)}:", *_listed(types, "    ")] if types else [f"  {_quoted(name)}: []"]
        lines.append("new_columns: forbidden")
    return "\n".join(lines) + "\n"


def _listed(types: Mapping[str, int], indent: str) -> list[str]:
    lines = []
    for entity_type, count in sorted(types.items()):
        category = categories().by_entity_type.get(entity_type)
        mark = "  # is this needed?" if category is not None and category.flag in _SERIOUS else ""
        lines.append(f"{indent}- {entity_type}{mark or f'  # {count} today'}")
    return lines


def _id(names: list[str]) -> str:
    stem = names[0].rpartition("/")[2].rpartition(".")[0] if names else ""
    return _ODD.sub("-", stem.lower()).strip("-") or "export"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
