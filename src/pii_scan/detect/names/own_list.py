"""The user's own lists of names, such as a staff directory: read, checked, and added to what a model leans on.

The names stay in memory: nothing that is written holds one, and no message quotes a row.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pii_scan.detect.names.evidence import Lists, WordTable, frequency_code
from pii_scan.detect.names.model import NameModel
from pii_scan.detect.names.tokens import Hashes, Tokens, among, word_hashes
from pii_scan.errors import ConfigError

MAX_BYTES = 64 << 20
BEARERS = 200
"""Of a name whose row does not say how many bear it: as few as the rarest of the built-in lists."""
_WORD = r"[^\W\d_]+(?:[-'’´`.][^\W\d_]+)*\.?"
_NAME = re.compile(rf"{_WORD}(?: {_WORD}){{0,5}}|{_WORD}(?: {_WORD}){{0,2}}, ?{_WORD}(?: {_WORD}){{0,3}}")
_MAX_LETTERS = 100
_TITLES = ("name", "navn", "namn")
_MAX_BEARERS = 10**10


@dataclass(frozen=True, slots=True)
class OwnNames:
    """Names with how many bear them, and what the files were."""

    rows: tuple[tuple[str, int], ...]
    digest: str
    """SHA-256 over the bytes of the files; empty without any."""


def read_own_names(files: Iterable[str | Path]) -> OwnNames:
    """The names in `files`: CSV or TSV in UTF-8, a row `name` or `name,count`, with or without a line of titles.

    A name is a given name, a surname, or both: `Kari Nordmann` or `"Nordmann, Kari"`. Raises ConfigError with file and
    line.
    """
    rows: list[tuple[str, int]] = []
    digest = hashlib.sha256()
    for file in files:
        content = _content(Path(file))
        digest.update(len(content).to_bytes(8, "big") + content)
        rows += _rows(content, str(file))
    return OwnNames(tuple(rows), digest.hexdigest() if rows else "")


def with_own_names(model: NameModel, own: OwnNames) -> NameModel:
    """`model` with these names in its lists.

    A word that stands alone, or between a first name and a surname, counts as what the lists know it as, and as both
    where they do not know it.
    """
    if not own.rows:
        return model
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    either: dict[str, int] = {}
    for name, count in own.rows:
        code = frequency_code(count)
        family, _, given = name.rpartition(", ")
        words = [*given.split(), *family.split()]
        places = [either] if len(words) == 1 else [first, *[either] * (len(words) - 2), last]
        for word, place in zip(words, places, strict=True):
            bare = word.rstrip(".").lower()
            if len(bare) > 1:
                place[bare] = max(place.get(bare, 0), code)
    return dataclasses.replace(model, lists=_extended(model.lists, first, last, either))


def own_hashes(own: OwnNames) -> Hashes:
    """The hashes of the words of `own`, ascending."""
    words = {word for name, _ in own.rows for word in re.split(r"[ .,]+", name) if len(word) > 1}
    return np.sort(word_hashes(sorted(words)))


def own_words(texts: Sequence[str], known: Hashes, lists: Lists) -> Iterator[tuple[int, int, int]]:
    """(text, start, end) of each word of `known` in texts that are no prose: the names of files, folders and columns.

    A word that is also a common one counts only with a capital.
    """
    for number, text in enumerate(texts):
        tokens = Tokens(text)
        at = np.flatnonzero(among(tokens.hash, known))
        at = at[tokens.capital[at] | (lists.low.look_up(tokens.hash[at]) == 0)]
        for start, end in zip(
            tokens.points(tokens.start[at]).tolist(), tokens.points(tokens.end[at]).tolist(), strict=True
        ):
            yield number, start, end


def _extended(lists: Lists, first: dict[str, int], last: dict[str, int], either: dict[str, int]) -> Lists:
    words = sorted(either)
    hashes = word_hashes(words)
    is_first, is_last = lists.first.look_up(hashes) > 0, lists.last.look_up(hashes) > 0
    for word, known_first, known_last in zip(words, is_first.tolist(), is_last.tolist(), strict=True):
        for place, known, other in ((first, known_first, known_last), (last, known_last, known_first)):
            if known or not other:
                place[word] = max(place.get(word, 0), either[word])
    return dataclasses.replace(
        lists, first=lists.first.joined(WordTable.of_words(first)), last=lists.last.joined(WordTable.of_words(last))
    )


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{file}: a list of names may have {MAX_BYTES >> 20} MiB at most")
        return file.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be read ({problem.strerror})") from None


def _rows(content: bytes, where: str) -> Iterator[tuple[str, int]]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        bad = content[: problem.start].count(b"\n") + 1
        raise ConfigError(f"{where}, line {bad}: not UTF-8", "save the list of names as UTF-8") from None
    opening = next((line for line in lines if line.strip()), "")
    delimiter = next((sign for sign in "\t;" if sign in opening), ",")
    for number, line in enumerate(lines, 1):
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
        except csv.Error:
            raise _refused(where, number, "quotes are not closed") from None
        if not any(cells) or (line is opening and cells[0].lower() in _TITLES):
            continue
        yield _row(cells, where, number)


def _row(cells: list[str], where: str, number: int) -> tuple[str, int]:
    if len(cells) > 2:
        raise _refused(where, number, "more than two columns")
    name = " ".join(cells[0].split())
    if len(name) > _MAX_LETTERS or not _NAME.fullmatch(name):
        raise _refused(where, number, "the first column holds no name")
    count = cells[1] if len(cells) == 2 else ""
    if count and not (count.isascii() and count.isdigit() and 0 < int(count) <= _MAX_BEARERS):
        raise _refused(where, number, "the count is no whole number from 1 on")
    return re.sub(r", ?", ", ", name), int(count or BEARERS)


def _refused(where: str, number: int, why: str) -> ConfigError:
    return ConfigError(f"{where}, line {number}: {why}", "a row is name or name,count")
