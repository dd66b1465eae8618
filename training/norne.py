"""Reads NorNE in the format of the NDT treebank, and the lists of names, from the folder that a trainer was given."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NO_SPACE_BEFORE = frozenset(",.!?:;)]}%»…") | {"..."}
_NO_SPACE_AFTER = frozenset("([{«")
LANGUAGES = ("nob", "nno")


@dataclass(frozen=True, slots=True)
class Word:
    """A token of the treebank."""

    text: str
    tag: str
    """`B-PER`, `I-PER` or anything else."""
    space: bool = True
    """A space follows."""


Sentence = list[Word]


@dataclass(frozen=True, slots=True)
class Document:
    """A text with the code point spans of its names."""

    text: str
    names: list[tuple[int, int]]


def training_sentences(folder: Path) -> list[Sentence]:
    """The sentences of all documents that are not in the dev split."""
    held = json.loads((folder / "norne" / "dev_files.json").read_text(encoding="utf-8"))["dev"]
    return [
        _spaced(sentence)
        for language in LANGUAGES
        for file in sorted((folder / "norne" / language).glob("*.conll"))
        if file.name not in held[language]
        for sentence in _sentences(file)
    ]


def dev_documents(folder: Path, language: str) -> list[Document]:
    """The documents of the dev split, as they were written."""
    lines = (folder / "norne" / f"{language}-dev.jsonl").read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    return [Document(d["text"], [(s, e) for s, e, label in d["spans"] if label == "PER"]) for d in read]


def spans_by_label(folder: Path, language: str) -> dict[str, list[str]]:
    """The texts of the entities of the dev split by label."""
    found: dict[str, list[str]] = {}
    for line in (folder / "norne" / f"{language}-dev.jsonl").read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        for start, end, label in document["spans"]:
            found.setdefault(label.split("_")[0], []).append(document["text"][start:end])
    return found


def _sentences(file: Path) -> Iterator[Sentence]:
    sentence: Sentence = []
    for line in file.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) < 2:
            if sentence:
                yield sentence
            sentence = []
            continue
        name = next((part[5:] for part in fields[-1].split("|") if part.startswith("name=")), "O")
        sentence.append(Word(fields[1], name))
    if sentence:
        yield sentence


def _spaced(sentence: Sentence) -> Sentence:
    """With a guess of where spaces stood: the treebank does not say."""
    out, quoted = [], False
    for i, word in enumerate(sentence):
        after = sentence[i + 1].text if i + 1 < len(sentence) else ""
        space = bool(after) and after not in _NO_SPACE_BEFORE and word.text not in _NO_SPACE_AFTER
        if after == '"' and quoted:
            space = False
        if word.text == '"':
            space = space and quoted
            quoted = not quoted
        out.append(Word(word.text, word.tag, space))
    return out


def with_spans(sentences: list[Sentence]) -> Document:
    """Sentences as one text, a line each."""
    parts, names, at = [], [], 0
    for sentence in sentences:
        current: list[int] | None = None
        for word in sentence:
            parts.append(word.text)
            if word.tag == "B-PER" or (word.tag == "I-PER" and current is None):
                current = [at, at]
                names.append(current)
            elif word.tag != "I-PER":
                current = None
            at += len(word.text)
            if current is not None:
                current[1] = at
            if word.space:
                parts.append(" ")
                at += 1
        parts.append("\n")
        at += 1
    return Document("".join(parts), [(start, end) for start, end in names])


def bearers(file: Path) -> dict[str, int]:
    """Names and how many bear them; 0 where the list does not say."""
    found: dict[str, int] = {}
    with file.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            found[row["name"]] = found.get(row["name"], 0) + int(row["persons"])
    return found


def international(file: Path, column: str) -> set[str]:
    """Names that are common in other countries, in Latin letters."""
    with file.open(encoding="utf-8") as lines:
        names = {row[column].strip() for row in csv.DictReader(lines)}
    return {name for name in names if len(name) > 2 and name.isalpha() and name.isascii()}


def places(folder: Path) -> set[str]:
    """Postal places and municipalities, in lower case."""
    file = folder.parent / "postal" / "no_postal_codes_2026.tsv"
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return {row[name].lower() for row in rows for name in ("place", "municipality")} - {""}
