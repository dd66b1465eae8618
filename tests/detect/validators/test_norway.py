"""Norwegian numbers, against published vectors and against the rules written out slowly."""

from __future__ import annotations

import calendar
import csv
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, VALID, VALIDATORS, judge_texts

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "norwegian-id-vectors.csv"
needs_vectors = pytest.mark.skipif(not VECTORS.is_file(), reason=f"needs {VECTORS.name}")
BEFORE_2032, AFTER_2032 = date(2031, 12, 31), date(2040, 1, 1)
AS_OF = date(2026, 11, 22)
NATIONAL = ("no_fodselsnummer", "no_d_nummer", "no_h_nummer")
NATIONAL_KINDS = {
    "fnr": "no_fodselsnummer", "tnr": "no_fodselsnummer", "dnr": "no_d_nummer", "dnr_tnr": "no_d_nummer",
    "dnr_nhn": "no_d_nummer", "hnr_or_nav": "no_h_nummer", "nav": "no_h_nummer",
}  # fmt: skip


def judge(validator: str, texts: list[str], as_of: date = AS_OF) -> list[int]:
    return judge_texts(VALIDATORS[validator], texts, as_of).tolist()


def vectors(*kinds: str) -> list[tuple[str, str, bool]]:
    with VECTORS.open(encoding="utf-8", newline="") as file:
        return [
            (row["value"], row["kind"], row["valid"] == "true") for row in csv.DictReader(file) if row["kind"] in kinds
        ]


# --- the rules, one number at a time ----------------------------------------------------------------------------------


def remainders(digits: list[int]) -> tuple[int, int]:
    first = sum(w * d for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), digits, strict=False)) % 11
    second = sum(w * d for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), digits, strict=False)) % 11
    return first, second


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


def slow(text: str, as_of: date) -> dict[str, int]:
    """The verdict of each of the three validators on eleven digits."""
    digits = [int(char) for char in text]
    first, second = remainders(digits)
    new = as_of >= date(2032, 1, 1)
    day, month, yy, serial = int(text[:2]), int(text[2:4]), int(text[4:6]), int(text[6:9])
    is_d = 41 <= day <= 71
    verdicts = dict.fromkeys(NATIONAL, REJECTED)
    years = d_year(yy, serial) if is_d else fnr_year(yy, serial)
    if new:
        years = years | {2000 + yy}

    def born(offset: int) -> bool:
        real = day - 40 if is_d else day
        for year in years:
            if 1 <= month - offset <= 12 and 1 <= real <= calendar.monthrange(year, month - offset)[1]:
                if date(year, month - offset, real) <= as_of:
                    return True
        return False

    if second == 0 and first in ((0, 1, 2, 3) if new else (0,)):
        name = "no_d_nummer" if is_d else "no_fodselsnummer"
        if born(0):
            verdicts[name] = VALID
        elif born(80) or (66 <= month <= 77 and (born(65) or born(60))):  # 66-72: NAV's +60 reads the same
            verdicts[name] = VALID | SYNTHETIC
    if second == 0 and first == 0 and not is_d and born(40):
        verdicts["no_h_nummer"] = VALID
    return verdicts


def with_control_digits(stem: str, first_rest: int = 0) -> str | None:
    """Nine digits with the two control digits behind, or None where there are none."""
    for k1 in range(10):
        if remainders([*map(int, stem), k1])[0] == first_rest:
            for k2 in range(10):
                if remainders([*map(int, stem), k1, k2])[1] == 0:
                    return f"{stem}{k1}{k2}"
    return None


def candidates(count: int, seed: int) -> list[str]:
    """Half at random, half with right control digits and near the calendar's edges."""
    chance = random.Random(seed)
    texts = [f"{chance.randrange(10**11):011d}" for _ in range(count // 2)]
    while len(texts) < count:
        day = chance.choice([0, 1, 15, 28, 29, 30, 31, 32]) + chance.choice([0, 0, 40])
        month = chance.choice([0, 1, 2, 4, 12, 13]) + chance.choice([0, 0, 20, 40, 60, 65, 80])
        stem = f"{day:02d}{month % 100:02d}{chance.randrange(100):02d}{chance.randrange(1000):03d}"
        number = with_control_digits(stem, chance.choice([0, 0, 0, 1, 2, 3, 4]))
        if number:
            texts.append(number)
    return texts


# --- tests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_of", [AS_OF, BEFORE_2032, date(2032, 1, 1), AFTER_2032, date(1999, 12, 31)])
def test_every_verdict_is_that_of_the_rules_written_out(as_of):
    texts = candidates(6_000, as_of.toordinal())
    ours = {name: judge(name, texts, as_of) for name in NATIONAL}
    differing = [
        (text, name, ours[name][i], expected)
        for i, text in enumerate(texts)
        for name, expected in slow(text, as_of).items()
        if ours[name][i] != expected
    ]
    assert not differing, differing[:5]
    assert all(any(verdicts) for verdicts in ours.values())


def test_no_number_is_of_two_kinds():
    texts = candidates(4_000, 1)
    for verdicts in zip(*(judge(name, texts) for name in NATIONAL), strict=True):
        assert sum(verdict > 0 for verdict in verdicts) <= 1


@needs_vectors
@pytest.mark.parametrize("kind", NATIONAL_KINDS)
def test_published_vectors(kind):
    rows = vectors(kind)
    assert rows
    for value, _, valid in rows:
        (verdict,) = judge(NATIONAL_KINDS[kind], [value], BEFORE_2032)
        if verdict == REJECTED and valid:  # born after the day: valid once the day has come
            (verdict,) = judge(NATIONAL_KINDS[kind], [value], AFTER_2032)
            assert remainders([*map(int, value)])[0] == 0
            assert int(value[4:6]) >= 32 and int(value[4:6]) <= 39, value
        assert (verdict & JUDGEMENT == VALID) == valid, value
        if valid and kind in ("tnr", "dnr_tnr", "dnr_nhn"):
            assert verdict & SYNTHETIC, value
        if valid and kind in ("fnr", "dnr", "hnr_or_nav"):
            assert not verdict & SYNTHETIC, value


@needs_vectors
@pytest.mark.parametrize("kind", ["fnr2032", "tnr2032", "dnr2032", "dnr_tnr2032"])
def test_numbers_of_the_rule_of_2032_exist_from_2032(kind):
    validator = "no_d_nummer" if kind.startswith("dnr") else "no_fodselsnummer"
    for value, _, _ in vectors(kind):
        assert judge(validator, [value], BEFORE_2032) == [REJECTED]
        born = date(2000 + int(value[4:6]), int(value[2:4]) % 80, int(value[:2]) % 40)
        day = max(date(2033, 1, 1), born)
        assert judge(validator, [value], day)[0] & JUDGEMENT == VALID, (value, day)


@needs_vectors
@pytest.mark.parametrize(
    ("kind", "validator"), [("kontonr", "no_bank_account"), ("orgnr", "no_organisasjonsnummer"), ("iban_no", "iban")]
)
def test_published_vectors_of_accounts_and_organisations(kind, validator):
    for value, _, valid in vectors(kind):
        starts = kind != "orgnr" or value[0] in "2389"
        assert (judge(validator, [value])[0] & JUDGEMENT == VALID) == (valid and starts), value


@needs_vectors
@pytest.mark.parametrize("kind", ["synthetic", "vigo_fiktivt"])
def test_numbers_that_only_look_like_one_are_rejected(kind):
    for value, _, _ in vectors(kind):
        assert [judge(name, [value], BEFORE_2032) for name in NATIONAL] == [[REJECTED]] * 3, value


def test_zeros_and_nines_are_nobody():
    texts = [digit * 11 for digit in "0123456789"]
    for name in NATIONAL:
        assert set(judge(name, texts)) == {REJECTED}


@pytest.mark.parametrize(("offset", "synthetic"), [(0, 0), (80, SYNTHETIC), (65, SYNTHETIC)])
def test_a_birth_after_the_day_is_rejected_and_on_the_day_is_not(offset, synthetic):
    for days in (-1, 0, 1):
        born = AS_OF + timedelta(days=days)
        numbers = [
            number
            for serial in range(500, 1000)
            if (number := with_control_digits(f"{born.day:02d}{born.month + offset:02d}{born.year % 100:02d}{serial}"))
        ]
        expected = VALID | synthetic if days <= 0 else REJECTED
        assert set(judge("no_fodselsnummer", numbers)) == {expected}


def test_the_29th_of_february_exists_in_leap_years_only():
    for year in range(1900, 2000):
        numbers = filter(None, (with_control_digits(f"2902{year % 100:02d}{serial:03d}") for serial in range(0, 200)))
        assert set(judge("no_fodselsnummer", list(numbers))) == {VALID if calendar.isleap(year) else REJECTED}, year


@pytest.mark.parametrize("name", NATIONAL)
@pytest.mark.parametrize("length", [0, 1, 9, 12, 13, 20, 21, 40])
def test_other_lengths_are_rejected(name, length):
    assert judge(name, ["1183753333511837533335118375333351183753333500"[:length]]) == [REJECTED]


@pytest.mark.parametrize(
    "text",
    ["118375 33335", "118375-33335", "11.83.75 33335", "118375\u00a033335", "118375\u201333335", "１１８３７５33335"],
)
def test_the_written_form_does_not_matter(text):
    assert judge("no_fodselsnummer", [text]) == judge("no_fodselsnummer", ["11837533335"]) == [VALID | SYNTHETIC]


def test_ten_digits_are_read_as_eleven_without_the_zero():
    texts = [text for text in candidates(6_000, 3) if text[0] == "0"]
    month = [int(text[2:4]) for text in texts]
    full, short = judge("no_fodselsnummer", texts), judge("no_fodselsnummer", [text[1:] for text in texts])
    assert any(full)
    for a, b, m in zip(full, short, month, strict=True):
        assert b == (REJECTED if 61 <= m <= 77 else a), "Unix times read as +60 and +65"


def test_unix_times_of_ten_digits_are_no_numbers_of_test_series():
    chance = random.Random(9)
    texts = [str(chance.randrange(1_600_000_000, 1_810_000_000)) for _ in range(20_000)]
    assert sum(map(bool, judge("no_fodselsnummer", texts))) < 5


def test_every_number_of_a_person_passes_as_an_account():
    texts = [text for text in candidates(6_000, 7) if text[:4] != "0000"]
    verdicts = zip(*(judge(name, texts) for name in NATIONAL), strict=True)
    people = [text for text, some in zip(texts, verdicts, strict=True) if any(some)]
    assert len(people) > 100
    assert set(judge("no_bank_account", people)) == {VALID}


def test_accounts_by_the_rule_written_out():
    texts = candidates(4_000, 11) + ["00001234560", "00000000000"]
    expected = [VALID if remainders([*map(int, t)])[1] == 0 and t[:4] != "0000" else REJECTED for t in texts]
    assert judge("no_bank_account", texts) == expected


def test_organisation_numbers_by_the_rule_written_out():
    chance = random.Random(13)
    texts = [f"{chance.randrange(10**9):09d}" for _ in range(20_000)]
    for text, verdict in zip(texts, judge("no_organisasjonsnummer", texts), strict=True):
        good = sum(w * int(d) for w, d in zip((3, 2, 7, 6, 5, 4, 3, 2, 1), text, strict=True)) % 11 == 0
        kind = VALID if text[0] in "89" else VALID | SYNTHETIC if text[0] in "23" else REJECTED
        assert verdict == (kind if good else REJECTED), text


@pytest.mark.parametrize(
    ("validator", "share"),
    [("no_fodselsnummer", 3 / 3786), ("no_d_nummer", 3 / 3374), ("no_organisasjonsnummer", 0.4 / 11)],
)
def test_few_random_numbers_pass(validator, share):
    """Design page 2: 1 in 3,786 by each series; the two test series double and treble it. Half again is room."""
    chance = random.Random(17)
    length = 9 if validator.endswith("organisasjonsnummer") else 11
    texts = [f"{chance.randrange(10**length):0{length}d}" for _ in range(60_000)]
    assert sum(map(bool, judge(validator, texts))) <= 60_000 * share * 1.5


def test_nothing_in_nothing_out():
    assert [judge(name, []) for name in NATIONAL] == [[]] * 3
