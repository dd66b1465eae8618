"""Turns what the user named into descriptions of sources, each with the name that results show. Opens nothing but
standard input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pii_scan.cache_folder import cache_folder
from pii_scan.config import Config
from pii_scan.detect.detector import Detector
from pii_scan.errors import TargetError, UsageError
from pii_scan.findings.names import NameMasker
from pii_scan.model import printable
from pii_scan.pipeline import finder
from pii_scan.sources import describe, describe_stdin
from pii_scan.sources.stdin import StdinSource, spool_stdin


class Concealing:
    """Masks personal data in what the user said: paths, names, patterns."""

    def __init__(self, config: Config) -> None:
        self._rules, self._lists = config.rules, config.names
        self._masker: NameMasker | None = None

    def safe(self, text: str) -> str:
        """`text` with personal data as its shape."""
        if (
            not self._rules
            and not self._lists
            and not any(char.isdigit() or char == "@" or char.isupper() for char in text)
        ):
            return text  # built-in rules want digits or @, names capitals
        if self._masker is None:  # slow to make
            self._masker = NameMasker(
                finder(Detector(rule_paths=self._rules, names=self._lists, memory=cache_folder(os.environ)))
            )
        return self._masker.safe(text)


def describe_targets(
    targets: Sequence[str], config: Config, folder: Path, concealing: Concealing
) -> tuple[list[dict[str, Any]], list[str], StdinSource | None]:
    """(descriptions of the sources, notes for the reader, standard input if it is one of them). Raises UsageError."""
    if not targets:
        raise UsageError("no target given", "name a file or a folder")
    descriptions: dict[str, dict[str, Any]] = {}
    notes: list[str] = []
    out = os.path.realpath(folder)
    for target in targets:
        if target == "-":
            descriptions["-"] = {}  # read last, when all else is known to be right
            continue
        path = config.targets.get(target, target)
        described = describe(
            path, include=config.include, exclude=config.exclude, excluded_dirs=[out], sample=config.sample
        )
        if described["kind"] == "sql":
            descriptions.setdefault(described["url"], {**described, "connections": config.max_db_connections})
            continue
        _check_exists(path, config)
        real = os.path.realpath(path)
        if out == real:
            raise UsageError(f"the run folder {str(folder)!r} is itself a target", "give another --out")
        if out.startswith(os.path.join(real, "")) and real not in descriptions:
            notes.append("the run folder lies inside a target and was left out of the scan")
        descriptions.setdefault(real, described)
    _label([described for described in descriptions.values() if described], concealing)
    stdin = None
    if "-" in descriptions:
        stdin = spool_stdin(sys.stdin.buffer, config.limits)
        descriptions["-"] = describe_stdin(stdin)
    return list(descriptions.values()), notes, stdin


def _label(descriptions: Sequence[dict[str, Any]], concealing: Concealing) -> None:
    """Gives each target the name that results show: its path, with personal data in it masked, and no two alike."""
    taken = {"-"}
    for described in descriptions:
        name, own = printable(described["path"]), str(described.get("server", ""))  # of a server is no one's
        name = own + concealing.safe(name.removeprefix(own))
        label, number = name, 1
        while label in taken:
            number += 1
            label = f"{name} ({number})"
        taken.add(label)
        described["target"] = label


def _check_exists(path: str, config: Config) -> None:
    """Raises TargetError, with the nearest name, when there is no such path."""
    try:
        os.lstat(path)
        return
    except PermissionError:
        raise TargetError(f"the target {path!r} cannot be opened: no permission") from None
    except (OSError, ValueError):
        pass
    import difflib

    parent = os.path.dirname(os.path.abspath(path))
    try:
        names = os.listdir(parent)
    except OSError:
        names = []
    close = difflib.get_close_matches(os.path.basename(path.rstrip("/")), [*names, *config.targets], n=1)
    raise TargetError(f"the target {path!r} does not exist", f"did you mean {close[0]!r}?" if close else "")
