"""pii-scan's rules and its finder of names as Presidio recognizers, and an AnalyzerEngine that holds them: the
reference, and for users of Presidio.

Presidio does the matching of rules, the de-duplication and the thresholds itself; ours are the rule's validator, its
scores and its context words, and the names. Imports presidio and spaCy, so import it only where it is used. Makes no
network connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from presidio_analyzer import (
    AnalysisExplanation,
    AnalyzerEngine,
    EntityRecognizer,
    LocalRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.lang.nb.stop_words import STOP_WORDS

from pii_scan.detect import evidence
from pii_scan.detect.context import ContextIndex
from pii_scan.detect.engine import NAMED, WITHOUT_EVIDENCE
from pii_scan.detect.name_rule import RULE_ID, name_rule
from pii_scan.detect.names.tagger import NameTagger
from pii_scan.detect.rules import Rule, load_rules
from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, UNSURE, VALIDATORS, judge_texts

LANGUAGE = "nb"
_WORD = re.compile(r"\w+|[^\w\s]")


class RuleRecognizer(PatternRecognizer):
    """One pii-scan rule as a Presidio recognizer, for any AnalyzerEngine and any language."""

    def __init__(self, rule: Rule, *, language: str = LANGUAGE, as_of: date | None = None) -> None:
        self.rule = rule
        self._as_of = as_of or datetime.now(tz=UTC).date()
        self._forms = {pattern.name: pattern for pattern in rule.patterns}
        self._context = ContextIndex([rule])
        super().__init__(
            supported_entity=rule.entity_type,
            name=rule.id,
            supported_language=language,
            patterns=[Pattern(pattern.name, pattern.regex, pattern.score) for pattern in rule.patterns],
        )

    def _verdict(self, text: str) -> int:
        validator = VALIDATORS.get(self.rule.validator)
        return int(judge_texts(validator, [text], self._as_of)[0]) if validator else UNSURE

    def _change(self, result: RecognizerResult, word: int) -> float:
        change = float(self._context.effect[0, word])
        own = self._forms[result.analysis_explanation.pattern_name].context_boost
        return own if change > 0 and own is not None else change

    def _person_near(self, text: str, result: RecognizerResult) -> bool:
        before = text[: result.start].encode("utf-8", "replace")[-evidence.BEFORE_BYTES :]
        after = text[result.end :].encode("utf-8", "replace")[: evidence.AFTER_BYTES]
        return evidence.person_near(before.decode("utf-8", "ignore"), after.decode("utf-8", "ignore"))

    def validate_result(self, pattern_text: str) -> bool | None:
        """Presidio's hook: True, False, or None when the validator cannot tell."""
        verdict = self._verdict(pattern_text) & JUDGEMENT
        return None if verdict == UNSURE else verdict != REJECTED

    def analyze(
        self,
        text: str,
        entities: list[str],
        nlp_artifacts: NlpArtifacts | None = None,
        regex_flags: int | None = None,
    ) -> list[RecognizerResult]:
        """Presidio's own matching, with the rule's scores in place of 0 and 1."""
        results: list[RecognizerResult] = super().analyze(text, entities, nlp_artifacts, regex_flags)
        for result in results:
            explanation = result.analysis_explanation
            form = self._forms[explanation.pattern_name]
            result.score = form.validated if explanation.validation_result else form.score
            verdict = self._verdict(text[result.start : result.end])
            result.recognition_metadata["synthetic"] = bool(verdict & SYNTHETIC)
        return results

    def enhance_using_context(
        self,
        text: str,
        raw_recognizer_results: list[RecognizerResult],
        other_raw_recognizer_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """Moves scores by the rule's own words near each result; `context` (a column's name) stands before them all."""
        for result in raw_recognizer_results:
            word = self._context.nearest(0, text[: result.start], text[result.end :])
            if word < 0 and context:
                word = self._context.in_header(0, " ".join(context))
            if word >= 0:
                result.score = min(max(result.score + self._change(result, word), 0.0), 1.0)
                result.recognition_metadata[RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY] = True
            if self.rule.evidence and not self._person_near(text, result):
                result.score *= WITHOUT_EVIDENCE
        return [result for result in raw_recognizer_results if result.score > 0]


class NameRecognizer(LocalRecognizer):
    """pii-scan's finder of Norwegian names as a Presidio recognizer: needs no model of spaCy's, takes no context."""

    def __init__(self, rule: Rule | None = None, *, language: str = LANGUAGE) -> None:
        """`rule`: the one that stands for names."""
        rule = rule or name_rule()
        self._tagger = NameTagger()
        super().__init__(supported_entities=[rule.entity_type], name=rule.id, supported_language=language)

    def load(self) -> None:
        """The model is read when the first recognizer is made."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """The names in `text`, one that Presidio looks at by itself, with their scores."""
        (entity_type,) = self.supported_entities
        if entity_type not in entities:
            return []
        found = self._tagger.find(text)
        columns = (found.start.tolist(), found.end.tolist(), found.score.tolist(), found.strength.tolist())
        return [
            RecognizerResult(
                entity_type, start, end, score,
                AnalysisExplanation(self.name, score, textual_explanation=NAMED[strength]),
                {
                    RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                    "synthetic": False,
                },
            )
            for start, end, score, strength in zip(*columns, strict=True)
        ]  # fmt: skip


class WordNlpEngine(NlpEngine):
    """Words and punctuation by one expression: no model, no download, no growing vocabulary."""

    def __init__(self, languages: Sequence[str] = (LANGUAGE,)) -> None:
        self._languages = list(languages)

    def load(self) -> None:
        """Nothing to load."""

    def is_loaded(self) -> bool:
        """Always."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Tokens with their places; the lemma of a word is its lower case."""
        words = [(found.group(), found.start()) for found in _WORD.finditer(text)]
        tokens: Any = [word for word, _ in words]
        return NlpArtifacts(
            entities=[], tokens=tokens, tokens_indices=[at for _, at in words], lemmas=[word.lower() for word, _ in
            words], nlp_engine=self, language=language,
        )  # fmt: skip

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **kwargs: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Each text with its artifacts."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """By spaCy's Norwegian list."""
        return word in STOP_WORDS

    def is_punct(self, word: str, language: str) -> bool:
        """Whether it holds no letter or digit."""
        return not any(char.isalnum() for char in word)

    def get_supported_entities(self) -> list[str]:
        """None: entities come from recognizers."""
        return []

    def get_supported_languages(self) -> list[str]:
        """As given."""
        return self._languages


def recognizers(
    rules: Sequence[Rule] | None = None, *, language: str = LANGUAGE, as_of: date | None = None
) -> list[EntityRecognizer]:
    """pii-scan's rules, the one of names among them, as recognizers to add to any Presidio registry."""
    chosen = (*load_rules(), name_rule()) if rules is None else rules
    return [
        NameRecognizer(rule, language=language)
        if rule.id == RULE_ID
        else RuleRecognizer(rule, language=language, as_of=as_of)
        for rule in chosen
    ]


def analyzer_engine(rules: Sequence[Rule] | None = None, *, as_of: date | None = None) -> AnalyzerEngine:
    """An AnalyzerEngine with exactly the given rules (the built-in ones and names by default), without any model."""
    registry = RecognizerRegistry(recognizers=recognizers(rules, as_of=as_of), supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry=registry, nlp_engine=WordNlpEngine(), supported_languages=[LANGUAGE])
