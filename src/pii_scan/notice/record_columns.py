"""Recognises the columns of a table that holds a record of processing activities, by the names of their headers.

The names lie in `configs/ropa/columns.yaml`; a mapping file of the user's adds others. Reads no activity.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from pii_scan.errors import ConfigError, nearest
from pii_scan.form import read_form
from pii_scan.notice.record_sheets import MAX_COLUMNS, Row, Sheet
from pii_scan.notice.record_words import table

HEADER_ROWS = 30
"""A header stands among the first so many rows."""
NAMING = ("name", "purposes", "id", "business_area")
"""Fields that tell activities apart: a table needs one of them."""
_NUMBERING = re.compile(r"^\(?(?:\d{1,2}|[a-hA-H])[.)]\s*")
_MANDATORY = re.compile(r"(?i)\b(?:obligatorisk|valgfri(?:tt)?|mandatory|optional|required)\b")


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a mapping file says."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Plain header to field."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Plain header to the header as written in the mapping."""
    keep: frozenset[str] = frozenset()
    """Plain headers that are kept under their own name."""
    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, and how it was understood."""

    number: int
    """From 1."""
    header: str
    field: str | None
    """None: ignored. A name that no field of the record has: kept under it."""
    hint: str = ""
    """The nearest name that is known, where it is ignored."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet with its header."""

    sheet: Sheet
    header_row: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    """Those below the header."""

    @property
    def known(self) -> tuple[Column, ...]:
        """The columns that were understood."""
        return tuple(column for column in self.columns if column.field is not None)


def load_mapping(path: Path) -> Mapped:
    """The mapping file `path`. Raises ConfigError with the line and the nearest field."""
    content, lines = read_form(path, "ropa-mapping-1", "a mapping of columns")
    columns: dict[str, str] = {}
    headers: dict[str, str] = {}
    for name, given in content["columns"].items():
        line = lines["columns", name]
        if name not in fields():
            raise ConfigError(f"{path}, line {line}: there is no field {name!r}", nearest(name, fields()))
        for header in (given,) if isinstance(given, str) else given:
            if plain_header(header) in columns:
                raise ConfigError(f"{path}, line {line}: the column {header!r} is given to two fields")
            columns[plain_header(header)] = name
            headers[plain_header(header)] = header
    keep = frozenset(map(plain_header, content.get("keep", ())))
    headers |= {plain_header(header): header for header in content.get("keep", ())}
    return Mapped(columns, headers, keep, content.get("sheet"), content.get("header_row"))


def fields() -> tuple[str, ...]:
    """The fields that a column can hold, in the order of our own export."""
    return tuple(entry["field"] for entry in table("columns")["columns"])


@cache
def known_headers() -> Mapping[str, str]:
    """Plain header to field."""
    tables = table("columns")
    found: dict[str, str] = {}
    for entry in tables["columns"]:
        for name in (entry["field"], entry["export"], *entry.get("names", ())):
            found.setdefault(plain_header(name), entry["field"])
    for entry in tables["ico"]:
        found.setdefault(plain_header(entry["header"]), entry["field"])
    return found


def plain_header(text: str) -> str:
    """A header as it is compared.

    >>> plain_header(" 3. Kategorier av  registrerte (art. 30 nr. 1 c) *")
    'kategorier av registrerte'
    """
    key = re.sub(r"\([^()]*\)|[*:?]", " ", _NUMBERING.sub("", text.strip().casefold()))
    key = re.sub(r"\s*[-–—]\s+|\s+[-–—]\s*", " - ", _MANDATORY.sub(" ", key).replace("_", " "))
    return " ".join(key.split()).strip(" .-–/")


def find_tables(sheets: Sequence[Sheet], path: Path, mapped: Mapped) -> tuple[list[Table], list[str]]:
    """(the tables of the record, notes on sheets that were left out). Raises ConfigError where there is none.

    The sheet with most columns that are known, and the others with the same ones (one sheet for each department).
    """
    notes = []
    candidates = []
    for sheet in _chosen(sheets, path, mapped):
        if sheet.hidden and mapped.sheet is None:
            notes.append(f"sheet {sheet.name} is hidden and was not read")
            continue
        found = _table(sheet, path, mapped)
        if found is not None:
            candidates.append(found)
        elif sheet.name is not None and sheet.rows:
            notes.append(f"sheet {sheet.name} has no column that is known and was not read")
    if not candidates:
        raise _no_table(path, mapped, sheets)
    best = max(candidates, key=lambda one: len(one.known))
    _check_mapped(best, path, mapped)
    wanted = {column.field for column in best.known}
    taken = [one for one in candidates if {column.field for column in one.known} == wanted]
    notes += [
        f"sheet {one.sheet.name} has other columns than sheet {best.sheet.name} and was not read"
        for one in candidates if one not in taken
    ]  # fmt: skip
    return [replace(one, columns=tuple(map(_hinted, one.columns))) for one in taken], notes


def _chosen(sheets: Sequence[Sheet], path: Path, mapped: Mapped) -> Sequence[Sheet]:
    if mapped.sheet is None or all(sheet.name is None for sheet in sheets):
        return sheets
    chosen = [sheet for sheet in sheets if sheet.name == " ".join(mapped.sheet.split())]
    if not chosen:
        hint = nearest(mapped.sheet, [str(sheet.name) for sheet in sheets])
        raise ConfigError(f"{path}: there is no sheet {mapped.sheet!r}", hint)
    return chosen


def _table(sheet: Sheet, path: Path, mapped: Mapped) -> Table | None:
    """The sheet with the row that has most known headers; None where none names activities."""
    if mapped.header_row is not None:
        rows = [row for row in sheet.rows if row.number == mapped.header_row]
    else:
        rows = [row for row in sheet.rows if row.number <= HEADER_ROWS]
    best: tuple[Column, ...] = ()
    at = 0
    for row in rows:
        columns = _columns(row, mapped)
        if _width(columns) > _width(best):
            best, at = columns, row.number
    if not {column.field for column in best} & set(NAMING):
        return None
    return Table(sheet, at, best, tuple(row for row in sheet.rows if row.number > at))


def _width(columns: Sequence[Column]) -> int:
    """Distinct fields: a row of data in which one word stands often is no header."""
    return len({column.field for column in columns if column.field is not None})


def _field(key: str) -> str | None:
    """The field of a plain header; of «Slettefrist/Lagringstid» the one that both parts name."""
    known = known_headers()
    if key in known:
        return known[key]
    parts = {known.get(part.strip(" -.")) for part in re.split(r"/|,| og | eller | or | and ", key)}
    return parts.pop() if len(parts) == 1 else None


def _columns(row: Row, mapped: Mapped) -> tuple[Column, ...]:
    found = []
    for number, header in enumerate(row.cells, 1):
        if not header.strip():
            continue
        key, shown = plain_header(header), " ".join(header.split())[:120]
        if key in mapped.columns:
            found.append(Column(number, shown, mapped.columns[key]))
        elif key in mapped.keep:
            found.append(Column(number, shown, shown))
        elif (name := _field(key)) is not None:
            found.append(Column(number, shown, name))
        else:
            found.append(Column(number, shown, None))
    return tuple(found)


def _hinted(column: Column) -> Column:
    """With the nearest name that is known, where it is ignored and one is near."""
    if column.field is not None:
        return column
    close = difflib.get_close_matches(plain_header(column.header), known_headers(), n=1, cutoff=0.8)
    return replace(column, hint=f"did you mean {_shown_name(close[0])!r}?") if close else column


def _shown_name(key: str) -> str:
    """A known header as it is written, not as it is compared."""
    tables = table("columns")
    names = [name for entry in tables["columns"] for name in (entry["export"], *entry.get("names", ()))]
    return next((name for name in names if plain_header(name) == key), key)


def _check_mapped(found: Table, path: Path, mapped: Mapped) -> None:
    """Each header that the mapping names stands in the table."""
    headers = {plain_header(column.header): column.header for column in found.columns}
    for key, header in mapped.headers.items():
        if key not in headers:
            where = found.sheet.where(path, found.header_row)
            raise ConfigError(f"{where}: there is no column {header!r}", nearest(header, headers.values()))


def _no_table(path: Path, mapped: Mapped, sheets: Sequence[Sheet]) -> ConfigError:
    seen = [cell for sheet in sheets for row in sheet.rows[:HEADER_ROWS] for cell in row.cells if cell.strip()]
    for key, header in mapped.headers.items():
        if key not in map(plain_header, seen):
            short = [cell for cell in seen[:MAX_COLUMNS] if len(cell) < 60]
            return ConfigError(f"{path}: there is no column {header!r}", nearest(header, short) if short else "")
    wanted = [entry["export"] for entry in table("columns")["columns"] if entry["field"] in NAMING]
    wanted += [entry["header"] for entry in table("columns")["ico"] if entry["field"] in NAMING]
    what = "no column that names an activity"
    if mapped.header_row is not None:
        what += f" in row {mapped.header_row}"
    for cell in [cell for cell in seen if len(cell) < 60][:MAX_COLUMNS]:
        close = difflib.get_close_matches(plain_header(cell), known_headers(), n=1, cutoff=0.8)
        if close and known_headers()[close[0]] in NAMING:
            what += f"; {cell[:40]!r} is near {_shown_name(close[0])!r}"
            break
    hint = f"looked for {', '.join(repr(name) for name in wanted)} and their variants; others by --ropa-mapping"
    return ConfigError(f"{path}: {what}", hint)
