"""Says where a byte of extracted text stood in the text that it was made from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_MANY = 256
"""Hits from which on all characters of a text are counted once."""
_WINDOW = 4096
"""Bytes that are looked through at a time for where a line begins."""


class SourceMap:
    """Says where a byte of extracted text came from in the source text (markup stripped, escapes decoded).

    Between two marks the texts run in step. Holds the source only as long as the batch lives.
    """

    __slots__ = ("_newlines", "_out", "_source", "_src")

    def __init__(self, source: bytes, out_offsets: npt.ArrayLike, source_offsets: npt.ArrayLike) -> None:
        """`source`: the original text as UTF-8. The two offset arrays (bytes, ascending, equal length) are the marks:
        extracted byte `out_offsets[i]` is source byte `source_offsets[i]`.
        """
        self._source = source
        self._out = np.asarray(out_offsets, np.int64)
        self._src = np.asarray(source_offsets, np.int64)
        self._newlines: npt.NDArray[np.int64] | None = None

    def lines_and_columns(self, offsets: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """0-based line and 1-based column (code points) in the source of each extracted byte offset."""
        mark = np.maximum(np.searchsorted(self._out, offsets, side="right") - 1, 0)
        limit = np.append(self._src[1:], len(self._source))[mark]
        src = np.minimum(self._src[mark] + np.maximum(offsets - self._out[mark], 0), np.maximum(limit, self._src[mark]))
        if self._newlines is None:
            self._newlines = np.flatnonzero(np.frombuffer(self._source, np.uint8) == 10)
        return locate(self._source, self._newlines, src)


def locate(
    text: bytes, newlines: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    r"""0-based line and 1-based column in code points of byte `offsets` in UTF-8 `text`.

    >>> text = "å b\\nc".encode()
    >>> [a.tolist() for a in locate(text, np.array([4]), np.array([3, 5]))]
    [[0, 1], [3, 1]]
    """
    line = np.searchsorted(newlines, offsets, side="left")
    starts = np.concatenate([np.zeros(1, np.int64), newlines + 1])[line]
    column = offsets - starts + 1
    if text.isascii():
        return line, column
    if len(offsets) > _MANY:
        data = np.frombuffer(text, np.uint8)
        continuing = np.flatnonzero((data & 0xC0) == 0x80)  # noqa: PLR2004  all but the first byte of a character
        column -= np.searchsorted(continuing, offsets) - np.searchsorted(continuing, starts)
    else:  # hit by hit: lines are short
        view = memoryview(text)
        for i, (a, b) in enumerate(zip(starts.tolist(), offsets.tolist(), strict=True)):
            column[i] = len(bytes(view[a:b]).decode("utf-8", "replace")) + 1
    return line, column


def locate_few(text: memoryview, offsets: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    r"""As `locate`, by going through the text once from each of a few offsets to the next.

    >>> [a.tolist() for a in locate_few(memoryview("å b\nc".encode()), np.array([3, 5]))]
    [[0, 1], [3, 1]]
    """
    data = np.frombuffer(text, np.uint8)
    line, column = np.zeros((2, len(offsets)), np.int64)
    lines = at = start = 0
    for i in np.argsort(offsets, kind="stable").tolist():
        offset = int(offsets[i])
        lines += int(np.count_nonzero(data[at:offset] == 10))
        start = max(start, _after_newline(data, at, offset))
        line[i], column[i] = lines, len(bytes(text[start:offset]).decode("utf-8", "replace")) + 1
        at = offset
    return line, column


def _after_newline(data: npt.NDArray[np.uint8], low: int, high: int) -> int:
    """Where the last line begins that begins behind `low` and not behind `high`; 0 where none does."""
    while high > low:
        step = max(low, high - _WINDOW)
        found = np.flatnonzero(data[step:high] == 10)
        if len(found):
            return step + int(found[-1]) + 1
        high = step
    return 0
