"""The text of a binary Word document, piece by piece: marks become line breaks and tabs, bytes become characters."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import size_of
from pii_scan.extract.office_text import TextLines
from pii_scan.extract.word_fib import Fib, TextPiece
from pii_scan.extract.word_fonts import Fonts
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

_BLOCK_CHARS = 1 << 16
_MAX_FACTOR = 8
"""The pieces of a text may say so many times what the stream holds."""
_MARKS = str.maketrans({
    "\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x0e": "\n", "\x07": "\t", "\x13": " ", "\x14": " ", "\x15": " ",
    "\x1e": "-", "\x1f": "", "\xa0": " ", "\0": " ", "\x01": "", "\x02": "", "\x03": "", "\x04": "", "\x05": "",
    "\x08": "", "\x06": "", "\x0f": "", "\x10": "", "\x11": "", "\x12": "",
})  # fmt: skip
_PICTURE = "\x01"


def stories(
    ref: DocumentRef, fib: Fib, main: BinaryIO, table: BinaryIO, limits: Limits, label: str = ""
) -> Generator[ChunkBatch | Problem, None, int]:
    """All texts of a document; returns how many pictures and objects it names but may not hold elsewhere.

    `label`: what to call the body. Raises DocumentError (`limit`).
    """
    try:
        pieces = fib.text_pieces(table)
    except DocumentError as error:
        yield Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)
        size = max(fib.text_end - fib.text_start, 0)
        pieces = [TextPiece(0, size // 2 if fib.wide else size, fib.text_start, fib.wide)]
    reading = _Reading(fib, main, table, limits, label)
    try:
        for piece in pieces:
            yield from reading.piece(piece)
    finally:
        yield from reading.rest()
    if reading.cut:
        yield Problem(ref, Stage.EXTRACT, ProblemCode.TRUNCATED, "text of the document is missing")
    return reading.pictures if fib.old or not reading.filled else 0


def plain_file(document: Document, limits: Limits) -> Iterator[ChunkBatch | Problem]:
    """A document of Word 2 or older, which is no compound file. Raises DocumentError."""
    content = document.content
    fib = Fib(content)
    marks = yield from stories(document.ref, fib, content, content, limits)
    yield from lost_pictures(document.ref, marks)


def lost_pictures(ref: DocumentRef, count: int) -> Iterator[Problem]:
    """What is to be said of pictures that stand in the text and were not found."""
    if count > 0:
        detail = f"{count} pictures or objects in the text were not read"
        yield Problem(ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)


class _Reading:
    """The text of one document on its way through its stories."""

    def __init__(self, fib: Fib, main: BinaryIO, table: BinaryIO, limits: Limits, label: str) -> None:
        self._main = main
        self._limits = limits
        self._label = label
        self._fonts = Fonts(fib, main) if fib.old else None
        self._row_ends = fib.row_ends(main, table)
        self._stories = fib.stories(table)
        self._part, self._left = self._next_story(label)
        self._lines: dict[str, TextLines] = {}
        self._room = _MAX_FACTOR * size_of(main) + _BLOCK_CHARS
        self.cut = False
        """Some of the text is not there."""
        self.pictures = 0

    @property
    def filled(self) -> bool:
        """Some text that is not blank was found."""
        return any(lines.filled for lines in self._lines.values())

    def _next_story(self, otherwise: str) -> tuple[str, int]:
        part, count = next(self._stories, (otherwise, 1 << 32))
        if self._label:
            part = f"{self._label}: {part}" if part and part != self._label else self._label
        return part, count

    def piece(self, piece: TextPiece) -> Iterator[ChunkBatch]:
        """The text of one piece. Raises DocumentError (`limit`) when pieces say far more than there is."""
        at, left, width = piece.offset, piece.end - piece.first, 1 + piece.wide
        while left > 0:
            if not self._left:
                self._lines_of(self._part).write("\n")
                self._part, self._left = self._next_story("other text")
                continue
            count = min(left, self._left, _BLOCK_CHARS)
            self._main.seek(at)
            data = self._main.read(count * width)
            self._room -= len(data)
            if self._room < 0:
                raise DocumentError("limit", "the pieces of the document overlap")
            lines = self._lines_of(self._part)
            lines.write(self._text(data, at, width))
            yield from lines.ready()
            if len(data) < count * width:
                self.cut = True
                self._left -= min(left, self._left)
                return
            at, left, self._left = at + count * width, left - count, self._left - count

    def _lines_of(self, part: str) -> TextLines:
        if part not in self._lines:
            self._lines[part] = TextLines(part, self._limits)
        return self._lines[part]

    def _text(self, data: bytes, offset: int, width: int) -> str:
        if self._row_ends and 7 in data:
            data = self._with_rows(data, offset, width)
        if width == 2:
            text = data.decode("utf-16-le", "replace")
        elif self._fonts is None:
            text = data.decode("cp1252", "replace")
        else:
            text = "".join(run.decode(codec, "replace") for run, codec in self._fonts.runs(data, offset))
        if not self._row_ends:
            text = text.replace("\x07\x07", "\x07\n")
        self.pictures += text.count(_PICTURE)
        return text.translate(_MARKS)

    def _with_rows(self, data: bytes, offset: int, width: int) -> bytes:
        """The bytes with a line break for each mark that ends a table row."""
        out = bytearray(data)
        at = data.find(7)
        while at >= 0:
            if at % width == 0 and offset + at + width in self._row_ends and not any(data[at + 1 : at + width]):
                out[at] = 10
            at = data.find(7, at + 1)
        return bytes(out)

    def rest(self) -> Iterator[ChunkBatch]:
        """What is left of all parts."""
        for lines in self._lines.values():
            yield from lines.rest()
