"""Which cells of a table may hold a name at all, told so cheaply that the tagger sees no others.

In cells the tagger is trusted with names of several words that lists know, and with more where Norwegian words stand
around them (see `NameTagger`). A cell without either holds none, whatever the tagger makes of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.names import words
from pii_scan.detect.names.evidence import Lists
from pii_scan.detect.names.features import MAX_PARTICLE
from pii_scan.detect.names.tokens import SIGN, WORD, Bools, Ints, Tokens, lines_of

_FAR = 1 << 40
"""Behind every piece."""


def may_hold_names(cells: pa.Array, lists: Lists) -> Bools:
    """Which cells, strings of several words without nulls, the tagger is worth running on."""
    pieces = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(cells))
    encoded = pieces.values.dictionary_encode()
    known = _Pieces(encoded.dictionary.to_pylist(), lists)
    code = encoded.indices.to_numpy(zero_copy_only=False)
    begin = pieces.offsets.to_numpy().astype(np.int64)
    out = np.zeros(len(cells), bool)
    filled = np.flatnonzero(np.diff(begin) > 0)
    if len(filled):
        out[filled] = known.in_cells(code, begin[filled])
    return out


class _Pieces:
    """What is known of each distinct piece of text between white space."""

    def __init__(self, pieces: list[str], lists: Lists) -> None:
        tokens = Tokens("\n".join(pieces))
        piece = lines_of(tokens)
        word = np.flatnonzero(tokens.kind == WORD)
        listed = lists.of(tokens, word)
        size = len(pieces)

        def counted(which: npt.NDArray[np.int64], of: npt.NDArray[np.generic] | None = None) -> Ints:
            return np.bincount(piece[which], of, size).astype(np.int64)

        capital = tokens.capital[word]
        fits = capital | (tokens.length[word] <= MAX_PARTICLE)
        sign = np.flatnonzero(tokens.kind == SIGN)
        comma = tokens.is_sign(",")[sign]
        self.words = counted(word)
        self.capital = counted(word, capital) > 0
        self.given = counted(word, listed.first > 0) > 0
        self.family = counted(word, listed.last > 0) > 0
        self.small_given = counted(word, capital & (listed.first > 0)) == 0
        self.norwegian = counted(word, words.is_norwegian(tokens, word))
        self.comma = counted(sign, comma) > 0
        other = ~comma & ~tokens.is_sign(".")[sign]
        self.whole = (counted(word, fits) == self.words) & (counted(sign, other) == 0)

    def in_cells(self, code: npt.NDArray[np.integer], begin: Ints) -> Bools:
        """For cells whose pieces, by number, begin at `begin` in `code`."""
        end = np.append(begin[1:], len(code)) - 1
        cell = np.repeat(np.arange(len(begin)), np.diff(np.append(begin, len(code))))
        capital = np.logical_or.reduceat(self.capital[code], begin)
        given = self.given[code] & ~(self.small_given[code] & capital[cell])
        at = np.arange(len(code))
        first_given = np.minimum.reduceat(np.where(given, at, _FAR), begin)
        last_family = np.maximum.reduceat(np.where(self.family[code], at, -1), begin)
        several = self.words[code] > 1
        in_order = (first_given < last_family) | ((first_given == last_family) & several[np.minimum(first_given, end)])
        turned = (first_given < _FAR) & np.logical_or.reduceat(self.comma[code], begin)
        whole = np.logical_and.reduceat(self.whole[code], begin) & (self.given[code[begin]] | self.family[code[end]])
        speaks = np.add.reduceat(self.norwegian[code], begin) >= words.LEAST
        speaks &= capital | (first_given < _FAR) | (last_family >= 0)
        return np.asarray(in_order | turned | whole | speaks)
