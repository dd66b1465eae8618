"""Counts the pages that lie in the bytes of a PDF, since pdfium says nothing of a page that its tree has lost.

Objects are found by their own marks, in object streams too (ISO 32000-1, 7.3.10, 7.5.7 and 7.7.3); a later object of a
number stands for an earlier one. No cross-reference table is used. Also the XMP packets in compressed streams.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import BinaryIO

from pii_scan.extract.limits import size_of

_WINDOW_BYTES = 1 << 20
_DICTIONARY_BYTES = 64 << 10
_UNPACKED_BYTES = 16 << 20
_MAX_OBJECTS = 1 << 20
_MAX_PACKETS = 1000
_OBJECT = re.compile(rb"(?<![0-9])([0-9]{1,10})[ \r\n\t]+[0-9]{1,5}[ \r\n\t]+obj\b")
_END = re.compile(rb"endobj|(?<!end)stream\r?\n")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_PAGES = re.compile(rb"/Type\s*/Pages(?![A-Za-z])")
_COUNT = re.compile(rb"/Count\s+([0-9]{1,7})(?![0-9])")
_NUMBER = {key: re.compile(rb"/" + key + rb"\s+([0-9]{1,9})") for key in (b"N", b"First")}


class PdfObjects:
    """What the objects of a file say of its pages."""

    def __init__(self, content: BinaryIO) -> None:
        self._pages: set[int] = set()
        self._counts: dict[int, int] = {}
        self.revisions = 0
        """Times that the file was written: the first, and each change appended to it."""
        self.packets: list[bytes] = []
        """XMP packets that lie compressed."""
        self._read(content)

    @property
    def listed(self) -> int:
        """Pages below the largest node of the page tree."""
        return max(self._counts.values(), default=0)

    @property
    def found(self) -> int:
        """Page objects."""
        return len(self._pages)

    def _read(self, content: BinaryIO) -> None:
        end = size_of(content)
        linear = b"/Linearized" in content.read(2048)
        content.seek(0)
        data, at, objects = b"", 0, 0
        while piece := content.read(_WINDOW_BYTES):
            data += piece
            last = at + len(data) >= end
            keep = len(data) if last else max(len(data) - _DICTIONARY_BYTES, 1)
            self.revisions += data.count(b"startxref", 0, keep)
            for match in _OBJECT.finditer(data):
                if match.start() >= keep or objects >= _MAX_OBJECTS:
                    break
                objects += 1
                stop = _END.search(data, match.end(), match.end() + _DICTIONARY_BYTES)
                head = data[match.end() : stop.start() if stop else match.end() + _DICTIONARY_BYTES]
                self._take(int(match[1]), head)
                if stop and stop[0] != b"endobj" and b"FlateDecode" in head:
                    self._stream(content, head, at + stop.end())
            data, at = data[keep:], at + keep
            content.seek(at + len(data))
        self.revisions = max(self.revisions - linear, 1)

    def _take(self, number: int, data: bytes) -> None:
        self._pages.discard(number)
        self._counts.pop(number, None)
        if _PAGE.search(data):
            self._pages.add(number)
        elif _PAGES.search(data) and (count := _COUNT.search(data)):
            self._counts[number] = int(count[1])

    def _stream(self, content: BinaryIO, head: bytes, start: int) -> None:
        if b"/ObjStm" in head:
            self._object_stream(head, _unpacked(content, start))
        elif b"/Metadata" in head and b"/XML" in head and len(self.packets) < _MAX_PACKETS:
            self.packets.append(_unpacked(content, start))

    def _object_stream(self, head: bytes, data: bytes) -> None:
        count, first = (_NUMBER[key].search(head) for key in (b"N", b"First"))
        if count is None or first is None:
            return
        numbers = [int(word) for word in data[: int(first[1])].split()[: 2 * int(count[1])] if word.isdigit()]
        places = numbers[1::2]
        for number, start, end in zip(numbers[::2], places, [*places[1:], len(data)], strict=False):
            self._take(number, data[int(first[1]) + start : int(first[1]) + end])


def _unpacked(content: BinaryIO, start: int) -> bytes:
    """As much of a Flate stream as can be unpacked, 16 MiB at most."""
    content.seek(start, io.SEEK_SET)
    decoder, out, size = zlib.decompressobj(), [], 0
    try:
        while not decoder.eof and size < _UNPACKED_BYTES:
            data = decoder.unconsumed_tail or content.read(1 << 16)
            if not data:
                break
            out.append(decoder.decompress(data, 1 << 20))
            size += len(out[-1])
    except zlib.error:
        pass  # counted by `damaged_streams`
    return b"".join(out)
