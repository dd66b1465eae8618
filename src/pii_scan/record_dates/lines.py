"""Lines of logs and chats: the first time stamp within the first bytes of each line of a block of text.

A time stamp has a date, with its year, and a time of day: ISO 8601 and `2026-03-09 06:00:12,345`, `2026/03/09
06:00:12` (nginx), `[06/Feb/2026:00:00:38` (Common Log Format), `Feb  6 2026 00:00:38` and `Feb  6 00:00:38 2026`
(syslog with year, C's `ctime`), `04.03.2026, 05:06`, and Unix time with a fraction at the begin of the line (Squid).
Knows no keys: a stamp under a key that stands before it (`"x":"2026-...`) is none of a line.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.kernel import ROOM, native
from pii_scan.record_dates.forms import days_of
from pii_scan.record_dates.tally import NO_DAY, Days
from pii_scan.record_dates.words import words

HEAD_BYTES = 200
"""A stamp further into the line is of what the line tells."""
_PAD = 32
Bytes = npt.NDArray[np.uint8]
_DIGIT = np.zeros(256, np.bool_)
_DIGIT[48:58] = True
_OPENS = np.zeros(256, np.bool_)
_OPENS[list(b" \t[(|;,")] = True
_QUOTES = np.zeros(256, np.bool_)
_QUOTES[list(b"\"'<*")] = True
_LOOK_BACK = 40
_ROWS = 1 << 14


def line_days(data: Bytes, owned: int, continued: bool = False) -> tuple[Days, int]:
    """The days of the lines that have a stamp, and how many lines that are not empty begin before offset `owned`.

    `continued`: the first line began in an earlier block.
    """
    compiled = native()
    if compiled is None:
        stamps, lines = _stamps(data, owned, continued)
    else:
        stamps, lines = _compiled(compiled, data, owned, continued), compiled.lines(data, owned, continued)
    at, start, day = stamps
    if not len(at):
        return day, lines
    if len(at) > 1 and (at[1:] < at[:-1]).any():
        order = np.argsort(at, kind="stable")
        at, start, day = at[order], start[order], day[order]
    told = _of_another_thing(data, at, at - start)
    start, day = start[~told], day[~told]
    return day[np.diff(start, prepend=-1) != 0], lines


_Stamps = tuple[Days, Days, Days]
"""Offsets of stamps that stand where those of lines do, the begins of their lines, their days; in any order."""


def _compiled(kernel: ModuleType, data: Bytes, owned: int, continued: bool) -> _Stamps:
    """The stamps as the compiled kernel finds them."""
    columns = np.empty((3, min(len(data) // 16 + _PAD, ROOM)), np.int64)
    parts: list[Days] = []
    begin = 0
    while not parts or begin < len(data):
        count, begin = kernel.stamps(data, *columns, owned, continued, HEAD_BYTES, begin)
        parts.append(columns[:, :count].copy())
    at, start, day = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    return at, start, day


def _stamps(data: Bytes, owned: int, continued: bool) -> tuple[_Stamps, int]:
    """What the compiled kernel finds, and how many lines there are: its oracle, and in its place where it is not."""
    breaks = np.flatnonzero(data == 10)
    starts = np.concatenate([np.zeros(1, np.int64), breaks + 1])
    mine = starts < owned
    mine[0] &= not continued
    lines = int(((np.append(breaks, len(data)) - starts > 1) & mine).sum())
    padded = np.concatenate([np.full(_PAD, 10, np.uint8), data, np.zeros(_PAD, np.uint8)])
    found = [_iso(padded), _clf(padded), _syslog(padded), _dotted(padded), _unix(padded, starts + _PAD)]
    at = np.concatenate([part[0] for part in found]) - _PAD
    day = np.concatenate([part[1] for part in found])
    kept = (day != NO_DAY) & (at >= 0)
    at, day = at[kept], day[kept]
    line = np.searchsorted(starts, at, side="right") - 1
    offset = at - starts[line]
    before = padded[at + _PAD - 1]
    kept = (offset < HEAD_BYTES) & ((offset == 0) | _OPENS[before] | (offset == 1) & _QUOTES[before])
    kept &= mine[line]
    return (at[kept], starts[line[kept]], day[kept]), lines


def _of_another_thing(data: Bytes, at: Days, offset: Days) -> npt.NDArray[np.bool_]:
    """Whether a word shortly before the stamp says that it is no record's: of birth, of what is to come."""
    told = np.zeros(len(at), np.bool_)
    asked = np.flatnonzero((offset > 3) & (data[at - 1] != ord("[")))
    for first in range(0, len(asked), _ROWS):
        part = asked[first : first + _ROWS]
        told[part] = _has_excluded_word(data, at[part], offset[part])
    return told


def _has_excluded_word(data: Bytes, at: Days, offset: Days) -> npt.NDArray[np.bool_]:
    """Whether such a word stands in the bytes of the line before each offset."""
    back = np.minimum(offset, _LOOK_BACK)
    places = at[:, None] - back[:, None] + np.arange(_LOOK_BACK)
    texts = data[np.minimum(places, len(data) - 1)]
    texts[np.arange(_LOOK_BACK) >= back[:, None]] = 32
    bounds = pa.py_buffer(np.arange(len(at) + 1, dtype=np.int64) * _LOOK_BACK)
    before = pa.Array.from_buffers(pa.large_binary(), len(at), [None, bounds, pa.py_buffer(texts)])
    hit = pc.match_substring_regex(before, words().excluded.pattern, ignore_case=True)
    return np.asarray(hit.to_numpy(zero_copy_only=False), np.bool_)


_Found = tuple[Days, Days]
"""Offsets of stamps and their days."""


def _digits(data: Bytes, at: Days, *steps: int) -> npt.NDArray[np.bool_]:
    """Whether there are digits at all of the `steps` from each offset."""
    out = np.ones(len(at), np.bool_)
    for step in steps:
        out &= _DIGIT[data[at + step]]
    return out


def _number(data: Bytes, at: Days, count: int) -> Days:
    """The number in `count` digits from each offset; a blank counts as zero."""
    value = np.zeros(len(at), np.int64)
    for step in range(count):
        digit = data[at + step].astype(np.int64)
        value = value * 10 + np.where(digit == 32, 0, digit - 48)
    return value


def _iso(data: Bytes) -> _Found:
    """`yyyy-mm-dd` or `yyyy/mm/dd`, and `hh:mm` after `T` or a blank."""
    inner = data[_PAD:-_PAD]
    at = np.flatnonzero((inner == ord("-")) | (inner == ord("/"))) + _PAD - 4
    at = at[data[at + 7] == data[at + 4]]
    at = at[(data[at + 13] == ord(":")) & np.isin(data[at + 10], list(b"T \tt_"))]
    at = at[_digits(data, at, 0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15) & ~_DIGIT[data[at - 1]]]
    return at, days_of(_number(data, at, 4), _number(data, at + 5, 2), _number(data, at + 8, 2))


def _clf(data: Bytes) -> _Found:
    """`06/Feb/2026:00:00:38`."""
    at = np.flatnonzero(data[_PAD:-_PAD] == ord("/")) + _PAD - 2
    at = at[(data[at + 6] == ord("/")) & (data[at + 11] == ord(":")) & (data[at + 14] == ord(":"))]
    at = at[_digits(data, at, 0, 1, 7, 8, 9, 10, 12, 13) & ~_DIGIT[data[at - 1]]]
    return at, days_of(_number(data, at + 7, 4), _month(data, at + 3), _number(data, at, 2))


def _syslog(data: Bytes) -> _Found:
    """`Feb  6 2026 00:00:38`; `Feb  6 00:00:38 2026`, also with a fraction."""
    colon = np.flatnonzero(data[_PAD:-_PAD] == ord(":")) + _PAD
    colon = colon[(data[colon + 3] == ord(":")) & (data[colon - 3] == ord(" ")) & _digits(data, colon, -2, -1, 1, 2)]
    before = colon[_digits(data, colon, -4, -5, -6, -7) & (data[colon - 8] == ord(" "))]
    at_1 = before - 14
    day_1 = days_of(_number(data, before - 7, 4), _month(data, at_1), _number(data, before - 10, 2))
    after = colon[_digits(data, colon, -4) & ((data[colon - 5] == ord(" ")) | _DIGIT[data[colon - 5]])]
    year = np.where(data[after + 6] == ord("."), after + 14, after + 7)
    sound = (data[year - 1] == ord(" ")) & _digits(data, year, 0, 1, 2, 3)
    after, year = after[sound], year[sound]
    day_2 = days_of(_number(data, year, 4), _month(data, after - 9), _number(data, after - 5, 2))
    return np.concatenate([at_1, after - 9]), np.concatenate([day_1, day_2])


def _dotted(data: Bytes) -> _Found:
    """`04.03.2026 05:06`, with a comma after the year or without."""
    at = np.flatnonzero(data[_PAD:-_PAD] == ord(".")) + _PAD - 2
    at = at[(data[at + 5] == ord(".")) & np.isin(data[at + 10], list(b", \tT"))]
    at = at[_digits(data, at, 0, 1, 3, 4, 6, 7, 8, 9) & ~_DIGIT[data[at - 1]] & (data[at - 1] != ord("."))]
    hour = at + 11
    hour += data[hour] == ord(" ")
    at = at[_digits(data, hour, 0, 1, 3, 4) & np.isin(data[hour + 2], list(b":."))]
    return at, days_of(_number(data, at + 6, 4), _number(data, at + 3, 2), _number(data, at, 2))


def _unix(data: Bytes, starts: Days) -> _Found:
    """`1583298000.123` at the begin of a line."""
    at = starts[starts + 14 < len(data)]
    at = at[(data[at + 10] == ord(".")) & _digits(data, at, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12)]
    return at, _number(data, at, 10) // 86_400


_MONTHS = {
    int.from_bytes(name.encode(), "big"): number
    for number, names in enumerate(
        ("jan", "feb", "mar", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec des"), 1
    )
    for name in names.split()
}
_MONTH_KEYS = np.array(sorted(_MONTHS), np.int64)
_MONTH_NUMBERS = np.array([_MONTHS[key] for key in sorted(_MONTHS)], np.int64)


def _month(data: Bytes, at: Days) -> Days:
    """The month whose short name stands at each offset; 0 where none does."""
    letters = [(data[at + step] | 0x20).astype(np.int64) for step in range(3)]
    key = letters[0] << 16 | letters[1] << 8 | letters[2]
    place = np.minimum(np.searchsorted(_MONTH_KEYS, key), len(_MONTH_KEYS) - 1)
    return np.where(_MONTH_KEYS[place] == key, _MONTH_NUMBERS[place], 0)
