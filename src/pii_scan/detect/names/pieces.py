"""Texts cut into pieces that fit the tagger, and places in them as bytes and as code points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pii_scan.detect.names.tokens import MAX_CHARACTERS, Codes, Ints

_LEAD_MASK, _CONTINUES = 0xC0, 0x80


def pieces(data: Codes) -> Iterator[tuple[int, Codes]]:
    """(offset, piece) of UTF-8: cut at line ends where there are any, else at spaces."""
    at = 0
    while at < len(data):
        end = _after(data, at, MAX_CHARACTERS) if len(data) - at > MAX_CHARACTERS else len(data)
        if end < len(data):
            window = data[at:end].tobytes()
            cut = window.rfind(b"\n")
            cut = cut if cut > 0 else window.rfind(b" ")
            end = at + cut + 1 if cut > 0 else end
        yield at, data[at:end]
        at = end


def _after(data: Codes, at: int, count: int) -> int:
    """Where so many characters from `at` on end."""
    end, lead = at, 0
    while lead < count and end < len(data):
        more = data[end : end + count - lead]
        lead += int(np.count_nonzero((more & _LEAD_MASK) != _CONTINUES))
        end += len(more)
    while end < len(data) and (data[end] & _LEAD_MASK) == _CONTINUES:
        end += 1
    return end


def begins_of_characters(data: Codes) -> Ints:
    """Where each character of UTF-8 begins, and where the last ends."""
    return np.append(np.flatnonzero((data & _LEAD_MASK) != _CONTINUES), len(data))
