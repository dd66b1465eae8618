"""Runs work on this machine: killable worker processes, fed by one supervisor that opens no document itself.

A worker that stalls, takes too long, grows too large or dies costs one document: it becomes a Problem, what had
been found in it stays, and the rest of its group goes on in a new worker.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pii_scan.engines import wire
from pii_scan.engines.wire import Item
from pii_scan.extract.sandbox import WORKER_VARIABLES, resident_bytes
from pii_scan.extract.sandbox_windows import job_of
from pii_scan.findings.redact import KEY_VARIABLE
from pii_scan.findings.schema import COLUMNS, SAMPLES, TABLES, TIMES
from pii_scan.model import DocumentRef, Limits, Problem, ProblemCode, Stage, WorkUnit

SLICE_BYTES = 32 << 20
"""Text and tables more than twice as large are split. Constant, so that results do not depend on the machine."""
TICK_SECONDS = 0.25
START_SECONDS = 120.0
"""A worker must be ready by then."""
END_SECONDS = 2.0
"""A worker that has said its last has so long to end by itself; the programs that it started are killed with it."""
RECYCLE_BYTES = 640 << 20
"""A worker that has grown by more since it was ready is replaced between two groups: parsers leak."""
_OUT_OF_TIME = int(getattr(signal, "SIGXCPU", 0)) or -1
MAX_START_FAILURES = 3
TEMPORARY = "pii-scan-"
"""What the names of temporary folders begin with."""
_KILLED = -9
"""The exit status of a process that was ended by SIGKILL."""
_NO_USE = (KEY_VARIABLE, "RAY_")
"""Beginnings of variables, some of them secrets, that neither workers nor the programs they start have a use for."""
MAX_WAITING = 256
"""Frames from workers that wait to be heard; then workers wait too, so that memory stays bounded."""


@dataclass(slots=True)
class Group:
    """Items that one worker does in a row; its rows make one part of the run."""

    part: str
    items: list[Item]
    plan: bool = False
    tables: dict[str, list[tuple[int, pa.Table]]] = field(default_factory=dict)
    """Each with the position of the item that it is of."""
    position: int = 0
    tried: int = -1
    """The position of the item whose worker was ended from outside."""

    def again(self) -> bool:
        """Whether the present item is to be read anew: once, and without what was found of it."""
        if self.tried == self.position:
            return False
        self.tried = self.position
        for name, pieces in self.tables.items():
            self.tables[name] = [(position, table) for position, table in pieces if position != self.position]
        return True

    def made(self) -> Part:
        """What was found in all of it."""
        tables = {name: _joined(name, [table for _, table in pieces]) for name, pieces in self.tables.items() if pieces}
        counts = {name: [0] * len(self.items) for name in tables}
        for name in tables:
            for position, table in self.tables[name]:
                counts[name][position] += table.num_rows
        return Part(self.part, tables, counts)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a group, and of each table how many are of each of its items, in their order."""

    name: str
    tables: dict[str, pa.Table]
    counts: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Progress:
    """What just happened: findings, a document finished, another begun; nothing: work goes on."""

    findings: int = 0
    finished: WorkUnit | None = None
    current: DocumentRef | None = None


def sliced(group: Group, slices: Sequence[WorkUnit]) -> list[Group]:
    """The groups that a document is read in; the whole where it has no slices."""
    if not slices:
        return [Group(group.part, group.items)]
    return [Group(f"{group.part}-{number:05d}", [unit]) for number, unit in enumerate(slices)]


Split = Callable[[Group, Sequence[WorkUnit]], list[Group]]


class EngineError(RuntimeError):
    """Workers cannot be started."""


class _Worker:
    """One process, and what it is doing."""

    def __init__(
        self, number: int, setup: bytes, inbox: queue.Queue[tuple[_Worker, bytes, bytes]], folder: str,
        worker_bytes: int,
    ) -> None:  # fmt: skip
        self.number = number
        self.folder = tempfile.mkdtemp(prefix="worker-", dir=folder)
        own = {name: value for name, value in os.environ.items() if not name.startswith(_NO_USE)}
        variables = {**own, "TMPDIR": self.folder, "TEMP": self.folder, "TMP": self.folder,
                     **WORKER_VARIABLES}  # fmt: skip
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-m", "pii_scan.engines.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**variables, "PYTHONPATH": paths}, start_new_session=True,
        )  # fmt: skip
        self._job = job_of(self.process, worker_bytes)
        self.group: Group | None = None
        self.ready = False
        self.size_at_start = 0
        self.killed_for: ProblemCode | None = None
        self.found = False
        """Something, in the current document."""
        self.since = self.beat = time.monotonic()
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()
        self.tell(wire.SETTINGS, setup)

    def _listen(self, inbox: queue.Queue[tuple[_Worker, bytes, bytes]]) -> None:
        stream = self.process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while (frame := wire.receive(stream)) is not None:  # type: ignore[arg-type]
                inbox.put((self, *frame))
        inbox.put((self, b"", b""))

    def tell(self, kind: bytes, payload: bytes) -> None:
        """Sends a frame; a worker that is gone is noticed by its silence."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            wire.send(self.process.stdin, kind, payload)  # type: ignore[arg-type]

    def current(self) -> Item | None:
        if self.group is None or self.group.position >= len(self.group.items):
            return None
        return self.group.items[self.group.position]

    def kill(self, reason: ProblemCode | None = None) -> None:
        """Ends the process and all it started."""
        self.killed_for = self.killed_for or reason
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._job is not None:
                self._job.end()
            if sys.platform == "win32":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)

    def bury(self) -> int:
        """Waits for the end and cleans up; gives the exit status."""
        status = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


class LocalEngine:
    """N workers on this machine."""

    def __init__(
        self, jobs: int, settings: Mapping[str, Any], sources: Sequence[Mapping[str, Any]], limits: Limits,
        report: Callable[[Progress], None], split: Split = sliced, folder: str = "", slice_bytes: int = 0,
    ) -> None:  # fmt: skip
        """`settings` and `sources` as JSON can hold them; `report` hears of progress; `split`: which groups a document
        that is cut into slices becomes; `folder`: for what workers keep for a while, deleted in the end; `slice_bytes`:
        SLICE_BYTES, unless an engine on another machine says so.
        """
        self._jobs = max(1, jobs)
        self._limits = limits
        self._report = report
        self._split = split
        self._folder = folder
        content = {"settings": settings, "sources": list(sources), "slice_bytes": slice_bytes or SLICE_BYTES}
        self._setup = wire.encode(content)
        self._inbox: queue.Queue[tuple[_Worker, bytes, bytes]] = queue.Queue(MAX_WAITING)
        self._workers: list[_Worker] = []
        self._waiting: deque[Group] = deque()
        self._finished: deque[Group] = deque()
        self._failed_starts = 0

    def run(self, groups: Iterable[Group]) -> Iterator[Part]:
        """The part of each group as it ends, in any order. Raises EngineError when no worker will start."""
        supply = iter(groups)
        self._folder = self._folder or tempfile.mkdtemp(prefix=TEMPORARY)
        exhausted = False
        try:
            while True:
                while self._finished:  # before more is asked for: who supplies may wait for them
                    yield self._finished.popleft().made()
                exhausted = self._assign(supply, exhausted)
                if exhausted and not self._waiting and all(worker.group is None for worker in self._workers):
                    return
                self._hear()
                self._watch()
        finally:
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.bury()
            self._workers.clear()
            with contextlib.suppress(queue.Empty):  # lets the threads end that wait to say something
                while True:
                    self._inbox.get(timeout=0.01)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _assign(self, supply: Iterator[Group], exhausted: bool) -> bool:
        """Gives every free worker a group; starts workers as there is work for them."""
        while True:
            free = next((w for w in self._workers if w.group is None and w.process.poll() is None), None)
            if free is None and len(self._workers) >= self._jobs:
                return exhausted
            group = self._waiting.popleft() if self._waiting else next(supply, None)
            if group is None:
                return True
            if free is None:
                free = self._started()
            self._give(free, group)
            while group.plan and len(self._workers) < self._jobs:  # there will be slices for all, and starts take time
                self._started()

    def _started(self) -> _Worker:
        worker = _Worker(len(self._workers), self._setup, self._inbox, self._folder, self._limits.worker_bytes)
        self._workers.append(worker)
        return worker

    def _give(self, worker: _Worker, group: Group) -> None:
        worker.group = group
        worker.since = worker.beat = time.monotonic()
        worker.tell(wire.PLAN if group.plan else wire.GROUP, wire.encode_items(group.items[group.position :]))
        self._announce(worker)

    def _announce(self, worker: _Worker) -> None:
        item = worker.current()
        if isinstance(item, WorkUnit):
            self._report(Progress(current=item.ref))

    def _hear(self) -> None:
        """Handles what workers say, waiting a moment for the first."""
        try:
            said = [self._inbox.get(timeout=TICK_SECONDS)]
        except queue.Empty:
            return
        with contextlib.suppress(queue.Empty):
            while len(said) < 1000:
                said.append(self._inbox.get_nowait())
        for worker, kind, payload in said:
            if worker in self._workers:
                worker.beat = time.monotonic()
                self._handle(worker, kind, payload)

    def _handle(self, worker: _Worker, kind: bytes, payload: bytes) -> None:
        group = worker.group
        if kind == wire.READY:
            worker.ready, self._failed_starts = True, 0
            worker.size_at_start = resident_bytes(worker.process.pid)
            worker.since = worker.beat
        elif kind == b"":
            self._replace(worker)
        elif kind == wire.BEAT:
            self._report(Progress())
        elif group is None:
            return
        elif kind == wire.TABLE:
            name, table = wire.decode_table(payload)
            group.tables.setdefault(name, []).append((group.position, table))
            if name == "index":
                worker.found = True
                self._report(Progress(findings=table.num_rows))
        elif kind == wire.ITEM_DONE:
            item = group.items[group.position]
            group.position += 1
            worker.found = False
            worker.since = worker.beat
            self._report(Progress(finished=item if isinstance(item, WorkUnit) else None))
            self._announce(worker)
        elif kind == wire.SLICES:
            self._planned(worker, group, wire.decode_items(payload))
        elif kind == wire.GROUP_DONE:
            self._finished.append(group)
            self._release(worker)

    def _planned(self, worker: _Worker, group: Group, slices: list[Item]) -> None:
        self._waiting.extend(self._split(group, [item for item in slices if isinstance(item, WorkUnit)]))
        self._release(worker)

    def _release(self, worker: _Worker) -> None:
        worker.group = None
        if resident_bytes(worker.process.pid) - worker.size_at_start > RECYCLE_BYTES:
            self._workers.remove(worker)
            worker.kill()
            worker.bury()

    def _watch(self) -> None:
        """Kills workers that stall, take too long or grow too large."""
        now = time.monotonic()
        for worker in self._workers:
            if worker.killed_for is not None or worker.group is None:
                continue
            if not worker.ready:
                if now - worker.since > START_SECONDS:
                    worker.kill(ProblemCode.TIMEOUT)
                continue
            item = worker.current()
            size = (item.ref.size_bytes or 0) if item is not None else 0
            allowed = self._limits.document_seconds + size / (1 << 20)
            if now - worker.beat > self._limits.stall_seconds or now - worker.since > allowed:
                worker.kill(ProblemCode.TIMEOUT)
            elif resident_bytes(worker.process.pid) > self._limits.worker_bytes:
                worker.kill(ProblemCode.MEMORY)

    def _replace(self, worker: _Worker) -> None:
        """A worker has ended: its document becomes a problem, the rest of its group waits for another."""
        self._workers.remove(worker)
        if worker.killed_for is None:  # it has closed its output, and is about to say how it ended
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(END_SECONDS)
        worker.kill()
        status = worker.bury()
        group = worker.group
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_START_FAILURES:
                raise EngineError(f"worker processes end before they are ready (exit status {status})")
            if group is not None:
                self._waiting.appendleft(group)
            return
        if group is None:
            return
        item = worker.current()
        if isinstance(item, WorkUnit) and worker.killed_for is None and status == _KILLED and group.again():
            pass  # no fault of the document: the system was short of memory, or someone chose this process
        elif isinstance(item, WorkUnit):
            group.items[group.position] = self._ended(worker, item, status)
        elif item is not None:  # recording a problem cannot end a worker, but must not loop either
            group.position += 1
        first = group.items[0]
        group.plan = group.plan and isinstance(first, WorkUnit) and first.ended is None
        self._waiting.appendleft(group)

    def _ended(self, worker: _Worker, unit: WorkUnit, status: int) -> Item:
        """What is left to do for a document that ended its worker: it is searched once more, for loose text, if nothing
        had been found (what had is kept); else only the problem is recorded.
        """
        code = worker.killed_for or (ProblemCode.TIMEOUT if status == -_OUT_OF_TIME else ProblemCode.CRASH)
        if unit.ended is None and unit.slice is None and not worker.found and unit.ref.parent is None:
            return WorkUnit(unit.ref, None, (code, f"{self._why(code, status)}; searched for loose text alone"))
        return Problem(unit.ref, Stage.EXTRACT, *(unit.ended or (code, self._why(code, status))))

    def _why(self, code: ProblemCode, status: int) -> str:
        if code == ProblemCode.TIMEOUT:
            return "the worker was ended: no progress, or too long in all"
        if code == ProblemCode.MEMORY:
            return f"the worker was ended: more than {self._limits.worker_bytes >> 20} MiB of memory"
        return f"the worker ended by itself (exit status {status})"


def _joined(name: str, parts: list[pa.Table]) -> pa.Table:
    schema = {"samples": SAMPLES, "columns": COLUMNS, "times": TIMES}.get(name) or TABLES[name]
    tables = [part.cast(schema) for part in parts]
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks()
