"""What reads an XML part, and what gathers its text into batches: lines, and texts with a name of their own.

Streams through expat: no tree is built, declarations of types and entities are refused. Element names are compared
without their namespace, so that strict and transitional files read the same. Knows nothing of packages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import PIECE, Readable
from pii_scan.model import ChunkBatch, Limits, LineOrigin, Origin, PartOrigin, ProblemCode

OVERLAP = 1024
"""Characters that two pieces of one overlong value share."""
_BATCH_CHARS = 1 << 20
_BATCH_TEXTS = 4096
SURROGATES = re.compile("[\ud800-\udfff]")


class PartError(Exception):
    """One part of a package cannot be read; the others can. Becomes a Problem."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def batch_of(texts: list[str], origin: Origin) -> ChunkBatch:
    """Texts as a batch; lone surrogates, which are not valid UTF-8, become question marks."""
    try:
        return ChunkBatch(pa.array(texts, pa.large_string()), origin)
    except UnicodeEncodeError:
        return ChunkBatch(pa.array([SURROGATES.sub("?", text) for text in texts], pa.large_string()), origin)


def batch_chars(limits: Limits) -> int:
    """Characters to gather in one text: about 1 MiB, and never above the largest value in UTF-8."""
    return max(min(_BATCH_CHARS, limits.max_value_bytes // 4), 2 * OVERLAP)


def cut(text: str, limits: Limits) -> list[str]:
    """A text in pieces that may stand in a batch; the pieces of an overlong one overlap.

    >>> cut("abc", Limits())
    ['abc']
    """
    size = max(limits.max_value_bytes // 4, 2 * OVERLAP)
    if len(text) <= size:
        return [text]
    return [text[at : at + size] for at in range(0, len(text) - OVERLAP, size - OVERLAP)]


class TextLines:
    """Gathers the lines of one part and gives them out as batches with line numbers."""

    def __init__(self, part: str, limits: Limits) -> None:
        self._part = part
        self._size = batch_chars(limits)
        self._pieces: list[str] = []
        self._chars = 0
        self._line = 1
        self.filled = False
        """Some text that is not blank was added."""

    def add(self, line: str) -> None:
        """One line, or several with line breaks between them."""
        self._pieces += (line, "\n")
        self._chars += len(line) + 1
        self.filled = self.filled or not (not line or line.isspace())

    def write(self, text: str) -> None:
        """Text that may begin, go on with or end a line; line breaks in it end lines."""
        self._pieces.append(text)
        self._chars += len(text)
        self.filled = self.filled or not (not text or text.isspace())

    def ready(self) -> Iterator[ChunkBatch]:
        """Batches that are full."""
        if self._chars >= self._size:
            yield from self._drain(last=False)

    def rest(self) -> Iterator[ChunkBatch]:
        """What is left."""
        yield from self._drain(last=True)

    def _drain(self, last: bool) -> Iterator[ChunkBatch]:
        text = SURROGATES.sub("?", "".join(self._pieces))
        start = 0
        while len(text) - start > self._size:
            end = text.rfind("\n", start, start + self._size) + 1
            if end > start:
                yield self._batch(text[start:end])
                start = end
            else:  # one overlong line: cut, with an overlap
                owned = text[start : start + self._size - OVERLAP]
                yield self._batch(text[start : start + self._size], len(owned.encode()))
                start += len(owned)
        rest = text[start:]
        if last and rest.strip():
            yield self._batch(rest)
        self._pieces = [] if last else [rest]
        self._chars = 0 if last else len(rest)

    def _batch(self, text: str, owned_bytes: int | None = None) -> ChunkBatch:
        batch = batch_of([text], LineOrigin(self._line, self._part, owned_bytes=owned_bytes))
        self._line += text.count("\n")
        return batch


class PartTexts:
    """Gathers texts that have a name each, and gives them out as batches."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._size = batch_chars(limits)
        self._names: list[str] = []
        self._texts: list[str] = []
        self._chars = 0

    def add(self, name: str, text: str) -> None:
        """A text and the name of its part; blank texts are left out."""
        if not text or text.isspace():
            return
        for piece in cut(text, self._limits):
            self._names.append(name)
            self._texts.append(piece)
            self._chars += len(piece)

    def ready(self) -> Iterator[ChunkBatch]:
        """A batch, if it is full."""
        if self._chars >= self._size or len(self._texts) >= _BATCH_TEXTS:
            yield from self.rest()

    def rest(self) -> Iterator[ChunkBatch]:
        """What is left."""
        for at in range(0, len(self._texts), _BATCH_TEXTS):
            names = tuple(self._names[at : at + _BATCH_TEXTS])
            yield batch_of(self._texts[at : at + _BATCH_TEXTS], PartOrigin(names))
        self._names, self._texts, self._chars = [], [], 0


class _LocalNames(dict[str, str]):
    """Element names without their prefix, remembered."""

    def __missing__(self, name: str) -> str:
        local = name.rpartition(":")[2]
        if len(self) < 10_000:
            self[name] = local
        return local


class Reader:
    """Feeds XML to `_begin`, `_chars` and `_close`, which families override. Names come without prefix.

    Raises PartError for XML that is not well-formed or declares types, DocumentError (`limit`) for too deep nesting.
    """

    def __init__(self, limits: Limits) -> None:
        self.stack: list[str] = []
        """Open elements, outermost first; `_close` sees its own element gone."""
        self._local = _LocalNames()
        self._max_depth = limits.max_xml_depth
        self.encoding = "utf-8"
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = PIECE
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._chars
        parser.StartDoctypeDeclHandler = self._refuse
        parser.XmlDeclHandler = self._declared
        self._parser = parser

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        """An element begins; `stack` ends with it."""

    def _close(self, tag: str) -> None:
        """An element ended; `stack` ends with its parent."""

    def _chars(self, data: str) -> None:
        """Text, maybe in several pieces."""

    def feed(self, data: bytes, last: bool = False) -> None:
        """Parses more of the part."""
        try:
            self._parser.Parse(data, last)
        except (expat.ExpatError, LookupError, ValueError):
            raise PartError(ProblemCode.CORRUPT, "a part is not well-formed XML") from None

    def read(self, stream: Readable) -> Iterator[None]:
        """Parses the part piece by piece, and gives way after each."""
        while data := stream.read(PIECE):
            self.feed(data)
            yield
        self.feed(b"", last=True)

    def read_all(self, stream: Readable) -> None:
        """Parses the part."""
        for _ in self.read(stream):
            pass

    def _start(self, name: str, attrs: dict[str, str]) -> None:
        tag = self._local[name]
        self.stack.append(tag)
        if len(self.stack) > self._max_depth:
            raise DocumentError("limit", f"XML is nested deeper than {self._max_depth} elements")
        self._begin(tag, attrs)

    def _end(self, name: str) -> None:
        self._close(self.stack.pop())

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()

    def _refuse(self, _name: str, _system: str | None, _public: str | None, declares: int) -> None:
        if not declares:  # names a DTD, which is not fetched: the macro libraries of OpenDocument do
            return
        raise PartError(ProblemCode.UNSUPPORTED, "a part declares a document type, which is not read")
