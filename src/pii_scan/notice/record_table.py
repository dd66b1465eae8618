"""Makes activities of the rows of a table whose columns are known; notes say what was not read as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pii_scan.errors import ConfigError
from pii_scan.notice.record import Activity
from pii_scan.notice.record_columns import NAMING, Table
from pii_scan.notice.record_sheets import Row
from pii_scan.notice.record_systems import Systems
from pii_scan.notice.record_words import bases, country, is_blank, is_yes, named_categories, period, plain, said, values

WHOLE = (
    "controller", "orgnr", "controller_address", "controller_email", "controller_phone", "dpo_name", "dpo_address",
    "dpo_email", "dpo_phone",
)  # fmt: skip
"""Fields of the record as a whole, which a table repeats in each row."""
_FOLD = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


@dataclass
class Reader:
    """Collects the activities of one or several tables."""

    path: Path
    systems: Systems
    activities: list[Activity] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    whole: dict[str, str] = field(default_factory=dict)

    def read(self, table: Table) -> None:
        """Reads all rows. Raises ConfigError for an id that stands twice."""
        for row in table.rows:
            cells = _by_field(table, row)
            where = table.sheet.where(self.path, row.number)
            blank = is_blank(cells.get("name", ""))
            cells = {name: text for name, text in cells.items() if said(text)}
            self._take_whole(cells, where)
            own = {name: text for name, text in cells.items() if name not in WHOLE}
            if blank:
                self.notes.append(f"{where}: nobody has named the activity yet, left out")
            elif not own:
                continue
            elif not any(name in own for name in NAMING):
                self._continue(own, where)
            else:
                self._add(own, where)

    def _take_whole(self, cells: Mapping[str, str], where: str) -> None:
        for name in WHOLE:
            text = said(cells.get(name, ""))
            if text and self.whole.setdefault(name, text) != text:
                self.notes.append(f"{where}: another {name.replace('_', ' ')} than in the rows before, left out")

    def _add(self, cells: Mapping[str, str], where: str) -> None:
        said_id = " ".join(said(cells.get("id", "")).split())
        purposes = values(cells.get("purposes", ""), prose=True)
        name = " ".join(said(cells.get("name", "")).split())
        name = name or (purposes[0] if purposes else " ".join(said(cells.get("business_area", "")).split())) or said_id
        known = {activity.id: activity for activity in self.activities}
        if said_id and said_id in known:
            raise ConfigError(f"{where}: the id {said_id!r} stands twice", f"also {known[said_id].where}")
        id_ = said_id or _free_id(name, known)
        self.activities.append(self._filled(Activity(id_, name, where), cells, where))

    def _continue(self, cells: Mapping[str, str], where: str) -> None:
        """A row without a name goes on with the one above, as where cells are merged."""
        if not self.activities:
            self.notes.append(f"{where}: names no activity, left out")
            return
        last = self.activities[-1]
        self.notes.append(f"{where}: names no activity, read with {last.id!r} above")
        more = self._filled(Activity(last.id, last.name, where), cells, where)
        self.activities[-1] = _joined(last, more)

    def _filled(self, activity: Activity, cells: Mapping[str, str], where: str) -> Activity:
        categories, others = self._categories(cells.get("categories", ""))
        legal, art9, basis_text = _bases(cells)
        kept = {
            name: said(text) for name, text in cells.items()
            if name not in _TAKEN and not (name == "legal_basis_text" and basis_text)
        }  # fmt: skip
        if basis_text:
            kept["legal_basis_text"] = basis_text
            self.notes.append(f"{where}: the legal basis is kept as written, it names no point of Art. 6(1) or 9(2)")
        countries = values(cells.get("third_countries", ""))
        if any(is_yes(name) for name in countries):
            kept["transferred"] = "ja"
            self.notes.append(f"{where}: a transfer to third countries, but no country is named")
        activity = replace(
            activity,
            purposes=tuple(values(cells.get("purposes", ""), prose=True)),
            systems=self._systems(cells.get("systems", ""), where),
            categories=categories, other_categories=others,
            recipients=_unique([*values(cells.get("recipients", "")), *values(cells.get("processors", ""))]),
            legal_basis=legal, art9=art9,
            secure_identification=is_yes(cells.get("secure_identification", "")),
            third_countries=_unique(country(name) for name in countries if not is_yes(name)),
            safeguards=said(cells.get("safeguards", "")), security=said(cells.get("security", "")),
            starts_from=" ".join(said(cells.get("starts_from", "")).split()),
            subjects=tuple(values(cells.get("subjects", ""))), paths=tuple(values(cells.get("paths", ""))),
            tables=tuple(values(cells.get("tables", ""))),
        )  # fmt: skip
        return self._with_retention(activity, said(cells.get("retention", "")), kept, where)

    def _with_retention(self, activity: Activity, text: str, kept: dict[str, str], where: str) -> Activity:
        found = period(text) if text else None
        if found is None:
            if text:
                self.notes.append(f"{where}: the deadline for erasure is kept as written, it is no single period")
            return replace(activity, retention_text=text, fields=kept)
        if found.aside:
            kept["retention_note"] = "\n".join(filter(None, (kept.get("retention_note", ""), found.aside)))
        starts = activity.starts_from or found.starts_from
        return replace(activity, retention=found.duration, starts_from=starts, fields=kept)

    def _categories(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        keys: list[str] = []
        others: list[str] = []
        for value in values(text):
            found = named_categories(value)
            keys += found
            others += [] if found else [value]
        return _unique(keys), _unique(others)

    def _systems(self, text: str, where: str) -> tuple[str, ...]:
        named: list[str] = []
        for value in values(text):
            ids = self.systems.named(value)
            if not ids:
                self.notes.append(f"{where}: no system profile is known by the name {value!r}")
            named += ids or (value,)
        return _unique(named)


_TAKEN = frozenset(
    ("id", "name", "purposes", "systems", "categories", "recipients", "legal_basis", "art9", "retention", "starts_from",
     "secure_identification", "third_countries", "safeguards", "security", "subjects", "paths", "tables")
)  # fmt: skip
"""Fields of an activity's own; the others are kept for the way back."""


def _by_field(table: Table, row: Row) -> dict[str, str]:
    """The texts of a row by field; several columns of a field one under the other."""
    cells: dict[str, str] = {}
    for column in table.known:
        text = row.cells[column.number - 1].strip() if column.number <= len(row.cells) else ""
        name = str(column.field)
        if text and not (name in ("id", "name") and cells.get(name)):
            # columns of one field may be split each in its own way, so that a comma still splits in each
            cells[name] = f"{cells[name]}\n{_split_commas(text)}" if cells.get(name) else text
    return cells


def _split_commas(text: str) -> str:
    return "\n".join(values(text)) or text


def _bases(cells: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """(Art. 6(1), Art. 9(2), what is neither) that the two columns name."""
    six, nine, rest = [], [], []
    for name, article in (("legal_basis", "6"), ("art9", "9")):
        text = said(cells.get(name, ""))
        found = bases(text, article)
        six += found[0]
        nine += found[1]
        if text and not (found[0] or found[1]):
            rest.append(text)
    return _unique(six), _unique(nine), "\n".join(rest)


def _joined(first: Activity, more: Activity) -> Activity:
    """Two rows of one activity: lists one after the other, texts of the first where it has one."""
    lists = (
        "purposes", "systems", "paths", "tables", "categories", "other_categories", "subjects", "recipients",
        "legal_basis", "art9", "third_countries",
    )  # fmt: skip
    changed: dict[str, object] = {name: _unique([*getattr(first, name), *getattr(more, name)]) for name in lists}
    for name in ("starts_from", "safeguards", "security"):
        texts = _unique(filter(None, (getattr(first, name), getattr(more, name))))
        changed[name] = "\n".join(texts)
    changed["secure_identification"] = first.secure_identification or more.secure_identification
    changed["fields"] = {**more.fields, **first.fields}
    changed |= _retention(first, more)
    return replace(first, **changed)  # type: ignore[arg-type]  # names of fields


def _retention(first: Activity, more: Activity) -> dict[str, object]:
    """The one deadline, or both in words."""
    if more.retention is None and not more.retention_text:
        return {"retention": first.retention, "retention_text": first.retention_text}
    if first.retention is None and not first.retention_text:
        return {"retention": more.retention, "retention_text": more.retention_text}
    if (first.retention, first.retention_text) == (more.retention, more.retention_text):
        return {"retention": first.retention, "retention_text": first.retention_text}
    texts = (one.retention_text or str(one.retention) for one in (first, more))
    return {"retention": None, "retention_text": "\n".join(texts)}


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _free_id(name: str, taken: Iterable[str]) -> str:
    """An id made from a name."""
    stem = re.sub(r"[^a-z0-9]+", "-", plain(name).translate(_FOLD)).strip("-")[:60] or "activity"
    number, id_ = 1, stem
    while id_ in taken:
        number += 1
        id_ = f"{stem}-{number}"
    return id_
