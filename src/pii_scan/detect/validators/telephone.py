"""Telephone numbers. Sources: ITU-T E.164 through the metadata of the `phonenumbers` library; Nkom's numbering plan (the
range 68 05 00 00 to 68 05 99 99 is kept for film and television)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID


def phone(text: str, as_of: date) -> int:
    """A number that is in use by the numbering plan of its country; without a country code, of Norway.

    Eight digits that read as a date (ddmmyyyy) are UNSURE unless written in groups.
    """
    return _verdict(text.strip())


@lru_cache(maxsize=1 << 16)
def _verdict(text: str) -> int:
    import phonenumbers

    written = text.replace("(0)", "")
    if written.lstrip("(").startswith("00"):
        written = "+" + written.lstrip("(")[2:]
    try:
        number = phonenumbers.parse(written, "NO")
    except phonenumbers.NumberParseException:
        return REJECTED
    if not phonenumbers.is_valid_number(number):
        return REJECTED
    national = str(number.national_number)
    if number.country_code == 47 and len(national) != 8:
        return REJECTED
    synthetic = SYNTHETIC if number.country_code == 47 and national.startswith("6805") else 0
    if text.isdigit() and len(text) == 8 and _reads_as_date(text):
        return UNSURE | synthetic
    return VALID | synthetic


def _reads_as_date(text: str) -> bool:
    """Whether eight digits are a day, month and year from 1900 to 2099."""
    day, month, year = int(text[:2]), int(text[2:4]), int(text[4:])
    return 1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2099
