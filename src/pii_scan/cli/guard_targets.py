"""What `pii-scan guard` is to read: paths as sources, standard input under a name, only what git says has changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pii_scan.errors import TargetError, UsageError

MAX_TEXT_BYTES = 32 << 20
"""Comments are not looked for in larger files."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Descriptions of sources, and where their files lie."""

    descriptions: list[dict[str, Any]]
    _roots: list[str] = field(default_factory=list)
    _spooled: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The text of a file by its shown name; None where it is not to be had: a masked name leads nowhere."""
        places = [os.path.join(root, name) for root in self._roots]
        for path in [*filter(None, [self._spooled.get(name)]), *places]:
            try:
                if os.path.isfile(path) and os.path.getsize(path) <= MAX_TEXT_BYTES:
                    with open(path, encoding="utf-8", errors="replace", newline="") as content:
                        return content.read()
            except OSError:
                continue
        return None


@contextmanager
def targets(
    paths: Sequence[str], name: str | None, exclude: Sequence[str] = (), since_git: str | None = None
) -> Iterator[Targets]:
    """The sources of `paths`; standard input is kept in a file until the end. Raises TargetError, UsageError."""
    from pii_scan.sources import describe_listed, describe_stdin

    if name and "-" not in paths:
        raise UsageError("--name says what standard input is called", "give - as a PATH")
    local = [path for path in paths if path != "-"]
    for path in local:
        if not os.path.lexists(path):
            raise TargetError(f"{path!r} does not exist", "name files or folders, or - for standard input")
    if since_git is not None:
        from pii_scan.sources.changed import changed_files

        local = changed_files(since_git, local)
    by_root: dict[str, list[str]] = {}
    for path in local:
        root, inner = _rooted(path)
        by_root.setdefault(root, []).append(inner)
    descriptions = [describe_listed(root, inner, exclude) for root, inner in by_root.items()]
    if "-" not in paths:
        yield Targets(descriptions, list(by_root))
        return
    from pii_scan.sources.stdin import spool_stdin

    with spool_stdin(sys.stdin.buffer, name=name or "-") as stdin:
        yield Targets([*descriptions, describe_stdin(stdin)], list(by_root), {stdin.name: stdin.path})


def _rooted(path: str) -> tuple[str, str]:
    """(folder, path from there): the working folder where the path lies below it, else the one it lies in."""
    whole, here = os.path.abspath(path), os.getcwd()
    inner = os.path.relpath(whole, here) if os.path.splitdrive(whole)[0] == os.path.splitdrive(here)[0] else os.pardir
    if inner == os.pardir or inner.startswith(os.pardir + os.sep):
        return os.path.split(whole)
    return here, inner.replace(os.sep, "/")
