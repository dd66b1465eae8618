from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pii_scan.model import Limits, PartOrigin

FILES = {"a.txt": b"kari@example.no\n" * 20, "mappe/b.csv": b"navn;epost\nOla;ola@example.no\n", "c.txt": b"slutt"}


def pack(files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in (FILES if files is None else files).items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


class Pipe(io.RawIOBase):
    """Output that cannot seek, so that sizes follow the data (general purpose bit 3)."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data)
        return len(data)


def pack_streamed(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    return pipe.data


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_read_in_order(read: Any, method: int) -> None:
    result = read(pack(method=method), "x.zip")
    assert result.problems == []
    assert result.order == ["x.zip!a.txt", "x.zip!mappe/b.csv", "x.zip!c.txt", "x.zip"]
    assert result.text("x.zip!a.txt") == FILES["a.txt"].decode()


def test_a_wrong_extension_costs_nothing(read: Any) -> None:
    assert read(pack(), "notat.txt").texts["notat.txt!c.txt"] == ["slutt"]


def test_the_comment_of_an_archive_is_text(read: Any) -> None:
    result = read(pack(comment="Bestilt av kåre@example.no".encode()), "x.zip")
    assert result.texts["x.zip"] == ["Bestilt av kåre@example.no"]
    assert result.batches[0].batch.origin == PartOrigin(("archive comment",))


def test_an_encrypted_member_becomes_a_problem_and_the_others_are_read(read: Any) -> None:
    data = bytearray(pack())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    result = read(bytes(data), "x.zip")
    assert result.codes == [("x.zip!a.txt", "encrypted")]
    assert "x.zip!a.txt" not in result.done
    assert result.texts["x.zip!c.txt"] == ["slutt"]


def test_an_unknown_compression_method_becomes_a_problem(read: Any) -> None:
    data = bytearray(pack({"a": b"x" * 100}))
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(signature) + at, 9)
    result = read(bytes(data), "x.zip")
    assert result.codes == [("x.zip!a", "unsupported")]
    assert "Deflate64" in result.problems[0].detail


def test_a_wrong_checksum_is_a_problem_and_the_text_is_kept(read: Any) -> None:
    data = bytearray(pack({"a.txt": b"kari@example.no"}, zipfile.ZIP_STORED))
    data[data.index(b"kari")] = ord("m")
    result = read(bytes(data), "x.zip")
    assert result.codes == [("x.zip!a.txt", "corrupt")]
    assert result.texts["x.zip!a.txt"] == ["mari@example.no"]


def test_names_in_old_code_pages(read: Any) -> None:
    data = pack({"blXbXr p_ brXd.txt": b"en"})
    data = data.replace(b"blXbXr p_ brXd", b"bl\x86b\x91r p\x86 br\x9bd")
    assert list(read(data, "x.zip").done) == ["x.zip!blåbær på brød.txt", "x.zip"]


def test_names_never_become_paths(read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = read(pack({"../../ut.txt": b"en", "/abs.txt": b"to", "C:\\x.txt": b"tre"}), "x.zip")
    assert len(result.done) == 4
    assert list(tmp_path.iterdir()) == []


def test_members_of_one_name_are_told_apart(read: Any) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("a", "en")
        archive.writestr("a", "to")
    result = read(out.getvalue(), "x.zip")
    assert result.texts["x.zip!a"] == ["en"] and result.texts["x.zip!a (2)"] == ["to"]


def test_a_member_without_a_name_does_not_hide_the_others(read: Any) -> None:
    data = pack({"xyz": b"ola@example.no", "b.txt": b"kari@example.no"})
    at = data.rindex(b"PK\1\2", 0, data.rindex(b"PK\1\2"))
    nameless = data[: at + 28] + b"\0\0" + data[at + 30 : at + 46] + data[at + 49 :]
    end = nameless.rindex(b"PK\5\6") + 12
    nameless = nameless[:end] + struct.pack("<I", struct.unpack_from("<I", nameless, end)[0] - 3) + nameless[end + 4 :]
    assert "kari@example.no" in read(nameless, "x.zip").all_text


def test_folders_and_links_are_skipped(read: Any) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("d/", "")
        info = zipfile.ZipInfo("lenke")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/hostname")
    result = read(out.getvalue(), "x.zip")
    assert list(result.done) == ["x.zip"] and result.problems == []


def test_an_empty_archive_is_fine(read: Any) -> None:
    result = read(pack({}), "x.zip")
    assert result.done["x.zip"].touched and result.problems == []


def test_a_thousand_members(read: Any) -> None:
    result = read(pack({f"{i}.txt": b"%d" % i for i in range(1000)}), "x.zip")
    assert len(result.done) == 1001 and result.problems == []


def test_a_zip_bomb_becomes_a_problem(read: Any) -> None:
    result = read(pack({"a": bytes(8 << 20), "b.txt": b"etter"}), "x.zip", Limits(ratio_from_bytes=1 << 20))
    assert ("x.zip!a", "limit") in result.codes
    assert result.texts["x.zip!b.txt"] == ["etter"]


def test_the_total_of_all_members_is_bounded(read: Any) -> None:
    files = {f"{i}.txt": random.Random(i).randbytes(1000).hex().encode() for i in range(20)}
    result = read(pack(files), "x.zip", Limits(max_total_bytes=9000))
    assert ("x.zip!4.txt", "limit") in result.codes
    assert ("x.zip", "limit") in result.codes
    assert len(result.done) == 6


def test_overlapping_members_are_not_expanded(read: Any) -> None:
    data = bytearray(pack({"a": bytes(100_000), "b": b"to", "c": b"tre"}))
    directory = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", directory + 4)
    struct.pack_into("<I", data, second + 42, 5)  # points into the first member
    result = read(bytes(data), "x.zip")
    assert ("x.zip!b", "corrupt") in result.codes
    assert result.texts["x.zip!c"] == ["tre"]


def test_zips_in_zips_are_read_down_to_the_limit(read: Any) -> None:
    data = b"innerst: kari@example.no"
    for depth in range(12):
        data = pack({f"{depth}.zip" if depth else "bunn.txt": data}, zipfile.ZIP_STORED)
    result = read(data, "x.zip")
    assert [problem.code for problem in result.problems] == ["limit"]
    assert result.problems[0].ref.depth == 11
    deep = read(data, "x.zip", Limits(max_depth=12))
    assert deep.problems == [] and "innerst" in deep.all_text


@pytest.mark.parametrize("data", [pack(), pack(method=zipfile.ZIP_STORED), pack_streamed(), pack_streamed(0)])
def test_a_cut_archive_is_never_clean_and_its_whole_members_are_read(read: Any, data: bytes) -> None:
    first_end = data.index(b"PK\x03\x04", 4)
    for cut in range(4, len(data), 50):
        result = read(data[:cut], "x.zip")
        assert result.problems, cut
        if cut > first_end + 4:
            assert FILES["a.txt"].decode() in result.text("x.zip!a.txt"), cut


def test_any_changed_byte_is_survived(read: Any) -> None:
    data = pack(method=zipfile.ZIP_STORED)
    rng = random.Random(7)
    for _ in range(300):
        broken = bytearray(data)
        broken[rng.randrange(4, len(data))] = rng.randrange(256)
        read(bytes(broken), "x.zip")


def test_a_directory_larger_than_allowed_is_walked_by_local_headers(read: Any) -> None:
    result = read(pack({f"{i:03}": b"x" for i in range(50)}), "x.zip", Limits(max_members=5))
    assert len(result.done) == 6
    assert {code for _, code in result.codes} == {"limit"}


def test_an_archive_before_the_archive_is_read_too(read: Any) -> None:
    result = read(pack({"a": b"skjult"}) + pack({"a": b"synlig"}), "x.zip")
    assert result.texts["x.zip!a"] == ["synlig"] and result.texts["x.zip!a (2)"] == ["skjult"]
    assert result.codes == [("x.zip", "corrupt")]


def test_iwork_documents_with_a_password_are_named(read: Any) -> None:
    data = pack({"Index/Document.iwa": b"\0\0\0\0", ".iwpv2": b"x"})
    assert ("x.pages", "encrypted") in read(data, "x.pages").codes
    old = bytearray(pack({"index.xml": b"x" * 100}))
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        begin = old.index(signature) + at
        old[begin : begin + 2] = (25451).to_bytes(2, "little")
    assert read(bytes(old), "x.pages").codes == [("x.pages!index.xml", "encrypted")]
