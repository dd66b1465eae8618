"""A guard as SARIF: one result for each rule and file."""

from __future__ import annotations

from pii_scan.report.guard_issues import issues
from pii_scan.report.guard_view import GuardView
from pii_scan.report.sarif import log


def as_sarif(view: GuardView, key: bytes | None) -> str:
    """The log; ends with a line end. `key`: of the project, for fingerprints."""
    return log(issues(view, key), view.version, exit_code=view.result.exit_code)
