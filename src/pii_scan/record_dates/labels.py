"""The date that a letter, an invoice or minutes bear: the first date in running text that a word before it names
(«Fakturadato: 04.03.2026», «dato 4. mars 2026»).

Only the head of a document is looked at, and only one date is taken: such a document is one record.
"""

from __future__ import annotations

import re

import numpy as np

from pii_scan.record_dates.forms import named_day, read_days
from pii_scan.record_dates.tally import NO_DAY
from pii_scan.record_dates.words import sort_of, words

HEAD_BYTES = 64 << 10
_DATE = re.compile(
    r"(?<![\w.,/-])(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,2}\. ?[a-zA-Zæøå]{3,9}\.? \d{4}"
    r"|[A-Z][a-z]{2,8} \d{1,2}, \d{4})(?![\w/-]|[.,]\d)"
)
_LABEL = re.compile(r"([^\W\d_]+(?:[ -][^\W\d_]+)?)[ \t]?:?[ \t\r\n]{1,8}$")
_LOOK_BACK = 48


def labelled_day(text: str, last_day: int) -> int:
    """The day that the text bears, at most `last_day`; `NO_DAY` where it bears none.

    >>> labelled_day("Faktura 17, dato 02.01.1970, forfall 16.01.1970", 100)
    1
    >>> labelled_day("Kari, født 02.01.1970. Forfallsdato: 05.01.1970", 100) == NO_DAY
    True
    """
    period = words().sorts.index("period")
    for found in _DATE.finditer(text):
        label = _LABEL.search(text[max(found.start() - _LOOK_BACK, 0) : found.start()])
        if label is None or sort_of(label[1]) in (-1, period):
            continue
        day = _day(found[0])
        if 0 <= day <= last_day:
            return day
    return NO_DAY


def _day(text: str) -> int:
    data = np.frombuffer(text.encode(), np.uint8)
    day = int(read_days(data, np.zeros(1, np.int64), np.array([len(data)]), 2099).day_first[0])
    return named_day(text) if day == NO_DAY else day
