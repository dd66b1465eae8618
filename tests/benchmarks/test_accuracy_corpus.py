"""The accuracy corpus: it parses, holds enough of everything, and no number in it can be a living person's."""

from __future__ import annotations

import datetime as dt
import importlib
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
COMMON = (
    "NO_FODSELSNUMMER", "NO_D_NUMMER", "PHONE_NUMBER", "EMAIL_ADDRESS", "NO_ADDRESS", "DATE_OF_BIRTH",
    "NO_BANK_ACCOUNT", "IP_ADDRESS", "COOKIE_ID",
)  # fmt: skip
K1, K2 = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
PUBLISHED_H = {
    "24417138435", "15507600333", "21483609245", "29422059278", "12429400544", "13527248013", "10499309231",
}  # fmt: skip
"""NAV's own synthetic persons (NoCommons, navikt/fnrvalidator) and this repository's."""
PUBLISHED_FH = {"84075010582", "80005484026", "80009001259", "80008117075", "81234567802"}
"""Norsk Helsenett's fictitious patients, KantId's and norwegian-national-id-validator's tests."""
PUBLISHED_CARDS = {
    "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "5555555555554444",
    "5105105105105100", "2223003122003222", "5200828282828210", "378282246310005", "6011111111111117",
    "3530111333300000", "30569309025904",
}  # fmt: skip
PUBLISHED_IBANS = {
    "NO9386011117947", "DE89370400440532013000", "SE4550000000058398257466", "SE3550000000054910000003",
    "DK5000400440116243", "FI2112345600000785", "GB29NWBK60161331926819", "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
}  # fmt: skip


def load(name: str) -> Any:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def units() -> list[Any]:
    return list(load("accuracy.corpus").load())


@pytest.fixture(scope="module")
def values(units: list[Any]) -> dict[str, list[str]]:
    """The marked values that count, by type."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for unit in units:
        for truth in unit.truths:
            if not truth.optional:
                found[truth.types[0]].append(unit.text[truth.start : truth.end])
    return found


def digits_of(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def weighted(weights: tuple[int, ...], digits: str) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))


def luhn(digits: str) -> bool:
    values = (int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in values) % 10 == 0


def is_date(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def national_months(digits: str) -> list[int]:
    """The written month, where eleven digits are a national number of any series (rule of 1964); else nothing."""
    rest1, rest2 = weighted(K1, digits) % 11, weighted(K2, digits) % 11
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    day -= 40 if day > 40 else 0
    offsets = (0, 20, 40, 60, 65, 80)
    dated = any(is_date(century + year, month - offset, day) for offset in offsets for century in (1900, 2000))
    return [month] if rest1 == rest2 == 0 and dated and digits[0] < "8" else []


def test_every_type_but_names_occurs_often_enough(values: dict[str, list[str]]) -> None:
    tree = yaml.safe_load((ROOT / "configs" / "categories.yaml").read_text(encoding="utf-8"))
    known = {kind for category in tree["categories"] for kind in category["entity_types"]}
    counts = Counter({kind: len(found) for kind, found in values.items()})
    assert counts.keys() <= known - {"PERSON"}
    assert len(counts) >= 35
    assert not [kind for kind in counts if counts[kind] < 15]
    assert not [kind for kind in COMMON if counts[kind] < 40]


@pytest.mark.parametrize(
    ("kind", "shapes"),
    [("NO_FODSELSNUMMER", 7), ("NO_D_NUMMER", 3), ("NO_BANK_ACCOUNT", 4), ("PHONE_NUMBER", 9), ("DATE_OF_BIRTH", 15),
     ("NO_DUF_NUMMER", 3), ("COOKIE_ID", 10), ("PASSWORD_HASH", 8), ("GEO_COORDINATE", 10), ("MAC_ADDRESS", 3),
     ("CUSTOMER_ID", 8), ("CREDIT_CARD", 4), ("NO_PASSPORT", 3)],
)  # fmt: skip
def test_values_are_written_in_many_forms(values: dict[str, list[str]], kind: str, shapes: int) -> None:
    forms = {re.sub("[a-zæøå]+", "a", re.sub("[A-ZÆØÅ]+", "A", re.sub(r"\d", "9", value))) for value in values[kind]}
    assert len(forms) >= shapes


def test_at_least_half_of_the_lines_only_look_like_personal_data(units: list[Any]) -> None:
    corpus = load("accuracy.corpus")
    filled, _ = corpus.lines(units)
    negative = [unit for unit in units if unit.document.startswith("negative/")]
    hard, unmarked = corpus.lines(negative)
    assert filled >= 900
    assert 2 * unmarked >= filled
    assert hard - unmarked <= 5 and all(truth.optional for unit in negative for truth in unit.truths)


def test_no_number_can_be_a_living_persons_national_number(units: list[Any]) -> None:
    gap = r"[ .\-/*:\u00a0\n]{1,3}"
    number = re.compile(
        rf"(?<!\d)(?:\d{{10,11}}|\d{{6}}{gap}\d{{5}}|(?:\d\d{gap}){{3}}\d{{5}}|\d{{6}}{gap}\d{{3}}{gap}\d\d)(?!\d)"
    )
    seen = 0
    for unit in units:
        auxiliary = {place for t in unit.truths if "NO_H_NUMMER" in t.types for place in range(t.start, t.end)}
        for found in number.finditer(unit.text):
            months = [] if found.start() in auxiliary else national_months(digits_of(found[0]).zfill(11))
            assert all(month > 65 for month in months), f"{unit.document}:{unit.line_of(found.start())}"
            seen += bool(months)
    assert seen > 200


def test_national_numbers_are_valid_and_of_the_test_series(values: dict[str, list[str]]) -> None:
    for kind in ("NO_FODSELSNUMMER", "NO_D_NUMMER"):
        for value in values[kind]:
            digits = digits_of(value).zfill(11)
            assert len(digits) == 11
            assert weighted(K1, digits) % 11 == weighted(K2, digits) % 11 == 0
            assert 81 <= int(digits[2:4]) <= 92
            assert (int(digits[0]) >= 4) == (kind == "NO_D_NUMMER")


def test_auxiliary_numbers_are_published_or_of_the_nineteenth_century(values: dict[str, list[str]]) -> None:
    assert {digits_of(value) for value in values["NO_FH_NUMMER"]} <= PUBLISHED_FH
    for digits in {digits_of(value) for value in values["NO_H_NUMMER"]} - PUBLISHED_H:
        assert 41 <= int(digits[2:4]) <= 52
        assert 500 <= int(digits[6:9]) <= 749 or int(digits[6:9]) < 500 and 1800 + int(digits[4:6]) < 1900
        assert int(digits[4:6]) >= 54


def test_accounts_are_valid_and_no_persons_number(values: dict[str, list[str]]) -> None:
    for value in values["NO_BANK_ACCOUNT"]:
        digits = digits_of(value)
        assert len(digits) == 11 and digits[:2] in {"97", "98", "99"}
        assert weighted(K2, digits) % 11 == 0 != weighted(K1, digits) % 11


def test_organisation_numbers_are_of_the_test_series(values: dict[str, list[str]]) -> None:
    for value in values["NO_ORGANISASJONSNUMMER"]:
        digits = digits_of(value)
        assert len(digits) == 9 and digits[0] in "23"
        assert weighted((3, 2, 7, 6, 5, 4, 3, 2, 1), digits) % 11 == 0


def test_phone_numbers_are_kept_for_fiction(values: dict[str, list[str]]) -> None:
    for value in values["PHONE_NUMBER"]:
        digits = digits_of(value.replace("O", "0").replace("%20", ""))
        swedish = re.fullmatch(r"(?:46|0)70174(06\d\d)", digits)
        assert digits[-8:].startswith("6805") or (swedish and 605 <= int(swedish[1]) <= 699), value


def test_mail_addresses_are_of_reserved_domains(units: list[Any]) -> None:
    for unit in units:
        for truth in unit.truths:
            if truth.types[0] == "EMAIL_ADDRESS":
                address = unit.text[truth.start : truth.end].lower()
                assert re.search(r"(?:@|%40|[.])example[.](?:no|com|org)$", address), unit.document


def test_payment_numbers_are_valid_and_published_or_made(values: dict[str, list[str]]) -> None:
    assert {digits_of(value) for value in values["CREDIT_CARD"]} <= PUBLISHED_CARDS
    for value in values["IBAN_CODE"]:
        compact = "".join(value.split())
        assert int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1
        assert compact in PUBLISHED_IBANS or compact[4:6] in {"97", "98", "99"}


def test_nordic_numbers_are_of_test_series_or_of_the_dead(values: dict[str, list[str]]) -> None:
    for value in values["SE_PERSONNUMMER"]:
        digits = digits_of(value)[-10:]
        assert luhn(digits) and digits[6:8] in {"98", "99"}
    for value in values["FI_PERSONAL_IDENTITY_CODE"]:
        number = int(value[:6] + value[7:10])
        assert 900 <= int(value[7:10]) <= 999 and value[-1] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31]
    for value in values["DK_CPR_NUMMER"]:
        digits = digits_of(value)
        assert len(digits) == 10 and "5" <= digits[6] <= "8" and int(digits[4:6]) >= 58  # born 1858 to 1899


def test_other_numbers_have_their_check_digits(values: dict[str, list[str]]) -> None:
    for value in values["NO_DUF_NUMMER"]:
        digits = digits_of(value)
        assert len(digits) == 12 and weighted((4, 6, 3, 2, 4, 6, 3, 2, 7, 5), digits) % 11 == int(digits[10:])
    imeis = [digits_of(value) for value in values["DEVICE_ID"] if re.fullmatch(r"[\d-]{15,18}", value)]
    assert len(imeis) >= 15 and all(len(imei) == 15 and luhn(imei) for imei in imeis)


def test_lifelike_names_of_domains_keep_every_offset(units: list[Any]) -> None:
    for written, lifelike in zip(units, load("accuracy.corpus").load(lifelike=True), strict=True):
        assert len(written.text) == len(lifelike.text) and written.truths == lifelike.truths
        assert not re.search(r"example\.(?:no|com|org)\b", lifelike.text, re.IGNORECASE)


def test_documents_are_listed_in_the_readme(units: list[Any]) -> None:
    readme = (BENCHMARKS / "accuracy" / "README.md").read_text(encoding="utf-8")
    assert all(f"corpus/{folder}" in readme for folder in {unit.document.split("/")[0] for unit in units})
