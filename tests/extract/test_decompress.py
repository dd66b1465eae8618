from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.errors import DocumentError
from pii_scan.extract import decompress
from pii_scan.extract.decompress import DecompressedStream

TEXT = "".join(f"rad {i}: ola{i * 7919 % 1000}@example.no\n" for i in range(5000)).encode()

KINDS: dict[str, tuple[Any, Any, bytes]] = {
    "gzip": (gzip.compress, decompress.gunzipper, b"\x1f\x8b"),
    "bzip2": (bz2.compress, decompress.bunzipper, b"BZh"),
    "xz": (lzma.compress, decompress.unxzer, b"\xfd7zXZ"),
}


def everything(stream: DecompressedStream) -> tuple[bytes, str]:
    out = bytearray()
    try:
        while data := stream.read(1 << 12):
            out += data
    except DocumentError as error:
        return bytes(out), error.code
    return bytes(out), ""


@pytest.mark.parametrize("kind", KINDS)
def test_members_in_a_row_are_read_through(kind: str) -> None:
    pack, make, magic = KINDS[kind]
    data = pack(TEXT) + pack(b"second") + bytes(1000)
    assert everything(DecompressedStream(io.BytesIO(data), make, magic)) == (TEXT + b"second", "")


@pytest.mark.parametrize("kind", KINDS)
def test_other_data_at_the_end_are_a_problem(kind: str) -> None:
    pack, make, magic = KINDS[kind]
    assert everything(DecompressedStream(io.BytesIO(pack(TEXT) + b"more"), make, magic)) == (TEXT, "corrupt")


@pytest.mark.parametrize("kind", KINDS)
def test_every_cut_is_noticed(kind: str) -> None:
    pack, make, magic = KINDS[kind]
    data = pack(TEXT)
    for end in range(0, len(data), 97):
        text, code = everything(DecompressedStream(io.BytesIO(data[:end]), make, magic))
        assert code == "truncated"
        assert TEXT.startswith(text)


def test_text_before_a_fault_in_deflate_is_kept() -> None:
    packed = bytearray(zlib.compress(random.Random(1).randbytes(30_000), 9)[2:-4])
    packed[20_000:20_010] = b"\xff" * 10
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = raw.compress(TEXT) + raw.flush(zlib.Z_FULL_FLUSH) + b"\xff" * 30
    text, code = everything(DecompressedStream(io.BytesIO(data), decompress.inflater))
    assert code == "corrupt"
    assert text == TEXT


def test_an_xz_stream_that_wants_too_much_memory_is_a_limit() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    packed = bytearray(
        lzma.compress(b"x" * 10, lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])
    )
    at = packed.index(b"\x21\x01", 12)  # LZMA2 filter flags: id, length of properties, dictionary size
    packed[at + 2] = 36  # 1 GiB, see the xz format, section 5.3.1
    packed[20:24] = zlib.crc32(bytes(packed[12:20])).to_bytes(4, "little")
    assert filters
    assert everything(DecompressedStream(io.BytesIO(bytes(packed)), decompress.unxzer))[1] == "limit"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=3000), st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_raises_nothing_but_document_errors(kind: str, text: bytes, place: int, value: int) -> None:
    pack, make, magic = KINDS[kind]
    data = bytearray(pack(text))
    data[place % len(data)] = value
    out, code = everything(DecompressedStream(io.BytesIO(bytes(data)), make, magic))
    assert code or out == text
