"""Norwegian numbers against the rules written out slowly, one number at a time."""

from __future__ import annotations

import calendar
import random
from datetime import date, timedelta

import pytest
from synthetic import nationals

from pii_scan.detect.rules import load_rules
from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, UNSURE, VALID, VALIDATORS, judge_texts

AFTER_2032 = date(2040, 1, 1)
AS_OF = date(2026, 11, 22)
DATED = {"no_fodselsnummer": 0, "no_d_nummer": 40, "no_h_nummer": 0, "no_npid": 0}
"""What each kind adds to the day."""
MONTHS = {
    "no_fodselsnummer": ((0, False), (65, True), (80, True)),
    "no_d_nummer": ((0, False), (40, True), (65, True), (80, True)),
    "no_h_nummer": ((40, False),),
    "no_npid": ((20, False), (60, True)),
}
"""What each kind adds to the month, and whether that is a test series."""
NATIONAL = (*DATED, "no_fh_nummer")


def judge(validator: str, texts: list[str], as_of: date = AS_OF) -> list[int]:
    return judge_texts(VALIDATORS[validator], texts, as_of).tolist()


# --- the rules, one number at a time ----------------------------------------------------------------------------------

FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def remainders(digits: list[int]) -> tuple[int, int]:
    """What eleven digits leave, modulo 11, by each control digit (Skatteetaten, nyttfnr2032)."""
    first = sum(w * d for w, d in zip(FIRST, digits, strict=False)) % 11
    second = sum(w * d for w, d in zip(SECOND, digits, strict=False)) % 11
    return first, second


def with_control_digits(stem: str, first_rest: int = 0) -> str | None:
    """Nine digits with the two control digits behind, or None where there are none."""
    for k1 in range(10):
        if remainders([*map(int, stem), k1])[0] == first_rest:
            for k2 in range(10):
                if remainders([*map(int, stem), k1, k2])[1] == 0:
                    return f"{stem}{k1}{k2}"
    return None


def fnr_year(yy: int, serial: int) -> set[int]:
    if serial <= 499:
        return {1900 + yy}
    if yy <= 39:
        return {2000 + yy}
    if serial <= 749 and yy >= 54:
        return {1800 + yy}
    return {1900 + yy} if serial >= 900 else set()


def d_year(yy: int, serial: int) -> set[int]:
    years = fnr_year(yy, serial)
    if 500 <= serial <= 599 and yy >= 58:
        years = years | {1800 + yy}
    if serial <= 199 and yy <= 39:
        years = years | {1900 + yy}
    if (serial <= 499 or serial >= 600) and yy >= 40:
        years = years | {1900 + yy}
    if serial >= 200 and yy <= 39:
        years = years | {2000 + yy}
    return years


def verdict_on_birth(dates: list[tuple[int, int, int]], as_of: date) -> int:
    """VALID if someone could be born on one of (year, month, day) and live, UNSURE if only long ago."""
    best = REJECTED
    for year, month, day in dates:
        if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
            born = date(year, month, day)
            age_limit = (as_of.year - 120, as_of.month, as_of.day)
            if born <= as_of:
                best = max(best, VALID if (year, month, day) >= age_limit else UNSURE)
    return best


def slow(text: str, as_of: date) -> dict[str, int]:
    """The verdict of each of the national validators on eleven digits."""
    verdicts = dict.fromkeys(NATIONAL, REJECTED)
    first, second = remainders([int(char) for char in text])
    if second or first > 3:
        return verdicts
    day, month, yy, serial = int(text[:2]), int(text[2:4]), int(text[4:6]), int(text[6:9])
    if first == 0 and text[0] in "89":
        verdicts["no_fh_nummer"] = VALID
    for name, added in DATED.items():
        new = as_of >= date(2032, 1, 1) and name in ("no_fodselsnummer", "no_d_nummer")
        if first and not new:
            continue
        years = d_year(yy, serial) if name == "no_d_nummer" else fnr_year(yy, serial)
        years = years | ({2000 + yy} if new else set())
        for offset, test in MONTHS[name]:
            verdict = verdict_on_birth([(year, month - offset, day - added) for year in years], as_of)
            if verdict:
                verdicts[name] = VALID | SYNTHETIC if test else verdict
    return verdicts


def candidates(count: int, seed: int) -> list[str]:
    """Right control digits, near the calendar's edges and in every series."""
    chance = random.Random(seed)
    texts: list[str] = []
    while len(texts) < count:
        day = chance.choice([0, 1, 15, 28, 29, 30, 31, 32]) + chance.choice([0, 0, 40])
        month = chance.choice([0, 1, 2, 4, 12, 13]) + chance.choice([0, 0, 20, 40, 60, 65, 80])
        stem = f"{day:02d}{month % 100:02d}{chance.randrange(100):02d}{chance.randrange(1000):03d}"
        if chance.random() < 0.05:
            stem = chance.choice("89") + stem[1:]
        number = with_control_digits(stem, chance.choice([0, 0, 0, 1, 2, 3, 4]))
        if number:
            texts.append(number)
    return texts


def arbitrary(count: int, length: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"{chance.randrange(10**length):0{length}d}" for _ in range(count)]


# --- persons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_of", [AS_OF, date(2031, 12, 31), date(2032, 1, 1), AFTER_2032, date(1999, 12, 31)])
def test_every_verdict_on_made_numbers_is_that_of_the_rules_written_out(as_of: date) -> None:
    texts = candidates(8_000, as_of.toordinal())
    ours = {name: judge(name, texts, as_of) for name in NATIONAL}
    for i, text in enumerate(texts):
        assert {name: ours[name][i] for name in NATIONAL} == slow(text, as_of), text
    assert all(any(verdicts) for verdicts in ours.values())


def test_every_verdict_on_arbitrary_numbers_is_that_of_the_rules_written_out() -> None:
    texts = arbitrary(200_000, 11, 1)
    ours = list(zip(*(judge(name, texts) for name in NATIONAL), strict=True))
    for text, verdicts in zip(texts, ours, strict=True):
        if any(verdicts) or not remainders([int(char) for char in text])[1]:
            assert dict(zip(NATIONAL, verdicts, strict=True)) == slow(text, AS_OF), text


def test_only_the_two_test_series_that_overlap_share_numbers() -> None:
    """Months 66 to 72 are read as Norsk Helsenett's and as NAV's synthetic persons."""
    texts = candidates(8_000, 1)
    for text, verdicts in zip(texts, zip(*(judge(name, texts) for name in NATIONAL), strict=True), strict=True):
        kinds = {name for name, verdict in zip(NATIONAL, verdicts, strict=True) if verdict}
        assert len(kinds) <= 1 or (kinds == {"no_fodselsnummer", "no_npid"} and 66 <= int(text[2:4]) <= 72), text


@pytest.mark.parametrize(("offset", "synthetic"), [(65, SYNTHETIC), (80, SYNTHETIC)])
def test_nobody_is_born_after_the_day_of_the_scan(offset: int, synthetic: int) -> None:
    for days in range(-40, 41):
        born = AS_OF + timedelta(days=days)
        stems = [f"{born:%d}{born.month + offset:02d}{born:%y}{serial}" for serial in range(500, 1000, 7)]
        numbers = [number for stem in stems if (number := with_control_digits(stem))]
        expected = VALID | synthetic if days <= 0 else REJECTED
        assert set(judge("no_fodselsnummer", numbers)) == {expected}


def test_beyond_a_hundred_and_twenty_years_of_age_a_number_is_unsure_but_in_a_test_series() -> None:
    for year, expected in ((1900, UNSURE), (1905, UNSURE), (1907, VALID)):
        stems = [f"{{:02d}}{{:02d}}{year % 100:02d}{serial:03d}" for serial in range(200)]
        for name, (day, month), wanted in (
            ("no_h_nummer", (1, 41), expected), ("no_npid", (1, 21), expected),
            ("no_fodselsnummer", (1, 81), VALID | SYNTHETIC), ("no_d_nummer", (41, 81), VALID | SYNTHETIC),
        ):  # fmt: skip
            numbers = [number for stem in stems if (number := with_control_digits(stem.format(day, month)))]
            assert set(judge(name, numbers)) == {wanted}


def test_the_29th_of_february_exists_in_leap_years_only() -> None:
    for year in range(1907, 2000):
        numbers = filter(None, (with_control_digits(f"2982{year % 100:02d}{serial:03d}") for serial in range(0, 200)))
        expected = VALID | SYNTHETIC if calendar.isleap(year) else REJECTED
        assert set(judge("no_fodselsnummer", list(numbers))) == {expected}, year


def test_a_number_with_one_wrong_digit_is_rejected() -> None:
    """Modulus 11 with these weights finds every single wrong digit."""
    chance = random.Random(8)
    for number in nationals(40, seed=8):
        for place in range(11):
            wrong = f"{number[:place]}{(int(number[place]) + chance.randrange(1, 10)) % 10}{number[place + 1 :]}"
            assert [judge(name, [wrong]) for name in NATIONAL] == [[REJECTED]] * len(NATIONAL)


@pytest.mark.parametrize("name", NATIONAL)
@pytest.mark.parametrize("length", [0, 1, 6, 9, 14, 20, 21, 40])
def test_other_lengths_are_rejected(name: str, length: int) -> None:
    assert judge(name, ["1183753333511837533335118375333351183753333500"[:length]]) == [REJECTED]


@pytest.mark.parametrize(
    "text",
    ["118375 33335", "118375-33335", "11.83.75 33335", "118375\u00a033335", "118375\u201333335", "１１８３７５33335",
     "118375\r\n33335", "1,1837533335E+10", "1.1837533335e+10"],
)  # fmt: skip
def test_the_written_form_does_not_matter(text: str) -> None:
    assert judge("no_fodselsnummer", [text]) == judge("no_fodselsnummer", ["11837533335"]) == [VALID | SYNTHETIC]


def test_ten_digits_are_read_as_eleven_without_the_zero() -> None:
    texts = [text for text in candidates(8_000, 3) if text[0] == "0"]
    for name in ("no_fodselsnummer", "no_h_nummer", "no_npid"):
        full, short = judge(name, texts), judge(name, [text[1:] for text in texts])
        power = judge(name, [f"{text[1]},{text[2:]}E+09" for text in texts])
        assert any(full) and power == short
        for text, a, b in zip(texts, full, short, strict=True):
            assert b == (REJECTED if 61 <= int(text[2:4]) <= 77 else a), "Unix times read as +60 and +65"


def test_scientific_notation_gives_back_the_zeros_at_the_end() -> None:
    texts = [text for text in candidates(12_000, 4) if text[0] != "0" and text.endswith("0") and text[9] != "0"]
    written = [f"{text[0]},{text[1:10]}E+10" for text in texts]
    for name in ("no_fodselsnummer", "no_d_nummer"):
        assert texts and judge(name, written) == judge(name, texts)


def test_scientific_notation_that_lost_digits_is_unsure_when_it_begins_with_a_day_and_month() -> None:
    assert judge("no_fodselsnummer", ["1,18375E+10", "1,30972E+10", "9,01884E+09"]) == [UNSURE] * 3
    assert judge("no_fodselsnummer", ["3,28375E+10", "1,19972E+10", "9,41884E+09", "1,18375E+11"]) == [REJECTED] * 4
    assert judge("no_d_nummer", ["5,18375E+10", "1,18375E+10", "9,01884E+09"]) == [UNSURE, REJECTED, REJECTED]


def test_unix_times_of_ten_digits_are_no_numbers_of_test_series() -> None:
    chance = random.Random(9)
    texts = [str(chance.randrange(1_600_000_000, 1_810_000_000)) for _ in range(20_000)]
    assert sum(map(bool, judge("no_fodselsnummer", texts))) < 5


def test_numbers_of_the_rule_of_2032_exist_from_that_day_on_and_only_of_two_kinds() -> None:
    for offset, day in ((80, 0), (80, 40), (65, 0), (40, 0), (20, 0)):
        stems = [f"{1 + day + i % 28:02d}{offset + 1 + i % 12:02d}31{500 + i}" for i in range(400)]
        later = [number for i, stem in enumerate(stems) if (number := with_control_digits(stem, 1 + i % 3))]
        for name in NATIONAL:
            assert not any(judge(name, later, date(2031, 12, 31)))
            mine = name == ("no_d_nummer" if day else "no_fodselsnummer") and offset >= 65
            assert set(judge(name, later, date(2032, 1, 1))) == {VALID | SYNTHETIC if mine else REJECTED}


@pytest.mark.parametrize("rule_id", ["no.fodselsnummer", "no.d_nummer", "no.h_nummer", "no.npid", "no.fh_nummer"])
def test_the_chance_that_a_rule_states_is_that_of_arbitrary_numbers(rule_id: str) -> None:
    rule = next(rule for rule in load_rules() if rule.id == rule_id)
    count = 200_000
    verdicts = judge(rule.validator, arbitrary(count, 11, 17))
    passed = sum(verdict & JUDGEMENT == VALID for verdict in verdicts)
    assert abs(passed - count * rule.chance) <= 4 * (count * rule.chance) ** 0.5


# --- accounts, organisations, immigration cases -----------------------------------------------------------------------


def test_every_number_of_a_person_passes_as_an_account() -> None:
    texts = [text for text in candidates(6_000, 7) if text[:4] != "0000"]
    verdicts = zip(*(judge(name, texts) for name in NATIONAL), strict=True)
    people = [text for text, some in zip(texts, verdicts, strict=True) if any(some)]
    assert len(people) > 100
    assert set(judge("no_bank_account", people)) == {VALID}


def test_accounts_by_the_rule_written_out() -> None:
    texts = [*candidates(2_000, 11), *arbitrary(2_000, 11, 11), "00001234560", "00000000000"]
    expected = [VALID if remainders([*map(int, t)])[1] == 0 and t[:4] != "0000" else REJECTED for t in texts]
    assert judge("no_bank_account", texts) == expected


def test_organisation_numbers_by_the_rule_written_out() -> None:
    texts = arbitrary(20_000, 9, 13)
    for text, verdict in zip(texts, judge("no_organisasjonsnummer", texts), strict=True):
        good = sum(w * int(d) for w, d in zip((3, 2, 7, 6, 5, 4, 3, 2, 1), text, strict=True)) % 11 == 0
        kind = VALID if text[0] in "89" else VALID | SYNTHETIC if text[0] in "23" else REJECTED
        assert verdict == (kind if good else REJECTED), text


def test_duf_numbers_by_the_rule_written_out() -> None:
    chance = random.Random(19)
    texts = [f"{chance.randrange(1970, 2040)}{chance.randrange(10**6):06d}{chance.randrange(14):02d}"
             for _ in range(20_000)]  # fmt: skip
    for text, verdict in zip(texts, judge("no_duf_nummer", texts), strict=True):
        rest = sum(w * int(d) for w, d in zip((4, 6, 3, 2, 4, 6, 3, 2, 7, 5), text, strict=False)) % 11
        good = rest == int(text[10:]) and 1985 <= int(text[:4]) <= AS_OF.year
        assert verdict == (VALID if good else REJECTED), text


@pytest.mark.parametrize(("rule_id", "length"), [("no.bank_account", 11), ("no.organisasjonsnummer", 9)])
def test_the_chance_that_other_rules_state_is_that_of_arbitrary_numbers(rule_id: str, length: int) -> None:
    rule = next(rule for rule in load_rules() if rule.id == rule_id)
    passed = sum(map(bool, judge(rule.validator, arbitrary(50_000, length, 23))))
    assert passed / 50_000 == pytest.approx(rule.chance, rel=0.05)


def test_nothing_in_nothing_out() -> None:
    names = (*NATIONAL, "no_bank_account", "no_organisasjonsnummer", "no_duf_nummer")
    assert [judge(name, []) for name in names] == [[]] * len(names)
