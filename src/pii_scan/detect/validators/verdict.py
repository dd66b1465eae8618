"""What validators answer, and the digit matrix they read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Verdicts = npt.NDArray[np.uint8]

REJECTED = 0
UNSURE = 1
VALID = 2
SYNTHETIC = 4
"""Added to UNSURE or VALID: a number from a series that is kept for tests."""

JUDGEMENT = 3
"""The bits of a verdict without SYNTHETIC."""

MAX_DIGITS = 20

_MAX_WIDTH = 256
"""Characters up to which texts are looked through together."""

Digits = npt.NDArray[np.int16]
"""Shape (candidates, MAX_DIGITS + 1): the digits of each, left-aligned, -1 behind them; the last column is their
number.
"""


def digits_of_texts(texts: Sequence[str]) -> Digits:
    """The digit matrix of `texts`; full-width digits (U+FF10 to U+FF19) count as digits."""
    joined = "".join(texts)
    if joined.isascii():
        end = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
        start = np.concatenate([np.zeros(1, np.int64), end])[:-1]
        if not len(texts) or int((end - start).max()) <= _MAX_WIDTH:
            return digits_of_spans(np.frombuffer(joined.encode(), np.uint8), start, end)
    out = np.full((len(texts), MAX_DIGITS + 1), -1, np.int16)
    for i, text in enumerate(texts):
        values = [digit for char in text if 0 <= (digit := _digit(char)) <= 9]
        out[i, -1] = min(len(values), MAX_DIGITS + 1)
        kept = values[:MAX_DIGITS]
        out[i, : len(kept)] = kept
    return out


def _digit(char: str) -> int:
    return ord(char) - 0xFF10 if char >= "\uff10" else ord(char) - 48


def digits_of_spans(buffer: npt.NDArray[np.uint8], start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> Digits:
    """The digit matrix of byte spans of `buffer`. ASCII digits only."""
    width = int((end - start).max()) if len(start) else 0
    if not width or not len(buffer):
        return _no_digits(len(start))
    places = start[:, None] + np.arange(width)
    values = buffer[np.minimum(places, len(buffer) - 1)].astype(np.int16) - 48
    is_digit = (values >= 0) & (values <= 9) & (places < end[:, None])
    count = is_digit.sum(axis=1)
    out = np.full((len(start), MAX_DIGITS + 1), -1, np.int16)
    rank = np.cumsum(is_digit, axis=1) - 1
    row, column = np.nonzero(is_digit & (rank < MAX_DIGITS))
    out[row, rank[row, column]] = values[row, column]
    out[:, -1] = np.minimum(count, MAX_DIGITS + 1)
    return out


def _no_digits(count: int) -> Digits:
    out = np.full((count, MAX_DIGITS + 1), -1, np.int16)
    out[:, -1] = 0
    return out
