"""Files that are slow to open are opened some before their turn; what they hold, and what is wrong with them, stays."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from pii_scan.errors import DocumentError
from pii_scan.model import DocumentRef
from pii_scan.sources import opened_ahead
from pii_scan.sources.files import FileSource
from pii_scan.sources.open_file import BUFFER_BYTES
from pii_scan.sources.opened_ahead import PARALLEL, OpenedAhead


@pytest.fixture(autouse=True)
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened_ahead, "SLOW_SECONDS", 0.0)


class Files:
    """Opens numbers as files that hold them; remembers what was opened and in which threads."""

    def __init__(self, also: Callable[[int], object] = lambda number: None) -> None:
        self._also = also
        self.opened: dict[int, io.BytesIO] = {}
        self.threads: set[int] = set()

    def __call__(self, number: int) -> BinaryIO:
        self.threads.add(threading.get_ident())
        self._also(number)
        self.opened[number] = io.BytesIO(str(number).encode())
        return self.opened[number]


def test_several_files_are_being_opened_at_a_time():
    together = threading.Barrier(PARALLEL, timeout=30)  # broken unless as many come at the same time
    ahead = OpenedAhead(Files(lambda number: number and together.wait()))
    ahead.expect(range(2 * PARALLEL + 1))
    assert [ahead.take(number).read() for number in range(2 * PARALLEL + 1)] == [
        str(number).encode() for number in range(2 * PARALLEL + 1)
    ]


def test_no_more_are_opened_ahead_than_may_be():
    files = Files()
    ahead = OpenedAhead(files)
    ahead.expect(range(100))
    ahead.take(0)
    ahead.take(1)
    assert set(files.opened) <= set(range(2 + PARALLEL + 1))


def test_where_opening_is_quick_no_thread_is_asked(monkeypatch):
    monkeypatch.setattr(opened_ahead, "SLOW_SECONDS", 60.0)
    files = Files()
    ahead = OpenedAhead(files)
    ahead.expect(range(50))
    for number in range(50):
        ahead.take(number).close()
    assert files.threads == {threading.get_ident()}


def test_files_out_of_turn_and_twice_are_opened_all_the_same():
    ahead = OpenedAhead(Files())
    ahead.expect(range(6))
    assert [ahead.take(number).read() for number in (3, 0, 0, 5, 9, 1, 4, 2)] == [*map(str.encode, "30059142")]


def test_what_was_opened_and_never_taken_is_closed():
    done = threading.Semaphore(0)
    files = Files()
    ahead = OpenedAhead(files)
    ahead.expect(range(PARALLEL + 1))
    ahead.take(0)
    for coming in ahead._coming.values():
        coming.add_done_callback(lambda _: done.release())
    for _ in range(PARALLEL):
        assert done.acquire(timeout=30)
    ahead.expect(())
    assert all(opened.closed for number, opened in files.opened.items() if number)


def test_a_file_that_cannot_be_opened_says_so_at_its_turn():
    def refuse(number: int) -> None:
        if number == 2:
            raise DocumentError("permission", "no permission to open the file")

    ahead = OpenedAhead(Files(refuse))
    ahead.expect(range(5))
    assert ahead.take(0).read() + ahead.take(1).read() == b"01"
    with pytest.raises(DocumentError, match="no permission"):
        ahead.take(2)
    assert ahead.take(3).read() + ahead.take(4).read() == b"34"


def made(folder: Path) -> list[str]:
    """Small files, one larger than a buffer, one that is empty."""
    contents = {f"{number:02d}.txt": f"brev {number}".encode() for number in range(20)}
    contents |= {"07.txt": b"x" * (3 * BUFFER_BYTES), "11.txt": b""}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return sorted(contents)


def refs_of(source: FileSource) -> list[DocumentRef]:
    return [ref for ref in source.list_documents() if isinstance(ref, DocumentRef)]


def test_a_folder_is_read_as_without_it(tmp_path: Path):
    names = made(tmp_path)
    source = FileSource(str(tmp_path))
    refs = refs_of(source)
    source.expect(refs)
    for ref in refs:
        with source.open(ref) as document:
            assert document.content.read() == (tmp_path / ref.path).read_bytes()
            assert document.content.seek(0) == 0
            assert source.changed(ref, document) is None
    assert [ref.path for ref in refs] == names


def test_a_file_that_changes_after_it_was_opened_ahead_is_told(tmp_path: Path):
    made(tmp_path)
    source = FileSource(str(tmp_path))
    refs = refs_of(source)
    source.expect(refs)
    with source.open(refs[0]):
        pass
    (tmp_path / refs[1].path).write_bytes(b"another text, longer than before")
    with source.open(refs[1]) as document:
        problem = source.changed(refs[1], document)
    source.expect(())
    assert problem is not None and problem.code == "changed"


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are refused as POSIX does it")
def test_a_link_in_place_of_a_file_is_not_followed_ahead_of_its_turn_either(tmp_path: Path):
    folder, outside = tmp_path / "in", tmp_path / "outside.txt"
    folder.mkdir()
    made(folder)
    outside.write_text("kari@example.no", encoding="utf-8")
    source = FileSource(str(folder))
    refs = refs_of(source)
    (folder / refs[3].path).unlink()
    (folder / refs[3].path).symlink_to(outside)
    source.expect(refs)
    for ref in refs[:3]:
        with source.open(ref):
            pass
    with pytest.raises(DocumentError) as failure, source.open(refs[3]):
        pass
    source.expect(())
    assert failure.value.code == "changed"
