"""Reads a record of processing activities from YAML, CSV or XLSX, and says how each column was understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.form import read_form
from pii_scan.notice.model import known_categories
from pii_scan.notice.record import Activity, Record
from pii_scan.notice.record_columns import Mapped, Table, fields, find_tables, load_mapping
from pii_scan.notice.record_sheets import read_sheets
from pii_scan.notice.record_systems import SystemNames, Systems
from pii_scan.notice.record_table import Reader
from pii_scan.yaml_file import Key

YAML_SUFFIXES = (".yaml", ".yml")
_TEXTS = ("purposes", "paths", "tables", "categories", "other_categories", "subjects", "recipients", "third_countries")
MAX_NOTES = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """A record, and how the file was understood."""

    record: Record
    tables: tuple[Table, ...]
    """Empty for YAML."""


def load_record(path: Path, mapping: Path | None = None, system_names: SystemNames | None = None) -> Record:
    """The record in `path` (YAML, CSV or XLSX). `mapping`: a file that says which column holds what.

    `system_names`: id of a system profile to its names. Raises ConfigError with file, place and the nearest right name.
    """
    return read_record(path, mapping, system_names).record


def read_record(path: Path, mapping: Path | None = None, system_names: SystemNames | None = None) -> Reading:
    """As `load_record`, with the columns."""
    systems = Systems(system_names)
    if path.suffix.casefold() in YAML_SUFFIXES:
        if mapping is not None:
            raise ConfigError(f"{path}: a record in YAML has no columns to map", "leave --ropa-mapping out")
        return Reading(_from_yaml(path, systems), ())
    mapped = Mapped() if mapping is None else load_mapping(mapping)
    tables, notes = _best(path, mapped)
    reader = Reader(path, systems)
    for table in tables:
        notes += table.sheet.notes
        notes += [
            f"{table.sheet.where(path, table.header_row)}: the column {column.header!r} is not known and was ignored"
            + (f" ({column.hint})" if column.hint else "")
            for column in table.columns if column.field is None
        ]  # fmt: skip
        reader.read(table)
    if not reader.activities:
        reader.notes.append(f"{path.name}: no row names an activity")
    whole = reader.whole
    record = Record(
        whole.get("controller"), whole.get("orgnr"),
        _joined(whole, "controller_address", "controller_email", "controller_phone"),
        _joined(whole, "dpo_name", "dpo_address", "dpo_email", "dpo_phone"),
        tuple(reader.activities), _bounded([*notes, *reader.notes]),
    )  # fmt: skip
    return Reading(record, tuple(tables))


def _best(path: Path, mapped: Mapped) -> tuple[list[Table], list[str]]:
    """The tables by the delimiter that gives most columns that are known."""
    error: ConfigError | None = None
    found = []
    for sheets in read_sheets(path):
        try:
            found.append(find_tables(sheets, path, mapped))
        except ConfigError as problem:
            error = error or problem
    if not found:
        raise error or ConfigError(f"{path}: is empty")
    return max(found, key=lambda one: max(len(table.known) for table in one[0]))


def _joined(whole: Mapping[str, str], *names: str) -> str | None:
    return ", ".join(" ".join(whole[name].split()) for name in names if name in whole) or None


def _bounded(notes: Sequence[str]) -> tuple[str, ...]:
    rest = len(notes) - MAX_NOTES
    return tuple(notes) if rest <= 0 else (*notes[:MAX_NOTES], f"and {rest} notes more")


def _from_yaml(path: Path, systems: Systems) -> Record:
    content, lines = read_form(path, "ropa-1", "a record of processing activities")
    _check_ids(content, path, lines)
    _check_names(content, path, lines)
    notes: list[str] = []
    activities = [
        _activity(item, f"{path.name}, line {lines['activities', i]}", systems, notes)
        for i, item in enumerate(content["activities"])
    ]
    head = content.get("record", {})
    return Record(
        head.get("controller"), head.get("orgnr"), head.get("contact"), head.get("dpo"), tuple(activities),
        _bounded(notes),
    )  # fmt: skip


def _activity(item: Mapping[str, Any], where: str, systems: Systems, notes: list[str]) -> Activity:
    named: list[str] = []
    for text in item.get("systems") or ():
        ids = systems.named(text)
        if not ids:
            hint = nearest(text, systems.ids)
            close = f" ({hint})" if hint.startswith("did") else ""
            notes.append(f"{where}: no system profile is known by the name {text!r}{close}")
        named += ids or (text,)
    return Activity(
        id=item["id"], name=item["name"], where=where, systems=tuple(dict.fromkeys(named)),
        legal_basis=_several(item.get("legal_basis")), art9=_several(item.get("art9")),
        retention=item.get("retention"), retention_text=item.get("retention_text") or "",
        starts_from=item.get("starts_from") or "", secure_identification=item.get("secure_identification", False),
        safeguards=item.get("safeguards") or "", security=item.get("security") or "", fields=item.get("fields") or {},
        **{name: tuple(item.get(name) or ()) for name in _TEXTS},
    )  # fmt: skip


def _several(value: str | list[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _check_ids(content: Mapping[str, Any], path: Path, lines: Mapping[Key, int]) -> None:
    first: dict[str, int] = {}
    for i, item in enumerate(content["activities"]):
        line = lines["activities", i]
        if item["id"] in first:
            message = f"{path}, line {line}: the id {item['id']!r} stands twice"
            raise ConfigError(message, f"also on line {first[item['id']]}")
        first[item["id"]] = line


def _check_names(content: Mapping[str, Any], path: Path, lines: Mapping[Key, int]) -> None:
    """Every category is one of the tree, or a parent of some, and every further field one of the export."""
    for i, item in enumerate(content["activities"]):
        for j, key in enumerate(item.get("categories") or ()):
            if key not in known_categories():
                line = lines["activities", i, "categories", j]
                message = f"{path}, line {line}: there is no category {key!r}"
                raise ConfigError(message, nearest(key, known_categories()))
        for name in item.get("fields") or {}:
            if name not in fields():
                line = lines["activities", i, "fields", name]
                raise ConfigError(f"{path}, line {line}: there is no field {name!r}", nearest(name, fields()))
