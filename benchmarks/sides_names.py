"""The other sides of `names.py`: a small spaCy pipeline trained here, alone, in Presidio as it comes, and as a plug-in
of pii-scan.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
from measuring import rate
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_analyzer.predefined_recognizers import SpacyRecognizer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

from pii_scan.detect.detector import Detector
from pii_scan.detect.names.tagger import NameTagger

sys.path.append(str(Path(__file__).resolve().parents[1] / "training"))
import norne  # noqa: E402

SEED, SENTENCES, DROPOUT, ROUNDS = 7, 64, 0.1, 3
LANGUAGE = "nb"
Spans = set[tuple[int, int]]
Documents = Sequence[tuple[str, Spans]]


@dataclass(frozen=True, slots=True)
class Side:
    """A way to find names of persons in a document."""

    name: str
    find: Callable[[str], Spans]


def trained(folder: Path, out: Path, seconds: float) -> str:
    """Trains spaCy's own default NER on NorNE without the dev split for so many CPU seconds, and saves it in `out`.

    All eight labels are learned, as spaCy's published pipelines do. Says what was done.
    """
    fix_random_seed(SEED)
    nlp = spacy.blank(LANGUAGE)
    nlp.add_pipe("ner")
    sentences = norne.training_sentences(folder)
    examples = [example for sentence in sentences if (example := _example(nlp, sentence)) is not None]
    optimizer = nlp.initialize(lambda: examples)
    order, begin, words, rounds = random.Random(SEED), time.process_time(), 0, 0
    batches: Iterator[list[Example]] = iter(())
    while time.process_time() - begin < seconds:
        batch = next(batches, None)
        if batch is None:
            order.shuffle(examples)
            batches, rounds = iter(list(minibatch(examples, SENTENCES))), rounds + 1
            continue
        nlp.update(batch, sgd=optimizer, drop=DROPOUT)
        words += sum(len(example.reference) for example in batch)
    nlp.meta["name"] = "norne_trained_here"
    with nlp.use_params(optimizer.averages):
        nlp.to_disk(out)
    spent = time.process_time() - begin
    return f"{len(examples)} sentences, {words / 1e6:.2f} million words in {rounds} rounds, {spent:.0f} CPU seconds"


def _example(nlp: Any, sentence: norne.Sentence) -> Example | None:
    words = [word for word in sentence if word.text.strip()]
    if not words:
        return None
    doc = Doc(nlp.vocab, words=[word.text for word in words], spaces=[word.space for word in words])
    begin: int | None = None
    spans = []
    for i, word in enumerate([*words, norne.Word("", "O")]):
        if begin is not None and not word.tag.startswith("I-"):
            spans.append(Span(doc, begin, i, label=words[begin].tag[2:]))
            begin = None
        if word.tag.startswith("B-"):
            begin = i
    doc.ents = spans
    return Example(nlp.make_doc(doc.text), doc)


def sides(model: Path, tagger: NameTagger) -> list[Side]:
    """All of them; the first is what the others are measured against."""
    nlp = spacy.load(model)
    configuration = {"nlp_engine_name": "spacy", "models": [{"lang_code": LANGUAGE, "model_name": str(model)}]}
    registry = RecognizerRegistry(
        recognizers=[SpacyRecognizer(supported_language=LANGUAGE)], supported_languages=[LANGUAGE]
    )
    analyzer = AnalyzerEngine(
        registry=registry, supported_languages=[LANGUAGE],
        nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine(),
    )  # fmt: skip

    def ours(text: str) -> Spans:
        found = tagger.find(text)
        return set(zip(found.start.tolist(), found.end.tolist(), strict=True))

    def theirs(text: str) -> Spans:
        starts, lines = zip(*_lines(text), strict=True)
        docs = zip(starts, nlp.pipe(lines), strict=True)
        return {(at + e.start_char, at + e.end_char) for at, doc in docs for e in doc.ents if e.label_ == "PER"}

    def presidio(text: str) -> Spans:
        return {
            (at + result.start, at + result.end)
            for at, line in _lines(text)
            for result in analyzer.analyze(line, language=LANGUAGE, entities=["PERSON"])
        }

    plugged = Detector(only=["PERSON"], ner=[str(model)])

    def both(text: str) -> Spans:
        return {(row["start"], row["end"]) for row in plugged.detect_texts([text]).to_pylist()}

    return [
        Side("pii-scan", ours), Side("spaCy, trained here", theirs), Side("Presidio with that pipeline", presidio),
        Side("pii-scan with that pipeline (`--ner`)", both),
    ]  # fmt: skip


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """(start, line) of each line that holds something."""
    at = 0
    for line in text.split("\n"):
        if line.strip():
            yield at, line
        at += len(line) + 1


def compared(
    folder: Path, seconds: float, tagger: NameTagger, languages: Mapping[str, Documents],
    f1: Callable[[Any], tuple[float, float, float]],
) -> Iterator[str]:  # fmt: skip
    """A Markdown table, a line at a time: exact P, R, F1 by language, MB per CPU second (the best of ROUNDS),
    and how many times as fast the first is.
    """
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "pipeline"
        yield f"\nspaCy: {trained(folder, model, seconds)}\n"
        titles = " | ".join(f"{name} P / R / F1" for name in languages)
        yield f"| dev split, exact spans | {titles} | MB/s | pii-scan is |"
        yield f"|---|{'---|' * len(languages)}---|---|"
        speeds: dict[str, list[float]] = {}
        for _ in range(ROUNDS):  # the sides are made anew, so that none knows the texts from the round before
            measured = {side.name: _measured(side, languages) for side in sides(model, tagger)}
            for name, (speed, _) in measured.items():
                speeds.setdefault(name, []).append(speed)
        first = max(next(iter(speeds.values())))
        for name, (_, found) in measured.items():
            cells = [
                " / ".join(f"{figure:.1f}" for figure in f1(zip((gold for _, gold in documents), got, strict=True)))
                for documents, got in zip(languages.values(), found, strict=True)
            ]
            best = max(speeds[name])
            yield f"| {name} | {' | '.join(cells)} | {best:.2g} | {first / best:,.0f} times as fast |"


def _measured(side: Side, languages: Mapping[str, Documents]) -> tuple[float, list[list[Spans]]]:
    """(MB per CPU second, what was found by language and document)."""
    begin = time.process_time()
    found = [[side.find(text) for text, _ in documents] for documents in languages.values()]
    used = time.process_time() - begin
    return rate(sum(len(text.encode()) for documents in languages.values() for text, _ in documents), used), found
