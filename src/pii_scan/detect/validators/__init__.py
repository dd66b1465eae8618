"""Named validators: what a rule's `validator` may be. Each judges many candidates at once.

One gets the digits of each candidate as a matrix, another the distinct texts, together or one by one. All answer with
a verdict for each. No validator reads a clock: the day of the scan comes in as `as_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pii_scan.detect.validators import (
    calendar,
    credentials,
    device,
    finance,
    network,
    nordic,
    norway,
    norway_national,
    passport,
    plate,
    position,
    postal,
    telephone,
)
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
    """Judges candidates; exactly one of the functions is set."""

    by_digits: Callable[[Digits, date], Verdicts] | None = None
    by_text: Callable[[str, date], int] | None = None
    by_texts: Callable[[Sequence[str], date], Verdicts] | None = None


VALIDATORS: dict[str, Validator] = {
    "no_fodselsnummer": Validator(by_digits=norway_national.fodselsnummer),
    "no_d_nummer": Validator(by_digits=norway_national.d_nummer),
    "no_h_nummer": Validator(by_digits=norway_national.h_nummer),
    "no_npid": Validator(by_digits=norway_national.npid),
    "no_fh_nummer": Validator(by_digits=norway_national.fh_nummer),
    "no_duf_nummer": Validator(by_digits=norway.duf_nummer),
    "no_bank_account": Validator(by_digits=norway.bank_account),
    "no_organisasjonsnummer": Validator(by_digits=norway.organisasjonsnummer),
    "se_personnummer": Validator(by_digits=nordic.personnummer),
    "dk_cpr": Validator(by_digits=nordic.cpr),
    "fi_hetu": Validator(by_text=nordic.hetu),
    "luhn_card": Validator(by_digits=finance.credit_card),
    "iban": Validator(by_texts=finance.ibans),
    "email": Validator(by_text=network.email),
    "ip": Validator(by_text=network.ip),
    "mac": Validator(by_text=network.mac),
    "imei": Validator(by_digits=device.imei),
    "sim": Validator(by_digits=device.sim),
    "opaque_id": Validator(by_text=device.opaque_id),
    "user_agent": Validator(by_text=device.user_agent),
    "position": Validator(by_text=position.position),
    "username": Validator(by_text=credentials.username),
    "password": Validator(by_text=credentials.password),
    "phone": Validator(by_texts=telephone.phones),
    "birth_date": Validator(by_text=calendar.birth_date),
    "no_street_address": Validator(by_text=postal.street_address),
    "no_postal_place": Validator(by_text=postal.postal_place),
    "passport": Validator(by_text=passport.passport),
    "no_license_plate": Validator(by_text=plate.license_plate),
}


MAX_REMEMBERED = 1 << 14
"""Verdicts of one validator that are kept: values that come again come soon."""
_known: dict[tuple[Callable[[str, date], int], date], dict[str, int]] = {}


def judge_texts(validator: Validator, texts: Sequence[str], as_of: date) -> npt.NDArray[np.uint8]:
    """The verdict on each of `texts`, most of which are distinct."""
    if validator.by_digits is not None:
        return validator.by_digits(digits_of_texts(texts), as_of)
    if validator.by_texts is not None:
        return validator.by_texts(texts, as_of)
    judge = validator.by_text
    assert judge is not None
    known = _known.setdefault((judge, as_of), {})
    if len(known) > MAX_REMEMBERED:
        known.clear()
    verdicts = np.empty(len(texts), np.uint8)
    for number, text in enumerate(texts):
        verdict = known.get(text)
        if verdict is None:
            verdict = judge(text, as_of)
            if len(known) <= MAX_REMEMBERED:
                known[text] = verdict
        verdicts[number] = verdict
    return verdicts
