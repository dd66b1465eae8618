"""Makes the model of Norwegian person names from a folder with NorNE and the lists of names.

    python training/train_names.py FOLDER [--out FILE]

FOLDER holds `norne/` (ltgoslo/norne in NDT format, with `dev_files.json`) and `lists/`; beside it lies `postal/`. Where
an outsider gets them: the model card, `docs/name_model.md`. One core, minutes; the same input gives the same file.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

import augment
import crf
import norne
import numpy as np

from pii_scan.detect.names import features
from pii_scan.detect.names.evidence import Lists, WordTable, frequency_code
from pii_scan.detect.names.model import FILE, NameModel, Weights
from pii_scan.detect.names.tokens import MAX_CHARACTERS, Ints, Tokens

SEED = 20261130
COPIES = (0.0, 0.35, 0.35)
"""Share of names swapped in each copy of the corpus."""
LINES = 6000
PENALTY = {"cased": 0.8, "caseless": 0.3}
"""Of the sum of squares of the weights."""
CAUTION = {"cased": 0.2, "caseless": 1.0}
"""Taken from the score of every beginning of a name: fewer false ones for some more missed. Both from the dev split."""
STEPS = 90
COMMON_ELSEWHERE = 1
"""Code of a name that only the international lists have."""
_FIRST = (
    "Ailo Aillá Áilu Ánde Ánte Ándaras Áslat Áslak Biera Biret Birit Elle Ellá Gáddjá Heaika Inga Inger-Elle "
    "Issát Ivvár Iŋgá Jovnna Jovna Kárin Kirste Lásse Lemet Máhtte Máhtto Máret Márjá Mihkkal Mikkal Nilla "
    "Nils-Ante Niillas Ovllá Piera Rávdná Risten Sárá Sunná Svenne Sárá-Máret Ánne Ánte-Mihkkal"
).split()
_LAST = (
    "Nordmann Bongo Eira Gaup Gaino Hætta Jomppanen Juuso Magga Oskal Porsanger Sara Siri Somby Triumf Turi "
    "Utsi Valkeapää Varsi"
).split()


def main() -> None:
    """Reads the command line, trains, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--lines", type=int, default=LINES, help="made-up lines of letters and forms")
    given = parser.parse_args()
    model = trained(given.folder, given.lines)
    model.save(given.out)
    print(f"{given.out}: {given.out.stat().st_size} bytes")


def trained(folder: Path, lines: int = LINES) -> NameModel:
    """The model of the names and texts in `folder`, and of so many made-up `lines` of letters and forms."""
    first, last = _names(folder)
    sentences = norne.training_sentences(folder)
    lists = _lists(folder, first, last, sentences)
    maker = augment.NameMaker(first, last, random.Random(SEED))
    text: list[norne.Sentence] = []
    for share in COPIES:
        text += [maker.swapped(sentence, share) for sentence in sentences] if share else sentences
    text += [maker.line() for _ in range(lines)]
    parts = {}
    for name in ("cased", "caseless"):
        sample = _sample(text, lists, cased=name == "cased")
        print(f"{name}: {len(sample.tags)} words in {len(sample.run)} runs")
        emission, transition = crf.fit(
            sample, width=1 << features.BITS, penalty=PENALTY[name], steps=STEPS, say=print
        )  # fmt: skip
        transition[1] -= CAUTION[name]
        parts[name] = Weights.rounded(emission, transition)
    return NameModel(parts["cased"], parts["caseless"], lists)


def _names(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    first = norne.bearers(folder / "lists" / "no_first_names.tsv")
    last = norne.bearers(folder / "lists" / "no_surnames.tsv")
    return {**dict.fromkeys(_FIRST, 100), **first}, {**dict.fromkeys(_LAST, 200), **last}


def _lists(folder: Path, first: dict[str, int], last: dict[str, int], sentences: list[norne.Sentence]) -> Lists:
    """The lists as hashes; words of the training texts that are written small, if they come more than once."""
    low = Counter(word.text for sentence in sentences for word in sentence if word.text[:1].islower())
    common = {word for word, count in low.items() if count > 1}
    more_first = norne.international(folder / "lists" / "sigpwned-common-forenames-by-country.csv", "Romanized Name")
    more_last = norne.international(folder / "lists" / "sigpwned-common-surnames-by-country.csv", "Romanized Name")
    places = norne.places(folder)
    elsewhere = [
        {name: COMMON_ELSEWHERE for name in more if name.lower() not in common | places}
        for more in (more_first, more_last)
    ]
    tables = [
        WordTable.of_words({**more, **{name: frequency_code(count) for name, count in own.items()}})
        for more, own in zip(elsewhere, (first, last), strict=True)
    ]
    small = {word: min(3, count) for word, count in low.items() if word.isalpha()}
    return Lists(tables[0], tables[1], WordTable.of_words(dict.fromkeys(places, 1)), WordTable.of_words(small))


def _sample(sentences: list[norne.Sentence], lists: Lists, *, cased: bool) -> crf.Sample:
    """The candidates of all sentences with their tags."""
    rows, runs, tags, words = [], [], [], 0
    for piece in _pieces(sentences):
        document = norne.with_spans(piece)
        if cased:
            tokens = Tokens(document.text)
            found = features.cased_candidates(tokens, lists)
        else:
            tokens = Tokens(document.text.lower())
            found = features.caseless_candidates(tokens, lists)
        rows.append(found.features)
        runs.append(found.run + words)
        tags.append(gold_tags(tokens, found, document.names))
        words += len(found.token)
    return crf.Sample(np.concatenate(rows), np.concatenate(runs), np.concatenate(tags))


def _pieces(sentences: list[norne.Sentence]) -> list[list[norne.Sentence]]:
    pieces: list[list[norne.Sentence]] = [[]]
    size = 0
    for sentence in sentences:
        size += sum(len(word.text) + 1 for word in sentence) + 1
        if size > MAX_CHARACTERS:
            pieces.append([])
            size = 0
        pieces[-1].append(sentence)
    return pieces


def gold_tags(tokens: Tokens, found: features.Candidates, names: list[tuple[int, int]]) -> Ints:
    """The right tag of each candidate."""
    begin = np.array([start for start, _ in names] or [1 << 40], np.int64)
    end = np.array([stop for _, stop in names] or [1 << 40], np.int64)
    start = tokens.points(tokens.start[found.token])
    at = np.searchsorted(begin, start, side="right") - 1
    inside = (at >= 0) & (start < end[at])
    goes_on = np.zeros(len(start), bool)
    goes_on[1:] = inside[1:] & inside[:-1] & (at[1:] == at[:-1])
    edge = np.zeros(len(start), bool)
    edge[found.run] = True
    return np.where(inside, np.where(goes_on & ~edge, 2, 1), 0)


if __name__ == "__main__":
    main()
