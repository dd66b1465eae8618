from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
from typing import Any

import pyarrow as pa
import pytest

from pii_scan.model import Limits

FILES = {"a.txt": b"kari@example.no\n" * 20, "mappe/b.csv": b"navn;epost\nOla;ola@example.no\n", "c.txt": b"slutt"}


def tar(files: dict[str, bytes] | None = None, fmt: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=fmt) as archive:
        for name, data in (FILES if files is None else files).items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("fmt", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tar_members_are_read(read: Any, fmt: int) -> None:
    result = read(tar(fmt=fmt), "x.tar")
    assert result.problems == []
    assert result.text("x.tar!a.txt") == FILES["a.txt"].decode()
    assert "ola@example.no" in result.text("x.tar!mappe/b.csv")
    assert result.order == ["x.tar!a.txt", "x.tar!mappe/b.csv", "x.tar!c.txt", "x.tar"]
    assert result.batches[0].ref.modified_at == 1_700_000_000


@pytest.mark.parametrize("fmt", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_and_foreign_names_in_tar(read: Any, fmt: int) -> None:
    names = {"d/" * 150 + "blåbær.txt": b"en", "\udce5.txt": b"to"}
    result = read(tar(names, fmt), "x.tar")
    assert result.problems == []
    assert result.texts["x.tar!" + "d/" * 150 + "blåbær.txt"] == ["en"]
    assert result.texts["x.tar!\\xe5.txt"] == ["to"]


def test_tar_links_and_devices_are_not_followed(read: Any) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in [
            ("s", tarfile.SYMTYPE),
            ("l", tarfile.LNKTYPE),
            ("f", tarfile.FIFOTYPE),
            ("d", tarfile.CHRTYPE),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/hostname"
            archive.addfile(info)
    result = read(out.getvalue(), "x.tar")
    assert list(result.done) == ["x.tar"] and result.problems == []
    assert result.done["x.tar"].touched


def test_members_of_one_name_are_told_apart(read: Any) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for text in (b"en", b"to"):
            info = tarfile.TarInfo("a")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    result = read(out.getvalue(), "x.tar")
    assert result.texts["x.tar!a"] == ["en"] and result.texts["x.tar!a (2)"] == ["to"]


def test_a_cut_tar_is_never_clean(read: Any) -> None:
    data = tar()
    end = data.rstrip(b"\0")
    for cut in range(51, len(end), 50):
        result = read(data[:cut], "x.tar")
        assert result.problems, cut
        for name, text in result.texts.items():
            if name.endswith("a.txt"):
                assert FILES["a.txt"].startswith("".join(text).encode())


def test_the_part_of_a_member_before_the_cut_is_read(read: Any) -> None:
    data = tar({"a.txt": b"kari@example.no\n" * 100})
    result = read(data[: 512 + 700], "x.tar")
    assert ("x.tar!a.txt", "truncated") in result.codes
    assert result.text("x.tar!a.txt").startswith("kari@example.no")


def test_a_bad_header_hides_no_later_member(read: Any) -> None:
    data = bytearray(tar(fmt=tarfile.USTAR_FORMAT))
    second = data.index(b"mappe/b.csv")
    data[second : second + 4] = b"XXXX"
    result = read(bytes(data), "x.tar")
    assert result.texts["x.tar!c.txt"] == ["slutt"]
    assert ("x.tar", "corrupt") in result.codes


def test_tar_archives_in_a_row_are_all_read(read: Any) -> None:
    result = read(tar({"a": b"en"}) + tar({"b": b"to"}), "x.tar")
    assert result.texts["x.tar!b"] == ["to"] and result.problems == []


def test_a_sparse_bomb_in_tar_is_stopped(read: Any) -> None:
    pax = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "s",
        "GNU.sparse.realsize": str(1 << 40),
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("s")
        info.pax_headers = pax
        body = b"1\n0\n4\n".ljust(512, b"\0") + b"data"
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    result = read(out.getvalue(), "x.tar", Limits(ratio_from_bytes=1 << 20))
    assert ("x.tar!s", "limit") in result.codes


def test_more_members_than_allowed_are_named_as_left_out(read: Any) -> None:
    result = read(tar({str(i): b"x" for i in range(9)}), "x.tar", Limits(max_members=4))
    assert len(result.done) == 5
    assert [problem.detail for problem in result.problems] == ["the members after the first 4 are left out"]


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_compressed_tar_is_a_chain(read: Any, suffix: str, pack: Any) -> None:
    result = read(pack(tar()), f"d/x.tar.{suffix}")
    assert result.problems == []
    assert result.texts[f"d/x.tar.{suffix}!x.tar!c.txt"] == ["slutt"]


def test_a_gzip_bomb_becomes_a_problem(read: Any) -> None:
    data = gzip.compress(bytes(8 << 20))
    result = read(data, "x.gz", Limits(ratio_from_bytes=1 << 20))
    assert ("x.gz", "limit") in result.codes


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_cut_compressed_files_are_never_clean(read: Any, pack: Any) -> None:
    data = pack(b"".join(b"%d ola@example.no\n" % i for i in range(2000)))
    for cut in range(11, len(data), 50):
        result = read(data[:cut], "x.txt.gz")
        assert result.problems, cut


def test_empty_archives_are_fine(read: Any) -> None:
    for data, name in [(tar({}), "x.tar"), (gzip.compress(b""), "x.gz")]:
        result = read(data, name)
        assert result.done[name].touched
        assert result.problems == []


def framed(data: bytes, codec: str) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, codec) as stream:
        stream.write(data)
    return bytes(out.getvalue())


ZSTD_3_LEVEL = bytes.fromhex(
    "28b52ffd04588100006b617269406578616d706c652e6e6f0a66b84df5"  # what `zstd` 1.5.4 writes of one line
)


@pytest.mark.parametrize(("codec", "suffix"), [("zstd", "zst"), ("lz4", "lz4")])
def test_zstandard_and_lz4_are_read(read: Any, codec: str, suffix: str) -> None:
    result = read(framed(tar(), codec), f"x.tar.{suffix}")
    assert result.problems == []
    assert result.texts[f"x.tar.{suffix}!x.tar!c.txt"] == ["slutt"]
    twice = read(framed(b"kari@example.no\n", codec) + framed(b"ola@example.no\n", codec), f"x.log.{suffix}")
    assert twice.problems == []
    assert twice.text(f"x.log.{suffix}!x.log") == "kari@example.no\nola@example.no\n"


def test_a_zstandard_file_of_the_program_and_one_with_a_frame_to_skip(read: Any) -> None:
    assert read(ZSTD_3_LEVEL, "x.zst").all_text == "kari@example.no\n"
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + ZSTD_3_LEVEL
    assert read(skipped, "x.zst").all_text == "kari@example.no\n"


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_a_bomb_in_frames_becomes_a_problem(read: Any, codec: str) -> None:
    result = read(framed(bytes(64 << 20), codec), "x.zst", Limits(ratio_from_bytes=1 << 20, max_ratio=50))
    assert ("x.zst", "limit") in result.codes


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_damaged_frames_are_never_clean(read: Any, codec: str) -> None:
    data = framed(b"".join(b"%d ola@example.no\n" % i for i in range(30_000)), codec)
    rng = random.Random(5)
    for number in range(200):
        broken = bytearray(data)
        if number % 2:
            del broken[rng.randrange(5, len(data)) :]
        else:
            broken[rng.randrange(4, len(data))] ^= 1 << rng.randrange(8)
        result = read(bytes(broken), "x.zst")
        assert result.problems or (number % 2 == 0 and result.all_text), number
        assert not any("Error" in problem.detail for problem in result.problems), number
