"""A user's own Presidio recognizers at work in pii-scan: classes, and Presidio's YAML lists of pattern recognizers.

They run inside an AnalyzerEngine of their own, text by text, so that they find exactly what they find in Presidio:
slower by far than rules. Those that need a language model are refused rather than silently blind.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from pii_scan.detect.engine import Detections, no_detections
from pii_scan.detect.rules import MAX_RULE_BYTES, Rule, rule_files
from pii_scan.detect.validators import UNSURE
from pii_scan.errors import RuleError
from pii_scan.yaml_file import read_mapping

CATEGORIES = {
    "PERSON": "name", "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "IP_ADDRESS": "ip", "IBAN_CODE": "bank",
    "CREDIT_CARD": "card", "MAC_ADDRESS": "online_id.device",
}  # fmt: skip
"""Category of an entity type that no rule of pii-scan has; the others are `other`."""
OTHER = "other"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
"""Keeps Hugging Face's libraries, which read this when they are imported, from fetching a model by its name."""
_CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class GuestError(Exception):
    """A guest failed on a text. Holds no text."""


def is_presidio_list(file: Path) -> bool:
    """Whether a YAML file is Presidio's list of recognizers rather than a rule."""
    return isinstance(read_mapping(file, MAX_RULE_BYTES, RuleError, "a rule").get("recognizers"), list)


def load_guests(rule_paths: Iterable[str | Path], classes: Sequence[str]) -> list[Any]:
    """The recognizers in Presidio's lists among `rule_paths` and those of `classes` (`module:Class`). Raises RuleError.

    Loads Presidio only if there are any.
    """
    found = []
    for path in rule_paths:
        for file in rule_files(Path(path)):
            if is_presidio_list(file):
                found += _from_yaml(file)
    return [*found, *(_from_class(name) for name in classes)]


def _from_yaml(file: Path) -> list[Any]:
    from presidio_analyzer import RecognizerRegistry

    content = read_mapping(file, MAX_RULE_BYTES, RuleError, "a list of recognizers")
    registry = RecognizerRegistry()
    for number, entry in enumerate(content["recognizers"], 1):
        try:
            registry.add_pattern_recognizer_from_dict(dict(entry))
        except (TypeError, ValueError, KeyError, AttributeError, re.error, yaml.YAMLError) as error:
            raise RuleError(f"{file.name}: recognizer {number} is none to Presidio ({type(error).__name__})") from None
    return list(registry.recognizers)


def _from_class(name: str) -> Any:
    from presidio_analyzer import EntityRecognizer
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    if not _CLASS.fullmatch(name):
        raise RuleError(f"{name!r} names no recognizer", "write module:Class")
    os.environ.update(OFFLINE)
    module, _, attribute = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except ModuleNotFoundError as error:
        raise RuleError(f"{name}: there is no module {error.name!r}", "is its folder on PYTHONPATH?") from None
    except AttributeError:
        raise RuleError(f"{name}: the module has no such class") from None
    except TypeError:
        raise RuleError(f"{name}: the class must be one that can be made without arguments") from None
    except Exception as error:  # noqa: BLE001 - a user's class may load a model when it is made
        hint = "is all installed that it needs, and its model on this machine? nothing is downloaded"
        raise RuleError(f"{name}: cannot be made ({type(error).__name__})", hint) from None
    if not isinstance(made, EntityRecognizer):
        raise RuleError(f"{name}: not a Presidio EntityRecognizer")
    if isinstance(made, SpacyRecognizer):
        raise RuleError(f"{name}: needs a language model, which pii-scan does not load")
    return made


class Guests:
    """Recognizers with one stand-in rule for each entity type of each."""

    def __init__(self, recognizers: Sequence[Any], categories: dict[str, str]) -> None:
        """`categories`: of the entity types that rules have."""
        from pii_scan.detect.presidio_bridge import WordNlpEngine

        self._recognizers = list(recognizers)
        self.rules = tuple(
            _stand_in(recognizer, entity, categories)
            for recognizer in self._recognizers
            for entity in recognizer.supported_entities
        )
        self._languages = sorted({recognizer.supported_language for recognizer in self._recognizers})
        self._nlp = WordNlpEngine(self._languages)
        self._engines: dict[str, Any] = {}
        self._beat: Callable[[], None] = lambda: None

    def hear(self, beat: Callable[[], None]) -> None:
        """`beat` is called after each text."""
        self._beat = beat

    def detect(self, texts: pa.Array, header: str, first_rule: int) -> Detections:
        """What the guests find in each text, with their scores; their rules are numbered from `first_rule` on.

        Raises GuestError when one fails.
        """
        rows: list[tuple[int, int, int, int, float]] = []
        for number, text in enumerate(texts.to_pylist()):
            if text:
                rows.extend((number, *row) for row in self._analyze(text, header))
                self._beat()
        if not rows:
            return no_detections()
        text_numbers, start, end, rule, score = (np.array(column) for column in zip(*rows, strict=True))
        return Detections(
            text_numbers.astype(np.int64), start.astype(np.int64), end.astype(np.int64),
            (rule + first_rule).astype(np.int16), np.zeros(len(rows), np.int16), np.full(len(rows), UNSURE, np.uint8),
            np.full(len(rows), -1, np.int32), score.astype(np.float32), np.zeros(len(rows), np.int16),
        )  # fmt: skip

    def _analyze(self, text: str, header: str) -> list[tuple[int, int, int, float]]:
        """(start, end in bytes, number of the stand-in rule, score) of each result."""
        numbers = {(rule.id, rule.entity_type): i for i, rule in enumerate(self.rules)}
        rows = []
        for language in self._languages:
            try:
                results = self._engine(language).analyze(
                    text=text, language=language, context=[header] if header else None
                )
            except Exception as error:  # noqa: BLE001 - a user's code may raise anything, with the text in it
                raise GuestError(type(error).__name__) from None
            for result in results:
                name = (result.recognition_metadata or {}).get("recognizer_name", "")
                number = numbers.get((f"presidio.{name}", result.entity_type))
                if number is not None and 0 <= result.start < result.end <= len(text):
                    start = len(text[: result.start].encode())
                    size = len(text[result.start : result.end].encode())
                    rows.append((start, start + size, number, min(max(result.score, 0.0), 1.0)))
        return rows

    def _engine(self, language: str) -> Any:
        if language not in self._engines:
            from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

            mine = [recognizer for recognizer in self._recognizers if recognizer.supported_language == language]
            registry = RecognizerRegistry(recognizers=mine, supported_languages=[language])
            self._engines[language] = AnalyzerEngine(
                registry=registry, nlp_engine=self._nlp, supported_languages=[language]
            )
        return self._engines[language]


def _stand_in(recognizer: Any, entity: str, categories: dict[str, str]) -> Rule:
    """A rule without patterns, under which a guest's findings are kept."""
    what = [recognizer.name, entity, recognizer.supported_language, repr(sorted(recognizer.to_dict().items(), key=str))]
    return Rule(
        id=f"presidio.{recognizer.name}", entity_type=entity, name=f"Presidio recognizer {recognizer.name}",
        category=categories.get(entity, CATEGORIES.get(entity, OTHER)), patterns=(), validator="", context=(),
        negative_context=(), context_boost=0.0, negative_penalty=0.0, references=(), examples=(), counter_examples=(),
        origin="presidio", digest=hashlib.sha256("\n".join(what).encode()).hexdigest(),
    )  # fmt: skip
