"""Positions on the earth, as people and programs write them. Sources: ISO 6709 (signs and hemispheres), RFC 5870
(geo:), RFC 7946 (GeoJSON: longitude first), Kartverket (extent of Norway; EPSG:25832 to 25835, UTM on EUREF89).
"""

from __future__ import annotations

import re
from datetime import date

from pii_scan.detect.validators.verdict import REJECTED, UNSURE, VALID

_MAINLAND = ((57.8, 71.3), (4.0, 31.4))
_SVALBARD = ((74.0, 81.0), (10.0, 35.0))
"""Degrees north and east, as (least, most) of each."""
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?")
_PLAIN = re.compile(r"([-+]?[0-9]{1,3}[.,][0-9]+)(?:[;/\t ]|,[ ]?)+([-+]?[0-9]{1,3}[.,][0-9]+)")
"""Two numbers in degrees."""
_AXIS = re.compile(r"[NSEWØV]")
_SOUTH_OR_WEST = "SWV"


def position(text: str, as_of: date) -> int:
    """A latitude and a longitude, in degrees or in degrees, minutes and seconds; or UTM easting and northing.

    VALID in Norway, Svalbard included, in either order; UNSURE elsewhere on earth; else rejected.
    """
    plain = _PLAIN.fullmatch(text)
    if plain:
        return _judged(float(plain[1].replace(",", ".")), float(plain[2].replace(",", ".")))
    letters = _AXIS.findall(text.upper())
    numbers = [number.replace(",", ".") for number in _NUMBER.findall(text)]
    if letters and len(letters) == 2 and not _utm(numbers):
        pair = _by_hemisphere(text.upper())
    elif len(numbers) == 2:
        pair = (float(numbers[0]), float(numbers[1]))
    else:
        pair = None
    if pair is None:
        return REJECTED
    if _utm(numbers):
        return VALID
    return _judged(*pair)


def _judged(first: float, second: float) -> int:
    if _in_norway(first, second) or _in_norway(second, first):
        return VALID
    if min(abs(first), abs(second)) > 90 or max(abs(first), abs(second)) > 180 or first == second:
        return REJECTED
    return UNSURE


def _in_norway(latitude: float, longitude: float) -> bool:
    return any(
        south <= latitude <= north and west <= longitude <= east
        for (south, north), (west, east) in (_MAINLAND, _SVALBARD)
    )


def _utm(numbers: list[str]) -> bool:
    """Whether the numbers are an easting (6 digits) and a northing (7) within Norway's zones, in metres."""
    whole = sorted(int(number.partition(".")[0]) for number in numbers)
    return len(whole) == 2 and 100_000 <= whole[0] <= 999_999 and 6_400_000 <= whole[1] <= 9_000_000


def _by_hemisphere(text: str) -> tuple[float, float] | None:
    """(degrees, degrees) of a pair whose halves carry a letter each, before or after; None where none fits."""
    first, second = (found.start() for found in _AXIS.finditer(text))
    cut = second if not any(char.isdigit() for char in text[:first]) else first + 1
    values = []
    for half in (text[:cut], text[cut:]):
        parts = [float(part.replace(",", ".")) for part in re.findall(r"[0-9]+(?:[.,][0-9]+)?", half)]
        if not 1 <= len(parts) <= 3 or any(part >= 60 for part in parts[1:]):
            return None
        degrees = sum(part / 60**place for place, part in enumerate(parts))
        values.append(-degrees if any(letter in _SOUTH_OR_WEST for letter in _AXIS.findall(half)) else degrees)
    return values[0], values[1]
