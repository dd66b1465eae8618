"""Which found values are of a person under an age: by a date of birth, or the one within a national number.

Errs to the side of age: where a written form allows several dates, the oldest counts.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.validators.calendar import birth_dates
from pii_scan.detect.validators.norway_national import birth_years
from pii_scan.model import ChunkBatch, ColumnOrigin

UNKNOWN = 999
DIGITAL_SERVICES, ADULT = 13, 18
"""Personopplysningsloven section 5 (GDPR Art. 8): consent to information society services; vergemålsloven section 8:
majority."""
_NATIONAL = {"NO_FODSELSNUMMER": 0, "NO_D_NUMMER": 40}
"""Entity type to what is added to the day of birth (skatteetaten.no, personnummer og D-nummer)."""
_DECLARED_HEADERS = frozenset({"agegroup", "legalagegroupclassification"})
_DECLARED = pa.array(
    ["minor", "minorwithparentalconsent", "minorwithoutparentalconsent", "minornoparentalconsentrequired"]
)
"""Values of those properties of a user in Microsoft Entra ID (learn.microsoft.com, resource type user)."""


def tells_age(entity_type: str) -> bool:
    """Whether values of the type hold a date of birth that `ages` reads."""
    return entity_type == "DATE_OF_BIRTH" or entity_type in _NATIONAL


def ages(values: pa.Array, entity_type: str, as_of: date) -> npt.NDArray[np.int64]:
    """The age in whole years on `as_of` of the person behind each value, at most; UNKNOWN where it cannot be told."""
    if entity_type in _NATIONAL:
        return _national_ages(values, _NATIONAL[entity_type], as_of)
    distinct = values.dictionary_encode()
    read = [_oldest(text, as_of) for text in distinct.dictionary.to_pylist()]
    return np.asarray(np.array(read or [UNKNOWN], np.int64)[distinct.indices.to_numpy()], np.int64)


def _oldest(text: str, as_of: date) -> int:
    return max((_age(born, as_of) for born in birth_dates(text) if born <= as_of), default=UNKNOWN)


def _age(born: date, as_of: date) -> int:
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))


def _national_ages(values: pa.Array, day_offset: int, as_of: date) -> npt.NDArray[np.int64]:
    digits = pc.replace_substring_regex(values, r"[^0-9]", "")
    whole = pc.fill_null(pc.equal(pc.binary_length(digits), 11), False).to_numpy(zero_copy_only=False)
    result = np.full(len(values), UNKNOWN, np.int64)
    if not whole.any():
        return result
    number = digits.filter(pa.array(whole)).cast(pa.int64()).to_numpy()
    day, month = number // 10**9 - day_offset, number // 10**7 % 100
    serial = number // 100 % 1000
    years = birth_years(number // 10**5 % 100, serial, d_number=day_offset > 0)
    real = (day >= 1) & (day <= 31) & (month >= 1) & (month <= 12)
    before = (month < as_of.month) | ((month == as_of.month) & (day <= as_of.day))
    found = as_of.year - years - ~before
    found = np.where((years > 0) & (found >= 0), found, -1).max(axis=0)
    result[whole] = np.where(real & (found >= 0), found, UNKNOWN)
    return result


def declared(batch: ChunkBatch) -> int:
    """How many cells of a column of Entra ID call a user a minor."""
    origin = batch.origin
    if not isinstance(origin, ColumnOrigin) or origin.header.replace(" ", "").casefold() not in _DECLARED_HEADERS:
        return 0
    lower = pc.utf8_lower(pc.utf8_trim_whitespace(batch.texts))
    return int(pc.sum(pc.is_in(lower, _DECLARED.cast(lower.type))).as_py() or 0)
