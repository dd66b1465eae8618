from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.errors import DocumentError, TargetError
from pii_scan.globs import Patterns
from pii_scan.model import DocumentRef, Limits, Problem
from pii_scan.sources.files import FileSource

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def tree(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return root


def listed(source: FileSource) -> list[str]:
    return [item.path for item in source.list_documents() if isinstance(item, DocumentRef)]


def problems(source: FileSource) -> list[tuple[str, str]]:
    return [(item.ref.path, str(item.code)) for item in source.list_documents() if isinstance(item, Problem)]


def test_files_are_listed_in_a_fixed_order_with_size_and_time(tmp_path: Path) -> None:
    tree(tmp_path, "b.txt", "a/z.txt", "a/b/c.txt", "B.txt", "ø.txt", "a.txt")
    source = FileSource(str(tmp_path))
    assert listed(source) == ["B.txt", "a/b/c.txt", "a/z.txt", "a.txt", "b.txt", "ø.txt"]
    first = next(iter(source.list_documents()))
    assert isinstance(first, DocumentRef)
    assert first.size_bytes == 5 and first.modified_at == (tmp_path / "B.txt").stat().st_mtime
    assert first.target == str(tmp_path)


def test_a_file_is_a_target(tmp_path: Path) -> None:
    tree(tmp_path, "a/b.txt")
    source = FileSource(str(tmp_path / "a" / "b.txt"))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef) and ref.path == "b.txt"
    with source.open(ref) as document:
        assert document.content.read() == b"a/b.txt"
        assert document.local_path is not None and Path(document.local_path).samefile(tmp_path / "a" / "b.txt")


def test_a_missing_target_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="does not exist"):
        FileSource(str(tmp_path / "borte"))


def test_a_document_is_opened_at_its_start_and_closed(tmp_path: Path) -> None:
    source = FileSource(str(tree(tmp_path, "a.txt")))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    with source.open(ref) as document:
        assert document.content.read() == b"a.txt" and document.ref == ref
    assert document.content.closed


def test_a_vanished_file_says_so(tmp_path: Path) -> None:
    source = FileSource(str(tree(tmp_path, "a.txt")))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    (tmp_path / "a.txt").unlink()
    with pytest.raises(DocumentError) as caught, source.open(ref):
        pass
    assert caught.value.code == "vanished"


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    source = FileSource(str(tree(tmp_path, "a.txt")))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    with source.open(ref) as document:
        assert source.changed(ref, document) is None
        (tmp_path / "a.txt").write_bytes(b"more than before")
        changed = source.changed(ref, document)
        assert changed is not None and changed.code == "changed"
        (tmp_path / "a.txt").write_bytes(b"")
        shorter = source.changed(ref, document)
        assert shorter is not None and shorter.code == "truncated"


def test_large_files_are_a_problem(tmp_path: Path) -> None:
    source = FileSource(str(tree(tmp_path, "a.txt", "langt-navn.txt")), limits=Limits(max_file_bytes=8))
    assert listed(source) == ["a.txt"]
    assert problems(source) == [("langt-navn.txt", "limit")]


@needs_posix
def test_links_inside_are_skipped_and_links_outside_are_problems(tmp_path: Path) -> None:
    root = tree(tmp_path, "inn/a.txt", "ut/b.txt") / "inn"
    (root / "indre").symlink_to("a.txt")
    (root / "sirkel").symlink_to(".")
    (root / "ring").symlink_to("ring")
    (root / "borte").symlink_to("finnes-ikke")
    (root / "ytre").symlink_to("../ut/b.txt")
    (root / "ytremappe").symlink_to("../ut")
    source = FileSource(str(root))
    assert listed(source) == ["a.txt"]
    assert problems(source) == [("ytre", "unsupported"), ("ytremappe", "unsupported")]


@needs_posix
def test_a_target_that_is_a_link_is_followed(tmp_path: Path) -> None:
    tree(tmp_path, "inn/a.txt")
    (tmp_path / "lenke").symlink_to("inn")
    assert listed(FileSource(str(tmp_path / "lenke"))) == ["a.txt"]


@needs_posix
def test_a_file_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    source = FileSource(str(tree(tmp_path, "a.txt", "b.txt")), exclude=["b.txt"])
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").symlink_to("b.txt")
    with pytest.raises(DocumentError) as caught, source.open(ref):
        pass
    assert caught.value.code == "changed"


@needs_posix
def test_pipes_and_sockets_are_problems_and_never_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "roer")
    plug = socket.socket(socket.AF_UNIX)
    cwd = os.getcwd()
    try:
        os.chdir(tmp_path)  # a socket's path may be short only
        plug.bind("plugg")
    finally:
        os.chdir(cwd)
        plug.close()
    source = FileSource(str(tmp_path))
    assert problems(source) == [("plugg", "unsupported"), ("roer", "unsupported")]
    with pytest.raises(DocumentError) as caught, source.open(DocumentRef(str(tmp_path), "roer")):
        pass
    assert caught.value.code == "unsupported"


@needs_posix
def test_no_permission_is_a_problem(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    tree(tmp_path, "a.txt", "lukket/b.txt", "c.txt")
    (tmp_path / "lukket").chmod(0)
    (tmp_path / "c.txt").chmod(0)
    source = FileSource(str(tmp_path))
    try:
        assert problems(source) == [("lukket", "permission")]
        with pytest.raises(DocumentError) as caught, source.open(DocumentRef(str(tmp_path), "c.txt")):
            pass
        assert caught.value.code == "permission"
    finally:
        (tmp_path / "lukket").chmod(0o700)


def test_no_permission_is_a_problem_whoever_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.txt", "lukket/b.txt")
    scandir, open_ = os.scandir, os.open

    def deny_folder(path: Any) -> Any:
        if str(path).endswith("lukket"):
            raise PermissionError(13, "no")
        return scandir(path)

    def deny_file(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).endswith("a.txt"):
            raise PermissionError(13, "no")
        return open_(path, *args, **kwargs)

    monkeypatch.setattr(os, "scandir", deny_folder)
    monkeypatch.setattr(os, "open", deny_file)
    source = FileSource(str(tmp_path))
    assert listed(source) == ["a.txt"] and problems(source) == [("lukket", "permission")]
    with pytest.raises(DocumentError) as caught, source.open(DocumentRef(str(tmp_path), "a.txt")):
        pass
    assert caught.value.code == "permission"


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_names_that_are_not_utf8_can_be_opened(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe5.txt")).write_bytes(b"hei")
    source = FileSource(str(tmp_path))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    assert ref.path == "\udce5.txt" and ref.display == "\\xe5.txt"
    with source.open(ref) as document:
        assert document.content.read() == b"hei"


@needs_posix
def test_folders_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("en-mappe-med-langt-navn", dir_fd=descriptor)
        inner = os.open("en-mappe-med-langt-navn", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    file = os.open("bunn.txt", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor)
    os.write(file, b"kari@example.no")
    os.close(file)
    os.close(descriptor)
    source = FileSource(str(tmp_path))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef) and len(ref.path) > 4096
    with source.open(ref) as document:
        assert document.content.read() == b"kari@example.no"


def test_include_and_exclude(tmp_path: Path) -> None:
    tree(tmp_path, "a.csv", "a.log", "x/b.csv", "x/y/c.csv", "node_modules/d.csv", "x/node_modules/e.csv")
    root = str(tmp_path)
    assert listed(FileSource(root, include=["*.csv"], exclude=["node_modules"])) == ["a.csv", "x/b.csv", "x/y/c.csv"]
    assert listed(FileSource(root, include=["x/**"], exclude=["**/node_modules/**"])) == ["x/b.csv", "x/y/c.csv"]
    assert listed(FileSource(root, include=["/*.csv"])) == ["a.csv"]
    assert listed(FileSource(root, exclude=["x/", "*.log", "node_modules"])) == ["a.csv"]


def test_the_run_folder_is_not_scanned(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "kjoring/findings.txt", "b/kjoring/c.txt")
    source = FileSource(str(tmp_path), excluded_dirs=[str(tmp_path / "kjoring")])
    assert listed(source) == ["a.txt", "b/kjoring/c.txt"]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.txt", "a/b.txt", True),
        ("a/*.txt", "a/b.txt", True),
        ("a/*.txt", "a/c/b.txt", False),
        ("a/**/*.txt", "a/b.txt", True),
        ("a/**/*.txt", "a/c/d/b.txt", True),
        ("a/**", "a/c/d", True),
        ("**/d", "d", True),
        ("**/d", "a/d", True),
        ("b", "a/b/c.txt", True),
        ("a?c", "abc", True),
        ("a[bc]d", "acd", True),
        ("a[!bc]d", "acd", False),
        ("a[", "a[", True),
        ("*.TXT", "a.txt", False),
        ("a.c", "abc", False),
        ("./a.txt", "a.txt", True),
    ],
)
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    assert Patterns([pattern]).fit(path) is fits


@given(st.lists(st.text(alphabet="ab*?[]!^-/\\.", max_size=12), max_size=3), st.text(alphabet="ab/.", max_size=20))
def test_any_pattern_is_valid(patterns: list[str], path: str) -> None:
    Patterns(patterns).fit(path)


@needs_posix
@pytest.mark.parametrize("size", [0, 5, 1 << 16, (1 << 16) + 1])
def test_a_file_of_any_size_is_read_from_its_start_and_names_its_descriptor(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    source = FileSource(str(tmp_path))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    with source.open(ref) as document:
        assert document.content.tell() == 0
        descriptor = document.content.fileno()
        assert os.path.samestat(os.fstat(descriptor), (tmp_path / "a.bin").stat())
        assert document.content.read() == (tmp_path / "a.bin").read_bytes()
        assert source.changed(ref, document) is None
    assert document.content.closed
    with pytest.raises(OSError):
        os.fstat(descriptor)


@needs_posix
def test_a_small_file_that_changes_while_it_is_open_is_told_of(tmp_path: Path) -> None:
    source = FileSource(str(tree(tmp_path, "a.txt")))
    (ref,) = source.list_documents()
    assert isinstance(ref, DocumentRef)
    with source.open(ref) as document:
        (tmp_path / "a.txt").write_bytes(b"")
        problem = source.changed(ref, document)
        assert problem is not None and problem.code == "truncated"


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux only")
def test_a_file_that_is_longer_than_the_system_says_is_read_to_its_end() -> None:
    source = FileSource("/proc/self/status")
    with source.open(DocumentRef(source.target, "status")) as document:
        assert document.content.read(5) == b"Name:" and len(document.content.read()) > 100
