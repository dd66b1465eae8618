"""The model of names is made of its texts and lists alone: made twice, it is the same bytes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from pii_scan.detect.names.model import NameModel
from pii_scan.detect.names.tagger import NameTagger

TRAINING = Path(__file__).parents[2] / "training"
FIRST = "Kari Ola Per Lise Marit Øyvind Åse Nils Inger Tor".split()
LAST = "Hansen Berg Lunde Nordmann Dahl Moen Vik Haugen Lien Bakke".split()
FRAMES = (
    "Møtet ble ledet av {} og var kort .", "{} ringte meg i går .", "Saken ble sendt til {} .", "Vi bor i Oslo .",
    "Kommunen har vedtatt en plan .", "Det er ikke {} som har gjort det .", "Styret i Fjordkurs møtes i Bergen .",
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the trainer wants it, with texts and names made up here."""
    folder = tmp_path_factory.mktemp("training") / "names"
    chance = random.Random(4)
    for language in ("nob", "nno"):
        (folder / "norne" / language).mkdir(parents=True)
        for number in range(3):
            lines = [line for _ in range(40) for line in sentence(chance)]
            (folder / "norne" / language / f"{number}.conll").write_text("\n".join(lines), encoding="utf-8")
    (folder / "norne" / "dev_files.json").write_text(json.dumps({"dev": {"nob": ["0.conll"], "nno": []}}), "utf-8")
    (folder / "lists").mkdir()
    for file, names in (("no_first_names", FIRST), ("no_surnames", LAST)):
        rows = "".join(f"{name}\t{300 * i + 200}\n" for i, name in enumerate(names))
        (folder / "lists" / f"{file}.tsv").write_text("name\tpersons\n" + rows, encoding="utf-8")
    for kind in ("forenames", "surnames"):
        file = folder / "lists" / f"sigpwned-common-{kind}-by-country.csv"
        file.write_text("Country,Romanized Name\nXX,Zeynep\nXX,Yilmaz\n", encoding="utf-8")
    (folder.parent / "postal").mkdir()
    places = "place\tmunicipality\nBERGEN\tBergen\nOSLO\tOslo\n"
    (folder.parent / "postal" / "no_postal_codes_2026.tsv").write_text(places, encoding="utf-8")
    return folder


def sentence(chance: random.Random) -> list[str]:
    """Lines of a sentence in the format of the treebank; fields that the trainer does not read are left out."""
    lines = []
    for word in chance.choice(FRAMES).split():
        if word == "{}":
            lines.append(f"1\t{chance.choice(FIRST)}\tname=B-PER")
            lines.append(f"1\t{chance.choice(LAST)}\tname=I-PER")
        else:
            lines.append(f"1\t{word}\tname=O")
    return [*lines, ""]


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
