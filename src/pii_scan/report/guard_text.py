"""A guard for a terminal or the log of a job: one line a violation, what was not read, and a summary."""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.contract.judge import Violation
from pii_scan.report.guard_view import GuardView


def text(view: GuardView) -> str:
    """The lines; ends with a line end."""
    return "".join(f"{line}\n" for line in _lines(view)).replace("\u202f", " ").replace("\u00a0", " ")


def _lines(view: GuardView) -> Iterator[str]:
    t, result = view.t, view.result
    for violation in result.violations:
        yield f"{_at(view, violation)}: {view.message(violation)}. {view.todo(violation)} [{violation.rule}]"
    for unread in view.unread():
        yield f"{unread.file}: {view.unread_message(unread)}"
    for comment in result.comments:
        said = t("guard.comment", name=comment.name, count=t("guard.values", n=comment.count))
        said = said if comment.count else t("guard.comment_unused", name=comment.name)
        yield f"{comment.file}:{comment.line}: {said}"
    for name in result.expired:
        yield t("guard.expired", name=name)
    for name in result.unused:
        yield t("guard.unused", name=name)
    if result.known:
        yield t("guard.known", n=len(result.known))
    if result.exit_code == 0 and result.files and not result.known:
        yield t("guard.passed")
    yield view.summary()


def _at(view: GuardView, violation: Violation) -> str:
    line = f":{violation.row}" if violation.row else ""
    place = view.place(violation.place)
    return f"{violation.file}{line}: {place}" if place else f"{violation.file}{line}"
