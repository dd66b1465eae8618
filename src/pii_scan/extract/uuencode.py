"""Files that were written into text by uuencode (POSIX.1-2017, `uuencode`): members; the text around them as text.

Old mail carries attachments so, with or without a transfer encoding that says it. Both encodings: historical, base64.
"""

from __future__ import annotations

import binascii
import posixpath
import re
from collections.abc import Generator, Iterator
from typing import BinaryIO

from pii_scan.extract import charset
from pii_scan.extract.limits import PIECE, MemberNames, Spool, size_of
from pii_scan.extract.text import text_batches
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

TRANSFER_ENCODINGS = frozenset({"x-uuencode", "uuencode", "x-uue", "uue", "x-uu"})
"""Names that mail programs gave it; none is registered."""

_BEGIN = re.compile(rb"begin(-base64)? [0-7]{3,4} ([^\r\n]+?)[ \t]*\r?\n?$")
_BEGINS = re.compile(rb"(?:^|\n)begin(?:-base64)? [0-7]{3,4} [^\r\n]+\r?\n([^\r\n]*)")
_ENDS = (b"end", b"====")
_OVERLAP = 1 << 10
_ZERO = (b"`", b" ", b"")
"""The line of no bytes before `end`; its blank may be lost."""


def begins(content: BinaryIO) -> bool:
    """Some file begins in a text. Leaves it at offset 0."""
    content.seek(0)
    kept, found = b"", False
    while not found and (piece := content.read(PIECE)):
        data = kept + piece
        if b"begin" in data:
            found = any(_decoded(match[1]) is not None for match in _BEGINS.finditer(data))
        kept = data[-_OVERLAP:]
    content.seek(0)
    return found


def extract(document: Document, limits: Limits) -> Iterator[ChunkBatch | Document | Problem]:
    """The files as members, the rest as lines. A file that does not end is a Problem."""
    around = yield from separate(document.content, document.ref, MemberNames(), limits)
    with around:
        head = around.read(PIECE)
        around.seek(0)
        if head.strip() or size_of(around) > PIECE:
            yield from text_batches(around, charset.detect(head), limits=limits)


def separate(
    content: BinaryIO, ref: DocumentRef, names: MemberNames, limits: Limits
) -> Generator[Document | Problem, None, BinaryIO]:
    """The files in a text as members; returns the text without them, with all its lines. Raises DocumentError."""
    around = Spool(limits.spool_bytes)
    content.seek(0)
    try:
        line = content.readline(PIECE)
        while line:
            begin = _BEGIN.match(line)
            following = content.readline(PIECE)
            if begin is None or _decoded(following, begin[1] is not None) is None:
                around.write(line)
                line = following
                continue
            around.write(b"\n")
            member = Spool(limits.spool_bytes)
            line, whole = _file(content, following, begin[1] is not None, member, around)
            name = posixpath.basename(begin[2].decode("utf-8", "replace").replace("\\", "/")) or "uuencoded"
            with member.finish() as decoded:
                yield Document(ref.member(names.unique(name), member.size), decoded)
            if not whole:
                yield Problem(ref, Stage.EXTRACT, ProblemCode.TRUNCATED, "a uuencoded file has no end mark")
    except BaseException:
        around.close()
        raise
    return around.finish()


def _file(content: BinaryIO, line: bytes, base64: bool, member: Spool, around: Spool) -> tuple[bytes, bool]:
    """Decodes from `line` on to the end mark. Returns the first line that is not the file's, and whether it ended."""
    while line:
        text = line.rstrip(b"\r\n")
        if text.rstrip() in _ENDS:
            around.write(b"\n")
            return content.readline(PIECE), True
        data = _decoded(text, base64)
        if data is None:
            return line, False
        member.write(data)
        around.write(b"\n")
        line = content.readline(PIECE)
    return b"", False


def _decoded(line: bytes, base64: bool | None = None) -> bytes | None:
    """The bytes of one line, or None where it is none. Without `base64` of either kind.

    >>> _decoded(b"#0V%T"), _decoded(b"Q2F0", True), _decoded(b"Dear Kari, this is no code")
    (b'Cat', b'Cat', None)
    """
    line = line.rstrip(b"\r\n")
    if base64 is not False:
        try:
            if line.strip():
                return binascii.a2b_base64(line, strict_mode=True)
        except binascii.Error:
            pass
        if base64:
            return None
    if line in _ZERO:
        return b"" if base64 is False else None
    count = (line[0] - 32) & 0x3F
    letters = (count + 2) // 3 * 4
    if not 32 <= line[0] <= 96 or len(line) > letters + 2:  # a checksum may follow
        return None
    line = line[: 1 + letters]
    try:
        return binascii.a2b_uu(line + b" " * (1 + letters - len(line)))  # blanks at the end may be lost
    except binascii.Error:
        return None
