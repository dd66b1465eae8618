"""Which words may be part of a name, and what the tagger sees of them: hashed features, one row a word.

Two readings: `cased`, in which capitalised words and particles between them are candidates, and one of text in a single
case, in which those are that the lists know, and their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pii_scan.detect.names.evidence import Listed, Lists
from pii_scan.detect.names.tokens import BREAK, EDGE, WORD, Bools, Hashes, Ints, Tokens, among, mixed, word_hashes

BITS = 18
"""Of a feature's number."""
FEATURES = 25
"""Of a word."""
MAX_RUN = 64
"""A longer run of candidates is cut, so that pages of capitals cost no more than others."""
MAX_PARTICLE = 3
"""Letters."""
_PARTICLES = np.sort(word_hashes("von van de der den af av bin ibn al el la di da dos du ter zu".split()))
_OPENERS = np.array(sorted(map(ord, '.!?:"«–-•')), np.uint32)
_FACTORS = (np.uint64(0xA24BAED4963EE407), np.uint64(0x9FB21C651E98DF25))
_SALT = 0xC2B2AE3D27D4EB4F


@dataclass(frozen=True, slots=True)
class Candidates:
    """Words that may belong to names, in runs of neighbours."""

    token: Ints
    run: Ints
    """Where in `token` each run begins."""
    features: npt.NDArray[np.int32]
    """One row a word."""
    listed: Listed


def cased_candidates(tokens: Tokens, lists: Lists, allowed: Bools | None = None) -> Candidates:
    """Capitalised words. `allowed`: tokens that may be candidates."""
    capital = tokens.capital if allowed is None else tokens.capital & allowed
    chosen = capital.nonzero()[0]
    particles = _particles(tokens, capital, chosen)
    if len(particles):
        chosen = np.sort(np.concatenate([chosen, particles]))
    return _candidates(tokens, lists, chosen, cased=True)


def caseless_candidates(tokens: Tokens, lists: Lists, allowed: Bools | None = None) -> Candidates:
    """Words that are names by the lists, and the word after a first name or before a surname."""
    word = (tokens.kind == WORD) & (tokens.first > ord("9"))
    if allowed is not None:
        word &= allowed
    where = np.flatnonzero(word)
    listed = lists.of(tokens, where)
    first, last = np.zeros(len(word), bool), np.zeros(len(word), bool)
    first[where], last[where] = listed.first > 0, listed.last > 0
    chosen = first | last
    chosen[1:] |= first[:-1] & (tokens.length[1:] > 2)
    chosen[:-1] |= last[1:] & (tokens.length[:-1] > 1)
    return _candidates(tokens, lists, np.flatnonzero(chosen & word), cased=False)


def _particles(tokens: Tokens, capital: Bools, where: Ints) -> Ints:
    """Particles between capitalised words, which are at `where`: one (`bin`) or two (`van der`)."""
    small: Ints = np.concatenate([where - 1, where + 1])
    small = small[(tokens.kind[small] == WORD) & (tokens.length[small] <= MAX_PARTICLE) & ~capital[small]]
    small = small[among(tokens.hash[small], _PARTICLES)]
    if not len(small):
        return small
    small = np.unique(small)
    particle = np.zeros(len(capital), bool)
    particle[small] = True
    begins = capital[small - 1] & (capital[small + 1] | (particle[small + 1] & capital[small + 2]))
    ends = capital[small + 1] & (capital[small - 1] | (particle[small - 1] & capital[small - 2]))
    return small[begins | ends]


def _candidates(tokens: Tokens, lists: Lists, token: Ints, *, cased: bool) -> Candidates:
    if not len(token):
        none = np.zeros(0, np.int64)
        return Candidates(none, none, np.zeros((0, 1), np.int32), lists.of(tokens, none))
    initial = tokens.is_sign(".", token - 1) & (tokens.length[token - 2] == 1) & (tokens.kind[token - 2] == WORD)
    begins = np.ones(len(token), bool)
    begins[1:] = token[1:] - token[:-1] > 1 + initial[1:]
    run = begins.nonzero()[0]
    if len(token) > MAX_RUN:
        place = np.arange(len(token)) - np.repeat(run, np.diff(np.append(run, len(token))))
        run = np.flatnonzero(place % MAX_RUN == 0)
    three = np.concatenate([token - 1, token, token + 1])
    listed = lists.of(tokens, three)
    n = len(token)
    kernel = tokens.kernel
    if kernel is not None:
        features = np.empty((n, FEATURES), np.int32)
        columns = (getattr(listed, name) for name in Listed.__slots__)
        kernel.features(*tokens.columns, token, *columns, _OPENERS, np.array([cased]), features)
        return Candidates(token, run, features, listed.take(slice(n, 2 * n)))
    before, own, after = (listed.take(slice(i * n, (i + 1) * n)) for i in range(3))
    return Candidates(token, run, _features(tokens, token, before, own, after, cased), own)


def _features(
    tokens: Tokens, token: Ints, before: Listed, own: Listed, after: Listed, cased: bool
) -> npt.NDArray[np.int32]:
    """Word, its ends, its form, what the lists say of it and of its neighbours, and the words around it."""
    length = tokens.length[token]
    word, prev, next_ = tokens.hash[token], tokens.hash[token - 1], tokens.hash[token + 1]
    one = np.zeros(len(token), np.uint64)
    prev2 = np.where(tokens.kind[token - 1] == BREAK, prev, tokens.hash[token - 2])
    next2 = np.where(tokens.kind[token + 1] == BREAK, next_, tokens.hash[token + EDGE])
    if cased:
        capitals, odd, joiners = tokens.counts(token)
        form = tokens.capital[token] + 2 * (capitals == length) + 4 * (capitals > 1) + 8 * (odd > 0)
        neighbours = _word(tokens.capital[token - 1] + 2 * tokens.capital[token + 1])
    else:
        _, odd, joiners = tokens.counts(token)
        form, neighbours = 8 * (odd > 0), one
    form = _word(form + 16 * (joiners > 0) + 32 * (length == 1) + 64 * own.genitive)
    opens = np.isin(tokens.first[token - 1], _OPENERS) | (tokens.kind[token - 1] == BREAK)
    low, kind = _word(own.low), own.kind
    size = _word(np.minimum(length, 10))
    codes = _word(own.first) * np.uint64(64) + _word(own.last) * np.uint64(4) + kind
    named = kind & np.uint64(3)
    dotted = _word(tokens.is_sign(".", token + 1) & (length == 1))
    rows = [
        (word, one),
        *((ending, one) for ending in tokens.suffixes(token, (2, 3, 4))), (tokens.prefix(token, 3), one),
        (form, one), (codes, _word(own.genitive)), (low, one), (named, low), (size, one), (prev, one), (next_, one),
        (prev2, prev), (next_, next2), (prev2, one), (_word(opens), one), (_word(opens), low), (neighbours, one),
        (kind * np.uint64(8) + after.kind, neighbours), (kind * np.uint64(8) + before.kind, neighbours),
        (dotted, one), (prev, next_), (form, low), (prev, named), (next_, named),
    ]  # fmt: skip
    columns = [_number(i, a, b) for i, (a, b) in enumerate(rows)]
    return np.stack(columns, axis=1)


def _word(values: npt.NDArray[np.generic] | npt.NDArray[np.int64] | npt.NDArray[np.uint8] | Bools) -> Hashes:
    return np.asarray(values).astype(np.uint64)


def _number(which: int, a: Hashes, b: Hashes) -> npt.NDArray[np.int32]:
    """The hashed number of feature `which` with values `a` and `b`."""
    salt = np.uint64((which + 1) * _SALT & ((1 << 64) - 1))
    value = mixed(a * _FACTORS[0] + (b + salt) * _FACTORS[1])
    return (value >> np.uint64(64 - BITS)).astype(np.int32)
