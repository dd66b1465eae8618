"""The date that a letter, an invoice or minutes bear: the first date in running text that a word before it names
(«Fakturadato: 04.03.2026», «dato 4. mars 2026»).

Only the head of a document is looked at, and only one date is taken: such a document is one record.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from pii_scan.record_dates.forms import named_day, read_days
from pii_scan.record_dates.tally import NO_DAY
from pii_scan.record_dates.words import sort_of, words

HEAD_BYTES = 64 << 10
_DATE = re.compile(
    r"(?<![\w.,/-])(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,2}\. ?[a-zA-Zæøå]{3,9}\.? \d{4}"
    r"|[A-Z][a-z]{2,8} \d{1,2}, \d{4})(?![\w/-]|[.,]\d)"
)
_LABEL = re.compile(r"\n?[ \t\r\n]{1,8}:?[ \t]?([^\W\d_]+(?:[ -][^\W\d_]+)?)")
"""One word or two before a date, read from the date backwards: so there is one place to try."""
_LOOK_BACK = 48
_BEFORE_YEAR = len("31. september. ") + 1
"""So many signs, no fewer than there can be, are between the begin of a date and that of its year."""
_FOREIGN_DIGITS = 0x660
"""Digits of other scripts, which expressions take for digits, begin here (Unicode category Nd)."""
_SHORT = 512
"""Characters of a text that is gone through sooner than its places are found."""
_WORD_OR_GAP = np.zeros(128, np.bool_)
_WORD_OR_GAP[[*range(65, 91), *range(97, 123), *b" \t\r\n:"]] = True
"""What may stand before the blank before a date that a word names."""


def labelled_day(text: str, last_day: int) -> int:
    """The day that the text bears, at most `last_day`; `NO_DAY` where it bears none.

    >>> labelled_day("Faktura 17, dato 02.01.1970, forfall 16.01.1970", 100)
    1
    >>> labelled_day("Kari, født 02.01.1970. Forfallsdato: 05.01.1970", 100) == NO_DAY
    True
    """
    period = words().sorts.index("period")
    for at in _after_words(text):
        found = _DATE.match(text, at)
        label = _LABEL.match(text[max(at - _LOOK_BACK, 0) : at][::-1]) if found is not None else None
        if found is None or label is None or sort_of(label[1][::-1]) in (-1, period):
            continue
        day = _day(found[0])
        if 0 <= day <= last_day:
            return day
    return NO_DAY


def _after_words(text: str) -> list[int]:
    """Where a date may begin that a word stands before; there are few such places in prose, and hardly any in logs.

    No date begins within another one after a blank, so each place is for itself.
    """
    if len(text) < _SHORT:
        return [found.start() for found in _DATE.finditer(text)]
    try:
        points: npt.NDArray[np.uint8 | np.uint32] = np.frombuffer(text.encode("latin-1"), np.uint8)
        digit = points - np.uint8(48) < 10  # wraps round for what lies before 0
    except UnicodeEncodeError:
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        digit = (points - np.uint32(48) < 10) | (points >= _FOREIGN_DIGITS)
    years = np.flatnonzero(digit[:-3] & digit[1:-2] & digit[2:-1] & digit[3:])
    if not len(years):
        return []
    first = digit[2:] | (points[2:] - points.dtype.type(65) < 26)
    blank = points[1:-1]
    at = np.flatnonzero(first & ((blank == 32) | (blank == 10) | (blank == 9) | (blank == 13))) + 2
    before = points[at - 2]
    at = at[(before >= 128) | _WORD_OR_GAP[np.minimum(before, 127)]]
    year = years[np.minimum(np.searchsorted(years, at), len(years) - 1)]
    found: list[int] = at[(year >= at) & (year - at <= _BEFORE_YEAR)].tolist()
    return found


def _day(text: str) -> int:
    data = np.frombuffer(text.encode(), np.uint8)
    day = int(read_days(data, np.zeros(1, np.int64), np.array([len(data)]), 2099).day_first[0])
    return named_day(text) if day == NO_DAY else day
