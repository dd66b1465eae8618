"""Samples of archives, compressed files and disc images: each with a text, a table and, where it can, an archive."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import pyarrow as pa
from extract import seven_zip_made
from extract.format_registry import Sample
from extract.test_archive_tool import ar, cpio, rar
from extract.test_iso import Image

TEXT, CSV = b"text@example.no\n", b"navn;epost\nOla;cell@example.no\n"


def zipped(files: dict[str, bytes], comment: bytes = b"") -> bytes:
    """A ZIP archive, the same in each run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        archive.comment = comment
    return out.getvalue()


FILES = {"a.txt": TEXT, "mappe/b.csv": CSV}
NESTED = {**FILES, "indre.zip": zipped({"c.txt": b"nested@example.no\n"})}


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in NESTED.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _cab() -> bytes:
    """A cabinet with one folder that is not compressed ([MS-CAB] 2)."""
    data = b"".join(FILES.values())
    entries, at = b"", 0
    for name, content in FILES.items():
        entries += (
            struct.pack("<IIHHHH", len(content), at, 0, 0x5C21, 0, 0x20) + name.replace("/", "\\").encode() + b"\0"
        )
        at += len(content)
    folder_at, files_at = 36, 44
    data_at = files_at + len(entries)
    size = data_at + 8 + len(data)
    head = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, size, 0, files_at, 0, 3, 1, 1, len(FILES), 0, 1, 0)
    folder = struct.pack("<IHH", data_at, 1, 0)
    assert len(head) == folder_at
    return head + folder + entries + struct.pack("<IHH", 0, len(data), len(data)) + data


def _rpm() -> bytes:
    """Lead, two empty headers and a cpio archive (RPM package file format, version 3)."""
    lead = struct.pack(">4sBBHH66sHH16x", b"\xed\xab\xee\xdb", 3, 0, 0, 1, b"a", 1, 5)
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", 1, 16)
    header += struct.pack(">IIII", 62, 7, 0, 16) + bytes(16)
    return lead + header + header + gzip.compress(cpio(FILES), mtime=0)


def _codec(name: str) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, name) as stream:
        stream.write(TEXT)
    return bytes(out.getvalue().to_pybytes())


_LOCKED = "encrypted members, which are named; parts of split archives"
SAMPLES = [
    Sample("ZIP, JAR", "arkiv.zip", ("application/zip",), lambda: zipped(NESTED, b"comment@example.no"),
           "encrypted members and rare methods (Deflate64, Zstandard before Python 3.14), which are named"),
    Sample("tar", "arkiv.tar", ("application/x-tar",), _tar, "links and devices"),
    Sample("7z", "arkiv.7z", ("application/x-7z-compressed",), lambda: seven_zip_made.archive([NESTED]),
           f"{_LOCKED}; the methods PPMd, BCJ2 and AES"),
    Sample("RAR", "arkiv.rar", ("application/vnd.rar",), lambda: rar(NESTED), _LOCKED, tool="bsdtar"),
    Sample("Cabinet", "arkiv.cab", ("application/vnd.ms-cab-compressed",), _cab, _LOCKED, tool="bsdtar"),
    Sample("cpio", "arkiv.cpio", ("application/x-cpio",), lambda: cpio(NESTED), tool="bsdtar"),
    Sample("ar, DEB", "arkiv.a", ("application/x-archive",), lambda: ar({"a.txt": TEXT, "b.csv": CSV}), tool="bsdtar"),
    Sample("RPM", "pakke.rpm", ("application/x-rpm",), _rpm, "the package's own headers", tool="bsdtar"),
    Sample("ISO 9660", "disk.iso", ("application/x-iso9660-image",), lambda: Image(FILES).content(),
           "UDF without an ISO 9660 bridge"),
    Sample("gzip", "notat.txt.gz", ("application/gzip",), lambda: gzip.compress(TEXT, mtime=0)),
    Sample("bzip2", "notat.txt.bz2", ("application/x-bzip2",), lambda: bz2.compress(TEXT)),
    Sample("xz", "notat.txt.xz", ("application/x-xz",), lambda: lzma.compress(TEXT)),
    Sample("lzma", "notat.txt.lzma", ("application/x-lzma",), lambda: lzma.compress(TEXT, lzma.FORMAT_ALONE)),
    Sample("Zstandard", "notat.txt.zst", ("application/zstd",), lambda: _codec("zstd"),
           "frames that need a dictionary"),
    Sample("LZ4", "notat.txt.lz4", ("application/x-lz4",), lambda: _codec("lz4"), "frames that need a dictionary"),
]  # fmt: skip
