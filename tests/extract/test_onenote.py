"""OneNote: texts are found at any alignment with their offsets, and the files on pages are members."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ooxml import SYNTHETIC, mutants
from ooxml import read as yielded

from pii_scan.extract import onenote
from pii_scan.model import Limits

Read = Callable[..., Any]
TYPE = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
PACKAGED = bytes.fromhex("2fe98d63d4a6c14b9a36b3fc2511a5b7")
FILE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40) + b"IEND\xaeB`\x82"


def section(*parts: bytes, packaged: bool = False) -> bytes:
    return TYPE + bytes(32) + (PACKAGED if packaged else bytes(16)) + bytes(8) + b"\0\0\x01".join(parts) + bytes(40)


def file(data: bytes, size: int | None = None) -> bytes:
    return FILE + (len(data) if size is None else size).to_bytes(8, "little") + bytes(12) + data + bytes(16)


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def test_wide_and_narrow_text_is_read_at_any_alignment(read: Read) -> None:
    for shift in range(4):
        data = section(b"\1" * shift, wide("Kari Blåbær – ring 68 05 00 17"), b"Ola Norbakk bl\xe5", wide("Łukasz Ż"))
        found = read(data, "notat.one")
        assert "Kari Blåbær – ring 68 05 00 17" in found.all_text and "Ola Norbakk blå" in found.all_text
        assert "Łukasz Ż" in found.all_text and not found.problems


def test_place_of_a_text_is_its_offset() -> None:
    data = section(wide(f"fnr {SYNTHETIC}"))
    found = yielded(onenote.extract, data)
    assert found.parts == {f"byte {data.index(wide('fnr'))}": f"fnr {SYNTHETIC}\n"}


def test_text_of_earlier_versions_comes_once() -> None:
    found = yielded(onenote.extract, section(*[wide("Kari Nordby")] * 5))
    assert found.text == "Kari Nordby"


def test_files_on_pages_are_members_and_not_text(read: Read) -> None:
    data = section(wide("foer"), file(b"kari@example.no i en fil"), wide("mellom"), file(b"%PDF-1.7 to"), wide("etter"))
    found = yielded(onenote.extract, data)
    assert found.documents == {"file 1": b"kari@example.no i en fil", "file 2": b"%PDF-1.7 to"}
    assert found.text.split() == ["foer", "mellom", "etter"] and not found.problems
    assert "kari@example.no" in read(data).text("x!file 1")


def test_file_that_lies_about_its_size_becomes_a_problem() -> None:
    for size in (10**6, 2**64 - 1):
        found = yielded(onenote.extract, section(wide("tekst"), file(b"kort", size)))
        assert found.documents["file 1"].startswith(b"kort") and [q.code for q in found.problems] == ["truncated"]


def test_files_of_a_packaged_section_are_found_by_their_signatures() -> None:
    found = yielded(onenote.extract, section(wide("foer"), PNG, wide("etter"), packaged=True))
    assert found.documents == {"file 1": PNG} and found.text.split() == ["foer", "etter"]
    assert [q.code for q in found.problems] == ["unsupported"]


def test_locked_section_does_not_look_clean() -> None:
    found = yielded(onenote.extract, section(wide("tekst"), bytes.fromhex("67a0d1da85a36bfb")))
    assert [q.code for q in found.problems] == ["encrypted"]


def test_section_without_text_does_not_look_clean(read: Read) -> None:
    assert read(section(b"")).codes == [("x", "corrupt")]


def test_text_at_the_edge_of_a_block_is_whole_and_comes_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(onenote, "_BLOCK", 4096)
    monkeypatch.setattr(onenote, "_MAX_RUN", 512)
    for shift in range(0, 300, 7):
        data = section(b"\1" * (3900 + shift), wide(f"her er {SYNTHETIC} igjen"), b"\1" * 5000, wide("slutt"))
        found = yielded(onenote.extract, data)
        assert found.text.split("\n") == [f"her er {SYNTHETIC} igjen", "slutt"]


def test_overlong_text_is_read_to_its_end() -> None:
    found = yielded(onenote.extract, section(wide("ord " * 100_000 + SYNTHETIC)), Limits())
    assert SYNTHETIC in found.text


def test_many_marks_without_a_file_cost_little() -> None:
    for part in (file(b""), b"%PDF-1.4 ", b"\xff\xd8\xff\xe0\0\1"):
        data = section(part * ((2 << 20) // len(part)), packaged=True)
        assert not yielded(onenote.extract, data, Limits()).documents


def test_random_bytes_give_little_and_end() -> None:
    noise = random.Random(1).randbytes(3 << 20)
    assert len(yielded(onenote.extract, section(noise)).text) < 1 << 20


def test_mutants_never_raise_and_never_vanish(read: Read) -> None:
    for data in mutants(section(wide(SYNTHETIC), file(b"innhold"), PNG, packaged=True)):
        found = read(data)
        assert found.problems or found.texts or found.done["x"].touched
