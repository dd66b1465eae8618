"""In which encoding each run of 8-bit text of Word 2, 6 and 95 is: fonts had a character set each.

No standard describes these formats; the layout is that of [MS-DOC] with shorter records, the property codes those of
the Word 6 binary file format.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import code_pages
from pii_scan.extract.word_fib import Fib, plc

_CHARACTER_RUNS, _FONTS = 12, 15
_FONT_PROPERTY = 93
_PROPERTY_BYTES = {
    **dict.fromkeys((65, 66, 67, 71, 75, 85, 86, 87, 88, 89, 90, 91, 92, 94, 98, 99, 100, 101, 102, 104, 117, 118), 1),
    **dict.fromkeys((69, 72, 80, 93, 96, 97, 107, 109, 110), 2), 70: 4, 82: 0, 83: 0, 95: 3,
}  # fmt: skip
_SAMPLE_BYTES = 1 << 16
_LANGUAGES = {0x19: 1251, 0x22: 1251, 0x23: 1251, 0x02: 1251, 0x2F: 1251, 0x08: 1253, 0x1F: 1254, 0x0D: 1255,
              0x01: 1256, 0x1E: 874, 0x11: 932, 0x12: 949, 0x05: 1250, 0x0E: 1250, 0x15: 1250, 0x18: 1250,
              0x1B: 1250, 0x24: 1250, 0x1A: 1250, 0x25: 1257, 0x26: 1257, 0x27: 1257}  # fmt: skip
_CHINESE = {0x0404: 950, 0x0C04: 950, 0x0804: 936, 0x1004: 936}
_NAME_ENDS = {b" cyr": 1251, b" ce": 1250, b" greek": 1253, b" tur": 1254, b" baltic": 1257}
_MAC_PAGE = 10000


class Fonts:
    """The encodings of the runs of one document."""

    def __init__(self, fib: Fib, main: BinaryIO) -> None:
        self._codecs = _font_codecs(fib, main)
        self._default = _default(fib, main, self._codecs)
        self._ends: list[int] = []
        self._runs: list[str] = []
        self._load_runs(fib, main)

    def runs(self, data: bytes, offset: int) -> Iterator[tuple[bytes, str]]:
        """The data, which lie at an offset of the main stream, in pieces of one encoding each."""
        at = 0
        while at < len(data):
            run = bisect_right(self._ends, offset + at)
            codec = self._default
            end = len(data)
            if run < len(self._ends):
                end = min(self._ends[run] - offset, end)
                codec = self._runs[run] or codec
            yield data[at:end], codec
            at = end

    def _load_runs(self, fib: Fib, main: BinaryIO) -> None:
        """Where runs end and which font they name: pages of 512 bytes, as [MS-DOC] 2.9.32."""
        try:
            _, pages = plc(fib.table(main, _CHARACTER_RUNS), 2)
        except DocumentError:
            return
        last = 0
        for number in pages:
            main.seek(512 * int.from_bytes(number, "little"))
            page = main.read(512)
            if len(page) < 512 or 5 * page[511] + 4 > 511:
                continue
            count = page[511]
            for run, end in enumerate(struct.unpack_from(f"<{count}I", page, 4)):
                place = 2 * page[4 * (count + 1) + run]
                if end > last:
                    font = _font_of(page[place + 1 : place + 1 + page[place]]) if place else None
                    self._ends.append(end)
                    self._runs.append(self._codecs[font] if font is not None and font < len(self._codecs) else "")
                    last = end


def _font_of(properties: bytes) -> int | None:
    """The font that the properties of a run name."""
    at = 0
    while at < len(properties):
        kind = properties[at]
        if kind == _FONT_PROPERTY and at + 3 <= len(properties):
            return int.from_bytes(properties[at + 1 : at + 3], "little")
        size = _PROPERTY_BYTES.get(kind)
        at += 1 + (size if size is not None else 1 + int.from_bytes(properties[at + 1 : at + 2], "little"))
    return None


def _font_codecs(fib: Fib, main: BinaryIO) -> list[str]:
    """The codec of each font; empty where the font does not say."""
    try:
        data = fib.table(main, _FONTS)
    except DocumentError:
        return []
    found, at = [], 2
    while at + 5 < len(data):
        size = 1 + data[at]
        name = data[at + 6 : at + size].split(b"\0")[0].lower()
        page = next((page for end, page in _NAME_ENDS.items() if name.endswith(end)), None)
        codec = code_pages.charset_codec(data[at + 4]) if data[at + 4] or page is None else code_pages.codec(page)
        found.append(codec or "")
        at += size
    return found


def _default(fib: Fib, main: BinaryIO, fonts: list[str]) -> str:
    """The codec of text that names no font: by the machine, the first font, the language, the letters."""
    if fib.mac:
        return code_pages.codec(_MAC_PAGE) or "cp1252"
    first = fonts[0] if fonts else ""
    page = _CHINESE.get(fib.language) or _LANGUAGES.get(fib.language & 0x3FF)
    if first not in ("", "cp1252") or page is not None:
        return first if first not in ("", "cp1252") else code_pages.codec(page or 1252) or "cp1252"
    main.seek(fib.text_start)
    sample = main.read(_SAMPLE_BYTES)
    high = sum(byte >= 0xC0 for byte in sample)
    plain = sum(bytes([byte]).isalpha() for byte in sample)
    others = [codec for codec in fonts if codec not in ("", "cp1252")]
    return others[0] if high * 2 > plain and others else "cp1252"
