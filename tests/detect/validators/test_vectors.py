"""Every published test number (a table that says for each where it was published): the verdict of
its validator, and what the detector finds where it stands behind its label in a text.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from pii_scan.detect.detector import Detector
from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, VALIDATORS, judge_texts

TABLE = Path(__file__).parents[4] / "shared" / "data" / "norwegian-id-vectors.csv"
"""Stays out of the repository: it holds numbers of real series."""
pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="the table of published numbers is not here")
AS_OF = date(2026, 11, 22)
"""The verdicts of the table are by the rule of 1964, except for the kinds that end in 2032."""
LATER = date(2040, 1, 1)
"""Some structural vectors are born after today; their first control digit has remainder 0 and stands in both rules."""
FNR, D, H = "NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_H_NUMMER"
KINDS = {
    "fnr": ("no_fodselsnummer", FNR, "fnr"), "fnr2032": ("no_fodselsnummer", FNR, "fnr"),
    "tnr": ("no_fodselsnummer", FNR, "fnr"), "tnr2032": ("no_fodselsnummer", FNR, "fnr"),
    "synthetic": ("no_fodselsnummer", FNR, "fnr"), "dnr": ("no_d_nummer", D, "D-nummer"),
    "dnr2032": ("no_d_nummer", D, "D-nummer"), "dnr_tnr": ("no_d_nummer", D, "D-nummer"),
    "dnr_tnr2032": ("no_d_nummer", D, "D-nummer"), "dnr_nhn": ("no_d_nummer", D, "D-nummer"),
    "dnr_nav": ("no_d_nummer", D, "D-nummer"), "hnr_or_nav": ("no_h_nummer", H, "H-nummer"),
    "nav": ("no_h_nummer", H, "H-nummer"), "fhnr": ("no_fh_nummer", "NO_FH_NUMMER", "FH-nummer"),
    "duf": ("no_duf_nummer", "NO_DUF_NUMMER", "DUF-nummer"), "kontonr": ("no_bank_account", "NO_BANK_ACCOUNT", "konto"),
    "orgnr": ("no_organisasjonsnummer", "NO_ORGANISASJONSNUMMER", "org.nr."),
    "se_personnummer": ("se_personnummer", "SE_PERSONNUMMER", "svensk personnummer"),
    "dk_cpr": ("dk_cpr", "DK_CPR_NUMMER", "CPR"), "fi_hetu": ("fi_hetu", "FI_PERSONAL_IDENTITY_CODE", "hetu"),
    "iban_no": ("iban", "IBAN_CODE", "IBAN"),
}  # fmt: skip
"""Kind of the table: validator, entity type, a label."""
SYNTHETIC_KINDS = {"tnr", "tnr2032", "dnr_tnr", "dnr_tnr2032", "dnr_nhn", "dnr_nav"}
SOME_SYNTHETIC = {"fi_hetu", "orgnr", "se_personnummer"}
OF_NO_PERSON = {"kid": "KID", "phone_no": "tlf.", "vigo_fiktivt": "VIGO-nummer"}
"""Kinds that these rules must leave alone, whatever the table says of their own check."""
EXCEPTIONS = {"701730496": "the control digit is right, but no series of organisation numbers begins with 7"}


@dataclass(frozen=True)
class Vector:
    value: str
    kind: str
    valid: bool


def read() -> list[Vector]:
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [Vector(row["value"], row["kind"], row["valid"] == "true") for row in csv.DictReader(file)]


VECTORS = read()
OURS = [vector for vector in VECTORS if vector.kind in KINDS and vector.value not in EXCEPTIONS]
by_value = pytest.mark.parametrize("vector", OURS, ids=lambda vector: f"{vector.kind}-{vector.value}")


@cache
def detector(as_of: date) -> Detector:
    return Detector(as_of=as_of)


def found(text: str, as_of: date) -> list[tuple[str, str]]:
    rows = detector(as_of).detect_texts([text]).to_pylist()
    return [(row["entity_type"], text[row["start"] : row["end"]]) for row in rows]


def test_the_table_is_whole_and_every_kind_of_it_is_known() -> None:
    assert len(VECTORS) == 270
    assert {vector.kind for vector in VECTORS} == {*KINDS, *OF_NO_PERSON}
    assert Counter(vector.value for vector in VECTORS).keys() >= EXCEPTIONS.keys()


@by_value
def test_its_validator_says_what_the_table_says(vector: Vector) -> None:
    validator = VALIDATORS[KINDS[vector.kind][0]]
    now, later = (int(judge_texts(validator, [vector.value], day)[0]) for day in (AS_OF, LATER))
    if not vector.valid or vector.kind.endswith("2032"):
        assert now == REJECTED
    if vector.valid:
        assert later & JUDGEMENT
        if vector.kind not in SOME_SYNTHETIC:
            assert bool(later & SYNTHETIC) == (vector.kind in SYNTHETIC_KINDS)
        if not now:  # not born yet, or of the rule of 2032
            assert vector.kind.endswith("2032") or 28 <= int(vector.value[4:6]) <= 39


@by_value
def test_the_detector_finds_it_behind_its_label_exactly_when_it_is_valid(vector: Vector) -> None:
    _, entity_type, label = KINDS[vector.kind]
    text = f"Til saken: {label} {vector.value}."
    hits = found(text, LATER if vector.valid else AS_OF)
    assert ((entity_type, vector.value) in hits) == vector.valid
    if not vector.valid:
        assert entity_type not in [hit[0] for hit in hits]


@pytest.mark.parametrize("vector", [v for v in OURS if v.valid and v.kind in ("tnr", "dnr_tnr", "dnr_nhn", "dnr_nav")],
                         ids=lambda vector: vector.value)  # fmt: skip
def test_numbers_of_test_series_are_found_without_a_label_as_synthetic(vector: Vector) -> None:
    (row,) = detector(AS_OF).detect_texts([f"Gjelder {vector.value} og andre"]).to_pylist()
    assert row["entity_type"] == KINDS[vector.kind][1] and row["synthetic"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.kind in OF_NO_PERSON], ids=lambda vector: vector.value)
def test_numbers_of_other_kinds_are_none_of_these(vector: Vector) -> None:
    types = {entity_type for _, entity_type, _ in KINDS.values()}
    for label in (OF_NO_PERSON[vector.kind] + " ", ""):
        assert not types & {entity_type for entity_type, _ in found(f"{label}{vector.value}", AS_OF)}


@pytest.mark.parametrize("value", EXCEPTIONS)
def test_exceptions_from_the_table(value: str) -> None:
    assert judge_texts(VALIDATORS["no_organisasjonsnummer"], [value], AS_OF).tolist() == [REJECTED]
