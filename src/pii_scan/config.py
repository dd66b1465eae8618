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
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.model import Limits
from pii_scan.yaml_file import read_mapping

MAX_CONFIG_BYTES = 1 << 20
ENGINES = ("local", "ray")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides what a scan finds and how it runs."""

    targets: Mapping[str, str] = field(default_factory=dict)
    """Named targets: name to path."""
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

    def digest(self) -> str:
        """SHA-256 over what decides the findings; the number of jobs, the engine and the language do not."""
        content = {
            "rules": sorted(self.rules), "only": sorted(self.only), "min_score": self.min_score,
            "presidio": sorted(self.presidio), "ner": sorted(self.ner), "names": sorted(self.names),
            "systems": sorted(self.systems), "as_of": self.as_of,
            "sample": self.sample, "include": list(self.include), "exclude": list(self.exclude),
            "limits": dataclasses.asdict(self.limits),
        }  # fmt: skip
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_config(file: str | os.PathLike[str], environment: Mapping[str, str]) -> Config:
    """The configuration in a YAML `file`. `${NAME}` in a target is taken from `environment`.

    Raises ConfigError with file, line or key, and the nearest right name.
    """
    path = Path(file)
    content = read_mapping(path, MAX_CONFIG_BYTES, ConfigError, "a configuration")
    return _parse(content, str(path), environment)


def _parse(content: dict[str, Any], where: str, environment: Mapping[str, str]) -> Config:
    known = {entry.name for entry in dataclasses.fields(Config)}
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in known:
            raise ConfigError(f"{where}: unknown key {str(key)!r}", nearest(str(key), known))
        if key == "limits":
            values[key] = _limits(value, where)
        elif key == "targets":
            values[key] = _targets(value, where, environment)
        elif key in ("rules", "presidio", "ner", "names", "systems", "only", "include", "exclude"):
            values[key] = _words(value, key, where)
        elif key == "as_of":
            values[key] = str(value)  # YAML may read it as a date
        else:
            values[key] = value
    return checked(Config(**values), where)


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


def _words(value: Any, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: {key!r} must be a list of texts")
    return tuple(value)


def _targets(value: Any, where: str, environment: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ConfigError(f"{where}: 'targets' must map names to paths or URLs")

    def fill(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in environment:
            raise ConfigError(f"{where}: the environment variable {name} is not set")
        return environment[name]

    return {str(name): _VARIABLE.sub(fill, path) for name, path in value.items()}


def _limits(value: Any, where: str) -> Limits:
    known = {entry.name: entry.type for entry in dataclasses.fields(Limits)}
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: 'limits' must be a mapping")
    for key, number in value.items():
        if key not in known:
            raise ConfigError(f"{where}: unknown limit {str(key)!r}", nearest(str(key), known))
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < math.inf:
            raise ConfigError(f"{where}: the limit {key!r} must be a positive number")
        if known[key] == "int" and number != int(number):
            raise ConfigError(f"{where}: the limit {key!r} must be a whole number")
    whole: dict[str, Any] = {key: (float if known[key] == "float" else int)(value[key]) for key in value}
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
