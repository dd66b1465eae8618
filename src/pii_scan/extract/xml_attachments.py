"""Documents that an electronic invoice carries within itself in base64: lists, specifications, the invoice as PDF.

UBL 2.1 (EHF, Peppol BIS Billing 3.0: `cbc:EmbeddedDocumentBinaryObject`) and UN/CEFACT's Cross Industry Invoice
(`ram:AttachmentBinaryObject`). Looks at the bytes alone; the XML itself is read by `xml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.extract import data_uris
from pii_scan.extract.limits import PIECE, MemberNames
from pii_scan.extract.references import resolve
from pii_scan.model import Document, DocumentRef, Limits

_SIGN = b"BinaryObject"
_START = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:EmbeddedDocument|Attachment)BinaryObject(?=\s)([^<>]{1,2000})>\s*")
_FILE_NAME = re.compile(rb"(?<![\w.-])filename\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_MEDIA_TYPE = re.compile(rb"(?<![\w.-])mimeCode\s*=\s*[\"'][\w.+-]{1,40}/([\w.-]{1,40})")
_KEPT = 2100
"""Longest start tag, which may be cut by the end of a piece."""


def members(ref: DocumentRef, content: BinaryIO, limits: Limits) -> Iterator[Document]:
    """The attached documents by their file names, in the order of the invoice; those without content are left out."""
    content.seek(0)
    names, number, data = MemberNames(), 0, b""
    while piece := content.read(PIECE):
        data += piece
        while _SIGN in data and (match := _START.search(data)) is not None:
            store, data = data_uris.decoded(content, data[match.end() :], limits)
            if not store.size:
                store.close()
                continue
            number += 1
            yield Document(ref.member(names.unique(_name(match[1], number)), store.size), store.finish())
        data = data[-_KEPT:]


def _name(attributes: bytes, number: int) -> str:
    """The file name of the start tag; without one, a number and the media type."""
    found = _FILE_NAME.search(attributes)
    if found is not None:
        text = resolve(found[1] or found[2] or b"", html_rules=False)[0].decode("utf-8", "replace")
        name = " ".join(text.replace("\\", "/").rpartition("/")[2].split())
        if name:
            return name
    kind = _MEDIA_TYPE.search(attributes)
    return f"attachment {number}.{kind[1].decode('ascii').lower() if kind else 'bin'}"
