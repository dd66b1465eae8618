"""Telephone numbers. Sources: ITU-T E.164 through the metadata of the `phonenumbers` library; Nkom's numbering plan
(the range 68 05 00 00 to 68 05 99 99 is kept for film and television; series 8 is for services, not for persons).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pii_scan.detect.automaton import START, Automaton
from pii_scan.detect.expression import read_expression
from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID, Verdicts

_SEPARATING = np.isin(np.arange(256), np.frombuffer(" \u00a0.-/()".encode("latin-1"), np.uint8))
_PREFIXES = ("", "+47", "0047", "47", "+470", "00470", "470")
"""Country code as it is written, with and without the (0) that some put behind it."""
_SIGNS = 8 + max(map(len, _PREFIXES))
_PREFIX_NUMBERS = np.array([int.from_bytes(prefix[::-1].encode(), "little") for prefix in _PREFIXES], np.int64)
_DOMESTIC = re.compile(r"(\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4})|\(?0[1-9][0-9 ()/-]{6,14}")
"""Written for callers of the same country: of the North American plan (group 1), or with the trunk digit 0."""
_TRUNK_REGIONS = ("SE", "GB", "DE", "FI", "NL")


def phones(texts: Sequence[str], as_of: date) -> Verdicts:
    """Numbers that are in use by the numbering plan of their country; without a country code, of Norway.

    UNSURE: eight digits that read as a date (ddmmyyyy) and are not in groups; Norwegian service numbers (series 8); a
    number as it is dialled within Sweden, Great Britain, Germany, Finland, the Netherlands or North America.
    """
    verdicts, rest = _norwegian_numbers(texts)
    for row in rest.tolist():
        verdicts[row] = _phone(texts[row].strip())
    return verdicts


def _phone(stripped: str) -> int:
    """A number that is not eight digits with or without Norway's country code."""
    if domestic := _DOMESTIC.fullmatch(stripped):
        regions = ("US",) if domestic[1] else _TRUNK_REGIONS
        return UNSURE if any(_exists(stripped, region) for region in regions) else REJECTED
    return _verdict(stripped)


def _norwegian_numbers(texts: Sequence[str]) -> tuple[Verdicts, npt.NDArray[np.int64]]:
    """(verdicts, rows that are not eight digits behind one of `_PREFIXES`); each character is taken as a byte."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    data = np.frombuffer("".join(texts).encode("latin-1", "replace"), np.uint8)
    kept = ~_SEPARATING[data]
    owner = np.repeat(np.arange(len(texts)), lengths)[kept]
    signs = data[kept]
    count = np.bincount(owner, minlength=len(texts))
    last = np.cumsum(count)
    place = last[owner] - 1 - np.arange(len(owner))  # from the last sign on
    near = place < _SIGNS
    read = np.zeros((len(texts), _SIGNS), np.uint8)  # the last sign first
    read[owner[near], place[near]] = signs[near]
    digits = read[:, 7::-1]
    plain = (count >= 8) & (count <= _SIGNS) & ((digits >= 48) & (digits <= 57)).all(axis=1)
    plain &= np.isin(_packed(read[:, 8:]), _PREFIX_NUMBERS)
    verdicts = np.zeros(len(texts), np.uint8)
    rows = np.flatnonzero(plain)
    some = digits[rows].astype(np.int64) - 48
    unsure = ((lengths[rows] == 8) & _reads_as_date(some)) | (some[:, 0] == 8)
    judged = np.where(unsure, UNSURE, VALID) | np.where((some[:, :4] == [6, 8, 0, 5]).all(axis=1), SYNTHETIC, 0)
    verdicts[rows] = np.where(_in_norwegian_plan(digits[rows]), judged, REJECTED)
    return verdicts, np.flatnonzero(~plain)


def _packed(signs: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Each row of up to seven signs as one number."""
    return np.asarray(signs.astype(np.int64) @ (1 << 8 * np.arange(signs.shape[1], dtype=np.int64)))


def _in_norwegian_plan(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which rows of eight digits (ASCII) are national numbers that the metadata of `phonenumbers` calls valid."""
    automaton = _norwegian()
    state = np.full(len(digits), START, np.int32)
    for column in range(digits.shape[1]):
        state = automaton.step(state, digits[:, column])
    return np.asarray(automaton.accepts[state] != 0)


@cache
def _norwegian() -> Automaton:
    """The national numbers of any type."""
    from phonenumbers import PhoneMetadata

    patterns = []
    for region in ("NO", "SJ"):  # Svalbard and Jan Mayen share the country code
        plan: Any = PhoneMetadata.metadata_for_region(region)
        types = (plan.fixed_line, plan.mobile, plan.toll_free, plan.premium_rate, plan.shared_cost,
                 plan.personal_number, plan.voip, plan.pager, plan.uan, plan.voicemail)  # fmt: skip
        patterns += [kind.national_number_pattern for kind in types if kind and kind.national_number_pattern]
    return Automaton([read_expression("|".join(f"(?:{pattern})" for pattern in patterns), 0)])


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


def _reads_as_date(digits: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows of eight digits are a day, month and year from 1900 to 2099."""
    day, month = digits[:, 0] * 10 + digits[:, 1], digits[:, 2] * 10 + digits[:, 3]
    century = digits[:, 4] * 10 + digits[:, 5]
    return np.asarray((day >= 1) & (day <= 31) & (month >= 1) & (month <= 12) & ((century == 19) | (century == 20)))
