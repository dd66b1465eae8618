"""Account names and passwords, against code, placeholders and words."""

from __future__ import annotations

import random
import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.validators import REJECTED, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)
QUIET = settings(deadline=None, derandomize=True, database=None, max_examples=300)


def judge(validator: str, *texts: str) -> list[int]:
    return judge_texts(VALIDATORS[validator], texts, AS_OF).tolist()


@pytest.mark.parametrize("text", ["kari92", "kari.lyng", "k_lyng", "FJORD\\klyng", "Z990123", "kly014", "åse.øy"])
def test_letters_with_a_digit_or_a_sign_are_an_account(text):
    assert judge("username", text) == [VALID]


@pytest.mark.parametrize("text", ["klyng", "karilyng", "Kari", "KLY"])
def test_a_plain_word_may_be_an_account(text):
    assert judge("username", text) == [UNSURE]


@pytest.mark.parametrize(
    "text",
    [
        "root", "Administrator", "www-data", "NOBODY", "svc-backup", "srvfaktura", "PC-17$", "null", "None", "str",
        "username", "user_name", "request.user", "getUserName", "DB_USER", "MAX_USERS", "4711", "v2.1", "the", "eller",
        "finnes", "xx", "a", "", "driftskonto", "self.login", "__init__", "config.py", "x-access-token",
    ],
)  # fmt: skip
def test_services_placeholders_code_and_words_are_no_account(text):
    assert judge("username", text) == [REJECTED]


@pytest.mark.parametrize("text", ["Sommer2026!", "hunter42", "Tr0ub4dor&3", "Passord123", "k4tteP!ngvin", "xK9-mQ2v"])
def test_letters_with_digits_or_signs_are_a_password(text):
    assert judge("password", text) == [VALID]


@pytest.mark.parametrize("text", ["24timer", "AES-256", "sommer1", "arg_two1", "hest-batteri77"])
def test_what_may_be_a_quantity_or_a_name_is_unsure_or_none(text):
    assert judge("password", text)[0] in (UNSURE, REJECTED)


@pytest.mark.parametrize(
    "text",
    [
        "", "kort1", "sommer", "12345678", "********", "xxxxxxx1", "password1", "changeme1", "${DB_PASS1}",
        "<hemmelig1>", "getPassword()", "config.password2", "self.pw1", "f(x)=12", "required!", "case-sensitive!",
        "!vault", "test_login_works_42", "https://example.no/1", "sha256:abc1", "aaaaaa1!"[:3] * 3, "minst8tegn" * 9,
    ],
)  # fmt: skip
def test_masks_placeholders_code_and_words_are_no_password(text):
    assert judge("password", text) == [REJECTED]


def test_nearly_every_drawn_password_passes():
    chance = random.Random(8)
    signs = string.ascii_letters + string.digits
    texts = ["".join(chance.choice(signs) for _ in range(14)) for _ in range(2000)]
    assert sum(verdict == VALID for verdict in judge("password", *texts)) > 1800


@QUIET
@given(st.text(max_size=80))
def test_any_text_gets_a_verdict(text):
    for validator in ("username", "password"):
        assert judge(validator, text)[0] in (REJECTED, UNSURE, VALID)
