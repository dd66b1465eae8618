"""A user's own language models find beside pii-scan what they find by themselves, in prose, and are never fetched."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ner_pipelines
import pyarrow as pa
import pytest
import spacy

from pii_scan.detect import ner_models
from pii_scan.detect.detector import Detector, load_recognizers
from pii_scan.detect.ner_models import NerModels, installed_pipelines
from pii_scan.detect.presidio_guest import GuestError
from pii_scan.errors import ConfigError

UNKNOWN = ner_pipelines.UNKNOWN
PROSE = f"Ærlig talt 😀 ble møtet ledet av {UNKNOWN} fra Bergen, og det var bra."


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ner_pipelines.save(tmp_path_factory.mktemp("ner") / "pipeline", [UNKNOWN, "Kari Nordmann", "Nordmann"])


@pytest.fixture(scope="module")
def plugged(pipeline: Path) -> Detector:
    return Detector(only=["PERSON"], ner=[str(pipeline)])


def found(detector: Detector, *texts: str) -> list[tuple[int, str, str]]:
    return [
        (row["text"], texts[row["text"]][row["start"] : row["end"]], row["recognizer"])
        for row in detector.detect_texts(texts).to_pylist()
    ]


def test_a_name_that_only_the_plug_in_knows_is_found_with_it_alone(plugged: Detector) -> None:
    assert found(Detector(only=["PERSON"]), PROSE) == []
    assert found(plugged, "", PROSE, "x", PROSE) == [(1, UNKNOWN, "ner.nb_rules"), (3, UNKNOWN, "ner.nb_rules")]


def test_what_both_find_counts_once_and_as_the_surer_says(plugged: Detector) -> None:
    text = "Så kom Kari Nordmann, og hun var glad."
    assert found(plugged, text) == [(0, "Kari Nordmann", "names.person")]
    overlapping = "Så kom Ola Nordmann, og han var glad."
    assert found(plugged, overlapping) == [(0, "Ola Nordmann", "names.person")]


def test_code_and_tables_are_not_asked_about(plugged: Detector) -> None:
    assert found(plugged, f'{{"a": "{UNKNOWN}", "id": 7, "tags": ["A", "B"]}}', f"{UNKNOWN};7;8;9", UNKNOWN) == []


def test_free_text_in_columns_is(plugged: Detector) -> None:
    rows = plugged.detect_texts([PROSE, "7", PROSE], header="merknad").to_pylist()
    assert [row["text"] for row in rows if row["recognizer"] == "ner.nb_rules"] == [0, 2]


def test_a_part_that_comes_again_is_asked_about_once(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = NerModels(str(pipeline), ["PERSON"], {})
    asked: list[str] = []
    process = models._engine.process_batch

    def counting(texts: list[str], language: str, **how: Any) -> Iterator[Any]:
        asked.extend(texts)
        return process(texts, language, **how)

    monkeypatch.setattr(models._engine, "process_batch", counting)
    beats: list[int] = []
    models.hear(lambda: beats.append(1))
    texts = pa.array([PROSE, "Det er stille.", PROSE + "\n\n" + PROSE], pa.large_string())
    first = models.detect(texts, "", 5)
    again = models.detect(texts, "", 5)
    assert asked == [PROSE] and beats == [1]
    assert first.text.tolist() == again.text.tolist() == [0, 2, 2]
    assert first.rule.tolist() == [5, 5, 5]
    monkeypatch.setattr(ner_models, "MAX_KEPT", 0)
    assert models.detect(texts, "", 5).start.tolist() == first.start.tolist()
    assert not models._kept


def test_it_finds_what_presidios_own_recognizer_gives(pipeline: Path) -> None:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    configuration = {"nlp_engine_name": "spacy", "models": [{"lang_code": "nb", "model_name": str(pipeline)}]}
    engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    registry = RecognizerRegistry(recognizers=[SpacyRecognizer(supported_language="nb")], supported_languages=["nb"])
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["nb"])
    detector = Detector(rules=[], ner=[str(pipeline)], min_score=0.0, resolve=False)
    for text in (PROSE, "Så kom Kari Nordmann, og Nordmann var glad."):
        rows = detector.detect_texts([text]).to_pylist()
        ours = {(row["start"], row["end"], round(row["score"], 3)) for row in rows}
        theirs = analyzer.analyze(text, language="nb", entities=["PERSON"])
        assert ours == {(result.start, result.end, result.score) for result in theirs} != set()


def test_presidios_configuration_says_the_score_and_the_types(tmp_path: Path, pipeline: Path) -> None:
    file = ner_pipelines.configure(tmp_path / "ner.yaml", pipeline, "{PER: EMAIL_ADDRESS, ORG: GALAXY}", 0.6)
    rows = Detector(only=["EMAIL_ADDRESS", "PERSON"], ner=[str(file)]).detect_texts([PROSE]).to_pylist()
    assert [(row["entity_type"], round(row["score"], 2)) for row in rows] == [("EMAIL_ADDRESS", 0.6)]


def test_only_types_that_are_looked_for_have_a_rule(pipeline: Path) -> None:
    def types(only: list[str]) -> set[str]:
        rules, guests = load_recognizers(only=only, ner=[str(pipeline)])
        return {rule.entity_type for rule in guests.rules} if guests else set()

    assert types([]) >= {"PERSON", "PHONE_NUMBER"}
    assert "LOCATION" not in types([])
    assert types(["PERSON"]) == {"PERSON"}
    assert types(["IBAN_CODE"]) == set()


def test_the_rule_tells_which_model_ran_wherever_it_lies(tmp_path: Path) -> None:
    def rule(folder: Path) -> Any:
        return NerModels(str(folder), ["PERSON"], {}).rules[0]

    one = rule(ner_pipelines.save(tmp_path / "a", ["Zubrak"], called="mine"))
    assert (one.id, one.category, one.origin) == ("ner.nb_mine", "name", "ner")
    assert rule(ner_pipelines.save(tmp_path / "b" / "c", ["Zubrak"], called="mine")) == one
    other = rule(ner_pipelines.save(tmp_path / "d", ["Zubrok"], called="mine"))
    assert dataclasses.replace(other, digest=one.digest) == one != other
    strict = rule(ner_pipelines.configure(tmp_path / "x.yaml", tmp_path / "a", score=0.5))
    assert strict.id == one.id and strict.digest != one.digest


def test_reasons_say_that_a_model_found_it(plugged: Detector) -> None:
    rows = plugged.detect(pa.array([PROSE], pa.large_string()))
    kind = int(rows.rule[0]), int(rows.pattern[0]), int(rows.verdict[0]), int(rows.word[0])
    assert plugged.engine.reasons(*kind) == ["found by the user's language model"]


def test_a_model_that_fails_on_a_text_says_so_without_the_text(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = NerModels(str(pipeline), ["PERSON"], {})

    def failing(texts: list[str], *given: Any, **how: Any) -> Any:
        raise ValueError(texts[0])

    monkeypatch.setattr(models._engine, "process_batch", failing)
    with pytest.raises(GuestError) as raised:
        models.detect(pa.array([PROSE], pa.large_string()), "", 0)
    assert str(raised.value) == "ValueError" and raised.value.__cause__ is None


WRONG = {
    "nb_core_news_lg": "no spaCy pipeline 'nb_core_news_lg' is installed.*pii-scan downloads nothing",
    "en_core_web_trf": "python -m spacy download en_core_web_trf",
    "numpy": "no spaCy pipeline 'numpy' is installed",
    "blank:nb": "no spaCy pipeline 'blank:nb' is installed",
    "missing.yaml": "there is no folder or file 'missing.yaml'",
    "models/nb": "there is no folder or file 'models/nb'",
    "empty": "holds no spaCy pipeline",
    "broken": r"the model cannot be loaded \(\w+\)",
    "nb_rule": "did you mean 'nb_rules'",
}
FILES = {
    "{}": "'nlp_engine_name' must be spacy or transformers",
    "nlp_engine_name: spacey": "did you mean 'spacy'",
    "nlp_engine_name: slim\nmodels: [{lang_code: nb, model_name: nb}]": "must be spacy or transformers",
    "nlp_engine_name: spacy": "'models' must list at least one model",
    "nlp_engine_name: spacy\nmodels: {}": "'models' must list",
    "nlp_engine_name: spacy\nmodels: [nb]": "model 1 must have 'lang_code' and 'model_name': a name or folder",
    "nlp_engine_name: spacy\nmodels: [{lang_code: nb}]": "model 1 must have",
    "nlp_engine_name: spacy\nmodels: [{model_name: empty}]": "model 1 must have",
    "nlp_engine_name: spacy\nmodels: [{lang_code: nb, model_name: nb_core_news_sm}]": "no spaCy pipeline",
    "nlp_engine_name: transformers\nmodels: [{lang_code: nb, model_name: empty}]": "spacy and transformers, each",
    "nlp_engine_name: transformers\nmodels: [{lang_code: nb, model_name: {spacy: empty, transformers: a/b}}]": (
        "transformers|there is no folder"
    ),
    "nlp_engine_name: [": "not valid YAML",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.cfg").write_text("[nlp]\nlang = 7\n", encoding="utf-8")
    (tmp_path / "broken" / "meta.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def no_download(*given: object, **how: object) -> None:
        raise AssertionError("spaCy was asked to download")

    monkeypatch.setattr(spacy.cli, "download", no_download)
    return tmp_path


@pytest.mark.parametrize("given", WRONG)
def test_what_is_not_on_this_machine_is_refused_with_a_hint(
    place: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    if given == "nb_rule":
        monkeypatch.setattr(ner_models, "installed_pipelines", lambda: {"nb_rules": "0.0.0"})
    with pytest.raises(ConfigError) as raised:
        Detector(rules=[], ner=[given])
    assert re.search(WRONG[given], str(raised.value))


@pytest.mark.parametrize("content", FILES)
def test_a_configuration_that_is_none_is_refused_with_what_is_wrong(place: Path, content: str) -> None:
    (place / "ner.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"ner\.yaml") as raised:
        Detector(rules=[], ner=["ner.yaml"])
    assert re.search(FILES[content], str(raised.value))


def test_an_installed_pipeline_is_known_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pip leaves it: a package with the pipeline, and metadata with the entry point."""
    site = tmp_path / "site"
    package = site / "nb_rules_test"
    ner_pipelines.save(package / "nb_rules_test-1.2.3", called="rules_test")
    (package / "meta.json").write_bytes((package / "nb_rules_test-1.2.3" / "meta.json").read_bytes())
    meta = (package / "meta.json").read_text(encoding="utf-8").replace('"version":"0.0.0"', '"version":"1.2.3"')
    (package / "meta.json").write_text(meta, encoding="utf-8")
    (package / "__init__.py").write_text(
        "from pathlib import Path\nfrom spacy.util import load_model_from_init_py\n"
        "def load(**overrides):\n    return load_model_from_init_py(__file__, **overrides)\n",
        encoding="utf-8",
    )
    info = site / "nb_rules_test-1.2.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nb_rules_test\nVersion: 1.2.3\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[spacy_models]\nnb_rules_test = nb_rules_test\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    assert installed_pipelines() == {"nb_rules_test": "1.2.3"}
    detector = Detector(only=["PERSON"], ner=["nb_rules_test"])
    assert found(detector, PROSE) == [(0, UNKNOWN, "ner.nb_rules_test")]
