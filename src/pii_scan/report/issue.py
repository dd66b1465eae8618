"""One thing that programs that show findings are told of: GitHub, GitLab, viewers of SARIF. Says nothing of values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pii_scan.inventory.categories import Flag, categories

UNREAD = "unread"
"""The rule of what could not be read."""
_BY_LINE = ("text/", "application/x-ndjson", "application/jsonl", "application/json", "application/xml")
"""Beginnings of media types whose rows are lines of the file."""
_SERIOUS = frozenset({Flag.SPECIAL, Flag.CRIMINAL, Flag.NATIONAL_ID})


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is so of one file: a rule that it does not keep, an entity type that it holds; or that it was not
    read.
    """

    rule: str
    """Of the guard or an entity type; or UNREAD."""
    id: str
    """`not-allowed.EMAIL_ADDRESS`: what programs call the rule."""
    file: str
    """That lies on disk, for a member of a container the container; empty for what is said of a whole run."""
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
    level: str = "error"
    """`error`, `warning` or `note`."""
    base: str = ""
    """What `file` is relative to, where there are several targets."""


def by_line(media_type: str) -> bool:
    """Whether rows of such a file are its lines."""
    return media_type.startswith(_BY_LINE)


def serious(keys: Iterable[str]) -> bool:
    """Whether the law treats one of the categories apart."""
    return any(categories().flag(key) in _SERIOUS for key in keys)


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def fingerprint(kind: str, id: str, file: str, key: bytes | None) -> str:
    """32 letters that stay while the rule and the file do. `key`: another project's gives others.

    Letters alone, so that no digits in it can be taken for a number of anyone's, or by chance be one.
    """
    data = f"{kind}\0{id}\0{file}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16, key=key or b"").hexdigest().translate(_LETTERS)
