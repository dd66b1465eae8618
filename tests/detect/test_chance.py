"""What chance explains is told from what it does not."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pyarrow as pa
import pytest
from synthetic import nationals, random_numbers

from pii_scan.detect.chance import COLUMN_FACTOR, COLUMN_LEVEL, TEXT_LEVEL, likely_by_chance
from pii_scan.detect.detector import Detector

AS_OF = dt.date(2026, 11, 22)


@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize("formed", [5, 100, 3_000, 40_000])
def test_it_is_the_tail_of_the_poisson_distribution(formed, column):
    chance = 0.0009
    mean = formed * chance * (COLUMN_FACTOR if column else 1)
    level = COLUMN_LEVEL if column else TEXT_LEVEL
    for valid in range(1, 150):
        tail = 1 - sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(valid))
        if mean < 50 and abs(tail - level) > 1e-9:
            assert likely_by_chance(valid, formed, chance, column=column) == (tail >= level)


def test_more_passes_are_never_more_likely_by_chance():
    for formed in (10, 1_000, 10**6):
        verdicts = [likely_by_chance(valid, formed, 0.001, column=True) for valid in range(1, 5_000, 7)]
        assert verdicts == sorted(verdicts, reverse=True)


def test_a_text_full_of_other_numbers_names_nobody():
    detector = Detector(as_of=AS_OF)
    lines = "\n".join(f"sendt {number} ok" for number in random_numbers(60_000, seed=9))
    found = detector.reading().texts(pa.array([lines]))
    entities = {detector.rules[rule].entity_type for rule in found.rule.tolist()}
    assert not entities & {"NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_H_NUMMER"}


def test_labelled_and_frequent_numbers_stay_in_such_a_text():
    detector = Detector(as_of=AS_OF)
    numbers = nationals(300)
    others = random_numbers(20_000, seed=4)
    lines = [f"sendt {number} ok" for number in others]
    for i, number in enumerate(numbers):
        lines[i * 60] = f"fnr {number}" if i % 2 else f"gjelder {number} fra kurset"
    found = detector.reading().texts(pa.array(["\n".join(lines)]))
    spans = [found.text[i] for i in np.flatnonzero([detector.rules[r].id == "no.fodselsnummer" for r in found.rule])]
    assert len(spans) >= 300


def test_a_single_number_in_a_letter_stays():
    detector = Detector(as_of=AS_OF)
    found = detector.reading().texts(pa.array([f"Hei, dette gjelder {nationals(1)[0]}. Hilsen oss"]))
    assert len(found) == 1


def test_numbers_behind_one_label_are_told_apart_from_those_behind_another():
    detector = Detector(as_of=AS_OF)
    numbers, others = nationals(200), random_numbers(20_000, seed=4)
    lines = [f'{{"sekvens":"{number}"}}' for number in others]
    lines[::100] = [f'{{"gjelder":"{number}"}}' for number in numbers]
    text = "\n".join(lines)
    found = detector.detect_texts([text]).to_pylist()
    mine = {text[row["start"] : row["end"]] for row in found if row["recognizer"] == "no.fodselsnummer"}
    assert set(numbers) <= mine and len(mine) <= 201


@pytest.mark.parametrize("label", ["id ", "Ærend: ", "", "x=", "2026-11-22 "])
def test_a_label_is_the_same_whatever_its_case_and_digits(label):
    detector = Detector(as_of=AS_OF)
    lines = [f"{label.upper() if i % 2 else label}{number}" for i, number in enumerate(random_numbers(30_000, seed=6))]
    found = detector.detect_texts(["\n".join(lines)]).to_pylist()
    assert not {row["entity_type"] for row in found} & {"NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_H_NUMMER"}


def test_short_texts_are_left_alone_together():
    detector = Detector(as_of=AS_OF)
    texts = [f"nr {number}" for number in nationals(3)] + ["ingen", ""] * 50
    assert detector.detect_texts(texts).num_rows == 3
