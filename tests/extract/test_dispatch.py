from __future__ import annotations

import gzip
import io
import sys
import types
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from pii_scan.errors import DocumentError
from pii_scan.extract import dispatch
from pii_scan.extract.text import lines_batch
from pii_scan.model import Document, DocumentRef, Limits, Problem, ProblemCode, Slice, Stage


def install(monkeypatch: pytest.MonkeyPatch, function: Any, media_type: str = "text/plain", fallback: str = "") -> None:
    """Puts a reader in the place of the one for a media type."""
    module = types.ModuleType("pii_scan.extract.fake")
    module.extract = function  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pii_scan.extract.fake", module)
    monkeypatch.setitem(dispatch.READERS, media_type, dispatch.Reader("fake:extract", fallback=fallback))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DocumentError("encrypted", "a password"), "encrypted"),
        (ValueError("ola@example.no"), "corrupt"),
        (MemoryError(), "memory"),
        (RecursionError(), "limit"),
        (OSError(5, "ola@example.no"), "corrupt"),
    ],
)
def test_every_exception_becomes_a_problem_without_its_message(
    read: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    def extract(document: Document, limits: Limits) -> Iterator[object]:
        yield lines_batch("first")
        raise error

    install(monkeypatch, extract)
    result = read(b"text")
    assert result.codes == [("x", code)]
    assert "example" not in result.problems[0].detail
    assert result.texts["x"] == ["first"] and result.done["x"].touched


def test_an_exception_before_the_first_text_leaves_the_document_untouched(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract(document: Document, limits: Limits) -> Iterator[object]:
        raise KeyError("x")
        yield

    install(monkeypatch, extract)
    result = read(b"text")
    assert result.problems[0].detail == "KeyError while reading text/plain"
    assert not result.done["x"].touched and result.done["x"].read_bytes == 0


def test_a_text_format_that_cannot_be_parsed_is_read_as_text(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(document: Document, limits: Limits) -> Iterator[object]:
        document.content.read()
        raise DocumentError("corrupt", "not well formed")
        yield

    install(monkeypatch, extract, "application/xml", fallback="text/plain")
    result = read(b'<?xml version="1.0"?><a>kari@example.no')
    assert result.codes == [("x", "corrupt")]
    assert "kari@example.no" in result.all_text
    assert result.done["x"].media_type == "application/xml" and result.done["x"].touched


def test_no_fallback_once_text_has_come_out(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(document: Document, limits: Limits) -> Iterator[object]:
        yield lines_batch("once")
        raise DocumentError("corrupt", "not well formed")

    install(monkeypatch, extract, "application/xml", fallback="text/plain")
    assert read(b'<?xml version="1.0"?><a>').texts["x"] == ["once"]


def test_a_missing_parser_says_what_to_install(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(document: Document, limits: Limits) -> Iterator[object]:
        raise ModuleNotFoundError("No module named 'pypdfium2'", name="pypdfium2.raw")
        yield

    install(monkeypatch, extract)
    result = read(b"text")
    assert result.codes == [("x", "unsupported")]
    assert result.problems[0].detail == "install pypdfium2 to read this format"


@pytest.mark.parametrize(
    ("data", "code", "detail"),
    [
        (b"\x00\x00\x01\x00" + bytes(20), "unsupported", "image (vnd.microsoft.icon) is not read yet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "corrupt", "not a readable picture"),
        (b"!BDN" + bytes(range(50)), "truncated", "the header of the mailbox is not whole"),
        (bytes(range(256)), "unsupported", "unknown binary format"),
        (b"-----BEGIN PGP MESSAGE-----\n\nab\n", "encrypted", "PGP encrypted"),
    ],
)
def test_nothing_unread_looks_clean(read: Any, data: bytes, code: str, detail: str) -> None:
    result = read(data)
    assert result.codes == [("x", code)] and result.problems[0].detail == detail
    assert result.done["x"].read_bytes == 0 and not result.done["x"].touched


def test_an_empty_file_is_read(read: Any) -> None:
    result = read(b"")
    assert result.done["x"].touched and result.problems == []


def test_a_mailbox_is_read_by_message(read: Any) -> None:
    data = b"From a@example.no Mon Jan 1 00:00:00 2026\nFrom: a@example.no\nTo: b@example.no\n\nHei kari\n"
    result = read(data, "x.mbox")
    assert result.codes == [] and result.order == ["x.mbox!00001", "x.mbox"]
    assert "Hei kari" in result.text("x.mbox!00001")


def test_members_come_before_their_container_and_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    contents: list[io.BytesIO] = []

    def extract(document: Document, limits: Limits) -> Iterator[object]:
        for name in ("a", "b"):
            contents.append(io.BytesIO(b"\x89PNG\r\n\x1a\n"))
            yield Document(document.ref.member(name), contents[-1])
            assert contents[-1].closed

    install(monkeypatch, extract)
    document = Document(DocumentRef("data", "x"), io.BytesIO(b"text"))
    done = [i.ref.display for i in dispatch.extract(document, Limits()) if isinstance(i, dispatch.DocumentDone)]
    assert done == ["x!a", "x!b", "x"]


def test_members_are_closed_when_the_walk_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    member = io.BytesIO(b"tekst")
    ended = []

    def extract(document: Document, limits: Limits) -> Iterator[object]:
        if document.ref.parent is not None:
            yield lines_batch("tekst")
            return
        try:
            yield Document(document.ref.member("a"), member)
        finally:
            ended.append(True)

    install(monkeypatch, extract)
    walk: Any = dispatch.extract(Document(DocumentRef("data", "x"), io.BytesIO(b"text")), Limits())
    next(walk)
    walk.close()
    assert member.closed and ended == [True]


@pytest.mark.parametrize("limits", [Limits(max_members=3), Limits(max_total_members=3), Limits(max_total_bytes=9)])
def test_endless_members_end_at_a_limit(read: Any, monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    def extract(document: Document, limits: Limits) -> Iterator[object]:
        if document.ref.parent is not None:
            return
        while True:
            yield Document(document.ref.member("a"), io.BytesIO(b"one"))

    install(monkeypatch, extract)
    document = Document(DocumentRef("data", "x"), io.BytesIO(b"text"))
    items = list(dispatch.extract(document, limits))
    problems = [item for item in items if isinstance(item, Problem)]
    assert [problem.code for problem in problems] == [ProblemCode.LIMIT]
    assert sum(isinstance(item, dispatch.DocumentDone) for item in items) == 4


def test_the_depth_is_limited_through_every_kind_of_container(read: Any) -> None:
    data = b"kari@example.no"
    for depth in range(6):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(f"{depth}", data)
        data = gzip.compress(out.getvalue())
    result = read(data, "x.gz", Limits(max_depth=11))
    assert [str(problem.code) for problem in result.problems] == ["limit"]
    assert read(data, "x.gz", Limits(max_depth=12)).problems == []


def test_a_slice_is_read_by_the_same_extractor() -> None:
    data = b"".join(b"rad %d\n" % i for i in range(100))
    start = data.index(b"rad 50\n")
    document = Document(DocumentRef("data", "x"), io.BytesIO(data), slice=Slice(start, len(data), 51, "utf-8"))
    items = list(dispatch.extract(document, Limits()))
    assert isinstance(items[0], dispatch.Extracted)
    assert items[0].batch.texts.to_pylist()[0].startswith("rad 50\n")
    assert isinstance(items[-1], dispatch.DocumentDone) and items[-1].read_bytes == len(data) - start


def test_problems_of_the_extractor_pass_through(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(document: Document, limits: Limits) -> Iterator[object]:
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, "pages are pictures")

    install(monkeypatch, extract)
    result = read(b"text")
    assert result.codes == [("x", "unsupported")]
    assert not result.done["x"].touched
