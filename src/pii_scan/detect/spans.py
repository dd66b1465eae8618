"""The spans that one expression matches, as the validators of the rules that use it want them: never one by one."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.detect.beyond_ascii import MAX_SPAN, holds_high
from pii_scan.detect.validators import UNSURE, Digits, Validator, judge_texts
from pii_scan.detect.validators.verdict import MAX_DIGITS, digits_of_spans, digits_of_texts

_FEW = 64
"""Spans up to which texts are told apart one by one."""
_Ints = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]


class Spans:
    """The matches of one expression, as the validators of the rules that use it want them."""

    def __init__(self, buffer: _Bytes, start: _Ints, end: _Ints) -> None:
        self._buffer, self._start, self._end = buffer, start, end
        self._digits: Digits | None = None
        self._texts: tuple[list[str], _Ints] | None = None

    def verdicts(self, validator: Validator | None, as_of: date) -> npt.NDArray[np.uint8]:
        """The verdict on each span; UNSURE where there is no validator."""
        if validator is None:
            return np.full(len(self._start), UNSURE, np.uint8)
        if validator.by_digits is not None:
            if self._digits is None:
                self._digits = self._digit_matrix()
            return validator.by_digits(self._digits, as_of)
        if self._texts is None:
            self._texts = _distinct_texts(self._buffer, self._start, self._end)
        texts, which = self._texts
        return judge_texts(validator, texts, as_of)[which]

    def _digit_matrix(self) -> Digits:
        buffer, start, end = self._buffer, self._start, self._end
        digits = np.empty((len(start), MAX_DIGITS + 1), np.int16)
        odd = end - start > MAX_SPAN
        short = np.flatnonzero(~odd)
        if len(short):
            digits[short] = digits_of_spans(buffer, start[short], end[short])
            odd[short] = holds_high(buffer, start[short], end[short])
        rare = np.flatnonzero(odd)  # full-width digits, and spans too long for a matrix
        if len(rare):
            digits[rare] = digits_of_texts(_texts(buffer, start[rare], end[rare]))
        return digits


def _texts(buffer: _Bytes, start: _Ints, end: _Ints) -> list[str]:
    view = buffer.data
    return [bytes(view[a:b]).decode("utf-8", "replace") for a, b in zip(start.tolist(), end.tolist(), strict=True)]


def _distinct_texts(buffer: _Bytes, start: _Ints, end: _Ints) -> tuple[list[str], _Ints]:
    """(the distinct texts of byte spans, which of them each span is)."""
    if len(start) <= _FEW:
        numbers: dict[str, int] = {}
        which = [numbers.setdefault(text, len(numbers)) for text in _texts(buffer, start, end)]
        return list(numbers), np.array(which, np.int64)
    size = end - start
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(size)])
    gathered = buffer[np.repeat(start - bounds[:-1], size) + np.arange(bounds[-1])]
    values = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(start), [None, pa.py_buffer(bounds), pa.py_buffer(gathered)]
    )
    encoded = values.dictionary_encode()
    distinct = [value.decode("utf-8", "replace") for value in encoded.dictionary.to_pylist()]
    return distinct, encoded.indices.to_numpy().astype(np.int64)
