"""Blobs of a container are read as the same files on disk are. Only where Azurite, Microsoft's emulator, is installed:
`npm install -g azurite` and `pip install 'pii-scan[azure]'`; CI has neither.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from remote_servers import free_port, serving
from remote_trees import LIMITS, MAIL, found, make_tree, problems, read

from pii_scan.errors import DocumentError, TargetError
from pii_scan.model import DocumentRef
from pii_scan.sources import describe, opened

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Which Azurite comes with, for everyone to know."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("tree") / "in")


@pytest.fixture(scope="module")
def container(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    azurite = shutil.which("azurite-blob")
    if azurite is None or importlib.util.find_spec("adlfs") is None:
        pytest.skip("no Azurite or no adlfs on this machine")
    from azure.storage.blob import BlobServiceClient, StandardBlobTier

    port, folder = free_port(), tmp_path_factory.mktemp("azurite")
    account = f"AccountName=devstoreaccount1;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"
    command = [azurite, "--blobPort", str(port), "--location", os.fspath(folder), "--skipApiVersionCheck", "--silent"]
    with pytest.MonkeyPatch.context() as patch, serving(command, port, "Azurite"):
        patch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"DefaultEndpointsProtocol=http;{account}")
        with BlobServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"]) as service:
            made = service.create_container("boks")
            for file in tree.rglob("*"):
                if file.is_file():
                    made.upload_blob(f"a b/{file.relative_to(tree).as_posix()}", file.read_bytes())
            made.upload_blob("kaldt/is.txt", b"x", standard_blob_tier=StandardBlobTier.ARCHIVE)
            yield made


def test_what_is_found_and_what_is_not_read_is_as_on_disk(tree: Path, container: Any) -> None:
    here, there = read(os.fspath(tree)), read("az://boks/a b")
    assert found(there) == found(here) and len(found(here)) > 1000
    assert problems(there) == problems(here)


def test_what_is_archived_is_a_problem(container: Any) -> None:
    assert [code for code, _ in read("az://boks/kaldt").problems()] == ["unsupported"]


def test_a_blob_that_is_replaced_while_it_is_read_is_never_a_mixture(container: Any) -> None:
    container.upload_blob("bytte/stor.txt", MAIL.format("a").encode() * 200_000)
    with opened(describe("az://boks/bytte"), LIMITS) as source:
        ref = next(item for item in source.list_documents() if isinstance(item, DocumentRef))
        with source.open(ref) as document:
            document.content.read(10)
            container.upload_blob("bytte/stor.txt", MAIL.format("b").encode() * 200_000, overwrite=True)
            with pytest.raises(DocumentError, match="changed"):
                document.content.read()


def test_a_container_that_there_is_not_is_told_before_the_scan(container: Any) -> None:
    with pytest.raises(TargetError, match="no container 'ingen'"):
        read("az://ingen/a")
