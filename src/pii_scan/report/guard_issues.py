"""What programs that show findings are told of a guard: one issue for each rule and file, places in its message.

SARIF, GitHub and GitLab count and join by rule and file; a line for each value would drown what matters.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.contract.judge import Rule, Violation
from pii_scan.report.guard_view import GuardView
from pii_scan.report.issue import UNREAD, Issue, by_line, fingerprint, serious

_WHOLE = frozenset({Rule.NEW_COLUMN, Rule.MISSING_COLUMN, Rule.EXPIRED})
"""Rules whose subject is a column or a day, and no part of the rule's id."""


def issues(view: GuardView, key: bytes | None) -> list[Issue]:
    """The issues in the order of the violations, then what was not read. `key`: of the project, for fingerprints."""
    grouped: dict[tuple[str, str], list[Violation]] = {}
    for violation in view.result.violations:
        grouped.setdefault((violation.file, _id(violation)), []).append(violation)
    made = [_issue(view, id, members, key) for (_, id), members in grouped.items()]
    return [*made, *_unread(view, key)]


def _id(violation: Violation) -> str:
    return str(violation.rule) if violation.rule in _WHOLE else f"{violation.rule}.{violation.subject}"


def _issue(view: GuardView, id: str, members: list[Violation], key: bytes | None) -> Issue:
    first = members[0]
    said = []
    for violation in members:
        place = view.place(violation.place)
        said.append(f"{place}: {view.message(violation)}" if place else view.message(violation))
    keys = tuple(dict.fromkeys(violation.category for violation in members if violation.category))
    file = artifact(view, first.file)
    inner = first.file.removeprefix(file).removeprefix("!")
    message = "; ".join(said) + ". " + view.todo(first)
    lines = [violation.row for violation in members if violation.row]
    return Issue(
        str(first.rule), id, file, min(lines) if lines and _has_lines(view, first.file) else 1, view.title(first.rule),
        f"{inner}: {message}" if inner else message, keys, sum(violation.count for violation in members),
        serious(keys), fingerprint("guard", id, first.file, key),
    )  # fmt: skip


def _unread(view: GuardView, key: bytes | None) -> Iterator[Issue]:
    grouped: dict[str, list[str]] = {}
    for unread in view.unread():
        grouped.setdefault(unread.file, []).append(view.unread_message(unread))
    for name, messages in grouped.items():
        file = artifact(view, name)
        inner = name.removeprefix(file).removeprefix("!")
        message = " ".join(dict.fromkeys(messages))
        yield Issue(UNREAD, UNREAD, file, 1, view.title(UNREAD), f"{inner}: {message}" if inner else message, (), 0,
                    False, fingerprint("guard", UNREAD, name, key))  # fmt: skip


def artifact(view: GuardView, name: str) -> str:
    """The file on disk that holds a document: a member of a container stands after `!`."""
    at = name.find("!")
    while at >= 0:
        if name[:at] in view.result.files:
            return name[:at]
        at = name.find("!", at + 1)
    return name


def _has_lines(view: GuardView, file: str) -> bool:
    seen = view.result.files.get(file)
    return "!" not in file and seen is not None and by_line(seen.media_type)
