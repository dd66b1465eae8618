"""Where documents come from: turns what the user named into sources, here and again in every worker."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pii_scan.errors import TargetError
from pii_scan.model import Limits
from pii_scan.protocols import Source
from pii_scan.sources.files import FileSource
from pii_scan.sources.listed import ListedSource
from pii_scan.sources.objects.url import check_modules, is_object_url
from pii_scan.sources.objects.url import parse as parse_object_url
from pii_scan.sources.sql.source import SqlSource
from pii_scan.sources.sql.url import check_drivers, is_database_url, parse
from pii_scan.sources.stdin import StdinSource
from pii_scan.sources.unreachable import UnreachableSource

_URL = re.compile(r"^([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


def describe(
    target: str, *, include: Sequence[str] = (), exclude: Sequence[str] = (), excluded_dirs: Sequence[str] = (),
    sample: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """A source of local files, of a database or of a store as JSON can hold it; the last two hold credentials.
    `sample`: rows to read of each table. Raises TargetError for a kind of target that cannot be scanned.
    """
    if is_database_url(target):
        url = parse(target)
        check_drivers(url.kind)
        return {
            "kind": "sql", "target": url.label, "path": url.label, "server": url.server, "url": url.text,
            "include": list(include), "exclude": list(exclude), "sample": sample, "shared": "",
        }  # fmt: skip
    if is_object_url(target):
        place = parse_object_url(target)
        check_modules(place.kind)
        return {
            "kind": "objects", "target": place.label, "path": place.label, "server": place.server, "url": target,
            "place": place.place, "is_file": False, "include": list(include), "exclude": list(exclude),
        }  # fmt: skip
    other = _URL.match(target)
    if other and other.group(1).lower() in ("http", "https"):
        raise TargetError(
            "addresses of the web cannot be scanned: they have no list of what lies there",
            "download the file, or name an object store by s3://, az:// or gs://",
        )
    if other:
        raise TargetError(
            f"targets of the kind {other.group(1).lower()}:// cannot be scanned by this version",
            "name local files or folders, a database, an object store or share, or - for standard input",
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


def describe_unreachable(target: str, code: str, identity: str) -> dict[str, Any]:
    """A target that cannot be opened, as JSON can hold it; `code`: the value of a ProblemCode."""
    return {"kind": "unreachable", "target": target, "code": code, "identity": identity}


def open_source(description: Mapping[str, Any], limits: Limits) -> Source:
    """The source of a description, with `limits` but for those it has of its own (`limits`). Raises TargetError when
    the target does not exist.
    """
    limits = dataclasses.replace(limits, **description.get("limits", {}))
    if description["kind"] == "unreachable":
        return UnreachableSource(description["target"], description["code"])
    if description["kind"] == "stdin":
        return StdinSource(description["path"], description["cut_after"], description["name"])
    if description["kind"] == "sql":
        return SqlSource(description, limits)
    if description["kind"] == "objects":
        from pii_scan.sources.objects.source import ObjectSource  # a local scan has no use for it

        return ObjectSource(description, limits)
    if description["kind"] == "listed":
        return ListedSource(description["target"], description["paths"], description["exclude"], limits)
    return FileSource(
        description["path"], include=description["include"], exclude=description["exclude"],
        excluded_dirs=description["excluded_dirs"], limits=limits, label=description["target"],
    )  # fmt: skip


@contextlib.contextmanager
def opened(description: dict[str, Any], limits: Limits) -> Iterator[Source]:
    """The source of a description, in the supervisor: what workers are to share of it goes into the description.

    Raises TargetError when the target cannot be opened.
    """
    source = open_source(description, limits)
    if isinstance(source, SqlSource):
        with contextlib.closing(source):
            description["shared"] = source.hold()
            yield source
    elif description["kind"] == "objects":
        store: Any = source
        with contextlib.closing(store):
            description["is_file"] = store.check()
            yield store
    else:
        yield source


def open_sources(descriptions: Iterable[Mapping[str, Any]], limits: Limits) -> dict[str, Source]:
    """Sources by target."""
    return {description["target"]: open_source(description, limits) for description in descriptions}
