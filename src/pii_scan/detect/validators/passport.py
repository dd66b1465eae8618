"""Machine-readable zones of passports and identity cards. Source: ICAO Doc 9303, parts 3 (check digits, weights 7 3 1),
4 (TD3: passports, 2 lines of 44), 5 (TD1: cards, 3 of 30) and 6 (TD2, 2 of 36).
"""

from __future__ import annotations

import re
from datetime import date

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID

SPECIMEN_STATE = "UTO"
"""Utopia: the issuing state of ICAO's own examples."""
_NUMBER = re.compile(r"[A-Z]{3}[0-9]{6}|[A-Z][0-9]{7}|[0-9]{8}", re.IGNORECASE)
_LINE = re.compile(r"[A-Z0-9<]{30}|[A-Z0-9<]{36}|[A-Z0-9<]{44}")


def passport(text: str, as_of: date) -> int:
    """A number of a Norwegian passport or identity card, or its machine-readable zone.

    A number has no check digit: UNSURE. A zone, or the line of it that holds the numbers, is VALID when its check
    digits hold, whichever state issued it; of the specimen state, synthetic.
    """
    lines = [line.replace(" ", "") for line in text.split("\n")]
    lines = [line.strip() for line in lines if line.strip()]
    if lines and all(_LINE.fullmatch(line) for line in lines):
        return _zone(lines)
    return UNSURE if _NUMBER.fullmatch("".join(lines)) else REJECTED


def _zone(lines: list[str]) -> int:
    widths = {len(line) for line in lines}
    if widths == {30} and len(lines) >= 2:
        first, second = lines[0], lines[1]
        good = _fits(first[5:15]) and _fits(second[0:7]) and _fits(second[8:15])
        composite = first[5:30] + second[0:7] + second[8:15] + second[18:29]
        good = good and check_digit(composite) == second[29]
        state = first[2:5]
    elif widths in ({44}, {36}):
        line = lines[-1]
        good = _fits(line[0:10]) and _fits(line[13:20]) and _fits(line[21:28])
        composite = line[0:10] + line[13:20] + line[21 : len(line) - 1]
        good = good and check_digit(composite) == line[-1]
        if len(line) == 44:
            good = good and (_fits(line[28:43]) or line[28:43] == "<" * 15)
        state = lines[0][2:5] if len(lines) == 2 else line[10:13]
    else:
        return REJECTED
    if not good:
        return REJECTED
    return VALID | (SYNTHETIC if state == SPECIMEN_STATE else 0)


def check_digit(field: str) -> str:
    """The check digit of a field: weights 7 3 1, digits as they are, A to Z as 10 to 35, `<` as 0, modulus 10.

    >>> check_digit("520727")
    '3'
    """
    total = 0
    for place, char in enumerate(field):
        value = 0 if char == "<" else int(char, 36)
        total += value * (7, 3, 1)[place % 3]
    return str(total % 10)


def _fits(field: str) -> bool:
    return check_digit(field[:-1]) == field[-1]
