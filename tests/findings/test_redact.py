"""Masks are shapes; fingerprints are equal for equal values, and say nothing without the key."""

from __future__ import annotations

import re
import string
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.findings.redact import (
    MASK_LENGTH,
    fingerprints,
    mask,
    written_form,
)

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
TYPES = ("NO_FODSELSNUMMER", "EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE", "IP_ADDRESS", "CREDIT_CARD", "PERSON")
EQUAL = [
    ("NO_FODSELSNUMMER", ["11837533335", "118375 33335", "118375-33335", "11.83.75 33335", "１１８３７５３３３３５"]),
    ("NO_FODSELSNUMMER", ["02828404892", "2828404892", "028284 04892"]),
    ("NO_FODSELSNUMMER", ["11837533335", "11\u00a08375\u00a033335"]),
    ("SE_PERSONNUMMER", ["811218-9876", "19811218-9876", "198112189876", "811218+9876"]),
    ("DK_CPR_NUMMER", ["070761-4285", "0707614285", "707614285"]),
    ("NO_BANK_ACCOUNT", ["4999.20.59191", "49992059191", "4999 20 59191"]),
    ("NO_ORGANISASJONSNUMMER", ["382034392", "NO 382 034 392 MVA", "382034392MVA"]),
    ("CREDIT_CARD", ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"]),
    ("IBAN_CODE", ["NO2149992059191", "NO21 4999 2059 191"]),
    (
        "EMAIL_ADDRESS",
        [
            "Kari@Example.NO",
            "kari@example.no",
            " kari@example.no",
            "kari (at) example.no",
            "kari [at] example [dot] no",
            "kari krøllalfa example punktum no",
            "kari%40example.no",
        ],
    ),
    ("EMAIL_ADDRESS", ["kari@blåbær.example", "Kari@xn--blbr-roah.example", "kari(at)blåbær.example"]),
    (
        "PHONE_NUMBER",
        [
            "68 05 12 34",
            "+47 68051234",
            "004768051234",
            "(+47) 680 51 234",
            "+47 (0)68051234",
            "+47 0 68051234",
            "47 68 05 12 34",
            "(0047) 68.05.12.34",
            "68-05-12-34",
        ],
    ),
    ("PHONE_NUMBER", ["+46 (0)70 123 45 67", "0046701234567", "+46701234567"]),
    ("IP_ADDRESS", ["2a02:fe1::8a2e:370:7334", "2A02:0FE1:0:0:0:8a2e:0370:7334", "2a02:fe1::8a2e:370:7334%eth0"]),
    ("IP_ADDRESS", ["45.83.12.97", "::ffff:45.83.12.97", "::FFFF:2d53:0c61", "0:0:0:0:0:ffff:45.83.12.97"]),
    ("MAC_ADDRESS", ["3c:22:fb:4a:9b:10", "3C-22-FB-4A-9B-10", "3c22.fb4a.9b10", "3C22FB4A9B10"]),
    ("PERSON", ["Kari Nordmann", "KARI  NORDMANN", "Nordmann, Kari", " kari\u00a0nordmann "]),
    ("NO_ADDRESS", ["Prøvegata 1, 0155 Oslo", "Prøvegata 1\n0155 OSLO", "prøvegata 1 0155 oslo"]),
    ("DATE_OF_BIRTH", ["02.01.1980", "2.1.1980", "1980-01-02", "02/01/1980", "1980.1.2"]),
    ("CUSTOMER_ID", ["K-1042", "k-1042 "]),
]


def one(value: str, entity_type: str, key: bytes = KEY) -> int:
    return int(fingerprints(pa.array([value]), entity_type, key)[0])


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_a_mask_holds_no_letter_or_digit_of_the_value(values: list[str]) -> None:
    for masked in mask(pa.array(values, pa.string())).to_pylist():
        assert set(masked) <= {"x", "#"} | (set(map(chr, range(32, 127))) - set(string.ascii_letters + string.digits))
        assert len(masked) <= MASK_LENGTH


@given(st.lists(st.text(st.characters(max_codepoint=127)), min_size=1, max_size=20))
def test_ascii_and_other_text_are_masked_alike(values: list[str]) -> None:
    quick = mask(pa.array(values, pa.string())).to_pylist()
    slow = mask(pa.array([*values, "å"], pa.string())).to_pylist()
    assert [*quick, "x"] == slow


@given(st.lists(st.text(max_size=5), min_size=3, max_size=9), st.data())
def test_a_slice_of_values_is_masked_as_those_values(values: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    assert mask(pa.array(values, pa.string()).slice(start)).to_pylist() == mask(pa.array(values)).to_pylist()[start:]


@pytest.mark.parametrize("values", [pa.array(["kari", None]), pa.array([None, None], pa.string())])
def test_what_cannot_be_masked_is_refused_not_shown(values: pa.Array) -> None:
    with pytest.raises(ValueError, match="null"):
        mask(values)


def test_no_values_have_no_masks() -> None:
    assert mask(pa.array([])).to_pylist() == mask(pa.array([], pa.large_string())).to_pylist() == []


def test_a_mask_keeps_the_shape() -> None:
    values = ["kari@example.no", "118375 33335", "NO21 4999", "Ås", "٣", "a\x1b[31m\nb"]
    expected = ["xxxx@xxxxxxx.xx", "###### #####", "xx## ####", "xx", "#", "x?[##x?x"]
    assert mask(pa.array(values)).to_pylist() == expected


@pytest.mark.parametrize(("entity_type", "values"), EQUAL, ids=lambda value: str(value)[:24])
def test_one_value_has_one_fingerprint_however_it_is_written(entity_type: str, values: list[str]) -> None:
    assert len({one(value, entity_type) for value in values}) == 1


def test_different_values_have_different_fingerprints() -> None:
    pairs = [
        ("NO_FODSELSNUMMER", "11837533335"),
        ("NO_FODSELSNUMMER", "43897703077"),
        ("EMAIL_ADDRESS", "a@example.no"),
        ("EMAIL_ADDRESS", "b@example.no"),
        ("PHONE_NUMBER", "+4668051234"),
        ("PHONE_NUMBER", "68051234"),
    ]
    assert len({one(value, kind) for kind, value in pairs}) == len(pairs)


@given(st.text(min_size=1), st.sampled_from(TYPES))
def test_a_fingerprint_differs_by_key(value: str, entity_type: str) -> None:
    assert one(value, entity_type, KEY) != one(value, entity_type, OTHER_KEY)


@given(st.lists(st.text(), min_size=1, max_size=12), st.sampled_from(TYPES))
def test_each_value_of_a_column_has_the_fingerprint_it_has_alone(values: list[str], entity_type: str) -> None:
    together = fingerprints(pa.array(values, pa.string()), entity_type, KEY).tolist()
    assert together == [one(value, entity_type) for value in values]


@given(
    st.integers(20_000_000, 99_999_999), st.sampled_from(["", "+47", "0047", "+47 "]), st.sampled_from(["", " ", "-"])
)
def test_a_norwegian_number_is_the_same_with_and_without_its_country_code(number: int, prefix: str, gap: str) -> None:
    digits = str(number)
    written = prefix + gap.join([digits[:2], digits[2:4], digits[4:6], digits[6:]])
    assert one(written, "PHONE_NUMBER") == one(digits, "PHONE_NUMBER")


@given(st.text(), st.sampled_from(TYPES))
def test_a_written_form_is_its_own_written_form(value: str, entity_type: str) -> None:
    once = written_form(pa.array([value], pa.string()), entity_type)
    if entity_type not in ("EMAIL_ADDRESS", "PERSON", "IP_ADDRESS", "PHONE_NUMBER"):
        assert written_form(once, entity_type).to_pylist() == once.to_pylist()


def one_by_one(value: str, entity_type: str) -> str:
    """The written form in plain Python: the oracle."""
    value = unicodedata.normalize("NFKC", value)
    if entity_type == "NO_FODSELSNUMMER":
        return re.sub("[^0-9]", "", value).rjust(11, "0")
    if entity_type == "IBAN_CODE":
        return "".join(char for char in value if char.isalnum()).upper()
    if entity_type == "PHONE_NUMBER":
        digits = re.sub("^00", "", re.sub("[^0-9]", "", value.replace("(0)", "")))
        return re.sub("^(?:470?)?([2-9][0-9]{7})$", r"47\1", digits)
    folded = re.sub(r"[\t\n\f\r ]+", " ", value.lower()).strip()
    return re.sub("^([^,]+), ?([^,]+)$", r"\2 \1", folded)


written = st.lists(
    st.one_of(
        st.text("0123456789aZ ,.-+()\tåé１\u00a0", max_size=14),
        st.builds(
            lambda prefix, digits: prefix + digits,
            st.sampled_from(["", "+47", "00", "0047", "470", "+47(0)"]),
            st.text("0123456789", max_size=10),
        ),
    ),
    max_size=12,
)


@given(written, st.sampled_from(["NO_FODSELSNUMMER", "IBAN_CODE", "PHONE_NUMBER", "PERSON"]))
def test_forms_of_many_are_those_of_each_alone(values, entity_type):
    expected = [one_by_one(value, entity_type) for value in values]
    for kind in (pa.string(), pa.large_string()):
        assert written_form(pa.array(values, kind), entity_type).to_pylist() == expected
    padded = pa.array(["x", *values], pa.string()).slice(1)
    assert written_form(padded, entity_type).to_pylist() == expected


@given(written, st.sampled_from(["NO_FODSELSNUMMER", "PHONE_NUMBER", "PERSON"]))
def test_fingerprints_of_many_are_those_of_each_alone(values, entity_type):
    alone = [int(fingerprints(pa.array([value]), entity_type, KEY)[0]) for value in values]
    assert fingerprints(pa.array(values, pa.string()), entity_type, KEY).tolist() == alone
