from __future__ import annotations

import random
import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pii_scan.model import Limits, PartOrigin

SECTOR = 2048
FILES = {"a.txt": b"kari@example.no\n", "mappe/bl\u00e5.csv": b"navn;epost\nOla;ola@example.no\n", "tom.txt": b""}


def both(value: int, kind: str = "I") -> bytes:
    return struct.pack(f"<{kind}", value) + struct.pack(f">{kind}", value)


def record(name: bytes, start: int, size: int, flags: int = 0, use: bytes = b"") -> bytes:
    pad = b"\0" * (not len(name) & 1)
    length = 33 + len(name) + len(pad) + len(use)
    pad_end = b"\0" * (length & 1)
    time_ = bytes([126, 1, 5, 11, 0, 0, 4])  # 2026-01-05 11:00, an hour east of Greenwich
    head = bytes([length + len(pad_end), 0]) + both(start) + both(size) + time_ + bytes([flags, 0, 0]) + both(1, "H")
    return head + bytes([len(name)]) + name + pad + use + pad_end


class Image:
    """An image with one level of folders, a tree for each kind of names."""

    def __init__(self, files: dict[str, bytes], kinds: tuple[str, ...] = ("plain", "joliet")) -> None:
        self.sectors: list[bytes] = [bytes(SECTOR)] * 16 + [b""] * (len(kinds) + 1)
        self.places = {name: (self.add(data), len(data)) for name, data in files.items()}
        for number, kind in enumerate(kinds):
            self.sectors[16 + number] = self.volume(kind)
        self.sectors[16 + len(kinds)] = b"\xffCD001\x01"

    def add(self, data: bytes) -> int:
        start = len(self.sectors)
        self.sectors += [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)] or [b""]
        return start

    def folder(self, records: list[bytes]) -> tuple[int, int]:
        data = b""
        own = [record(b"\0", 0, SECTOR, 2), record(b"\1", 0, SECTOR, 2)]
        for made in own + records:
            data += b"\0" * ((-len(data) % SECTOR) if len(data) % SECTOR + len(made) > SECTOR else 0) + made
        return self.add(data), -(-len(data) // SECTOR) * SECTOR

    def named(self, name: str, kind: str, place: tuple[int, int], flags: int = 0) -> bytes:
        if kind == "joliet":
            return record(name.encode("utf-16-be"), *place, flags)
        short = f"F{place[0]}.;1".encode()
        raw = name.encode()
        use = b"NM" + bytes([5 + len(raw), 1, 0]) + raw if kind == "rock" else b""
        return record(short, *place, flags, use)

    def volume(self, kind: str) -> bytes:
        root, inner = [], dict[str, list[bytes]]()
        for name, place in self.places.items():
            folder, _, base = name.rpartition("/")
            (inner.setdefault(folder, []) if folder else root).append(self.named(base, kind, place))
        for folder, records in inner.items():
            root.append(self.named(folder, kind, self.folder(records), 2))
        start, size = self.folder(root)
        data = bytearray(SECTOR)
        data[:7] = bytes([2 if kind == "joliet" else 1]) + b"CD001\x01"
        data[80:88], data[128:132] = both(len(self.sectors) + 50), both(SECTOR, "H")
        if kind == "joliet":
            data[88:91] = b"%/E"
        data[156:190] = record(b"\0", start, size, 2)
        text = "Ola Utgiver ola.utgiver@example.no"
        data[318:446] = (text.encode("utf-16-be") if kind == "joliet" else text.encode()).ljust(128, b"\0")
        return bytes(data)

    def content(self) -> bytes:
        data = b"".join(sector.ljust(SECTOR, b"\0") for sector in self.sectors)
        for at in range(16, 20):  # the size, now that it is known
            place = at * SECTOR
            if data[place + 1 : place + 6] == b"CD001" and data[place] in (1, 2):
                data = data[: place + 80] + both(len(self.sectors)) + data[place + 88 :]
        return data


@pytest.mark.parametrize("kinds", [("plain", "joliet"), ("rock",), ("rock", "joliet")])
def test_files_are_documents_by_their_long_names(read: Any, kinds: tuple[str, ...]) -> None:
    result = read(Image(FILES, kinds).content(), "x.iso")
    assert result.problems == []
    assert sorted(result.done) == sorted(["x.iso", *(f"x.iso!{name}" for name in FILES)])
    assert result.text("x.iso!a.txt") == "kari@example.no\n"
    assert "ola@example.no" in result.text("x.iso!mappe/bl\u00e5.csv")
    assert result.batches[-1].ref.modified_at == 1767607200.0


def test_short_names_are_read_too(read: Any) -> None:
    result = read(Image({"a.txt": b"kari@example.no"}, ("plain",)).content(), "x.iso")
    assert result.problems == [] and "kari@example.no" in result.all_text
    assert all(";" not in name for name in result.done)


def test_what_the_disc_says_of_people_is_read(read: Any) -> None:
    result = read(Image(FILES).content(), "x.iso")
    parts = {
        part: text
        for item in result.batches
        if isinstance(item.batch.origin, PartOrigin) and item.ref.display == "x.iso"
        for part, text in zip(item.batch.origin.parts, item.batch.texts.to_pylist(), strict=True)
    }
    assert parts["disc publisher"] == "Ola Utgiver ola.utgiver@example.no"


def test_a_file_that_only_one_tree_has_is_read(read: Any) -> None:
    image = Image(FILES, ("rock", "joliet"))
    image.places = {"a.txt": image.places["a.txt"]}
    image.sectors[17] = image.volume("joliet")
    result = read(image.content(), "x.iso")
    assert result.problems == [] and "ola@example.no" in result.text("x.iso!mappe/bl\u00e5.csv")
    assert sum(name.endswith("a.txt") for name in result.done) == 1


def test_a_file_in_several_parts_is_one_document(read: Any) -> None:
    image = Image({}, ("plain",))
    image.sectors += [b"kari@exa".ljust(SECTOR, b"."), b"mple.no"]
    start = len(image.sectors) - 2
    parts = [record(b"A.TXT;1", start, SECTOR, 0x80), record(b"A.TXT;1", start + 1, 7)]
    root, size = image.folder(parts)
    volume = bytearray(image.sectors[16])
    volume[156:190] = record(b"\0", root, size, 2)
    image.sectors[16] = bytes(volume)
    assert read(image.content(), "x.iso").text("x.iso!A.TXT") == "kari@exa".ljust(SECTOR, ".") + "mple.no"


def test_udf_is_told(read: Any) -> None:
    image = Image(FILES)
    image.sectors[18:19] = [b"\xffCD001\x01"]
    data = bytearray(image.content())
    only = bytes(16 * SECTOR) + b"".join(
        (b"\0" + name + b"\1").ljust(SECTOR, b"\0") for name in (b"BEA01", b"NSR02", b"TEA01")
    )
    assert read(only + bytes(SECTOR * 9), "x.iso").codes == [("x.iso", "unsupported")]
    data[18 * SECTOR + 1 : 18 * SECTOR + 6] = b"NSR03"
    result = read(bytes(data), "x.iso")
    assert result.codes == [("x.iso", "unsupported")] and "kari@example.no" in result.all_text


def test_a_cut_image_and_one_with_more_behind_it_are_problems(read: Any) -> None:
    data = Image(FILES).content()
    for cut in range(17 * SECTOR, len(data) - 1, SECTOR // 2):
        assert read(data[:cut], "x.iso").problems, cut
    assert read(data + b"x" * (3 << 20), "x.iso").codes == [("x.iso", "corrupt")]


def test_folders_in_a_circle_end(read: Any) -> None:
    image = Image({}, ("plain",))
    here = len(image.sectors)
    root, size = image.folder([record(b"B", here, SECTOR, 2), record(b"A.TXT;1", 2**31, 2**31)])
    volume = bytearray(image.sectors[16])
    volume[156:190] = record(b"\0", root, size, 2)
    image.sectors[16] = bytes(volume)
    assert read(image.content(), "x.iso").codes == [("x.iso!A.TXT", "truncated")]


def test_overlapping_folders_end(read: Any) -> None:
    image = Image({}, ("plain",))
    begin = len(image.sectors) + 40
    root, size = image.folder([record(f"D{i}".encode(), begin + i, 4000 * SECTOR, 2) for i in range(1000)])
    image.sectors += [b""] * (begin - len(image.sectors)) + [record(b"x.;1", 0, 0) * 40] * 4000
    volume = bytearray(image.sectors[16])
    volume[156:190] = record(b"\0", root, size, 2)
    image.sectors[16] = bytes(volume)
    start = time.perf_counter()
    result = read(image.content(), "x.iso", Limits(max_members=500))
    assert time.perf_counter() - start < 20 and ("x.iso", "limit") in result.codes


@pytest.mark.skipif(shutil.which("genisoimage") is None, reason="genisoimage is not installed")
@pytest.mark.parametrize("options", [["-J"], ["-R"], ["-J", "-R"]])
def test_images_of_another_writer_are_read(read: Any, tmp_path: Path, options: list[str]) -> None:
    for name, data in FILES.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    image = tmp_path / "x.iso"
    command = ["genisoimage", "-quiet", "-input-charset", "utf-8", *options, "-o", str(image), str(tmp_path / "in")]
    subprocess.run(command, check=True, capture_output=True)
    result = read(image.read_bytes(), "x.iso")
    assert result.problems == []
    assert {f"x.iso!{name}" for name in FILES} <= set(result.done)


def test_damage_gives_text_or_a_problem(read: Any) -> None:
    data = Image(FILES, ("rock", "joliet")).content()
    used = [at for at in range(16 * SECTOR, len(data)) if data[at]]
    rng = random.Random(7)
    for number in range(300):
        broken = bytearray(data)
        for _ in range(rng.randrange(1, 5)):
            broken[rng.choice(used) + rng.randrange(-1, 2)] = rng.randrange(256)
        result = read(bytes(broken), "x.iso", Limits(max_total_bytes=1 << 24))
        assert result.problems or result.all_text, number
        assert not any("Error" in problem.detail for problem in result.problems), (number, result.problems)
