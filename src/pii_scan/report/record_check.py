"""How a record of processing activities was understood, as text for a terminal and as JSON. Judges nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from pii_scan.inventory.categories import categories
from pii_scan.model import printable
from pii_scan.notice.record import Activity
from pii_scan.notice.record_columns import Column, Table
from pii_scan.notice.record_file import Reading
from pii_scan.notice.record_words import period_words, table
from pii_scan.report.messages import Wording, wording

SCHEMA = "pii-scan.ropa-check/1"
ASKED = ("purposes", "subjects", "categories", "recipients", "retention", "security", "legal_basis", "systems")
"""What a record is expected to say of an activity: GDPR Art. 30(1), the legal basis, and where the data is."""


def text(reading: Reading, name: str, lang: str) -> str:
    """The columns, the activities and the notes for a terminal; `name` is the file's. Ends with a line end."""
    t = wording(lang)
    record = reading.record
    lines = [t("ropa.title", name=printable(name), activities=t("ropa.activities", n=len(record.activities)))]
    for found in reading.tables:
        lines += ["", *_columns(found, t)]
    lines.append("")
    for field in ("controller", "orgnr", "contact", "dpo"):
        said = getattr(record, field) or t("ropa.silent")
        lines.append(f"{t(f'ropa.field.{field}')}: {_line(said)}")
    for activity in record.activities:
        lines += ["", *_activity(activity, t)]
    if record.notes:
        lines += ["", t("ropa.notes") + ":", *(f"  {_line(note)}" for note in record.notes)]
    return "\n".join(line.replace("\u202f", " ") for line in lines) + "\n"


def as_json(reading: Reading) -> str:
    """One object; ends with a line end."""
    record = reading.record
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "record": {name: getattr(record, name) for name in ("controller", "orgnr", "contact", "dpo")},
        "columns": [_column(found, column) for found in reading.tables for column in found.columns],
        "activities": [
            {**dataclasses.asdict(activity), "silent": list(silent(activity))} for activity in record.activities
        ],
        "notes": list(record.notes),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def silent(activity: Activity) -> Iterator[str]:
    """The fields that a record is expected to have and this activity lacks."""
    said = {
        "categories": activity.categories or activity.other_categories,
        "retention": activity.retention or activity.retention_text,
        "legal_basis": activity.legal_basis or activity.fields.get("legal_basis_text"),
    }
    yield from (name for name in ASKED if not (said[name] if name in said else getattr(activity, name)))


def _column(found: Table, column: Column) -> dict[str, Any]:
    return {
        "sheet": found.sheet.name, "row": found.header_row, "number": column.number, "header": column.header,
        "field": column.field, "hint": column.hint or None,
    }  # fmt: skip


def _columns(found: Table, t: Wording) -> Iterator[str]:
    where = {"row": found.header_row, "name": printable(found.sheet.name or "")}
    yield (t("ropa.columns_sheet", **where) if found.sheet.name else t("ropa.columns", row=found.header_row)) + ":"
    for column in found.columns:
        understood = _label(column.field, t) if column.field else t("ropa.ignored")
        yield f"  {column.number}. {_line(column.header)} → {understood}"


def _label(field: str, t: Wording) -> str:
    """A field in words; one that only the way back needs by its header in our export, a kept one as it is."""
    if f"ropa.field.{field}" in t.keys():  # noqa: SIM118  not a mapping
        return t(f"ropa.field.{field}")
    return _exported().get(field, _line(field))


def _exported() -> dict[str, str]:
    return {entry["field"]: entry["export"] for entry in table("columns")["columns"]}


def _activity(activity: Activity, t: Wording) -> Iterator[str]:
    yield f"{_line(activity.name)} [{printable(activity.id)}], {_line(activity.where)}"
    table_ = categories()
    shown: dict[str, tuple[str, ...]] = {
        "purposes": activity.purposes, "subjects": activity.subjects,
        "categories": tuple(f"{table_.name(key, t.lang)} [{key}]" for key in activity.categories),
        "other_categories": activity.other_categories, "recipients": activity.recipients,
        "third_countries": activity.third_countries, "safeguards": (activity.safeguards,),
        "legal_basis": activity.legal_basis, "art9": activity.art9,
        "retention": (period_words(activity.retention or "", t.lang), activity.retention_text),
        "starts_from": (activity.starts_from,), "security": (activity.security,), "systems": activity.systems,
        "paths": activity.paths, "tables": activity.tables,
    }  # fmt: skip
    for field, values in shown.items():
        if said := [value for value in values if value]:
            yield f"  {t(f'ropa.field.{field}')}: {_line('; '.join(said))}"
    if activity.secure_identification:
        yield f"  {t('ropa.field.secure_identification')}: {t('yes')}"
    for field, value in activity.fields.items():
        yield f"  {_label(field, t)}: {_line(value)}"
    if missing := [t(f"ropa.field.{name}") for name in silent(activity)]:
        yield "  " + t("ropa.silent_about", names=", ".join(missing))


def _line(value: str) -> str:
    """A text on one line, without control characters."""
    return printable(" / ".join(part.strip() for part in value.splitlines() if part.strip()))
