"""What a configuration file says of its targets, and of what goes with a scan of them all. Opens nothing."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.yaml_file import Key

FILE = "pii-scan.yaml"
"""The estate file, where it lies in the working folder."""
KEYS = ("profiles", "notice", "ropa", "ropa_mapping", "accept", "runs", "keep")
"""Of a configuration file, beside `targets`: what is kept in `Estate`."""
_PATHS = ("notice", "ropa", "ropa_mapping", "accept", "runs")
_TEXTS = ("owner", "system", "activity", "schedule")
_NUMBERS = ("sample", "max_db_connections")
_REFERENCE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Target:
    """One target as the file declares it."""

    url: str = field(repr=False)
    """As it is written there: references to variables and keyring stand for what they hold."""
    owner: str = ""
    system: str = ""
    """Id of a profile: the system of documents whose content does not say."""
    activity: str = ""
    """Id or name of an activity in the record of processing."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    schedule: str = ""
    """For people; nothing acts on it."""
    sample: int | None = None
    max_db_connections: int | None = None
    max_file_bytes: int | None = None
    where: str = field(default="", compare=False)
    """File and line."""

    def deciding(self) -> dict[str, Any]:
        """What of it decides what is found, as JSON can hold it; only what is set."""
        said = {
            "include": list(self.include), "exclude": list(self.exclude), "system": self.system, "sample": self.sample,
            "max_file_bytes": self.max_file_bytes,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value not in ([], "", None)}


@dataclass(frozen=True, slots=True)
class Estate:
    """All of them, and what goes with them. Paths are ready to be opened; empty: none."""

    targets: Mapping[str, Target] = field(default_factory=dict)
    notice: str = ""
    ropa: str = ""
    ropa_mapping: str = ""
    accept: str = ""
    runs: str = ""
    keep_runs: int = 0
    """So many of the newest runs stay; 0: all."""
    keep_days: int = 0
    """Runs stay so long after they have finished; 0: for ever."""

    def only(self, names: Iterable[str]) -> Estate:
        """With these targets alone."""
        return dataclasses.replace(self, targets={n: self.targets[n] for n in names if n in self.targets})

    def without(self, option: str) -> Estate:
        """No target says `option` (a name of a field that may be None) for itself: the command line did."""
        unsaid: dict[str, Any] = {option: None}
        targets = {name: dataclasses.replace(one, **unsaid) for name, one in self.targets.items()}
        return dataclasses.replace(self, targets=targets)


def read_estate(content: Mapping[str, Any], lines: Mapping[Key, int], path: Path) -> Estate:
    """The estate in a configuration file that fits its schema. Raises ConfigError for a profile that is not there."""
    profiles = {str(name): said for name, said in content.get("profiles", {}).items()}
    targets = {}
    for name, said in content.get("targets", {}).items():
        where = f"{path}, line {lines.get(('targets', str(name)), 1)}"
        said = {"url": said} if isinstance(said, str) else said
        if "profile" in said and said["profile"] not in profiles:
            line = lines.get(("targets", str(name), "profile"), 1)
            hint = nearest(said["profile"], profiles) if profiles else "put it under 'profiles'"
            raise ConfigError(f"{path}, line {line}: there is no profile {said['profile']!r}", hint)
        targets[str(name)] = _target(said, profiles.get(said.get("profile", ""), {}), where)
    keep = content.get("keep", {})
    paths = {key: str(path.parent / content[key]) for key in _PATHS if key in content}
    return Estate(targets, **paths, keep_runs=int(keep.get("runs", 0)), keep_days=int(keep.get("days", 0)))


def _target(said: Mapping[str, Any], profile: Mapping[str, Any], where: str) -> Target:
    both = {**profile, **said}
    limits = {**profile.get("limits", {}), **said.get("limits", {})}
    values: dict[str, Any] = {key: both[key] for key in _TEXTS if key in both}
    values |= {key: tuple(dict.fromkeys([*profile.get(key, ()), *said.get(key, ())])) for key in ("include", "exclude")}
    values |= {key: int(both[key]) for key in _NUMBERS if key in both}
    if "max_file_bytes" in limits:
        values["max_file_bytes"] = int(limits["max_file_bytes"])
    return Target(said["url"], **values, where=where)


def shown_url(url: str) -> str:
    """A URL as it is written in the file, without user, password and options, which may be credentials.

    >>> shown_url("postgresql://reader:${keyring:crm/reader}@db.example.no/crm?sslmode=require")
    'postgresql://db.example.no/crm'
    >>> shown_url("${SHARE}/hr"), shown_url("s3://bucket/${PREFIX}")
    ('${SHARE}/hr', 's3://bucket/${PREFIX}')
    """
    references: list[str] = _REFERENCE.findall(url)
    plain = _REFERENCE.sub("\0", url)
    scheme, separator, rest = plain.partition("://")
    if separator:
        rest = rest.partition("?")[0].partition("#")[0]
        host, slash, path = rest.partition("/")
        host, slash, path = (rest, "", "") if "@" in path and ":" in host else (host, slash, path)  # p/w
        gone = plain.index(separator) + len(separator)
        own = host.rpartition("@")[2]
        skipped = plain[gone : gone + len(host) - len(own)].count("\0") + scheme.count("\0")
        plain = f"{scheme}://{own}{slash}{path}"
        references = references[: scheme.count("\0")] + references[skipped:]
    parts = plain.split("\0")
    return "".join(part + (references[at] if at < len(parts) - 1 else "") for at, part in enumerate(parts))
