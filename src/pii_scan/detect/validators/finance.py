"""Payment numbers. Sources: ISO 13616 (IBAN), ISO 7064 (modulus 97-10), ISO/IEC 7812-1 (card numbers, Luhn)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from pii_scan.detect.validators.norway import bank_account
from pii_scan.detect.validators.verdict import MAX_DIGITS, REJECTED, SYNTHETIC, VALID, Digits, Verdicts, digits_of_texts

TEST_CARDS = frozenset(
    {
        "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "5555555555554444",
        "5105105105105100", "2223003122003222", "378282246310005", "371449635398431", "6011111111111117",
        "6011000990139424", "30569309025904", "38520000023237", "3530111333300000", "3566002020360505",
    }
)  # fmt: skip
"""Numbers that the payment providers publish for tests (Stripe, Adyen, PayPal documentation)."""


def credit_card(digits: Digits, as_of: date) -> Verdicts:
    """A card number of 13 to 19 digits: issuer range and Luhn's check digit."""
    verdicts = np.full(len(digits), REJECTED, np.uint8)
    count = digits[:, -1].astype(np.int64)
    rows = np.flatnonzero((count >= 13) & (count <= 19))
    if not len(rows):
        return verdicts
    d = digits[rows, :4].astype(np.int32)
    first4 = d[:, 0] * 1000 + d[:, 1] * 100 + d[:, 2] * 10 + d[:, 3]
    good = luhn(digits[rows]) & _issuer(first4, count[rows]) & ~one_digit(digits[rows])
    verdicts[rows[good]] = VALID
    for row in rows[good].tolist():
        if "".join(map(str, digits[row, : digits[row, -1]].tolist())) in TEST_CARDS:
            verdicts[row] = VALID | SYNTHETIC
    return verdicts


def luhn(digits: Digits) -> npt.NDArray[np.bool_]:
    """Whether each row's last digit is Luhn's check digit (ISO/IEC 7812-1, annex B)."""
    count = digits[:, -1].astype(np.int64)
    d = digits[:, :MAX_DIGITS].astype(np.int32)
    place = np.arange(MAX_DIGITS)
    doubled = (count[:, None] - 1 - place) % 2 == 1
    value = np.where(doubled, 2 * d - 9 * (d > 4), d) * (place < count[:, None])
    return np.asarray((value.sum(axis=1) % 10 == 0) & (count > 1) & (count <= MAX_DIGITS))


def one_digit(digits: Digits) -> npt.NDArray[np.bool_]:
    """Whether each row repeats one digit: what people type to fill a field."""
    d = digits[:, :MAX_DIGITS]
    return np.asarray(((d == d[:, :1]) | (d < 0)).all(axis=1))


def _issuer(first4: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Whether the first digits belong to an issuer whose numbers have that length."""
    first2 = first4 // 100
    visa = (first4 // 1000 == 4) & np.isin(count, (13, 16, 19))
    mastercard = (((first2 >= 51) & (first2 <= 55)) | ((first4 >= 2221) & (first4 <= 2720))) & (count == 16)
    amex = np.isin(first2, (34, 37)) & (count == 15)
    diners = (((first4 >= 3000) & (first4 <= 3059)) | np.isin(first2, (36, 38, 39))) & (count >= 14)
    jcb = (first4 >= 3528) & (first4 <= 3589) & (count >= 16)
    discover = ((first4 == 6011) | ((first4 >= 6440) & (first4 <= 6599))) & (count >= 16)
    maestro = np.isin(first2, (50, 56, 57, 58, 63, 67)) & (count >= 13)
    unionpay = (first2 == 62) & (count >= 16)
    return np.asarray(visa | mastercard | amex | diners | jcb | discover | maestro | unionpay)


def ibans(texts: Sequence[str], as_of: date) -> Verdicts:
    """IBANs: modulus 97-10 over the rearranged number; a Norwegian one must hold a valid account number too.

    The length by country is in the rule's pattern.
    """
    verdicts = np.full(len(texts), REJECTED, np.uint8)
    accounts: dict[int, str] = {}
    for row, text in enumerate(texts):
        compact = "".join(filter(str.isalnum, text.upper()))
        rearranged = compact[4:] + compact[:4]
        if not rearranged.isascii() or int("".join(map(_AS_NUMBER.__getitem__, rearranged))) % 97 != 1:
            continue
        verdicts[row] = VALID
        if compact.startswith("NO"):
            accounts[row] = compact[4:]
    if accounts:
        verdicts[list(accounts)] = bank_account(digits_of_texts(list(accounts.values())), as_of)
    return verdicts


_AS_NUMBER = {char: str(int(char, 36)) for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
