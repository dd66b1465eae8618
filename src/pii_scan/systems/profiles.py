"""Profiles of systems and the user's path rules: what they are, and how they are read from YAML (schema `systems-1`).

A profile says by which signals a document is known to be from a system, whom a notice would name for it, what is
usually held there and what is misplaced. Looks at no document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.findings.schema import UNASSIGNED
from pii_scan.form import MAX_FILE_BYTES, read_form
from pii_scan.globs import Patterns
from pii_scan.model import DocumentRef, printable
from pii_scan.registry import data_folder
from pii_scan.systems.signal_forms import signal_of
from pii_scan.systems.signals import Signal
from pii_scan.yaml_file import Key, read_marked

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Profile:
    """One system, or one kind of export of a system."""

    id: str
    """`microsoft365.exchange`."""
    family: str
    """The id up to the first full stop."""
    name: Mapping[str, str]
    """By language, `nb` and `en`."""
    recipients: tuple[str, ...]
    """Whom a notice would name, as in `configs/law/recipients.yaml`; empty for the organisation's own systems."""
    kind: str
    """`mail`, `files`, `directory`, `chat`, `audit`, `analytics`, `marketing`, `log`, `accounting`, `website`,
    `course`, `reporting` or `database`.
    """
    usual: tuple[str, ...]
    """Keys of categories that are held there as a rule."""
    misplaced: tuple[str, ...]
    """Keys of categories that do not belong there; a parent stands for its children."""
    third_party_source: str | None
    """From whom the data comes, as in a notice's `sources`, where it is not the person."""
    signals: tuple[Signal, ...]
    references: tuple[str, ...] = ()
    """Where the signals are from."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """The user's word that what lies at a path is from a system."""

    glob: str
    """As in `--include`, from the target down; `!` or `/` before the path within a container."""
    system: str
    """Id of a profile, or a name of the user's own."""
    _patterns: Patterns = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_patterns", Patterns({self.glob, _slashed(self.glob)}))

    def fits(self, ref: DocumentRef) -> bool:
        """The document, or a folder or container around it, fits."""
        path = printable(ref.path)
        while (ref.parent) is not None:
            ref = ref.parent
            path = f"{printable(ref.path)}/{path}"
        return self._patterns.fit(path)


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """All profiles, the built-in ones first, in the order of their files."""

    by_id: Mapping[str, Profile]

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.by_id.values())

    def name(self, id: str, lang: str) -> str:
        """The shown name of a system; the id itself where only a path rule knows it."""
        profile = self.by_id.get(id)
        return id if profile is None else profile.name[lang]

    def words(self) -> dict[str, tuple[str, ...]]:
        """What a person may call each system: its names and that of its family."""
        return {profile.id: (*profile.name.values(), profile.family) for profile in self}


def load_profiles(paths: Sequence[str | Path] = ()) -> tuple[ProfileTable, tuple[PathRule, ...]]:
    """The built-in profiles with those in the user's files and folders, and the user's path rules.

    Raises ConfigError with file, line and the nearest right name. Of the rules, the first that fits counts.
    """
    by_id = dict(profiles().by_id)
    rules: list[PathRule] = []
    for path in paths:
        for file in files_in(Path(path)):
            found, more = _read(file, by_id)
            by_id |= found
            rules += more
    return ProfileTable(by_id), tuple(rules)


@cache
def profiles() -> ProfileTable:
    """The built-in profiles, read once."""
    by_id: dict[str, Profile] = {}
    for file in files_in(data_folder("configs") / "systems"):
        content, lines = read_marked(file, MAX_FILE_BYTES, ConfigError, "a file of systems")  # of a form that is tested
        by_id |= _made(content, lines, file, by_id)[0]
    return ProfileTable(by_id)


def files_in(path: Path) -> list[Path]:
    """The file, or the YAML files in a folder in the order of their names. Raises ConfigError."""
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())
        if not found:
            raise ConfigError(f"{path}: no YAML file with systems in this folder")
        return found
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file or folder")
    return [path]


def _read(file: Path, known: Mapping[str, Profile]) -> tuple[dict[str, Profile], list[PathRule]]:
    content, lines = read_form(file, "systems-1", "a file of systems")
    return _made(content, lines, file, known)


def _made(
    content: Mapping[str, Any], lines: Mapping[Key, int], file: Path, known: Mapping[str, Profile]
) -> tuple[dict[str, Profile], list[PathRule]]:
    found: dict[str, Profile] = {}
    for at, item in enumerate(content.get("systems", ())):
        key: Key = ("systems", at)
        where = f"{file}, line {lines[key]}"
        if item["id"] in known or item["id"] in found:
            raise ConfigError(f"{where}: there is a system {item['id']!r} already", "give it another id")
        _refuse_reserved(item["id"], where)
        found[item["id"]] = _profile(item, key, lines, file)
    rules = []
    for at, item in enumerate(content.get("paths", ())):
        _refuse_reserved(item["system"], f"{file}, line {lines['paths', at]}")
        rules.append(PathRule(item["glob"], item["system"]))
    return found, rules


def _profile(item: Mapping[str, Any], key: Key, lines: Mapping[Key, int], file: Path) -> Profile:
    signals = []
    for number, form in enumerate(item["signals"]):
        signals.append(signal_of(form, f"{file}, line {lines[*key, 'signals', number]}"))
    return Profile(
        id=item["id"], family=item["id"].partition(".")[0], name=item["name"],
        recipients=tuple(item.get("recipients", ())), kind=item["kind"],
        usual=tuple(item.get("usual", ())), misplaced=tuple(item.get("misplaced", ())),
        third_party_source=item.get("third_party_source"), signals=tuple(signals),
        references=tuple(item.get("references", ())),
    )  # fmt: skip


def _refuse_reserved(id: str, where: str) -> None:
    if id == UNASSIGNED:
        raise ConfigError(f"{where}: {UNASSIGNED!r} stands for no system", "give it another id")


def _slashed(glob: str) -> str:
    """The glob with `/` for each `!` that stands outside `[...]`: reports show members of containers after a `!`."""
    out, inside = [], False
    for char in glob:
        inside = char == "[" or (inside and char != "]")
        out.append("/" if char == "!" and not inside else char)
    return "".join(out)


def similar(rules: Sequence[PathRule], table: ProfileTable) -> list[str]:
    """Remarks on rules whose system no profile has but whose name is nearly that of one."""
    remarks = []
    for rule in rules:
        if rule.system not in table.by_id and (hint := nearest(rule.system, table.by_id)).startswith("did you mean"):
            remarks.append(f"path rule {rule.glob!r}: {rule.system!r} is a system of its own; {hint}")
    return remarks
