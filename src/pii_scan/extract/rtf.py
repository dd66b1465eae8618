"""Rich Text Format (RTF Specification 1.9.1): body, headers, notes, comments, properties, links and embedded objects.

Locations: a line of a part, a paragraph or table row to a line; the body is the part without a name. Mail that was HTML
before it became RTF ([MS-OXRTFEX]) is turned back and read as HTML. Pictures and embedded objects are members.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract import code_pages, html, ole_objects
from pii_scan.extract.limits import MemberNames, Spool
from pii_scan.extract.office_art import Picture
from pii_scan.extract.office_pictures import Pictures
from pii_scan.extract.office_text import PartTexts
from pii_scan.extract.rtf_state import Collected, Flow, FontTable, HexData, Markup, Nowhere, PictureData, Place, Twice
from pii_scan.extract.rtf_tokens import Kind, Token, tokens
from pii_scan.extract.rtf_words import (
    CHARACTERS,
    FLOWS,
    HOLLOW,
    PICTURES,
    PROPERTIES,
    SHAPE_TEXTS,
    SPACED,
    SYMBOLS,
    TEXTLESS,
)
from pii_scan.model import ChunkBatch, Document, Limits, Problem, ProblemCode, Stage

MAX_DEPTH = 20_000
"""Groups within groups; of deeper ones the text is kept, where it belongs is not."""

Piece = ChunkBatch | Document | Problem

_NOWHERE = Nowhere()
_HOLLOW = Place()
_HELD_BYTES = 1 << 16
_CHECK_CHARS = 1 << 16
_PAGES = {b"ansi": 1252, b"mac": 10000, b"pc": 437, b"pca": 850}


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Texts as they come, embedded objects where they stand, properties last. Raises DocumentError (`limit`)."""
    reader = _Reader(document, limits)
    try:
        for token in tokens(document.content):
            reader.take(token)
            if reader.changed:
                yield from reader.ready()
        reader.finish()
    except DocumentError:
        yield from reader.rest()
        raise
    yield from reader.rest()


State = tuple[Place, str, int, bool]


class _Reader:
    """One document on its way through: where text goes, and in which encoding."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self._ref = document.ref
        self._limits = limits
        self._flows: dict[str, Flow] = {}
        self._body: Place = self._flow("")
        self._place: Place = self._body
        self._encoding = self._default = "cp1252"
        self._fonts = FontTable(self._use_default_font)
        self._fallback = 1
        """Characters that follow `\\u` for readers that know no Unicode."""
        self._hidden = False
        """Within `\\htmlrtf`: what was added to HTML to make it RTF."""
        self._stack: list[State] = []
        self._too_deep = 0
        self._fresh = self._starred = False
        self._skip = self._high = self._chars = 0
        self._bytes = bytearray()
        self._names = MemberNames()
        self._pictures = Pictures(document.ref, self._names, limits)
        self._properties = PartTexts(limits)
        self._property = self._shape_property = self._class = ""
        self._markup: Markup | None = None
        self._problems: dict[str, ProblemCode] = {}
        self._out: list[Callable[[], Iterator[Piece]]] = []
        self.changed = False
        """Something may be ready to be given out."""

    def _flow(self, part: str) -> Flow:
        if part not in self._flows:
            self._flows[part] = Flow(part, self._limits, part in SPACED)
        return self._flows[part]

    # what comes out

    def ready(self) -> Iterator[Piece]:
        """Objects that ended, and texts that are full."""
        self.changed = False
        out, self._out = self._out, []
        for pieces in out:
            yield from pieces()
        for flow in self._flows.values():
            yield from flow.ready()
        yield from self._properties.ready()

    def finish(self) -> None:
        """The document ended."""
        self._flush()
        if self._stack:
            self._problems["the end of the document is missing"] = ProblemCode.TRUNCATED
        self._too_deep = 0
        while self._stack:
            self._close()

    def rest(self) -> Iterator[Piece]:
        """All that is left."""
        yield from self.ready()
        if self._markup is not None:
            with self._markup.spool.finish() as content:
                yield from html.extract(Document(self._ref, content, "text/html"), self._limits)
        for flow in self._flows.values():
            yield from flow.rest()
        yield from self._properties.rest()
        for detail, code in self._problems.items():
            yield Problem(self._ref, Stage.EXTRACT, code, detail)

    # tokens

    def take(self, token: Token) -> None:
        """Reads one token."""
        kind, data, number = token
        if kind == Kind.TEXT:
            self._text(data)
        elif kind == Kind.WORD:
            self._word(data, number)
        elif kind == Kind.HEX:
            self._hex(data)
        elif kind == Kind.OPEN:
            self._open()
        elif kind == Kind.CLOSE:
            self._close()
        elif kind == Kind.SYMBOL:
            self._symbol(data)
        elif kind == Kind.BINARY:
            self._place.add(data)
        elif kind == Kind.LOST:
            self._problems["binary data end too early"] = ProblemCode.TRUNCATED

    def _text(self, data: bytes) -> None:
        self._fresh = False
        place = self._place
        if place.deep:
            place.feed(data)
            return
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if self._bytes or not data.isascii():
            self._bytes += data
            if len(self._bytes) > _HELD_BYTES:
                self._flush(final=False)
        elif data:
            self._write(data.decode("ascii"))

    def _hex(self, data: bytes) -> None:
        self._fresh = False
        if self._skip:
            self._skip -= 1
        elif not self._place.deep:
            self._bytes += bytes.fromhex(data.decode("ascii"))
            if len(self._bytes) > _HELD_BYTES:
                self._flush(final=False)

    def _flush(self, final: bool = True) -> None:
        """Decodes the bytes that were gathered."""
        if self._bytes:
            decoder = codecs.getincrementaldecoder(self._encoding)("replace")
            text = decoder.decode(bytes(self._bytes), final)
            self._bytes = bytearray() if final else bytearray(decoder.getstate()[0])
            self._write(text)

    def _write(self, text: str) -> None:
        if not (self._hidden and self._place is self._body):
            self._place.write(text)
            self._chars += len(text)
            if self._chars >= _CHECK_CHARS:
                self._chars, self.changed = 0, True

    def _open(self) -> None:
        self._flush()
        self._skip = 0
        self._fresh, self._starred = True, False
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep += 1
            self._problems[f"groups nested deeper than {MAX_DEPTH}"] = ProblemCode.LIMIT
        else:
            self._stack.append((self._place, self._encoding, self._fallback, self._hidden))

    def _close(self) -> None:
        self._flush()
        self._skip = 0
        self._fresh = False
        if self._too_deep:
            self._too_deep -= 1
        elif self._stack:
            place = self._place
            self._place, self._encoding, self._fallback, self._hidden = self._stack.pop()
            if place is not self._place:
                place.close()
            elif place.spaced:
                place.write(" ")

    def _symbol(self, data: bytes) -> None:
        if data == b"*":
            self._starred = self._fresh
            return
        self._fresh = False
        if self._skip:
            self._skip -= 1
        elif data in SYMBOLS and not self._place.deep:
            self._flush()
            self._write(SYMBOLS[data])

    # control words

    def _word(self, word: bytes, number: int | None) -> None:
        fresh, starred = self._fresh, self._starred
        self._fresh = self._starred = False
        place = self._place
        if place.deep:
            if isinstance(place, Twice) and word == b"ud":
                self._place = place.outer
            else:
                place.word(word, number)
            return
        if self._bytes:
            self._flush()
        skip, self._skip = self._skip, 0
        if not starred and word not in _MEANT:  # how text looks
            return
        character = CHARACTERS.get(word)
        if character is not None:
            if not skip or character.isspace():
                self._write(character)
        elif word == b"u":
            self._unicode(number or 0)
        elif word in _ACTIONS:
            _ACTIONS[word](self, 1 if number is None else number)
        elif word in _PAGES:
            self._default = self._encoding = code_pages.codec(_PAGES[word]) or "cp1252"
        elif word in FLOWS:
            self._place = self._flow(FLOWS[word])
        elif word in PROPERTIES:
            self._collect(lambda text: self._properties.add(f"properties: {PROPERTIES[word]}", text))
        elif word in TEXTLESS or word in HOLLOW or word == b"pict":
            if fresh or len(self._stack) > 1:  # in the outermost group it would take all of the text
                self._place = _NOWHERE if word in TEXTLESS else _HOLLOW
                if word == b"pict":
                    self._picture()
        elif isinstance(place, PictureData) and word in PICTURES:
            place.kind = PICTURES[word]
        elif starred and not place.spaced:
            self._place = self._flow("other text")

    def _unicode(self, number: int) -> None:
        self._skip = self._fallback
        code = number + 0x10000 if number < 0 else number
        if 0xD800 <= code < 0xDC00:
            self._high = code
            return
        high, self._high = self._high, 0
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + (high - 0xD800 << 10) + code - 0xDC00
        if 0 < code <= 0x10FFFF:
            self._write(chr(code))

    def _collect(self, done: Callable[[str], None]) -> None:
        self._place = Collected(done, self._limits)

    def _use_font(self, number: int) -> None:
        self._encoding = self._fonts.encodings.get(number, self._default)

    def _use_default_font(self) -> None:
        self._use_font(self._fonts.default)

    def _set_default(self, number: int) -> None:
        self._default = self._encoding = code_pages.codec(number) or self._default

    def _set(self, name: str, value: object) -> None:
        setattr(self, name, value)

    def _shape_value(self) -> None:
        if self._shape_property.strip() in SHAPE_TEXTS:
            self._place = self._flow("drawings")
        else:
            self._place = _HOLLOW

    def _property_value(self) -> None:
        self._collect(lambda text: self._properties.add("properties: custom", f"{self._property}: {text}"))

    def _end_note(self) -> None:
        if self._place is self._flows.get("footnotes"):
            self._place = self._flow("endnotes")

    def _object(self, label: str) -> None:
        def done(spool: Spool) -> None:
            name = self._class.strip() or label
            self._out.append(lambda: ole_objects.from_ole1(self._ref, spool.finish(), name, self._names, self._limits))
            self._class, self.changed = "", True

        self._place = HexData(done, self._limits)

    # HTML within

    def _from_html(self) -> None:
        if self._markup is None:
            self._markup = Markup(self._limits)
            old, self._body = self._body, self._markup
            self._stack = [(self._body if s[0] is old else s[0], *s[1:]) for s in self._stack]
            self._place = self._body if self._place is old else self._place

    def _picture(self) -> None:
        def done(spool: Spool, kind: str) -> None:
            if spool.size:
                self._out.append(lambda: self._picture_member(spool, kind))
                self.changed = True

        self._place = PictureData(done, self._limits)

    def _picture_member(self, spool: Spool, kind: str) -> Iterator[Piece]:
        with spool.finish() as content:
            yield from self._pictures.member(Picture(content, 0, spool.size, kind))

    def _html_tag(self) -> None:
        if self._markup is None:
            self._place = self._flow("other text")
        else:
            self._place = Markup(self._limits, self._markup.spool)
            self._encoding = self._default


_ACTIONS: dict[bytes, Callable[[_Reader, int], None]] = {
    b"f": lambda reader, number: reader._use_font(number),
    b"plain": lambda reader, _: reader._use_default_font(),
    b"deff": lambda reader, number: reader._fonts.set_default(number),
    b"ansicpg": lambda reader, number: reader._set_default(number),
    b"uc": lambda reader, number: reader._set("_fallback", min(max(number, 0), 64)),
    b"htmlrtf": lambda reader, number: reader._set("_hidden", bool(number)),
    b"fromhtml": lambda reader, number: reader._from_html() if number else None,
    b"fonttbl": lambda reader, _: reader._set("_place", reader._fonts),
    b"upr": lambda reader, _: reader._set("_place", Twice(reader._place)),
    b"fldinst": lambda reader, _: reader._write(" "),
    b"fldrslt": lambda reader, _: reader._write(" "),
    b"ftnalt": lambda reader, _: reader._end_note(),
    b"sn": lambda reader, _: reader._collect(lambda text: reader._set("_shape_property", text)),
    b"sv": lambda reader, _: reader._shape_value(),
    b"propname": lambda reader, _: reader._collect(lambda text: reader._set("_property", text)),
    b"staticval": lambda reader, _: reader._property_value(),
    b"linkval": lambda reader, _: reader._property_value(),
    b"objclass": lambda reader, _: reader._collect(lambda text: reader._set("_class", text)),
    b"objdata": lambda reader, _: reader._object("object"),
    b"datastore": lambda reader, _: reader._object("custom XML"),
    b"htmltag": lambda reader, _: reader._html_tag(),
}
_MEANT = frozenset({b"u", b"pict", *CHARACTERS, *_ACTIONS, *_PAGES, *FLOWS, *PROPERTIES, *TEXTLESS, *HOLLOW, *PICTURES})
