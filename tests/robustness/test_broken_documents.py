"""Broken, encrypted and truncated documents: a problem with a code for each, exit code 3, and no file is lost."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pdf_files
import planting
import pytest
from scanning import codes, pii_scan, rows, statuses

from pii_scan.findings.store import Run, load_run
from pii_scan.model import ProblemCode

TEXT = ("Nr. 11837533335 til kari@example.no\n" * 3000).encode()
READABLE = planting.READABLE


def zipped(name: str = "a.txt", data: bytes = TEXT) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def bomb() -> bytes:
    """Zeros within zeros, 10 MiB to a member, 40 GiB in all if it were let."""
    data = zipped("zeros.txt", bytes(10 << 20))
    for level in range(3):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(16):
                archive.writestr(f"{level}-{number}.zip", data)
        data = out.getvalue()
    return data


def nested(depth: int) -> bytes:
    data = TEXT
    for level in range(depth):
        data = zipped(f"{level}.zip" if level else "a.txt", data)
    return data


def spoiled(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(255 - byte for byte in data[at : at + 64]) + data[at + 64 :]


def _documents() -> Iterator[tuple[str, bytes, set[str]]]:
    """Name, content, and the codes of which one must be said of it or of what is in it."""
    yield "kryptert.pdf", pdf_files.LOCKED, {"encrypted"}
    yield "kryptert.zip", planting.encrypted_zip({"a.txt": TEXT}), {"encrypted"}
    yield (
        "kryptert.docx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        {"unsupported", "encrypted", "corrupt", "truncated"},
    )
    for name in ("brev.docx", "bok.xlsx", "lysark.pptx", "arkiv.zip", "side.pdf"):
        data = READABLE[name]
        yield f"halv-{name}", data[: len(data) // 2], {"truncated", "corrupt"}
        yield f"kort-{name}", data[:30], {"truncated", "corrupt"}
    yield "skadet.zip", spoiled(zipped(), 60), {"corrupt"}
    document = READABLE["brev.docx"].index(b"word/document.xml") + 60
    yield "skadet.docx", spoiled(READABLE["brev.docx"], document), {"corrupt", "truncated"}
    for name in ("brev.txt.gz", "brev.txt.bz2", "brev.txt.xz", "arkiv.tar.gz"):
        yield f"halv-{name}", READABLE[name][: len(READABLE[name]) // 2], {"truncated", "corrupt"}
    yield "skadet.gz", spoiled(gzip.compress(TEXT), 80), {"corrupt", "truncated"}
    yield "halv.tar", _tar()[:1500], {"truncated", "corrupt"}
    yield "dyp.zip", nested(14), {"limit"}
    yield "bombe.zip", bomb(), {"limit"}
    yield "gammel.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000), {"corrupt"}
    yield "bilde.png", b"\x89PNG\r\n\x1a\n" + bytes(100), {"corrupt"}
    yield "ukjent", bytes(range(256)) * 30, {"unsupported"}
    yield "base.sqlite", b"SQLite format 3\0" + bytes(4000), {"corrupt"}


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    return out.getvalue()


DOCUMENTS = {name: (data, wanted) for name, data, wanted in _documents()}
SOUND = {
    "tom.txt": b"",
    "tom.csv": b"",
    "tom.zip": b"PK\5\6" + bytes(18),
    "rar.txt": b"\xff\xfe\x00\xd8",
    "bra.txt": TEXT,
}


@dataclass
class Read:
    run: Run
    said: CompletedProcess[bytes]
    folder: Path


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    base = tmp_path_factory.mktemp("broken")
    (base / "in").mkdir()
    for name, (data, _) in DOCUMENTS.items():
        (base / "in" / name).write_bytes(data)
    for name, data in SOUND.items():
        (base / "in" / name).write_bytes(data)
    config = base / "c.yaml"
    config.write_text("limits: {max_total_bytes: 200000000, max_total_members: 300}\n", encoding="utf-8")
    said = pii_scan("scan", base / "in", "--out", base / "run", "--config", config, "--jobs", "2")
    return Read(load_run(base / "run"), said, base / "in")


def test_the_scan_ends_with_3(read: Read) -> None:
    assert read.said.returncode == 3 and read.said.stderr == b""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_has_a_problem_with_a_code_that_fits(read: Read, name: str) -> None:
    own = {code for document, code in codes(read.run) if document == name or document.startswith(f"{name}!")}
    assert own & DOCUMENTS[name][1], own
    assert not own & {"timeout", "crash", "memory"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_none_of_them_looks_wholly_read(read: Read, name: str) -> None:
    own = {
        status for document, status in statuses(read.run).items() if document == name or document.startswith(f"{name}!")
    }
    assert own & {"partly_read", "unread"}


def test_every_file_on_disk_has_exactly_one_row(read: Read) -> None:
    tops = [row["document"] for row in rows(read.run.documents()) if not row["container"]]
    assert sorted(tops) == sorted(os.listdir(read.folder)) == sorted([*DOCUMENTS, *SOUND])


def test_codes_and_stages_are_the_published_ones_and_details_are_short_phrases(read: Read) -> None:
    problems = rows(read.run.problems())
    assert {row["code"] for row in problems} <= {code.value for code in ProblemCode}
    assert {row["stage"] for row in problems} <= {"source", "extract", "detect"}
    assert all(0 < len(row["detail"]) < 120 and row["detail"].isprintable() for row in problems)


def test_every_problem_is_of_a_document_that_is_listed(read: Read) -> None:
    assert {document for document, _ in codes(read.run)} <= set(statuses(read.run))


def test_what_could_be_read_of_a_truncated_archive_was_read(read: Read) -> None:
    found = {row["document"].partition("!")[0] for row in rows(read.run.findings())}
    assert {"halv-brev.txt.gz", "skadet.gz", "dyp.zip", "bra.txt"} & found >= {"bra.txt", "skadet.gz"}
    assert statuses(read.run)["bra.txt"] == "read"


def test_empty_documents_are_read_and_clean(read: Read) -> None:
    every = statuses(read.run)
    assert {every[name] for name in ("tom.txt", "tom.csv", "tom.zip")} == {"read"}


@pytest.mark.skipif(sys.platform == "win32", reason="such files are those of POSIX")
def test_links_pipes_and_devices_are_named_or_read_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"kari@example.no")
    (tmp_path / "ute.txt").write_bytes(b"ola@example.no")
    (tmp_path / "in" / "inne").symlink_to("a.txt")
    (tmp_path / "in" / "ute").symlink_to("../ute.txt")
    (tmp_path / "in" / "sirkel").symlink_to(".")
    os.mkfifo(tmp_path / "in" / "pipe")
    done = pii_scan("scan", tmp_path / "in", "--out", tmp_path / "run")
    run = load_run(tmp_path / "run")
    assert done.returncode == 3
    assert codes(run) == {("ute", "unsupported"), ("pipe", "unsupported")}
    assert statuses(run) == {"a.txt": "read", "ute": "unread", "pipe": "unread"}
