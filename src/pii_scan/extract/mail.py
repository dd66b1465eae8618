"""Mail messages (EML, MHTML): header fields and bodies as text, attachments and attached messages as documents.

A streaming walk over the MIME structure (RFC 2046): no part has to fit in memory. Decrypts nothing.
"""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import charset, identity, mail_body, mail_headers, signatures, uuencode
from pii_scan.extract.limits import PIECE, MemberNames, Spool, Window, size_of
from pii_scan.extract.mail_headers import Header
from pii_scan.extract.mail_lines import Lines
from pii_scan.extract.text import lines_batch, short_texts, text_batches
from pii_scan.model import ChunkBatch, Document, Limits, PartOrigin, Problem, ProblemCode, Stage

MAX_MULTIPART_DEPTH = 50
_BEFORE_HEADER = b"\xef\xbb\xbf \t\r\n\0"
"""What may stand before the first field, as `media_type` allows: a byte order mark, blank lines, padding."""
_LENGTH_LINE = 64

_TEXT_TYPES = {"text/plain", "text/rfc822-headers", "message/delivery-status", "message/disposition-notification",
               "message/partial", "message/external-body", "message/global-headers"}  # fmt: skip
_MESSAGE_TYPES = {"message/rfc822", "message/global", "message/news"}
_CMS_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}

Piece = ChunkBatch | Document | Problem


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Everything in a message. Raises nothing of its own; a message that ends too early is a Problem.

    Apple's EMLX has a line with the length of the message before it and a property list, a member, after it.
    """
    content = document.content
    first = content.readline(_LENGTH_LINE)
    begin, length = len(first), int(first) if first.strip().isdigit() else -1
    end = min(begin + length, size_of(content))
    content.seek(max(end, 0))
    if length < 0 or content.read(64).lstrip()[:5] not in (b"", b"<?xml", b"<!DOC"):
        content.seek(0)
        yield from _Message(document, limits).walk()
        if length >= 0:
            detail = "the length before the message is wrong; what follows it is read as a part of it"
            yield Problem(document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, detail)
        return
    with io.BufferedReader(Window(content, begin, length), PIECE) as message:
        yield from _Message(document, limits, cast(BinaryIO, message)).walk()
    if end < begin + length:
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.TRUNCATED, "the message is shorter than it says")
    rest = size_of(content) - end
    if rest:
        plist = cast(BinaryIO, io.BufferedReader(Window(content, end, rest), PIECE))
        yield Document(document.ref.member("apple-mail.plist", rest), plist, "application/xml")


@dataclass(slots=True)
class _Multipart:
    """An open multipart entity."""

    delimiter: bytes
    path: str
    digest: bool
    parts: int = 0


class _Message:
    """One message on its way through."""

    def __init__(self, document: Document, limits: Limits, content: BinaryIO | None = None) -> None:
        """`content`: the message, where it is not all of the document."""
        self._document = document
        self._ref = document.ref
        self._limits = limits
        self._lines = Lines(content or document.content)
        self._open: list[_Multipart] = []
        self._names = MemberNames()
        self._labels = MemberNames()
        self._parts = 0
        self._stop: tuple[int, bool] | None = None
        """The delimiter that ended the last body: which open multipart, and whether it closes it. None: the end."""

    def walk(self) -> Iterator[Piece]:
        first = self._lines.next()
        while first and not first.strip(_BEFORE_HEADER):
            first = self._lines.next()
        if not first.strip().isdigit():  # the length that Apple's .emlx puts first
            self._lines.push_back(first.lstrip(_BEFORE_HEADER))
        header = self._read_header()
        self._document.identity = identity.of_headers(header.fields) or self._document.identity
        yield from self._header_texts(header, "")
        yield from self._entity(header, "1", "text/plain")
        while self._stop is not None:
            index, closing = self._stop
            del self._open[index + 1 :]
            if closing:
                self._open.pop()
                yield from self._text_body(Header(), "epilogue")
                continue
            self._parts += 1
            if self._parts > self._limits.max_mime_parts:
                self._open.clear()
                detail = f"the parts after the first {self._limits.max_mime_parts} are read as they stand, not decoded"
                yield self._problem(ProblemCode.LIMIT, detail)
                yield from self._text_body(Header(), "rest")
                return
            yield from self._part(self._open[index])
        if self._open:
            yield self._problem(ProblemCode.TRUNCATED, "the end mark of a multipart is missing")

    def _part(self, multipart: _Multipart) -> Iterator[Piece]:
        multipart.parts += 1
        path = f"{multipart.path}.{multipart.parts}" if multipart.path else str(multipart.parts)
        header = self._read_header()
        yield from self._header_texts(header, path)
        yield from self._entity(header, path, "message/rfc822" if multipart.digest else "text/plain")

    def _problem(self, code: ProblemCode, detail: str) -> Problem:
        return Problem(self._ref, Stage.EXTRACT, code, detail)

    # headers

    def _read_header(self) -> Header:
        block = self._lines.header_block(self._limits.max_header_bytes)
        if block is not None:
            header = mail_headers.parse_header(block)
            if header is not None:
                return header
            self._lines.push_back(block)

        def next_line() -> bytes:
            line = self._lines.next()
            if self._delimiter(line) is not None:
                self._lines.push_back(line)
                return b""
            return line

        return mail_headers.read_header(next_line, self._lines.push_back, self._limits.max_header_bytes)

    def _header_texts(self, header: Header, path: str) -> Iterator[Piece]:
        prefix = f"part {path} header: " if path else "header: "
        fields = header.fields
        if name := header.file_name():  # decoded: RFC 2231 writes it in percent signs
            fields = [*fields, ("file name", name)]
        if fields:
            texts = short_texts([value for _, value in fields])
            yield ChunkBatch(texts, PartOrigin(tuple(prefix + name for name, _ in fields)))
        if header.rest:
            rest = io.BytesIO(b"".join(header.rest))
            yield from text_batches(rest, "utf-8", part=f"{prefix}rest", limits=self._limits)
        if header.cut:
            size = self._limits.max_header_bytes
            detail = f"a header is longer than {size} bytes; the rest of it is read as it stands"
            yield self._problem(ProblemCode.LIMIT, detail)

    # structure

    def _delimiter(self, line: bytes) -> tuple[int, bool] | None:
        """Which open multipart the line delimits, innermost first (RFC 2046 section 5.1.1)."""
        if not self._open or line[:2] != b"--" or not self._lines.at_start:
            return None
        stripped = line.rstrip(b" \t\r\n")
        for index in range(len(self._open) - 1, -1, -1):
            delimiter = self._open[index].delimiter
            if stripped == delimiter:
                return index, False
            if stripped == delimiter + b"--":
                return index, True
        return None

    def _entity(self, header: Header, path: str, default: str) -> Iterator[Piece]:
        """One entity: a multipart is opened and its preamble read, anything else is read to its end."""
        media_type = header.media_type(default)
        if media_type.startswith("multipart/"):
            yield from self._multipart(header, path, media_type)
        elif header.encoding() in uuencode.TRANSFER_ENCODINGS:
            yield from self._text_body(header, "body")
        elif media_type in _CMS_TYPES:
            signed = "signed" in header.parameter("smime-type") or "certs" in header.parameter("smime-type")
            kind = "application/cms-signature" if signed else "application/cms-enveloped"
            yield from self._attachment(header, path, kind, sealed=True)
        elif media_type in _MESSAGE_TYPES:
            yield from self._attachment(header, path, "message/rfc822")
        elif header.is_attachment() or header.file_name():
            yield from self._attachment(header, path)
        elif media_type == "text/html":
            yield from self._html_body(header)
        elif media_type in _TEXT_TYPES:
            if media_type == "message/partial":
                yield self._problem(ProblemCode.UNSUPPORTED, "a fragment of a message is read as it stands")
            yield from self._text_body(header, "body")
        else:
            yield from self._attachment(header, path)

    def _multipart(self, header: Header, path: str, media_type: str) -> Iterator[Piece]:
        boundary = header.parameter("boundary").encode("utf-8", "replace").rstrip()
        if media_type == "multipart/encrypted":
            yield self._problem(ProblemCode.ENCRYPTED, "an encrypted multipart (PGP/MIME)")
        if not boundary or len(self._open) >= MAX_MULTIPART_DEPTH:
            if boundary:
                detail = f"multiparts nested deeper than {MAX_MULTIPART_DEPTH} are read as they stand, not decoded"
                yield self._problem(ProblemCode.LIMIT, detail)
            else:
                yield self._problem(ProblemCode.CORRUPT, "a multipart without a boundary is read as it stands")
            yield from self._text_body(Header(), "body")
            return
        own_path = "" if not self._open else path
        self._open.append(_Multipart(b"--" + boundary, own_path, media_type == "multipart/digest"))
        yield from self._text_body(Header(), "preamble")

    # bodies

    def _blocks(self) -> Iterator[bytes]:
        """The raw body up to the next delimiter or the end, in blocks of whole lines; sets `_stop`."""
        held = b""
        self._stop = None
        while block := self._lines.body() or self._lines.next():
            if block[:2] == b"--" and (stop := self._delimiter(block)) is not None:
                self._stop = stop  # the line break before a delimiter belongs to the delimiter
                held = held.removesuffix(b"\n").removesuffix(b"\r")
                break
            if held:
                yield held
            held = block
        if held:
            yield held

    def _decoded(self, header: Header) -> tuple[BinaryIO, list[Piece]]:
        """The decoded body, and what is to be said about it."""
        said: list[Piece] = []
        decoder = mail_body.decoder(header.encoding())
        if decoder is None:
            said.append(self._problem(ProblemCode.UNSUPPORTED, "an unknown transfer encoding is not decoded"))
            decoder = mail_body.Identity()
        blocks = self._blocks()
        first = next(blocks, b"")
        second = next(blocks, None)
        if second is None:  # as nearly always
            content: BinaryIO = io.BytesIO(decoder.feed(first) + decoder.finish())
        else:
            content = self._spooled(decoder, itertools.chain((first, second), blocks))
        if decoder.stray:
            said.append(self._problem(ProblemCode.CORRUPT, "lines of a part are not in its transfer encoding"))
            said.append(lines_batch(decoder.stray, part=self._labels.unique("undecoded")))
        if decoder.lost:
            said.append(self._problem(ProblemCode.LIMIT, f"{decoder.lost} bytes that cannot be decoded are left out"))
        return content, said

    def _spooled(self, decoder: mail_body.TransferDecoder, blocks: Iterable[bytes]) -> BinaryIO:
        store = Spool(self._limits.spool_bytes)
        try:
            for block in blocks:
                store.write(decoder.feed(block))
            store.write(decoder.finish())
        except BaseException:
            store.close()
            raise
        return store.finish()

    def _attachment(self, header: Header, path: str, media_type: str = "", *, sealed: bool = False) -> Iterator[Piece]:
        """`sealed`: S/MIME, which is what its own beginning says before what the header says."""
        content, said = self._decoded(header)
        with content:
            yield from said
            if sealed:
                media_type = signatures.binary_type(content.read(PIECE), False) or media_type
            name = self._names.unique(header.file_name() or f"part-{path}")
            yield Document(self._ref.member(name, size_of(content)), content, media_type)

    def _text_body(self, header: Header, label: str) -> Iterator[Piece]:
        content, said = self._decoded(header)
        if uuencode.begins(content):
            with content:
                content = yield from uuencode.separate(content, self._ref, self._names, self._limits)
        with content:
            yield from said
            head = content.read(PIECE)
            if len(head) < PIECE and not head.strip():
                return
            for code, detail in mail_body.sealed(content, head):
                yield self._problem(code, detail)
            encoding = mail_body.text_encoding(head, header.parameter("charset"))
            yield from text_batches(content, encoding, part=self._labels.unique(label), limits=self._limits)

    def _html_body(self, header: Header) -> Iterator[Piece]:
        from pii_scan.extract import data_uris, html

        content, said = self._decoded(header)
        with contextlib.ExitStack() as opened:
            opened.enter_context(content)
            yield from said
            head = content.read(PIECE)
            for code, detail in mail_body.sealed(content, head):
                yield self._problem(code, detail)
            encoding = mail_body.text_encoding(head, header.parameter("charset"))
            content.seek(0)
            if not charset.is_single_pass(encoding):
                content, encoding = opened.enter_context(self._recoded(content, encoding)), "utf-8"
            label = self._labels.unique("html body")
            try:
                yield from html.batches(content, encoding, self._limits, part=label)
                yield from data_uris.members(self._ref, content, self._limits)
            except DocumentError as error:
                yield self._problem(ProblemCode(error.code), error.detail)
                content.seek(0)
                yield from text_batches(content, encoding, part=label, limits=self._limits)

    def _recoded(self, content: BinaryIO, encoding: str) -> BinaryIO:
        store = Spool(self._limits.spool_bytes)
        for data in mail_body.recoded(content, encoding):
            store.write(data)
        return store.finish()
