"""Telephone numbers. Sources: ITU-T E.164 through the metadata of the `phonenumbers` library; Nkom's numbering plan
(the range 68 05 00 00 to 68 05 99 99 is kept for film and television; series 8 is for services, not for persons).
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from typing import Any

from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID

_SEPARATORS = str.maketrans("", "", " \u00a0.-/()")
_PREFIXES = frozenset(("", "+47", "0047", "47", "+470", "00470", "470"))
"""Country code as it is written, with and without the (0) that some put behind it."""
_DOMESTIC = re.compile(r"(\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4})|\(?0[1-9][0-9 ()/-]{6,14}")
"""Written for callers of the same country: of the North American plan (group 1), or with the trunk digit 0."""
_TRUNK_REGIONS = ("SE", "GB", "DE", "FI", "NL")


def phone(text: str, as_of: date) -> int:
    """A number that is in use by the numbering plan of its country; without a country code, of Norway.

    UNSURE: eight digits that read as a date (ddmmyyyy) and are not in groups; Norwegian service numbers (series 8); a
    number as it is dialled within Sweden, Great Britain, Germany, Finland, the Netherlands or North America.
    """
    written = text.translate(_SEPARATORS)
    national = written[-8:]
    if written.isascii() and written[:-8] in _PREFIXES and len(national) == 8 and national.isdigit():
        if not _norwegian().fullmatch(national):
            return REJECTED
        plain = len(text) == 8 and _reads_as_date(national)
        judgement = UNSURE if plain or national[0] == "8" else VALID
        return judgement | (SYNTHETIC if national.startswith("6805") else 0)
    stripped = text.strip()
    if domestic := _DOMESTIC.fullmatch(stripped):
        regions = ("US",) if domestic[1] else _TRUNK_REGIONS
        return UNSURE if any(_exists(stripped, region) for region in regions) else REJECTED
    return _verdict(stripped)


@cache
def _norwegian() -> Any:
    """The national numbers that the metadata of `phonenumbers` calls valid: those of any type, 8 digits."""
    from phonenumbers import PhoneMetadata

    patterns = []
    for region in ("NO", "SJ"):  # Svalbard and Jan Mayen share the country code
        plan: Any = PhoneMetadata.metadata_for_region(region)
        types = (plan.fixed_line, plan.mobile, plan.toll_free, plan.premium_rate, plan.shared_cost,
                 plan.personal_number, plan.voip, plan.pager, plan.uan, plan.voicemail)  # fmt: skip
        patterns += [kind.national_number_pattern for kind in types if kind and kind.national_number_pattern]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@lru_cache(maxsize=1 << 14)
def _exists(text: str, region: str) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False


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
        return (UNSURE if national[0] == "8" else VALID) | (SYNTHETIC if national.startswith("6805") else 0)
    return VALID


def _reads_as_date(text: str) -> bool:
    """Whether eight digits are a day, month and year from 1900 to 2099."""
    day, month, year = int(text[:2]), int(text[2:4]), int(text[4:])
    return 1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2099
