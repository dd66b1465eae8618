from __future__ import annotations

import io
import os
import random
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from pii_scan.extract import archive_ends, archive_tool
from pii_scan.model import Limits

FILES = {"a.txt": b"kari@example.no", "m/bl\u00e5.csv": b"navn;epost\nOla;ola@example.no\n"}
PLAIN = {"a.txt": b"kari@example.no", "b.txt": b"Ola;ola@example.no\n"}
needs_tool = pytest.mark.skipif(archive_tool.find_tool() is None, reason="bsdtar (libarchive) is not installed")


def variable(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def block(*values: int | bytes) -> bytes:
    body = b"".join(value if isinstance(value, bytes) else variable(value) for value in values)
    body = variable(len(body)) + body
    return struct.pack("<I", zlib.crc32(body)) + body


def rar(files: dict[str, bytes] | None = None, end: int | None = 0) -> bytes:
    """RAR 5, stored."""
    out = b"Rar!\x1a\x07\x01\x00" + block(1, 0, 0)
    for name, data in (FILES if files is None else files).items():
        raw, crc = name.encode(), struct.pack("<I", zlib.crc32(data))
        out += block(2, 2, len(data), 4, len(data), 0o100644, crc, 0, 1, len(raw), raw) + data
    return out if end is None else out + block(5, 0, end)


HIDDEN = b"Rar!\x1a\x07\x01\x00" + block(4, 0, 0, 0, b"\x0f" + bytes(16)) + bytes(64)


def ar(files: dict[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, data in files.items():
        out += (
            f"{name + '/':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
            + data
            + b"\n" * (len(data) % 2)
        )
    return out


def cpio(files: dict[str, bytes]) -> bytes:
    out = b""
    for number, (name, data) in enumerate([*files.items(), ("TRAILER!!!", b"")]):
        raw = name.encode() + b"\0"
        fields = [number, 0o100644 if data else 0, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0]
        entry = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        entry += b"\0" * (-len(entry) % 4) + data
        out += entry + b"\0" * (-len(entry) % 4)
    return out


def stored_zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


@needs_tool
def test_a_zip_archive_at_the_end_does_not_hide_what_stands_before_it(read: Any) -> None:
    result = read(rar({**PLAIN, "sist.zip": stored_zip("indre.txt", b"per@example.no")}), "x.rar")
    assert result.problems == []
    assert "kari@example.no" in result.text("x.rar!a.txt")
    assert "per@example.no" in result.text("x.rar!sist.zip!indre.txt")


@needs_tool
@pytest.mark.parametrize(
    ("name", "data"),
    [("x.rar", rar()), ("x.cpio", cpio(FILES)), ("x.a", ar(PLAIN))],
)
def test_members_are_documents(read: Any, name: str, data: bytes) -> None:
    result = read(data, name)
    assert result.problems == []
    assert result.texts[f"{name}!a.txt"] == ["kari@example.no"]
    assert "ola@example.no" in result.all_text
    assert name == "x.a" or "ola@example.no" in result.text(f"{name}!m/bl\u00e5.csv")


def test_without_the_tool_the_problem_names_it(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_tool, "find_tool", lambda: None)
    result = read(rar(), "x.rar")
    assert result.codes == [("x.rar", "unsupported")]
    assert result.problems[0].detail == "RAR archive: install bsdtar (libarchive) to read it"


@needs_tool
def test_a_rar_with_a_password_is_a_problem(read: Any) -> None:
    assert read(HIDDEN, "x.rar").codes == [("x.rar", "encrypted")]


@needs_tool
def test_a_rar_that_goes_on_elsewhere_or_ends_early_is_a_problem(read: Any) -> None:
    result = read(rar(end=1), "x.part1.rar")
    assert ("x.part1.rar", "unsupported") in result.codes and "kari@example.no" in result.all_text
    assert ("x.rar", "truncated") in read(rar(end=None), "x.rar").codes
    whole = rar()
    for cut in range(8, len(whole) - 1):
        if cut % 5 == 0:
            assert read(whole[:cut], "x.rar").problems, cut


@pytest.mark.parametrize(
    ("kind", "data"),
    [("application/x-archive", ar(PLAIN)), ("application/x-cpio", cpio(FILES)), ("application/vnd.rar", rar())],
)
def test_no_early_end_passes_for_the_end(kind: str, data: bytes) -> None:
    assert archive_ends.fault(kind, io.BytesIO(data)) is None
    for cut in range(8, len(data) - 5):
        if kind != "application/x-archive" or cut not in (8, 8 + 60 + 15, 8 + 60 + 16):
            assert archive_ends.fault(kind, io.BytesIO(data[:cut])) is not None, cut


def test_the_end_of_old_rar_and_of_cabinets() -> None:
    old = b"Rar!\x1a\x07\x00" + struct.pack("<HBHH", 0, 0x73, 0, 13) + bytes(6)
    member = struct.pack("<HBHHI", 0, 0x74, 0x8000, 32, 40) + bytes(21) + b"x" * 40
    end = struct.pack("<HBHH", 0, 0x7B, 0x4000, 7)
    assert archive_ends.fault("application/vnd.rar", io.BytesIO(old + member + end)) is None
    for cut in range(7, len(old + member + end) - 1):
        assert archive_ends.fault("application/vnd.rar", io.BytesIO((old + member + end)[:cut])) is not None, cut
    cabinet = b"MSCF" + bytes(4) + struct.pack("<I", 50) + bytes(38)
    assert archive_ends.fault("application/vnd.ms-cab-compressed", io.BytesIO(cabinet)) is None
    assert archive_ends.fault("application/vnd.ms-cab-compressed", io.BytesIO(cabinet[:-1])) is not None


def tool(folder: Path, script: str) -> str:
    path = folder / "bsdtar"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_a_tool_that_hangs_is_killed(read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tool(tmp_path, "exec sleep 600")
    monkeypatch.setattr(archive_tool, "find_tool", lambda: path)
    start = time.perf_counter()
    result = read(rar(), "x.rar", Limits(stall_seconds=1))
    assert result.codes == [("x.rar", "timeout")]
    assert time.perf_counter() - start < 20


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", "corrupt"), ("exit 1", "corrupt"), 
        ("echo 'Encryption is not supported' >&2; exit 1", "encrypted"),
        ("head -c 100000 /dev/zero", "corrupt"), ("head -c 100000 /dev/urandom", "corrupt"), ("kill -9 $$", "corrupt"),
        ("yes feil >&2", "corrupt"), ("yes | head -c 3000000 >&2; exit 1", "corrupt"),
    ],
)  # fmt: skip
def test_whatever_the_tool_does_is_told(
    read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: str
) -> None:
    path = tool(tmp_path, script)
    monkeypatch.setattr(archive_tool, "find_tool", lambda: path)
    result = read(rar(), "x.rar", Limits(stall_seconds=1))
    assert [found for _, found in result.codes] in ([code], ["timeout"])
    assert "feil" not in result.problems[0].detail


@needs_tool
def test_the_limits_hold(read: Any) -> None:
    files = {f"{i}.txt": b"x" * 1000 for i in range(9)}
    assert (
        read(rar(files), "x.rar", Limits(max_members=4)).problems[-1].detail
        == "the members after the first 4 are left out"
    )
    assert ("x.rar!2.txt", "limit") in read(rar(files), "x.rar", Limits(max_total_bytes=2500)).codes


@needs_tool
@pytest.mark.parametrize(("name", "data"), [("x.rar", rar()), ("x.cpio", cpio(FILES)), ("x.a", ar(PLAIN))])
def test_damage_gives_text_or_a_problem(read: Any, name: str, data: bytes) -> None:
    rng = random.Random(6)
    for number in range(200):
        broken = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            broken[rng.randrange(8, len(data))] = rng.randrange(256)
        result = read(bytes(broken), name)
        assert result.problems or result.all_text, number
        assert not any("Error" in problem.detail for problem in result.problems), (number, result.problems)
