"""Bodies of MIME parts: transfer encodings undone line by line, so that no part has to fit in memory.

Knows nothing of headers or of the structure of a message.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.extract import charset
from pii_scan.extract.limits import PIECE
from pii_scan.extract.media_type import falsely_wide
from pii_scan.extract.uuencode import TRANSFER_ENCODINGS
from pii_scan.model import ProblemCode

STRAY_BYTES = 1 << 20
"""Lines kept that are not in the transfer encoding of the part; more are counted only."""

_BLANK = b" \t\r\n\v\f"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=" + _BLANK


class Base64:
    """Decodes base64 (RFC 2045 section 6.8). Lines that hold anything else are set aside, not lost."""

    __slots__ = ("_kept", "lost", "stray")

    def __init__(self) -> None:
        self._kept = b""
        self.stray = b""
        self.lost = 0

    def feed(self, block: bytes) -> bytes:
        """The bytes that a block of whole lines, or a piece of a long one, stands for."""
        if block.translate(None, _LETTERS):
            return b"".join(map(self._feed_line, block.splitlines(keepends=True)))
        return self._decode(block)

    def _feed_line(self, line: bytes) -> bytes:
        if not line.translate(None, _LETTERS):
            return self._decode(line)
        if len(self.stray) < STRAY_BYTES:
            self.stray += line
        else:
            self.lost += len(line)
        return b""

    def _decode(self, text: bytes) -> bytes:
        data = self._kept + text.translate(None, _BLANK)
        if b"=" in data:  # padding ends a run; another may follow
            out = b"".join(_run(part) for part in re.findall(rb"[^=]+=*", data))
            self._kept = b""
            return out
        whole = len(data) // 4 * 4
        self._kept = data[whole:]
        return binascii.a2b_base64(data[:whole])

    def finish(self) -> bytes:
        """What was held back for the next block."""
        kept, self._kept = self._kept, b""
        return _run(kept)


def _run(data: bytes) -> bytes:
    """A run of base64 with or without its padding; a lone last letter holds no byte."""
    letters = data.rstrip(b"=")
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


class QuotedPrintable:
    """Decodes quoted-printable (RFC 2045 section 6.7), leniently."""

    __slots__ = ("_kept", "lost", "stray")

    def __init__(self) -> None:
        self._kept = b""
        self.stray = b""
        self.lost = 0

    def feed(self, block: bytes) -> bytes:
        """The bytes that a block of whole lines, or a piece of a long one, stands for."""
        data = self._kept + block
        self._kept = b""
        if not block.endswith(b"\n"):  # a piece of a long line: an escape may be cut
            cut = data.rfind(b"=", max(len(data) - 2, 0))
            if cut >= 0:
                data, self._kept = data[:cut], data[cut:]
        return binascii.a2b_qp(data)

    def finish(self) -> bytes:
        """What was held back for the next block."""
        kept, self._kept = self._kept, b""
        return binascii.a2b_qp(kept)


class Identity:
    """7bit, 8bit and binary."""

    __slots__ = ("lost", "stray")

    def __init__(self) -> None:
        self.stray = b""
        self.lost = 0

    def feed(self, block: bytes) -> bytes:
        """The block."""
        return block

    def finish(self) -> bytes:
        """Nothing: nothing was held back."""
        return b""


_AS_IT_STANDS = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none"})
TransferDecoder = Base64 | QuotedPrintable | Identity


def decoder(encoding: str) -> TransferDecoder | None:
    """The decoder of a transfer encoding, or None where it is not known."""
    if encoding == "base64":
        return Base64()
    if encoding in ("quoted-printable", "quoted printable", "quoted_printable"):
        return QuotedPrintable()
    return Identity() if encoding in _AS_IT_STANDS or encoding in TRANSFER_ENCODINGS else None


_SEALED = (  # each begins with letters, which are found fast
    (re.compile(rb"\nbegin [0-7]{3,4} \S"), ProblemCode.UNSUPPORTED, "uuencoded data are not decoded"),
    (re.compile(rb"\n=ybegin line="), ProblemCode.UNSUPPORTED, "yEnc data are not decoded"),
    (re.compile(rb"\n-----BEGIN PGP MESSAGE-----"), ProblemCode.ENCRYPTED, "a PGP message"),
)


def sealed(content: BinaryIO, head: bytes) -> list[tuple[ProblemCode, str]]:
    """What stands in a text body but can not be read as text. `head`: its first PIECE bytes. Leaves it at offset 0."""
    found: dict[str, ProblemCode] = {}
    data, kept = head, b"\n"
    content.seek(len(head))
    while data:
        data = kept + data
        found.update({detail: code for pattern, code, detail in _SEALED if pattern.search(data)})
        kept = data[-64:]
        data = content.read(PIECE) if len(head) == PIECE else b""
    content.seek(0)
    return [(code, detail) for detail, code in found.items()]


def text_encoding(head: bytes, declared: str) -> str:
    """The encoding to read a text body by: the declared one unless its bytes say otherwise. `head`: its first PIECE.

    Valid UTF-8 with letters beyond ASCII is UTF-8 whatever was declared; bytes that the declared charset cannot hold
    are read by what they look like.
    """
    whole = len(head) < PIECE
    found = charset.declared_or_detected(declared or None, head)
    if found.startswith(("utf-16", "utf-32")) and falsely_wide(head):
        return "cp1252"
    if head.isascii():
        if charset.is_single_pass(found):
            return found
    elif _fits(head, "utf-8", whole):
        return "utf-8" if not found.startswith(("utf-16", "utf-32")) else found
    return found if _fits(head, found, whole) else charset.detect(head + b" " * whole)


def _fits(head: bytes, encoding: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, whole)
    except (UnicodeError, LookupError):
        return False
    return True


def recoded(content: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The content as UTF-8 with a byte order mark, for a parser that finds the encoding by itself."""
    yield codecs.BOM_UTF8
    reader = codecs.getincrementaldecoder(encoding)("replace")
    first = True
    while True:
        data = content.read(PIECE)
        text = reader.decode(data, not data)
        yield (text.removeprefix("\ufeff") if first else text).encode("utf-8", "replace")
        first = False
        if not data:
            return
