"""The worker process, spoken to directly."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pytest
from scanning import KEY, environment

from pii_scan.engines import wire
from pii_scan.extract.sandbox import WORKER_VARIABLES, probe
from pii_scan.model import DocumentRef, Item, Limits, Problem, ProblemCode, Stage, WorkUnit
from pii_scan.settings import Settings, settings_json
from pii_scan.sources import describe

Worker = subprocess.Popen[bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("kari@example.no\n", encoding="utf-8")
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "stor.txt").write_bytes(b"linje\n" * 40_000 + b"kari@example.no\n")
    return tmp_path


@pytest.fixture
def worker(folder: Path) -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "pii_scan.engines.worker"], env=environment(**WORKER_VARIABLES), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        settings = Settings(KEY, "2026-11-22", (), (), 0.4, Limits())
        content = {"settings": settings_json(settings), "sources": [describe(str(folder))], "slice_bytes": 60_000,
                   "folder": tempfile.mkdtemp(dir=folder.parent)}  # fmt: skip
        wire.send(_in(process), wire.SETTINGS, wire.encode(content))
        assert wire.receive(_out(process)) == (wire.READY, b"")
        yield process
        process.kill()


def _in(worker: Worker) -> IO[bytes]:
    return cast(IO[bytes], worker.stdin)


def _out(worker: Worker) -> IO[bytes]:
    return cast(IO[bytes], worker.stdout)


def ask(worker: Worker, kind: bytes, items: list[Item], last: bytes) -> list[tuple[bytes, bytes]]:
    """All that is answered, up to and with the frame `last`."""
    wire.send(_in(worker), kind, wire.encode_items(items))
    answers = []
    while not answers or answers[-1][0] != last:
        frame = wire.receive(_out(worker))
        assert frame is not None
        answers.append(frame)
    return [answer for answer in answers if answer[0] != wire.BEAT]


def unit(folder: Path, name: str) -> WorkUnit:
    return WorkUnit(DocumentRef(str(folder), name, None, (folder / name).stat().st_size))


@pytest.mark.parametrize("kind", [wire.GROUP, wire.ALONE])
def test_a_group_is_answered_item_by_item_and_then_as_a_whole(worker: Worker, folder: Path, kind: bytes) -> None:
    walk_problem = Problem(DocumentRef(str(folder), "c"), Stage.SOURCE, ProblemCode.PERMISSION, "no permission")
    items: list[Item] = [unit(folder, "a.txt"), walk_problem, unit(folder, "b.bin"), unit(folder, "a.txt")]
    for _ in range(2):
        answers = ask(worker, kind, items, wire.GROUP_DONE)
        done = [wire.decode_number(payload) for of, payload in answers if of == wire.ITEMS_DONE]
        assert done == ([1, 1, 2] if kind == wire.GROUP else [1, 1, 1, 1])
        tables = [wire.decode_table(payload) for of, payload in answers if of == wire.TABLE]
        assert {name for name, _, _ in tables} == {"findings", "index", "documents", "problems"}
        codes = [code for name, table, _ in tables if name == "problems" for code in table["code"].to_pylist()]
        assert codes == ["permission", "unsupported"]
        assert all(sum(counts) == table.num_rows for _, table, counts in tables)


def test_what_is_read_together_is_said_before_and_done_at_once(worker: Worker, folder: Path) -> None:
    items: list[Item] = [unit(folder, "a.txt"), unit(folder, "b.bin")]
    answers = ask(worker, wire.GROUP, items, wire.GROUP_DONE)
    kinds = [kind for kind, _ in answers]
    assert kinds[0] == wire.TOGETHER and wire.decode_number(answers[0][1]) == 1
    assert kinds.index(wire.ITEMS_DONE) > max(at for at, kind in enumerate(kinds) if kind == wire.TABLE)
    assert [wire.decode_number(payload) for kind, payload in answers if kind == wire.TOGETHER][-1] == 0
    counts = {
        name: rows for kind, payload in answers if kind == wire.TABLE for name, _, rows in [wire.decode_table(payload)]
    }
    assert counts == {"documents": [1, 1], "problems": [0, 1], "findings": [1, 0], "index": [1, 0]}


def test_a_plan_is_answered_with_slices_that_cover_the_file(worker: Worker, folder: Path) -> None:
    (answer,) = ask(worker, wire.PLAN, [unit(folder, "stor.txt")], wire.SLICES)
    slices = [item.slice for item in wire.decode_items(answer[1]) if isinstance(item, WorkUnit)]
    assert len(slices) > 2 and None not in slices
    bounds = [(part.start, part.end) for part in slices if part is not None]
    assert bounds[0][0] == 0 and bounds[-1][1] == (folder / "stor.txt").stat().st_size
    assert [end for _, end in bounds[:-1]] == [start for start, _ in bounds[1:]]
    assert ask(worker, wire.PLAN, [unit(folder, "a.txt")], wire.SLICES)[0][1] == wire.encode_items([])


def test_no_frame_holds_text_of_a_document(worker: Worker, folder: Path) -> None:
    answers = ask(worker, wire.GROUP, [unit(folder, "a.txt")], wire.GROUP_DONE)
    assert not any(b"kari" in payload for _, payload in answers)


def test_a_worker_ends_without_a_word_when_its_input_ends(worker: Worker) -> None:
    _in(worker).close()
    assert worker.wait(20) == 0
    assert _out(worker).read() == b""
    assert worker.stderr is not None and worker.stderr.read() == b""


def test_a_worker_that_is_told_nothing_ends(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pii_scan.engines.worker"], env=environment(), input=b"", capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_settings_survive_the_journey() -> None:
    settings = Settings(KEY, "2026-11-22", ("a",), ("B",), 0.5, Limits(stall_seconds=1.5, max_depth=3), ner=("c",))
    assert Settings.from_json(json.loads(json.dumps(settings_json(settings)))) == settings


@pytest.mark.skipif(sys.platform != "linux", reason="the cage of Linux")
def test_a_worker_is_in_the_cage_before_it_is_given_a_document(worker: Worker) -> None:
    held = dict(line.split(":\t", 1) for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines())
    assert held["NoNewPrivs"] == "1" and int(held["CapEff"], 16) & ~4 == 0
    cage = probe()
    assert held["Seccomp"] == ("0" if cage.network else "2")
    assert held["Threads"] == "1" or cage.files, "threads of before are not bound"
    assert held["Umask"] == "0077"
