"""The hot loops of detection, of dates and of reading text, compiled. Arrays are contiguous; ValueError and TypeError
for others.
"""

import numpy as np
import numpy.typing as npt

_Bytes = npt.NDArray[np.uint8]
_Bools = npt.NDArray[np.bool_]
_Ints = npt.NDArray[np.int64]
_States = npt.NDArray[np.int32]
_Hashes = npt.NDArray[np.uint64]
_Points = npt.NDArray[np.uint32]
_Floats = npt.NDArray[np.float32]

# Texts are given by their UTF-8 and where each begins and the last ends.

def laid_out(data: _Bytes, bounds: _Ints, out: _Bytes, /) -> None:
    """Writes the texts with a byte 255 between them to `out`, which has just the room for them."""

def all_digits(data: _Bytes, bounds: _Ints, out: _Bools, /) -> None:
    """Writes to `out` which texts hold ASCII digits and nothing else."""

def several_words(data: _Bytes, bounds: _Ints, kinds: _Bytes, out: _Bools, /) -> None:
    """Writes to `out` which texts hold letters (1 in `kinds`, by byte) on either side of what stands between words (2),
    or of the point of an initial.
    """

def holds_high(buffer: _Bytes, start: _Ints, end: _Ints, out: _Bools, /) -> None:
    """Writes to `out` which spans hold a byte beyond ASCII other than 255."""

def is_utf8(block: bytes, /) -> bool:
    """Whether all of it is UTF-8, from the first byte to the last."""

def places(
    body: _Bytes, table: npt.NDArray[np.uint64], sieve: _Bytes, at: _Ints, clusters: npt.NDArray[np.uint64],
    begin: int, /,
) -> tuple[int, int]:  # fmt: skip
    """(places written to `at` and `clusters`, the place to go on from). `sieve`: as `sieve.sieve_of` gives it."""

def picked(at: _Ints, clusters: npt.NDArray[np.uint64], picked: _Ints, mask: int, /) -> int:
    """Writes those of `at` whose clusters hold one of `mask` to `picked`, which has room for one more; how many."""

def anchored(
    buffer: _Bytes, anchors: _Bools, before: _Bools, pairs: _Bools, at: _Ints, prefix: int, begin: int, /
) -> tuple[int, int]:
    """(places written to `at`, the byte to go on from). `at` has room for more than `prefix`."""

def walk(
    buffer: _Bytes, classes: _States, table: _States, accepts: _Ints, follows: _Ints, starts: _Ints, start: _Ints,
    end: _Ints, bits: _Ints, steps: int, number: int, at: int, state: int, what: int, /,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """(how it stopped, number of the walk, byte and state that it is at, events written to `start`, `end`, `bits`).

    `follows`: (3, 256), what may end after a byte of no word, of a word, beyond ASCII, by the next byte.
    How: 0 all walks are done, 1 the move from there is not made, 2 there is no more room for events.
    """

def nearest(
    buffer: _Bytes, table: _States, outputs: _States, effect: npt.NDArray[np.float32], length: _Ints, whole: _Bools,
    letters: _Bools, start: _Ints, end: _Ints, rule: _Ints, best: _States, before: int, after: int,
    used_digits: int, /,
) -> None:  # fmt: skip
    """Writes to `best` the word that decides for each span, -1 for none."""

# Names. Tokens are given by their columns: the UTF-8 of the text, what each code point is, and one row a token. Places
# are bytes; those outside the text are read nowhere.

def room(data: _Bytes, /) -> int:
    """No fewer than the tokens that `data` has."""

def tokens(
    data: _Bytes, points: _Points, start: _Ints, end: _Ints, length: _Ints, kind: _Bytes, hash: _Hashes,
    capital: _Bools, first: _Points, counted: _Hashes, /,
) -> int:  # fmt: skip
    """Writes the tokens of `data` to the other columns, which have room for them; how many."""

def parts(data: _Bytes, points: _Points, start: _Ints, end: _Ints, out: _Hashes, /) -> None:
    """Writes the hashes, not yet mixed, of parts of `data`."""

def affixes(
    data: _Bytes, points: _Points, start: _Ints, end: _Ints, length: _Ints, kind: _Bytes, hash: _Hashes,
    capital: _Bools, first: _Points, counted: _Hashes,
    which: _Ints, letters: _Ints, out: _Hashes, /,
) -> None:  # fmt: skip
    """Writes the hashes, not yet mixed, of the first so many characters of tokens, of the last where it is negative:
    one row for each of `letters`, of 64 at most.
    """

def enter(slots: _Hashes, keys: _Points, codes: _Bytes, which: _Ints, /) -> None:
    """Enters the words of list `which[0]` (0 to 3) into the slots, a power of two, that all four share."""

def listed(
    data: _Bytes, points: _Points, start: _Ints, end: _Ints, length: _Ints, kind: _Bytes, hash: _Hashes,
    capital: _Bools, first: _Points, counted: _Hashes,
    slots: _Hashes, which: _Ints, named: _Bytes, family: _Bytes, place: _Bytes, genitive: _Bytes, low: _Bytes, /,
) -> None:  # fmt: skip
    """Writes what the lists say of the tokens `which`."""

def among(hashes: _Hashes, members: _Hashes, out: _Bools, /) -> None:
    """Writes which of `hashes` are `members`, in any order."""

def glued(
    data: _Bytes, points: _Points, start: _Ints, end: _Ints, length: _Ints, kind: _Bytes, hash: _Hashes,
    capital: _Bools, first: _Points, counted: _Hashes,
    signs: _Bytes, out: _Bools, /,
) -> bool:  # fmt: skip
    """Writes which tokens touch a glueing one; whether any does. `signs`: by character, 1 glue, 2 markup."""

def single_case(
    data: _Bytes, points: _Points, start: _Ints, end: _Ints, length: _Ints, kind: _Bytes, hash: _Hashes,
    capital: _Bools, first: _Points, counted: _Hashes,
    begins: _Ints, out: _Bools, /,
) -> bool:  # fmt: skip
    """Writes which words stand in lines of capitals or texts of small letters; whether any does."""

def features(
    data: _Bytes, points: _Points, start: _Ints, end: _Ints, length: _Ints, kind: _Bytes, hash: _Hashes,
    capital: _Bools, first: _Points, counted: _Hashes,
    which: _Ints, named: _Bytes, family: _Bytes, place: _Bools, genitive: _Bools, low: _Bytes, openers: _Points,
    cased: _Bools, out: _States, /,
) -> None:  # fmt: skip
    """Writes the features of the words `which`, one row each. The lists: of the tokens before all words, of the words,
    and of those behind them.
    """

def weighed(emission: npt.NDArray[np.int8], features: _States, out: _States, /) -> None:
    """Writes the sums of both rows of `emission` over the features of each word."""

def tags(emission: _Floats, run: _Ints, transition: _Floats, back: _Bytes, tags: _Bytes, /) -> None:
    """Writes the best tags; `back`: three numbers a word, to work in."""

# Dates of records. Places are bytes.

def stamps(
    data: _Bytes, at: _Ints, start: _Ints, day: _Ints, owned: int, continued: bool, head: int, begin: int, /
) -> tuple[int, int]:
    """(stamps written to `at`, `start` of the line and `day`, in no order, the byte to go on from)."""

def lines(data: _Bytes, owned: int, continued: bool, /) -> int:
    """Lines of two bytes or more that begin before `owned`; not the first one if it is `continued`."""

def keyed(data: _Bytes, rows: _Ints, owned: int, begin: int, /) -> tuple[int, int]:
    """(values written to `rows`, the byte to go on from). A row: form, key from and to, value from, its length."""

def days(
    data: _Bytes, starts: _Ints, lengths: _Ints, day_first: _Ints, month_first: _Ints, named: _Bools, century: int, /
) -> int:
    """Writes the days of texts in both readings, and which may have a month's name, which is not read; how many."""
