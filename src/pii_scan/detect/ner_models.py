"""A user's own language models at work in pii-scan: spaCy pipelines, and Presidio's configurations of NLP engines.

They are looked for on this machine and never downloaded: Presidio would fetch a spaCy pipeline that is not installed,
and the libraries behind it a model of that name, so that each is checked before Presidio sees it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pii_scan.detect.engine import Detections, no_detections
from pii_scan.detect.ner_prose import Part, parts_to_ask
from pii_scan.detect.presidio_guest import CATEGORIES, OFFLINE, OTHER, GuestError
from pii_scan.detect.rules import Rule
from pii_scan.detect.validators import UNSURE
from pii_scan.errors import ConfigError, nearest
from pii_scan.yaml_file import read_mapping

ENGINES = ("spacy", "transformers")
LANGUAGE = "nb"
"""Of a pipeline that is given by name or folder; Presidio wants one."""
MODELS = "spacy_models"
"""The entry point under which spaCy's pipelines are installed."""
BATCH = 32
MAX_KEPT = 20_000
"""Parts whose result is kept for when they come again."""
_MAX_CONFIG_BYTES = 1 << 20
_TRANSFORMERS = ("transformers", "torch")
_Found = tuple[tuple[int, int, str, float], ...]


class NerModels:
    """One engine of Presidio's, with a stand-in rule for each entity type that it finds."""

    def __init__(self, given: str, types: Iterable[str], categories: Mapping[str, str]) -> None:
        """`given`: the name or folder of a spaCy pipeline, or a YAML file. `types`: those that are looked for.

        `categories`: of the types that rules have. Raises ConfigError.
        """
        configuration = _configuration(given)
        folders = _folders(configuration, given)
        self._engine = _created(configuration, given)
        self._languages = list(dict.fromkeys(str(model["lang_code"]) for model in configuration["models"]))
        wanted = sorted(set(self._engine.get_supported_entities()) & set(types))
        name = _label(folders[0])
        digest = _digest(configuration, folders)
        self.rules = tuple(
            Rule(
                id=f"ner.{name}", entity_type=entity, name=f"Language model {name}", patterns=(), validator="",
                category=categories.get(entity, CATEGORIES.get(entity, OTHER)), context=(), negative_context=(),
                context_boost=0.0, negative_penalty=0.0, references=(), examples=(), counter_examples=(),
                origin="ner", digest=digest,
            )
            for entity in wanted
        )  # fmt: skip
        self._numbers = {entity: number for number, entity in enumerate(wanted)}
        self._kept: dict[bytes, _Found] = {}
        self._beat: Callable[[], None] = lambda: None

    def hear(self, beat: Callable[[], None]) -> None:
        """`beat` is called after each part of a text."""
        self._beat = beat

    def detect(self, texts: pa.Array, header: str, first_rule: int) -> Detections:
        """What the models find in the prose of `texts`, under rules from `first_rule` on. Raises GuestError."""
        whole = texts.to_pylist()
        parts = list(parts_to_ask(whole))
        keys = [hashlib.blake2b(part.text.encode("utf-8", "replace"), digest_size=16).digest() for part in parts]
        self._ask({key: part.text for key, part in zip(keys, parts, strict=True) if key not in self._kept})
        found = [self._kept[key] for key in keys]
        while len(self._kept) > MAX_KEPT:  # the oldest first
            del self._kept[next(iter(self._kept))]
        rows = [
            (number, start, end, self._numbers[entity] + first_rule, score)
            for number, start, end, entity, score in _in_bytes(whole, parts, found)
        ]
        if not rows:
            return no_detections()
        text, start, end, rule, score = (np.array(column) for column in zip(*rows, strict=True))
        return Detections(
            text.astype(np.int64), start.astype(np.int64), end.astype(np.int64), rule.astype(np.int16),
            np.zeros(len(rows), np.int16), np.full(len(rows), UNSURE, np.uint8), np.full(len(rows), -1, np.int32),
            score.astype(np.float32), np.zeros(len(rows), np.int16),
        )  # fmt: skip

    def _ask(self, new: Mapping[bytes, str]) -> None:
        """Keeps what the models find in `new` texts: spans in code points of each."""
        found: dict[bytes, list[tuple[int, int, str, float]]] = {key: [] for key in new}
        for language in self._languages if new else ():
            try:
                for key, (text, artifacts) in zip(
                    new, self._engine.process_batch(list(new.values()), language, batch_size=BATCH), strict=True
                ):
                    found[key] += _entities(text, artifacts, self._numbers)
                    self._beat()
            except Exception as error:  # noqa: BLE001 - a user's model may raise anything, with the text in it
                raise GuestError(type(error).__name__) from None
        self._kept.update((key, tuple(spans)) for key, spans in found.items())


def _entities(text: str, artifacts: Any, wanted: Mapping[str, int]) -> Iterator[tuple[int, int, str, float]]:
    """What Presidio's own recognizer for such models gives, without white space around it."""
    for span, score in zip(artifacts.entities, artifacts.scores, strict=True):
        said = text[span.start_char : span.end_char]
        start = span.start_char + len(said) - len(said.lstrip())
        end = start + len(said.strip())
        if span.label_ in wanted and end > start:
            yield start, end, span.label_, min(max(float(score), 0.0), 1.0)


def _in_bytes(
    texts: Sequence[str | None], parts: Sequence[Part], found: Sequence[_Found]
) -> Iterator[tuple[int, int, int, str, float]]:
    """(text, start and end in bytes of it, entity type, score): parts come in order, so that each text is read once."""
    number, at, size = -1, 0, 0
    for part, spans in zip(parts, found, strict=True):
        if part.number != number:
            number, at, size = part.number, 0, 0
        if not spans:
            continue
        size += len((texts[number] or "")[at : part.start].encode())
        at = part.start
        for start, end, entity, score in spans:
            first = size + len(part.text[:start].encode())
            yield number, first, first + len(part.text[start:end].encode()), entity, score


def load_models(given: Sequence[str], types: Iterable[str], categories: Mapping[str, str]) -> list[NerModels]:
    """The models of the user's that find any of `types`. Raises ConfigError."""
    loaded = [NerModels(each, types, categories) for each in dict.fromkeys(given)]
    return [models for models in loaded if models.rules]


def installed_pipelines() -> dict[str, str]:
    """The spaCy pipelines that are installed: name and version. Loads nothing."""
    entries = importlib.metadata.entry_points(group=MODELS)
    return {entry.name: entry.dist.version if entry.dist else "" for entry in sorted(entries)}


def _configuration(given: str) -> dict[str, Any]:
    """As Presidio wants it, of a name, a folder or a YAML file."""
    path = Path(given)
    if path.is_dir() or given in installed_pipelines():
        return {"nlp_engine_name": "spacy", "models": [{"lang_code": LANGUAGE, "model_name": given}]}
    if path.is_file():
        return read_mapping(path, _MAX_CONFIG_BYTES, ConfigError, "a configuration of an NLP engine")
    if path.suffix in (".yaml", ".yml") or path.name != given:
        raise ConfigError(f"ner: there is no folder or file {given!r}")
    raise _not_installed(given, "ner")


def _not_installed(name: str, where: str) -> ConfigError:
    known = installed_pipelines()
    if known and nearest(name, known).startswith("did"):
        return ConfigError(f"{where}: no spaCy pipeline {name!r} is installed", nearest(name, known))
    return ConfigError(
        f"{where}: no spaCy pipeline {name!r} is installed, and there is no such folder",
        f"install it yourself, for example: python -m spacy download {name}; pii-scan downloads nothing",
    )


def _folders(configuration: Mapping[str, Any], where: str) -> list[Path]:
    """Where the models lie. Raises ConfigError when one is not on this machine, or the configuration is none."""
    engine = str(configuration.get("nlp_engine_name", ""))
    if engine not in ENGINES:
        raise ConfigError(f"{where}: 'nlp_engine_name' must be {' or '.join(ENGINES)}", nearest(engine, ENGINES))
    models = configuration.get("models")
    if not isinstance(models, list) or not models:
        raise ConfigError(f"{where}: 'models' must list at least one model")
    folders: list[Path] = []
    for number, model in enumerate(models, 1):
        names = _names(engine, model)
        if not names or "lang_code" not in model:
            shape = "a name or folder" if engine == "spacy" else "spacy and transformers, each a name or folder"
            raise ConfigError(f"{where}: model {number} must have 'lang_code' and 'model_name': {shape}")
        folders += [_transformers_folder(name, where) for name in names[:-1]] + [_spacy_folder(names[-1], where)]
    return folders


def _names(engine: str, model: Any) -> list[str]:
    """The models that one entry names, spaCy's last; empty when it does not name them."""
    name = model.get("model_name") if isinstance(model, dict) else None
    if engine == "spacy":
        return [name] if isinstance(name, str) else []
    both = [name.get(part) for part in ("transformers", "spacy")] if isinstance(name, dict) else []
    return [part for part in both if isinstance(part, str)] if all(isinstance(part, str) for part in both) else []


def _spacy_folder(name: str, where: str) -> Path:
    if name in installed_pipelines():
        found = importlib.util.find_spec(name)
        if found is not None and found.origin:
            return Path(found.origin).parent
    if not Path(name).is_dir():
        raise _not_installed(name, where)
    if not (Path(name) / "config.cfg").is_file():
        raise ConfigError(f"{where}: the folder {name!r} holds no spaCy pipeline (config.cfg)")
    return Path(name)


def _transformers_folder(name: str, where: str) -> Path:
    lacking = [module for module in _TRANSFORMERS if importlib.util.find_spec(module) is None]
    if lacking:
        hint = "pip install 'presidio-analyzer[transformers]'"
        raise ConfigError(f"{where}: {' and '.join(lacking)} must be installed for models of transformers", hint)
    if not (Path(name) / "config.json").is_file():
        hint = "download the model yourself and give its folder; pii-scan downloads nothing"
        raise ConfigError(f"{where}: there is no folder {name!r} with a model of transformers (config.json)", hint)
    return Path(name)


def _created(configuration: Mapping[str, Any], where: str) -> Any:
    if configuration["nlp_engine_name"] != "spacy":
        os.environ.update(OFFLINE)
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    try:
        return NlpEngineProvider(nlp_configuration=dict(configuration)).create_engine()
    except Exception as error:  # noqa: BLE001 - whatever a model or its libraries raise
        hint = "does spaCy or Presidio load it? its version must fit the one that is installed"
        raise ConfigError(f"{where}: the model cannot be loaded ({type(error).__name__})", hint) from None


def _label(folder: Path) -> str:
    """What findings are said to be from: the pipeline's own name, else the folder's."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        name = f"{meta['lang']}_{meta['name']}"
    except (OSError, ValueError, KeyError, TypeError):
        name = folder.resolve().name
    return re.sub(r"[^\w.-]+", "_", name)[:60]


def _digest(configuration: Mapping[str, Any], folders: Sequence[Path]) -> str:
    """SHA-256 over the configuration without the places of models, and every file of the models."""
    models = [{key: value for key, value in model.items() if key != "model_name"} for model in configuration["models"]]
    said = json.dumps({**configuration, "models": models}, sort_keys=True, default=str)
    digest = hashlib.sha256(said.encode())
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            digest.update(file.relative_to(folder).as_posix().encode("utf-8", "replace"))
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
