"""Numbers of devices, against the rules written out slowly; opaque identifiers and user agents, against tables."""

from __future__ import annotations

import random
import uuid
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)
QUIET = settings(deadline=None, derandomize=True, database=None, max_examples=300)


def judge(validator: str, *texts: str) -> list[int]:
    return judge_texts(VALIDATORS[validator], texts, AS_OF).tolist()


def luhn(text: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(text)):
        value = int(char) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


def drawn(chance: random.Random, length: int, prefix: str = "") -> str:
    return prefix + "".join(chance.choice("0123456789") for _ in range(length - len(prefix)))


def test_fifteen_digits_are_an_imei_by_their_check_digit_alone():
    chance = random.Random(4)
    texts = [drawn(chance, 15, "35") for _ in range(5000)]
    verdicts = judge("imei", *texts)
    assert [verdict != REJECTED for verdict in verdicts] == [luhn(text) for text in texts]
    assert 400 < sum(verdict == VALID for verdict in verdicts) < 600


def test_an_imei_with_a_software_version_has_no_check_digit():
    chance = random.Random(5)
    assert set(judge("imei", *(drawn(chance, 16, "35") for _ in range(50)))) == {UNSURE}


@pytest.mark.parametrize("text", ["0" * 15, "1" * 16, "49015420323751", "35693803564380912", ""])
def test_no_other_digits_are_an_imei(text):
    assert judge("imei", text) == [REJECTED]


def test_an_imei_of_test_equipment_is_synthetic():
    stem = "00101712345678"
    (number,) = (stem + digit for digit in "0123456789" if luhn(stem + digit))
    assert judge("imei", number) == [VALID | SYNTHETIC]


@pytest.mark.parametrize("text", ["49-015420-323751-8", "49 015420 323751 8", "490154203237518"])
def test_groups_of_an_imei_do_not_matter(text):
    assert judge("imei", text) == [VALID]


def test_a_sim_card_passes_by_its_check_digit():
    chance = random.Random(6)
    for length in (19, 20):
        texts = [drawn(chance, length, "8947") for _ in range(500)]
        assert [verdict == VALID for verdict in judge("sim", *texts)] == [luhn(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("242011234567890", UNSURE), ("24201123456789", UNSURE), ("901281234567890", UNSURE),
        ("001011234567890", UNSURE | SYNTHETIC), ("842011234567890", REJECTED), ("102011234567890", REJECTED),
        ("2420112345678", REJECTED), ("222222222222222", REJECTED), ("894708001234567890", UNSURE),
        ("994708001234567890", REJECTED),
    ],
)  # fmt: skip
def test_a_subscription_is_of_a_country(text, verdict):
    assert judge("sim", text) == [verdict]


@QUIET
@given(st.uuids(version=4))
def test_every_drawn_uuid_is_an_identifier_in_any_spelling(value):
    assert set(judge("opaque_id", str(value), str(value).upper(), value.hex)) == {VALID}


@pytest.mark.parametrize("value", [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)])
def test_the_identifier_of_someone_who_opted_out_is_none(value):
    assert judge("opaque_id", str(value), value.hex) == [REJECTED, REJECTED]


@QUIET
@given(st.lists(st.sampled_from(["session", "user", "id", "get", "main", "page", "2", "17", "old"]), min_size=1))
def test_words_and_small_numbers_are_no_identifier(parts):
    assert set(judge("opaque_id", "_".join(parts), "-".join(parts), ".".join(parts))) == {REJECTED}


@pytest.mark.parametrize(
    "text",
    [
        "k4u0r9v2m1q7t8s3p5n6o2l1jh", "1x2y3z4|2|fq1|0|1717", "IwAR0x7Qk3mZ1pLs9vT2", "7f3c9a1e5b2d4860",
        "Cj0KCQjw9fntBRCGARIsAGjFq5Hx2k", "1102938475612", "38afes7a8",
    ],
)  # fmt: skip
def test_what_servers_draw_is_an_identifier(text):
    assert judge("opaque_id", text) == [VALID]


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", "accepted", "get_device_id", "my-device-2", "xxxxxxxxxxxxxxxx", "11111111", "12345678",
        "1234567890", "0x7ffd1234", "requests", "nb-NO", "YOUR_CLIENT_ID_1a2b3c", "test-4f2a9c1b", "true",
    ],
)  # fmt: skip
def test_words_placeholders_and_counted_digits_are_no_identifier(text):
    assert judge("opaque_id", text) == [REJECTED]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/129.0.0.0 Safari/537.36", VALID),
        ("Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A.220624.014)", VALID),
        ("okhttp/4.12.0", UNSURE), ("Fjordapp/3.1 (iPhone; iOS 17.5)", VALID),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", REJECTED),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", REJECTED), ("curl/8.5.0", REJECTED),
        ("python-requests/2.32.3", REJECTED), ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/129.0", REJECTED),
        ("kube-probe/1.29", REJECTED), ("Pingdom.com_bot_version_1.4", REJECTED),
    ],
)  # fmt: skip
def test_what_runs_without_a_person_is_no_persons_user_agent(text, verdict):
    assert judge("user_agent", text) == [verdict]


@QUIET
@given(st.text(max_size=60))
def test_any_text_gets_a_verdict(text):
    for validator in ("imei", "sim", "opaque_id", "user_agent"):
        assert judge(validator, text)[0] & JUDGEMENT in (REJECTED, UNSURE, VALID)
