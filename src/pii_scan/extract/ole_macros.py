"""Source text of VBA macros ([MS-OVBA]): modules of a project, unpacked. Runs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract import code_pages
from pii_scan.extract.compound_file import Entry
from pii_scan.extract.office_text import TextLines
from pii_scan.model import ChunkBatch, Limits

_MAX_BYTES = 64 << 20
_CHUNK = 4096
_CODE_PAGE, _STREAM_NAME, _OFFSET, _STREAM_NAME_WIDE = 0x0003, 0x001A, 0x0031, 0x0032
_PROJECT_VERSION = 0x0009
_ATTRIBUTES = b"\x00Attribut"


def has_macros(storage: Entry) -> bool:
    """The storage holds a VBA project."""
    return storage.find("VBA", "dir") is not None


def macros(storage: Entry, limits: Limits) -> Iterator[ChunkBatch]:
    """The source of all modules of the project in a storage, as lines of the part `macros`.

    Raises DocumentError (`corrupt`) when the project cannot be read.
    """
    directory = _stream(storage, "dir")
    encoding, modules = _modules(unpack(directory))
    lines = TextLines("macros", limits)
    for name, offset in modules:
        packed = _stream(storage, name)
        if packed[offset : offset + 1] != b"\x01":  # each module begins with its attributes
            offset = max(packed.find(_ATTRIBUTES) - 3, 0)
        for line in unpack(packed[offset:]).decode(encoding, "replace").replace("\0", " ").splitlines():
            lines.add(line)
        yield from lines.ready()
    yield from lines.rest()


def _stream(storage: Entry, name: str) -> bytes:
    stream = storage.stream("VBA", name)
    if stream is None:
        raise DocumentError("corrupt", "a module of the macros is missing")
    with stream:
        return stream.read(_MAX_BYTES)


def unpack(data: bytes) -> bytes:
    """A compressed container ([MS-OVBA] 2.4.1). Raises DocumentError (`corrupt`).

    >>> unpack(bytes.fromhex("0119b000616263646566676800696a6b6c6d6e6f70007172737475762e"))
    b'abcdefghijklmnopqrstuv.'
    """
    if data[:1] != b"\x01":
        raise DocumentError("corrupt", "the macros cannot be unpacked")
    out: list[bytes] = []
    at = 1
    while at + 2 <= len(data) and len(out) * _CHUNK < _MAX_BYTES:
        header = int.from_bytes(data[at : at + 2], "little")
        end = at + (header & 0x0FFF) + 3
        chunk = data[at + 2 : end]
        out.append(_unpack_chunk(chunk) if header & 0x8000 else chunk[:_CHUNK])
        at = end
    return b"".join(out)


def _unpack_chunk(chunk: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(chunk) and len(out) < _CHUNK:
        flags = chunk[at]
        at += 1
        for bit in range(8):
            if at >= len(chunk):
                break
            if not flags >> bit & 1:
                out.append(chunk[at])
                at += 1
                continue
            token = int.from_bytes(chunk[at : at + 2], "little")
            at += 2
            offset_bits = max((len(out) - 1).bit_length(), 4)
            back = (token >> 16 - offset_bits) + 1
            length = (token & 0xFFFF >> offset_bits) + 3
            if back > len(out):
                raise DocumentError("corrupt", "the macros cannot be unpacked")
            piece = bytes(out[len(out) - back :])
            out += (piece * (length // back + 1))[:length]
    return bytes(out[:_CHUNK])


def _modules(directory: bytes) -> tuple[str, list[tuple[str, int]]]:
    """The encoding of the project, and of each module the stream and where its source begins ([MS-OVBA] 2.3.4.2)."""
    encoding, name = "cp1252", ""
    found: list[tuple[str, int]] = []
    at = 0
    while at + 6 <= len(directory):
        kind = int.from_bytes(directory[at : at + 2], "little")
        size = int.from_bytes(directory[at + 2 : at + 6], "little")
        size = 6 if kind == _PROJECT_VERSION else size  # the one record that does not say its own size
        value = directory[at + 6 : at + 6 + size]
        at += 6 + size
        if kind == _CODE_PAGE:
            encoding = code_pages.codec(int.from_bytes(value[:2], "little")) or encoding
        elif kind == _STREAM_NAME:
            name = value.decode(encoding, "replace")
        elif kind == _STREAM_NAME_WIDE:
            name = value.decode("utf-16-le", "replace")
        elif kind == _OFFSET:
            found.append((name, int.from_bytes(value[:4], "little")))
    return encoding, found
