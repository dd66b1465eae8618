"""A guard as JSON (schema `pii-scan.guard/1`, published beside this module): one object, keys in a fixed order."""

from __future__ import annotations

import json
from typing import Any

from pii_scan.contract.judge import Violation
from pii_scan.contract.observed import Place
from pii_scan.report.guard_view import GuardView

SCHEMA = "pii-scan.guard/1"


def as_json(view: GuardView) -> str:
    """The object; ends with a line end."""
    result = view.result
    content: dict[str, Any] = {
        "schema": SCHEMA, "as_of": result.as_of.isoformat(), "language": view.t.lang, "exit_code": result.exit_code,
        "contracts": [
            {"contract": one.id, "owner": one.owner, "expires": one.expires.isoformat()}
            for one in result.contracts.all
        ],
        "files": [
            {"file": file.name, "contract": _contract(view, file.name), "read": file.read, "columns": len(file.columns)}
            for file in result.files.values()
        ],
        "violations": [_violation(view, violation) for violation in result.violations],
        "unread": [{"file": one.file, "code": one.code, "detail": one.detail} for one in view.unread()],
        "known": [
            {**_violation(view, known.violation), "answered_by": known.owner, "reason": known.reason,
             "until": known.expires.isoformat()}
            for known in result.known
        ],
        "allowed_by_comment": [
            {"file": one.file, "line": one.line, "name": one.name, "count": one.count} for one in result.comments
        ],
        "baseline": {"expired": list(result.expired), "unused": list(result.unused)},
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _contract(view: GuardView, file: str) -> str | None:
    contract = view.result.contracts.for_file(file)
    return contract.id if contract else None


def _violation(view: GuardView, violation: Violation) -> dict[str, Any]:
    return {
        "rule": str(violation.rule), "file": violation.file, "contract": violation.contract or None,
        "owner": violation.owner or None, "place": _place(violation.place), "row": violation.row or None,
        "subject": violation.subject, "category": violation.category or None, "count": violation.count,
        "distinct": violation.distinct, "limit": violation.limit,
        "share": None if violation.share is None else round(violation.share, 4),
        "message": view.message(violation), "todo": view.todo(violation),
    }  # fmt: skip


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"kind": place.kind, "name": place.name, "sheet": place.sheet or None}
