"""What a scan is told: options as one frozen value, and the YAML file that can hold them. Reads no environment
itself.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.estate.model import KEYS, Estate, read_estate
from pii_scan.estate.secret import filled
from pii_scan.form import MAX_FILE_BYTES, read_form
from pii_scan.model import Limits
from pii_scan.yaml_file import Key, shown_key

MAX_CONFIG_BYTES = MAX_FILE_BYTES
ENGINES = ("local", "ray")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides what a scan finds and how it runs."""

    targets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Named targets: name to path or URL, ready to be opened."""
    rules: tuple[str, ...] = ()
    """The user's own rule files and folders."""
    only: tuple[str, ...] = ()
    """Entity types to look for; all when empty."""
    min_score: float = 0.4
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    jobs: int = 0
    """Worker processes; 0 means one for each processor."""
    lang: str = "nb"
    limits: Limits = field(default_factory=Limits)
    presidio: tuple[str, ...] = ()
    """The user's own Presidio recognizers, as `module:Class`."""
    ner: tuple[str, ...] = ()
    """The user's own language models: names or folders of spaCy pipelines, or files of Presidio's configuration."""
    names: tuple[str, ...] = ()
    """The user's own lists of names: files."""
    systems: tuple[str, ...] = ()
    """The user's own profiles of systems and rules of paths, files and folders."""
    sample: int = 0
    """Rows to read of each table of a database; 0: all."""
    max_db_connections: int = 5
    """To each database at a time; the scan itself holds one of them."""
    as_of: str = ""
    """ISO date that decides which numbers exist; the day of the scan when empty."""
    engine: str = "local"
    """Where worker processes run: one of ENGINES."""
    estate: Estate = field(default_factory=Estate)
    """What the configuration file says of the named targets, and of what goes with a scan of them all."""

    def narrowed(self, names: Iterable[str]) -> Config:
        """With these of the named targets alone: what is said of others decides nothing."""
        wanted = [name for name in dict.fromkeys(names) if name in self.targets]
        targets = {name: self.targets[name] for name in wanted}
        return dataclasses.replace(self, targets=targets, estate=self.estate.only(wanted))

    def digest(self) -> str:
        """SHA-256 over what decides the findings; the number of jobs, the engine and the language do not."""
        content: dict[str, Any] = {
            "rules": sorted(self.rules), "only": sorted(self.only), "min_score": self.min_score,
            "presidio": sorted(self.presidio), "ner": sorted(self.ner), "names": sorted(self.names),
            "systems": sorted(self.systems), "as_of": self.as_of,
            "sample": self.sample, "include": list(self.include), "exclude": list(self.exclude),
            "limits": dataclasses.asdict(self.limits),
        }  # fmt: skip
        said = {name: one.deciding() for name, one in self.estate.targets.items()}
        if any(said.values()):
            content["targets"] = said
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_config(
    file: str | os.PathLike[str], environment: Mapping[str, str], names: Collection[str] | None = None
) -> Config:
    """The configuration in a YAML `file`. Of the targets in `names`, of all when None, `${NAME}` is taken from
    `environment` and `${keyring:SERVICE/USER}` from the keyring; of the others both stay as they are written.

    Raises ConfigError with file, line and the nearest right name.
    """
    path = Path(file)
    content, lines = read_form(path, "config-1", "a configuration")
    _refuse_endless(content, lines, path)
    estate = read_estate(content, lines, path)
    targets = {
        name: filled(one.url, one.where, environment) if names is None or name in names else one.url
        for name, one in estate.targets.items()
    }
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key == "limits":
            values[key] = _limits(value)
        elif isinstance(value, list):
            values[key] = tuple(value)
        elif key in _WHOLE:
            values[key] = int(value)  # 4.0 is a whole number too
        elif key != "targets" and key not in KEYS:
            values[key] = value
    where = f"{path}, line {lines.get(('as_of',), 1)}" if "as_of" in content else str(path)
    return checked(Config(targets, **values, estate=estate), where)


_WHOLE = ("jobs", "sample", "max_db_connections")


def _refuse_endless(value: Any, lines: Mapping[Key, int], path: Path, key: Key = ()) -> None:
    """YAML has numbers that no schema knows: `.inf` and `.nan`."""
    for name, item in value.items() if isinstance(value, dict) else ():
        inner = (*key, str(name))
        _refuse_endless(item, lines, path, inner)
        if isinstance(item, float) and not math.isfinite(item):
            raise ConfigError(f"{path}, line {lines.get(inner, 1)}: {shown_key(inner)} must be a finite number")


def checked(config: Config, where: str) -> Config:
    """`config` itself. Raises ConfigError when a value is out of range; `where` names the file or the command line."""
    score = config.min_score
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ConfigError(f"{where}: 'min_score' must be a number from 0 to 1")
    if not isinstance(config.jobs, int) or isinstance(config.jobs, bool) or not 0 <= config.jobs <= 1024:
        raise ConfigError(f"{where}: 'jobs' must be a whole number from 0 to 1024")
    for name, least in (("sample", 0), ("max_db_connections", 1)):
        number = getattr(config, name)
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise ConfigError(f"{where}: {name!r} must be a whole number from {least} on")
    if config.lang not in ("nb", "en"):
        raise ConfigError(f"{where}: 'lang' must be nb or en", nearest(str(config.lang), ("nb", "en")))
    if config.engine not in ENGINES:
        raise ConfigError(f"{where}: 'engine' must be local or ray", nearest(str(config.engine), ENGINES))
    try:
        date.fromisoformat(config.as_of or "2000-01-01")
    except ValueError:
        raise ConfigError(f"{where}: 'as_of' must be a date such as 2026-11-22") from None
    for name, number in dataclasses.asdict(config.limits).items():
        if not 0 <= number < math.inf:
            raise ConfigError(f"{where}: the limit {name!r} must be a positive number")
    return config


def _limits(value: Mapping[str, Any]) -> Limits:
    kinds = {entry.name: float if entry.type == "float" else int for entry in dataclasses.fields(Limits)}
    whole: dict[str, Any] = {key: kinds[key](number) for key, number in value.items()}
    return Limits(**whole)


MAX_SIZE_LENGTH = 40
_SIZE = re.compile(r"(?i)^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*$")


def parse_size(text: str) -> int:
    """Bytes in a size such as `500M` or `2 GiB` (powers of 1024). Raises ConfigError.

    >>> parse_size("1.5k"), parse_size("2GiB")
    (1536, 2147483648)
    """
    found = _SIZE.match(text)
    if not found or len(text) > MAX_SIZE_LENGTH:
        raise ConfigError(f"{text!r} is not a size", "write for example 500M or 2G")
    return int(float(found.group(1)) * 1024 ** " kmgt".index(found.group(2).lower() or " "))
