"""Columns of tables that hold names: what their cells look like and what their header says; no tagger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.names import words
from pii_scan.detect.names.glance import LOOKED_AT
from pii_scan.detect.names.model import NameModel, built_in_model
from pii_scan.detect.names.tokens import SIGN, WORD, Ints, Tokens, among, lines_of

ALONE, HEADED, VETOED = 0.35, 0.15, 0.7
"""Mean evidence of the distinct cells from which a column holds names: by itself, under a header that says so, and
under one that speaks of companies, products and the like."""
SCORE_ALONE, SCORE_HEADED, SCORE_CLEAR = 0.75, 0.9, 0.95
CLEAR = 0.8
"""Evidence of a cell that is a name whatever the column says."""
MIN_CELLS = 3
"""Distinct cells without which only a header can call a column."""
DECIDING = 200
"""Distinct cells that decide."""
MOST_LETTERS, MOST_WORDS = 60, 5
_NAMES = re.compile(
    r"(?:full(?:t|stendig)? ?)?(?:navn|namn|name)|"
    r"(?:for|føre|etter|mellom|slekts|person|pasient|elev|ansatt|tilsett|kunde|s[øo]ker|kontakt|deltaker|deltakar|"
    r"medlems?|student|eier|foresatt|leder)[ -]?(?:e?s )?(?:fulle? )?(?:navn|namn|name|person)|"
    r"(?:first|last|full|given|family|sur|middle|display|contact|customer|employee|patient|student|member|"
    r"participant|short|sortable|legal|sis user)[ _-]?names?|(?:kurs ?)?delta[kg][ae]r|fn|ln|"
    r"fornavn og etternavn|navn på .*|saksbehandl[ae]r|foresatte?|medarbeider|kontakt(?:person)?|melder|"
    r"pasient|elev|ansatt|pårørende|referent|møteleder|underskrift|signert av|surname|forename"
)
_OTHERS = re.compile(
    r".*(?:firma|selskap|produkt|vare|kommune|fil|bruker ?navn|domene|tabell|kurs|skole|by|sted|land|product|company|"
    r"file|user ?name|host|domain|table|course|school|city|country|organi[sz]ation|virksomhet|bedrift|leverandør|"
    r"vendor|brand|merke|gate|adresse|address|street|kode|code|type|status|tittel|title).*"
)
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Cells:
    """What each cell of a batch is."""

    evidence: npt.NDArray[np.float32]
    """0 to 1."""
    formed: npt.NDArray[np.bool_]
    """Written as a name may be."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What the first batch of a column shows."""

    values: Sequence[str]
    """Distinct cells, in their order."""
    evidence: float
    """Of all of them together."""


def fresh(batches: Sequence[pa.Array], model: NameModel) -> list[Fresh]:
    """What the first batch of each of some columns shows, all looked at in one go."""
    values = [_distinct(cells)[:DECIDING] for cells in batches]
    return [Fresh(*both) for both in zip(values, _evidence(values, model), strict=True)]


def _evidence(columns: Sequence[Sequence[str]], model: NameModel) -> list[float]:
    """The evidence of all values of each column together; a value with a digit is no name."""
    worded = [[value for value in values if not _DIGIT.search(value)] for values in columns]
    joined = [value for values in worded for value in values]
    if not joined:
        return [0.0] * len(columns)
    evidence = cell_evidence(pa.array(joined, pa.large_string()), model).evidence
    ends = np.cumsum([len(values) for values in worded])
    return [float(part.sum()) for part in np.split(evidence, ends[:-1])]


def _distinct(cells: pa.Array) -> list[str]:
    """The distinct of the first cells that are filled."""
    return [value for value in dict.fromkeys(cells.slice(0, LOOKED_AT).to_pylist()) if value]


def cell_evidence(cells: pa.Array, model: NameModel) -> Cells:
    """How much each cell (strings without nulls) looks like a person's name.

    1: a first name with a surname; 0.8: a first name with another word; 0.5 and 0.4: a single first name or surname;
    `Etternavn, Fornavn` counts as turned.
    """
    flat = pc.replace_substring_regex(cells, r"[\r\n\v\f\x{85}]", " ")
    tokens = Tokens("\n".join(flat.to_pylist()))
    line = lines_of(tokens)
    size = len(cells)
    word = np.flatnonzero(tokens.kind == WORD)
    sign = np.flatnonzero(tokens.kind == SIGN)
    listed = model.lists.of(tokens, word)
    count = np.bincount(line[word], minlength=size)
    _, odd, _ = tokens.counts(word)
    bad = np.bincount(line[word], odd, size) > 0
    comma = tokens.is_sign(",")
    fine = comma | tokens.is_sign(".")
    bad |= np.bincount(line[word], among(tokens.hash[word], words.NO_NAMES), size) > 0
    bad |= np.bincount(line[sign], ~fine[sign], size) > 0
    commas = np.bincount(line[sign], comma[sign], size)
    lengths = pc.utf8_length(flat).to_numpy(zero_copy_only=False)
    formed = ~bad & (count >= 1) & (count <= MOST_WORDS) & (commas <= 1) & (lengths <= MOST_LETTERS)
    first_word = np.searchsorted(line[word], np.arange(size))
    evidence = np.zeros(size, np.float32)
    some = np.flatnonzero(formed)
    if not len(some):
        return Cells(evidence, formed)
    begin, n = first_word[some], count[some]
    family = np.concatenate([np.zeros(1, np.int64), np.cumsum(listed.last > 0)])
    given = listed.first > 0
    turned = commas[some] == 1
    formed[some[turned & (n < 2)]] = False
    last = begin + n - 1
    # behind a comma stands the given name: the first word of what follows
    after = _after_comma(tokens, word, comma, line, some)
    head = np.where(turned, np.minimum(after, last), begin)
    others = family[last + 1] - family[begin] - (listed.last[head] > 0)
    score = np.where(given[head] & (others > 0), 1.0, np.where(given[head], 0.8, 0.0))
    score = np.where(~given[head] & (others > 0) & (listed.last[last] > 0) & ~turned, 0.4, score)
    alone = np.where(given[begin], 0.5, np.where((listed.last[begin] > 0) & ~listed.place[begin], 0.4, 0.0))
    evidence[some] = np.where(n == 1, alone, score)
    common = (n == 1) & (listed.low[begin] >= 3)
    evidence[some[common]] *= 0.5
    return Cells(evidence, formed)


def _after_comma(tokens: Tokens, word: Ints, comma: npt.NDArray[np.bool_], line: Ints, some: Ints) -> Ints:
    """Where in `word` the word behind the comma of each cell stands; anything where there is none."""
    at = np.flatnonzero(comma)
    if not len(at):
        return np.zeros(len(some), np.int64)
    own = at[np.minimum(np.searchsorted(line[at], some), len(at) - 1)]
    return np.asarray(np.searchsorted(word, own))


def says_names(header: str) -> bool | None:
    """Whether a header (in plain form) says that its cells are names of persons; None: nothing about it."""
    if _NAMES.fullmatch(header):
        return True
    return False if _OTHERS.fullmatch(header) else None


class NameColumn:
    """One column of one table while it is read."""

    def __init__(self, header: str, model: NameModel | None = None) -> None:
        """`header`: in plain form, words in lower case."""
        self._model = model or built_in_model()
        self._said = says_names(header)
        self._total, self._seen = 0.0, 0
        self._known: set[str] = set()

    def detect(self, cells: pa.Array, first: Fresh | None = None) -> tuple[Ints, npt.NDArray[np.float32]]:
        """(numbers of the cells that are names, their scores), decided by what the column has shown up to here.
        `first`: what they show if they are the first batch.
        """
        self._learn(cells, first)
        if not self._holds_names():
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        filled = pc.fill_null(cells, "").cast(pa.large_string())
        encoded = filled.dictionary_encode()
        found = cell_evidence(encoded.dictionary, self._model)
        least = np.float32(SCORE_HEADED if self._said else SCORE_ALONE)
        named = found.formed & ((found.evidence > 0) | bool(self._said) | (self._mean() >= 2 * ALONE))
        score = np.where(found.evidence >= CLEAR, np.float32(SCORE_CLEAR), least)
        index = encoded.indices.to_numpy(zero_copy_only=False)
        which = np.flatnonzero(named[index])
        return which, score[index[which]].astype(np.float32)

    def _mean(self) -> float:
        return self._total / max(self._seen, 1)

    def _learn(self, cells: pa.Array, first: Fresh | None) -> None:
        """Looks at the first distinct cells of a batch, until DECIDING have been seen."""
        if self._seen >= DECIDING:
            return
        if not self._seen and first is not None:
            new, evidence = first.values, first.evidence
        else:
            new = [value for value in _distinct(cells) if value not in self._known][: DECIDING - self._seen]
            [evidence] = _evidence([new], self._model)
        self._known.update(new)
        self._seen += len(new)
        self._total += evidence

    def _holds_names(self) -> bool:
        if self._said:
            return self._seen > 0 and self._mean() >= HEADED
        return self._seen >= MIN_CELLS and self._mean() >= (ALONE if self._said is None else VETOED)
