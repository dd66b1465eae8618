"""Passport numbers, and machine-readable zones with check digits computed here once more from ICAO Doc 9303."""

from __future__ import annotations

import random
import string
from datetime import date

import pytest

from pii_scan.detect.validators import REJECTED, SYNTHETIC, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)
SPECIMENS = {  # ICAO Doc 9303, parts 4, 5 and 6
    "TD3": "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "TD2": "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
    "TD1": "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
}


def judge(*texts: str) -> list[int]:
    return judge_texts(VALIDATORS["passport"], texts, AS_OF).tolist()


def digit(field: str) -> str:
    values = {"<": 0} | {char: i for i, char in enumerate(string.digits + string.ascii_uppercase)}
    return str(sum(weight * values[char] for weight, char in zip((7, 3, 1) * 20, field, strict=False)) % 10)


def zone(chance: random.Random, state: str = "NOR") -> str:
    """A TD3 zone of an invented person."""
    number = "".join(chance.choices(string.ascii_uppercase + string.digits, k=9))
    born = f"{chance.randrange(100):02d}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
    expires = f"{chance.randrange(27, 36)}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
    personal = chance.choice(["<" * 14, "12345<<<<<<<<<"])
    check = "<" if personal[0] == "<" and chance.random() < 0.5 else digit(personal)
    line = f"{number}{digit(number)}{state}{born}{digit(born)}{chance.choice('MF<')}{expires}{digit(expires)}"
    line += personal + check
    line += digit(line[0:10] + line[13:20] + line[21:43])
    return f"{f'P<{state}LYNG<<RANDI<EVA':<44}".replace(" ", "<") + "\n" + line


def test_the_specimens_of_the_standard_are_synthetic():
    assert judge(*SPECIMENS.values()) == [VALID | SYNTHETIC] * 3
    assert judge(SPECIMENS["TD3"].split("\n")[1]) == [VALID | SYNTHETIC]


@pytest.mark.parametrize("state", ["NOR", "SWE", "POL", "ERI"])
def test_a_zone_with_right_check_digits_is_valid_whichever_state_issued_it(state):
    chance = random.Random(state)
    for _ in range(100):
        text = zone(chance, state)
        assert judge(text, text.replace("\n", "\r\n  "), text.split("\n")[1]) == [VALID] * 3


@pytest.mark.parametrize("kind", SPECIMENS)
def test_one_wrong_digit_is_found(kind):
    chance = random.Random(kind)
    text = SPECIMENS[kind]
    places = [i for i, char in enumerate(text) if char.isdigit()]
    for place in places:
        other = chance.choice([char for char in string.digits if char != text[place]])
        assert judge(text[:place] + other + text[place + 1 :]) == [REJECTED], place


def test_random_lines_pass_as_seldom_as_four_check_digits_allow():
    chance = random.Random(8)
    signs = string.ascii_uppercase + string.digits
    lines = ["".join(chance.choices(signs, k=44)) for _ in range(20_000)]
    assert sum(verdict != REJECTED for verdict in judge(*lines)) <= 20


@pytest.mark.parametrize("text", ["QXA004411", "qxa004411", "00112233", "QXA 004411"])
def test_a_number_has_no_check_digit_and_so_is_unsure(text):
    assert judge(text) == [UNSURE]


@pytest.mark.parametrize("text", ["QXA00441", "QX0044111", "0011223", "", "P<UTO", "<" * 44, "Å" * 44, "æ<\n" * 9])
def test_other_texts_are_rejected(text):
    assert judge(text) == [REJECTED]
