"""The benchmark of names measures every side on the same texts."""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path
from typing import Any

import made_norne
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def names() -> Any:
    sys.path.insert(0, str(BENCHMARKS))
    return importlib.import_module("names")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_norne.make(tmp_path_factory.mktemp("sides"))


def test_scores_are_of_exact_spans(names: Any) -> None:
    assert names.f1([({(0, 3), (5, 8)}, {(0, 3), (5, 9)}), ({(1, 2)}, set())]) == pytest.approx((50, 100 / 3, 40))


def test_every_side_is_measured_in_one_run(names: Any, folder: Path) -> None:
    languages = {name: names.persons(folder, language) for language, name in names.LANGUAGES.items()}
    assert all(gold for documents in languages.values() for _, gold in documents)
    lines = list(names.sides_names.compared(folder, 3.0, names.NameTagger(), languages, names.f1))
    assert "CPU seconds" in lines[0]
    rows = [line.split(" | ") for line in lines[3:]]
    assert [row[0] for row in rows] == [
        "| pii-scan", "| spaCy, trained here", "| Presidio with that pipeline",
        "| pii-scan with that pipeline (`--ner`)",
    ]  # fmt: skip
    spacy_alone, presidio = (row[1:3] for row in rows[1:3])
    assert spacy_alone == presidio  # the same pipeline on the same lines
    assert rows[0][4].startswith("1 times")


def test_strings_that_name_authors_are_left_out_of_code(names: Any) -> None:
    code = '__author__ = ("Kari Nordmann, "\n  "Ola Berg")\nx = "Per Lunde"  # Lise Dahl\n'
    assert names.without_comments(code).split() == ["x", "=", '"Per', 'Lunde"']


def test_the_catalogue_is_the_same_each_time(names: Any) -> None:
    random.seed(1)
    first = names.catalogue(2000)
    random.seed(2)
    assert names.catalogue(2000) == first
