"""The fast engine and Presidio, given the same rules, find the same."""

from __future__ import annotations

import random
from datetime import date

import pytest

from pii_scan.detect.detector import Detector
from pii_scan.detect.rules import load_rules

AS_OF = date(2026, 11, 22)
NOISE = "0123456789" * 2 + "  \t\n.,:;-/+()@abcXYZfnrkontoæøåé\u00a0\u2013\uff11٣_'\"=<>"
LABELS = ["fnr ", "Fødselsnummer: ", "konto ", "KID ", "tlf. ", "IP ", "orgnr ", "faktura ", "e-post:", "kort "]


@pytest.fixture(scope="module")
def engines():
    from pii_scan.detect.presidio_bridge import analyzer_engine

    rules = load_rules()
    return Detector(rules, min_score=0.0, resolve=False, as_of=AS_OF), analyzer_engine(rules, as_of=AS_OF), rules


def _generated(seed: int, count: int, rules) -> list[str]:
    chance = random.Random(seed)
    values = [example.match or example.text for rule in rules for example in (*rule.examples, *rule.counter_examples)]
    texts = []
    for _ in range(count):
        pieces = []
        for _ in range(chance.randint(1, 4)):
            kind = chance.random()
            if kind < 0.5:
                value = chance.choice(values)
                if chance.random() < 0.3:  # near misses
                    at = chance.randrange(len(value))
                    value = value[:at] + chance.choice(NOISE) + value[at + chance.randint(0, 1) :]
                pieces.append(chance.choice(LABELS) + value if chance.random() < 0.5 else value)
            else:
                pieces.append("".join(chance.choice(NOISE) for _ in range(chance.randint(0, 25))))
        texts.append(chance.choice([" ", "", ",", "\n", ";"]).join(pieces))
    return texts


def _presidio(analyzer, text: str) -> set[tuple]:
    return {
        (found.entity_type, found.start, found.end, round(found.score, 3))
        for found in analyzer.analyze(text=text, language="nb")
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_engine_finds_what_presidio_finds_with_the_same_rules(engines, seed):
    detector, analyzer, rules = engines
    texts = _generated(seed, 250, rules)
    ours: list[set[tuple]] = [set() for _ in texts]
    for row in detector.detect_texts(texts).to_pylist():
        ours[row["text"]].add((row["entity_type"], row["start"], row["end"], round(row["score"], 3)))
    differing = [
        (text, ours[i] ^ expected) for i, text in enumerate(texts) if ours[i] != (expected := _presidio(analyzer, text))
    ]
    assert not differing, differing[:3]
    assert sum(map(len, ours)) > 100


def test_a_column_header_is_presidios_context(engines):
    detector, analyzer, _ = engines
    found = detector.detect_texts(["83534621992"], header="kontonummer").to_pylist()
    expected = analyzer.analyze(text="83534621992", language="nb", context=["kontonummer"])
    assert {(row["entity_type"], round(row["score"], 3)) for row in found} == {
        (result.entity_type, round(result.score, 3)) for result in expected
    }


def test_recognizers_tell_synthetic_numbers(engines):
    _, analyzer, _ = engines
    results = analyzer.analyze(text="fnr 11837533335", language="nb", entities=["NO_FODSELSNUMMER"])
    assert [result.recognition_metadata["synthetic"] for result in results] == [True]
