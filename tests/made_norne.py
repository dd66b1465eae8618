"""A corpus in the format of NorNE with its lists of names, small and made up here."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

FIRST = "Kari Ola Per Lise Marit Øyvind Åse Nils Inger Tor".split()
LAST = "Hansen Berg Lunde Nordmann Dahl Moen Vik Haugen Lien Bakke".split()
FRAMES = (
    "Møtet ble ledet av {} og var kort .", "{} ringte meg i går .", "Saken ble sendt til {} .", "Vi bor i Oslo .",
    "Kommunen har vedtatt en plan .", "Det er ikke {} som har gjort det .", "Styret i Fjordkurs møtes i Bergen .",
)  # fmt: skip


def make(place: Path) -> Path:
    """Writes it below `place`; gives the folder `names`, as the trainer and the benchmark of names want it."""
    folder = place / "names"
    chance = random.Random(4)
    for language in ("nob", "nno"):
        (folder / "norne" / language).mkdir(parents=True)
        for number in range(3):
            lines = [line for _ in range(40) for line in _sentence(chance)]
            (folder / "norne" / language / f"{number}.conll").write_text("\n".join(lines), encoding="utf-8")
    (folder / "norne" / "dev_files.json").write_text(json.dumps({"dev": {"nob": ["0.conll"], "nno": []}}), "utf-8")
    for language in ("nob", "nno"):
        (folder / "norne" / f"{language}-dev.jsonl").write_text(json.dumps(_document(chance)) + "\n", encoding="utf-8")
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


def _sentence(chance: random.Random) -> list[str]:
    """Lines of a sentence in the format of the treebank; fields that the trainer does not read are left out."""
    lines = []
    for word in chance.choice(FRAMES).split():
        if word == "{}":
            lines.append(f"1\t{chance.choice(FIRST)}\tname=B-PER")
            lines.append(f"1\t{chance.choice(LAST)}\tname=I-PER")
        else:
            lines.append(f"1\t{word}\tname=O")
    return [*lines, ""]


def _document(chance: random.Random) -> dict[str, Any]:
    """A text of twenty lines with the places of its names."""
    text, spans = "", []
    for _ in range(20):
        frame = chance.choice(FRAMES)
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        if "{}" in frame:
            start = len(text) + frame.index("{}")
            spans.append([start, start + len(name), "PER"])
        text += frame.format(name) + "\n"
    return {"text": text, "spans": spans}
