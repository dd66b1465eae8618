"""What the three Office Open XML families share: the ZIP package, its parts and their relationships.

Reads OPC packages (ECMA-376 part 2). What the parts say is read by `office_parts` and by the families.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote

from pii_scan.errors import DocumentError
from pii_scan.extract.decompress import DecompressedStream, inflater
from pii_scan.extract.limits import PIECE, BoundedReader, Budget, Readable, Window
from pii_scan.extract.office_text import PartError, Reader
from pii_scan.model import Document, Limits, ProblemCode

_PACKAGE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,  # a name that cannot be decoded, an offset below 0
    OverflowError,
)
_DIRECTORY_BYTES_PER_PART = 200
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Relationship:
    """One link of a part: to another part by name, or to something outside."""

    id: str
    kind: str
    """The last segment of the type, the same in transitional and strict files."""
    target: str
    external: bool


class Package:
    """An opened OPC package; gives parts as streams within the limits. Part names have no leading slash."""

    def __init__(self, document: Document, limits: Limits, budget: Budget | None = None) -> None:
        """Raises DocumentError (`corrupt`, `truncated`, `encrypted`, `limit`)."""
        self.document = document
        self.limits = limits
        self.budget = budget or Budget(limits)
        self.done: set[str] = set()
        """Names of the parts that were read, or hold no text by their kind."""
        infos = _directory(document.content, limits)
        self._infos: dict[str, zipfile.ZipInfo] = {}
        repeats: dict[str, int] = {}
        for info in infos:
            name = plain = info.filename.replace("\\", "/").lstrip("/")
            while name.lower() in self._infos:  # two parts of one name: both are read, the later under a new name
                repeats[plain] = repeats.get(plain, 1) + 1
                name = f"duplicate{repeats[plain]}/{plain}"
            if not name.endswith("/"):
                self._infos[name.lower()] = info
                info.filename = name
        self._types: dict[str, str] = {}
        self._type_of_extension: dict[str, str] = {}

    @property
    def names(self) -> list[str]:
        """All parts, in the order of the directory."""
        return [info.filename for info in self._infos.values()]

    def has(self, name: str) -> bool:
        """Whether there is such a part; names are compared without case."""
        return name.lower() in self._infos

    def open(self, name: str) -> BoundedReader:
        """The part as a stream that raises PartError and DocumentError (`limit`); see also `done`."""
        info = self._infos.get(name.lower())
        if info is None:
            raise PartError(ProblemCode.CORRUPT, "a part that the document refers to is missing")
        self.done.add(info.filename)
        stream = _PartStream(self.document.content, info)
        return BoundedReader(stream, self.limits, self.budget, max(info.compress_size, 1))

    def load_content_types(self) -> None:
        """Reads `[Content_Types].xml`. Raises PartError."""
        reader = _ContentTypes(self.limits)
        reader.read_all(self.open("[Content_Types].xml"))
        self._types, self._type_of_extension = reader.overrides, reader.defaults

    def content_type(self, name: str) -> str:
        """The media type of a part in lower case, or an empty string."""
        found = self._types.get(name.lower())
        return found or self._type_of_extension.get(name.rpartition(".")[2].lower(), "")

    def relationships(self, name: str) -> list[Relationship]:
        """The links of a part; of the package itself where `name` is empty. Raises PartError."""
        folder, base = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", f"{base}.rels")
        if not self.has(rels):
            return []
        reader = _Relationships(self.limits, folder)
        reader.read_all(self.open(rels))
        return reader.found

    def of_kind(self, kind: str, pattern: str) -> list[str]:
        """Parts whose content type is of `kind` (`header` for `...wordprocessingml.header+xml`), or named so."""
        named = re.compile(pattern, re.IGNORECASE)
        end = f".{kind}+xml".lower()
        found = [n for n in self.names if self.content_type(n).endswith(end) or named.fullmatch(n)]
        return sorted(found, key=natural_key)

    def main_part(self, default: str) -> str:
        """The part the package is about. Raises DocumentError (`corrupt`) when there is none."""
        candidates = []
        try:
            self.load_content_types()
            candidates = [r.target for r in self.relationships("") if r.kind == "officeDocument" and not r.external]
        except PartError:
            pass  # the default path is tried; the broken part is reported by `leftovers`
        for name in [*candidates, default]:
            if self.has(name):
                return self._infos[name.lower()].filename
        raise DocumentError("corrupt", "the package has no main part")


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sorts part names as people count.

    >>> sorted(["slide10.xml", "slide2.xml"], key=natural_key)
    ['slide2.xml', 'slide10.xml']
    """
    return [(int(piece), "") if piece.isdigit() else (0, piece) for piece in re.split(r"([0-9]{1,9})", name)]


class _PartStream:
    """Unpacks one part, giving up every byte that stands before a fault. Raises PartError."""

    __slots__ = ("_crc", "_info", "_stream", "_window")

    def __init__(self, content: BinaryIO, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 1:
            raise PartError(ProblemCode.ENCRYPTED, "a part of the package is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PartError(ProblemCode.UNSUPPORTED, "a part of the package has an unknown compression")
        content.seek(max(info.header_offset, 0))
        header = content.read(30)
        if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
            raise PartError(ProblemCode.CORRUPT, "a part of the package cannot be unpacked")
        skip = sum(struct.unpack_from("<HH", header, 26))
        self._info = info
        self._crc = 0
        self._window = Window(content, info.header_offset + 30 + skip, info.compress_size)
        stored = info.compress_type == zipfile.ZIP_STORED
        self._stream: Readable = self._window if stored else DecompressedStream(self._window, inflater)

    def read(self, size: int = PIECE, /) -> bytes:
        try:
            data = self._stream.read(size)
        except DocumentError as error:
            raise PartError(ProblemCode(error.code), "a part of the package cannot be unpacked") from None
        self._crc = zlib.crc32(data, self._crc)
        if not data and self._crc != self._info.CRC:
            raise PartError(ProblemCode.CORRUPT, "the checksum of a part is wrong")
        return data


def _directory(content: BinaryIO, limits: Limits) -> list[zipfile.ZipInfo]:
    """The entries of the package. Raises DocumentError (`encrypted`, `corrupt`, `truncated`, `limit`)."""
    content.seek(0)
    if content.read(8) == _OLE_MAGIC:
        if encrypted_office(content):
            raise DocumentError("encrypted", "the document is encrypted with a password")
        raise DocumentError("corrupt", "not a ZIP package but an OLE file")
    end = content.seek(0, 2)
    content.seek(max(0, end - (1 << 16) - 22))
    tail = content.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        content.seek(0)
        if content.read(4) == b"PK\x03\x04":
            raise DocumentError("truncated", "the end of the ZIP package is missing")
        raise DocumentError("corrupt", "not a readable ZIP package")
    size = struct.unpack_from("<I", tail.ljust(at + 16), at + 12)[0]
    if size != 0xFFFFFFFF and size > limits.max_members * _DIRECTORY_BYTES_PER_PART:
        raise DocumentError("limit", f"more than {limits.max_members} parts in one package")
    try:
        infos = zipfile.ZipFile(content).infolist()
    except _PACKAGE_ERRORS:
        raise DocumentError("corrupt", "not a readable ZIP package") from None
    if len(infos) > limits.max_members:
        raise DocumentError("limit", f"more than {limits.max_members} parts in one package")
    return infos


def encrypted_office(content: BinaryIO) -> bool:
    """Whether an OLE file is an encrypted Office Open XML document; leaves the offset anywhere.

    Looks for the stream name `EncryptedPackage` ([MS-OFFCRYPTO] 2.3) in the first sectors and in the directory.
    """
    content.seek(0)
    head = content.read(1 << 16)
    if head[:8] != _OLE_MAGIC or len(head) < 512:
        return False
    names = ["EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le")]
    shift = struct.unpack_from("<H", head, 0x1E)[0]
    directory = struct.unpack_from("<I", head, 0x30)[0]
    found = any(name in head for name in names)
    if not found and shift in (9, 12):
        content.seek((directory + 1) << shift)
        sectors = content.read(1 << 14)
        found = any(name in sectors for name in names)
    return found


class _ContentTypes(Reader):
    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.overrides: dict[str, str] = {}
        self.defaults: dict[str, str] = {}

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        kind = attrs.get("ContentType", "").lower()
        if tag == "Override":
            self.overrides[attrs.get("PartName", "").lstrip("/").lower()] = kind
        elif tag == "Default":
            self.defaults[attrs.get("Extension", "").lower()] = kind


class _Relationships(Reader):
    def __init__(self, limits: Limits, folder: str) -> None:
        super().__init__(limits)
        self.found: list[Relationship] = []
        self._folder = folder

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag != "Relationship":
            return
        kind = attrs.get("Type", "").rpartition("/")[2]
        target = attrs.get("Target", "")
        external = attrs.get("TargetMode", "").lower() == "external"
        if not external:
            path = unquote(target.partition("#")[0]).replace("\\", "/")
            target = posixpath.normpath(posixpath.join("/", self._folder, path)).lstrip("/")
        self.found.append(Relationship(attrs.get("Id", ""), kind, target, external))
