"""vCard (2.1, 3.0, 4.0) and iCalendar as text with their lines: unfolded, escapes and quoted-printable decoded.

Property names and parameters stay beside the values, as context. Photos and attachments within are documents of their
own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pii_scan.extract import charset, mail_body, percent
from pii_scan.extract.limits import MemberNames, Spool
from pii_scan.extract.references import Builder, composed
from pii_scan.extract.text import Piece, decoded_batch, mapped_batch, read_head, segments
from pii_scan.model import ChunkBatch, Document, Limits, Problem, ProblemCode, Stage

_BLOCK_BYTES = 256 << 10
_NAME = re.compile(rb"[ \t]*(?:[\w-]+\.)?([A-Za-z][A-Za-z0-9-]*)((?:;[^:;\"\r\n]*(?:\"[^\"\r\n]*\"[^:;\"\r\n]*)*)*):")
_QUOTED_PRINTABLE = re.compile(rb";(?:ENCODING=)?QUOTED-PRINTABLE\b", re.IGNORECASE)
_BASE64 = re.compile(rb";(?:ENCODING=\"?(?:B|BASE64)\"?|BASE64)(?=[;:])", re.IGNORECASE)
_DATA_URI = re.compile(rb"data:[^,;\s]{0,100}(?:;[^,;\s]{0,100}){0,5};base64,", re.IGNORECASE)
_CHARSET = re.compile(rb";CHARSET=\"?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_FILE_NAME = re.compile(rb";(?:X-[A-Z-]*)?FILENAME=(?:\"([^\"]*)\"|([^;:]*))", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=]+\s*")
_STRUCTURED = {b"N", b"ADR", b"ORG", b"GEO"}
# What a value is written in: folds, backslash escapes, and in quoted-printable runs of bytes and soft line ends.
_PLAIN = rb"\r?\n[ \t]|\\(?:\r?\n[ \t])?[\\,;:nN]|;"
_TOKEN = re.compile(_PLAIN)
_QP_TOKEN = re.compile(rb"(?:=[0-9A-Fa-f]{2}(?:=[ \t]*\r?\n)?)+|=[ \t]*\r?\n|" + _PLAIN)
_SIGNS = {b"n": b"\n", b"N": b"\n"}


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The text of a vCard file (vCard 2.1; RFC 2426, RFC 6350) or calendar (RFC 5545), and what is embedded in it as
    members `VCARD 1/PHOTO`. A file that ends within a component is `truncated`.
    """
    yield from _Contacts(document, limits).read()


@dataclass(slots=True)
class _Property:
    """The start of a property."""

    name: bytes
    parameters: bytes
    value: int
    """Offset of the value in the line."""

    @property
    def quoted_printable(self) -> bool:
        return _QUOTED_PRINTABLE.search(self.parameters) is not None


class _Contacts:
    """One file on its way through."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self._document = document
        self._limits = limits
        self._names = MemberNames()
        self._counts: dict[bytes, int] = {}
        self._open: list[str] = []
        self._line = 1
        self._clear()

    def _clear(self) -> None:
        self._source: list[bytes] = []
        self._size = 0
        self._made = Builder()

    def read(self) -> Iterator[ChunkBatch | Document | Problem]:
        """Everything."""
        stream = self._document.content
        encoding = charset.detect(read_head(stream))
        limit = max(self._limits.max_value_bytes // 4, 1024)
        lines = _Lines(segments(stream, encoding, None, min(_BLOCK_BYTES, limit)), limit)
        while line := lines.next():
            found = self._property(line)
            if found is not None and (start := self._embedded(found, line)):
                yield from self._member(found, line, start, lines)
                continue
            line = lines.whole(line, found is not None and found.quoted_printable)
            self._add(found, line)
            if self._size >= min(_BLOCK_BYTES, limit):
                yield from self._flush()
        yield from self._flush()
        if self._open:
            detail = "the file ends within a component"
            yield Problem(self._document.ref, Stage.EXTRACT, ProblemCode.TRUNCATED, detail)

    def _flush(self) -> Iterator[ChunkBatch]:
        """The text gathered so far."""
        source, made = b"".join(self._source), self._made
        if source.strip():
            text, marks = made.text(), made.marks()
            decoded = percent.decode(text)  # in URIs
            if decoded is not None:
                text, marks = decoded.text, composed(decoded.marks(), marks, len(decoded.text))
            yield mapped_batch(Piece(source, self._line), text, marks)
        self._line += source.count(b"\n")
        self._clear()

    def _property(self, line: bytes) -> _Property | None:
        """The property that a line begins; keeps account of components."""
        match = _NAME.match(line)
        if match is None:
            return None
        name = match[1].upper()
        if name == b"BEGIN" and len(self._open) < 64:
            component = line[match.end() :].strip().upper()[:40]
            self._counts[component] = self._counts.get(component, 0) + 1
            self._open.append(f"{component.decode('ascii', 'replace')} {self._counts[component]}")
        elif name == b"END" and self._open:
            self._open.pop()
        return _Property(name, match[2], match.end())

    def _embedded(self, found: _Property, line: bytes) -> int:
        """Where base64 begins in the line; 0 where none does."""
        uri = _DATA_URI.match(line, found.value)
        if uri is not None:
            return uri.end()
        return found.value if _BASE64.search(found.parameters + b":") else 0

    def _member(self, found: _Property, line: bytes, start: int, lines: _Lines) -> Iterator[ChunkBatch | Document]:
        """A value in base64: its property as text, the bytes as a document."""
        self._add(found, line[:start] + b"\n")
        yield from self._flush()
        place = self._line - 1
        self._line += line.count(b"\n") - 1
        decoder = mail_body.Base64()
        store = Spool(self._limits.spool_bytes)
        try:
            store.write(decoder.feed(line[start:]))
            for more in lines.base64():
                self._line += more.count(b"\n")
                store.write(decoder.feed(more))
            store.write(decoder.finish())
        except BaseException:
            store.close()
            raise
        if decoder.stray:  # no base64 after all
            yield decoded_batch(Piece(decoder.stray, place, len(line[:start].decode("utf-8", "replace"))))
        name = _FILE_NAME.search(found.parameters)
        label = (name[1] or name[2]).decode("utf-8", "replace") if name else found.name.decode("ascii", "replace")
        path = "/".join([*self._open[-1:], label or "attachment"])
        if store.size:
            yield Document(self._document.ref.member(self._names.unique(path), store.size), store.finish())
        else:
            store.close()

    def _add(self, found: _Property | None, line: bytes) -> None:
        """Decodes a whole line, which is the next of the source."""
        plain = found is None or not (found.name in _STRUCTURED or found.quoted_printable)
        if found is None or (
            plain and b"\\" not in line and b"%" not in line and 0 <= line.find(b"\n") == len(line) - 1
        ):
            self._made.add(line, self._size)
        else:
            self._made.add(line[: found.value], self._size)
            self._value(found, line, found.value)
        self._source.append(line)
        self._size += len(line)

    def _value(self, found: _Property, line: bytes, at: int) -> None:
        structured = found.name in _STRUCTURED
        encoding = None
        declared = _CHARSET.search(found.parameters)
        pattern = _QP_TOKEN if found.quoted_printable else _TOKEN
        empty = True  # nothing of a structured value yet: its empty components are left out
        for match in pattern.finditer(line, at):
            token, start = match[0], match.start()
            self._made.add(line[at:start], self._size + at)
            empty = empty and start == at
            at = match.end()
            if token == b";":
                if not structured:
                    self._made.add(b";", self._size + start)
                elif not empty:
                    self._made.add(b", ", self._size + start)
                    empty = True
            elif token[:1] == b"\\":
                self._made.add(_SIGNS.get(token[-1:], token[-1:]), self._size + start)
                empty = False
            elif token[:1] == b"=" and not token[1:].isspace():
                raw = bytes.fromhex(re.sub(rb"=[ \t]*\r?\n|=", b"", token).decode("ascii"))
                if encoding is None:
                    encoding = charset.declared_or_detected(declared[1].decode("ascii") if declared else None, raw)
                text = raw.decode(encoding, "replace").encode("utf-8", "replace").replace(b"\0", b" ")
                self._made.add(text.replace(b"\r\n", b"\n"), self._size + start)
                empty = False
        self._made.add(line[at:], self._size + at)


class _Lines:
    """Physical lines; very long ones in parts."""

    def __init__(self, blocks: Iterator[bytes], limit: int) -> None:
        self._parts = _physical(blocks, limit)
        self._limit = limit
        self._pushed = next(self._parts, b"")

    def next(self) -> bytes:
        """The next line with its end; empty after the last."""
        line, self._pushed = self._pushed, next(self._parts, b"")
        return line

    def whole(self, line: bytes, quoted_printable: bool) -> bytes:
        """The line with the lines that continue it: those that begin with a blank, and those after a soft line end."""
        held = [line]
        size = len(line)
        while self._pushed and size < self._limit:
            soft = quoted_printable and held[-1].rstrip(b" \t\r\n").endswith(b"=")
            if not (soft or (self._pushed[:1] in (b" ", b"\t") and held[-1].endswith(b"\n"))):
                break
            held.append(self.next())
            size += len(held[-1])
        return b"".join(held)

    def base64(self) -> Iterator[bytes]:
        """The lines that go on with base64: up to an empty line or one of something else."""
        while self._pushed and _BASE64_LINE.fullmatch(self._pushed.lstrip(b" \t")):
            yield self.next()


def _physical(blocks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    carry = b""
    for block in blocks:
        data, start = carry + block, 0
        while end := data.find(b"\n", start) + 1:
            yield data[start:end]
            start = end
        carry = data[start:]
        if len(carry) >= limit:
            cut = max(carry.rfind(b" "), carry.rfind(b",")) + 1 or len(carry)
            yield carry[:cut]
            carry = carry[cut:]
    if carry:
        yield carry
