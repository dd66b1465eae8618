"""Unpacks compressed RTF as mail stores keep it ([MS-OXRTFCP]). Reads no RTF.

A checksum that is wrong is not held against the text: mail programs have written wrong ones for decades.
"""

from __future__ import annotations

import struct

from pii_scan.errors import DocumentError

_HEADER = struct.Struct("<IIII")
_COMPRESSED = 0x75465A4C  # "LZFu"
_UNCOMPRESSED = 0x414C454D  # "MELA"
_RING = 4096
_START = (  # [MS-OXRTFCP] 2.1.2.1
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)
_PAD = _RING - len(_START)


def decompress(data: bytes, limit: int) -> bytes:
    """The RTF in `data`, a header and what follows it. Raises DocumentError (`corrupt`, `truncated`, `limit`).

    `limit`: bytes of RTF allowed. See `expand` for what can be had of damaged data.
    """
    text, failure = expand(data, limit)
    if failure is not None:
        raise failure
    return text


def expand(data: bytes, limit: int) -> tuple[bytes, DocumentError | None]:
    """As much of the RTF as can be had, and why it ended before its end, if it did."""
    if len(data) < _HEADER.size:
        return b"", DocumentError("truncated", "compressed RTF without a whole header")
    packed_size, raw_size, kind, _ = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if kind == _UNCOMPRESSED:
        out = body[: min(raw_size, limit)]
        # some writers count the header in the size of what follows it
        if len(out) < min(raw_size, max(packed_size + 4 - _HEADER.size, 0), limit):
            return out, DocumentError("truncated", "the RTF ends too early")
        return out, _too_long(limit) if raw_size > limit else None
    if kind != _COMPRESSED:
        return b"", DocumentError("corrupt", "compressed RTF of an unknown kind")
    body = data[_HEADER.size : packed_size + 4] if 12 < packed_size < len(data) - 4 else body
    out, ended = _expand(body, limit)
    if len(out) > limit:
        return out[:limit], _too_long(limit)
    if not ended and len(out) < raw_size:
        return out, DocumentError("truncated", "the compressed RTF ends too early")
    return out, None


def _too_long(limit: int) -> DocumentError:
    return DocumentError("limit", f"compressed RTF expands to more than {limit} bytes")


def _expand(body: bytes, limit: int) -> tuple[bytes, bool]:
    """The text of a run of tokens, and whether its end mark was met. Stops soon after `limit` bytes.

    [MS-OXRTFCP] 2.2: eight tokens after a control byte, its lowest bit first; a set bit is a reference of 12 bits of
    place and 4 of length in a ring of 4096 bytes. Here the ring is the tail of the text itself.
    """
    out = bytearray(_PAD) + _START
    at, size, most = 0, len(body), _RING + limit
    while at < size and len(out) <= most:
        control = body[at]
        at += 1
        if not control:
            out += body[at : at + 8]
            at += 8
            continue
        for bit in range(8):
            if not control >> bit & 1:
                out += body[at : at + 1]
                at += 1
                continue
            if at + 2 > size:
                return bytes(out[_RING:]), False
            token = body[at] << 8 | body[at + 1]
            at += 2
            back = (len(out) + len(_START) - (token >> 4)) % _RING
            if not back:
                return bytes(out[_RING:]), True
            length = (token & 15) + 2
            start = len(out) - back
            piece = out[start : start + length]
            out += piece if back >= length else (piece * (length // back + 1))[:length]
    return bytes(out[_RING:]), False
