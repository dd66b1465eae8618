"""Dates in names of files and folders: a day, a month, a quarter, a half-year, a year, or from one to another.

The innermost part of a path that has one decides. A name says less than a date in the data: it is given as each month
of what it names, one record a month.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from pii_scan.record_dates.tally import EPOCH, Month
from pii_scan.record_dates.words import words

MAX_NAME = 255
MAX_YEARS = 60
"""A longer stretch is no period."""


class Span(NamedTuple):
    """From the first day to the last."""

    first: date
    last: date


def months_of_name(path: str, as_of: date) -> list[Month]:
    """The months that a path names, up to `as_of`; empty where it names none.

    >>> [str(month.month) for month in months_of_name("regnskap/2019/Q3 2021.xlsx", date(2026, 1, 1))]
    ['2021-07-01', '2021-08-01', '2021-09-01']
    """
    for name in reversed(re.split(r"[/\\!]", path)):
        span = span_of(name[-MAX_NAME:], as_of)
        if span is not None:
            return list(_months(span, as_of))
    return []


def span_of(name: str, as_of: date) -> Span | None:
    """The time that one name speaks of. What begins after `as_of` or before 1970 is none; nor is a date of birth.

    >>> span_of("mars 2019.docx", date(2026, 1, 1))
    Span(first=datetime.date(2019, 3, 1), last=datetime.date(2019, 3, 31))
    """
    text = unicodedata.normalize("NFC", name).lower()
    if any(word in text for word in words().names["not_in"]):
        return None
    for expression, read in _forms():
        spans = []
        for found in expression.finditer(text):
            try:
                span = read(found)
            except (ValueError, OverflowError):
                continue
            if span is not None and EPOCH <= span.first <= as_of:
                spans.append(span)
        if spans:
            first, last = min(span.first for span in spans), max(span.last for span in spans)
            if last.year - first.year <= MAX_YEARS:
                return Span(first, last)
    return None


def _months(span: Span, as_of: date) -> Iterator[Month]:
    first, last = span.first, min(span.last, as_of)
    while first <= last:
        end = _end_of_month(first.year, first.month)
        yield Month(first.replace(day=1), "name", 1, first, min(end, last))
        first = end + timedelta(days=1)


def _end_of_month(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _stretch(year: int, month: int, count: int, to_year: int | None = None) -> Span:
    """`count` months from one on; or up to the same month of another year."""
    return Span(date(year, month, 1), _end_of_month(to_year or year, month + count - 1))


_YEAR = r"(?:19[7-9]\d|20\d\d)"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"


_Reader = Callable[[re.Match[str]], Span]


def _day(found: re.Match[str]) -> Span:
    day = date(int(found["y"]), int(found["m"]), int(found["d"]))
    return Span(day, day)


def _month(found: re.Match[str]) -> Span:
    return _stretch(int(found["y"]), int(found["m"]), 1)


def _years(found: re.Match[str]) -> Span:
    first, last = int(found["y"]), int(found["z"])
    if last < 100:
        last += first // 100 * 100 + (100 if last < first % 100 else 0)
    if not first < last <= first + MAX_YEARS:
        raise ValueError("no period")
    return Span(date(first, 1, 1), date(last, 12, 31))


def _year(found: re.Match[str]) -> Span:
    if _not_after().search(found.string[: found.start()]):
        raise ValueError("no year")
    return _stretch(int(found["y"]), 1, 12)


def _quarter(found: re.Match[str]) -> Span:
    return _stretch(int(found["y"]), int(found["n"]) * 3 - 2, 3)


def _half(found: re.Match[str]) -> Span:
    return _stretch(int(found["y"]), int(found["n"]) * 6 - 5, 6)


@cache
def _not_after() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(words().names['not_after'])})[ ._-]*$")


@cache
def _forms() -> list[tuple[re.Pattern[str], _Reader]]:
    """Expressions of a name in lower case and what each means; the first that is found decides."""
    known = words().names
    numbers = {name: n for n, names in enumerate(known["months"], 1) for name in names}
    seasons = {**dict.fromkeys(known["spring"], 1), **dict.fromkeys(known["autumn"], 7)}
    month, season, quarter, half = (
        "|".join(sorted(items, key=len, reverse=True))
        for items in (numbers, seasons, known["quarters"], known["halves"])
    )

    def named(found: re.Match[str]) -> Span:
        return _stretch(int(found["y"]), numbers[found["m"]], 1)

    def named_day(found: re.Match[str]) -> Span:
        day = date(int(found["y"]), numbers[found["m"]], int(found["d"]))
        return Span(day, day)

    def term(found: re.Match[str]) -> Span:
        return _stretch(int(found["y"]), seasons[found["m"]], 6)

    year, gap, letter, no_letter = rf"(?P<y>{_YEAR})", r"[ ._-]*", r"(?<![^\W\d_])", r"(?![^\W\d_])"
    sources: list[tuple[str, _Reader]] = [
        (rf"(?<!\d){year}(?P<s>[-_. ]?)(?P<m>{_MONTH})(?P=s)(?P<d>{_DAY})(?!\d{{1,3}}(?!\d))", _day),
        (rf"(?<![\d.])(?P<d>{_DAY}|[1-9])(?P<s>[-_. ])(?P<m>{_MONTH}|[1-9])(?P=s){year}(?!\d)", _day),
        (rf"(?<!\d)(?P<d>{_DAY}|[1-9])\.?[ _-]?{letter}(?P<m>{month})[ ._-]{{0,2}}{year}(?!\d)", named_day),
        (rf"{letter}(?P<m>{month}){gap}{year}(?!\d)", named),
        (rf"(?<!\d){year}{gap}(?P<m>{month}){no_letter}", named),
        (rf"(?<![a-zæøå\d])(?:{quarter}){gap}(?P<n>[1-4]){gap}{year}(?!\d)", _quarter),
        (rf"(?<!\d)(?P<n>[1-4])\.?{gap}(?:{quarter}){gap}{year}(?!\d)", _quarter),
        (rf"(?<!\d){year}{gap}(?:{quarter}){gap}(?P<n>[1-4])(?!\d)", _quarter),
        (rf"(?<![a-zæøå\d])(?:{half}){gap}(?P<n>[12]){gap}{year}(?!\d)", _half),
        (rf"(?<!\d)(?P<n>[12])\.?{gap}(?:{half}){gap}{year}(?!\d)", _half),
        (rf"(?<!\d){year}{gap}(?:{half}){gap}(?P<n>[12])(?!\d)", _half),
        (rf"{letter}(?P<m>{season}){gap}{year}(?!\d)", term),
        (rf"(?<!\d){year}{gap}(?P<m>{season}){no_letter}", term),
        (rf"(?<!\d){year} ?(?:[-–_]|til|to|og) ?(?P<z>{_YEAR})(?![\d])", _years),
        (rf"(?<!\d){year}[-–](?P<z>1[3-9]|[2-9]\d)(?!\d)", _years),
        (rf"(?<!\d){year}[-_. ]?(?P<m>{_MONTH})(?!\d)", _month),
        (rf"(?<![\d.-])(?P<m>{_MONTH})[-_. ]{year}(?!\d)", _month),
        (rf"(?<![\d.]){year}(?![\d]|[.,]\d)", _year),
    ]  # fmt: skip
    return [(re.compile(source), read) for source, read in sources]
