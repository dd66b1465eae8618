"""What programs that show findings are told: one issue for each rule and file, with the places in its message.

SARIF, GitHub and GitLab count and join by rule and file; a line for each value would drown what matters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from pii_scan.contract.judge import Rule, Violation
from pii_scan.inventory.categories import Flag, categories
from pii_scan.report.guard_view import UNREAD, GuardView

_BY_LINE = ("text/", "application/x-ndjson", "application/jsonl", "application/json", "application/xml")
"""Beginnings of media types whose rows are lines of the file."""
_WHOLE = frozenset({Rule.NEW_COLUMN, Rule.MISSING_COLUMN, Rule.EXPIRED})
"""Rules whose subject is a column or a day, and no part of the rule's id."""
_SERIOUS = frozenset({Flag.SPECIAL, Flag.CRIMINAL, Flag.NATIONAL_ID})


@dataclass(frozen=True, slots=True)
class Issue:
    """One rule that one file does not keep; or that it was not read."""

    rule: str
    """Of `Rule`, or UNREAD."""
    id: str
    """`not-allowed.EMAIL_ADDRESS`: what programs call the rule."""
    file: str
    """That lies on disk; for a member of a container the container."""
    line: int
    """From 1; 1 where lines say nothing."""
    title: str
    message: str
    categories: tuple[str, ...]
    count: int
    serious: bool
    """Special categories, criminal offences, national identity numbers."""
    fingerprint: str
    """The same whatever the order of rows and lines; says nothing of values."""


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
        any(categories().flag(name) in _SERIOUS for name in keys), _fingerprint(id, first.file, key),
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
                    False, _fingerprint(UNREAD, name, key))  # fmt: skip


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
    return "!" not in file and seen is not None and seen.media_type.startswith(_BY_LINE)


def _fingerprint(id: str, file: str, key: bytes | None) -> str:
    data = f"guard\0{id}\0{file}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16, key=key or b"").hexdigest()
