"""The summary that `scan` prints: what was found, what was not read, where the report lies. Plain text, to a width.

Emits no control characters but line ends, and ANSI colours only where asked.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pii_scan.findings.schema import STAGES
from pii_scan.model import printable
from pii_scan.report.model import View

MIN_WIDTH = 40
_BOLD, _WARN, _DIM, _END = "\x1b[1m", "\x1b[33m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers; the ones with the lowest `rank` are left out first where the width is short."""

    heading: str
    cells: tuple[str, ...]
    rank: int

    @property
    def width(self) -> int:
        """The widest of its cells."""
        return max(map(_width, (self.heading, *self.cells)))


def render(seen: View, *, width: int = 80, color: bool = False, report: str = "") -> str:
    """The summary of a view; lines are at most `width` (at least `MIN_WIDTH`) characters, but for paths."""
    width = max(width, MIN_WIDTH)
    paint = _Painter(color)
    lines: list[str] = []
    for text in _wrapped(seen.headline() + ".", width):
        lines.append(paint(text, _BOLD))
    for remark in seen.remarks():
        lines.extend(_wrapped(remark, width))
    for warning in seen.warnings():
        lines.extend(paint(text, _WARN) for text in _wrapped(warning, width))
    if seen.inventory.entries:
        lines += ["", *_table(seen, width, paint), "", *_systems(seen, width, paint)]
    lines += ["", *_coverage(seen, width, paint)]
    if seen.manifest.get("times"):
        lines += ["", *_times(seen, width, paint)]
    for note in seen.manifest.get("notes", []):
        lines.extend(_wrapped(f"{seen.t('method.notes')}: {printable(str(note))}", width))
    if report:
        lines += ["", seen.t("terminal.report", path=printable(report))]
    return "\n".join(line.rstrip().replace("\u202f", " ").replace("\u00a0", " ") for line in lines) + "\n"


def _table(seen: View, width: int, paint: _Painter) -> Iterator[str]:
    t, entries = seen.t, seen.inventory.entries
    synthetic = seen.inventory.totals.synthetic
    columns = [
        Column(t("column.documents"), tuple(t.number(e.documents) for e in entries), 3),
        Column(t("column.count"), tuple(t.number(e.count) for e in entries), 5),
        *([Column(t("column.synthetic"), tuple(t.number(e.synthetic) for e in entries), 1)] if synthetic else []),
        Column(t("column.distinct"), tuple(t.number(e.distinct) for e in entries), 4),
        Column(t("column.max_score"), tuple(t.score(e.score) for e in entries), 2),
    ]
    yield from _lines(t("column.category"), [seen.category(e.category) for e in entries], columns, width, paint)


def _systems(seen: View, width: int, paint: _Painter) -> Iterator[str]:
    t = seen.t
    shares = [share for share in seen.inventory.systems if share.with_findings]
    count: Counter[str] = Counter()
    for holding in seen.inventory.holdings:
        count[holding.system] += holding.count
    columns = [
        Column(t("column.documents"), tuple(t.number(share.with_findings) for share in shares), 3),
        Column(t("column.count"), tuple(t.number(count[share.system]) for share in shares), 5),
        Column(t("column.size"), tuple(t.size(share.size_bytes) for share in shares), 1),
    ]
    yield from _lines(t("column.system"), [seen.system(share.system) for share in shares], columns, width, paint)


def _lines(heading: str, names: Sequence[str], columns: list[Column], width: int, paint: _Painter) -> Iterator[str]:
    """A table; columns that do not fit are left out, those of the lowest rank first."""
    wanted = max(map(_width, (heading, *names)))
    while len(columns) > 1 and min(wanted, 33) + sum(c.width + 2 for c in columns) > width:
        columns.remove(min(columns, key=lambda c: c.rank))
    name_width = min(wanted, width - sum(c.width + 2 for c in columns))
    yield paint(_row(heading, [c.heading for c in columns], name_width, columns), _BOLD)
    yield paint("─" * (name_width + sum(c.width + 2 for c in columns)), _DIM)
    for i, name in enumerate(names):
        yield _row(name, [c.cells[i] for c in columns], name_width, columns)


def _row(name: str, cells: Sequence[str], name_width: int, columns: Sequence[Column]) -> str:
    numbers = "".join("  " + " " * (c.width - _width(cell)) + cell for c, cell in zip(columns, cells, strict=True))
    return _fitted(name, name_width) + numbers


def _times(seen: View, width: int, paint: _Painter) -> Iterator[str]:
    """Where the seconds of the workers went, by kind of document and stage."""
    t, rows = seen.t, seen.manifest["times"]
    stages = [Column(t(f"times.{stage}"), tuple(t.score(row[stage]) for row in rows), 5) for stage in STAGES]
    columns = [
        Column(t("column.documents"), tuple(t.number(row["documents"]) for row in rows), 3),
        Column(t("column.size"), tuple(t.size(row["bytes"]) for row in rows), 4),
        *stages,
    ]
    yield from _lines(t("times.seconds"), [str(row["media_type"]) for row in rows], columns, width, paint)


def _coverage(seen: View, width: int, paint: _Painter) -> Iterator[str]:
    t, coverage = seen.t, seen.inventory.coverage
    yield paint(t("terminal.coverage"), _BOLD)
    counts = {"seen": coverage.seen, "read": coverage.read, "partly": coverage.partly_read, "unread": coverage.unread}
    yield from _wrapped("  " + t("terminal.documents", **counts), width)
    yield "  " + t("terminal.bytes", seen=t.size(coverage.bytes_seen), read=t.size(coverage.bytes_read))
    if coverage.copies:
        yield from _wrapped("  " + t("coverage.copies", n=coverage.copies), width)
    if coverage.problems:
        yield paint(t("terminal.problems"), _WARN)
        digits = max(len(t.number(n)) for n in coverage.problems.values())
        for code, count in coverage.problems.items():
            yield _fitted(f"  {t.number(count):>{digits}}  {code}: {seen.code(code)}", width).rstrip()


class _Painter:
    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, style: str) -> str:
        return f"{style}{text}{_END}" if self._color else text


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _fitted(text: str, width: int) -> str:
    """The text padded or cut to a width."""
    if _width(text) > width:
        while text and _width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))


def _wrapped(text: str, width: int) -> Iterator[str]:
    """The text in lines; a first indent is kept on all of them."""
    indent = " " * (len(text) - len(text.lstrip(" ")))
    line = indent
    for word in text.split():
        if line.strip() and _width(line) + 1 + _width(word) > width:
            yield line
            line = indent
        line += f" {word}" if line.strip() else word
    yield line
