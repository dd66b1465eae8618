"""Licence plates: every pair of letters, and the ranges of numbers."""

from __future__ import annotations

from datetime import date
from itertools import product
from string import ascii_uppercase

import pytest

from pii_scan.detect.validators import REJECTED, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)


def judge(*texts: str) -> list[int]:
    return judge_texts(VALIDATORS["no_license_plate"], texts, AS_OF).tolist()


def test_pairs_with_letters_that_are_not_in_use_are_rejected_but_for_gas():
    for first, second in product(ascii_uppercase, repeat=2):
        letters = first + second
        in_use = letters == "GA" or not set(letters) & set("GIMOQW")
        assert (judge(f"{letters} 12345") != [REJECTED]) == in_use, letters


def test_the_written_form_does_not_change_the_verdict():
    for letters in ("AB", "EK", "GA", "NS", "QW"):
        forms = [f"{letters} 12345", f"{letters}12345", f"{letters}-12345", f"{letters.lower()}\u00a012345"]
        assert len(set(judge(*forms))) == 1


def test_what_is_more_often_a_standard_is_unsure():
    assert judge("NS 12345", "EN 50131", "KB 12345", "AB 12345") == [UNSURE, UNSURE, UNSURE, VALID]


@pytest.mark.parametrize("text", ["AB 123", "AB 123456", "AB 01234", "A 12345", "ABC 12345", "ÆØ 12345", "", "12345"])
def test_other_forms_are_rejected(text):
    assert judge(text) == [REJECTED]
