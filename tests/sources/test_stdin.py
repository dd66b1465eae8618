from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from pii_scan.errors import DocumentError
from pii_scan.model import DocumentRef, Limits, Problem
from pii_scan.sources.stdin import StdinSource, spool_stdin


def test_standard_input_is_one_document_named_dash(tmp_path: Path) -> None:
    with spool_stdin(io.BytesIO(b"kari@example.no"), folder=str(tmp_path)) as source:
        (ref,) = source.list_documents()
        assert ref == DocumentRef("-", "-", None, 15)
        with source.open(ref) as document:
            assert document.content.seek(5) == 5
            assert document.content.read() == b"example.no"
        if os.name == "posix":
            assert stat.S_IMODE(os.stat(source.path).st_mode) == 0o600
    assert list(tmp_path.iterdir()) == []


def test_another_process_can_open_what_was_kept(tmp_path: Path) -> None:
    with spool_stdin(io.BytesIO(b"hei"), folder=str(tmp_path)) as source:
        again = StdinSource(source.path)
        (ref,) = again.list_documents()
        assert isinstance(ref, DocumentRef)
        with again.open(ref) as document:
            assert document.content.read() == b"hei"
    with pytest.raises(DocumentError, match="vanished"), again.open(ref):
        pass


def test_input_past_the_limit_is_a_problem(tmp_path: Path) -> None:
    with spool_stdin(io.BytesIO(b"a" * 100), Limits(max_file_bytes=10), str(tmp_path)) as source:
        (ref,) = source.list_documents()
        assert isinstance(ref, DocumentRef) and ref.size_bytes == 10
        with source.open(ref) as document:
            problem = source.changed(ref, document)
        assert isinstance(problem, Problem) and problem.code == "limit"
    with spool_stdin(io.BytesIO(b"a" * 10), Limits(max_file_bytes=10), str(tmp_path)) as source:
        (ref,) = source.list_documents()
        assert isinstance(ref, DocumentRef)
        with source.open(ref) as document:
            assert source.changed(ref, document) is None
