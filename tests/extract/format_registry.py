"""What a format is to the tests and to `docs/formats.md`: a made sample with values planted in it, and where each lies.

One list, three uses: `test_formats.py` finds every value at its place and mutates the samples, `docs/make_formats.py`
writes the table of formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pii_scan.model import ColumnOrigin, LineOrigin, PageOrigin, PartOrigin
from pii_scan.source_map import locate


@dataclass(frozen=True)
class Sample:
    """A made file of a format that is read."""

    name: str
    file: str
    types: tuple[str, ...]
    """The media types in `dispatch.READERS` that it stands for, its own first."""
    make: Callable[[], bytes]
    not_read: str = ""
    """What of the format is not read, or not placed."""
    tool: str = ""
    """A program without which it is not read."""
    spared: int = 0
    """Bytes at the begin that mutants keep, so that most stay of this type."""


def located(result: Any, top: str, values: Iterable[str]) -> dict[str, list[str]]:
    """Where each value lies in a walk: `line 3`, `page 2`, `part «x»`, `cell «sheet», row 2, column 2 «header»`, with
    the path of the member before it.
    """
    found: dict[str, list[str]] = {value: [] for value in values}
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(value)}" for value in found) or "(?!)")
    for item in result.batches:
        inside = item.ref.display.removeprefix(top).removeprefix("!")
        prefix = f"`{inside}`: " if inside else ""
        for number, text in enumerate(item.batch.texts.to_pylist()):
            for match in pattern.finditer(text or ""):
                before = len(text[: match.start()].encode())
                place = prefix + _place(item.batch.origin, number, text.encode(), before)
                if place not in found[match[0]]:
                    found[match[0]].append(place)
    return found


def _place(origin: Any, number: int, text: bytes, offset: int) -> str:
    if isinstance(origin, PageOrigin):
        return f"page {origin.first_page + number}"
    if isinstance(origin, PartOrigin):
        return f"part «{origin.parts[number]}»"
    if isinstance(origin, ColumnOrigin):
        row = origin.first_row + number if origin.rows is None else int(origin.rows[number])
        sheet = f"«{origin.sheet}», " if origin.sheet else ""
        column = f"{origin.column} «{origin.header}»" if origin.header else str(origin.column)
        return f"cell {sheet}row {row}, column {column}"
    assert isinstance(origin, LineOrigin)
    at = np.array([offset], np.int64)
    if origin.source_map is not None:
        lines, _ = origin.source_map.lines_and_columns(at)
    else:
        lines, _ = locate(text, np.flatnonzero(np.frombuffer(text, np.uint8) == 10), at)
    line = f"line {origin.first_line + int(lines[0])}"
    return f"«{origin.part}», {line}" if origin.part else line
