from __future__ import annotations

import random
import time
import tracemalloc
import zlib
from typing import Any

import pytest
from extract import seven_zip_made as made

from pii_scan.model import Limits

READABLE = ["LZMA2", "LZMA_BCJ", "DEFLATE", "BZIP2", "DELTA_PLAIN_LIST", "NOT_SOLID"]


@pytest.mark.parametrize("name", READABLE)
def test_archives_that_7_zip_wrote_are_read(read: Any, name: str) -> None:
    result = read(made.real(name), "x.7z")
    assert result.problems == []
    assert {member.removeprefix("x.7z!") for member in result.done} == {*made.FILES, "tom.txt", "x.7z"}
    for member, data in made.FILES.items():
        if member.endswith(".txt"):
            assert result.text(f"x.7z!{member}") == data.decode()
    assert "ola@example.no" in result.text("x.7z!mappe/b.csv")
    assert {batch.ref.modified_at for batch in result.batches} == {1767607200.0}


def test_a_method_without_a_decoder_is_named_for_each_member(read: Any) -> None:
    result = read(made.real("PPMD"), "x.7z")
    assert sorted(result.codes) == sorted((f"x.7z!{member}", "unsupported") for member in made.FILES)
    assert "PPMd" in result.problems[0].detail


def test_encrypted_members_are_named_and_a_hidden_list_is_said(read: Any) -> None:
    result = read(made.real("PASSWORD"), "x.7z")
    assert sorted(result.codes) == sorted((f"x.7z!{member}", "encrypted") for member in made.FILES)
    assert read(made.real("HIDDEN_LIST"), "x.7z").codes == [("x.7z", "encrypted")]


@pytest.mark.parametrize("coder", [b"\x00", b"\x01\x00"])
def test_stored_members_are_read_however_the_method_is_written(read: Any, coder: bytes) -> None:
    """Number 0, in one byte or, as some writers do, in none. The flags of the coder come first."""
    result = read(made.archive([{"a.txt": b"kari@example.no"}], coder=coder, stored=True), "x.7z")
    assert result.texts["x.7z!a.txt"] == ["kari@example.no"] and not result.problems


def test_members_of_one_name_are_told_apart(read: Any) -> None:
    data = made.archive([{"a": b"en"}, {"a": b"to"}])
    result = read(data, "x.7z")
    assert result.problems == []
    assert result.texts["x.7z!a"] == ["en"] and result.texts["x.7z!a (2)"] == ["to"]


def test_a_bomb_stops_and_names_what_was_not_read(read: Any) -> None:
    zeros = bytes(64 << 20)
    data = made.archive([{"a.txt": b"kari@example.no", "zeros": zeros, "b.txt": b"ola@example.no"}, {"c.txt": b"per"}])
    tracemalloc.start()
    start = time.perf_counter()
    result = read(data, "x.7z", Limits(ratio_from_bytes=4 << 20, max_ratio=100, spool_bytes=1 << 20))
    assert time.perf_counter() - start < 10 and tracemalloc.get_traced_memory()[1] < 24 << 20
    tracemalloc.stop()
    assert "kari@example.no" in result.text("x.7z!a.txt") and result.texts["x.7z!c.txt"] == ["per"]
    assert ("x.7z!zeros", "limit") in result.codes and ("x.7z!b.txt", "limit") in result.codes


def test_the_limits_of_members_and_bytes_hold(read: Any) -> None:
    data = made.archive([{str(i): b"x" * 1000 for i in range(9)}])
    result = read(data, "x.7z", Limits(max_members=4))
    assert result.problems[-1].detail == "the members after the first 4 are left out"
    result = read(data, "x.7z", Limits(max_total_bytes=2500))
    assert {code for _, code in result.codes} == {"limit"}
    assert {name for name, _ in result.codes} >= {f"x.7z!{i}" for i in range(2, 9)}


def test_a_wrong_checksum_spoils_one_member(read: Any) -> None:
    data = made.archive([{"a": b"en", "b": b"to"}])
    listing = data[32 + int.from_bytes(data[12:20], "little") :]
    crc = zlib.crc32(b"en").to_bytes(4, "little")
    broken = made.wrapped(data[32 : len(data) - len(listing)], listing.replace(crc, b"\0\0\0\0"))
    result = read(broken, "x.7z")
    assert result.codes == [("x.7z!a", "corrupt")]
    assert result.texts["x.7z!b"] == ["to"]


def test_sizes_that_lie_end_in_a_problem(read: Any) -> None:
    result = read(made.archive([{"a": b"en", "b": b"to"}], declared=1 << 50), "x.7z")
    assert ("x.7z!b", "truncated") in result.codes and result.texts["x.7z!a"] == ["en"]
    dictionary = made.archive([{"a": b"en"}], coder=b"\x21\x21\x01\x28", declared=1 << 40)
    assert read(dictionary, "x.7z").codes == [("x.7z!a", "limit")]


def test_a_list_of_a_billion_members_takes_no_memory(read: Any) -> None:
    listing = b"\x01\x05" + made.number(10**9) + b"\0" * 2000
    assert read(made.wrapped(b"", listing), "x.7z").codes == [("x.7z", "corrupt")]
    listing = b"\x01\x05" + made.number(3_000_000) + b"\0" * 400_000
    assert read(made.wrapped(b"", listing), "x.7z").codes == [("x.7z", "limit")]


def test_a_cut_archive_is_never_clean(read: Any) -> None:
    for name in ("LZMA2", "DELTA_PLAIN_LIST"):
        data = made.real(name)
        for cut in range(6, len(data), 7):
            assert read(data[:cut], "x.7z").problems, cut


def test_empty_archives_are_fine(read: Any) -> None:
    assert read(made.wrapped(b"", b""), "x.7z").problems == []


def mutant(rng: random.Random, data: bytes, listing: bool) -> bytes:
    """Damage in the list of members keeps its checksums, so that the parser meets it."""
    size = int.from_bytes(data[12:20], "little")
    body, tail = bytearray(data[32 : 32 + size]), bytearray(data[32 + size :])
    part = tail if listing else body
    for _ in range(rng.randrange(1, 4)):
        part[rng.randrange(len(part))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
    if rng.random() < 0.1:
        at = rng.randrange(len(part))
        del part[at : at + rng.randrange(1, 9)]
    return made.wrapped(bytes(body), bytes(tail))


@pytest.mark.parametrize("name", ["DELTA_PLAIN_LIST", "LZMA2", "NOT_SOLID", "made"])
def test_damage_gives_text_or_a_problem(read: Any, name: str) -> None:
    plain = made.archive([made.FILES, {"c": b"per@example.no"}])
    data = plain if name == "made" else made.real(name)
    rng = random.Random(4)
    whole = read(data, "x.7z").all_text
    for number in range(150):
        result = read(mutant(rng, data, listing=number % 3 > 0), "x.7z", Limits(max_total_bytes=1 << 24))
        assert result.problems or len(result.done) > 1 or result.all_text == whole, number
        assert not any("Error" in problem.detail for problem in result.problems), (number, result.problems)
