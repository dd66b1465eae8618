"""Bytes of characters beyond ASCII, of which most automata leave it to the expression to say what they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pii_scan.detect.ask import SEPARATOR
from pii_scan.kernel import native

_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

MAX_SPAN = 64
"""Bytes up to which spans are looked through byte by byte together."""
HIGH = np.arange(256) >= 0x80
"""By byte, whether it is one of them."""
HIGH[SEPARATOR] = False


def holds_high(buffer: npt.NDArray[np.uint8], start: _Ints, end: _Ints) -> _Bools:
    """Whether each span, of at least one, holds such a byte."""
    compiled = native()
    if compiled is not None:
        out = np.zeros(len(start), bool)
        compiled.holds_high(buffer, start, end, out)
        return out
    width = int((end - start).max())
    if width > MAX_SPAN:  # the stretch in which they lie is looked through once
        first = int(start.min())
        high = np.flatnonzero(HIGH[buffer[first : int(end.max())]]) + first
        return np.asarray(np.searchsorted(high, end) > np.searchsorted(high, start))
    result = np.zeros(len(start), bool)
    for offset in range(width):
        at = start + offset
        inside = at < end
        result[inside] |= HIGH[buffer[at[inside]]]
    return result
