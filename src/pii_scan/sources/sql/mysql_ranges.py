"""Where to cut a table of MariaDB or MySQL whose key is no single whole number: at values of the key's first column.

A place between two keys is guessed from how they are written; the server says which key comes first from there on, and
estimates from its index how many rows lie on each side (EXPLAIN). All comparing is the server's, so that a poor guess
under an odd collation costs balance and no row: ranges are half open, and adjoin. No more of the index is walked
than `_WALK` rows at a time, where guessing fails.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]

_SHARES = (0.5, 0.25, 0.75, 0.125, 0.875)
_LEAST = 16
"""A cut that leaves less than one part in so many on a side is a poor one."""
_WALK = 100_000
_SECONDS = 20.0
"""After which what is left is not cut any further: a worker that plans gives no sign of life."""
_LETTERS = " -.0123456789@_abcdefghijklmnopqrstuvwxyz"
_HEX = "0123456789abcdef"
_DEPTH = 24
"""Characters or bytes of a key that a guess looks at, from the first that differs."""
_TEXTS = frozenset({"char", "varchar"})
_BYTES = frozenset({"binary", "varbinary"})
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_MOMENTS = frozenset({"date", "datetime", "timestamp"})
KINDS = _TEXTS | _BYTES | _WHOLE | _MOMENTS | {"uuid", "decimal"}
_SAFE = re.compile(r"[0-9a-fA-F :.+-]+")


@dataclass(frozen=True, slots=True)
class Column:
    """The first column of a primary key. `kind`: one of `KINDS`."""

    name: str
    """Quoted."""
    kind: str
    charset: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A key: how it is written, and as SQL that means just that key."""

    value: Any
    sql: str


class Ranges:
    """One table that is to be cut. `ask` raises DocumentError and ConnectionLost."""

    def __init__(self, ask: Ask, relation: str, column: Column, *, is_mariadb: bool) -> None:
        self._ask = ask
        self._relation = f"{relation} FORCE INDEX (PRIMARY)"
        self._column = column
        self._rows_at = 8 if is_mariadb else 9
        """Where EXPLAIN has its estimate (MariaDB has no column `filtered` and `partitions` by itself)."""

    def cuts(self, count: int) -> list[tuple[str, float]]:
        """At most about `count` - 1 keys as SQL, ascending, and the estimated share of the rows before each."""
        low, high = self._key("", "ASC"), self._key("", "DESC")
        if low is None or high is None or low == high:
            return []
        total = self._estimate("", "")
        small, splits, deadline = max(total // (3 * count), 1), 8 * count + 16, time.monotonic() + _SECONDS
        waiting, spans = [(low, high, total)], []
        while waiting:
            first, last, rows = waiting.pop()
            cut = None
            if rows > small and splits > 0 and time.monotonic() < deadline:
                splits -= 1
                cut = self._between(first, last, rows)
            if cut is None:
                spans.append((first, rows))
            else:
                before = self._estimate(first.sql, cut.sql)
                waiting += [(cut, last, self._estimate(cut.sql, last.sql)), (first, cut, before)]
        return _joined(spans, count)

    def _between(self, low: Cut, high: Cut, rows: int) -> Cut | None:
        """A key of the table that is after `low` and before `high`, about in the middle; None where there is none."""
        within = f"{self._column.name} > {low.sql} AND {self._column.name} < {high.sql}"
        for share in _SHARES:
            guess = _guess(self._column.kind, low.value, high.value, share)
            if guess is None:
                break
            cut = self._key(f"{within} AND {self._column.name} >= {guess}", "ASC")
            if cut is not None and rows <= (before := self._estimate(low.sql, cut.sql)) * _LEAST:
                if (rows - before) * _LEAST >= rows:
                    return cut
        walks = (self._key(within, "ASC", min(rows // part, _WALK)) for part in (2, 8, 64, rows + 1))
        return next((cut for cut in walks if cut is not None), None)

    def _key(self, condition: str, order: str, skipped: int = 0) -> Cut | None:
        name, kind = self._column.name, self._column.kind
        written = name if kind in _TEXTS | _BYTES else f"CAST({name} AS CHAR)"
        where = f" WHERE {condition}" if condition else ""
        found = self._ask(
            f"SELECT {written}, HEX({name}) FROM {self._relation}{where} ORDER BY {name} {order} LIMIT {skipped}, 1"
        )
        if not found:
            return None
        value, stored = found[0]
        if kind in _TEXTS:
            return Cut(value, f"_{self._column.charset} x'{stored}'")
        if kind in _BYTES:
            return Cut(value, f"x'{stored}'")
        if not _SAFE.fullmatch(value):
            return None
        return Cut(value, value if kind in _WHOLE or kind == "decimal" else f"'{value}'")

    def _estimate(self, low: str, high: str) -> int:
        """About how many rows there are from one key on and before another; in all without them."""
        name = self._column.name
        where = f" WHERE {name} >= {low} AND {name} < {high}" if low else ""
        found = self._ask(f"EXPLAIN SELECT 1 FROM {self._relation}{where}")
        return int(found[0][self._rows_at] or 0) if found else 0


def _joined(spans: list[tuple[Cut, int]], count: int) -> list[tuple[str, float]]:
    """The beginnings of about `count` ranges, but for the first, and the share of the rows before each."""
    cuts: list[tuple[str, float]] = []
    total = max(sum(rows for _, rows in spans), 1)
    target = total / count
    gathered, before = 0, 0
    for first, rows in spans:
        if gathered and gathered + rows > target:
            cuts.append((first.sql, before / total))
            gathered = 0
        gathered += rows
        before += rows
    return cuts


def _guess(kind: str, low: Any, high: Any, share: float) -> str | None:
    """SQL of something between two keys; None where nothing can be guessed."""
    if kind in _TEXTS:
        used = set(f"{low}{high}".lower())
        letters = next((some for some in (_HEX, f"-{_HEX}") if used <= set(some)), _LETTERS)
        return f"_utf8mb4 x'{_middle(low, high, share, letters).encode('utf-8', 'replace').hex()}'"
    if kind == "uuid":
        digits = _middle(low.replace("-", ""), high.replace("-", ""), share, _HEX)[:32].ljust(32, "0")
        return f"'{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}'"
    if kind in _BYTES:
        width = max(len(low), len(high), 1)
        first, last = (int.from_bytes(value.ljust(width, b"\0"), "big") for value in (low, high))
        return f"x'{max(_part(first, last, share), 0).to_bytes(width, 'big').hex()}'"
    if kind in _MOMENTS:
        try:
            first_day, last_day = dt.datetime.fromisoformat(low), dt.datetime.fromisoformat(high)
        except ValueError:  # 0000-00-00
            return None
        return f"'{(first_day + (last_day - first_day) * share).replace(microsecond=0).isoformat(' ')}'"
    if kind == "decimal":
        return f"{Decimal(low) + (Decimal(high) - Decimal(low)) * Decimal(share):f}"
    return str(_part(int(low), int(high), share))


def _part(low: int, high: int, share: float) -> int:
    return low + (high - low) * int(share * 8) // 8


def _middle(low: str, high: str, share: float, letters: str) -> str:
    """A text between two, as if its letters were digits."""
    same = next((at for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    prefix = low[:same]
    first, last = (_number(value[len(prefix) :], letters) for value in (low, high))
    middle, digits = max(_part(first, last, share), 0), ""
    for _ in range(_DEPTH):
        middle, digit = divmod(middle, len(letters))
        digits = letters[digit] + digits
    return prefix + (digits.rstrip(letters[0]) or letters[0])


def _number(text: str, letters: str) -> int:
    number = 0
    for letter in text.lower()[:_DEPTH].ljust(_DEPTH, letters[0]):
        at = letters.find(letter)
        number = number * len(letters) + (at if at >= 0 else len(letters) - 1 if letter > "z" else 0)
    return number
