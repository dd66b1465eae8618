"""Dates of birth. Sources: ISO 8601 (year-month-day), Språkrådet's rules for dates (12.3.1985, 12. mars 1985), and how
dates are written in English. The age limit is that of the oldest person known (122 years).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from pii_scan.detect.validators.verdict import REJECTED, VALID

MAX_AGE = 122
"""Years."""
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jan january januari", "februar feb february febr februari", "mars mar march märz", "april apr",
            "mai may mai", "juni jun june", "juli jul july", "august aug augusti", "september sep sept",
            "oktober okt october oct", "november nov", "desember des december dec dezember",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_TIME = re.compile(r"[ T]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[ ]?[+-]\d\d:?\d\d)?$")
_NUMBERS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]{3,}")


def birth_date(text: str, as_of: date) -> int:
    """A day of the calendar that is not after `as_of` and not so long ago that nobody alive was born then.

    Of the readings that a written form allows (12/03/1985: day or month first; two-digit years: either century) one
    must fit.
    """
    return _birth_date(text.strip(), as_of)


@lru_cache(maxsize=1 << 14)
def _birth_date(text: str, as_of: date) -> int:
    alive = any(born <= as_of and as_of.year - born.year <= MAX_AGE for born in birth_dates(text))
    return VALID if alive else REJECTED


def birth_dates(text: str) -> Iterator[date]:
    """Every day of the calendar that a written date can be."""
    for year, month, day in _readings(_TIME.sub("", text.strip())):
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _readings(text: str) -> Iterator[tuple[int, int, int]]:
    """(year, month, day), not all of the calendar, for each way to read `text`."""
    numbers = _NUMBERS.findall(text)
    named = [_MONTHS[word] for word in _WORD.findall(text.lower()) if word in _MONTHS]
    if named and len(numbers) == 2:
        day, year = (numbers[0], numbers[1]) if len(numbers[0]) <= 2 else (numbers[1], numbers[0])
        for full in _years(year):
            yield full, named[0], int(day)
        return
    if len(numbers) == 1:
        numbers = list(_split(numbers[0]))
    for i in range(0, len(numbers) - 2, 3):
        a, b, c = numbers[i : i + 3]
        if len(a) == 4:
            yield int(a), int(b), int(c)
        elif len(a) <= 2 and len(b) <= 2:
            for full in _years(c):
                yield full, int(b), int(a)
                if "/" in text:
                    yield full, int(a), int(b)


def _split(digits: str) -> Iterator[str]:
    """The parts of ddmmyy, ddmmyyyy and yyyymmdd, three for each reading; of five or seven digits a zero was lost."""
    if len(digits) in (5, 7):
        digits = f"0{digits}"
    if len(digits) in (6, 8):
        yield from (digits[:2], digits[2:4], digits[4:])
    if len(digits) == 8:
        yield from (digits[:4], digits[4:6], digits[6:])


def _years(written: str) -> Iterator[int]:
    """The years that a written one can be: of two digits one in each century."""
    if len(written) == 4:
        yield int(written)
    elif len(written) == 2:
        yield from (2000 + int(written), 1900 + int(written))
