r"""JSON in the cells of tables (`AuditData` of Microsoft 365's audit log, event columns of databases), escapes decoded.

The cell keeps its place: names and values stand in it as they did, only `\u00f8` is ø. Works on whole columns.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.extract import escapes

_OBJECT, _ARRAY, _BACKSLASH = ord("{"), ord("["), ord("\\")


def decoded(cells: pa.Array) -> pa.Array:
    r"""The cells with JSON escapes decoded in those that begin as a JSON object or array does.

    JSON that stands in a string within such JSON is decoded too. `cells`: strings, valid UTF-8.

    >>> decoded(pa.array(['{"navn": "K\\u00e5re"}', "K\\u00e5re"])).to_pylist()
    ['{"navn": "Kåre"}', 'K\\u00e5re']
    """
    which = _beginning_as_json(cells)
    if not len(which):
        return cells
    chosen = cells.take(pa.array(which))
    escaped = pc.match_substring(chosen, "\\").to_numpy(zero_copy_only=False).astype(np.bool_)
    ends = pc.ends_with(chosen, "\\").to_numpy(zero_copy_only=False).astype(np.bool_)  # would reach into the next
    which = which[escaped & ~ends]
    if not len(which):
        return cells
    made = _decoded_all(cells.take(pa.array(which)).cast(pa.large_string())).cast(cells.type)
    mask = np.zeros(len(cells), np.bool_)
    mask[which] = True
    return cast(pa.Array, pc.replace_with_mask(cells, pa.array(mask), made))


def _beginning_as_json(cells: pa.Array) -> npt.NDArray[np.int64]:
    """Which cells begin with a bracket that opens; none where no cell has a backslash."""
    width = np.int64 if pa.types.is_large_string(cells.type) else np.int32
    buffers = cells.buffers()
    if not len(cells) or buffers[2] is None or not (np.frombuffer(buffers[2], np.uint8) == _BACKSLASH).any():
        return np.zeros(0, np.int64)
    offsets = np.frombuffer(buffers[1], width)[cells.offset : cells.offset + len(cells) + 1].astype(np.int64)
    data = np.frombuffer(buffers[2], np.uint8)
    filled = np.flatnonzero(np.diff(offsets))
    first = data[offsets[filled]]
    return np.asarray(filled[(first == _OBJECT) | (first == _ARRAY)], np.int64)


def _decoded_all(cells: pa.Array) -> pa.Array:
    """All cells with their escapes decoded. None of them is null or ends with a backslash."""
    offsets = np.frombuffer(cells.buffers()[1], np.int64)[cells.offset : cells.offset + len(cells) + 1]
    block = cells.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]]
    made = escapes.unescape(block)
    if b"\\u" in made.text:  # escaped twice: JSON in a string
        made = made.then(escapes.unescape(made.text, np.zeros(len(made.text), np.bool_)))
    ends = np.searchsorted(made.source, offsets - offsets[0]).astype(np.int64)
    return pa.LargeStringArray.from_buffers(len(cells), pa.py_buffer(ends), pa.py_buffer(made.text))
