"""Damaged and hostile Outlook mailboxes: what is left is read, what is lost is told, nothing goes on for ever."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from extract.pst_made import ADDRESS, BINARY, INT32, OBJECT, STRING, MadeAttachment, MadeItem, message, recipient
from extract.pst_writer import PstWriter, weak_crc

from pii_scan.extract.pst_pages import BLOCK_PAGES, NODE_PAGES
from pii_scan.model import Limits

VERSIONS = ("unicode", "ansi", "4k")


def mailbox(version: str = "unicode", crypt: int = 1, items: int = 60) -> tuple[PstWriter, bytes]:
    writer = PstWriter(version, crypt, block_bytes=1024, fan_out=16)
    folder = writer.folder("Innboks")
    for number in range(items):
        attached = [MadeAttachment("a.txt", f"vedlegg{number}@example.no ".encode() * 100)] * (number % 10 == 0)
        to = [recipient("Til", f"til{number}@example.no")]
        writer.item(folder, message(f"nr {number}", f"nr{number}@example.no", recipients=to, attachments=attached))
    return writer, writer.finish()


def addresses(items: int, *names: str) -> set[str]:
    return {f"{name}{number}@example.no" for name in names for number in range(items)}


def pages(data: bytes, version: str, kind: int, level: int) -> list[int]:
    """Offsets of the tree pages of a kind and level."""
    size, counts_at, trailer_at = {"unicode": (512, 488, 496), "ansi": (512, 496, 500), "4k": (4096, 4056, 4072)}[
        version
    ]
    level_at = counts_at + (5 if version == "4k" else 3)
    return [
        at for at in range(0, len(data) - size + 1, 512)
        if data[at + trailer_at] == data[at + trailer_at + 1] == kind and data[at + level_at] == level
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [NODE_PAGES, BLOCK_PAGES])
@pytest.mark.parametrize("version", VERSIONS)
def test_when_branches_of_a_tree_are_lost_its_leaves_are_found_by_search(read: Any, version: str, kind: int) -> None:
    _, sound = mailbox(version, items=400 if version == "4k" else 60)
    count = 400 if version == "4k" else 60
    data = bytearray(sound)
    branches = pages(sound, version, kind, 1)
    assert branches
    for at in branches:
        data[at : at + 512] = random.Random(1).randbytes(512)
        if version == "4k":
            data[at + 4056 : at + 4096] = bytes(40)
    result = read(bytes(data), "b.pst")
    assert ("b.pst", "corrupt") in result.codes
    missing = [text for text in addresses(count, "nr", "til") if text not in result.all_text]
    assert missing == []


@pytest.mark.parametrize("kind", [NODE_PAGES, BLOCK_PAGES])
def test_when_a_leaf_page_is_lost_all_others_are_read_and_the_loss_is_told(read: Any, kind: int) -> None:
    _, sound = mailbox()
    leaves = pages(sound, "unicode", kind, 0)
    assert len(leaves) > 4
    data = bytearray(sound)
    data[leaves[2] : leaves[2] + 512] = bytes(512)
    result = read(bytes(data), "b.pst")
    assert any(code == "corrupt" for _, code in result.codes)
    found = [text for text in addresses(60, "nr") if text in result.all_text]
    assert len(found) >= 40


def test_a_wrong_checksum_is_told_and_the_data_are_read_as_they_stand(read: Any) -> None:
    _, sound = mailbox(crypt=0)
    at = sound.index("nr 7".encode("utf-16-le"))
    data = bytearray(sound)
    data[at] = ord("m")
    result = read(bytes(data), "b.pst")
    assert [code for _, code in result.codes] == ["corrupt"]
    assert "mr 7" in result.all_text and "nr7@example.no" in result.all_text


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_truncated_mailbox_is_told_of(read: Any, version: str, share: float) -> None:
    _, sound = mailbox(version)
    result = read(sound[: int(len(sound) * share)], "b.pst")
    assert any(code in ("truncated", "corrupt") for _, code in result.codes)


def test_items_go_by_their_parent_where_the_table_of_contents_is_lost(read: Any) -> None:
    writer = PstWriter()
    folder = writer.folder("Innboks")
    writer.item(folder, message("x", "funnet@example.no"))
    writer.finish()
    writer.node(folder & ~0x1F | 0x0E, writer.block(b"\0" * 200), 0, 0)
    writer._contents.clear()
    result = read(writer.finish(), "b.pst")
    assert "funnet@example.no" in result.text("b.pst!Innboks/65538")
    assert ("b.pst", "corrupt") in result.codes


def test_items_without_a_folder_are_orphans(read: Any) -> None:
    writer = PstWriter()
    for parent in (0, 0x999922, 0x21):
        writer.item(parent, message("x", f"u{parent}@example.no"), listed=False)
    result = read(writer.finish(), "b.pst")
    assert [name for name in result.order if "!" in name] == [f"b.pst!(orphans)/{65537 + n}" for n in range(3)]


def test_folders_that_are_each_others_parent_end(read: Any) -> None:
    writer = PstWriter()
    one = writer.folder("en")
    two = writer.folder("to", one)
    writer.nodes[one] = (*writer.nodes[one][:2], two)
    writer.item(two, message("x", "rund@example.no"))
    result = read(writer.finish(), "b.pst")
    assert result.text("b.pst!en/to/65539").count("rund@example.no") == 1


def _list(level: int, ids: list[int], size: int = 99) -> bytes:
    return struct.pack(f"<BBHI{len(ids)}Q", 1, level, len(ids), size, *ids)


def test_lists_of_blocks_that_name_themselves_end(read: Any) -> None:
    writer = PstWriter()
    folder = writer.folder("f")
    nid = writer.item(folder, message("x", "x@example.no"))
    next_id = writer._next_bid | 2
    for level in (1, 2):
        looped = writer.block(_list(level, [next_id + 4 * (level - 1)] * 50), internal=True)
        assert looped == next_id + 4 * (level - 1)
        writer.node(nid + 0x20 * level, looped, looped, folder)
        writer.node(nid + 0x20 * (level + 4), writer.nodes[nid][0], looped, folder)
    result = read(writer.finish(), "b.pst")
    assert "x@example.no" in result.all_text
    assert {code for _, code in result.codes} == {"corrupt"}


def test_subnodes_that_name_their_own_list_end(read: Any) -> None:
    writer = PstWriter()
    folder = writer.folder("f")
    own = (writer._next_bid + 4) | 2
    data, _ = writer.properties({0x37: (STRING, "x"), 0x3701: (OBJECT, (0x25, 0)), 0x3705: (INT32, 5),
                                 0x3707: (STRING, "seg selv")})  # fmt: skip
    leaf = writer.block(struct.pack("<BBH4x3Q", 2, 0, 1, 0x25, data, own), internal=True)
    assert leaf == own
    writer.node(0x200100 | 4, data, leaf, folder)
    result = read(writer.finish(), "b.pst", Limits(max_depth=5))
    assert any(code == "limit" for _, code in result.codes)
    assert len(result.done) < 12


def test_a_small_mailbox_whose_blocks_are_used_again_and_again_is_cut_short(read: Any) -> None:
    writer = PstWriter()
    folder = writer.folder("f")
    block = writer.block(b"igjen@example.no ".ljust(8176, b"."))
    one = writer.block(_list(1, [block] * 1000, 8176 * 1000), internal=True)
    many = writer.block(_list(2, [one] * 1000, 0xFFFFFFFF), internal=True)
    data, _ = writer.properties({0x37: (STRING, "x"), 0x3004: (STRING, "y" * 3000)})
    del data
    heap = writer.properties({0x37: (STRING, "bombe"), 0x1000: (STRING, "z" * 9000)})
    subnodes = writer.block(struct.pack("<BBH4x3Q", 2, 0, 1, 0x100 << 5 | 0x1F, many, 0), internal=True)
    for number in range(5):
        writer.node(0x200100 + 0x20 * number | 4, heap[0], subnodes, folder)
    result = read(writer.finish(), "b.pst", Limits(max_total_bytes=1 << 30))
    assert ("b.pst!(orphans)/65544", "limit") in result.codes
    assert sum(len(batch.batch.texts[0].as_buffer()) for batch in result.batches) < 200 << 20


def test_a_table_whose_rows_all_show_the_same_long_text_is_cut_short(read: Any) -> None:
    writer = PstWriter(crypt=0)
    folder = writer.folder("f")
    nid = writer.item(folder, message("x"))
    heap, _ = writer.table([(1, {0x3001: (STRING, "igjen@example.no " * 58)})])
    at, size, _ = writer.blocks[heap]
    body = bytearray(writer.body[at : at + size])
    info = body.rindex(b"\x7c\x03")
    (row_bytes,) = struct.unpack_from("<H", body, info + 8)
    start = body.rindex(struct.pack("<II", 1, 1))
    struct.pack_into("<I", body, info + 14, 0x3F)  # the rows are in a subnode
    block = bytes(body[start : start + row_bytes]) * (8176 // row_bytes)
    inner = writer.subnodes([(0x3F, writer.blocks_tree([block] * 100), 0)])
    below = writer.subnodes([(0x692, writer.block(bytes(body)), inner)])
    writer.node(nid, writer.nodes[nid][0], below, folder)
    data = writer.finish()
    result = read(data, "b.pst")
    assert ("b.pst!f/65538", "limit") in result.codes
    assert sum(batch.batch.texts.nbytes for batch in result.batches) < 40 * len(data) + (100 << 20)


def test_a_heap_whose_tree_names_itself_ends(read: Any) -> None:
    writer = PstWriter(crypt=0)
    folder = writer.folder("f")
    writer.item(folder, message("x", "x@example.no"))
    looped = struct.pack("<BBBBI", 0xB5, 2, 6, 8, 0x40)  # eight levels of branches, each the same record
    branch = struct.pack("<HI", 0, 0x40) * 20
    body = struct.pack("<HBBI4x", 12 + len(looped) + len(branch), 0xEC, 0xBC, 0x20) + looped + branch
    body += struct.pack("<HHHHH", 2, 0, 12, 20, 20 + len(branch))
    writer.node(0x200100 | 4, writer.block(body), 0, folder)
    result = read(writer.finish(), "b.pst")
    assert ("b.pst!(orphans)/65544", "corrupt") in result.codes
    assert "x@example.no" in result.all_text


def _mutants(data: bytes, count: int, seed: int) -> Any:
    rng = random.Random(seed)
    for number in range(count):
        made = bytearray(data)
        kind = number % 4
        if kind == 0:
            for _ in range(rng.randrange(1, 30)):
                made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
        elif kind == 1:
            at = rng.randrange(0x4400, len(made))
            made[at : at + rng.randrange(1, 700)] = rng.randbytes(rng.randrange(1, 700))
        elif kind == 2:
            del made[rng.randrange(10, len(made)) :]
        else:
            at, other = rng.randrange(len(made) - 600), rng.randrange(len(made) - 600)
            made[at : at + 512] = made[other : other + 512]
        yield bytes(made)


@pytest.mark.parametrize("version, crypt", [("unicode", 1), ("unicode", 0), ("ansi", 2), ("4k", 0)])
def test_no_mutant_raises_hangs_or_vanishes(read: Any, version: str, crypt: int) -> None:
    _, data = mailbox(version, crypt, items=12)
    for number, mutant in enumerate(_mutants(data, 120, crypt)):
        result = read(mutant, "b.pst", Limits(max_total_bytes=1 << 28))
        lost = [text for text in addresses(12, "nr", "til") if text not in result.all_text]
        assert result.problems or not lost or version == "4k", (number, lost)  # whose checksums are not known
        assert result.problems or result.done["b.pst"].touched, number
        for problem in result.problems:
            assert "Error while reading application/vnd.ms-outlook" not in problem.detail, number
            assert "example.no" not in problem.detail


def test_mutants_within_decoded_blocks_raise_nothing(read: Any) -> None:
    """Flips bits below the checksum, so that heaps and tables are reached and not only refused."""
    rng = random.Random(5)
    for number in range(200):
        writer = PstWriter(crypt=0)
        folder = writer.folder("f")
        writer.item(folder, message("x", "x@example.no", recipients=[recipient("a", "b@example.no")] * 3,
                                    attachments=[MadeAttachment("a.txt", b"c@example.no" * 500)],
                                    named={(ADDRESS, 0x8005): (BINARY, b"d" * 20)}))  # fmt: skip
        data = bytearray(writer.finish())
        for _ in range(rng.randrange(1, 6)):
            at, size, _ = rng.choice(list(writer.blocks.values()))
            data[at + rng.randrange(size)] ^= 1 << rng.randrange(8)
            whole = -(-(size + 16) // 64) * 64
            struct.pack_into("<I", data, at + whole - 12, weak_crc(bytes(data[at : at + size])))
        result = read(bytes(data), "b.pst", Limits(max_total_bytes=1 << 28))
        for problem in result.problems:
            assert "Error while reading application/vnd.ms-outlook" not in problem.detail, number


def test_an_empty_item_is_no_problem(read: Any) -> None:
    writer = PstWriter()
    writer.item(writer.folder("f"), MadeItem({}))
    result = read(writer.finish(), "b.pst")
    assert result.problems == [] and result.done["b.pst!f/65538"].touched
