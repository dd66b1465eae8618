"""Small spaCy pipelines for tests, made of rules: they know the names that they are given and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import spacy

UNKNOWN = "Qix Vårblom"
"""A name that pii-scan's own model does not take for one."""


def save(folder: Path, names: Iterable[str] = (UNKNOWN,), *, label: str = "PER", called: str = "rules") -> Path:
    """Writes a pipeline that finds `names` as entities of `label`."""
    nlp = spacy.blank("nb")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": label, "pattern": name} for name in names])
    nlp.meta["name"] = called
    folder.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(folder)
    return folder


def configure(file: Path, folder: Path, mapping: str = "{PER: PERSON}", score: float = 0.85) -> Path:
    """Writes Presidio's configuration of an NLP engine with that pipeline."""
    file.write_text(
        f"nlp_engine_name: spacy\nmodels:\n- lang_code: nb\n  model_name: {folder}\n"
        f"ner_model_configuration:\n  default_score: {score}\n  model_to_presidio_entity_mapping: {mapping}\n",
        encoding="utf-8",
    )
    return file
