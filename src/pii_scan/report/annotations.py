"""A guard as the annotations of GitHub Actions (workflow commands), and as the Code Quality report of GitLab."""

from __future__ import annotations

import json

from pii_scan.report.guard_issues import issues
from pii_scan.report.guard_text import text
from pii_scan.report.guard_view import GuardView
from pii_scan.report.issue import UNREAD, Issue

MAX_ANNOTATIONS = 10
"""GitHub shows so many errors of a step (docs.github.com, usage limits of workflow commands); the log has all."""


def as_github(view: GuardView, key: bytes | None) -> str:
    """Workflow commands for the first issues, then the text output; ends with a line end."""
    lines = [_command(issue) for issue in issues(view, key)[:MAX_ANNOTATIONS]]
    # What follows must not be taken for commands, whatever a file is called
    said = [line.replace("::", ":\u200b:") for line in text(view).splitlines()]
    return "".join(f"{line}\n" for line in [*lines, *said])


def as_gitlab(view: GuardView, key: bytes | None) -> str:
    """A JSON array; ends with a line end. Fingerprints are unique: GitLab takes equal ones for one issue."""
    content = [
        {"description": f"{issue.title}: {issue.message}", "check_name": issue.id, "fingerprint": issue.fingerprint,
         "severity": _severity(issue), "location": {"path": issue.file, "lines": {"begin": issue.line}}}
        for issue in issues(view, key)
    ]  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _severity(issue: Issue) -> str:
    return "blocker" if issue.serious else "major" if issue.rule == UNREAD else "critical"


def _command(issue: Issue) -> str:
    level = "warning" if issue.rule == UNREAD else "error"
    properties = f"file={_property(issue.file)},line={issue.line},title={_property(issue.title)}"
    return f"::{level} {properties}::{_data(issue.message)}"


def _data(said: str) -> str:
    """As actions/toolkit escapes the message of a command."""
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    """As actions/toolkit escapes a property of a command."""
    return _data(said).replace(":", "%3A").replace(",", "%2C")
