"""The eleven-digit numbers of persons in Norway: layout, century, control digits.

Sources: Skatteetaten, documentation of Folkeregisteret (layout, control digits, D-number series from 2021-11-16, the
rule of 2032, synthetic series +80); folkeregisterforskriften (individual numbers and centuries); Norsk Helsenett (+65,
felles hjelpenummer); KITH 11/98 and HIS 1001 (H-number, +40); NAV (NPID +20, synthetic persons +40 and +60).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID, Digits, Verdicts

WEIGHTS_FIRST = np.array([3, 7, 6, 1, 8, 9, 4, 5, 2], np.int32)
WEIGHTS_SECOND = np.array([5, 4, 3, 2, 7, 6, 5, 4, 3, 2], np.int32)
"""Of the two control digits; the second set is also that of account numbers."""
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)
_RULE_2032 = date(2032, 1, 1)
"""From this day new numbers may have remainders 0-3 in the first control digit (Skatteetaten, nyttfnr2032)."""
_OLDEST = 120
"""Years of age above which a number is more likely something else."""

_Ints = npt.NDArray[np.int32]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of number: what is added to the day and to the month."""

    real: tuple[int, ...]
    """Offsets of the month in numbers of persons."""
    synthetic: tuple[int, ...]
    """Offsets of the month in test series."""
    d_number: bool = False
    """40 is added to the day."""
    rule_2032: bool = False
    """The rule of 2032 names fødselsnummer and D-number only."""


_FODSELSNUMMER = _Kind((0,), (65, 80), rule_2032=True)
_D_NUMMER = _Kind((0,), (40, 65, 80), d_number=True, rule_2032=True)
_H_NUMMER = _Kind((40,), ())
"""NAV's synthetic persons use the same months and cannot be told apart; with the day of a D-number they can."""
_NPID = _Kind((20,), (60,))


def fodselsnummer(digits: Digits, as_of: date) -> Verdicts:
    """Fødselsnummer: date of birth, individual number of that century, both control digits. Test series: synthetic.

    Also reads what spreadsheets make of it: ten digits (the leading zero of days 01 to 09 dropped) and scientific
    notation with the exponent 9 or 10; where that has lost digits, the verdict is UNSURE.
    """
    return _judge(digits, as_of, _FODSELSNUMMER)


def d_nummer(digits: Digits, as_of: date) -> Verdicts:
    """D-number: as fødselsnummer with 40 added to the day; with 40 added to the month too, a synthetic one of NAV."""
    return _judge(digits, as_of, _D_NUMMER)


def h_nummer(digits: Digits, as_of: date) -> Verdicts:
    """Hjelpenummer of the health sector: as fødselsnummer with 40 added to the month."""
    return _judge(digits, as_of, _H_NUMMER)


def npid(digits: Digits, as_of: date) -> Verdicts:
    """NAV's own number for persons without another: as fødselsnummer with 20 added to the month, synthetic with 60."""
    return _judge(digits, as_of, _NPID)


def fh_nummer(digits: Digits, as_of: date) -> Verdicts:
    """Felles hjelpenummer of the health sector: first digit 8 or 9, both control digits, the rest random.

    Source: Norsk Helsenett, «Hva er felles hjelpenummer?». 1 in 121 numbers that begin so pass.
    """
    d = digits[:, :11].astype(np.int32)
    first, second = _remainders(d)
    good = (digits[:, -1] == 11) & (d[:, 0] >= 8) & (first == 0) & (second == 0)
    return np.where(good, VALID, REJECTED).astype(np.uint8)


def _judge(digits: Digits, as_of: date, kind: _Kind) -> Verdicts:
    """Verdicts on every written form: eleven digits, and what spreadsheets leave of them."""
    count = digits[:, -1]
    exponent = _exponent(digits)
    whole = np.where(count == 11, 11, 0)
    whole[(exponent == 10) & (count == 13)] = 11
    whole[(exponent == 10) & (count == 12)] = 10  # a mantissa without its last zero
    short = np.flatnonzero((count == 10) | ((exponent == 9) & (count == 12)))
    out = np.full(len(digits), REJECTED, np.uint8)
    rows = np.flatnonzero(whole)
    if len(rows):
        d = digits[rows, :11].astype(np.int32)
        d[whole[rows] == 10, 10] = 0
        out[rows] = _national(d, as_of, kind)
    if len(short) and not kind.d_number:  # a D-number's first digit is 4 to 7
        d = np.zeros((len(short), 11), np.int32)
        d[:, 1:] = digits[short, :10]
        month = d[:, 2] * 10 + d[:, 3]
        believed = (month < 61) | (month > 77)  # 166... to 177... are also Unix times
        out[short] = np.where(believed, _national(d, as_of, kind), REJECTED)
    lossy = np.flatnonzero((count >= 7) & (count <= 8) & ((exponent == 9) | (exponent == 10)))
    if len(lossy):
        out[lossy] = _rounded(digits[lossy].astype(np.int32), exponent[lossy] == 9, kind)
    return out


def _exponent(digits: Digits) -> npt.NDArray[np.int16]:
    """The last two digits of each row as a number, if the row has more than six; else -1."""
    count = np.clip(digits[:, -1], 0, digits.shape[1] - 1)
    rows = np.arange(len(digits))
    value = digits[rows, np.maximum(count - 2, 0)] * 10 + digits[rows, np.maximum(count - 1, 0)]
    return np.asarray(np.where(count > 6, value, -1), np.int16)


def _rounded(d: _Ints, lost_zero: _Bools, kind: _Kind) -> Verdicts:
    """UNSURE where the digits that scientific notation kept begin with a day and month of the kind."""
    first, second, third, fourth = (np.where(lost_zero, d[:, i - 1] if i else 0, d[:, i]) for i in range(4))
    day, month = first * 10 + second - (40 if kind.d_number else 0), third * 10 + fourth
    fits = np.zeros(len(d), bool)
    for offset in (*kind.real, *kind.synthetic):
        inside = (month > offset) & (month <= offset + 12)
        length = _DAYS[np.where(inside, month - offset, 0)] + (month - offset == 2)
        fits |= inside & (day >= 1) & (day <= length)
    return np.where(fits, UNSURE, REJECTED).astype(np.uint8)


def _remainders(d: _Ints) -> tuple[_Ints, _Ints]:
    """What the digits leave, modulo 11, by each control digit; both 0 by the rule of 1964."""
    first = (d[:, :9] @ WEIGHTS_FIRST + d[:, 9]) % 11
    second = (d[:, :10] @ WEIGHTS_SECOND + d[:, 10]) % 11
    return first, second


def _national(all_digits: _Ints, as_of: date, kind: _Kind) -> Verdicts:
    """Verdicts on rows of eleven digits. UNSURE: a real person born more than `_OLDEST` years before `as_of`."""
    verdicts = np.full(len(all_digits), REJECTED, np.uint8)
    new_rule = kind.rule_2032 and as_of >= _RULE_2032
    first, second = _remainders(all_digits)
    candidates = np.flatnonzero((second == 0) & (first <= (3 if new_rule else 0)))
    d = all_digits[candidates]
    day, month = d[:, 0] * 10 + d[:, 1], d[:, 2] * 10 + d[:, 3]
    if kind.d_number:
        day = day - 40
    year2, serial = d[:, 4] * 10 + d[:, 5], d[:, 6] * 100 + d[:, 7] * 10 + d[:, 8]
    years = _birth_years(year2, serial, d_number=kind.d_number, new_rule=new_rule)
    today = as_of.year * 10_000 + as_of.month * 100 + as_of.day
    for offset in (*kind.real, *kind.synthetic):
        inside = np.flatnonzero((month > offset) & (month <= offset + 12))
        if not len(inside):
            continue
        born = np.stack([_birth_date(year[inside], month[inside] - offset, day[inside]) for year in years])
        exists = (born > 0) & (born <= today)
        likely = (exists & (born >= today - _OLDEST * 10_000)).any(axis=0)
        judgement = np.where(likely, VALID, UNSURE)
        if offset in kind.synthetic:  # the persons of Tenor include some born before 1900
            judgement = np.full(len(inside), VALID | SYNTHETIC)
        verdicts[candidates[inside]] = np.where(exists.any(axis=0), judgement, REJECTED)
    return verdicts


def birth_years(year2: _Ints, serial: _Ints, *, d_number: bool) -> _Ints:
    """The years of birth that each number's two-digit year and individual number allow, one row a reading; 0: none."""
    return np.stack(_birth_years(year2, serial, d_number=d_number, new_rule=False))


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


def _birth_date(year: _Ints, month: _Ints, day: _Ints) -> _Ints:
    """The date as a number yyyymmdd, 0 where the calendar has no such day. `month`: 1 to 12; `year` 0 for none."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = _DAYS[month] + ((month == 2) & leap)
    real = (year > 0) & (day >= 1) & (day <= length)
    return np.where(real, year * 10_000 + month * 100 + day, 0).astype(np.int32)
