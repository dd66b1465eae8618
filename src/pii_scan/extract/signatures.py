"""What binary formats begin with, and what they are called. A table and two look-ups; reads no text format.

Each signature is from the format's own specification or registration; the names are for people.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from functools import lru_cache
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract.compound_file import CompoundFile, Entry
from pii_scan.extract.dbase_header import dbase_header
from pii_scan.extract.zip_archive import open_directory

ZIP = "application/zip"
OLE = "application/x-ole-storage"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
VSDX = "application/vnd.ms-visio.drawing"
ENCRYPTED_OFFICE = "application/x-encrypted-office"
RIGHTS_PROTECTED = "application/x-microsoft-rpmsg-message"
ODF = "application/vnd.oasis.opendocument."
ODF_TYPES = tuple(ODF + kind for kind in ("text", "spreadsheet", "presentation", "graphics", "other"))
FLAT_ODF = ODF + "flat"

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"PK\x07\x08PK\x03\x04", ZIP),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"\x1f\x9d", "application/x-compress"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"\x04\x22\x4d\x18", "application/x-lz4"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (0, b"!<arch>\n", "application/x-archive"),
    (0, b"\xed\xab\xee\xdb", "application/x-rpm"),
    (257, b"ustar\x0000", "application/x-tar"),
    (257, b"ustar  \x00", "application/x-tar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\x76\xe8\x04\x60\xc4\x11\xe3\x86", RIGHTS_PROTECTED),
    (0, b"!BDN", "application/vnd.ms-outlook-pst"),
    (0, b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote"),
    (0, b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f", "application/onenote"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"PAR1\x15", "application/vnd.apache.parquet"),  # and the first field of a page
    (0, b"PARE", "application/vnd.apache.parquet"),
    (0, b"ARROW1\x00\x00", "application/vnd.apache.arrow.file"),
    (0, b"Obj\x01", "application/avro"),
    (0, b"ORC", "application/vnd.apache.orc"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"\x37\x7f\x06\x82", "application/x-sqlite-log"),  # write-ahead log, rollback journal
    (0, b"\x37\x7f\x06\x83", "application/x-sqlite-log"),
    (0, b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "application/x-sqlite-log"),
    (0, b"\x18\xe2\x2d\x00\x00\x00\x00\x00", "application/x-sqlite-shm"),
    (0, b"FEA1", "application/x-feather-1"),
    (8, b"DUCK", "application/vnd.duckdb"),
    (4, b"Standard Jet DB\x00", "application/x-msaccess"),
    (4, b"Standard ACE DB\x00", "application/x-msaccess"),
    (4, b"\xef\xcd\xab\x89", "application/x-esedb"),
    (0, b"PGDMP", "application/x-postgresql-dump"),
    (0, b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (0, b"$FL2@(#)", "application/x-spss-sav"),
    (0, b"$FL3@(#)", "application/x-spss-sav"),
    (0, b"<stata_dta>", "application/x-stata-dta"),
    (0, b"RDX2\n", "application/x-r-data"),
    (0, b"RDX3\n", "application/x-r-data"),
    (0, b"\x93NUMPY", "application/x-npy"),
    (0, b"bplist00", "application/x-plist"),
    (0, b"ElfFile\x00", "application/x-evtx"),
    (0, b"regf", "application/x-windows-registry"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (0, b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (0, b"\x0a\x0d\x0d\x0a", "application/vnd.tcpdump.pcap"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (0, b"\x09\x04\x06\x00", "application/vnd.ms-excel"),  # BIFF 3 and 4 without OLE
    (0, b"\x09\x00\x04\x00", "application/vnd.ms-excel"),
    (0, b"\x09\x02\x06\x00", "application/vnd.ms-excel"),
    (0, b"\x09\x08\x08\x00\x00\x05\x05\x00", "application/vnd.ms-excel"),  # BIFF 5 and 8 without OLE
    (0, b"\x09\x08\x10\x00\x00\x06\x05\x00", "application/vnd.ms-excel"),
    (0, b"\xdb\xa5\x2d\x00", "application/msword"),  # Word 2
    (0, b"\x9b\xa5\x21\x00", "application/msword"),  # Word 1
    (0, b"\xffWPC", "application/vnd.wordperfect"),
    (0, b"\x31\xbe\x00\x00", "application/x-mswrite"),
    (0, b"AC10", "image/vnd.dwg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"II+\x00", "image/tiff"),
    (0, b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (0, b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (0, b"\x01\x00\x09\x00\x00\x03", "image/wmf"),  # without the head that lets it be placed: [MS-WMF] 2.3.2.2
    (0, b"\x02\x00\x09\x00\x00\x03", "image/wmf"),
    (0, b"\x01\x00\x09\x00\x00\x01", "image/wmf"),
    (40, b" EMF", "image/emf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"MThd", "audio/midi"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xfe\xed\xfa\xce", "application/x-executable"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-executable"),
    (0, b"\xce\xfa\xed\xfe", "application/x-executable"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"\x00asm\x01\x00\x00\x00", "application/wasm"),
    (0, b"dex\n03", "application/x-executable"),
    (0, b"\x00\x01\x00\x00\x00", "font/sfnt"),
    (0, b"OTTO\x00", "font/sfnt"),
    (0, b"true\x00", "font/sfnt"),
    (0, b"ttcf\x00", "font/sfnt"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff"),
    (0x8001, b"CD001", "application/x-iso9660-image"),
    (0x8001, b"BEA01", "application/x-iso9660-image"),
    (0, b"VMDK", "application/x-disk-image"),
    (0, b"KDMV", "application/x-disk-image"),
    (0, b"QFI\xfb", "application/x-disk-image"),
    (0, b"conectix", "application/x-disk-image"),
    (0, b"vhdxfile", "application/x-disk-image"),
    (0, b"-----BEGIN PGP MESSAGE-----", "application/pgp-encrypted"),
    (0, b"Salted__", "application/x-openssl-encrypted"),
    (0, b"age-encryption.org/", "application/x-age-encrypted"),
    (0, b"\x03\xd9\xa2\x9a", "application/x-keepass"),
)

NOT_READ: dict[str, str] = {
    "application/x-compress": "compress (.Z) archive",
    "application/x-msi": "Windows installer",
    "application/x-feather-1": "Feather 1", "application/vnd.duckdb": "DuckDB database",
    "application/x-esedb": "ESE database", "application/x-postgresql-dump": "PostgreSQL custom dump",
    "application/x-hdf5": "HDF5", "application/x-spss-sav": "SPSS data", "application/x-stata-dta": "Stata data",
    "application/x-r-data": "R data", "application/x-npy": "NumPy array",
    "application/x-evtx": "Windows event log", "application/x-windows-registry": "Windows registry hive",
    "application/x-ms-shortcut": "Windows shortcut", "application/vnd.tcpdump.pcap": "network capture",
    "application/postscript": "PostScript", "application/vnd.wordperfect": "WordPerfect",
    "application/x-mswrite": "Windows Write", "application/java-vm": "Java class or executable",
    "application/wasm": "WebAssembly executable", "application/x-executable": "executable",
    "application/x-python-bytecode": "Python bytecode",
    "application/x-disk-image": "disk image",
    "application/octet-stream": "unknown binary format",
}  # fmt: skip
"""Formats without an extractor. A document of such a type is always a Problem."""

ENCRYPTED: dict[str, str] = {
    ENCRYPTED_OFFICE: "the Office document has a password", RIGHTS_PROTECTED: "a rights-protected message",
    "application/pgp-encrypted": "PGP encrypted",
    "application/cms-enveloped": "S/MIME enveloped", "application/x-openssl-encrypted": "OpenSSL encrypted",
    "application/x-age-encrypted": "age encrypted", "application/x-keepass": "KeePass database",
}  # fmt: skip

TEXTUAL = {"application/rtf", "application/postscript", "application/pgp-encrypted", "application/x-age-encrypted"}
"""Formats with a signature that are written in text; any other signature of printable characters only (`ORC`) counts
just where the head is not text."""

_PATTERNS = (
    (re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), "application/x-bzip2"),
    (re.compile(rb"\]\0\0..(\xff{8}|[^\0].{4}\0{3})", re.DOTALL), "application/x-lzma"),
    (re.compile(rb"[\x50-\x5f]\x2a\x4d\x18.{4}", re.DOTALL), "application/zstd"),  # a frame to be skipped comes first
    (re.compile(rb"!BDN.{4}(SM|SO|AB)[\x0e-\x25]\0", re.DOTALL), "application/vnd.ms-outlook-pst"),
    (re.compile(rb"0707(01|02|07)[0-9A-Fa-f]{70}"), "application/x-cpio"),
    (re.compile(rb"\xff{4}....\x10\0\0\0", re.DOTALL), "application/vnd.apache.arrow.stream"),
    (re.compile(rb"ORC(?:[\x00-\x08\x0b-\x1f\x7f-\xff]|\n[\x00-\x09\x0b-\x1f])"), "application/vnd.apache.orc"),
)

_FAMILIES = {"image/": "image", "audio/": "audio", "video/": "video", "font/": "font"}

_BRANDS = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic", b"msf1": "image/heic",
           b"avif": "image/avif", b"M4A ": "audio/mp4", b"crx ": "image/x-canon-cr3"}  # fmt: skip
_RIFF = {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo", b"WEBP": "image/webp", b"RMID": "audio/midi"}
_BMP_HEADER_BYTES = {b"\x0c", b"\x28", b"\x34", b"\x38", b"\x40", b"\x6c", b"\x7c"}
_CMS_OIDS = {b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03": "application/cms-enveloped",
             b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": "application/cms-signature"}  # fmt: skip


def not_read_detail(media_type: str) -> str:
    """Why a format gives no text, for a Problem.

    >>> not_read_detail("image/png"), not_read_detail("application/x-hdf5")
    ('image (png) is not read yet', 'HDF5 is not read yet')
    """
    for prefix, family in _FAMILIES.items():
        if media_type.startswith(prefix):
            return f"{family} ({media_type.removeprefix(prefix)}) is not read yet"
    name = NOT_READ.get(media_type, NOT_READ["application/octet-stream"])
    return name if media_type == "application/octet-stream" else f"{name} is not read yet"


def binary_type(head: bytes, is_text: bool) -> str | None:
    """The format whose signature `head` (at least 33 KiB where the file has that much) bears, or None.

    A ZIP or OLE file is told apart further by `zip_type` and `ole_type`.
    """
    for offset, signature, media_type in _candidates(head[:1]):
        if head.startswith(signature, offset) and not (
            is_text and media_type not in TEXTUAL and signature.isascii() and signature.decode("ascii").isprintable()
        ):
            return media_type
    for pattern, media_type in _PATTERNS:
        if pattern.match(head):
            return media_type
    return _by_structure(head)


@lru_cache(maxsize=257)
def _candidates(first: bytes) -> tuple[tuple[int, bytes, str], ...]:
    """The signatures that a file with this first byte may bear, in their order."""
    return tuple(entry for entry in SIGNATURES if entry[0] or entry[1].startswith(first))


def _by_structure(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":  # ISO/IEC 14496-12
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] in (b"RIFF", b"RIFX"):
        return _RIFF.get(head[8:12], "application/octet-stream")
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and head[14:15] in _BMP_HEADER_BYTES:
        return "image/bmp"
    if head[:2] == b"MZ" and b"\0" in head[:256]:
        return "application/x-executable"
    if head[2:4] == b"\r\n" and head[:1] > b"\x20" and b"\0" in head[4:16]:  # CPython's import magic
        return "application/x-python-bytecode"
    if head[:1] == b"\x30" and b"\x06\x09" in head[:8]:  # DER SEQUENCE with an OID: RFC 5652
        at = head.index(b"\x06\x09") + 2
        return _CMS_OIDS.get(head[at : at + 9])
    if dbase_header(head) is not None:
        return "application/x-dbf"
    return "application/x-tar" if _is_v7_tar(head) else None


def _is_v7_tar(head: bytes) -> bool:
    """A tar header without the word `ustar`: its checksum must fit."""
    block = head[:512]
    field = block[148:156].strip(b" \0")
    if len(block) < 512 or not field or not re.fullmatch(rb"[0-7]+", field) or not block[0]:
        return False
    return int(field, 8) == sum(block[:148]) + 8 * 32 + sum(block[156:])


_MAIN_PART = re.compile(
    rb"(wordprocessingml|spreadsheetml|presentationml|ms-word|ms-excel|ms-powerpoint|ms-visio)\.[A-Za-z.]*main\+xml|"
    rb"(sheet\.binary\.macroEnabled\.main)"
)
_MAIN_TYPES = {b"wordprocessingml": DOCX, b"ms-word": DOCX, b"spreadsheetml": XLSX, b"ms-excel": XLSX,
               b"presentationml": PPTX, b"ms-powerpoint": PPTX, b"ms-visio": VSDX}  # fmt: skip
_UNREADABLE = (DocumentError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError,
               ValueError, KeyError, NotImplementedError, RuntimeError)  # fmt: skip
_PEEK_BYTES = 1 << 20
_DIRECTORY_BYTES = 4 << 20


def zip_type(content: BinaryIO) -> str:
    """Which ZIP-based format this is: an Office family, OpenDocument, else ZIP (also when its directory is lost)."""
    try:
        archive = open_directory(content, _DIRECTORY_BYTES)
        names = {info.filename for info in archive.infolist()[:10_000]}
        if "mimetype" in names:
            with archive.open("mimetype") as part:
                kind = part.read(200).decode("latin-1").strip()
            if kind.startswith(ODF):
                kind = kind.removesuffix("-template")
                return kind if kind in ODF_TYPES else ODF + "other"
        if "[Content_Types].xml" in names:
            with archive.open("[Content_Types].xml") as part:
                types = part.read(_PEEK_BYTES)
            if b"\0" in types:  # UTF-16
                types = types.replace(b"\0", b"")
            if found := _MAIN_PART.search(types):
                return XLSB if found[2] else _MAIN_TYPES[found[1]]
    except _UNREADABLE:
        return ZIP
    return ZIP


_OLE_STREAMS = (
    ("EncryptedPackage", ENCRYPTED_OFFICE), ("\tDRMContent", ENCRYPTED_OFFICE), ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"), ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"), ("VisioDocument", "application/vnd.visio"),
    ("PP40", "application/vnd.ms-powerpoint"), ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("Props14", "application/vnd.ms-project"), ("Quill", "application/x-mspublisher"),
)  # fmt: skip


def ole_type(content: BinaryIO) -> str:
    """Which OLE-based format this is ([MS-CFB]), by the names in its root; in a damaged file by any names."""
    try:
        return storage_type(CompoundFile(content).root)
    except DocumentError:
        return _named_type(ole_names(content))


def storage_type(storage: Entry) -> str:
    """Which format a storage of an OLE file is in, by the names of what is directly in it."""
    return _named_type({entry.name for entry in storage})


def _named_type(names: set[str]) -> str:
    lower = {name.lower() for name in names}
    return next((media_type for name, media_type in _OLE_STREAMS if name.lower() in lower), OLE)


def ole_names(content: BinaryIO) -> set[str]:
    """Names of streams and storages: those of the directory chain, at most 256 sectors of it ([MS-CFB] 2.2, 2.6)."""
    content.seek(0)
    header = content.read(512)
    if len(header) < 512:
        return set()
    sector_bytes = 1 << min(header[30], 12)
    if sector_bytes < 512:
        return set()
    (sector,) = struct.unpack_from("<I", header, 48)
    table = struct.unpack_from("<109I", header, 76)
    names: set[str] = set()
    per_sector = sector_bytes // 4
    for _ in range(256):
        if sector >= 0xFFFFFFFA:
            break
        data = _sector(content, sector, sector_bytes)
        for at in range(0, len(data) - 127, 128):
            length = min(int.from_bytes(data[at + 64 : at + 66], "little"), 64)
            names.add(data[at : at + max(length - 2, 0)].decode("utf-16-le", "replace"))
        block, index = divmod(sector, per_sector)
        if block >= len(table) or table[block] >= 0xFFFFFFFA:
            break
        entry = _sector(content, table[block], sector_bytes)[index * 4 : index * 4 + 4]
        sector = int.from_bytes(entry, "little") if len(entry) == 4 else 0xFFFFFFFE
    return names


def _sector(content: BinaryIO, number: int, size: int) -> bytes:
    content.seek((number + 1) * size, io.SEEK_SET)
    return content.read(size)
