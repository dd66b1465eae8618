"""Percent-encoding (RFC 3986, section 2.1) in running text and logs: decoded over whole blocks, with marks.

Works on columns of byte positions; text without an escape costs one search. Knows no log format: an escape is one
wherever it stands, and `+` is a blank in the query strings that hold one.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.extract.escapes import Unescaped, spelt_utf8

Offsets = npt.NDArray[np.int64]

_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_HEX = np.full(256, -1, np.int64)
for _digit in "0123456789abcdefABCDEF":
    _HEX[ord(_digit)] = int(_digit, 16)
_AS_BLANK = (9, 10, 13)
"""A line break within a value is written in an escape so that it does not end the line of the log."""


_LETTERS = [bytes([byte]).decode("cp1252", "ignore").encode() for byte in range(0x80, 0x100)]
"""Bytes above 0x7F as windows-1252 has them, in UTF-8 (three bytes at most); empty where it has none."""


def _table(members: bytes) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table


_DIGIT = _table(b"0123456789")
_ALNUM = _table(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_ENDS_TOKEN = _table(b"\0 \t\r\n\"'<>`")
_ENDS_VALUE = _ENDS_TOKEN | _table(b"&;?=,")


def decode(block: bytes) -> Unescaped | None:
    r"""The UTF-8 block with its escapes decoded, those of escapes (`%2540`) once more; None where there is none.

    What decodes to UTF-8 becomes that, other bytes above 0x7F the letters of windows-1252, line breaks blanks; control
    characters stay encoded. A letter or digit right after a digit stays too: no writer encodes it, but «50%68» is text.

    >>> decode(b"GET /?navn=K%C3%A5re+N&e=kari%40example.no&p=J%F8rn 50%68050000").text.decode()
    'GET /?navn=Kåre N&e=kari@example.no&p=Jørn 50%68050000'
    >>> decode(b"100 % av 5%, og 10%zz")
    """
    if b"%" not in block or _ESCAPE.search(block) is None:  # one byte is looked for many times as fast
        return None
    data = np.frombuffer(block, np.uint8).copy()
    at, value, width = _escapes(data)
    alone = np.append(True, at[1:] != (at + width)[:-1])[: len(at)]
    kept = (at > 0) & _DIGIT[data[at - 1]] & _ALNUM[value] & alone
    kept |= (value < 0x20) & ~np.isin(value, _AS_BLANK) | (value == 0x7F)
    at, value, width = at[~kept], value[~kept], width[~kept]
    if not len(at):
        return None
    keep = np.ones(len(data), np.bool_)
    blanks = _plus_signs(data, at) if b"+" in block else None
    follows = np.append(at[1:] == (at + width)[:-1], False)
    single = (value < 0x80) | spelt_utf8(value, follows)
    data[at[single]] = np.where(np.isin(value[single], _AS_BLANK), 32, value[single])
    for start in range(1, 5):
        keep[at[single & (width > start)] + start] = False
    for place, byte, size in zip(at[~single].tolist(), value[~single].tolist(), width[~single].tolist(), strict=True):
        written = _LETTERS[byte - 0x80]
        if written:
            data[place : place + len(written)] = list(written)
            keep[place + len(written) : place + size] = False
    if blanks is not None:
        data[blanks] = 32
    return Unescaped(data[keep].tobytes(), np.flatnonzero(keep))


def decode_cells(cells: pa.Array) -> pa.Array:
    """An array of texts (valid UTF-8 without NUL) with the escapes in each decoded.

    >>> decode_cells(pa.array(["50 %", None, "?e=kari%40example.no", "%4", "0"])).to_pylist()
    ['50 %', None, '?e=kari@example.no', '%4', '0']
    """
    if cells.buffers()[2] is None or b"%" not in memoryview(cells.buffers()[2]).tobytes():
        return cells
    which = np.flatnonzero(pc.match_substring_regex(cells, "%[0-9A-Fa-f]{2}").fill_null(False))
    if not len(which):
        return cells
    block = "\0".join(cells.take(pa.array(which)).to_pylist()).encode()
    made = decode(block)
    if made is None:
        return cells
    mask = np.zeros(len(cells), np.bool_)
    mask[which] = True
    return pc.replace_with_mask(cells, pa.array(mask), pa.array(made.text.decode().split("\0"), cells.type))


def _escapes(data: npt.NDArray[np.uint8]) -> tuple[Offsets, Offsets, Offsets]:
    """Offset, value and length of each escape; `%25` before two digits is read with them."""
    at = np.flatnonzero(data == 37)
    padded = np.append(data, np.zeros(4, np.uint8))
    digits = _HEX[padded[at[:, None] + np.arange(1, 5)]]
    valid = (digits[:, 0] >= 0) & (digits[:, 1] >= 0)
    at, digits = at[valid], digits[valid]
    value = digits[:, 0] * 16 + digits[:, 1]
    double = (value == 0x25) & (digits[:, 2] >= 0) & (digits[:, 3] >= 0)
    value = np.where(double, digits[:, 2] * 16 + digits[:, 3], value)
    return at, value, np.where(double, 5, 3)


def _plus_signs(data: npt.NDArray[np.uint8], at: Offsets) -> Offsets:
    """The plus signs that stand for blanks: in query strings that hold an escape, but not in a value with a bare `@`
    (who writes that does not encode), nor at a value's begin (`tlf=+47`).
    """
    plus = np.flatnonzero(data == 43)
    ends = np.flatnonzero(_ENDS_TOKEN[data])
    token = np.searchsorted(ends, plus)
    plus = plus[np.isin(token, np.searchsorted(ends, at))]
    if not len(plus):
        return plus
    token = np.searchsorted(ends, plus)
    begins = np.append(0, ends + 1)[token]
    marks = np.flatnonzero((data == 61) | (data == 63))
    plus = plus[np.searchsorted(marks, plus) > np.searchsorted(marks, begins)]
    values = np.flatnonzero(_ENDS_VALUE[data])
    bare = np.searchsorted(values, np.flatnonzero(data == 64))
    plus = plus[~np.isin(np.searchsorted(values, plus), bare)]
    return plus[~np.isin(data[plus - 1], np.frombuffer(b"=?&", np.uint8))]
