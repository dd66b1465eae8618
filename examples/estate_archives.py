"""Writes ZIP, gzip and tar archives that are the same bytes on every run, and files that nothing can read.

Gives bytes; writes nothing to disk.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

_STAMP = (2026, 3, 1, 3, 0, 0)
_EPOCH = 1_772_334_000  # 2026-03-01 03:00 UTC
_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """A ZIP archive with a fixed time on every member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, data)
    return out.getvalue()


def encrypted_zip_bytes(name: str, cipher_text: bytes) -> bytes:
    """A ZIP archive whose one member is marked as encrypted (PKWARE APPNOTE 4.4.4, bit 0)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        info = zipfile.ZipInfo(name, _STAMP)
        info.create_system = 0
        archive.writestr(info, cipher_text)
    data = bytearray(out.getvalue())
    for signature, flag_offset in ((_LOCAL, 6), (_CENTRAL, 8)):
        at = data.index(signature) + flag_offset
        (flags,) = struct.unpack_from("<H", data, at)
        struct.pack_into("<H", data, at, flags | 1)
    return bytes(data)


def gzip_bytes(data: bytes, name: str) -> bytes:
    """A gzip file that names its content (RFC 1952), with a fixed time."""
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", 9, out, _EPOCH) as stream:
        stream.write(data)
    return out.getvalue()


def tar_bytes(members: dict[str, bytes]) -> bytes:
    """A tar archive with fixed times and owners."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), _EPOCH, 0o644
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def ole_header_bytes(filler: bytes) -> bytes:
    """The header of a compound file (MS-CFB 2.2) followed by bytes that are no document."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    return header.ljust(512, b"\xff") + filler
