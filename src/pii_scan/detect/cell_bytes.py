"""Arrays of texts as bytes: where each begins, all side by side, which are digits alone, each without blanks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.ask import SEPARATOR
from pii_scan.detect.groups import PADDING
from pii_scan.kernel import native

_Ints = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]
_Bools = npt.NDArray[np.bool_]


def text_offsets(texts: pa.Array) -> _Ints:
    """The bytes of the data buffer at which each text begins, and where the last ends."""
    kind = np.int64 if pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type) else np.int32
    raw = texts.buffers()[1]
    return np.frombuffer(raw, kind)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)


def laid_out(texts: pa.Array) -> tuple[_Bytes, _Ints]:
    """(the texts between separators, with `PADDING` of them on both sides; where each begins). A null is empty."""
    if texts.null_count:
        texts = pc.fill_null(texts, "")
    offsets = text_offsets(texts)
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    begin = offsets[:-1] - offsets[0] + np.arange(len(texts))
    size = int(offsets[-1] - offsets[0]) + max(len(texts) - 1, 0)
    buffer = np.full(size + 2 * PADDING, SEPARATOR, np.uint8)
    inner = buffer[PADDING : PADDING + size]
    compiled = native()
    if compiled is not None:
        compiled.laid_out(data, offsets, inner)
    elif size:
        behind = np.arange(int(offsets[-1] - offsets[0])) + np.repeat(np.arange(len(texts)), np.diff(offsets))
        inner[behind] = data[int(offsets[0]) : int(offsets[-1])]
    return buffer, PADDING + begin


def all_digits(texts: pa.Array) -> _Bools:
    """Which texts hold ASCII digits and nothing else."""
    offsets = text_offsets(texts)
    out = np.zeros(len(texts), bool)
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    compiled = native()
    if compiled is not None:
        compiled.all_digits(data, offsets, out)
        return out
    data, bounds = data[int(offsets[0]) : int(offsets[-1])], offsets - offsets[0]
    other = np.concatenate([[0], np.cumsum((data < ord("0")) | (data > ord("9")))])
    return np.asarray((other[bounds[1:]] == other[bounds[:-1]]) & (bounds[1:] > bounds[:-1]))


def without_blanks(texts: pa.Array) -> tuple[list[str], _Ints, _Ints]:
    """(texts without blanks around them, bytes before each, bytes of each)."""
    offsets = text_offsets(texts)
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    lead, size = np.zeros(len(texts), np.int64), np.diff(offsets)
    written = texts.to_pylist()
    filled = np.flatnonzero(size)
    ends = np.stack([data[offsets[:-1][filled]], data[offsets[1:][filled] - 1]])
    for i in filled[((ends <= 32) | (ends >= 0x7F)).any(axis=0)].tolist():  # what may be a blank, in Unicode too
        text = written[i]
        written[i] = text.strip()
        lead[i] = len(text[: len(text) - len(text.lstrip())].encode())
        size[i] = len(written[i].encode())
    return written, lead, size
