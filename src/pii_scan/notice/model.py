"""A published privacy notice as a value: what its text says, and `None` where the text is silent.

Reads and checks the YAML model (schema `notice-1`); judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError, nearest
from pii_scan.form import read_form
from pii_scan.inventory.categories import categories
from pii_scan.yaml_file import Key, shown_key

RIGHTS = (
    "access", "rectification", "erasure", "restriction", "portability", "objection", "withdraw_consent", "complaint",
)  # fmt: skip
"""GDPR Art. 13(2)(b) to (d)."""


@dataclass(frozen=True, slots=True)
class LawReference:
    """A provision that the text cites, and what the text says it is about."""

    cite: str
    about: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose of processing."""

    id: str
    legal_basis: tuple[str, ...]
    """GDPR Art. 6(1), as `6.1.b`; empty where the text is silent."""
    art9: tuple[str, ...] = ()
    """GDPR Art. 9(2), as `9.2.b`."""
    categories: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    secure_identification: bool = False
    """It needs certain identification (personopplysningsloven section 12)."""
    claim: str | None = None
    """`anonymous` where the text says that the data is."""
    towards: tuple[str, ...] = ()
    """To whom the purpose is an obligation."""
    defect: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient that the text names."""

    id: str
    name: str
    aliases: tuple[str, ...]
    role: str | None
    for_: tuple[str, ...]
    country: str | None
    """ISO 3166-1 alpha-2."""
    transfer: str | None
    """The safeguard for a transfer out of the EEA."""
    valid_from: str | None = None
    valid_to: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """How long the text says that something is kept."""

    categories: tuple[str, ...] | None
    """None: all."""
    subjects: tuple[str, ...]
    period: str | None
    """ISO 8601 duration."""
    criteria: str | None
    legal_ref: str | None
    starts_from: str | None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """The whole notice."""

    id: str
    language: str
    published: str | None
    jurisdiction: str
    law_refs: tuple[LawReference, ...]
    controller: str | None
    orgnr: str | None
    contact: Mapping[str, str] | None
    dpo: Mapping[str, str] | None
    role_wording: str | None
    data_subjects: tuple[str, ...]
    categories: Mapping[str, int | None]
    """Key of the category tree to the line that declares it."""
    sources: tuple[str, ...]
    purposes: tuple[Purpose, ...]
    recipients: tuple[Recipient, ...]
    retention: tuple[RetentionLine, ...]
    rights: Mapping[str, bool | str | None]
    rights_subjects: tuple[str, ...]
    """To whom the rights are given, where the text names only some; empty for all."""
    consequence_of_not_providing: bool | str | None
    automated_decisions: bool | str | None
    legitimate_interests: bool | str | None
    denials: Mapping[str, int | None]
    """Category that the text says is not processed, to the line."""


def load_notice(path: str | Path) -> Notice:
    """The notice in the YAML file `path`. Raises ConfigError with the line and the nearest right name."""
    path = Path(path)
    content, lines = read_form(path, "notice-1", "a notice")
    _check_confirmed(content, path, lines)
    _check_ids(content, path, lines)
    _check_categories(content, path, lines)
    head, controller, art13, rights = (content[name] for name in ("notice", "controller", "art13", "rights"))
    return Notice(
        id=head["id"], language=head["language"], published=head["published"], jurisdiction=head["jurisdiction"],
        law_refs=tuple(LawReference(item["cite"], item["about"], item.get("line")) for item in head["law_refs"]),
        controller=controller["name"], orgnr=controller["orgnr"], contact=controller["contact"], dpo=controller["dpo"],
        role_wording=controller.get("role_wording"),
        data_subjects=tuple(content["data_subjects"]),
        categories=_with_lines(content["categories"], "key"),
        sources=tuple(content["sources"]),
        purposes=tuple(_purpose(item) for item in content["purposes"]),
        recipients=tuple(_recipient(item) for item in content["recipients"]),
        retention=tuple(_retention(item) for item in content["retention"]),
        rights={name: rights[name] for name in RIGHTS}, rights_subjects=tuple(rights.get("subjects", ())),
        consequence_of_not_providing=art13["consequence_of_not_providing"],
        automated_decisions=art13["automated_decisions"], legitimate_interests=art13["legitimate_interests"],
        denials=_with_lines(content["denials"], "category"),
    )  # fmt: skip


def _purpose(item: Mapping[str, Any]) -> Purpose:
    return Purpose(
        id=item["id"], legal_basis=_several(item["legal_basis"]), art9=_several(item.get("art9")),
        categories=tuple(item.get("categories", ())), subjects=tuple(item.get("subjects", ())),
        secure_identification=item.get("secure_identification", False), claim=item.get("claim"),
        towards=tuple(item.get("towards", ())), defect=item.get("defect"), line=item.get("line"),
    )  # fmt: skip


def _recipient(item: Mapping[str, Any]) -> Recipient:
    return Recipient(
        id=item["id"], name=item["name"], aliases=tuple(item.get("aliases", ())), role=item["role"],
        for_=tuple(item["for"]), country=item["country"], transfer=item.get("transfer"),
        valid_from=item.get("valid_from"), valid_to=item.get("valid_to"), line=item.get("line"),
    )  # fmt: skip


def _retention(item: Mapping[str, Any]) -> RetentionLine:
    declared = item["categories"]
    return RetentionLine(
        categories=None if declared == "all" else tuple(declared), subjects=tuple(item.get("subjects", ())),
        period=item.get("period"), criteria=item.get("criteria"), legal_ref=item.get("legal_ref"),
        starts_from=item.get("starts_from"), line=item.get("line"),
    )  # fmt: skip


def _several(value: str | list[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _with_lines(items: Iterable[str | Mapping[str, Any]], name: str) -> dict[str, int | None]:
    pairs = ((item, None) if isinstance(item, str) else (item[name], item.get("line")) for item in items)
    return dict(pairs)


def _check_confirmed(content: Mapping[str, Any], path: Path, lines: Mapping[Key, int]) -> None:
    """No entry is still a draft's proposal."""
    lists: list[tuple[Key, list[Any]]] = [(("notice", "law_refs"), content["notice"]["law_refs"])]
    lists += [((name,), content[name]) for name in ("categories", "recipients", "denials")]
    waiting = [
        lines[*key, i] for key, items in lists for i, item in enumerate(items)
        if isinstance(item, dict) and item.get("confirm")
    ]  # fmt: skip
    if waiting:
        count = f"{len(waiting)} entries wait" if len(waiting) > 1 else "an entry waits"
        message = f"{path}, line {min(waiting)}: {count} for a person to confirm what the draft proposes"
        raise ConfigError(message, "compare each with the text, then take 'confirm' away")


def _check_ids(content: Mapping[str, Any], path: Path, lines: Mapping[Key, int]) -> None:
    """No purpose and no recipient may stand twice, nor a category be declared twice."""
    lists = {
        name: [item["id"] for item in content[name]] for name in ("purposes", "recipients")
    } | {
        name: [item if isinstance(item, str) else item[key] for item in content[name]]
        for name, key in (("categories", "key"), ("denials", "category"))
    }  # fmt: skip
    for name, ids in lists.items():
        for position, value in enumerate(ids):
            if value in ids[:position]:
                line = lines[name, position]
                raise ConfigError(f"{path}, line {line}: {value!r} stands twice in {name!r}")


def _check_categories(content: Mapping[str, Any], path: Path, lines: Mapping[Key, int]) -> None:
    """Every category that is named is one of the tree, or a parent of some."""
    for key, value in _named_categories(content):
        if value not in known_categories():
            line = lines.get(key, 1)
            message = f"{path}, line {line}: there is no category {value!r} ({shown_key(key)})"
            raise ConfigError(message, nearest(value, known_categories()))


def _named_categories(content: Mapping[str, Any]) -> Iterable[tuple[Key, str]]:
    for name, inner in (("categories", "key"), ("denials", "category")):
        for i, item in enumerate(content[name]):
            yield ((name, i), item) if isinstance(item, str) else ((name, i, inner), item[inner])
    for name in ("purposes", "retention"):
        for i, item in enumerate(content[name]):
            declared = item.get("categories", ())
            for j, value in enumerate(() if declared == "all" else declared):
                yield (name, i, "categories", j), value


def known_categories() -> frozenset[str]:
    """Keys of the category tree with their parents: `online_id` stands for `online_id.cookie` and its siblings."""
    keys = set(categories().by_key)
    return frozenset(keys | {key[: found.start()] for key in keys for found in re.finditer(r"\.", key)})
