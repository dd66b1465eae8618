"""A check as JSON (schema `pii-scan.check/1`, published beside this module): one object, keys in a fixed order."""

from __future__ import annotations

import json
from typing import Any

from pii_scan.inventory.drilldown import Unit
from pii_scan.notice.gaps import Evidence, Gap
from pii_scan.report.gap_view import FEW, GapView
from pii_scan.report.json_v1 import location

SCHEMA = "pii-scan.check/1"


def as_json(view: GapView) -> str:
    """The object; ends with a line end."""
    checked, comparison = view.checked, view.checked.comparison
    known = checked.coverage
    content: dict[str, Any] = {
        "schema": SCHEMA, "notice": comparison.notice, "run": comparison.run, "as_of": checked.as_of.isoformat(),
        "language": view.t.lang, "record": checked.has_record,
        "coverage": {
            "seen": known.seen, "read": known.read, "partly_read": known.partly_read, "unread": known.unread,
            "complete": known.complete and not checked.interrupted,
        },
        "summary": {name: view.number(name) for name in ("error", "warning", "info", "accepted", "not_assessable")},
        "gaps": [_gap(view, gap) for gap in comparison.gaps],
        "table": [
            {"system": system, "category": category, "in_notice": notice, "in_record": record}
            for (system, category), (notice, record) in comparison.table.items()
        ],
        "lint": [
            {"rule": item.rule, "kind": item.kind, "level": item.level, "line": item.line, "subject": item.subject,
             "message": said, "law": item.law or None}
            for item, said in view.lint()
        ],
        "expired": list(comparison.expired), "unused": list(comparison.unused),
        "test_only": [{"system": system, "category": category} for system, category in comparison.test_only],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _gap(view: GapView, gap: Gap) -> dict[str, Any]:
    given = gap.acceptance
    return {
        "key": gap.key, "rule": gap.rule, "kind": gap.kind, "level": gap.level, "status": gap.status,
        "system": gap.system, "category": gap.category, "message": view.message(gap), "question": view.question(gap),
        "in_notice": gap.in_notice, "notice_line": gap.line, "declared_by": gap.declared_by,
        "in_record": gap.in_record, "law": gap.law or None,
        "evidence": None if gap.evidence is None else _evidence(gap.evidence),
        "acceptance": None if given is None else {
            "owner": given.owner, "reason": given.reason, "expires": given.expires.isoformat()
        },
    }  # fmt: skip


def _evidence(known: Evidence) -> dict[str, Any]:
    least, most = known.persons
    return {
        "documents": known.documents, "count": known.count, "synthetic": known.synthetic,
        "persons": {"at_least": _many(least), "at_most": _many(most)},
        "oldest": known.oldest and known.oldest.isoformat(), "youngest": known.youngest and known.youngest.isoformat(),
        "score": round(known.score, 4),
        "samples": [
            {"target": sample.target, "document": sample.document, "location": _location(sample.unit),
             "count": sample.count}
            for sample in known.samples
        ],
    }  # fmt: skip


def _location(unit: Unit | None) -> dict[str, Any] | None:
    """As in the findings of the JSON report; None: the document as a whole."""
    if unit is None:
        return None
    return location({"kind": unit.kind, "sheet": unit.sheet, "part": unit.part, "header": unit.header, "row": unit.row,
                     "column": unit.column})  # fmt: skip


def _many(persons: int) -> int | None:
    """A number of persons; None where it is so low that it could point at them."""
    return persons if persons == 0 or persons >= FEW else None
