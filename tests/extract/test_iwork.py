"""Archives of iWork: every string comes out, whatever field holds it; damage and packed cells are said."""

from __future__ import annotations

import struct
from typing import Any

import pyarrow as pa
import pytest
from extract.found import mutants
from hypothesis import given, settings
from hypothesis import strategies as st
from ooxml import package

from pii_scan.extract.iwork import _varint


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def archive(*messages: bytes, kind: int = 2001) -> bytes:
    """An archive of messages in blocks of 64 KiB at most."""
    plain = b""
    for message in messages:
        head = field(1, 7) + field(2, field(1, kind) + field(3, len(message)))
        plain += varint(len(head)) + head + message
    out = b""
    for at in range(0, len(plain), 1 << 16):
        packed = pa.Codec("snappy").compress(plain[at : at + (1 << 16)], asbytes=True)
        out += b"\0" + struct.pack("<I", len(packed))[:3] + packed
    return out


STORY = "Kontakt Kåre Eksempel\u2029kare@example.no"


def test_strings_are_read_at_any_depth(read: Any) -> None:
    fixed = varint(9 << 3 | 1) + bytes(8) + varint(10 << 3 | 5) + bytes(4)
    data = archive(field(3, STORY) + fixed, field(2, field(5, field(1, "ola@example.no") + field(2, 300))))
    result = read(data, "Index/Document.iwa")
    assert result.text("Index/Document.iwa").split("\n")[:3] == [
        "Kontakt Kåre Eksempel",
        "kare@example.no",
        "ola@example.no",
    ]
    assert not result.problems


def test_a_document_holds_its_archives(read: Any) -> None:
    data = package({"Index/Document.iwa": archive(field(3, STORY)), "preview.txt": "forside"}, "Index/Document.iwa")
    assert "kare@example.no" in read(data, "brev.pages").text("brev.pages!Index/Document.iwa")


def test_many_blocks_are_one_stream(read: Any) -> None:
    messages = [field(3, f"person{n}@example.no " + "x" * 300) for n in range(600)]
    text = read(archive(*messages), "a.iwa").text("a.iwa")
    assert all(f"person{n}@example.no" in text for n in range(600))


def test_packed_cells_are_said(read: Any) -> None:
    assert read(archive(field(3, "a text"), kind=6002), "Tile.iwa").codes == [("Tile.iwa", "unsupported")]


@pytest.mark.parametrize(("cut", "code"), [(-3, "truncated"), (2, "truncated")])
def test_a_cut_archive_is_said(read: Any, cut: int, code: str) -> None:
    assert ("a.iwa", code) in read(archive(field(3, STORY))[:cut], "a.iwa").codes


def test_a_block_that_claims_to_expand_without_end_is_refused(read: Any) -> None:
    data = varint(1 << 40) + b"\0" * 20
    assert read(b"\0" + struct.pack("<I", len(data))[:3] + data, "a.iwa").codes == [("a.iwa", "corrupt")]


def test_mutants_end_and_never_vanish(read: Any) -> None:
    for data in mutants(archive(field(3, STORY), field(2, field(5, STORY)))):
        result = read(data, "a.iwa")
        assert result.problems or result.texts or len(data) < 8


@given(st.text(st.characters(min_codepoint=0x20, blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=8))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    from pii_scan.extract.iwork import _strings

    expected = text.replace("\ufffc", "\n").strip()
    assert expected in "\n".join(_strings(field(1, field(3, text)), 0)) or not expected


@given(st.integers(0, (1 << 64) - 1))
def test_numbers_come_back(value: int) -> None:
    assert _varint(varint(value), 0) == (value, len(varint(value)))
