"""JSON and JSON Lines as text: escapes decoded, positions those of the file.

Values need no tree: names stand beside them, as context. Does not validate; a document that ends within a value is
reported as truncated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pii_scan.extract import charset, coordinates, escapes, identity, json_markup, percent
from pii_scan.extract.text import BLOCK_BYTES, Piece, decoded_batch, mapped_batch, pieces, read_head, segments
from pii_scan.model import ChunkBatch, Document, Limits, Problem, ProblemCode, Stage

_QUOTE, _NEWLINE, _SLASH = 34, 10, 92
_STEP = np.zeros(256, np.int64)  # depth: brackets open and close
_STEP[[ord("{"), ord("[")]] = 1
_STEP[[ord("}"), ord("]")]] = -1


@dataclass(slots=True)
class State:
    """What a block must know of the text before it."""

    inside: bool = False
    """Within a string."""
    embedded: bool = False
    """Within a string that holds JSON itself."""
    depth: int = 0


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The text of a JSON or JSON Lines document, or of a slice of the latter, one text a batch."""
    stream, part, state = document.content, document.slice, State()
    if part is None:
        document.identity = identity.of_json(document) or document.identity
        yield from batches(stream, charset.detect(read_head(stream)), limits, state=state)
    else:
        stream.seek(part.start)
        size_bytes = part.end - part.start
        yield from batches(stream, part.encoding, limits, part.first_row, size_bytes=size_bytes, state=state)
    if state.inside or state.depth > 0:
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.TRUNCATED, "JSON ends before its last value does")


def batches(
    stream: BinaryIO,
    encoding: str,
    limits: Limits,
    first_line: int = 1,
    part: str = "",
    *,
    size_bytes: int | None = None,
    state: State | None = None,
) -> Iterator[ChunkBatch]:
    """The text of a JSON stream from where it stands. `state` is left as it is at the end of the stream."""
    state = state or State()
    block_bytes = max(min(BLOCK_BYTES, limits.max_value_bytes // 4), 64)
    for piece in pieces(segments(stream, encoding, size_bytes, block_bytes), first_line, block_bytes):
        yield from _batches(piece, part, state)


def _batches(piece: Piece, part: str, state: State) -> Iterator[ChunkBatch]:
    """The text of one block, and as a second what stands in the tags of markup in its strings."""
    data = np.frombuffer(piece.text, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    escaped = b"\\" in piece.text
    if escaped:
        hidden = np.zeros(len(data) + 1, np.bool_)
        hidden[escapes.starters(data) + 1] = True
        quotes = quotes[~hidden[quotes]]
    strings = _Strings(data, quotes, state)
    made = coordinates.decimals(piece.text)
    if escaped:
        unescaped = escapes.unescape(piece.text if made is None else made.text)
        made = unescaped if made is None else made.then(unescaped)
        if b"\\" in made.text:  # JSON in a string: its own escapes were escaped, and are bare now
            source = made.source
            made = made.then(escapes.unescape(made.text, lambda at: strings.embedded(source[at])))
    text = piece.text if made is None else made.text
    readable = json_markup.readable(text, lambda offsets: strings.around(made, offsets))
    strings.advance(state, len(data) if piece.owned is None else piece.owned)
    if readable is None:
        yield decoded_batch(piece, part) if made is None else _decoded(piece, made, part)
        return
    seen, unseen = (one if made is None else made.then(one) for one in readable)
    yield _decoded(piece, seen, part)
    if unseen.text and (piece.owned is None or (unseen.source < piece.owned).any()):
        yield _decoded(piece, unseen, part)


def _decoded(piece: Piece, made: escapes.Unescaped, part: str) -> ChunkBatch:
    decoded = percent.decode(made.text)
    made = made if decoded is None else made.then(decoded)
    return mapped_batch(piece, made.text, made.marks(), part)


class _Strings:
    """Where the strings of one block lie. A string that is open at a line end is taken as ended there."""

    def __init__(self, data: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], state: State) -> None:
        self._data, self._quotes, self._start = data, quotes, state.inside
        self._start_embedded = state.embedded
        newlines = np.flatnonzero(data == _NEWLINE)
        before = np.searchsorted(quotes, newlines)
        self._regular = not ((before + state.inside) % 2).any()
        self._newlines, self._before = newlines, before
        after = data[np.minimum(quotes + 1, len(data) - 1)]
        self._opens_json = (after == ord("{")) | (after == ord("["))

    def inside(self, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether each offset lies within a string."""
        count = np.searchsorted(self._quotes, offsets)
        if self._regular:
            return np.asarray((count + self._start) % 2 == 1)
        line = np.searchsorted(self._newlines, offsets)  # newlines before: parity counts from the line's begin
        base = np.append(0, self._before)[line]
        return np.asarray((count - base + np.where(line == 0, self._start, 0)) % 2 == 1)

    def embedded(self, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether each offset lies within a string that begins as a JSON object or array does."""
        last = np.searchsorted(self._quotes, offsets) - 1
        opens = np.append(self._opens_json, self._start_embedded)  # index -1: the string begun before
        return np.asarray(self.inside(offsets) & opens[last])

    def around(
        self, made: escapes.Unescaped | None, offsets: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Begin and end of the strings that offsets lie in, all in a text made from the block."""
        at = offsets if made is None else made.source[offsets]
        size = len(self._data)
        begins, ends = np.zeros(len(at), np.int64), np.full(len(at), size, np.int64)
        for bounds in (self._quotes, self._newlines):
            number = np.searchsorted(bounds, at)
            begins = np.maximum(begins, np.append(0, bounds + 1)[number])
            ends = np.minimum(ends, np.append(bounds, size)[number])
        ends = np.where(self.inside(at), ends, begins)
        if made is None:
            return begins, ends
        return np.searchsorted(made.source, begins), np.searchsorted(made.source, ends)

    def advance(self, state: State, end: int) -> None:
        """Brings `state` to offset `end`, up to which this block owns the text."""
        brackets = np.flatnonzero(_STEP[self._data[:end]])
        brackets = brackets[~self.inside(brackets)]
        state.depth = max(state.depth + int(_STEP[self._data[brackets]].sum()), 0)
        at = np.array([end], np.int64)
        state.inside = bool(self.inside(at)[0])
        state.embedded = bool(self.embedded(at)[0])
