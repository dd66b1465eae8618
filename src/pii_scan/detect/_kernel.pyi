"""The hot loops of detection, compiled from `_kernel.c`. Arrays are contiguous; ValueError and TypeError for others."""

import numpy as np
import numpy.typing as npt

_Bytes = npt.NDArray[np.uint8]
_Bools = npt.NDArray[np.bool_]
_Ints = npt.NDArray[np.int64]
_States = npt.NDArray[np.int32]

def places(
    body: _Bytes, table: npt.NDArray[np.uint64], at: _Ints, clusters: npt.NDArray[np.uint64],
    begin: int, /,
) -> tuple[int, int]:  # fmt: skip
    """(places written to `at` and `clusters`, the place to go on from)."""

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
