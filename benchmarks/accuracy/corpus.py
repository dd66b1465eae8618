"""Reads the corpus: texts and tables with their truth, as the units that a scan hands to a detector.

A text file is one unit, so that words on other lines count as they do in a scan; of a table every cell is one, with the
header of its column, and the header row is one more.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from accuracy.markup import MarkupError, Truth, parse

FOLDER = Path(__file__).resolve().parent / "corpus"
_RESERVED = re.compile(r"example(?=\.(?:no|com|org)\b)", re.IGNORECASE)
_LIFELIKE = "havglym"
"""As long as `example`, so that offsets stay."""


class Finding(NamedTuple):
    """What a detector says about one unit. Offsets are code points, half-open."""

    entity_type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One text that a detector sees as a whole."""

    document: str
    """The file, relative to the corpus."""
    text: str
    truths: tuple[Truth, ...] = ()
    header: str | None = None
    """The column's, of a table's cell; None for a text."""
    row: int = 0
    """Of a cell, from 1; the header row is 0."""
    column: int = 0

    def line_of(self, offset: int) -> int:
        """The line in the file, from 1."""
        return self.row + 1 if self.header is not None else self.text.count("\n", 0, offset) + 1


def load(folder: Path = FOLDER, *, lifelike: bool = False) -> list[Unit]:
    """Every unit of the corpus, files by name. Raises MarkupError, which names the file.

    `lifelike` gives the reserved domains example.no, .com and .org a name that nothing treats as an example, in memory
    only: some tools drop what looks like test data.
    """
    units = [
        unit
        for path in sorted([*folder.rglob("*.txt"), *folder.rglob("*.csv"), *folder.rglob("*.tsv")])
        for unit in (_text(path, folder) if path.suffix == ".txt" else _table(path, folder))
    ]
    return [replace(unit, text=_renamed(unit.text)) for unit in units] if lifelike else units


def columns(units: Iterable[Unit]) -> dict[tuple[str, int], list[int]]:
    """The places in `units` of each table column's cells, by document and column, rows in order."""
    places: dict[tuple[str, int], list[int]] = {}
    for place, unit in enumerate(units):
        if unit.header is not None:
            places.setdefault((unit.document, unit.column), []).append(place)
    return places


def lines(units: Iterable[Unit]) -> tuple[int, int]:
    """How many lines and table rows hold something, and how many of them hold no mark at all."""
    filled: set[tuple[str, int]] = set()
    marked: set[tuple[str, int]] = set()
    for unit in units:
        if unit.header is not None:
            filled.add((unit.document, unit.row + 1))
            if unit.truths:
                marked.add((unit.document, unit.row + 1))
            continue
        for number, line in enumerate(unit.text.split("\n"), start=1):
            if line.strip():
                filled.add((unit.document, number))
        for truth in unit.truths:
            first, last = unit.line_of(truth.start), unit.line_of(truth.end)
            marked.update((unit.document, number) for number in range(first, last + 1))
    return len(filled), len(filled - marked)


def _text(path: Path, folder: Path) -> list[Unit]:
    text, truths = _parsed(path.read_text(encoding="utf-8"), path)
    return [Unit(path.relative_to(folder).as_posix(), text, tuple(truths))]


def _table(path: Path, folder: Path) -> list[Unit]:
    """Cells by row. The sidecar `NAME.truth.json` types whole columns; other cells may hold marks."""
    sidecar = json.loads(path.with_suffix("").with_suffix(".truth.json").read_text(encoding="utf-8"))
    kinds: dict[str, str] = sidecar["columns"]
    document = path.relative_to(folder).as_posix()
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream, delimiter=sidecar["delimiter"])
    unknown = kinds.keys() - set(header)
    if unknown or any(len(row) != len(header) for row in rows):
        raise MarkupError(f"{document}: {sorted(unknown) or 'rows of other lengths than the header'}")
    units = [Unit(document, sidecar["delimiter"].join(header))]
    for number, row in enumerate(rows, start=1):
        for column, (title, cell) in enumerate(zip(header, row, strict=True)):
            if not cell:
                continue
            text, truths = _parsed(cell, path)
            if title in kinds and not truths:
                kind, end = kinds[title], len(text)
                truths = [Truth(tuple(kind.removeprefix("?").split("|")), 0, end, 0, end, kind.startswith("?"))]
            units.append(Unit(document, text, tuple(truths), title, number, column))
    return units


def _parsed(marked: str, path: Path) -> tuple[str, list[Truth]]:
    try:
        return parse(marked)
    except MarkupError as error:
        raise MarkupError(f"{path.name}: {error}") from None


def _renamed(text: str) -> str:
    return _RESERVED.sub(lambda found: _LIFELIKE.upper() if found[0].isupper() else _LIFELIKE, text)
