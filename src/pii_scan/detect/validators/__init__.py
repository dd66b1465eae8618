"""Named validators: what a rule's `validator` may be. Each judges many candidates at once.

A `DigitValidator` gets the digits of each candidate as a matrix, a `TextValidator` the distinct texts. Both answer
with a verdict for each. No validator reads a clock: the day of the scan comes in as `as_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pii_scan.detect.validators import finance, network, norway, telephone
from pii_scan.detect.validators.verdict import (
    JUDGEMENT,
    REJECTED,
    SYNTHETIC,
    UNSURE,
    VALID,
    Digits,
    Verdicts,
    digits_of_texts,
)

__all__ = [
    "JUDGEMENT",
    "REJECTED",
    "SYNTHETIC",
    "UNSURE",
    "VALID",
    "VALIDATORS",
    "Digits",
    "Validator",
    "Verdicts",
    "judge_texts",
]


@dataclass(frozen=True, slots=True)
class Validator:
    """Judges candidates; exactly one of the two functions is set."""

    by_digits: Callable[[Digits, date], Verdicts] | None = None
    by_text: Callable[[str, date], int] | None = None


VALIDATORS: dict[str, Validator] = {
    "no_fodselsnummer": Validator(by_digits=norway.fodselsnummer),
    "no_d_nummer": Validator(by_digits=norway.d_nummer),
    "no_h_nummer": Validator(by_digits=norway.h_nummer),
    "no_bank_account": Validator(by_digits=norway.bank_account),
    "no_organisasjonsnummer": Validator(by_digits=norway.organisasjonsnummer),
    "luhn_card": Validator(by_digits=finance.credit_card),
    "iban": Validator(by_text=finance.iban),
    "email": Validator(by_text=network.email),
    "ip": Validator(by_text=network.ip),
    "phone": Validator(by_text=telephone.phone),
}


def judge_texts(validator: Validator, texts: Sequence[str], as_of: date) -> npt.NDArray[np.uint8]:
    """The verdict on each of `texts`; equal texts are judged once."""
    if validator.by_digits is not None:
        return validator.by_digits(digits_of_texts(texts), as_of)
    assert validator.by_text is not None
    verdicts = {text: validator.by_text(text, as_of) for text in set(texts)}
    return np.array([verdicts[text] for text in texts], np.uint8)
