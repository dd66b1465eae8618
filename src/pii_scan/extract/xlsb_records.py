"""Records of binary workbooks in Office Open XML packages (BIFF12): cut from a stream, and the fields within them.

[MS-XLSB] 2.1.4 (records), 2.5.122 (RkNumber), 2.5.168 (XLWideString). Knows nothing of sheets.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from pii_scan.extract.limits import PIECE, Readable
from pii_scan.extract.office_text import PartError
from pii_scan.model import ProblemCode

MAX_RECORD_BYTES = 16 << 20
_NO_TEXT = 0xFFFFFFFF
_RUN = re.compile(  # Latin, Greek and Cyrillic letters, signs
    rb"(?:[\x20-\x7e\xa0-\xff\t\r\n]\0|[\x06-\x7f]\x01|[\x91-\xce]\x03|[\x10-\x5f]\x04|[\x10-\x3f\xac]\x20){3,}"
)
_WORTH = re.compile(r"[^\W_]{2}")


def records(stream: Readable) -> Iterator[tuple[int, bytes]]:
    """Kind and data of each record of a part. Raises PartError where the records end too early or one is too large."""
    data, at = b"", 0
    while True:
        head = _head(data, at)
        if head is None or head[2] + head[1] > len(data):
            if head is not None and head[1] > MAX_RECORD_BYTES:
                raise PartError(ProblemCode.LIMIT, f"a record is larger than {MAX_RECORD_BYTES} bytes")
            data, at = data[at:], 0
            wanted = head[1] if head is not None else 0
            more = _more(stream, max(wanted + 8 - len(data), PIECE))
            if not more:
                if data:
                    raise PartError(ProblemCode.TRUNCATED, "the records of a part end too early")
                return
            data += more
            continue
        kind, size, start = head
        at = start + size
        yield kind, data[start:at]


def _more(stream: Readable, wanted: int) -> bytes:
    held, size = [], 0
    while size < wanted and (piece := stream.read(min(wanted - size, PIECE))):
        held.append(piece)
        size += len(piece)
    return b"".join(held)


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Kind, size and place of the data of the record at `at`; None where its head is not whole."""
    end = len(data)
    if at >= end:
        return None
    kind, at = data[at], at + 1
    if kind & 0x80:
        if at >= end:
            return None
        kind, at = (kind & 0x7F) | (data[at] & 0x7F) << 7, at + 1
    size = 0
    for turn in range(4):
        if at >= end:
            return None
        byte, at = data[at], at + 1
        size |= (byte & 0x7F) << 7 * turn
        if not byte & 0x80:
            break
    return kind, size, at


def wide(data: bytes, at: int) -> tuple[str, int]:
    """The text whose length in characters stands at `at`, and the place after it. Raises struct.error."""
    (count,) = struct.unpack_from("<I", data, at)
    end = at + 4 + 2 * count
    if count == _NO_TEXT:
        return "", at + 4
    if end > len(data):
        raise struct.error("a text beyond the end of its record")
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def rich(data: bytes, at: int) -> str:
    """A text with formats ([MS-XLSB] 2.5.119): how it is pronounced, if the record says, stands after a blank."""
    text, end = wide(data, at + 1)
    flags = data[at]
    if flags & 1:
        end += 4 + 4 * struct.unpack_from("<I", data, end)[0]
    return f"{text} {wide(data, end)[0]}" if flags & 2 else text


def rk(data: bytes, at: int) -> str:
    """A short number, as digits."""
    (value,) = struct.unpack_from("<I", data, at)
    if value & 2:
        number: float = struct.unpack("<i", struct.pack("<I", value & 0xFFFFFFFC))[0] >> 2
    else:
        number = struct.unpack("<d", bytes(4) + struct.pack("<I", value & 0xFFFFFFFC))[0]
    return repr(number / 100 if value & 1 else number)


def runs(data: bytes) -> list[str]:
    """The texts of 16 bits a character that stand in a record, whatever its kind."""
    texts = (match[0].decode("utf-16-le", "replace").strip() for match in _RUN.finditer(data))
    return [text for text in texts if _WORTH.search(text)]
