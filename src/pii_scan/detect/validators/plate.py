"""Norwegian licence plates. Source: forskrift om bruk av kjøretøy (FOR-1990-01-25-92) and Statens vegvesen: two letters
and five digits (cars, from 10000), four (motorcycles, tractors, trailers, from 1000); G I M O Q W Æ Ø Å are not in use,
but for GA (gas).
"""

from __future__ import annotations

import re
from datetime import date

from pii_scan.detect.validators.verdict import REJECTED, UNSURE, VALID

_PLATE = re.compile(r"([A-Z]{2})[ \u00a0-]?([1-9][0-9]{3,4})", re.IGNORECASE)
_UNUSED = frozenset("GIMOQW")
_NOT_PLATES = frozenset("NS EN PN SN CR PR KB RN PS NR KR".split())
"""Pairs of letters that stand before numbers for other things: standards, change requests, articles of a knowledge
base, amounts. As plates they need a word right before them that says so.
"""


def license_plate(text: str, as_of: date) -> int:
    """A registration mark: VALID when its letters are in use, UNSURE when they are more often something else."""
    found = _PLATE.fullmatch(text.strip())
    if not found:
        return REJECTED
    letters = found[1].upper()
    if letters != "GA" and _UNUSED & set(letters):
        return REJECTED
    return UNSURE if letters in _NOT_PLATES else VALID
