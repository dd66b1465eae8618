"""HTML as the text a reader sees, and as a second text what stands in attributes, comments, scripts and styles.

A linear tokenizer of its own, block by block: no tree, no repair of nesting. Positions are those of the source.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.extract import charset, data_uris, escapes, percent
from pii_scan.extract.references import Builder, append_resolved, composed
from pii_scan.extract.text import BLOCK_BYTES, Piece, advance, mapped_batch, out_offset, read_head, segments
from pii_scan.model import ChunkBatch, Document, Limits, Problem

_META = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_XML_DECLARED = re.compile(rb"<\?xml[^>]{0,400}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})")
_NEXT = re.compile(rb"<(?:/?([A-Za-z][A-Za-z0-9:]*+)\s*+/?>|(?=[A-Za-z/!?]))")
"""A tag without attributes, or the `<` of what needs a closer look."""
_NAME = re.compile(rb"/?([A-Za-z][^\s/><]*)")
# To the `>` that ends a tag: `>` may stand in quoted values, `<` only there. Every byte is read once.
_TAG_REST = re.compile(rb"(?:[^<>\"'=]|=\s*+\"[^\"]*+\"|=\s*+'[^']*+'|=|[\"'])*+>")
_EMBEDDED = re.compile(rb"(data:[^,\"'<>\s]{0,250};base64,)[A-Za-z0-9+/=\s%]*+", re.IGNORECASE)
_JSON_ESCAPE = re.compile(rb"\\u[0-9A-Fa-f]{4}|\\(?:\"|&quot;|&#34;|/)")
_RAW = (b"script", b"style", b"noembed", b"xmp")
_RAW_END = {name: re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_INLINE = (
    b"a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr o:p q s samp small span strike "
    b"strong sub sup time tt u var wbr label"
)
# What stands for a tag in the text: nothing, a tab, a line end; a blank marks raw text. Unknown tags end a line.
_MARKS = dict.fromkeys(_INLINE.split(), b"") | {b"td": b"\t", b"th": b"\t"} | dict.fromkeys(_RAW, b" ")
_MARKS |= dict.fromkeys(b"p div tr li br table ul ol tbody thead h1 h2 h3 body html head option section".split(), b"\n")
_MAX_TOKEN = 256 << 10
_OVERLAP = 512


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The texts of an HTML document: for each block what is seen, and what is not, one text a batch; then what it
    carries in `data:` URIs, as members.
    """
    stream = document.content
    head = read_head(stream)
    yield from batches(stream, encoding_of(head), limits)
    yield from data_uris.members(document.ref, stream, limits)


def encoding_of(head: bytes, declared: str | None = None) -> str:
    """The encoding of an HTML document: byte order mark, `declared` (by a mail or HTTP header), `<meta>`, detection."""
    found = _META.search(head[:8192]) or _XML_DECLARED.search(head[:1024])
    return charset.declared_or_detected(declared or (found[1].decode("ascii") if found else None), head)


def batches(
    stream: BinaryIO, encoding: str, limits: Limits, first_line: int = 1, part: str = ""
) -> Iterator[ChunkBatch]:
    """The texts of an HTML stream from where it stands."""
    block_bytes = max(min(BLOCK_BYTES, limits.max_value_bytes // 8), 64)
    state, buffer, wanted = b"", b"", block_bytes
    line, column = first_line, 0
    blocks = segments(stream, encoding, None, block_bytes, old_mac=False)
    following = next(blocks, None)
    while following is not None or buffer:
        held = [buffer]
        size = len(buffer)
        while following is not None and size < wanted:
            held.append(following)
            size += len(following)
            following = next(blocks, None)
        buffer = b"".join(held)
        final = following is None
        reading = _Reading(buffer, state, final, min(_MAX_TOKEN, block_bytes))
        reading.run()
        end, resume, after = reading.cut()
        if not resume:
            wanted = 2 * size
            continue
        piece = Piece(buffer, line, column, None if resume == end else resume)
        for made in (reading.seen, reading.unseen):
            yield from _made(piece, made, end, resume, part)
        if final:
            return
        line, column = advance(buffer, resume, line, column)
        buffer, state, wanted = buffer[resume:], after, block_bytes


def read_whole(source: bytes, seen: Builder, unseen: Builder) -> None:
    """Adds the two texts of a whole piece of HTML in memory: what is seen, and what is not."""
    reading = _Reading(source, b"", True, _MAX_TOKEN)
    reading.seen, reading.unseen = seen, unseen
    reading.run()


def _made(piece: Piece, made: Builder, end: int, resume: int, part: str) -> Iterator[ChunkBatch]:
    """The batch of one of the two texts up to source offset `end`, if it owns anything."""
    text, marks = made.text(), made.marks()
    whole = len(piece.text)
    if text and (resume == whole or out_offset(resume, marks, len(text))):
        text = text if end == whole else text[: out_offset(end, marks, len(text))]
        decoded = percent.decode(text)
        if decoded is not None:
            text, marks = decoded.text, composed(decoded.marks(), marks, len(decoded.text))
        yield mapped_batch(piece, text, marks, part)


class _Reading:
    """One block: `seen` and `unseen` text, and where it may be cut.

    The state between blocks is empty (text), `!` (within a comment) or the name of a raw text element.
    """

    def __init__(self, source: bytes, state: bytes, final: bool, max_token: int) -> None:
        self.source = source
        self.seen, self.unseen = Builder(), Builder()
        self._state = state
        self._final = final
        self._max_token = max_token
        self._good = (0, state)
        """The last offset at which nothing is lost by a cut, and the state there."""
        self._fair: deque[int] = deque(maxlen=_OVERLAP)
        """Offsets in text at which a value may go on: cut here with an overlap."""
        self._failed = 0
        self._read = 0
        """What has been read as text or tags."""

    def cut(self) -> tuple[int, int, bytes]:
        """Where to end, where the next block begins, and the state there; zeros: read more first."""
        size = len(self.source)
        if self._final:
            return size, size, b""
        if self._good[0]:
            return self._good[0], *self._good
        end = self._fair[-1] if self._fair else self._read
        before = [offset for offset in self._fair if offset <= end - _OVERLAP]
        return end, before[-1] if before else end, b""

    def run(self) -> None:
        """Reads the block as far as it can be read without what follows."""
        position = 0
        while 0 <= position < len(self.source):
            if self._state == b"!":
                position = self._comment(position)
            elif self._state:
                position = self._raw(position)
            else:
                position = self._text_and_tag(position)

    def _comment(self, position: int) -> int:
        end = self.source.find(b"-->", position)
        if end < 0:
            return self._open_end(position, 2)
        self._hidden(position, end)
        self._state = b""
        return self._safe(end + 3)

    def _raw(self, position: int) -> int:
        match = _RAW_END[self._state].search(self.source, position)
        if match is None:
            return self._open_end(position, len(self._state) + 2)
        self._hidden(position, match.start())
        self._state = b""
        return self._safe(match.start())

    def _open_end(self, position: int, keep: int) -> int:
        """A comment or script that goes on after the block."""
        end = len(self.source)
        if not self._final:
            newline = self.source.rfind(b"\n", position) + 1
            end = newline if newline > position else max(end - keep, position)
            if newline <= position and end - position < self._max_token:
                return -1
        self._hidden(position, end)
        if end > position:
            self._safe(end)
        return end if self._final else -1

    def _text_and_tag(self, position: int) -> int:
        """Reads text and tags without attributes up to the first tag that needs more care, and that tag."""
        source, fair, add = self.source, self._fair, self.seen.add
        start, good = len(source), -1
        ended = self.seen.ends_with_newline()
        for match in _NEXT.finditer(source, position):  # for every tag: no calls that can be spared
            start, name = match.start(), match[1]
            if start > position:
                shown = source[position:start]
                if b"&" in shown or start - position > _OVERLAP:
                    self._visible(position, start)
                    ended = self.seen.ends_with_newline()
                else:
                    add(shown, position)
                    ended = shown.endswith(b"\n")
            if name is None:
                break
            position = match.end()
            mark = _MARKS.get(name)
            if mark is None:
                mark = self._tag_mark(name)
            if mark == b"":
                fair.append(position)
                start = len(source)
                continue
            good = position
            if mark == b"\t":
                if source[start + 1] != 47:
                    add(mark, start)
                    ended = False
            elif not ended:
                add(mark, start)
                ended = mark == b"\n"
            if mark == b" " and source[start + 1] != 47 and source[position - 2] != 47:
                self._state = name.lower()
                return self._safe(position)
            start = len(source)
        else:
            self._set_good(good)
            if position < len(source):
                self._visible(position, len(source))
            self._read = len(source)
            return len(source) if self._final else -1
        self._set_good(good)
        self._read = start
        return self._special(start)

    def _set_good(self, offset: int) -> None:
        if offset >= 0:
            self._good = (offset, b"")

    @staticmethod
    def _tag_mark(name: bytes) -> bytes:
        return _MARKS.get(name.lower(), b"\n")

    def _special(self, start: int) -> int:
        """A comment, a section, a tag with attributes, or a `<` that is none of these."""
        source = self.source
        if source.startswith(b"<!--", start):
            self._state = b"!"
            return start + 4
        if source.startswith(b"<![CDATA[", start):
            self.seen.add(b"\n", start)
            return start + 9
        end = self._tag_end(start)
        if end < 0:
            if not self._final and len(source) - start < self._max_token:
                return -1
            self.seen.add(b"<", start)
            return start + 1
        return self._tag(start, end)

    def _tag_end(self, start: int) -> int:
        """The offset after the tag's `>`, or -1 where it has none. Long failures are paid for from a budget."""
        if self._failed > 8 * self._max_token + 2 * len(self.source):
            return -1
        bound = min(len(self.source), start + self._max_token)
        match = _TAG_REST.match(self.source, start + 1, bound)
        if match is not None:
            return match.end()
        stray = self.source.find(b"<", start + 1, bound)
        bound = bound if stray < 0 else stray
        self._failed += bound - start
        return self.source.find(b">", start + 1, bound) + 1 or -1

    def _tag(self, start: int, end: int) -> int:
        source = self.source
        match = _NAME.match(source, start + 1, end)
        name = match[1].lower() if match else b""
        closing = source[start + 1] == ord("/")
        rest = match.end() if match else start + 1
        if not closing and end - 1 > rest and source[rest : end - 1].strip(b" /\t\r\n"):
            self._attributes(rest, end - 1)
        mark = _MARKS.get(name, b"\n")
        if not mark:
            self._fair.append(end)
            return end
        if mark == b"\t":
            if not closing:
                self.seen.add(mark, start)
        elif not self.seen.ends_with_newline():
            self.seen.add(b"\n", start)
        if mark == b" " and not closing and source[end - 2] != ord("/"):
            self._state = name
        return self._safe(end)

    def _safe(self, offset: int) -> int:
        self._good = (offset, self._state)
        return offset

    def _visible(self, start: int, end: int) -> None:
        append_resolved(self.seen, self.source[start:end], start, html_rules=True)
        if end - start > _OVERLAP:
            for match in re.finditer(rb"[\s,;>]", self.source[max(start, end - 4 * _OVERLAP) : end]):
                self._fair.append(max(start, end - 4 * _OVERLAP) + match.end())

    def _hidden(self, start: int, end: int) -> None:
        """Comments, scripts and styles: references and JSON escapes decoded, a line break after."""
        text = self.source[start:end]
        if b"\\" in text:
            made = escapes.unescape(text)
            self.unseen.add_marked(made.text, made.marks(), start)
        else:
            append_resolved(self.unseen, text, start, html_rules=True)
        if not self.unseen.ends_with_newline():
            self.unseen.add(b"\n", max(end - 1, start))

    def _attributes(self, start: int, end: int) -> None:
        """The attributes of one tag as one line: references resolved, and JSON escapes where there is JSON."""
        source = self.source
        at = start
        for match in _EMBEDDED.finditer(source, start, end):  # documents of their own
            append_resolved(self.unseen, source[at : match.end(1)], at, html_rules=True)
            at = match.end()
        text = source[at:end]
        if _JSON_ESCAPE.search(text) is None:
            append_resolved(self.unseen, text, at, html_rules=True)
        else:
            resolved = Builder()
            append_resolved(resolved, text, 0, html_rules=True)
            made = escapes.unescape(resolved.text())
            self.unseen.add_marked(made.text, composed(made.marks(), resolved.marks(), len(made.text)), at)
        self.unseen.add(b"\n", end - 1)
