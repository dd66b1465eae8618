"""Asks an expression itself: about one candidate in its window, or, where it has no automaton, about every text."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import regex

SEPARATOR = 0xFF
"""Stands between texts in a buffer: no byte of UTF-8 has this value."""
EXPRESSION_SECONDS = 5.0
"""Time that one expression may take on one buffer before it is given up as hostile."""

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]


class ExpressionTimeout(Exception):
    """An expression took too long on a text. Holds no text."""


class Deadline:
    """The time that is left to one expression on one buffer, over all its candidates."""

    def __init__(self) -> None:
        self._end = time.monotonic() + EXPRESSION_SECONDS

    def left(self) -> float:
        """Seconds. Raises ExpressionTimeout when there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise ExpressionTimeout
        return seconds


def match_at(
    buffer: _Bytes, expression: regex.Pattern[str], at: int, left: int, right: int, deadline: Deadline
) -> tuple[int, int]:
    r"""The bytes where the match from byte `at` on begins (later than `at` by what stands before `\K`) and ends.

    (-1, -1) for none. The expression sees the bytes from `left` to `right`.
    """
    raw = buffer.data[left:right].tobytes()
    place = at - left
    cut = raw.rfind(b"\xff", 0, place) + 1
    stop = raw.find(b"\xff", place)
    raw, place = raw[cut : stop if stop >= 0 else len(raw)], place - cut
    plain = raw.isascii()  # then bytes are characters, which spares counting them
    if plain:
        text = raw.decode("ascii")
    else:
        cut = 0
        while cut < place and raw[cut] & 0xC0 == 0x80:  # a window may begin inside a character
            cut += 1
        before = raw[cut:place].decode("utf-8", "replace")
        text, place = before + raw[place:].decode("utf-8", "replace"), len(before)
    try:
        found = expression.match(text, place, timeout=deadline.left())
    except TimeoutError:
        raise ExpressionTimeout from None
    if not found:
        return -1, -1
    first, last = found.span()
    if last <= first:
        return -1, -1
    if plain:
        start = at + max(first - place, 0)
        return start, start + last - first
    start = at + len(text[place:first].encode())
    return start, start + len(text[first:last].encode())


def texts_around(buffer: _Bytes, at: _Ints) -> tuple[_Ints, _Ints]:
    """The bounds of the texts that hold the bytes `at`."""
    separators = np.flatnonzero(buffer == SEPARATOR)
    after = np.searchsorted(separators, at)
    return separators[after - 1] + 1, separators[after]


def search_each_text(buffer: _Bytes, expression: regex.Pattern[str]) -> tuple[_Ints, _Ints]:
    """For expressions without an automaton: finditer on every text."""
    separators = np.flatnonzero(buffer == SEPARATOR)
    filled = np.flatnonzero(np.diff(separators) > 1)
    deadline = Deadline()
    starts: list[int] = []
    ends: list[int] = []
    for i in filled.tolist():
        left = int(separators[i]) + 1
        text = buffer[left : int(separators[i + 1])].tobytes().decode("utf-8", "replace")
        try:
            for found in expression.finditer(text, timeout=deadline.left()):
                if found.end() > found.start():
                    start = left + len(text[: found.start()].encode())
                    starts.append(start)
                    ends.append(start + len(found.group().encode()))
        except TimeoutError:
            raise ExpressionTimeout from None
    return np.array(starts, np.int64), np.array(ends, np.int64)
