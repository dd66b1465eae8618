"""What is wrong with a notice on its own, as text for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pii_scan.inventory.categories import categories
from pii_scan.notice.lint import Level, Lint
from pii_scan.report.messages import Wording, wording

SCHEMA = "pii-scan.notice-lint/1"
_TOTALS = {Level.ERROR: "lint.errors", Level.WARNING: "lint.warnings", Level.INFO: "lint.infos"}


def message(item: Lint, lang: str) -> str:
    """What is wrong, as a sentence in `lang` (`nb` or `en`). Raises UsageError for another."""
    t = wording(lang)
    values = {name: _shown(name, value, lang, t) for name, value in item.values.items()}
    return t(f"lint.{item.rule}.{item.kind}", **values)


def text(items: Sequence[Lint], notice: str, lang: str) -> str:
    """The list for a terminal; ends with a line end."""
    t = wording(lang)
    lines = [t("lint.title", id=notice), ""]
    for item in items:
        at = "" if item.line is None else ", " + t("lint.line", n=item.line)
        law = f" [{item.law}]" if item.law else ""
        lines.append(f"{item.rule} {t(f'level.{item.level}')}{at}: {message(item, lang)}{law}")
    if items:
        totals = {level: t(key, n=sum(item.level is level for item in items)) for level, key in _TOTALS.items()}
        said = {"errors": totals[Level.ERROR], "warnings": totals[Level.WARNING], "infos": totals[Level.INFO]}
        lines += ["", t("lint.summary", **said)]
    else:
        lines.append(t("lint.none"))
    return "\n".join(line.replace("\u202f", " ") for line in lines) + "\n"


def as_json(items: Sequence[Lint], notice: str, lang: str) -> str:
    """One object; ends with a line end."""
    content: dict[str, Any] = {"schema": SCHEMA, "notice": notice, "items": [_row(item, lang) for item in items]}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _row(item: Lint, lang: str) -> dict[str, Any]:
    return {
        "rule": item.rule, "kind": item.kind, "level": str(item.level), "line": item.line, "subject": item.subject,
        "message": message(item, lang), "law": item.law or None,
    }  # fmt: skip


def _shown(name: str, value: object, lang: str, t: Wording) -> object:
    """A value in words: a category and a right by name, what depends on the language in that one."""
    if isinstance(value, Mapping):
        return value[lang]
    if name == "since" and value:
        return t.day(date.fromisoformat(str(value)))
    if name == "category":
        return categories().name(str(value), lang)
    if name == "right" and f"right.{value}" in t.keys():  # noqa: SIM118  not a mapping
        return t(f"right.{value}")
    return value
