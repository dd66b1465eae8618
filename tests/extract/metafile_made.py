"""Writes Windows metafiles and drawings with pictures for tests ([MS-EMF], [MS-WMF], [MS-ODRAW])."""

from __future__ import annotations

import struct
import zlib

Text = tuple[str, int, int]
"""A text and where it begins."""


def emf_record(kind: int, data: bytes) -> bytes:
    """One record of an EMF file."""
    data += bytes(-len(data) % 4)
    return struct.pack("<II", kind, 8 + len(data)) + data


def emf_text(text: str, x: int, y: int, width: int = 10, options: int = 0) -> bytes:
    """An EMR_EXTTEXTOUTW record."""
    raw = text.encode("utf-16-le")
    raw += bytes(-len(raw) % 4)
    count = len(text)
    head = bytes(16) + struct.pack("<Iff", 1, 1.0, 1.0)
    head += struct.pack("<iiIII4iI", x, y, count, 76, options, 0, 0, 0, 0, 76 + len(raw))
    return emf_record(84, head + raw + struct.pack(f"<{count}I", *[width] * count))


def emf(records: list[bytes]) -> bytes:
    """An EMF file of these records."""
    head = emf_record(1, bytes(32) + b" EMF" + struct.pack("<IIIHHII", 0x10000, 0, 0, 0, 0, 0, 0) + bytes(28))
    return head + b"".join(records) + emf_record(14, struct.pack("<III", 0, 16, 20))


def dib(width: int, height: int, depth: int = 24) -> tuple[bytes, bytes]:
    """The head and the bits of a bitmap."""
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, 0, 0, 0, 0, 0, 0)
    return head, bytes((width * depth // 8 + 3 & ~3) * height)


def wmf_record(kind: int, data: bytes) -> bytes:
    """One record of a WMF file."""
    data += bytes(len(data) % 2)
    return struct.pack("<IH", 3 + len(data) // 2, kind) + data


def wmf(texts: list[Text], encoding: str = "cp1252", charset: int = 0, placeable: bool = False) -> bytes:
    """A WMF file of texts in one font."""
    font = struct.pack("<hhhhhBBBBBBBB", 10, 0, 0, 0, 400, 0, 0, 0, charset, 0, 0, 0, 0) + b"Arial\0"
    body = wmf_record(0x02FA, bytes(10)) + wmf_record(0x02FB, font) + wmf_record(0x012D, struct.pack("<H", 1))
    for text, x, y in texts:
        raw = text.encode(encoding)
        body += wmf_record(0x0A32, struct.pack("<hhHH", y, x, len(raw), 0) + raw + bytes(len(raw) % 2)
                           + struct.pack(f"<{len(raw)}h", *[10] * len(raw)))  # fmt: skip
    body += wmf_record(0, b"")
    head = struct.pack("<HHHIHIH", 1, 9, 0x300, 9 + len(body) // 2, 2, 50, 0)
    return (b"\xd7\xcd\xc6\x9a" + bytes(18) if placeable else b"") + head + body


BLIPS = {"png": (0xF01E, 0x6E0), "jpg": (0xF01D, 0x46A), "emf": (0xF01A, 0x3D4), "wmf": (0xF01B, 0x216)}


def blip(kind: str, data: bytes, digests: int = 1) -> bytes:
    """A picture as drawings keep it; metafiles are compressed."""
    number, instance = BLIPS[kind]
    if kind in ("emf", "wmf"):
        packed = zlib.compress(data)
        body = bytes(16 * digests) + struct.pack("<I24xIBB", len(data), len(packed), 0, 0xFE) + packed
    else:
        body = bytes(16 * digests) + b"\xff" + data
    return struct.pack("<HHI", (instance + digests - 1) << 4, number, len(body)) + body


def store(*blips: bytes, delayed: int | None = None) -> bytes:
    """A drawing group with a list of pictures, or of one that lies in another stream."""
    entries = b""
    for one in blips or (b"",):
        entry = bytes(20) + struct.pack(
            "<IIIBBBB", len(one), 1, delayed if delayed is not None else 0xFFFFFFFF, 0, 0, 0, 0
        )
        entries += struct.pack("<HHI", 0x62, 0xF007, 36 + len(one)) + entry + one
    inner = struct.pack("<HHI", 0x0F, 0xF001, len(entries)) + entries
    return struct.pack("<HHI", 0x0F, 0xF000, len(inner)) + inner
