"""Files and folders named one by one: each once, by its path from the root, and nothing silently left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_scan.errors import TargetError
from pii_scan.model import DocumentRef
from pii_scan.sources.listed import ListedSource


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.csv", "out/b.csv", "out/deep/c.csv", "other/d.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    return tmp_path


def names(source: ListedSource) -> list[str]:
    return [item.path for item in source.list_documents() if isinstance(item, DocumentRef)]


def test_only_what_is_named_is_listed_by_its_path_from_the_root(root: Path) -> None:
    source = ListedSource(str(root), ["out", "a.csv"])
    assert names(source) == ["out/b.csv", "out/deep/c.csv", "a.csv"]
    assert {item.target for item in source.list_documents() if isinstance(item, DocumentRef)} == {str(root)}


@pytest.mark.parametrize("paths", [["out/b.csv", "out"], ["out", "out/b.csv"], ["out", "out"], ["out", "out/deep"]])
def test_a_file_named_twice_is_listed_once(root: Path, paths: list[str]) -> None:
    assert sorted(names(ListedSource(str(root), paths))) == ["out/b.csv", "out/deep/c.csv"]


def test_every_listed_document_opens_as_the_file_of_that_path(root: Path) -> None:
    source = ListedSource(str(root), ["out", "a.csv"])
    for ref in source.list_documents():
        assert isinstance(ref, DocumentRef)
        with source.open(ref) as document:
            assert document.content.read() == ref.path.encode()


def test_excluded_files_are_not_documents(root: Path) -> None:
    assert names(ListedSource(str(root), ["out"], exclude=["**/c.csv"])) == ["out/b.csv"]


def test_a_path_that_does_not_exist_is_refused(root: Path) -> None:
    with pytest.raises(TargetError):
        ListedSource(str(root), ["a.csv", "missing.csv"])
