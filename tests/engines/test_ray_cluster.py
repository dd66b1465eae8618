"""A scan on a Ray cluster of several node processes is the scan on one machine, whatever becomes of nodes."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from interrupting import interrupted, make_tree, small_pieces, tables
from ray_nodes import Nodes, free_port, ray_nodes
from scanning import KEY, codes, environment, pii_scan, rows, statuses
from sql_servers import missing

from pii_scan.config import Config
from pii_scan.engines.group import Progress
from pii_scan.engines.ray_cluster import connected
from pii_scan.engines.scan import scan
from pii_scan.errors import RunError, UsageError
from pii_scan.findings.store import Run, load_run

RAY = Config(engine="ray")
KILLER = """
import os
from presidio_analyzer import EntityRecognizer, RecognizerResult

class Killer(EntityRecognizer):
    def __init__(self):
        super().__init__(supported_entities=["NICKNAME"], supported_language="nb")
    def load(self):
        pass
    def analyze(self, text, entities, nlp_artifacts=None):
        if "drep" in text:
            os.kill(os.getppid(), 9)
        return []
"""


@pytest.fixture(scope="module", autouse=True)
def pieces() -> Iterator[None]:
    if importlib.util.find_spec("ray") is None:
        missing("Ray")
    with small_pieces():
        yield


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with ray_nodes() as found, pytest.MonkeyPatch.context() as patch:
        (found.modules / "killer_guest.py").write_text(KILLER, "utf-8")
        patch.syspath_prepend(found.modules)
        yield found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("tree") / "in")


@pytest.fixture(scope="module")
def whole(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return scan([tree], config=Config(jobs=1), out=tmp_path_factory.mktemp("whole") / "run")


def own_clusters() -> set[Path]:
    return set(Path("/tmp").glob("pii-scan-ray-cluster-*"))


def test_without_an_address_a_cluster_is_made_that_finds_what_one_machine_does_and_is_gone_afterwards(
    tree: Path, whole: Run, tmp_path: Path
) -> None:
    told: list[Progress] = []
    before = own_clusters()
    run = scan([tree], config=RAY, out=tmp_path / "run", report=told.append, environment={"PII_SCAN_KEY": KEY})
    assert own_clusters() == before
    assert not [one for one in psutil.Process().children(recursive=True) if "ray-cluster-" in " ".join(one.cmdline())]
    assert tables(run) == tables(whole)
    assert codes(run) == {("brutt.zip", "truncated"), ("ukjent.bin", "unsupported")}
    assert sum(one.findings for one in told) == len(tables(whole)["index"])
    read = [one.finished.ref.path for one in told if one.finished is not None]
    assert set(read) == {row["document"] for row in tables(whole)["documents"]} and read.count("stor.csv") > 2
    assert not list(Path(tempfile.gettempdir()).glob("pii-scan-ray-*"))


def test_a_document_that_ends_the_processes_of_nodes_is_a_problem_and_its_group_is_read(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pii_scan.engines.ray_cluster.RETRIES", 0)
    monkeypatch.setattr("pii_scan.engines.ray_cluster.RETRIES_ALONE", 0)
    place = tmp_path / "in"
    place.mkdir()
    (place / "a.txt").write_text("per@example.no\n", "utf-8")
    (place / "b.txt").write_text("drep ola@example.no\n", "utf-8")
    config = Config(engine="ray", presidio=("killer_guest:Killer",))
    run = scan([place], config=config, out=tmp_path / "run")
    assert codes(run) == {("b.txt", "crash")}
    assert {name: status == "read" for name, status in statuses(run).items()} == {"a.txt": True, "b.txt": False}
    assert [row["document"] for row in rows(run.findings())] == ["a.txt"]


def test_a_node_with_another_version_is_told_in_one_line(
    nodes: Nodes, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pii_scan.engines.ray_cluster.__version__", "0.0.1")
    with pytest.raises(RunError, match=r"^the node \S+ has pii-scan \S+, this is 0.0.1$"):
        scan([tree], config=RAY, out=tmp_path / "run")
    assert load_run(tmp_path / "run").manifest["status"] == "failed"


def test_a_run_that_was_interrupted_goes_on_although_a_node_is_killed_on_the_way(
    nodes: Nodes, tree: Path, whole: Run, tmp_path: Path
) -> None:
    interrupted([tree], tmp_path / "run", 9, config=RAY)
    assert load_run(tmp_path / "run").manifest["status"] == "interrupted"
    done = len(rows(load_run(tmp_path / "run").documents()))
    doomed = [1]
    read: set[str] = set()

    def kill(progress: Progress) -> None:
        if progress.finished is not None:
            read.add(progress.finished.ref.path)
            if doomed:
                nodes.kill(doomed.pop())

    run = scan([], out=tmp_path / "run", config=RAY, resume=True, report=kill)
    assert not doomed and 0 < done and len(read) <= len(statuses(run)) - done
    assert tables(run, ordered=False) == tables(whole, ordered=False)


def test_a_machine_that_is_no_node_scans_through_the_ray_client(nodes: Nodes, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("per@example.no\n", "utf-8")
    call = ("scan", tmp_path / "a.txt", "--engine", "ray", "--out", tmp_path / "run")
    said = pii_scan(*call, env=environment(RAY_ADDRESS=nodes.client_address))
    assert (said.returncode, said.stderr) == (0, b"")
    assert len(rows(load_run(tmp_path / "run").findings())) == 1


def test_what_ray_writes_holds_neither_the_key_nor_found_values(nodes: Nodes) -> None:
    logs = list(nodes.logs())
    assert any(file.name.startswith("raylet") for file, _ in logs)
    for file, content in logs:
        assert not [word for word in (KEY, "@example.no", "drep ") if word.encode() in content], file


def test_an_address_where_no_cluster_is_is_a_wrong_call_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("per@example.no\n", "utf-8")
    call = ["scan", tmp_path / "a.txt", "--engine", "ray", "--out", tmp_path / "run"]
    address = f"127.0.0.1:{free_port()}"
    said = pii_scan(*call, env=environment(RAY_ADDRESS=address))
    hint = "see RAY_ADDRESS; without it a local cluster is started"
    assert said.stderr.decode() == f"error: Ray: no cluster at {address!r}: Connection refused ({hint})\n"
    assert said.returncode == 2 and not said.stdout
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ray://127.0.0.1:1", "Connection refused"),
        ("ray://per:hemmelig@127.0.0.1:1", "no cluster at '127.0.0.1:1'"),
        ("127.0.0.1", "is no address"),
        ("http://127.0.0.1:1", "is no address"),
        ("ray://[", "is no address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_its_password(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as raised, connected(1, {"RAY_ADDRESS": address}):
        pass
    assert "hemmelig" not in str(raised.value) and "\n" not in str(raised.value)


def test_standard_input_is_refused(tmp_path: Path) -> None:
    said = pii_scan("scan", "-", "--engine", "ray", "--out", tmp_path / "run", stdin=b"per@example.no")
    assert said.stderr.decode() == "error: standard input cannot be read on a Ray cluster (leave out --engine ray)\n"
    assert said.returncode == 2 and not (tmp_path / "run").exists()
