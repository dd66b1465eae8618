"""What a task does on a node, without Ray: a station does group after group, and says what is wrong with its node."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from scanning import KEY, environment, wait_for, workers

from pii_scan import __version__
from pii_scan.engines import ray_station, wire
from pii_scan.model import DocumentRef, Limits, WorkUnit
from pii_scan.settings import Settings, settings_json
from pii_scan.sources import describe


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("in")
    (place / "a.txt").write_text("per@example.no\n", "utf-8")
    (place / "b.txt").write_text("kari@example.no og ola@example.no\n", "utf-8")
    (place / "c.csv").write_text("epost\n" + "".join(f"p{n}@example.no\n" for n in range(4000)), "utf-8")
    return place


@pytest.fixture(scope="module", autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(place))
        yield place


def setup(folder: Path, rules: tuple[str, ...] = ()) -> bytes:
    settings = Settings(KEY, date(2026, 11, 22).isoformat(), rules, (), 0.4, Limits())
    source = {**describe(str(folder)), "target": "in"}
    return wire.encode({
        "settings": settings_json(settings), "sources": [source], "slice_bytes": 1 << 14, "token": "abc",
    })  # fmt: skip


Work = Callable[..., ray_station.Answer]


@pytest.fixture(scope="module")
def work(folder: Path) -> Iterator[Work]:
    made = setup(folder)

    def do(*names: str, plan: bool = False, keep: bool = True) -> ray_station.Answer:
        units = [WorkUnit(DocumentRef("in", name, None, (folder / name).stat().st_size)) for name in names]
        return ray_station.work(__version__, made, wire.encode_items(list(units)), plan, keep)

    yield do
    for one in list(ray_station._kept):
        ray_station._kept.pop(one).close()


def test_groups_are_done_by_one_worker_one_after_the_other(work: Work) -> None:
    first = ray_station.decoded(work("a.txt"), "x")
    (worker,) = workers()
    both = ray_station.decoded(work("a.txt", "b.txt"), "y")
    assert [one.pid for one in workers()] == [worker.pid]
    assert first.tables["index"].num_rows == 1 and both.counts["index"] == [1, 2]
    assert (first.name, both.name) == ("x", "y")


def test_a_worker_that_was_killed_between_two_groups_costs_nothing(work: Work) -> None:
    work("a.txt")
    (worker,) = workers()
    worker.kill()
    worker.wait(10)
    part = ray_station.decoded(work("b.txt"), "x")
    assert part.counts["index"] == [2] and "problems" not in part.tables


def test_a_large_document_comes_back_in_slices_and_the_station_goes_on(work: Work) -> None:
    kind, payload, _ = work("c.csv", plan=True)
    slices = wire.decode_items(payload[0])
    assert kind == ray_station.SLICES and len(slices) > 2
    assert work("a.txt")[0] == ray_station.PART


def test_a_station_that_is_not_to_be_kept_leaves_nothing(work: Work, temporary: Path) -> None:
    work("a.txt")
    assert list(temporary.glob("pii-scan-ray-abc-*"))
    work("a.txt", keep=False)
    assert not list(temporary.iterdir()) and not workers()


def test_a_node_says_what_it_lacks(folder: Path, tmp_path: Path) -> None:
    def refused(version: str, made: bytes) -> str:
        kind, payload, _ = ray_station.work(version, made, b"[]", False, True)
        assert kind == ray_station.REFUSED
        return payload[0].decode()

    assert f"has pii-scan {__version__}, this is 0.0.1" in refused("0.0.1", setup(folder))
    assert f"has no {str(tmp_path / 'x')!r}" in refused(__version__, setup(tmp_path / "x"))
    own = setup(folder, (str(tmp_path / "rules.yaml"),))
    assert f"has no {str(tmp_path / 'rules.yaml')!r}" in refused(__version__, own)
    assert not ray_station._kept


def test_what_a_killed_station_left_is_deleted_and_what_a_living_one_has_is_not(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_station, "_FRESH_SECONDS", -1.0)
    script = (
        "import sys; from pii_scan.engines.ray_station import own_folder\n"
        "held = own_folder(sys.argv[1], sys.argv[2]); print(held[0], flush=True); input()"
    )
    holders = [
        subprocess.Popen(
            [sys.executable, "-c", script, token, temporary], env=environment(), stdin=-1, stdout=-1, text=True
        )
        for token in ("dead", "alive")
    ]
    with holders[0], holders[1]:
        folders = [(one.stdout.readline() if one.stdout is not None else "").strip() for one in holders]
        assert sorted(map(str, temporary.iterdir())) == sorted(folders)
        holders[0].kill()
        holders[0].wait()
        ray_station._sweep(str(temporary))
        assert [str(folder) for folder in temporary.iterdir()] == [folders[1]]
        ray_station.tidy("alive")
        assert not list(temporary.iterdir())
        holders[1].kill()
    wait_for(lambda: all(one.returncode is not None for one in holders))
