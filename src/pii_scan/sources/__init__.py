"""Where documents come from: turns what the user named into sources, here and again in every worker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pii_scan.errors import TargetError
from pii_scan.model import Limits
from pii_scan.protocols import Source
from pii_scan.sources.files import FileSource
from pii_scan.sources.listed import ListedSource
from pii_scan.sources.stdin import StdinSource

_URL = re.compile(r"^([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


def describe(
    target: str, *, include: Sequence[str] = (), exclude: Sequence[str] = (), excluded_dirs: Sequence[str] = ()
) -> dict[str, Any]:
    """A source of local files as JSON can hold it. Raises TargetError for a kind of target that cannot be scanned."""
    url = _URL.match(target)
    if url:
        raise TargetError(
            f"targets of the kind {url.group(1).lower()}:// cannot be scanned by this version",
            "name local files or folders, or - for standard input",
        )
    return {
        "kind": "files", "target": target, "path": target, "include": list(include), "exclude": list(exclude),
        "excluded_dirs": list(excluded_dirs),
    }  # fmt: skip


def describe_listed(root: str, paths: Sequence[str], exclude: Sequence[str] = ()) -> dict[str, Any]:
    """Files and folders named one by one, by their paths from `root`, as JSON can hold it."""
    return {"kind": "listed", "target": root, "paths": list(paths), "exclude": list(exclude)}


def describe_stdin(source: StdinSource) -> dict[str, Any]:
    """Standard input, already kept in a file, as JSON can hold it."""
    return {"kind": "stdin", "target": "-", "path": source.path, "cut_after": source.cut_after, "name": source.name}


def open_source(description: Mapping[str, Any], limits: Limits) -> Source:
    """The source of a description. Raises TargetError when the target does not exist."""
    if description["kind"] == "stdin":
        return StdinSource(description["path"], description["cut_after"], description["name"])
    if description["kind"] == "listed":
        return ListedSource(description["target"], description["paths"], description["exclude"], limits)
    return FileSource(
        description["path"], include=description["include"], exclude=description["exclude"],
        excluded_dirs=description["excluded_dirs"], limits=limits, label=description["target"],
    )  # fmt: skip


def open_sources(descriptions: Iterable[Mapping[str, Any]], limits: Limits) -> dict[str, Source]:
    """Sources by target."""
    return {description["target"]: open_source(description, limits) for description in descriptions}
