"""The component in spaCy pipelines finds what the detector finds, and travels as components do."""

from __future__ import annotations

import importlib.metadata
import random
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from pii_scan.detect.detector import Detector
from pii_scan.detect.rules import load_rules
from pii_scan.errors import RuleError

DAY = "2026-11-22"
TEXT = "Møtet ble ledet av Kari Nordmann, tlf 68 05 12 34;kari@example.no;ola@example.no, og hun er leder."


@pytest.fixture(scope="module")
def nlp() -> Any:
    made = spacy.blank("nb")
    made.add_pipe("pii_scan", config={"as_of": DAY})
    return made


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(as_of=date.fromisoformat(DAY))


def kept(doc: Any) -> list[dict[str, Any]]:
    """Every finding once, in the order of the spans."""
    rows: list[dict[str, Any]] = []
    for span in doc.spans["pii_scan"]:
        rows += [row for row in span._.pii_scan if row not in rows]
    return rows


def texts(count: int) -> list[str]:
    """Examples of the rules glued to words and names, so that findings end inside tokens too."""
    chance = random.Random(5)
    examples = [example.text for rule in load_rules() for example in rule.examples if not example.header]
    glue = [" ", ";", "\n", "", " 😀 ", ", sa Øyvind Åsen til meg da han kom. "]
    return [
        "".join(chance.choice(examples) + chance.choice(glue) for _ in range(chance.randint(1, 4)))
        for _ in range(count)
    ]


def test_what_lies_in_the_spans_is_what_the_detector_finds(nlp: Any, detector: Detector) -> None:
    some = [*texts(150), "", " ", TEXT]
    expected: list[list[dict[str, Any]]] = [[] for _ in some]
    for row in detector.detect_texts(some).to_pylist():
        expected[row.pop("text")].append(row)
    for doc, rows in zip(nlp.pipe(some, batch_size=40), expected, strict=True):
        assert kept(doc) == rows
        assert len(doc.spans["pii_scan"]) == len(rows)
        for span, row in zip(doc.spans["pii_scan"], rows, strict=True):
            assert (span.label_, span.id_) == (row["entity_type"], row["recognizer"])
            assert span.start_char <= row["start"] < row["end"] <= span.end_char
    assert sum(map(len, expected)) > 150
    assert {"PERSON", "NO_FODSELSNUMMER"} <= {row["entity_type"] for rows in expected for row in rows}


def test_a_span_tells_its_type_score_and_recognizer(nlp: Any) -> None:
    doc = nlp(TEXT)
    first = doc.spans["pii_scan"][0]
    assert (first.text, first.label_, first._.pii_recognizer) == ("Kari Nordmann", "PERSON", "names.person")
    assert first._.pii_score == pytest.approx(0.98)


def test_two_findings_in_one_token_are_two_spans_with_their_own_places(nlp: Any) -> None:
    doc = nlp(TEXT)
    twins = [span for span in doc.spans["pii_scan"] if span.label_ == "EMAIL_ADDRESS"]
    assert len(twins) == 2
    exact = [doc.text[row["start"] : row["end"]] for row in twins[0]._.pii_scan]
    assert exact == ["kari@example.no", "ola@example.no"]


def test_tokens_and_entities_stay_as_they_were(nlp: Any) -> None:
    plain = spacy.blank("nb")(TEXT)
    doc = nlp(TEXT)
    assert [token.text for token in doc] == [token.text for token in plain]
    assert not doc.ents


def test_looking_twice_gives_the_same(nlp: Any) -> None:
    doc = nlp(TEXT)
    once = kept(doc)
    assert kept(nlp.get_pipe("pii_scan")(doc)) == once


def test_one_by_one_is_as_in_batches_and_as_in_other_processes(nlp: Any) -> None:
    some = texts(12)
    alone = [kept(nlp(text)) for text in some]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python's, of forking where there are threads
        for how in ({"batch_size": 5}, {"n_process": 2, "batch_size": 3}):
            assert [kept(doc) for doc in nlp.pipe(some, **how)] == alone


@pytest.mark.parametrize(
    ("config", "types"),
    [
        ({"only": ["EMAIL_ADDRESS"]}, {"EMAIL_ADDRESS"}),
        ({"only": ["PERSON"]}, {"PERSON"}),
        ({"min_score": 0.97}, {"PERSON"}),
        ({"min_score": 0.94}, {"PERSON", "EMAIL_ADDRESS"}),
    ],
)
def test_options_choose_what_is_found(config: dict[str, Any], types: set[str]) -> None:
    nlp = spacy.blank("nb")
    nlp.add_pipe("pii_scan", config=config)
    doc = nlp(TEXT)
    assert {span.label_ for span in doc.spans["pii_scan"]} == types


def test_a_type_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(RuleError, match="EMAIL_ADDRESS"):
        spacy.blank("nb").add_pipe("pii_scan", config={"only": ["EMAIL_ADRESS"]})


def test_the_day_decides_which_numbers_exist() -> None:
    """Born in March 1975."""
    found = []
    for day in ("1975-03-01", DAY):
        nlp = spacy.blank("nb")
        nlp.add_pipe("pii_scan", config={"only": ["NO_FODSELSNUMMER"], "as_of": day})
        doc = nlp("fnr 11837533335")
        found.append(len(doc.spans["pii_scan"]))
    assert found == [0, 1]


@pytest.mark.parametrize("language", ["nb", "en", "xx"])
def test_it_works_on_a_pipeline_of_any_language_beside_other_components(language: str) -> None:
    nlp = spacy.blank(language)
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "ORG", "pattern": "Fjordkurs"}])
    nlp.add_pipe("pii_scan")
    doc = nlp("Skriv til kari@example.no hos Fjordkurs")
    assert [entity.text for entity in doc.ents] == ["Fjordkurs"]
    assert [span.label_ for span in doc.spans["pii_scan"]] == ["EMAIL_ADDRESS"]


def test_a_pipeline_is_written_and_read_with_its_options(tmp_path: Path, nlp: Any) -> None:
    made = spacy.blank("nb")
    made.add_pipe("pii_scan", config={"only": ["PERSON"], "as_of": DAY})
    made.to_disk(tmp_path / "pipeline")
    read = spacy.load(tmp_path / "pipeline")
    assert read.config["components"]["pii_scan"]["only"] == ["PERSON"]
    assert kept(read(TEXT)) == kept(made(TEXT)) != kept(nlp(TEXT))
    again = spacy.blank("nb")
    again.add_pipe("pii_scan", config={"only": ["PERSON"], "as_of": DAY})
    assert kept(again.from_bytes(made.to_bytes())(TEXT)) == kept(made(TEXT))


def test_what_was_found_is_written_with_the_document_and_joined_with_others(nlp: Any) -> None:
    doc = nlp(TEXT)
    (read,) = list(DocBin(store_user_data=True, docs=[doc]).get_docs(nlp.vocab))
    assert kept(Doc(nlp.vocab).from_bytes(doc.to_bytes())) == kept(doc)
    assert kept(read) == kept(doc)
    both = Doc.from_docs([nlp("Hei!"), doc])
    assert [both.text[row["start"] : row["end"]] for row in kept(both)] == [
        doc.text[row["start"] : row["end"]] for row in kept(doc)
    ]


def test_spacy_finds_it_without_an_import_of_ours() -> None:
    (entry,) = importlib.metadata.entry_points(group="spacy_factories", name="pii_scan")
    assert entry.value == "pii_scan.detect.spacy_component:make_component"
