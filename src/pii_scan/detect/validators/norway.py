"""Norwegian numbers of accounts, organisations and immigration cases.

Sources: Bits/Finans Norge (account numbers: modulus 11); Brønnøysundregistrene (organisasjonsnummer); Skatteetaten
(organisations of the test environment); Utlendingsdirektoratet (DUF). Those of persons are in `norway_national`.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from pii_scan.detect.validators.norway_national import WEIGHTS_SECOND
from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, VALID, Digits, Verdicts

_ORGNR = np.array([3, 2, 7, 6, 5, 4, 3, 2, 1], np.int32)
_DUF = np.array([4, 6, 3, 2, 4, 6, 3, 2, 7, 5], np.int32)
_FIRST_DUF_YEAR = 1985


def bank_account(digits: Digits, as_of: date) -> Verdicts:
    """Kontonummer: 11 digits, modulus 11, a register number other than 0000.

    The weights are those of a fødselsnummer's last control digit, so that every valid fødselsnummer passes too.
    """
    d = digits[:, :11].astype(np.int32)
    good = (digits[:, -1] == 11) & ((d[:, :10] @ WEIGHTS_SECOND + d[:, 10]) % 11 == 0) & (d[:, :4].sum(axis=1) > 0)
    return np.where(good, VALID, REJECTED).astype(np.uint8)


def organisasjonsnummer(digits: Digits, as_of: date) -> Verdicts:
    """Organisasjonsnummer: 9 digits, modulus 11; begins with 8 or 9, in the test environment with 2 or 3."""
    d = digits[:, :9].astype(np.int32)
    good = (digits[:, -1] == 9) & ((d @ _ORGNR) % 11 == 0)
    real, test = good & (d[:, 0] >= 8), good & (d[:, 0] >= 2) & (d[:, 0] <= 3)
    return np.select([real, test], [VALID, VALID | SYNTHETIC], REJECTED).astype(np.uint8)


def duf_nummer(digits: Digits, as_of: date) -> Verdicts:
    """DUF-nummer of the immigration authorities: year, running number, and a remainder modulo 11 as two digits.

    12 digits. The year is 1985 to that of `as_of`: the register's first year is general knowledge, not documented.
    """
    d = digits[:, :12].astype(np.int32)
    year = d[:, 0] * 1000 + d[:, 1] * 100 + d[:, 2] * 10 + d[:, 3]
    control = d[:, 10] * 10 + d[:, 11]
    good = (digits[:, -1] == 12) & (year >= _FIRST_DUF_YEAR) & (year <= as_of.year)
    return np.where(good & ((d[:, :10] @ _DUF) % 11 == control), VALID, REJECTED).astype(np.uint8)
