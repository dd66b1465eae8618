"""Where the records of delimited text end (RFC 4180), over blocks of bytes. Knows no cells and no header."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MAX_QUOTED_BYTES = 64 << 10
"""A quoted stretch longer than this counts as a quote that was never closed."""


class RecordEnds(NamedTuple):
    """The record ends in a block that begins with a record, or within a quoted field (`inside`)."""

    ends: npt.NDArray[np.int64]
    """Offsets after each line end that is outside quotes."""
    regular: bool
    """Every quote opens or closes a field, or is doubled within one, and no quoted stretch is overlong."""
    inside: bool
    """The block ends within a quoted field."""


def record_ends(block: bytes, quote: bytes, delimiter: bytes, *, inside: bool = False, before: int = 10) -> RecordEnds:
    """Finds the record ends of a block.

    `quote`: one byte, or empty where fields are never quoted. `inside`, `before`: whether the block begins within a
    quoted field, and the byte before it. A quote that ends the block counts as closing well.
    """
    data = np.frombuffer(block, np.uint8)
    newlines = np.flatnonzero(data == 10)
    if not quote or (quote not in block and not inside):
        return RecordEnds(newlines + 1, True, False)
    quotes = np.flatnonzero(data == quote[0])
    parity = (np.searchsorted(quotes, newlines) + inside) % 2 == 0
    ends_inside = bool((len(quotes) + inside) % 2)
    return RecordEnds(newlines[parity] + 1, _regular(data, quotes, quote[0], delimiter[0], inside, before), ends_inside)


def _regular(
    data: npt.NDArray[np.uint8],
    quotes: npt.NDArray[np.int64],
    quote: int,
    delimiter: int,
    inside: bool,
    before: int,
) -> bool:
    if not len(quotes):
        return len(data) <= MAX_QUOTED_BYTES
    if _stray(data, quotes, quote, delimiter, inside, before):
        return False
    # The longest quoted stretch: from each opening quote to the next, doubled quotes counted as stretches of their own.
    bounds = np.concatenate([np.zeros(int(inside), np.int64), quotes, np.full(1, len(data))])
    lengths = np.diff(bounds)[0::2]
    return not len(lengths) or int(lengths.max()) <= MAX_QUOTED_BYTES


def _stray(
    data: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], quote: int, delimiter: int, inside: bool, before: int
) -> int:
    """How many quotes open or close a field where none begins or ends."""
    edge = np.zeros(256, np.bool_)
    edge[[10, quote, delimiter]] = True
    opening, closing = quotes[int(inside) :: 2], quotes[1 - int(inside) :: 2]
    previous = np.where(opening > 0, data[np.maximum(opening - 1, 0)], before)
    stray = int(np.count_nonzero(~edge[previous]))
    edge[13] = True
    last = len(data) - 1
    following = np.where(closing < last, data[np.minimum(closing + 1, last)], 10)
    return stray + int(np.count_nonzero(~edge[following]))


def stray_share(block: bytes, quote: bytes, delimiter: bytes) -> float:
    """The share of the quotes in a text that neither open nor close a field nor stand doubled in one."""
    data = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(data == quote[0])
    return _stray(data, quotes, quote[0], delimiter[0], False, 10) / len(quotes) if len(quotes) else 0.0
