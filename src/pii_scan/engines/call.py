"""What a run was begun with, as its manifest keeps it, so that the run can be taken up again with just that.

Each option has a keyed hash, by which it is known whether it is the same. Options and targets stand there as they are
only where they hold no credentials and no personal data; otherwise they have to be given again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pii_scan import __version__
from pii_scan.config import Config
from pii_scan.engines.marks import EMBEDDED, identity
from pii_scan.engines.targets import Concealing
from pii_scan.errors import ConfigError, UsageError
from pii_scan.estate.model import Estate, Target
from pii_scan.findings.keys import key_check
from pii_scan.findings.redact import fingerprint
from pii_scan.model import Limits
from pii_scan.sources.objects.url import is_object_url
from pii_scan.sources.objects.url import parse as parse_object_url
from pii_scan.sources.sql.url import is_database_url, parse

OPTIONS = (
    "only", "min_score", "include", "exclude", "rules", "presidio", "ner", "names", "systems", "sample", "as_of",
    "limits", "target_options",
)  # fmt: skip
"""What decides what a run finds. The number of workers and the language do not."""
_READING = ("only", "min_score", "presidio", "ner", "as_of", "limits")
"""What decides what is found in a document, beside the rules and systems themselves."""
_PATHS = ("rules", "names", "systems")
AGAIN = "scan again, into another folder"


@dataclass(frozen=True, slots=True)
class Call:
    """Targets and options of a run; None where they cannot be kept."""

    targets: tuple[str, ...] | None
    config: Config | None
    since: str
    """The folder of the earlier run, and empty where there is none."""


def said(
    targets: Sequence[str], descriptions: Sequence[Mapping[str, Any]], config: Config, since: str, key: bytes,
    concealing: Concealing,
) -> dict[str, Any]:  # fmt: skip
    """What the manifest says of a call; `since`: the folder of the earlier run."""
    options = _options(config)
    own = config.estate.targets
    named = [target if target in own else _absolute(config.targets.get(target, target)) for target in targets]
    whole = "-" not in targets and None not in named and all(_is_plain(str(name), concealing) for name in named)
    secret = any(_url(config.targets[name], one) is None for name, one in own.items())
    return {
        "targets": named if whole and not secret else None,
        "options": options if not secret and all(_is_plain(text, concealing) for text in _texts(options)) else None,
        "since": since if _is_plain(since, concealing) else "",
        "checks": {
            "targets": _check("targets", [identity(one) for one in descriptions], key),
            **{name: _check(name, value, key) for name, value in options.items()},
        },
        "standard_input": "-" in targets,
    }  # fmt: skip


def reading_hash(config: Config, rules_hash: str) -> str:
    """SHA-256 over what decides what is found in a document."""
    content = [__version__, rules_hash, {name: _options(config)[name] for name in _READING}]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass"))
    files = (*sorted(config.rules), *sorted(config.names), *sorted(config.systems))  # asked for or not, they mask names
    for path in map(Path, files):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(b"\0" + file.read_bytes())
    return digest.hexdigest()


def call_of(folder: Path, manifest: Mapping[str, Any], lang: str = "") -> Call:
    """What a run was begun with. Raises UsageError where it cannot be taken up again."""
    kept = manifest.get("call")
    if not isinstance(kept, dict) or manifest.get("version") != __version__:
        version = f"{manifest.get('version')}"
        raise UsageError(f"the run {str(folder)!r} was begun by another version ({version}, not {__version__})", AGAIN)
    if kept.get("standard_input"):
        raise UsageError("standard input cannot be read a second time: the run cannot be resumed", AGAIN)
    try:
        targets, options = kept["targets"], kept["options"]
        return Call(
            None if targets is None else tuple(map(str, targets)),
            None if options is None else _config(options, lang or str(manifest.get("lang", "nb"))),
            str(kept["since"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"the manifest of the run {str(folder)!r} is damaged", AGAIN) from None


def check_options(manifest: Mapping[str, Any], config: Config, key: bytes, rules_hash: str) -> None:
    """Raises ConfigError where something that decides what is found is not as it was when the run was begun."""
    if manifest["key_check"] != key_check(key):
        raise ConfigError("the fingerprint key is not the one that the run was begun with", AGAIN)
    checks = manifest["call"]["checks"]
    options = _options(config)
    names = [name for name in OPTIONS if checks.get(name) != _check(name, options[name], key)]
    if names:
        listed = ", ".join(names)
        kept = manifest["call"]["options"] is not None
        hint = "leave them out: the run knows them" if kept else "the run does not keep them: give them as before"
        raise ConfigError(f"not as when the run was begun: {listed}", hint)
    if manifest["rules_hash"] != rules_hash:
        raise ConfigError("the rules have changed since the run was begun", AGAIN)
    if manifest["reading_hash"] != reading_hash(config, rules_hash):
        raise ConfigError("the files behind --rules or --systems have changed since the run was begun", AGAIN)


def check_targets(manifest: Mapping[str, Any], descriptions: Sequence[Mapping[str, Any]], key: bytes) -> None:
    """Raises ConfigError where the targets are not those that the run was begun with."""
    if manifest["call"]["checks"]["targets"] != _check("targets", [identity(one) for one in descriptions], key):
        hint = "leave them out, or name the same in the same order"
        raise ConfigError("the targets are not those that the run was begun with", hint)


def _options(config: Config) -> dict[str, Any]:
    """The deciding options as JSON can hold them; paths so that they hold in any working folder."""
    options: dict[str, Any] = {}
    for name in OPTIONS:
        value = _target_options(config) if name == "target_options" else getattr(config, name)
        value = list(value) if isinstance(value, tuple) else value
        options[name] = [os.path.abspath(path) for path in value] if name in _PATHS else value
    return {**options, "limits": dataclasses.asdict(config.limits)}


def _config(options: Mapping[str, Any], lang: str) -> Config:
    values = _tuples(options)
    said = values.pop("target_options", {})
    targets = {name: str(one["url"]) for name, one in said.items()}
    estate = Estate({name: Target(**_tuples(one)) for name, one in said.items()})
    return Config(targets, **{**values, "limits": Limits(**options["limits"]), "lang": lang}, estate=estate)


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _texts(options: Mapping[str, Any]) -> Iterator[str]:
    """What the user may have written anything into; entity types are names that rules have."""
    for name, value in options.items():
        yield from map(str, value if isinstance(value, list) and name != "only" else ())
    for name, one in options.get("target_options", {}).items():
        yield name
        for value in one.values():
            yield from map(str, value if isinstance(value, list) else [value])


def _target_options(config: Config) -> dict[str, dict[str, Any]]:
    """What a configuration file says of each of its targets, as far as it decides."""
    said = config.estate.targets.items()
    return {name: {"url": _url(config.targets[name], one), **one.deciding()} for name, one in said}


def _url(url: str, said: Target) -> str | None:
    """The URL of a target that a file names, as it may be kept; None where it holds what may not: credentials, or
    anything that comes from the environment or a keyring.
    """
    return _absolute(url) if url == said.url else None


def _check(name: str, value: Any, key: bytes) -> str:
    text = json.dumps(value, sort_keys=True)
    return f"{fingerprint(f'option: {name}', text, key):016x}"


def _absolute(target: str) -> str | None:
    """A target that can be named so from any working folder; None where it is more than results may show."""
    if is_object_url(target):
        return parse_object_url(target).kept or None
    if not is_database_url(target):
        return target if target == "-" else os.path.abspath(target)
    url = parse(target)
    if url.text != url.label:
        return None
    return f"{url.kind}:///{os.path.abspath(url.database)}" if url.kind in EMBEDDED else url.text


def _is_plain(text: str, concealing: Concealing) -> bool:
    return text.isprintable() and concealing.safe(text) == text
