"""Text with its truth written into it: what is marked is personal data, what is not is none.

`⟦TYPE:text⟧` marks a span; `⟦TYPE|OTHER:text⟧` allows two types; `⟦?TYPE:text⟧` is a matter of taste and never counted;
`⟦TYPE:text with ⟦its core⟧ in it⟧` is right from the core up to the whole. Marks may hold line ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OPEN, CLOSE = "⟦", "⟧"
_LABEL = re.compile(r"([?]?)([A-Z][A-Z_]*(?:[|][A-Z][A-Z_]*)*):")


class MarkupError(ValueError):
    """Marks that cannot be read. Names the line, counted from 1."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One marked span of a text without marks. Offsets are code points, half-open."""

    types: tuple[str, ...]
    """The type under which it is counted, then others that are right too."""
    start: int
    end: int
    core_start: int
    core_end: int
    optional: bool = False
    """Found or not, it is not counted."""

    @property
    def has_core(self) -> bool:
        """Whether less than the whole is right too."""
        return (self.core_start, self.core_end) != (self.start, self.end)


@dataclass(slots=True)
class _Opened:
    types: tuple[str, ...]
    start: int
    optional: bool
    core: tuple[int, int] | None = None


def parse(marked: str) -> tuple[str, list[Truth]]:
    """The text without marks, and what they say, by start. Raises MarkupError.

    >>> parse("ring ⟦PHONE_NUMBER:68 05 12 34⟧")[1]
    [Truth(types=('PHONE_NUMBER',), start=5, end=16, core_start=5, core_end=16, optional=False)]
    >>> text, (truth,) = parse("har ⟦HEALTH:fått ⟦diabetes⟧⟧")
    >>> text, text[truth.core_start : truth.core_end]
    ('har fått diabetes', 'diabetes')
    """
    pieces: list[str] = []
    truths: list[Truth] = []
    opened: _Opened | None = None
    core_start: int | None = None
    at = length = 0
    for mark in re.finditer(f"[{OPEN}{CLOSE}]", marked):
        pieces.append(marked[at : mark.start()])
        length += mark.start() - at
        at = mark.end()
        if mark[0] == OPEN and opened is None:
            label = _LABEL.match(marked, at)
            if label is None:
                raise _error("a mark without a type", marked, at)
            at = label.end()
            opened = _Opened(tuple(label[2].split("|")), length, label[1] == "?")
        elif opened is None or (mark[0] == OPEN and (core_start is not None or opened.core)):
            raise _error("marks that do not nest", marked, at)
        elif mark[0] == OPEN:
            core_start = length
        elif core_start is not None:
            opened.core, core_start = (core_start, length), None
        else:
            core = opened.core or (opened.start, length)
            if core[0] == core[1] or not "".join(pieces)[opened.start : length].strip():
                raise _error("an empty mark", marked, at)
            truths.append(Truth(opened.types, opened.start, length, *core, opened.optional))
            opened = None
    if opened is not None:
        raise _error("a mark that does not end", marked, at)
    return "".join(pieces) + marked[at:], truths


def _error(what: str, marked: str, at: int) -> MarkupError:
    return MarkupError(f"{what} in line {marked.count(chr(10), 0, at) + 1}")
