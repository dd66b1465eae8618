"""Telephone numbers: the verdict is that of the numbering plan, as `phonenumbers` holds it."""

from __future__ import annotations

import random
from datetime import date

import phonenumbers
import pytest

from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)


def judge(*texts: str) -> list[int]:
    return judge_texts(VALIDATORS["phone"], texts, AS_OF).tolist()


def valid(text: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.PhoneNumber(country_code=47, national_number=int(text)))


def numbers(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"{chance.randrange(10**7, 10**8)}" for _ in range(count)]


def test_eight_digits_are_judged_as_the_numbering_plan_has_it():
    texts = numbers(8_000, 1)
    for text, verdict in zip(texts, judge(*texts), strict=True):
        assert (verdict != REJECTED) == valid(text), text


@pytest.mark.parametrize(
    "form",
    ["{0} {1} {2} {3}", "+47{0}{1}{2}{3}", "0047 {0}{1}{2}{3}", "(+47) {0} {1} {2} {3}", "+47\u00a0{0}{1} {2}{3}"],
)
def test_the_written_form_does_not_change_what_exists(form):
    texts = numbers(1_500, 2)
    written = [form.format(*(text[i : i + 2] for i in range(0, 8, 2))) for text in texts]
    for text, verdict in zip(texts, judge(*written), strict=True):
        assert (verdict & JUDGEMENT == (UNSURE if text[0] == "8" else VALID)) == valid(text), text


def test_every_first_two_digits_are_judged_as_the_numbering_plan_has_it():
    texts = [f"{first}{rest}" for first in range(10, 100) for rest in ("123456", "000000", "999999", "501020")]
    assert [verdict != REJECTED for verdict in judge(*texts)] == [valid(text) for text in texts]


@pytest.mark.parametrize("text", ["68050000", "68 05 12 34", "+47 680 59 999", "004768055909"])
def test_numbers_kept_for_film_and_television_are_synthetic(text):
    assert judge(text) == [VALID | SYNTHETIC]


@pytest.mark.parametrize("text", ["80012345", "815 00 000", "+47 820 12 345", "004781500000"])
def test_norwegian_service_numbers_are_unsure(text):
    assert judge(text) == [UNSURE]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("(212) 555-0123", UNSURE), ("212-555-0123", UNSURE), ("070-174 06 05", UNSURE), ("020 7946 0958", UNSURE),
        ("(555) 555-0123", REJECTED), ("012-3", REJECTED), ("00000000000", REJECTED), ("0123 4567 8901 23", REJECTED),
    ],
)  # fmt: skip
def test_numbers_as_they_are_dialled_in_another_country_are_unsure(text, verdict):
    assert judge(text) == [verdict]


@pytest.mark.parametrize("form", ["4768051234", "47 68 05 12 34", "+47 (0)68051234", "0047 (0) 68 05 12 34"])
def test_the_country_code_may_be_written_without_plus_and_with_a_trunk_zero(form):
    assert judge(form) == [VALID | SYNTHETIC]


@pytest.mark.parametrize("text", ["68060000", "68 04 99 99", "22 42 42 42"])
def test_their_neighbours_are_not(text):
    assert judge(text) == [VALID]


@pytest.mark.parametrize(
    ("text", "verdict"), [("21031983", UNSURE), ("21 03 19 83", VALID), ("21131983", VALID), ("31121899", VALID)]
)
def test_eight_digits_that_read_as_a_date_are_unsure_unless_in_groups(text, verdict):
    assert judge(text) == [verdict]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("+44 20 7946 0123", VALID), ("0044 20 7946 0123", VALID), ("+44 (0)20 7946 0123", VALID),
        ("+46 8 123 456 78", VALID),
        ("(0046) 8 123 456 78", VALID), ("+1 212-555-0123", VALID), ("+999 12345678", REJECTED),
        ("+47 1234 5678", REJECTED),
        ("+47 580012345678", REJECTED), ("12345", REJECTED), ("02800", REJECTED), ("110", REJECTED), ("", REJECTED),
        ("+", REJECTED),
        ("20123456", REJECTED), ("10123456", REJECTED), ("+4712", REJECTED),
    ],
)  # fmt: skip
def test_numbers_by_country(text, verdict):
    assert judge(text) == [verdict]


def test_foreign_numbers_agree_with_the_library():
    chance = random.Random(4)
    for region in ("SE", "DK", "GB", "DE", "US", "PL", "LT"):
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        for _ in range(60):
            national = list(str(number.national_number))
            national[chance.randrange(len(national))] = chance.choice("0123456789")
            text = f"+{number.country_code}{''.join(national)}"
            assert (judge(text) != [REJECTED]) == phonenumbers.is_valid_number(phonenumbers.parse(text)), text


@pytest.mark.parametrize(
    "text", ["６８０５１２３４", "٦٨٠٥١٢٣٤", "68 05 12 34 x", "++47 68051234", "+47+47", "(((((", "0" * 40]
)
def test_odd_forms_are_judged_without_failing(text):
    assert judge(text)[0] in (REJECTED, UNSURE, VALID, VALID | SYNTHETIC)
