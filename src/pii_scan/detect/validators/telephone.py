"""Telephone numbers. Sources: ITU-T E.164 through the metadata of the `phonenumbers` library; Nkom's numbering plan
(the
range 68 05 00 00 to 68 05 99 99 is kept for film and television).
"""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache
from typing import Any

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID

_SEPARATORS = str.maketrans("", "", " \u00a0.-/()")


def phone(text: str, as_of: date) -> int:
    """A number that is in use by the numbering plan of its country; without a country code, of Norway.

    Eight digits that read as a date (ddmmyyyy) are UNSURE unless written in groups.
    """
    written = text.translate(_SEPARATORS)
    national = written[-8:]
    if written.isascii() and written[:-8] in ("", "+47", "0047") and len(national) == 8 and national.isdigit():
        if not _norwegian().fullmatch(national):
            return REJECTED
        judgement = UNSURE if len(text) == 8 and _reads_as_date(national) else VALID
        return judgement | (SYNTHETIC if national.startswith("6805") else 0)
    return _verdict(text.strip())


@cache
def _norwegian() -> Any:
    """The national numbers that the metadata of `phonenumbers` calls valid: those of any type, 8 digits."""
    import re

    from phonenumbers import PhoneMetadata

    patterns = []
    for region in ("NO", "SJ"):  # Svalbard and Jan Mayen share the country code
        plan: Any = PhoneMetadata.metadata_for_region(region)
        types = (plan.fixed_line, plan.mobile, plan.toll_free, plan.premium_rate, plan.shared_cost,
                 plan.personal_number, plan.voip, plan.pager, plan.uan, plan.voicemail)  # fmt: skip
        patterns += [kind.national_number_pattern for kind in types if kind and kind.national_number_pattern]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


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
    if number.country_code == 47:
        if len(national) != 8:
            return REJECTED
        return VALID | (SYNTHETIC if national.startswith("6805") else 0)
    return VALID


def _reads_as_date(text: str) -> bool:
    """Whether eight digits are a day, month and year from 1900 to 2099."""
    day, month, year = int(text[:2]), int(text[2:4]), int(text[4:])
    return 1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2099
