"""A user's own Presidio recognizers find in pii-scan what they find in Presidio."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pyarrow as pa
import pytest
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)

from pii_scan.detect.detector import Detector, load_recognizers
from pii_scan.detect.presidio_bridge import WordNlpEngine
from pii_scan.detect.presidio_guest import CATEGORIES, GuestError, load_guests
from pii_scan.detect.rules import load_rules
from pii_scan.errors import RuleError
from pii_scan.inventory.categories import categories

LIST = """\
recognizers:
  - name: Locker
    supported_language: nb
    supported_entity: LOCKER
    patterns:
      - {name: plain, regex: 'skap [A-Z][0-9]{2}', score: 0.3}
    context: [garderobe]
  - name: Titles
    supported_language: en
    supported_entity: TITLE
    deny_list: [Dr., Prof.]
"""


class Nicknames(EntityRecognizer):
    """Words before «(kallenavn)»."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["NICKNAME"], name="Nicknames", supported_language="nb")

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        end = text.find(" (kallenavn)")
        start = text.rfind(" ", 0, end) + 1
        return [RecognizerResult("NICKNAME", start, end, 0.8)] if end > 0 else []


class Broken(Nicknames):
    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        raise ValueError(text)


@pytest.fixture
def yaml_list(tmp_path: Path) -> Path:
    file = tmp_path / "presidio.yaml"
    file.write_text(LIST, encoding="utf-8")
    return file


def found(detector: Detector, text: str) -> set[tuple[str, str, float, str]]:
    return {
        (row["entity_type"], text[row["start"] : row["end"]], round(row["score"], 2), row["recognizer"])
        for row in detector.detect_texts([text]).to_pylist()
    }


def test_a_class_works_beside_the_rules():
    detector = Detector(load_rules(), presidio=[Nicknames()])
    assert found(detector, "Åse Bølla (kallenavn) kari@example.no") == {
        ("NICKNAME", "Bølla", 0.8, "presidio.Nicknames"), ("EMAIL_ADDRESS", "kari@example.no", 0.95, "any.email"),
    }  # fmt: skip


def test_a_yaml_list_works_beside_the_rules(yaml_list):
    detector = Detector(rule_paths=[yaml_list])
    assert ("LOCKER", "skap B12", 0.65, "presidio.Locker") in found(detector, "i garderobe ved skap B12")
    assert found(detector, "skap B12") == set()  # 0.3 is below the threshold
    assert ("TITLE", "Dr.", 1.0, "presidio.Titles") in found(detector, "Hei Dr. Lyng")


def test_they_find_exactly_what_they_find_in_presidio(yaml_list):
    guests = load_guests([yaml_list], [])
    texts = ["i garderobe: skap B12, ærlig", "Prof. Lyng og Dr. Vik i skap Å12", "ingen", "skap C01 skap C02 garderobe"]
    detector = Detector(rules=[], presidio=guests, min_score=0.0, resolve=False)
    for text in texts:
        theirs = set()
        for language in ("nb", "en"):
            mine = [guest for guest in guests if guest.supported_language == language]
            registry = RecognizerRegistry(recognizers=mine, supported_languages=[language])
            engine = AnalyzerEngine(
                registry=registry, nlp_engine=WordNlpEngine([language]), supported_languages=[language]
            )
            theirs |= {
                (result.entity_type, text[result.start : result.end], round(result.score, 2))
                for result in engine.analyze(text=text, language=language)
            }
        assert {row[:3] for row in found(detector, text)} == theirs


def test_a_class_is_loaded_by_name(tmp_path, monkeypatch):
    (tmp_path / "acme_lockers.py").write_text(
        textwrap.dedent("""\
        from presidio_analyzer import Pattern, PatternRecognizer
        class Lockers(PatternRecognizer):
            def __init__(self):
                super().__init__("LOCKER", patterns=[Pattern("l", "skap [0-9]+", 0.6)], supported_language="nb")
        """),
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert {row[1] for row in found(Detector(presidio=["acme_lockers:Lockers"]), "ved skap 12")} == {"skap 12"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Lockers", "names no recognizer"),
        ("no_such_module_here:Lockers", "no module"),
        ("json:Lockers", "no such class"),
        ("json:JSONDecoder", "not a Presidio EntityRecognizer"),
        ("presidio_analyzer:PatternRecognizer", "without arguments"),
        ("presidio_analyzer.predefined_recognizers:SpacyRecognizer", "language model"),
        ("presidio_analyzer.predefined_recognizers:GLiNERRecognizer", r"cannot be made \(\w+\).*nothing is downloaded"),
    ],
)
def test_what_is_no_recognizer_is_refused_with_the_reason(name, said):
    with pytest.raises(RuleError, match=said):
        load_recognizers(presidio=[name])


@pytest.mark.parametrize("entry", ["{}", "{name: a}", "[1]", "{name: a, supported_entity: X, patterns: [1]}"])
def test_a_broken_list_is_refused_with_file_and_number(tmp_path, entry):
    file = tmp_path / "mine.yaml"
    file.write_text(f"recognizers:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(RuleError, match=r"mine\.yaml: recognizer 1"):
        load_recognizers([file])


def test_an_error_of_a_guest_never_carries_the_text():
    detector = Detector(rules=[], presidio=[Broken()])
    with pytest.raises(GuestError) as raised:
        detector.detect_texts(["hemmelig (kallenavn)"])
    assert "hemmelig" not in repr(raised.value) and raised.value.__cause__ is None


def test_only_and_categories():
    rules, guests = load_recognizers(presidio=[Nicknames()], only=["NICKNAME"])
    assert rules == () and guests is not None
    assert [rule.category for rule in guests.rules] == ["other"]
    with pytest.raises(RuleError, match="did you mean 'NICKNAME'"):
        load_recognizers(presidio=[Nicknames()], only=["NICKNAMES"])


def test_the_categories_of_presidios_own_types_are_those_of_the_table():
    for entity, category in CATEGORIES.items():
        assert categories().of(entity).key == category
    assert categories().name("other", "nb") == "Annet"


def test_columns_give_their_header_as_context():
    locker = PatternRecognizer(
        "LOCKER", patterns=[Pattern("l", "[A-Z][0-9]{2}", 0.2)], context=["skap"], supported_language="nb"
    )
    detector = Detector(rules=[], presidio=[locker])
    assert len(detector.detect(pa.array(["B12", None, "C01"]), "skap")) == 2
    assert len(detector.detect(pa.array(["B12", None, "C01"]), "kode")) == 0
