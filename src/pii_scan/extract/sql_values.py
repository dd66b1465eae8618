"""Tuples of literals, as `INSERT ... VALUES` lists them, to columns of cells. Works on columns of byte positions.

Knows how literals are written in PostgreSQL, MySQL, SQL Server, SQLite and Oracle; what is no literal stays as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.extract.escapes import starters

Offsets = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_OPEN, _CLOSE, _COMMA, _SEMICOLON, _QUOTE = b"(),;'"
_STRUCTURE = np.zeros(256, np.bool_)
_STRUCTURE[[_OPEN, _CLOSE, _COMMA, _SEMICOLON]] = True
_PREFIX = np.zeros(256, np.bool_)
_PREFIX[list(b"NnEeUu")] = True
_MAX_BLANKS = 16
_HEX = re.compile(rb"(?:0[xX]|[xX]'|\\x)((?:[0-9A-Fa-f]{2})+)'?")
_HEX_MARKS = (b"\\x", b"0x", b"0X", b"x'", b"X'")
_ESCAPED = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{3})|(.))|''", re.DOTALL)
_SIGNS = {"n": "\n", "t": "\t", "r": " ", "0": " ", "b": " ", "f": " ", "v": " ", "Z": " "}


class Tuples(NamedTuple):
    """The whole tuples that a text begins with."""

    starts: Offsets
    """Where each value begins: a row for each tuple, a column for each of its values."""
    ends: Offsets
    end: int
    """After the last tuple."""
    regular: bool
    """All tuples hold as many values; else `starts` and `ends` are empty."""


def read_tuples(text: bytes, backslash: bool, columns: int = 0) -> Tuples | None:
    """The tuples of a text that begins with one, up to the first that is not followed by a comma and another; None
    where not even the first is whole.

    `backslash`: a backslash hides the quote after it. `columns`: how many values each must have, 0 if it is not known.
    """
    data = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    if backslash and b"\\" in text:
        hidden = np.zeros(len(data) + 1, np.bool_)
        hidden[starters(data) + 1] = True
        quotes = quotes[~hidden[quotes]]
    places = np.flatnonzero(_STRUCTURE[data])
    places = places[np.searchsorted(quotes, places) % 2 == 0]
    kinds = data[places]
    depth = np.cumsum((kinds == _OPEN).astype(np.int64) - (kinds == _CLOSE))
    opens, closes = places[(kinds == _OPEN) & (depth == 1)], places[(kinds == _CLOSE) & (depth == 0)]
    count = min(len(opens), len(closes))
    if not count:
        return None
    opens, closes = opens[:count], closes[:count]
    count = _in_a_row(data, opens, closes, places[(kinds == _COMMA) & (depth == 0)])
    end = int(closes[count - 1]) + 1
    bounds = ((kinds == _COMMA) & (depth == 1)) | ((kinds == _OPEN) & (depth == 1)) | ((kinds == _CLOSE) & (depth == 0))
    bounds &= places < end
    marks, last = places[bounds], kinds[bounds] == _CLOSE
    widths = np.diff(np.append(-1, np.flatnonzero(last))) - 1
    width = int(widths[0])
    if (widths != width).any() or (columns and columns != width):
        return Tuples(np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64), end, False)
    starts, ends = marks[:-1][~last[:-1]] + 1, marks[1:][~last[:-1]]
    return Tuples(starts.reshape(count, width), ends.reshape(count, width), end, True)


def _in_a_row(data: Bytes, opens: Offsets, closes: Offsets, commas: Offsets) -> int:
    """How many tuples there are before something else than a comma and blanks stands between two of them."""
    if len(opens) < 2:
        return 1
    written = np.cumsum(data > 32, dtype=np.int64)
    between = written[opens[1:] - 1] - written[closes[:-1]]
    parted = np.searchsorted(commas, opens[1:]) - np.searchsorted(commas, closes[:-1])
    odd = np.flatnonzero((between != 1) | (parted != 1))
    return int(odd[0]) + 1 if len(odd) else len(opens)


def column_cells(text: bytes, starts: Offsets, ends: Offsets, backslash: bool) -> tuple[pa.Array, list[bytes | None]]:
    """The values between the offsets: as texts, null where a value is NULL or binary; and the binary ones, if any."""
    data = np.frombuffer(text, np.uint8)
    starts, ends = _trimmed(data, starts, ends)
    size = ends - starts
    first, second = data[starts], data[np.minimum(starts + 1, len(data) - 1)]
    quoted = (size >= 2) & (data[ends - 1] == _QUOTE)
    plain = quoted & (first == _QUOTE)
    prefixed = quoted & (size >= 3) & _PREFIX[first] & (second == _QUOTE)
    starts = starts + plain + 2 * prefixed
    ends = ends - (plain | prefixed)
    null = (size == 4) & ~plain & ((first | 32) == ord("n")) & ((second | 32) == ord("u"))
    introduced = quoted & (first == ord("_"))  # MySQL: _binary '...'
    for i in np.flatnonzero(introduced).tolist():
        starts[i] = text.index(b"'", int(starts[i])) + 1
        ends[i] -= 1
    return _decoded(_gathered(data, starts, ends, null), plain | prefixed | introduced, backslash)


def _trimmed(data: Bytes, starts: Offsets, ends: Offsets) -> tuple[Offsets, Offsets]:
    for _ in range(_MAX_BLANKS):
        blank = (starts < ends) & (data[np.minimum(starts, len(data) - 1)] <= 32)
        if not blank.any():
            break
        starts = starts + blank
    for _ in range(_MAX_BLANKS):
        blank = (starts < ends) & (data[ends - 1] <= 32)
        if not blank.any():
            break
        ends = ends - blank
    return starts, ends


def _gathered(data: Bytes, starts: Offsets, ends: Offsets, null: npt.NDArray[np.bool_]) -> pa.Array:
    """The stretches of a text as an array of texts."""
    size = np.where(null, 0, np.maximum(ends - starts, 0))
    offsets = np.append(0, np.cumsum(size))
    gathered = data[np.repeat(starts - offsets[:-1], size) + np.arange(offsets[-1])]
    array = pa.LargeStringArray.from_buffers(len(size), pa.py_buffer(offsets), pa.py_buffer(gathered.tobytes()))
    return pc.if_else(pa.array(~null), array, pa.scalar(None, pa.large_string())) if null.any() else array


def _decoded(array: pa.Array, literal: npt.NDArray[np.bool_], backslash: bool) -> tuple[pa.Array, list[bytes | None]]:
    """Escapes in literals undone; values in hexadecimal as bytes."""
    whole = array.buffers()[2].to_pybytes() if array.buffers()[2] is not None else b""
    binary: list[bytes | None] = []
    if any(mark in whole for mark in _HEX_MARKS):
        array, binary = without_hex(array, literal)
    if b"\\" in whole and backslash:
        values = array.to_pylist()
        for i in np.flatnonzero(literal).tolist():
            if values[i] and ("\\" in values[i] or "''" in values[i]):
                values[i] = _ESCAPED.sub(unescaped, values[i])
        array = pa.array(values, pa.large_string())
    elif b"''" in whole:
        array = pc.replace_substring(array, "''", "'")
    return array, binary


def without_hex(array: pa.Array, literal: npt.NDArray[np.bool_]) -> tuple[pa.Array, list[bytes | None]]:
    r"""Takes out the values that are bytes in hexadecimal: 0x4F, X'4F', and in a literal `\x4f` (PostgreSQL)."""
    values = array.to_pylist()
    binary: list[bytes | None] = [None] * len(values)
    found = False
    for i, value in enumerate(values):
        marks = ("\\x",) if literal[i] else ("0x", "0X", "x'", "X'")
        if value and len(value) >= 6 and value.startswith(marks):
            match = _HEX.fullmatch(value.encode())
            if match is not None:
                binary[i], values[i], found = bytes.fromhex(match[1].decode("ascii")), None, True
    return (pa.array(values, pa.large_string()), binary) if found else (array, [])


def unescaped(match: re.Match[str]) -> str:
    r"""What an escape with a backslash, or a doubled quote, stands for.

    >>> re.sub(_ESCAPED, unescaped, r"it\'s\na \x41\102 ''q''")
    "it's\na AB 'q'"
    """
    if match[0] == "''":
        return "'"
    if match[1] or match[2]:
        code = int(match[1], 16) if match[1] else int(match[2], 8)
        return chr(code) if code >= 32 else " "
    return _SIGNS.get(match[3], match[3])
