"""Documents that a web page carries within itself, as `data:` URIs in base64 (RFC 2397).

Looks at the bytes of the page alone: knows no markup, so that it misses none for its place in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.extract.limits import PIECE, Spool
from pii_scan.extract.mail_body import Base64
from pii_scan.model import Document, DocumentRef, Limits

_START = re.compile(rb"data:([\w.+-]{1,40}/([\w.-]{1,40})[^,\"'<>\s]{0,200})?;base64,", re.IGNORECASE)
_END = re.compile(rb"[^A-Za-z0-9+/=\s]")
_LINE_END = re.compile(rb"&#(?:x0{0,4}[dDaA9]|0{0,4}(?:9|10|13));")
_REFERENCE_BYTES = 12
_KEPT = 300
"""Longest beginning of a URI, which may be cut by the end of a piece."""
_LEAST_BYTES = 256
"""A smaller picture shows nothing: it is a spacer or a pixel."""


def members(ref: DocumentRef, content: BinaryIO, limits: Limits) -> Iterator[Document]:
    """The embedded documents `embedded 1.png`, in the order of the page; not fonts, nor pictures of a few pixels."""
    content.seek(0)
    number, data = 0, b""
    while piece := content.read(PIECE):
        data += piece
        while b";base64," in data.lower() and (match := _START.search(data)) is not None:
            number += 1
            kind = (match[1] or b"text/plain").lower()
            store, data = decoded(content, data[match.end() :], limits)
            if b"font" in kind or (kind.startswith(b"image/") and store.size < _LEAST_BYTES) or not store.size:
                store.close()
                continue
            suffix = (match[2] or b"plain").decode("ascii").partition("+")[0].lower().replace("plain", "txt")
            yield Document(ref.member(f"embedded {number}.{suffix}", store.size), store.finish())
        data = data[-_KEPT:]


def decoded(content: BinaryIO, data: bytes, limits: Limits) -> tuple[Spool, bytes]:
    """The bytes of base64 that begins with `data` and goes on in `content`, and what stands after it.

    Line ends written as references (`&#13;`) are part of it, as XML writers leave them.
    """
    store, decoder = Spool(limits.spool_bytes), Base64()
    try:
        while True:
            end = _END.search(data)
            store.write(decoder.feed(data if end is None else data[: end.start()]))
            if end is not None:
                data = data[end.start() :]
                if data.startswith(b"&") and len(data) < _REFERENCE_BYTES:
                    data += content.read(PIECE)
                reference = _LINE_END.match(data)
                if reference is None:
                    break
                data = data[reference.end() :]
                continue
            data = content.read(PIECE)
            if not data:
                break
        store.write(decoder.finish())
    except BaseException:
        store.close()
        raise
    return store, data
