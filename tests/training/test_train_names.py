"""The model of names is made of its texts and lists alone: made twice, it is the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import made_norne
import pytest

from pii_scan.detect.names.model import NameModel
from pii_scan.detect.names.tagger import NameTagger

TRAINING = Path(__file__).parents[2] / "training"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_norne.make(tmp_path_factory.mktemp("training"))


def made(corpus: Path, out: Path, **variables: str) -> bytes:
    command = [sys.executable, str(TRAINING / "train_names.py"), str(corpus), "--out", str(out), "--lines", "300"]
    subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True, timeout=280)
    return out.read_bytes()


def test_twice_the_same_input_gives_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    """Whatever the order of sets is, and however many processors there are."""
    first = made(corpus, tmp_path / "a.npz", PYTHONHASHSEED="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    again = made(corpus, tmp_path / "b.npz", PYTHONHASHSEED="2", OMP_NUM_THREADS="4", OPENBLAS_NUM_THREADS="4")
    assert first == again
    text = "Møtet ble ledet av Marit Moen, og det var ikke langt."
    found = NameTagger(NameModel.load(tmp_path / "a.npz")).find(text)
    assert [text[s:e] for s, e in zip(found.start.tolist(), found.end.tolist(), strict=True)] == ["Marit Moen"]


def test_a_model_that_is_read_and_written_is_the_same_bytes(tmp_path: Path) -> None:
    from pii_scan.detect.names.model import FILE

    NameModel.load().save(tmp_path / "copy.npz")
    assert (tmp_path / "copy.npz").read_bytes() == FILE.read_bytes()
