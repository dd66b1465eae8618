"""A tree with everything that a path can be: nothing outside it is read, nothing hangs, and each name is accounted for;
members of archives are never written, least of all by their own names.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scanning import found, pii_scan, rows, statuses

from pii_scan.errors import DocumentError
from pii_scan.extract import dispatch
from pii_scan.findings.store import Run, load_run
from pii_scan.model import Document, DocumentRef, Limits, Problem
from pii_scan.sources.files import FileSource

TEXT = b"kari@example.no\n"
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
NAMES = (
    "../../{}", "/tmp/{}", "..\\..\\{}", "C:\\{}", "C:{}", "\\\\server\\share\\{}", "//{}", "CON", "aux.txt", "nul:{}",
    "a/../../{}", "./{}", "~/{}", "\x1b[31m{}", "<b>{}</b>", "{}\u202e", " {}", "{}.", "a" * 300 + "{}", "-rf {}",
    "$(touch {})", "`touch {}`", "{}\n{}",
)  # fmt: skip
"""What a member of an archive may be called."""


@dataclass
class Scanned:
    run: Run
    code: int
    said: str
    base: Path


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    base = tmp_path_factory.mktemp("paths")
    tree = base / "in"
    tree.mkdir()
    (base / "outside.txt").write_bytes(b"ute@example.no\n")
    (tree / "plain.txt").write_bytes(TEXT)
    with open(tree / "sparse.bin", "wb") as sparse:
        sparse.truncate(3 << 30)
    with open(tree / "sparse.txt", "wb") as sparse:
        sparse.write(TEXT)
        sparse.truncate(1 << 26)
    for name in (b"latin-\xe5.txt", b"esc\x1b[31m.txt", b"line\nbreak.txt", b"<img src=x onerror=alert(1)>.txt",
                 b"=cmd.txt", "høyre\u202e.txt".encode(), b"-rf", b"$(touch made)", b"quote'\".txt"):  # fmt: skip
        Path(os.fsdecode(os.fsencode(tree) + b"/" + name)).write_bytes(TEXT)
    (tree / "out-of-it").symlink_to("../outside.txt")
    (tree / "up").symlink_to("..")
    (tree / "loop").symlink_to("loop")
    (tree / "self").symlink_to(".")
    (tree / "device").symlink_to("/dev/zero")
    (tree / "process").symlink_to("/proc/self")
    os.mkfifo(tree / "pipe")
    deep = tree
    for _ in range(100):
        deep = deep / "dyp"
    deep.mkdir(parents=True)
    (deep / "bunn.txt").write_bytes(TEXT)
    if os.geteuid() == 0:
        try:
            os.mknod(tree / "zero", 0o20666, os.makedev(1, 5))
        except OSError:
            pass
    done = pii_scan("scan", tree, "--out", base / "run", "--lang", "en", "--jobs", "1")
    return Scanned(load_run(base / "run"), done.returncode, (done.stdout + done.stderr).decode(), base)


@needs_posix
def test_every_file_is_read_whatever_it_is_called(scanned: Scanned) -> None:
    read = {name for name, status in statuses(scanned.run).items() if status == "read"}
    hit = {name for name, _ in found(scanned.run)}
    assert len([name for name in hit if name.endswith((".txt", "-rf", ")"))]) >= 10 and hit <= read
    assert any(name.endswith("bunn.txt") for name in hit) and "plain.txt" in hit
    assert not any("\x1b" in name or "\n" in name or "\u202e" in name for name in statuses(scanned.run))
    assert "\x1b" not in scanned.said and not (scanned.base / "made").exists() and not Path("made").exists()


@needs_posix
def test_what_lies_outside_is_not_read_and_that_is_said(scanned: Scanned) -> None:
    problems = {row["document"]: row["code"] for row in rows(scanned.run.problems())}
    for name in ("out-of-it", "up", "device", "process", "pipe"):
        assert problems[name] == "unsupported", name
    assert "loop" not in problems and "self" not in problems, "they point at nothing, or at what is read anyway"
    if (scanned.base / "in" / "zero").exists():
        assert problems["zero"] == "unsupported"
    assert scanned.code == 3
    assert len(rows(scanned.run.index())) == len({row["document"] for row in rows(scanned.run.index())})


@needs_posix
def test_files_that_are_mostly_holes_do_not_look_clean(scanned: Scanned) -> None:
    every = statuses(scanned.run)
    assert every["sparse.bin"] == "unread"
    assert ("sparse.txt", "EMAIL_ADDRESS") in found(scanned.run) or every["sparse.txt"] != "read"


def test_a_folder_of_very_many_is_walked_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand entries, without the files: the system's own answers are made up."""
    (tmp_path / "a.txt").write_bytes(TEXT)
    status = os.lstat(tmp_path / "a.txt")
    count = 100_000

    class Entries:
        def __enter__(self) -> Iterator[Any]:
            return (SimpleNamespace(name=f"fil-{number:06d}.txt") for number in range(count, 0, -1))

        def __exit__(self, *error: object) -> None:
            pass

    source = FileSource(str(tmp_path))
    monkeypatch.setattr(os, "scandir", lambda path: Entries())
    monkeypatch.setattr(os, "lstat", lambda path: status)
    tracemalloc.start()
    try:
        first = next(iter(source.list_documents()))
        total = sum(1 for _ in source.list_documents())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(first, DocumentRef) and first.path == "fil-000001.txt" and total == count
    assert peak < 200 * count


@needs_posix
def test_a_file_that_grows_shrinks_or_goes_while_it_is_read_is_said_so(tmp_path: Path) -> None:
    for name in ("grows.txt", "shrinks.txt", "goes.txt", "endless.txt"):
        (tmp_path / name).write_bytes(TEXT * 100_000)
    source = FileSource(str(tmp_path))
    refs = {item.path: item for item in source.list_documents() if isinstance(item, DocumentRef)}
    said = {}
    for name, ref in refs.items():
        with source.open(ref) as document:
            walk = dispatch.extract(document, Limits())
            next(walk)
            path = tmp_path / name
            if name == "shrinks.txt":
                os.truncate(path, 10)
            elif name == "goes.txt":
                path.unlink()
            else:
                with open(path, "ab") as more:
                    more.write(TEXT)
            assert not [item for item in walk if isinstance(item, Problem) and item.code == "crash"]
            problem = source.changed(ref, document)
            said[name] = None if problem is None else str(problem.code)
    assert said == {"grows.txt": "changed", "endless.txt": "changed", "shrinks.txt": "truncated", "goes.txt": None}
    with pytest.raises(DocumentError, match="no longer there"), source.open(refs["goes.txt"]):
        pass


@needs_posix
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("other", ["folder", "pipe", "link", "gone"])
def test_a_file_that_has_become_something_else_is_a_problem_and_ends_no_worker(
    other: str, single: bool, tmp_path: Path
) -> None:
    place = tmp_path / "in" / "a.txt"
    place.parent.mkdir()
    place.write_bytes(TEXT)
    (tmp_path / "outside.txt").write_bytes(b"ute@example.no\n")
    source = FileSource(str(place if single else place.parent))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    place.unlink()
    if other == "folder":
        place.mkdir()
    elif other == "pipe":
        os.mkfifo(place)
    elif other == "link" and not single:  # a target itself may be a link
        place.symlink_to("../outside.txt")
    before = set(os.listdir("/proc/self/fd")) if sys.platform == "linux" else None
    with pytest.raises(DocumentError) as caught, source.open(ref):
        pass
    kept = {"folder": "unsupported", "pipe": "unsupported", "link": "vanished" if single else "changed"}
    assert caught.value.code == kept.get(other, "vanished")
    assert before is None or set(os.listdir("/proc/self/fd")) == before


@needs_posix
@pytest.mark.parametrize("depth", [1, 3])
def test_a_folder_that_has_become_a_link_leads_nowhere(depth: int, tmp_path: Path) -> None:
    """Found by scanning a tree while its folders were put away and links put in their place."""
    names = [str(number) for number in range(depth)]
    inner, outside = tmp_path.joinpath("in", *names), tmp_path.joinpath("out", *names[1:])
    inner.mkdir(parents=True)
    outside.mkdir(parents=True)
    (inner / "a.txt").write_bytes(TEXT)
    (outside / "a.txt").write_bytes(b"ute@example.no\n")
    source = FileSource(str(tmp_path / "in"))
    walk = source.list_documents()
    ref = next(walk)
    assert isinstance(ref, DocumentRef)
    (tmp_path / "in" / "0").rename(tmp_path / "away")
    (tmp_path / "in" / "0").symlink_to("../out")
    with pytest.raises(DocumentError) as caught, source.open(ref):
        pass
    assert caught.value.code == "vanished"
    folder = "/".join(names)
    assert [one.code for one in source._folder(folder) if isinstance(one, Problem)] == ["vanished"]


@needs_posix
def test_a_file_that_grows_as_fast_as_it_is_read_comes_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_bytes(TEXT * 10_000)
    source = FileSource(str(tmp_path))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    over = threading.Event()

    def grow() -> None:
        with open(tmp_path / "log.txt", "ab") as more:
            for _ in range(400):
                more.write(TEXT * 1000)
                more.flush()
                if over.wait(0.001):
                    return

    growing = threading.Thread(target=grow)
    with source.open(ref) as document:
        growing.start()
        assert list(dispatch.extract(document, Limits()))
        over.set()
        growing.join()
        changed = source.changed(ref, document)
    assert changed is not None and changed.code == "changed"


def packed(kind: str) -> bytes:
    """An archive whose members have every name there is, and links to what lies outside."""
    out = io.BytesIO()
    names = [name.format("made", "made") if "{}" in name else name for name in NAMES]
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), TEXT)
            link = zipfile.ZipInfo("link")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(TEXT)
            tar.addfile(member, io.BytesIO(TEXT))
        for number, (form, target) in enumerate(
            [(tarfile.SYMTYPE, "/etc"), (tarfile.LNKTYPE, "/etc/passwd"), (tarfile.CHRTYPE, ""), (tarfile.FIFOTYPE, "")]
        ):
            member = tarfile.TarInfo(f"special{number}")
            member.type, member.linkname = form, target
            tar.addfile(member)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar", "cpio"])
def test_members_are_read_and_never_written_by_their_names(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "cpio" and shutil.which("bsdtar") is None:
        missing = "bsdtar is not installed"
        if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
            pytest.fail(missing)
        pytest.skip(missing)
    data = packed("tar" if kind == "cpio" else kind)
    if kind == "cpio":
        data = _as_cpio(data)
    (tmp_path / "in").mkdir()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "in" / f"a.{kind}").write_bytes(data)
    monkeypatch.chdir(tmp_path / "in")
    monkeypatch.setenv("HOME", str(tmp_path / "in"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    document = Document(DocumentRef("t", f"a.{kind}"), io.BytesIO(data))
    texts = []
    for item in dispatch.extract(document, Limits(spool_bytes=8)):
        if isinstance(item, dispatch.Extracted):
            texts += item.batch.texts.to_pylist()
            assert not {"\x1b", "\n", "\u202e"} & set(item.ref.display)
    assert sum("kari@example.no" in text for text in texts) >= (len(NAMES) if kind != "cpio" else 10)
    assert not any("root:" in text for text in texts)
    assert {path.name for path in tmp_path.rglob("*")} == {"in", "tmp", f"a.{kind}"}
    assert not Path("/tmp/made").exists()


def _as_cpio(data: bytes) -> bytes:
    import subprocess

    return subprocess.run(
        ["bsdtar", "-c", "-f", "-", "--format=newc", "@-"], input=data, capture_output=True, check=True
    ).stdout
