"""Cards and IBANs, against the rules written out slowly."""

from __future__ import annotations

import random
from datetime import date

import pytest

from pii_scan.detect.validators import REJECTED, SYNTHETIC, VALID, VALIDATORS, finance, judge_texts
from pii_scan.detect.validators.finance import TEST_CARDS
from pii_scan.detect.validators.verdict import digits_of_texts

AS_OF = date(2026, 11, 22)


def judge(validator: str, *texts: str) -> list[int]:
    return judge_texts(VALIDATORS[validator], texts, AS_OF).tolist()


def luhn(text: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(text)):
        value = int(char) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


def with_check_digit(stem: str) -> str:
    return next(stem + digit for digit in "0123456789" if luhn(stem + digit))


ISSUERS = {
    "visa": ("4", (13, 16, 19)), "mastercard": ("51", (16,)), "mastercard high": ("2720", (16,)), "amex": ("37", (15,)),
    "diners": ("36", (14, 16, 19)), "jcb": ("3528", (16, 19)), "discover": ("6011", (16, 19)),
    "maestro": ("50", (13, 19)), "unionpay": ("62", (16, 19)),
}  # fmt: skip


@pytest.mark.parametrize("name", ISSUERS)
def test_a_number_of_an_issuer_passes_with_its_check_digit_only(name):
    prefix, lengths = ISSUERS[name]
    chance = random.Random(name)
    for length in lengths:
        for _ in range(50):
            stem = prefix + "".join(chance.choice("0123456789") for _ in range(length - len(prefix) - 1))
            right = with_check_digit(stem)
            wrong = stem + str((int(right[-1]) + chance.randint(1, 9)) % 10)
            assert judge("luhn_card", right, wrong) == [VALID, REJECTED]


def test_no_number_passes_against_luhn():
    chance = random.Random(3)
    texts = ["".join(chance.choice("0123456789") for _ in range(chance.randint(8, 22))) for _ in range(20_000)]
    verdicts = judge("luhn_card", *texts)
    assert any(verdicts)
    assert all(luhn(text) and 13 <= len(text) <= 19 for text, verdict in zip(texts, verdicts, strict=True) if verdict)


def test_one_changed_digit_and_most_swapped_neighbours_are_seen():
    number = "4539148803436467"
    assert judge("luhn_card", number) == [VALID]
    changed = [number[:i] + d + number[i + 1 :] for i in range(16) for d in "0123456789" if d != number[i]]
    assert set(judge("luhn_card", *changed)) == {REJECTED}


@pytest.mark.parametrize("number", sorted(TEST_CARDS))
def test_published_test_cards_are_synthetic(number):
    assert luhn(number)
    assert judge("luhn_card", number) == [VALID | SYNTHETIC]


@pytest.mark.parametrize(
    "number",
    [
        "4444444444444444",
        "0000000000000000",
        "4111 1111 1111",
        "41111111111111111111",
        "",
        "9792030394440796",
        "1" * 25,
    ],
)
def test_what_is_no_card_is_rejected(number):
    assert judge("luhn_card", number) == [REJECTED]


@pytest.mark.parametrize(
    "number",
    ["4539 1488 0343 6467", "4539-1488-0343-6467", "4539\u00a01488\u00a00343\u00a06467", "4539.1488.0343.6467"],
)
def test_groups_do_not_matter(number):
    assert judge("luhn_card", number) == [VALID]


def iban_of(country: str, account: str) -> str:
    digits = "".join(str(int(char, 36)) for char in account + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


def test_a_norwegian_iban_holds_an_account_that_exists():
    chance = random.Random(6)
    accounts = [f"{chance.randrange(10**11):011d}" for _ in range(3000)]
    verdicts = judge("iban", *(iban_of("NO", account) for account in accounts))
    assert any(verdicts)
    assert verdicts == judge("no_bank_account", *accounts)


def test_an_iban_passes_with_its_check_digits_only():
    chance = random.Random(5)
    for _ in range(300):
        country = chance.choice(["SE", "GB", "DE", "FR", "MT"])
        account = "".join(chance.choice("0123456789ABCXYZ") for _ in range(chance.randint(11, 27)))
        right = iban_of(country, account)
        others = [f"{country}{check:02d}{account}" for check in range(2, 99) if f"{check:02d}" != right[2:4]]
        assert judge("iban", right) == [VALID]
        assert set(judge("iban", *others)) == {REJECTED}


@pytest.mark.parametrize(
    "text", ["GB82 WEST 1234 5698 7654 32", "NO93 8601 1117 947", "NO9386011117947", "no93 8601 1117 947"]
)
def test_published_ibans_pass_in_any_grouping(text):
    assert judge("iban", text) == [VALID]


@pytest.mark.parametrize("text", ["NO93 8601 1117 948", "ØL93 8601 1117 947", "ＮＯ9386011117947"])
def test_what_is_no_iban_is_rejected_without_failing(text):
    assert judge("iban", text) == [REJECTED]


def test_an_iban_may_be_written_in_any_groups():
    chance = random.Random(9)
    for _ in range(100):
        right = iban_of("SE", "".join(chance.choice("0123456789") for _ in range(20)))
        grouped = "".join(char + chance.choice(["", " ", "\u00a0", "-", "."]) for char in right[:-1]) + right[-1]
        assert judge("iban", grouped, grouped.lower()) == [VALID, VALID]


@pytest.mark.parametrize("length", range(2, 21))
def test_the_check_digit_of_luhn_agrees_with_the_slow_rule_at_every_length(length):
    chance = random.Random(length)
    texts = ["".join(chance.choice("0123456789") for _ in range(length)) for _ in range(300)]
    assert list(finance.luhn(digits_of_texts(texts))) == [luhn(text) for text in texts]
