"""Values that stand under a key in a block of text: JSON, elements and attributes of XML, properties of calendars.

Gives keys and where their values are; whether a key names a date is for `words` to say. Parses no document: a key is
what stands before a value that begins with digits, or with a weekday.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.kernel import ROOM, native

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
KEY_BYTES = 48
_VALUE_BYTES = 48
_PAD = 64
_ROWS = 1 << 14

_DIGIT = np.zeros(256, np.bool_)
_DIGIT[48:58] = True
_LETTER = np.zeros(256, np.bool_)
_LETTER[[*range(65, 91), *range(97, 123)]] = True
_MARK = np.zeros(256, np.bool_)
_MARK[list(b"./- ")] = True
_ENDS_VALUE = b"\0\"'<>\r\n{}[]"
_CDATA = np.frombuffer(b"<![CDATA[", np.uint8)


class Keyed(NamedTuple):
    """Values with their keys, in no order."""

    key: Places
    """Number of the key of each value."""
    start: Places
    """Where each value begins in the text."""
    length: Places
    names: list[str]
    """The keys that there are."""


def values_under_keys(data: Bytes, owned: int) -> Keyed:
    """What stands under keys whose mark (a quote, `<`, a blank) lies before offset `owned`: it may be the last thing
    before a cut.
    """
    compiled = native()
    found = _values(data, owned) if compiled is None else _compiled(compiled, data, owned)
    begin, end, value, length = found
    if not len(begin):
        return Keyed(begin, begin, begin, [])
    keys = np.empty((len(begin), KEY_BYTES), np.uint8)
    for at in range(0, len(begin), _ROWS):  # the places take eight times the memory of what is there
        part = slice(at, at + _ROWS)
        places = begin[part, None] + np.arange(KEY_BYTES)
        keys[part] = data[np.minimum(places, len(data) - 1)] * (places < end[part, None])
    buffers = [None, pa.py_buffer(keys)]
    coded = pa.Array.from_buffers(pa.binary(KEY_BYTES), len(keys), buffers).dictionary_encode()
    names = [name.rstrip(b"\0").decode("utf-8", "replace") for name in coded.dictionary.to_pylist()]
    return Keyed(coded.indices.to_numpy(), value, length, names)


_Values = tuple[Places, Places, Places, Places]
"""Begin and end of keys, begin and length of their values; form by form."""


def _compiled(kernel: ModuleType, data: Bytes, owned: int) -> _Values:
    """The values as the compiled kernel finds them."""
    rows = np.empty((min(len(data) // 16 + _PAD, ROOM), 5), np.int64)
    parts: list[Places] = []
    at = 0
    while not parts or at < len(data):
        count, at = kernel.keyed(data, rows, owned, at)
        parts.append(rows[:count].copy())
    found = np.concatenate(parts) if len(parts) > 1 else parts[0]
    _, begin, end, value, length = found[np.argsort(found[:, 0], kind="stable")].T.copy()
    return begin, end, value, length


def _values(data: Bytes, owned: int) -> _Values:
    """What the compiled kernel finds: its oracle, and in its place where it is not."""
    padded = np.concatenate([data, np.zeros(_PAD, np.uint8)])
    found = [_json(padded), _elements(padded), _attributes(padded), _lines(padded)]
    mark, begin, end, value = (np.concatenate([part[number] for part in found]) for number in range(4))
    mine = (begin >= 0) & (end > begin) & (end - begin <= KEY_BYTES) & (mark < owned)
    begin, end, value = begin[mine], end[mine], value[mine]
    length = np.minimum(_first_of(padded, value, np.full(len(value), len(data)), _ENDS_VALUE) - value, _VALUE_BYTES)
    return begin, end, value, length


_Found = tuple[Places, Places, Places, Places]
"""The mark before keys, their begin and end, begin of values. An end that is not after the begin: no key."""


def _dated(data: Bytes, at: Places) -> npt.NDArray[np.bool_]:
    """Whether what begins at each offset may be a date: a year, one or two digits and a mark, or a name of three
    letters and a comma or a blank.
    """
    first, second, third, fourth = (data[np.minimum(at + step, len(data) - 1)] for step in range(4))
    digits = _DIGIT[first] & (_MARK[second] | _DIGIT[second] & (_MARK[third] | _DIGIT[third] & _DIGIT[fourth]))
    named = _LETTER[first] & _LETTER[second] & _LETTER[third] & ((fourth == ord(",")) | (fourth == ord(" ")))
    return np.asarray(digits | named)


def _json(data: Bytes) -> _Found:
    """`"key": value`, the value with quotes or without."""
    colon = np.flatnonzero(data[1:-_PAD] == ord(":")) + 1
    colon = colon[data[colon - 1] == ord('"')]
    value = colon + 1
    value += data[value] == ord(" ")
    value += data[value] == ord('"')
    kept = _dated(data, value)
    colon, value = colon[kept], value[kept]
    begin = _after_last(data, colon - 1, b'"')
    return begin - 1, begin, colon - 1, value


def _elements(data: Bytes) -> _Found:
    """`<prefix:key attributes>value`, the value as it stands or in a CDATA section."""
    bracket = np.flatnonzero(data[:-_PAD] == ord(">"))
    value = bracket + 1
    opaque = (data[value] == ord("<")) & (data[value + 1] == ord("!"))
    inside = np.flatnonzero(opaque)
    if len(inside):
        whole = (data[value[inside][:, None] + np.arange(len(_CDATA))] == _CDATA).all(axis=1)
        value[inside[whole]] += len(_CDATA)
    kept = _dated(data, value)
    bracket, value = bracket[kept], value[kept]
    begin = _after_last(data, bracket, b"<")
    begin = np.where(bracket - begin <= 4 * KEY_BYTES, begin, -1)
    mark = begin - 1
    end = _first_of(data, begin, bracket, b" \t\r\n/>")
    begin = np.where((begin >= 0) & _LETTER[data[np.maximum(begin, 0)]], begin, end)
    colon = _first_of(data, begin, end, b":")
    begin = np.where((colon < end) & (begin < end), colon + 1, begin)
    return mark, begin, end, value


def _attributes(data: Bytes) -> _Found:
    """`key="value"`."""
    equals = np.flatnonzero(data[1:-_PAD] == ord("=")) + 1
    quote = data[equals + 1]
    equals = equals[((quote == ord('"')) | (quote == ord("'"))) & _LETTER[data[equals - 1]]]
    value = equals + 2
    kept = _dated(data, value)
    equals, value = equals[kept], value[kept]
    begin = _after_last(data, equals, b" \t\r\n:,?&;")
    return begin - 1, begin, equals, value


def _lines(data: Bytes) -> _Found:
    """`KEY:value` and `KEY;PARAMETER=...:value` of calendars (RFC 5545), a property a line, in capital letters."""
    colon = np.flatnonzero(data[1:-_PAD] == ord(":")) + 1
    for step in range(1, 9):
        colon = colon[_DIGIT[data[colon + step]]]
    none = np.zeros(0, np.int64)
    if not len(colon):
        return none, none, none, none
    begin = _after_last(data, colon, b"\n")
    begin = np.where((begin < 0) & (colon < KEY_BYTES), 0, begin)
    end = _first_of(data, begin, colon, b";:")
    capital = (data[np.maximum(begin, 0)] >= 65) & (data[np.maximum(begin, 0)] <= 90)
    return begin - 1, begin, np.where(capital, end, -1), colon + 1


def _after_last(data: Bytes, ends: Places, marks: bytes) -> Places:
    """The offset after the last of the `marks` before each end; -1 where there is none."""
    if not len(ends):
        return ends
    at = _places(data, marks)
    before = np.searchsorted(at, ends) - 1
    return np.asarray(np.append(at + 1, -1)[before])


def _first_of(data: Bytes, begins: Places, ends: Places, marks: bytes) -> Places:
    """The offset of the first of the `marks` from each begin on, at most its end."""
    if not len(begins):
        return ends
    at = np.append(_places(data, marks), len(data))
    return np.asarray(np.minimum(at[np.searchsorted(at, np.maximum(begins, 0))], ends))


def _places(data: Bytes, marks: bytes) -> Places:
    """Where any of the marks stands."""
    if len(marks) == 1:
        return np.flatnonzero(data == marks[0])
    table = np.zeros(256, np.bool_)
    table[list(marks)] = True
    return np.flatnonzero(table[data])
