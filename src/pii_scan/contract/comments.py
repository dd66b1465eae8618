"""Comments in text and code that allow what stands on their line: `pii-scan: allow ENTITY reason`.

A comment that stands alone on its line speaks of the next one. In the files of a contract, comments count only where
the contract says so: an export is written by a program, and its data must not be able to allow itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pii_scan.contract.model import Contracts
from pii_scan.contract.observed import TEXT, FileSeen
from pii_scan.contract.result import AllowedByComment

MEDIA_TYPES = frozenset({"text/plain", "text/html", "application/xml", "text/xml", "application/sql"})
_COMMENT = re.compile(r"pii-scan: *allow +([A-Za-z_][A-Za-z0-9_.]*(?:,[A-Za-z_][A-Za-z0-9_.]*)*) +[^\W_]")
_ALONE = re.compile(r"\s*(?:#|//|--|;|%|/\*|<!--|\*|REM\b|')")

Read = Callable[[str], str | None]
"""Given the shown name of a file, its text; None where it cannot be had."""


class Comment(NamedTuple):
    """One comment."""

    line: int
    """On which it stands."""
    names: tuple[str, ...]
    """Entity types and categories."""
    covers: int
    """The line that it speaks of."""


def comments_in(text: str) -> list[Comment]:
    r"""The comments of a text. One without a reason is none.

    >>> comments_in("# pii-scan: allow EMAIL_ADDRESS our own\nx = 1\ny = 2  # pii-scan: allow name,email")
    [Comment(line=1, names=('EMAIL_ADDRESS',), covers=2)]
    """
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _COMMENT.search(line)
        if match:
            alone = _ALONE.match(line) is not None
            found.append(Comment(number, tuple(match[1].split(",")), number + 1 if alone else number))
    return found


def forgive(files: Mapping[str, FileSeen], contracts: Contracts, read: Read) -> tuple[AllowedByComment, ...]:
    """Takes out of the tallies what comments allow; says what each covers."""
    allowed: list[AllowedByComment] = []
    for file in files.values():
        contract = contracts.for_file(file.name)
        if file.media_type not in MEDIA_TYPES or (contract is not None and not contract.comments):
            continue
        if not any(place.kind == TEXT and tally.by_line for (place, _), tally in file.tallies.items()):
            continue
        for comment in comments_in(read(file.name) or ""):
            for name in comment.names:
                count = _forgive(file, name, comment.covers)
                allowed.append(AllowedByComment(file.name, comment.line, name, count))
    return tuple(allowed)


def _forgive(file: FileSeen, name: str, line: int) -> int:
    return sum(
        tally.forgive(line)
        for (place, entity_type), tally in file.tallies.items()
        if place.kind == TEXT and name in (entity_type, tally.category)
    )
