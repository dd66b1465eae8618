"""EMF and WMF: pieces of text on a baseline make a line, in the encoding of their font; bitmaps are members."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from extract.found import parts
from extract.metafile_made import dib, emf, emf_record, emf_text, wmf, wmf_record

from pii_scan.extract import metafile
from pii_scan.model import Document, DocumentRef, Limits


def test_texts_of_emf_are_lines(read: Any) -> None:
    data = emf(
        [
            emf_text("Kari", 0, 100), emf_text("Nord", 50, 100), emf_text("mann", 90, 100),
            emf_text("kari@example.no", 0, 200), emf_text("日本", 0, 300),
        ]
    )  # fmt: skip
    result = read(data, "a.emf")
    assert parts(result, "a.emf")[""] == "Kari Nordmann\nkari@example.no\n日本" and result.problems == []


def test_small_texts_and_those_of_emf_plus(read: Any) -> None:
    small = struct.pack("<iiIIIff", 0, 0, 15, 0x100 | 0x200, 1, 1.0, 1.0) + b"smal@example.no"
    wide = struct.pack("<iiIIIff4i", 0, 50, 14, 0, 1, 1.0, 1.0, 0, 0, 0, 0) + "vid@example.no".encode("utf-16-le")
    raw = "pluss@example.no".encode("utf-16-le")
    string = struct.pack("<IIIffff", 0, 0, 16, 0.0, 90.0, 0.0, 0.0) + raw
    plus = struct.pack("<HHII", 0x401C, 0, 12 + len(string), len(string)) + string
    comment = struct.pack("<I", 4 + len(plus)) + b"EMF+" + plus
    data = emf([emf_record(108, small), emf_record(108, wide), emf_record(70, comment)])
    assert parts(read(data, "a.emf"), "a.emf")[""].splitlines() == [
        "smal@example.no", "vid@example.no", "pluss@example.no"
    ]  # fmt: skip


def test_numbers_of_glyphs_are_told(read: Any) -> None:
    result = read(emf([emf_text("abc", 0, 0, options=0x10), emf_text("les@example.no", 0, 50)]), "a.emf")
    assert [problem.detail for problem in result.problems] == [
        "1 texts of the picture are numbers of glyphs, which were not read"
    ]
    assert "les@example.no" in result.all_text


@pytest.mark.parametrize(("charset", "encoding", "text"), [(0, "cp1252", "Blåbær"), (204, "cp1251", "Привет")])
@pytest.mark.parametrize("placeable", [False, True])
def test_texts_of_wmf_are_in_the_encoding_of_their_font(
    read: Any, charset: int, encoding: str, text: str, placeable: bool
) -> None:
    data = wmf([(text, 0, 10), ("kari@example.no", 0, 60)], encoding, charset, placeable)
    if placeable:
        assert parts(read(data, "a.wmf"), "a.wmf")[""] == f"{text}\nkari@example.no"
    else:  # has no signature: known by what holds it
        batches = list(metafile.extract_wmf(Document(DocumentRef("t", "a"), io.BytesIO(data)), Limits()))
        assert batches[0].texts.to_pylist() == [f"{text}\nkari@example.no"]  # type: ignore[union-attr]


def test_bitmaps_are_members_unless_they_are_tiny(read: Any) -> None:
    def stretched(width: int, height: int) -> bytes:
        head, bits = dib(width, height)
        where = 80
        fields = bytes(16) + struct.pack("<6i", 0, 0, 0, 0, width, height)
        fields += struct.pack("<IIIIII", where, len(head), where + len(head), len(bits), 0, 0xCC0020)
        return emf_record(81, fields + struct.pack("<ii", width, height) + head + bits)

    result = read(emf([stretched(40, 50), stretched(16, 16)]), "a.emf")
    assert [name for name in result.done if "!" in name] == ["a.emf!picture 1.bmp"]
    assert result.done["a.emf!picture 1.bmp"].media_type == "image/bmp"


def test_a_file_that_is_cut_is_told(read: Any) -> None:
    data = emf([emf_text("kari@example.no", 0, 0), emf_text("ola@example.no", 0, 50)])
    result = read(data[:-40], "a.emf")
    assert "kari@example.no" in result.all_text and result.codes == [("a.emf", "truncated")]


def test_objects_without_end_are_quick(read: Any) -> None:
    data = wmf([("kari@example.no", 0, 0)], placeable=True)
    many = wmf_record(0x02FA, bytes(10)) * 60_000
    at = 22 + 18
    assert "kari@example.no" in read(data[:at] + many + data[at:], "a.wmf").all_text
