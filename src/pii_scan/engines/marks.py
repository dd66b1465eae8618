"""By what a document is known again, in a later sitting of the same run or in a later run: keyed hashes, as paths may
hold personal data.
"""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pii_scan.findings.redact import fingerprint
from pii_scan.findings.state import Unit
from pii_scan.model import Item, Problem, Slice
from pii_scan.sources.sql.url import parse

EMBEDDED = ("sqlite", "duckdb")
"""Databases that are files."""
SETTLED_NS = 2_000_000_000
"""Some file systems know the time of a change to two seconds (FAT): what changed so shortly before a scan could change
again without a sign."""


class Marks:
    """Makes the marks of one sitting."""

    def __init__(self, key: bytes, descriptions: Sequence[Mapping[str, Any]], now_ns: int) -> None:
        """`now_ns`: when the sitting began, nanoseconds since the epoch."""
        self._key = key
        self._identities = _identities(descriptions)
        self._systems = {str(one["target"]): str(one["system"]) for one in descriptions if one.get("system")}
        self._moments = {str(one["target"]): _moment(one) for one in descriptions}
        self._settled_ns = now_ns - SETTLED_NS

    def unit(self, item: Item) -> Unit:
        """The unit that an item of the walk is, without rows."""
        ref = item.ref
        said: list[Any] = [ref.size_bytes, *(ref.changed_ns or ())] + ([ref.version] if ref.version else [])
        if ref.target in self._systems:  # declared for the target: it decides of documents that tell nothing
            said.append(f"system: {self._systems[ref.target]}")
        if isinstance(item, Problem):
            said += [item.stage, item.code, item.detail]
        old = ref.changed_ns is not None and max(ref.changed_ns) < self._settled_ns
        settled = not isinstance(item, Problem) and (old or bool(ref.version))
        return Unit(
            self._hash("place", f"{self._identities[ref.target]}\0{ref.path}"),
            self._hash("state", str(said) if all(type(one) is int for one in said) else json.dumps(said)),
            settled=settled,
        )

    def plan(self, target: str, slices: Sequence[Slice]) -> int:
        """What tells one way of cutting a document from another. A table on a server is never cut the same way in two
        sittings: a row that moves in between could be missed.
        """
        return self._hash("plan", json.dumps([self._moments[target], *map(dataclasses.astuple, slices)]))

    def _hash(self, kind: str, text: str) -> int:
        return fingerprint(f"mark: {kind}", text, self._key) - (1 << 63)  # SQLite has signed numbers


def identity(description: Mapping[str, Any]) -> str:
    """What is the same of a target however it is named. Without credentials."""
    if description["kind"] == "unreachable":
        return str(description["identity"])
    if description["kind"] == "files":
        return os.path.realpath(str(description["path"]))
    if description["kind"] == "objects":
        return str(description["place"])
    if description["kind"] != "sql":
        return "-"
    url = parse(description["url"])
    return f"{url.kind}:///{os.path.realpath(url.database)}" if url.kind in EMBEDDED else url.label


def _identities(descriptions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Identity by target. One that is scanned twice, each time in part, is told apart by what the parts are called."""
    all_of_them = {str(one["target"]): identity(one) for one in descriptions}
    times = Counter(all_of_them.values())
    return {name: one if times[one] == 1 else f"{one}\0{name}" for name, one in all_of_them.items()}


def _moment(description: Mapping[str, Any]) -> list[Any]:
    """The state of a database, as far as it can be told from outside."""
    if description["kind"] != "sql":
        return []
    url = parse(description["url"])
    if url.kind not in EMBEDDED:
        return [secrets.token_hex(16)]
    said: list[Any] = []
    for path in (url.database, f"{url.database}-wal", f"{url.database}.wal"):
        try:
            status = os.stat(path)
            said += [status.st_size, status.st_mtime_ns]
        except OSError:
            said.append(None)
    return said
