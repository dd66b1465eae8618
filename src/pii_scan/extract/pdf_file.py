"""What the bytes of a PDF tell that pdfium does not: whether streams are damaged or the end is missing, and XMP.

pdfium shows what it can of a damaged file and says nothing of the rest (ISO 32000-1, 7.3.8 and 7.5). Reads forward.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

_TAIL_BYTES = 1 << 16
_WINDOW_BYTES = 1 << 20
_DICTIONARY_BYTES = 2048
_PIECE = 1 << 16
_FILTERS = re.compile(rb"/Filter\s*\[?\s*/([^\s/<>\[\]()]+)")
_FLATE = (b"FlateDecode", b"Fl")
_KNOWN_FILTERS = frozenset(
    b"ASCIIHexDecode AHx ASCII85Decode A85 LZWDecode LZW RunLengthDecode RL CCITTFaxDecode CCF JBIG2Decode DCTDecode "
    b"DCT JPXDecode Crypt".split()
)
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def has_end(content: BinaryIO) -> bool:
    """Whether the end-of-file marker is there (ISO 32000-1, 7.5.5), in the last 64 KiB."""
    size = content.seek(0, io.SEEK_END)
    content.seek(max(0, size - _TAIL_BYTES))
    return b"%%EOF" in content.read()


def xmp_texts(content: BinaryIO) -> Iterator[str]:
    """The texts of XMP packets of at most 1 MiB; they lie in the file uncompressed (ISO 16684-1, 7.1)."""
    content.seek(0)
    data = b""
    while piece := content.read(_WINDOW_BYTES):
        data += piece
        start = data.find(b"<x:xmpmeta")
        while start >= 0:
            end = data.find(b"</x:xmpmeta", start)
            if end < 0:
                break
            yield packet_text(data[start:end])
            start = data.find(b"<x:xmpmeta", end)
        data = data[max(start, len(data) - _WINDOW_BYTES) :] if start >= 0 else data[-10:]


def packet_text(packet: bytes) -> str:
    """The values in an XMP packet, a line each."""
    opened = re.sub(r"""=\s*["']([^"'<>]*)["']""", r">\1<", packet.decode("utf-8", "replace"))
    return "\n".join(line.strip() for line in re.split(r"<[^<>]*>", opened) if line.strip())


def damaged_streams(content: BinaryIO) -> int:
    """How many streams, pictures aside, have an unknown filter or do not unpack to their end and checksum (RFC 1950).

    Not for encrypted files, whose streams are encrypted too.
    """
    content.seek(0)
    damaged = at = 0
    data = b""
    while piece := content.read(_WINDOW_BYTES):
        data += piece
        for match in _STREAM.finditer(data):
            opened = data.rfind(b"obj", max(0, match.start() - _DICTIONARY_BYTES), match.start())
            head = data[max(opened, 0) : match.start()]
            filters = _FILTERS.findall(head) if opened >= 0 and b"/Image" not in head else []
            if not filters:
                continue
            if filters[0] in _FLATE:
                damaged += not _unpacks(content, at + match.end())
            elif filters[0] not in _KNOWN_FILTERS:
                damaged += 1
        keep = min(len(data), _DICTIONARY_BYTES)
        last = data.rfind(b"stream")
        if last >= len(data) - 8:  # the keyword may go on in the next piece
            keep = min(len(data), _DICTIONARY_BYTES + 8)
        at += len(data) - keep
        data = data[-keep:]
        # what was matched in the kept part must not be counted again
        data = _STREAM.sub(lambda m: b"\0" * len(m.group()), data)
        content.seek(at + len(data))
    return damaged


def _unpacks(content: BinaryIO, start: int) -> bool:
    content.seek(start)
    decoder = zlib.decompressobj()
    try:
        while not decoder.eof:
            data = decoder.unconsumed_tail or content.read(_PIECE)
            if not data or (data.startswith(b"endstream") and content.tell() - len(data) == start):
                return bool(data)  # an empty stream is whole, one that breaks off is not
            decoder.decompress(data, 1 << 20)
    except zlib.error:
        return False
    return True
