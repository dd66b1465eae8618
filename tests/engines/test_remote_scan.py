"""A whole scan of stores, with workers: what changed is read again and nothing else, and no credential is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_proxy import HttpProxy, http_proxy
from interrupting import interrupted, small_pieces, tables
from remote_servers import SECRET, USER, S3Server, s3_server, smb_server
from remote_trees import MAIL
from scanning import environment, pii_scan

from pii_scan.engines.scan import scan
from pii_scan.errors import TargetError
from pii_scan.findings.store import load_run


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tree") / "in"
    for number in range(24):
        file = made / f"{number % 3}" / f"{number:02d}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Nr. 11837533335\n{MAIL.format(number)}\n", "utf-8")
    made.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as made, small_pieces():
        yield made


@pytest.fixture(scope="module")
def proxy(server: S3Server) -> Iterator[HttpProxy]:
    with http_proxy(server.port) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        yield proxy


def put(server: S3Server, key: str, content: str) -> None:
    client = server.client()
    client.put_object(Bucket=server.bucket, Key=key, Body=content.encode())
    client.close()


def told(folder: Path) -> bytes:
    """Everything that stands in a folder."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_since_an_earlier_run_only_what_changed_is_read(
    server: S3Server, proxy: HttpProxy, tree: Path, tmp_path: Path
) -> None:
    url = server.upload(tree, "siden")
    before = scan([url], out=tmp_path / "foer")
    assert before.manifest["targets"] == ["s3://data/siden"] and len(tables(before)["findings"]) == 48
    assert len(proxy.bytes) == 24
    put(server, "siden/1/01.txt", "ny.person@example.no")
    put(server, "siden/ny.txt", "helt.ny@example.no")
    proxy.reset()
    scan([url], out=tmp_path / "etter", since=tmp_path / "foer")
    assert set(proxy.bytes) == {"siden/1/01.txt", "siden/ny.txt"}
    whole = scan([url], out=tmp_path / "hel")
    assert tables(load_run(tmp_path / "etter"), ordered=False) == tables(whole, ordered=False)


def test_a_run_that_was_interrupted_goes_on_and_reads_nothing_twice(
    server: S3Server, proxy: HttpProxy, tree: Path, tmp_path: Path
) -> None:
    url = server.upload(tree, "videre")
    whole = scan([url], out=tmp_path / "hel")
    proxy.reset()
    interrupted([url], tmp_path / "run", 12)
    before = set(proxy.bytes)
    proxy.reset()
    run = scan([], out=tmp_path / "run", resume=True)
    assert 0 < len(proxy.bytes) < 24 and len(before | set(proxy.bytes)) == 24
    assert tables(run) == tables(whole)
    said = told(tmp_path)
    assert SECRET.encode() not in said and USER.encode() not in said


def test_a_password_of_a_share_stands_in_no_file_and_no_output(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "smb").mkdir()
    with smb_server(tmp_path / "smb", tree) as url:
        config = tmp_path / "pii-scan.yaml"
        config.write_text(f"targets:\n  felles: {url.replace(SECRET, '${PASSORD}')}\n")
        env = environment(PASSORD=SECRET)
        done = pii_scan("scan", "felles", "--config", config, "--out", tmp_path / "run", "--jobs", "1", env=env)
        assert done.returncode == 0, done.stderr
        wrong = pii_scan("scan", url.replace(":Hemmelig", ":Hemmelig-feil"), "--out", tmp_path / "feil", env=env)
        assert wrong.returncode == 2 and b"lets this user not in" in wrong.stderr and b"Trace" not in wrong.stderr
    assert not (tmp_path / "feil").exists()
    for said in (told(tmp_path / "run"), done.stdout, done.stderr, wrong.stdout, wrong.stderr):
        assert b"Hemmelig" not in said
    manifest = json.loads((tmp_path / "run/run.json").read_text())
    assert manifest["call"]["targets"] is None and "@" not in manifest["targets"][0]
    assert len(tables(load_run(tmp_path / "run"))["documents"]) == 24


def test_a_target_that_cannot_be_reached_leaves_no_run(server: S3Server, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no bucket"):
        scan(["s3://finnes-ikke/a"], out=tmp_path / "run")
    assert os.listdir(tmp_path) == []
