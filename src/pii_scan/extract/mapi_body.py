"""The long texts of an Outlook item: transport headers, and its body as plain text, HTML and compressed RTF.

All that an item stores comes out, also where one body was made from another: they are not always the same.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract import html, mail_body, mail_headers
from pii_scan.extract.limits import PIECE, Budget, Spool, spool_until_failure
from pii_scan.extract.mapi_object import LargeValue, Value
from pii_scan.extract.text import read_head, text_batches
from pii_scan.model import (
    ChunkBatch,
    Document,
    DocumentRef,
    Limits,
    LineOrigin,
    PartOrigin,
    Problem,
    ProblemCode,
    Stage,
)

RTF_BYTES = 64 << 20
"""Most that compressed RTF is read of, and expands to."""

Piece = ChunkBatch | Document | Problem


def content_of(value: Value, limits: Limits) -> tuple[BinaryIO, str | None, DocumentError | None]:
    """A string or binary value as a file of bytes, its encoding where it is known, and why it ended early, if so."""
    if isinstance(value, LargeValue):
        with value.open() as stream:
            content, failure = spool_until_failure(stream, limits, Budget(limits))
        return content, value.encoding or None, failure
    if isinstance(value, bytes):
        return io.BytesIO(value), None, None
    text = value if isinstance(value, str) else str(value)
    return io.BytesIO(text.encode("utf-8", "replace")), "utf-8", None


def long_text(
    ref: DocumentRef, value: Value, part: str, limits: Limits, declared: str | None = None
) -> Iterator[Piece]:
    """A string property as lines. `declared`: codec of its bytes where the value itself does not say."""
    content, encoding, failure = content_of(value, limits)
    with content:
        if encoding is None or not encoding.startswith("utf-16"):
            encoding = mail_body.text_encoding(read_head(content), encoding or declared or "")
        if (head := read_head(content)).strip(b"\0 \t\r\n"):
            for code, detail in mail_body.sealed(content, head) if part == "body" else ():
                yield Problem(ref, Stage.EXTRACT, code, detail)
            content.seek(0)
            yield from text_batches(content, encoding, part=part, limits=limits)
    yield from _ended(ref, failure)


def html_text(ref: DocumentRef, value: Value, declared: str | None, limits: Limits) -> Iterator[Piece]:
    """The HTML body; `declared`: the codec of PidTagInternetCodepage, by which its bytes are written."""
    content, encoding, failure = content_of(value, limits)
    with content:
        head = read_head(content)
        if encoding is None:
            found = html.encoding_of(head, declared)
            encoding = mail_body.text_encoding(head, found)
        store = Spool(limits.spool_bytes)
        try:
            for data in mail_body.recoded(content, encoding):
                store.write(data)
        except BaseException:
            store.close()
            raise
    with store.finish() as recoded:
        for piece in html.extract(Document(ref, recoded, "text/html"), limits):
            yield labelled(piece, "html body")
    yield from _ended(ref, failure)


def rtf_text(ref: DocumentRef, value: Value, limits: Limits) -> Iterator[Piece]:
    """The compressed RTF body ([MS-OXRTFCP]); what HTML it encapsulates is read by the RTF reader."""
    from pii_scan.extract import rtf, rtf_compression

    content, _, failure = content_of(value, limits)
    with content:
        packed = content.read(RTF_BYTES + 1)
    if len(packed) > RTF_BYTES:
        raise DocumentError("limit", f"an RTF body is larger than {RTF_BYTES} bytes")
    if not packed.strip(b"\0"):
        return
    cut: DocumentError | None = None
    data = packed
    if not packed.startswith(b"{\\rtf"):
        data, cut = rtf_compression.expand(packed, RTF_BYTES)
    with io.BytesIO(data) as plain:
        for piece in rtf.extract(Document(ref, plain, "application/rtf"), limits):
            yield labelled(piece, "rtf body")
    yield from _ended(ref, failure or cut)


def header_texts(ref: DocumentRef, value: Value, limits: Limits) -> Iterator[Piece]:
    """The transport headers: each field decoded as a part, what is no header field as text."""
    content, encoding, failure = content_of(value, limits)
    with content:
        store = Spool(limits.spool_bytes)
        try:
            for data in mail_body.recoded(content, encoding or mail_body.text_encoding(read_head(content), "")):
                store.write(data.removeprefix(b"\xef\xbb\xbf"))
        except BaseException:
            store.close()
            raise
    with store.finish() as lines:
        pushed: list[bytes] = []
        blocks = 0
        while head := lines.read(1):
            lines.seek(-len(head), io.SEEK_CUR)
            header = mail_headers.read_header(
                lambda: pushed.pop() if pushed else lines.readline(PIECE), pushed.append, limits.max_header_bytes
            )
            blocks += 1
            if header.fields:
                texts = [value.encode("utf-8", "replace").decode().replace("\0", " ") for _, value in header.fields]
                names = tuple(f"header: {name}" for name, _ in header.fields)
                yield ChunkBatch(pa.array(texts, pa.large_string()), PartOrigin(names))
            if header.rest:
                yield from text_batches(io.BytesIO(b"".join(header.rest)), "utf-8", part="header: rest", limits=limits)
            if pushed or header.cut or blocks > 1:
                rest = io.BytesIO(b"".join(pushed) + lines.read())
                yield from text_batches(rest, "utf-8", part="headers", limits=limits)
                break
    yield from _ended(ref, failure)


def labelled(piece: Piece, label: str) -> Piece:
    """A text as a part of the item; members and problems as they are."""
    if not isinstance(piece, ChunkBatch):
        return piece
    origin = piece.origin
    if isinstance(origin, LineOrigin):
        part = f"{label}, {origin.part}" if origin.part else label
        return ChunkBatch(piece.texts, replace(origin, part=part))
    if isinstance(origin, PartOrigin):
        return ChunkBatch(piece.texts, PartOrigin(tuple(f"{label}: {part}" for part in origin.parts)))
    return piece


def _ended(ref: DocumentRef, failure: DocumentError | None) -> Iterator[Problem]:
    if failure is not None:
        yield Problem(ref, Stage.EXTRACT, ProblemCode(failure.code), failure.detail)
