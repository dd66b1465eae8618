"""Coordinates that a file holds as whole numbers (`latitudeE7` in Google's location history) as decimals.

A number of nine digits that is a place must not be read as one of the numbers of nine digits that name a company.
"""

from __future__ import annotations

import re

import numpy as np

from pii_scan.extract.escapes import Unescaped

_E7 = re.compile(rb'"(?:latitude|longitude|lat|lng|lon)E7"\s*:\s*"?-?(\d{1,10})(?!\d)')


def decimals(text: bytes) -> Unescaped | None:
    """The text with a point before the last seven digits of each such coordinate; None where there is none.

    >>> decimals(b'"latitudeE7": 599138690, "longitudeE7": -12').text
    b'"latitudeE7": 59.9138690, "longitudeE7": -0.0000012'
    """
    if b'E7"' not in text:
        return None
    places: list[int] = []
    letters: list[int] = []
    for match in _E7.finditer(text):
        begin, end = match.span(1)
        added = b"." if end - begin > 7 else b"0." + b"0" * (7 - (end - begin))
        places += [end - 7 if end - begin > 7 else begin] * len(added)
        letters += added
    if not places:
        return None
    data = np.insert(np.frombuffer(text, np.uint8), places, np.array(letters, np.uint8))
    return Unescaped(data.tobytes(), np.insert(np.arange(len(text), dtype=np.int64), places, places))
