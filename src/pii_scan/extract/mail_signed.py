"""Signed data in one file (CMS SignedData: RFC 5652 section 5; S/MIME opaque signing, `.p7m`, `.p7s`).

The content that was signed is a document; what the certificates say of people is text. Verifies nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa

from pii_scan.errors import DocumentError
from pii_scan.extract import media_type
from pii_scan.extract.limits import PIECE, Spool, size_of
from pii_scan.model import ChunkBatch, Document, Limits, PartOrigin, Problem, ProblemCode, Stage

MAX_DEPTH = 64
MAX_VALUES = 100_000
_TEXT_BYTES = 64 << 10
_CONTENT_PATH = (0x30, 0xA0, 0x30, 0x30, 0xA0)
"""Tags around the octets that were signed: ContentInfo, [0], SignedData, EncapsulatedContentInfo, [0]."""
_STRINGS = {0x0C: "utf-8", 0x13: "latin-1", 0x14: "latin-1", 0x16: "latin-1", 0x1A: "latin-1", 0x1B: "latin-1",
            0x1C: "utf-32-be", 0x1E: "utf-16-be"}  # fmt: skip
_OCTETS, _OCTETS_IN_PARTS = 0x04, 0x24
_NAMES_WITHIN = re.compile(rb"[\x20-\x7e]{8,}")
"""Readable stretches of an extension, whose value is wrapped once more: e-mail addresses are there."""


@dataclass(slots=True)
class _Frame:
    """A constructed value that is open."""

    tag: int
    end: int | None
    """None: up to an end mark (BER, as Outlook and OpenSSL write)."""


@dataclass(slots=True)
class _Found:
    """What was met."""

    content: Spool
    texts: list[str] = field(default_factory=list)
    fault: DocumentError | None = None


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The signed content as a document and the names in certificates as parts.

    Raises DocumentError (`truncated`, `corrupt`, `limit`) after what could be read.
    """
    found = _Found(Spool(limits.spool_bytes))
    try:
        _walk(document.content, found)
    except DocumentError as error:
        found.fault = error
    except BaseException:
        found.content.close()
        raise
    if found.texts:
        yield ChunkBatch(pa.array(found.texts, pa.large_string()), PartOrigin(("certificate",) * len(found.texts)))
    if found.content.size and not found.content.closed:
        with found.content.finish() as content:
            size = size_of(content)
            head = media_type.decode_head(content.read(PIECE)) or ""
            content.seek(0)
            kind = media_type.EML if media_type.is_mail(head.lstrip(), 1) else ""
            yield Document(document.ref.member(_name(document.ref.path), size), content, kind)
    else:
        found.content.close()
    if found.fault is not None:
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode(found.fault.code), found.fault.detail)


def _name(path: str) -> str:
    """What the signed content is called.

    >>> _name("a/faktura.xml.p7m"), _name("smime.p7m")
    ('faktura.xml', 'message')
    """
    stem = posixpath.splitext(posixpath.basename(path))[0]
    return stem if "." in stem.strip(".") else "message"


def _walk(content: BinaryIO, found: _Found) -> None:
    """All values in their order (X.690). Every step goes forward. Raises DocumentError."""
    size = size_of(content)
    at, frames = 0, list[_Frame]()
    for _ in range(MAX_VALUES):
        while frames and frames[-1].end is not None and at >= frames[-1].end:
            frames.pop()
        if at >= size or (at and not frames):
            break
        tag, length, at = _head(content, at)
        if tag == 0 and length == 0 and frames and frames[-1].end is None:
            frames.pop()
            continue
        if tag & 0x20:
            if len(frames) >= MAX_DEPTH:
                raise DocumentError("limit", f"signed data nested deeper than {MAX_DEPTH}")
            frames.append(_Frame(tag, None if length is None else at + length))
            continue
        if length is None:
            raise DocumentError("corrupt", "the signed data are damaged")
        content.seek(at)
        _value(content, tag, min(length, size - at), tuple(frame.tag for frame in frames), found)
        if at + length > size:
            raise DocumentError("truncated", "the signed data end too early")
        at += length
    else:
        raise DocumentError("limit", f"signed data of more than {MAX_VALUES} values")
    if frames:
        raise DocumentError("truncated", "the signed data end too early")
    if at < size:
        raise DocumentError("corrupt", f"{size - at} bytes follow the signed data")


def _head(content: BinaryIO, at: int) -> tuple[int, int | None, int]:
    """Tag, length (None: not said) and begin of the value at an offset (X.690 8.1.2, 8.1.3)."""
    content.seek(at)
    head = content.read(16)
    tag, place = head[0], 1
    if tag & 0x1F == 0x1F:  # a tag of several bytes
        while place < len(head) and head[place] & 0x80:
            place += 1
        place += 1
    if place >= len(head):
        raise DocumentError("truncated", "the signed data end too early")
    length = head[place]
    place += 1
    if length == 0x80:
        return tag, None, at + place
    if length > 0x80:
        count = length & 0x7F
        if count > 8:
            raise DocumentError("corrupt", "the signed data are damaged")
        if place + count > len(head):
            raise DocumentError("truncated", "the signed data end too early")
        length, place = int.from_bytes(head[place : place + count], "big"), place + count
    return tag, length, at + place


def _value(content: BinaryIO, tag: int, size: int, path: tuple[int, ...], found: _Found) -> None:
    """Takes a value that holds no others; the content stands at its begin."""
    if tag == _OCTETS and path[:5] == _CONTENT_PATH and set(path[5:]) <= {_OCTETS_IN_PARTS}:
        left = size
        while left > 0 and (piece := content.read(min(PIECE, left))):
            found.content.write(piece)
            left -= len(piece)
        return
    if size > _TEXT_BYTES or not (tag in _STRINGS or tag == _OCTETS or tag & 0xC0 == 0x80):
        return
    data = content.read(size)
    if tag in _STRINGS:
        found.texts.append(data.decode(_STRINGS[tag], "replace").replace("\0", " "))
    elif tag != _OCTETS or data.startswith(b"\x30"):
        found.texts += [run.decode("ascii") for run in _NAMES_WITHIN.findall(data)]
