"""The category tree: which category an entity type is evidence of, its names, terms and legal flag.

Loads and checks `configs/categories.yaml`. Does not decide what was found, nor what a notice declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.registry import data_folder
from pii_scan.yaml_file import read_mapping

LANGUAGES = ("nb", "en")
_KEYS = {"key", "name", "dpv", "fideslang", "flag", "person", "note", "entity_types"}

MAX_TABLE_BYTES = 1 << 20


class Flag(StrEnum):
    """What the law says of a category beyond the general rules."""

    NONE = "none"
    SPECIAL = "special"
    """GDPR Art. 9: special categories."""
    CRIMINAL = "criminal"
    """GDPR Art. 10: criminal convictions and offences."""
    NATIONAL_ID = "national_id"
    """Personopplysningsloven section 12 (GDPR Art. 87): national identity numbers."""


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of personal data. Names and notes are by language, `nb` and `en`."""

    key: str
    name: Mapping[str, str]
    dpv: tuple[str, ...]
    """Terms of W3C DPV-PD, without prefix."""
    fideslang: tuple[str, ...]
    flag: Flag
    person: bool
    """False where the data is not about a person as such, and does not count as personal data in headlines."""
    note: Mapping[str, str]
    """Empty where the law says nothing particular."""
    entity_types: Mapping[str, Mapping[str, str]]
    """Entity type to its name by language."""


@dataclass(frozen=True, slots=True)
class CategoryTable:
    """All categories in the order of the file."""

    by_key: Mapping[str, Category]
    by_entity_type: Mapping[str, Category]

    def __iter__(self) -> Iterator[Category]:
        return iter(self.by_key.values())

    def of(self, entity_type: str) -> Category:
        """The category an entity type is evidence of. Raises ConfigError where there is none."""
        try:
            return self.by_entity_type[entity_type]
        except KeyError:
            hint = nearest(entity_type, self.by_entity_type)
            raise ConfigError(f"no category for entity type {entity_type!r}", hint) from None

    def name(self, key: str, lang: str) -> str:
        """The shown name of a category; the key itself where a user's own rule named one that the table lacks."""
        category = self.by_key.get(key)
        return key if category is None else category.name[lang]

    def entity_name(self, entity_type: str, lang: str) -> str:
        """The shown name of an entity type; the type itself where the table lacks it."""
        category = self.by_entity_type.get(entity_type)
        return entity_type if category is None else category.entity_types[entity_type][lang]

    def flag(self, key: str) -> Flag:
        """The legal flag of a category; `none` where the table lacks it."""
        category = self.by_key.get(key)
        return Flag.NONE if category is None else category.flag

    def note(self, key: str, lang: str) -> str:
        """The legal note of a category, or an empty text."""
        category = self.by_key.get(key)
        return "" if category is None else category.note.get(lang, "")

    def is_personal(self, key: str) -> bool:
        """Whether the category counts as personal data in headlines; a category that the table lacks does."""
        category = self.by_key.get(key)
        return category is None or category.person


def load_categories(path: Path) -> CategoryTable:
    """Reads and checks a category table. Raises ConfigError."""
    raw = read_mapping(path, MAX_TABLE_BYTES, ConfigError, "a category table")
    if set(raw) != {"categories"} or not isinstance(raw["categories"], list):
        raise ConfigError(f"{path.name}: the one top key must be 'categories', a list")
    by_key: dict[str, Category] = {}
    by_entity_type: dict[str, Category] = {}
    for number, entry in enumerate(raw["categories"], 1):
        category = _category(entry, f"{path.name}, category {number}")
        if category.key in by_key:
            raise ConfigError(f"{path.name}: category {category.key!r} stands twice")
        by_key[category.key] = category
        for entity_type in category.entity_types:
            if entity_type in by_entity_type:
                raise ConfigError(f"{path.name}: entity type {entity_type!r} stands twice")
            by_entity_type[entity_type] = category
    return CategoryTable(by_key, by_entity_type)


@cache
def categories() -> CategoryTable:
    """The table of this installation, read once."""
    return load_categories(data_folder("configs") / "categories.yaml")


def category_of(entity_type: str) -> str:
    """The key of the category an entity type is evidence of. Raises ConfigError where there is none."""
    return categories().of(entity_type).key


def _category(entry: Any, where: str) -> Category:
    if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
        raise ConfigError(f"{where}: must be a mapping with a 'key'")
    where = f"{where} ({entry['key']})"
    for unknown in sorted(set(map(str, entry)) - _KEYS):
        raise ConfigError(f"{where}: unknown field {unknown!r}", nearest(unknown, _KEYS))
    for missing in sorted(_KEYS - {"note", "person"} - set(entry)):
        raise ConfigError(f"{where}: field {missing!r} is missing")
    if entry["flag"] not in set(Flag):
        raise ConfigError(f"{where}: unknown flag", f"known: {', '.join(Flag)}")
    if not isinstance(entry.get("person", True), bool):
        raise ConfigError(f"{where}: 'person' must be true or false")
    entity_types = entry["entity_types"]
    if not isinstance(entity_types, dict):
        raise ConfigError(f"{where}: 'entity_types' must be a mapping")
    return Category(
        key=entry["key"],
        name=_by_language(entry["name"], f"{where}: name"),
        dpv=_words(entry["dpv"], f"{where}: dpv"),
        fideslang=_words(entry["fideslang"], f"{where}: fideslang"),
        flag=Flag(entry["flag"]),
        person=entry.get("person", True),
        note=_by_language(entry["note"], f"{where}: note") if "note" in entry else {},
        entity_types={str(k): _by_language(v, f"{where}: {k}") for k, v in entity_types.items()},
    )


def _by_language(value: Any, where: str) -> dict[str, str]:
    if (
        not isinstance(value, dict)
        or set(value) != set(LANGUAGES)
        or not all(isinstance(v, str) for v in value.values())
    ):
        raise ConfigError(f"{where}: must have a text for each of {', '.join(LANGUAGES)}")
    return value


def _words(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(f"{where}: must be a list of words")
    return tuple(value)
