"""Many short texts to days at once, in columns of bytes: the written forms of dates.

Forms: ISO 8601 (and with `/` or `.`), `yyyy-mm`, `yyyymmdd` alone or before a time, day.month.year, day/month/year or
month/day/year (both readings are given; the column decides), months by name in Norwegian and English, Unix time in
seconds, milliseconds, microseconds and nanoseconds. Text after the date is not looked at. Knows no headers.
"""

from __future__ import annotations

import re
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pii_scan.kernel import native
from pii_scan.record_dates.tally import NO_DAY, Days
from pii_scan.record_dates.words import words

WIDTH = 32
"""Bytes of a text that are looked at: the longest form, «Wednesday, 4. september 2019», has 29."""
Bytes = npt.NDArray[np.uint8]
_ROWS = 1 << 15
_ISO = len("yyyy-mm-dd")
_FEW = 64
"""So few texts are not worth a look at whether all are written alike."""
_DAY_SECONDS = 86_400
_UNIX = {10: _DAY_SECONDS, 13: _DAY_SECONDS * 10**3, 16: _DAY_SECONDS * 10**6, 19: _DAY_SECONDS * 10**9}
"""Digits of a number to its units in a day."""
_BEFORE = np.zeros(256, np.bool_)
_BEFORE[list(b" \t'\"=")] = True
_AFTER = np.zeros(256, np.bool_)
_AFTER[list(b"\0 \tTt,;Z+\"'")] = True


class Read(NamedTuple):
    """A day, or `NO_DAY`, for each text; in two readings that differ where day and month can be told by the column."""

    day_first: Days
    month_first: Days


def read_days(data: Bytes, starts: Days, lengths: Days, century: int) -> Read:
    """The days of the texts that begin at `starts` in `data`.

    `century`: the year of two digits up to which a year is of this century, later ones of the last.
    """
    compiled = native()
    if compiled is not None:
        return _compiled(compiled, data, starts, lengths, century)
    alike = _all_iso(data, starts, lengths)
    if alike is not None:
        return alike
    parts = [
        _read(_block(data, starts[at : at + _ROWS], lengths[at : at + _ROWS]), century)
        for at in range(0, len(starts), _ROWS)
    ]
    if len(parts) == 1:
        return parts[0]
    none = np.zeros(0, np.int64)
    if not parts:
        return Read(none, none)
    return Read(np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]))


def _compiled(kernel: ModuleType, data: Bytes, starts: Days, lengths: Days, century: int) -> Read:
    """The days as the compiled kernel reads them; names of months are for `_named`."""
    day_first, month_first = np.empty((2, len(starts)), np.int64)
    by_name = np.empty(len(starts), np.bool_)
    if kernel.days(data, starts, lengths, day_first, month_first, by_name, century):
        rows = np.flatnonzero(by_name)
        for first in range(0, len(rows), _ROWS):
            part = rows[first : first + _ROWS]
            day_first[part] = month_first[part] = _named(_block(data, starts[part], lengths[part]), century)
    return Read(day_first, month_first)


_ISO_DIGITS = [0, 1, 2, 3, 5, 6, 8, 9]


def _all_iso(data: Bytes, starts: Days, lengths: Days) -> Read | None:
    """The days of texts that are all written `yyyy-mm-dd`, with or without a time, as databases and most exports write
    them; None where one is not.
    """
    if len(starts) < _FEW or lengths.min() < _ISO:
        return None
    block = data[starts[:, None] + np.arange(min(_ISO + 1, int(lengths.min())))]
    if not (block[:, [4, 7]] == ord("-")).all() or (block.shape[1] > _ISO and not _AFTER[block[:, _ISO]].all()):
        return None
    if block.shape[1] == _ISO and lengths.max() > _ISO:
        return None
    digits = block[:, _ISO_DIGITS] - np.uint8(48)  # wraps round for what lies before 0
    if (digits > 9).any():
        return None
    y1, y2, y3, y4, m1, m2, d1, d2 = digits.T.astype(np.int64)
    days = days_of(1000 * y1 + 100 * y2 + 10 * y3 + y4, 10 * m1 + m2, 10 * d1 + d2)
    return Read(days, days)


def _block(data: Bytes, starts: Days, lengths: Days) -> Bytes:
    """The first bytes of each text as a row, zeros after its end; blanks, quotes and `=` before it are left out."""
    ends = starts + lengths
    for _ in range(3):
        starts = starts + (_BEFORE[data[np.minimum(starts, len(data) - 1)]] & (starts < ends))
    width = min(WIDTH, int(np.max(ends - starts, initial=0)) + 1)
    places = starts[:, None] + np.arange(width)
    block = data[np.minimum(places, len(data) - 1)]
    block[places >= ends[:, None]] = 0
    return np.asarray(block)


def _read(block: Bytes, century: int) -> Read:
    digit = (block >= 48) & (block <= 57)
    first = _run_end(digit, np.full(len(block), -1))
    day_first = np.full(len(block), NO_DAY, np.int64)
    month_first = day_first.copy()
    grouped = (first >= 1) & (first <= 4)
    if grouped.any():
        at = np.flatnonzero(grouped)
        day_first[at], month_first[at] = _grouped(block[at], digit[at], first[at], century)
    solid = first >= 8
    if solid.any():
        at = np.flatnonzero(solid)
        day_first[at] = month_first[at] = _solid(block[at], first[at])
    letter = (block | 0x20 >= 97) & (block | 0x20 <= 122) | (block >= 0x80)
    named = (day_first == NO_DAY) & (month_first == NO_DAY) & (first <= 2) & letter.any(axis=1)
    if named.any():
        at = np.flatnonzero(named)
        day_first[at] = month_first[at] = _named(block[at], century)
    return Read(day_first, month_first)


def _run_end(digit: npt.NDArray[np.bool_], before: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The column of each row at which the run of digits after column `before` ends."""
    run = digit | (np.arange(digit.shape[1]) <= before[:, None])
    return np.asarray(np.where(run.all(axis=1), digit.shape[1], np.argmin(run, axis=1)))


def _grouped(block: Bytes, digit: npt.NDArray[np.bool_], first: Days, century: int) -> tuple[Days, Days]:
    """Groups of digits between marks: year-month-day, day.month.year, year-month."""
    rows = np.arange(len(block))
    last = block.shape[1] - 1
    second = _run_end(digit, first)
    third = _run_end(digit, np.minimum(second, last))
    mark, mark_2 = block[rows, np.minimum(first, last)], block[rows, np.minimum(second, last)]
    after = block[rows, np.minimum(third, last)]
    a, b, c = (
        _number(block, begin, end)
        for begin, end in ((np.zeros_like(first), first), (first + 1, second), (second + 1, third))
    )
    short_b = (second - first - 1 >= 1) & (second - first - 1 <= 2)
    last_length = third - second - 1
    whole = short_b & (mark == mark_2) & np.isin(mark, list(b"-./")) & _AFTER[after]
    year_first = whole & (first == 4) & (last_length >= 1) & (last_length <= 2)
    year_last = whole & (first <= 2) & ((last_length == 4) | (last_length == 2))
    month_only = short_b & (first == 4) & (second - first == 3) & (mark == ord("-")) & (mark_2 == 0)
    year = np.where(last_length == 4, c, np.where(c <= century % 100, c + 2000, c + 1900))
    day_first = np.full(len(block), NO_DAY, np.int64)
    day_first[year_first] = days_of(a[year_first], b[year_first], c[year_first])
    day_first[month_only] = days_of(a[month_only], b[month_only], np.ones(int(month_only.sum()), np.int64))
    month_first = day_first.copy()
    day_first[year_last] = days_of(year[year_last], b[year_last], a[year_last])
    turned = year_last & (mark != ord("."))  # no one writes month.day.year
    month_first[year_last] = day_first[year_last]
    month_first[turned] = days_of(year[turned], a[turned], b[turned])
    american = turned & (month_first != NO_DAY)
    if american.any():
        american[american] = _has_half_day(block[american])
        day_first[american] = NO_DAY
    return day_first, month_first


def _has_half_day(block: Bytes) -> npt.NDArray[np.bool_]:
    """Whether a time is written with AM or PM: so do those who write the month first."""
    lower = block | 0x20
    return np.asarray(((lower[:, 1:] == ord("m")) & np.isin(lower[:, :-1], list(b"ap"))).any(axis=1))


def _number(block: Bytes, begin: Days, end: Days) -> Days:
    """The number in the columns from `begin` to `end` of each row; four digits at most are read."""
    rows = np.arange(len(block))
    value = np.zeros(len(block), np.int64)
    for step in range(4):
        at = begin + step
        digit = block[rows, np.minimum(at, block.shape[1] - 1)].astype(np.int64) - 48
        value = np.where(at < end, value * 10 + digit, value)
    return value


def _solid(block: Bytes, length: Days) -> Days:
    """Digits alone: `yyyymmdd`, with a time of day or without, or Unix time by its number of digits."""
    out = np.full(len(block), NO_DAY, np.int64)
    after = block[np.arange(len(block)), np.minimum(length, block.shape[1] - 1)]
    for digits, units in _UNIX.items():
        at = np.flatnonzero((length == digits) & (_AFTER[after] | (after == ord(".")) & (digits == 10)))
        if len(at):
            value = block[at, :digits].astype(np.int64) - 48
            total = np.zeros(len(at), np.int64)
            for column in range(min(digits, 18)):  # the last digit of nanoseconds would run over, and says nothing
                total = total * 10 + value[:, column]
            out[at] = total // (units if digits < 19 else units // 10)
    dated = np.isin(length, (8, 12, 14)) & (_AFTER[after] | (length == 14) & (after == ord(".")))
    dated |= (length == 8) & np.isin(after, list(b"_-"))
    at = np.flatnonzero(dated)
    if len(at):
        value = block[at, :8].astype(np.int64) - 48
        year = value[:, 0] * 1000 + value[:, 1] * 100 + value[:, 2] * 10 + value[:, 3]
        out[at] = days_of(year, value[:, 4] * 10 + value[:, 5], value[:, 6] * 10 + value[:, 7])
    return out


def days_of(year: Days, month: Days, day: Days) -> Days:
    """The days of the calendar, `NO_DAY` where it has no such day."""
    sound = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0)
    start = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    end = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    sound &= day <= end - start
    return np.where(sound, start + day - 1, NO_DAY)


def _named(block: Bytes, century: int) -> Days:
    """Months by their names; each text that is different is read once."""
    texts, back = np.unique(np.ascontiguousarray(block).view(f"S{block.shape[1]}").ravel(), return_inverse=True)
    days = [named_day(text.decode("utf-8", "replace"), century) for text in texts.tolist()]
    return np.array(days, np.int64)[back.ravel()]


def named_day(text: str, century: int = 99) -> int:
    """The day that a text with a month's name begins with, or `NO_DAY`.

    >>> named_day("4. mars 2019"), named_day("Mar 4, 2019 3:04 PM"), named_day("Wed, 04 Mar 2019 05:06:07 +0100")
    (17959, 17959, 17959)
    >>> named_day("4. mai er en dag") == NO_DAY
    True
    """
    expression, numbers = _named_forms()
    found = expression.match(text.strip().lower())
    if found is None:
        return NO_DAY
    groups = found.groupdict()
    day, month, year = (groups[f"{what}1"] or groups[f"{what}2"] or groups[f"{what}3"] for what in "dmy")
    number = int(year)
    if len(year) == 2:
        number += 2000 if number <= century % 100 else 1900
    made = days_of(np.array([number]), np.array([numbers[month]]), np.array([int(day)]))
    return int(made[0])


@cache
def _named_forms() -> tuple[re.Pattern[str], dict[str, int]]:
    numbers = {name: n for n, names in enumerate(words().names["months"], 1) for name in names}
    month = "|".join(sorted(numbers, key=len, reverse=True))
    week_day = r"(?:[a-zæøå]{2,9}\.?,? +)?(?:den )?"
    forms = (
        rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?[ ./-]{{1,2}}(?P<m1>{month})\.?[ ./,-]{{1,2}}(?P<y1>\d{{4}}|\d\d)(?!\d)",
        rf"(?P<m2>{month})\.?[ -](?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?:, ?|[ -])(?P<y2>\d{{4}})(?!\d)",
        rf"(?P<m3>{month}) {{1,2}}(?P<d3>\d{{1,2}}) \d\d:\d\d:\d\d(?:\.\d+)? (?P<y3>\d{{4}})(?!\d)",
    )
    return re.compile(f"{week_day}(?:{'|'.join(forms)})"), numbers
