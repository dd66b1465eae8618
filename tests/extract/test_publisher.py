"""Publications: stories, links, properties and drawings are read; damage is said and never hides the rest."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from extract.found import mutants, parts
from extract.ole_made import compound, properties

from pii_scan.extract import signatures

STORY = "Kontakt Kåre Eksempel’s kontor\rring 68 05 00 11\rkare@example.no\r"


def quill(*chunks: tuple[bytes, bytes, bytes]) -> bytes:
    """The stream of chunks: identifier, kind and content of each."""
    table, body = b"", b""
    start = 32 + 24 * (len(chunks) + 1)
    for name, kind, data in chunks:
        table += struct.pack("<H4sHHH4sII", 24, name, 0, 1, 0, kind, start + len(body), len(data))
        body += data
    return b"CHNKINK ".ljust(32, b"\x04") + table + bytes(24) + body


def publication(contents: bytes | None = None, drawings: bytes = b"") -> bytes:
    story = STORY.encode("utf-16-le")
    link = "https://example.no/?epost=ola@example.no".encode("utf-16-le")
    links = (b"PL  ", b"PLC ", bytes(9) + link + b"\0\0")
    made = quill((b"TEXT", b"TEXT", story), (b"FDPP", b"FDPP", bytes(64)), links)
    shapes = b"\x01\0\0\0" * 20 + "Skilt: siv@example.no".encode("utf-16-le") + bytes(40)
    return compound(
        {
            **properties("Eva Eksempel"),
            "Contents": shapes,
            "Quill": {"QuillSub": {"CONTENTS": made if contents is None else contents}},
            "Escher": {"EscherStm": drawings, "EscherDelayStm": b""},
            "\x03Internal": b"\0\0\1\0" + bytes(8),
        }
    )


def test_stories_links_shapes_and_properties_are_read(read: Any) -> None:
    result = read(publication(), "avis.pub")
    found = parts(result, "avis.pub")
    assert found[""] == STORY.replace("\r", "\n")
    assert "ola@example.no" in found["links and names"]
    assert "siv@example.no" in result.text("avis.pub") and "Eva Eksempel" in result.text("avis.pub")
    assert list(result.done) == ["avis.pub"]
    assert result.codes == [("avis.pub", "unsupported")]  # shapes are runs of text


def test_texts_of_drawings_are_read(read: Any) -> None:
    text = ("Ring kari@example.no" + "\0").encode("utf-16-le")
    table = struct.pack("<HI", 0x8000 | 0x381, len(text)) + text
    record = struct.pack("<HHI", 3 | 1 << 4, 0xF00B, len(table)) + table
    assert "kari@example.no" in parts(read(publication(drawings=record), "a.pub"), "a.pub")["drawings"]


@pytest.mark.parametrize("cut", [0, 20, 40, 150])
def test_damage_is_said_and_runs_of_text_are_read_still(read: Any, cut: int) -> None:
    story = quill((b"TEXT", b"TEXT", STORY.encode("utf-16-le")))
    result = read(publication(story[:cut]), "a.pub")
    assert {code for _, code in result.codes} > {"unsupported"}
    assert "siv@example.no" in result.text("a.pub")


def test_a_lost_table_of_chunks_leaves_runs_of_text(read: Any) -> None:
    result = read(publication(b"XXXX" + quill((b"TEXT", b"TEXT", STORY.encode("utf-16-le")))[4:]), "a.pub")
    assert "kare@example.no" in result.text("a.pub") and ("a.pub", "corrupt") in result.codes


def test_mutants_end_and_never_vanish(read: Any) -> None:
    for data in mutants(publication()):
        result = read(data, "a.pub")
        assert result.problems or result.texts


def test_the_type_is_told_by_its_storages() -> None:
    import io

    assert signatures.ole_type(io.BytesIO(publication())) == "application/x-mspublisher"
