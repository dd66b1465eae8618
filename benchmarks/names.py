"""Names: how many are found and how many of those are right, by language and case; columns; false ones; speed.

    python benchmarks/names.py FOLDER [--train-seconds 240]

Beside it, in the same run, a small spaCy pipeline that is trained here on the same texts, and Presidio with it.
FOLDER holds `norne/` and `lists/` as `training/train_names.py` wants them. Prints Markdown. The test split of NorNE is
not read.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sysconfig
import time
import tokenize
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import sides_names
from measuring import surroundings

from pii_scan.detect.names.columns import NameColumn
from pii_scan.detect.names.tagger import NameTagger

LANGUAGES = {"nob": "bokmål", "nno": "nynorsk"}
CELLS, COLUMNS = 20, 200
SPEED_BYTES = 4 << 20
Spans = set[tuple[int, int]]


def dev(folder: Path, language: str) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """(text, spans with labels) of the documents of the dev split."""
    lines = (folder / "norne" / f"{language}-dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [(d["text"], [(s, e, label) for s, e, label in d["spans"]]) for d in map(json.loads, lines)]


def persons(folder: Path, language: str) -> list[tuple[str, Spans]]:
    """(text, spans of names of persons) of the documents of the dev split."""
    return [(t, {(s, e) for s, e, label in spans if label == "PER"}) for t, spans in dev(folder, language)]


def f1(pairs: Iterable[tuple[Spans, Spans]]) -> tuple[float, float, float]:
    """Precision, recall, F1 in percent of exact spans: (gold, found) by document."""
    right = found = gold = 0
    for want, got in pairs:
        right, found, gold = right + len(want & got), found + len(got), gold + len(want)
    p, r = right / max(found, 1), right / max(gold, 1)
    return 100 * p, 100 * r, 200 * p * r / max(p + r, 1e-9)


def by_document(tagger: NameTagger, text: str) -> Spans:
    found = tagger.find(text)
    return set(zip(found.start.tolist(), found.end.tolist(), strict=True))


def by_line(tagger: NameTagger, text: str) -> Spans:
    """Each line for itself: without what the document adds."""
    out, at = set(), 0
    for line in text.split("\n"):
        out |= {(at + start, at + end) for start, end in by_document(tagger, line)}
        at += len(line) + 1
    return out


def prose(folder: Path, tagger: NameTagger) -> None:
    ways: list[tuple[str, Callable[[str], str], Callable[[NameTagger, str], Spans]]] = [
        ("as written, document pass", str, by_document), ("as written, line by line", str, by_line),
        ("CAPITALS", str.upper, by_document), ("small letters", str.lower, by_document),
    ]  # fmt: skip
    print("| dev split | case | P | R | F1 |\n|---|---|---|---|---|")
    for language, name in LANGUAGES.items():
        documents = persons(folder, language)
        for case, change, find in ways:
            p, r, f = f1((gold, find(tagger, change(text))) for text, gold in documents)
            print(f"| {name} | {case} | {p:.1f} | {r:.1f} | {f:.1f} |")


def columns(folder: Path) -> None:
    """Columns of cells drawn from the entities of the dev split, without a header."""
    drawn = random.Random(7)
    cells: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for text, spans in dev(folder, language):
            for start, end, label in spans:
                cells.setdefault(label.split("_")[0], []).append(text[start:end])
            words = text.split()
            cells.setdefault("text", []).extend(
                " ".join(words[i : i + 3]).capitalize() for i in range(0, len(words) - 3, 41)
            )
    cells["GPE"] += cells.pop("LOC")
    full = [name for name in cells["PER"] if 2 <= len(name.split()) <= 4]
    turned = [f"{name.split()[-1]}, {' '.join(name.split()[:-1])}" for name in full]
    kinds = {"full names": full, "surname, first name": turned, "companies": cells["ORG"], "places": cells["GPE"],
             "products": cells["PROD"], "phrases": cells["text"]}  # fmt: skip
    print("\n| columns of 20 cells | as written | CAPITALS | small letters |\n|---|---|---|---|")
    for kind, values in kinds.items():
        row = []
        for change in (str, str.upper, str.lower):
            called = 0
            for _ in range(COLUMNS):
                column = NameColumn("")
                called += bool(len(column.detect(pa.array([change(drawn.choice(values)) for _ in range(CELLS)]))[0]))
            row.append(f"{100 * called / COLUMNS:.0f} %")
        print(f"| {kind} | {' | '.join(row)} |")


def catalogue(size: int) -> str:
    """A product catalogue made up here."""
    drawn = random.Random(11)
    brands = (
        "Norlux Fjellrev Polaris Vestkyst Arktik Bergtopp Stillheim Lynx Ozona Trollvik Marina Sol Viking Opus Aurora"
    ).split()
    things = "drill jakke lampe sofa støvsuger kaffetrakter sekk hylle stol bord kniv ovn vifte hodelykt telt".split()
    words = "Pro Max Ultra Classic Home Outdoor Junior Senior Plus Mini XL Grå Svart Blå Alu Eik Bjørk".split()
    lines, length = [], 0
    while length < size:
        brand, thing = drawn.choice(brands), drawn.choice(things)
        line = (
            f"{drawn.randrange(10**6):06d};{brand} {drawn.choice(words)} {drawn.choice(words)} {thing};"
            f"{brand} AS;{drawn.randrange(50, 9000)},00 kr;Leveres av {brand} i {drawn.choice(words).lower()} utgave"
        )
        lines.append(line)
        length += len(line.encode()) + 1
    return "\n".join(lines)


def source_code(size: int) -> list[str]:
    """Modules of Python's own library."""
    out, length = [], 0
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        text = file.read_text(encoding="utf-8", errors="replace")
        out.append(text)
        length += len(text.encode())
        if length > size:
            break
    return out


AUTHORS = ("__author__", "__credits__")


def without_comments(text: str) -> str:
    """The names, signs and short strings of a Python module: comments, long strings and AUTHORS name its authors."""
    lines: dict[int, list[str]] = {}
    thanked = False
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            thanked = token.type != tokenize.NEWLINE and (thanked or token.string in AUTHORS)
            if token.type != tokenize.COMMENT and token.start[0] == token.end[0] and not thanked:
                line = lines.setdefault(token.start[0], [])
                line += [" " * (token.start[1] - sum(map(len, line))), token.string]
    except (tokenize.TokenError, SyntaxError):
        return ""
    return "\n".join("".join(line) for line in lines.values())


def false_names(tagger: NameTagger) -> None:
    print("\n| text without persons | MB | names | per MB |\n|---|---|---|---|")
    code = source_code(8 << 20)
    kinds = {
        "product catalogue": [catalogue(4 << 20)],
        "source code (Python's library)": [without_comments(text) for text in code],
        "the same with comments, which name authors": code,
    }
    for name, texts in kinds.items():
        size = sum(len(text.encode()) for text in texts) / 1e6
        count = sum(len(tagger.find(text)) for text in texts)
        print(f"| {name} | {size:.1f} | {count} | {count / size:.1f} |")


def speed(folder: Path, tagger: NameTagger) -> None:
    text = "\n".join(text for language in LANGUAGES for text, _ in dev(folder, language))
    texts = [text] * (SPEED_BYTES // len(text.encode()) + 1)
    code = source_code(2 << 20)
    print("\n| class of text | MB/s on one core |\n|---|---|")
    for name, those in {"prose (dev split)": texts, "source code": code, "catalogue": [catalogue(1 << 20)]}.items():
        size = sum(len(each.encode()) for each in those)
        best = min(_seconds(tagger, those) for _ in range(3))
        print(f"| {name} | {size / best / 1e6:.1f} |")


def _seconds(tagger: NameTagger, texts: list[str]) -> float:
    begin = time.process_time()
    for text in texts:
        tagger.find(text)
    return time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--train-seconds", type=float, default=240.0, help="of CPU, for spaCy's pipeline; 0: without it"
    )
    given = parser.parse_args()
    folder = given.folder
    tagger = NameTagger()
    print("\n".join(surroundings()), "\n")
    prose(folder, tagger)
    columns(folder)
    false_names(tagger)
    speed(folder, tagger)
    if given.train_seconds:
        languages = {name: persons(folder, language) for language, name in LANGUAGES.items()}
        for line in sides_names.compared(folder, given.train_seconds, tagger, languages, f1):
            print(line, flush=True)


if __name__ == "__main__":
    main()
