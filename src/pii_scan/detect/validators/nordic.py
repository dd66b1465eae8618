"""Numbers of persons in Sweden, Denmark and Finland.

Sources: Skatteverket, rättslig vägledning, and folkbokföringslagen section 18 (personnummer, samordningsnummer);
CPR-kontoret, «Personnummeret i CPR-systemet» (century by the seventh digit, modulus 11 no longer kept since 2007);
Finland's decree 128/2010 on the population information system, section 2 as changed by 690/2022 (century signs).
"""

from __future__ import annotations

from datetime import date

import numpy as np

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID, Digits, Verdicts

_LUHN = np.array([2, 1] * 5, np.int32)
_CPR = np.array([4, 3, 2, 7, 6, 5, 4, 3, 2, 1], np.int32)
_HETU_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
"""The control character for each remainder by 31."""
_HETU_CENTURY = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
_HETU_OTHER_USES = 900
"""Individual numbers from here on are never of the register: provisional ones of hospitals, and DVV's test persons."""
_SWEDISH_TEST = 980
"""Skatteverket's published test persons have birth numbers from here on."""
_COORDINATION = 60
"""Added to the day in a samordningsnummer."""
_CLOCK_SINCE = 2000
"""Dates from this year on stand before times of day in file names and references as well."""
_OLDEST, _YOUNGEST = 120, 12
"""Years of age above and below which a number is more likely something else: references are made of a late date and a
running number, and few of these numbers are of children.
"""


def personnummer(digits: Digits, as_of: date) -> Verdicts:
    """Swedish personnummer or samordningsnummer: 10 digits, or 12 with the century; date, Luhn over the last ten.

    UNSURE: older than 120 years, younger than 12, or a date since 2000 whose last four digits read as a time of day.
    """
    verdicts = np.full(len(digits), REJECTED, np.uint8)
    for count in (10, 12):
        rows = np.flatnonzero(digits[:, -1] == count)
        doubled = digits[rows, count - 10 : count].astype(np.int32) * _LUHN
        good = (doubled - 9 * (doubled > 9)).sum(axis=1) % 10 == 0
        for row in rows[good].tolist():
            verdicts[row] = _person_behind(digits[row, :count].tolist(), as_of)
    return verdicts


def _person_behind(number: list[int], as_of: date) -> int:
    """The verdict on the digits of a number whose check digit is right."""
    last = number[-10:]
    year2, month, day = last[0] * 10 + last[1], last[2] * 10 + last[3], last[4] * 10 + last[5]
    birth_number = last[6] * 100 + last[7] * 10 + last[8]
    century = number[0] * 1000 + number[1] * 100 if len(number) == 12 else None
    centuries = (century,) if century is not None else (2000, 1900)
    day -= _COORDINATION * (day > _COORDINATION)
    born = _latest([(year + year2, month, day) for year in centuries], as_of)
    if born is None or born.year < 1800 or not birth_number:
        return REJECTED
    hour, minute = last[6] * 10 + last[7], last[8] * 10 + last[9]
    clock = born.year >= _CLOCK_SINCE and hour < 24 and minute < 60
    judgement = VALID if _likely(born, as_of) and not clock else UNSURE
    return judgement | (SYNTHETIC if birth_number >= _SWEDISH_TEST else 0)


def cpr(digits: Digits, as_of: date) -> Verdicts:
    """Danish CPR number: 10 digits; the date must exist. Modulus 11 makes it VALID, without it the verdict is UNSURE.

    UNSURE too: older than 120 years, younger than 12, or digits that read as year, month and day of the last 12 years.
    """
    verdicts = np.full(len(digits), REJECTED, np.uint8)
    possible = (digits[:, -1] == 10) & (digits[:, 0] <= 3) & (digits[:, 2] <= 1)
    rows = np.flatnonzero(possible)
    d = digits[rows, :10].astype(np.int32)
    confirmed = (d @ _CPR) % 11 == 0
    for row, number, sure in zip(rows.tolist(), d.tolist(), confirmed.tolist(), strict=True):
        day, month, year2 = (number[i] * 10 + number[i + 1] for i in (0, 2, 4))
        born = _latest([(_cpr_century(number[6], year2) + year2, month, day)], as_of)
        if born is not None:
            reference = _latest([(2000 + day, month, year2)], as_of)
            late = reference is not None and not _likely(reference, as_of)
            verdicts[row] = VALID if sure and _likely(born, as_of) and not late else UNSURE
    return verdicts


def _cpr_century(seventh: int, year2: int) -> int:
    """The century of birth by the seventh digit and the two-digit year (table of CPR-kontoret)."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year2 <= 36 else 1900
    return 2000 if year2 <= 57 else 1800


def hetu(text: str, as_of: date) -> int:
    """Finnish personal identity code: date, century sign, individual number and control character, 11 in all.

    Case matters. Individual numbers from 900 on are synthetic. UNSURE: older than 120 years, and of digits around a
    hyphen or a plus below 900, which one Danish or Swedish number in 31 is as well.
    """
    if len(text) != 11 or text[6] not in _HETU_CENTURY:
        return REJECTED
    counted = text[:6] + text[7:10]
    if not (counted.isascii() and counted.isdecimal()):
        return REJECTED
    number = int(counted)
    individual = number % 1000
    if _HETU_SIGNS[number % 31] != text[10] or individual < 2:
        return REJECTED
    year = _HETU_CENTURY[text[6]] + int(text[4:6])
    born = _latest([(year, int(text[2:4]), int(text[:2]))], as_of)
    if born is None:
        return REJECTED
    shared = text[6] in "-+" and text[10].isdecimal() and individual < _HETU_OTHER_USES
    judgement = UNSURE if shared or born.year < as_of.year - _OLDEST else VALID
    return judgement | (SYNTHETIC if individual >= _HETU_OTHER_USES else 0)


def _likely(born: date, as_of: date) -> bool:
    """Whether someone born that day is of an age to be expected."""
    return as_of.year - _OLDEST <= born.year <= as_of.year - _YOUNGEST


def _latest(dates: list[tuple[int, int, int]], as_of: date) -> date | None:
    """The first of (year, month, day) that the calendar has and that is not after `as_of`."""
    for year, month, day in dates:
        try:
            born = date(year, month, day)
        except ValueError:
            continue
        if born <= as_of:
            return born
    return None
