"""Telephone numbers judged together get the verdicts that they get one by one, by an oracle in plain Python."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from pii_scan.detect.validators import VALIDATORS, judge_texts, telephone
from pii_scan.detect.validators.verdict import REJECTED, SYNTHETIC, UNSURE, VALID

DAY = date(2026, 11, 30)
QUIET = settings(deadline=None, derandomize=True, database=None)


def plan() -> re.Pattern[str]:
    kinds = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager",
             "uan", "voicemail")  # fmt: skip
    patterns = []
    for region in ("NO", "SJ"):
        told = PhoneMetadata.metadata_for_region(region)
        patterns += [getattr(told, kind).national_number_pattern for kind in kinds if getattr(told, kind)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns if pattern))


PLAN = plan()


def alone(text: str) -> int:
    written = text.translate(str.maketrans("", "", " \u00a0.-/()"))
    national = written[-8:]
    prefixes = ("", "+47", "0047", "47", "+470", "00470", "470")
    if not (written.isascii() and written[:-8] in prefixes and len(national) == 8 and national.isdigit()):
        return telephone._phone(text.strip())
    if not PLAN.fullmatch(national):
        return REJECTED
    day, month, year = int(national[:2]), int(national[2:4]), int(national[4:])
    dated = len(text) == 8 and 1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2099
    judgement = UNSURE if dated or national[0] == "8" else VALID
    return judgement | (SYNTHETIC if national.startswith("6805") else 0)


pieces = st.one_of(
    st.sampled_from(
        ["+47", "0047", "47", "(0)", "+", "00", " ", "-", ".", "\u00a0", "(", ")", "é", "１", "6805", "31121999"]
    ),
    st.text("0123456789", min_size=1, max_size=4),
)
numbers = st.one_of(
    st.lists(pieces, max_size=8).map("".join),
    st.integers(0, 10**8 - 1).map(lambda number: f"{number:08d}"),
    st.builds(
        lambda prefix, number: f"{prefix}6805{number:04d}", st.sampled_from(["", "+47 ", "0047"]), st.integers(0, 9999)
    ),
)


@settings(QUIET, max_examples=200)
@given(st.lists(numbers, max_size=20))
def test_many_are_judged_as_each_alone(texts):
    assert judge_texts(VALIDATORS["phone"], texts, DAY).tolist() == [alone(text) for text in texts]
