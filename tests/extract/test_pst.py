"""Outlook mailboxes of every version and encoding: each planted value comes out at its exact place."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from extract.pst_made import (
    ADDRESS,
    BINARY,
    INT32,
    MV_BINARY,
    MV_STRING,
    PUBLIC_STRINGS,
    STRING,
    STRING8,
    TIME,
    MadeAttachment,
    MadeItem,
    message,
    recipient,
)
from extract.pst_writer import PstWriter

from pii_scan.extract import dispatch, pst, pst_crypt
from pii_scan.model import ChunkBatch, ColumnOrigin, Document, DocumentRef, Limits, LineOrigin, PartOrigin, Slice

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
VARIANTS = [(version, crypt) for version in ("unicode", "ansi", "4k") for crypt in (0, 1, 2)]
SMALL = {"block_bytes": 2048, "fan_out": 40}
TABLE = b"navn;epost\nKari;rad@example.no\n"


def placed(result: Any) -> dict[tuple[str, str], str]:
    """Text by document and part."""
    texts: dict[tuple[str, str], str] = {}
    for extracted in result.batches:
        origin, batch = extracted.batch.origin, extracted.batch
        for number, text in enumerate(batch.texts.to_pylist()):
            part = origin.parts[number] if isinstance(origin, PartOrigin) else getattr(origin, "part", "")
            if isinstance(origin, ColumnOrigin):
                part = f"column {origin.column}"
            key = (extracted.ref.display, part)
            assert not isinstance(origin, PartOrigin) or key not in texts
            texts[key] = texts.get(key, "") + (text or "")
    return texts


def full(writer: PstWriter) -> bytes:
    """A mailbox with one of everything."""
    inbox = writer.folder("Innboks")
    below = writer.folder("Kunder/2026", inbox)
    contacts = writer.folder("Kontakter")
    innermost = message("Innerst", "innerst@example.no", attachments=[MadeAttachment("dyp.csv", TABLE)])
    inner = message(
        "Indre", "indre@example.no", recipients=[recipient("Indre Mann", "im@example.no")],
        attachments=[MadeAttachment("Innerst", embedded=innermost)],
    )  # fmt: skip
    writer.item(inbox, message(
        "\x01\x05SV: Tilbud", "Hei, ring 68 05 00 21\r\nHilsen Kåre",
        props={0x7D: (STRING, "From: =?utf-8?Q?K=C3=A5re?= <hode@example.no>\r\nX-Test: felt@example.no\r\n"),
               0x0C1A: (STRING, "Avsender"), 0x0C1F: (STRING, "avsender@example.no"),
               0x1013: (BINARY, b"<p>html@<b>example</b>.no</p>"), 0x3FDE: (INT32, 65001)},
        recipients=[recipient("Kari", "kari@example.no"), recipient("Per", "per@example.no", 2)],
        attachments=[MadeAttachment("liste.csv", TABLE * 4000), MadeAttachment("liste.csv", b"b@example.no"),
                     MadeAttachment("Indre", embedded=inner), MadeAttachment("ark.txt", b"ole@example.no", ole=True)],
    ))  # fmt: skip
    writer.item(below, message("Stor", "x" * 50_000 + " stor@example.no " + "y" * 50_000))
    writer.item(contacts, MadeItem(
        {0x1A: (STRING, "IPM.Contact"), 0x3001: (STRING, "Åse Øy"), 0x3A08: (STRING, "68 05 00 22"),
         0x3A42: (TIME, datetime(1980, 5, 3, 22, tzinfo=UTC)), 0x3A58: (MV_STRING, ["Barn En", "Barn To"])},
        {(ADDRESS, 0x8083): (STRING, "kontakt@example.no"), (PUBLIC_STRINGS, "Merknad"): (STRING, "egen@example.no"),
         (ADDRESS, 0x8054): (MV_BINARY, [b"\x01\x02medlem@example.no\x00", b"\x03"])},
    ))  # fmt: skip
    writer.item(inbox, message("Foreldreløs", "orphan@example.no"), listed=False)
    writer.item(inbox, message("Slettet gone@example.no"), kept=False)
    writer.item(inbox, message("Regler", "regel@example.no"), associated=True)
    return writer.finish()


@pytest.mark.parametrize("options", [{}, SMALL], ids=["plain", "deep"])
@pytest.mark.parametrize("version, crypt", VARIANTS)
def test_every_value_comes_out_at_its_place(read: Any, version: str, crypt: int, options: dict[str, int]) -> None:
    result = read(full(PstWriter(version, crypt, **options)), "b.pst")
    assert result.problems == []
    texts = placed(result)
    mail = "b.pst!Innboks/65540"
    expected = {
        ("b.pst", "mailbox: display name"): "Made mailbox",
        ("b.pst", "folder Innboks/Kunder_2026: display name"): "Kunder/2026",
        ("b.pst", "folder Innboks: deleted item 65544: subject"): "Slettet gone@example.no",
        (mail, "subject"): "SV: Tilbud", (mail, "header: From"): "Kåre <hode@example.no>",
        (mail, "header: X-Test"): "felt@example.no", (mail, "sender address"): "avsender@example.no",
        (mail, "to"): "Kari <kari@example.no>", (mail, "cc"): "Per <per@example.no>",
        (mail, "body"): "Hei, ring 68 05 00 21\r\nHilsen Kåre",
        (f"{mail}!liste.csv (2)", ""): "b@example.no", (f"{mail}!ark.txt", ""): "ole@example.no",
        (f"{mail}!Indre", "body"): "indre@example.no", (f"{mail}!Indre", "to"): "Indre Mann <im@example.no>",
        (f"{mail}!Indre!Innerst", "body"): "innerst@example.no",
        (f"{mail}!Indre!Innerst!dyp.csv", "column 2"): "rad@example.no",
        ("b.pst!Kontakter/65542", "property 0x3A08 business phone"): "68 05 00 22",
        ("b.pst!Kontakter/65542", "property 0x3A42 birthday"): "1980-05-04",
        ("b.pst!Kontakter/65542", "property 0x3A58 children"): "Barn En\nBarn To",
        ("b.pst!Kontakter/65542", "named property 0x8083 e-mail 1 address"): "kontakt@example.no",
        ("b.pst!Kontakter/65542", "named property Merknad"): "egen@example.no",
        ("b.pst!Kontakter/65542", "named property 0x8054 members"): "medlem@example.no",
        ("b.pst!(orphans)/65543", "body"): "orphan@example.no",
        ("b.pst!Innboks/65545 (settings)", "body"): "regel@example.no",
    }  # fmt: skip
    assert {key: texts.get(key) for key in expected} == expected
    assert texts[mail, "html body"].strip() == "html@example.no"
    assert texts[f"{mail}!liste.csv", "column 2"].count("rad@example.no") == 4000
    assert texts["b.pst!Innboks/Kunder_2026/65541", "body"] == "x" * 50_000 + " stor@example.no " + "y" * 50_000


def test_members_come_before_their_mailbox_and_all_are_done(read: Any) -> None:
    result = read(full(PstWriter()), "b.pst")
    assert result.order[-1] == "b.pst" and result.done["b.pst"].media_type == pst.MEDIA_TYPE
    assert all(done.touched for done in result.done.values())
    assert result.done["b.pst!Innboks/65540"].media_type == "application/vnd.ms-outlook-item"


def test_item_names_do_not_depend_on_what_else_is_there(read: Any) -> None:
    writer = PstWriter()
    folders = [writer.folder("Likt navn"), writer.folder("Likt navn"), writer.folder(" \t"), writer.folder("a!b")]
    for folder in folders:
        writer.item(folder, message("x"))
    names = [name for name in read(writer.finish(), "b.pst").order if "!" in name]
    assert names == ["b.pst!Likt navn/65541", "b.pst!Likt navn/65542", "b.pst!folder-65539/65543", "b.pst!a!b/65544"]


def test_strings_of_eight_bits_are_read_by_what_their_item_or_the_others_say(read: Any) -> None:
    writer = PstWriter("ansi")
    folder = writer.folder("f")
    russian, norwegian = "Привет, мир".encode("cp1251"), "blåbær på brød".encode("cp1252")
    for said in ({0x3FFD: (INT32, 1251)}, {0x3FF1: (INT32, 0x419), 0x3FDE: (INT32, 20866)}):
        item = MadeItem({0x37: (STRING8, russian), 0x1000: (STRING8, russian * 200_000), **said})
        writer.item(folder, item)
    for said in ({0x3FF1: (INT32, 0x414)}, {0x3FDE: (INT32, 28591)}, {0x3FF1: (INT32, 0x414)}, {}):
        writer.item(folder, MadeItem({0x37: (STRING8, norwegian), **said}))
    result = read(writer.finish(), "b.pst")
    texts = placed(result)
    assert result.problems == []
    subjects = [text for (_, part), text in texts.items() if part == "subject"]
    assert subjects == ["Привет, мир"] * 2 + ["blåbær på brød"] * 4
    assert [text for (_, part), text in texts.items() if part == "body"] == ["Привет, мир" * 200_000] * 2


def test_ten_thousand_recipients_and_a_thousand_properties_are_all_read(read: Any) -> None:
    writer = PstWriter()
    folder = writer.folder("f")
    many = {0x4000 + number: (STRING, f"felt{number}@example.no") for number in range(1500)}
    item = MadeItem({0x1A: (STRING, "IPM.Note"), **many}, {},
                    [recipient(f"Navn {n}", f"m{n}@example.no") for n in range(10_000)])  # fmt: skip
    writer.item(folder, item)
    result = read(writer.finish(), "b.pst")
    assert result.problems == []
    texts = placed(result)
    found = {text for text in texts.values() if "felt" in text}
    assert found == {f"felt{number}@example.no" for number in range(1500)}
    recipients = {text for (_, part), text in texts.items() if part == "to" or part.startswith("to (")}
    assert recipients == {f"Navn {n} <m{n}@example.no>" for n in range(10_000)}


def test_a_header_that_is_wrong_about_the_encoding_is_seen_through(read: Any) -> None:
    data = bytearray(full(PstWriter(crypt=1)))
    data[513] = 0
    result = read(bytes(data), "b.pst")
    assert "avsender@example.no" in result.all_text and result.problems == []


def test_a_protected_mailbox_is_encrypted_and_no_clean_one(read: Any) -> None:
    data = bytearray(full(PstWriter()))
    data[513] = pst_crypt.WINDOWS_PROTECTED
    result = read(bytes(data), "b.pst")
    assert result.codes == [("b.pst", "encrypted")] and not result.done["b.pst"].touched


def test_an_unknown_version_is_unsupported(read: Any) -> None:
    data = bytearray(full(PstWriter()))
    data[10] = 99
    assert read(bytes(data), "b.pst").codes == [("b.pst", "unsupported")]


def test_the_limit_on_depth_bites_within_a_mailbox(read: Any) -> None:
    result = read(full(PstWriter()), "b.pst", Limits(max_depth=2))
    assert ("b.pst!Innboks/65540!Indre!Innerst", "limit") in result.codes
    assert "indre@example.no" in result.all_text and "innerst@example.no" not in result.all_text


# slices


def sliced(data: bytes, part: Slice | None) -> list[tuple[str, Any]]:
    """What one slice gives: texts with their places, problems, members done."""
    document = Document(DocumentRef("t", "b.pst", None, len(data)), io.BytesIO(data), slice=part)
    out: list[tuple[str, Any]] = []
    for item in dispatch.extract(document, Limits()):
        if isinstance(item, dispatch.Extracted):
            out.append((item.ref.display, (repr(item.batch.origin)[:200], tuple(item.batch.texts.to_pylist()))))
        elif isinstance(item, dispatch.DocumentDone):
            if item.ref.parent is not None:
                out.append((item.ref.display, "done"))
        else:
            out.append((item.ref.display, (item.code, item.detail)))
    return out


@pytest.mark.parametrize("slice_bytes", [4096, 20_000, 30_000])
@pytest.mark.parametrize("version", ["unicode", "ansi", "4k"])
def test_slices_give_every_item_exactly_once_and_in_order(version: str, slice_bytes: int) -> None:
    writer = PstWriter(version, **SMALL)
    folders = [writer.folder("En"), writer.folder("To")]
    for number in range(150):
        writer.item(folders[number % 2], message(f"nr {number}", f"nr{number}@example.no"), listed=number % 7 > 0)
    data = writer.finish()
    document = Document(DocumentRef("t", "b.pst", None, len(data)), io.BytesIO(data))
    slices = dispatch.slices(document, Limits(), slice_bytes)
    assert slices == dispatch.slices(document, Limits(), slice_bytes)
    assert len(slices) == min(len(data) // slice_bytes, 150) > 1
    assert [part.start for part in slices] == [0, *(part.end for part in slices[:-1])]
    assert slices[-1].end == len(data)
    whole = sliced(data, None)
    assert [entry for part in slices for entry in sliced(data, part)] == whole
    assert sum(entry[1] == "done" for entry in whole) == 150


def test_a_damaged_tree_is_not_sliced() -> None:
    writer = PstWriter(**SMALL)
    folder = writer.folder("f")
    for number in range(200):
        writer.item(folder, message("x", f"nr{number}@example.no"))
    data = bytearray(writer.finish())
    assert len(pst.plan(io.BytesIO(data), 20_000)) > 1
    data[int.from_bytes(data[240:248], "little") + 3] ^= 1
    assert pst.plan(io.BytesIO(data), 20_000) == []


# size


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_memory_does_not_grow_with_the_mailbox(tmp_path: Path) -> None:
    peaks = []
    for items, blocks in ((500, 200), (5_000, 25_000)):
        writer = PstWriter()
        folder = writer.folder("f")
        for number in range(items):
            writer.item(folder, message(f"emne {number}", f"nr{number}@example.no"))
        for _ in range(blocks):
            writer.block(bytes(8176))
        path = tmp_path / f"{items}.pst"
        path.write_bytes(writer.finish())
        peaks.append((path.stat().st_size, _peak_kib(path, items)))
    assert peaks[1][0] > 190 << 20
    assert peaks[1][1] - peaks[0][1] < 20 << 10, peaks


_MEASURE = """
import re, sys
from pii_scan.extract import dispatch
from pii_scan.model import Document, DocumentRef, Limits
found = 0
with open(sys.argv[1], "rb") as content:
    for item in dispatch.extract(Document(DocumentRef("t", "b.pst"), content), Limits()):
        found += isinstance(item, dispatch.DocumentDone)
assert found == int(sys.argv[2]) + 1, found
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""


def _peak_kib(path: Path, items: int) -> int:
    command = [sys.executable, "-c", _MEASURE, str(path), str(items)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    return int(done.stdout)


def test_an_attachment_of_any_size_is_streamed_from_its_blocks(read: Any) -> None:
    writer = PstWriter(block_bytes=4096, fan_out=100)
    content = b"".join(b"linje %07d\n" % number for number in range(1_000_000)) + b"sist@example.no"
    writer.item(writer.folder("f"), message("x", attachments=[MadeAttachment("stor.txt", content)]))
    result = read(writer.finish(), "b.pst")
    assert result.problems == []
    assert result.done["b.pst!f/65538!stor.txt"].read_bytes == len(content)
    owned = b"".join(
        extracted.batch.texts[0].as_buffer().to_pybytes()
        for extracted in result.batches
        if extracted.ref.path == "stor.txt" and isinstance(extracted.batch, ChunkBatch)
        and isinstance(extracted.batch.origin, LineOrigin)
    )  # fmt: skip
    assert owned == content


# the encodings


@pytest.mark.skipif(not (SHARED / "ms-pst-permute.txt").is_file(), reason="needs ms-pst-permute.txt")
def test_the_tables_are_those_of_the_specification() -> None:
    lines = (SHARED / "ms-pst-permute.txt").read_text().splitlines()
    tables = {line.split()[0]: bytes(map(int, line.split()[1:])) for line in lines if not line.startswith("#")}
    assert (tables["mpbbR"], tables["mpbbS"], tables["mpbbI"]) == (pst_crypt._R, pst_crypt._S, pst_crypt._I)


def test_the_cyclic_encoding_is_that_of_the_specification_byte_by_byte() -> None:
    def slow(data: bytes, block_id: int) -> bytes:
        word, out = (block_id ^ (block_id >> 16)) & 0xFFFF, bytearray()
        for value in data:
            value = pst_crypt._R[(value + word) & 0xFF]
            value = pst_crypt._S[(value + (word >> 8)) & 0xFF]
            value = pst_crypt._I[(value - (word >> 8)) & 0xFF]
            out.append((value - word) & 0xFF)
            word = (word + 1) & 0xFFFF
        return bytes(out)

    data = bytes(range(256)) * 20
    for block_id in (4, 0xFFFC, 0x12345678, 0xFFFF0004):
        assert pst_crypt.recode_cyclic(data, block_id) == slow(data, block_id)
        assert pst_crypt.recode_cyclic(slow(data, block_id), block_id) == data
