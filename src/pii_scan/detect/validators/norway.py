"""Norwegian numbers with control digits.

Sources: Skatteetaten, documentation of Folkeregisteret (layout, control digits, D-number series from 2021-11-16,
the rule
of 2032, synthetic series +80); Norsk Helsenett (+65); KITH 11/98 and HIS 1001 (H-number, +40); Brønnøysundregistrene
(organisasjonsnummer); Bits/Finans Norge (account numbers: modulus 11).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, VALID, Digits, Verdicts

_W1 = np.array([3, 7, 6, 1, 8, 9, 4, 5, 2], np.int32)
_W2 = np.array([5, 4, 3, 2, 7, 6, 5, 4, 3, 2], np.int32)
_ORGNR = np.array([3, 2, 7, 6, 5, 4, 3, 2, 1], np.int32)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)
_RULE_2032 = date(2032, 1, 1)
"""From this day new numbers may have remainders 0-3 in the first control digit (Skatteetaten, nyttfnr2032)."""
_TEST_SERIES = ((80, 81, 92), (65, 66, 77))
"""(offset, first and last written month): Skatteetaten's and Norsk Helsenett's synthetic persons."""
_H_SERIES = ((40, 41, 52),)
"""H-number; NAV's synthetic persons use the same months and cannot be told apart."""

_Ints = npt.NDArray[np.int32]
_Bools = npt.NDArray[np.bool_]


def fodselsnummer(digits: Digits, as_of: date) -> Verdicts:
    """Fødselsnummer: date of birth, individual number of that century, both control digits. Test series: synthetic.

    Ten digits are read as eleven whose leading zero a spreadsheet dropped (days 01 to 09).
    """
    short = np.flatnonzero(digits[:, -1] == 10)
    if len(short):
        digits = digits.copy()
        digits[short, 1:11] = digits[short, :10]
        digits[short, 0] = 0
        digits[short, -1] = 11
    verdicts = _national(digits, as_of, d_number=False, h_number=False)
    if len(short):  # Unix times read as Norsk Helsenett's series: there a dropped zero is not believed
        month = digits[short, 2] * 10 + digits[short, 3]
        verdicts[short[(month >= 61) & (month <= 77)]] = REJECTED
    return verdicts


def d_nummer(digits: Digits, as_of: date) -> Verdicts:
    """D-number: as fødselsnummer with 40 added to the day."""
    return _national(digits, as_of, d_number=True, h_number=False)


def h_nummer(digits: Digits, as_of: date) -> Verdicts:
    """Hjelpenummer of the health sector: as fødselsnummer with 40 added to the month."""
    return _national(digits, as_of, d_number=False, h_number=True)


def _national(digits: Digits, as_of: date, *, d_number: bool, h_number: bool) -> Verdicts:
    verdicts = np.full(len(digits), REJECTED, np.uint8)
    candidates = np.flatnonzero(digits[:, -1] == 11)
    if not len(candidates):
        return verdicts
    d = digits[candidates, :11].astype(np.int32)
    rest1 = (d[:, :9] @ _W1 + d[:, 9]) % 11
    rest2 = (d[:, :10] @ _W2 + d[:, 10]) % 11
    new_rule = as_of >= _RULE_2032
    keep = (rest2 == 0) & (rest1 <= (3 if new_rule and not h_number else 0))
    d, rest1, candidates = d[keep], rest1[keep], candidates[keep]
    day, month = d[:, 0] * 10 + d[:, 1], d[:, 2] * 10 + d[:, 3]
    year2, serial = d[:, 4] * 10 + d[:, 5], d[:, 6] * 100 + d[:, 7] * 10 + d[:, 8]
    is_d = (day >= 41) & (day <= 71)
    right_kind = is_d if d_number else ~is_d
    day = np.where(is_d, day - 40, day)
    series = _H_SERIES if h_number else ((0, 1, 12), *_TEST_SERIES)
    for offset, first, last in series:
        inside = right_kind & (month >= first) & (month <= last)
        years = _birth_years(year2, serial, d_number=d_number, new_rule=new_rule)
        born = np.zeros(len(d), bool)
        for year in years:
            born |= _is_date(year, month - offset, day, as_of)
        if offset == 65:  # months 66-72 also read as NAV's +60 numbers, synthetic as well
            born |= inside & (month <= 72) & np.logical_or.reduce([_is_date(y, month - 60, day, as_of) for y in years])
        verdict = VALID | (SYNTHETIC if offset in (65, 80) else 0)
        verdicts[candidates[inside & born]] = verdict
    return verdicts


def _birth_years(year2: _Ints, serial: _Ints, *, d_number: bool, new_rule: bool) -> list[_Ints]:
    """The years of birth that the two-digit year and the individual number allow; 0 where none."""
    fnr = np.select(
        [
            serial <= 499,
            (serial <= 749) & (year2 >= 54),
            (serial >= 900) & (year2 >= 40),
            (serial >= 500) & (year2 <= 39),
        ],
        [1900 + year2, 1800 + year2, 1900 + year2, 2000 + year2],
        0,
    )
    years = [fnr]
    if d_number:  # the series of 2021-11-16; older D-numbers follow the table above
        years.append(
            np.select(
                [
                    (serial >= 500) & (serial <= 599) & (year2 >= 58),
                    (serial <= 199) & (year2 <= 39),
                    ((serial <= 499) | (serial >= 600)) & (year2 >= 40),
                    (serial >= 200) & (year2 <= 39),
                ],
                [1800 + year2, 1900 + year2, 1900 + year2, 2000 + year2],
                0,
            )
        )
    if new_rule:  # the individual number no longer tells the century
        years.append(2000 + year2)
    return years


def _is_date(year: _Ints, month: _Ints, day: _Ints, as_of: date) -> _Bools:
    """Whether it is a day of the calendar that is not after `as_of`."""
    in_year = (month >= 1) & (month <= 12) & (year > 0)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = _DAYS[np.where(in_year, month, 0)] + ((month == 2) & leap)
    ordinal = year * 10_000 + month * 100 + day
    return np.asarray(
        in_year & (day >= 1) & (day <= length) & (ordinal <= as_of.year * 10_000 + as_of.month * 100 + as_of.day)
    )


def bank_account(digits: Digits, as_of: date) -> Verdicts:
    """Kontonummer: 11 digits, modulus 11, a register number other than 0000.

    The weights are those of a fødselsnummer's last control digit, so that every valid fødselsnummer passes too.
    """
    d = digits[:, :11].astype(np.int32)
    good = (digits[:, -1] == 11) & ((d[:, :10] @ _W2 + d[:, 10]) % 11 == 0) & (d[:, :4].sum(axis=1) > 0)
    return np.where(good, VALID, REJECTED).astype(np.uint8)


def organisasjonsnummer(digits: Digits, as_of: date) -> Verdicts:
    """Organisasjonsnummer: 9 digits, modulus 11; begins with 8 or 9, in the test environment with 2 or 3."""
    d = digits[:, :9].astype(np.int32)
    good = (digits[:, -1] == 9) & ((d @ _ORGNR) % 11 == 0)
    real, test = good & (d[:, 0] >= 8), good & (d[:, 0] >= 2) & (d[:, 0] <= 3)
    return np.select([real, test], [VALID, VALID | SYNTHETIC], REJECTED).astype(np.uint8)
