from __future__ import annotations

import pytest

from pii_scan.detect.detector import Detector
from pii_scan.detect.name_rule import name_rule
from pii_scan.detect.rules import load_rules


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def nameless() -> Detector:
    return Detector(load_rules())


def types(detector: Detector, text: str) -> set[str]:
    return set(detector.detect_texts([text])["entity_type"].to_pylist())


@pytest.mark.parametrize(
    ("text", "entity_type"),
    [
        ("Nguyen Tran har epilepsi.", "HEALTH"),
        ("I dag sa Nguyen Tran at det er epilepsi.", "HEALTH"),
        ("Saken gjelder epilepsi og er meldt av Nguyen Tran.", "HEALTH"),
    ],
)
def test_a_name_in_the_sentence_makes_a_word_one_about_a_person(
    detector: Detector, nameless: Detector, text: str, entity_type: str
) -> None:
    assert entity_type not in types(nameless, text)
    assert {entity_type, "PERSON"} <= types(detector, text)


@pytest.mark.parametrize(
    "text", ["Brosjyren omtaler epilepsi. Nguyen Tran møtte presis.", "Kurset handler om epilepsi."]
)
def test_a_name_in_another_sentence_or_none_does_not(detector: Detector, text: str) -> None:
    assert "HEALTH" not in types(detector, text)


def test_a_name_in_another_text_does_not(detector: Detector) -> None:
    found = detector.detect_texts(["Nguyen Tran møtte.", "Kurset handler om epilepsi."]).to_pylist()
    assert [(row["text"], row["entity_type"]) for row in found] == [(0, "PERSON")]


def test_places_count_in_bytes_and_texts_may_be_a_slice(detector: Detector) -> None:
    import pyarrow as pa

    texts = pa.array(["æøå" * 50, "Ærlig talt: Åse Nguyen Tran har epilepsi — «ja».", None])
    for cut in (texts, texts.slice(1)):
        found = detector.detect_texts(cut).to_pylist()
        assert {"PERSON", "HEALTH"} <= {row["entity_type"] for row in found}


def test_names_alone_look_for_nothing_else() -> None:
    assert types(Detector((name_rule(),)), "Nguyen Tran har epilepsi.") == {"PERSON"}
