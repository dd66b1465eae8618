"""Swedish, Danish and Finnish numbers against the rules written out, one number at a time."""

from __future__ import annotations

import random
from datetime import date

import pytest

from pii_scan.detect.rules import load_rules
from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)
HETU_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def judge(validator: str, texts: list[str], as_of: date = AS_OF) -> list[int]:
    return judge_texts(VALIDATORS[validator], texts, as_of).tolist()


def exists(year: int, month: int, day: int, as_of: date = AS_OF) -> bool:
    try:
        return date(year, month, day) <= as_of
    except ValueError:
        return False


def luhn(digits: str) -> int:
    """The check digit behind `digits`."""
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(digits))
    return -total % 10


def hetu(day: str, sign: str, individual: str) -> str:
    return f"{day}{sign}{individual}{HETU_SIGNS[int(day + individual) % 31]}"


# --- Sweden -----------------------------------------------------------------------------------------------------------


def test_swedish_numbers_by_the_rule_written_out() -> None:
    chance = random.Random(1)
    accepted = 0
    for _ in range(4_000):
        day = chance.choice([0, 1, 15, 28, 29, 30, 31, 32]) + chance.choice([0, 0, 60])
        stem = f"{chance.randrange(100):02d}{chance.randrange(14):02d}{day:02d}{chance.choice([0, 123, 456, 789]):03d}"
        text = stem + str((luhn(stem) + chance.choice([0, 0, 1])) % 10)
        yy, month = int(stem[:2]), int(stem[2:4])
        possible = any(exists(year + yy, month, day - 60 * (day > 60)) for year in (2000, 1900))
        good = int(text[-1]) == luhn(stem) and possible and stem[6:] != "000"
        assert bool(judge("se_personnummer", [text])[0]) == good, text
        assert judge("se_personnummer", [f"{text[:6]}-{text[6:]}", f"{text[:6]}+{text[6:]}"]) == 2 * judge(
            "se_personnummer", [text]
        )
        accepted += good
    assert accepted > 500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("850113-9995", VALID | SYNTHETIC),
        ("19850113-9995", VALID | SYNTHETIC),
        ("198501139995", VALID | SYNTHETIC),
        ("17850113-9995", REJECTED),  # no century of the register
        ("20850113-9995", REJECTED),  # not born yet
        ("18850113-9995", UNSURE | SYNTHETIC),  # older than 120 years
        ("850113-9994", REJECTED),
        ("850113-0006", REJECTED),  # birth numbers begin at 001
        ("900161-9825", VALID | SYNTHETIC),  # samordningsnummer
        ("556677-8899", REJECTED),  # organisations have a third digit of 2 and more
        ("5501139995", REJECTED),
    ],
)
def test_swedish_numbers(text: str, expected: int) -> None:
    assert judge("se_personnummer", [text]) == [expected]


def test_late_dates_with_a_time_or_running_number_are_not_taken_for_swedes() -> None:
    chance = random.Random(3)
    stems = [f"20{chance.randrange(15, 27)}{chance.randrange(1, 11):02d}{chance.randrange(1, 29):02d}"
             f"{chance.randrange(24):02d}{chance.randrange(6)}" for _ in range(500)]  # fmt: skip
    texts = [stem + str(luhn(stem[2:])) for stem in stems if stem[8:] != "000"]
    assert set(judge("se_personnummer", texts)) == {UNSURE}


# --- Denmark ----------------------------------------------------------------------------------------------------------


def cpr_year(seventh: int, yy: int) -> int:
    """CPR-kontoret's table, cell by cell."""
    if seventh < 4:
        return 1900 + yy
    if yy <= 36:
        return 2000 + yy
    if seventh in (4, 9):
        return 1900 + yy
    return 2000 + yy if yy <= 57 else 1800 + yy


def test_danish_numbers_by_the_rule_written_out() -> None:
    chance = random.Random(5)
    seen = set()
    for _ in range(20_000):
        day, month, yy = chance.randrange(33), chance.randrange(14), chance.randrange(100)
        text = f"{day:02d}{month:02d}{yy:02d}{chance.randrange(10_000):04d}"
        year = cpr_year(int(text[6]), yy)
        (verdict,) = judge("dk_cpr", [text])
        assert bool(verdict) == exists(year, month, day), text
        confirmed = sum(w * int(d) for w, d in zip((4, 3, 2, 7, 6, 5, 4, 3, 2, 1), text, strict=True)) % 11 == 0
        late = exists(2000 + day, month, yy) and day > 14  # also a date of the last twelve years, year first
        expected = confirmed and AS_OF.year - 120 <= year <= AS_OF.year - 12 and not late
        if verdict:
            assert (verdict == VALID) == expected, text
        seen.add(verdict)
    assert seen == {REJECTED, UNSURE, VALID}


def test_the_danish_check_confirms_but_never_rejects() -> None:
    assert judge("dk_cpr", ["120913-0226", "120913-0227"]) == [VALID, UNSURE]
    assert judge("dk_cpr", ["320913-0226", "121313-0226", "300213-0226", "120913022"]) == [REJECTED] * 4


# --- Finland ----------------------------------------------------------------------------------------------------------


def test_finnish_codes_by_the_rule_written_out() -> None:
    chance = random.Random(7)
    centuries = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
    for _ in range(4_000):
        day = f"{chance.randrange(33):02d}{chance.randrange(14):02d}{chance.randrange(100):02d}"
        individual, sign = chance.choice(["000", "001", "002", "500", "899", "900"]), chance.choice("+-YXWVUABCDEFGZ ")
        code = hetu(day, sign, individual)
        year = centuries.get(sign, 0) + int(day[4:])
        good = sign in centuries and exists(year, int(day[2:4]), int(day[:2])) and int(individual) >= 2
        # A Danish or Swedish number looks the same
        shared = sign in "+-" and code[-1].isdigit() and individual != "900"
        sure = year >= AS_OF.year - 120 and not shared
        expected = (VALID if sure else UNSURE) | (SYNTHETIC if individual == "900" else 0)
        assert judge("fi_hetu", [code]) == [expected if good else REJECTED], code
        wrong = code[:-1] + HETU_SIGNS[(HETU_SIGNS.index(code[-1]) + 1 + chance.randrange(30)) % 31]
        assert judge("fi_hetu", [wrong]) == [REJECTED]


@pytest.mark.parametrize(
    "text",
    ["010594Y9032", "020594X903P", "030594W903B", "040594V9030", "050594U903M", "010516B903X", "020516C903K",
     "030516D9037", "010501E9032", "020503F9037"],
)  # fmt: skip
def test_finnish_test_persons_with_the_signs_of_2023_are_synthetic(text: str) -> None:
    """As published by Digi- ja väestötietovirasto for the change of signs."""
    assert judge("fi_hetu", [text]) == [VALID | SYNTHETIC]


@pytest.mark.parametrize("text", ["", "150288-917k", "150288 917K", "150288-917K2", "15028８-917K", "١٥٠٢٨٨-917K"])
def test_what_is_written_otherwise_is_not_finnish(text: str) -> None:
    assert judge("fi_hetu", [text]) == [REJECTED]


# --- all --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule_id", ["se.personnummer", "dk.cpr"])
def test_the_chance_that_a_rule_states_is_about_that_of_arbitrary_numbers(rule_id: str) -> None:
    chance, rule = random.Random(11), next(rule for rule in load_rules() if rule.id == rule_id)
    texts = [f"{chance.randrange(10**10):010d}" for _ in range(100_000)]
    passed = sum(verdict & JUDGEMENT == VALID for verdict in judge(rule.validator, texts))
    assert passed / len(texts) == pytest.approx(rule.chance, rel=0.2)


@pytest.mark.parametrize("name", ["se_personnummer", "dk_cpr"])
@pytest.mark.parametrize("length", [0, 1, 9, 11, 13, 20, 30])
def test_other_lengths_are_rejected(name: str, length: int) -> None:
    assert judge(name, ["850113999512091302268501139995"[:length]]) == [REJECTED]
