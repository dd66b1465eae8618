"""The fast engine and Presidio, given the same rules, find the same."""

from __future__ import annotations

import random
from datetime import date

import pyarrow as pa
import pytest

from pii_scan.detect.detector import Detector
from pii_scan.detect.rules import load_rules

AS_OF = date(2026, 11, 22)
NOISE = "0123456789" * 2 + "  \t\n.,:;-/+()@abcXYZfnrkontoæøåé\u00a0\u2013\uff11٣_'\"=<>"
SAMPLE = 250
"""Texts that Presidio is asked about at a time: it takes some milliseconds for each."""
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


@pytest.mark.parametrize("seed", range(4))
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
    assert sum(map(len, ours)) > 60


def test_a_column_header_is_presidios_context(engines):
    detector, analyzer, _ = engines
    found = _of_cells(detector, ["83534621992"], "kontonummer")[0]
    expected = analyzer.analyze(text="83534621992", language="nb", context=["kontonummer"])
    assert {(entity_type, score) for entity_type, _, _, score in found} == {
        (result.entity_type, round(result.score, 3)) for result in expected
    }


def test_recognizers_tell_synthetic_numbers(engines):
    _, analyzer, _ = engines
    results = analyzer.analyze(text="fnr 11837533335", language="nb", entities=["NO_FODSELSNUMMER"])
    assert [result.recognition_metadata["synthetic"] for result in results] == [True]


HEADERS = [
    "Fødselsnr",
    "Kontonummer",
    "KID",
    "Telefon",
    "Ordrenr",
    "IP-adresse",
    "Org.nr.",
    "Kortnummer",
    "E-post",
    "Dato",
]


@pytest.mark.parametrize("seed", range(10, 12))
def test_texts_of_many_lines_give_the_same(engines, seed):
    detector, analyzer, rules = engines
    pieces = _generated(seed, 400, rules)
    texts = ["\n".join(pieces[i : i + 8]) for i in range(0, len(pieces), 8)]
    texts += [f"{label.strip()}\n{text}\n\n{label}" for label, text in zip(LABELS, texts, strict=False)]
    ours = _of_detector(detector, texts)
    for text, found in zip(texts, ours, strict=True):
        assert found == _presidio(analyzer, text)
    assert sum(map(len, ours)) > 60


@pytest.mark.parametrize("header", HEADERS)
def test_cells_under_a_header_give_the_same(engines, header):
    detector, analyzer, rules = engines
    values = [example.match or example.text for rule in rules for example in (*rule.examples, *rule.counter_examples)]
    values = random.Random(header).sample(values, min(len(values), SAMPLE))
    ours = _of_cells(detector, values, header)
    for value, found in zip(values, ours, strict=True):
        assert found == {
            (result.entity_type, result.start, result.end, round(result.score, 3))
            for result in analyzer.analyze(text=value, language="nb", context=[header])
        }, value


@pytest.mark.parametrize("label", ["fnr", "Fnr.:", "kontonr", "ordrenr", "KID", "org.nr", "«tlf»"])
def test_labels_before_after_and_above_give_the_same(engines, label):
    detector, analyzer, rules = engines
    texts = []
    for rule in rules:
        for value in {example.match for example in rule.examples}:
            texts += [f"{label} {value}", f"{label}{value}", f"{value} {label}", f"{label}\n{value}",
                      f"{value}\n{label}",
                      f"{label}: x\n{value}, {label} y", f"{label} " + "x" * 58 + f" {value}"]  # fmt: skip
    texts = random.Random(label).sample(texts, min(len(texts), SAMPLE))
    for text, found in zip(texts, _of_detector(detector, texts), strict=True):
        assert found == _presidio(analyzer, text), text


def _of_cells(detector: Detector, cells: list[str], header: str) -> list[set[tuple]]:
    """What each cell gives by itself, before the column is looked at as a whole, which Presidio cannot."""
    found: list[set[tuple]] = [set() for _ in cells]
    rows = detector.engine.detect(pa.array(cells), header, resolve=False)
    for text, start, end, rule, score in zip(rows.text, rows.start, rows.end, rows.rule, rows.score, strict=True):
        raw = cells[text].encode()
        span = (len(raw[:start].decode()), len(raw[:end].decode()))
        found[text].add((detector.rules[rule].entity_type, *span, round(float(score), 3)))
    return found


def _of_detector(detector: Detector, texts: list[str]) -> list[set[tuple]]:
    found: list[set[tuple]] = [set() for _ in texts]
    for row in detector.detect_texts(texts).to_pylist():
        found[row["text"]].add((row["entity_type"], row["start"], row["end"], round(row["score"], 3)))
    return found


@pytest.fixture(scope="module")
def stock():
    """An AnalyzerEngine as its users have it, with Presidio's own recognizers, for English, without a trained model."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    from pii_scan.detect.presidio_bridge import recognizers

    class BlankEngine(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("EmailRecognizer")  # it asks the network for a list of suffixes
    for recognizer in recognizers(as_of=AS_OF, language="en"):
        registry.add_recognizer(recognizer)
    return AnalyzerEngine(registry=registry, nlp_engine=BlankEngine(), supported_languages=["en"])


def test_our_recognizers_work_in_a_stock_engine(stock):
    for rule in load_rules():
        for example in rule.examples:
            if example.header:  # Presidio knows no columns
                continue
            at = example.text.index(example.match or "")
            results = stock.analyze(text=example.text, language="en", entities=[rule.entity_type])
            assert (at, at + len(example.match or "")) in {(r.start, r.end) for r in results if r.score >= 0.4}, example


def test_presidios_own_recognizers_go_on_working_beside_ours(stock):
    found = stock.analyze(text="Card 4111111111111111, fnr 11837533335, https://example.com/", language="en")
    assert {"CREDIT_CARD", "NO_FODSELSNUMMER", "URL"} <= {result.entity_type for result in found}


def test_a_stock_engine_weighs_our_words_and_the_callers_context(stock):
    def score(text: str, context: list[str] | None = None) -> float:
        results = stock.analyze(text=text, language="en", entities=["NO_BANK_ACCOUNT"], context=context)
        return max((result.score for result in results), default=0.0)

    alone, near, named = score("83534621992"), score("kontonr 83534621992"), score("83534621992", ["Kontonr"])
    assert alone == pytest.approx(0.15)
    assert (near, named) == (pytest.approx(0.95), pytest.approx(0.6))
    assert score("KID 83534621992") == 0.0


def test_a_stock_engine_takes_a_threshold_and_explains(stock):
    weak = stock.analyze(text="83534621992", language="en", entities=["NO_BANK_ACCOUNT"], score_threshold=0.4)
    assert weak == []
    (result,) = stock.analyze(
        text="konto 83534621992", language="en", entities=["NO_BANK_ACCOUNT"], return_decision_process=True
    )
    assert result.analysis_explanation.pattern_name == "after a label"
    assert result.recognition_metadata["recognizer_name"] == "no.bank_account"


def test_every_recognizer_names_itself_its_type_and_its_language(stock):
    from pii_scan.detect.presidio_bridge import recognizers

    ours = recognizers(as_of=AS_OF, language="en")
    assert [one.name for one in ours] == [*(rule.id for rule in load_rules()), "names.person"]
    assert {one.supported_language for one in ours} == {"en"}
    assert {type_ for one in ours for type_ in one.supported_entities} <= set(stock.get_supported_entities("en"))


NAMED = [
    "Møtet ble ledet av Kari Nordmann, og Øyvind Åsen førte protokoll.",
    "Hei Åse! 😀 Jeg så deg ikke på mandag, men Per var der. Mvh Marit",
    "Navn: Nordmann, Kari\nTelefon: 68 05 12 34\n",
    "KARI NORDMANN HAR MELDT SEG PÅ KURSET OG BETALER SELV",
    "Vi traff Karianne Solli-Bråten i Storgata 4, og hun hilste fra Utsi.",
    "Fjordkurs AS holder til i Bergen. Ingen er nevnt her.",
    "",
]


def test_names_come_beside_what_rules_find_and_are_those_of_the_detector():
    from pii_scan.detect.presidio_bridge import analyzer_engine

    detector = Detector(min_score=0.0, resolve=False, as_of=AS_OF)
    analyzer = analyzer_engine(as_of=AS_OF)
    assert "PERSON" in analyzer.get_supported_entities("nb")
    ours = _of_detector(detector, NAMED)
    for text, found in zip(NAMED, ours, strict=True):
        assert found == _presidio(analyzer, text), text
    types = [row[0] for found in ours for row in found]
    assert types.count("PERSON") >= 8 and "PHONE_NUMBER" in types


def test_a_stock_engine_finds_persons_without_a_model_and_says_why(stock):
    text = "Møtet ble ledet av Kari Nordmann, og hun er leder."
    (result,) = stock.analyze(text=text, language="en", entities=["PERSON"], return_decision_process=True)
    assert text[result.start : result.end] == "Kari Nordmann" and result.score == pytest.approx(0.95)
    assert result.recognition_metadata["recognizer_name"] == "names.person"
    assert result.analysis_explanation.textual_explanation == "first name and surname"
    assert stock.analyze(text=text, language="en", entities=["EMAIL_ADDRESS"]) == []


def test_presidios_engine_without_any_model_is_enough():
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    from pii_scan.detect.presidio_bridge import recognizers

    registry = RecognizerRegistry(recognizers=recognizers(as_of=AS_OF), supported_languages=["nb"])
    nlp_engine = NoOpNlpEngine(models=[{"lang_code": "nb", "model_name": "none"}])
    nlp_engine.load()
    engine = AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=["nb"])
    found = engine.analyze(text="Kari Nordmann har fnr 11837533335 og er med.", language="nb", score_threshold=0.4)
    assert {"PERSON", "NO_FODSELSNUMMER"} <= {result.entity_type for result in found}
