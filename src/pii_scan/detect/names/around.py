"""What stands around words that may be names: labels, addresses, streets and companies, markup, programs."""

from __future__ import annotations

import numpy as np

from pii_scan.detect.names import words
from pii_scan.detect.names.model import NameModel
from pii_scan.detect.names.texts import Texts
from pii_scan.detect.names.tokens import BREAK, KNOWN, WORD, Bools, Ints, Tokens, among, mixed, shared

LEAST_LETTERS = 3
"""Of a word that stands for a name that the document has in full."""


def glued(tokens: Tokens) -> Bools:
    """Words inside e-mail addresses and web addresses: what touches one of _GLUE through no space, but for markup."""
    out = np.zeros(len(tokens.kind), bool)
    kernel = tokens.kernel
    if kernel is not None:
        kernel.glued(*tokens.columns, _SIGNS, out)
        return out
    bad = np.isin(tokens.first, _GLUE) & (tokens.kind != WORD)
    if not bad.any():
        return out
    touches = np.zeros(len(bad), bool)
    ends = (tokens.kind == BREAK) | np.isin(tokens.first, _MARKUP)
    touches[1:] = (tokens.start[1:] == tokens.end[:-1]) & ~ends[1:] & ~ends[:-1]
    chain = np.cumsum(~touches)
    counted = np.bincount(chain[bad], minlength=int(chain[-1]) + 1)
    return np.asarray(counted[chain] > 0)


_GLUE = np.array(sorted(map(ord, "@\\{}#$")), np.uint32)


_ENDINGS = (2, 5, 6, 7, 8, 9)
"""Letters of the endings in `words.NO_PERSON_ENDS`."""
_OPENING = np.zeros(KNOWN, bool)
_OPENING[[*map(ord, '.!?:>"«–-•*#;|')]] = True
PATH = np.array(sorted(map(ord, "./!:=")), np.uint32)
"""What stands before a part of the name of a file or site."""
_MARKUP = np.array(sorted(map(ord, "<>[];\"'")), np.uint32)
_SIGNS = np.zeros(256, np.uint8)
"""_GLUE and _MARKUP as the compiled kernel takes them."""
_SIGNS[_GLUE] = 1
_SIGNS[_MARKUP] = 2


def opens(tokens: Tokens, which: Ints) -> Bools:
    """Whether a sentence, or a part of a line, begins with each of the tokens `which`."""
    return np.asarray((tokens.kind[which - 1] == BREAK) | _OPENING[tokens.first[which - 1]])


def turned(tokens: Tokens, model: NameModel, first: Ints, last: Ints, caseless: Bools) -> tuple[Ints, Ints, Bools]:
    """`Etternavn, Fornavn` at the start of a line or behind a label, up to the line's end, is one name."""
    if len(first) < 2:
        return first, last, caseless
    at = np.flatnonzero(first[1:] == last[:-1] + 2)
    at = at[tokens.is_sign(",", last[at] + 1)]
    if not len(at):
        return first, last, caseless
    before, behind = first[at] - 1, last[at + 1] + 1
    opens = (tokens.kind[before] == BREAK) | tokens.is_sign(":", before) | tokens.is_sign(";", before)
    ends = (tokens.kind[behind] == BREAK) | tokens.is_sign(";", behind) | tokens.is_sign(".", behind)
    at = at[opens & ends]
    if not len(at):
        return first, last, caseless
    family, given = model.lists.of(tokens, last[at]), model.lists.of(tokens, first[at + 1])
    at = at[(family.first == 0) & (given.first > 0)]
    keep = np.ones(len(first), bool)
    keep[at + 1] = False
    last = last.copy()
    last[at] = last[at + 1]
    return first[keep], last[keep], caseless[keep]


def not_persons(tokens: Tokens, first: Ints, last: Ints) -> Bools:
    """Names that what stands beside them makes those of a street, a company or a month."""
    if not len(first):
        return np.zeros(0, bool)
    after, before = tokens.hash[last + 1], tokens.hash[first - 1]
    streets = among(np.concatenate([tokens.hash[last], after]), words.AFTER_NO_PERSON)
    named = (first < last) & streets[: len(last)] | streets[len(last) :] | among(before, words.BEFORE_NO_PERSON)
    outer = among(np.concatenate([tokens.hash[first], tokens.hash[last]]), words.NO_PERSON)
    named |= outer[: len(first)] | outer[len(first) :]
    endings = among(mixed(tokens.suffixes(last, _ENDINGS)).reshape(-1), words.NO_PERSON_ENDS)
    named |= endings.reshape(len(_ENDINGS), -1).any(axis=0)
    dotted = tokens.is_sign(".", first - 1) & _digit(tokens, first - 2)
    month = (first == last) & among(tokens.hash[first], words.MONTHS)
    return np.asarray(np.asarray(named) | (month & (dotted | _digit(tokens, first - 1) | _digit(tokens, last + 1))))


def ends_part(tokens: Tokens, last: Ints) -> Bools:
    """Names with no word behind them, or one in capitals: `Kursavgift Kari Nordmann KID 12`."""
    after = last + 1
    capitals, _, _ = tokens.counts(after)
    return np.asarray((tokens.kind[after] != WORD) | ((capitals == tokens.length[after]) & (capitals > 2)))


def programs(tokens: Tokens, first: Ints, last: Ints) -> Bools:
    """Names that begin with a common English word or end in one written likeThis: of programs, not of persons."""
    capitals, _, joiners = tokens.counts(last)
    return among(tokens.hash[first], words.ENGLISH) | (
        (capitals > 1 + joiners) & (capitals < tokens.length[last]) & ~among(mixed(tokens.prefix(last, 2)), words.MAC)
    )


def _digit(tokens: Tokens, which: Ints) -> Bools:
    return np.asarray((tokens.first[which] >= ord("0")) & (tokens.first[which] <= ord("9")))


def labelled(tokens: Tokens, first: Ints, texts: Texts) -> Bools:
    """Whether `Navn:` or the like stands before, or a greeting; one on the line before if the text is the same."""
    if not len(first):
        return np.zeros(0, bool)
    at = first - 1
    for _ in range(2):
        at = at - _quote(tokens, at)
    word = np.maximum(at - 1, 0)
    word = np.maximum(word - _quote(tokens, word), 0)
    sign = tokens.is_sign(":", at) | tokens.is_sign("=", at) | tokens.is_sign(">", at)
    label = sign & among(tokens.hash[word], words.LABELS)
    greeting = among(tokens.hash[first - 1], words.GREETINGS)
    closing = (
        (tokens.kind[first - 1] == BREAK)
        & (texts.number(first - 2) == texts.number(first))
        & (
            among(tokens.hash[first - 2], words.GREETINGS)
            | (tokens.is_sign(",", first - 2) & among(tokens.hash[np.maximum(first - 3, 0)], words.GREETINGS))
        )
    )
    return np.asarray(label | greeting | closing)


def _quote(tokens: Tokens, which: Ints) -> Bools:
    return tokens.is_sign('"', which) | tokens.is_sign("[", which)


def addressed(tokens: Tokens, first: Ints, texts: Texts) -> Bools:
    """Whether an e-mail address in the text has the name in front of its `@`."""
    if not len(first):
        return np.zeros(0, bool)
    at = np.flatnonzero(tokens.is_sign("@"))
    at = at[tokens.end[at - 1] == tokens.start[at]]
    if not len(at):
        return np.zeros(len(first), bool)
    dotted = tokens.is_sign(".", at - 2) & (tokens.end[at - 3] == tokens.start[at - 2])
    local = np.concatenate([at - 1, (at - 3)[dotted & (tokens.end[at - 2] == tokens.start[at - 1])]])
    local = local[tokens.length[local] >= LEAST_LETTERS]
    return shared(tokens.hash[first] ^ texts.salt(first), tokens.hash[local] ^ texts.salt(local))
