"""Contracts as data: reads their YAML files (schema `contract-1`) and says which file which contract is for.

Judges nothing: see `judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.form import read_form
from pii_scan.globs import Patterns
from pii_scan.inventory.categories import CategoryTable, categories
from pii_scan.yaml_file import Key

SUFFIXES = (".yaml", ".yml")
AS_REAL, ALLOWED, FORBIDDEN = "as_real", "allowed", "forbidden"


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entity type or category that may be there; None: without bound."""

    name: str
    """An entity type (capitals) or the key of a category; a parent key stands for its children."""
    max_count: int | None = None
    max_distinct: int | None = None
    max_share: float | None = None
    """Of the cells of the column that hold something, 0..1."""

    def covers(self, entity_type: str, category: str) -> bool:
        """Whether a detection is of this entity type or category."""
        return self.name in (entity_type, category) or category.startswith(f"{self.name}.")

    @property
    def bounded(self) -> bool:
        """Whether any bound stands."""
        return self.max_count is not None or self.max_distinct is not None or self.max_share is not None


@dataclass(frozen=True, slots=True)
class ColumnTerms:
    """What a contract says of one column."""

    name: str
    """Header; `sheet!header` where the sheet or table matters; `#3` for the third of those without header."""
    allow: tuple[Allowance, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Contract:
    """What one export may hold."""

    id: str
    owner: str
    expires: date
    """The last day it holds."""
    files: tuple[str, ...]
    allow: tuple[Allowance, ...]
    """For text, pages and parts, and for the columns that `columns` does not name."""
    columns: Mapping[str, ColumnTerms]
    new_columns: bool
    synthetic: str
    """AS_REAL, ALLOWED or FORBIDDEN."""
    comments: bool = False
    """Whether comments in the file may allow what stands on their line."""
    _patterns: Patterns = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_patterns", Patterns(self.files))

    def fits(self, file: str) -> bool:
        """Whether it is for this file; `!` stands before what lies within a container."""
        return self._patterns.fit(file.replace("!", "/"))

    def terms(self, sheet: str, name: str) -> ColumnTerms | None:
        """What it says of a column, the words on the column of that very sheet first."""
        return self.columns.get(f"{sheet}!{name}") or self.columns.get(name)


@dataclass(frozen=True, slots=True)
class Contracts:
    """All contracts of a call, in the order of their files."""

    all: tuple[Contract, ...]

    def for_file(self, file: str) -> Contract | None:
        """The first that is for the file."""
        return next((contract for contract in self.all if contract.fits(file)), None)


def load_contracts(paths: Sequence[str | Path], known: Iterable[str] = ()) -> Contracts:
    """The contracts in files, and in the YAML files of folders. `known`: entity types of the user's own rules.

    Raises ConfigError with file, line and the nearest right name.
    """
    found: dict[str, Contract] = {}
    for path in paths:
        for file in _files(Path(path)):
            contract = load_contract(file, known)
            if contract.id in found:
                raise ConfigError(f"{file}: there is a contract {contract.id!r} already", "give it another id")
            found[contract.id] = contract
    return Contracts(tuple(found.values()))


def load_contract(path: Path, known: Iterable[str] = ()) -> Contract:
    """The contract in the file `path`. Raises ConfigError."""
    content, lines = read_form(path, "contract-1", "a contract")
    reader = _Reader(path, lines, categories(), frozenset(known))
    columns = {name: reader.column(name, item, ("columns", name)) for name, item in content.get("columns", {}).items()}
    return Contract(
        id=content["contract"], owner=content["owner"], expires=reader.day(content["expires"]),
        files=tuple(content["files"]), allow=reader.allow(content["allow"], ("allow",), in_column=False),
        columns=columns, new_columns=content.get("new_columns", FORBIDDEN if columns else ALLOWED) == ALLOWED,
        synthetic=content.get("synthetic", AS_REAL), comments=content.get("comments", FORBIDDEN) == ALLOWED,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reader:
    """Values of one file, with the lines they stand on."""

    path: Path
    lines: Mapping[Key, int]
    table: CategoryTable
    own: frozenset[str]

    def where(self, key: Key) -> str:
        return f"{self.path}, line {self.lines.get(key, 1)}"

    def day(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ConfigError(f"{self.where(('expires',))}: there is no day {text!r}") from None

    def column(self, name: str, item: Any, key: Key) -> ColumnTerms:
        if isinstance(item, list):
            return ColumnTerms(name, self.allow(item, key, in_column=True), False)
        allowed = self.allow(item.get("allow", []), (*key, "allow"), in_column=True)
        return ColumnTerms(name, allowed, bool(item.get("required", False)))

    def allow(self, items: list[Any], key: Key, *, in_column: bool) -> tuple[Allowance, ...]:
        made: list[Allowance] = []
        for position, item in enumerate(items):
            allowance = Allowance(item) if isinstance(item, str) else Allowance(**item)
            where = self.where((*key, position))
            self._check_name(allowance.name, where)
            if allowance.max_share is not None and not in_column:
                raise ConfigError(f"{where}: 'max_share' is a share of a column's cells", "put it under 'columns'")
            if allowance.name in {other.name for other in made}:
                raise ConfigError(f"{where}: {allowance.name!r} stands twice")
            made.append(allowance)
        return tuple(made)

    def _check_name(self, name: str, where: str) -> None:
        keys = set(self.table.by_key)
        keys |= {key.rpartition(".")[0] for key in keys if "." in key}
        types = set(self.table.by_entity_type) | self.own
        if name not in keys and name not in types:
            raise ConfigError(f"{where}: no entity type or category is called {name!r}", nearest(name, keys | types))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())
    if not found:
        raise ConfigError(f"{path}: no YAML file with a contract in this folder")
    return found
